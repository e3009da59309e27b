//! Packets to pictures.

use std::ffi::CString;
use std::ptr;

use super::error::{AGAIN, AvError};
use super::input::Demuxer;
use super::packet::Packet;
use super::picture::Picture;
use super::{api, sys};

/// How to decode.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DecoderSettings {
    /// Threads; 0 is one for each core.
    pub(crate) threads: usize,
    /// Greatest width times height.
    pub(crate) max_pixels: u64,
}

/// What a decoder has for us.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// The picture was filled.
    Picture,
    /// It wants a packet first.
    NeedsPacket,
    /// All pictures were given out.
    End,
}

/// A decoder, freed when dropped.
pub(crate) struct Decoder(*mut sys::AVCodecContext);

// SAFETY: the context is used by one thread at a time, whichever owns the decoder.
unsafe impl Send for Decoder {}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Decoder")
    }
}

impl Decoder {
    /// A decoder for the stream that `demuxer` chose.
    pub(crate) fn open(demuxer: &Demuxer, settings: DecoderSettings) -> Result<Self, AvError> {
        let parameters = demuxer.codec_parameters();
        // SAFETY: a stream's parameters; the decoder is static.
        let (codec, id) = unsafe {
            let id = (*parameters).codec_id;
            (api::avcodec_find_decoder(id), id)
        };
        let decoder = Self::allocate(codec)?;
        // SAFETY: the context is fresh and ours; parameters outlive the call.
        unsafe {
            AvError::check(api::avcodec_parameters_to_context(decoder.0, parameters))?;
            // HEVC's decoder tells of damage in no other way than by giving the picture up.
            if id == sys::AVCodecID::HEVC {
                (*decoder.0).err_recognition |= sys::AV_EF_EXPLODE;
            }
        }
        decoder.start(codec, settings)
    }

    /// FFmpeg's decoder of that name for pictures that are whole or not at all.
    pub(crate) fn open_strict(name: &str, settings: DecoderSettings) -> Result<Self, AvError> {
        let name = CString::new(name).unwrap_or_default();
        // SAFETY: a C string; the answer is null or static.
        let codec = unsafe { api::avcodec_find_decoder_by_name(name.as_ptr()) };
        let decoder = Self::allocate(codec)?;
        // SAFETY: the context is fresh and ours.
        unsafe { (*decoder.0).err_recognition |= sys::AV_EF_EXPLODE };
        decoder.start(codec, settings)
    }

    /// As [`Decoder::open_strict`], with the headers and the size (width, height) that a container would have.
    pub(crate) fn open_headed(
        name: &str,
        header: &[u8],
        (width, height): (i32, i32),
        settings: DecoderSettings,
    ) -> Result<Self, AvError> {
        let name = CString::new(name).unwrap_or_default();
        // SAFETY: a C string; the answer is null or static.
        let codec = unsafe { api::avcodec_find_decoder_by_name(name.as_ptr()) };
        let decoder = Self::allocate(codec)?;
        let padded = header.len() + sys::AV_INPUT_BUFFER_PADDING_SIZE as usize;
        let size = i32::try_from(header.len())
            .ok()
            .ok_or_else(AvError::no_memory)?;
        // SAFETY: the context is fresh and ours, and frees its header, which has room for the copy and the zeros behind it.
        unsafe {
            let context = &mut *decoder.0;
            context.err_recognition |= sys::AV_EF_EXPLODE;
            (context.width, context.height) = (width, height);
            if !header.is_empty() {
                context.extradata = api::av_malloc(padded).cast();
                if context.extradata.is_null() {
                    return Err(AvError::no_memory());
                }
                ptr::write_bytes(context.extradata, 0, padded);
                ptr::copy_nonoverlapping(header.as_ptr(), context.extradata, header.len());
                context.extradata_size = size;
            }
        }
        decoder.start(codec, settings)
    }

    fn allocate(codec: *const sys::AVCodec) -> Result<Self, AvError> {
        if codec.is_null() {
            return Err(AvError::no_decoder());
        }
        // SAFETY: allocates; null means no memory.
        let context = unsafe { api::avcodec_alloc_context3(codec) };
        if context.is_null() {
            return Err(AvError::no_memory());
        }
        Ok(Self(context))
    }

    fn start(self, codec: *const sys::AVCodec, settings: DecoderSettings) -> Result<Self, AvError> {
        let max_pixels =
            CString::new(settings.max_pixels.min(i32::MAX as u64).to_string()).unwrap_or_default();
        let context = self.0;
        // SAFETY: the context is ours and not yet open; the codec outlives the calls.
        unsafe {
            (*context).thread_count = i32::try_from(settings.threads).unwrap_or(0);
            (*context).thread_type = sys::FF_THREAD_FRAME | sys::FF_THREAD_SLICE;
            (*context).err_recognition |=
                sys::AV_EF_CRCCHECK | sys::AV_EF_BITSTREAM | sys::AV_EF_BUFFER;
            AvError::check(api::av_opt_set(
                context.cast(),
                c"max_pixels".as_ptr(),
                max_pixels.as_ptr(),
                0,
            ))?;
            AvError::check(api::avcodec_open2(context, codec, ptr::null_mut()))?;
        }
        Ok(self)
    }

    /// Hands over a packet; `None` says that there are no more.
    pub(crate) fn send(&mut self, packet: Option<&Packet>) -> Result<(), AvError> {
        let packet = packet.map_or(ptr::null(), |packet| packet.as_ptr().cast_const());
        // SAFETY: an open decoder and a packet of ours, which it copies or references.
        AvError::check(unsafe { api::avcodec_send_packet(self.0, packet) }).map(|_| ())
    }

    /// Takes the next picture in display order.
    pub(crate) fn receive(&mut self, picture: &mut Picture) -> Result<Received, AvError> {
        // SAFETY: an open decoder and a frame of ours.
        match unsafe { api::avcodec_receive_frame(self.0, picture.as_ptr()) } {
            AGAIN => Ok(Received::NeedsPacket),
            sys::AVERROR_EOF => Ok(Received::End),
            code => AvError::check(code).map(|_| Received::Picture),
        }
    }

    /// Forgets everything, to begin anew at a key packet.
    pub(crate) fn flush(&mut self) {
        // SAFETY: an open decoder.
        unsafe { api::avcodec_flush_buffers(self.0) }
    }

    /// Whether pictures that no other refers to are left undecoded from the next packet on.
    pub(crate) fn skip_unreferenced(&mut self, skip: bool) {
        // SAFETY: an open decoder of ours; the field is read when the next packet is decoded.
        unsafe {
            (*self.0).skip_frame = if skip {
                sys::AVDiscard::NONREF
            } else {
                sys::AVDiscard::DEFAULT
            };
        }
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: ours and not used again.
        unsafe { api::avcodec_free_context(&mut self.0) }
    }
}
