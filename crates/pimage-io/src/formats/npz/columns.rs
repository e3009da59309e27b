//! Numbers and times of frames, as arrays of one dimension.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

use pimage_core::{Error, Stamp, Timestamp};

use super::archive::Entry;
use crate::ReadOptions;
use crate::bytes::array_at;
use crate::flat::Stamps;
use crate::formats::npy::read_header;
use crate::source::Source;

/// The array of frames that pimage writes.
pub(super) const FRAMES: &str = "frames";
/// The array of seconds beside it.
pub(super) const TIMES: &str = "times";
/// The array of the recorder's own numbers beside it.
pub(super) const NUMBERS: &str = "numbers";

/// Bytes of a time or a number.
const VALUE_BYTES: usize = 8;

/// One value of eight bytes for each frame.
struct Column {
    source: Source,
    start: u64,
}

impl Column {
    /// The array of this name, when it has the type and as many values as there are frames.
    fn find(
        path: &Path,
        entries: &[Entry],
        (name, descr): (&str, &str),
        count: u64,
        options: &ReadOptions,
    ) -> Option<Self> {
        let entry = entries.iter().find(|entry| entry.name == name)?;
        let mut source = entry.open(path).ok()?;
        let header = read_header(path, &mut source, options).ok()?;
        (header.descr == descr && header.shape == [count]).then_some(Self {
            source,
            start: header.data_start,
        })
    }

    fn get(&mut self, index: u64) -> Result<Option<[u8; VALUE_BYTES]>, Error> {
        let offset = index.saturating_mul(VALUE_BYTES as u64);
        let bytes = self
            .source
            .slice(self.start.saturating_add(offset), VALUE_BYTES)?;
        Ok(array_at(bytes, 0))
    }
}

/// What gives frames the times and numbers of the archive; `None` when it has neither.
pub(super) fn find(
    path: &Path,
    entries: &[Entry],
    count: u64,
    options: &ReadOptions,
) -> Option<Stamps> {
    let mut times = Column::find(path, entries, (TIMES, "<f8"), count, options);
    let mut numbers = Column::find(path, entries, (NUMBERS, "<i8"), count, options);
    if times.is_none() && numbers.is_none() {
        return None;
    }
    Some(Box::new(move |index: u64, stamp: &mut Stamp| {
        if let Some(times) = &mut times {
            let secs = times.get(index)?.map(f64::from_le_bytes);
            stamp.time = secs.and_then(Timestamp::from_secs);
        }
        if let Some(numbers) = &mut numbers {
            stamp.number = numbers.get(index)?.map(i64::from_le_bytes);
        }
        Ok(())
    }))
}
