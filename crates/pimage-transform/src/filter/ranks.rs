//! Medians of large windows, from a histogram that moves along a row.

use pimage_core::Sample;

/// Counts of keys in a window, with sums over groups of keys, and where its median was last.
pub(super) struct Histogram {
    counts: Vec<u32>,
    groups: Vec<u32>,
    /// Bits of a key that are the place in its group.
    shift: u32,
    /// The group that the median was in, and how many keys are in the groups before it.
    group: usize,
    before: u32,
}

impl Histogram {
    /// An empty histogram for keys less than `keys`.
    pub(super) fn new(keys: usize) -> Self {
        let bits = usize::BITS - keys.saturating_sub(1).leading_zeros();
        let shift = bits.div_ceil(2);
        Self {
            counts: vec![0; keys.next_multiple_of(1 << shift)],
            groups: vec![0; keys.div_ceil(1 << shift)],
            shift,
            group: 0,
            before: 0,
        }
    }

    pub(super) fn add(&mut self, key: u32) {
        self.change(key, 1);
    }

    pub(super) fn remove(&mut self, key: u32) {
        self.change(key, u32::MAX);
    }

    /// Adds a number, modulo 2^32, to what is counted of a key.
    #[inline]
    fn change(&mut self, key: u32, number: u32) {
        let key = key as usize;
        let group = key >> self.shift;
        if let (Some(count), Some(sum)) = (self.counts.get_mut(key), self.groups.get_mut(group)) {
            *count = count.wrapping_add(number);
            *sum = sum.wrapping_add(number);
            if group < self.group {
                self.before = self.before.wrapping_add(number);
            }
        }
    }

    /// The key that has `rank` keys before it in order.
    pub(super) fn key(&mut self, rank: u32) -> u32 {
        let sum = |groups: &[u32], group: usize| groups.get(group).copied().unwrap_or(u32::MAX);
        while self.before > rank {
            self.group -= 1;
            self.before -= sum(&self.groups, self.group);
        }
        while rank - self.before >= sum(&self.groups, self.group) {
            self.before += sum(&self.groups, self.group);
            self.group += 1;
        }
        let mut left = rank - self.before;
        let start = self.group << self.shift;
        for (place, count) in self.counts.iter().skip(start).enumerate() {
            if left < *count {
                return (start + place) as u32;
            }
            left -= count;
        }
        0
    }
}

/// Keys that are ordered as samples are, and the samples that they stand for.
pub(super) struct Ranks<T> {
    /// The key of each sample.
    pub(super) keys: Vec<u32>,
    /// The sample of each key.
    pub(super) samples: Vec<T>,
}

impl<T: Sample> Ranks<T> {
    /// Numbers the different samples of a frame in their order; the key of what is not a number means nothing.
    #[expect(
        clippy::eq_op,
        reason = "only what is not a number differs from itself"
    )]
    pub(super) fn new(samples: &[T]) -> Self {
        let order = |first: &T, second: &T| {
            first
                .partial_cmp(second)
                .unwrap_or(std::cmp::Ordering::Equal)
        };
        // Sorting needs an order of all that is sorted.
        let numbers = samples.iter().filter(|sample| sample == sample);
        let mut different: Vec<T> = numbers.copied().collect();
        different.sort_unstable_by(order);
        different.dedup();
        let key = |sample: &T| different.partition_point(|other| other < sample) as u32;
        Self {
            keys: samples.iter().map(key).collect(),
            samples: different,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_follow_the_window() {
        let mut histogram = Histogram::new(1000);
        for key in [999, 5, 5, 0, 731] {
            histogram.add(key);
        }
        let found: Vec<_> = (0..5).map(|rank| histogram.key(rank)).collect();
        assert_eq!(found, [0, 5, 5, 731, 999]);
        histogram.remove(5);
        histogram.remove(999);
        assert_eq!(histogram.key(1), 5);
        histogram.add(1);
        histogram.add(2);
        assert_eq!(histogram.key(2), 2);
        assert_eq!(histogram.key(4), 731);
    }

    #[test]
    fn keys_are_ordered_as_samples_are() {
        let ranks = Ranks::new(&[0.5f32, -1.0, 0.5, f32::INFINITY]);
        assert_eq!(ranks.keys, [1, 0, 1, 2]);
        assert_eq!(ranks.samples, [-1.0, 0.5, f32::INFINITY]);
    }
}
