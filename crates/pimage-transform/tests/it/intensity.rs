//! Intensities: one table for a chain is the steps one by one, and the laws of each operation.

use std::sync::Arc;

use pimage_core::{
    Color, Error, Frame, FrameFormat, FrameReader, MemoryReader, SampleType, Transform, keys,
};
use pimage_testkit::{every_format, noise_frame};
use pimage_transform::{Chain, Operation, Surroundings, TransformingReader};
use proptest::prelude::*;

/// All frames after a chain.
fn run(chain: &str, frames: Vec<Frame>) -> Result<Vec<Frame>, Error> {
    let chain: Chain = chain.parse().expect(chain);
    let mut reader =
        TransformingReader::new(MemoryReader::new(frames)?, &chain, &Surroundings::default())?;
    let mut all = Vec::new();
    let mut frame = Frame::empty();
    while reader.read_into(&mut frame)? {
        all.push(frame.clone());
    }
    Ok(all)
}

fn one(chain: &str, frame: Frame) -> Frame {
    let frames = run(chain, vec![frame]).unwrap_or_else(|error| panic!("{chain}: {error}"));
    frames.into_iter().next().expect("one frame comes of one")
}

fn gray<T: pimage_core::Sample>(samples: &[T]) -> Frame {
    let array = ndarray::Array3::from_shape_vec((1, samples.len(), 1), samples.to_vec());
    Frame::from_array(array.expect("is one row"), Color::Gray).expect("is gray")
}

#[track_caller]
fn check<T: pimage_core::Sample>(chain: &str, samples: &[T], expected: &[T]) {
    let frame = one(chain, gray(samples));
    assert_eq!(
        frame.samples::<T>().expect("keeps its type"),
        expected,
        "{chain}"
    );
}

/// Steps that look at one sample at a time.
const POINTS: [&str; 12] = [
    "brightness=20",
    "brightness=-7.5%",
    "contrast=1.5,-30",
    "contrast=0.3,about:50%",
    "gamma=2.2",
    "gamma=0.45",
    "curve=10",
    "curve=-5,30%",
    "invert",
    "threshold=40%,truncate",
    "rescale=8,full",
    "rescale=16,10,200",
];

fn formats() -> impl Strategy<Value = FrameFormat> {
    let samples = prop_oneof![
        Just((SampleType::U8, 8)),
        Just((SampleType::U16, 16)),
        Just((SampleType::U16, 12)),
        Just((SampleType::I16, 16)),
    ];
    (samples, prop::sample::select(Color::ALL.to_vec())).prop_map(|((sample, depth), color)| {
        FrameFormat::new(23, 7, color, sample).with_bit_depth(depth)
    })
}

proptest! {
    #[test]
    fn one_table_is_the_steps_one_by_one(
        steps in prop::collection::vec(prop::sample::select(POINTS.to_vec()), 1..5),
        format in formats(),
        seed in 0u64..1000,
    ) {
        let chain: Chain = steps.join(" | ").parse().expect("parses");
        let mut stepwise = noise_frame(seed, 0, format);
        let fused = one(&chain.to_string(), stepwise.clone());
        let mut spare = Frame::empty();
        for step in chain.steps() {
            let Operation::Frame(transform) = step.operation() else {
                panic!("{} is no frame step", step.spec());
            };
            let format = transform.output_format(stepwise.format()).expect("takes the format");
            transform.apply(&mut stepwise, &mut spare).expect("applies");
            prop_assert_eq!(stepwise.format(), &format);
        }
        prop_assert_eq!(fused.format(), stepwise.format());
        prop_assert_eq!(fused.bytes(), stepwise.bytes());
    }

    #[test]
    fn the_negative_of_the_negative_is_the_frame(format in formats(), seed in 0u64..1000) {
        let frame = noise_frame(seed, 0, format);
        prop_assert_eq!(&one("invert | invert", frame.clone()), &frame);
    }

    #[test]
    fn opacity_is_left_alone(step in prop::sample::select(POINTS[..10].to_vec()), seed in 0u64..1000) {
        for sample in SampleType::ALL {
            let frame = noise_frame(seed, 0, FrameFormat::new(5, 4, Color::Rgba, sample));
            let result = one(step, frame.clone());
            let bytes = sample.bytes();
            let pixels = frame.bytes().chunks_exact(4 * bytes);
            for (before, after) in pixels.zip(result.bytes().chunks_exact(4 * bytes)) {
                prop_assert_eq!(&before[3 * bytes..], &after[3 * bytes..]);
            }
        }
    }
}

