//! Passes over a whole sequence, or over one frame, to find the bounds of the samples.
//!
//! Opacity does not count: it says nothing about intensities.

use pimage_core::{Cancel, Color, Error, Frame, FrameReader, SampleType, with_sample_type};

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

/// The least and the greatest finite sample of one frame, opacity aside; `None` when it has none.
#[must_use]
pub fn extremes_of(frame: &Frame) -> Option<(f64, f64)> {
    let format = frame.format();
    with_sample_type!(format.sample, T => {
        extremes_of_samples(frame.samples::<T>().unwrap_or_default(), format.color)
    })
}

/// Samples that are compared at a time; a multiple of the channels of every colour that has opacity.
const LANES: usize = 16;

fn extremes_of_samples<T: Ordered>(samples: &[T], color: Color) -> Option<(f64, f64)> {
    let (mut least, mut greatest) = ([T::GREATEST; LANES], [T::LEAST; LANES]);
    let mut look = |samples: &[T]| {
        for ((sample, least), greatest) in samples.iter().zip(&mut least).zip(&mut greatest) {
            let is_finite = Ordered::is_finite(*sample);
            let is_less = is_finite && *sample < *least;
            *least = if is_less { *sample } else { *least };
            let is_greater = is_finite && *sample > *greatest;
            *greatest = if is_greater { *sample } else { *greatest };
        }
    };
    let chunks = samples.chunks_exact(LANES);
    let rest = chunks.remainder();
    chunks.for_each(&mut look);
    look(rest);
    let channels = color.channels();
    let counts = |lane: usize| !color.has_alpha() || lane % channels + 1 < channels;
    let mut bounds = (T::GREATEST, T::LEAST);
    for (lane, (low, high)) in least.iter().zip(&greatest).enumerate() {
        if counts(lane) {
            bounds.0 = if *low < bounds.0 { *low } else { bounds.0 };
            bounds.1 = if *high > bounds.1 { *high } else { bounds.1 };
        }
    }
    // Where no sample was finite, they are still the wrong way round.
    (bounds.0 <= bounds.1).then(|| (bounds.0.to_f64(), bounds.1.to_f64()))
}

