//! How often each byte occurs in what each mode wrote.

use std::path::Path;

use pimage_convert::ByteCounts;
use pimage_plot::{Axis, Figure, Histogram, Palette, Panel, PlotReader, Series, Theme};

use super::save;
use crate::cmd::compress::report::Outcome;

/// Width of the figure, height for each mode and for what stands around, pixels.
const SIZES: (u32, u32, u32) = (900, 130, 110);

/// The upper end of an axis over its highest bar, so that the legend has room.
const HEADROOM: f64 = 1.7;

/// The tallest figure, pixels.
const TALLEST: u32 = 16_000;

/// Draws a panel for each mode, with the bits that a byte carries by itself.
pub(in crate::cmd::compress) fn bytes(
    outcomes: &[Outcome],
    path: &Path,
    overwrite: bool,
) -> anyhow::Result<()> {
    let count = u32::try_from(outcomes.len()).unwrap_or(u32::MAX);
    let height = SIZES.1.saturating_mul(count).saturating_add(SIZES.2);
    let mut figure = Figure::new(SIZES.0, height.min(TALLEST))?
        .with_title("How often each byte occurs in the files");
    for (place, outcome) in outcomes.iter().enumerate() {
        let entropy = outcome.bytes.entropy_bits();
        let most = outcome.bytes.counts().iter().copied().max().unwrap_or(0);
        let label = format!("{}, {entropy:.3} bits", outcome.name);
        let series = Series::histogram(histogram(&outcome.bytes)?)
            .with_name(label)
            .with_paint(Palette::default().color(place, Theme::default()));
        figure = figure.with(
            Panel::new()
                .with_x(Axis::new("byte").with_range(0.0, 256.0)?)
                .with_y(Axis::default().with_range(0.0, most.max(1) as f64 * HEADROOM)?)
                .with_legend(true)
                .with(series),
        );
    }
    save(&mut PlotReader::still(figure)?, path, overwrite)
}

fn histogram(bytes: &ByteCounts) -> anyhow::Result<Histogram> {
    let edges = (0..=256).map(f64::from).collect();
    Ok(Histogram::counted(edges, bytes.counts().to_vec())?)
}
