//! Numbers, times and names of a group's frames in few bytes: nearly none where they are regular.

use std::sync::Arc;

use pimage_core::{Error, Stamp, Timebase, Timestamp};

use crate::header::broken;

/// Longest name of a frame, bytes.
const LONGEST_NAME: usize = 64 << 10;

/// The stamps of consecutive frames as bytes.
pub(crate) fn encode(stamps: &[Stamp]) -> Vec<u8> {
    let is_bare = |stamp: &Stamp| *stamp == Stamp::at(stamp.index);
    // Frames without any stamp take no byte.
    if stamps.iter().all(is_bare) {
        return Vec::new();
    }
    let mut out = Vec::new();
    let numbers: Vec<_> = stamps.iter().map(|stamp| stamp.number).collect();
    put_numbers(&mut out, &numbers);
    let times = || stamps.iter().map(|stamp| stamp.time);
    let ticks: Vec<_> = times().map(|time| Some(time?.ticks)).collect();
    put_numbers(&mut out, &ticks);
    put_bases(&mut out, times().flatten().map(|time| time.base));
    put_names(&mut out, stamps);
    out
}

/// The stamps of `count` frames, of which `first` is the index of the first.
///
/// # Errors
///
/// If the bytes do not hold them.
pub(crate) fn decode(bytes: &[u8], first: u64, count: usize) -> Result<Vec<Stamp>, Error> {
    let mut stamps: Vec<Stamp> = (0..count as u64)
        .map(|at| Stamp::at(first.saturating_add(at)))
        .collect();
    if bytes.is_empty() {
        return Ok(stamps);
    }
    fill(bytes, &mut stamps)
        .map(|()| stamps)
        .ok_or_else(|| broken("of stamps that do not fit", "one stamp a frame"))
}

