//! What a codestream's header says (ITU-T T.800, annexes A and I).

use pimage_core::{Color, Error, FrameFormat, Limits, SampleType};

/// Size of the fixed part of the `SIZ` segment after its marker.
const SIZ_BYTES: usize = 38;

/// The format of the picture.
pub(super) fn format(bytes: &[u8], limits: &Limits) -> Result<FrameFormat, Error> {
    let malformed = |reason: &str| Error::malformed("", "JPEG 2000", reason);
    let stream = codestream(bytes).ok_or_else(|| malformed("there is no codestream in it"))?;
    let size = stream
        .strip_prefix(&[0xff, 0x4f, 0xff, 0x51])
        .ok_or_else(|| malformed("the codestream does not begin with its size"))?;
    let cut = || malformed("the header is cut short");
    let word = |at: usize| -> Result<u32, Error> {
        let four = size.get(at..at + 4).and_then(|four| four.try_into().ok());
        four.map(u32::from_be_bytes).ok_or_else(cut)
    };
    let (width, height) = (word(4)?, word(8)?);
    let (left, top) = (word(12)?, word(16)?);
    let side = |end: u32, start: u32| end.checked_sub(start).filter(|&side| side > 0);
    let (Some(width), Some(height)) = (side(width, left), side(height, top)) else {
        return Err(malformed("the picture has no pixels"));
    };
    let count = size.get(SIZ_BYTES - 2..SIZ_BYTES).ok_or_else(cut)?;
    let count = usize::from(count[0]) << 8 | usize::from(count[1]);
    let Some(color) = Color::from_channels(count) else {
        let reason = format!("a picture of {count} components");
        return Err(Error::unsupported("", reason));
    };
    let mut depth = 0;
    for component in 0..count {
        let said = *size.get(SIZ_BYTES + component * 3).ok_or_else(cut)?;
        let bits = (said & 127) + 1;
        if said & 128 != 0 || bits > 16 {
            let kind = if said & 128 != 0 { "signed " } else { "" };
            return Err(Error::unsupported(
                "",
                format!("{kind}samples of {bits} bits"),
            ));
        }
        depth = bits.max(depth);
    }
    let sample = if depth > 8 {
        SampleType::U16
    } else {
        SampleType::U8
    };
    let format = FrameFormat::new(width, height, color, sample).with_bit_depth(depth);
    limits.check_format(&format)?;
    Ok(format)
}

/// Bytes of the codestream.
pub(super) fn payload(bytes: &[u8]) -> usize {
    codestream(bytes).map_or(bytes.len(), <[u8]>::len)
}

/// The codestream in a file, or the bytes themselves when they are one.
fn codestream(bytes: &[u8]) -> Option<&[u8]> {
    if bytes.starts_with(&[0xff, 0x4f]) {
        return Some(bytes);
    }
    let mut rest = bytes;
    loop {
        let length = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?) as usize;
        let kind = rest.get(4..8)?;
        let (start, length) = match length {
            0 => (8, rest.len()),
            1 => {
                let long = u64::from_be_bytes(rest.get(8..16)?.try_into().ok()?);
                (16, usize::try_from(long).ok()?)
            }
            length => (8, length),
        };
        if length < start {
            return None;
        }
        if kind == b"jp2c" {
            return rest.get(start..length.min(rest.len()));
        }
        rest = rest.get(length..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A codestream's header: 5×3 from (2, 1), of three components of 12 bits.
    fn header() -> Vec<u8> {
        let mut bytes = vec![0xff, 0x4f, 0xff, 0x51, 0, 47, 0, 0];
        for word in [7u32, 4, 2, 1, 7, 4, 0, 0] {
            bytes.extend(word.to_be_bytes());
        }
        bytes.extend([0, 3, 11, 1, 1, 11, 1, 1, 11, 1, 1]);
        bytes
    }

    #[test]
    fn size_and_depth_are_read_from_files_and_codestreams() {
        let stream = header();
        let mut file = b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\0jp2c".to_vec();
        file.extend(&stream);
        for bytes in [&stream, &file] {
            let format = format(bytes, &Limits::default()).expect("is whole");
            let expected = FrameFormat::new(5, 3, Color::Rgb, SampleType::U16).with_bit_depth(12);
            assert_eq!(format, expected);
        }
        assert_eq!(payload(&file), stream.len());
        for length in 0..stream.len() - 2 {
            format(&stream[..length], &Limits::default()).expect_err("is cut");
        }
    }
}
