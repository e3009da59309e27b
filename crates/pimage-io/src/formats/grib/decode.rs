//! From the sections of a field to the rows of a frame.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use grib_reader::data::{DataRepresentation, DecodeSample, bitmap_payload, decode_field_into};
use pimage_core::{Error, Limits};
use pimage_fs::MappedFile;

use super::grid::Grid;
use super::images;
use super::octets::u32_at;
use super::packing::Packing;
use super::scan::Field;
use super::spatial;

/// Bytes of the longest section 5 that is useful: a table of 65,535 levels.
const MOST_PACKING_BYTES: u64 = 17 + 2 * 65_535;

/// Memory that is kept from one field to the next.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// Sections 5 and 6, which must outlive the look at section 7.
    packing: Vec<u8>,
    bitmap: Vec<u8>,
    /// An image or data in a form that is understood, and the numbers in it.
    bytes: Vec<u8>,
    numbers: Vec<u32>,
    /// The values of a field by columns, before they are turned into rows.
    columns: Vec<f64>,
}

/// What frames are of.
pub(super) trait Value: DecodeSample + Into<f64> {}

impl Value for f32 {}

impl Value for f64 {}

impl Decoder {
    /// Decodes a field into `rows`, which has the size of `grid`; the inner error is what is wrong with it.
    ///
    /// # Errors
    ///
    /// [`Error::Io`], [`Error::TooLarge`].
    pub(super) fn decode<T: Value>(
        &mut self,
        file: &mut MappedFile,
        field: &Field,
        grid: &Grid,
        limits: &Limits,
        rows: &mut [T],
    ) -> Result<Result<(), String>, Error> {
        copy_section(
            file,
            field.packing,
            limits.max_header_bytes.max(MOST_PACKING_BYTES),
            &mut self.packing,
        )?;
        self.bitmap.clear();
        if let Some(at) = field.bitmap {
            // A bit for each point, and its own header.
            let most = rows.len() as u64 / 8 + limits.max_header_bytes;
            copy_section(file, at.get(), most, &mut self.bitmap)?;
        }
        let length = section_bytes(file, field.data)?;
        let data = file.slice(field.data, length as usize)?;
        if data.len() < length as usize {
            return Ok(Err(format!(
                "its data are cut: {} of {length} bytes",
                data.len()
            )));
        }
        let decoded = match Packing::parse(&self.packing) {
            Some(
                packing @ (Packing {
                    template: 40 | 41, ..
                }
                | Packing {
                    is_constant: true, ..
                }
                | Packing { count: 0, .. }),
            ) => {
                let payload = data.get(5..).unwrap_or_default();
                let count = packing.count as usize;
                let memory = (&mut self.bytes, &mut self.numbers);
                match numbers_of(&packing, payload, rows.len(), limits, memory)? {
                    Ok(()) if self.numbers.len() == count => {
                        place(&packing, &self.numbers, &self.bitmap, rows)
                    }
                    Ok(()) => Err(format!(
                        "its image has {} of {count} values",
                        self.numbers.len()
                    )),
                    Err(reason) => Err(reason),
                }
            }
            Some(Packing { template: 3, .. })
                if spatial::rewrite(&mut self.packing, data, &mut self.bytes) =>
            {
                unpack(&self.packing, &self.bitmap, &self.bytes, rows)
            }
            _ => unpack(&self.packing, &self.bitmap, data, rows),
        };
        if decoded.is_ok() {
            self.order(grid, rows);
        }
        Ok(decoded)
    }

    /// Turns the order of the message into rows from left to right.
    fn order<T: Value>(&mut self, grid: &Grid, rows: &mut [T]) {
        let (width, height) = (grid.width as usize, grid.height as usize);
        let is_by_columns = grid.scanning.is_by_columns();
        let line = if is_by_columns { height } else { width };
        if grid.scanning.alternates() {
            for odd in rows.chunks_exact_mut(line.max(1)).skip(1).step_by(2) {
                odd.reverse();
            }
        }
        if is_by_columns {
            let columns = &mut self.columns;
            columns.clear();
            columns.extend(rows.iter().map(|value| (*value).into()));
            for (y, row) in rows.chunks_exact_mut(width.max(1)).enumerate() {
                let values = columns.iter().skip(y).step_by(height.max(1));
                for (to, from) in row.iter_mut().zip(values) {
                    *to = T::from_f64(*from);
                }
            }
        }
    }
}

