//! The quality that reaches a size or a PSNR, found by bisection.

use pimage_codec::{Codec, Scale, Settings};
use pimage_core::{Cancel, Error, Frame, Limits};

use crate::rate::{Detail, Tried, try_codec};

/// What the quality is chosen for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// The best quality whose payload has at most so many bytes.
    Bytes(u64),
    /// The smallest file with at least this PSNR, in decibels.
    Psnr(f64),
}

/// Steps into which a scale of other than whole numbers is divided.
const STEPS: u32 = 1_000;

impl Target {
    fn is_met(self, tried: &Tried) -> bool {
        match self {
            Self::Bytes(most) => tried.trial.payload_bytes <= most,
            Self::Psnr(least) => tried.trial.psnr() >= least,
        }
    }

    /// Whether better quality leads away from it.
    const fn is_cheap(self) -> bool {
        matches!(self, Self::Bytes(_))
    }

    /// What it asks for, and what the end of the scale has instead.
    fn missed(self, codec: &Codec, tried: &Tried) -> Error {
        let label = codec.label;
        match self {
            Self::Bytes(most) => {
                let least = tried.trial.payload_bytes;
                let expected =
                    format!("at least {least} bytes, the least of {label} for this frame");
                Error::bad_option("--target-size", most.to_string(), expected)
            }
            Self::Psnr(least) => {
                let most = tried.trial.psnr();
                let expected = format!("at most {most:.2} dB, the best of {label} for this frame");
                Error::bad_option("--target-psnr", least.to_string(), expected)
            }
        }
    }
}

/// Finds the quality on the codec's first scale that reaches the target for this frame, and what it gave.
///
/// Size and PSNR are taken to rise with the quality; where a codec swings, what is found still meets the target, though perhaps not best.
/// Scales of whole numbers are searched number by number, others in steps of a thousandth.
///
/// # Errors
///
/// [`Error::BadOption`] when the target is out of reach, or when the codec has no quality; [`Error::Stopped`]; as [`try_codec`].
pub fn reach(
    codec: &'static Codec,
    frame: &Frame,
    settings: &Settings,
    target: Target,
    limits: &Limits,
    cancel: &Cancel,
) -> Result<(Settings, Tried), Error> {
    let Some(scale) = codec.scales.first() else {
        let expected = format!("none, because {} has no quality", codec.label);
        return Err(Error::bad_option("a target", "given", expected));
    };
    let attempt = |place: u32| {
        if cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        let settings = Settings {
            quality: Some(format!("{}={}", scale.name, number(scale, place))),
            ..settings.clone()
        };
        let tried = try_codec(codec, frame, &settings, Detail::Brief, limits)?;
        Ok((settings, tried))
    };
    let last = places(scale);
    // From here on places are better ones for a target of size, and cheaper ones for one of PSNR.
    let place = |step: u32| if target.is_cheap() { step } else { last - step };
    let mut best = attempt(place(0))?;
    if !target.is_met(&best.1) {
        return Err(target.missed(codec, &best.1));
    }
    let (mut met, mut unmet) = (0, last + 1);
    while unmet - met > 1 {
        let middle = met + (unmet - met) / 2;
        let found = attempt(place(middle))?;
        if target.is_met(&found.1) {
            (met, best) = (middle, found);
        } else {
            unmet = middle;
        }
    }
    Ok(best)
}

/// The last place of a scale, counted from the smallest file.
fn places(scale: &Scale) -> u32 {
    let (low, high) = scale.range;
    if scale.is_whole {
        (high - low).clamp(0.0, 1e6) as u32
    } else {
        STEPS
    }
}

/// The number at a place, counted from the smallest file.
fn number(scale: &Scale, place: u32) -> f64 {
    let (low, high) = scale.range;
    let last = f64::from(places(scale).max(1));
    let part = f64::from(place) / last;
    let along = if scale.is_rising() { part } else { 1.0 - part };
    let value = low + (high - low) * along;
    if scale.is_whole {
        return value.round();
    }
    // So many digits as a step has, which people can type again.
    (value * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRF: Scale = Scale {
        name: "crf",
        help: "constant rate factor",
        range: (1.0, 51.0),
        is_whole: true,
        usual: 28.0,
        steps: &[40.0, 20.0],
    };

    #[test]
    fn places_run_from_the_smallest_file_to_the_best() {
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found}");
        assert_eq!(places(&CRF), 50);
        close(number(&CRF, 0), 51.0);
        close(number(&CRF, 50), 1.0);
        let rising = Scale {
            range: (0.0, 10.0),
            is_whole: false,
            steps: &[1.0, 2.0],
            ..CRF
        };
        assert_eq!(places(&rising), STEPS);
        close(number(&rising, 0), 0.0);
        close(number(&rising, 333), 3.33);
    }
}
