//! The header of an array file: a Python dictionary of three keys.
//!
//! A parser of its own because the ones for general Python literals recurse as deep as the file asks for.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

use pimage_core::{Color, Error, FrameFormat, Limits, SampleType};

use crate::bytes::{u16_at, u32_at};
use crate::samples::{ByteOrder, Stored};

/// First bytes of every array file.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

/// The length of a header that pimage writes, bytes; the padding has room for any frame count.
pub(super) const WRITTEN_BYTES: usize = 128;

/// What the header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// How each number is stored.
    pub(super) stored: Stored,
    /// Whether the first axis varies fastest.
    pub(super) is_fortran: bool,
    /// The axes, as in the file.
    pub(super) shape: Vec<u64>,
    /// Byte offset of the first number.
    pub(super) data_start: u64,
}

impl Header {
    /// Byte length of the whole header, from its first twelve bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`]; [`Error::TooLarge`] when it is over the limit.
    pub(super) fn length(path: &Path, start: &[u8], limits: &Limits) -> Result<usize, Error> {
        let malformed = |reason: &str| Error::malformed("npy", path, reason);
        if !start.starts_with(MAGIC) {
            return Err(malformed("it does not begin with `\\x93NUMPY`"));
        }
        let version = start.get(6).copied();
        let (prefix, length) = match version {
            Some(1) => (10, u16_at(start, 8).map(u32::from)),
            Some(2 | 3) => (12, u32_at(start, 8)),
            Some(other) => {
                let reason = format!("its version is {other}: expected 1, 2 or 3");
                return Err(malformed(&reason));
            }
            None => (0, None),
        };
        let length = length.ok_or_else(|| malformed("the header is cut"))?;
        limits.check_header(u64::from(length))?;
        usize::try_from(length)
            .ok()
            .and_then(|length| length.checked_add(prefix))
            .ok_or_else(|| malformed("the header is too long"))
    }

