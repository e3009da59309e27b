//! Scales of quality: what a number means to a codec, and which numbers there are.

use std::fmt;

/// One meaning that a quality can have: libjpeg's `quality`, a `crf`, a `distance`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Short lower-case name: `--quality NAME=VALUE` asks for this scale, a bare number for the codec's first.
    pub name: &'static str,
    /// One line for people: what the number is.
    pub help: &'static str,
    /// The lowest and the highest number.
    pub range: (f64, f64),
    /// Whether only whole numbers are taken.
    pub is_whole: bool,
    /// The number when none is given but this scale is meant.
    pub usual: f64,
    /// Numbers that span what is used, from the smallest file to the best.
    pub steps: &'static [f64],
}

impl Scale {
    /// Whether a higher number makes larger and better files.
    #[must_use]
    pub fn is_rising(&self) -> bool {
        match (self.steps.first(), self.steps.last()) {
            (Some(smallest), Some(best)) => smallest < best,
            _ => true,
        }
    }

    /// The number in a text, when the scale has it.
    #[must_use]
    pub fn parse(&self, text: &str) -> Option<f64> {
        let value: f64 = text.parse().ok()?;
        let (low, high) = self.range;
        let is_fit = (low..=high).contains(&value) && (!self.is_whole || value.fract() == 0.0);
        is_fit.then_some(value)
    }
}

/// The range with what its ends mean: `1 (smallest) to 100 (best)`.
impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = self.range;
        let (first, last) = if self.is_rising() {
            ("smallest", "best")
        } else {
            ("best", "smallest")
        };
        write!(f, "{low} ({first}) to {high} ({last})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRF: Scale = Scale {
        name: "crf",
        help: "constant rate factor",
        range: (0.0, 51.0),
        is_whole: false,
        usual: 28.0,
        steps: &[40.0, 20.0],
    };

    #[test]
    fn numbers_in_the_range_are_taken() {
        assert_eq!(CRF.parse("0"), Some(0.0));
        assert_eq!(CRF.parse("27.5"), Some(27.5));
        for text in ["-1", "51.1", "", "nan", "inf", "x"] {
            assert_eq!(CRF.parse(text), None, "{text}");
        }
        let whole = Scale {
            is_whole: true,
            ..CRF
        };
        assert_eq!(whole.parse("27"), Some(27.0));
        assert_eq!(whole.parse("27.5"), None);
    }

    #[test]
    fn it_says_which_end_is_which() {
        assert!(!CRF.is_rising());
        assert_eq!(CRF.to_string(), "0 (best) to 51 (smallest)");
    }
}
