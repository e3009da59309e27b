//! FFmpeg's functions, found in its shared libraries at the first use.
//!
//! The declarations below are checked against FFmpeg's own headers by the compiler when the tests of this crate are built.

use std::sync::OnceLock;

use libc::{c_char, c_int, c_uint, c_void};

use super::sys;
use super::sys::{
    __va_list_tag, AVCodec, AVCodecContext, AVCodecDescriptor, AVCodecID, AVCodecParameters,
    AVCodecParserContext, AVDictionary, AVDictionaryEntry, AVFormatContext, AVFrame, AVIOContext,
    AVInputFormat, AVMediaType, AVOutputFormat, AVPacket, AVPacketSideDataType, AVPixFmtDescriptor,
    AVPixelFormat, AVRational, AVStream, SwsContext, SwsFilter,
};

type ReadPacket = unsafe extern "C" fn(*mut c_void, *mut u8, c_int) -> c_int;
type Seek = unsafe extern "C" fn(*mut c_void, i64, c_int) -> i64;
type LogCallback = unsafe extern "C" fn(*mut c_void, c_int, *const c_char, *mut __va_list_tag);

/// Declares the functions of each library, a table of their addresses, and a caller of the same name for each.
macro_rules! libraries {
    ($($library:literal $major:path {
        $(fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)?;)*
    })*) => {
        struct Api {
            $($($name: unsafe extern "C" fn($($type),*) $(-> $result)?,)*)*
        }

        impl Api {
            fn load() -> Result<Self, String> {
                $(
                    let library = open($library, $major)?;
                    $(
                        // SAFETY: the library is the version whose headers declare the function so.
                        let $name = *unsafe {
                            library.get::<unsafe extern "C" fn($($type),*) $(-> $result)?>(
                                concat!(stringify!($name), "\0").as_bytes(),
                            )
                        }
                        .map_err(|error| format!("{} of {}: {error}", stringify!($name), $library))?;
                    )*
                    // The addresses stay valid as long as the library is loaded: for ever.
                    std::mem::forget(library);
                )*
                Ok(Self { $($($name,)*)* })
            }
        }

        $($(
            /// # Safety
            ///
            /// As FFmpeg documents the function of the same name.
            #[allow(dead_code, reason = "one is only handed on by its address")]
            pub(super) unsafe fn $name($($arg: $type),*) $(-> $result)? {
                // SAFETY: the caller's promise.
                unsafe { (api().$name)($($arg),*) }
            }
        )*)*

        /// Fails to compile when a declaration differs from FFmpeg's headers.
        #[cfg(test)]
        mod declarations {
            use super::*;

            #[test]
            fn are_those_of_the_headers() {
                $($(
                    let declared: unsafe extern "C" fn($($type),*) $(-> $result)? = sys::$name;
                    assert!(declared as usize != 0, "{} has an address", stringify!($name));
                )*)*
            }
        }
    };
}

