//! Reading packets from a container.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::ptr;
use std::time::{Duration, Instant};

use libc::c_int;

use super::error::AvError;
use super::io::{Io, open_nothing};
use super::live::Gate;
use super::packet::Packet;
use super::pixfmt::PixelFormat;
use super::{api, sys, text_of};
use crate::h264;

/// How long opening may take before the file is refused.
const OPEN_DEADLINE: Duration = Duration::from_secs(10);

/// Bytes looked at to recognise a container and its streams.
const PROBE_BYTES: u32 = 5 << 20;

/// The containers that are opened, by libavformat's names.
///
/// Playlists (hls, dash, concat), image patterns, network and device demuxers are absent on purpose: a file must not open other files.
const CONTAINERS: &[&str] = &[
    "3dostr",
    "amv",
    "apng",
    "asf",
    "av1",
    "avi",
    "avs",
    "avs2",
    "avs3",
    "bethsoftvid",
    "bink",
    "c93",
    "cavsvideo",
    "cdxl",
    "cine",
    "dirac",
    "dnxhd",
    "dsicin",
    "dv",
    "dxa",
    "ea",
    "ffm",
    "film_cpk",
    "flic",
    "flv",
    "gdv",
    "gif",
    "gxf",
    "h261",
    "h263",
    "h264",
    "hevc",
    "hnm",
    "idcin",
    "iff",
    "ingenient",
    "ipmovie",
    "ivf",
    "ivr",
    "jv",
    "live_flv",
    "lmlm4",
    "m4v",
    "matroska,webm",
    "mgsts",
    "mjpeg",
    "mjpeg_2000",
    "mlv",
    "mm",
    "mov,mp4,m4a,3gp,3g2,mj2",
    "mpeg",
    "mpegts",
    "mpegvideo",
    "mpjpeg",
    "msnwctcp",
    "mtv",
    "mv",
    "mvi",
    "mxf",
    "nsv",
    "nut",
    "nuv",
    "obu",
    "ogg",
    "paf",
    "pmp",
    "pva",
    "r3d",
    "rl2",
    "rm",
    "roq",
    "rpl",
    "smjpeg",
    "smk",
    "svag",
    "swf",
    "thp",
    "tiertexseq",
    "tmv",
    "ty",
    "vc1",
    "vc1test",
    "vivo",
    "vmd",
    "wsvqa",
    "wtv",
    "wve",
    "xmv",
    "yop",
    "yuv4mpegpipe",
    "bmp_pipe",
    "dpx_pipe",
    "exr_pipe",
    "j2k_pipe",
    "jpeg_pipe",
    "jpegls_pipe",
    "jpegxl_pipe",
    "pam_pipe",
    "pbm_pipe",
    "pcx_pipe",
    "pgm_pipe",
    "ppm_pipe",
    "png_pipe",
    "psd_pipe",
    "qoi_pipe",
    "sgi_pipe",
    "tiff_pipe",
    "webp_pipe",
];

/// Why a file could not be opened.
#[derive(Debug)]
pub(crate) enum OpenError {
    /// The system failed to read it.
    Io(io::Error),
    /// Nothing that libavformat knows.
    Unknown,
    /// A container that is not opened on purpose.
    Refused(String),
    /// A container without video.
    NoVideo(String),
    /// libavformat failed.
    Failed(AvError),
}

/// What the container says of its video stream.
#[derive(Debug, Clone)]
pub(crate) struct StreamParameters {
    /// The container's short name.
    pub(crate) container: String,
    /// FFmpeg's codec name: `h264`.
    pub(crate) codec_name: String,
    pub(crate) width: i32,
    pub(crate) height: i32,
    pub(crate) pixel_format: PixelFormat,
    /// Whether the stored numbers are said to keep to the limited range.
    pub(crate) color_range_is_limited: bool,
    /// Seconds a tick, numerator and denominator.
    pub(crate) time_base: (i32, i32),
    /// Frames a second as the container has them, numerator and denominator; 0 when unknown.
    pub(crate) average_rate: (i32, i32),
    pub(crate) real_rate: (i32, i32),
    /// Degrees clockwise to turn decoded frames for display: 0, 90, 180 or 270.
    pub(crate) rotation: u32,
    /// Container and stream metadata.
    pub(crate) metadata: Vec<(String, String)>,
    /// Whether the stream has no colour, though its decoder gives chroma planes.
    pub(crate) is_monochrome: bool,
    /// Whether every frame is coded on its own.
    pub(crate) intra_only: bool,
}

