//! How an array is cut before it is written: dimensions, chunks, shards, codecs.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;
use std::sync::Arc;

use pimage_core::{Axis, Color, Error, FrameCount, FrameFormat, SampleType, StreamInfo, frames_of};
use serde_json::Map;
use zarrs::array::ArrayMetadataV3;
use zarrs::array::codec::bytes_to_bytes::blosc::{BloscCompressor, BloscShuffleMode};
use zarrs::array::codec::{BloscCodec, GzipCodec, ZstdCodec};

use super::columns::TIME;
use super::document::{Document, Keys};
use super::layout::Layout;
use super::metadata::{ByteCodecs, NewArray};
use crate::{WriteOptions, ZarrOptions};

/// Usual size of a chunk, bytes.
const CHUNK_BYTES: u64 = 1 << 20;

/// Usual size of a shard before it is coded, bytes.
const SHARD_BYTES: u64 = 64 << 20;

/// Most chunks in a shard when nobody says how large it is: its table has 16 bytes for each, whether it is there or not.
const MOST_CHUNKS: u64 = 1024;

/// Most shards beside one another, which are open at the same time.
const MOST_OPEN: u64 = 512;

/// What a dimension of the array is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// An axis of the frames, by its place in their order.
    Outer(usize),
    Rows,
    Columns,
    Color,
}

/// One dimension of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dimension {
    pub(super) name: String,
    pub(super) meaning: Meaning,
    /// Its length; that of the first axis grows.
    pub(super) length: u64,
    /// Positions in a chunk, and in a shard.
    pub(super) chunk: u64,
    pub(super) shard: u64,
}

/// An array to be written.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) format: FrameFormat,
    /// In the array's order.
    pub(super) dimensions: Vec<Dimension>,
    /// Positions of each axis of the frames but the first, in their order.
    pub(super) inner: Vec<u64>,
    source: Source,
}

/// What is known of the array beside its cut.
#[derive(Debug, Clone)]
enum Source {
    /// It is new, and these codecs are behind `bytes`.
    New(ByteCodecs),
    /// It is there, says this of itself, and calls its files so.
    There(Box<ArrayMetadataV3>, Keys),
}

/// The axes that frames run through: those of the source when they say how many frames there are, else time.
pub(super) fn axes_of(info: &StreamInfo) -> Vec<Axis> {
    let is_known = match info.frame_count {
        FrameCount::Exact(count) => frames_of(&info.axes) == Some(count),
        _ => false,
    };
    if is_known && !info.axes.is_empty() {
        info.axes.clone()
    } else {
        vec![Axis::new(Axis::TIME, 0)]
    }
}

/// The names of the dimensions of an OME image, in the order that it demands.
const OME_ORDER: [&str; 5] = ["t", "c", "z", "y", "x"];

impl Plan {
    /// Frames of `format` over `axes`, the first of which grows.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for chunks and shards that do not fit; [`Error::CannotHold`] for axes that OME does not have.
    pub(super) fn new(
        format: FrameFormat,
        axes: &[Axis],
        is_ome: bool,
        codecs: ByteCodecs,
        options: &ZarrOptions,
    ) -> Result<Self, Error> {
        let mut dimensions: Vec<Dimension> = Vec::new();
        let mut add = |name: &str, meaning, length: u64| {
            dimensions.push(Dimension {
                name: name.to_owned(),
                meaning,
                length,
                chunk: 1,
                shard: 1,
            });
        };
        for (place, axis) in axes.iter().enumerate() {
            let name = match axis.name.as_str() {
                Axis::TIME if !is_ome => TIME,
                name => name,
            };
            add(name, Meaning::Outer(place), axis.length);
        }
        add("y", Meaning::Rows, u64::from(format.height));
        add("x", Meaning::Columns, u64::from(format.width));
        if format.color != Color::Gray {
            let is_taken = axes.iter().any(|axis| axis.name == Axis::CHANNEL);
            let name = if is_taken && !is_ome {
                "color"
            } else {
                Axis::CHANNEL
            };
            add(name, Meaning::Color, format.color.channels() as u64);
        }
        if is_ome {
            order_for_ome(&mut dimensions, &format)?;
        }
        let mut plan = Self {
            format,
            dimensions,
            inner: axes.iter().skip(1).map(|axis| axis.length).collect(),
            source: Source::New(codecs),
        };
        plan.cut(axes, options)?;
        Ok(plan)
    }

