//! numpy arrays: the header that a file, a member of an archive and a single image share.

pub mod header;
mod image;

pub(crate) use self::image::CODEC;
#[cfg(feature = "bpk")]
pub(crate) use self::image::{Image, note};
