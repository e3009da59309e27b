//! A figure: panels one below another, a title, a theme.

use pimage_core::Error;

use crate::{Axis, Palette, Series, Theme};

/// A figure of a size in pixels; fonts, lines and margins follow from the size.
///
/// ```
/// use pimage_plot::{Axis, Figure, Panel, PlotReader, Series};
/// use pimage_core::{Frame, FrameReader};
///
/// let trace = Series::line(vec![0.0, 0.5, 1.0], vec![1.0, 4.0, 2.0])?;
/// let panel = Panel::new().with_x(Axis::new("time").with_unit("s")).with_y(Axis::new("ΔF/F").with_unit("%")).with(trace);
/// let mut reader = PlotReader::still(Figure::new(320, 240)?.with(panel))?;
/// let mut frame = Frame::empty();
/// assert!(reader.read_into(&mut frame)?);
/// assert_eq!(frame.format().to_string(), "320x240 rgb uint8");
/// assert!(!reader.read_into(&mut frame)?);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Figure {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) title: String,
    pub(crate) theme: Theme,
    pub(crate) palette: Palette,
    pub(crate) panels: Vec<Panel>,
}

/// One coordinate system with its series.
#[derive(Debug, Clone)]
pub struct Panel {
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) right: Axis,
    pub(crate) series: Vec<Series>,
    pub(crate) legend: Option<bool>,
    pub(crate) grid: bool,
    pub(crate) weight: f64,
}

/// Sides of figures, pixels: smaller ones have no room, larger ones no use.
const SIDES: std::ops::RangeInclusive<u32> = 16..=16_384;

impl Figure {
    /// An empty figure of this size in pixels, both 16 to 16,384.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for another size.
    pub fn new(width: u32, height: u32) -> Result<Self, Error> {
        if !(SIDES.contains(&width) && SIDES.contains(&height)) {
            let expected = format!("{} to {} pixels each way", SIDES.start(), SIDES.end());
            return Err(Error::bad_option(
                "the size of a plot",
                format!("{width}x{height}"),
                expected,
            ));
        }
        Ok(Self {
            width,
            height,
            title: String::new(),
            theme: Theme::default(),
            palette: Palette::default(),
            panels: Vec::new(),
        })
    }

    /// The same with a title above.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The same with another theme.
    #[must_use]
    pub const fn with_theme(mut self, theme: Theme) -> Self {
        self.theme = theme;
        self
    }

    /// The same with other colours for series that have none of their own.
    #[must_use]
    pub const fn with_palette(mut self, palette: Palette) -> Self {
        self.palette = palette;
        self
    }

    /// The same with another panel below. Panels that stand one below another share the x axis, whose numbers and label are below the last;
    /// its label, scale and range are those of the last panel.
    #[must_use]
    pub fn with(mut self, panel: Panel) -> Self {
        self.panels.push(panel);
        self
    }

    /// The width, pixels.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// The height, pixels.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }
}

impl Default for Panel {
    fn default() -> Self {
        Self::new()
    }
}

impl Panel {
    /// An empty panel with a grid, and a legend where it has several series with names.
    #[must_use]
    pub fn new() -> Self {
        Self {
            x: Axis::default(),
            y: Axis::default(),
            right: Axis::default(),
            series: Vec::new(),
            legend: None,
            grid: true,
            weight: 1.0,
        }
    }

    /// The same with this x axis.
    #[must_use]
    pub fn with_x(mut self, axis: Axis) -> Self {
        self.x = axis;
        self
    }

    /// The same with this y axis on the left.
    #[must_use]
    pub fn with_y(mut self, axis: Axis) -> Self {
        self.y = axis;
        self
    }

    /// The same with this y axis on the right, which is drawn when a series is on it.
    #[must_use]
    pub fn with_right(mut self, axis: Axis) -> Self {
        self.right = axis;
        self
    }

    /// The same with another series.
    #[must_use]
    pub fn with(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// The same with a legend or without.
    #[must_use]
    pub const fn with_legend(mut self, legend: bool) -> Self {
        self.legend = Some(legend);
        self
    }

    /// The same with a grid or without.
    #[must_use]
    pub const fn with_grid(mut self, grid: bool) -> Self {
        self.grid = grid;
        self
    }

    /// The same, this many times as high as a panel of weight 1.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when it is not within 0.01 to 100.
    pub fn with_weight(mut self, weight: f64) -> Result<Self, Error> {
        if !(0.01..=100.0).contains(&weight) {
            return Err(Error::bad_option(
                "the weight of a panel",
                weight.to_string(),
                "0.01 to 100",
            ));
        }
        self.weight = weight;
        Ok(self)
    }

    pub(crate) fn has_right(&self) -> bool {
        self.series.iter().any(|series| series.is_right)
    }
}