libraries! {
    "avutil" sys::LIBAVUTIL_VERSION_MAJOR {
        fn av_dict_free(dict: *mut *mut AVDictionary);
        fn av_dict_get(dict: *const AVDictionary, key: *const c_char, previous: *const AVDictionaryEntry, flags: c_int) -> *mut AVDictionaryEntry;
        fn av_dict_set(dict: *mut *mut AVDictionary, key: *const c_char, value: *const c_char, flags: c_int) -> c_int;
        fn av_display_rotation_get(matrix: *const i32) -> f64;
        fn av_frame_alloc() -> *mut AVFrame;
        fn av_frame_free(frame: *mut *mut AVFrame);
        fn av_frame_get_buffer(frame: *mut AVFrame, align: c_int) -> c_int;
        fn av_frame_move_ref(target: *mut AVFrame, source: *mut AVFrame);
        fn av_freep(pointer: *mut c_void);
        fn av_get_pix_fmt(name: *const c_char) -> AVPixelFormat;
        fn av_get_pix_fmt_name(format: AVPixelFormat) -> *const c_char;
        fn av_image_copy_to_buffer(target: *mut u8, size: c_int, source: *const *const u8, linesize: *const c_int, format: AVPixelFormat, width: c_int, height: c_int, align: c_int) -> c_int;
        fn av_image_get_buffer_size(format: AVPixelFormat, width: c_int, height: c_int, align: c_int) -> c_int;
        fn av_log_format_line2(context: *mut c_void, level: c_int, format: *const c_char, args: *mut __va_list_tag, line: *mut c_char, size: c_int, prefix: *mut c_int) -> c_int;
        fn av_log_set_callback(callback: Option<LogCallback>);
        fn av_malloc(size: usize) -> *mut c_void;
        fn av_opt_set(object: *mut c_void, name: *const c_char, value: *const c_char, flags: c_int) -> c_int;
        fn av_pix_fmt_desc_get(format: AVPixelFormat) -> *const AVPixFmtDescriptor;
        fn av_strerror(code: c_int, text: *mut c_char, size: usize) -> c_int;
    }
    "avcodec" sys::LIBAVCODEC_VERSION_MAJOR {
        fn av_new_packet(packet: *mut AVPacket, size: c_int) -> c_int;
        fn av_packet_alloc() -> *mut AVPacket;
        fn av_packet_free(packet: *mut *mut AVPacket);
        fn av_packet_move_ref(target: *mut AVPacket, source: *mut AVPacket);
        fn av_packet_rescale_ts(packet: *mut AVPacket, from: AVRational, to: AVRational);
        fn av_packet_unref(packet: *mut AVPacket);
        fn av_parser_close(parser: *mut AVCodecParserContext);
        fn av_parser_init(codec: c_int) -> *mut AVCodecParserContext;
        fn av_parser_parse2(parser: *mut AVCodecParserContext, context: *mut AVCodecContext, out: *mut *mut u8, out_size: *mut c_int, data: *const u8, size: c_int, pts: i64, dts: i64, position: i64) -> c_int;
        fn avcodec_alloc_context3(codec: *const AVCodec) -> *mut AVCodecContext;
        fn avcodec_descriptor_get(id: AVCodecID) -> *const AVCodecDescriptor;
        fn avcodec_find_decoder(id: AVCodecID) -> *const AVCodec;
        fn avcodec_find_decoder_by_name(name: *const c_char) -> *const AVCodec;
        fn avcodec_find_encoder_by_name(name: *const c_char) -> *const AVCodec;
        fn avcodec_flush_buffers(context: *mut AVCodecContext);
        fn avcodec_free_context(context: *mut *mut AVCodecContext);
        fn avcodec_open2(context: *mut AVCodecContext, codec: *const AVCodec, options: *mut *mut AVDictionary) -> c_int;
        fn avcodec_parameters_copy(target: *mut AVCodecParameters, source: *const AVCodecParameters) -> c_int;
        fn avcodec_parameters_from_context(parameters: *mut AVCodecParameters, context: *const AVCodecContext) -> c_int;
        fn avcodec_parameters_to_context(context: *mut AVCodecContext, parameters: *const AVCodecParameters) -> c_int;
        fn avcodec_receive_frame(context: *mut AVCodecContext, frame: *mut AVFrame) -> c_int;
        fn avcodec_receive_packet(context: *mut AVCodecContext, packet: *mut AVPacket) -> c_int;
        fn avcodec_send_frame(context: *mut AVCodecContext, frame: *const AVFrame) -> c_int;
        fn avcodec_send_packet(context: *mut AVCodecContext, packet: *const AVPacket) -> c_int;
    }
    "avformat" sys::LIBAVFORMAT_VERSION_MAJOR {
        fn av_find_input_format(name: *const c_char) -> *const AVInputFormat;
        fn av_find_best_stream(context: *mut AVFormatContext, kind: AVMediaType, wanted: c_int, related: c_int, decoder: *mut *const AVCodec, flags: c_int) -> c_int;
        fn av_guess_format(name: *const c_char, file: *const c_char, mime: *const c_char) -> *const AVOutputFormat;
        fn av_interleaved_write_frame(context: *mut AVFormatContext, packet: *mut AVPacket) -> c_int;
        fn av_probe_input_buffer2(io: *mut AVIOContext, format: *mut *const AVInputFormat, url: *const c_char, log: *mut c_void, offset: c_uint, limit: c_uint) -> c_int;
        fn av_read_frame(context: *mut AVFormatContext, packet: *mut AVPacket) -> c_int;
        fn av_seek_frame(context: *mut AVFormatContext, stream: c_int, time: i64, flags: c_int) -> c_int;
        fn av_stream_get_side_data(stream: *const AVStream, kind: AVPacketSideDataType, size: *mut usize) -> *mut u8;
        fn av_write_frame(context: *mut AVFormatContext, packet: *mut AVPacket) -> c_int;
        fn av_write_trailer(context: *mut AVFormatContext) -> c_int;
        fn avformat_alloc_context() -> *mut AVFormatContext;
        fn avformat_alloc_output_context2(context: *mut *mut AVFormatContext, format: *const AVOutputFormat, name: *const c_char, file: *const c_char) -> c_int;
        fn avformat_close_input(context: *mut *mut AVFormatContext);
        fn avformat_find_stream_info(context: *mut AVFormatContext, options: *mut *mut AVDictionary) -> c_int;
        fn avformat_free_context(context: *mut AVFormatContext);
        fn avformat_new_stream(context: *mut AVFormatContext, codec: *const AVCodec) -> *mut AVStream;
        fn avformat_open_input(context: *mut *mut AVFormatContext, url: *const c_char, format: *const AVInputFormat, options: *mut *mut AVDictionary) -> c_int;
        fn avformat_write_header(context: *mut AVFormatContext, options: *mut *mut AVDictionary) -> c_int;
        fn avio_alloc_context(buffer: *mut u8, size: c_int, write: c_int, opaque: *mut c_void, read_packet: Option<ReadPacket>, write_packet: Option<ReadPacket>, seek: Option<Seek>) -> *mut AVIOContext;
        fn avio_context_free(io: *mut *mut AVIOContext);
        fn avio_flush(io: *mut AVIOContext);
    }
    "swscale" sys::LIBSWSCALE_VERSION_MAJOR {
        fn sws_freeContext(context: *mut SwsContext);
        fn sws_getCoefficients(colorspace: c_int) -> *const c_int;
        fn sws_getContext(source_width: c_int, source_height: c_int, source_format: AVPixelFormat, width: c_int, height: c_int, format: AVPixelFormat, flags: c_int, source_filter: *mut SwsFilter, filter: *mut SwsFilter, parameters: *const f64) -> *mut SwsContext;
        fn sws_scale(context: *mut SwsContext, source: *const *const u8, source_stride: *const c_int, y: c_int, height: c_int, target: *const *mut u8, target_stride: *const c_int) -> c_int;
        fn sws_setColorspaceDetails(context: *mut SwsContext, inverse: *const c_int, source_range: c_int, table: *const c_int, range: c_int, brightness: c_int, contrast: c_int, saturation: c_int) -> c_int;
    }
}