    /// Chooses chunks and shards.
    fn cut(&mut self, axes: &[Axis], options: &ZarrOptions) -> Result<(), Error> {
        let (height, width) = (u64::from(self.format.height), u64::from(self.format.width));
        let frame_bytes = self
            .format
            .frame_bytes()
            .map_or(u64::MAX, |bytes| bytes as u64)
            .max(1);
        let fastest = axes.len().saturating_sub(1);
        // Of a plain sequence the length is not known beforehand.
        let known = axes.get(fastest).map_or(0, |axis| axis.length);
        let most = if known == 0 { u64::MAX } else { known };
        let usual = (CHUNK_BYTES / frame_bytes).clamp(1, most.max(1));
        let chunk = options.chunk.unwrap_or([usual, height, width]);
        let [frames, rows, columns] = chunk;
        if chunk.contains(&0) {
            return Err(refused("--chunk", chunk, "at least 1 each"));
        }
        let (rows, columns) = (rows.min(height), columns.min(width));
        let chunk_bytes = frames
            .saturating_mul(rows)
            .saturating_mul(columns)
            .saturating_mul(self.pixel_bytes());
        if chunk_bytes > 1 << 30 {
            return Err(refused("--chunk", chunk, "at most 1 GiB"));
        }
        let frames = if self.inner.is_empty() {
            frames
        } else {
            frames.min(most)
        };
        let shard = match options.shard {
            Some(shard) => shard,
            None => {
                let slab = frames.saturating_mul(frame_bytes).max(1);
                let beside = height
                    .div_ceil(rows)
                    .saturating_mul(width.div_ceil(columns));
                let most = (MOST_CHUNKS / beside.max(1)).max(1);
                [
                    frames.saturating_mul((SHARD_BYTES / slab).clamp(1, most)),
                    height.next_multiple_of(rows),
                    width.next_multiple_of(columns),
                ]
            }
        };
        let fits = |whole: u64, part: u64| whole > 0 && whole.is_multiple_of(part);
        let [shard_frames, shard_rows, shard_columns] = shard;
        if !fits(shard_frames, frames) || !fits(shard_rows, rows) || !fits(shard_columns, columns) {
            let expected = format!("multiples of a chunk, which is {frames},{rows},{columns}");
            return Err(refused("--shard", shard, &expected));
        }
        let lengths = self.outer_shards(shard_frames, frames);
        let channels = self.format.color.channels() as u64;
        for dimension in &mut self.dimensions {
            (dimension.chunk, dimension.shard) = match dimension.meaning {
                Meaning::Outer(place) if place == fastest => {
                    (frames, lengths.get(place).copied().unwrap_or(frames))
                }
                Meaning::Outer(place) => (1, lengths.get(place).copied().unwrap_or(1)),
                Meaning::Rows => (rows, shard_rows),
                Meaning::Columns => (columns, shard_columns),
                Meaning::Color => (channels, channels),
            };
        }
        let beside = height
            .div_ceil(shard_rows)
            .saturating_mul(width.div_ceil(shard_columns));
        if beside > MOST_OPEN && self.is_sharded() {
            let expected = format!("at most {MOST_OPEN} shards in a frame");
            return Err(refused("--shard", shard, &expected));
        }
        Ok(())
    }

    /// Positions of a shard of `frames` frames on each axis, the fastest filled first.
    fn outer_shards(&self, frames: u64, chunk: u64) -> Vec<u64> {
        let mut lengths = Vec::new();
        let mut wanted = frames;
        let mut unit = chunk;
        for length in self.inner.iter().rev() {
            if wanted >= *length {
                lengths.push(length.next_multiple_of(unit));
                wanted /= (*length).max(1);
            } else {
                lengths.push(wanted.next_multiple_of(unit));
                wanted = 1;
            }
            unit = 1;
        }
        lengths.push(wanted.next_multiple_of(unit));
        lengths.reverse();
        lengths
    }

