//! Times and numbers of frames: arrays of whole numbers beside that of the frames.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

use pimage_core::{Clock, FrameRate, Limits, Stamp, Timebase, Timestamp};
use serde_json::Value;

use super::codecs::Decompressors;
use super::document::Document;
use super::permute::{gather, runs};
use crate::samples::ByteOrder;

/// The array of times where frames run through time alone, as xarray expects it: called as the dimension.
pub(super) const TIME: &str = "time";
/// The array of times where frames have several axes.
pub(super) const FRAME_TIME: &str = "frame_time";
/// The attribute that says what times are counted in.
pub(super) const UNITS: &str = "units";
/// The array of the recorder's own numbers.
pub(super) const NUMBER: &str = "number";

/// The value of a frame that has none; numpy's own for a time that is none.
pub(super) const NONE: i64 = i64::MIN;

/// Largest chunk that is read, bytes.
const MOST_CHUNK_BYTES: usize = 64 << 20;

/// One number for each frame.
#[derive(Debug)]
struct Column {
    document: Document,
    decompressors: Decompressors,
    /// Coordinates and numbers of the chunk that was read last.
    chunk: Option<(Vec<u64>, Vec<u8>)>,
}

impl Column {
    /// The array of this name, when it has a number for each frame.
    fn open(folder: &Path, lengths: &[u64], limits: &Limits) -> Option<Self> {
        let document = Document::read(folder, limits).ok()??;
        // One that is longer belongs to frames whose adding was interrupted.
        let is_as_long = document.shape.first() >= lengths.first();
        let fits = is_as_long
            && document.shape.get(1..) == lengths.get(1..)
            && document.shape.len() == document.chunk_shape.len()
            && document.shards.is_none()
            && matches!(document.number.name.as_str(), "int64" | "float64")
            && document
                .chunk_bytes()
                .is_some_and(|bytes| bytes <= MOST_CHUNK_BYTES);
        fits.then(|| Self {
            document,
            decompressors: Decompressors::default(),
            chunk: None,
        })
    }

    /// The eight bytes of the number at these positions, little-endian; `None` where it cannot be read.
    fn get(&mut self, positions: &[u64]) -> Option<[u8; 8]> {
        let sides = positions.iter().zip(&self.document.chunk_shape);
        let wanted: Vec<u64> = sides
            .clone()
            .map(|(position, side)| position / side)
            .collect();
        let at = sides.fold(0u64, |at, (position, side)| at * side + position % side);
        if self
            .chunk
            .as_ref()
            .is_none_or(|(known, _)| *known != wanted)
        {
            let numbers = self.read(&wanted).unwrap_or_default();
            self.chunk = Some((wanted, numbers));
        }
        let (_, numbers) = self.chunk.as_ref()?;
        let (numbers, _) = numbers.as_chunks::<8>();
        let mut number = *numbers.get(usize::try_from(at).ok()?)?;
        if self.document.number.order == ByteOrder::Big {
            number.reverse();
        }
        Some(number)
    }

    /// The numbers of a chunk in row-major order; `None` when it cannot be read.
    fn read(&mut self, coordinates: &[u64]) -> Option<Vec<u8>> {
        let expected = self.document.chunk_bytes()?;
        let path = self
            .document
            .path
            .join(self.document.keys.name(coordinates));
        let Ok(metadata) = path.metadata() else {
            return Some(self.document.fill.repeat(expected / 8));
        };
        if !metadata.is_file()
            || metadata.len() > (expected as u64).saturating_mul(2).saturating_add(1 << 16)
        {
            return None;
        }
        let encoded = std::fs::read(path).ok()?;
        let mut numbers = Vec::new();
        let codecs = &self.document.codecs;
        self.decompressors
            .decode(codecs, encoded, expected, &mut numbers)
            .ok()?;
        if let Some(order) = &codecs.order {
            let length = |at: &usize| usize::try_from(*self.document.chunk_shape.get(*at)?).ok();
            let shape: Vec<usize> = order.iter().filter_map(length).collect();
            let places = (0..order.len())
                .filter_map(|at| order.iter().position(|dimension| *dimension == at));
            let mut moved = Vec::new();
            gather(
                &numbers,
                &runs(&shape, &places.collect::<Vec<_>>()),
                8,
                &mut moved,
            );
            numbers = moved;
        }
        Some(numbers)
    }
}

/// The length of a unit of time and what its zero is: `seconds since 1970-01-01`, `nanoseconds`, `ms`.
fn unit_of(text: &str) -> Option<(f64, Clock)> {
    let (unit, since) = match text.split_once(" since ") {
        Some((unit, since)) => (unit, Some(since.trim())),
        None => (text, None),
    };
    let secs = secs_of(unit.trim())?;
    let clock = match since {
        None => Clock::Start,
        Some(since) if since.starts_with("1970-01-01") => Clock::Epoch,
        Some(_) => return None,
    };
    Some((secs, clock))
}

