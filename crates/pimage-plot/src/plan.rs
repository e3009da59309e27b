//! Where everything of a figure goes: scales, areas, marks on axes.

use pimage_core::Error;

use crate::axis::{Axis, Meaning, ScaleKind};
use crate::dates::date_ticks;
use crate::figure::{Figure, Panel};
use crate::metrics::{LINE_HEIGHT, Metrics};
use crate::pens::Pens;
use crate::picture::{bar_width, image_of};
use crate::raster::Area;
use crate::scale::{Bounds, Placed, Scale};
use crate::series::Kind;
use crate::ticks::{Tick, Ticks, ticks};

/// A figure laid out.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) metrics: Metrics,
    pub(crate) panels: Vec<PanelPlan>,
    /// Whether there is room for a title and the labels of axes.
    pub(crate) has_titles: bool,
    /// Whether there is room for the numbers of axes.
    pub(crate) has_numbers: bool,
}

/// A panel laid out.
#[derive(Debug, Clone)]
pub(crate) struct PanelPlan {
    /// Pixels within its axes.
    pub(crate) area: Area,
    pub(crate) x: Placed,
    pub(crate) y: Placed,
    pub(crate) right: Option<Placed>,
    pub(crate) x_ticks: Ticks,
    pub(crate) y_ticks: Ticks,
    pub(crate) right_ticks: Ticks,
    /// Whether the names below the x axis run upwards.
    pub(crate) is_upright: bool,
    /// Whether numbers are below it.
    pub(crate) is_last: bool,
}

/// Scales of a panel before it has a place.
#[derive(Debug, Clone, Copy)]
struct Scales {
    x: Scale,
    y: Scale,
    right: Option<Scale>,
}

/// Room around the panels, pixels.
#[derive(Debug, Clone, Copy, Default)]
struct Margins {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    between: f64,
}

/// How much is left out where there is little room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Detail {
    Bare,
    Numbers,
    All,
}

impl Plan {
    /// Lays a figure out.
    pub(crate) fn new(figure: &Figure, pens: &mut Pens) -> Result<Self, Error> {
        let metrics = Metrics::of(figure.width, figure.height);
        let scales = scales(figure)?;
        let mut found = None;
        for detail in [Detail::All, Detail::Numbers, Detail::Bare] {
            let draft = Draft {
                figure,
                metrics,
                scales: &scales,
                detail,
            };
            let plan = draft.plan(pens)?;
            let (least_width, least_height) = (
                f64::from(figure.width) * 0.4,
                f64::from(figure.height) * 0.4,
            );
            let height: usize = plan.panels.iter().map(|panel| panel.area.height).sum();
            let is_roomy = plan
                .panels
                .iter()
                .all(|panel| panel.area.width as f64 >= least_width)
                && height as f64 >= least_height;
            found = Some(plan);
            if is_roomy {
                break;
            }
        }
        found.ok_or_else(|| Error::Internal {
            part: "the layout of a plot".to_owned(),
            reason: "there is none".to_owned(),
        })
    }

    /// The same with another range of x.
    pub(crate) fn with_window(
        &self,
        figure: &Figure,
        low: f64,
        high: f64,
        pens: &mut Pens,
    ) -> Result<Self, Error> {
        let mut plan = self.clone();
        let shared = shared_axis(figure);
        for panel in &mut plan.panels {
            panel.x.scale.low = low;
            panel.x.scale.high = high;
            let (ticks, _) = fitting_across(&shared, &panel.x, &plan.metrics, pens)?;
            panel.x_ticks = ticks;
        }
        Ok(plan)
    }
}

/// The x axis of all panels.
pub(crate) fn shared_axis(figure: &Figure) -> Axis {
    figure
        .panels
        .last()
        .map(|panel| panel.x.clone())
        .unwrap_or_default()
}

fn scales(figure: &Figure) -> Result<Vec<Scales>, Error> {
    let shared = shared_axis(figure);
    shared.check()?;
    let all = figure.panels.iter().flat_map(|panel| &panel.series);
    let kind = shared.scale();
    let bounds = all.clone().fold(Bounds::default(), |bounds, series| {
        bounds.join(series.x_bounds(kind))
    });
    let is_tight = all.clone().all(|series| {
        matches!(
            series.kind,
            Kind::Line { .. } | Kind::Image(_) | Kind::Bars(_)
        )
    });
    let margin = if is_tight { 0.0 } else { 0.03 };
    let x = Scale::of(&shared, bounds, (margin, margin));
    figure
        .panels
        .iter()
        .map(|panel| {
            check_kinds(panel, kind)?;
            panel.y.check()?;
            panel.right.check()?;
            Ok(Scales {
                x,
                y: y_scale(panel, &panel.y, false),
                right: panel
                    .has_right()
                    .then(|| y_scale(panel, &panel.right, true)),
            })
        })
        .collect()
}

