//! Colour: laws of channels, and recordings read beside each other.

use std::path::Path;
use std::sync::Arc;

use pimage_core::{
    Color, Damage, Error, Frame, FrameCount, FrameFormat, FrameReader, FrameReaderExt,
    MemoryReader, SampleType, SeekFrames, StreamInfo, Transform, keys,
};
use pimage_testkit::{
    Pattern, SyntheticReader, assert_frames_eq, counter_frames, every_format, noise_frame, suite,
};
use pimage_transform::{
    AtEnd, Blend, BlendMode, Blended, Chain, Channel, Gray, Merge, Opacity, Rgb, Surroundings,
    TransformingReader,
};
use proptest::prelude::*;

fn applied(transform: &impl Transform, mut frame: Frame) -> Frame {
    let applied = transform.apply(&mut frame, &mut Frame::empty());
    applied.expect("the frame can be transformed");
    frame
}

fn gray(sample: SampleType) -> FrameFormat {
    FrameFormat::new(11, 7, Color::Gray, sample)
}

fn on(threads: usize) -> Surroundings {
    Surroundings {
        threads: Some(threads),
        ..Surroundings::default()
    }
}

/// A reader that cannot seek, of an unknown number of frames, some of which are missing.
struct Stream {
    reader: MemoryReader,
    info: StreamInfo,
    missing: Vec<u64>,
    damage: Vec<Damage>,
}

impl Stream {
    fn new(frames: Vec<Frame>, missing: &[u64]) -> Self {
        let reader = MemoryReader::new(frames).expect("are of one format");
        let mut info = reader.info().clone();
        info.set_frame_count(FrameCount::Unknown);
        Self {
            reader,
            info,
            missing: missing.to_vec(),
            damage: Vec::new(),
        }
    }
}

impl FrameReader for Stream {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        loop {
            if !self.reader.read_into(frame)? {
                return Ok(false);
            }
            if !self.missing.contains(&frame.stamp.index) {
                return Ok(true);
            }
            Damage::frame(frame.stamp.index, "lost").add_to(&mut self.damage);
        }
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }
}

/// The same, and it seeks.
struct Gaps(Stream);

impl FrameReader for Gaps {
    fn info(&self) -> &StreamInfo {
        self.0.reader.info()
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        self.0.read_into(frame)
    }

    fn damage(&self) -> &[Damage] {
        self.0.damage()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        Some(self)
    }
}

