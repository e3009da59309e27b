//! The table of codecs, and what each can do.

use pimage_core::{Error, Frame, FrameFormat, Limits};

/// How to encode.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EncodeOptions {
    /// `0` (smallest) to `100` (best), or the codec's own scale; `None` is the codec's usual one. Lossless codecs have none.
    pub quality: Option<String>,
    /// The compression inside the codec, by name and perhaps level: `none`, `deflate`, `deflate=9`; `None` is the codec's usual one.
    pub compression: Option<String>,
    /// Every pixel comes back as it was, or it is an error.
    pub lossless: bool,
}

/// Appends the bytes of a frame to `out`.
///
/// Errors: [`Error::CannotHold`] for a frame that the codec cannot store without loss; [`Error::BadOption`].
pub type EncodeFrame = fn(&Frame, &EncodeOptions, &mut Vec<u8>) -> Result<(), Error>;

/// Fills a frame from its bytes; the frame's stamp stays as it is.
///
/// Errors: [`Error::Malformed`] or [`Error::Codec`] with an empty path, which the caller fills in (see [`Error::at_path`]);
/// [`Error::TooLarge`] before memory is asked for.
pub type DecodeFrame = fn(&[u8], &Limits, &mut Frame) -> Result<(), Error>;

/// One still-image codec.
#[derive(Debug)]
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
    /// The format of the frame in these bytes, as far as the header tells; `None` if not built.
    pub format: Option<fn(&[u8], &Limits) -> Result<FrameFormat, Error>>,
    /// `None` if not built or not supported.
    pub encode: Option<EncodeFrame>,
    /// `None` if not built or not supported.
    pub decode: Option<DecodeFrame>,
}

/// Every codec, in the order in which content is tried.
pub static CODECS: &[&Codec] = &[];

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
