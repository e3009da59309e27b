//! Laws of the geometry: what undoes what, and what changes nothing.

use pimage_core::{
    Axis, Color, Error, Frame, FrameCount, FrameFormat, Sample, SampleType, StreamInfo, Transform,
    keys, with_sample_type,
};
use pimage_testkit::{
    assert_frames_close, assert_frames_eq, every_format, noise_frame, sample_values,
};
use pimage_transform::{
    Affine, AffineOrder, Bin, BinStatistic, Crop, Fill, Flip, Method, Operation, Pad, PadMode,
    Resize, Rotate, Step,
};
use proptest::prelude::*;

const METHODS: [Method; 5] = [
    Method::Nearest,
    Method::Linear,
    Method::Cubic,
    Method::Area,
    Method::Lanczos,
];

fn frame() -> impl Strategy<Value = Frame> {
    (
        1..40u32,
        1..40u32,
        any::<u64>(),
        any::<prop::sample::Index>(),
    )
        .prop_map(|(width, height, seed, format)| {
            let formats = every_format(width, height);
            noise_frame(seed, 5, formats[format.index(formats.len())])
        })
}

fn applied(transform: impl Transform, frame: &Frame) -> Frame {
    let mut result = frame.clone();
    transform
        .apply(&mut result, &mut Frame::empty())
        .expect("such frames can be transformed");
    let expected = transform
        .output_format(frame.format())
        .expect("is accepted");
    assert_eq!(result.format(), &expected);
    assert_eq!(result.stamp, frame.stamp);
    result
}

fn turned(degrees: f64, frame: &Frame) -> Frame {
    applied(Rotate::new(degrees).expect("is finite"), frame)
}

fn moved(dx: f64, dy: f64, degrees: f64) -> Affine {
    Affine::new(dx, dy, degrees).expect("are finite")
}

