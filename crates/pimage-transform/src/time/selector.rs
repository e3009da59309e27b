//! The sample of some rank at many places at once.

use super::intensity::Key;

/// Places that are looked at together: a cache line of bytes, and what fits vector registers of any width.
pub(super) const LANES: usize = 64;

/// Finds the samples of one rank, or of two that follow each other, among as many rows as there are frames.
///
/// Few rows are sorted by a network (Batcher's odd-even merge sort, without the comparators on which the ranks do not depend);
/// more rows of at most 16 bits are bisected: from the highest bit on, the rows below a candidate are counted;
/// more rows of wider samples are partitioned place by place. All three give the same.
pub(super) struct Selector {
    rows: usize,
    lower: usize,
    upper: usize,
    network: Vec<(usize, usize)>,
}

/// The samples at both ranks, at each place.
pub(super) type Selected<K> = ([K; LANES], [K; LANES]);

impl Selector {
    /// Ranks from 0, below `rows`, of samples of so many bits; `upper` is `lower` or the next one.
    pub(super) fn new(bits: u32, rows: usize, lower: usize, upper: usize) -> Self {
        let network = if rows <= most_in_network(bits) {
            network(rows, [lower, upper])
        } else {
            Vec::new()
        };
        Self {
            rows,
            lower,
            upper,
            network,
        }
    }

    /// What stands at the ranks; the rows are left in another order.
    #[inline(always)]
    pub(super) fn select<K: Key>(&self, stack: &mut [[K; LANES]]) -> Selected<K> {
        if self.rows <= most_in_network(K::BITS) {
            self.sort(stack)
        } else if K::BITS <= 16 {
            self.bisect(stack)
        } else {
            self.partition(stack)
        }
    }

    #[inline(always)]
    fn sort<K: Key>(&self, stack: &mut [[K; LANES]]) -> Selected<K> {
        for (first, second) in &self.network {
            let Ok([first, second]) = stack.get_disjoint_mut([*first, *second]) else {
                continue;
            };
            for (first, second) in first.iter_mut().zip(second) {
                let (low, high) = ((*first).min(*second), (*first).max(*second));
                (*first, *second) = (low, high);
            }
        }
        let row = |rank: usize| stack.get(rank).copied().unwrap_or([K::default(); LANES]);
        (row(self.lower), row(self.upper))
    }

    #[inline(always)]
    fn bisect<K: Key>(&self, stack: &[[K; LANES]]) -> Selected<K> {
        let mut lower = [K::default(); LANES];
        for bit in (0..K::BITS).rev() {
            let candidate = lower.map(|value| value.with_bit(bit));
            let below = count(stack, |row, limit| row < limit, &candidate);
            for ((value, candidate), below) in lower.iter_mut().zip(candidate).zip(below) {
                if below as usize <= self.lower {
                    *value = candidate;
                }
            }
        }
        if self.lower == self.upper {
            return (lower, lower);
        }
        // The next rank has the same value, or the least one above it.
        let up_to = count(stack, |row, limit| row <= limit, &lower);
        let mut above = [None; LANES];
        for row in stack {
            for ((above, row), lower) in above.iter_mut().zip(row).zip(&lower) {
                if row > lower && above.is_none_or(|above| *row < above) {
                    *above = Some(*row);
                }
            }
        }
        let mut upper = lower;
        for ((upper, above), up_to) in upper.iter_mut().zip(above).zip(up_to) {
            if up_to as usize <= self.upper {
                *upper = above.unwrap_or(*upper);
            }
        }
        (lower, upper)
    }

    #[inline(always)]
    fn partition<K: Key>(&self, stack: &[[K; LANES]]) -> Selected<K> {
        let (mut lower, mut upper) = ([K::default(); LANES], [K::default(); LANES]);
        let mut column = Vec::with_capacity(self.rows);
        for (place, (lower, upper)) in lower.iter_mut().zip(&mut upper).enumerate() {
            column.clear();
            column.extend(stack.iter().filter_map(|row| row.get(place).copied()));
            if self.lower >= column.len() {
                continue;
            }
            let (_, middle, above) = column.select_nth_unstable(self.lower);
            *lower = *middle;
            *upper = if self.upper > self.lower {
                above.iter().min().copied().unwrap_or(*lower)
            } else {
                *lower
            };
        }
        (lower, upper)
    }
}