/// Bits that one pass settles, at most.
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
    fn new(percent: f64, digit_bits: u32) -> Self {
        Self {
            percent,
            rank: 0,
            prefix: 0,
            counts: vec![0; 1 << digit_bits],
        }
    }

    /// Settles the digit that was counted; `None` when there was no sample.
    fn settle(&mut self, is_first: bool) -> Option<()> {
        if is_first {
            let total: u64 = self.counts.iter().sum();
            self.rank = nearest_rank(self.percent, total);
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

/// Which of `total` samples in their order is this percentile, from 1: the first that at least so many percent do not exceed.
fn nearest_rank(percent: f64, total: u64) -> u64 {
    // What rounding adds to a whole number (8.8 % of 375 are 33) is no sample more.
    const ROUNDING: f64 = 1e-15;
    let rank = (percent * total as f64 / 100.0 * (1.0 - ROUNDING)).ceil() as u64;
    rank.clamp(1, total.max(1))
}

/// The digit that is being settled.
#[derive(Clone, Copy)]
struct Digit {
    shift: u32,
    is_first: bool,
}

/// Counts the digits of the intensities of a frame.
fn count(frame: &Frame, digit: Digit, quantiles: &mut [Quantile; 2]) {
    let format = frame.format();
    with_sample_type!(format.sample, T => {
        let samples = frame.samples::<T>().unwrap_or_default();
        if !format.color.has_alpha() {
            count_digits(samples, digit, quantiles);
            return;
        }
        for pixel in samples.chunks_exact(format.color.channels()) {
            if let [intensities @ .., _] = pixel {
                count_digits(intensities, digit, quantiles);
            }
        }
    });
}

fn count_digits<T: Ordered>(samples: &[T], digit: Digit, quantiles: &mut [Quantile; 2]) {
    let [first, second] = quantiles;
    let mask = first.counts.len() - 1;
    for key in samples.iter().filter_map(|sample| sample.key()) {
        let place = (key >> digit.shift) as usize & mask;
        let settled = key.checked_shr(digit.shift + DIGIT_BITS).unwrap_or(0);
        if (digit.is_first || first.prefix == settled)
            && let Some(count) = first.counts.get_mut(place)
        {
            *count += 1;
        }
        // Before anything is settled, one count serves both.
        if !digit.is_first
            && second.prefix == settled
            && let Some(count) = second.counts.get_mut(place)
        {
            *count += 1;
        }
    }
}

/// Two percentiles, by nearest rank, of the frames that `look` shows to a function once for each digit;
/// `None` without a finite sample.
fn quantiles_by_digits(
    sample: SampleType,
    percents: [f64; 2],
    mut look: impl FnMut(&mut dyn FnMut(&Frame)) -> Result<(), Error>,
) -> Result<Option<[f64; 2]>, Error> {
    let bits = u32::from(sample.bits());
    let mut quantiles = percents.map(|percent| Quantile::new(percent, bits.min(DIGIT_BITS)));
    let digits = bits.div_ceil(DIGIT_BITS);
    for number in (0..digits).rev() {
        let digit = Digit {
            shift: number * DIGIT_BITS,
            is_first: number + 1 == digits,
        };
        look(&mut |frame| count(frame, digit, &mut quantiles))?;
        let [first, second] = &mut quantiles;
        if digit.is_first {
            second.counts.clone_from(&first.counts);
        }
        for quantile in [first, second] {
            if quantile.settle(digit.is_first).is_none() {
                return Ok(None);
            }
        }
    }
    let values = quantiles.map(|quantile| value_of(sample, quantile.prefix));
    Ok(Some(values))
}

/// Two percentiles of all finite samples by nearest rank, exact; `None` when there is none.
pub(crate) fn quantiles(
    reader: &mut dyn FrameReader,
    cancel: &Cancel,
    percents: [f64; 2],
) -> Result<Option<[f64; 2]>, Error> {
    let sample = reader.info().format.sample;
    quantiles_by_digits(sample, percents, |look| pass(reader, cancel, look))
}

/// Two percentiles of the finite samples of one frame, opacity aside, by nearest rank, exact; `None` when it has none.
#[must_use]
pub fn quantiles_of(frame: &Frame, percents: [f64; 2]) -> Option<[f64; 2]> {
    let found = quantiles_by_digits(frame.format().sample, percents, |look| {
        look(frame);
        Ok(())
    });
    found.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use pimage_core::FrameFormat;

    use super::*;

    #[test]
    fn ranks_are_those_of_exact_fractions() {
        for tenths in 0..=1000u64 {
            let percent: f64 = format!("{}.{}", tenths / 10, tenths % 10)
                .parse()
                .expect("is a number");
            for total in (1..400).chain([327_680, 2_073_600, 1_244_160_000]) {
                let expected = (tenths * total).div_ceil(1000).max(1);
                assert_eq!(
                    nearest_rank(percent, total),
                    expected,
                    "{percent} of {total}"
                );
            }
        }
        assert_eq!(nearest_rank(50.0, 0), 1);
    }

    #[test]
    fn opacity_does_not_count() {
        let mut frame = Frame::zeroed(FrameFormat::new(19, 1, Color::Rgba, SampleType::U8));
        for pixel in frame.bytes_mut().chunks_exact_mut(4) {
            pixel.copy_from_slice(&[20, 30, 40, 255]);
        }
        frame.bytes_mut()[2] = 50;
        frame.bytes_mut()[7] = 0;
        assert_eq!(extremes_of(&frame), Some((20.0, 50.0)));
        assert_eq!(quantiles_of(&frame, [0.0, 100.0]), Some([20.0, 50.0]));
        assert_eq!(quantiles_of(&frame, [50.0, 90.0]), Some([30.0, 40.0]));
    }

    #[test]
    fn only_finite_samples_count() {
        let mut frame = Frame::zeroed(FrameFormat::new(20, 1, Color::Gray, SampleType::F32));
        let samples = frame.samples_mut::<f32>().expect("is f32");
        samples.fill(f32::NAN);
        assert_eq!(extremes_of(&frame), None);
        assert_eq!(quantiles_of(&frame, [1.0, 99.0]), None);
        let samples = frame.samples_mut::<f32>().expect("is f32");
        samples[3] = f32::INFINITY;
        samples[18] = -2.5;
        samples[19] = -7.0;
        assert_eq!(extremes_of(&frame), Some((-7.0, -2.5)));
        assert_eq!(quantiles_of(&frame, [1.0, 99.0]), Some([-7.0, -2.5]));
        assert_eq!(extremes_of(&Frame::empty()), None);
    }
}
