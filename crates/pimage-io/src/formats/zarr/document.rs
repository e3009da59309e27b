//! What an array says of itself: `zarr.json`, or `.zarray` and `.zattrs`.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use pimage_core::{Error, Limits, SampleType};
use serde_json::{Map, Value};
use zarrs::metadata::v2::{ArrayMetadataV2, ArrayMetadataV2Order, DataTypeMetadataV2};
use zarrs::metadata::v3::{ArrayMetadataV3, FillValueMetadataV3, MetadataV3};

use super::codecs::Codecs;
use super::shard::ShardIndexing;
use crate::samples::{ByteOrder, Stored};

/// Most dimensions that an array may have.
const MOST_DIMENSIONS: usize = 32;

/// How chunks are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Keys {
    /// Whether names begin with `c`.
    pub(super) has_prefix: bool,
    /// What stands between the numbers.
    pub(super) separator: char,
}

impl Keys {
    /// What pimage writes.
    pub(super) const USUAL: Self = Self {
        has_prefix: true,
        separator: '/',
    };

    /// The name of the chunk at these grid coordinates, relative to the array.
    pub(super) fn name(self, coordinates: &[u64]) -> String {
        let mut name = String::new();
        if self.has_prefix {
            name.push('c');
        }
        for coordinate in coordinates {
            if !name.is_empty() {
                name.push(self.separator);
            }
            name.push_str(&coordinate.to_string());
        }
        if name.is_empty() {
            name.push('0');
        }
        name
    }
}

/// The type of the numbers of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NumberType {
    /// Its name in version 3: `uint16`.
    pub(super) name: String,
    /// Size of a number, bytes.
    pub(super) bytes: usize,
    /// Which byte comes first.
    pub(super) order: ByteOrder,
}

impl NumberType {
    /// How samples of this type are stored; `None` when no frame holds them.
    pub(super) fn stored(&self) -> Option<Stored> {
        let sample = match self.name.as_str() {
            "bool" | "uint8" => SampleType::U8,
            "uint16" => SampleType::U16,
            "uint32" => SampleType::U32,
            "int16" => SampleType::I16,
            "int32" => SampleType::I32,
            "float32" => SampleType::F32,
            "float64" => SampleType::F64,
            "int8" => return Some(Stored::I8),
            "float16" => return Some(Stored::F16(self.order)),
            _ => return None,
        };
        Some(Stored::As(sample, self.order))
    }
}

/// Size of a number of this type, bytes; `None` for types that are no plain numbers.
fn number_bytes(name: &str) -> Option<usize> {
    Some(match name {
        "bool" | "uint8" | "int8" => 1,
        "uint16" | "int16" | "float16" => 2,
        "uint32" | "int32" | "float32" => 4,
        "uint64" | "int64" | "float64" => 8,
        _ => return None,
    })
}

/// Everything that is known of an array.
#[derive(Debug, Clone)]
pub(super) struct Document {
    /// Its folder.
    pub(super) path: PathBuf,
    /// Length of each dimension.
    pub(super) shape: Vec<u64>,
    /// Shape of what a file holds: a chunk, or a shard of chunks.
    pub(super) file_shape: Vec<u64>,
    /// Shape of a chunk.
    pub(super) chunk_shape: Vec<u64>,
    /// How chunks are found in a file, when it holds several.
    pub(super) shards: Option<ShardIndexing>,
    /// How a chunk is coded.
    pub(super) codecs: Codecs,
    /// The type of the numbers.
    pub(super) number: NumberType,
    /// One number as it lies in a decoded chunk, for chunks that are not there.
    pub(super) fill: Vec<u8>,
    /// How files are called.
    pub(super) keys: Keys,
    /// The name of each dimension, where it has one; as many as dimensions, or none.
    pub(super) names: Vec<Option<String>>,
    /// Whatever else was said.
    pub(super) attributes: Map<String, Value>,
    /// All that was said in version 3, to which frames can be added.
    pub(super) metadata: Option<Box<ArrayMetadataV3>>,
}

/// Reads a file of text in JSON; `None` when there is none.
pub(super) fn read_json(path: &Path, limits: &Limits) -> Result<Option<Vec<u8>>, Error> {
    let Ok(metadata) = path.metadata() else {
        return Ok(None);
    };
    if !metadata.is_file() {
        return Ok(None);
    }
    if metadata.len() > limits.max_metadata_bytes {
        return Err(Error::TooLarge {
            what: "metadata bytes",
            value: metadata.len(),
            limit: limits.max_metadata_bytes,
            option: "--limit metadata-bytes=N",
        });
    }
    let file = File::open(path).map_err(Error::io("open", path))?;
    let mut bytes = Vec::new();
    file.take(limits.max_metadata_bytes)
        .read_to_end(&mut bytes)
        .map_err(Error::io("read", path))?;
    Ok(Some(bytes))
}