/// An open container and the video stream chosen in it.
pub(crate) struct Demuxer {
    context: *mut sys::AVFormatContext,
    source: Source,
    stream: c_int,
}

/// Where the bytes come from.
enum Source {
    /// A file of ours.
    File(Io),
    /// libavformat's own device or connection, and what stops it.
    Live(Box<Gate>),
}

// SAFETY: the context is used by one thread at a time, whichever owns the demuxer.
unsafe impl Send for Demuxer {}

impl std::fmt::Debug for Demuxer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Demuxer")
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}

impl Demuxer {
    /// Opens a container by its content; the extension, letters and digits only, breaks ties.
    pub(crate) fn open(file: File, extension: &str, max_streams: u32) -> Result<Self, OpenError> {
        let mut io = Io::for_input(file).map_err(OpenError::Failed)?;
        io.set_deadline(Some(Instant::now() + OPEN_DEADLINE));
        let extension: String = extension
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(16)
            .collect();
        // The name that FFmpeg sees is ours, so that a file's own name means nothing to it.
        let name = CString::new(format!("input.{extension}")).unwrap_or_default();
        let format = probe(&mut io, &name)?;
        // SAFETY: allocates; null means no memory.
        let mut context = unsafe { api::avformat_alloc_context() };
        if context.is_null() {
            return Err(OpenError::Failed(AvError::no_memory()));
        }
        // SAFETY: the context is fresh and ours.
        unsafe {
            (*context).pb = io.as_ptr();
            (*context).flags |= sys::AVFMT_FLAG_CUSTOM_IO;
            (*context).io_open = Some(open_nothing);
            (*context).max_streams = c_int::try_from(max_streams).unwrap_or(c_int::MAX);
        }
        // SAFETY: on failure the context is freed and set to null by the call.
        let opened = unsafe {
            api::avformat_open_input(&mut context, name.as_ptr(), format, ptr::null_mut())
        };
        if let Err(error) = AvError::check(opened) {
            return Err(failure(&mut io, error));
        }
        let mut demuxer = Self {
            context,
            source: Source::File(io),
            stream: -1,
        };
        // SAFETY: an open context.
        let found = unsafe { api::avformat_find_stream_info(context, ptr::null_mut()) };
        if let Err(error) = AvError::check(found) {
            return Err(match &mut demuxer.source {
                Source::File(io) => failure(io, error),
                Source::Live(_) => OpenError::Failed(error),
            });
        }
        demuxer.choose_stream()?;
        demuxer.set_patience(None);
        Ok(demuxer)
    }

    /// Takes over an open device or connection.
    pub(super) const fn of_live(context: *mut sys::AVFormatContext, gate: Box<Gate>) -> Self {
        Self {
            context,
            source: Source::Live(gate),
            stream: -1,
        }
    }

    /// How long reads may take from now on; `None` for as long as they like.
    pub(crate) fn set_patience(&mut self, patience: Option<Duration>) {
        let deadline = patience.map(|patience| Instant::now() + patience);
        match &mut self.source {
            Source::File(io) => io.set_deadline(deadline),
            Source::Live(gate) => gate.set_deadline(deadline),
        }
    }

    /// Picks the video stream that FFmpeg would, and has the others skipped.
    pub(super) fn choose_stream(&mut self) -> Result<(), OpenError> {
        // SAFETY: an open context.
        let index = unsafe {
            api::av_find_best_stream(
                self.context,
                sys::AVMediaType::VIDEO,
                -1,
                -1,
                ptr::null_mut(),
                0,
            )
        };
        if index < 0 {
            return Err(OpenError::NoVideo(self.container()));
        }
        self.stream = index;
        // SAFETY: `streams` has `nb_streams` valid entries.
        unsafe {
            for i in 0..(*self.context).nb_streams {
                let stream = *(*self.context).streams.add(i as usize);
                (*stream).discard = if i as c_int == index {
                    sys::AVDiscard::DEFAULT
                } else {
                    sys::AVDiscard::ALL
                };
            }
        }
        Ok(())
    }

