//! Where frames belong once those that are missing have places too.

use pimage_core::{Error, Stamp};

/// What says that frames are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountedBy {
    /// The positions in the recording: those of damaged frames that were skipped.
    Index,
    /// What the recorder counted: a number that is more than one above the one before; as well as the positions.
    Number,
}

/// Frames in a row, from one of which the places follow the indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    index: u64,
    place: u64,
}

/// The places of frames, learned from their stamps in order.
#[derive(Debug, Clone)]
pub(super) struct Numbering {
    by: CountedBy,
    /// Missing frames in a row at most.
    most: u64,
    /// At least one.
    runs: Vec<Run>,
    last: Option<Stamp>,
}

impl Numbering {
    pub(super) fn new(by: CountedBy, most: u64) -> Self {
        Self {
            by,
            most,
            runs: vec![Run { index: 0, place: 0 }],
            last: None,
        }
    }

    /// Learns from the stamp of a frame that follows those before.
    pub(super) fn learn(&mut self, stamp: &Stamp) -> Result<(), Error> {
        if let Some(last) = &self.last
            && let (Some(before), Some(number)) = (last.number, stamp.number)
            && self.by == CountedBy::Number
        {
            let step = stamp.index.saturating_sub(last.index).max(1);
            let counted = i128::from(number) - i128::from(before);
            let missing = counted - i128::from(step);
            if missing > i128::from(self.most) {
                return Err(Error::bad_option(
                    "fill",
                    format!("asked for {missing} frames between the numbers {before} and {number}"),
                    format!("{} at most (`most` raises it)", self.most),
                ));
            }
            if missing > 0 {
                let counted = u64::try_from(counted).unwrap_or(u64::MAX);
                let place = self.place(last.index).saturating_add(counted);
                self.runs.push(Run {
                    index: stamp.index,
                    place,
                });
            }
        }
        self.last = Some(stamp.clone());
        Ok(())
    }

    /// Forgets what was before the last frame, for frames that come only once.
    pub(super) fn forget(&mut self) {
        if let Some(last) = self.runs.pop() {
            self.runs = vec![last];
        }
    }

    /// The place of the frame of this index.
    pub(super) fn place(&self, index: u64) -> u64 {
        let after = self.runs.partition_point(|run| run.index <= index);
        let run = after.checked_sub(1).and_then(|at| self.runs.get(at));
        run.map_or(index, |run| run.place.saturating_add(index - run.index))
    }

    /// The index of the first frame at this place or after it.
    pub(super) fn index(&self, place: u64) -> u64 {
        let after = self.runs.partition_point(|run| run.place <= place);
        let run = after.checked_sub(1).and_then(|at| self.runs.get(at));
        let index = run.map_or(place, |run| run.index.saturating_add(place - run.place));
        let next = self.runs.get(after).map_or(u64::MAX, |run| run.index);
        index.min(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbering(stamps: &[(u64, i64)], by: CountedBy) -> Result<Numbering, Error> {
        let mut numbering = Numbering::new(by, 100);
        for (index, number) in stamps {
            numbering.learn(&Stamp {
                number: Some(*number),
                ..Stamp::at(*index)
            })?;
        }
        Ok(numbering)
    }

    #[test]
    fn numbers_say_where_frames_belong() {
        // One is missing before the third, which was skipped too; numbers start again at the end.
        let stamps = [(0, 7), (1, 8), (3, 11), (4, 12), (5, 15), (6, 0), (7, 1)];
        let known = numbering(&stamps, CountedBy::Number).expect("has no long gap");
        let places = stamps.map(|(index, _)| known.place(index));
        assert_eq!(places, [0, 1, 4, 5, 8, 9, 10]);
        let indices: Vec<_> = (0..=11).map(|place| known.index(place)).collect();
        assert_eq!(indices, [0, 1, 2, 3, 3, 4, 5, 5, 5, 6, 7, 8]);
        let known = numbering(&stamps, CountedBy::Index).expect("has no gap");
        assert_eq!((known.place(5), known.index(5)), (5, 5));
    }

    #[test]
    fn the_longest_gaps_are_places_too() {
        let mut known = Numbering::new(CountedBy::Number, u64::MAX);
        for (index, number) in [(0, i64::MIN), (1, i64::MAX), (2, i64::MIN), (3, i64::MAX)] {
            known
                .learn(&Stamp {
                    number: Some(number),
                    ..Stamp::at(index)
                })
                .expect("any gap is allowed");
        }
        assert_eq!(known.place(3), u64::MAX);
        assert_eq!(known.index(u64::MAX - 1), 1);
    }

    #[test]
    fn a_jump_is_no_gap() {
        let error = numbering(&[(0, 5), (1, 5_000_000)], CountedBy::Number).expect_err("jumps");
        assert_eq!(
            error.to_string(),
            "fill is asked for 4999994 frames between the numbers 5 and 5000000: expected 100 at most (`most` raises it)"
        );
    }
}