    fn pixel_bytes(&self) -> u64 {
        (self.format.color.channels() * self.format.sample.bytes()) as u64
    }

    /// Whether files hold several chunks.
    pub(super) fn is_sharded(&self) -> bool {
        self.dimensions
            .iter()
            .any(|dimension| dimension.shard != dimension.chunk)
    }

    /// The dimension of this meaning.
    pub(super) fn dimension(&self, meaning: Meaning) -> Option<&Dimension> {
        self.dimensions
            .iter()
            .find(|dimension| dimension.meaning == meaning)
    }

    /// Frames of a chunk, which follow on one another.
    pub(super) fn depth(&self) -> u64 {
        self.dimension(Meaning::Outer(self.inner.len()))
            .map_or(1, |dimension| dimension.chunk)
    }

    /// Frames that a position of the first axis has.
    pub(super) fn frames_of_position(&self) -> u64 {
        self.inner.iter().product::<u64>().max(1)
    }

    /// Frames before which nothing has to be written again when frames are added behind `count`.
    pub(super) fn restart(&self, count: u64) -> u64 {
        let first = self
            .dimension(Meaning::Outer(0))
            .map_or(1, |dimension| dimension.shard.max(1));
        let inner = self.frames_of_position();
        count / inner / first * first * inner
    }

    /// The same for frames half as large.
    pub(super) fn halved(&self) -> Self {
        let mut half = self.clone();
        half.format.width = self.format.width.div_ceil(2);
        half.format.height = self.format.height.div_ceil(2);
        for dimension in &mut half.dimensions {
            if matches!(dimension.meaning, Meaning::Rows | Meaning::Columns) {
                dimension.length = dimension.length.div_ceil(2);
                let parts = (dimension.shard / dimension.chunk.max(1)).max(1);
                dimension.chunk = dimension.chunk.min(dimension.length);
                let most = dimension.length.div_ceil(dimension.chunk.max(1));
                dimension.shard = dimension.chunk * parts.min(most);
            }
        }
        half
    }

    /// The plan by which an array was written, when pimage can add frames to it.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when it cannot.
    pub(super) fn of(
        document: &Document,
        layout: &Layout,
        format: FrameFormat,
    ) -> Result<Self, Error> {
        let unsupported = |reason: &str| Error::unsupported(&document.path, reason);
        let Some(metadata) = &document.metadata else {
            return Err(unsupported(
                "frames can only be added to arrays of version 3",
            ));
        };
        if document.codecs.order.is_some() {
            return Err(unsupported("frames cannot be added to transposed chunks"));
        }
        if document.number.name != format.sample.name() {
            return Err(unsupported(&format!(
                "frames cannot be added to numbers of type `{}`, which are read as {}",
                document.number.name,
                format.sample.name()
            )));
        }
        if document.shards.is_some_and(|shards| shards.is_at_start) {
            return Err(unsupported(
                "frames can only be added to shards with their table behind the chunks",
            ));
        }
        let mut dimensions = Vec::new();
        let sides = document
            .shape
            .iter()
            .zip(document.chunk_shape.iter().zip(&document.file_shape));
        for (at, (length, (chunk, shard))) in sides.enumerate() {
            let outer = layout.outer.iter().position(|outer| *outer == at);
            let meaning = match outer {
                Some(place) => Meaning::Outer(place),
                None if at == layout.y => Meaning::Rows,
                None if at == layout.x => Meaning::Columns,
                None => Meaning::Color,
            };
            let name = document
                .names
                .get(at)
                .cloned()
                .flatten()
                .unwrap_or_default();
            let is_inner = outer.is_some_and(|place| place + 1 < layout.outer.len());
            let is_color_cut = meaning == Meaning::Color && chunk != length;
            if (is_inner && *chunk != 1) || is_color_cut {
                return Err(unsupported(
                    "frames can only be added to chunks that hold whole pixels and follow on in time",
                ));
            }
            dimensions.push(Dimension {
                name,
                meaning,
                length: *length,
                chunk: *chunk,
                shard: *shard,
            });
        }
        let length = |at: &usize| document.shape.get(*at).copied().unwrap_or(1);
        Ok(Self {
            format,
            dimensions,
            inner: layout.outer.iter().skip(1).map(length).collect(),
            source: Source::There(metadata.clone(), document.keys),
        })
    }

