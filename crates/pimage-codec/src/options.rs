//! Options that a codec does not take.

use pimage_core::Error;

use crate::EncodeOptions;

/// An error when a quality is asked of a codec that has none.
pub(crate) fn refuse_quality(codec: &str, options: &EncodeOptions) -> Result<(), Error> {
    let expected = format!("no value, because {codec} keeps every pixel as it is");
    refuse("--quality", options.quality.as_deref(), expected)
}

/// An error when a compression is asked of a codec that has none or only one.
pub(crate) fn refuse_compression(codec: &str, options: &EncodeOptions) -> Result<(), Error> {
    let expected = format!("no value, because {codec} has no choice of compression");
    refuse("--compression", options.compression.as_deref(), expected)
}

fn refuse(option: &str, value: Option<&str>, expected: String) -> Result<(), Error> {
    match value {
        None => Ok(()),
        Some(value) => Err(Error::bad_option(option, format!("`{value}`"), expected)),
    }
}
