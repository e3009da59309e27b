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

use pimage_core::{Error, Limits, SampleType};

use crate::samples::{ByteOrder, Stored};

/// First bytes of every array file.
pub const MAGIC: &[u8] = b"\x93NUMPY";

/// What the header says.
#[derive(Debug, PartialEq, Eq)]
pub struct Header {
    /// The type of the numbers, as numpy spells it: `<u2`.
    pub descr: String,
    /// Whether the first axis varies fastest.
    pub is_fortran: bool,
    /// The axes, as in the file.
    pub shape: Vec<u64>,
    /// Byte offset of the first number.
    pub data_start: u64,
}

impl Header {
    /// Byte length of the whole header, from its first twelve bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`]; [`Error::TooLarge`] when it is over the limit.
    pub fn length(path: &Path, start: &[u8], limits: &Limits) -> Result<usize, Error> {
        let malformed = |reason: &str| Error::malformed("npy", path, reason);
        if !start.starts_with(MAGIC) {
            return Err(malformed("it does not begin with `\\x93NUMPY`"));
        }
        let version = start.get(6).copied();
        let (prefix, length) = match version {
            Some(1) => (10, length_at(start).map(u16::from_le_bytes).map(u32::from)),
            Some(2 | 3) => (12, length_at(start).map(u32::from_le_bytes)),
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
    /// [`Error::Malformed`].
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
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
        Ok(Self {
            descr: dictionary.descr,
            is_fortran: dictionary.is_fortran,
            shape: dictionary.shape,
            data_start: bytes.len() as u64,
        })
    }

    /// How each number is stored.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for types that no frame holds.
    pub fn stored(&self, path: &Path) -> Result<Stored, Error> {
        stored_of(&self.descr).ok_or_else(|| Error::unsupported(path, refusal(&self.descr)))
    }
}

/// The length of the dictionary, which follows magic and version.
fn length_at<const N: usize>(start: &[u8]) -> Option<[u8; N]> {
    start.get(8..)?.first_chunk().copied()
}

/// Why numbers of a type are not read.
fn refusal(descr: &str) -> String {
    let what = match descr.get(1..2).unwrap_or_default() {
        _ if descr.starts_with('(') => "a record of several numbers, ",
        "O" => "Python objects, which are never unpickled, ",
        "c" => "complex numbers, ",
        "i" | "u" => "integers that no frame holds exactly, ",
        "f" => "floats that no frame holds exactly, ",
        "S" | "U" | "a" => "text, ",
        "M" | "m" => "times, ",
        "V" => "bytes without a type, ",
        _ => "",
    };
    format!(
        "its numbers are {what}of type `{}`; pimage reads bool, int8 to int64, uint8 to uint64 and float16 to float64",
        descr.replace(char::is_control, " ")
    )
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
        "i8" | "u8" => Stored::Wide {
            is_signed: kind == "i8",
            order,
        },
        "f2" => Stored::F16(order),
        "f4" => Stored::As(SampleType::F32, order),
        "f8" => Stored::As(SampleType::F64, order),
        _ => return None,
    })
}

/// The descriptor of a sample type, in little-endian order.
pub(crate) const fn descr_of(sample: SampleType) -> &'static str {
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

/// Length of a header that has room for any number of frames in front of the other axes of `shape`, bytes; a multiple of 64.
#[must_use]
pub fn room_for(sample: SampleType, shape: &[u64]) -> usize {
    let mut longest = shape.to_vec();
    if let Some(first) = longest.first_mut() {
        *first = u64::MAX;
    }
    // Ten bytes come before the dictionary, a line feed behind it.
    (10 + dictionary(sample, &longest).len() + 1).next_multiple_of(64)
}

/// The header of an array in row order, padded to `length` bytes (see [`room_for`]).
#[must_use]
pub fn written(sample: SampleType, shape: &[u64], length: usize) -> Vec<u8> {
    let text_bytes = u16::try_from(length.saturating_sub(10)).unwrap_or(u16::MAX);
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    bytes.extend(text_bytes.to_le_bytes());
    bytes.extend(dictionary(sample, shape).as_bytes());
    bytes.resize(length.saturating_sub(1), b' ');
    bytes.push(b'\n');
    bytes
}

fn dictionary(sample: SampleType, shape: &[u64]) -> String {
    let descr = descr_of(sample);
    let shape = shape_text(shape);
    format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}")
}

/// A shape as Python prints it: `(3, 4)`, `(3,)`.
#[must_use]
pub fn shape_text(shape: &[u64]) -> String {
    let axes: Vec<_> = shape.iter().map(u64::to_string).collect();
    match axes.as_slice() {
        [only] => format!("({only},)"),
        axes => format!("({})", axes.join(", ")),
    }
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
            assert_eq!(header.shape, [5, 4, 3]);
            let stored = header.stored(Path::new("a.npy")).expect(text);
            assert_eq!(stored.sample(), SampleType::U16);
        }
    }

    #[test]
    fn what_does_not_fit_is_said() {
        for (text, expected) in [
            (
                "{'descr': '<c8', 'fortran_order': False, 'shape': (1, 1)}".to_owned(),
                "complex numbers, of type `<c8`",
            ),
            (
                "{'descr': '<c16', 'fortran_order': False, 'shape': (1, 1)}".to_owned(),
                "complex numbers, of type `<c16`",
            ),
            (
                "{'descr': [('a', '<u2')], 'fortran_order': False, 'shape': (1, 1)}".to_owned(),
                "a record of several numbers, of type `('a', '<u2')`",
            ),
            (
                "{'descr': '|O', 'fortran_order': False, 'shape': (1, 1)}".to_owned(),
                "never unpickled, of type `|O`",
            ),
            ("{'descr': '<u2'}".to_owned(), "expected a dictionary with"),
            ("((((((((".to_owned(), "expected a dictionary with"),
        ] {
            let path = Path::new("a.npy");
            let stored = parse(&text).and_then(|header| header.stored(path));
            let error = stored.expect_err(&text).to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn a_written_header_reads_back() {
        let path = Path::new("a.npy");
        for sample in SampleType::ALL {
            for rest in [vec![4, 3], vec![u64::MAX; 3], vec![u64::MAX; 20]] {
                for count in [0, u64::MAX] {
                    let shape = [vec![count], rest.clone()].concat();
                    let length = room_for(sample, &shape);
                    let bytes = written(sample, &shape, length);
                    assert_eq!((bytes.len(), length % 64), (length, 0));
                    let limits = Limits::default();
                    assert_eq!(Header::length(path, &bytes, &limits).ok(), Some(length));
                    let header = Header::parse(path, &bytes).expect("is sound");
                    let stored = header.stored(path).expect("is a type");
                    assert_eq!((header.shape, stored.sample()), (shape, sample));
                }
            }
        }
        assert_eq!(room_for(SampleType::U16, &[0, 512, 640]), 128);
    }
}
