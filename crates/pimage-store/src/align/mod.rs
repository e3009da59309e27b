//! Several stores brought together, row by row: by the numbers that they share or by what is nearest.

mod reader;

use std::collections::BTreeSet;

use pimage_core::{Error, FrameReader, Limits};

pub use self::reader::Aligned;
use crate::{Find, FrameIndex, UNKNOWN_NUMBER};

/// By what the frames of other stores are nearest to those of the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum By {
    /// The recorder's numbers.
    Number,
    /// The times.
    #[default]
    Time,
}

/// Which rows there are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Join {
    /// One for each number that any of the stores has, ascending.
    Union,
    /// One for each number that all of them have, ascending.
    Intersection,
    /// One for each frame of the first store, with the nearest one of each other.
    Nearest {
        /// By what they are near.
        by: By,
        /// How far away the nearest may be, frames or seconds; the farther are missing.
        within: Option<f64>,
    },
}

/// What is shown where a store has no frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Missing {
    /// Black.
    #[default]
    Black,
    /// The frame of the row before; black when there is none.
    Hold,
}

/// Rows of frames of several stores that belong together.
///
/// ```
/// use pimage_store::{Alignment, ChunkIndex, FrameIndex, Join};
///
/// let store = |numbers: Vec<i64>| {
///     let times = numbers.iter().map(|number| *number as f64).collect();
///     FrameIndex::from_chunks([(0, ChunkIndex::new(numbers, times)?)])
/// };
/// let (left, right) = (store(vec![1, 2, 4])?, store(vec![2, 3, 4])?);
/// let rows = Alignment::of(&[&left, &right], Join::Intersection)?;
/// assert_eq!(rows.len(), 2);
/// assert_eq!(rows.frames(0), [Some(1), Some(2)]);
/// assert_eq!(rows.frames(1), [Some(0), Some(2)]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Alignment {
    numbers: Vec<Option<i64>>,
    times: Vec<Option<f64>>,
    /// For each store the frame in each row.
    frames: Vec<Vec<Option<u64>>>,
}

impl Alignment {
    /// The rows of these stores.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] without a store; [`Error::Unsupported`] when there is no row.
    pub fn of(stores: &[&FrameIndex], join: Join) -> Result<Self, Error> {
        let Some(first) = stores.first() else {
            return Err(Error::bad_option("stores to align", "none", "one or more"));
        };
        let aligned = match join {
            Join::Union => Self::by_numbers(stores, union(stores)),
            Join::Intersection => {
                let numbers = union(stores).into_iter();
                let shared = numbers.filter(|number| {
                    let has = |store: &&FrameIndex| store.by_number(*number, Find::Exact).is_some();
                    stores.iter().all(has)
                });
                Self::by_numbers(stores, shared.collect())
            }
            Join::Nearest { by, within } => Self::nearest(first, stores, by, within),
        };
        if aligned.is_empty() {
            let reason = match join {
                Join::Intersection => "the stores share no frame number",
                _ => "the stores have no frame to align by",
            };
            return Err(Error::unsupported("alignment", reason));
        }
        Ok(aligned)
    }

    fn by_numbers(stores: &[&FrameIndex], numbers: Vec<i64>) -> Self {
        let column = |store: &&FrameIndex| -> Vec<Option<u64>> {
            let found = numbers.iter();
            found
                .map(|number| store.by_number(*number, Find::Exact))
                .collect()
        };
        let frames: Vec<_> = stores.iter().map(column).collect();
        let times = (0..numbers.len()).map(|row| {
            let at = |(store, column): (&&FrameIndex, &Vec<Option<u64>>)| {
                store.time((*column.get(row)?)?)
            };
            stores.iter().zip(&frames).find_map(at)
        });
        Self {
            times: times.collect(),
            numbers: numbers.into_iter().map(Some).collect(),
            frames,
        }
    }

    fn nearest(first: &FrameIndex, stores: &[&FrameIndex], by: By, within: Option<f64>) -> Self {
        let count = first.len();
        let own = || (0..count).map(Some).collect::<Vec<_>>();
        let mut frames = vec![own()];
        for store in stores.iter().skip(1) {
            let column = (0..count).map(|frame| near(first, frame, store, by, within));
            frames.push(column.collect());
        }
        Self {
            numbers: (0..count).map(|frame| first.number(frame)).collect(),
            times: (0..count).map(|frame| first.time(frame)).collect(),
            frames,
        }
    }

    /// The number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The number that a row stands for.
    #[must_use]
    pub fn number(&self, row: usize) -> Option<i64> {
        self.numbers.get(row).copied().flatten()
    }

    /// The time of a row, seconds: that of the first store that has a frame in it.
    #[must_use]
    pub fn time(&self, row: usize) -> Option<f64> {
        self.times.get(row).copied().flatten()
    }

    /// The index of the frame that a store has in each row.
    #[must_use]
    pub fn frames(&self, store: usize) -> &[Option<u64>] {
        self.frames.get(store).map_or(&[], Vec::as_slice)
    }

