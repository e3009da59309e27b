//! The median over frames: digit by digit, or by keeping a band of samples, whichever reads the frames less often.

use pimage_core::{Error, Frame, FrameReader, Limits, with_sample_type};
use pimage_range::{Ordered, value_of};

use super::{ReduceOptions, Statistic, next_frame, no_frames};
use crate::ConvertError;

/// Bits of a digit.
const DIGIT_BITS: u32 = 8;
const DIGITS: usize = 1 << DIGIT_BITS;

/// Bytes at each place beside the tables: what was found out of it, and the result.
const PLACE_BYTES: u64 = 64;

/// Bytes that counting takes for each place: two tables, for the two samples in the middle.
const COUNT_BYTES: u64 = 2 * 4 * DIGITS as u64 + PLACE_BYTES;

/// How the frames are gone through.
struct Plan {
    /// Digit by digit, instead of keeping the samples.
    is_counted: bool,
    /// Places at a time.
    band: usize,
    digits: u32,
}

impl Plan {
    /// The way that reads the frames less often, for `count` of them with `places` samples each.
    fn new(places: usize, count: u64, bits: u8, memory_bytes: u64) -> Self {
        let band_of = |bytes: u64| {
            usize::try_from(memory_bytes / bytes)
                .unwrap_or(usize::MAX)
                .clamp(1, places.max(1))
        };
        let kept_bytes = count.saturating_mul(8).saturating_add(PLACE_BYTES);
        let digits = u32::from(bits).div_ceil(DIGIT_BITS);
        let kept_passes = places.div_ceil(band_of(kept_bytes)) as u64;
        let counted_passes = places.div_ceil(band_of(COUNT_BYTES)) as u64 * u64::from(digits);
        let is_too_much = kept_bytes > memory_bytes && kept_bytes > COUNT_BYTES;
        let is_counted = is_too_much || counted_passes < kept_passes;
        let bytes = if is_counted { COUNT_BYTES } else { kept_bytes };
        Self {
            is_counted,
            band: band_of(bytes),
            digits,
        }
    }
}

/// The median over all frames of a reader, and how many there were.
pub(super) fn median(
    reader: &mut dyn FrameReader,
    options: &ReduceOptions,
) -> Result<(Frame, u64), ConvertError> {
    let Some(mut count) = reader.info().frame_count.get().filter(|count| *count > 0) else {
        return Err(match reader.info().frame_count.get() {
            Some(_) => no_frames(reader.info()),
            None => comes_once(reader),
        });
    };
    let format = reader.info().format;
    let mut result = Frame::empty();
    let reset = result.reset(&Statistic::Median.output_format(&format), &Limits::none());
    reset.map_err(|source| ConvertError::Read { source })?;
    let places = result.samples::<f64>().unwrap_or_default().len();
    let mut plan = Plan::new(places, count, format.sample.bits(), options.memory_bytes);
    let mut used = 0;
    let mut start = 0;
    while start < places {
        let end = places.min(start.saturating_add(plan.band));
        let medians = if plan.is_counted {
            counted(reader, options, start..end, plan.digits, &mut used)?
        } else {
            kept(reader, options, start..end, count, &mut used)?
        };
        if used == 0 {
            return Err(no_frames(reader.info()));
        }
        if !plan.is_counted && used > count {
            // There are more frames than was said, and less room for each place.
            count = used;
            plan = Plan::new(places, count, format.sample.bits(), options.memory_bytes);
            continue;
        }
        let target = result.samples_mut::<f64>().unwrap_or_default();
        if let Some(target) = target.get_mut(start..end) {
            target.copy_from_slice(&medians);
        }
        start = end;
    }
    Ok((result, used))
}

/// Passes over all frames from the first on.
fn pass(
    reader: &mut dyn FrameReader,
    options: &ReduceOptions,
    used: &mut u64,
    mut look: impl FnMut(&Frame),
) -> Result<(), ConvertError> {
    match reader.as_seek() {
        Some(seek) => seek
            .seek(0)
            .map_err(|source| ConvertError::Read { source })?,
        None if *used > 0 => return Err(comes_once(reader)),
        None => {}
    }
    let mut frame = Frame::empty();
    *used = 0;
    while next_frame(reader, &mut frame, options)? {
        look(&frame);
        *used += 1;
    }
    Ok(())
}

/// A source that comes only once, and would have to be read again.
fn comes_once(reader: &dyn FrameReader) -> ConvertError {
    let source = Error::unsupported(
        &reader.info().container,
        "a median needs frames that are counted and can be read again",
    );
    ConvertError::Read { source }
}

