//! Sorting networks for medians of square windows: comparisons whose order does not depend on the samples.

/// Two slots that are put in order: the smaller sample into the first.
pub(super) type Exchange = (usize, usize);

/// What finds the median of a window of `size` x `size`: its columns are sorted first, which neighbours share.
#[derive(Debug, Clone)]
pub(super) struct Network {
    /// Sorts a column of `size` slots.
    pub(super) column: Vec<Exchange>,
    /// Goes on over `size * size` slots, row after row of sorted columns.
    pub(super) window: Vec<Exchange>,
    /// The slot in which the median is then.
    pub(super) median: usize,
}

impl Network {
    /// The network for a window of `size` x `size` samples, an odd size.
    ///
    /// Rows of sorted columns are sorted, after which a sample is no less than all above and to the left of it:
    /// only those that have few enough of these and few enough on the other side may be the median.
    /// Among them, the least and the greatest of a little more than half are dropped, one more is taken in, and so on.
    pub(super) fn new(size: usize) -> Self {
        let column = sorting(size);
        let mut window = Vec::new();
        for row in 0..size {
            let slots = column.iter();
            window.extend(slots.map(|(low, high)| (row * size + low, row * size + high)));
        }
        let half = (size * size).div_ceil(2);
        let mut candidates = (0..size * size).filter(|slot| {
            let (row, column) = (slot / size, slot % size);
            (row + 1) * (column + 1) <= half && (size - row) * (size - column) <= half
        });
        let count = candidates.clone().count();
        let mut kept: Vec<usize> = candidates.by_ref().take(count / 2 + 2).collect();
        while kept.len() > 1 {
            let last = kept.len() - 1;
            let mut exchange = |low: usize, high: usize| {
                if let (Some(low), Some(high)) = (kept.get(low), kept.get(high))
                    && low != high
                {
                    window.push((*low, *high));
                }
            };
            (0..kept.len() / 2).for_each(|place| exchange(place, last - place));
            (1..kept.len().div_ceil(2)).for_each(|place| exchange(0, place));
            (kept.len() / 2..last).for_each(|place| exchange(place, last));
            kept.pop();
            kept.remove(0);
            kept.extend(candidates.next());
        }
        let median = kept.first().copied().unwrap_or(0);
        Self {
            column,
            window: needed(window, size * size, median),
            median,
        }
    }
}

/// A network that sorts (Batcher's merges of odd and even places).
fn sorting(len: usize) -> Vec<Exchange> {
    let mut exchanges = Vec::new();
    let mut sorted = 1;
    while sorted < len {
        let mut distance = sorted;
        while distance > 0 {
            let mut start = distance % sorted;
            while start + distance < len {
                for place in start..(start + distance).min(len - distance) {
                    if place / (2 * sorted) == (place + distance) / (2 * sorted) {
                        exchanges.push((place, place + distance));
                    }
                }
                start += 2 * distance;
            }
            distance /= 2;
        }
        sorted *= 2;
    }
    exchanges
}

/// Those exchanges on which the result in one slot depends.
fn needed(exchanges: Vec<Exchange>, slots: usize, result: usize) -> Vec<Exchange> {
    let mut is_needed: Vec<bool> = (0..slots).map(|slot| slot == result).collect();
    let mut kept: Vec<Exchange> = exchanges
        .into_iter()
        .rev()
        .filter(|(low, high)| {
            let is_any = [low, high]
                .into_iter()
                .any(|slot| is_needed.get(*slot).copied().unwrap_or(false));
            for slot in [low, high] {
                if let Some(slot) = is_needed.get_mut(*slot) {
                    *slot |= is_any;
                }
            }
            is_any
        })
        .collect();
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use pimage_testkit::Noise;

    #[test]
    fn networks_sort() {
        for len in 1..12 {
            let network = sorting(len);
            // What sorts all sequences of zeros and ones sorts everything.
            for bits in 0..1 << len {
                let mut values: Vec<u32> = (0..len).map(|place| bits >> place & 1).collect();
                for (low, high) in &network {
                    if values[*low] > values[*high] {
                        values.swap(*low, *high);
                    }
                }
                assert!(values.is_sorted(), "{len}: {values:?}");
            }
        }
    }

    #[test]
    fn the_median_is_that_of_all() {
        let mut noise = Noise::new(5);
        for size in [3, 5, 7, 9] {
            let network = Network::new(size);
            for round in 0..2000 {
                let levels = [2, 5, 1000][round % 3];
                let mut values: Vec<u64> = (0..size * size).map(|_| noise.below(levels)).collect();
                let mut sorted = values.clone();
                sorted.sort_unstable();
                let columns = (0..size).flat_map(|column| {
                    let exchanges = network.column.iter();
                    exchanges.map(move |(low, high)| (low * size + column, high * size + column))
                });
                for (low, high) in columns.chain(network.window.iter().copied()) {
                    if values[low] > values[high] {
                        values.swap(low, high);
                    }
                }
                assert_eq!(values[network.median], sorted[size * size / 2], "{size}");
            }
        }
    }
}
