//! Series as coverage: what of their panel they take.

use std::ops::Range;

use pimage_core::{Cancel, Error, Paint};

use crate::Series;
use crate::figure::{Figure, Panel};
use crate::metrics::Metrics;
use crate::plan::{PanelPlan, is_raster};
use crate::raster::{Area, Mask};
use crate::runs::Track;
use crate::scale::Placed;
use crate::series::Kind;

/// Where and how a series is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Marks<'a> {
    pub(crate) series: &'a Series,
    pub(crate) plan: &'a PanelPlan,
    pub(crate) paint: Paint,
    metrics: Metrics,
    /// The row of events, and how many rows there are; none where they stand along the lower side.
    row: Option<(usize, usize)>,
    /// Which of the bars at a place, and how many there are.
    bar: (usize, usize),
}

/// All series of a figure, panel by panel.
pub(crate) fn all<'a>(
    figure: &'a Figure,
    plans: &'a [PanelPlan],
    metrics: Metrics,
) -> Vec<Vec<Marks<'a>>> {
    let mut color = 0;
    let panels = figure.panels.iter().zip(plans);
    panels
        .map(|(panel, plan)| of_panel(figure, panel, plan, metrics, &mut color))
        .collect()
}

fn of_panel<'a>(
    figure: &Figure,
    panel: &'a Panel,
    plan: &'a PanelPlan,
    metrics: Metrics,
    color: &mut usize,
) -> Vec<Marks<'a>> {
    let is_bar = |series: &&Series| matches!(series.kind, Kind::Bars(_));
    let bars = panel.series.iter().filter(is_bar).count();
    let mut bar = 0;
    let is_raster = is_raster(panel);
    let mut marks = Vec::new();
    for (place, series) in panel.series.iter().enumerate() {
        let paint = series.paint.unwrap_or_else(|| {
            let paint = figure.palette.color(*color, figure.theme);
            *color += 1;
            paint
        });
        marks.push(Marks {
            series,
            plan,
            paint,
            metrics,
            row: is_raster.then_some((place, panel.series.len())),
            bar: (bar, bars),
        });
        bar += usize::from(is_bar(&series));
    }
    marks
}

/// Points between two looks at the token that stops.
const POINTS: usize = 1 << 16;

