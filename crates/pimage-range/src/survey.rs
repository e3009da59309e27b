//! Passes over a whole sequence to find the bounds of its samples.

use pimage_core::{Cancel, Error, Frame, FrameReader, with_sample_type};

use crate::ordered::{Ordered, value_of};
use crate::spec::cannot_reread;

/// Reads all frames from the first on and shows each to `look`.
fn pass(
    reader: &mut dyn FrameReader,
    cancel: &Cancel,
    mut look: impl FnMut(&Frame),
) -> Result<(), Error> {
    let container = reader.info().container.clone();
    match reader.as_seek() {
        Some(seek) => seek.seek(0)?,
        None => return Err(cannot_reread(&container)),
    }
    let mut frame = Frame::empty();
    while reader.read_into(&mut frame)? {
        if cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        look(&frame);
    }
    Ok(())
}

/// The least and greatest finite sample; `None` when there is none.
pub(crate) fn extremes(
    reader: &mut dyn FrameReader,
    cancel: &Cancel,
) -> Result<Option<(f64, f64)>, Error> {
    let mut bounds: Option<(f64, f64)> = None;
    pass(reader, cancel, |frame| {
        if let Some((low, high)) = extremes_of(frame) {
            let (least, greatest) = bounds.get_or_insert((low, high));
            *least = least.min(low);
            *greatest = greatest.max(high);
        }
    })?;
    Ok(bounds)
}

/// The least and the greatest finite sample of one frame; `None` when it has none.
///
/// Opacity counts like any other sample.
#[must_use]
pub fn extremes_of(frame: &Frame) -> Option<(f64, f64)> {
    with_sample_type!(frame.format().sample, T => extremes_of_samples(frame.samples::<T>().unwrap_or_default()))
}

fn extremes_of_samples<T: Ordered>(samples: &[T]) -> Option<(f64, f64)> {
    let mut bounds: Option<(u64, u64)> = None;
    for key in samples.iter().filter_map(|sample| sample.key()) {
        let (least, greatest) = bounds.get_or_insert((key, key));
        *least = (*least).min(key);
        *greatest = (*greatest).max(key);
    }
    bounds.map(|(least, greatest)| (T::value_of(least), T::value_of(greatest)))
}

/// Bits that one pass settles.
const DIGIT_BITS: u32 = 16;

/// One percentile on the way to being found, digit by digit from the highest.
struct Quantile {
    percent: f64,
    /// Samples at most this key's that are still to be counted off, from 1.
    rank: u64,
    /// The digits that are settled.
    prefix: u64,
    /// How often each next digit follows them.
    counts: Vec<u64>,
}

impl Quantile {
    fn new(percent: f64) -> Self {
        Self {
            percent,
            rank: 0,
            prefix: 0,
            counts: vec![0; 1 << DIGIT_BITS],
        }
    }

    /// Settles the digit that was counted; `None` when there was no sample.
    fn settle(&mut self, is_first: bool) -> Option<()> {
        if is_first {
            let total: u64 = self.counts.iter().sum();
            let rank = (self.percent / 100.0 * total as f64).ceil() as u64;
            self.rank = rank.clamp(1, total.max(1));
        }
        let mut before = 0;
        for (digit, count) in self.counts.iter().enumerate() {
            if before + count >= self.rank {
                self.rank -= before;
                self.prefix = (self.prefix << DIGIT_BITS) | digit as u64;
                self.counts.fill(0);
                return Some(());
            }
            before += count;
        }
        None
    }
}

fn count_digits<T: Ordered>(samples: &[T], shift: u32, quantiles: &mut [Quantile; 2]) {
    for key in samples.iter().filter_map(|sample| sample.key()) {
        let settled = key.checked_shr(shift + DIGIT_BITS).unwrap_or(0);
        let digit = (key >> shift) as usize & ((1 << DIGIT_BITS) - 1);
        for quantile in quantiles.iter_mut() {
            if quantile.prefix == settled
                && let Some(count) = quantile.counts.get_mut(digit)
            {
                *count += 1;
            }
        }
    }
}

/// Two percentiles of all finite samples by nearest rank, exact.
pub(crate) fn quantiles(
    reader: &mut dyn FrameReader,
    cancel: &Cancel,
    percents: [f64; 2],
) -> Result<(f64, f64), Error> {
    let sample = reader.info().format.sample;
    let mut quantiles = percents.map(Quantile::new);
    let passes = u32::from(sample.bits()).div_ceil(DIGIT_BITS);
    for number in (0..passes).rev() {
        let shift = number * DIGIT_BITS;
        pass(reader, cancel, |frame| {
            with_sample_type!(sample, T => {
                count_digits(frame.samples::<T>().unwrap_or_default(), shift, &mut quantiles);
            });
        })?;
        for quantile in &mut quantiles {
            if quantile.settle(number + 1 == passes).is_none() {
                return Ok((0.0, 1.0));
            }
        }
    }
    let [low, high] = quantiles.map(|quantile| value_of(sample, quantile.prefix));
    Ok((low, high))
}

/// Two percentiles of the finite samples of one frame by nearest rank, exact; `None` when it has none.
#[must_use]
pub fn quantiles_of(frame: &Frame, percents: [f64; 2]) -> Option<[f64; 2]> {
    let sample = frame.format().sample;
    with_sample_type!(sample, T => {
        let samples = frame.samples::<T>().unwrap_or_default();
        let mut keys: Vec<u64> = samples.iter().filter_map(|sample| sample.key()).collect();
        let last = keys.len().checked_sub(1)?;
        Some(percents.map(|percent| {
            let rank = (percent / 100.0 * keys.len() as f64).ceil() as usize;
            let (_, key, _) = keys.select_nth_unstable(rank.saturating_sub(1).min(last));
            value_of(sample, *key)
        }))
    })
}