impl SeekFrames for Gaps {
    fn frame_count(&self) -> u64 {
        self.0.reader.info().frame_count.get().unwrap_or(0)
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        self.0.reader.as_seek().expect("memory seeks").seek(index)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn gray_made_rgb_and_gray_again_is_itself(seed in any::<u64>(), place in 0..31usize) {
        let format = every_format(9, 4)[place];
        let frame = noise_frame(seed, 0, format);
        if format.color.intensities() == 1 {
            for weights in [Gray::rec709(), Gray::rec601(), Gray::mean()] {
                let again = applied(&weights, applied(&Rgb::default(), frame.clone()));
                if !format.sample.is_float() {
                    assert_frames_eq(&again, &frame);
                }
            }
        }
    }

    #[test]
    fn channels_apart_and_together_are_the_frame(seed in any::<u64>(), place in 0..28usize) {
        let format = every_format(9, 4)[place];
        let frame = noise_frame(seed, 0, format);
        let all = [Channel::Red, Channel::Green, Channel::Blue, Channel::Alpha];
        let named = all.into_iter().take(format.color.channels());
        if format.color.intensities() == 3 {
            let mut readers = named.map(|channel| {
                let frame = applied(&channel, frame.clone());
                (channel, Box::new(MemoryReader::new(vec![frame]).expect("is one")))
            });
            let (channel, first) = readers.next().expect("has red");
            let others = readers.map(|(channel, reader)| (channel, reader as Box<dyn FrameReader>)).collect();
            let mut merged = Merge::new((channel, first), others, &on(1)).expect("are alike");
            let mut again = Frame::empty();
            prop_assert!(merged.read_into(&mut again).expect("reads"));
            assert_frames_eq(&again, &frame);
        }
    }

    #[test]
    fn a_layer_that_does_not_show_changes_nothing(seed in any::<u64>(), place in 0..31usize, above in 0..31usize) {
        let frame = noise_frame(seed, 0, every_format(9, 4)[place]);
        let layer = noise_frame(seed, 1, every_format(5, 6)[above]);
        for (_, mode) in BlendMode::ALL {
            let mut blended = frame.clone();
            let blend = Blend::new(mode).with_opacity(0.0).expect("is sound").at(-2, 1);
            blend.apply(&mut blended, &layer).expect("any frames");
            assert_frames_eq(&blended, &frame);
        }
    }

    #[test]
    fn a_normal_opaque_layer_of_the_same_kind_is_what_is_seen(seed in any::<u64>(), place in 0..28usize) {
        let format = every_format(9, 4)[place];
        if !format.color.has_alpha() {
            let mut frame = noise_frame(seed, 0, format);
            let layer = noise_frame(seed, 1, format);
            Blend::new(BlendMode::Normal).apply(&mut frame, &layer).expect("any frames");
            assert_frames_eq(&frame, &layer);
        }
    }
}

#[test]
fn opacity_added_is_full_and_dropped_again() {
    for format in every_format(6, 3) {
        let frame = noise_frame(5, 0, format);
        let added = applied(&Rgb::new(Opacity::Add), frame.clone());
        let dropped = applied(&Rgb::new(Opacity::Drop), added);
        assert_frames_eq(&dropped, &applied(&Rgb::new(Opacity::Drop), frame));
    }
}

#[test]
fn merged_and_blended_recordings_are_readers_like_any_other() {
    let format = gray(SampleType::U16);
    let reader = |seed| -> Box<dyn FrameReader> {
        Box::new(SyntheticReader::new(format, 9).with_pattern(Pattern::Noise(seed)))
    };
    for threads in [1, 3] {
        let merged = || -> Box<dyn FrameReader> {
            let others: Vec<(_, Box<dyn FrameReader>)> =
                vec![(Channel::Green, reader(2)), (Channel::Alpha, reader(3))];
            Box::new(
                Merge::new((Channel::Blue, reader(1)), others, &on(threads)).expect("are alike"),
            )
        };
        let expected: Result<Vec<_>, _> = merged().frames().collect();
        suite::reader(merged, &expected.expect("reads"));
        for (at_end, count) in [
            (AtEnd::Hold, 4),
            (AtEnd::Loop, 4),
            (AtEnd::Refuse, 9),
            (AtEnd::Stop, 4),
            (AtEnd::Hold, 1),
        ] {
            let blended = || -> Box<dyn FrameReader> {
                let layer = SyntheticReader::new(format, count).with_pattern(Pattern::Noise(4));
                let blend = Blend::new(BlendMode::Difference);
                Box::new(
                    Blended::new(reader(1), Box::new(layer), blend, at_end, &on(threads))
                        .expect("are alike"),
                )
            };
            let expected: Result<Vec<_>, _> = blended().frames().collect();
            let expected = expected.expect("reads");
            assert_eq!(expected.len(), if at_end == AtEnd::Stop { 4 } else { 9 });
            // What is beside frame 6.
            if let (Some(found), Some(beside)) = (expected.get(6), beside_six(at_end, count)) {
                let mut wanted = noise_frame(1, 6, format);
                let layer = noise_frame(4, beside, format);
                Blend::new(BlendMode::Difference)
                    .apply(&mut wanted, &layer)
                    .expect("blends");
                assert_eq!(
                    found.samples::<u16>(),
                    wanted.samples::<u16>(),
                    "{at_end:?}"
                );
            }
            suite::reader(blended, &expected);
        }
    }
}

fn beside_six(at_end: AtEnd, count: u64) -> Option<u64> {
    match at_end {
        AtEnd::Hold => Some(6.min(count - 1)),
        AtEnd::Loop => Some(6 % count),
        AtEnd::Refuse => Some(6),
        AtEnd::Stop => None,
    }
}

fn indices(reader: &mut dyn FrameReader) -> Result<Vec<u64>, Error> {
    reader
        .frames()
        .map(|frame| Ok(frame?.stamp.index))
        .collect()
}

#[test]
fn streams_of_unknown_length_are_read_beside_each_other() {
    let format = gray(SampleType::U8);
    let blended = |missing: &[u64], layers: u64, gone: &[u64], at_end| {
        let first = Stream::new(counter_frames(format, 6), missing);
        let layer = Stream::new(counter_frames(format, layers), gone);
        let blend = Blend::new(BlendMode::Screen);
        let mut reader = Blended::new(Box::new(first), Box::new(layer), blend, at_end, &on(2))?;
        let indices = indices(&mut reader)?;
        Ok::<_, Error>((indices, Damage::count(reader.damage())))
    };
    let check = |found: Result<(Vec<u64>, u64), Error>, expected: &[u64], damage: u64| {
        assert_eq!(found.expect("reads"), (expected.to_vec(), damage));
    };
    check(blended(&[], 6, &[], AtEnd::Refuse), &[0, 1, 2, 3, 4, 5], 0);
    check(blended(&[], 3, &[], AtEnd::Hold), &[0, 1, 2, 3, 4, 5], 0);
    check(blended(&[], 3, &[], AtEnd::Stop), &[0, 1, 2], 0);
    // What is missing in one is missing in the result.
    check(blended(&[2], 6, &[3, 4], AtEnd::Refuse), &[0, 1, 5], 3);
    let error = blended(&[], 4, &[], AtEnd::Refuse).expect_err("is too short");
    assert_eq!(
        error.to_string(),
        "a recording beside another is memory with no frame 4: expected as many frames as the recording that it is beside"
    );
    assert!(blended(&[], 8, &[], AtEnd::Refuse).is_err());
    let error = blended(&[], 8, &[], AtEnd::Loop).expect_err("cannot go back");
    assert!(
        error.to_string().contains("a loop needs them again"),
        "{error}"
    );
}

#[test]
fn gaps_are_gaps_however_they_are_reached() {
    let format = gray(SampleType::U8);
    let open = || {
        let first = Gaps(Stream::new(counter_frames(format, 9), &[3]));
        let layer = Gaps(Stream::new(counter_frames(format, 9), &[5, 6]));
        let blend = Blend::new(BlendMode::Screen);
        Blended::new(
            Box::new(first),
            Box::new(layer),
            blend,
            AtEnd::Refuse,
            &on(2),
        )
        .expect("are alike")
    };
    let all: Result<Vec<_>, _> = open().frames().collect();
    let all = all.expect("reads");
    let mut reader = open();
    for index in [8, 0, 5, 3, 6, 2, 7, 4] {
        let seek = reader.as_seek().expect("both seek");
        seek.seek(index).expect("is there");
        let mut frame = Frame::empty();
        assert!(seek.read_into(&mut frame).expect("reads"));
        let expected = all.iter().find(|frame| frame.stamp.index >= index);
        assert_frames_eq(&frame, expected.expect("the last is there"));
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let reader = |format: FrameFormat, count| -> Box<dyn FrameReader> {
        Box::new(SyntheticReader::new(format, count))
    };
    let check = |first: (Channel, Box<dyn FrameReader>),
                 others: Vec<(Channel, Box<dyn FrameReader>)>,
                 expected: &str| {
        let error = Merge::new(first, others, &on(1)).expect_err("is refused");
        assert_eq!(error.to_string(), expected);
    };
    let (narrow, wide) = (gray(SampleType::U8), gray(SampleType::U16));
    check(
        (Channel::Red, reader(narrow, 2)),
        vec![(Channel::Blue, reader(wide, 2))],
        "merge is given 11x7 gray uint16 frames: expected gray, and all alike: the first is 11x7 gray uint8; `gray`, `channel` and `resize` make them so",
    );
    check(
        (Channel::Red, reader(narrow, 2)),
        vec![(Channel::Red, reader(narrow, 2))],
        "merge is given `red` twice, or a number: expected red, green, blue and alpha, each once",
    );
    check(
        (Channel::Red, reader(narrow, 2)),
        vec![(Channel::Blue, reader(narrow, 3))],
        "a recording beside another is synthetic with 3 frames, not 2: expected as many frames as the recording that it is beside",
    );
    let outside = Blend::new(BlendMode::Normal).at(11, 0);
    let error = Blended::new(
        reader(narrow, 1),
        reader(narrow, 1),
        outside,
        AtEnd::Hold,
        &on(1),
    );
    assert_eq!(
        error.expect_err("is outside").to_string(),
        "blend is 11x7 gray uint8 at 11,0: expected a layer that covers a pixel of 11x7 frames"
    );
}

#[test]
fn steps_open_what_they_name() {
    let format = gray(SampleType::U8);
    let surroundings = Surroundings {
        open: Some(Arc::new(
            move |path: &Path| -> Result<Box<dyn FrameReader>, Error> {
                let seed = path.to_string_lossy().len() as u64;
                Ok(Box::new(
                    SyntheticReader::new(format, 3).with_pattern(Pattern::Noise(seed)),
                ))
            },
        )),
        ..on(2)
    };
    let chain: Chain = "merge=green:g.tif,blue:bb.tif | channel=blue | blend=bb.tif,difference"
        .parse()
        .expect("parses");
    let mut reader =
        TransformingReader::new(SyntheticReader::new(format, 3), &chain, &surroundings)
            .expect("fits");
    assert_eq!(reader.files(), ["g.tif", "bb.tif", "bb.tif"].map(Path::new));
    let mut frame = Frame::empty();
    while reader.read_into(&mut frame).expect("reads") {
        assert!(frame.bytes().iter().all(|sample| *sample == 0));
    }
}

#[test]
fn the_recording_names_its_pattern() {
    let format = gray(SampleType::U8);
    let run = |spec: &str, pattern: Option<&str>| {
        let reader = SyntheticReader::new(format, 1);
        let reader = match pattern {
            Some(pattern) => reader.with_metadata(keys::BAYER_PATTERN, pattern),
            None => reader,
        };
        let chain: Chain = spec.parse()?;
        let mut reader = TransformingReader::new(reader, &chain, &on(1))?;
        assert!(!reader.info().metadata.contains_key(keys::BAYER_PATTERN));
        let mut frame = Frame::empty();
        reader.read_into(&mut frame)?;
        Ok::<_, Error>(frame)
    };
    let named = run("demosaic", Some("GBRG")).expect("is named");
    assert_frames_eq(&named, &run("demosaic=gbrg", None).expect("is given"));
    assert_eq!(
        run("demosaic", None).expect_err("nobody says").to_string(),
        "demosaic pattern is missing, and the recording names none: expected RGGB, BGGR, GRBG or GBRG"
    );
}
