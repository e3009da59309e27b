//! All frames as the tiles of one.

use std::path::PathBuf;

use pimage_core::{
    Damage, Error, Frame, FrameCount, FrameFormat, FrameReader, Limits, Sample, SeekFrames, Stamp,
    StreamInfo, with_sample_type,
};

use crate::frames::seek;
use crate::{Adapt, Arguments, Operation, Operator, Parameter, Presence, Surroundings};

/// Makes one frame of all: tiles from left to right, row by row, with exactly their samples.
///
/// Places without a frame, at the end of the last row and where frames are missing, are NaN in floats and 0 in integers.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, FrameReader, MemoryReader, SampleType};
/// use pimage_transform::{Adapt, Superframe, Surroundings};
///
/// let frames = [4, 5, 8].map(|value| {
///     let mut frame = Frame::zeroed(FrameFormat::new(2, 1, Color::Gray, SampleType::U8));
///     frame.bytes_mut().fill(value);
///     frame
/// });
/// let reader = Box::new(MemoryReader::new(frames.to_vec())?);
/// let tiles = Superframe { columns: Some(2) };
/// let mut reader = tiles.adapt(reader, &Surroundings::default())?;
/// let mut frame = Frame::empty();
/// assert!(reader.read_into(&mut frame)?);
/// assert_eq!(frame.bytes(), [4, 4, 5, 5, 8, 8, 0, 0]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Superframe {
    /// Tiles in a row; as many as make the whole most like a square unless given.
    pub columns: Option<u32>,
}

/// What the metadata of the whole tell of its tiles.
const KEY: &str = "superframe";

impl Superframe {
    /// Tiles in a row and rows of tiles, for so many frames.
    fn grid(self, count: u64, format: &FrameFormat) -> (u64, u64) {
        let count = count.max(1);
        let columns = self.columns.map_or_else(
            || {
                let (width, height) = (f64::from(format.width), f64::from(format.height));
                let shape = height.max(1.0) / width.max(1.0);
                (count as f64 * shape).sqrt().round() as u64
            },
            u64::from,
        );
        let columns = columns.clamp(1, count);
        (columns, count.div_ceil(columns))
    }
}

impl Adapt for Superframe {
    fn adapt<'a>(
        &self,
        mut reader: Box<dyn FrameReader + 'a>,
        surroundings: &Surroundings,
    ) -> Result<Box<dyn FrameReader + 'a>, Error> {
        let is_seekable = reader.as_seek().is_some();
        let sought = reader.as_seek().map(|seek| seek.frame_count());
        let source = reader.info().clone();
        let Some(count) = sought.or(source.frame_count.exact()) else {
            let reason = "`superframe` must know how many frames there are, and these come without their number: write them to a file before";
            return Err(Error::unsupported(&source.container, reason));
        };
        let (columns, rows) = self.grid(count, &source.format);
        let side = |tile: u32, tiles: u64| {
            u32::try_from(u64::from(tile).saturating_mul(tiles)).unwrap_or(u32::MAX)
        };
        let mut format = source.format;
        format.width = side(format.width, columns);
        format.height = side(format.height, rows);
        surroundings.limits.check_format(&format)?;
        let mut info = source.reformatted(format);
        info.set_frame_count(FrameCount::Exact(count.min(1)));
        let tiles = format!(
            "{count} frames of {}x{} in rows of {columns}",
            source.format.width, source.format.height
        );
        info.metadata.insert(KEY.to_owned(), tiles.into());
        Ok(Box::new(Tiled {
            reader,
            source,
            info,
            count,
            columns,
            is_seekable,
            is_over: count == 0,
            limits: surroundings.limits,
            cancel: surroundings.cancel.clone(),
            tile: Frame::empty(),
        }))
    }
}

/// One frame of all those of a reader.
struct Tiled<'a> {
    reader: Box<dyn FrameReader + 'a>,
    source: StreamInfo,
    info: StreamInfo,
    count: u64,
    columns: u64,
    is_seekable: bool,
    is_over: bool,
    limits: Limits,
    cancel: pimage_core::Cancel,
    tile: Frame,
}