/// The length that a section says it has, bytes.
fn section_bytes(file: &mut MappedFile, at: u64) -> Result<u32, Error> {
    Ok(u32_at(file.slice(at, 4)?, 0).unwrap_or(0))
}

/// Copies a whole section, of `most` bytes at most; of a longer one there is only the beginning.
fn copy_section(
    file: &mut MappedFile,
    at: u64,
    most: u64,
    section: &mut Vec<u8>,
) -> Result<(), Error> {
    let length = u64::from(section_bytes(file, at)?).min(most);
    let bytes = file.slice(at, usize::try_from(length).unwrap_or(usize::MAX))?;
    section.clear();
    section.extend_from_slice(bytes);
    Ok(())
}

/// The values in the order of the message; a point without a value is NaN.
fn unpack<T: Value>(
    packing: &[u8],
    bitmap: &[u8],
    data: &[u8],
    values: &mut [T],
) -> Result<(), String> {
    let text = |error: grib_reader::Error| error.to_string();
    let packing = DataRepresentation::parse(packing).map_err(text)?;
    let bitmap = match bitmap {
        [] => None,
        section => bitmap_payload(section).map_err(text)?,
    };
    decode_field_into(data, &packing, bitmap, values.len(), values).map_err(text)
}

/// The numbers of a field that is an image; the inner error is what is wrong with it.
///
/// # Errors
///
/// [`Error::NotBuilt`], [`Error::TooLarge`].
fn numbers_of(
    packing: &Packing,
    payload: &[u8],
    points: usize,
    limits: &Limits,
    (bytes, numbers): (&mut Vec<u8>, &mut Vec<u32>),
) -> Result<Result<(), String>, Error> {
    let count = packing.count as usize;
    if count > points {
        return Ok(Err(format!("it has {count} values for {points} points")));
    }
    if packing.is_constant || count == 0 {
        numbers.clear();
        numbers.resize(count, 0);
        return Ok(Ok(()));
    }
    if packing.template == 41 {
        return Ok(images::of_png(payload, count, bytes, numbers));
    }
    match images::of_jpeg2000(payload, count, limits, numbers) {
        Err(error @ (Error::NotBuilt { .. } | Error::TooLarge { .. })) => Err(error),
        other => Ok(other.map_err(|error| error.to_string())),
    }
}

/// Puts the values of numbers where the bitmap has points.
fn place<T: Value>(
    packing: &Packing,
    numbers: &[u32],
    bitmap: &[u8],
    values: &mut [T],
) -> Result<(), String> {
    let bitmap = match bitmap {
        [] => None,
        section => bitmap_payload(section).map_err(|error| error.to_string())?,
    };
    let value_of = packing.value_of();
    let mut left = numbers.iter();
    for (point, value) in values.iter_mut().enumerate() {
        let is_there = bitmap.is_none_or(|bits| {
            bits.get(point / 8)
                .is_some_and(|byte| byte & (0x80 >> (point % 8)) != 0)
        });
        *value = match is_there {
            true => T::from_f64(value_of(
                *left.next().ok_or("it has fewer values than points")?,
            )),
            false => T::nan(),
        };
    }
    match left.len() {
        0 => Ok(()),
        more => Err(format!("it has {more} values more than points")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::grid::Scanning;
    use super::*;

    fn ordered(scanning: u8) -> Vec<f32> {
        let grid = Grid {
            width: 3,
            height: 2,
            scanning: Scanning(scanning),
        };
        let mut rows = vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        Decoder::default().order(&grid, &mut rows);
        rows
    }

    #[test]
    fn rows_come_out_of_every_order() {
        // Directions are told, not undone: row 0 is the first of the message.
        for plain in [0x00, 0x40, 0x80, 0xC0] {
            assert_eq!(ordered(plain), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        }
        assert_eq!(ordered(0x10), [0.0, 1.0, 2.0, 5.0, 4.0, 3.0]);
        assert_eq!(ordered(0x20), [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]);
        assert_eq!(ordered(0x30), [0.0, 3.0, 4.0, 1.0, 2.0, 5.0]);
    }
}
