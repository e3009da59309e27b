//! Readers and writers that fail, panic, wait or remember on demand.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use pimage_core::{
    Color, Error, Frame, FrameFormat, FrameReader, FrameWriter, Sample, SampleType, StreamInfo,
    WriteSummary,
};
use pimage_testkit::SyntheticReader;

/// What something does at one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Trick {
    Fail,
    Panic,
}

impl Trick {
    pub(crate) fn play(self, part: &str, frame: u64) -> Result<(), Error> {
        match self {
            Self::Fail => Err(Error::Codec {
                codec: part.to_owned(),
                path: "test".into(),
                frame: Some(frame),
                reason: "asked to".to_owned(),
            }),
            Self::Panic => panic!("{part} panics at {frame}"),
        }
    }
}

pub(crate) fn small() -> FrameFormat {
    FrameFormat::new(8, 6, Color::Gray, SampleType::U8)
}

/// Counted frames, with a trick at one of them.
pub(crate) struct Source {
    inner: SyntheticReader,
    trick: Option<(u64, Trick)>,
    next: u64,
    pub(crate) read: Arc<AtomicU64>,
}

impl Source {
    pub(crate) fn new(format: FrameFormat, count: u64) -> Self {
        Self {
            inner: SyntheticReader::new(format, count),
            trick: None,
            next: 0,
            read: Arc::default(),
        }
    }

    pub(crate) fn with(mut self, frame: u64, trick: Trick) -> Self {
        self.trick = Some((frame, trick));
        self
    }
}

impl FrameReader for Source {
    fn info(&self) -> &StreamInfo {
        self.inner.info()
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        if let Some((at, trick)) = self.trick
            && at == self.next
        {
            trick.play("source", at)?;
        }
        self.next += 1;
        let is_there = self.inner.read_into(frame)?;
        self.read.fetch_add(u64::from(is_there), Ordering::SeqCst);
        Ok(is_there)
    }
}

/// What a [`Sink`] went through.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) frames: Vec<Frame>,
    pub(crate) written: u64,
    pub(crate) finished: bool,
    pub(crate) dropped: bool,
}

/// Remembers what it is given, with a trick at one frame.
#[derive(Default)]
pub(crate) struct Sink {
    pub(crate) seen: Arc<Mutex<Seen>>,
    pub(crate) keeps_frames: bool,
    pub(crate) trick: Option<(u64, Trick)>,
    pub(crate) finish_trick: Option<Trick>,
}

impl Sink {
    pub(crate) fn keeping() -> Self {
        let mut sink = Self::default();
        sink.keeps_frames = true;
        sink
    }

    pub(crate) fn with(mut self, frame: u64, trick: Trick) -> Self {
        self.trick = Some((frame, trick));
        self
    }
}

impl FrameWriter for Sink {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        let mut seen = self.seen.lock().unwrap();
        if let Some((at, trick)) = self.trick
            && at == seen.written
        {
            drop(seen);
            return trick.play("sink", at);
        }
        seen.written += 1;
        if self.keeps_frames {
            seen.frames.push(frame.clone());
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<WriteSummary, Error> {
        let mut seen = self.seen.lock().unwrap();
        if let Some(trick) = self.finish_trick {
            let written = seen.written;
            drop(seen);
            trick.play("finish", written)?;
            return Ok(WriteSummary::default());
        }
        seen.finished = true;
        Ok(WriteSummary::new(seen.written, 0))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Ok(mut seen) = self.seen.lock() {
            seen.dropped = true;
        }
    }
}

/// A gray frame of one row.
pub(crate) fn row<T: Sample>(samples: &[T]) -> Frame {
    let array = ndarray::Array3::from_shape_vec((1, samples.len(), 1), samples.to_vec());
    Frame::from_array(array.expect("fits"), Color::Gray).expect("is gray")
}
