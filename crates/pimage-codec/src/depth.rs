//! Codecs of any bit depth up to 16.

use pimage_core::{Error, Frame};

use crate::held::excess;

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
