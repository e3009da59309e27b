//! Whether a codec can hold a frame.

use pimage_core::{Error, Frame, FrameFormat, SampleType};

/// An [`Error::CannotHold`].
pub(crate) fn cannot_hold(codec: &str, format: &FrameFormat, hint: impl Into<String>) -> Error {
    Error::CannotHold {
        target: codec.to_owned(),
        format: *format,
        hint: hint.into(),
    }
}

/// The format of a frame that has pixels, none of which is over its bit depth.
///
/// # Errors
///
/// [`Error::CannotHold`].
pub(crate) fn check_held<'a>(codec: &str, frame: &'a Frame) -> Result<&'a FrameFormat, Error> {
    let format = frame.format();
    if format.width == 0 || format.height == 0 {
        return Err(cannot_hold(
            codec,
            format,
            "an image has at least one pixel",
        ));
    }
    if let Some(value) = excess(frame) {
        let hint = format!("a sample is {value}, which is more than the bit depth allows");
        return Err(cannot_hold(codec, format, hint));
    }
    Ok(format)
}

/// The greatest sample, when it is over what the depth of an unsigned frame allows.
pub(crate) fn excess(frame: &Frame) -> Option<u32> {
    let format = frame.format();
    if format.bit_depth == format.sample.bits() {
        return None;
    }
    let greatest = match format.sample {
        SampleType::U8 => frame.samples::<u8>()?.iter().copied().max().map(u32::from),
        SampleType::U16 => frame.samples::<u16>()?.iter().copied().max().map(u32::from),
        _ => None,
    };
    // Both types have fewer than 32 bits.
    greatest.filter(|&greatest| greatest >> format.bit_depth != 0)
}
