//! Chains over readers: the suite for readers, windows at both ends, errors in their place.

use pimage_core::{
    Cancel, Color, Error, Frame, FrameFormat, FrameReader, FrameReaderExt, MemoryReader,
    SampleType, keys,
};
use pimage_testkit::{counter_frames, suite};
use pimage_transform::{
    Chain, Measured, Operation, Step, Surroundings, TransformingReader, Window, Windowed,
};

/// The sum of the first samples of the frames around, and where the frame stood among them.
struct Around(Window);

impl Windowed for Around {
    fn window(&self) -> Window {
        self.0
    }

    fn apply(&self, frames: &[Frame], at: usize, output: &mut Frame) -> Result<(), Error> {
        let format = FrameFormat::new(2, 1, Color::Gray, SampleType::U8);
        output.reset(&format, &pimage_core::Limits::none())?;
        let sum = frames.iter().map(|frame| frame.bytes()[0]).sum();
        output.bytes_mut().copy_from_slice(&[sum, at as u8]);
        Ok(())
    }

    fn output_format(&self, _: &FrameFormat) -> Result<FrameFormat, Error> {
        Ok(FrameFormat::new(2, 1, Color::Gray, SampleType::U8))
    }
}

fn numbered(count: u8) -> MemoryReader {
    let frame = |value| {
        let mut frame = Frame::zeroed(FrameFormat::new(1, 1, Color::Gray, SampleType::U8));
        frame.bytes_mut()[0] = value;
        frame
    };
    MemoryReader::new((0..count).map(frame).collect()).expect("are of one format")
}

fn around(before: usize, after: usize) -> Chain {
    let window = Operation::window(Around(Window { before, after }));
    Chain::new().then(Step::custom("around", window))
}

fn over(
    reader: impl FrameReader + 'static,
    chain: &Chain,
    threads: usize,
) -> TransformingReader<'static> {
    let surroundings = Surroundings {
        threads: Some(threads),
        ..Surroundings::default()
    };
    TransformingReader::new(reader, chain, &surroundings).expect("the chain fits")
}

#[test]
fn a_window_is_smaller_at_the_ends() {
    for threads in [1, 3] {
        let mut reader = over(numbered(6), &around(2, 1), threads);
        let read: Result<Vec<_>, _> = reader
            .frames()
            .map(|frame| frame.map(|frame| frame.bytes().to_vec()))
            .collect();
        let expected = [[1, 0], [3, 1], [6, 2], [10, 2], [14, 2], [12, 2]];
        assert_eq!(read.expect("reads"), expected);
    }
}

#[test]
fn a_chain_is_a_reader_like_any_other() {
    let format = FrameFormat::new(9, 7, Color::Rgb, SampleType::U16);
    let frames = counter_frames(format, 12);
    let chain: Chain = "crop=1,2,6,4 | flip=horizontal".parse().expect("parses");
    for threads in [1, 2] {
        let mut all = over(
            MemoryReader::new(frames.clone()).expect("reads"),
            &chain,
            threads,
        );
        let expected: Result<Vec<_>, _> = all.frames().collect();
        let frames = frames.clone();
        suite::reader(
            || {
                Box::new(over(
                    MemoryReader::new(frames.clone()).expect("reads"),
                    &chain,
                    threads,
                ))
            },
            &expected.expect("reads"),
        );
    }
    let expected: Result<Vec<_>, _> = over(numbered(9), &around(3, 2), 1).frames().collect();
    suite::reader(
        || Box::new(over(numbered(9), &around(3, 2), 2)),
        &expected.expect("reads"),
    );
}

#[test]
fn the_chain_is_recorded() {
    let chain: Chain = "crop=1,0,2,2".parse().expect("parses");
    let format = FrameFormat::new(4, 4, Color::Gray, SampleType::U8);
    let once = over(
        MemoryReader::new(counter_frames(format, 1)).expect("reads"),
        &chain,
        1,
    );
    let twice = over(once, &"flip=vertical".parse().expect("parses"), 1);
    let recorded = twice.info().metadata[keys::TRANSFORMS].as_text();
    assert_eq!(recorded, Some("crop=1,0,2,2 | flip=vertical"));
}

/// Fails on one frame.
struct Fails<R>(R, u64);

impl<R: FrameReader> FrameReader for Fails<R> {
    fn info(&self) -> &pimage_core::StreamInfo {
        self.0.info()
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let is_read = self.0.read_into(frame)?;
        if is_read && frame.stamp.index == self.1 {
            return Err(Error::malformed("test", "t", "it is torn"));
        }
        Ok(is_read)
    }
}

#[test]
fn an_error_comes_after_the_frames_before_it() {
    for threads in [1, 2] {
        let flip: Chain = "flip=both".parse().expect("parses");
        let mut reader = over(Fails(numbered(9), 5), &flip, threads);
        let read: Vec<_> = reader.frames().map(|frame| frame.is_ok()).collect();
        assert_eq!(read, [true, true, true, true, true, false]);
        let mut reader = over(Fails(numbered(9), 5), &around(1, 1), threads);
        let read: Vec<_> = reader.frames().map(|frame| frame.is_ok()).collect();
        // The fourth frame's window is whole, the fifth's is not.
        assert_eq!(read, [true, true, true, true, false]);
        assert!(!reader.read_into(&mut Frame::empty()).expect("has ended"));
    }
}

/// Shifts all samples so that the greatest is 255.
struct ToTop;

impl Measured for ToTop {
    fn measure(&self, reader: &mut dyn FrameReader, _: &Surroundings) -> Result<Operation, Error> {
        let mut top = 0;
        for frame in reader.frames() {
            top = frame?.bytes().iter().copied().fold(top, u8::max);
        }
        Ok(Operation::frame(move |frame: &mut Frame| {
            frame
                .bytes_mut()
                .iter_mut()
                .for_each(|sample| *sample += 255 - top);
            Ok(())
        }))
    }
}

#[test]
fn what_is_measured_sees_the_steps_before_it() {
    let halve = Operation::frame(|frame: &mut Frame| {
        frame.bytes_mut().iter_mut().for_each(|sample| *sample /= 2);
        Ok(())
    });
    let chain = Chain::new()
        .then(Step::custom("halve", halve))
        .then(Step::custom("to-top", Operation::measured(ToTop)));
    let values: Vec<u8> = over(numbered(9), &chain, 2)
        .frames()
        .map(|frame| frame.expect("reads").bytes()[0])
        .collect();
    assert_eq!(values, [251, 251, 252, 252, 253, 253, 254, 254, 255]);
    let once = Fails(numbered(3), 9);
    let error =
        TransformingReader::new(once, &chain, &Surroundings::default()).expect_err("comes once");
    assert!(
        error
            .to_string()
            .contains("`to-top` looks at all frames first"),
        "{error}"
    );
}

#[test]
fn memory_is_asked_for_within_bounds() {
    let frame = Frame::zeroed(FrameFormat::new(64, 64, Color::Gray, SampleType::U8));
    let reader = MemoryReader::new(vec![frame; 3]).expect("reads");
    let surroundings = Surroundings {
        memory_bytes: 64 * 64 * 10,
        cancel: Cancel::new(),
        ..Surroundings::default()
    };
    let error =
        TransformingReader::new(reader, &around(10, 10), &surroundings).expect_err("is too much");
    assert!(
        error.to_string().contains("`--memory` raises it"),
        "{error}"
    );
}
