//! Frames through libjxl.

use pimage_core::{Error, Frame};
use pimage_video::still::{Encoder, Encoding, encode as encode_picture};

use crate::settings::Asked;

/// Appends the file to `out`.
pub(super) fn encode(frame: &Frame, asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    let distance = if asked.is_lossless() {
        0.0
    } else {
        asked.quality_or_usual()
    };
    let mut encoding = Encoding::new(Encoder::Jxl).with_option("distance", distance.to_string());
    if let Some(effort) = asked.text("effort") {
        encoding = encoding.with_option("effort", effort);
    }
    encoding.threads = asked.threads();
    encode_picture(frame, &encoding, out)
}
