//! What a base got wrong, in steps of twice the bound: fast, for bases that are nearly right.
//!
//! The frames are coded one after another: a value that is near enough needs no step, and most are.

use pimage_core::{Cancel, Error};

use crate::arith::{BitCoder, Decoder, Encoder};
use crate::level::Scale;
use crate::sample::Sample;
use crate::steps::{ESCAPE, Model};

/// What leads from the base to the values, none of which is off by more than `bound` then: a number above 0, or 0 for not at all.
///
/// `masked` says which values are not coded here; it is empty for none.
pub(crate) fn encode<S: Sample>(
    values: &[S],
    base: &[S],
    masked: &[u8],
    shape: [usize; 3],
    bound: f64,
    cancel: &Cancel,
) -> Result<Vec<u8>, Error> {
    let scale = scale::<S>(bound);
    let mut coder = Encoder::new();
    let mut model = Model::new(shape);
    let area = model.area();
    let mut steps = vec![0; area];
    for (frame, (values, base)) in values.chunks(area).zip(base.chunks(area)).enumerate() {
        if cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        let masked = masked.get(frame * area..).unwrap_or(&[]);
        measure(values, base, masked, scale, &mut steps);
        model.code_frame(&mut coder, &mut steps, masked);
        for (value, _) in values
            .iter()
            .zip(&steps)
            .filter(|(_, step)| **step == ESCAPE)
        {
            coder.code_raw(value.to_bits(), 8 * S::size() as u32);
        }
    }
    Ok(coder.finish())
}

/// Leads from the base to the values.
pub(crate) fn decode<S: Sample>(
    bytes: &[u8],
    base: &mut [S],
    masked: &[u8],
    shape: [usize; 3],
    bound: f64,
    cancel: &Cancel,
) -> Result<(), Error> {
    let scale = scale::<S>(bound);
    let quantum = scale.quantum(0);
    let mut coder = Decoder::new(bytes);
    let mut model = Model::new(shape);
    let area = model.area();
    let mut steps = vec![0; area];
    for (frame, base) in base.chunks_mut(area).enumerate() {
        if cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        let masked = masked.get(frame * area..).unwrap_or(&[]);
        steps.fill(0);
        model.code_frame(&mut coder, &mut steps, masked);
        for (value, &step) in base.iter_mut().zip(&steps) {
            match step {
                0 => {}
                ESCAPE => *value = S::from_bits(coder.code_raw(0, 8 * S::size() as u32)),
                _ => *value = scale.value(step, value.to_f64(), quantum),
            }
        }
    }
    Ok(())
}

fn scale<S: Sample>(bound: f64) -> Scale {
    let least = if S::IS_FLOAT { f64::MIN_POSITIVE } else { 1.0 };
    if bound >= least {
        Scale::bounded::<S>(bound, 0)
    } else {
        Scale::Exact { unit: 1.0 }
    }
}