    /// Reads a whole header, whose length came from [`Header::length`].
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`], [`Error::Unsupported`] for types that no frame holds.
    pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
        let prefix = if bytes.get(6) == Some(&1) { 10 } else { 12 };
        let malformed = |reason: String| Error::malformed("npy", path, reason);
        let text = bytes
            .get(prefix..)
            .and_then(|text| std::str::from_utf8(text).ok())
            .ok_or_else(|| malformed("the header is not text".to_owned()))?;
        let dictionary = Dictionary::parse(text).ok_or_else(|| {
            let start: String = text.chars().take(80).collect();
            malformed(format!(
                "the header is `{}`: expected a dictionary with `descr`, `fortran_order` and `shape`",
                start.trim_end().replace(char::is_control, " ")
            ))
        })?;
        let stored = stored_of(&dictionary.descr).ok_or_else(|| {
            let reason = format!(
                "its numbers are of type `{}`; pimage reads bool, int8 to int32, uint8 to uint32 and float16 to float64",
                dictionary.descr.replace(char::is_control, " ")
            );
            Error::unsupported(path, reason)
        })?;
        Ok(Self {
            stored,
            is_fortran: dictionary.is_fortran,
            shape: dictionary.shape,
            data_start: bytes.len() as u64,
        })
    }

    /// Frame format and frame count: H×W is one frame, T×H×W gray frames, T×H×W×C frames of C channels.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for other shapes.
    pub(super) fn frames(&self, path: &Path) -> Result<(FrameFormat, u64), Error> {
        let unsupported = || {
            let axes: Vec<_> = self.shape.iter().map(u64::to_string).collect();
            let reason = format!(
                "its shape is ({}); frames are (height, width), (time, height, width) or (time, height, width, 1 to 4 channels)",
                axes.join(", ")
            );
            Error::unsupported(path, reason)
        };
        let (count, height, width, channels) = match self.shape.as_slice() {
            [height, width] => (1, *height, *width, 1),
            [count, height, width] => (*count, *height, *width, 1),
            [count, height, width, channels] => (*count, *height, *width, *channels),
            _ => return Err(unsupported()),
        };
        let side = |value: u64| u32::try_from(value).ok().filter(|value| *value > 0);
        let color = usize::try_from(channels)
            .ok()
            .and_then(Color::from_channels);
        match (side(width), side(height), color) {
            (Some(width), Some(height), Some(color)) => Ok((
                FrameFormat::new(width, height, color, self.stored.sample()),
                count,
            )),
            _ => Err(unsupported()),
        }
    }
}

/// How a numpy type descriptor stores its numbers; `None` for those that no frame holds exactly.
fn stored_of(descr: &str) -> Option<Stored> {
    let (order, kind) = descr.split_at_checked(1)?;
    let order = match order {
        "<" => ByteOrder::Little,
        ">" => ByteOrder::Big,
        // One byte, or the order of the machine that wrote it, which is little in practice.
        "|" | "=" => ByteOrder::Little,
        _ => return None,
    };
    Some(match kind {
        "b1" | "u1" => Stored::As(SampleType::U8, order),
        "u2" => Stored::As(SampleType::U16, order),
        "u4" => Stored::As(SampleType::U32, order),
        "i1" => Stored::I8,
        "i2" => Stored::As(SampleType::I16, order),
        "i4" => Stored::As(SampleType::I32, order),
        "f2" => Stored::F16(order),
        "f4" => Stored::As(SampleType::F32, order),
        "f8" => Stored::As(SampleType::F64, order),
        _ => return None,
    })
}

/// The descriptor of a sample type, in little-endian order.
const fn descr_of(sample: SampleType) -> &'static str {
    match sample {
        SampleType::U16 => "<u2",
        SampleType::U32 => "<u4",
        SampleType::I16 => "<i2",
        SampleType::I32 => "<i4",
        SampleType::F32 => "<f4",
        SampleType::F64 => "<f8",
        _ => "|u1",
    }
}

/// The header of `count` frames, [`WRITTEN_BYTES`] long: (time, height, width), and channels unless gray.
pub(super) fn written(format: &FrameFormat, count: u64) -> Vec<u8> {
    let (width, height) = (format.width, format.height);
    let channels = match format.color {
        Color::Gray => String::new(),
        color => format!(", {}", color.channels()),
    };
    let dictionary = format!(
        "{{'descr': '{}', 'fortran_order': False, 'shape': ({count}, {height}, {width}{channels}), }}",
        descr_of(format.sample)
    );
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    // 118 bytes of text fill up the 128.
    bytes.extend(118u16.to_le_bytes());
    bytes.extend(dictionary.as_bytes());
    bytes.resize(WRITTEN_BYTES - 1, b' ');
    bytes.push(b'\n');
    bytes
}

/// The three keys.
struct Dictionary {
    descr: String,
    is_fortran: bool,
    shape: Vec<u64>,
}

impl Dictionary {
    fn parse(text: &str) -> Option<Self> {
        let (mut descr, mut is_fortran, mut shape) = (None, None, None);
        let mut rest = eat(text, "{")?;
        while let Err(after_key) = end_or_key(rest)? {
            let (key, after) = after_key;
            let after = eat(after, ":")?;
            rest = match key {
                "descr" => {
                    let (value, after) = string_or_list(after)?;
                    descr = Some(value.to_owned());
                    after
                }
                "fortran_order" => {
                    let (value, after) = boolean(after)?;
                    is_fortran = Some(value);
                    after
                }
                "shape" => {
                    let (value, after) = tuple(after)?;
                    shape = Some(value);
                    after
                }
                _ => return None,
            };
            rest = eat(rest, ",").unwrap_or(rest);
        }
        Some(Self {
            descr: descr?,
            is_fortran: is_fortran?,
            shape: shape?,
        })
    }
}

/// What follows `token` at the start of the text, white space in front left out.
fn eat<'a>(text: &'a str, token: &str) -> Option<&'a str> {
    text.trim_start().strip_prefix(token)
}

/// `Ok` at the closing brace, else the key and what follows it.
fn end_or_key(text: &str) -> Option<Result<(), (&str, &str)>> {
    if eat(text, "}").is_some() {
        return Some(Ok(()));
    }
    string(text).map(Err)
}

fn string(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text.get(1..)?.split_once(quote)
}

/// A string, or the whole text of a list: a structured type, which nothing reads.
fn string_or_list(text: &str) -> Option<(&str, &str)> {
    match eat(text, "[") {
        None => string(text),
        Some(list) => {
            let end = list.rfind(']')?;
            Some((list.get(..end)?, list.get(end + 1..)?))
        }
    }
}

fn boolean(text: &str) -> Option<(bool, &str)> {
    match eat(text, "True") {
        Some(rest) => Some((true, rest)),
        None => Some((false, eat(text, "False")?)),
    }
}

fn tuple(text: &str) -> Option<(Vec<u64>, &str)> {
    let (inside, rest) = eat(text, "(")?.split_once(')')?;
    let mut axes = Vec::new();
    for axis in inside.split(',').map(str::trim) {
        if !axis.is_empty() {
            // Python 2 wrote `3L`.
            axes.push(axis.trim_end_matches('L').parse().ok()?);
        }
    }
    (axes.len() <= 32).then_some((axes, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(dictionary: &str) -> Result<Header, Error> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend(
            u16::try_from(dictionary.len())
                .expect("is short")
                .to_le_bytes(),
        );
        bytes.extend(dictionary.as_bytes());
        Header::parse(Path::new("a.npy"), &bytes)
    }

    #[test]
    fn dictionaries_of_every_writer_are_read() {
        for text in [
            "{'descr': '<u2', 'fortran_order': False, 'shape': (5, 4, 3), }   \n",
            "{\"shape\":(5,4,3),\"fortran_order\":False,\"descr\":\"<u2\"}",
            "{'descr':'<u2','fortran_order':False,'shape':(5L, 4L, 3L)}",
        ] {
            let header = parse(text).expect(text);
            let (format, count) = header.frames(Path::new("a.npy")).expect("is a shape");
            assert_eq!((format.to_string().as_str(), count), ("3x4 gray uint16", 5));
        }
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let shape =
            |axes: &str| format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {axes}}}");
        for (text, expected) in [
            (shape("(5,)"), "its shape is (5); frames are"),
            (shape("(2, 5, 4, 7)"), "its shape is (2, 5, 4, 7)"),
            (shape("(2, 0, 4)"), "its shape is (2, 0, 4)"),
            (
                "{'descr': '<c8', 'fortran_order': False, 'shape': (1, 1)}".to_owned(),
                "type `<c8`",
            ),
            (
                "{'descr': '<i8', 'fortran_order': False, 'shape': (1, 1)}".to_owned(),
                "type `<i8`",
            ),
            (
                "{'descr': [('a', '<u2')], 'fortran_order': False, 'shape': (1, 1)}".to_owned(),
                "type `('a', '<u2')`",
            ),
            ("{'descr': '<u2'}".to_owned(), "expected a dictionary with"),
            ("((((((((".to_owned(), "expected a dictionary with"),
        ] {
            let result = parse(&text).and_then(|header| header.frames(Path::new("a.npy")));
            let error = result.expect_err(&text).to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn a_written_header_reads_back() {
        let format = FrameFormat::new(u32::MAX, u32::MAX, Color::Rgba, SampleType::F64);
        for count in [0, u64::MAX] {
            let bytes = written(&format, count);
            assert_eq!(bytes.len(), WRITTEN_BYTES);
            let path = Path::new("a.npy");
            let length = Header::length(path, &bytes, &Limits::default()).expect("is sound");
            assert_eq!(length, WRITTEN_BYTES);
            let header = Header::parse(path, &bytes).expect("is sound");
            assert_eq!(header.frames(path).expect("is a shape"), (format, count));
        }
    }
}