/// An error for logarithms of places, of which the first is 0.
fn check_kinds(panel: &Panel, across: ScaleKind) -> Result<(), Error> {
    let is_log = |kind: ScaleKind| kind == ScaleKind::Log;
    for series in &panel.series {
        let (what, is_refused) = match &series.kind {
            Kind::Bars(_) => ("the x axis of bars", is_log(across)),
            Kind::Image(_) => (
                "an axis of an image",
                is_log(across) || is_log(panel.y.scale()),
            ),
            Kind::Events(_) => (
                "the y axis of events",
                is_raster(panel) && is_log(panel.y.scale()),
            ),
            _ => continue,
        };
        if is_refused {
            return Err(Error::bad_option(what, "logarithmic", "a linear one"));
        }
    }
    Ok(())
}

fn y_scale(panel: &Panel, axis: &Axis, is_right: bool) -> Scale {
    let series = || {
        panel
            .series
            .iter()
            .filter(|series| series.is_right == is_right)
    };
    let kind = axis.scale();
    let bounds = series().fold(Bounds::default(), |bounds, series| {
        bounds.join(series.y_bounds(kind))
    });
    if series().any(|series| matches!(series.kind, Kind::Image(_))) {
        return Scale::of(axis, bounds, (0.0, 0.0));
    }
    if is_raster(panel) {
        let rows = panel.series.len() as f64;
        return Scale::of(axis, Bounds::new(-0.5, rows - 0.5), (0.0, 0.0));
    }
    // What stands on 0 has no margin below, and what hangs from it none above.
    let has_floor = kind == ScaleKind::Linear && series().any(|series| series.has_floor());
    let below = if has_floor && bounds.low >= 0.0
        || kind == ScaleKind::Log && series().any(|series| series.has_floor())
    {
        0.0
    } else {
        0.05
    };
    let above = if has_floor && bounds.high <= 0.0 {
        0.0
    } else {
        0.05
    };
    Scale::of(axis, bounds, (below, above))
}

/// Whether a panel has only events, each series in a row of its own.
pub(crate) fn is_raster(panel: &Panel) -> bool {
    !panel.series.is_empty()
        && panel
            .series
            .iter()
            .all(|series| matches!(series.kind, Kind::Events(_)))
}

/// A figure with as much detail as is tried.
struct Draft<'a> {
    figure: &'a Figure,
    metrics: Metrics,
    scales: &'a [Scales],
    detail: Detail,
}

