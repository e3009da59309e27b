//! A codec with its settings, tried on frames.

use pimage_codec::{Codec, Settings};
use pimage_convert::{Detail, Fidelity, Target, Trial, Tried, reach, try_codec};
use pimage_core::{Cancel, Error, Frame, Limits};
use serde_json::{Map, Value, json};

use crate::cmd::codec::Context;
use crate::cmd::codec::source::advised;

/// What a frame is to be coded with; cheap enough to clone for each worker.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) codec: &'static Codec,
    pub(super) settings: Settings,
    pub(super) target: Option<Target>,
    pub(super) limits: Limits,
    pub(super) cancel: Cancel,
}

impl Ask {
    pub(super) fn new(
        codec: &'static Codec,
        settings: Settings,
        target: Option<Target>,
        context: Context<'_>,
    ) -> Self {
        Self {
            codec,
            settings,
            target,
            limits: context.limits,
            cancel: context.interrupt.cancel.clone(),
        }
    }

    /// Codes a frame and measures; the settings are those with the quality that a target led to.
    pub(super) fn tried(&self, frame: &Frame, detail: Detail) -> Result<(Settings, Tried), Error> {
        let Some(target) = self.target else {
            let tried = try_codec(self.codec, frame, &self.settings, detail, &self.limits);
            return Ok((self.settings.clone(), tried.map_err(advised)?));
        };
        let found = reach(
            self.codec,
            frame,
            &self.settings,
            target,
            &self.limits,
            &self.cancel,
        );
        let (settings, mut tried) = found.map_err(advised)?;
        if detail == Detail::Full && tried.trial.fidelity.is_some() {
            tried.trial.fidelity = Some(Fidelity::of(frame, &tried.frame, detail)?);
        }
        Ok((settings, tried))
    }
}

/// The quality of settings as it was typed or found; the codec's usual one in words.
pub(super) fn quality_text(codec: &Codec, settings: &Settings) -> String {
    match (&settings.quality, codec.scales.first()) {
        _ if settings.lossless => "lossless".to_owned(),
        (Some(quality), _) if quality.contains('=') => quality.clone(),
        (Some(quality), Some(scale)) => format!("{}={quality}", scale.name),
        (Some(quality), None) => quality.clone(),
        (None, None) => "lossless".to_owned(),
        (None, Some(_)) => "usual".to_owned(),
    }
}

/// The numbers of a trial by the names that machines know.
pub(super) fn trial_json(trial: &Trial) -> Map<String, Value> {
    let mut numbers = Map::new();
    let mut add = |name: &str, value: Value| numbers.insert(name.to_owned(), value);
    add("bytes", json!(trial.payload_bytes));
    add("bits_per_pixel", json!(trial.bits_per_pixel()));
    let fidelity = trial.fidelity.as_ref();
    add("psnr", finite(Some(trial.psnr())));
    add("ssim", finite(fidelity.map(|found| found.ssim)));
    add("max_error", finite(fidelity.map(|found| found.max_error)));
    add("encode_s", json!(trial.encode_secs));
    add("decode_s", json!(trial.decode_secs));
    let Some(full) = fidelity.filter(|found| !found.psnr_ycbcr.is_empty()) else {
        return numbers;
    };
    let ratios = |of: &[f64]| -> Value { of.iter().map(|&ratio| finite(Some(ratio))).collect() };
    add("psnr_channels", ratios(&full.psnr_channels));
    for (place, name) in ["psnr_y", "psnr_cb", "psnr_cr"].iter().enumerate() {
        add(name, finite(full.psnr_ycbcr.get(place).copied()));
    }
    add("ms_ssim", finite(full.ms_ssim));
    numbers
}

/// A number of JSON, which has no infinity: null.
pub(super) fn finite(value: Option<f64>) -> Value {
    value
        .filter(|value| value.is_finite())
        .map_or(Value::Null, Value::from)
}
