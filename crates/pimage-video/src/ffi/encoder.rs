//! Pictures to packets.

use std::ffi::CString;
use std::ptr;

use super::error::{AGAIN, AvError};
use super::packet::Packet;
use super::picture::{Colors, Picture};
use super::pixfmt::PixelFormat;
use super::{api, sys, text_of};

/// How to encode.
#[derive(Debug, Clone)]
pub(crate) struct EncoderSettings {
    /// FFmpeg's name of the encoder: `libx264`.
    pub(crate) encoder: &'static str,
    pub(crate) width: i32,
    pub(crate) height: i32,
    pub(crate) pixel_format: PixelFormat,
    /// Seconds a tick of the pictures' times.
    pub(crate) time_base: (i32, i32),
    /// Frames a second, when they are regular.
    pub(crate) rate: Option<(i32, i32)>,
    pub(crate) colors: Colors,
    /// Threads; 0 is what the encoder thinks best.
    pub(crate) threads: usize,
    /// Threads share a picture: with one for each, as many pictures are held back.
    pub(crate) immediate: bool,
    /// Frames from one key frame to the next, unless the encoder decides.
    pub(crate) key_interval: Option<i32>,
    /// A fixed quantiser (`q`), for the codecs of the MPEG family.
    pub(crate) quantiser: Option<f64>,
    /// The encoder's own options.
    pub(crate) options: Vec<(String, String)>,
    /// Whether the container wants the codec's headers apart.
    pub(crate) global_header: bool,
}

/// An encoder, freed when dropped.
pub(crate) struct Encoder(*mut sys::AVCodecContext);

// SAFETY: the context is used by one thread at a time, whichever owns the encoder.
unsafe impl Send for Encoder {}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Encoder")
    }
}

fn find(name: &str) -> *const sys::AVCodec {
    let Ok(name) = CString::new(name) else {
        return ptr::null();
    };
    // SAFETY: a C string; the answer is null or static.
    unsafe { api::avcodec_find_encoder_by_name(name.as_ptr()) }
}

/// Whether this FFmpeg has an encoder of that name.
pub(crate) fn encoder_exists(name: &str) -> bool {
    !find(name).is_null()
}

impl Encoder {
    /// An encoder that is ready for pictures.
    pub(crate) fn open(settings: &EncoderSettings) -> Result<Self, AvError> {
        let codec = find(settings.encoder);
        if codec.is_null() {
            return Err(AvError::new(sys::AVERROR_ENCODER_NOT_FOUND));
        }
        // SAFETY: allocates; null means no memory.
        let context = unsafe { api::avcodec_alloc_context3(codec) };
        if context.is_null() {
            return Err(AvError::no_memory());
        }
        let encoder = Self(context);
        // SAFETY: the context is fresh, ours alone and not null.
        configure(unsafe { &mut *context }, settings);
        let mut options = Dictionary::new(&settings.options)?;
        // SAFETY: the context is ours; what the encoder does not know stays in the dictionary.
        AvError::check(unsafe { api::avcodec_open2(context, codec, &mut options.0) })?;
        if let Some(name) = options.first_key() {
            let message = format!("{} has no option `{name}`", settings.encoder);
            return Err(AvError::with_detail(-libc::EINVAL, message));
        }
        Ok(encoder)
    }

    pub(super) const fn as_ptr(&self) -> *const sys::AVCodecContext {
        self.0
    }

    /// The codec's headers, where they were asked for apart from the packets.
    pub(crate) fn extradata(&self) -> &[u8] {
        // SAFETY: an open encoder of ours.
        let context = unsafe { &*self.0 };
        if context.extradata.is_null() || context.extradata_size <= 0 {
            return &[];
        }
        // SAFETY: `extradata_size` bytes that live as long as the encoder.
        unsafe { std::slice::from_raw_parts(context.extradata, context.extradata_size as usize) }
    }

