//! Errors, panics and cancelling: one cause, no hang, no finished output.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pimage_convert::{Cancel, ConvertError, ConvertOptions, Progress, convert};
use pimage_core::{Color, Error, Frame, FrameFormat, FrameReader, SampleType, StreamInfo};

use crate::kit::{Sink, Source, Trick, small};

/// Runs a conversion that must not finish its writer, and returns why it ended.
#[track_caller]
fn failure(mut source: Source, sink: Sink, options: &ConvertOptions<'_>) -> ConvertError {
    let seen = Arc::clone(&sink.seen);
    let begun = Instant::now();
    let result = convert(&mut source, Box::new(sink), options, &());
    let elapsed = begun.elapsed();
    assert!(elapsed < Duration::from_secs(10), "took {elapsed:?}");
    let seen = match seen.lock() {
        Ok(seen) => seen,
        Err(poisoned) => poisoned.into_inner(),
    };
    assert!(!seen.finished, "a failed conversion is not finished");
    assert!(seen.dropped, "the writer is dropped");
    result.expect_err("fails")
}

fn two_threads() -> ConvertOptions<'static> {
    ConvertOptions {
        threads: Some(2),
        ..ConvertOptions::default()
    }
}

#[test]
fn a_failing_reader_is_the_cause_at_every_frame() {
    for frame in [0, 1, 5, 49] {
        let source = Source::new(small(), 50).with(frame, Trick::Fail);
        let error = failure(source, Sink::default(), &two_threads());
        let ConvertError::Read { source } = error else {
            panic!("{error:?}");
        };
        assert_eq!(
            source.to_string(),
            format!("source failed on `test` (frame {frame}): asked to")
        );
    }
}

#[test]
fn a_failing_writer_is_the_cause_and_not_what_the_reader_meets_then() {
    for frame in [0, 1, 5, 49] {
        let sink = Sink::default().with(frame, Trick::Fail);
        let error = failure(Source::new(small(), 50), sink, &two_threads());
        let ConvertError::Write { source } = error else {
            panic!("{error:?}");
        };
        assert_eq!(
            source.to_string(),
            format!("sink failed on `test` (frame {frame}): asked to")
        );
    }
}

#[test]
fn a_failing_transform_is_the_cause_with_its_frame() {
    for bad in [0, 3, 49] {
        for trick in [Trick::Fail, Trick::Panic] {
            let options = two_threads().transform(move |frame: &mut Frame| {
                if frame.stamp.index == bad {
                    trick.play("transform", bad)?;
                }
                Ok(())
            });
            let error = failure(Source::new(small(), 50), Sink::default(), &options);
            let ConvertError::Transform { frame, source } = error else {
                panic!("{error:?}");
            };
            assert_eq!(frame, bad);
            let is_internal = matches!(source, Error::Internal { .. });
            assert_eq!(is_internal, trick == Trick::Panic, "{source}");
        }
    }
}

#[test]
fn a_panic_in_a_stage_is_an_error_of_that_stage() {
    let source = Source::new(small(), 50).with(7, Trick::Panic);
    let error = failure(source, Sink::default(), &two_threads());
    assert!(matches!(error, ConvertError::Read { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "the reader failed (internal: source panics at 7); this is a bug in pimage or in a library that it uses"
    );

    let sink = Sink::default().with(7, Trick::Panic);
    let error = failure(Source::new(small(), 50), sink, &two_threads());
    assert!(matches!(error, ConvertError::Write { .. }), "{error:?}");
    assert!(error.to_string().contains("sink panics at 7"), "{error}");
}

#[test]
fn an_error_in_finish_is_reported() {
    for trick in [Trick::Fail, Trick::Panic] {
        let mut sink = Sink::default();
        sink.finish_trick = Some(trick);
        let error = failure(Source::new(small(), 5), sink, &two_threads());
        assert!(matches!(error, ConvertError::Write { .. }), "{error:?}");
        assert!(error.to_string().contains("finish"), "{error}");
    }
}

/// Cancels at one frame.
struct CancelAt(u64, Cancel);

impl Progress for CancelAt {
    fn frame_written(&self, done: u64, _total: Option<u64>) -> ControlFlow<()> {
        if done == self.0 {
            self.1.cancel();
        }
        ControlFlow::Continue(())
    }
}

/// Stops at one frame.
struct BreakAt(u64);

impl Progress for BreakAt {
    fn frame_written(&self, done: u64, _total: Option<u64>) -> ControlFlow<()> {
        if done == self.0 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

#[test]
fn a_cancelled_conversion_stops_before_the_next_frame() {
    let options = two_threads().transform(|_: &mut Frame| Ok(()));
    let listeners: [Box<dyn Progress>; 2] = [
        Box::new(CancelAt(3, options.cancel.clone())),
        Box::new(BreakAt(3)),
    ];
    // The one that uses the token comes last: a token cannot be used twice.
    for listener in listeners.iter().rev() {
        let sink = Sink::default();
        let seen = Arc::clone(&sink.seen);
        let mut source = Source::new(small(), 1_000);
        let result = convert(&mut source, Box::new(sink), &options, &**listener);
        let error = result.expect_err("stops");
        assert!(
            matches!(error, ConvertError::Stopped { written: 3 }),
            "{error:?}"
        );
        let seen = seen.lock().expect("no panic");
        assert!(seen.dropped && !seen.finished && seen.written == 3);
    }
}

/// Delivers one frame and then nothing until the token is used, as a camera or a pipe may; then it answers with an error.
struct Stalled(StreamInfo, u64, Cancel);

impl FrameReader for Stalled {
    fn info(&self) -> &StreamInfo {
        &self.0
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        self.1 += 1;
        if self.1 == 1 {
            *frame = Frame::zeroed(self.0.format);
            return Ok(true);
        }
        while !self.2.is_cancelled() {
            std::thread::yield_now();
        }
        Trick::Fail.play("camera", 1)?;
        Ok(false)
    }
}

#[test]
fn cancelling_works_while_the_stages_wait_for_each_other() {
    let options = two_threads().transform(|_: &mut Frame| Ok(()));
    let format = FrameFormat::new(4, 4, Color::Gray, SampleType::U8);
    let info = StreamInfo::new("camera", format, pimage_core::FrameCount::Unknown);
    let mut reader = Stalled(info, 0, options.cancel.clone());
    let result = convert(
        &mut reader,
        Box::<Sink>::default(),
        &options,
        &CancelAt(1, options.cancel.clone()),
    );
    let error = result.expect_err("stops");
    assert!(
        matches!(error, ConvertError::Stopped { written: 1 }),
        "{error:?}"
    );
}

#[test]
fn a_token_used_before_the_start_writes_nothing() {
    let options = two_threads();
    options.cancel.cancel();
    let error = failure(Source::new(small(), 5), Sink::default(), &options);
    assert!(
        matches!(error, ConvertError::Stopped { written: 0 }),
        "{error:?}"
    );
}
