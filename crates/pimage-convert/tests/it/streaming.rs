//! Order, memory and the shape of what arrives.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pimage_convert::{ConvertOptions, Progress, convert};
use pimage_core::{
    Color, Error, Frame, FrameFormat, FrameReader, FrameReaderExt, FrameWriter, SampleType,
    WriteSummary,
};
use pimage_testkit::{SyntheticReader, assert_frames_eq, counter_frame};

use crate::kit::{Sink, Source, small};

#[test]
fn every_frame_arrives_in_order_with_its_stamp() {
    for threads in [1, 2, 7] {
        let sink = Sink::keeping();
        let seen = Arc::clone(&sink.seen);
        let delays = AtomicU64::new(1);
        let mut options = ConvertOptions::default().transform(|_: &mut Frame| {
            // A few microseconds that differ from frame to frame, so that workers overtake each other.
            let step = delays.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed) >> 56;
            std::thread::sleep(Duration::from_micros(step * 4));
            Ok(())
        });
        options.threads = Some(threads);
        let mut reader = SyntheticReader::new(small(), 200);
        let summary = convert(&mut reader, Box::new(sink), &options, &()).expect("converts");
        assert_eq!(summary.written.frames, 200);
        let seen = seen.lock().expect("no panic");
        assert!(seen.finished, "the writer is finished");
        assert_eq!(seen.frames.len(), 200);
        for (index, frame) in seen.frames.iter().enumerate() {
            assert_frames_eq(frame, &counter_frame(index as u64, small()));
            assert_eq!(frame.stamp.index, index as u64);
        }
    }
}

#[test]
fn an_empty_stream_is_finished_with_no_frame() {
    let sink = Sink::default();
    let seen = Arc::clone(&sink.seen);
    let mut reader = SyntheticReader::new(small(), 0);
    let options = ConvertOptions::default();
    let summary = convert(&mut reader, Box::new(sink), &options, &()).expect("converts");
    assert_eq!(summary.written.frames, 0);
    assert!(seen.lock().expect("no panic").finished);
}

#[test]
fn a_closure_on_the_read_side_sees_the_frames_in_order() {
    let sink = Sink::keeping();
    let seen = Arc::clone(&sink.seen);
    let mut sum = 0u64;
    let mut reader = SyntheticReader::new(small(), 50).map(move |frame| {
        sum += frame.stamp.index;
        frame.stamp.number = i64::try_from(sum).ok();
        Ok(())
    });
    let options = ConvertOptions::default().transform(|_: &mut Frame| Ok(()));
    convert(&mut reader, Box::new(sink), &options, &()).expect("converts");
    let seen = seen.lock().expect("no panic");
    let numbers: Vec<_> = seen.frames.iter().filter_map(|f| f.stamp.number).collect();
    let expected: Vec<i64> = (0..50).map(|i| i * (i + 1) / 2).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn transforms_are_applied_in_the_order_in_which_they_were_added() {
    let sink = Sink::keeping();
    let seen = Arc::clone(&sink.seen);
    let each = |frame: &mut Frame, change: fn(u8) -> u8| -> Result<(), Error> {
        for sample in frame.samples_mut::<u8>().into_iter().flatten() {
            *sample = change(*sample);
        }
        Ok(())
    };
    let options = ConvertOptions::default()
        .transform(move |frame: &mut Frame| each(frame, |_| 10))
        .transform(move |frame: &mut Frame| each(frame, |value| value * 3))
        .transform(move |frame: &mut Frame| each(frame, |value| value + 1));
    convert(
        &mut SyntheticReader::new(small(), 3),
        Box::new(sink),
        &options,
        &(),
    )
    .expect("converts");
    let seen = seen.lock().expect("no panic");
    assert!(
        seen.frames
            .iter()
            .all(|frame| frame.bytes().iter().all(|value| *value == 31))
    );
}

/// Counts the frames between reader and writer at each write.
struct Lagging {
    read: Arc<AtomicU64>,
    written: u64,
    most_ahead: Arc<AtomicU64>,
}

impl FrameWriter for Lagging {
    fn write(&mut self, _frame: &Frame) -> Result<(), Error> {
        std::thread::sleep(Duration::from_millis(3));
        let ahead = self.read.load(Ordering::SeqCst) - self.written;
        self.most_ahead.fetch_max(ahead, Ordering::SeqCst);
        self.written += 1;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<WriteSummary, Error> {
        Ok(WriteSummary::new(self.written, 0))
    }
}

fn most_ahead(memory_bytes: u64, threads: usize) -> u64 {
    let format = FrameFormat::new(100, 100, Color::Gray, SampleType::U8);
    let mut source = Source::new(format, 60);
    let most_ahead = Arc::new(AtomicU64::new(0));
    let writer = Lagging {
        read: Arc::clone(&source.read),
        written: 0,
        most_ahead: Arc::clone(&most_ahead),
    };
    let options = ConvertOptions {
        threads: Some(threads),
        memory_bytes,
        ..ConvertOptions::default()
    };
    convert(&mut source, Box::new(writer), &options, &()).expect("converts");
    most_ahead.load(Ordering::SeqCst)
}

#[test]
fn a_fast_reader_is_held_back_by_bytes_and_by_frames() {
    // Three frames of 10,000 bytes fit 35,000; the one being written counts.
    assert_eq!(most_ahead(35_000, 4), 3);
    // A budget below one frame still lets one through at a time.
    assert_eq!(most_ahead(1, 4), 1);
    // However large the budget, 2 * threads + 2.
    assert_eq!(most_ahead(u64::MAX, 2), 6);
}

#[test]
fn memory_is_reused_however_many_frames_there_are() {
    let addresses = Mutex::new(std::collections::BTreeSet::new());
    let options = ConvertOptions {
        threads: Some(2),
        ..ConvertOptions::default()
    }
    .transform(|frame: &mut Frame| {
        if let Ok(mut addresses) = addresses.lock() {
            addresses.insert(frame.bytes().as_ptr() as usize);
        }
        Ok(())
    });
    let mut reader = SyntheticReader::new(small(), 20_000);
    let summary = convert(&mut reader, Box::new(Sink::default()), &options, &()).expect("converts");
    assert_eq!(summary.written.frames, 20_000);
    drop(options);
    let buffers = addresses.into_inner().expect("no panic").len();
    assert!(buffers <= 6, "20,000 frames took {buffers} buffers");
}

#[test]
fn progress_counts_up_to_the_total() {
    struct Listener(Mutex<Vec<(u64, Option<u64>)>>);
    impl Progress for Listener {
        fn frame_written(&self, done: u64, total: Option<u64>) -> ControlFlow<()> {
            self.0.lock().expect("no panic").push((done, total));
            ControlFlow::Continue(())
        }
    }
    let listener = Listener(Mutex::default());
    let mut reader = SyntheticReader::new(small(), 4);
    assert_eq!(reader.info().frame_count.exact(), Some(4));
    let options = ConvertOptions::default();
    convert(&mut reader, Box::new(Sink::default()), &options, &listener).expect("converts");
    let expected: Vec<_> = (1..=4).map(|done| (done, Some(4))).collect();
    assert_eq!(*listener.0.lock().expect("no panic"), expected);
}
