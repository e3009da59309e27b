//! Number and time of every frame of a store, over all its chunks.

mod build;
mod find;
mod saved;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::ops::Range;
use std::sync::OnceLock;

use pimage_core::{Error, Limits};

pub(crate) use self::build::{Built, Source, build, chain};
pub use self::find::Find;
use self::find::Order;
pub use self::saved::SAVED_INDEX;
pub(crate) use self::saved::{load, save, signature};
#[cfg(feature = "sqlite")]
pub use self::sqlite::SQLITE_INDEX;
use crate::ChunkIndex;

/// What stands for a number that nobody knows any more, of a chunk whose index is lost.
pub const UNKNOWN_NUMBER: i64 = i64::MIN;

/// A chunk within the index of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkEntry {
    /// The number by which its files are called.
    pub number: u64,
    /// The frames of the store that it has, by their index.
    pub frames: Range<u64>,
}

/// Number and time of every frame of a store, and in which chunk it is.
///
/// The index of a frame counts rows over the chunks in the order of their numbers.
/// Looking something up costs the logarithm of the number of frames, but for the first time, when they may have to be sorted.
///
/// ```
/// use pimage_store::{ChunkIndex, Find, FrameIndex};
///
/// let first = ChunkIndex::new(vec![10, 11, 15], vec![0.0, 0.1, 0.5])?;
/// let second = ChunkIndex::new(vec![16, 20], vec![0.6, 1.0])?;
/// let index = FrameIndex::from_chunks([(0, first), (1, second)])?;
/// assert_eq!(index.by_number(15, Find::Exact), Some(2));
/// assert_eq!(index.by_number(18, Find::Exact), None);
/// assert_eq!(index.by_number(18, Find::Next), Some(4));
/// assert_eq!(index.by_time(0.54, Find::Nearest), Some(2));
/// assert_eq!(index.place(3), Some((1, 0)));
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct FrameIndex {
    numbers: Vec<i64>,
    times: Vec<f64>,
    originals: Option<Vec<i64>>,
    chunks: Vec<ChunkEntry>,
    by_number: OnceLock<Order>,
    by_time: OnceLock<Order>,
}

impl FrameIndex {
    /// Joins the indexes of chunks, each with its number; in the order of these numbers, empty ones left out.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] for more than 2^32 frames.
    pub fn from_chunks(chunks: impl IntoIterator<Item = (u64, ChunkIndex)>) -> Result<Self, Error> {
        let mut chunks: Vec<_> = chunks.into_iter().collect();
        chunks.sort_by_key(|(number, _)| *number);
        let count: usize = chunks.iter().map(|(_, chunk)| chunk.len()).sum();
        Limits::default().check_frames(count as u64)?;
        let mut index = Self::default();
        index.numbers.reserve(count);
        index.times.reserve(count);
        for (number, chunk) in chunks {
            index.push(number, chunk);
        }
        Ok(index)
    }

    /// An index of so many frames in one chunk, of which nothing else is known: not even numbers and times are held.
    pub(crate) fn bare(number: u64, frames: u64) -> Self {
        let frames = 0..frames;
        Self {
            chunks: vec![ChunkEntry { number, frames }],
            ..Self::default()
        }
    }

    fn push(&mut self, number: u64, chunk: ChunkIndex) {
        if chunk.is_empty() {
            return;
        }
        let start = self.len();
        if let Some(originals) = chunk.original_numbers {
            let before = &self.numbers;
            self.originals
                .get_or_insert_with(|| before.clone())
                .extend(originals);
        } else if let Some(originals) = &mut self.originals {
            originals.extend(&chunk.numbers);
        }
        self.numbers.extend(chunk.numbers);
        self.times.extend(chunk.times);
        let frames = start..self.len();
        self.chunks.push(ChunkEntry { number, frames });
    }

    /// The number of frames.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.numbers.len() as u64
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The numbers of all frames, by their index; [`UNKNOWN_NUMBER`] where none is known.
    #[must_use]
    pub fn numbers(&self) -> &[i64] {
        &self.numbers
    }

    /// The times of all frames, seconds, by their index; not a number where none is known.
    #[must_use]
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// The numbers of all frames before the store was numbered anew, where it was.
    #[must_use]
    pub fn original_numbers(&self) -> Option<&[i64]> {
        self.originals.as_deref()
    }

