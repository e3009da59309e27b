//! FFmpeg's libraries behind safe owners: the only module of pimage that calls them.
//!
//! Each type here owns one kind of FFmpeg object, frees it when dropped, and lends it out no longer than it lives.
//! The libraries are loaded at the first use, not linked: the program starts in milliseconds, runs without them for
//! everything that is not video, and takes the distribution's security updates as they come.

#[expect(
    non_snake_case,
    clippy::too_many_arguments,
    reason = "FFmpeg's own functions"
)]
mod api;
mod decoder;
mod encoder;
mod error;
mod input;
mod io;
mod live;
mod log;
mod memory;
mod output;
mod packet;
mod parser;
mod picture;
mod pixfmt;
mod scale;

pub(crate) use api::load;
pub(crate) use decoder::{Decoder, DecoderSettings, Received};
pub(crate) use encoder::{Encoder, EncoderSettings, encoder_exists};
pub(crate) use error::AvError;
pub(crate) use input::{Demuxer, OpenError, ReadError, StreamParameters};
pub(crate) use log::take_own as take_own_error;
pub use memory::return_large_blocks;
pub(crate) use output::{MuxError, Muxer, OutputStream, wants_global_header};
pub(crate) use packet::Packet;
pub(crate) use parser::{Inspected, Parser, PictureKind};
pub(crate) use picture::{Colors, Picture, Plane};
pub(crate) use pixfmt::{Component, PixelFormat, PixelLayout};
pub(crate) use scale::Scaler;

/// The raw bindings; only their types and constants are used, the functions come from [`api`].
use ffmpeg_sys_the_third as sys;

/// No timestamp.
pub(crate) const NO_TIME: i64 = i64::MIN;

/// A C string that FFmpeg owns, as text.
///
/// # Safety
///
/// `text` is null or points to a NUL-terminated string that lives during the call.
unsafe fn text_of(text: *const libc::c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: the caller's promise.
    unsafe { std::ffi::CStr::from_ptr(text) }
        .to_string_lossy()
        .into_owned()
}
