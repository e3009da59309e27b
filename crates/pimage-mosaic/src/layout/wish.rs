//! What is asked of a layout.

use pimage_core::{Error, Limits, Paint};
use pimage_transform::Method;

use super::{Explicit, Grid, Insets, Lettering, Pair, Plan, Size, Titles};

/// How sources are shown together.
///
/// ```
/// use pimage_core::Limits;
/// use pimage_mosaic::{Area, Layout, Shown, Size};
///
/// let nine = vec![Shown::new(Size::new(640, 512)); 9];
/// let layout = Layout { max_size: Some(1000), ..Layout::default() };
/// let plan = layout.plan(&nine, &Limits::default())?;
/// assert_eq!(plan.size(), Size::new(999, 798));
/// assert_eq!(plan.places[4].picture, Area::new(333, 266, Size::new(333, 266)));
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// In which order.
    pub arrangement: Arrangement,
    /// Pixels of background around everything. Default 0.
    pub border: u32,
    /// Pixels of background between cells, and between insets and the edges of the picture that they are over. Default 0.
    pub padding: u32,
    /// What is between the pictures and around them. Default black.
    pub background: Paint,
    /// Longest side of the whole mosaic, pixels; pictures are made as much smaller as it takes. Default any.
    pub max_size: Option<u32>,
    /// How pictures are resized; as [`Resize`](pimage_transform::Resize) chooses when it is `None`.
    pub method: Option<Method>,
    /// How titles look, where a source has one.
    pub titles: Titles,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            arrangement: Arrangement::default(),
            border: 0,
            padding: 0,
            background: Paint::BLACK,
            max_size: None,
            method: None,
            titles: Titles::default(),
        }
    }
}

/// In which order sources are shown.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Arrangement {
    /// Rows and columns of equal cells.
    Grid(Grid),
    /// Side by side or one above the other, of one height or width.
    Pair(Pair),
    /// Small ones over a large one.
    Insets(Insets),
    /// Each where it is told to be.
    Explicit(Explicit),
}

impl Default for Arrangement {
    fn default() -> Self {
        Self::Grid(Grid::default())
    }
}

/// What a layout must know of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The size of its frames.
    pub size: Size,
    /// Whether it has a title.
    pub is_titled: bool,
}

impl Shown {
    /// A source of this size without a title.
    #[must_use]
    pub const fn new(size: Size) -> Self {
        Self {
            size,
            is_titled: false,
        }
    }
}

impl Layout {
    /// Where these sources are shown.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for what does not go together, and [`Error::TooLarge`] for a mosaic over the limits.
    pub fn plan(&self, sources: &[Shown], limits: &Limits) -> Result<Plan, Error> {
        if sources.is_empty() {
            return Err(Error::bad_option("the number of sources", "0", "1 or more"));
        }
        if let Some(at) = sources.iter().position(|shown| shown.size.is_empty()) {
            let size = sources.get(at).map_or(Size::default(), |shown| shown.size);
            return Err(Error::bad_option(
                format!("the size of source {at}"),
                size.to_string(),
                "at least one pixel",
            ));
        }
        match &self.arrangement {
            Arrangement::Grid(grid) => grid.plan(self, sources, limits),
            Arrangement::Pair(pair) => pair.plan(self, sources, limits),
            Arrangement::Insets(insets) => insets.plan(self, sources, limits),
            Arrangement::Explicit(explicit) => explicit.plan(self, sources, limits),
        }
    }

    /// How titles look when pictures are about as large as `cell`; `None` when no source has one.
    pub(super) fn lettering(
        &self,
        sources: &[Shown],
        cell: Size,
    ) -> Result<Option<Lettering>, Error> {
        if !sources.iter().any(|shown| shown.is_titled) {
            return Ok(None);
        }
        self.titles.lettering(cell, self.background).map(Some)
    }

    /// A mosaic of these places.
    pub(super) const fn planned(
        &self,
        canvas: Size,
        places: Vec<super::Place>,
        lettering: Option<Lettering>,
    ) -> Plan {
        Plan {
            width: canvas.width,
            height: canvas.height,
            places,
            background: self.background,
            method: self.method,
            lettering,
        }
    }

    /// The pixels that pictures may take together; `around` is what does not shrink with them, `cells` how many there are across and down.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when less than a pixel a cell is left.
    pub(super) fn room(&self, around: (u64, u64), cells: (u64, u64)) -> Result<Room, Error> {
        let Some(max) = self.max_size else {
            return Ok(Room(None));
        };
        let least = [(around.0, cells.0), (around.1, cells.1)]
            .map(|(around, cells)| around.saturating_add(cells));
        if least.iter().any(|least| *least > u64::from(max)) {
            return Err(self.too_small(least.into_iter().fold(0, u64::max)));
        }
        let left =
            |around: u64| u32::try_from(u64::from(max).saturating_sub(around)).unwrap_or(max);
        Ok(Room(Some(Size::new(left(around.0), left(around.1)))))
    }

    /// The error of a longest side of less than `least` pixels.
    pub(super) fn too_small(&self, least: u64) -> Error {
        Error::bad_option(
            "--max-size",
            self.max_size.unwrap_or_default().to_string(),
            format!("{least} or more: border, padding, titles and a pixel of each picture"),
        )
    }
}

/// The pixels that pictures may take together; `None` for as many as they like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room(pub(super) Option<Size>);

impl Room {
    /// `size` where so many of it fit across and down, else as large as it then may be, its shape kept.
    pub(super) fn share(self, size: Size, across: u32, down: u32) -> Size {
        let Some(Size { width, height }) = self.0 else {
            return size;
        };
        let each = Size::new(width / across.max(1), height / down.max(1));
        match size.width <= each.width && size.height <= each.height {
            true => size,
            false => size.within(each),
        }
    }
}