    /// How its files are called.
    pub(super) fn keys(&self) -> Keys {
        match &self.source {
            Source::New(_) => Keys::USUAL,
            Source::There(_, keys) => *keys,
        }
    }

    /// What the array says of itself when its first axis has `length` positions.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`] when `zarrs` does not agree with the plan.
    pub(super) fn metadata(&self, length: u64) -> Result<ArrayMetadataV3, Error> {
        let list = |pick: fn(&Dimension) -> u64| -> Vec<u64> {
            self.dimensions.iter().map(pick).collect()
        };
        let mut shape = list(|dimension| dimension.length);
        let is_first = |dimension: &Dimension| dimension.meaning == Meaning::Outer(0);
        let first = self.dimensions.iter().position(is_first);
        if let Some(first) = first.and_then(|first| shape.get_mut(first)) {
            *first = length;
        }
        let codecs = match &self.source {
            Source::There(metadata, _) => {
                let mut metadata = ArrayMetadataV3::clone(metadata);
                metadata.shape = shape;
                return Ok(metadata);
            }
            Source::New(codecs) => codecs.clone(),
        };
        let names = self
            .dimensions
            .iter()
            .map(|dimension| dimension.name.clone());
        let array = NewArray {
            shape,
            file_shape: list(|dimension| dimension.shard),
            chunk_shape: list(|dimension| dimension.chunk),
            number: self.format.sample.name(),
            fill: vec![0; self.format.sample.bytes()],
            codecs,
            names: names.collect(),
            attributes: Map::new(),
        };
        array.metadata()
    }
}

/// Puts dimensions into the order that OME demands.
fn order_for_ome(dimensions: &mut [Dimension], format: &FrameFormat) -> Result<(), Error> {
    let rank = |dimension: &Dimension| OME_ORDER.iter().position(|name| *name == dimension.name);
    let cannot = |hint: String| Error::CannotHold {
        target: "OME-Zarr".to_owned(),
        format: *format,
        hint,
    };
    if let Some(other) = dimensions
        .iter()
        .find(|dimension| rank(dimension).is_none())
    {
        return Err(cannot(format!(
            "it has no axis `{}`, only t, c and z",
            other.name
        )));
    }
    dimensions.sort_by_key(rank);
    let is_twice = dimensions
        .windows(2)
        .any(|pair| matches!(pair, [left, right] if left.name == right.name));
    if is_twice {
        return Err(cannot(
            "colours and the axis `c` are the same to it; take one channel of the colour"
                .to_owned(),
        ));
    }
    Ok(())
}

fn refused(option: &str, found: [u64; 3], expected: &str) -> Error {
    let [frames, rows, columns] = found;
    Error::bad_option(option, format!("`{frames},{rows},{columns}`"), expected)
}

