//! What is promised of the values that come back.

use std::fmt;

use pimage_core::{Error, SampleType};

use crate::setting::VideoSetting;

/// The least and the greatest range of which a signal-to-noise ratio can be promised.
const SQUARED: [f64; 2] = [1e-120, 1e150];

/// What is promised of the values that come back.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub enum Goal {
    /// Every value as it was, to the bit.
    #[default]
    Exact,
    /// No value off by more than this; NaN and infinities as they were.
    MaxError(f64),
    /// A signal-to-noise ratio in every group.
    Psnr {
        /// Decibels.
        db: f64,
        /// The range of the values that counts as the peak.
        range: f64,
    },
    /// Whole numbers in a video, and nothing else: no promise but that NaN and infinities come back. Gray frames only.
    ///
    /// With a range in the setting one scale holds for the array, without each group has its own.
    Quantised(VideoSetting),
}

impl Goal {
    /// How far a value may be off, where that is what is promised.
    #[must_use]
    pub const fn bound(&self) -> Option<f64> {
        match self {
            Self::Exact => Some(0.0),
            Self::MaxError(bound) => Some(*bound),
            Self::Psnr { .. } | Self::Quantised(_) => None,
        }
    }

    /// An error unless the numbers make sense for values of this type.
    pub(crate) fn check(&self, sample: SampleType) -> Result<(), Error> {
        match *self {
            Self::MaxError(bound) if !(bound >= 0.0 && bound.is_finite()) => {
                let expected = "a number from 0 on";
                Err(Error::bad_option("max_error", bound.to_string(), expected))
            }
            Self::Psnr { db, .. } if !(db > 0.0 && db <= 400.0) => {
                let expected = "decibels above 0, up to 400";
                Err(Error::bad_option("psnr", db.to_string(), expected))
            }
            // Errors are squared, and the squares are numbers too.
            Self::Psnr { range, .. } if !(SQUARED[0]..=SQUARED[1]).contains(&range) => {
                let [least, most] = SQUARED;
                let expected = format!("a range of {sample} values from {least:e} to {most:e}");
                Err(Error::bad_option("range", range.to_string(), expected))
            }
            Self::Quantised(setting) => setting.check(),
            _ => Ok(()),
        }
    }
}

/// `exact`, `within 0.01`, `60 dB of 12.5`, `12 bits by x265`.
impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact => f.write_str("exact"),
            Self::MaxError(bound) => write!(f, "within {bound}"),
            Self::Psnr { db, range } => write!(f, "{db} dB of {range}"),
            Self::Quantised(setting) => {
                write!(f, "{} bits by {}", setting.bits, setting.codec.name())
            }
        }
    }
}
