//! Where something stands in a frame, and how large it is: in pixels, or in parts of the frame.

use std::fmt;
use std::str::FromStr;

use pimage_core::Error;
use pimage_text::Anchor;

use crate::{Arguments, Parameter, Presence};

/// A length on the frame: `12` pixels, or `5%` of its width or height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measure {
    /// Pixels.
    Pixels(f64),
    /// Hundredths of a side of the frame.
    Percent(f64),
}

impl Measure {
    /// It in pixels, on a frame whose side is `side` pixels.
    #[must_use]
    pub fn pixels(self, side: u32) -> f64 {
        match self {
            Self::Pixels(pixels) => pixels,
            Self::Percent(percent) => f64::from(side) * percent / 100.0,
        }
    }
}

impl FromStr for Measure {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let trimmed = text.trim();
        let (number, make): (_, fn(f64) -> Self) = match trimmed.strip_suffix('%') {
            Some(number) => (number.trim_end(), Self::Percent),
            None => (trimmed, Self::Pixels),
        };
        let number = number
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite());
        number.map(make).ok_or_else(|| {
            Error::bad_option(
                "a length",
                format!("`{text}`"),
                "pixels such as 12, or percent such as 5%",
            )
        })
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pixels(pixels) => write!(f, "{pixels}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

/// Where something stands: at a side, a corner or the middle of the frame, or at a point.
///
/// ```
/// use pimage_text::Anchor;
/// use pimage_transform::{Measure, Place};
///
/// let place = Place::at(Anchor::BottomRight).with_margin(Measure::Pixels(10.0));
/// assert_eq!(place.point(640, 512), (630.0, 502.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    anchor: Anchor,
    margin: Measure,
    x: Option<Measure>,
    y: Option<Measure>,
}

/// The margin unless said otherwise.
const MARGIN: Measure = Measure::Percent(2.0);

impl Place {
    /// At a side, a corner or the middle, a fiftieth of the frame's height away from the sides.
    #[must_use]
    pub const fn at(anchor: Anchor) -> Self {
        Self {
            anchor,
            margin: MARGIN,
            x: None,
            y: None,
        }
    }

    /// This far away from the sides; percent are those of the frame's height.
    #[must_use]
    pub const fn with_margin(mut self, margin: Measure) -> Self {
        self.margin = margin;
        self
    }

    /// With the anchor in this column and row instead; percent are those of the frame's width and height.
    #[must_use]
    pub const fn with_point(mut self, x: Option<Measure>, y: Option<Measure>) -> Self {
        self.x = x;
        self.y = y;
        self
    }

    /// Which point of what is drawn stands there.
    #[must_use]
    pub const fn anchor(&self) -> Anchor {
        self.anchor
    }

    /// The point in a frame of this size, pixels.
    #[must_use]
    pub fn point(&self, width: u32, height: u32) -> (f64, f64) {
        let (x, y) = self
            .anchor
            .within(width, height, self.margin.pixels(height));
        (
            self.x.map_or(x, |x| x.pixels(width)),
            self.y.map_or(y, |y| y.pixels(height)),
        )
    }

    /// What the arguments [`POSITION`], [`X`], [`Y`] and [`MARGIN_PARAMETER`] say.
    pub(super) fn of_arguments(arguments: &Arguments<'_>, anchor: Anchor) -> Result<Self, Error> {
        let anchor = arguments.optional("position")?.unwrap_or(anchor);
        let margin = arguments.optional("margin")?.unwrap_or(MARGIN);
        let place = Self::at(anchor).with_margin(margin);
        Ok(place.with_point(arguments.optional("x")?, arguments.optional("y")?))
    }
}

/// `position`, with its default.
pub(super) const fn position(default: &'static str) -> Parameter {
    Parameter::new(
        "position",
        "where in the frame, and which point of it is at x and y when those are given",
        "top-left|top|top-right|left|center|right|bottom-left|bottom|bottom-right",
        Presence::Default(default),
    )
}

/// `x`.
pub(super) const X: Parameter = Parameter::new(
    "x",
    "column",
    "pixels or percent of the width",
    Presence::Optional("by the position"),
);

/// `y`.
pub(super) const Y: Parameter = Parameter::new(
    "y",
    "row",
    "pixels or percent of the height",
    Presence::Optional("by the position"),
);

/// `margin`.
pub(super) const MARGIN_PARAMETER: Parameter = Parameter::new(
    "margin",
    "how far away from the sides of the frame",
    "pixels or percent of the height",
    Presence::Default("2%"),
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_pixels_or_percent() {
        for (text, expected) in [("12", 12.0), ("5%", 10.0), (" 2.5 %", 5.0), ("-3", -3.0)] {
            let measure: Measure = text.parse().expect(text);
            assert!((measure.pixels(200) - expected).abs() < 1e-12, "{text}");
        }
        for text in ["", "%", "5px", "nan", "inf%"] {
            assert!(text.parse::<Measure>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_point_replaces_the_margin() {
        let place = Place::at(Anchor::TopRight);
        assert_eq!(place.point(300, 100), (298.0, 2.0));
        let place = place.with_point(Some(Measure::Percent(50.0)), None);
        assert_eq!(place.point(300, 100), (150.0, 2.0));
    }
}
