//! A reader whose frames were computed from frames and their neighbours, on all cores.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use pimage_core::{Cancel, Damage, Error, Frame, FrameReader, SeekFrames, StreamInfo};
use pimage_pool::OrderedPool;

use crate::frames::seek;
use crate::operation::windowed_info;
use crate::{Surroundings, Windowed};

/// A frame among its neighbours.
struct Job {
    frames: Vec<Frame>,
    at: usize,
    /// Memory for the result.
    output: Frame,
}

/// Frames of a reader after an operation that looks at neighbours.
///
/// The neighbours of a frame are those whose indices lie within the window, so that a frame is the same
/// however it is reached, also where others were skipped.
pub(crate) struct WindowStage<'a> {
    reader: Box<dyn FrameReader + 'a>,
    info: StreamInfo,
    seekable: Option<u64>,
    windowed: Arc<dyn Windowed>,
    before: u64,
    after: u64,
    /// Consecutive frames of the reader, those that may still be neighbours.
    buffer: VecDeque<Frame>,
    /// Frames that are no longer neighbours, the oldest first: what comes later is read into their memory.
    spent: VecDeque<Frame>,
    /// Index from which on frames are wanted.
    target: u64,
    pool: OrderedPool<Job, Frame>,
    /// The first frame may need many to be read, which is stopped in between.
    cancel: Cancel,
    depth: usize,
    /// Whether a frame was read since the last seek.
    in_order: bool,
    /// What the reader answered after the buffered frames: its end, or an error.
    last: Option<Option<Error>>,
}

impl<'a> WindowStage<'a> {
    pub(crate) fn new(
        mut reader: Box<dyn FrameReader + 'a>,
        windowed: &Arc<dyn Windowed>,
        surroundings: &Surroundings,
    ) -> Result<Self, Error> {
        let info = windowed_info(&**windowed, reader.info())?;
        surroundings.limits.check_format(&info.format)?;
        let seekable = reader.as_seek().map(|seek| seek.frame_count());
        let window = windowed.window();
        let frame_bytes = reader.info().format.frame_bytes().unwrap_or(usize::MAX) as u64;
        // Of a recording that is shorter than the window, there are no more frames than it has.
        let most = seekable.unwrap_or(u64::MAX).min(window.len() as u64);
        let window_bytes = frame_bytes.saturating_mul(most);
        if window_bytes > surroundings.memory_bytes.max(frame_bytes.saturating_mul(3)) {
            return Err(Error::TooLarge {
                what: "the memory of the frames that a step looks at together",
                value: window_bytes,
                limit: surroundings.memory_bytes,
                option: "--memory",
            });
        }
        let threads = pimage_pool::threads(surroundings.threads);
        let room = surroundings.memory_bytes.saturating_sub(window_bytes) / frame_bytes.max(1) / 2;
        let start = || {
            let windowed = Arc::clone(windowed);
            move |mut job: Job| {
                windowed.apply(&job.frames, job.at, &mut job.output)?;
                if let Some(frame) = job.frames.get(job.at) {
                    job.output.stamp = frame.stamp.clone();
                }
                Ok(job.output)
            }
        };
        Ok(Self {
            reader,
            info,
            seekable,
            windowed: Arc::clone(windowed),
            before: window.before as u64,
            after: window.after as u64,
            buffer: VecDeque::new(),
            spent: VecDeque::new(),
            target: 0,
            pool: OrderedPool::start("window", threads, start)?,
            cancel: surroundings.cancel.clone(),
            depth: usize::try_from(room)
                .unwrap_or(usize::MAX)
                .clamp(1, 2 * threads),
            in_order: false,
            last: None,
        })
    }

    /// The next frame that is wanted, once all its neighbours are there; `None` when the reader has no more.
    fn next_job(&mut self, output: &mut Frame) -> Option<Job> {
        loop {
            let center = self
                .buffer
                .iter()
                .position(|frame| frame.stamp.index >= self.target);
            let index = center
                .and_then(|at| self.buffer.get(at))
                .map(|frame| frame.stamp.index);
            let newest = self.buffer.back().map(|frame| frame.stamp.index);
            match (center, index, newest, &self.last) {
                (Some(_), Some(index), Some(newest), last)
                    if newest >= index.saturating_add(self.after) || matches!(last, Some(None)) =>
                {
                    return Some(self.job(index, output));
                }
                (_, _, _, Some(_)) => return None,
                _ => self.read_one(),
            }
        }
    }

    fn read_one(&mut self) {
        if self.cancel.is_cancelled() {
            self.last = Some(Some(Error::Stopped));
            return;
        }
        // The work on a spent frame is done once as many were spent after it as may be waiting.
        let mut frame = match self.spent.len() > self.depth {
            true => self.spent.pop_front().unwrap_or_else(Frame::empty),
            false => Frame::empty(),
        };
        match self.reader.read_into(&mut frame) {
            Ok(true) => self.buffer.push_back(frame),
            Ok(false) => self.last = Some(None),
            Err(error) => self.last = Some(Some(error)),
        }
    }

    /// The work for the frame of this index, after which the next one is wanted.
    fn job(&mut self, index: u64, output: &mut Frame) -> Job {
        let oldest = index.saturating_sub(self.before);
        while self
            .buffer
            .front()
            .is_some_and(|frame| frame.stamp.index < oldest)
        {
            self.spent.extend(self.buffer.pop_front());
        }
        let newest = index.saturating_add(self.after);
        let near = self
            .buffer
            .iter()
            .take_while(|frame| frame.stamp.index <= newest);
        let frames: Vec<Frame> = near.cloned().collect();
        let at = frames.iter().position(|frame| frame.stamp.index == index);
        self.target = index + 1;
        Job {
            frames,
            at: at.unwrap_or(0),
            output: std::mem::replace(output, Frame::empty()),
        }
    }

    fn forget(&mut self) {
        self.pool.clear();
        self.buffer.clear();
        self.last = None;
        self.in_order = false;
    }
}

impl FrameReader for WindowStage<'_> {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let depth = if self.in_order { self.depth } else { 1 };
        self.in_order = true;
        while self.pool.pending() < depth {
            match self.next_job(frame) {
                Some(job) => self.pool.submit(job),
                None => break,
            }
        }
        match self.pool.next() {
            Some(Ok(result)) => {
                self.info
                    .format
                    .expect_same(result.format(), result.stamp.index)?;
                *frame = result;
                Ok(true)
            }
            Some(Err(error)) => {
                self.forget();
                self.last = Some(None);
                Err(error)
            }
            None => match self.last.replace(None) {
                Some(Some(error)) => {
                    self.buffer.clear();
                    Err(error)
                }
                _ => Ok(false),
            },
        }
    }

    fn damage(&self) -> &[Damage] {
        self.reader.damage()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.reader.files()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        self.seekable.is_some().then_some(self as _)
    }
}

impl SeekFrames for WindowStage<'_> {
    fn frame_count(&self) -> u64 {
        self.seekable.unwrap_or(0)
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        self.info.expect_within(index, self.frame_count())?;
        self.forget();
        self.target = index;
        seek(
            &mut *self.reader,
            index.saturating_sub(self.windowed.window().before as u64),
        )
    }
}