/// The seconds in a unit of time.
pub(super) fn secs_of(unit: &str) -> Option<f64> {
    Some(match unit {
        "s" | "sec" | "second" | "seconds" => 1.0,
        "ms" | "millisecond" | "milliseconds" => 1e-3,
        "us" | "µs" | "microsecond" | "microseconds" => 1e-6,
        "ns" | "nanosecond" | "nanoseconds" => 1e-9,
        "min" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3600.0,
        _ => return None,
    })
}

/// Times and numbers, where there are any.
#[derive(Debug, Default)]
pub(super) struct Columns {
    times: Option<(Column, f64)>,
    numbers: Option<Column>,
    /// What the zero of the times is.
    pub(super) clock: Option<Clock>,
}

impl Columns {
    /// Those in `group`, for frames that run through axes of `lengths`.
    pub(super) fn open(group: &Path, lengths: &[u64], limits: &Limits) -> Self {
        let name = if lengths.len() == 1 { TIME } else { FRAME_TIME };
        let times = Column::open(&group.join(name), lengths, limits);
        let times = times.and_then(|column| {
            let unit = column
                .document
                .attributes
                .get(UNITS)
                .and_then(Value::as_str);
            let (secs, clock) = unit_of(unit?)?;
            Some((column, secs, clock))
        });
        let numbers = Column::open(&group.join(NUMBER), lengths, limits)
            .filter(|column| column.document.number.name == "int64");
        let clock = times.as_ref().map(|(_, _, clock)| *clock);
        Self {
            times: times.map(|(column, secs, _)| (column, secs)),
            numbers,
            clock,
        }
    }

    /// Whether the times of frames are written.
    pub(super) const fn has_times(&self) -> bool {
        self.times.is_some()
    }

    /// Whether the numbers of frames are written.
    pub(super) const fn has_numbers(&self) -> bool {
        self.numbers.is_some()
    }

    /// Fills in number and time of the frame at these positions; without a column of times, the time at `regular` rate.
    pub(super) fn stamp(
        &mut self,
        positions: &[u64],
        regular: Option<FrameRate>,
        stamp: &mut Stamp,
    ) {
        if let Some(column) = &mut self.numbers {
            let number = column.get(positions).map(i64::from_le_bytes);
            stamp.number = number.filter(|number| *number != NONE);
        }
        let exact = regular.map(|rate| rate.time_of(stamp.index));
        let Some((column, secs)) = &mut self.times else {
            stamp.time = exact;
            return;
        };
        let found = column.get(positions).and_then(|bytes| {
            if column.document.number.name == "float64" {
                return Timestamp::from_secs(f64::from_le_bytes(bytes) * *secs);
            }
            let ticks = i64::from_le_bytes(bytes);
            if ticks == NONE {
                return None;
            }
            whole_base(*secs).map_or_else(
                || Timestamp::from_secs(ticks as f64 * *secs),
                |base| Some(Timestamp::new(ticks, base)),
            )
        });
        // Nanoseconds of a rate such as 30000/1001 stand for its exact moments.
        let same =
            |time: &Timestamp| found.is_some_and(|found| found.ticks == time.ticks_in(found.base));
        stamp.time = exact.filter(same).or(found);
    }
}

/// The timebase of a unit that is a part of a second.
fn whole_base(secs: f64) -> Option<Timebase> {
    let bases = [
        Timebase::new(1, 1)?,
        Timebase::MILLISECONDS,
        Timebase::MICROSECONDS,
        Timebase::NANOSECONDS,
    ];
    let length = |base: &Timebase| f64::from(base.numerator()) / f64::from(base.denominator());
    bases
        .into_iter()
        .find(|base| (length(base) - secs).abs() <= secs * 1e-9)
}

/// The name of a clock's unit, in nanoseconds.
pub(super) const fn units_written(clock: Clock) -> &'static str {
    match clock {
        Clock::Start => "nanoseconds",
        Clock::Epoch | Clock::LocalEpoch => "nanoseconds since 1970-01-01",
    }
}

/// The time of a frame as it is written; [`NONE`] for one without.
pub(super) fn written_time(stamp: &Stamp) -> i64 {
    stamp
        .time
        .map_or(NONE, |time| time.ticks_in(Timebase::NANOSECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_time_are_understood() {
        assert_eq!(unit_of("nanoseconds"), Some((1e-9, Clock::Start)));
        assert_eq!(
            unit_of("seconds since 1970-01-01"),
            Some((1.0, Clock::Epoch))
        );
        assert_eq!(unit_of("seconds since 2000-01-01"), None);
        assert_eq!(unit_of("days"), None);
        assert_eq!(whole_base(1e-6), Some(Timebase::MICROSECONDS));
        assert_eq!(whole_base(60.0), None);
    }
}