/// The codecs that `--compression` names.
///
/// # Errors
///
/// [`Error::BadOption`] for others.
pub(super) fn codecs_of(options: &WriteOptions, sample: SampleType) -> Result<ByteCodecs, Error> {
    let given = options.compression.as_deref().unwrap_or("blosc");
    let (name, level) = match given.split_once('=') {
        Some((name, level)) => (name, Some(level)),
        None => (given, None),
    };
    let refused =
        |expected: &str| Error::bad_option("--compression", format!("`{given}`"), expected);
    let level_in = |usual: i32, range: std::ops::RangeInclusive<i32>| -> Result<i32, Error> {
        let Some(level) = level else { return Ok(usual) };
        let parsed = level.parse().ok().filter(|level| range.contains(level));
        parsed.ok_or_else(|| {
            refused(&format!(
                "a level from {} to {}",
                range.start(),
                range.end()
            ))
        })
    };
    let failed = |error: &dyn ToString| refused(&format!("another: {}", error.to_string()));
    let blosc = |library: BloscCompressor, usual: i32| {
        let level = u8::try_from(level_in(usual, 0..=9)?).unwrap_or_default();
        let level = level
            .try_into()
            .map_err(|level: u8| failed(&format!("there is no level {level}")))?;
        let (shuffle, bytes) = match sample {
            SampleType::U8 => (BloscShuffleMode::NoShuffle, None),
            _ => (BloscShuffleMode::Shuffle, Some(sample.bytes())),
        };
        BloscCodec::new(library, level, None, shuffle, bytes).map_err(|error| failed(&error))
    };
    Ok(match name {
        "none" if level.is_none() => Vec::new(),
        "zstd" => vec![Arc::new(ZstdCodec::new(level_in(3, -7..=22)?, false))],
        "gzip" => {
            let level = u32::try_from(level_in(5, 1..=9)?).unwrap_or_default();
            vec![Arc::new(
                GzipCodec::new(level).map_err(|error| failed(&error))?,
            )]
        }
        "blosc" | "blosc-zstd" => vec![Arc::new(blosc(BloscCompressor::Zstd, 1)?)],
        "blosc-lz4" => vec![Arc::new(blosc(BloscCompressor::LZ4, 5)?)],
        _ => {
            return Err(refused(
                "none, zstd, gzip, blosc, blosc-zstd or blosc-lz4, perhaps with a level such as zstd=9",
            ));
        }
    })
}

/// Whether the name or the options ask for an OME image.
pub(super) fn is_ome(path: &Path, options: &ZarrOptions) -> bool {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    options.levels.is_some() || name.ends_with(".ome.zarr")
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;

    fn plan(
        axes: &[Axis],
        chunk: Option<[u64; 3]>,
        shard: Option<[u64; 3]>,
    ) -> Result<Plan, Error> {
        let format = FrameFormat::new(100, 60, Color::Gray, SampleType::U16);
        let options = ZarrOptions {
            chunk,
            shard,
            levels: None,
        };
        Plan::new(format, axes, false, Vec::new(), &options)
    }

    fn sides(plan: &Plan) -> Vec<(u64, u64)> {
        plan.dimensions
            .iter()
            .map(|dimension| (dimension.chunk, dimension.shard))
            .collect()
    }

    #[test]
    fn chunks_are_about_a_megabyte_of_whole_frames() {
        let time = [Axis::new("t", 0)];
        let usual = plan(&time, None, None).expect("fits");
        assert_eq!(sides(&usual), [(87, 87 * 64), (60, 60), (100, 100)]);
        let none = plan(&time, Some([2, 30, 50]), Some([2, 30, 50])).expect("fits");
        assert!(!none.is_sharded());
        for shard in [[3, 60, 100], [2, 60, 75], [0, 60, 100]] {
            assert!(
                plan(&time, Some([2, 30, 50]), Some(shard)).is_err(),
                "{shard:?}"
            );
        }
        assert!(plan(&time, Some([0, 1, 1]), None).is_err());
    }

    #[test]
    fn shards_fill_the_fastest_axes_first() {
        let axes = [Axis::new("t", 9), Axis::new("z", 5), Axis::new("c", 2)];
        let found = plan(&axes, Some([1, 60, 100]), Some([20, 60, 100])).expect("fits");
        assert_eq!(sides(&found)[..3], [(1, 2), (1, 5), (1, 2)]);
        assert_eq!(found.restart(90), 80);
        let found = plan(&axes, Some([2, 60, 100]), Some([6, 60, 100])).expect("fits");
        assert_eq!(sides(&found)[..3], [(1, 1), (1, 3), (2, 2)]);
    }

    #[test]
    fn compression_is_named() {
        let parse = |text: &str| {
            let options = WriteOptions {
                compression: Some(text.to_owned()),
                ..WriteOptions::default()
            };
            codecs_of(&options, SampleType::U16).map(|codecs| codecs.len())
        };
        for text in ["zstd", "zstd=19", "gzip=1", "blosc", "blosc-lz4=9"] {
            assert_eq!(parse(text).ok(), Some(1), "{text}");
        }
        assert_eq!(parse("none").ok(), Some(0));
        for text in ["zstd=23", "gzip=0", "lzw", "none=1", "zstd=", "blosc=a"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
