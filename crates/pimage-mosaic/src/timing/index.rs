//! The frame that is due when frames are counted.

use super::{AtEnd, Speed};

/// When frames are shown that are counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IndexSchedule {
    /// Frames of the mosaic before the first one of the source.
    pub(crate) offset: i64,
    pub(crate) speed: Speed,
    pub(crate) at_end: AtEnd,
}

/// What is due in the place of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// Background.
    Nothing,
    /// The frame of this index.
    Frame(u64),
}

impl IndexSchedule {
    /// What is due at frame `output` of the mosaic, and the frame from which on it is something else.
    ///
    /// `count` is how many frames the source has, as far as that is known.
    pub(crate) fn at(&self, output: u64, count: Option<u64>) -> (Due, u64) {
        let local = i128::from(output) - i128::from(self.offset);
        let Ok(local) = u128::try_from(local) else {
            return (Due::Nothing, self.offset.unsigned_abs());
        };
        let position = local * self.up() / self.down();
        let next = self.output(position + 1);
        let Some(count) = count.map(u128::from) else {
            return (Due::Frame(saturated(position)), next);
        };
        match self.at_end {
            _ if count == 0 => (Due::Nothing, u64::MAX),
            AtEnd::Hold if position + 1 >= count => (Due::Frame(saturated(count - 1)), u64::MAX),
            AtEnd::Loop if count == 1 => (Due::Frame(0), u64::MAX),
            AtEnd::Loop => (Due::Frame(saturated(position % count)), next),
            _ if position >= count => (Due::Nothing, u64::MAX),
            _ => (Due::Frame(saturated(position)), next),
        }
    }

    /// The frame of the mosaic at which a source of `count` frames is over.
    pub(crate) fn end(&self, count: u64) -> u64 {
        self.output(u128::from(count))
    }

    /// The first frame of the mosaic at which frame `position` is due, or a later one.
    fn output(&self, position: u128) -> u64 {
        let local = (position * self.down()).div_ceil(self.up());
        let output = i128::try_from(local)
            .unwrap_or(i128::MAX)
            .saturating_add(i128::from(self.offset));
        u64::try_from(output.max(0)).unwrap_or(u64::MAX)
    }

    fn up(&self) -> u128 {
        u128::from(self.speed.numerator())
    }

    fn down(&self) -> u128 {
        u128::from(self.speed.denominator())
    }
}

fn saturated(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(
        offset: i64,
        speed: &str,
        at_end: AtEnd,
        count: u64,
        outputs: u64,
    ) -> Vec<Option<u64>> {
        let speed = speed.parse().expect("is a speed");
        let schedule = IndexSchedule {
            offset,
            speed,
            at_end,
        };
        let mut all = Vec::new();
        while (all.len() as u64) < outputs {
            let (due, until) = schedule.at(all.len() as u64, Some(count));
            assert!(until > all.len() as u64);
            let due = match due {
                Due::Nothing => None,
                Due::Frame(position) => Some(position),
            };
            all.resize(until.min(outputs) as usize, due);
        }
        all
    }

    #[test]
    fn frames_come_when_they_are_due() {
        let some = |positions: &[u64]| positions.iter().copied().map(Some).collect::<Vec<_>>();
        let hold = shown(0, "1", AtEnd::Hold, 3, 5);
        assert_eq!(hold, some(&[0, 1, 2, 2, 2]));
        assert_eq!(shown(-1, "1", AtEnd::Loop, 3, 5), some(&[1, 2, 0, 1, 2]));
        assert_eq!(shown(0, "2", AtEnd::Hold, 5, 4), some(&[0, 2, 4, 4]));
        assert_eq!(shown(0, "2/3", AtEnd::Hold, 3, 5), some(&[0, 0, 1, 2, 2]));
        let late = shown(2, "1/2", AtEnd::Background, 2, 8);
        let expected = [None, None, Some(0), Some(0), Some(1), Some(1), None, None];
        assert_eq!(late, expected);
        assert_eq!(shown(0, "1", AtEnd::Loop, 0, 2), [None, None]);
    }

    #[test]
    fn the_end_is_where_no_frame_is_due() {
        let end = |offset, speed: &str, count| {
            let speed = speed.parse().expect("is a speed");
            let at_end = AtEnd::Background;
            IndexSchedule {
                offset,
                speed,
                at_end,
            }
            .end(count)
        };
        assert_eq!(end(0, "1", 5), 5);
        assert_eq!(end(-9, "1", 5), 0);
        assert_eq!(end(3, "2", 5), 6);
        assert_eq!(end(0, "2/3", 3), 5);
        assert_eq!(end(i64::MAX, "1/4000000000", u64::MAX), u64::MAX);
    }
}
