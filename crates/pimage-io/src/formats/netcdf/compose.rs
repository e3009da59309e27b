//! Everything behind the chunks of a file: coordinates, tables, headers, and how they refer to each other.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use pimage_core::{Error, FrameFormat, SampleType};

use super::attributes::SIGNIFICANT_BITS;
use super::coordinates::NUMBER;
use super::described::{Described, add, encoded};
use super::dimensions::Dimension;
use super::numbers::Numbers;
use super::object::{
    HEAP_BYTES, Object, Storage, Type, UNDEFINED, UNLIMITED, heap, heap_entries, superblock,
};
use super::table::Table;
use super::times::Written;
use crate::target::Output;

/// Values of a chunk of a coordinate that grows.
const COORDINATE_CHUNK: u64 = 1 << 16;

/// What the file is made of beside the chunks of its variable.
pub(super) struct Parts<'a> {
    /// The name of the variable.
    pub(super) name: &'a str,
    /// The type and colour of its frames.
    pub(super) format: &'a FrameFormat,
    /// Its dimensions.
    pub(super) dimensions: &'a [Dimension],
    /// The lengths of its chunks.
    pub(super) chunk: &'a [u64],
    /// Where its chunks are.
    pub(super) table: &'a Table,
    /// At which level its chunks are deflated.
    pub(super) deflate: Option<u8>,
    /// The coordinate of time.
    pub(super) times: Option<&'a Written>,
    /// The recorder's numbers, one for each frame of a plain sequence.
    pub(super) numbers: Option<&'a [i64]>,
    /// The attributes.
    pub(super) described: &'a Described,
}

/// Where the values of a dimension are.
#[derive(Debug, Clone, PartialEq)]
struct Placed {
    storage: Storage,
    kind: Type,
}

/// Where the values of all objects are.
struct Storages<'a> {
    placed: &'a [Placed],
    /// Of the variable's chunks.
    table: u64,
    numbers: Option<&'a Storage>,
    scalars: &'a [Storage],
}

/// Appends to the file and knows where that is.
struct Tail<'a> {
    output: &'a mut Output,
    at: u64,
}

impl Tail<'_> {
    /// Appends bytes; where they begin.
    fn put(&mut self, bytes: &[u8]) -> Result<u64, Error> {
        self.output.write_all(bytes)?;
        let begin = self.at;
        self.at = self.at.saturating_add(bytes.len() as u64);
        Ok(begin)
    }

    /// Appends the table of a dataset's chunks.
    fn put_table(&mut self, table: &Table, shape: &[u64], chunk: &[u64]) -> Result<u64, Error> {
        let at = self.at;
        table.write(shape, chunk, at, |bytes| self.put(bytes).map(|_| ()))
    }

    /// Appends values of eight bytes, in chunks when their dimension grows, which are filled up with `fill`.
    fn put_values(
        &mut self,
        bytes: &[u8],
        count: u64,
        grows: bool,
        fill: Option<&[u8]>,
    ) -> Result<Storage, Error> {
        if !grows {
            let address = if bytes.is_empty() {
                UNDEFINED
            } else {
                self.put(bytes)?
            };
            return Ok(Storage::Contiguous { address });
        }
        let side = count.clamp(1, COORDINATE_CHUNK);
        let length = usize::try_from(side * 8).unwrap_or(usize::MAX);
        let mut table = Table::default();
        for part in bytes.chunks(length) {
            let mut whole = part.to_vec();
            pad(&mut whole, length, fill);
            let address = self.put(&whole)?;
            table.push(length, address);
        }
        let table = self.put_table(&table, &[count], &[side])?;
        Ok(Storage::Chunked {
            chunk: vec![side],
            table,
            deflate: None,
        })
    }
}

/// Addresses of the objects.
#[derive(Debug, Clone, Default)]
struct Addresses {
    heap: u64,
    /// Of the dimensions, the variable, the numbers, and the variables of one value.
    objects: Vec<u64>,
}

