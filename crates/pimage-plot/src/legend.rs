//! Which colour is which series.

use pimage_core::{Error, Frame};
use pimage_text::Anchor;

use crate::figure::{Figure, Panel};
use crate::furniture::veil;
use crate::marks::Marks;
use crate::metrics::{LINE_HEIGHT, Metrics};
use crate::pens::{Lettering, Pens, Turn};
use crate::plan::{PanelPlan, is_raster};
use crate::raster::Point;
use crate::series::Kind;
use crate::sketch::Sketch;

/// A legend with its place.
#[derive(Debug, Clone)]
pub(crate) struct Legend {
    corner: Point,
    size: Point,
    rows: Vec<Row>,
}

#[derive(Debug, Clone)]
struct Row {
    text: String,
    /// Which of the series of the panel.
    place: usize,
}

impl Legend {
    /// The legend of a panel, in the corner where the fewest points are; `None` when it has none or no room.
    pub(crate) fn of(
        panel: &Panel,
        marks: &[Marks<'_>],
        metrics: &Metrics,
        pens: &mut Pens,
    ) -> Result<Option<Self>, Error> {
        let named = || {
            panel
                .series
                .iter()
                .enumerate()
                .filter(|(_, series)| !series.name.is_empty())
        };
        let is_wanted = panel
            .legend
            .unwrap_or_else(|| panel.series.len() > 1 && !is_raster(panel));
        let Some(plan) = marks
            .first()
            .map(|marks| marks.plan)
            .filter(|_| is_wanted && named().count() > 0)
        else {
            return Ok(None);
        };
        let Metrics { font, gap, .. } = *metrics;
        let (wide, high) = (plan.area.width as f64, plan.area.height as f64);
        let line = font * LINE_HEIGHT;
        let fit = ((high * 0.8 - gap) / line) as usize;
        let room = wide * 0.6 - sample(metrics) - gap * 3.0;
        let total = named().count();
        if fit == 0 || room < font * 2.0 {
            return Ok(None);
        }
        let mut rows = Vec::new();
        let shown = if total > fit {
            fit.saturating_sub(1)
        } else {
            total
        };
        for (place, series) in named().take(shown) {
            let text = pens.fitted(&series.name, font, room)?;
            rows.push(Row { text, place });
        }
        if total > shown {
            let text = format!("… and {} more", total - shown);
            rows.push(Row {
                text: pens.fitted(&text, font, room)?,
                place: usize::MAX,
            });
        }
        let mut widest = 0.0f64;
        for row in &rows {
            widest = widest.max(pens.measure(&row.text, font)?.width);
        }
        let size = (
            (sample(metrics) + widest + gap * 2.6).ceil(),
            (line * rows.len() as f64 + gap * 1.2).ceil(),
        );
        let corner = free_corner(plan, marks, size, gap.round());
        Ok(Some(Self { corner, size, rows }))
    }

    pub(crate) fn draw(
        &self,
        frame: &mut Frame,
        figure: &Figure,
        marks: &[Marks<'_>],
        metrics: &Metrics,
        pens: &mut Pens,
    ) -> Result<(), Error> {
        let Metrics {
            font, gap, hair, ..
        } = *metrics;
        let sketch = Sketch::new(frame, pens)?;
        let (left, top) = self.corner;
        let (right, bottom) = (left + self.size.0, top + self.size.1);
        sketch.fill(
            (left - hair, top - hair),
            (right + hair, bottom + hair),
            figure.theme.grid(),
        )?;
        sketch.fill((left, top), (right, bottom), veil(figure.theme.ground()))?;
        for (place, row) in self.rows.iter().enumerate() {
            let middle = top + gap * 0.6 + font * LINE_HEIGHT * (place as f64 + 0.5);
            let start = left + gap * 0.8;
            let end = start + sample(metrics);
            if let Some(marks) = marks.get(row.place) {
                match marks.series.kind {
                    Kind::Line { .. } => sketch.path(
                        &[(start, middle), (end, middle)],
                        marks.width().min(font * 0.5),
                        marks.paint,
                    )?,
                    Kind::Scatter { .. } => {
                        let center = (f64::midpoint(start, end), middle);
                        sketch.path(&[center, center], metrics.dot, marks.paint)?;
                    }
                    Kind::Events(_) => {
                        let center = f64::midpoint(start, end);
                        sketch.path(
                            &[
                                (center, middle - font * 0.35),
                                (center, middle + font * 0.35),
                            ],
                            marks.width(),
                            marks.paint,
                        )?;
                    }
                    _ => sketch.fill(
                        (start, middle - font * 0.3),
                        (end, middle + font * 0.3),
                        marks.paint,
                    )?,
                }
            }
            let how = Lettering {
                size: font,
                paint: figure.theme.ink(),
                anchor: Anchor::Left,
                turn: Turn::Level,
            };
            sketch.text(&row.text, (end + gap, middle), &how)?;
        }
        Ok(())
    }
}

/// Length of the sample of a line.
fn sample(metrics: &Metrics) -> f64 {
    (metrics.font * 1.5).round()
}

/// Points that are looked at.
const POINTS: usize = 4096;

/// The corner of a box within the axes that hides the fewest points.
fn free_corner(plan: &PanelPlan, marks: &[Marks<'_>], size: Point, gap: f64) -> Point {
    let (left, top) = (plan.area.left as f64 + gap, plan.area.top as f64 + gap);
    let (right, bottom) = (
        plan.area.right() as f64 - gap - size.0,
        plan.area.bottom() as f64 - gap - size.1,
    );
    let corners = [(right, top), (left, top), (right, bottom), (left, bottom)];
    let hidden = |corner: Point| {
        let is_inside = |point: &Point| {
            (corner.0 - gap..corner.0 + size.0 + gap).contains(&point.0)
                && (corner.1 - gap..corner.1 + size.1 + gap).contains(&point.1)
        };
        let tracks = marks.iter().filter_map(Marks::track);
        let of_points = tracks.map(|track| {
            let step = track.len().div_ceil(POINTS).max(1);
            (0..track.len())
                .step_by(step)
                .filter_map(|index| track.point(index))
                .filter(is_inside)
                .count()
        });
        let others = marks.iter().map(|marks| {
            let middle = (corner.0 + size.0 / 2.0, corner.1 + size.1 / 2.0);
            usize::from(hides_box(marks, middle)) * POINTS
        });
        of_points.sum::<usize>() + others.sum::<usize>()
    };
    let best = corners
        .into_iter()
        .map(|corner| (hidden(corner), corner))
        .reduce(|best, other| if other.0 < best.0 { other } else { best });
    best.map_or((left, top), |(_, corner)| corner)
}

/// Whether a histogram or bars reach a point.
fn hides_box(marks: &Marks<'_>, (x, y): Point) -> bool {
    let up = marks.up();
    match &marks.series.kind {
        Kind::Histogram(histogram) => {
            let pairs = histogram.edges().windows(2).zip(histogram.counts());
            pairs.into_iter().any(|(pair, count)| matches!(pair, [low, high] if (marks.plan.x.place(*low)..=marks.plan.x.place(*high)).contains(&x)) && up.place(*count as f64) <= y)
        }
        Kind::Bars(values) => {
            let place = values
                .iter()
                .enumerate()
                .find(|(place, _)| x < marks.plan.x.place(*place as f64 + 0.5));
            place.is_some_and(|(_, value)| up.place(*value) <= y)
        }
        _ => false,
    }
}
