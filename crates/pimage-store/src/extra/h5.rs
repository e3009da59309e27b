//! Motif's extra data: arrays in an HDF5 file, some with several samples a frame.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use hdf5_reader::{Dataset, Datatype, Hdf5File, OpenOptions};
use serde_json::{Map, Value};

use super::Sampled;

/// Bytes that are read of an array at most.
const MOST_BYTES: usize = 1 << 28;

/// The records of the camera, and among them the number, below 0 in rows that were never used.
const CAMERA: &str = "camera";
const NUMBER: &str = "frame_number";

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// One a frame.
    pub(super) rows: Vec<Map<String, Value>>,
    /// Arrays with several samples a frame.
    pub(super) sampled: Vec<Sampled>,
}

/// Reads a file that is in memory: no other file is opened, whatever links it has.
///
/// # Errors
///
/// What is wrong, in words.
pub(super) fn read(bytes: Vec<u8>) -> Result<Found, String> {
    let options = OpenOptions::default()
        .with_max_read_bytes(MOST_BYTES)
        .with_max_chunk_bytes(MOST_BYTES);
    let words = |error: hdf5_reader::error::Error| error.to_string();
    let file = Hdf5File::from_vec_with_options(bytes, options).map_err(words)?;
    let root = file.root_group().map_err(words)?;
    let camera = Records::read(&root.dataset(CAMERA).map_err(words)?)?;
    let numbers = camera
        .column(NUMBER)
        .ok_or_else(|| format!("its `{CAMERA}` has no `{NUMBER}`"))?;
    let used: Vec<usize> = (0..camera.count)
        .filter(|row| {
            numbers
                .get(*row)
                .and_then(Value::as_f64)
                .is_some_and(|number| number >= 0.0)
        })
        .collect();
    let mut found = Found {
        rows: vec![Map::new(); used.len()],
        sampled: Vec::new(),
    };
    let names = root
        .attribute("datasets")
        .and_then(|attribute| attribute.read_string())
        .map_err(words)?;
    for name in names
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        let array = Array::read(&root.dataset(name).map_err(words)?, camera.count)
            .map_err(|reason| format!("its `{name}`: {reason}"))?;
        match array.samples {
            None => add_columns(&mut found.rows, &array, &used),
            Some(_) => found.sampled.push(array.sampled(name, &used, &numbers)),
        }
    }
    for (name, values) in &camera.columns {
        fill(&mut found.rows, name, &used, |row| values.get(row).cloned());
    }
    if let Ok(delay) = root.dataset("sample_delay") {
        let values = numbers_in(&delay)?;
        fill(&mut found.rows, "sample_delay", &used, |row| {
            values.get(row).cloned()
        });
    }
    Ok(found)
}

/// Sets a column of the rows that were used.
fn fill(
    rows: &mut [Map<String, Value>],
    name: &str,
    used: &[usize],
    value: impl Fn(usize) -> Option<Value>,
) {
    for (row, place) in rows.iter_mut().zip(used) {
        row.insert(name.to_owned(), value(*place).unwrap_or(Value::Null));
    }
}

fn add_columns(rows: &mut [Map<String, Value>], array: &Array, used: &[usize]) {
    for (column, name) in array.names.iter().enumerate() {
        fill(rows, name, used, |row| {
            array.values.get(column * array.count + row).cloned()
        });
    }
}

/// An array of records.
struct Records {
    count: usize,
    columns: Vec<(String, Vec<Value>)>,
}

impl Records {
    fn read(dataset: &Dataset) -> Result<Self, String> {
        let Datatype::Compound { size, fields } = dataset.dtype() else {
            return Err(format!("its `{CAMERA}` is no array of records"));
        };
        let bytes = dataset
            .read_native_bytes()
            .map_err(|error| error.to_string())?;
        let size = usize::try_from(*size).unwrap_or(usize::MAX).max(1);
        Ok(Self {
            count: bytes.len() / size,
            columns: fields
                .iter()
                .map(|field| {
                    let offset = usize::try_from(field.byte_offset).unwrap_or(usize::MAX);
                    let values = bytes.chunks_exact(size).map(|record| {
                        value_of(record.get(offset..).unwrap_or_default(), &field.datatype)
                    });
                    (field.name.clone(), values.collect())
                })
                .collect(),
        })
    }

