//! What frames are over time: laws, the suite for readers, and gaps that are filled.

use pimage_core::{
    Color, Error, Frame, FrameCount, FrameFormat, FrameReader, FrameReaderExt, MemoryReader,
    SampleType, SeekFrames, StreamInfo, Timebase, Timestamp,
};
use pimage_testkit::{every_format, noise_frame, sample_values, suite};
use pimage_transform::{Chain, Surroundings, TransformingReader, null_image};
use proptest::prelude::*;

fn noise(format: FrameFormat, count: u64) -> Vec<Frame> {
    (0..count)
        .map(|index| noise_frame(9, index, format))
        .collect()
}

fn over<'a>(reader: impl FrameReader + 'a, chain: &str) -> Result<TransformingReader<'a>, Error> {
    let surroundings = Surroundings {
        threads: Some(2),
        ..Surroundings::default()
    };
    TransformingReader::new(reader, &chain.parse::<Chain>()?, &surroundings)
}

fn all(frames: Vec<Frame>, chain: &str) -> Vec<Frame> {
    let reader = MemoryReader::new(frames).expect("are of one format");
    let mut reader = over(reader, chain).expect("the chain fits");
    let read: Result<Vec<_>, _> = reader.frames().collect();
    read.expect("reads")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_window_of_one_frame_changes_nothing(
        width in 1u32..40, height in 1u32..40, statistic in 0usize..6,
    ) {
        let statistic = ["mean", "median", "min", "max", "p0", "p37"][statistic];
        for format in every_format(width, height) {
            let frames = noise(format, 3);
            let expected = frames.clone();
            let found = all(frames, &format!("temporal={statistic},frames:1"));
            prop_assert!(found == expected, "{statistic} of {format}");
        }
    }

    #[test]
    fn every_tile_of_a_superframe_is_its_frame(
        width in 1u32..12, height in 1u32..12, count in 1u64..9, columns in 0u32..9,
    ) {
        let chain = match columns {
            0 => "superframe".to_owned(),
            columns => format!("superframe={columns}"),
        };
        for format in every_format(width, height) {
            let frames = noise(format, count);
            let whole = all(frames.clone(), &chain);
            prop_assert_eq!(whole.len(), 1);
            let tiles = u64::from(whole[0].format().width / width);
            for (index, frame) in (0u64..).zip(&frames) {
                let x = index % tiles * u64::from(width);
                let y = index / tiles * u64::from(height);
                let cut = all(whole.clone(), &format!("crop=x:{x},y:{y},width:{width},height:{height}"));
                prop_assert!(cut[0].bytes() == frame.bytes(), "{format} {index} of {count}");
            }
        }
    }

    #[test]
    fn what_does_not_change_has_no_difference_to_its_background(
        width in 1u32..40, height in 1u32..40, result in 0usize..5, from in 0usize..4,
    ) {
        let result = ["positive", "negative", "absolute", "signed", "float"][result];
        let from = ["mean", "median", "p10,frames:4", "max,first,frames:2"][from];
        for format in every_format(width, height) {
            let frame = noise_frame(4, 0, format);
            // The mean of five equal floats is off by a last bit.
            let largest = sample_values(&frame).iter().fold(0.0f64, |top, value| top.max(value.abs()));
            let nothing = 1e-15 * largest;
            let chain = format!("background={from},result:{result}");
            for frame in all(vec![frame; 5], &chain) {
                let channels = format.color.channels();
                let intensities = format.color.intensities();
                let values = sample_values(&frame);
                let is_nothing = values
                    .chunks(channels)
                    .all(|pixel| pixel[..intensities].iter().all(|value| value.abs() <= nothing));
                prop_assert!(is_nothing, "{chain} of {format}");
            }
        }
    }

    #[test]
    fn a_constant_field_changes_nothing(width in 1u32..40, height in 1u32..40, level in 1u8..255) {
        for format in every_format(width, height) {
            let mut frame = Frame::zeroed(format);
            let paint = pimage_core::Paint::rgb(level, level, level).values(&format);
            pimage_core::with_sample_type!(format.sample, T => {
                use pimage_core::Sample as _;
                for pixel in frame.samples_mut::<T>().expect("is of its type").chunks_mut(format.color.channels()) {
                    for (sample, value) in pixel.iter_mut().zip(paint) {
                        *sample = T::from_f64(value.max(1.0));
                    }
                }
            });
            let expected: Vec<_> = sample_values(&frame);
            let found = all(vec![frame; 2], "flatfield=mean,smooth:0");
            for (found, expected) in sample_values(&found[0]).iter().zip(&expected) {
                prop_assert!((found - expected).abs() <= 1e-6 * expected.abs(), "{format}: {found} of {expected}");
            }
        }
    }
}