impl Draft<'_> {
    fn plan(&self, pens: &mut Pens) -> Result<Plan, Error> {
        let Metrics { font, gap, .. } = self.metrics;
        // Room for numbers of some width, to begin with.
        let mut margins = Margins {
            left: font * 4.0,
            right: gap,
            top: gap,
            bottom: font * 3.0,
            between: font,
        };
        let mut panels = Vec::new();
        for _ in 0..3 {
            panels = self.panels(margins, pens)?;
            margins = self.margins(&panels, pens)?;
        }
        self.place(&mut panels, margins);
        Ok(Plan {
            metrics: self.metrics,
            panels,
            has_titles: self.detail == Detail::All,
            has_numbers: self.detail >= Detail::Numbers,
        })
    }

    /// Panels between margins.
    fn panels(&self, margins: Margins, pens: &mut Pens) -> Result<Vec<PanelPlan>, Error> {
        let shared = shared_axis(self.figure);
        let count = self.figure.panels.len();
        let mut panels = Vec::new();
        for (place, scales) in self.scales.iter().enumerate() {
            let placed = |scale: Scale| Placed {
                scale,
                from: 0.0,
                to: 1.0,
            };
            panels.push(PanelPlan {
                area: Area::default(),
                x: placed(scales.x),
                y: placed(scales.y),
                right: scales.right.map(placed),
                x_ticks: Ticks::default(),
                y_ticks: Ticks::default(),
                right_ticks: Ticks::default(),
                is_upright: false,
                is_last: place + 1 == count,
            });
        }
        self.place(&mut panels, margins);
        for (panel, plan) in self.figure.panels.iter().zip(&mut panels) {
            let (ticks, is_upright) = fitting_across(&shared, &plan.x, &self.metrics, pens)?;
            (plan.x_ticks, plan.is_upright) = (ticks, is_upright);
            plan.y_ticks = if is_raster(panel) && *panel.y.meaning() == Meaning::Numbers {
                rows(panel)
            } else {
                fitting_up(&panel.y, &plan.y, &self.metrics)
            };
            if let Some(right) = plan.right {
                plan.right_ticks = fitting_up(&panel.right, &right, &self.metrics);
            }
        }
        Ok(panels)
    }

    /// Gives panels their areas.
    fn place(&self, panels: &mut [PanelPlan], margins: Margins) {
        let (width, height) = (f64::from(self.figure.width), f64::from(self.figure.height));
        let gaps = margins.between * panels.len().saturating_sub(1) as f64;
        let room = (height - margins.top - margins.bottom - gaps).max(1.0);
        let weights: f64 = self.figure.panels.iter().map(|panel| panel.weight).sum();
        let mut top = margins.top;
        for (panel, plan) in self.figure.panels.iter().zip(panels) {
            let share = room * panel.weight / weights.max(1e-9);
            let low = (margins.left.round(), top.round());
            let high = ((width - margins.right).round(), (top + share).round());
            let whole = Area::of_size(self.figure.width as usize, self.figure.height as usize);
            plan.area = whole.around(low, high, 0.0);
            if let Some(image) = image_of(panel) {
                let format = image.frame.format();
                plan.area = shaped(
                    plan.area,
                    f64::from(format.width) / f64::from(format.height),
                );
            }
            plan.settle(image_of(panel).is_some());
            top += share + margins.between;
        }
    }

    /// The margins that numbers and labels need.
    fn margins(&self, panels: &[PanelPlan], pens: &mut Pens) -> Result<Margins, Error> {
        let Metrics {
            font,
            title,
            gap,
            hair,
            ..
        } = self.metrics;
        let mut margins = Margins {
            left: gap + hair,
            right: gap + hair,
            top: gap + hair,
            bottom: gap + hair,
            between: font * 0.8,
        };
        if self.detail == Detail::Bare {
            return Ok(margins);
        }
        for (panel, plan) in self.figure.panels.iter().zip(panels) {
            self.widen(&mut margins, panel, plan, pens)?;
        }
        if let Some(last) = panels.last() {
            self.deepen(&mut margins, last, pens)?;
        }
        // The highest number stands half above the axis.
        margins.top = margins.top.max(font * LINE_HEIGHT / 2.0 + gap * 0.2);
        if self.detail == Detail::All && !self.figure.title.is_empty() {
            margins.top += title * LINE_HEIGHT + gap * 0.6;
        }
        Ok(margins)
    }

    /// Room beside and above a panel.
    fn widen(
        &self,
        margins: &mut Margins,
        panel: &Panel,
        plan: &PanelPlan,
        pens: &mut Pens,
    ) -> Result<(), Error> {
        let Metrics {
            font,
            tick,
            gap,
            hair,
            ..
        } = self.metrics;
        let line = font * LINE_HEIGHT;
        let side = |widest: f64, title: &str| {
            let label = if self.detail == Detail::All && !title.is_empty() {
                line + gap * 0.6
            } else {
                0.0
            };
            gap * 0.8 + label + widest + gap * 0.6 + tick + hair
        };
        let widest = pens.widest(&plan.y_ticks.major, font)?;
        margins.left = margins.left.max(side(widest, &panel.y.title()));
        if plan.right.is_some() {
            let widest = pens.widest(&plan.right_ticks.major, font)?;
            margins.right = margins.right.max(side(widest, &panel.right.title()));
        }
        let corner = if plan.y_ticks.corner.is_empty() && plan.right_ticks.corner.is_empty() {
            0.0
        } else {
            line
        };
        if std::ptr::eq(panel, self.figure.panels.first().unwrap_or(panel)) {
            margins.top += corner;
        } else {
            margins.between = margins.between.max(font * 0.4 + corner);
        }
        if let Some(image) = image_of(panel) {
            let room = bar_width(image, &panel.right.title(), plan.area.height, font)?;
            margins.right = margins.right.max(room + gap);
        }
        Ok(())
    }

    /// Room below the last panel.
    fn deepen(
        &self,
        margins: &mut Margins,
        last: &PanelPlan,
        pens: &mut Pens,
    ) -> Result<(), Error> {
        let Metrics {
            font, tick, gap, ..
        } = self.metrics;
        let line = font * LINE_HEIGHT;
        let names = if last.is_upright {
            pens.widest(&last.x_ticks.major, font)?
        } else {
            line
        };
        margins.bottom += tick + gap * 0.4 + names;
        let has_label = self.detail == Detail::All && !shared_axis(self.figure).title().is_empty();
        let has_corner = !last.x_ticks.corner.is_empty();
        if has_label || has_corner {
            margins.bottom += line + gap * 0.2;
        }
        // Numbers may reach beyond the end of the axis.
        if let Some(tick) = last.x_ticks.major.last().filter(|_| !last.is_upright) {
            let reach = pens.measure(&tick.text, font)?.width / 2.0;
            let beyond = reach - last.x.length() * (1.0 - last.x.scale.share(tick.value)).max(0.0);
            margins.right = margins.right.max(beyond + gap * 0.5);
        }
        Ok(())
    }
}