    /// Hands over a picture; `None` says that there are no more.
    pub(crate) fn send(&mut self, picture: Option<&Picture>) -> Result<(), AvError> {
        let picture = picture.map_or(ptr::null(), |picture| picture.as_ptr().cast_const());
        // SAFETY: an open encoder and a frame of ours, which it references.
        AvError::check(unsafe { api::avcodec_send_frame(self.0, picture) }).map(|_| ())
    }

    /// Takes the next packet; `false` when there is none yet, or no more.
    pub(crate) fn receive(&mut self, packet: &mut Packet) -> Result<bool, AvError> {
        packet.clear();
        // SAFETY: an open encoder and an empty packet of ours.
        match unsafe { api::avcodec_receive_packet(self.0, packet.as_ptr()) } {
            AGAIN | sys::AVERROR_EOF => Ok(false),
            code => AvError::check(code).map(|_| true),
        }
    }
}

fn configure(context: &mut sys::AVCodecContext, settings: &EncoderSettings) {
    let rational = |(num, den): (i32, i32)| sys::AVRational { num, den };
    context.width = settings.width;
    context.height = settings.height;
    context.pix_fmt = settings.pixel_format.as_sys();
    context.time_base = rational(settings.time_base);
    if let Some(rate) = settings.rate {
        context.framerate = rational(rate);
    }
    context.sample_aspect_ratio = rational((1, 1));
    context.color_range = settings.colors.range;
    context.colorspace = settings.colors.matrix;
    context.color_primaries = settings.colors.primaries;
    context.color_trc = settings.colors.transfer;
    context.thread_count = i32::try_from(settings.threads).unwrap_or(0);
    context.thread_type = if settings.immediate {
        sys::FF_THREAD_SLICE
    } else {
        sys::FF_THREAD_FRAME | sys::FF_THREAD_SLICE
    };
    if let Some(interval) = settings.key_interval {
        context.gop_size = interval;
    }
    if let Some(quantiser) = settings.quantiser {
        context.flags |= sys::AV_CODEC_FLAG_QSCALE as i32;
        context.global_quality = (quantiser * f64::from(sys::FF_QP2LAMBDA)).round() as i32;
    }
    if settings.global_header {
        context.flags |= sys::AV_CODEC_FLAG_GLOBAL_HEADER as i32;
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: ours and not used again.
        unsafe { api::avcodec_free_context(&mut self.0) }
    }
}

/// FFmpeg's options, freed when dropped.
pub(super) struct Dictionary(pub(super) *mut sys::AVDictionary);

impl Dictionary {
    pub(super) fn new(entries: &[(String, String)]) -> Result<Self, AvError> {
        let mut dictionary = Self(ptr::null_mut());
        for (key, value) in entries {
            dictionary.set(key, value)?;
        }
        Ok(dictionary)
    }

    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<(), AvError> {
        let invalid = |_| AvError::with_detail(-libc::EINVAL, "a NUL byte in an option");
        let key = CString::new(key).map_err(invalid)?;
        let value = CString::new(value).map_err(invalid)?;
        // SAFETY: C strings, which the dictionary copies.
        AvError::check(unsafe { api::av_dict_set(&mut self.0, key.as_ptr(), value.as_ptr(), 0) })
            .map(|_| ())
    }

    pub(super) fn first_key(&self) -> Option<String> {
        // SAFETY: a dictionary of ours; an entry lives as long as it does.
        unsafe {
            api::av_dict_get(
                self.0,
                c"".as_ptr(),
                ptr::null(),
                sys::AV_DICT_IGNORE_SUFFIX,
            )
            .as_ref()
            .map(|entry| text_of(entry.key))
        }
    }

    /// Gives the dictionary to FFmpeg.
    pub(super) fn into_raw(mut self) -> *mut sys::AVDictionary {
        std::mem::replace(&mut self.0, ptr::null_mut())
    }
}

impl Drop for Dictionary {
    fn drop(&mut self) {
        // SAFETY: ours; freeing null is allowed.
        unsafe { api::av_dict_free(&mut self.0) }
    }
}
