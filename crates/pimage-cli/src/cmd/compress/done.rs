//! What became of an array that was packed, in a line or as JSON.

use std::path::Path;
use std::time::Duration;

use pimage_compress::Goal;
use pimage_convert::{ArrayErrors, ConvertSummary};
use pimage_core::FrameFormat;
use serde_json::json;

use super::Context;
use crate::sizes::human_bytes;
use crate::streams;

/// A packed array, to be told.
pub(super) struct Done<'a> {
    pub(super) input: &'a Path,
    pub(super) output: &'a Path,
    pub(super) format: FrameFormat,
    pub(super) goal: Goal,
    pub(super) summary: &'a ConvertSummary,
    /// What was lost, where that was looked at.
    pub(super) errors: Option<ArrayErrors>,
    pub(super) elapsed: Duration,
}

impl Done<'_> {
    /// Tells it: JSON on standard output, or a line on standard error.
    pub(super) fn tell(&self, context: Context<'_>) -> anyhow::Result<()> {
        if context.term.json {
            return Ok(context.term.json(&self.json())?);
        }
        for note in &self.summary.written.notes {
            context.term.note(&format!("note: {note}"));
        }
        context.term.note(&self.line());
        Ok(())
    }

    /// Whether the promise was found kept, where that was looked at.
    pub(super) fn is_kept(&self) -> bool {
        self.errors.as_ref().is_none_or(|errors| {
            let is_within = match &self.goal {
                Goal::Psnr { db, range } => {
                    let error = errors.psnr() + 20.0 * (range / errors.range()).log10();
                    errors.max <= 0.0 || error >= *db - 1e-6
                }
                goal => goal.bound().is_none_or(|bound| errors.max <= bound),
            };
            is_within && errors.lost == 0
        })
    }

    fn raw_bytes(&self) -> u64 {
        let frame = self.format.frame_bytes().unwrap_or(0) as u64;
        frame.saturating_mul(self.summary.written.frames)
    }

    fn ratio(&self) -> f64 {
        self.raw_bytes() as f64 / self.summary.written.bytes.max(1) as f64
    }

    /// `Done: 1000 frames in 3.20 s, 65.5 MB of samples -> 4.4 MB (ratio 14.89), no value off by more than 0.01`.
    fn line(&self) -> String {
        let written = &self.summary.written;
        let lost = streams::lost_text(&self.summary.damage)
            .map_or_else(String::new, |lost| format!(", {lost}"));
        format!(
            "Done: {} {}{lost} in {:.2} s, {} of samples -> {} (ratio {:.2}), {}{}",
            written.frames,
            if written.frames == 1 {
                "frame"
            } else {
                "frames"
            },
            self.elapsed.as_secs_f64(),
            human_bytes(self.raw_bytes()),
            human_bytes(written.bytes),
            self.ratio(),
            self.promised(),
            self.found(),
        )
    }

    fn promised(&self) -> String {
        match &self.goal {
            Goal::Exact => "every value as it was".to_owned(),
            Goal::MaxError(bound) if *bound <= 0.0 => "every value as it was".to_owned(),
            Goal::MaxError(bound) => format!("no value off by more than {bound}"),
            Goal::Psnr { db, range } => format!("PSNR at least {db} dB of a range of {range}"),
            Goal::Quantised(setting) => {
                format!("{} bits by {}", setting.bits, setting.codec.name())
            }
            goal => goal.to_string(),
        }
    }

    /// What was lost, where that was looked at.
    fn found(&self) -> String {
        self.errors.as_ref().map_or_else(String::new, |errors| {
            let lost = match errors.lost {
                0 => String::new(),
                lost => format!(", {lost} NaN or infinities lost"),
            };
            format!(
                "; verified: greatest error {}, PSNR {:.2} dB{lost}",
                errors.max,
                errors.psnr()
            )
        })
    }

    fn json(&self) -> serde_json::Value {
        let written = &self.summary.written;
        let (bound, psnr) = match &self.goal {
            Goal::Psnr { db, .. } => (None, Some(*db)),
            goal => (goal.bound(), None),
        };
        json!({
            "input": self.input.to_string_lossy(),
            "output": self.output.to_string_lossy(),
            "frames": written.frames,
            "seconds": self.elapsed.as_secs_f64(),
            "raw_bytes": self.raw_bytes(),
            "output_bytes": written.bytes,
            "ratio": self.ratio(),
            "promised": self.promised(),
            "promised_max_error": bound,
            "promised_psnr": psnr,
            "verified": self.errors.is_some(),
            "max_error": self.errors.as_ref().map(|errors| errors.max),
            "psnr": self.errors.as_ref().map(ArrayErrors::psnr).filter(|ratio| ratio.is_finite()),
            "lost_frames": streams::lost_count(&self.summary.damage),
            "lost": streams::lost_json(&self.summary.damage),
            "notes": written.notes,
        })
    }
}
