//! Chains over readers: the suite for readers, windows at both ends, errors in their place.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pimage_core::{
    Cancel, Color, Error, Frame, FrameFormat, FrameReader, FrameReaderExt, Limits, MemoryReader,
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
        output.reset(&format, &Limits::none())?;
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
    let reader = |count| MemoryReader::new(vec![frame.clone(); count]).expect("reads");
    let surroundings = Surroundings {
        memory_bytes: 64 * 64 * 10,
        cancel: Cancel::new(),
        ..Surroundings::default()
    };
    let error = TransformingReader::new(reader(11), &around(10, 10), &surroundings)
        .expect_err("is too much");
    assert!(
        error.to_string().contains("`--memory` raises it"),
        "{error}"
    );
}

#[test]
fn a_window_longer_than_the_recording_takes_the_memory_of_the_recording() {
    let frames = numbered(3);
    let surroundings = Surroundings {
        memory_bytes: 3,
        ..Surroundings::default()
    };
    let chain = around(1_000_000_000, 1_000_000_000);
    let mut reader = TransformingReader::new(frames, &chain, &surroundings).expect("is small");
    let read: Result<Vec<_>, _> = reader.frames().collect();
    let sums: Vec<_> = read
        .expect("reads")
        .iter()
        .map(|frame| frame.bytes()[0])
        .collect();
    assert_eq!(sums, [3, 3, 3]);
}

#[test]
fn after_an_error_in_a_step_there_are_no_more_frames_until_the_next_seek() {
    for threads in [1, 3] {
        for failing in [0, 4] {
            let fails = Operation::frame(move |frame: &mut Frame| {
                match u64::from(frame.bytes()[0]) == failing {
                    true => Err(Error::malformed("test", "t", "it is torn")),
                    false => Ok(()),
                }
            });
            let chain = Chain::new().then(Step::custom("fails", fails));
            let mut reader = over(numbered(40), &chain, threads);
            let mut frame = Frame::empty();
            for _ in 0..failing {
                assert!(reader.read_into(&mut frame).expect("reads"));
            }
            let _ = reader.read_into(&mut frame).expect_err("is torn");
            assert!(!reader.read_into(&mut frame).expect("has ended"));
            assert!(!reader.read_into(&mut frame).expect("has ended"));
            let seek = reader.as_seek().expect("seeks");
            seek.seek(20).expect("is inside");
            assert!(reader.read_into(&mut frame).expect("reads"));
            assert_eq!(frame.bytes(), [20]);
        }
    }
}

#[test]
fn frames_that_a_reader_keeps_are_not_written_on() {
    let mut kept = Frame::zeroed(FrameFormat::new(64, 32, Color::Gray, SampleType::U8));
    kept.bytes_mut()[0] = 1;
    for chain in [
        "annotate={index}",
        "flip",
        "annotate={index} | flip | scalebar=9um,pixel:1um",
    ] {
        for threads in [1, 3] {
            let frames = vec![kept.clone(); 20];
            let reader = MemoryReader::new(frames).expect("are of one format");
            let mut reader = over(reader, &chain.parse().expect("parses"), threads);
            let mut frame = Frame::empty();
            let mut addresses = std::collections::HashSet::new();
            while reader.read_into(&mut frame).expect("reads") {
                assert_ne!(frame.bytes(), kept.bytes(), "{chain}");
                addresses.insert(frame.bytes().as_ptr());
            }
            assert_eq!(
                kept.bytes().iter().filter(|byte| **byte != 0).count(),
                1,
                "{chain}"
            );
            assert!(addresses.len() < 16, "{chain}: new memory for each frame");
        }
    }
}

/// Counts the frames that are asked for without memory.
struct Counts(MemoryReader, Arc<AtomicUsize>);

impl FrameReader for Counts {
    fn info(&self) -> &pimage_core::StreamInfo {
        self.0.info()
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let is_new = frame.bytes().is_empty();
        self.1.fetch_add(usize::from(is_new), Ordering::Relaxed);
        // Into the caller's memory, as readers of files do.
        let mut lent = Frame::empty();
        let is_read = self.0.read_into(&mut lent)?;
        frame.reset(lent.format(), &Limits::none())?;
        frame.bytes_mut().copy_from_slice(lent.bytes());
        frame.stamp = lent.stamp;
        Ok(is_read)
    }
}

#[test]
fn the_memory_of_frames_comes_back() {
    for chain in [around(3, 2), "flip".parse().expect("parses")] {
        for threads in [1, 2] {
            let asked = Arc::new(AtomicUsize::new(0));
            let mut reader = over(Counts(numbered(40), asked.clone()), &chain, threads);
            let mut frame = Frame::empty();
            while reader.read_into(&mut frame).expect("reads") {}
            let asked = asked.load(Ordering::Relaxed);
            assert!(asked <= 6 + 4 * threads + 2, "{asked} of 40 frames");
        }
    }
}

/// A file of 256 numbers, and a recording of one black frame.
fn files() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("makes a folder");
    let numbers: Vec<_> = (0..256).map(|number: u32| number.to_string()).collect();
    let table = folder.path().join("table.txt");
    std::fs::write(&table, numbers.join("\n")).expect("writes");
    (folder, table)
}

#[test]
fn files_that_steps_read_are_told() {
    let (_folder, table) = files();
    let chain: Chain = format!(
        "lut='{}' | flatfield=flat.tif,dark:dark.tif | lut='{}'",
        table.display(),
        table.display()
    )
    .parse()
    .expect("parses");
    let surroundings = Surroundings {
        open: Some(Arc::new(|path: &Path| {
            let is_dark = path == Path::new("dark.tif");
            Ok(Box::new(numbered(if is_dark { 1 } else { 3 })) as _)
        })),
        ..Surroundings::default()
    };
    let reader =
        TransformingReader::new(numbered(2), &chain, &surroundings).expect("the chain fits");
    let expected = [table, "flat.tif".into(), "dark.tif".into()];
    assert_eq!(reader.files(), expected);
}

/// Uses the token once some frames are read.
struct Cancels(MemoryReader, Cancel);

impl FrameReader for Cancels {
    fn info(&self) -> &pimage_core::StreamInfo {
        self.0.info()
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let is_read = self.0.read_into(frame)?;
        assert!(frame.stamp.index <= 10, "stops");
        if frame.stamp.index == 10 {
            self.1.cancel();
        }
        Ok(is_read)
    }
}

#[test]
fn a_window_stops_filling_when_it_is_cancelled() {
    let surroundings = Surroundings::default();
    let reader = Cancels(numbered(40), surroundings.cancel.clone());
    let mut reader =
        TransformingReader::new(reader, &around(0, 30), &surroundings).expect("the chain fits");
    let error = reader.read_into(&mut Frame::empty()).expect_err("stops");
    assert!(matches!(error, Error::Stopped), "{error}");
}
