//! The report as text and as JSON.

use serde_json::{Value, json};

use super::{LeftOut, Outcome, Report};
use crate::sizes::human_bytes;

/// Names of the columns; the first is to the left, the others to the right.
const HEADS: [&str; 12] = [
    "mode",
    "ratio",
    "bytes",
    "bits/value",
    "max error",
    "of range",
    "mean error",
    "RMSE",
    "PSNR",
    "entropy",
    "encode s",
    "decode s",
];

impl Report<'_> {
    /// A line for each mode, under their names.
    pub(super) fn text(&self) -> String {
        let mut rows = vec![HEADS.map(str::to_owned).to_vec()];
        rows.extend(self.outcomes.iter().map(row));
        let mut widths = [0; HEADS.len()];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let (low, high) = self.range;
        let raw = self.outcomes.first().map_or(0, |outcome| outcome.raw_bytes);
        let frames = self
            .outcomes
            .first()
            .map_or(0, |outcome| outcome.errors.frames);
        let mut lines = vec![format!(
            "{frames} {}, {}, {} of samples, range {low} to {high}",
            if frames == 1 { "frame" } else { "frames" },
            self.format,
            human_bytes(raw)
        )];
        for row in rows {
            let cells: Vec<String> = row
                .iter()
                .zip(widths)
                .enumerate()
                .map(|(place, (cell, width))| match place {
                    0 => format!("{cell:<width$}"),
                    _ => format!("{cell:>width$}"),
                })
                .collect();
            lines.push(cells.join("  "));
        }
        for outcome in self
            .outcomes
            .iter()
            .filter(|outcome| outcome.errors.lost > 0)
        {
            let (name, lost) = (&outcome.name, outcome.errors.lost);
            lines.push(format!(
                "{name}: {lost} NaN or infinities did not come back"
            ));
        }
        for LeftOut { name, reason } in &self.left_out {
            lines.push(format!("{name}: left out, {reason}"));
        }
        lines.join("\n")
    }

    /// Everything, also what is drawn.
    pub(super) fn json(&self) -> Value {
        let first = self.outcomes.first();
        json!({
            "input": self.input,
            "frames": first.map(|outcome| outcome.errors.frames),
            "width": self.format.width,
            "height": self.format.height,
            "channels": self.format.color.channels(),
            "dtype": self.format.sample.to_string(),
            "range": [self.range.0, self.range.1],
            "raw_bytes": first.map(|outcome| outcome.raw_bytes),
            "spectrum_before": first.map(|outcome| points(outcome.errors.reference_spectrum.points())),
            "modes": self.outcomes.iter().map(outcome_json).collect::<Vec<_>>(),
            "left_out": self.left_out.iter().map(|LeftOut { name, reason }| json!({"name": name, "reason": reason})).collect::<Vec<_>>(),
        })
    }
}

fn row(outcome: &Outcome) -> Vec<String> {
    let errors = &outcome.errors;
    vec![
        outcome.name.clone(),
        format!("{:.3}", outcome.ratio()),
        outcome.size().to_string(),
        format!("{:.3}", outcome.bits_per_value()),
        number(errors.max),
        number(errors.relative_max()),
        number(errors.mean()),
        number(errors.rmse()),
        match errors.psnr() {
            ratio if ratio.is_finite() => format!("{ratio:.2}"),
            _ => "-".to_owned(),
        },
        format!("{:.3}", outcome.bytes.entropy_bits()),
        format!("{:.2}", outcome.encode_secs),
        format!("{:.2}", outcome.decode_secs),
    ]
}

fn number(value: f64) -> String {
    if value <= 0.0 {
        return "0".to_owned();
    }
    format!("{value:.3e}")
}

fn outcome_json(outcome: &Outcome) -> Value {
    let errors = &outcome.errors;
    let bins: Vec<(f64, u64)> = errors
        .histogram
        .bins()
        .filter(|(_, count)| *count > 0)
        .collect();
    json!({
        "name": outcome.name,
        "title": outcome.title,
        "bytes": outcome.size(),
        "ratio": outcome.ratio(),
        "bits_per_value": outcome.bits_per_value(),
        "max_error": errors.max,
        "max_error_frame": errors.worst_frame,
        "relative_max_error": finite(errors.relative_max()),
        "mean_error": errors.mean(),
        "bias": errors.bias(),
        "rmse": errors.rmse(),
        "psnr": finite(errors.psnr()),
        "values": errors.values,
        "identical": errors.identical,
        "lost": errors.lost,
        "encode_s": outcome.encode_secs,
        "decode_s": outcome.decode_secs,
        "entropy_bits": outcome.bytes.entropy_bits(),
        "byte_counts": outcome.bytes.counts().to_vec(),
        "error_histogram": json!({
            "width": errors.histogram.width(),
            "from": bins.iter().map(|(lower, _)| *lower).collect::<Vec<_>>(),
            "counts": bins.iter().map(|(_, count)| *count).collect::<Vec<_>>(),
        }),
        "error_spectrum": points(errors.error_spectrum.points()),
    })
}

fn points(points: impl Iterator<Item = (f64, f64)>) -> Value {
    let (frequencies, power): (Vec<f64>, Vec<f64>) = points.unzip();
    json!({"frequency": frequencies, "power": power})
}

/// A number of JSON, which has no infinity: null.
fn finite(value: f64) -> Value {
    match value.is_finite() {
        true => json!(value),
        false => Value::Null,
    }
}