    /// The container's short name.
    pub(crate) fn container(&self) -> String {
        // SAFETY: an open context has a format with a name.
        unsafe { text_of((*(*self.context).iformat).name) }
    }

    fn stream(&self) -> &sys::AVStream {
        // SAFETY: the index was given by libavformat for this context.
        unsafe { &**(*self.context).streams.add(self.stream as usize) }
    }

    pub(super) fn codec_parameters(&self) -> *const sys::AVCodecParameters {
        self.stream().codecpar
    }

    /// What the container says of the stream.
    pub(crate) fn parameters(&self) -> StreamParameters {
        let stream = self.stream();
        // SAFETY: a stream has parameters.
        let codec = unsafe { &*stream.codecpar };
        // SAFETY: null for an unknown codec, else static.
        let descriptor = unsafe { api::avcodec_descriptor_get(codec.codec_id).as_ref() };
        let mut metadata = Vec::new();
        // SAFETY: dictionaries of the open context.
        unsafe {
            collect_metadata((*self.context).metadata, &mut metadata);
            collect_metadata(stream.metadata, &mut metadata);
        }
        StreamParameters {
            container: self.container(),
            // SAFETY: a descriptor's name is static.
            codec_name: descriptor.map_or_else(
                || "unknown".to_owned(),
                |descriptor| unsafe { text_of(descriptor.name) },
            ),
            width: codec.width,
            height: codec.height,
            pixel_format: PixelFormat::from_raw(codec.format),
            color_range_is_limited: codec.color_range == sys::AVColorRange::MPEG,
            time_base: (stream.time_base.num, stream.time_base.den),
            average_rate: (stream.avg_frame_rate.num, stream.avg_frame_rate.den),
            real_rate: (stream.r_frame_rate.num, stream.r_frame_rate.den),
            rotation: self.rotation(),
            metadata,
            is_monochrome: codec.codec_id == sys::AVCodecID::H264
                && h264::is_monochrome(self.extradata()),
            intra_only: descriptor
                .is_some_and(|descriptor| descriptor.props & sys::AV_CODEC_PROP_INTRA_ONLY != 0),
        }
    }

    /// The codec's headers, as the container stores them.
    pub(crate) fn extradata(&self) -> &[u8] {
        // SAFETY: a stream has parameters.
        let codec = unsafe { &*self.stream().codecpar };
        if codec.extradata.is_null() || codec.extradata_size <= 0 {
            return &[];
        }
        // SAFETY: `extradata_size` bytes that live as long as the stream.
        unsafe { std::slice::from_raw_parts(codec.extradata, codec.extradata_size as usize) }
    }

    /// Frames that the container's header promises; 0 when it does not.
    pub(crate) fn promised_frames(&self) -> u64 {
        let stream = self.stream();
        if stream.nb_frames > 0 {
            return stream.nb_frames as u64;
        }
        0
    }

    /// When the container's header says that the pictures end, in seconds, and their rate; only where both can be believed.
    pub(crate) fn promised_end(&self) -> Option<(f64, f64)> {
        // SAFETY: an open context.
        let context = unsafe { &*self.context };
        // Sound may go on longer than the pictures.
        let is_alone = context.nb_streams == 1;
        let is_stated =
            context.duration_estimation_method == sys::AVDurationEstimationMethod::STREAM;
        let rate = self.stream().avg_frame_rate;
        let is_known =
            is_alone && is_stated && context.duration > 0 && rate.num > 0 && rate.den > 0;
        (is_known && self.container() == "matroska,webm").then(|| {
            (
                context.duration as f64 / 1e6,
                f64::from(rate.num) / f64::from(rate.den),
            )
        })
    }

    fn rotation(&self) -> u32 {
        let mut size = 0;
        // SAFETY: the data, if any, belong to the stream.
        let matrix = unsafe {
            api::av_stream_get_side_data(
                self.stream(),
                sys::AVPacketSideDataType::DISPLAYMATRIX,
                &mut size,
            )
        };
        if matrix.is_null() || size < 9 * size_of::<i32>() {
            return 0;
        }
        let mut values = [0i32; 9];
        // SAFETY: at least nine 32-bit numbers are there; copied bytewise, so that alignment does not matter.
        unsafe {
            ptr::copy_nonoverlapping(matrix, values.as_mut_ptr().cast(), 9 * size_of::<i32>());
        }
        // SAFETY: nine numbers.
        let counter_clockwise = unsafe { api::av_display_rotation_get(values.as_ptr()) };
        if !counter_clockwise.is_finite() {
            return 0;
        }
        // To the nearest quarter: other angles have no exact pixels.
        ((-counter_clockwise / 90.0).round() as i64).rem_euclid(4) as u32 * 90
    }