/// The steps that lead from the base to within the bound of the values.
fn measure<S: Sample>(values: &[S], base: &[S], masked: &[u8], scale: Scale, steps: &mut [i64]) {
    let quantum = scale.quantum(0);
    for ((step, &value), &base) in steps.iter_mut().zip(values).zip(base) {
        let (number, _) = scale.code(value, base.to_f64(), quantum);
        *step = number.unwrap_or(ESCAPE);
    }
    for (step, _) in steps.iter_mut().zip(masked).filter(|(_, kind)| **kind != 0) {
        *step = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<S: Sample>(
        values: &[S],
        base: &[S],
        masked: &[u8],
        shape: [usize; 3],
        bound: f64,
    ) -> usize {
        let cancel = Cancel::new();
        let bytes = encode(values, base, masked, shape, bound, &cancel).unwrap();
        let mut back = base.to_vec();
        decode(&bytes, &mut back, masked, shape, bound, &cancel).unwrap();
        for (at, (value, found)) in values.iter().zip(&back).enumerate() {
            let is_masked = masked.get(at).is_some_and(|&kind| kind != 0);
            let is_kept = if bound > 0.0 {
                (value.to_f64() - found.to_f64()).abs() <= bound
            } else {
                value.to_bits() == found.to_bits()
            };
            assert!(is_masked || is_kept, "{at}: {value:?} {found:?}");
        }
        bytes.len()
    }

    fn noise(count: usize, amplitude: f64) -> Vec<f32> {
        let mut seed = 3_u64;
        (0..count)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(9);
                ((seed >> 11) as f64 / 2_f64.powi(53) - 0.5) as f32 * amplitude as f32
            })
            .collect()
    }

    #[test]
    fn a_base_that_is_right_costs_next_to_nothing() {
        let values = noise(40 * 60 * 70, 2.0);
        let base: Vec<f32> = values.iter().map(|value| value + 0.009).collect();
        assert!(check(&values, &base, &[], [40, 60, 70], 0.01) < 40);
        assert!(check(&values, &values, &[], [40, 60, 70], 0.0) < 40);
    }

    #[test]
    fn bounds_are_kept_from_coarse_to_exact() {
        let shape = [5, 37, 41];
        let count = shape.iter().product();
        let base = vec![1.5_f32; count];
        for amplitude in [1e-3, 1.0, 1e4, 1e30] {
            let values: Vec<f32> = noise(count, amplitude)
                .iter()
                .map(|value| value + 1.5)
                .collect();
            let mut sizes = Vec::new();
            for bound in [1.0, 0.3, 0.01, 1e-6, 0.0] {
                sizes.push(check(&values, &base, &[], shape, bound));
            }
            assert!(sizes.is_sorted() || amplitude > 1e3, "{sizes:?}");
            assert!(sizes[4] < count * 5, "{sizes:?}");
        }
    }

    #[test]
    fn a_uniform_error_costs_what_it_must() {
        let shape = [10, 64, 64];
        let values = noise(10 * 64 * 64, 16.0);
        let base = vec![0.0_f32; values.len()];
        // 16 steps that are equally likely: four bits.
        let bytes = check(&values, &base, &[], shape, 0.5);
        assert!(bytes * 8 < values.len() * 42 / 10, "{bytes}");
    }

    #[test]
    fn whole_numbers_and_their_ends_come_back() {
        let shape = [3, 5, 7];
        let draw = |at: i64, span: i64| (at * 7919 % 104_729) % span;
        for bound in [0.0, 0.5, 1.0, 3.0] {
            let bytes: Vec<u8> = (0..105).map(|at| draw(at, 256) as u8).collect();
            check(&bytes, &[255; 105], &[], shape, bound);
            check(&bytes, &[0; 105], &[], shape, bound);
            let words: Vec<i32> = (0..105)
                .map(|at| if at % 3 == 0 { i32::MIN } else { i32::MAX - at })
                .collect();
            check(&words, &[5; 105], &[], shape, bound);
        }
        let ends: Vec<f64> = (0..105)
            .map(|at| [f64::MAX, f64::MIN, -0.0, 5e-324, 1.0][at % 5])
            .collect();
        for bound in [0.0, 1e-300, 1.0, 1e300] {
            check(&ends, &[0.0; 105], &[], shape, bound);
        }
    }

    #[test]
    fn masked_values_are_passed_over() {
        let shape = [2, 9, 9];
        let mut values = noise(162, 5.0);
        let masked: Vec<u8> = (0..162).map(|at| u8::from(at % 4 == 0)).collect();
        for value in values.iter_mut().step_by(4) {
            *value = f32::NAN;
        }
        check(&values, &[0.0; 162], &masked, shape, 0.1);
        check(&values, &[0.0; 162], &masked, shape, 0.0);
    }

    #[test]
    fn any_bytes_decode_to_something() {
        let mut bytes = vec![0_u8; 300];
        for round in 0..200_u32 {
            for (at, byte) in bytes.iter_mut().enumerate() {
                *byte = ((at as u32 + 1) * (round * 97 + 13)).to_le_bytes()[1];
            }
            let mut base = vec![1.0_f32; 300];
            decode(&bytes, &mut base, &[], [3, 10, 10], 0.1, &Cancel::new()).unwrap();
            decode(&bytes, &mut base, &[], [3, 10, 10], 0.0, &Cancel::new()).unwrap();
        }
    }
}
