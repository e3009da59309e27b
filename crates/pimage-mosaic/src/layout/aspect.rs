//! The shape of a mosaic: width over height.

use std::fmt;
use std::str::FromStr;

use pimage_core::Error;

/// Width over height, such as 16:9.
///
/// ```
/// use pimage_mosaic::Aspect;
///
/// let wide: Aspect = "16:9".parse()?;
/// assert_eq!(wide, Aspect::default());
/// assert_eq!("1.5".parse::<Aspect>()?.ratio(), 1.5);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aspect {
    ratio: f64,
}

/// No screen is as wide; what is beyond is a slip.
const MOST: f64 = 1000.0;

impl Aspect {
    /// Width over height, from a thousandth to a thousand; `None` beyond.
    #[must_use]
    pub fn new(ratio: f64) -> Option<Self> {
        (1.0 / MOST..=MOST)
            .contains(&ratio)
            .then_some(Self { ratio })
    }

    /// Width over height.
    #[must_use]
    pub const fn ratio(self) -> f64 {
        self.ratio
    }

    /// How many times a mosaic of this size is too wide or too high: 1 when it is as it should be.
    pub(super) fn miss(self, width: u64, height: u64) -> f64 {
        let found = width as f64 / height.max(1) as f64;
        (found / self.ratio).max(self.ratio / found)
    }
}

impl Default for Aspect {
    fn default() -> Self {
        Self { ratio: 16.0 / 9.0 }
    }
}

impl FromStr for Aspect {
    type Err = Error;

    /// `16:9` or `1.5`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let number = |text: &str| text.trim().parse::<f64>().ok();
        let ratio = match text.split_once(':') {
            Some((width, height)) => number(width).zip(number(height)).map(|(w, h)| w / h),
            None => number(text),
        };
        ratio.and_then(Self::new).ok_or_else(|| {
            Error::bad_option(
                "--aspect",
                format!("`{text}`"),
                format!("width over height, such as 16:9 or 1.5, from 1:{MOST} to {MOST}:1"),
            )
        })
    }
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.ratio)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_shapes_are_refused() {
        for text in [
            "", "0", "16:0", "-1", "nan", "inf", "1:1001", "16:9:1", "a:b",
        ] {
            let error = text.parse::<Aspect>().expect_err("is refused").to_string();
            assert!(error.starts_with("--aspect is"), "{text}: {error}");
        }
    }
}