#[test]
fn frames_are_the_same_in_any_order() {
    for chain in [
        "temporal=mean,frames:9",
        "temporal=mean,frames:24,align:causal",
        "temporal=median,frames:4",
        "temporal=p80,frames:13",
        "temporal=std,frames:3",
        "background=mean,frames:11,result:absolute",
        "background=median",
        "dff=mean,frames:10",
        "dff=p10,first,frames:6",
        "flatfield=median",
    ] {
        for (color, sample) in [
            (Color::Gray, SampleType::U8),
            (Color::Rgb, SampleType::U16),
            (Color::GrayAlpha, SampleType::I16),
            (Color::Gray, SampleType::F32),
        ] {
            let frames = noise(FrameFormat::new(37, 29, color, sample), 30);
            let expected = all(frames.clone(), chain);
            let open = || -> Box<dyn FrameReader> {
                let reader = MemoryReader::new(frames.clone()).expect("are of one format");
                Box::new(over(reader, chain).expect("the chain fits"))
            };
            if expected[0].format().sample.is_float() && chain.contains("dff") {
                // What is not a number differs from itself, so that only the order is compared.
                suite::reader_of_count(open, expected.len() as u64);
            } else {
                suite::reader(open, &expected);
            }
        }
    }
}

/// A recording of which some frames were skipped.
struct Gaps {
    info: StreamInfo,
    frames: Vec<Frame>,
    next: u64,
    seeks: bool,
}

impl Gaps {
    /// Frames with these indices and numbers, of `count`; a hundredth of a second a number.
    fn new(count: u64, frames: &[(u64, i64)], seeks: bool) -> Self {
        let format = FrameFormat::new(20, 16, Color::Gray, SampleType::U8);
        let frame = |(index, number): &(u64, i64)| {
            let mut frame = noise_frame(1, *index, format);
            frame.stamp.number = Some(*number);
            frame.stamp.time = Some(Timestamp::new(*number * 10, Timebase::MILLISECONDS));
            frame
        };
        Self {
            info: StreamInfo::new("gaps", format, FrameCount::Exact(count)),
            frames: frames.iter().map(frame).collect(),
            next: 0,
            seeks,
        }
    }
}

impl FrameReader for Gaps {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let found = self
            .frames
            .iter()
            .find(|frame| frame.stamp.index >= self.next);
        let Some(found) = found else {
            return Ok(false);
        };
        frame.clone_from(found);
        self.next = found.stamp.index + 1;
        Ok(true)
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        self.seeks.then_some(self as _)
    }
}

impl SeekFrames for Gaps {
    fn frame_count(&self) -> u64 {
        self.info.frame_count.exact().expect("is exact")
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        if index > self.frame_count() {
            return Err(Error::OutOfRange {
                path: "gaps".into(),
                frame: index,
                frame_count: self.frame_count(),
            });
        }
        self.next = index;
        Ok(())
    }
}

/// The frames that come: the number of each, or what stands for it and the number that it is given.
fn filled(reader: Gaps, chain: &str) -> Vec<String> {
    let originals = reader.frames.clone();
    let format = reader.info.format;
    let mut reader = over(reader, chain).expect("the chain fits");
    let mut told = Vec::new();
    let mut frame = Frame::empty();
    while reader.read_into(&mut frame).expect("reads") {
        assert_eq!(frame.stamp.index, told.len() as u64);
        let original = originals
            .iter()
            .find(|original| original.pixels() == frame.pixels());
        let number = frame
            .stamp
            .number
            .map_or("-".to_owned(), |number| number.to_string());
        told.push(match original {
            Some(original) if original.stamp.number == frame.stamp.number => number,
            Some(original) => format!(
                "{number} as {}",
                original.stamp.number.expect("has a number")
            ),
            None if frame.pixels() == null_image(&format).pixels() => format!("{number} null"),
            None if frame.bytes().iter().all(|sample| *sample == 0) => format!("{number} black"),
            None => panic!("frame {} is none of those", frame.stamp.index),
        });
        if let (Some(time), Some(number)) = (frame.stamp.secs(), frame.stamp.number) {
            assert!((time - number as f64 / 100.0).abs() < 1e-9, "{time}");
        }
    }
    told
}

const SKIPPED: [(u64, i64); 4] = [(1, 11), (2, 12), (5, 17), (6, 18)];

