//! From the bytes of a file to a frame.

use pimage_core::{Error, Frame, Limits, SampleType};

use super::header::{Header, Layout, malformed, parse};
use crate::depth::check_depth;
use crate::samples::{ByteOrder, Stored};

/// Fills `frame`; its stamp stays.
pub(super) fn decode(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
    let header = parse(bytes, limits)?;
    let data = bytes.get(header.data_start..).unwrap_or_default();
    let expected = header.least_bytes();
    if data.len() < expected {
        let found = data.len();
        return Err(malformed(format!(
            "it is cut short: {found} of {expected} bytes"
        )));
    }
    frame.reset(&header.format, limits)?;
    let used = match header.layout {
        Layout::PlainBits => plain_bits(data, frame)?,
        Layout::Bits => bits(data, frame),
        Layout::Plain => plain(data, frame)?,
        Layout::Binary => binary(data, &header, frame),
        Layout::Floats { is_big_endian } => floats(data, is_big_endian, frame),
    };
    let after = data.get(used..).unwrap_or_default().trim_ascii_start();
    if super::begins(after, b"1234567fF") {
        let reason = "it holds several images, and pimage reads files of one";
        return Err(Error::unsupported("", reason));
    }
    check_depth("PNM", frame)
}

fn order(is_big_endian: bool) -> ByteOrder {
    if is_big_endian {
        ByteOrder::Big
    } else {
        ByteOrder::Little
    }
}

fn binary(data: &[u8], header: &Header, frame: &mut Frame) -> usize {
    Stored::As(header.format.sample, ByteOrder::Big).unpack(data, frame);
    header.least_bytes()
}

fn floats(data: &[u8], is_big_endian: bool, frame: &mut Frame) -> usize {
    Stored::As(SampleType::F32, order(is_big_endian)).unpack(data, frame);
    let row_bytes = frame.format().row_bytes().unwrap_or(1).max(1);
    let (bytes, used) = (frame.bytes_mut(), data.len());
    let used = used.min(bytes.len());
    flip_rows(bytes, row_bytes);
    used
}

/// Exchanges the first row with the last one, the second with the one before it, and so on.
pub(super) fn flip_rows(bytes: &mut [u8], row_bytes: usize) {
    let rows = bytes.len() / row_bytes;
    let (upper, lower) = bytes.split_at_mut(rows / 2 * row_bytes);
    for (above, below) in upper
        .chunks_exact_mut(row_bytes)
        .zip(lower.rchunks_exact_mut(row_bytes))
    {
        above.swap_with_slice(below);
    }
}

/// White is 1 in the frame and 0 in the file.
fn bits(data: &[u8], frame: &mut Frame) -> usize {
    let width = (frame.format().width as usize).max(1);
    let row_bytes = width.div_ceil(8);
    let mut used = 0;
    for (out, row) in frame
        .bytes_mut()
        .chunks_exact_mut(width)
        .zip(data.chunks_exact(row_bytes))
    {
        for (group, byte) in out.chunks_mut(8).zip(row) {
            for (place, value) in group.iter_mut().enumerate() {
                *value = !byte >> (7 - place) & 1;
            }
        }
        used += row_bytes;
    }
    used
}

fn plain_bits(data: &[u8], frame: &mut Frame) -> Result<usize, Error> {
    let mut digits = data
        .iter()
        .enumerate()
        .filter(|(_, byte)| !byte.is_ascii_whitespace());
    let mut used = 0;
    for value in frame.bytes_mut() {
        *value = match digits.next() {
            Some((at, b'0')) => {
                used = at + 1;
                1
            }
            Some((at, b'1')) => {
                used = at + 1;
                0
            }
            Some((_, &other)) => {
                let shown = char::from(other).escape_default();
                return Err(malformed(format!("a bit is `{shown}`: expected 0 or 1")));
            }
            None => return Err(malformed("it is cut short: bits are missing")),
        };
    }
    Ok(used)
}

fn plain(data: &[u8], frame: &mut Frame) -> Result<usize, Error> {
    let mut numbers = Numbers { data, at: 0 };
    if let Some(samples) = frame.samples_mut::<u8>() {
        for sample in samples {
            *sample = numbers.next()?;
        }
    } else {
        for sample in frame.samples_mut::<u16>().unwrap_or_default() {
            *sample = numbers.next()?;
        }
    }
    Ok(numbers.at)
}

/// Decimal numbers between spaces.
struct Numbers<'a> {
    data: &'a [u8],
    at: usize,
}

impl Numbers<'_> {
    fn next<T: TryFrom<u32>>(&mut self) -> Result<T, Error> {
        let rest = self.data.get(self.at..).unwrap_or_default();
        let start = rest.iter().position(|byte| !byte.is_ascii_whitespace());
        let word = rest.get(start.unwrap_or(rest.len())..).unwrap_or_default();
        let end = word.iter().position(u8::is_ascii_whitespace);
        let word = word.get(..end.unwrap_or(word.len())).unwrap_or_default();
        if word.is_empty() {
            return Err(malformed("it is cut short: samples are missing"));
        }
        self.at += start.unwrap_or(0) + word.len();
        std::str::from_utf8(word)
            .ok()
            .and_then(|word| word.parse::<u32>().ok())
            .and_then(|value| T::try_from(value).ok())
            .ok_or_else(|| {
                let shown = word.get(..20).unwrap_or(word).escape_ascii();
                malformed(format!("a sample is `{shown}`: expected a number in range"))
            })
    }
}
