//! No value is ever off by more than was promised, and what is exact is identical.

use pimage_compress::{Sample, decode_group, encode_group, encode_group_psnr};
use pimage_core::Cancel;
use proptest::prelude::*;

/// What a field looks like.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Look {
    Smooth,
    Noise,
    Steps,
    Flat,
    Huge,
    Tiny,
}

fn draw(seed: &mut u64) -> f64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 11) as f64 / (1_u64 << 53) as f64
}

fn value(look: Look, [t, y, x]: [usize; 3], seed: &mut u64) -> f64 {
    let (ft, fy, fx) = (t as f64, y as f64, x as f64);
    let wave = (0.3 * fx + 0.2 * fy - 0.15 * ft).sin() + 0.4 * (0.11 * fx * fy / 9.0).cos();
    match look {
        Look::Smooth => wave + 0.001 * draw(seed),
        Look::Noise => draw(seed),
        Look::Steps => f64::from(u8::from((x + t) % 9 < 4)) + f64::from(u8::from(y % 5 == 0)),
        Look::Flat => 0.7,
        Look::Huge => wave * 2.0_f64.powf(120.0 * draw(seed)),
        Look::Tiny => wave * 1e-36 * draw(seed).powi(9),
    }
}

pub(crate) fn look() -> impl Strategy<Value = Look> {
    prop_oneof![
        Just(Look::Smooth),
        Just(Look::Noise),
        Just(Look::Steps),
        Just(Look::Flat),
        Just(Look::Huge),
        Just(Look::Tiny),
    ]
}

pub(crate) fn shape() -> impl Strategy<Value = [usize; 3]> {
    prop_oneof![
        [1..=20_usize, 1..=24_usize, 1..=40_usize],
        [1..=3_usize, 1..=3_usize, 1..=300_usize],
        [1..=200_usize, 1..=3_usize, 1..=3_usize],
    ]
}

/// How often values are no numbers: never, at places, everywhere.
pub(crate) fn holes() -> impl Strategy<Value = f64> {
    prop_oneof![3 => Just(0.0), 2 => 0.001..0.5_f64, 1 => Just(1.0)]
}

fn special(seed: &mut u64) -> f64 {
    match (draw(seed) * 3.0) as u8 {
        0 => f64::NAN,
        1 => f64::INFINITY,
        _ => f64::NEG_INFINITY,
    }
}

pub(crate) fn field(look: Look, shape: [usize; 3], holes: f64, seed: u64) -> Vec<f64> {
    let (mut seed, mut values) = (seed, Vec::new());
    for t in 0..shape[0] {
        for y in 0..shape[1] {
            for x in 0..shape[2] {
                let number = value(look, [t, y, x], &mut seed);
                let is_hole = draw(&mut seed) < holes;
                values.push(if is_hole { special(&mut seed) } else { number });
            }
        }
    }
    values
}

fn back<S: Sample>(values: &[S], shape: [usize; 3], bound: f64) -> Vec<S> {
    let bytes = encode_group(values, shape, bound, &Cancel::new()).unwrap();
    decode_group(&bytes, &Cancel::new()).unwrap()
}

fn holds<S: Sample>(values: &[S], shape: [usize; 3], bound: f64) -> Result<(), TestCaseError> {
    promised(values, &back(values, shape, bound), bound)
}

