//! numpy arrays of one or two dimensions.

use std::io::Read;
use std::path::Path;

use pimage_codec::npy::header::{Header, MAGIC, shape_text};
use pimage_codec::samples::{ByteOrder, Stored};
use pimage_core::{Cancel, Color, Error, Frame, FrameFormat, Limits, Sample, with_sample_type};

use super::{check_bytes, check_columns, unnamed};
use crate::{Column, Table};

/// Numbers that are read at a time.
const CHUNK: usize = 4_096;

/// Whether a file that begins so is a numpy array.
pub(super) fn is_array(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

/// Whether it has one dimension or two, as far as its beginning tells.
pub(super) fn is_table(head: &[u8]) -> bool {
    let path = Path::new("");
    let header = Header::length(path, head, &Limits::default())
        .ok()
        .and_then(|length| head.get(..length))
        .and_then(|header| Header::parse(path, header).ok());
    header.is_some_and(|header| matches!(header.shape.as_slice(), [_] | [_, _]))
}

/// Reads an array from its first byte on.
pub(super) fn read(
    path: &Path,
    mut source: impl Read,
    limits: &Limits,
    cancel: &Cancel,
) -> Result<Table, Error> {
    let header = header(path, &mut source, limits)?;
    let (rows, width) = match header.shape.as_slice() {
        [rows] => (*rows, 1),
        [rows, width] => (*rows, *width),
        shape => {
            let reason = format!(
                "its shape is {}: expected one dimension, or two (rows, columns)",
                shape_text(shape)
            );
            return Err(Error::unsupported(path, reason));
        }
    };
    check_columns(path, "npy", width)?;
    check_bytes(rows.saturating_mul(width).saturating_mul(8), limits)?;
    let cells = Cells {
        path,
        stored: header.stored(path)?,
        limits,
        cancel,
    };
    let count = rows.saturating_mul(width);
    if count == 0 {
        return Err(Error::malformed("npy", path, "there is no number in it"));
    }
    let mut columns: Vec<Column> = (0..usize::try_from(width).unwrap_or(0))
        .map(|place| Column::new(unnamed(place), Vec::new()))
        .collect();
    let mut place = 0u64;
    cells.each(source, count, |value| {
        let column = match header.is_fortran {
            true => place / rows,
            false => place % width,
        };
        place += 1;
        let column = usize::try_from(column).ok();
        if let Some(column) = column.and_then(|column| columns.get_mut(column)) {
            column.values.push(value);
        }
    })?;
    if let ([_], [column]) = (header.shape.as_slice(), columns.as_mut_slice()) {
        column.name = "values".to_owned();
    }
    Ok(Table::new(columns))
}

fn header(path: &Path, source: &mut impl Read, limits: &Limits) -> Result<Header, Error> {
    let mut bytes = vec![0; 12];
    let failed = |error: std::io::Error| cut_or_failed(path, error);
    source.read_exact(&mut bytes).map_err(failed)?;
    let length = Header::length(path, &bytes, limits)?;
    bytes.resize(length.max(12), 0);
    if let Some(rest) = bytes.get_mut(12..) {
        source.read_exact(rest).map_err(failed)?;
    }
    Header::parse(path, &bytes)
}

fn cut_or_failed(path: &Path, error: std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => Error::malformed("npy", path, "it is cut short"),
        _ => Error::io("read", path)(error),
    }
}

/// The numbers of an array, one after another.
struct Cells<'a> {
    path: &'a Path,
    stored: Stored,
    limits: &'a Limits,
    cancel: &'a Cancel,
}

