//! One source of a mosaic.

use std::fmt;

use pimage_core::FrameReader;
use pimage_transform::{Chain, Step};

use crate::Timing;

/// One source of a mosaic: a reader, what is done to its frames, and when they are shown.
///
/// Any reader will do: a file, frames in memory, a closure ([`FromFn`](crate::FromFn)), a plot, another mosaic.
/// One frame is a still image, which is held for as long as the mosaic lasts.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, MemoryReader, SampleType};
/// use pimage_mosaic::{AtEnd, Cell, Timing};
///
/// let frame = Frame::zeroed(FrameFormat::new(8, 6, Color::Gray, SampleType::U8));
/// let reader = MemoryReader::new(vec![frame.clone(), frame])?;
/// let cell = Cell::new(reader)
///     .named("mouse.avi")
///     .titled("before")
///     .transformed("crop=4 | rotate=90".parse()?)
///     .timed(Timing { at_end: Some(AtEnd::Hold), ..Timing::default() });
/// assert_eq!(cell.name(), "mouse.avi");
/// # Ok::<(), pimage_core::Error>(())
/// ```
pub struct Cell {
    pub(crate) reader: Box<dyn FrameReader>,
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) chain: Chain,
    pub(crate) timing: Timing,
}

impl Cell {
    /// The frames of a reader that stands at its first frame, as they are, from the first frame of the mosaic on.
    #[must_use]
    pub fn new(reader: impl FrameReader + 'static) -> Self {
        let name = reader.info().container.clone();
        Self {
            reader: Box::new(reader),
            name,
            title: None,
            chain: Chain::new(),
            timing: Timing::default(),
        }
    }

    /// What errors call it: the path of a file. Unless given, the name of its format.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// With a text in a band beside the picture.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// With these steps done to each frame before it is resized, after those that were there already.
    #[must_use]
    pub fn transformed(mut self, chain: Chain) -> Self {
        self.chain.extend(chain.steps().iter().cloned());
        self
    }

    /// With another step; see [`Cell::transformed`].
    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        self.chain = self.chain.then(step);
        self
    }

    /// Shown at these times.
    #[must_use]
    pub const fn timed(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// What errors call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cell")
            .field("name", &self.name)
            .field("title", &self.title)
            .field("chain", &self.chain)
            .field("timing", &self.timing)
            .finish_non_exhaustive()
    }
}