impl PanelPlan {
    /// Puts scales along the sides of the area.
    fn settle(&mut self, is_image: bool) {
        let Area {
            left,
            top,
            width,
            height,
        } = self.area;
        let (from, to) = ((top + height) as f64, top as f64);
        (self.x.from, self.x.to) = (left as f64, (left + width) as f64);
        // Rows of images run downwards.
        (self.y.from, self.y.to) = if is_image { (to, from) } else { (from, to) };
        if let Some(right) = &mut self.right {
            (right.from, right.to) = (from, to);
        }
    }
}

/// The largest area of a shape, width over height, in the middle of another.
fn shaped(area: Area, shape: f64) -> Area {
    let (width, height) = (area.width as f64, area.height as f64);
    let (wide, high) = if width > height * shape {
        (height * shape, height)
    } else {
        (width, width / shape)
    };
    let (wide, high) = (
        wide.round().max(1.0) as usize,
        high.round().max(1.0) as usize,
    );
    Area {
        left: area.left + area.width.saturating_sub(wide) / 2,
        top: area.top + area.height.saturating_sub(high) / 2,
        width: wide.min(area.width),
        height: high.min(area.height),
    }
}

/// Names of the rows of events.
fn rows(panel: &Panel) -> Ticks {
    let rows = panel.series.iter().enumerate();
    Ticks {
        major: rows
            .map(|(place, series)| Tick {
                // The first one is on top.
                value: (panel.series.len() - 1 - place) as f64,
                text: series.name.clone(),
            })
            .collect(),
        ..Ticks::default()
    }
}

fn marks(axis: &Axis, scale: &Scale, count: usize) -> Ticks {
    match axis.meaning() {
        Meaning::Numbers => ticks(scale, count),
        Meaning::Dates => date_ticks(scale, count).unwrap_or_else(|| ticks(scale, count)),
        Meaning::Categories(names) => Ticks {
            major: names
                .iter()
                .enumerate()
                .map(|(place, name)| Tick {
                    value: place as f64,
                    text: name.clone(),
                })
                .collect(),
            ..Ticks::default()
        },
    }
}

/// As many marks as have room one above another.
fn fitting_up(axis: &Axis, placed: &Placed, metrics: &Metrics) -> Ticks {
    let room = placed.length() / (metrics.font * 2.3);
    // The cast clamps.
    let mut count = (room as usize).clamp(2, 8);
    loop {
        let found = marks(axis, &placed.scale, count);
        let is_apart = found.major.windows(2).all(|pair| match pair {
            [first, second] => {
                (placed.place(first.value) - placed.place(second.value)).abs()
                    >= metrics.font * 1.25
            }
            _ => true,
        });
        if is_apart || count <= 1 {
            return found;
        }
        count -= 1;
    }
}

/// As many marks as have room beside each other; names that have none run upwards, which the second result says.
fn fitting_across(
    axis: &Axis,
    placed: &Placed,
    metrics: &Metrics,
    pens: &mut Pens,
) -> Result<(Ticks, bool), Error> {
    let room = placed.length() / (metrics.font * 3.2);
    let mut count = (room as usize).clamp(2, 10);
    loop {
        let found = marks(axis, &placed.scale, count);
        if has_room(&found.major, placed, metrics, pens)? {
            return Ok((found, false));
        }
        if matches!(axis.meaning(), Meaning::Categories(_)) {
            return Ok((shortened(found, placed, metrics, pens)?, true));
        }
        if count <= 1 {
            return Ok((found, false));
        }
        count -= 1;
    }
}

fn has_room(
    ticks: &[Tick],
    placed: &Placed,
    metrics: &Metrics,
    pens: &mut Pens,
) -> Result<bool, Error> {
    let mut end = f64::NEG_INFINITY;
    for tick in ticks {
        let half = pens.measure(&tick.text, metrics.font)?.width / 2.0;
        let middle = placed.place(tick.value);
        if middle - half < end + metrics.font * 0.7 {
            return Ok(false);
        }
        end = middle + half;
    }
    Ok(true)
}

/// Names that are not too long, and only as many as have room when they run upwards.
fn shortened(
    mut ticks: Ticks,
    placed: &Placed,
    metrics: &Metrics,
    pens: &mut Pens,
) -> Result<Ticks, Error> {
    let distance = placed.length() / ticks.major.len().max(1) as f64;
    let stride = (metrics.font * 1.1 / distance).ceil().max(1.0) as usize;
    ticks.major = ticks.major.into_iter().step_by(stride).collect();
    for tick in &mut ticks.major {
        tick.text = pens.fitted(&tick.text, metrics.font, metrics.name)?;
    }
    Ok(ticks)
}