impl Cells<'_> {
    fn each(
        &self,
        mut source: impl Read,
        count: u64,
        mut take: impl FnMut(f64),
    ) -> Result<(), Error> {
        let mut frame = Frame::empty();
        let mut left = count;
        let mut bytes = Vec::new();
        while left > 0 {
            if self.cancel.is_cancelled() {
                return Err(Error::Stopped);
            }
            let some = left.min(CHUNK as u64);
            left -= some;
            let width = u32::try_from(some).unwrap_or(u32::MAX);
            let format = FrameFormat::new(width, 1, Color::Gray, self.stored.sample());
            let length = self.stored.frame_bytes(&format).unwrap_or(0);
            bytes.resize(length, 0);
            let read = source.read_exact(&mut bytes);
            read.map_err(|error| cut_or_failed(self.path, error))?;
            if let Stored::Wide { is_signed, order } = self.stored {
                bytes
                    .as_chunks()
                    .0
                    .iter()
                    .for_each(|bytes| take(wide(*bytes, is_signed, order)));
                continue;
            }
            frame.reset(&format, self.limits)?;
            self.stored.unpack(&bytes, &mut frame);
            with_sample_type!(format.sample, T => {
                let samples = frame.samples::<T>().unwrap_or_default();
                samples.iter().for_each(|sample| take(sample.to_f64()));
            });
        }
        Ok(())
    }
}

/// An integer of 64 bits as the nearest float.
const fn wide(bytes: [u8; 8], is_signed: bool, order: ByteOrder) -> f64 {
    let bits = match order {
        ByteOrder::Little => u64::from_le_bytes(bytes),
        ByteOrder::Big => u64::from_be_bytes(bytes),
    };
    match is_signed {
        true => bits.cast_signed() as f64,
        false => bits as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npy(descr: &str, is_fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
        let order = if is_fortran { "True" } else { "False" };
        let text =
            format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend(u16::try_from(text.len()).expect("is short").to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes.extend(data);
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Table, Error> {
        let path = Path::new("a.npy");
        crate::read_table_from(path, bytes, &Limits::default(), &Cancel::new())
    }

    #[test]
    fn rows_are_rows_in_either_order() {
        let data: Vec<u8> = [1i16, 2, 3, 4, 5, 6]
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let columns = |is_fortran| {
            let table = read(&npy("<i2", is_fortran, "(3, 2)", &data)).expect("reads");
            table
                .columns
                .into_iter()
                .map(|column| column.values)
                .collect::<Vec<_>>()
        };
        assert_eq!(columns(false), [[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]);
        assert_eq!(columns(true), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        let table = read(&npy("<i2", false, "(6,)", &data)).expect("reads");
        assert_eq!(
            (
                table.columns.first().expect("has one").name.as_str(),
                table.rows()
            ),
            ("values", 6)
        );
    }

    #[test]
    fn numbers_of_every_type_are_read() {
        for (descr, data, expected) in [
            ("|b1", vec![1], 1.0),
            ("|i1", vec![0xff], -1.0),
            ("<i8", (-5i64).to_le_bytes().to_vec(), -5.0),
            (
                ">u8",
                u64::MAX.to_be_bytes().to_vec(),
                18_446_744_073_709_551_615.0,
            ),
            ("<f2", vec![0, 0x3c], 1.0),
            (">f4", 1.5f32.to_be_bytes().to_vec(), 1.5),
            ("<f8", 0.1f64.to_le_bytes().to_vec(), 0.1),
        ] {
            let table = read(&npy(descr, false, "(1,)", &data)).expect(descr);
            assert_eq!(
                table.columns.first().expect("has one").values,
                [expected],
                "{descr}"
            );
        }
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for (bytes, expected) in [
            (
                npy("<f8", false, "(2, 2, 2)", &[]),
                "its shape is (2, 2, 2)",
            ),
            (npy("<f8", false, "(2,)", &[0; 9]), "it is cut short"),
            (npy("<f8", false, "(0,)", &[]), "there is no number in it"),
            (npy("<c8", false, "(1,)", &[0; 8]), "complex numbers"),
            (npy("<f8", false, "(99999999999, 9)", &[]), "the limit is"),
            (npy("<f8", false, "(2, 99999)", &[]), "at most 10000"),
            (b"\x93NUMPY".to_vec(), "it is cut short"),
        ] {
            let error = read(&bytes).expect_err(expected).to_string();
            assert!(error.contains(expected), "{error}");
        }
        assert!(!is_table(&npy("<f8", false, "(2, 2, 2)", &[])));
        assert!(is_table(&npy("<f8", false, "(2, 2)", &[])));
    }
}