#[test]
fn what_is_missing_is_filled() {
    for seeks in [true, false] {
        let gaps = || Gaps::new(8, &SKIPPED, seeks);
        let expected = [
            "- null", "11", "12", "- null", "- null", "17", "18", "- null",
        ];
        assert_eq!(filled(gaps(), "fill"), expected);
        let expected = [
            "- null", "11", "12", "- as 12", "- as 12", "17", "18", "- as 18",
        ];
        assert_eq!(filled(gaps(), "fill=previous"), expected);
        let expected = [
            "- black", "11", "12", "13 black", "14 black", "15 black", "16 black", "17", "18",
            "- black",
        ];
        let found = filled(gaps(), "fill=black,by:number");
        // How many come after the last one is known of a recording that is counted.
        assert_eq!(found, expected[..if seeks { 10 } else { 9 }]);
    }
}

#[test]
fn what_is_filled_is_the_same_in_any_order() {
    for chain in [
        "fill",
        "fill=previous",
        "fill=previous,by:number",
        "fill | temporal=mean,frames:9",
    ] {
        let mut once = over(Gaps::new(8, &SKIPPED, true), chain).expect("the chain fits");
        let expected: Result<Vec<_>, _> = once.frames().collect();
        suite::reader(
            || Box::new(over(Gaps::new(8, &SKIPPED, true), chain).expect("the chain fits")),
            &expected.expect("reads"),
        );
    }
}

#[test]
fn what_cannot_be_filled_is_said() {
    let error = |chain| {
        let reader = over(Gaps::new(9, &[(0, 1), (1, 500)], true), chain);
        reader.expect_err("is refused").to_string()
    };
    assert!(error("fill=nan").contains("integers are all numbers"));
    let told = error("fill=null,by:number,most:100");
    assert!(
        told.contains("498 frames between the numbers 1 and 500"),
        "{told}"
    );
}

#[test]
fn a_frame_of_another_size_is_refused() {
    let frame = |width| Frame::zeroed(FrameFormat::new(width, 4, Color::Rgb, SampleType::U8));
    let surroundings = Surroundings {
        open: Some(std::sync::Arc::new(move |_: &std::path::Path| {
            Ok(Box::new(MemoryReader::new(vec![frame(5)])?) as Box<dyn FrameReader>)
        })),
        ..Surroundings::default()
    };
    let chain: Chain = "background=from:other.png".parse().expect("parses");
    let reader = MemoryReader::new(vec![frame(6)]).expect("reads");
    let error = TransformingReader::new(reader, &chain, &surroundings).expect_err("does not fit");
    assert_eq!(
        error.to_string(),
        "the background is 5x4 rgb: expected 6x4 rgb like the frames, or gray"
    );
    let reader = MemoryReader::new(vec![frame(5)]).expect("reads");
    assert!(TransformingReader::new(reader, &chain, &surroundings).is_ok());
}

#[test]
fn deviations_keep_the_opacity() {
    let format = FrameFormat::new(3, 1, Color::GrayAlpha, SampleType::U8);
    let frames = [10u8, 30].map(|value| {
        let mut frame = Frame::zeroed(format);
        frame
            .bytes_mut()
            .copy_from_slice(&[value, 255, 5, 0, value, 51]);
        frame
    });
    let read = all(frames.to_vec(), "temporal=std,frames:2");
    assert_eq!(
        read[1].samples::<f32>(),
        Some([10.0, 1.0, 0.0, 0.0, 10.0, 0.2].as_slice())
    );
}

#[test]
fn the_field_of_a_very_wide_recording_is_smoothed_as_far_as_a_gaussian_goes() {
    let mut frame = Frame::zeroed(FrameFormat::new(10_500, 1, Color::Gray, SampleType::U8));
    frame.bytes_mut().fill(40);
    let read = all(vec![frame.clone()], "flatfield=mean");
    assert_eq!(read[0].bytes(), frame.bytes());
}

#[test]
fn a_superframe_of_unknown_or_absurd_size_is_refused() {
    let format = FrameFormat::new(3000, 2000, Color::Gray, SampleType::U8);
    let reader = pimage_testkit::SyntheticReader::new(format, 1_000_000);
    let error = over(reader, "superframe").expect_err("is too large");
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    let endless = Once(StreamInfo::new("pipe", format, FrameCount::Unknown));
    let error = over(endless, "superframe").expect_err("has no end");
    assert!(error.to_string().contains("how many frames"), "{error}");
}

/// A stream that neither seeks nor knows its length.
struct Once(StreamInfo);

impl FrameReader for Once {
    fn info(&self) -> &StreamInfo {
        &self.0
    }

    fn read_into(&mut self, _frame: &mut Frame) -> Result<bool, Error> {
        Ok(false)
    }
}
