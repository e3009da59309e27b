//! Groups of which a signal-to-noise ratio is promised.

use pimage_core::{Cancel, Error};

use crate::mean::encode_group_psnr;
use crate::sample::Sample;

/// Packs values so that their error is at most `db` decibels below `range`.
///
/// # Errors
///
/// As [`encode_group_psnr`].
pub(crate) fn encode<S: Sample>(
    values: &[S],
    shape: [usize; 3],
    db: f64,
    range: f64,
    cancel: &Cancel,
) -> Result<Vec<u8>, Error> {
    // A sum in another order is another in its last bits.
    let limit = allowed(db, range) * (1.0 - 1e-9);
    encode_group_psnr(values, shape, limit, cancel)
}

/// Whether values came back as promised.
pub(crate) fn holds<S: Sample>(values: &[S], found: &[S], db: f64, range: f64) -> bool {
    let is_special_kept =
        |value: &S, found: &S| value.to_f64().is_finite() || value.to_bits() == found.to_bits();
    values.len() == found.len()
        && values
            .iter()
            .zip(found)
            .all(|(value, found)| is_special_kept(value, found))
        && mean_square(values, found) <= allowed(db, range)
}

/// The mean square of errors that is allowed.
fn allowed(db: f64, range: f64) -> f64 {
    range * range / 10.0_f64.powf(db / 10.0)
}

fn mean_square<S: Sample>(values: &[S], found: &[S]) -> f64 {
    let (mut sum, mut count) = (0.0, 0_u64);
    for (value, found) in values.iter().zip(found) {
        let off = value.to_f64() - found.to_f64();
        if value.to_f64().is_finite() {
            sum += off * off;
            count += 1;
        }
    }
    sum / count.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::decode_group;

    #[test]
    fn the_ratio_is_reached_and_not_by_far_exceeded() {
        let values: Vec<f32> = (0..40_000)
            .map(|i| (i as f32 * 0.37).sin() + (i as f32 * 0.011).cos())
            .collect();
        for db in [20.0, 45.0, 80.0] {
            let bytes = encode(&values, [4, 100, 100], db, 4.0, &Cancel::new()).expect("packs");
            let found: Vec<f32> = decode_group(&bytes, &Cancel::new()).expect("unpacks");
            assert!(holds(&values, &found, db, 4.0));
            let reached = 10.0 * (16.0 / mean_square(&values, &found)).log10();
            assert!(reached < db + 1.5, "{reached} for {db}");
        }
    }
}