/// A frame of one value, a little above the middle of what integers hold.
fn constant(format: FrameFormat) -> Frame {
    let mut frame = Frame::zeroed(format);
    frame.set_bit_depth(format.bit_depth);
    let value = format.full_scale() * 0.7;
    with_sample_type!(format.sample, T => {
        frame.samples_mut::<T>().unwrap_or_default().fill(T::from_f64(value));
    });
    frame
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_mirror_undoes_itself(frame in frame()) {
        for flip in [Flip::Horizontal, Flip::Vertical, Flip::Both] {
            assert_frames_eq(&applied(flip, &applied(flip, &frame)), &frame);
        }
        let both = applied(Flip::Vertical, &applied(Flip::Horizontal, &frame));
        assert_frames_eq(&applied(Flip::Both, &frame), &both);
    }

    #[test]
    fn quarter_turns_add_up(frame in frame(), angles in prop::collection::vec(-8..8i32, 1..4)) {
        let mut result = frame.clone();
        for angle in &angles {
            result = turned(f64::from(angle * 90), &result);
        }
        let sum: i32 = angles.iter().sum();
        assert_frames_eq(&result, &turned(f64::from(sum * 90), &frame));
        let around = turned(f64::from(360 - sum * 90), &result);
        assert_frames_eq(&around, &frame);
    }

    #[test]
    fn a_crop_undoes_a_pad(
        frame in frame(),
        [top, bottom, left, right] in prop::array::uniform4(0..50u32),
    ) {
        let modes = [
            PadMode::Constant(Fill::Number(1.0)),
            PadMode::Edge,
            PadMode::Reflect,
            PadMode::Symmetric,
            PadMode::Wrap,
        ];
        for mode in modes {
            let padded = applied(Pad::new(top, bottom, left, right, mode), &frame);
            let back = applied(Crop::margins(top, bottom, left, right), &padded);
            assert_frames_eq(&back, &frame);
        }
    }

    #[test]
    fn nothing_changes_nothing(frame in frame(), method in 0..5usize) {
        let method = METHODS[method];
        let format = frame.format();
        let same = Resize::to(format.width, format.height).with_method(method);
        assert_frames_eq(&applied(same, &frame), &frame);
        let factor = Resize::by(1.0).expect("is a factor").with_method(method);
        assert_frames_eq(&applied(factor, &frame), &frame);
        assert_frames_eq(&applied(moved(0.0, 0.0, 720.0).with_method(method), &frame), &frame);
        let bin = Bin::new(1, 1, BinStatistic::Mean).expect("is a block");
        assert_frames_eq(&applied(bin, &frame), &frame);
    }

    #[test]
    fn constant_frames_stay_constant(
        frame in frame(),
        (width, height) in (1..70u32, 1..70u32),
        method in 0..5usize,
    ) {
        let format = *frame.format();
        let frame = constant(format);
        let value = sample_values(&frame)[0];
        for statistic in [BinStatistic::Mean, BinStatistic::Max, BinStatistic::Min, BinStatistic::Median] {
            let bin = Bin::new(width, height, statistic).expect("is a block");
            for sample in sample_values(&applied(bin, &frame)) {
                // A sum of doubles is rounded at every step.
                let rounding = if format.sample == SampleType::F64 { 1e-12 } else { 0.0 };
                prop_assert!((sample - value).abs() <= rounding, "{sample} of {value}");
            }
        }
        let resized = applied(Resize::to(width, height).with_method(METHODS[method]), &frame);
        // Weights in single precision add up to 1 but for their rounding.
        let rounding = if format.sample.is_float() { 1e-6 } else { 0.0 };
        for sample in sample_values(&resized) {
            prop_assert!((sample - value).abs() <= rounding, "{sample} of {value} by {:?}", METHODS[method]);
        }
    }

    #[test]
    fn whole_moves_are_exact(frame in frame(), dx in -9..9i32, dy in -9..9i32, method in 0..5usize) {
        let side = |by: i32| if by > 0 { (by as u32, 0) } else { (0, by.unsigned_abs()) };
        let ((left, right), (top, bottom)) = (side(dx), side(dy));
        let format = frame.format();
        prop_assume!(format.width > 9 && format.height > 9);
        let padded = Pad::new(top, bottom, left, right, PadMode::Constant(Fill::default()));
        let expected = applied(Crop::margins(bottom, top, right, left), &applied(padded, &frame));
        for order in [AffineOrder::RotateFirst, AffineOrder::TranslateFirst] {
            let affine = moved(f64::from(dx), f64::from(dy), 0.0).in_order(order);
            assert_frames_eq(&applied(affine.with_method(METHODS[method]), &frame), &expected);
        }
    }

    #[test]
    fn half_a_turn_is_a_turn_by_180_degrees(frame in frame(), method in 0..5usize) {
        let affine = moved(0.0, 0.0, 180.0).with_method(METHODS[method]);
        assert_frames_eq(&applied(affine, &frame), &turned(180.0, &frame));
    }

    #[test]
    fn integer_factors_copy_and_average_exactly(frame in frame(), (across, down) in (1..6u32, 1..6u32)) {
        let format = *frame.format();
        let large = Resize::to(format.width * across, format.height * down);
        let large = applied(large.with_method(Method::Nearest), &frame);
        // A sum of doubles is rounded at every step; these are as large as 2^41.
        let rounding = if format.sample == SampleType::F64 { 0.01 } else { 0.0 };
        let small = applied(Resize::to(format.width, format.height), &large);
        assert_frames_close(&small, &frame, rounding);
        let bin = Bin::new(across, down, BinStatistic::Mean).expect("is a block");
        assert_frames_close(&applied(bin, &large), &frame, rounding);
    }

    #[test]
    fn what_is_left_of_whole_blocks_can_be_dropped(frame in frame(), (across, down) in (1..6u32, 1..6u32)) {
        let format = *frame.format();
        let (width, height) = (format.width / across * across, format.height / down * down);
        prop_assume!(width > 0 && height > 0);
        let cropped = applied(Crop::rectangle(0, 0, width, height), &frame);
        let bin = || Bin::new(across, down, BinStatistic::Mean).expect("are sides");
        let dropped = applied(bin().dropping_rest(), &frame);
        let expected = applied(bin(), &cropped);
        prop_assert_eq!(dropped.bytes(), expected.bytes());
    }

    #[test]
    fn means_lie_between_extremes(frame in frame(), (across, down) in (1..9u32, 1..9u32)) {
        let binned = |statistic| {
            let bin = Bin::new(across, down, statistic).expect("is a block");
            sample_values(&applied(bin, &frame))
        };
        let (least, greatest) = (binned(BinStatistic::Min), binned(BinStatistic::Max));
        for statistic in [BinStatistic::Mean, BinStatistic::Median] {
            for (place, value) in binned(statistic).iter().enumerate() {
                prop_assert!(least[place] <= *value && *value <= greatest[place]);
            }
        }
    }

    #[test]
    fn sums_are_not_clipped(frame in frame(), (across, down) in (1..5u32, 1..5u32)) {
        let bin = Bin::new(across, down, BinStatistic::Sum).expect("is a block");
        let Ok(format) = bin.output_format(frame.format()) else {
            // 32 bits are not enough.
            prop_assert!(frame.format().sample.bytes() == 4);
            return Ok(());
        };
        let total = |frame: &Frame| sample_values(frame).iter().sum::<f64>();
        let (expected, found) = (total(&frame), total(&applied(bin, &frame)));
        let scale = sample_values(&frame).iter().map(|sample| sample.abs()).sum::<f64>().max(1.0);
        let tolerance = if format.sample.is_float() { 1e-6 } else { 0.0 };
        prop_assert!((expected - found).abs() <= tolerance * scale, "{found} of {expected}");
    }
}

