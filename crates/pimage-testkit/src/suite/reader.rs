//! The suite for readers.

use pimage_core::{
    Color, Error, Frame, FrameCount, FrameFormat, FrameReader, SampleType, SeekFrames, Timebase,
};

use super::fingerprint;
use crate::{Noise, assert_frames_eq};

/// Checks that a reader gives exactly `expected`, in any order, and keeps the promises of [`FrameReader`].
///
/// Times and numbers are compared where `expected` has them. `open` makes a fresh reader each time.
#[track_caller]
pub fn reader(open: impl Fn() -> Box<dyn FrameReader>, expected: &[Frame]) {
    let mut opened = open();
    let format = opened.info().format;
    for (index, wanted) in expected.iter().enumerate() {
        let mut frame = Frame::empty();
        let more = read(&mut *opened, &mut frame);
        assert!(
            more,
            "the reader ends before frame {index} of {}",
            expected.len()
        );
        assert_frames_eq(&frame, wanted);
        assert!(
            format == *wanted.format(),
            "info says {format}, frame {index} is {}",
            wanted.format()
        );
        expect_stamp("time", nanoseconds(&frame), nanoseconds(wanted), index);
        let numbers = (frame.stamp.number, wanted.stamp.number);
        expect_stamp("number", numbers.0, numbers.1, index);
    }
    reader_of_count(open, expected.len() as u64);
}

/// The time in nanoseconds, so that 1/2 and 2/4 of a second are equal.
fn nanoseconds(frame: &Frame) -> Option<i64> {
    frame
        .stamp
        .time
        .map(|time| time.ticks_in(Timebase::NANOSECONDS))
}

#[track_caller]
fn expect_stamp(name: &str, found: Option<i64>, wanted: Option<i64>, index: usize) {
    assert!(
        wanted.is_none() || found == wanted,
        "the {name} of frame {index} is {found:?}, expected {wanted:?}"
    );
}

/// Checks that a reader has `count` frames and keeps the promises of [`FrameReader`]; for lossy sources.
///
/// Random order is compared with sequential order bit for bit. `open` makes a fresh reader each time.
#[track_caller]
pub fn reader_of_count(open: impl Fn() -> Box<dyn FrameReader>, count: u64) {
    let sequence = sequential(&mut *open(), count);
    reuse(&open, &sequence);
    clones_are_kept(&open, &sequence);
    let mut reader = open();
    match reader.info().frame_count {
        FrameCount::Exact(claimed) => {
            assert!(
                claimed == count,
                "info says exactly {claimed} frames, there are {count}"
            );
        }
        FrameCount::Estimated(_) | FrameCount::Unknown => {}
    }
    if let Some(seeker) = reader.as_seek() {
        every_order(seeker, &sequence);
    }
}

#[track_caller]
fn read(reader: &mut (impl FrameReader + ?Sized), frame: &mut Frame) -> bool {
    reader
        .read_into(frame)
        .unwrap_or_else(|error| panic!("reading a sound recording fails: {}", chain(&error)))
}

fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// In order into empty frames; the end stays the end. Returns the fingerprints.
#[track_caller]
fn sequential(reader: &mut dyn FrameReader, count: u64) -> Vec<u64> {
    let info = reader.info().clone();
    let mut sequence = Vec::new();
    let mut frame = Frame::empty();
    while read(reader, &mut frame) {
        let index = sequence.len() as u64;
        assert!(
            index < count,
            "there is a frame {index}, expected {count} frames"
        );
        let found = frame.stamp.index;
        assert!(
            found == index,
            "frame {index} says that its index is {found}"
        );
        assert!(
            *frame.format() == info.format,
            "info says {}, frame {index} is {}",
            info.format,
            frame.format()
        );
        sequence.push(fingerprint(&frame));
        frame = Frame::empty();
    }
    let found = sequence.len();
    assert!(
        found as u64 == count,
        "the reader gives {found} frames, expected {count}"
    );
    for _ in 0..3 {
        assert!(
            !read(reader, &mut frame),
            "after the end comes another frame"
        );
    }
    assert!(*reader.info() == info, "info changes while reading");
    assert!(
        reader.damage().is_empty(),
        "a sound recording has damage: {:?}",
        reader.damage()
    );
    sequence
}

