//! How text looks.

use pimage_core::{Error, Paint};

/// How text looks: its size and colour, and what is behind it.
///
/// ```
/// use pimage_core::Paint;
/// use pimage_text::TextStyle;
///
/// let style = TextStyle::new(16.0).with_paint(Paint::rgb(255, 255, 0)).with_outline(1.5, Paint::BLACK);
/// assert_eq!(style.size, 16.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextStyle {
    /// Pixels in an em, which is what font sizes are given in: capitals are about 0.7 of it high. 1 to 2,048.
    pub size: f64,
    /// Its colour.
    pub paint: Paint,
    /// How much of what is below all of it hides, 0 to 1.
    pub opacity: f64,
    /// A line around the characters.
    pub outline: Option<Outline>,
    /// The shadow that the characters and their outline throw.
    pub shadow: Option<Shadow>,
    /// A box behind the text.
    pub background: Option<Background>,
}

/// A line around characters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outline {
    /// How far it reaches beyond the characters, pixels: 0 to 64.
    pub width: f64,
    /// Its colour.
    pub paint: Paint,
}

/// A shadow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shadow {
    /// How far it is to the right, pixels.
    pub dx: i32,
    /// How far it is below, pixels.
    pub dy: i32,
    /// Standard deviation of the Gaussian that makes it soft, pixels: 0, which is sharp, to 32.
    pub blur: f64,
    /// Its colour.
    pub paint: Paint,
}

/// A box behind a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Background {
    /// How far it reaches beyond the text's extent on each side, pixels.
    pub margin: u32,
    /// Its colour.
    pub paint: Paint,
}

impl TextStyle {
    /// White characters of this size and nothing behind them.
    #[must_use]
    pub const fn new(size: f64) -> Self {
        Self {
            size,
            paint: Paint::WHITE,
            opacity: 1.0,
            outline: None,
            shadow: None,
            background: None,
        }
    }

    /// White with a black outline: legible on any ground.
    #[must_use]
    pub fn legible(size: f64) -> Self {
        Self::new(size).with_outline(Self::outline_width(size), Paint::BLACK)
    }

    /// The width of an outline that suits a size: a tenth of it, and at least a pixel.
    #[must_use]
    pub fn outline_width(size: f64) -> f64 {
        (size / 10.0).clamp(1.0, MOST_OUTLINE)
    }

    /// In this colour.
    #[must_use]
    pub const fn with_paint(mut self, paint: Paint) -> Self {
        self.paint = paint;
        self
    }

    /// Hiding only this part of what is below, 0 to 1.
    #[must_use]
    pub const fn with_opacity(mut self, opacity: f64) -> Self {
        self.opacity = opacity;
        self
    }

    /// With a line around the characters.
    #[must_use]
    pub const fn with_outline(mut self, width: f64, paint: Paint) -> Self {
        self.outline = Some(Outline { width, paint });
        self
    }

    /// With a shadow.
    #[must_use]
    pub const fn with_shadow(mut self, dx: i32, dy: i32, blur: f64, paint: Paint) -> Self {
        self.shadow = Some(Shadow {
            dx,
            dy,
            blur,
            paint,
        });
        self
    }

    /// With a box behind the text.
    #[must_use]
    pub const fn with_background(mut self, margin: u32, paint: Paint) -> Self {
        self.background = Some(Background { margin, paint });
        self
    }

    /// An error unless all numbers are within their ranges.
    pub(crate) fn check(&self) -> Result<(), Error> {
        check("the size of text", self.size, 1.0, MOST_SIZE)?;
        check("the opacity of text", self.opacity, 0.0, 1.0)?;
        if let Some(outline) = self.outline {
            check("the width of an outline", outline.width, 0.0, MOST_OUTLINE)?;
        }
        if let Some(shadow) = self.shadow {
            check("the blur of a shadow", shadow.blur, 0.0, MOST_BLUR)?;
        }
        Ok(())
    }
}

/// Bitmaps of characters that are larger are of no use, and each takes megabytes.
const MOST_SIZE: f64 = 2048.0;
/// The time that an outline takes grows with its width.
const MOST_OUTLINE: f64 = 64.0;
/// As with the outline.
const MOST_BLUR: f64 = 32.0;

fn check(name: &str, value: f64, low: f64, high: f64) -> Result<(), Error> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(Error::bad_option(
        name,
        value.to_string(),
        format!("{low} to {high}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_refused() {
        let style = TextStyle::legible(20.0);
        assert!(style.check().is_ok());
        for (style, expected) in [
            (
                TextStyle::new(0.0),
                "the size of text is 0: expected 1 to 2048",
            ),
            (
                TextStyle::new(f64::NAN),
                "the size of text is NaN: expected 1 to 2048",
            ),
            (
                style.with_opacity(1.5),
                "the opacity of text is 1.5: expected 0 to 1",
            ),
            (
                style.with_outline(-1.0, Paint::BLACK),
                "the width of an outline is -1: expected 0 to 64",
            ),
            (
                style.with_shadow(1, 1, 99.0, Paint::BLACK),
                "the blur of a shadow is 99: expected 0 to 32",
            ),
        ] {
            assert_eq!(style.check().expect_err("is refused").to_string(), expected);
        }
    }
}
