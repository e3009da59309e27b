//! A set of numbers, kept as runs.

use std::collections::BTreeMap;
use std::ops::Range;

/// Numbers of which most follow on each other: as many entries as there are runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ranges {
    /// End of each run by its start; runs neither touch nor overlap.
    runs: BTreeMap<u64, u64>,
}

impl Ranges {
    /// Adds a run; an empty one changes nothing.
    pub(super) fn insert(&mut self, run: Range<u64>) {
        let Range { mut start, mut end } = run;
        if start >= end {
            return;
        }
        while let Some((&first, &last)) = self.runs.range(..=end).next_back() {
            if last < start {
                break;
            }
            start = start.min(first);
            end = end.max(last);
            self.runs.remove(&first);
        }
        self.runs.insert(start, end);
    }

    /// The end of the run that `number` is in.
    pub(super) fn end_of(&self, number: u64) -> Option<u64> {
        let (_, &end) = self.runs.range(..=number).next_back()?;
        (number < end).then_some(end)
    }

    pub(super) fn contains(&self, number: u64) -> bool {
        self.end_of(number).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_join_where_they_touch() {
        let mut ranges = Ranges::default();
        for run in [4..6, 10..12, 6..7, 3..4, 20..20, 8..9] {
            ranges.insert(run);
        }
        assert_eq!(ranges.runs, [(3, 7), (8, 9), (10, 12)].into());
        ranges.insert(5..10);
        assert_eq!(ranges.runs, [(3, 12)].into());
        ranges.insert(4..5);
        assert_eq!(ranges.runs, [(3, 12)].into());
    }

    #[test]
    fn it_holds_what_was_added() {
        let mut ranges = Ranges::default();
        let mut model = std::collections::BTreeSet::new();
        let mut state = 7u64;
        for _ in 0..200 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let start = (state >> 33) % 100;
            let end = start + (state >> 50) % 5;
            ranges.insert(start..end);
            model.extend(start..end);
            for number in 0..110 {
                assert_eq!(ranges.contains(number), model.contains(&number));
                if let Some(end) = ranges.end_of(number) {
                    assert!((number..end).all(|number| model.contains(&number)));
                    assert!(!model.contains(&end));
                }
            }
        }
    }
}