/// The same frame refilled, with and without another format in between.
#[track_caller]
fn reuse(open: &impl Fn() -> Box<dyn FrameReader>, sequence: &[u64]) {
    let others = [
        FrameFormat::new(1, 1, Color::Rgba, SampleType::F64),
        FrameFormat::new(300, 2, Color::Gray, SampleType::U8),
    ];
    let mut reader = open();
    let mut frame = Frame::empty();
    for (index, wanted) in sequence.iter().enumerate() {
        if index % 3 == 2 {
            frame = Frame::zeroed(others[index % 2]);
            frame.stamp.number = Some(-5);
            frame.stamp.time = None;
        }
        assert!(
            read(&mut *reader, &mut frame),
            "the second pass ends at frame {index}"
        );
        assert!(
            fingerprint(&frame) == *wanted,
            "frame {index} differs when its memory is used again"
        );
    }
}

/// A clone keeps its pixels when the frame is refilled.
#[track_caller]
fn clones_are_kept(open: &impl Fn() -> Box<dyn FrameReader>, sequence: &[u64]) {
    let mut reader = open();
    let mut frame = Frame::empty();
    let mut kept: Vec<Frame> = Vec::new();
    while kept.len() < 8 && read(&mut *reader, &mut frame) {
        kept.push(frame.clone());
    }
    for (index, (clone, wanted)) in kept.iter().zip(sequence).enumerate() {
        assert!(
            fingerprint(clone) == *wanted,
            "the clone of frame {index} changed when the frame was refilled"
        );
    }
}

/// Forwards, backwards, random, mixed with reading on; to the end and beyond.
#[track_caller]
fn every_order(seeker: &mut dyn SeekFrames, sequence: &[u64]) {
    let count = sequence.len() as u64;
    let claimed = seeker.frame_count();
    assert!(
        claimed == count,
        "seeking knows {claimed} frames, there are {count}"
    );
    let mut random: Vec<u64> = (0..count).collect();
    Noise::new(count).shuffle(&mut random);
    let orders: [(&str, Vec<u64>); 4] = [
        ("forwards", (0..count).collect()),
        ("backwards", (0..count).rev().collect()),
        ("at random", random),
        (
            "over and over",
            [0, 0, count.saturating_sub(1), count.saturating_sub(1)]
                .into_iter()
                .filter(|i| *i < count)
                .collect(),
        ),
    ];
    let mut frame = Frame::empty();
    for (how, order) in orders {
        for (step, &index) in order.iter().enumerate() {
            seek(seeker, index);
            // Every seventh time the next frame is read too, which must follow on.
            let run = if step % 7 == 6 { 2 } else { 1 };
            for index in (index..count).take(run) {
                assert!(
                    read(seeker, &mut frame),
                    "the reader ends at frame {index}, sought {how}"
                );
                expect_frame(&frame, index, sequence, how);
            }
        }
    }
    stamps(seeker, count);
    seek(seeker, count);
    assert!(
        !read(seeker, &mut frame),
        "after seeking to the end comes a frame"
    );
    match seeker.seek(count + 1) {
        Err(Error::OutOfRange {
            frame, frame_count, ..
        }) => {
            assert!(
                (frame, frame_count) == (count + 1, count),
                "the error names frame {frame} of {frame_count}"
            );
        }
        Err(error) => panic!("seeking beyond the end is another error: {error}"),
        Ok(()) => panic!("seeking beyond the end is no error"),
    }
    if count > 0 {
        seek(seeker, 0);
        assert!(
            read(seeker, &mut frame),
            "after a failed seek the reader cannot go on"
        );
        expect_frame(&frame, 0, sequence, "after a failed seek");
    }
}

