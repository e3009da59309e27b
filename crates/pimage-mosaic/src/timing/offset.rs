//! How much later than the mosaic a source begins.

use std::fmt;
use std::str::FromStr;

use pimage_core::{Error, Timebase, Timestamp};

/// How much later than the mosaic a source begins.
///
/// ```
/// use pimage_mosaic::Offset;
///
/// assert_eq!("-12".parse::<Offset>()?, Offset::Frames(-12));
/// assert_eq!("0.25s".parse::<Offset>()?.to_string(), "0.25s");
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offset {
    /// In frames of the mosaic.
    Frames(i64),
    /// In time; to the nearest frame where frames are aligned by their indices.
    Time(Timestamp),
}

impl Offset {
    /// Whether the source begins with the mosaic.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        match self {
            Self::Frames(frames) => frames == 0,
            Self::Time(time) => time.ticks == 0,
        }
    }
}

impl Default for Offset {
    fn default() -> Self {
        Self::Frames(0)
    }
}

impl FromStr for Offset {
    type Err = Error;

    /// `12` or `-3` frames, `0.5s` or `20ms`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let trimmed = text.trim();
        let secs = |number: &str, unit: f64| {
            let number: f64 = number.trim().parse().ok()?;
            Timestamp::from_secs(number * unit).map(Self::Time)
        };
        let offset = match (trimmed.strip_suffix("ms"), trimmed.strip_suffix('s')) {
            (Some(number), _) => secs(number, 1e-3),
            (None, Some(number)) => secs(number, 1.0),
            (None, None) => trimmed.parse().ok().map(Self::Frames),
        };
        offset.ok_or_else(|| {
            Error::bad_option(
                "an offset",
                format!("`{text}`"),
                "a whole number of frames, or a time such as 0.5s or 20ms",
            )
        })
    }
}

/// `12` frames, or `0.5s`.
impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frames(frames) => frames.fmt(f),
            Self::Time(time) => {
                let nanoseconds = time.ticks_in(Timebase::NANOSECONDS);
                let sign = if nanoseconds < 0 { "-" } else { "" };
                let (whole, part) = (
                    nanoseconds.unsigned_abs() / 1_000_000_000,
                    nanoseconds.unsigned_abs() % 1_000_000_000,
                );
                let part = format!("{part:09}");
                match part.trim_end_matches('0') {
                    "" => write!(f, "{sign}{whole}s"),
                    part => write!(f, "{sign}{whole}.{part}s"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_parsed_as_they_are_printed() {
        for text in ["0", "-7", "12", "0.5s", "-0.000000001s", "3s", "90000.25s"] {
            let offset: Offset = text.parse().expect("is an offset");
            assert_eq!(offset.to_string(), text);
        }
        let short: Offset = "20ms".parse().expect("is an offset");
        assert_eq!(short.to_string(), "0.02s");
        for text in ["", "1.5", "s", "infs", "nanms", "x"] {
            let error = text.parse::<Offset>().expect_err("is none").to_string();
            assert!(
                error.starts_with(&format!("an offset is `{text}`: expected")),
                "{error}"
            );
        }
    }
}
