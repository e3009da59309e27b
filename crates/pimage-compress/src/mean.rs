//! The smallest group whose mean squared error is at most what was asked for.

use pimage_core::{Cancel, Error};

use crate::group::{check_shape, encode_group};
use crate::header::{Header, Method};
use crate::level::Scale;
use crate::mask;
use crate::plan::Plan;
use crate::recipe::{Recipe, Work, has_levels, middle};
use crate::sample::Sample;

/// How far a part of a step beside a whole number may lie and still be taken for the smaller one, in 64ths more than a half.
const DEAD: u8 = 8;

/// How much finer coarse steps may be quantised, in sixteenths.
const FINER: [u8; 3] = [2, 5, 9];

/// How many times the step of the quantiser is corrected.
const CORRECTIONS: usize = 5;

/// A mean squared error is good enough from this part of its limit on.
const GOOD: f64 = 0.985;

/// Packs the frames of one group so that the mean squared error of what comes back is at most `limit`.
///
/// Any single value may be off by more than that; see [`encode_group`](crate::encode_group) for a promise of each.
/// The error is measured on what a reader gets.
/// Values that are no numbers come back as they are, and do not count.
///
/// ```
/// use pimage_compress::{decode_group, encode_group_psnr};
/// use pimage_core::Cancel;
///
/// let values: Vec<f32> = (0..1000).map(|i| (i as f32 * 0.1).sin()).collect();
/// let bytes = encode_group_psnr(&values, [10, 10, 10], 1e-4, &Cancel::new())?;
/// let back: Vec<f32> = decode_group(&bytes, &Cancel::new())?;
/// let squares = values.iter().zip(&back).map(|(a, b)| (a - b) * (a - b));
/// assert!(squares.sum::<f32>() / 1000.0 <= 1e-4);
/// # Ok::<(), pimage_core::Error>(())
/// ```
///
/// # Errors
///
/// If the shape is not that of the values, the limit is negative or no number, or `cancel` was used.
pub fn encode_group_psnr<S: Sample>(
    values: &[S],
    shape: [usize; 3],
    limit: f64,
    cancel: &Cancel,
) -> Result<Vec<u8>, Error> {
    check_shape(values.len(), shape)?;
    if !(limit >= 0.0 && limit.is_finite()) {
        let expected = "a mean squared error from 0 on";
        return Err(Error::bad_option("limit", limit.to_string(), expected));
    }
    let bound = limit.sqrt();
    let promised = |cancel: &Cancel| encode_group(values, shape, bound, cancel);
    let spread = Spread::of(values);
    if limit == 0.0 || !spread.is_usable(limit) || (!S::IS_FLOAT && bound < 0.5) {
        return promised(cancel);
    }
    let kinds = mask::kinds(values);
    let mask = if kinds.is_empty() {
        Vec::new()
    } else {
        mask::encode(values, &kinds, shape)
    };
    let work = Work {
        values,
        kinds: &kinds,
        shape,
    };
    let recipe = choose(&work, limit, cancel)?;
    let Some((step, packed)) = reach(&work, recipe, recipe.scale.quantum(0), limit, cancel)? else {
        return promised(cancel);
    };
    let mut payload = mask;
    let header = Header {
        method: Method::Predicted,
        sample: S::CODE,
        shape,
        bound: step,
        is_mean: true,
        plan: recipe.plan.code(),
        finer: recipe.scale.finer(),
        number: 0.0,
        mask_bytes: payload.len(),
    };
    payload.extend(packed);
    let found = header.seal(&payload);
    if has_levels(values) {
        let other = promised(cancel)?;
        if other.len() < found.len() {
            return Ok(other);
        }
    }
    Ok(found)
}

/// The recipe that packs the middle of the group best, with the step that keeps the error there.
fn choose<S: Sample>(work: &Work<'_, S>, limit: f64, cancel: &Cancel) -> Result<Recipe, Error> {
    let (values, kinds, shape) = middle(work);
    let part = Work {
        values: &values,
        kinds: &kinds,
        shape,
    };
    let mut best: Option<(f64, Recipe)> = None;
    let mut attempt = |plan: Plan, finer: u8| -> Result<Recipe, Error> {
        let recipe = recipe_of(plan, (12.0 * limit).sqrt(), finer);
        let (bytes, error) = measure(&part, recipe, cancel)?;
        // Where errors differ, a bit for every value is worth a factor of four.
        let cost = bytes.len() as f64 * 8.0
            + 0.5 * octaves(error / limit) * work.values.len().min(values.len()) as f64;
        let kept = match best {
            Some(kept) if kept.0 <= cost => kept,
            _ => (cost, recipe),
        };
        best = Some(kept);
        Ok(kept.1)
    };
    let mut chosen = attempt(Plan::Pyramid, 5)?;
    for plan in [Plan::SpaceFirst, Plan::Raster] {
        chosen = attempt(plan, 5)?;
    }
    if chosen.plan != Plan::Raster {
        for finer in FINER {
            chosen = attempt(chosen.plan, finer)?;
        }
    }
    let start = (12.0 * limit).sqrt();
    let found = reach(&part, chosen, start, limit, cancel)?;
    let step = found.map_or(start, |(step, _)| step);
    Ok(recipe_of(chosen.plan, step, chosen.scale.finer()))
}

