//! Video through the FFmpeg libraries, frame exact: the only crate of pimage that calls them.

mod codecs;
mod options;

#[cfg(feature = "ffmpeg")]
mod decode;
#[cfg(feature = "ffmpeg")]
mod describe;
#[cfg(feature = "ffmpeg")]
mod face;
#[cfg(feature = "ffmpeg")]
mod ffv1;
#[cfg(feature = "ffmpeg")]
mod frames;
#[cfg(feature = "ffmpeg")]
mod h264;
#[cfg(feature = "ffmpeg")]
mod jpeg;
#[cfg(feature = "ffmpeg")]
mod live;
#[cfg(feature = "ffmpeg")]
mod mjpeg;
#[cfg(feature = "ffmpeg")]
mod names;
#[cfg(feature = "ffmpeg")]
mod pack;
#[cfg(feature = "ffmpeg")]
mod plan;
#[cfg(feature = "ffmpeg")]
mod planes;
#[cfg(feature = "ffmpeg")]
mod reader;
#[cfg(feature = "ffmpeg")]
mod remux;
#[cfg(feature = "ffmpeg")]
pub mod sequence;
#[cfg(feature = "ffmpeg")]
mod setting;
#[cfg(feature = "ffmpeg")]
mod source;
#[cfg(feature = "ffmpeg")]
pub mod still;
#[cfg(feature = "ffmpeg")]
mod table;
#[cfg(feature = "ffmpeg")]
mod tag;
#[cfg(feature = "ffmpeg")]
mod timing;
#[cfg(feature = "ffmpeg")]
mod unpack;
#[cfg(feature = "ffmpeg")]
mod writer;
#[cfg(feature = "ffmpeg")]
mod x265;

#[cfg(feature = "ffmpeg")]
#[expect(
    unsafe_code,
    reason = "the one module that calls C; each block says why it is sound"
)]
mod ffi;

pub use codecs::{
    CODECS, CONTAINERS, Codec, Container, Quality, Way, codec_by_name, container_by_extension,
};
#[cfg(feature = "ffmpeg")]
pub use face::{create, open};
#[cfg(feature = "ffmpeg")]
pub use ffi::return_large_blocks;
#[cfg(feature = "ffmpeg")]
pub use live::{LiveReader, LiveSource};
pub use options::{EncodeOptions, VideoOptions, extension_of};
#[cfg(feature = "ffmpeg")]
pub use planes::{PlaneReader, Planes};
#[cfg(feature = "ffmpeg")]
pub use remux::{Remux, remux};
