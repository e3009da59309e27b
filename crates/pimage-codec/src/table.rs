//! The table of codecs.

use crate::Codec;

/// Every codec, files in the order in which content is tried.
pub static CODECS: &[&Codec] = &[
    &crate::png::CODEC,
    &crate::jpeg::CODEC,
    &crate::bmp::CODEC,
    &crate::webp::CODEC,
    &crate::pnm::PBM,
    &crate::pnm::PGM,
    &crate::pnm::PPM,
    &crate::pnm::PNM,
    &crate::pnm::PAM,
    &crate::pnm::PFM,
    &crate::npy::CODEC,
    &crate::bpk::CODEC,
    &crate::tiff_file::CODEC,
    &crate::qoi::CODEC,
    &crate::zstd_file::CODEC,
    &crate::blosc::CODEC,
    &crate::bpg::CODEC,
    &crate::jp2::CODEC,
    &crate::jxl::CODEC,
    &crate::avif::CODEC,
    &crate::stream::X264,
    &crate::stream::X265,
    &crate::stream::AV1,
    &crate::stream::SVTAV1,
    &crate::stream::MJPEG,
];

/// The codecs whose bytes are files that are known by their content or extension.
pub fn files() -> impl Iterator<Item = &'static Codec> {
    CODECS.iter().copied().filter(|codec| codec.is_file)
}

/// The codec of files that these first bytes are of.
#[must_use]
pub fn by_content(head: &[u8]) -> Option<&'static Codec> {
    files().find(|codec| codec.detects(head))
}

/// The codec of files with this extension, lower case without the dot.
#[must_use]
pub fn by_extension(extension: &str) -> Option<&'static Codec> {
    files().find(|codec| codec.extensions.contains(&extension))
}

/// The codec of files of this name.
#[must_use]
pub fn file_by_name(name: &str) -> Option<&'static Codec> {
    files().find(|codec| codec.name == name)
}

/// The codec of this name, whether or not its bytes are files.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Codec> {
    CODECS.iter().copied().find(|codec| codec.name == name)
}