    fn column(&self, name: &str) -> Option<Vec<Value>> {
        let column = self.columns.iter().find(|(other, _)| other == name);
        column.map(|(_, values)| values.clone())
    }
}

/// An array of columns: (column, frame) or (column, frame, sample).
struct Array {
    names: Vec<String>,
    rate: Option<f64>,
    /// Frames.
    count: usize,
    /// Samples a frame, where the array has that axis.
    samples: Option<usize>,
    values: Vec<Value>,
}

impl Array {
    fn read(dataset: &Dataset, frames: usize) -> Result<Self, String> {
        let words = |error: hdf5_reader::error::Error| error.to_string();
        let names = dataset
            .attribute("column_names")
            .and_then(|attribute| attribute.read_string())
            .map_err(words)?;
        let names: Vec<String> = names
            .split(',')
            .map(|name| name.trim().to_owned())
            .collect();
        let rate = dataset.attribute("samplerate");
        let rate = rate.and_then(|attribute| attribute.read_as_f64()).ok();
        let shape: Option<Vec<usize>> = dataset
            .shape()
            .iter()
            .map(|axis| usize::try_from(*axis).ok())
            .collect();
        let samples = match shape.as_deref() {
            Some(&[columns, count]) if columns == names.len() && count == frames => None,
            Some(&[columns, count, samples]) if columns == names.len() && count == frames => {
                Some(samples)
            }
            _ => {
                let (found, columns) = (dataset.shape(), names.len());
                return Err(format!(
                    "its shape is {found:?}: expected {columns} columns of {frames} frames"
                ));
            }
        };
        Ok(Self {
            names,
            rate,
            count: frames,
            samples,
            values: numbers_in(dataset)?,
        })
    }

    /// The samples one after another, each with the number of its frame.
    fn sampled(&self, name: &str, used: &[usize], numbers: &[Value]) -> Sampled {
        let samples = self.samples.unwrap_or(1);
        let mut sampled = Sampled {
            name: name.to_owned(),
            rate: self.rate,
            ..Sampled::default()
        };
        for frame in used {
            for sample in 0..samples {
                let mut row = Map::new();
                let number = numbers.get(*frame).cloned().unwrap_or(Value::Null);
                row.insert(NUMBER.to_owned(), number);
                for (column, name) in self.names.iter().enumerate() {
                    let place = (column * self.count + frame) * samples + sample;
                    let value = self.values.get(place).cloned().unwrap_or(Value::Null);
                    row.insert(name.clone(), value);
                }
                sampled.table.push(row);
            }
        }
        sampled
    }
}

/// All numbers of an array, the last axis fastest.
fn numbers_in(dataset: &Dataset) -> Result<Vec<Value>, String> {
    let bytes = dataset
        .read_native_bytes()
        .map_err(|error| error.to_string())?;
    let size = match dataset.dtype() {
        Datatype::FixedPoint { size, .. } | Datatype::FloatingPoint { size, .. } => *size,
        _ => return Err("its values are no numbers".to_owned()),
    };
    let values = bytes.chunks_exact(usize::from(size.max(1)));
    Ok(values
        .map(|bytes| value_of(bytes, dataset.dtype()))
        .collect())
}

/// A number in the machine's byte order; nothing for other types.
fn value_of(bytes: &[u8], kind: &Datatype) -> Value {
    macro_rules! read {
        ($type:ty) => {
            bytes.first_chunk().map_or(Value::Null, |bytes| {
                Value::from(<$type>::from_ne_bytes(*bytes))
            })
        };
    }
    match kind {
        Datatype::FixedPoint { size, signed, .. } => match (size, signed) {
            (1, true) => read!(i8),
            (2, true) => read!(i16),
            (4, true) => read!(i32),
            (8, true) => read!(i64),
            (1, false) => read!(u8),
            (2, false) => read!(u16),
            (4, false) => read!(u32),
            (8, false) => read!(u64),
            _ => Value::Null,
        },
        Datatype::FloatingPoint { size: 4, .. } => read!(f32),
        Datatype::FloatingPoint { size: 8, .. } => read!(f64),
        _ => Value::Null,
    }
}