fn gray(width: u32, height: u32, values: &[f32]) -> Frame {
    let mut frame = Frame::zeroed(FrameFormat::new(
        width,
        height,
        Color::Gray,
        SampleType::F32,
    ));
    let samples = frame.samples_mut::<f32>().expect("is f32");
    samples.copy_from_slice(values);
    frame
}

#[test]
fn nan_spreads_no_further_than_it_counts() {
    let frame = gray(4, 1, &[1.0, f32::NAN, 3.0, 5.0]);
    let shown = |transform: &dyn Transform| {
        let mut result = frame.clone();
        transform
            .apply(&mut result, &mut Frame::empty())
            .expect("applies");
        format!("{:?}", result.samples::<f32>().expect("is f32"))
    };
    assert_eq!(shown(&Resize::to(2, 1)), "[NaN, 4.0]");
    let bin = Bin::new(2, 1, BinStatistic::Max).expect("is a block");
    assert_eq!(shown(&bin), "[NaN, 5.0]");
    for method in METHODS {
        assert_eq!(
            shown(&moved(1.0, 0.0, 0.0).with_method(method)),
            "[0.0, 1.0, NaN, 3.0]"
        );
    }
    let border = moved(2.5, 0.0, 0.0).with_border(Fill::Number(f64::NAN));
    assert_eq!(shown(&border), "[NaN, NaN, NaN, NaN]");
    assert_eq!(shown(&moved(-1.5, 0.0, 0.0)), "[NaN, 4.0, 2.5, 0.0]");
}

#[test]
fn overshooting_stays_within_the_depth() {
    let format = FrameFormat::new(8, 8, Color::Gray, SampleType::U16).with_bit_depth(12);
    let mut frame = Frame::zeroed(format);
    frame.set_bit_depth(12);
    for (place, sample) in frame
        .samples_mut::<u16>()
        .expect("is u16")
        .iter_mut()
        .enumerate()
    {
        *sample = if place % 8 < 4 { 0 } else { 4095 };
    }
    let large = applied(
        Resize::by(3.3)
            .expect("is a factor")
            .with_method(Method::Lanczos),
        &frame,
    );
    let turned = applied(moved(0.3, 0.2, 9.0).with_method(Method::Cubic), &frame);
    for result in [large, turned] {
        assert_eq!(result.format().bit_depth, 12);
        let samples = result.samples::<u16>().expect("is u16");
        assert_eq!(samples.iter().max(), Some(&4095));
    }
}

#[test]
fn an_expanded_turn_loses_nothing() {
    let frame = constant(FrameFormat::new(31, 17, Color::Gray, SampleType::F64));
    let rotate = Rotate::new(30.0).expect("is finite").expanded();
    let turned = applied(rotate, &frame);
    assert_eq!((turned.format().width, turned.format().height), (36, 31));
    let sum: f64 = sample_values(&turned).iter().sum();
    // What is between two pixels counts in both, and the outermost half pixels count in none.
    let expected = 31.0 * 17.0 * 0.7;
    assert!((sum / expected - 1.0).abs() < 0.02, "{sum} of {expected}");
}

#[test]
fn pixel_sizes_and_filters_follow() {
    let format = FrameFormat::new(40, 30, Color::Gray, SampleType::U8);
    let mut info = StreamInfo::new("test", format, FrameCount::Unknown);
    info.metadata
        .insert(keys::PIXEL_SIZE_X.to_owned(), 2.0.into());
    info.metadata
        .insert(keys::PIXEL_SIZE_Y.to_owned(), 3i64.into());
    info.metadata
        .insert(keys::BAYER_PATTERN.to_owned(), "RGGB".into());
    let check = |text: &str, expected: &str| {
        let step: Step = text.parse().expect("parses");
        let Operation::Frame(transform) = step.operation() else {
            panic!("{text} is for frames");
        };
        let info = transform.output_info(&info).expect("is accepted");
        let shown = |key| {
            info.metadata
                .get(key)
                .map_or("-".to_owned(), |value| value.to_string())
        };
        let found = [keys::PIXEL_SIZE_X, keys::PIXEL_SIZE_Y, keys::BAYER_PATTERN].map(shown);
        assert_eq!(found.join(" "), expected, "{text}");
    };
    check("resize=0.5", "4 6 -");
    check("resize=80x30", "1 3 -");
    check("resize=1", "2 3 RGGB");
    check("bin=4x2", "8 6 -");
    check("rotate=90", "3 2 GRBG");
    check("rotate=-90", "3 2 GBRG");
    check("rotate=180", "2 3 BGGR");
    check("rotate=1", "2 3 -");
    check("flip=horizontal", "2 3 GRBG");
    check("crop=left:1,top:1", "2 3 BGGR");
    check("pad=left:1", "2 3 GRBG");
    check("affine=1", "2 3 -");
}