    /// The chunks that have frames, by their numbers.
    #[must_use]
    pub fn chunks(&self) -> &[ChunkEntry] {
        &self.chunks
    }

    /// The number of a frame; `None` when it is not known or there is no such frame.
    #[must_use]
    pub fn number(&self, index: u64) -> Option<i64> {
        let number = *self.numbers.get(usize::try_from(index).ok()?)?;
        (number != UNKNOWN_NUMBER).then_some(number)
    }

    /// The time of a frame, seconds; `None` when it is not known or there is no such frame.
    #[must_use]
    pub fn time(&self, index: u64) -> Option<f64> {
        let time = *self.times.get(usize::try_from(index).ok()?)?;
        time.is_finite().then_some(time)
    }

    /// Where a frame is: position in [`FrameIndex::chunks`], and which frame of that chunk it is.
    #[must_use]
    pub fn place(&self, index: u64) -> Option<(usize, u64)> {
        let chunk = self
            .chunks
            .partition_point(|chunk| chunk.frames.end <= index);
        let start = self.chunks.get(chunk)?.frames.start;
        Some((chunk, index.checked_sub(start)?))
    }

    /// The frame of this number; of several the first.
    #[must_use]
    pub fn by_number(&self, number: i64, find: Find) -> Option<u64> {
        let order = self
            .by_number
            .get_or_init(|| Order::of(&self.numbers, |number| *number != UNKNOWN_NUMBER));
        order.find(&self.numbers, number, find, |left, right| {
            left.abs_diff(right) as f64
        })
    }

    /// The frame of this time, seconds; of several the first.
    #[must_use]
    pub fn by_time(&self, secs: f64, find: Find) -> Option<u64> {
        if secs.is_nan() {
            return None;
        }
        let order = self
            .by_time
            .get_or_init(|| Order::of(&self.times, |time| !time.is_nan()));
        order.find(&self.times, secs, find, |left, right| (left - right).abs())
    }

    /// The index of one chunk, by its position in [`FrameIndex::chunks`].
    #[must_use]
    pub fn chunk(&self, position: usize) -> Option<ChunkIndex> {
        let frames = &self.chunks.get(position)?.frames;
        let range = usize::try_from(frames.start).ok()?..usize::try_from(frames.end).ok()?;
        Some(ChunkIndex {
            numbers: self.numbers.get(range.clone())?.to_vec(),
            times: self.times.get(range.clone())?.to_vec(),
            original_numbers: match &self.originals {
                Some(originals) => Some(originals.get(range)?.to_vec()),
                None => None,
            },
        })
    }
}

impl PartialEq for FrameIndex {
    /// Whether both say the same of the same frames; times that are not known are equal.
    fn eq(&self, other: &Self) -> bool {
        let bits = |times: &[f64]| times.iter().map(|time| time.to_bits()).collect::<Vec<_>>();
        self.numbers == other.numbers
            && self.originals == other.originals
            && self.chunks == other.chunks
            && bits(&self.times) == bits(&other.times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_in_order_and_empty_ones_left_out() {
        let chunk = |numbers: &[i64]| {
            let times = numbers.iter().map(|number| *number as f64).collect();
            ChunkIndex::new(numbers.to_vec(), times).expect("as many")
        };
        let mut renumbered = chunk(&[5]);
        renumbered.original_numbers = Some(vec![50]);
        let parts = [
            (7, chunk(&[3, 4])),
            (2, chunk(&[1, 2])),
            (3, chunk(&[])),
            (9, renumbered),
        ];
        let index = FrameIndex::from_chunks(parts).expect("is small");
        assert_eq!(index.numbers(), [1, 2, 3, 4, 5]);
        assert_eq!(index.original_numbers(), Some(&[1, 2, 3, 4, 50][..]));
        let numbers: Vec<_> = index.chunks().iter().map(|chunk| chunk.number).collect();
        assert_eq!(numbers, [2, 7, 9]);
        let places: Vec<_> = (0..6).map(|frame| index.place(frame)).collect();
        let expected = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)].map(Some);
        assert_eq!(places, [&expected[..], &[None]].concat());
        assert_eq!(
            index.chunk(1),
            Some(chunk(&[3, 4])).map(|mut chunk| {
                chunk.original_numbers = Some(vec![3, 4]);
                chunk
            })
        );
    }
}
