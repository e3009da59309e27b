//! numpy arrays: the header that a file, a member of an archive and a single image share.

pub mod header;
mod image;

pub(crate) use self::image::CODEC;
#[cfg(any(feature = "bpk", feature = "zstd"))]
pub(crate) use self::image::Image;
#[cfg(any(feature = "blosc", feature = "zstd"))]
pub(crate) use self::image::header_of;
#[cfg(any(feature = "blosc", feature = "zstd"))]
pub(crate) use self::image::note;
#[cfg(feature = "blosc")]
pub(crate) use self::image::{format, numbers_of, open};
