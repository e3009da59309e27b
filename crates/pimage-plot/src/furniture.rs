//! What is around the data: ground, grid, axes with their marks and numbers, labels, the title.

use pimage_core::{Error, Frame, Paint};
use pimage_text::Anchor;

use crate::figure::{Figure, Panel};
use crate::metrics::{LINE_HEIGHT, Metrics};
use crate::pens::{Lettering, Pens, Turn};
use crate::picture::image_of;
use crate::plan::{PanelPlan, Plan, is_raster, shared_axis};
use crate::raster::{Area, fill_area, whole};
use crate::scale::Placed;
use crate::series::Kind;
use crate::sketch::Sketch;
use crate::ticks::Ticks;

/// Draws everything but the data.
pub(crate) fn draw(
    frame: &mut Frame,
    figure: &Figure,
    plan: &Plan,
    pens: &mut Pens,
) -> Result<(), Error> {
    let all = whole(frame);
    fill_area(frame, all, figure.theme.ground());
    for (panel, panel_plan) in figure.panels.iter().zip(&plan.panels) {
        let around = Around {
            figure,
            panel,
            plan: panel_plan,
            metrics: plan.metrics,
            has_titles: plan.has_titles,
            has_numbers: plan.has_numbers,
        };
        around.draw(frame, pens)?;
    }
    if plan.has_titles && !figure.title.is_empty() {
        let room = f64::from(figure.width) - 2.0 * plan.metrics.gap;
        let title = pens.fitted(&figure.title, plan.metrics.title, room)?;
        let middle = match plan.panels.as_slice() {
            [only] => only.area.left as f64 + only.area.width as f64 / 2.0,
            _ => f64::from(figure.width) / 2.0,
        };
        let half = pens.measure(&title, plan.metrics.title)?.width / 2.0;
        let how = Lettering {
            size: plan.metrics.title,
            paint: figure.theme.ink(),
            anchor: Anchor::Top,
            turn: Turn::Level,
        };
        let middle = kept(middle, half, f64::from(figure.width), plan.metrics.gap);
        Sketch::new(frame, pens)?.text(&title, (middle, plan.metrics.gap * 0.7), &how)?;
    }
    Ok(())
}

/// The middle of a text that stays within a side.
fn kept(middle: f64, half: f64, side: f64, gap: f64) -> f64 {
    let (low, high) = (half + gap * 0.3, side - half - gap * 0.3);
    if low > high {
        side / 2.0
    } else {
        middle.clamp(low, high)
    }
}

/// Ground between text and the sides of the frame, pixels.
const EDGE: f64 = 1.5;

/// A text, the point of its anchor, and how it looks.
type Written = (String, (f64, f64), Lettering);

/// What is around one panel.
struct Around<'a> {
    figure: &'a Figure,
    panel: &'a Panel,
    plan: &'a PanelPlan,
    metrics: Metrics,
    has_titles: bool,
    has_numbers: bool,
}

/// A side of a panel that has numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

