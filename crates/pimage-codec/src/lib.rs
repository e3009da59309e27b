//! One frame to bytes and back: still-image codecs.
//!
//! [`CODECS`] is the table of what is known, one row for each codec, whether or not it is compiled in.

mod avif;
mod blosc;
mod bmp;
mod bpg;
mod bpk;
mod choice;
mod chw;
mod codec;
#[cfg(any(feature = "bmp", feature = "jpeg", feature = "png"))]
mod density;
#[cfg(any(feature = "png", feature = "pnm"))]
mod depth;
mod gray;
mod held;
mod jp2;
mod jpeg;
mod jxl;
#[doc(hidden)]
pub mod npy;
#[cfg(feature = "ffmpeg")]
mod opacity;
#[doc(hidden)]
pub mod packing;
mod png;
mod pnm;
mod qoi;
#[doc(hidden)]
pub mod samples;
mod scale;
mod settings;
mod stream;
mod table;
#[cfg(feature = "tiff")]
#[doc(hidden)]
pub mod tiff;
mod tiff_file;
mod webp;
mod zstd_file;

pub use choice::{Choice, Values};
pub use chw::{chw_from_frame, frame_from_chw};
pub use codec::{Applied, Codec, Loss};
pub use scale::Scale;
pub use settings::{COMPRESSION, Settings};
pub use table::{CODECS, by_content, by_extension, by_name, file_by_name, files};
