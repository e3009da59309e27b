//! Groups as videos keep what they promise, whatever the values, and say what is wrong with damaged ones.

use pimage_compress::video::{
    EncodedVideo, base_quality, decode, encode, psnr_of, reach_psnr, worthwhile,
};
use pimage_compress::{MODES, Quality, Sample, VideoCodec, VideoSetting, encode_group};
use pimage_core::Cancel;
use proptest::prelude::*;

fn draw(seed: &mut u64) -> f64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 11) as f64 / (1_u64 << 53) as f64
}

/// Waves that travel, with so much noise, and holes of all kinds.
fn field(shape: [usize; 3], noise: f64, holes: f64, mut seed: u64) -> Vec<f64> {
    let [frames, height, width] = shape;
    let mut values = Vec::new();
    for t in 0..frames {
        for y in 0..height {
            for x in 0..width {
                let wave = (0.2 * x as f64 - 0.3 * t as f64).sin() + (0.17 * y as f64).cos();
                let number = wave + noise * (draw(&mut seed) - 0.5);
                let is_hole = draw(&mut seed) < holes;
                let special = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
                let at = (draw(&mut seed) * 3.0) as usize;
                values.push(if is_hole { special[at % 3] } else { number });
            }
        }
    }
    values
}

fn restored<S: Sample>(video: &EncodedVideo, shape: [usize; 3]) -> Vec<S> {
    decode(
        &video.private,
        &video.packets,
        &video.side,
        shape,
        &Cancel::new(),
    )
    .unwrap()
}

#[track_caller]
fn assert_kept<S: Sample>(values: &[S], found: &[S], bound: f64) {
    assert_eq!(values.len(), found.len());
    for (at, (value, found)) in values.iter().zip(found).enumerate() {
        let (number, other) = (value.to_f64(), found.to_f64());
        let is_kept = if bound > 0.0 && number.is_finite() {
            (number - other).abs() <= bound
        } else {
            value.to_bits() == found.to_bits()
        };
        assert!(is_kept, "{at}: {value:?} {found:?}");
    }
}

fn check<S: Sample>(values: &[S], shape: [usize; 3], setting: &VideoSetting, bound: f64) {
    let video = encode(values, shape, setting, Some(bound), &Cancel::new()).unwrap();
    assert_eq!(video.packets.len(), shape[0]);
    assert_kept(values, &restored::<S>(&video, shape), bound);
}

