//! What is shown in a panel.

use std::sync::Arc;

use pimage_colormap::Coloring;
use pimage_core::{Color, Error, Frame, Paint};

use crate::axis::ScaleKind;
use crate::scale::Bounds;
use crate::{Histogram, Spectrum};

/// Numbers that are shared, not copied.
pub(crate) type Numbers = Arc<[f64]>;

/// Something to show: its data, its name, and what it looks like; cheap to clone.
///
/// ```
/// use pimage_plot::Series;
///
/// let series = Series::line(vec![0.0, 1.0, 2.0], vec![3.0, f64::NAN, 5.0])?.with_name("trace");
/// let error = Series::line(vec![0.0], vec![1.0, 2.0]).expect_err("differ");
/// assert_eq!(error.to_string(), "a line is of 1 x and 2 y: expected as many of both");
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Series {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) paint: Option<Paint>,
    pub(crate) width: Option<f64>,
    pub(crate) is_right: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Line { x: Numbers, y: Numbers },
    Scatter { x: Numbers, y: Numbers },
    Histogram(Arc<Histogram>),
    Bars(Numbers),
    Events(Numbers),
    Image(Arc<Image>),
}

/// A gray frame and its colours.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) frame: Frame,
    pub(crate) coloring: Coloring,
}

impl Series {
    const fn new(kind: Kind) -> Self {
        Self {
            kind,
            name: String::new(),
            paint: None,
            width: None,
            is_right: false,
        }
    }

    /// A line from point to point, in their order; what is not finite is a gap.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] unless there are as many x as y.
    pub fn line(x: impl Into<Arc<[f64]>>, y: impl Into<Arc<[f64]>>) -> Result<Self, Error> {
        let (x, y) = pairs("a line", x.into(), y.into())?;
        Ok(Self::new(Kind::Line { x, y }))
    }

    /// A line over the places 0, 1, 2 ….
    #[must_use]
    pub fn samples(y: impl Into<Arc<[f64]>>) -> Self {
        let y = y.into();
        let x = (0..y.len()).map(|place| place as f64).collect();
        Self::new(Kind::Line { x, y })
    }

    /// A dot at each point; what is not finite is left out.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] unless there are as many x as y.
    pub fn scatter(x: impl Into<Arc<[f64]>>, y: impl Into<Arc<[f64]>>) -> Result<Self, Error> {
        let (x, y) = pairs("a scatter plot", x.into(), y.into())?;
        Ok(Self::new(Kind::Scatter { x, y }))
    }

    /// The bins of a histogram, as high as their counts.
    #[must_use]
    pub fn histogram(histogram: Histogram) -> Self {
        Self::new(Kind::Histogram(Arc::new(histogram)))
    }

    /// The power of a spectrum over its frequencies, without that at 0, which is what detrending left.
    #[must_use]
    pub fn spectrum(spectrum: &Spectrum) -> Self {
        let tail = |values: &[f64]| values.get(1..).unwrap_or_default().into();
        Self::new(Kind::Line {
            x: tail(spectrum.frequencies()),
            y: tail(spectrum.power()),
        })
    }

    /// Bars at the places 0, 1, 2 …, which [`Axis::with_categories`](crate::Axis::with_categories) names.
    #[must_use]
    pub fn bars(values: impl Into<Arc<[f64]>>) -> Self {
        Self::new(Kind::Bars(values.into()))
    }

    /// A mark at each x: a row of its own where a panel has only events, else along the lower side.
    #[must_use]
    pub fn events(times: impl Into<Arc<[f64]>>) -> Self {
        Self::new(Kind::Events(times.into()))
    }

    /// A gray frame in the colours of a map, with a colour bar; its rows run downwards, and its pixels are square.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for a frame of colours or of no pixels.
    pub fn image(frame: Frame, coloring: Coloring) -> Result<Self, Error> {
        let format = *frame.format();
        if format.color != Color::Gray || format.width == 0 || format.height == 0 {
            let expected = "a gray frame of at least one pixel";
            return Err(Error::bad_option(
                "the image of a plot",
                format.to_string(),
                expected,
            ));
        }
        Ok(Self::new(Kind::Image(Arc::new(Image { frame, coloring }))))
    }

    /// The same with a name, which the legend shows.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The same in this colour instead of the palette's.
    #[must_use]
    pub const fn with_paint(mut self, paint: Paint) -> Self {
        self.paint = Some(paint);
        self
    }

    /// The same with lines this many pixels wide, or dots this many across, instead of what suits the size of the figure.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when it is not above 0 and at most 100.
    pub fn with_width(mut self, width: f64) -> Result<Self, Error> {
        if !(width > 0.0 && width <= 100.0) {
            return Err(Error::bad_option(
                "the width of a line",
                width.to_string(),
                "pixels, above 0 and at most 100",
            ));
        }
        self.width = Some(width);
        Ok(self)
    }

    /// The same on the axis of the right side.
    #[must_use]
    pub const fn on_right(mut self) -> Self {
        self.is_right = true;
        self
    }

    /// Points with x and y, where it has such.
    pub(crate) const fn points(&self) -> Option<(&Numbers, &Numbers)> {
        match &self.kind {
            Kind::Line { x, y } | Kind::Scatter { x, y } => Some((x, y)),
            _ => None,
        }
    }

    /// Where it is along the x axis, point by point.
    pub(crate) fn moments(&self) -> Option<&[f64]> {
        match &self.kind {
            Kind::Line { x, .. } | Kind::Scatter { x, .. } | Kind::Events(x) => Some(x),
            _ => None,
        }
    }

    /// Bounds of its x.
    pub(crate) fn x_bounds(&self, kind: ScaleKind) -> Bounds {
        match &self.kind {
            Kind::Line { x, .. } | Kind::Scatter { x, .. } | Kind::Events(x) => Bounds::of(x, kind),
            Kind::Histogram(histogram) => Bounds::of(histogram.edges(), kind),
            Kind::Bars(values) => Bounds::new(-0.6, values.len().max(1) as f64 - 0.4),
            Kind::Image(image) => Bounds::new(0.0, f64::from(image.frame.format().width)),
        }
    }

    /// Bounds of its y; bars begin at 0 where that has a place.
    pub(crate) fn y_bounds(&self, kind: ScaleKind) -> Bounds {
        let floor = match kind {
            ScaleKind::Linear => Bounds::new(0.0, 0.0),
            ScaleKind::Log => Bounds::default(),
        };
        match &self.kind {
            Kind::Line { y, .. } | Kind::Scatter { y, .. } => Bounds::of(y, kind),
            Kind::Histogram(histogram) => {
                let most = histogram.counts().iter().copied().max().unwrap_or(0);
                let floor = if kind == ScaleKind::Log { 0.5 } else { 0.0 };
                Bounds::new(floor, (most as f64).max(1.0))
            }
            Kind::Bars(values) => floor.join(Bounds::of(values, kind)),
            Kind::Events(_) => Bounds::default(),
            Kind::Image(image) => Bounds::new(0.0, f64::from(image.frame.format().height)),
        }
    }

    /// Whether it stands on 0, so that there is to be no margin below.
    pub(crate) const fn has_floor(&self) -> bool {
        matches!(self.kind, Kind::Histogram(_) | Kind::Bars(_))
    }
}

fn pairs(what: &str, x: Numbers, y: Numbers) -> Result<(Numbers, Numbers), Error> {
    if x.len() == y.len() {
        return Ok((x, y));
    }
    let found = format!("of {} x and {} y", x.len(), y.len());
    Err(Error::bad_option(what, found, "as many of both"))
}