/// Counts at each place the rows for which `is_counted` holds.
#[inline(always)]
fn count<K: Key>(
    stack: &[[K; LANES]],
    is_counted: impl Fn(K, K) -> bool,
    limit: &[K; LANES],
) -> [u32; LANES] {
    let mut counts = [0u32; LANES];
    // As many rows as a byte can count.
    for rows in stack.chunks(usize::from(u8::MAX)) {
        let mut part = [0u8; LANES];
        for row in rows {
            for ((part, row), limit) in part.iter_mut().zip(row).zip(limit) {
                *part += u8::from(is_counted(*row, *limit));
            }
        }
        for (count, part) in counts.iter_mut().zip(part) {
            *count += u32::from(part);
        }
    }
    counts
}

/// Rows up to which a network is the fastest, by measurement.
const fn most_in_network(bits: u32) -> usize {
    match bits {
        8 => 31,
        16 => 100,
        32 => 400,
        _ => 150,
    }
}

/// Comparators, each of which puts the lesser of two rows first, after which the rows of these ranks are in place.
fn network(rows: usize, ranks: [usize; 2]) -> Vec<(usize, usize)> {
    let mut all = Vec::new();
    let mut block = 1;
    while block < rows {
        let mut step = block;
        while step >= 1 {
            for start in (step % block..rows.saturating_sub(step)).step_by(2 * step) {
                for row in start..(start + step).min(rows - step) {
                    if row / (2 * block) == (row + step) / (2 * block) {
                        all.push((row, row + step));
                    }
                }
            }
            step /= 2;
        }
        block *= 2;
    }
    let mut is_needed = vec![false; rows];
    for rank in ranks {
        if let Some(needed) = is_needed.get_mut(rank) {
            *needed = true;
        }
    }
    let mut kept: Vec<_> = Vec::new();
    for (first, second) in all.into_iter().rev() {
        let is_kept = is_needed.get(first) == Some(&true) || is_needed.get(second) == Some(&true);
        if is_kept {
            for row in [first, second] {
                if let Some(needed) = is_needed.get_mut(row) {
                    *needed = true;
                }
            }
            kept.push((first, second));
        }
    }
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use pimage_testkit::Noise;

    use super::*;

    fn check<K: Key + std::fmt::Debug>(rows: usize, value: impl Fn(u64) -> K) {
        let mut noise = Noise::new(rows as u64);
        let stack: Vec<[K; LANES]> = (0..rows)
            .map(|_| std::array::from_fn(|_| value(noise.next_u64())))
            .collect();
        for lower in [0, rows / 3, (rows - 1) / 2, rows - 1] {
            for upper in [lower, (lower + 1).min(rows - 1)] {
                let selector = Selector::new(K::BITS.max(32), rows, lower, upper);
                let sorted = |place: usize, rank: usize| {
                    let mut column: Vec<K> = stack.iter().map(|row| row[place]).collect();
                    column.sort_unstable();
                    column[rank]
                };
                let expected: Selected<K> = (
                    std::array::from_fn(|place| sorted(place, lower)),
                    std::array::from_fn(|place| sorted(place, upper)),
                );
                if rows <= most_in_network(32) {
                    let found = selector.sort(&mut stack.clone());
                    assert_eq!(found, expected, "{rows} rows sorted, {lower} and {upper}");
                }
                let found = selector.bisect(&stack);
                assert_eq!(found, expected, "{rows} rows bisected, {lower} and {upper}");
                let found = selector.partition(&stack);
                assert_eq!(
                    found, expected,
                    "{rows} rows partitioned, {lower} and {upper}"
                );
            }
        }
    }

    #[test]
    fn all_ways_find_the_same() {
        for rows in (1..=33).chain([255, 256, 301, 700]) {
            check(rows, |bits| bits as u8);
            check(rows, |bits| (bits % 3) as u8);
            check(rows, |bits| bits as u16);
        }
        for rows in [1, 2, 5, 8, 31, 100] {
            check(rows, |bits| bits as u32);
            check(rows, |bits| bits);
        }
    }

    #[test]
    fn more_rows_than_16_bits_count_are_counted() {
        let stack: Vec<[u8; LANES]> = (0..70_000).map(|row| [(row % 2) as u8; LANES]).collect();
        let found = Selector::new(8, 70_000, 34_999, 35_000).bisect(&stack);
        assert_eq!(found, ([0; LANES], [1; LANES]));
    }

    #[test]
    fn a_network_has_no_comparator_too_many() {
        // The least that are known for the median of 3 and of 5 are 3 and 7; Batcher's has little more.
        assert_eq!(network(3, [1, 1]).len(), 3);
        assert!(network(5, [2, 2]).len() <= 9);
        assert_eq!(network(9, [0, 0]).len(), 8);
    }
}
