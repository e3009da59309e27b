//! One mode: what a frame was and became, where it differs, how large errors are and of what scale.

use std::path::Path;

use pimage_colormap::{Coloring, Colormap};
use pimage_convert::{ErrorHistogram, RadialSpectrum, RangeSpec};
use pimage_core::{
    Color, Error, Frame, FrameFormat, Limits, Paint, Sample as _, SampleType, with_sample_type,
};
use pimage_plot::{Axis, Figure, Histogram, Panel, ScaleKind, Series};

use super::{beside, save};
use crate::cmd::compress::report::Outcome;

/// The size of each of the four pictures, pixels.
const SIZE: (u32, u32) = (800, 560);

/// The colours of samples and differences.
const MAP: &str = "turbo";

/// A frame before and after.
#[derive(Debug)]
pub(in crate::cmd::compress) struct Halves {
    /// The upper half as it was, the lower as it became; one channel.
    joined: Frame,
    /// What it became less what it was.
    difference: Frame,
    /// Which frame.
    index: u64,
    /// The finite samples before are between these.
    bounds: (f64, f64),
}

impl Halves {
    /// Joins two frames of one size; of colours, the first channel is shown.
    pub(in crate::cmd::compress) fn of(reference: &Frame, decoded: &Frame) -> Result<Self, Error> {
        let format = reference.format();
        let shown = FrameFormat::new(format.width, format.height, Color::Gray, SampleType::F64);
        let before = first_channel(reference);
        let after = first_channel(decoded);
        let bounds = before
            .iter()
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(*value), high.max(*value))
            });
        let upper = (format.height / 2) as usize * format.width as usize;
        let joined = before.iter().take(upper).chain(after.iter().skip(upper));
        let difference = after
            .iter()
            .zip(&before)
            .map(|(after, before)| after - before);
        Ok(Self {
            joined: filled(&shown, joined.copied())?,
            difference: filled(&shown, difference)?,
            index: reference.stamp.index,
            bounds: match bounds {
                (low, high) if low < high => (low, high),
                (only, high) if only <= high => (only - 0.5, only + 0.5),
                _ => (0.0, 1.0),
            },
        })
    }
}

fn first_channel(frame: &Frame) -> Vec<f64> {
    let channels = frame.format().color.channels();
    with_sample_type!(frame.format().sample, T => {
        let samples = frame.samples::<T>().unwrap_or_default();
        samples.iter().step_by(channels).map(|sample| sample.to_f64()).collect()
    })
}

fn filled(format: &FrameFormat, values: impl Iterator<Item = f64>) -> Result<Frame, Error> {
    let mut frame = Frame::empty();
    frame.reset(format, &Limits::none())?;
    let samples = frame.samples_mut::<f64>().unwrap_or_default();
    for (sample, value) in samples.iter_mut().zip(values) {
        *sample = value;
    }
    Ok(frame)
}

/// Draws the four pictures of a mode.
pub(in crate::cmd::compress) fn mode(
    outcome: &Outcome,
    halves: &Halves,
    path: &Path,
    overwrite: bool,
) -> anyhow::Result<()> {
    let figures = vec![
        joined(outcome, halves)?,
        difference(halves)?,
        histogram(outcome)?,
        spectrum(outcome)?,
    ];
    save(&mut beside(figures, 2)?, path, overwrite)
}

fn image(frame: &Frame, (low, high): (f64, f64)) -> anyhow::Result<Panel> {
    let coloring = Coloring::new(Colormap::by_name(MAP)?, RangeSpec::Bounds { low, high });
    let panel = Panel::new().with_grid(false);
    Ok(panel.with(Series::image(frame.clone(), coloring)?))
}

fn figure(title: String, panel: Panel) -> Result<Figure, Error> {
    Ok(Figure::new(SIZE.0, SIZE.1)?.with_title(title).with(panel))
}