impl Around<'_> {
    fn draw(&self, frame: &mut Frame, pens: &mut Pens) -> Result<(), Error> {
        let image = image_of(self.panel);
        let mut texts = self.bottom_texts(pens)?;
        texts.extend(self.side_texts(Side::Left, pens)?);
        texts.extend(self.side_texts(Side::Right, pens)?);
        for (text, at, how) in &mut texts {
            *at = self.within(text, *at, how, pens)?;
        }
        {
            let sketch = Sketch::new(frame, pens)?;
            if self.panel.grid && image.is_none() {
                self.grid(&sketch)?;
            }
            self.spines(&sketch)?;
            self.marks_across(&sketch)?;
            self.marks_up(&sketch, Side::Left)?;
            self.marks_up(&sketch, Side::Right)?;
            for (text, at, how) in &texts {
                sketch.text(text, *at, how)?;
            }
        }
        match image {
            Some(image) => {
                let label = self.panel.right.title();
                crate::picture::draw(
                    frame,
                    image,
                    &label,
                    self.plan.area,
                    self.metrics.font,
                    self.figure.theme,
                )
            }
            None => Ok(()),
        }
    }

    /// The point of a text moved as far as it takes for all of it to be in the frame.
    fn within(
        &self,
        text: &str,
        at: (f64, f64),
        how: &Lettering,
        pens: &mut Pens,
    ) -> Result<(f64, f64), Error> {
        let extent = pens.measure(text, how.size)?;
        let (across, down) = how.anchor.fractions();
        // How far it reaches to the left, to the right, up and down.
        let (before, after) = (extent.width * across, extent.width * (1.0 - across));
        let (above, below) = (extent.height * down, extent.height * (1.0 - down));
        let [left, right, up, low] = match how.turn {
            Turn::Level => [before, after, above, below],
            Turn::Up => [above, below, after, before],
            Turn::Down => [below, above, before, after],
            Turn::Over => [after, before, below, above],
        };
        let place = |at: f64, before: f64, after: f64, side: u32| {
            let (low, high) = (before + EDGE, f64::from(side) - after - EDGE);
            if low > high {
                f64::NAN
            } else {
                at.clamp(low, high)
            }
        };
        Ok((
            place(at.0, left, right, self.figure.width),
            place(at.1, up, low, self.figure.height),
        ))
    }

    fn lettering(&self, anchor: Anchor, turn: Turn) -> Lettering {
        Lettering {
            size: self.metrics.font,
            paint: self.figure.theme.ink(),
            anchor,
            turn,
        }
    }

    /// The first pixel of a line as wide as a hair whose middle is at `place`, kept within the axes.
    fn hair(&self, place: f64, low: usize, high: usize) -> f64 {
        let start = (place - self.metrics.hair / 2.0).round();
        start.clamp(
            low as f64,
            (high as f64 - self.metrics.hair).max(low as f64),
        )
    }

    fn grid(&self, sketch: &Sketch<'_>) -> Result<(), Error> {
        let Area { left, top, .. } = self.plan.area;
        let (right, bottom) = (self.plan.area.right(), self.plan.area.bottom());
        let (paint, hair) = (self.figure.theme.grid(), self.metrics.hair);
        let has_names = self
            .panel
            .series
            .iter()
            .any(|series| matches!(series.kind, Kind::Bars(_)));
        for tick in self.plan.x_ticks.major.iter().filter(|_| !has_names) {
            let x = self.hair(self.plan.x.place(tick.value), left, right);
            sketch.fill((x, top as f64), (x + hair, bottom as f64), paint)?;
        }
        for tick in self
            .plan
            .y_ticks
            .major
            .iter()
            .filter(|_| !is_raster(self.panel))
        {
            let y = self.hair(self.plan.y.place(tick.value), top, bottom);
            sketch.fill((left as f64, y), (right as f64, y + hair), paint)?;
        }
        Ok(())
    }

    /// The axes, just outside of the area of the data.
    fn spines(&self, sketch: &Sketch<'_>) -> Result<(), Error> {
        let (paint, hair) = (self.figure.theme.ink(), self.metrics.hair);
        let (left, top) = (self.plan.area.left as f64, self.plan.area.top as f64);
        let (right, bottom) = (
            self.plan.area.right() as f64,
            self.plan.area.bottom() as f64,
        );
        sketch.fill((left - hair, bottom), (right + hair, bottom + hair), paint)?;
        sketch.fill((left - hair, top - hair), (left, bottom + hair), paint)?;
        sketch.fill((right, top - hair), (right + hair, bottom + hair), paint)?;
        sketch.fill((left - hair, top - hair), (right + hair, top), paint)
    }

    fn marks_across(&self, sketch: &Sketch<'_>) -> Result<(), Error> {
        let (left, right) = (self.plan.area.left, self.plan.area.right());
        let start = self.plan.area.bottom() as f64 + self.metrics.hair;
        let mark = |value: f64, length: f64| {
            let x = self.hair(self.plan.x.place(value), left, right);
            sketch.fill(
                (x, start),
                (x + self.metrics.hair, start + length),
                self.figure.theme.ink(),
            )
        };
        for tick in &self.plan.x_ticks.major {
            mark(tick.value, self.metrics.tick)?;
        }
        for value in self.minor(&self.plan.x_ticks, &self.plan.x) {
            mark(value, (self.metrics.tick * 0.5).round())?;
        }
        Ok(())
    }

    fn marks_up(&self, sketch: &Sketch<'_>, side: Side) -> Result<(), Error> {
        let Some((ticks, placed)) = self.side(side) else {
            return Ok(());
        };
        let (top, bottom) = (self.plan.area.top, self.plan.area.bottom());
        let mark = |value: f64, length: f64| {
            let y = self.hair(placed.place(value), top, bottom);
            let (from, to) = match side {
                Side::Left => {
                    let end = self.plan.area.left as f64 - self.metrics.hair;
                    (end - length, end)
                }
                Side::Right => {
                    let start = self.plan.area.right() as f64 + self.metrics.hair;
                    (start, start + length)
                }
            };
            sketch.fill(
                (from, y),
                (to, y + self.metrics.hair),
                self.figure.theme.ink(),
            )
        };
        for tick in &ticks.major {
            mark(tick.value, self.metrics.tick)?;
        }
        for value in self.minor(ticks, placed) {
            mark(value, (self.metrics.tick * 0.5).round())?;
        }
        Ok(())
    }

    /// Marks between those with numbers, unless they would be too close to each other.
    fn minor<'t>(
        &self,
        ticks: &'t Ticks,
        placed: &'t Placed,
    ) -> impl Iterator<Item = f64> + use<'t> {
        let places = ticks.minor.iter().map(|value| placed.place(*value));
        let pairs = places.clone().zip(places.skip(1));
        let closest = pairs
            .map(|(first, second)| (second - first).abs())
            .fold(f64::INFINITY, f64::min);
        let is_shown = closest >= self.metrics.hair * 2.0;
        ticks.minor.iter().copied().filter(move |_| is_shown)
    }

    fn side(&self, side: Side) -> Option<(&Ticks, &Placed)> {
        match side {
            Side::Left => Some((&self.plan.y_ticks, &self.plan.y)),
            Side::Right => self
                .plan
                .right
                .as_ref()
                .map(|placed| (&self.plan.right_ticks, placed)),
        }
    }

    /// Numbers and label of the x axis.
    fn bottom_texts(&self, pens: &mut Pens) -> Result<Vec<Written>, Error> {
        let mut texts = Vec::new();
        if !self.plan.is_last || !self.has_numbers {
            return Ok(texts);
        }
        let Metrics {
            font,
            gap,
            tick,
            hair,
            ..
        } = self.metrics;
        let width = f64::from(self.figure.width);
        let top = self.plan.area.bottom() as f64 + hair + tick + gap * 0.3;
        for tick in &self.plan.x_ticks.major {
            let x = self.plan.x.place(tick.value);
            if self.plan.is_upright {
                texts.push((
                    tick.text.clone(),
                    (x, top),
                    self.lettering(Anchor::Right, Turn::Up),
                ));
            } else {
                let half = pens.measure(&tick.text, font)?.width / 2.0;
                let x = kept(x, half, width, gap);
                texts.push((
                    tick.text.clone(),
                    (x, top),
                    self.lettering(Anchor::Top, Turn::Level),
                ));
            }
        }
        let line = font * LINE_HEIGHT;
        let names = match self.plan.is_upright {
            true => pens.widest(&self.plan.x_ticks.major, font)?,
            false => line,
        };
        let bottom =
            (f64::from(self.figure.height) - gap * 0.5).min(top + names + gap * 0.3 + line);
        let corner = &self.plan.x_ticks.corner;
        let right = self.plan.area.right() as f64;
        if !corner.is_empty() {
            texts.push((
                corner.clone(),
                (right, bottom),
                self.lettering(Anchor::BottomRight, Turn::Level),
            ));
        }
        let title = shared_axis(self.figure).title();
        if self.has_titles && !title.is_empty() {
            let taken = if corner.is_empty() {
                0.0
            } else {
                pens.measure(corner, font)?.width + font
            };
            let left = self.plan.area.left as f64;
            let title = pens.fitted(&title, font, width - taken - gap)?;
            let half = pens.measure(&title, font)?.width / 2.0;
            let middle = (left + right) / 2.0;
            // Beside the corner, or as close to the middle as it leaves room for.
            let middle = if corner.is_empty() {
                kept(middle, half, width, gap)
            } else {
                middle.min(right - taken - half).max(half)
            };
            texts.push((
                title,
                (middle, bottom),
                self.lettering(Anchor::Bottom, Turn::Level),
            ));
        }
        Ok(texts)
    }

    /// Numbers and label of a y axis.
    fn side_texts(&self, side: Side, pens: &mut Pens) -> Result<Vec<Written>, Error> {
        let mut texts = Vec::new();
        let Some((ticks, placed)) = self.side(side).filter(|_| self.has_numbers) else {
            return Ok(texts);
        };
        let Metrics {
            font,
            gap,
            tick,
            hair,
            ..
        } = self.metrics;
        let (title, x, anchor, corner) = match side {
            Side::Left => {
                let x = self.plan.area.left as f64 - hair - tick - gap * 0.6;
                (self.panel.y.title(), x, Anchor::Right, Anchor::BottomLeft)
            }
            Side::Right => {
                let x = self.plan.area.right() as f64 + hair + tick + gap * 0.6;
                (
                    self.panel.right.title(),
                    x,
                    Anchor::Left,
                    Anchor::BottomRight,
                )
            }
        };
        let (low, high) = (
            font * LINE_HEIGHT / 2.0,
            f64::from(self.figure.height) - font * LINE_HEIGHT / 2.0,
        );
        let mut widest = 0.0f64;
        for tick in &ticks.major {
            let y = placed.place(tick.value).clamp(low, high.max(low));
            widest = widest.max(pens.measure(&tick.text, font)?.width);
            texts.push((
                tick.text.clone(),
                (x, y),
                self.lettering(anchor, Turn::Level),
            ));
        }
        let top = self.plan.area.top as f64 - hair - gap * 0.2;
        if !ticks.corner.is_empty() {
            let x = match side {
                Side::Left => self.plan.area.left as f64 - hair,
                Side::Right => self.plan.area.right() as f64 + hair,
            };
            texts.push((
                ticks.corner.clone(),
                (x, top),
                self.lettering(corner, Turn::Level),
            ));
        }
        if self.has_titles && !title.is_empty() {
            let room = match self.figure.panels.len() {
                1 => f64::from(self.figure.height) - gap,
                _ => self.plan.area.height as f64,
            };
            let title = pens.fitted(&title, font, room)?;
            let half = pens.measure(&title, font)?.width / 2.0;
            let middle = self.plan.area.top as f64 + self.plan.area.height as f64 / 2.0;
            let middle = kept(middle, half, f64::from(self.figure.height), gap);
            let (x, anchor, turn) = match side {
                // Beside the widest number, so that it is not far from short ones.
                Side::Left => (x - widest - gap * 0.6, Anchor::Bottom, Turn::Up),
                Side::Right => (x + widest + gap * 0.6, Anchor::Bottom, Turn::Down),
            };
            texts.push((title, (x, middle), self.lettering(anchor, turn)));
        }
        Ok(texts)
    }
}

/// The ground behind texts over data: half of it seen through.
pub(crate) const fn veil(ground: Paint) -> Paint {
    Paint {
        alpha: 208,
        ..ground
    }
}