/// The largest step, from `start` on, that was found to keep the error, with the bytes; `None` where none was.
fn reach<S: Sample>(
    work: &Work<'_, S>,
    recipe: Recipe,
    start: f64,
    limit: f64,
    cancel: &Cancel,
) -> Result<Option<(f64, Vec<u8>)>, Error> {
    let mut step = start;
    let (mut kept, mut passed) = (None, None);
    for _ in 0..CORRECTIONS {
        let recipe = recipe_of(recipe.plan, step, recipe.scale.finer());
        let (bytes, error) = measure(work, recipe, cancel)?;
        if error <= limit {
            let is_good = error >= limit * GOOD;
            kept = Some((step, error, bytes));
            if is_good {
                break;
            }
        } else {
            passed = Some((step, error));
        }
        let next = match (&kept, passed) {
            (Some((low, low_error, _)), Some((high, high_error))) => {
                let whole = octaves(high_error / low_error);
                let part = octaves(limit * 0.994 / low_error) / whole;
                let part = if part.is_finite() {
                    part.clamp(0.05, 0.9)
                } else {
                    0.5
                };
                low + (high - low) * part
            }
            _ => step * (limit * 0.994 / error.max(limit * 1e-3)).sqrt().min(3.0),
        };
        if !(next.is_finite() && next > 0.0) {
            break;
        }
        step = next;
    }
    Ok(kept.map(|(step, _, bytes)| (step, bytes)))
}

fn recipe_of(plan: Plan, step: f64, finer: u8) -> Recipe {
    Recipe {
        method: Method::Predicted,
        plan,
        scale: Scale::Mean {
            step,
            finer,
            dead: DEAD,
        },
    }
}

/// The bytes of all values, and the mean squared error of what they give back.
fn measure<S: Sample>(
    work: &Work<'_, S>,
    recipe: Recipe,
    cancel: &Cancel,
) -> Result<(Vec<u8>, f64), Error> {
    let (bytes, found) = work.pack_and_see(recipe, cancel)?;
    let (mut sum, mut count) = (0.0, 0_u64);
    for (value, found) in work.values.iter().zip(&found) {
        let value = value.to_f64();
        if value.is_finite() {
            let away = value - found.to_f64();
            sum += away * away;
            count += 1;
        }
    }
    Ok((bytes, sum / count.max(1) as f64))
}

/// About the logarithm to the base of two; only products, so that it is the same on every machine.
fn octaves(value: f64) -> f64 {
    if !(value.is_finite() && value >= f64::MIN_POSITIVE) {
        return -1022.0;
    }
    let bits = value.to_bits();
    let exponent = (bits >> 52) as f64 - 1023.0;
    let part = f64::from_bits(bits & ((1 << 52) - 1) | 1023 << 52) - 1.0;
    exponent + part * (1.0 + 0.344 * (1.0 - part))
}

/// The mean of a group's numbers and how far they lie from it.
#[derive(Debug, Clone, Copy)]
struct Spread {
    variance: f64,
    largest: f64,
}

impl Spread {
    fn of<S: Sample>(values: &[S]) -> Self {
        let finite = || {
            values
                .iter()
                .map(|value| value.to_f64())
                .filter(|value| value.is_finite())
        };
        let count = finite().count().max(1) as f64;
        let mean = finite().map(|value| value / count).sum::<f64>();
        Self {
            variance: finite()
                .map(|value| (value - mean) * ((value - mean) / count))
                .sum(),
            largest: finite().fold(0.0, |largest, value| value.abs().max(largest)),
        }
    }

    /// Whether steps of about this error are neither finer than the numbers nor far wider than the whole.
    fn is_usable(&self, limit: f64) -> bool {
        self.variance.is_finite()
            && self.variance > limit
            && self.largest < 1e150
            && limit.sqrt() > self.largest * 1e-7
    }
}