    /// Reads the next packet of the stream; `false` at the end.
    pub(crate) fn read(&mut self, packet: &mut Packet) -> Result<bool, ReadError> {
        loop {
            packet.clear();
            // SAFETY: an open context and an empty packet.
            let code = unsafe { api::av_read_frame(self.context, packet.as_ptr()) };
            if code < 0 {
                let error = AvError::new(code);
                let system = match &mut self.source {
                    Source::File(io) => io.take_error(),
                    Source::Live(_) => None,
                };
                return match system {
                    Some(error) => Err(ReadError::Io(error)),
                    None if error.is_end() => Ok(false),
                    None => Err(ReadError::Failed(error)),
                };
            }
            if packet.stream() == self.stream {
                return Ok(true);
            }
        }
    }

    /// Moves to the key packet at or before a decoding time.
    pub(crate) fn seek_time(&mut self, time: i64) -> Result<(), AvError> {
        self.seek(time, sys::AVSEEK_FLAG_BACKWARD)
    }

    /// Moves to a byte position.
    pub(crate) fn seek_byte(&mut self, position: i64) -> Result<(), AvError> {
        self.seek(position, sys::AVSEEK_FLAG_BYTE)
    }

    fn seek(&mut self, target: i64, flags: c_int) -> Result<(), AvError> {
        // SAFETY: an open context.
        let code = unsafe { api::av_seek_frame(self.context, self.stream, target, flags) };
        AvError::check(code).map(|_| ())
    }
}

impl Drop for Demuxer {
    fn drop(&mut self) {
        // SAFETY: ours; the I/O context is custom and outlives this call.
        unsafe { api::avformat_close_input(&mut self.context) }
    }
}

/// Why no packet could be read.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// The system failed.
    Io(io::Error),
    /// libavformat cannot go on.
    Failed(AvError),
}

/// Recognises the container and refuses what must not be opened.
fn probe(io: &mut Io, name: &CString) -> Result<*const sys::AVInputFormat, OpenError> {
    let mut format = ptr::null();
    // SAFETY: a fresh I/O context; the format is static.
    let code = unsafe {
        api::av_probe_input_buffer2(
            io.as_ptr(),
            &mut format,
            name.as_ptr(),
            ptr::null_mut(),
            0,
            PROBE_BYTES,
        )
    };
    if code < 0 || format.is_null() {
        return Err(io.take_error().map_or(OpenError::Unknown, OpenError::Io));
    }
    // SAFETY: a format has a name.
    let name = unsafe { text_of((*format).name) };
    if CONTAINERS.contains(&name.as_str()) {
        Ok(format)
    } else {
        Err(OpenError::Refused(name))
    }
}

fn failure(io: &mut Io, error: AvError) -> OpenError {
    match io.take_error() {
        Some(system) => OpenError::Io(system),
        None if error.code == sys::AVERROR_EXIT => OpenError::Failed(AvError::with_detail(
            error.code,
            format!("opening took longer than {} s", OPEN_DEADLINE.as_secs()),
        )),
        None => OpenError::Failed(error),
    }
}

/// Adds the entries of a dictionary.
///
/// # Safety
///
/// `dictionary` is null or valid.
unsafe fn collect_metadata(dictionary: *const sys::AVDictionary, into: &mut Vec<(String, String)>) {
    let mut entry: *const sys::AVDictionaryEntry = ptr::null();
    loop {
        // SAFETY: the caller's promise; the entry is null or came from the same dictionary.
        entry = unsafe {
            api::av_dict_get(dictionary, c"".as_ptr(), entry, sys::AV_DICT_IGNORE_SUFFIX)
        };
        // SAFETY: entries live as long as the dictionary.
        let Some(found) = (unsafe { entry.as_ref() }) else {
            return;
        };
        // SAFETY: keys and values are C strings of the dictionary.
        into.push(unsafe { (text_of(found.key), text_of(found.value)) });
    }
}
