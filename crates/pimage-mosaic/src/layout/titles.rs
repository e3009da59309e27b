//! Titles of cells: how they look, and how high their bands are.

use std::fmt;
use std::str::FromStr;

use pimage_core::{Error, Paint};
use pimage_text::{Font, Pen, TextStyle};
use serde::{Deserialize, Serialize};

use super::{Size, name_of, named, text};

/// On which side of a picture its title is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Side {
    /// Above it.
    #[default]
    Above,
    /// Below it.
    Below,
}

impl Side {
    /// Both sides with their names.
    pub const ALL: [(&'static str, Self); 2] = [("above", Self::Above), ("below", Self::Below)];
}

impl FromStr for Side {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        named("the side of titles", &Self::ALL, text)
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name_of(&Self::ALL, self))
    }
}

/// How titles are wished for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Titles {
    /// On which side of the pictures.
    #[serde(with = "text")]
    pub side: Side,
    /// Pixels in an em, 1 to 2,048; a twenty-fourth of the shorter side of a cell, within 12 and 64, when it is `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<f64>,
    /// The colour of the letters; what is legible on the band when it is `None`.
    #[serde(with = "text::optional", skip_serializing_if = "Option::is_none")]
    pub paint: Option<Paint>,
    /// The colour of the band; that of the background when it is `None`.
    #[serde(with = "text::optional", skip_serializing_if = "Option::is_none")]
    pub band: Option<Paint>,
}

/// How titles look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lettering {
    /// Pixels in an em.
    pub size: f64,
    /// The colour of the letters.
    pub paint: Paint,
    /// The colour of the bands.
    pub band: Paint,
    /// Height of a band of one line, pixels.
    pub height: u32,
}

/// Sizes of letters that are legible and take no more room than they must.
const SIZES: (f64, f64) = (12.0, 64.0);

/// The part of the shorter side of a cell that letters have.
const PART: f64 = 1.0 / 24.0;

impl Titles {
    /// How titles of cells about as large as `cell` look over `background`.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for a size of letters that there is not.
    pub(super) fn lettering(&self, cell: Size, background: Paint) -> Result<Lettering, Error> {
        let shorter = f64::from(cell.width.min(cell.height));
        let fitting = (shorter * PART).round().clamp(SIZES.0, SIZES.1);
        let size = self.size.unwrap_or(fitting);
        let band = self.band.unwrap_or(background);
        // What cannot be seen is no ground to choose by.
        let is_light = band.alpha > 127 && band.luma() > 127.5;
        let usual = if is_light { Paint::BLACK } else { Paint::WHITE };
        let paint = self.paint.unwrap_or(usual);
        let pen = Pen::new(Font::bundled(), TextStyle::new(size).with_paint(paint))?;
        // A sixth of an em of room above the letters and below.
        let height = pen.measure("A").height + size / 3.0;
        Ok(Lettering {
            size,
            paint,
            band,
            height: height.ceil() as u32,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_are_as_high_as_their_letters_ask() {
        let titles = Titles {
            size: Some(20.0),
            ..Titles::default()
        };
        let lettering = titles.lettering(Size::new(1, 1), Paint::WHITE);
        let lettering = lettering.expect("is within range");
        assert_eq!(
            (lettering.paint, lettering.band),
            (Paint::BLACK, Paint::WHITE)
        );
        assert!((24..=34).contains(&lettering.height), "{lettering:?}");
        let large = Titles {
            size: Some(40.0),
            ..titles
        };
        let large = large.lettering(Size::new(1, 1), Paint::BLACK);
        let twice = large.expect("is within range").height;
        assert!(twice.abs_diff(2 * lettering.height) <= 1);
    }

    #[test]
    fn letters_follow_from_the_cell_unless_given() {
        let size = |width, height| {
            let lettering = Titles::default().lettering(Size::new(width, height), Paint::BLACK);
            lettering.expect("is within range").size
        };
        assert!((size(640, 512) - 21.0).abs() < f64::EPSILON);
        assert!((size(100, 9000) - 12.0).abs() < f64::EPSILON);
        assert!((size(9000, 9000) - 64.0).abs() < f64::EPSILON);
    }

    #[test]
    fn absurd_letters_are_refused() {
        for size in [0.0, -1.0, f64::NAN, 1e9] {
            let titles = Titles {
                size: Some(size),
                ..Titles::default()
            };
            let error = titles.lettering(Size::new(9, 9), Paint::BLACK);
            let error = error.expect_err("is refused").to_string();
            assert!(error.starts_with("the size of text is"), "{error}");
        }
    }
}