#[test]
fn what_cannot_be_done_is_said() {
    let format = FrameFormat::new(40, 30, Color::Gray, SampleType::U16).with_bit_depth(12);
    let wide = FrameFormat::new(40, 30, Color::Rgb, SampleType::U32);
    let check = |text: &str, format: &FrameFormat, expected: &str| {
        let told = text
            .parse::<Step>()
            .and_then(|step| match step.operation() {
                Operation::Frame(transform) => transform.output_format(format),
                _ => Ok(*format),
            });
        let told = told.map_or_else(
            |error: Error| error.to_string(),
            |format| format.to_string(),
        );
        assert_eq!(told, expected, "{text}");
    };
    check("bin=3,sum", &format, "14x10 gray uint16");
    check("bin=5,sum", &format, "8x6 gray uint32 (17 bit)");
    check(
        "bin=2,sum",
        &wide,
        "the sum of blocks of 2x2 cannot hold 40x30 rgb uint32 frames: it needs 34 bits and there are 32; use mean or saturating-sum",
    );
    check(
        "bin=50,rest:drop",
        &wide,
        "bin is 50x50 without a rest: expected a block of 40x30 frames",
    );
    check(
        "pad=3,value:5000",
        &format,
        "pad value is 5000: expected 0 to 4095 in 40x30 gray uint16 (12 bit) frames",
    );
    check(
        "rotate=3,border:nan",
        &format,
        "rotate border is NaN: expected 0 to 4095 in 40x30 gray uint16 (12 bit) frames",
    );
    check(
        "rotate=90,border:nan",
        &format,
        "30x40 gray uint16 (12 bit)",
    );
    check(
        "pad=3,edge,value:1",
        &format,
        "pad value is given: expected none unless the mode is constant",
    );
    check(
        "affine=1,border:mauvish",
        &format,
        "affine border is `mauvish`: expected a number in the frame's own units, nan, or a colour such as white or #ff8000",
    );
}

#[test]
fn planes_that_change_places_are_no_longer_told_apart() {
    let format = FrameFormat::new(6, 6, Color::Gray, SampleType::U8);
    let mut info = StreamInfo::new("t", format, FrameCount::Exact(1));
    info.bundle = vec![Axis::new(Axis::DEPTH, 2)];
    let check = |text: &str, is_told: bool| {
        let step: Step = text.parse().expect(text);
        let Operation::Frame(transform) = step.operation() else {
            panic!("{text} is for frames");
        };
        let info = transform.output_info(&info).expect("is accepted");
        assert_eq!(!info.bundle.is_empty(), is_told, "{text}");
    };
    for step in [
        "flip=horizontal",
        "rotate=0",
        "affine=0,0",
        "crop=0",
        "resize=1",
    ] {
        check(step, true);
    }
    for step in [
        "flip=vertical",
        "flip=both",
        "rotate=90",
        "rotate=180",
        "rotate=3",
        "affine=0,1",
        "crop=1",
    ] {
        check(step, false);
    }
}

#[test]
fn what_is_moved_out_of_sight_is_border_however_far() {
    let format = FrameFormat::new(5, 4, Color::Gray, SampleType::F32);
    for method in ["nearest", "linear", "cubic", "lanczos"] {
        for far in ["16", "-16", "3e9", "-1e19", "1e19", "1e300", "-1.7e308"] {
            for step in [
                format!("affine=dx:{far}"),
                format!("affine={far},{far},angle:30"),
            ] {
                let step: Step = format!("{step},method:{method},border:7")
                    .parse()
                    .expect("parses");
                let Operation::Frame(transform) = step.operation() else {
                    panic!("{step} is for frames");
                };
                let mut frame = noise_frame(1, 0, format);
                transform
                    .apply(&mut frame, &mut Frame::empty())
                    .expect("applies");
                let samples = frame.samples::<f32>().expect("is f32");
                assert!(
                    samples.iter().all(|sample| *sample == 7.0),
                    "{step}: {samples:?}"
                );
            }
        }
    }
}