impl Parts<'_> {
    /// Appends all of it to a file whose chunks end at `at`, and writes the superblock.
    pub(super) fn write(&self, output: &mut Output, at: u64) -> Result<(), Error> {
        let mut tail = Tail { output, at };
        let shape = self.shape();
        let table = tail.put_table(self.table, &shape, self.chunk)?;
        let placed = self.put_coordinates(&mut tail)?;
        let numbers = match self.numbers {
            None => None,
            Some(numbers) => {
                let bytes: Vec<u8> = numbers
                    .iter()
                    .flat_map(|number| number.to_le_bytes())
                    .collect();
                Some(tail.put_values(&bytes, numbers.len() as u64, self.grows(0), None)?)
            }
        };
        let mut scalars = Vec::new();
        for scalar in &self.described.scalars {
            let (_, bytes) = encoded(&scalar.value);
            scalars.push(tail.put_values(&bytes, 1, false, None)?);
        }
        let storages = Storages {
            placed: &placed,
            table,
            numbers: numbers.as_ref(),
            scalars: &scalars,
        };
        // Headers are as long whatever the addresses in them.
        let unknown = Addresses {
            heap: 0,
            objects: vec![0; placed.len() + 2],
        };
        let mut places = Addresses {
            heap: tail.at,
            objects: Vec::new(),
        };
        let mut next = tail.at + HEAP_BYTES as u64;
        for object in self.objects(&storages, &unknown) {
            places.objects.push(next);
            next += object.len() as u64;
        }
        tail.put(&heap(
            places.objects.get(..placed.len()).unwrap_or_default(),
        ))?;
        for object in self.objects(&storages, &places) {
            tail.put(&object)?;
        }
        let root = tail.put(&self.root(&places).encoded())?;
        let end = tail.at;
        tail.output.write_at(0, &superblock(root, end))
    }

    fn shape(&self) -> Vec<u64> {
        self.dimensions
            .iter()
            .map(|dimension| dimension.length)
            .collect()
    }

    /// Whether the dimension at this place may grow: that of time, when it is the first.
    fn grows(&self, at: usize) -> bool {
        at == 0 && self.dimensions.first().is_some_and(|first| first.is_time)
    }

    /// Appends the values of the coordinates.
    fn put_coordinates(&self, tail: &mut Tail<'_>) -> Result<Vec<Placed>, Error> {
        let mut placed = Vec::new();
        for (at, dimension) in self.dimensions.iter().enumerate() {
            let times = self.times.filter(|_| dimension.is_time);
            let fill = times.and_then(|times| times.fill.as_deref());
            let (kind, bytes) = match (times, &dimension.values) {
                (Some(times), _) => (times.kind, times.bytes.clone()),
                (None, Some(Numbers::Whole { values, .. })) => {
                    let bytes = values.iter().flat_map(|value| value.to_le_bytes());
                    (Type::I64, bytes.collect())
                }
                (None, Some(Numbers::Real(values))) => {
                    let bytes = values.iter().flat_map(|value| value.to_le_bytes());
                    (Type::Number(SampleType::F64), bytes.collect())
                }
                (None, None) => (Type::Placeholder, Vec::new()),
            };
            let storage = tail.put_values(&bytes, dimension.length, self.grows(at), fill)?;
            placed.push(Placed { storage, kind });
        }
        Ok(placed)
    }

    /// The headers of all objects but the root, in the order of their addresses.
    fn objects(&self, storages: &Storages<'_>, places: &Addresses) -> Vec<Vec<u8>> {
        let mut objects: Vec<Vec<u8>> = storages
            .placed
            .iter()
            .enumerate()
            .map(|(at, placed)| self.scale(at, placed, places).encoded())
            .collect();
        objects.push(self.variable(storages.table, places).encoded());
        if let Some(storage) = storages.numbers {
            objects.push(self.number(storage, places).encoded());
        }
        let scalars = self.described.scalars.iter().zip(storages.scalars);
        objects.extend(scalars.map(|(scalar, storage)| {
            let (kind, _) = encoded(&scalar.value);
            let mut object = Object::dataset(kind, &[], None, None, storage);
            add(&mut object, &scalar.attributes, &[]);
            object.encoded()
        }));
        objects
    }

    /// The dataset of a dimension.
    fn scale(&self, at: usize, placed: &Placed, places: &Addresses) -> Object {
        let Some(dimension) = self.dimensions.get(at) else {
            return Object::default();
        };
        let shape = [dimension.length];
        let most = self.grows(at).then_some([UNLIMITED]);
        let most = most.as_ref().map(<[u64; 1]>::as_slice);
        let times = self.times.filter(|_| dimension.is_time);
        let fill = times.and_then(|times| times.fill.as_deref());
        let mut scale = Object::dataset(placed.kind, &shape, most, fill, &placed.storage);
        scale.text("CLASS", "DIMENSION_SCALE\0");
        let name = match placed.kind {
            Type::Placeholder => format!(
                "This is a netCDF dimension but not a netCDF variable.{:>10}",
                dimension.length
            ),
            _ => dimension.name.clone(),
        };
        scale.text("NAME", &format!("{name}\0"));
        let id = i32::try_from(at).unwrap_or(i32::MAX).to_le_bytes();
        scale.attribute("_Netcdf4Dimid", Type::Number(SampleType::I32), None, &id);
        // Who uses it, and as which of its dimensions.
        let mut uses = Vec::new();
        let users = places.objects.get(placed_count(self)..).unwrap_or_default();
        let users = users.iter().take(if at == 0 { 2 } else { 1 });
        for address in users.take(1 + usize::from(self.numbers.is_some())) {
            uses.extend(address.to_le_bytes());
            uses.extend(id);
            uses.extend([0; 4]);
        }
        let count = uses.len() / Type::Use.bytes();
        scale.attribute("REFERENCE_LIST", Type::Use, Some(count), &uses);
        let mut own = Vec::new();
        if let Some(times) = times {
            if let Some(fill) = &times.fill {
                scale.attribute("_FillValue", times.kind, Some(1), fill);
            }
            scale.text("units", &times.units);
            own.push("units");
            if let Some(calendar) = &times.calendar {
                scale.text("calendar", calendar);
            }
            own.push("calendar");
        } else if let Some(unit) = &dimension.unit {
            scale.text("units", unit);
            own.push("units");
        }
        if let Some(attributes) = self.described.dimensions.get(at)
            && placed.kind != Type::Placeholder
        {
            add(&mut scale, attributes, &own);
        }
        scale
    }

    /// The dataset of the frames.
    fn variable(&self, table: u64, places: &Addresses) -> Object {
        let sample = self.format.sample;
        let nan = fill_of(sample);
        let mut most = self.shape();
        if self.grows(0)
            && let Some(first) = most.first_mut()
        {
            *first = UNLIMITED;
        }
        let storage = Storage::Chunked {
            chunk: self.chunk.to_vec(),
            table,
            deflate: self.deflate,
        };
        let kind = Type::Number(sample);
        let mut variable =
            Object::dataset(kind, &self.shape(), Some(&most), nan.as_deref(), &storage);
        let count = self.dimensions.len();
        let entries = heap_entries(places.heap, count);
        variable.attribute("DIMENSION_LIST", Type::References, Some(count), &entries);
        if let Some(nan) = &nan {
            variable.attribute("_FillValue", kind, Some(1), nan);
        }
        let bits = self.format.bit_depth;
        if !sample.is_float() && bits > 0 && bits < sample.bits() {
            let bits = i32::from(bits).to_le_bytes();
            let kind = Type::Number(SampleType::I32);
            variable.attribute(SIGNIFICANT_BITS, kind, Some(1), &bits);
        }
        for dimension in self.dimensions {
            if let Some(labels) = &dimension.labels {
                variable.text(&format!("{}_labels", dimension.name), labels);
            }
        }
        add(&mut variable, &self.described.variable, &[]);
        variable
    }

    /// The dataset of the recorder's numbers, along the first dimension.
    fn number(&self, storage: &Storage, places: &Addresses) -> Object {
        let count = self.numbers.map_or(0, <[i64]>::len) as u64;
        let most = self.grows(0).then_some([UNLIMITED]);
        let most = most.as_ref().map(<[u64; 1]>::as_slice);
        let mut number = Object::dataset(Type::I64, &[count], most, None, storage);
        let entries = heap_entries(places.heap, 1);
        number.attribute("DIMENSION_LIST", Type::References, Some(1), &entries);
        number.text("long_name", "number that the recorder gave the frame");
        number
    }

    fn root(&self, places: &Addresses) -> Object {
        let names = self.dimensions.iter().map(|dimension| &*dimension.name);
        let names = names.chain([self.name]);
        let names = names.chain(self.numbers.map(|_| NUMBER));
        let scalars = self.described.scalars.iter();
        let names = names.chain(scalars.map(|scalar| &*scalar.name));
        let links: Vec<_> = names.zip(places.objects.iter().copied()).collect();
        let mut root = Object::group(&links);
        root.text("_NCProperties", "version=2,pimage=1");
        add(&mut root, &self.described.global, &[]);
        root
    }
}

/// The bytes of a sample that is missing, where the type has one such.
pub(super) fn fill_of(sample: SampleType) -> Option<Vec<u8>> {
    match sample {
        SampleType::F32 => Some(f32::NAN.to_le_bytes().to_vec()),
        SampleType::F64 => Some(f64::NAN.to_le_bytes().to_vec()),
        _ => None,
    }
}

/// Fills up a chunk with the bytes of a missing value, or with zeros where there is none.
pub(super) fn pad(chunk: &mut Vec<u8>, length: usize, fill: Option<&[u8]>) {
    let short = length.saturating_sub(chunk.len());
    let fill = fill.filter(|fill| !fill.is_empty()).unwrap_or(&[0]);
    chunk.extend(fill.iter().copied().cycle().take(short));
}

const fn placed_count(parts: &Parts<'_>) -> usize {
    parts.dimensions.len()
}
