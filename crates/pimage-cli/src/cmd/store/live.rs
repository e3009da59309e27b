//! A recording while it is made: how fast, what was lost, what is safe; flushed also when no frame comes.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pimage_convert::{Cancel, Progress};
use pimage_core::{
    Damage, Error, Frame, FrameReader, FrameWriter, StreamInfo, Timestamp, WriteSummary,
};
use pimage_store::{Safety, StoreWriter};

use crate::term::Term;

/// How often a line is said where nothing that moves may be drawn.
const SAID_EVERY: Duration = Duration::from_secs(10);

/// What all threads know of the recording.
#[derive(Debug)]
struct State {
    /// `None` once it is finished.
    writer: Option<StoreWriter>,
    safety: Safety,
    /// Numbers that were passed over.
    dropped: u64,
    last_number: Option<i64>,
    written_at: Instant,
    /// What went wrong when nobody was there to be told.
    error: Option<Error>,
}

/// The recording, for all threads.
#[derive(Debug, Clone)]
pub(super) struct Recording {
    state: Arc<Mutex<State>>,
    dropped: Arc<AtomicU64>,
}

impl Recording {
    pub(super) fn new(writer: StoreWriter) -> Self {
        let state = State {
            writer: Some(writer),
            safety: Safety::default(),
            dropped: 0,
            last_number: None,
            written_at: Instant::now(),
            error: None,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            dropped: Arc::new(AtomicU64::new(0)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far it is safe.
    pub(super) fn safety(&self) -> Safety {
        self.state().safety
    }

    /// Numbers that the source passed over: of a live one, frames that nobody got.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// A writer of it for a conversion, which flushes also while no frame comes.
    pub(super) fn writer(&self, flush: Duration) -> RecordingWriter {
        let (stop, stopped) = channel::<()>();
        let watched = self.clone();
        let every = (flush / 2).clamp(Duration::from_millis(10), Duration::from_secs(1));
        let watch = move || {
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                watched.flush_when_idle(flush);
            }
        };
        let thread = std::thread::Builder::new().name("the flusher".to_owned());
        RecordingWriter {
            recording: self.clone(),
            stop: Some(stop),
            // Where no thread can be started, frames are flushed when the next one comes.
            flusher: thread.spawn(watch).ok(),
        }
    }

    fn flush_when_idle(&self, flush: Duration) {
        let mut state = self.state();
        let is_due = state.safety.flushed < state.safety.written
            && state.written_at.elapsed() >= flush
            && state.error.is_none();
        if !is_due {
            return;
        }
        let flushed = state.writer.as_mut().map(FrameWriter::flush);
        if let Some(Err(error)) = flushed {
            state.error = Some(error);
        }
        state.look();
    }
}

impl State {
    /// Keeps in mind how far the writer is.
    fn look(&mut self) {
        if let Some(writer) = &self.writer {
            self.safety = writer.safety();
        }
    }
}

/// What a conversion writes to.
pub(super) struct RecordingWriter {
    recording: Recording,
    stop: Option<Sender<()>>,
    flusher: Option<JoinHandle<()>>,
}

impl FrameWriter for RecordingWriter {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        let mut state = self.recording.state();
        if let Some(error) = state.error.take() {
            return Err(error);
        }
        let written = state.writer.as_mut().map(|writer| writer.write(frame));
        state.look();
        written.unwrap_or(Ok(()))?;
        state.written_at = Instant::now();
        if let Some(number) = frame.stamp.number {
            let before = state.last_number.replace(number);
            let passed = before.and_then(|before| number.checked_sub(before)?.checked_sub(1));
            state.dropped += passed
                .and_then(|passed| u64::try_from(passed).ok())
                .unwrap_or(0);
        }
        self.recording
            .dropped
            .store(state.dropped, Ordering::Relaxed);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<WriteSummary, Error> {
        drop(self.stop.take());
        if let Some(flusher) = self.flusher.take() {
            // It keeps its errors for here.
            let _ = flusher.join();
        }
        let mut state = self.recording.state();
        if let Some(error) = state.error.take() {
            return Err(error);
        }
        let Some(writer) = state.writer.take() else {
            return Err(Error::Stopped);
        };
        let summary = Box::new(writer).finish()?;
        state.safety = Safety {
            written: summary.frames,
            flushed: summary.frames,
            durable: summary.frames,
        };
        Ok(summary)
    }
}

/// The frames of a source until somebody stops it, which is no error here; perhaps with the time at which each came.
pub(super) struct UntilStopped {
    pub(super) reader: Box<dyn FrameReader>,
    pub(super) info: StreamInfo,
    pub(super) cancel: Cancel,
    /// Whether frames get the time at which they came.
    pub(super) stamps_now: bool,
    /// When it ends by itself.
    pub(super) until: Option<Instant>,
}

impl FrameReader for UntilStopped {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let is_late = self.until.is_some_and(|until| Instant::now() >= until);
        if is_late || self.cancel.is_cancelled() {
            return Ok(false);
        }
        let read = self.reader.read_into(frame);
        // Whatever was under way ends with an error then.
        if self.cancel.is_cancelled() && read.is_err() {
            return Ok(false);
        }
        if self.stamps_now {
            let now = std::time::SystemTime::now();
            let since = now
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap_or_default();
            frame.stamp.time = Timestamp::from_secs(since.as_secs_f64());
        }
        read
    }

    fn damage(&self) -> &[Damage] {
        self.reader.damage()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.reader.files()
    }
}

/// Shows how a recording goes on.
pub(super) struct Watch<'a> {
    recording: Recording,
    term: &'a Term,
    bar: ProgressBar,
    begun: Instant,
    said: Mutex<Instant>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(recording: Recording, term: &'a Term, total: Option<u64>) -> Self {
        let bar = match (term.may_draw(), total) {
            (false, _) => ProgressBar::hidden(),
            (true, Some(total)) => ProgressBar::new(total),
            (true, None) => ProgressBar::no_length(),
        };
        if term.may_draw() {
            let template = match total {
                Some(_) => "{bar:30} {human_pos}/{human_len} frames, {per_sec}, {msg}",
                None => "{human_pos} frames, {per_sec}, {elapsed}, {msg}",
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(5));
        }
        Self {
            recording,
            term,
            bar,
            begun: Instant::now(),
            said: Mutex::new(Instant::now()),
        }
    }
}

impl Progress for Watch<'_> {
    fn frame_written(&self, done: u64, _total: Option<u64>) -> ControlFlow<()> {
        let dropped = self.recording.dropped();
        if self.term.may_draw() {
            self.bar.set_position(done);
            self.bar.set_message(format!("{dropped} dropped"));
            return ControlFlow::Continue(());
        }
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.elapsed() >= SAID_EVERY {
            *said = Instant::now();
            let rate = done as f64 / self.begun.elapsed().as_secs_f64().max(1e-9);
            let safe = self.recording.safety().flushed;
            self.term.note(&format!(
                "{done} frames, {rate:.1} frames/s, {dropped} dropped, {safe} safe"
            ));
        }
        ControlFlow::Continue(())
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