/// Keeps the keys of all samples of a band, then finds the middle; of more than `count` frames, nothing useful.
fn kept(
    reader: &mut dyn FrameReader,
    options: &ReduceOptions,
    band: std::ops::Range<usize>,
    count: u64,
    used: &mut u64,
) -> Result<Vec<f64>, ConvertError> {
    let sample = reader.info().format.sample;
    let room = usize::try_from(count).unwrap_or(usize::MAX);
    // The band was chosen so that this is within the memory that is allowed.
    let mut keys = vec![0u64; room.saturating_mul(band.len())];
    let mut filled = vec![0usize; band.len()];
    let mut has_nan = vec![false; band.len()];
    pass(reader, options, used, |frame| {
        with_sample_type!(frame.format().sample, T => {
            let samples = frame.samples::<T>().unwrap_or_default();
            let samples = samples.get(band.clone()).unwrap_or_default();
            let places = keys.chunks_exact_mut(room).zip(&mut filled).zip(&mut has_nan);
            for (((keys, filled), has_nan), sample) in places.zip(samples) {
                let Some(key) = sample.order() else {
                    *has_nan = true;
                    continue;
                };
                if let Some(slot) = keys.get_mut(*filled) {
                    *slot = key;
                    *filled += 1;
                }
            }
        });
    })?;
    let middle = |keys: &mut [u64], has_nan: bool| {
        if keys.is_empty() || (has_nan && !options.skip_nan) {
            return f64::NAN;
        }
        let count = keys.len();
        let (below, upper, _) = keys.select_nth_unstable(count / 2);
        let upper = value_of(sample, *upper);
        match below.iter().max() {
            Some(lower) if count.is_multiple_of(2) => mean_of(value_of(sample, *lower), upper),
            _ => upper,
        }
    };
    Ok(keys
        .chunks_exact_mut(room)
        .zip(filled)
        .zip(has_nan)
        .map(|((keys, filled), has_nan)| {
            middle(keys.get_mut(..filled).unwrap_or_default(), has_nan)
        })
        .collect())
}

/// Half-way between two numbers, without overflow.
fn mean_of(lower: f64, upper: f64) -> f64 {
    let sum = lower + upper;
    if sum.is_finite() {
        sum / 2.0
    } else {
        lower / 2.0 + upper / 2.0
    }
}

/// One of the two samples in the middle at one place, as far as its digits are settled.
#[derive(Clone, Copy, Default)]
struct Rank {
    /// Its rank among the samples with the same settled digits, from 0.
    rank: u64,
    prefix: u64,
}

/// Settles one digit a pass, for the lower and the upper sample in the middle of each place.
fn counted(
    reader: &mut dyn FrameReader,
    options: &ReduceOptions,
    band: std::ops::Range<usize>,
    digits: u32,
    used: &mut u64,
) -> Result<Vec<f64>, ConvertError> {
    let sample = reader.info().format.sample;
    let mut ranks = vec![[Rank::default(); 2]; band.len()];
    let mut totals = vec![0u64; band.len()];
    let mut has_nan = vec![false; band.len()];
    let mut tables = vec![[0u32; DIGITS]; band.len() * 2];
    for number in (0..digits).rev() {
        let shift = number * DIGIT_BITS;
        let is_first = number + 1 == digits;
        tables.iter_mut().for_each(|table| table.fill(0));
        pass(reader, options, used, |frame| {
            with_sample_type!(frame.format().sample, T => {
                let samples = frame.samples::<T>().unwrap_or_default();
                let samples = samples.get(band.clone()).unwrap_or_default();
                let places = ranks.iter().zip(tables.chunks_exact_mut(2)).zip(samples);
                for (place, ((ranks, tables), sample)) in places.enumerate() {
                    let Some(key) = sample.order() else {
                        has_nan.get_mut(place).into_iter().for_each(|has| *has = true);
                        continue;
                    };
                    let settled = key.checked_shr(shift + DIGIT_BITS).unwrap_or(0);
                    let digit = (key >> shift) as usize % DIGITS;
                    for (rank, table) in ranks.iter().zip(tables) {
                        if rank.prefix == settled && let Some(count) = table.get_mut(digit) {
                            *count += 1;
                        }
                    }
                }
            });
        })?;
        let places = ranks
            .iter_mut()
            .zip(tables.chunks_exact(2))
            .zip(&mut totals);
        for ((ranks, tables), total) in places {
            if is_first {
                *total = tables
                    .first()
                    .map_or(0, |table| table.iter().map(|count| u64::from(*count)).sum());
                let upper = *total / 2;
                let lower = if total.is_multiple_of(2) {
                    upper.saturating_sub(1)
                } else {
                    upper
                };
                *ranks = [lower, upper].map(|rank| Rank { rank, prefix: 0 });
            }
            for (rank, table) in ranks.iter_mut().zip(tables) {
                settle(rank, table);
            }
        }
    }
    let results =
        ranks
            .iter()
            .zip(totals)
            .zip(has_nan)
            .map(|(([lower, upper], total), has_nan)| {
                if total == 0 || (has_nan && !options.skip_nan) {
                    return f64::NAN;
                }
                let [lower, upper] = [lower, upper].map(|rank| value_of(sample, rank.prefix));
                if lower.to_bits() == upper.to_bits() {
                    upper
                } else {
                    mean_of(lower, upper)
                }
            });
    Ok(results.collect())
}

fn settle(rank: &mut Rank, table: &[u32; DIGITS]) {
    let mut before = 0;
    for (digit, count) in table.iter().enumerate() {
        let count = u64::from(*count);
        if before + count > rank.rank {
            rank.rank -= before;
            rank.prefix = (rank.prefix << DIGIT_BITS) | digit as u64;
            return;
        }
        before += count;
    }
}
