//! Codecs of any bit depth up to 16.

use pimage_core::{Error, Frame};

use crate::held::excess;

/// What to do with samples that are neither `uint8` nor `uint16`.
pub(crate) const WIDE_HINT: &str = "it stores uint8 and uint16; add `--range auto` (or MIN,MAX) to map them to 8 bits, or write .tif or .npy, which keep them as they are";

/// An error when a decoded sample is over the depth that its file claims.
///
/// # Errors
///
/// [`Error::Malformed`].
pub(crate) fn check_depth(codec: &'static str, frame: &Frame) -> Result<(), Error> {
    match excess(frame) {
        None => Ok(()),
        Some(value) => {
            let bits = frame.format().bit_depth;
            let reason = format!("a sample is {value}, but samples have {bits} bit(s)");
            Err(Error::malformed(codec, "", reason))
        }
    }
}
