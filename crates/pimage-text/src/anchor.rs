//! Which point of a text, or of a frame, is meant.

use std::fmt;
use std::str::FromStr;

use pimage_core::Error;

/// One of nine points of a rectangle.
///
/// ```
/// use pimage_text::Anchor;
///
/// let anchor: Anchor = "bottom-right".parse()?;
/// assert_eq!(anchor.within(640, 512, 10.0), (630.0, 502.0));
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// The upper left corner.
    #[default]
    TopLeft,
    /// The middle of the upper side.
    Top,
    /// The upper right corner.
    TopRight,
    /// The middle of the left side.
    Left,
    /// The middle.
    Center,
    /// The middle of the right side.
    Right,
    /// The lower left corner.
    BottomLeft,
    /// The middle of the lower side.
    Bottom,
    /// The lower right corner.
    BottomRight,
}

impl Anchor {
    /// Every anchor with its name, row by row.
    pub const ALL: [(&'static str, Self); 9] = [
        ("top-left", Self::TopLeft),
        ("top", Self::Top),
        ("top-right", Self::TopRight),
        ("left", Self::Left),
        ("center", Self::Center),
        ("right", Self::Right),
        ("bottom-left", Self::BottomLeft),
        ("bottom", Self::Bottom),
        ("bottom-right", Self::BottomRight),
    ];

    /// Where it is, as parts of the width and of the height from the upper left corner: 0, 0.5 or 1.
    #[must_use]
    pub const fn fractions(self) -> (f64, f64) {
        match self {
            Self::TopLeft => (0.0, 0.0),
            Self::Top => (0.5, 0.0),
            Self::TopRight => (1.0, 0.0),
            Self::Left => (0.0, 0.5),
            Self::Center => (0.5, 0.5),
            Self::Right => (1.0, 0.5),
            Self::BottomLeft => (0.0, 1.0),
            Self::Bottom => (0.5, 1.0),
            Self::BottomRight => (1.0, 1.0),
        }
    }

    /// Where it is in a frame of this size, `margin` pixels away from the sides that it is at.
    #[must_use]
    pub fn within(self, width: u32, height: u32, margin: f64) -> (f64, f64) {
        let (across, down) = self.fractions();
        let place =
            |side: u32, fraction: f64| f64::from(side) * fraction + margin * (1.0 - 2.0 * fraction);
        (place(width, across), place(height, down))
    }
}

impl FromStr for Anchor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.iter().find(|(name, _)| *name == text.trim());
        found.map(|(_, anchor)| *anchor).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|(name, _)| *name).collect();
            Error::bad_option("a position", format!("`{text}`"), names.join(", "))
        })
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = Self::ALL.iter().find(|(_, anchor)| anchor == self);
        f.pad(found.map_or("", |(name, _)| name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_as_they_are_printed() {
        for (name, anchor) in Anchor::ALL {
            assert_eq!(anchor.to_string(), name);
            assert_eq!(name.parse::<Anchor>().expect("is a name"), anchor);
        }
        let error = "middle".parse::<Anchor>().expect_err("is no name");
        assert!(
            error
                .to_string()
                .starts_with("a position is `middle`: expected top-left, top")
        );
    }
}
