//! A vertical line at an x, with the values of the lines there.

use pimage_core::{Error, Frame, Paint};
use pimage_text::Anchor;

use crate::figure::{Figure, Panel};
use crate::furniture::veil;
use crate::marks::{self, Marks};
use crate::metrics::{LINE_HEIGHT, Metrics};
use crate::pens::{Lettering, Turn};
use crate::plan::Plan;
use crate::raster::{Area, paint_mask};
use crate::scene::Tools;
use crate::series::Kind;
use crate::sketch::Sketch;
use crate::ticks::reading;

/// Whether a panel has something that a cursor can be at.
pub(crate) fn has_place(panel: &Panel) -> bool {
    panel.series.iter().any(|series| {
        matches!(
            series.kind,
            Kind::Line { .. } | Kind::Scatter { .. } | Kind::Events(_)
        )
    })
}

/// Draws the cursor at `x` over all panels that have something along the x axis.
pub(crate) fn draw(
    frame: &mut Frame,
    figure: &Figure,
    plan: &Plan,
    x: f64,
    tools: &mut Tools,
) -> Result<(), Error> {
    let panels = marks::all(figure, &plan.panels, plan.metrics);
    let panels = figure.panels.iter().zip(&plan.panels).zip(&panels);
    for ((panel, panel_plan), marks) in panels.filter(|((panel, _), _)| has_place(panel)) {
        let place = panel_plan.x.place(x);
        // A rounding beyond the end of the data is at its end.
        if !panel_plan.x.scale.holds(x) {
            continue;
        }
        let half = (plan.metrics.line * 0.45).max(0.5);
        let area = panel_plan.area;
        let ink = Paint {
            alpha: 190,
            ..figure.theme.ink()
        };
        cover(frame, area, ink, tools, |mask| {
            mask.rectangle(
                (place - half, area.top as f64),
                (place + half, area.bottom() as f64),
            )
        });
        let mut rows = Vec::new();
        for marks in marks {
            let Some((point, value)) = nearest(marks, x) else {
                continue;
            };
            let radius = plan.metrics.dot * 0.62;
            for (radius, paint) in [
                (radius + plan.metrics.hair, figure.theme.ground()),
                (radius, marks.paint),
            ] {
                cover(frame, area, paint, tools, |mask| mask.disc(point, radius));
            }
            let axis = if marks.series.is_right {
                &panel.right
            } else {
                &panel.y
            };
            let scale = &marks.up().scale;
            let text = reading(value, scale.high - scale.low);
            let unit = axis
                .unit()
                .map_or_else(String::new, |unit| format!(" {unit}"));
            let is_only = marks_with_values(panel) == 1;
            let name = if is_only || marks.series.name.is_empty() {
                String::new()
            } else {
                format!("{} ", marks.series.name)
            };
            rows.push((format!("{name}{text}{unit}"), marks.paint));
        }
        label(frame, figure, area, &plan.metrics, place, &rows, tools)?;
    }
    Ok(())
}

fn marks_with_values(panel: &Panel) -> usize {
    panel
        .series
        .iter()
        .filter(|series| matches!(series.kind, Kind::Line { .. }))
        .count()
}

/// Paints a small shape.
fn cover(
    frame: &mut Frame,
    area: Area,
    paint: Paint,
    tools: &mut Tools,
    shape: impl Fn(&mut crate::raster::Mask) -> Area,
) {
    // What it covers, and then only that.
    tools.mask.reset_to_touched(area, shape);
    let touched = tools.mask.area();
    paint_mask(frame, &tools.mask, touched, paint);
}

/// The point of a line whose x is nearest, when its x rise, and its value.
fn nearest(marks: &Marks<'_>, x: f64) -> Option<((f64, f64), f64)> {
    let Kind::Line { x: xs, y: ys } = &marks.series.kind else {
        return None;
    };
    let after = xs.partition_point(|value| *value < x);
    let distance = |index: usize| {
        xs.get(index)
            .map_or(f64::INFINITY, |value| (value - x).abs())
    };
    let index = match after.checked_sub(1) {
        Some(before) if distance(before) < distance(after) => before,
        _ => after,
    };
    // Beyond the ends of the data there is no value.
    let (first, last) = (*xs.first()?, *xs.last()?);
    let slack = (last - first) * 1e-9;
    if !(first - slack..=last + slack).contains(&x) {
        return None;
    }
    let point = marks.track()?.point(index)?;
    Some((point, *ys.get(index)?))
}

/// Writes values beside the cursor, on the side where there is room.
fn label(
    frame: &mut Frame,
    figure: &Figure,
    area: Area,
    metrics: &Metrics,
    place: f64,
    rows: &[(String, Paint)],
    tools: &mut Tools,
) -> Result<(), Error> {
    let Metrics { font, gap, .. } = *metrics;
    let line = font * LINE_HEIGHT;
    let fit = ((area.height as f64 - gap * 2.0) / line).max(0.0) as usize;
    let mut shown = Vec::new();
    let mut widest = 0.0f64;
    for (text, paint) in rows.iter().take(fit) {
        let room = area.width as f64 * 0.6;
        let text = tools.pens.fitted(text, font, room)?;
        widest = widest.max(tools.pens.measure(&text, font)?.width);
        shown.push((text, *paint));
    }
    if shown.is_empty() {
        return Ok(());
    }
    // Widths change from frame to frame with the digits; a whole number of digits keeps the box still.
    let digit = font * 0.64;
    let wide = (widest / digit).ceil() * digit + gap * 1.2;
    let high = line * shown.len() as f64 + gap * 0.5;
    let is_right = place + gap * 1.5 + wide <= area.right() as f64;
    let left = if is_right {
        place + gap * 1.2
    } else {
        place - gap * 1.2 - wide
    };
    let top = area.top as f64 + gap;
    let sketch = Sketch::new(frame, &mut tools.pens)?;
    sketch.fill(
        (left.max(area.left as f64), top),
        (left + wide, top + high),
        veil(figure.theme.ground()),
    )?;
    for (row, (text, paint)) in shown.iter().enumerate() {
        let how = Lettering {
            size: font,
            paint: *paint,
            anchor: if is_right {
                Anchor::TopLeft
            } else {
                Anchor::TopRight
            },
            turn: Turn::Level,
        };
        let at = if is_right {
            left + gap * 0.6
        } else {
            left + wide - gap * 0.6
        };
        sketch.text(text, (at, top + gap * 0.25 + line * row as f64), &how)?;
    }
    Ok(())
}