/// Whether these came back within the bound, and what is no number as it was.
pub(crate) fn promised<S: Sample>(
    values: &[S],
    found: &[S],
    bound: f64,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(found.len(), values.len());
    for (at, (value, found)) in values.iter().zip(found).enumerate() {
        if bound == 0.0 || !value.to_f64().is_finite() {
            prop_assert_eq!(value.to_bits(), found.to_bits(), "value {}", at);
        } else {
            let off = (value.to_f64() - found.to_f64()).abs();
            prop_assert!(
                off <= bound,
                "value {}: {:?} came back as {:?}",
                at,
                value,
                found
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn floats_keep_the_bound(
        look in look(), shape in shape(), holes in holes(), seed: u64,
        exponent in -9.0..1.0_f64, is_exact in prop::bool::weighted(0.2),
    ) {
        let values = field(look, shape, holes, seed);
        let largest = values.iter().filter(|v| v.is_finite()).fold(0.0_f64, |m, v| m.max(v.abs()));
        let bound = if is_exact { 0.0 } else { 10.0_f64.powf(exponent) * largest };
        let single: Vec<f32> = values.iter().map(|&value| value as f32).collect();
        holds(&single, shape, bound)?;
        holds(&values, shape, bound)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn whole_numbers_keep_the_bound(
        look in look(), shape in shape(), seed: u64, bound in prop_oneof![Just(0.0), 0.0..40.0_f64],
    ) {
        let values = field(look, shape, 0.0, seed);
        let scaled = |scale: f64| values.iter().map(move |value| value * scale);
        holds(&scaled(100.0).map(|v| v as u8).collect::<Vec<_>>(), shape, bound)?;
        holds(&scaled(100.0).map(|v| v as i8).collect::<Vec<_>>(), shape, bound)?;
        holds(&scaled(3e4).map(|v| v as u16).collect::<Vec<_>>(), shape, bound)?;
        holds(&scaled(2e4).map(|v| v as i16).collect::<Vec<_>>(), shape, bound)?;
        holds(&scaled(4e9).map(|v| v as u32).collect::<Vec<_>>(), shape, bound)?;
        holds(&scaled(1.5e9).map(|v| v as i32).collect::<Vec<_>>(), shape, bound)?;
    }
}

/// The mean squared error of what comes back, and whether all that is no number does so as it was.
fn mean_error<S: Sample>(values: &[S], shape: [usize; 3], limit: f64) -> (f64, bool) {
    let bytes = encode_group_psnr(values, shape, limit, &Cancel::new()).unwrap();
    let found: Vec<S> = decode_group(&bytes, &Cancel::new()).unwrap();
    let (mut sum, mut count, mut is_kept) = (0.0, 0, found.len() == values.len());
    for (value, found) in values.iter().zip(&found) {
        if value.to_f64().is_finite() {
            sum += (value.to_f64() - found.to_f64()).powi(2);
            count += 1;
        } else {
            is_kept &= value.to_bits() == found.to_bits();
        }
    }
    (sum / f64::from(count.max(1)), is_kept)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn mean_errors_are_kept(
        look in look(), shape in shape(), holes in holes(), seed: u64, exponent in -7.0..0.5_f64,
    ) {
        let values = field(look, shape, holes, seed);
        let largest = values.iter().filter(|v| v.is_finite()).fold(0.0_f64, |m, v| m.max(v.abs()));
        let limit = (10.0_f64.powf(exponent) * largest).powi(2);
        let single: Vec<f32> = values.iter().map(|&value| value as f32).collect();
        let whole: Vec<i16> = values.iter().map(|&value| (value * 2e4) as i16).collect();
        for (error, is_kept) in [
            mean_error(&single, shape, limit),
            mean_error(&values, shape, limit),
            mean_error(&whole, shape, limit),
        ] {
            prop_assert!(error <= limit * (1.0 + 1e-12) && is_kept, "{error} {limit}");
        }
    }
}

#[test]
fn mean_errors_cost_less_than_promises() {
    let values = field(Look::Smooth, [20, 40, 60], 0.0, 5);
    let cancel = Cancel::new();
    let promised = encode_group(&values, [20, 40, 60], 0.01, &cancel).unwrap();
    let mean = encode_group_psnr(&values, [20, 40, 60], 1e-4 / 3.0, &cancel).unwrap();
    assert!(
        mean.len() < promised.len(),
        "{} {}",
        mean.len(),
        promised.len()
    );
}

#[test]
fn any_bits_come_back_where_nothing_may_be_off() {
    let mut seed = 3;
    let values: Vec<f32> = (0..4000)
        .map(|_| f32::from_bits((draw(&mut seed) * 4_294_967_296.0) as u32))
        .collect();
    let found = back(&values, [4, 10, 100], 0.0);
    assert!(
        values
            .iter()
            .zip(&found)
            .all(|(a, b)| a.to_bits() == b.to_bits())
    );
    let zeros = [0.0_f64, -0.0, -0.0, 0.0];
    let found = back(&zeros, [1, 2, 2], 0.0);
    assert!(
        zeros
            .iter()
            .zip(&found)
            .all(|(a, b)| a.to_bits() == b.to_bits())
    );
}

#[test]
fn threads_do_not_change_the_bytes() {
    let values = field(Look::Smooth, [9, 30, 41], 0.01, 8);
    let alone = encode_group(&values, [9, 30, 41], 0.001, &Cancel::new()).unwrap();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| encode_group(&values, [9, 30, 41], 0.001, &Cancel::new()).unwrap())
            })
            .collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), alone);
        }
    });
}