/// What is wrong with JSON, of which the parser refuses more than 128 levels.
pub(super) fn bad_json(path: &Path) -> impl FnOnce(serde_json::Error) -> Error {
    let path = path.to_path_buf();
    move |error| malformed(&path, error.to_string())
}

/// A JSON object that may not be there.
pub(super) fn read_object(path: &Path, limits: &Limits) -> Result<Map<String, Value>, Error> {
    match read_json(path, limits)? {
        Some(bytes) => serde_json::from_slice(&bytes).map_err(bad_json(path)),
        None => Ok(Map::new()),
    }
}

/// An [`Error::Malformed`] of this format.
pub(super) fn malformed(path: &Path, reason: impl Into<String>) -> Error {
    Error::malformed("zarr", path, reason)
}

/// A folder below `root`; an error for names that lead elsewhere.
pub(super) fn inside(root: &Path, name: &str) -> Result<PathBuf, Error> {
    let relative = Path::new(name);
    let is_inside = !name.is_empty()
        && !name.contains(['\\', '\0'])
        && relative
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
    if is_inside {
        Ok(root.join(relative))
    } else {
        let reason = format!("`{}` names nothing inside it", name.escape_default());
        Err(malformed(root, reason))
    }
}

impl Document {
    /// Reads what the folder `path` says of its array; `None` when it holds none.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`]; [`Error::Unsupported`] for codecs and grids that pimage does not know; [`Error::TooLarge`].
    pub(super) fn read(path: &Path, limits: &Limits) -> Result<Option<Self>, Error> {
        let v3 = path.join("zarr.json");
        if let Some(bytes) = read_json(&v3, limits)? {
            let probe: Value = serde_json::from_slice(&bytes).map_err(bad_json(&v3))?;
            if probe.get("node_type").and_then(Value::as_str) != Some("array") {
                return Ok(None);
            }
            let metadata: ArrayMetadataV3 =
                serde_json::from_slice(&bytes).map_err(bad_json(&v3))?;
            return Self::of_v3(path, metadata).map(Some);
        }
        let v2 = path.join(".zarray");
        let Some(bytes) = read_json(&v2, limits)? else {
            return Ok(None);
        };
        // The type wants a tag that files do not have.
        let mut value: Map<String, Value> =
            serde_json::from_slice(&bytes).map_err(bad_json(&v2))?;
        value.insert("node_type".to_owned(), "array".into());
        let metadata: ArrayMetadataV2 = serde_json::from_value(Value::Object(value))
            .map_err(|error| malformed(&v2, error.to_string()))?;
        let attributes = read_object(&path.join(".zattrs"), limits)?;
        Self::of_v2(path, metadata, attributes).map(Some)
    }

    fn of_v3(path: &Path, metadata: ArrayMetadataV3) -> Result<Self, Error> {
        let refused = |reason: String| Error::unsupported(path, reason);
        if !metadata.storage_transformers.is_empty() {
            return Err(refused("it has storage transformers".to_owned()));
        }
        let name = metadata.data_type.name().to_owned();
        let bytes = number_bytes(&name).ok_or_else(|| unknown_type(path, &name))?;
        let grid = &metadata.chunk_grid;
        if grid.name() != "regular" {
            let reason = format!(
                "its chunk grid is `{}`: only regular ones are read",
                grid.name()
            );
            return Err(refused(reason));
        }
        let file_shape = lengths_of(grid, "chunk_shape")
            .ok_or_else(|| malformed(path, "its chunk grid has no shape"))?;
        let keys = keys_of(path, &metadata.chunk_key_encoding)?;
        let dimensions = metadata.shape.len();
        let chain = super::codecs::chain_of(path, &metadata.codecs, dimensions)?;
        let order = chain.order;
        let chunk_shape = match &chain.shards {
            Some((shape, _)) => shape.clone(),
            None => file_shape.clone(),
        };
        let number = NumberType { name, bytes, order };
        let document = Self {
            path: path.to_path_buf(),
            metadata: Some(Box::new(metadata.clone())),
            file_shape,
            chunk_shape,
            shards: chain.shards.map(|(_, indexing)| indexing),
            codecs: chain.codecs,
            fill: fill_of(path, &metadata.fill_value, &number)?,
            number,
            keys,
            names: metadata.dimension_names.unwrap_or_default(),
            attributes: metadata.attributes,
            shape: metadata.shape,
        };
        document.checked()
    }