#[test]
fn chains_of_points_become_one_table() {
    let format = FrameFormat::new(2, 1, Color::Rgba, SampleType::U16).with_bit_depth(12);
    for step in POINTS {
        let chain: Chain = step.parse().expect(step);
        for step in chain.steps() {
            let Operation::Frame(transform) = step.operation() else {
                panic!("{} is no frame step", step.spec());
            };
            let transform: &Arc<dyn Transform> = transform;
            assert!(transform.table(&format).is_some(), "{}", step.spec());
        }
    }
}

#[test]
fn brightness_and_contrast_saturate() {
    check("brightness=20", &[0u8, 100, 250], &[20, 120, 255]);
    check("brightness=-10%", &[0u8, 100, 255], &[0, 74, 230]);
    check(
        "brightness=10%",
        &[-30_000i16, 0, 32_000],
        &[-26_723, 3277, 32_767],
    );
    check(
        "brightness=0.25",
        &[0.5f32, 1.0, -1.0],
        &[0.75, 1.25, -0.75],
    );
    check("contrast=2", &[0u8, 100, 200], &[0, 200, 255]);
    check("contrast=2,-100", &[0u8, 100, 200], &[0, 100, 255]);
    check("contrast=0.5,about:100", &[0u8, 100, 203], &[50, 100, 152]);
    check("contrast=-1", &[5i32, -7], &[-5, 7]);
}

#[test]
fn gamma_keeps_the_ends_and_the_sign() {
    check("gamma=2", &[0u8, 64, 255], &[0, 128, 255]);
    check("gamma=0.5", &[0u16, 32_768, 65_535], &[0, 16_384, 65_535]);
    check("gamma=0.5", &[0.0f64, -0.5, 3.0], &[0.0, -0.25, 9.0]);
    assert!("gamma=0".parse::<Chain>().is_err());
    assert!("gamma=-1".parse::<Chain>().is_err());
}

#[test]
fn negatives_turn_the_whole_range() {
    check("invert", &[0u8, 1, 255], &[255, 254, 0]);
    check(
        "invert",
        &[i16::MIN, -1, 0, i16::MAX],
        &[i16::MAX, 0, -1, i16::MIN],
    );
    check("invert", &[0u32, u32::MAX], &[u32::MAX, 0]);
    check("invert", &[0.25f32, 3.0], &[0.75, -2.0]);
    let mut deep = gray(&[0u16, 4095, 5000]);
    deep.set_bit_depth(12);
    assert_eq!(
        one("invert", deep).samples::<u16>().expect("is u16"),
        [4095, 0, 0]
    );
}

#[test]
fn thresholds_part_frames() {
    let samples = [9u8, 10, 11, 200];
    check("threshold=10", &samples, &[0, 0, 255, 255]);
    check("threshold=10,inverted", &samples, &[255, 255, 0, 0]);
    check("threshold=10,tozero", &samples, &[0, 0, 11, 200]);
    check("threshold=10,tozero-inverted", &samples, &[9, 10, 0, 0]);
    check("threshold=10.7,truncate", &samples, &[9, 10, 10, 10]);
    check("threshold=otsu", &samples, &[0, 0, 0, 255]);
    check(
        "threshold=otsu",
        &[-900i16, -901, 5, 6],
        &[0, 0, 32_767, 32_767],
    );
    check("threshold=0.5", &[0.4f32, 0.6], &[0.0, 1.0]);
    let error = run("threshold=otsu", vec![gray(&[1.0f32])]).expect_err("is no integer");
    assert_eq!(
        error.to_string(),
        "threshold otsu does not take 1x1 gray float32 frames: its histogram takes 8 or 16 bits; `rescale` makes such frames"
    );
}