impl Tiled<'_> {
    /// Copies the tile that was read to where its index belongs.
    fn place<T: Sample>(&self, whole: &mut Frame) {
        let index = self.tile.stamp.index;
        let channels = self.source.format.color.channels();
        let row_length = self.source.format.width as usize * channels;
        let whole_length = self.info.format.width as usize * channels;
        let height = self.source.format.height as usize;
        let (column, row) = (
            (index % self.columns) as usize,
            (index / self.columns) as usize,
        );
        let tile = self.tile.samples::<T>().unwrap_or_default();
        let samples = whole.samples_mut::<T>().unwrap_or_default();
        let lines = samples.chunks_exact_mut(whole_length.max(1));
        let sources = tile.chunks_exact(row_length.max(1));
        for (line, source) in lines.skip(row * height).zip(sources) {
            let start = column * row_length;
            if let Some(target) = line.get_mut(start..start + row_length) {
                target.copy_from_slice(source);
            }
        }
    }
}

impl FrameReader for Tiled<'_> {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        if self.is_over {
            return Ok(false);
        }
        self.is_over = true;
        frame.reset(&self.info.format, &self.limits)?;
        with_sample_type!(self.info.format.sample, T => {
            let nothing = if T::TYPE.is_float() { f64::NAN } else { 0.0 };
            frame.samples_mut::<T>().unwrap_or_default().fill(T::from_f64(nothing));
        });
        frame.stamp = Stamp::at(0);
        let mut is_first = true;
        loop {
            if self.cancel.is_cancelled() {
                return Err(Error::Stopped);
            }
            let mut tile = std::mem::replace(&mut self.tile, Frame::empty());
            let is_read = self.reader.read_into(&mut tile);
            self.tile = tile;
            if !is_read? {
                return Ok(true);
            }
            let index = self.tile.stamp.index;
            if index >= self.count {
                self.source.expect_within(index, self.count)?;
            }
            with_sample_type!(self.info.format.sample, T => self.place::<T>(frame));
            if std::mem::take(&mut is_first) {
                frame.stamp.number = self.tile.stamp.number;
                frame.stamp.time = self.tile.stamp.time;
            }
        }
    }

    fn damage(&self) -> &[Damage] {
        self.reader.damage()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.reader.files()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        self.is_seekable.then_some(self as _)
    }
}

impl SeekFrames for Tiled<'_> {
    fn frame_count(&self) -> u64 {
        self.count.min(1)
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        self.info.expect_within(index, self.frame_count())?;
        self.is_over = index >= self.frame_count();
        if self.is_over {
            return Ok(());
        }
        seek(&mut *self.reader, 0)
    }
}

/// `superframe`.
pub(super) const OPERATOR: Operator = Operator {
    name: "superframe",
    title: "one frame of all, as tiles from left to right, row by row",
    parameters: &[Parameter::new(
        "columns",
        "tiles in a row",
        "tiles",
        Presence::Optional("as many as make it most like a square"),
    )],
    examples: &["superframe", "superframe=10"],
    notes: "Samples are copied, none is changed. Places without a frame are NaN in floats and 0 in integers. \
        The whole is in memory at once, and refused where it is larger than the limits for a frame.",
    build: |arguments| build(arguments),
};

fn build(arguments: &Arguments<'_>) -> Result<Operation, Error> {
    let columns = arguments.optional_in("columns", 1..=1_000_000)?;
    Ok(Operation::reader(Superframe { columns }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pimage_core::{Color, SampleType};

    #[test]
    fn the_whole_is_most_like_a_square() {
        let grid = |columns: Option<u32>, count: u64, width: u32, height: u32| {
            let format = FrameFormat::new(width, height, Color::Gray, SampleType::U8);
            Superframe { columns }.grid(count, &format)
        };
        assert_eq!(grid(None, 100, 64, 64), (10, 10));
        assert_eq!(grid(None, 8, 200, 100), (2, 4));
        assert_eq!(grid(None, 8, 10, 1000), (8, 1));
        assert_eq!(grid(None, 7, 0, 0), (3, 3));
        assert_eq!(grid(Some(4), 7, 9, 9), (4, 2));
        assert_eq!(grid(Some(40), 7, 9, 9), (7, 1));
        assert_eq!(grid(None, 0, 9, 9), (1, 1));
    }
}