    fn of_v2(
        path: &Path,
        metadata: ArrayMetadataV2,
        attributes: Map<String, Value>,
    ) -> Result<Self, Error> {
        if let Some(filter) = metadata.filters.iter().flatten().next() {
            let reason = format!("its filter `{}` is not read", filter.id().escape_default());
            return Err(Error::unsupported(path, reason));
        }
        let DataTypeMetadataV2::Simple(descr) = &metadata.dtype else {
            return Err(unknown_type(path, "a structure"));
        };
        let number = number_of_descr(descr).ok_or_else(|| unknown_type(path, descr))?;
        let names = attributes
            .get("_ARRAY_DIMENSIONS")
            .and_then(Value::as_array);
        let names = names.map(|names| names.iter().map(|name| name.as_str().map(str::to_owned)));
        let dimensions = metadata.shape.len();
        let is_fortran = metadata.order == ArrayMetadataV2Order::F;
        let order = is_fortran.then(|| (0..dimensions).rev().collect());
        let chunk_shape: Vec<u64> = metadata.chunks.iter().map(|side| side.get()).collect();
        let separator = match metadata.dimension_separator {
            zarrs::metadata::ChunkKeySeparator::Slash => '/',
            zarrs::metadata::ChunkKeySeparator::Dot => '.',
        };
        let document = Self {
            path: path.to_path_buf(),
            metadata: None,
            file_shape: chunk_shape.clone(),
            chunk_shape,
            shards: None,
            codecs: Codecs::of_v2(path, order, metadata.compressor.as_ref())?,
            fill: fill_of(path, &metadata.fill_value, &number)?,
            number,
            keys: Keys {
                has_prefix: false,
                separator,
            },
            names: names.map(Iterator::collect).unwrap_or_default(),
            attributes,
            shape: metadata.shape,
        };
        document.checked()
    }

    /// The same, when all has as many dimensions as the array.
    fn checked(mut self) -> Result<Self, Error> {
        let dimensions = self.shape.len();
        if dimensions > MOST_DIMENSIONS {
            let reason = format!("it has {dimensions} dimensions, more than {MOST_DIMENSIONS}");
            return Err(Error::unsupported(&self.path, reason));
        }
        for (what, found) in [
            ("chunks", self.file_shape.len()),
            ("chunks in shards", self.chunk_shape.len()),
        ] {
            if found != dimensions {
                let reason = format!("its {what} have {found} dimensions, it has {dimensions}");
                return Err(malformed(&self.path, reason));
            }
        }
        if self.names.len() != dimensions {
            self.names.clear();
        }
        let sides = self.file_shape.iter().zip(&self.chunk_shape);
        for (file, chunk) in sides {
            if *file == 0 || *chunk == 0 || file % chunk != 0 {
                let reason = format!("its shards of {file} are not made of chunks of {chunk}");
                return Err(malformed(&self.path, reason));
            }
        }
        Ok(self)
    }

    /// Bytes of a decoded chunk; `None` when it exceeds the address space.
    pub(super) fn chunk_bytes(&self) -> Option<usize> {
        let mut sides = self.chunk_shape.iter();
        let samples = sides.try_fold(1u64, |product, side| product.checked_mul(*side))?;
        usize::try_from(samples)
            .ok()?
            .checked_mul(self.number.bytes)
    }

    /// Chunks along each dimension of a file.
    pub(super) fn chunks_in_file(&self) -> Vec<u64> {
        let sides = self.file_shape.iter().zip(&self.chunk_shape);
        sides.map(|(file, chunk)| file / chunk).collect()
    }
}

fn unknown_type(path: &Path, name: &str) -> Error {
    let reason = format!(
        "its numbers are of type `{}`; pimage reads bool, int8 to int32, uint8 to uint32 and float16 to float64",
        name.escape_default()
    );
    Error::unsupported(path, reason)
}

/// The error for numbers that no frame holds.
pub(super) fn refused_type(document: &Document) -> Error {
    unknown_type(&document.path, &document.number.name)
}

/// The type behind a numpy descriptor such as `<u2`.
fn number_of_descr(descr: &str) -> Option<NumberType> {
    let (order, kind) = descr.split_at_checked(1)?;
    let order = match order {
        "<" | "|" => ByteOrder::Little,
        ">" => ByteOrder::Big,
        _ => return None,
    };
    let (letter, bytes) = kind.split_at_checked(1)?;
    let bytes: usize = bytes.parse().ok().filter(|bytes| *bytes <= 8)?;
    let bits = bytes * 8;
    let name = match letter {
        "b" if bytes == 1 => "bool".to_owned(),
        "u" => format!("uint{bits}"),
        "i" => format!("int{bits}"),
        "f" => format!("float{bits}"),
        _ => return None,
    };
    number_bytes(&name)?;
    Some(NumberType { name, bytes, order })
}

/// A list of positive lengths in the configuration of `metadata`.
pub(super) fn lengths_of(metadata: &MetadataV3, key: &str) -> Option<Vec<u64>> {
    let list = metadata.configuration()?.get(key)?.as_array()?;
    list.iter().map(Value::as_u64).collect()
}