#[test]
fn ranges_become_8_or_16_bits_and_are_recorded() {
    let frames = || vec![gray(&[0.0f32, 1.0, f32::NAN]), gray(&[3.0f32, 2.0, 1.5])];
    let bytes = |chain| -> Vec<Vec<u8>> {
        let frames = run(chain, frames()).expect(chain);
        frames.iter().map(|frame| frame.bytes().to_vec()).collect()
    };
    assert_eq!(bytes("rescale"), [[0, 85, 0], [255, 170, 128]]);
    assert_eq!(
        bytes("rescale=8,frame,nan:high"),
        [[0, 255, 255], [255, 85, 0]]
    );
    assert_eq!(
        bytes("rescale=8,range:symmetric:1,nan:zero")[0],
        [64, 128, 64]
    );
    let error = run("rescale=nan:error", frames())
        .expect_err("has a NaN")
        .to_string();
    assert!(error.contains("not a number"), "{error}");
    let recorded = |chain: &str| {
        let chain: Chain = chain.parse().expect(chain);
        let reader = MemoryReader::new(frames()).expect("reads");
        let reader = TransformingReader::new(reader, &chain, &Surroundings::default());
        let info = reader.expect("takes floats").info().clone();
        let text = info.metadata.get(keys::RANGE_MAPPING);
        text.and_then(|text| text.as_text().map(str::to_owned))
    };
    assert_eq!(recorded("rescale"), Some("0,3 -> 0,255".to_owned()));
    let each = "frame-p2,98 -> 0,65535 | 0,65535 -> 0,255";
    assert_eq!(
        recorded("rescale=16,frame-p2,98 | rescale=8,full"),
        Some(each.to_owned())
    );
    assert_eq!(recorded("exposure"), Some("0,3 -> 0,1".to_owned()));
}

#[test]
fn exposure_is_of_all_frames_or_each() {
    let frames = || vec![gray(&[10u8, 20]), gray(&[30u8, 60])];
    let bytes = |chain| -> Vec<Vec<u8>> {
        let frames = run(chain, frames()).expect(chain);
        frames.iter().map(|frame| frame.bytes().to_vec()).collect()
    };
    assert_eq!(bytes("exposure"), [[0, 51], [102, 255]]);
    assert_eq!(bytes("exposure=over:frame"), [[0, 255], [0, 255]]);
    assert_eq!(bytes("exposure=0,50"), [[0, 255], [255, 255]]);
    assert_eq!(bytes("auto=50,over:frame"), [[0, 255], [0, 255]]);
    assert_eq!(bytes("auto=50"), [[0, 128], [255, 255]]);
    check("exposure", &[7u8, 7], &[7, 7]);
    assert!("exposure=98,2".parse::<Chain>().is_err());
}

#[test]
fn colour_is_set_by_its_luma() {
    // A red pixel and a blue one: lumas of 30 and 11.
    let mut frame = Frame::zeroed(FrameFormat::new(2, 1, Color::Rgb, SampleType::U8));
    frame.bytes_mut().copy_from_slice(&[100, 0, 0, 0, 0, 100]);
    for chain in ["auto=0", "auto=0,over:frame"] {
        let result = one(chain, frame.clone());
        assert_eq!(result.bytes(), [255, 0, 0, 0, 0, 255], "{chain}");
    }
}

#[test]
fn normalized_frames_have_the_statistics() {
    let frames = || vec![gray(&[1u16, 3]), gray(&[5u16, 7])];
    let samples = |chain| -> Vec<Vec<f32>> {
        let frames = run(chain, frames()).expect(chain);
        let samples = frames.iter().map(|frame| frame.samples::<f32>());
        samples
            .map(|samples| samples.expect("is f32").to_vec())
            .collect()
    };
    assert_eq!(samples("normalize=over:frame"), [[-1.0, 1.0], [-1.0, 1.0]]);
    assert_eq!(samples("normalize=0,3"), [[0.0, 1.0], [2.0, 3.0]]);
    let standard = samples("normalize").concat();
    let mean: f32 = standard.iter().sum::<f32>() / 4.0;
    let variance = standard.iter().map(|value| value * value).sum::<f32>() / 4.0;
    assert!(
        mean.abs() < 1e-6 && (variance - 1.0).abs() < 1e-6,
        "{standard:?}"
    );
    assert!("normalize=1".parse::<Chain>().is_err());
}

#[test]
fn equalized_frames_use_the_whole_range() {
    check("equalize", &[7u8, 8, 8, 9], &[0, 170, 170, 255]);
    check("equalize", &[700u16, 8, 9], &[65_535, 0, 32_768]);
    check("equalize", &[-5i16, -5, 300], &[-32_768, -32_768, 32_767]);
    check("equalize", &[5u8, 5], &[5, 5]);
}

#[test]
fn what_is_not_a_number_stays_so() {
    for format in every_format(4, 3)
        .into_iter()
        .filter(|format| format.sample == SampleType::F32)
    {
        let mut frame = Frame::zeroed(format);
        frame.samples_mut::<f32>().expect("is f32").fill(f32::NAN);
        for step in POINTS[..10]
            .iter()
            .chain(&["exposure", "normalize", "auto"])
        {
            let result = one(step, frame.clone());
            let samples = result.samples::<f32>().expect("stays f32");
            assert!(samples.iter().all(|sample| sample.is_nan()), "{step}");
        }
    }
}