/// The stamps that are told without frames are those of the frames.
#[track_caller]
fn stamps(seeker: &mut dyn SeekFrames, count: u64) {
    let mut frame = Frame::empty();
    let some = [0, count / 2, count.saturating_sub(1)];
    for index in some.into_iter().filter(|index| *index < count) {
        seek(seeker, index);
        assert!(read(seeker, &mut frame), "the reader ends at frame {index}");
        let told = seeker.stamp_of(index).unwrap_or_else(|error| {
            panic!("the stamp of frame {index} is not told: {}", chain(&error))
        });
        let (told, found) = (told.map(|told| (told.index, told.time)), &frame.stamp);
        assert!(
            told == Some((found.index, found.time)),
            "the stamp of frame {index} is told as {told:?}, read as {found:?}"
        );
    }
    let beyond = seeker.stamp_of(count);
    assert!(
        matches!(beyond, Ok(None)),
        "there is a stamp after the end: {beyond:?}"
    );
}

#[track_caller]
fn seek(seeker: &mut dyn SeekFrames, index: u64) {
    if let Err(error) = seeker.seek(index) {
        panic!("seeking to frame {index} fails: {}", chain(&error));
    }
}

/// Says which frame it is instead, when it is another.
#[track_caller]
fn expect_frame(frame: &Frame, index: u64, sequence: &[u64], how: &str) {
    let found = fingerprint(frame);
    let wanted = usize::try_from(index)
        .ok()
        .and_then(|index| sequence.get(index));
    if wanted == Some(&found) {
        return;
    }
    let instead = sequence.iter().position(|print| *print == found);
    match instead {
        Some(other) => panic!("frame {index} sought {how} is frame {other}"),
        None => panic!(
            "frame {index} sought {how} is no frame of the sequence (stamp {:?})",
            frame.stamp
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use pimage_core::{Frame, StreamInfo};

    use super::*;
    use crate::{SyntheticReader, counter_frames};

    /// A reader with one fault.
    struct Faulty {
        inner: SyntheticReader,
        fault: &'static str,
        last_seek: u64,
    }

    impl FrameReader for Faulty {
        fn info(&self) -> &StreamInfo {
            self.inner.info()
        }

        fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
            let more = self.inner.read_into(frame)?;
            match self.fault {
                "one short" if frame.stamp.index == 4 => Ok(false),
                "never ends" if !more => self.inner.seek(0).map(|()| true),
                "index" => {
                    frame.stamp.index = 0;
                    Ok(more)
                }
                _ => Ok(more),
            }
        }

        fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
            Some(self)
        }
    }

    impl SeekFrames for Faulty {
        fn frame_count(&self) -> u64 {
            self.inner.frame_count()
        }

        fn seek(&mut self, index: u64) -> Result<(), Error> {
            let backwards = index < self.last_seek;
            self.last_seek = index;
            match self.fault {
                "off by one backwards" if backwards && index > 0 => self.inner.seek(index - 1),
                "beyond" => self.inner.seek(index.min(5)),
                _ => self.inner.seek(index),
            }
        }
    }

    #[test]
    fn each_fault_is_found_and_named() {
        let format = FrameFormat::new(6, 4, Color::Gray, SampleType::U8);
        let frames = counter_frames(format, 5);
        for (fault, text) in [
            ("one short", "ends before frame 4 of 5"),
            ("never ends", "there is a frame 5, expected 5 frames"),
            ("index", "frame 1 says that its index is 0"),
            (
                "off by one backwards",
                "frame 3 sought backwards is frame 2",
            ),
            ("beyond", "seeking beyond the end is no error"),
        ] {
            let open = || -> Box<dyn FrameReader> {
                Box::new(Faulty {
                    inner: SyntheticReader::new(format, 5),
                    fault,
                    last_seek: 0,
                })
            };
            let panic = catch_unwind(AssertUnwindSafe(|| reader(open, &frames)))
                .expect_err("the fault is found");
            let found = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|t| (*t).to_owned()));
            let found = found.expect("a text");
            assert!(found.contains(text), "{fault}: {found}");
        }
    }
}
