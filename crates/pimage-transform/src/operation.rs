//! What a step does: to a frame, to a frame among its neighbours, or to a whole reader.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use pimage_core::{Cancel, Error, Frame, FrameFormat, FrameReader, Limits, StreamInfo, Transform};

/// What becomes of one step of a chain; cheap to clone.
#[derive(Clone)]
pub enum Operation {
    /// Each frame on its own.
    Frame(Arc<dyn Transform>),
    /// Each frame with some before and after it.
    Window(Arc<dyn Windowed>),
    /// One of the others, once all frames have been looked at.
    Measured(Arc<dyn Measured>),
    /// Whatever else makes a reader of a reader: another number of frames, a second recording beside the first.
    Reader(Arc<dyn Adapt>),
    /// One of the others, once it is known what the stream says of itself: its clock, the size of its pixels.
    Bound(Bind),
}

/// Makes an operation for a stream.
pub type Bind = Arc<dyn Fn(&StreamInfo) -> Result<Operation, Error> + Send + Sync>;

impl Operation {
    /// What is done to each frame on its own.
    pub fn frame(transform: impl Transform + 'static) -> Self {
        Self::Frame(Arc::new(transform))
    }

    /// What is done to each frame with some before and after it.
    pub fn window(windowed: impl Windowed + 'static) -> Self {
        Self::Window(Arc::new(windowed))
    }

    /// What has to look at all frames first.
    pub fn measured(measured: impl Measured + 'static) -> Self {
        Self::Measured(Arc::new(measured))
    }

    /// What makes a reader of a reader.
    pub fn reader(adapt: impl Adapt + 'static) -> Self {
        Self::Reader(Arc::new(adapt))
    }

    /// What depends on what the stream says of itself.
    pub fn bound(
        bind: impl Fn(&StreamInfo) -> Result<Self, Error> + Send + Sync + 'static,
    ) -> Self {
        Self::Bound(Arc::new(bind))
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Frame(_) => "Frame(..)",
            Self::Window(_) => "Window(..)",
            Self::Measured(_) => "Measured(..)",
            Self::Reader(_) => "Reader(..)",
            Self::Bound(_) => "Bound(..)",
        })
    }
}

/// Something done to a frame that looks at those before and after it, on any thread.
pub trait Windowed: Send + Sync {
    /// How many frames before and after a frame it looks at; at the ends of the recording there are fewer.
    fn window(&self) -> Window;

    /// The format that becomes of frames of `input`; the same, unless said otherwise.
    ///
    /// # Errors
    ///
    /// When such frames cannot be transformed so.
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        Ok(*input)
    }

    /// Computes `output` from `frames[at]` and its neighbours, which are consecutive and in order.
    ///
    /// `output` is a frame of unspecified format and content, to be `reset`; its stamp is set by the caller.
    ///
    /// # Errors
    ///
    /// Whatever makes the result impossible; it ends the work.
    fn apply(&self, frames: &[Frame], at: usize, output: &mut Frame) -> Result<(), Error>;
}

/// Frames around a frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// Frames before it.
    pub before: usize,
    /// Frames after it.
    pub after: usize,
}

impl Window {
    /// `count` frames with the frame in the middle; of an even number, there is one more before it.
    #[must_use]
    pub const fn centered(count: usize) -> Self {
        Self {
            before: count / 2,
            after: count.saturating_sub(1) / 2,
        }
    }

    /// All frames together, with the one in question.
    #[must_use]
    pub const fn len(self) -> usize {
        self.before.saturating_add(self.after).saturating_add(1)
    }

    /// Whether it is the frame alone.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.before == 0 && self.after == 0
    }
}

/// What has to look at all frames before it can do anything to the first.
pub trait Measured: Send + Sync {
    /// Reads `reader` from the first frame to the last and says what is to be done.
    ///
    /// `reader` can seek and stands at its first frame; it may be read several times, and is left anywhere.
    ///
    /// # Errors
    ///
    /// What the reader answers; [`Error::Stopped`] when the surroundings' token was used.
    fn measure(
        &self,
        reader: &mut dyn FrameReader,
        surroundings: &Surroundings,
    ) -> Result<Operation, Error>;
}

/// What makes a reader of a reader.
pub trait Adapt: Send + Sync {
    /// A reader over `reader`. It seeks if it can.
    ///
    /// # Errors
    ///
    /// When such frames cannot be read so, or what is beside them cannot be opened.
    fn adapt<'a>(
        &self,
        reader: Box<dyn FrameReader + 'a>,
        surroundings: &Surroundings,
    ) -> Result<Box<dyn FrameReader + 'a>, Error>;
}

/// Opens a recording by its name.
pub type Open = Arc<dyn Fn(&Path) -> Result<Box<dyn FrameReader>, Error> + Send + Sync>;

/// What a chain works in: threads, memory, and how it gets at other recordings.
#[derive(Clone)]
pub struct Surroundings {
    /// Threads that transform; `None` is one for each core.
    pub threads: Option<usize>,
    /// Bytes of frames that may wait for being transformed or read. One frame, or one window, always may.
    pub memory_bytes: u64,
    /// Sizes that are refused.
    pub limits: Limits,
    /// Stops the measuring passes, and the reading of windows, from outside.
    pub cancel: Cancel,
    /// Opens recordings that steps name, such as the field of `flatfield`; `None` refuses such steps.
    pub open: Option<Open>,
}

impl Surroundings {
    /// Opens the recording that an operation names.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when nothing opens recordings here; what the opener answers.
    pub fn open(&self, path: &Path) -> Result<Box<dyn FrameReader>, Error> {
        match &self.open {
            Some(open) => open(path),
            None => Err(Error::unsupported(
                path,
                "nothing opens recordings here: see `Surroundings::open`",
            )),
        }
    }

    /// The same, which notes in `opened` every file of the recordings that are opened.
    pub(crate) fn noting(&self, opened: &Arc<Mutex<Vec<PathBuf>>>) -> Self {
        let noted = |open: &Open| -> Open {
            let (open, opened) = (Arc::clone(open), Arc::clone(opened));
            Arc::new(move |path| {
                let reader = open(path)?;
                let mut opened = opened.lock().unwrap_or_else(PoisonError::into_inner);
                opened.push(path.to_path_buf());
                opened.extend(reader.files());
                Ok(reader)
            })
        };
        Self {
            open: self.open.as_ref().map(noted),
            ..self.clone()
        }
    }

    /// [`Error::Stopped`] once the token was used.
    ///
    /// # Errors
    ///
    /// That.
    pub fn check(&self) -> Result<(), Error> {
        match self.cancel.is_cancelled() {
            true => Err(Error::Stopped),
            false => Ok(()),
        }
    }
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            threads: None,
            memory_bytes: 128 << 20,
            limits: Limits::default(),
            cancel: Cancel::new(),
            open: None,
        }
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings")
            .field("threads", &self.threads)
            .field("memory_bytes", &self.memory_bytes)
            .field("limits", &self.limits)
            .field("cancel", &self.cancel)
            .field("open", &self.open.is_some())
            .finish()
    }
}

/// What a stream says of itself after a windowed operation.
pub(crate) fn windowed_info(
    windowed: &dyn Windowed,
    input: &StreamInfo,
) -> Result<StreamInfo, Error> {
    Ok(input.reformatted(windowed.output_format(&input.format)?))
}