static API: OnceLock<Result<Api, String>> = OnceLock::new();

/// Loads the libraries, once. Every owner in this module is made only after this succeeded.
pub(crate) fn load() -> Result<(), String> {
    let api = API.get_or_init(|| {
        let api = Api::load()?;
        quieten_encoders();
        super::log::install(api.av_log_set_callback);
        Ok(api)
    });
    api.as_ref().map(|_| ()).map_err(Clone::clone)
}

/// Keeps SVT-AV1, which prints its settings to standard error, from doing so; a level that the user set is left.
fn quieten_encoders() {
    const ERRORS_ONLY: &str = "1";
    if std::env::var_os("SVT_LOG").is_none() {
        // SAFETY: Rust's own accesses are serialised; of C code only the libraries loaded just now read the environment,
        // and none of their functions has been called yet.
        unsafe { std::env::set_var("SVT_LOG", ERRORS_ONLY) };
    }
}

fn api() -> &'static Api {
    match API.get() {
        Some(Ok(api)) => api,
        #[expect(
            clippy::panic,
            reason = "states the invariant: owners are made only after `load`"
        )]
        _ => panic!("FFmpeg is called before it is loaded"),
    }
}

/// Opens one library by the name that its major version has on this system.
pub(super) fn open(name: &str, major: c_int) -> Result<libloading::Library, String> {
    let file = if cfg!(windows) {
        format!("{name}-{major}.dll")
    } else if cfg!(target_os = "macos") {
        format!("lib{name}.{major}.dylib")
    } else {
        format!("lib{name}.so.{major}")
    };
    // SAFETY: FFmpeg's libraries run no code at loading that relies on the state of this program.
    unsafe { libloading::Library::new(&file) }
        .map_err(|error| format!("cannot load {file} (FFmpeg's shared library): {error}"))
}