impl<'a> Marks<'a> {
    /// The y axis that it is on.
    pub(crate) fn up(&self) -> &'a Placed {
        match &self.plan.right {
            Some(right) if self.series.is_right => right,
            _ => &self.plan.y,
        }
    }

    /// Width of its lines, pixels.
    pub(crate) fn width(&self) -> f64 {
        self.series.width.unwrap_or(self.metrics.line)
    }

    /// Diameter of its dots, pixels.
    fn dot(&self) -> f64 {
        self.series.width.unwrap_or(self.metrics.dot)
    }

    /// Its points in the frame, where it is made of points.
    pub(crate) fn track(&self) -> Option<Track<'a>> {
        let (x, y) = self.series.points()?;
        Some(Track {
            x,
            y,
            across: self.plan.x,
            up: *self.up(),
        })
    }

    /// Whether it is made of points or moments, of which more and more can be shown.
    pub(crate) const fn can_grow(&self) -> bool {
        matches!(
            self.series.kind,
            Kind::Line { .. } | Kind::Scatter { .. } | Kind::Events(_)
        )
    }

    /// Whether it is made of dots.
    pub(crate) const fn is_dots(&self) -> bool {
        matches!(self.series.kind, Kind::Scatter { .. })
    }

    /// Covers what it takes, of points and moments only the first `limit`.
    pub(crate) fn cover(
        &self,
        mask: &mut Mask,
        limit: usize,
        cancel: &Cancel,
    ) -> Result<(), Error> {
        match &self.series.kind {
            Kind::Line { .. } => {
                let visible = self.visible();
                let visible = visible.start..visible.end.min(limit);
                for (count, run) in self
                    .track()
                    .iter()
                    .flat_map(|track| track.runs(visible.clone()))
                    .enumerate()
                {
                    if count % 256 == 0 && cancel.is_cancelled() {
                        return Err(Error::Stopped);
                    }
                    self.cover_run(mask, &run);
                }
            }
            Kind::Scatter { x, .. } => {
                self.cover_dots(mask, 0..x.len().min(limit), cancel)?;
            }
            Kind::Events(times) => {
                self.cover_events(mask, 0..times.len().min(limit));
            }
            Kind::Histogram(histogram) => {
                let pairs = histogram.edges().windows(2).zip(histogram.counts());
                for (pair, count) in pairs {
                    if let [low, high] = pair {
                        self.cover_box(
                            mask,
                            self.plan.x.place(*low),
                            self.plan.x.place(*high),
                            *count as f64,
                        );
                    }
                }
            }
            Kind::Bars(values) => self.cover_bars(mask, values),
            Kind::Image(_) => {}
        }
        Ok(())
    }

    /// The points of a line between the sides of its panel, and one more on each side, when its x rise.
    fn visible(&self) -> Range<usize> {
        let Kind::Line { x, .. } = &self.series.kind else {
            return 0..0;
        };
        let scale = &self.plan.x.scale;
        let (Some(first), Some(last)) = (x.first(), x.last()) else {
            return 0..0;
        };
        // Looking at all of them costs more than drawing those outside, unless most are.
        if *first >= scale.low && *last <= scale.high || !x.is_sorted() {
            return 0..x.len();
        }
        let start = x.partition_point(|value| *value < scale.low);
        let end = x.partition_point(|value| *value <= scale.high);
        start.saturating_sub(1)..(end + 1).min(x.len())
    }

    /// Covers a run of a line and the way to it; a point between gaps is a dot, for a line through it has no length.
    pub(crate) fn cover_run(&self, mask: &mut Mask, run: &crate::runs::Run) -> Area {
        let leads_on = || {
            let next = self.track().and_then(|track| track.point(run.end));
            next.is_some()
        };
        if let [point] = run.points()
            && !run.is_joined
            && !leads_on()
        {
            return mask.disc(*point, self.metrics.dot.max(self.width()) / 2.0);
        }
        let before = run
            .is_joined
            .then(|| self.track().and_then(|track| track.point(run.start - 1)))
            .flatten();
        let points = before.into_iter().chain(run.points().iter().copied());
        mask.path(points, self.width())
    }

    /// Covers some dots.
    pub(crate) fn cover_dots(
        &self,
        mask: &mut Mask,
        range: Range<usize>,
        cancel: &Cancel,
    ) -> Result<Area, Error> {
        let mut touched = Area::default();
        let Some(track) = self.track() else {
            return Ok(touched);
        };
        for (count, index) in range.enumerate() {
            if count % POINTS == 0 && cancel.is_cancelled() {
                return Err(Error::Stopped);
            }
            if let Some(point) = track.point(index) {
                touched = touched.join(&mask.disc(point, self.dot() / 2.0));
            }
        }
        Ok(touched)
    }

    /// Covers some events.
    pub(crate) fn cover_events(&self, mask: &mut Mask, range: Range<usize>) -> Area {
        let Kind::Events(times) = &self.series.kind else {
            return Area::default();
        };
        let area = mask.area();
        let height = area.height as f64;
        let (top, bottom) = match self.row {
            Some((row, rows)) => {
                let middle = self.up().place((rows - 1 - row) as f64);
                let reach = height / rows as f64 * 0.38;
                (middle - reach, middle + reach)
            }
            None => (area.bottom() as f64 - height * 0.09, area.bottom() as f64),
        };
        let mut touched = Area::default();
        for time in times.get(range).unwrap_or_default() {
            let x = self.plan.x.place(*time);
            if x.is_finite() {
                let half = self.width() * 0.5;
                touched = touched.join(&mask.rectangle((x - half, top), (x + half, bottom)));
            }
        }
        touched
    }

    fn cover_bars(&self, mask: &mut Mask, values: &[f64]) {
        let (which, count) = self.bar;
        let width = 0.8 / count.max(1) as f64;
        for (place, value) in values.iter().enumerate() {
            let low = place as f64 - 0.4 + which as f64 * width;
            self.cover_box(
                mask,
                self.plan.x.place(low),
                self.plan.x.place(low + width),
                *value,
            );
        }
    }

    /// A box between two columns from the floor to a value, with sides on those of pixels.
    fn cover_box(&self, mask: &mut Mask, from: f64, to: f64, value: f64) {
        let up = self.up();
        let floor = up.place(0.0);
        let floor = if floor.is_finite() { floor } else { up.from };
        let top = up.place(value);
        if !top.is_finite() || !from.is_finite() || !to.is_finite() {
            return;
        }
        let (from, to) = (from.round(), to.round());
        // A line of ground between boxes that are wide enough.
        let to = if to - from >= 6.0 {
            to - 1.0
        } else {
            to.max(from + 1.0)
        };
        mask.rectangle((from, top.min(floor)), (to, top.max(floor)));
    }
}