fn keys_of(path: &Path, metadata: &MetadataV3) -> Result<Keys, Error> {
    let separator = metadata
        .configuration()
        .and_then(|configuration| configuration.get("separator"))
        .and_then(Value::as_str);
    let (has_prefix, usual) = match metadata.name() {
        "default" => (true, "/"),
        "v2" => (false, "."),
        other => {
            let reason = format!(
                "its chunks are named by `{}`: only default and v2 are read",
                other.escape_default()
            );
            return Err(Error::unsupported(path, reason));
        }
    };
    let separator = match separator.unwrap_or(usual) {
        "/" => '/',
        "." => '.',
        other => {
            let reason = format!(
                "its separator is `{}`: expected / or .",
                other.escape_default()
            );
            return Err(malformed(path, reason));
        }
    };
    Ok(Keys {
        has_prefix,
        separator,
    })
}

/// The bytes of the fill value.
fn fill_of(
    path: &Path,
    value: &FillValueMetadataV3,
    number: &NumberType,
) -> Result<Vec<u8>, Error> {
    let parsed = match (value, number.name.as_str()) {
        (FillValueMetadataV3::Null, _) => Some(vec![0; number.bytes]),
        (_, "bool") => match value.as_bool() {
            Some(value) => Some(vec![u8::from(value)]),
            None => value.as_u64().map(|value| vec![u8::from(value != 0)]),
        },
        (_, "float16") => value
            .as_f16()
            .map(|value| value.to_bits().to_le_bytes().to_vec()),
        (_, "float32") => value.as_f32().map(|value| value.to_le_bytes().to_vec()),
        (_, "float64") => value.as_f64().map(|value| value.to_le_bytes().to_vec()),
        (_, name) if name.starts_with("uint") => whole(value.as_u64().map(i128::from), number),
        _ => whole(value.as_i64().map(i128::from), number),
    };
    let mut bytes = parsed.ok_or_else(|| {
        let reason = format!("its fill value is no {}", number.name);
        malformed(path, reason)
    })?;
    if number.order == ByteOrder::Big {
        bytes.reverse();
    }
    Ok(bytes)
}

/// The low bytes of a number that fits.
fn whole(value: Option<i128>, number: &NumberType) -> Option<Vec<u8>> {
    let value = value?;
    let bits = u32::try_from(number.bytes * 8).ok()?;
    let range = if number.name.starts_with('u') {
        0..=(1i128 << bits) - 1
    } else {
        -(1i128 << (bits - 1))..=(1i128 << (bits - 1)) - 1
    };
    if !range.contains(&value) {
        return None;
    }
    value.to_le_bytes().get(..number.bytes).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_named_by_both_schemes() {
        let keys = |has_prefix, separator| Keys {
            has_prefix,
            separator,
        };
        assert_eq!(keys(true, '/').name(&[1, 0, 12]), "c/1/0/12");
        assert_eq!(keys(false, '.').name(&[1, 0, 12]), "1.0.12");
        assert_eq!(keys(true, '.').name(&[]), "c");
        assert_eq!(keys(false, '/').name(&[]), "0");
    }

    #[test]
    fn nothing_outside_is_reached() {
        let root = Path::new("a.zarr");
        for name in ["..", "a/../../b", "/etc", "", ".", "a\\b", "a/./.."] {
            assert!(inside(root, name).is_err(), "{name}");
        }
        assert!(inside(root, "a/0").is_ok());
    }

    #[test]
    fn fill_values_are_of_the_type() {
        let fill = |json: &str, descr: &str| {
            let value: FillValueMetadataV3 = serde_json::from_str(json).expect("is json");
            let number = number_of_descr(descr).expect("is known");
            fill_of(Path::new("a"), &value, &number).ok()
        };
        assert_eq!(fill("258", ">u2"), Some(vec![1, 2]));
        assert_eq!(fill("-1", "<i4"), Some(vec![255; 4]));
        assert_eq!(fill("256", "|u1"), None);
        assert_eq!(fill("true", "|b1"), Some(vec![1]));
        assert_eq!(fill("null", "<f8"), Some(vec![0; 8]));
        assert_eq!(fill("\"NaN\"", "<f4").map(|bytes| bytes.len()), Some(4));
        assert_eq!(fill("\"x\"", "<f4"), None);
    }

    #[test]
    fn types_that_no_frame_holds_have_no_form() {
        for (descr, is_held) in [("<i8", false), (">u8", false), ("<f2", true), ("|b1", true)] {
            let number = number_of_descr(descr).expect("is a number");
            assert_eq!(number.stored().is_some(), is_held, "{descr}");
        }
        for descr in ["<c8", "|V9999999999", "<M8[ns]", "", "<u3", "|S10"] {
            assert_eq!(number_of_descr(descr), None, "{descr}");
        }
    }
}