    /// The frames of one store, a row each.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when the reader cannot seek.
    pub fn reader<R: FrameReader>(
        &self,
        store: usize,
        reader: R,
        missing: Missing,
        limits: &Limits,
    ) -> Result<Aligned<R>, Error> {
        let mut rows = self.frames(store).to_vec();
        if missing == Missing::Hold {
            let mut last = None;
            for row in &mut rows {
                last = row.or(last);
                *row = last;
            }
        }
        let stamps = self.numbers.iter().copied().zip(self.times.iter().copied());
        Aligned::new(reader, rows, stamps.collect(), limits)
    }
}

fn union(stores: &[&FrameIndex]) -> Vec<i64> {
    let numbers = stores.iter().flat_map(|store| store.numbers());
    let numbers = numbers.filter(|number| **number != UNKNOWN_NUMBER);
    numbers
        .copied()
        .collect::<BTreeSet<i64>>()
        .into_iter()
        .collect()
}

/// The frame of a store that is nearest to one of the first.
fn near(
    first: &FrameIndex,
    frame: u64,
    store: &FrameIndex,
    by: By,
    within: Option<f64>,
) -> Option<u64> {
    let (found, distance) = match by {
        By::Number => {
            let number = first.number(frame)?;
            let found = store.by_number(number, Find::Nearest)?;
            (found, store.number(found)?.abs_diff(number) as f64)
        }
        By::Time => {
            let time = first.time(frame)?;
            let found = store.by_time(time, Find::Nearest)?;
            (found, (store.time(found)? - time).abs())
        }
    };
    within.is_none_or(|most| distance <= most).then_some(found)
}

#[cfg(test)]
mod tests {
    use pimage_core::{Color, Frame, FrameFormat, SampleType, SeekFrames as _};
    use pimage_testkit::{SyntheticReader, counter_frame};

    use super::*;
    use crate::ChunkIndex;

    const FORMAT: FrameFormat = FrameFormat::new(6, 4, Color::Gray, SampleType::U8);

    fn store(numbers: &[i64], seconds: f64) -> FrameIndex {
        let times = numbers.iter().map(|number| *number as f64 + seconds);
        let chunk = ChunkIndex::new(numbers.to_vec(), times.collect()).expect("as many");
        FrameIndex::from_chunks([(0, chunk)]).expect("is small")
    }

    #[test]
    fn rows_are_numbers_of_any_or_of_all() {
        let (left, right) = (store(&[1, 2, 2, 5], 0.0), store(&[5, 3, 2], 0.0));
        let union = Alignment::of(&[&left, &right], Join::Union).expect("has rows");
        let numbers: Vec<_> = (0..union.len()).map(|row| union.number(row)).collect();
        assert_eq!(numbers, [1, 2, 3, 5].map(Some));
        assert_eq!(union.frames(0), [Some(0), Some(1), None, Some(3)]);
        assert_eq!(union.frames(1), [None, Some(2), Some(1), Some(0)]);
        let both = Alignment::of(&[&left, &right], Join::Intersection).expect("has rows");
        assert_eq!(both.frames(0), [Some(1), Some(3)]);
        let other = store(&[70], 0.0);
        assert!(Alignment::of(&[&left, &other], Join::Intersection).is_err());
    }

    #[test]
    fn the_nearest_is_one_that_is_near_enough() {
        let (left, right) = (store(&[0, 1, 2, 9], 0.0), store(&[0, 2], 0.4));
        let join = |by, within| Join::Nearest { by, within };
        let near = Alignment::of(&[&left, &right], join(By::Time, Some(1.0))).expect("has rows");
        assert_eq!(near.frames(1), [Some(0), Some(0), Some(1), None]);
        let any = Alignment::of(&[&left, &right], join(By::Number, None)).expect("has rows");
        assert_eq!(any.frames(1), [Some(0), Some(0), Some(1), Some(1)]);
    }

    #[test]
    fn what_is_missing_is_black_or_held() {
        let (left, right) = (store(&[0, 1, 2], 0.0), store(&[1], 0.0));
        let rows = Alignment::of(&[&left, &right], Join::Union).expect("has rows");
        for (missing, last) in [(Missing::Black, None), (Missing::Hold, Some(0))] {
            let source = SyntheticReader::new(FORMAT, 1);
            let mut reader = rows
                .reader(1, source, missing, &Limits::default())
                .expect("seeks");
            let expected = [None, Some(0), last];
            for row in [0u64, 1, 2, 2, 1, 0] {
                reader.seek(row).expect("is within");
                let mut frame = Frame::empty();
                assert!(reader.read_into(&mut frame).expect("reads"));
                assert_eq!(frame.stamp.number, Some(i64::try_from(row).expect("small")));
                match expected[usize::try_from(row).expect("small")] {
                    Some(index) => {
                        assert_eq!(frame.bytes(), counter_frame(index, FORMAT).bytes());
                    }
                    None => assert!(frame.bytes().iter().all(|byte| *byte == 0)),
                }
            }
        }
    }
}
