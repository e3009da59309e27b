//! Passes over a whole sequence to find the bounds of its samples.

use pimage_core::{Error, Frame, FrameReader, Sample, SampleType};

use crate::range::cannot_reread;
use crate::{Cancel, ConvertError};

/// A sample as an unsigned number that sorts like it, so that percentiles can be found digit by digit.
trait Ordered: Sample {
    /// The key; `None` for what is not finite.
    fn key(self) -> Option<u64>;
    /// The sample of a key, as a float; exact for every type.
    fn value_of(key: u64) -> f64;
}

macro_rules! ordered_unsigned {
    ($($type:ty),*) => {$(
        impl Ordered for $type {
            fn key(self) -> Option<u64> {
                Some(u64::from(self))
            }

            fn value_of(key: u64) -> f64 {
                key as f64
            }
        }
    )*};
}

macro_rules! ordered_signed {
    ($($type:ty, $unsigned:ty);*) => {$(
        impl Ordered for $type {
            fn key(self) -> Option<u64> {
                Some(u64::from(self as $unsigned ^ (1 << (<$unsigned>::BITS - 1))))
            }

            fn value_of(key: u64) -> f64 {
                f64::from((key as $unsigned ^ (1 << (<$unsigned>::BITS - 1))) as $type)
            }
        }
    )*};
}

/// The bits of a float sort like it when those of a negative one are inverted and the sign of the others is set.
macro_rules! ordered_float {
    ($($type:ty, $bits:ty);*) => {$(
        impl Ordered for $type {
            fn key(self) -> Option<u64> {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                let bits = self.to_bits();
                let key = if bits & SIGN == 0 { bits | SIGN } else { !bits };
                self.is_finite().then_some(u64::from(key))
            }

            fn value_of(key: u64) -> f64 {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                let key = key as $bits;
                let bits = if key & SIGN == 0 { !key } else { key & !SIGN };
                f64::from(<$type>::from_bits(bits))
            }
        }
    )*};
}

ordered_unsigned!(u8, u16, u32);
ordered_signed!(i16, u16; i32, u32);
ordered_float!(f32, u32; f64, u64);

/// Runs `$body` with `$samples` bound to the samples of `$frame`, whatever their type.
macro_rules! each_type {
    ($frame:expr, $samples:ident => $body:expr) => {{
        let frame: &Frame = $frame;
        match frame.format().sample {
            SampleType::U8 => each_type!(@one frame, u8, $samples => $body),
            SampleType::U16 => each_type!(@one frame, u16, $samples => $body),
            SampleType::U32 => each_type!(@one frame, u32, $samples => $body),
            SampleType::I16 => each_type!(@one frame, i16, $samples => $body),
            SampleType::I32 => each_type!(@one frame, i32, $samples => $body),
            SampleType::F32 => each_type!(@one frame, f32, $samples => $body),
            SampleType::F64 => each_type!(@one frame, f64, $samples => $body),
            _ => {}
        }
    }};
    (@one $frame:ident, $type:ty, $samples:ident => $body:expr) => {
        if let Some($samples) = $frame.samples::<$type>() {
            $body
        }
    };
}

/// Reads all frames from the first on and shows each to `look`.
fn pass(
    reader: &mut dyn FrameReader,
    cancel: &Cancel,
    mut look: impl FnMut(&Frame),
) -> Result<(), ConvertError> {
    let failed = |source: Error| ConvertError::Read { source };
    let container = reader.info().container.clone();
    match reader.as_seek() {
        Some(seek) => seek.seek(0).map_err(failed)?,
        None => return Err(cannot_reread(&container)),
    }
    let mut frame = Frame::empty();
    while reader.read_into(&mut frame).map_err(failed)? {
        if cancel.is_cancelled() {
            return Err(ConvertError::Stopped { written: 0 });
        }
        look(&frame);
    }
    Ok(())
}

/// The least and greatest finite sample.
pub(crate) fn extremes(
    reader: &mut dyn FrameReader,
    cancel: &Cancel,
) -> Result<(f64, f64), ConvertError> {
    let mut bounds: Option<(f64, f64)> = None;
    pass(reader, cancel, |frame| {
        each_type!(frame, samples => {
            if let Some((low, high)) = extremes_of(samples) {
                let (least, greatest) = bounds.get_or_insert((low, high));
                *least = least.min(low);
                *greatest = greatest.max(high);
            }
        });
    })?;
    Ok(bounds.unwrap_or((0.0, 1.0)))
}

fn extremes_of<T: Ordered>(samples: &[T]) -> Option<(f64, f64)> {
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
) -> Result<(f64, f64), ConvertError> {
    let sample = reader.info().format.sample;
    let mut quantiles = percents.map(Quantile::new);
    let passes = u32::from(sample.bits()).div_ceil(DIGIT_BITS);
    for number in (0..passes).rev() {
        let shift = number * DIGIT_BITS;
        pass(reader, cancel, |frame| {
            each_type!(frame, samples => count_digits(samples, shift, &mut quantiles));
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

fn value_of(sample: SampleType, key: u64) -> f64 {
    match sample {
        SampleType::I16 => i16::value_of(key),
        SampleType::I32 => i32::value_of(key),
        SampleType::F32 => f32::value_of(key),
        SampleType::F64 => f64::value_of(key),
        _ => u64_value(key),
    }
}

/// Keys of unsigned samples are the samples, of 32 bits at most.
const fn u64_value(key: u64) -> f64 {
    key as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Ordered>(ascending: &[T]) {
        let keys: Vec<_> = ascending.iter().filter_map(|sample| sample.key()).collect();
        assert_eq!(keys.len(), ascending.len());
        assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "{keys:?}");
        for (key, sample) in keys.iter().zip(ascending) {
            assert_eq!(T::value_of(*key).to_string(), sample.to_string());
        }
    }

    #[test]
    fn keys_sort_like_their_samples_and_lead_back() {
        check(&[0u8, 1, 255]);
        check(&[0u16, 256, u16::MAX]);
        check(&[0u32, 65_536, u32::MAX]);
        check(&[i16::MIN, -1, 0, 1, i16::MAX]);
        check(&[i32::MIN, -70_000, 0, 70_000, i32::MAX]);
        check(&[-3.5f32, -1.0, -0.5, 0.0, 0.25, 2.0]);
        check(&[-3e100f64, -1.0, 0.0, 1e-100, 2.0]);
        assert_eq!(f32::NAN.key(), None);
        assert_eq!(f64::NEG_INFINITY.key(), None);
    }
}
