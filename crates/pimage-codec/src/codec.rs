//! The table of codecs, and what each can do.

use pimage_core::{Error, Frame, FrameFormat, Limits, Metadata};

/// How to encode.
#[derive(Debug, Clone, Default, PartialEq)]

pub struct EncodeOptions {
    /// `1` (smallest) to `100` (best), or the codec's own scale; `None` is the codec's usual one. Lossless codecs have none.
    pub quality: Option<String>,
    /// The compression inside the codec, by name and perhaps level: `none`, `deflate`, `deflate=9`; `None` is the codec's usual one.
    pub compression: Option<String>,
    /// Every pixel comes back as it was, or it is an error.
    pub lossless: bool,
}

/// Appends the bytes of a frame to `out`.
///
/// Errors: [`Error::CannotHold`] for a frame that the codec cannot store without loss; [`Error::BadOption`].
/// What was appended before an error is unspecified.
pub type EncodeFrame = fn(&Frame, &EncodeOptions, &mut Vec<u8>) -> Result<(), Error>;

/// Fills a frame from the bytes of a whole file; the frame's stamp stays as it is.
///
/// Errors: [`Error::Malformed`], [`Error::Unsupported`] or [`Error::Codec`] with an empty path, which the caller fills in (see [`Error::at_path`]);
/// [`Error::TooLarge`] before memory is asked for.
/// After an error the pixels are unspecified.
pub type DecodeFrame = fn(&[u8], &Limits, &mut Frame) -> Result<(), Error>;

/// The format of the frame in the bytes of a whole file, of which only the header is looked at.
///
/// Errors: as [`DecodeFrame`].
pub type ReadFormat = fn(&[u8], &Limits) -> Result<FrameFormat, Error>;

/// What else the header in the bytes of a whole file says: pixel size, orientation, gamma. None of it changes a pixel.
///
/// Errors: as [`DecodeFrame`].
pub type ReadMetadata = fn(&[u8], &Limits) -> Result<Metadata, Error>;

/// What is lost of frames of this format although they are held; `None` when nothing is.
pub type NoteLoss = fn(&FrameFormat) -> Option<String>;

/// One still-image codec.
#[derive(Debug, Clone, Copy)]
pub struct Codec {
    /// Short lower-case name.
    pub name: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// Without the dot, lower case, preferred one first.
    pub extensions: &'static [&'static str],
    /// Whether these first bytes (up to 4 KiB) are of this codec.
    pub detect: fn(&[u8]) -> bool,
    /// The cargo feature that compiles it in; empty when it always is.
    pub feature: &'static str,
    /// Whether every frame that it encodes comes back as it was.
    pub is_lossless: bool,
    /// What is lost of frames of this format although they are held, in words for people; `None` when nothing ever is.
    pub note: Option<NoteLoss>,
    /// `None` if not built.
    pub format: Option<ReadFormat>,
    /// `None` if not built, or when the header says nothing else.
    pub metadata: Option<ReadMetadata>,
    /// `None` if not built or not supported.
    pub encode: Option<EncodeFrame>,
    /// `None` if not built or not supported.
    pub decode: Option<DecodeFrame>,
}

impl Codec {
    /// The row of a lossless codec that is not compiled in, with nothing but what identifies it.
    pub(crate) const fn unbuilt(name: &'static str, detect: fn(&[u8]) -> bool) -> Self {
        Self {
            name,
            title: "",
            extensions: &[],
            detect,
            feature: name,
            is_lossless: true,
            note: None,
            format: None,
            metadata: None,
            encode: None,
            decode: None,
        }
    }
}

/// Every codec, in the order in which content is tried.
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
];

/// The codec that these first bytes are of.
#[must_use]
pub fn by_content(head: &[u8]) -> Option<&'static Codec> {
    CODECS.iter().copied().find(|codec| (codec.detect)(head))
}

/// The codec of files with this extension, lower case without the dot.
#[must_use]
pub fn by_extension(extension: &str) -> Option<&'static Codec> {
    CODECS
        .iter()
        .copied()
        .find(|codec| codec.extensions.contains(&extension))
}

/// The codec of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Codec> {
    CODECS.iter().copied().find(|codec| codec.name == name)
}
