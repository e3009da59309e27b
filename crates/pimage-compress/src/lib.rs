//! Arrays of floats and whole numbers in few bytes, no value ever off by more than was promised.
//!
//! The unit is a *group*: consecutive frames that are packed and unpacked on their own.
//! Values are predicted from neighbours whose weights are fitted along the way; what a prediction misses is a whole
//! number of steps of twice the bound, and those are coded by a mixture of context models.
//! Packing and unpacking are the same arithmetic, so that what is checked while packing is what comes back.
//!
//! [`create`] and [`open`] keep groups in a Matroska file that plays as a video: each cluster carries the data of one group beside
//! its first picture, with the stamps of the frames and a checksum, and a tag says what the array is.
//! A cut file is read as far as its groups are whole; which frames are missing is told.

mod arith;
mod context;
mod copy;
#[cfg(any(feature = "ffmpeg", test))]
mod corrections;
#[cfg(any(feature = "ffmpeg", test))]
mod counter;
mod field;
mod file;
mod fit;
mod goal;
mod group;
mod header;
mod level;
mod mask;
mod matroska;
mod mean;
mod mix;
mod modes;
mod plan;
mod reader;
mod recipe;
mod residual;
mod sample;
mod segment;
mod setting;
#[cfg(any(feature = "ffmpeg", test))]
mod steps;
mod taps;
mod vector;
#[cfg(feature = "ffmpeg")]
pub mod video;
mod writer;
#[cfg(feature = "zfp")]
mod zfp;

pub use file::description::{Description, VideoRole};
pub use file::section::Coding;
pub use goal::Goal;
#[cfg(feature = "zfp")]
pub use group::encode_group_zfp;
pub use group::{MOST_VALUES, decode_group, decode_group_into, encode_group, read_header};
pub use header::{Header, Method};
pub use mean::encode_group_psnr;
pub use modes::{MODES, Mode, mode_by_name};
pub use reader::{CompressReader, GroupInfo, OpenOptions, is_compressed, open};
pub use sample::Sample;
pub use setting::{PRESETS, Quality, VideoCodec, VideoSetting};
pub use writer::{CompressOptions, CompressWriter, Layer, Preview, create};
