//! Which colour a place gets: that of the map, of what is beyond the bounds, or of a mask.

use std::str::FromStr;

use pimage_core::{Error, Paint};

use crate::Colormap;
use crate::norm::Place;

/// Sample values that are not coloured by the map: from the lower to the upper one, both included.
///
/// ```
/// use pimage_colormap::Mask;
///
/// assert_eq!("0..12.5".parse::<Mask>()?, Mask { low: 0.0, high: 12.5 });
/// assert_eq!("-1".parse::<Mask>()?, Mask { low: -1.0, high: -1.0 });
/// assert_eq!("4000..".parse::<Mask>()?, Mask { low: 4000.0, high: f64::INFINITY });
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mask {
    /// The lowest value.
    pub low: f64,
    /// The highest value.
    pub high: f64,
}

impl FromStr for Mask {
    type Err = Error;

    /// A value, or two with dots between, either of which may be missing.
    fn from_str(text: &str) -> Result<Self, Error> {
        let number = |text: &str, missing: f64| match text.trim() {
            "" => Some(missing),
            digits => digits.parse::<f64>().ok(),
        };
        let bounds = match text.split_once("..") {
            Some((low, high)) => number(low, f64::NEG_INFINITY).zip(number(high, f64::INFINITY)),
            None => number(text, f64::NAN).map(|value| (value, value)),
        };
        match bounds {
            Some((low, high)) if low <= high => Ok(Self { low, high }),
            _ => Err(Error::bad_option(
                "a mask",
                format!("`{text}`"),
                "a value, or two in rising order such as 0..100, ..100 or 4000..",
            )),
        }
    }
}

/// What masked samples look like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Masked {
    /// Gray, from black to white over the same range and scale.
    #[default]
    Gray,
    /// All of this colour.
    Paint(Paint),
}

/// The colours of all places.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Paints {
    pub(crate) map: Colormap,
    /// What is not a number, or has no place on the scale.
    pub(crate) bad: Paint,
    pub(crate) under: Option<Paint>,
    pub(crate) over: Option<Paint>,
    pub(crate) masks: Vec<Mask>,
    pub(crate) masked: Masked,
}

impl Paints {
    pub(crate) fn masks(&self) -> impl Iterator<Item = (f64, f64)> {
        self.masks.iter().map(|mask| (mask.low, mask.high))
    }

    /// The colour of a sample of this value that has this place on a map of `count` colours.
    pub(crate) fn color(&self, place: Place, value: f64, count: usize) -> [u8; 4] {
        let is_masked = self
            .masks()
            .any(|(low, high)| (low..=high).contains(&value));
        let paint = match (is_masked, self.masked) {
            (true, Masked::Paint(paint)) => paint,
            (true, Masked::Gray) => self.gray(place, count),
            (false, _) => self.mapped(place),
        };
        [paint.red, paint.green, paint.blue, paint.alpha]
    }

    pub(crate) fn mapped(&self, place: Place) -> Paint {
        let colors = self.map.colors();
        let end = |own: Option<Paint>, color: Option<&Paint>| own.or(color.copied());
        let paint = match place {
            Place::Bad => Some(self.bad),
            Place::Under => end(self.under, colors.first()),
            Place::At(place) => colors.get(place).copied(),
            Place::Over => end(self.over, colors.last()),
        };
        paint.unwrap_or(Paint::BLACK)
    }

    fn gray(&self, place: Place, count: usize) -> Paint {
        let last = count.saturating_sub(1).max(1);
        let level = match place {
            Place::Bad => return self.bad,
            Place::Under => 0,
            Place::At(place) => (255 * place + last / 2) / last,
            Place::Over => 255,
        };
        let level = u8::try_from(level).unwrap_or(u8::MAX);
        Paint::rgb(level, level, level)
    }

    /// Whether no colour lets anything through.
    pub(crate) fn is_opaque(&self) -> bool {
        let masked = match self.masked {
            Masked::Paint(paint) if !self.masks.is_empty() => Some(paint),
            _ => None,
        };
        let others = [Some(self.bad), self.under, self.over, masked];
        let mut all = self
            .map
            .colors()
            .iter()
            .copied()
            .chain(others.into_iter().flatten());
        all.all(|paint| paint.alpha == u8::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_that_say_nothing_are_refused() {
        for text in ["5..3", "nan", "a..b", ""] {
            assert!(text.parse::<Mask>().is_err(), "{text}");
        }
        let error = "5..3".parse::<Mask>().expect_err("falls").to_string();
        assert_eq!(
            error,
            "a mask is `5..3`: expected a value, or two in rising order such as 0..100, ..100 or 4000.."
        );
    }
}