fn setting() -> impl Strategy<Value = VideoSetting> {
    let fast = VideoSetting {
        preset: "ultrafast",
        ..VideoSetting::base(20.0)
    };
    prop_oneof![
        4 => (prop_oneof![Just(8), Just(10), Just(12)], 0.0..51.0_f64).prop_map(move |(bits, crf)| {
            VideoSetting { bits, ..fast }.with_quality(Quality::Crf(crf))
        }),
        1 => Just(fast.with_quality(Quality::Lossless)),
        1 => (8..=16_u8).prop_map(move |bits| VideoSetting {
            codec: VideoCodec::Ffv1,
            bits,
            quality: Quality::Lossless,
            ..fast
        }),
        1 => (8..=16_u8, 1..60_u16).prop_map(move |(bits, half)| VideoSetting {
            codec: VideoCodec::Jpeg2000,
            bits,
            quality: Quality::Ratio(2 * half),
            ..fast
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn no_value_is_off_by_more_than_the_bound(
        shape in [1..=6_usize, 1..=40_usize, 1..=40_usize],
        setting in setting(),
        relative in prop_oneof![Just(0.0), 1e-6..0.3_f64],
        noise in prop_oneof![Just(0.0), 0.001..1.0_f64],
        holes in prop_oneof![3 => Just(0.0), 1 => 0.001..0.6_f64, 1 => Just(1.0)],
        scale in prop_oneof![Just(1.0), Just(1e-30), Just(1e30)],
        seed in any::<u64>(),
    ) {
        let values = field(shape, noise, holes, seed);
        let bound = relative * 4.0;
        let floats: Vec<f32> = values.iter().map(|value| (value * scale) as f32).collect();
        check(&floats, shape, &setting, bound * scale);
        let doubles: Vec<f64> = values.iter().map(|value| value * scale).collect();
        check(&doubles, shape, &setting, bound * scale);
        let words: Vec<i16> = values.iter().map(|value| (value * 12_000.0) as i16).collect();
        check(&words, shape, &setting, (bound * 12_000.0).floor());
        let bytes: Vec<u8> = values.iter().map(|value| (value * 60.0 + 128.0) as u8).collect();
        check(&bytes, shape, &setting, (bound * 60.0).floor());
    }

    #[test]
    fn what_is_no_number_comes_back_from_a_video_alone(
        shape in [1..=4_usize, 1..=30_usize, 1..=30_usize],
        setting in setting(),
        holes in prop_oneof![0.001..0.6_f64, Just(1.0)],
        seed in any::<u64>(),
    ) {
        let values = field(shape, 0.1, holes, seed);
        let video = encode(&values, shape, &setting, None, &Cancel::new()).unwrap();
        let found: Vec<f64> = restored(&video, shape);
        for (value, found) in values.iter().zip(&found) {
            prop_assert!(value.is_finite() == found.is_finite());
            prop_assert!(value.is_finite() || value.to_bits() == found.to_bits());
        }
    }
}

#[test]
fn lossless_modes_are_off_by_half_a_level_at_most() {
    let shape = [5, 50, 70];
    let values = field(shape, 0.3, 0.0, 5);
    let range = 2.0 * 1.15;
    for mode in MODES {
        let video = encode(&values, shape, &mode.setting, None, &Cancel::new()).unwrap();
        let found: Vec<f64> = restored(&video, shape);
        let worst = values
            .iter()
            .zip(&found)
            .map(|(value, found)| (value - found).abs())
            .fold(0.0, f64::max);
        let half = range * 2.0 / (2.0_f64.powi(i32::from(mode.setting.bits)) - 1.0) / 2.0;
        if mode.setting.quality == Quality::Lossless {
            assert!(worst <= half, "{}: {worst} {half}", mode.name);
        } else {
            assert!(worst > half, "{}: {worst} {half}", mode.name);
        }
    }
}

#[test]
fn a_lossless_video_in_steps_of_the_bound_needs_no_corrections() {
    let shape = [6, 40, 60];
    let values: Vec<f32> = field(shape, 0.2, 0.0, 3)
        .iter()
        .map(|&value| value as f32)
        .collect();
    let setting = VideoSetting::base(20.0).with_quality(Quality::Lossless);
    let video = encode(&values, shape, &setting, Some(0.01), &Cancel::new()).unwrap();
    assert_kept(&values, &restored::<f32>(&video, shape), 0.01);
    assert!(video.side.len() < 200, "{}", video.side.len());
}

#[test]
fn the_quality_that_is_found_is_about_the_best() {
    let shape = [12, 64, 80];
    let values: Vec<f32> = field(shape, 0.02, 0.0, 9)
        .iter()
        .map(|&value| value as f32)
        .collect();
    let cancel = Cancel::new();
    let base = VideoSetting::base(20.0);
    for bound in [0.1, 0.02] {
        let (found, bytes) = base_quality(&values, shape, &base, bound, 1, &cancel).unwrap();
        let beside = base_quality(&values, shape, &base, bound, 2, &cancel).unwrap();
        assert_eq!((found, bytes), beside);
        assert_eq!(found.range, None);
        let at = |crf: f64| {
            let setting = base.with_quality(Quality::Crf(crf));
            let video = encode(&values, shape, &setting, Some(bound), &cancel).unwrap();
            video.bytes()
        };
        assert!(
            [4.0, 12.0, 20.0, 28.0, 36.0]
                .into_iter()
                .all(|crf| at(crf) * 21 > bytes * 20)
        );
        let predicted = encode_group(&values, shape, bound, &cancel).unwrap().len();
        let pays = worthwhile(&values, shape, &base, bound, 1, &cancel).unwrap();
        assert_eq!(pays.is_some(), bytes <= predicted + predicted / 10);
    }
}

#[test]
fn a_ratio_is_reached_and_not_by_far() {
    let shape = [10, 64, 64];
    let values: Vec<f32> = field(shape, 0.1, 0.01, 4)
        .iter()
        .map(|&value| value as f32)
        .collect();
    let cancel = Cancel::new();
    let mut setting = VideoSetting::base(20.0);
    let mut sizes = Vec::new();
    for db in [35.0, 45.0, 55.0] {
        let (video, found) = reach_psnr(&values, shape, &setting, (db, 4.1), &cancel)
            .unwrap()
            .unwrap();
        let reached = psnr_of(&values, &restored::<f32>(&video, shape), 4.1);
        assert!(reached >= db && reached < db + 1.5, "{db}: {reached}");
        sizes.push(video.bytes());
        setting = found;
    }
    assert!(sizes.is_sorted(), "{sizes:?}");
    let nothing = reach_psnr(&values, shape, &setting, (150.0, 4.1), &cancel).unwrap();
    assert!(nothing.is_none());
}

#[test]
fn a_video_in_pieces_is_an_error_or_of_its_shape() {
    let shape = [5, 33, 47];
    let values: Vec<f32> = field(shape, 0.1, 0.05, 4)
        .iter()
        .map(|&value| value as f32)
        .collect();
    let cancel = Cancel::new();
    let whole = encode(
        &values,
        shape,
        &VideoSetting::base(12.0),
        Some(0.02),
        &cancel,
    )
    .unwrap();
    let mut seed = 11;
    for round in 0..200 {
        let mut video = whole.clone();
        let at = (draw(&mut seed) * 5.0) as usize;
        let bytes = match round % 3 {
            0 => &mut video.side,
            1 => &mut video.private,
            _ => &mut video.packets[at].data,
        };
        let place = (draw(&mut seed) * bytes.len() as f64) as usize;
        if round % 2 == 0 {
            bytes[place] ^= 1 << (draw(&mut seed) * 8.0) as u8;
        } else {
            bytes.truncate(place);
        }
        let found = decode::<f32>(&video.private, &video.packets, &video.side, shape, &cancel);
        assert!(found.is_err() || found.is_ok_and(|found| found.len() == values.len()));
    }
    for shape in [
        [4, 33, 47],
        [5, 47, 33],
        [5, 33, 48],
        [5, 0, 47],
        [0, 33, 47],
        [usize::MAX; 3],
    ] {
        assert!(
            decode::<f32>(&whole.private, &whole.packets, &whole.side, shape, &cancel).is_err()
        );
    }
}

#[test]
fn a_cancelled_group_stops() {
    let cancel = Cancel::new();
    cancel.cancel();
    let stopped = encode(
        &[0.0_f32; 64],
        [1, 8, 8],
        &VideoSetting::base(20.0),
        Some(0.1),
        &cancel,
    );
    assert_eq!(
        stopped.map_err(|error| error.to_string()),
        Err("stopped".to_owned())
    );
}
