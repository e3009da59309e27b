//! A sample value as users write it: as it is in the frames, or in percent of the full scale.

use std::fmt;
use std::str::FromStr;

use pimage_core::{Error, FrameFormat};

/// A value on the scale of the samples: `100` is the sample 100, `10%` a tenth of the full scale.
///
/// The full scale is 255 with 8 bits, 4095 with 12 significant bits, 1 with floats.
///
/// ```
/// use pimage_core::{Color, FrameFormat, SampleType};
/// use pimage_transform::Level;
///
/// let camera = FrameFormat::new(640, 512, Color::Gray, SampleType::U16).with_bit_depth(12);
/// assert_eq!("50%".parse::<Level>()?.of(&camera), 2047.5);
/// assert_eq!("-20".parse::<Level>()?.of(&camera), -20.0);
/// assert_eq!(Level::Percent(50.0).to_string(), "50%");
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Level {
    /// This sample value.
    Sample(f64),
    /// Percent of the full scale.
    Percent(f64),
}

impl Level {
    /// The sample value in frames of `format`.
    #[must_use]
    pub fn of(self, format: &FrameFormat) -> f64 {
        match self {
            Self::Sample(value) => value,
            Self::Percent(percent) => percent * format.full_scale() / 100.0,
        }
    }
}

impl FromStr for Level {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let (number, percent) = match text.strip_suffix('%') {
            Some(number) => (number.trim_end(), true),
            None => (text, false),
        };
        match number.parse::<f64>() {
            Ok(number) if number.is_finite() && percent => Ok(Self::Percent(number)),
            Ok(number) if number.is_finite() => Ok(Self::Sample(number)),
            _ => Err(Error::bad_option(
                "a level",
                format!("`{text}`"),
                "a sample value such as 100, or percent of the full scale such as 10%",
            )),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sample(value) => value.fmt(f),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_print_as_they_are_typed() {
        for text in ["100", "-0.5", "10%", "-2.5%", "0%"] {
            let level: Level = text.parse().expect(text);
            assert_eq!(level.to_string(), text);
        }
        for text in ["", "%", "nan", "inf%", "ten", "10%%"] {
            let error = text.parse::<Level>().expect_err(text).to_string();
            assert!(error.starts_with("a level is `"), "{error}");
        }
    }
}
