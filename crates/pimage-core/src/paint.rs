//! A colour to draw with, by name or by number.

use std::fmt;
use std::str::FromStr;

use crate::{Color, Error, FrameFormat};

/// A colour to draw with: red, green, blue and opacity, 0 to 255 each, in sRGB.
///
/// It is parsed from what CSS and matplotlib call it: `white`, `#ff0`, `#ff8000`, `#ff800080`, `rgb(255 128 0)`;
/// a number, `128`, is that gray.
///
/// ```
/// use pimage_core::Paint;
///
/// let orange: Paint = "#ff8000".parse()?;
/// assert_eq!(orange, Paint::rgb(255, 128, 0));
/// assert_eq!("64".parse::<Paint>()?, Paint::rgb(64, 64, 64));
/// assert_eq!(orange.to_string(), "#ff8000");
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Paint {
    /// Red, 0 to 255.
    pub red: u8,
    /// Green, 0 to 255.
    pub green: u8,
    /// Blue, 0 to 255.
    pub blue: u8,
    /// Opacity: 255 hides what is below.
    pub alpha: u8,
}

impl Paint {
    /// Black, opaque.
    pub const BLACK: Self = Self::rgb(0, 0, 0);
    /// White, opaque.
    pub const WHITE: Self = Self::rgb(255, 255, 255);
    /// Nothing.
    pub const CLEAR: Self = Self {
        alpha: 0,
        ..Self::BLACK
    };

    /// An opaque colour.
    #[must_use]
    pub const fn rgb(red: u8, green: u8, blue: u8) -> Self {
        Self {
            red,
            green,
            blue,
            alpha: 255,
        }
    }

    /// The luma of Rec. 709, 0 to 255.
    #[must_use]
    pub fn luma(self) -> f64 {
        // In integers first, so that white is 255 exactly.
        let [red, green, blue] = [self.red, self.green, self.blue].map(u32::from);
        f64::from(2126 * red + 7152 * green + 722 * blue) / 10_000.0
    }

    /// The values of a pixel of this colour in frames of `format`, as many as it has channels:
    /// 255 is the full scale, gray frames get the luma, and opacity goes where there is a channel for it.
    #[must_use]
    pub fn values(self, format: &FrameFormat) -> [f64; 4] {
        let scale = format.full_scale() / 255.0;
        let [red, green, blue, alpha] =
            [self.red, self.green, self.blue, self.alpha].map(|value| f64::from(value) * scale);
        let gray = self.luma() * scale;
        match format.color {
            Color::Gray => [gray, 0.0, 0.0, 0.0],
            Color::GrayAlpha => [gray, alpha, 0.0, 0.0],
            Color::Rgb => [red, green, blue, 0.0],
            Color::Rgba => [red, green, blue, alpha],
        }
    }
}

impl FromStr for Paint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let trimmed = text.trim();
        if let Ok(gray) = trimmed.parse::<u8>() {
            return Ok(Self::rgb(gray, gray, gray));
        }
        // A number that is no gray must not pass for a colour in hexadecimal.
        let is_number = trimmed.bytes().all(|byte| byte.is_ascii_digit());
        match csscolorparser::parse(trimmed) {
            Ok(color) if !is_number => {
                let [red, green, blue, alpha] = color.to_rgba8();
                Ok(Self {
                    red,
                    green,
                    blue,
                    alpha,
                })
            }
            _ => Err(Error::bad_option(
                "a colour",
                format!("`{text}`"),
                "a name such as white, #rgb, #rrggbb, #rrggbbaa or a gray of 0 to 255",
            )),
        }
    }
}

impl fmt::Display for Paint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)?;
        match self.alpha {
            255 => Ok(()),
            alpha => write!(f, "{alpha:02x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SampleType;

    #[test]
    fn colours_by_name_and_number() {
        let check = |text: &str, expected: &str| {
            let shown = text.parse::<Paint>().map(|paint| paint.to_string());
            assert_eq!(shown.unwrap_or_else(|error| error.to_string()), expected);
        };
        check("White", "#ffffff");
        check("rebeccapurple", "#663399");
        check("#f80", "#ff8800");
        check("#01020304", "#01020304");
        check("rgb(1, 2, 3)", "#010203");
        check(
            "300",
            "a colour is `300`: expected a name such as white, #rgb, #rrggbb, #rrggbbaa or a gray of 0 to 255",
        );
        check(
            "",
            "a colour is ``: expected a name such as white, #rgb, #rrggbb, #rrggbbaa or a gray of 0 to 255",
        );
    }

    #[test]
    fn full_scale_follows_the_format() {
        let values = |color, sample, depth| {
            Paint::WHITE.values(&FrameFormat::new(1, 1, color, sample).with_bit_depth(depth))
        };
        let shown = format!("{:?}", values(Color::Rgb, SampleType::U16, 12));
        assert_eq!(shown, "[4095.0, 4095.0, 4095.0, 0.0]");
        let shown = format!("{:?}", values(Color::Rgba, SampleType::F32, 32));
        assert_eq!(shown, "[1.0, 1.0, 1.0, 1.0]");
        let shown = format!("{:?}", values(Color::Gray, SampleType::F64, 64));
        assert_eq!(shown, "[1.0, 0.0, 0.0, 0.0]");
    }
}