fn fill(bytes: &[u8], stamps: &mut [Stamp]) -> Option<()> {
    let mut from = Source(bytes);
    let numbers = from.numbers(stamps.len())?;
    let ticks = from.numbers(stamps.len())?;
    let timed = ticks.iter().flatten().count();
    let mut bases = from.bases(timed)?.into_iter();
    for ((stamp, number), ticks) in stamps.iter_mut().zip(numbers).zip(ticks) {
        stamp.number = number;
        stamp.time = match ticks {
            Some(ticks) => Some(Timestamp::new(ticks, bases.next()?)),
            None => None,
        };
    }
    from.names(stamps)?;
    from.0.is_empty().then_some(())
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Small numbers of either sign to small ones without.
const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Equal values that follow each other, and how many.
fn runs<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<(T, u64)> {
    let mut runs: Vec<(T, u64)> = Vec::new();
    for value in values {
        match runs.last_mut() {
            Some((last, count)) if *last == value => *count += 1,
            _ => runs.push((value, 1)),
        }
    }
    runs
}

/// Which are there, in runs that begin with those that are not; then the runs of equal second differences.
fn put_numbers(out: &mut Vec<u8>, values: &[Option<i64>]) {
    let mut is_there = false;
    for (found, count) in runs(values.iter().map(Option::is_some)) {
        if found != is_there {
            put(out, 0);
        }
        put(out, count);
        is_there = !found;
    }
    let (mut last, mut step) = (0_i64, 0_i64);
    let changes = values.iter().flatten().map(|&value| {
        let next = value.wrapping_sub(last);
        let change = next.wrapping_sub(step);
        (last, step) = (value, next);
        change
    });
    for (change, count) in runs(changes) {
        put(out, zigzag(change));
        put(out, count);
    }
}

fn put_bases(out: &mut Vec<u8>, bases: impl Iterator<Item = Timebase>) {
    for (base, count) in runs(bases) {
        put(out, u64::from(base.numerator()));
        put(out, u64::from(base.denominator()));
        put(out, count);
    }
}

/// Whether there are names; then for each its length and 1 (0 for none), how much of it the one before had, the rest.
fn put_names(out: &mut Vec<u8>, stamps: &[Stamp]) {
    if stamps.iter().all(|stamp| stamp.name.is_none()) {
        put(out, 0);
        return;
    }
    put(out, 1);
    let mut last: &[u8] = &[];
    for stamp in stamps {
        let name = stamp.name.as_deref().map(str::as_bytes);
        let Some(name) = name.filter(|name| name.len() <= LONGEST_NAME) else {
            put(out, 0);
            continue;
        };
        let common = name.iter().zip(last).take_while(|(a, b)| a == b).count();
        put(out, name.len() as u64 + 1);
        put(out, common as u64);
        out.extend_from_slice(name.get(common..).unwrap_or_default());
        last = name;
    }
}

/// Bytes that are not read yet.
struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
    fn next(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7F).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// The length of a run of which `room` is left.
    fn run(&mut self, room: usize) -> Option<usize> {
        usize::try_from(self.next()?)
            .ok()
            .filter(|count| *count <= room)
    }

    fn numbers(&mut self, count: usize) -> Option<Vec<Option<i64>>> {
        let mut are_there = Vec::with_capacity(count);
        let mut is_there = false;
        while are_there.len() < count {
            let run = self.run(count - are_there.len())?;
            // Only the first run may be of none.
            if run == 0 && (is_there || !are_there.is_empty()) {
                return None;
            }
            are_there.extend(std::iter::repeat_n(is_there, run));
            is_there = !is_there;
        }
        let wanted = are_there.iter().filter(|is_there| **is_there).count();
        let mut values = Vec::with_capacity(wanted);
        let (mut last, mut step) = (0_i64, 0_i64);
        while values.len() < wanted {
            let change = unzigzag(self.next()?);
            let run = self.run(wanted - values.len()).filter(|run| *run > 0)?;
            for _ in 0..run {
                step = step.wrapping_add(change);
                last = last.wrapping_add(step);
                values.push(last);
            }
        }
        let mut values = values.into_iter();
        Some(
            are_there
                .into_iter()
                .map(|is_there| if is_there { values.next() } else { None })
                .collect(),
        )
    }

    fn bases(&mut self, count: usize) -> Option<Vec<Timebase>> {
        let mut bases = Vec::with_capacity(count);
        while bases.len() < count {
            let numerator = u32::try_from(self.next()?).ok()?;
            let denominator = u32::try_from(self.next()?).ok()?;
            let base = Timebase::new(numerator, denominator)?;
            let run = self.run(count - bases.len()).filter(|run| *run > 0)?;
            bases.extend(std::iter::repeat_n(base, run));
        }
        Some(bases)
    }

    fn names(&mut self, stamps: &mut [Stamp]) -> Option<()> {
        if self.next()? == 0 {
            return Some(());
        }
        let mut last = Vec::new();
        for stamp in stamps {
            let Some(length) = self.next()?.checked_sub(1) else {
                continue;
            };
            let length = usize::try_from(length)
                .ok()
                .filter(|length| *length <= LONGEST_NAME)?;
            let common = self.run(length.min(last.len()))?;
            last.truncate(common);
            last.extend_from_slice(self.take(length - common)?);
            stamp.name = Some(Arc::from(std::str::from_utf8(&last).ok()?));
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Drawn = (Option<i64>, Option<(i64, Timebase)>, Option<String>);

    fn stamps() -> impl Strategy<Value = Vec<Stamp>> {
        let base = prop::sample::select(vec![Timebase::MICROSECONDS, Timebase::MILLISECONDS]);
        let ticks = prop_oneof![any::<i64>(), -5..5_i64];
        let stamp = (
            prop::option::of(ticks.clone()),
            prop::option::of((ticks, base)),
            prop::option::of("[a-c]{0,5}"),
        );
        prop::collection::vec(stamp, 1..40).prop_map(|stamps| {
            let stamps = stamps.into_iter().zip(70..);
            let stamp = |((number, time, name), index): (Drawn, u64)| Stamp {
                index,
                number,
                time: time.map(|(ticks, base)| Timestamp::new(ticks, base)),
                name: name.map(Arc::from),
            };
            stamps.map(stamp).collect()
        })
    }

    proptest! {
        #[test]
        fn any_stamps_come_back(stamps in stamps()) {
            let bytes = encode(&stamps);
            prop_assert_eq!(decode(&bytes, 70, stamps.len()).unwrap(), stamps);
        }

        #[test]
        fn any_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..60), count in 1..50_usize) {
            if let Ok(stamps) = decode(&bytes, 0, count) {
                prop_assert_eq!(stamps.len(), count);
            }
        }
    }

    #[test]
    fn regular_stamps_take_few_bytes() {
        let stamps: Vec<_> = (0..250)
            .map(|index| Stamp {
                number: Some(7 + index as i64),
                time: Some(Timestamp::new(40 * index as i64, Timebase::MILLISECONDS)),
                ..Stamp::at(index)
            })
            .collect();
        let bytes = encode(&stamps);
        assert!(bytes.len() < 32, "{}", bytes.len());
        assert_eq!(decode(&bytes, 0, 250).expect("is sound"), stamps);
        let without: Vec<_> = (0..250).map(Stamp::at).collect();
        assert_eq!(encode(&without), Vec::<u8>::new());
    }
}