fn joined(outcome: &Outcome, halves: &Halves) -> anyhow::Result<Figure> {
    let title = format!(
        "{}, {:.1}:1, frame {}: above before, below after",
        outcome.name,
        outcome.ratio(),
        halves.index
    );
    let format = halves.joined.format();
    let seam = f64::from(format.height / 2);
    let line = Series::line(vec![0.0, f64::from(format.width)], vec![seam, seam])?;
    let panel = image(&halves.joined, halves.bounds)?.with(line.with_paint(Paint::BLACK));
    Ok(figure(title, panel)?)
}

fn difference(halves: &Halves) -> anyhow::Result<Figure> {
    let samples = halves.difference.samples::<f64>().unwrap_or_default();
    let reach = samples
        .iter()
        .filter(|value| value.is_finite())
        .fold(0.0f64, |reach, value| reach.max(value.abs()));
    let title = if reach > 0.0 {
        format!("After less before, at most {reach:.3e}")
    } else {
        "After less before: no difference".to_owned()
    };
    let reach = if reach > 0.0 { reach } else { 1.0 };
    Ok(figure(title, image(&halves.difference, (-reach, reach))?)?)
}

fn histogram(outcome: &Outcome) -> anyhow::Result<Figure> {
    let errors = &outcome.errors;
    let is_exact = errors.max <= 0.0;
    let title = if is_exact {
        "Errors: none".to_owned()
    } else {
        format!(
            "Errors: greatest {:.3e}, mean {:.3e}, RMSE {:.3e}",
            errors.max,
            errors.mean(),
            errors.rmse()
        )
    };
    let panel = Panel::new()
        .with_x(Axis::new("error"))
        .with_y(Axis::new("values").with_scale(ScaleKind::Log));
    let panel = match bins(&errors.histogram)? {
        Some(bins) if !is_exact => panel.with(Series::histogram(bins)),
        _ => panel,
    };
    Ok(figure(title, panel)?)
}

/// The bins from the first that has an error to the last.
fn bins(histogram: &ErrorHistogram) -> Result<Option<Histogram>, Error> {
    let bins: Vec<(f64, u64)> = histogram.bins().collect();
    let has_some = |bin: &(f64, u64)| bin.1 > 0;
    let first = bins.iter().position(has_some);
    let last = bins.iter().rposition(has_some);
    let Some(part) = first
        .zip(last)
        .and_then(|(first, last)| bins.get(first..=last))
    else {
        return Ok(None);
    };
    let mut edges: Vec<f64> = part.iter().map(|(lower, _)| *lower).collect();
    edges.extend(part.last().map(|(lower, _)| lower + histogram.width()));
    let counts = part.iter().map(|(_, count)| *count).collect();
    Histogram::counted(edges, counts).map(Some)
}

fn spectrum(outcome: &Outcome) -> anyhow::Result<Figure> {
    let mut panel = Panel::new()
        .with_x(
            Axis::new("spatial frequency")
                .with_unit("cycles per pixel")
                .with_scale(ScaleKind::Log),
        )
        .with_y(Axis::new("power").with_scale(ScaleKind::Log))
        .with_legend(true);
    for (name, spectrum) in [
        ("before", &outcome.errors.reference_spectrum),
        ("error", &outcome.errors.error_spectrum),
    ] {
        if let Some(line) = line(spectrum)? {
            panel = panel.with(line.with_name(name));
        }
    }
    let title = match outcome.errors.psnr() {
        ratio if ratio.is_finite() => format!("Spectra, PSNR {ratio:.2} dB"),
        _ => "Spectrum".to_owned(),
    };
    Ok(figure(title, panel)?)
}

/// `None` where nothing has power.
fn line(spectrum: &RadialSpectrum) -> Result<Option<Series>, Error> {
    let (frequencies, powers): (Vec<f64>, Vec<f64>) =
        spectrum.points().filter(|(_, power)| *power > 0.0).unzip();
    if frequencies.is_empty() {
        return Ok(None);
    }
    Series::line(frequencies, powers).map(Some)
}
