//! One channel of a group as bytes, which are checked against what the file holds before anything is decoded.

use pimage_core::{Cancel, Error};

use crate::group::{decode_group, read_header};
use crate::header::broken;
use crate::sample::Sample;

/// Unpacks a section that should have this shape (frames, rows, columns).
///
/// # Errors
///
/// If it is cut, changed, or of another shape or type; [`Error::Stopped`].
pub(crate) fn decode<S: Sample>(
    bytes: &[u8],
    shape: [usize; 3],
    cancel: &Cancel,
) -> Result<Vec<S>, Error> {
    let found = read_header(bytes)?.shape;
    if found != shape {
        return Err(broken(format!("of shape {found:?}"), &format!("{shape:?}")));
    }
    decode_group(bytes, cancel)
}
