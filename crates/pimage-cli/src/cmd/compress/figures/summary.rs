//! Errors of all modes as curves, over bars of what they save.

use std::path::Path;

use pimage_plot::{Axis, Figure, Palette, Panel, PlotReader, ScaleKind, Series, Theme};

use super::save;
use crate::cmd::compress::report::Outcome;

/// Height of the figure, pixels.
const HEIGHT: u32 = 900;

/// Width for each mode and for what stands beside them, pixels.
const WIDTHS: (u32, u32) = (110, 260);

/// Dots on the curves, pixels across.
const DOT: f64 = 9.0;

/// A number of a mode.
type Of = fn(&Outcome) -> f64;

/// Draws errors relative to the range of the input, and below them how many times smaller each file is than the samples.
pub(in crate::cmd::compress) fn summary(
    outcomes: &[Outcome],
    path: &Path,
    overwrite: bool,
) -> anyhow::Result<()> {
    let places: Vec<f64> = (0..outcomes.len()).map(|place| place as f64).collect();
    let names = || outcomes.iter().map(|outcome| outcome.name.clone());
    let mut errors = Panel::new()
        .with_y(
            Axis::new("error")
                .with_unit("of the range")
                .with_scale(ScaleKind::Log),
        )
        .with_legend(true)
        .with_weight(1.5)?;
    let curves: [(&str, Of); 3] = [
        ("greatest", |outcome| outcome.errors.max),
        ("root mean square", |outcome| outcome.errors.rmse()),
        ("mean", |outcome| outcome.errors.mean()),
    ];
    for (which, (name, of)) in curves.into_iter().enumerate() {
        let values: Vec<f64> = outcomes
            .iter()
            .map(|outcome| of(outcome) / outcome.errors.range())
            .map(|value| if value > 0.0 { value } else { f64::NAN })
            .collect();
        if values.iter().all(|value| value.is_nan()) {
            continue;
        }
        let paint = Palette::default().color(which, Theme::default());
        errors = errors
            .with(
                Series::line(places.clone(), values.clone())?
                    .with_name(name)
                    .with_paint(paint),
            )
            .with(
                Series::scatter(places.clone(), values)?
                    .with_paint(paint)
                    .with_width(DOT)?,
            );
    }
    let ratios: Vec<f64> = outcomes.iter().map(Outcome::ratio).collect();
    let least = ratios.iter().copied().fold(1.0, f64::min);
    let most = ratios.iter().copied().fold(1.0, f64::max);
    let bars = Panel::new()
        .with_x(Axis::default().with_categories(names()))
        .with_y(
            Axis::new("ratio")
                .with_scale(ScaleKind::Log)
                .with_range(least * 0.9, (most * 1.3).max(2.0))?,
        )
        .with(Series::bars(ratios).with_paint(Palette::default().color(3, Theme::default())));
    let count = u32::try_from(outcomes.len()).unwrap_or(u32::MAX);
    let width = WIDTHS.0.saturating_mul(count).saturating_add(WIDTHS.1);
    let figure = Figure::new(width.clamp(800, 4_000), HEIGHT)?
        .with_title("What is lost (no dot: nothing), and how many times smaller")
        .with(errors)
        .with(bars);
    save(&mut PlotReader::still(figure)?, path, overwrite)
}
