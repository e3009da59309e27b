//! Maps of one's own: a few colours with what lies between them.

use std::str::FromStr;

use pimage_core::{Error, Paint};

use crate::Colormap;

/// A colour and where it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stop {
    /// The colour.
    pub paint: Paint,
    /// From 0, the lowest values, to 1, the highest; `None` is in the middle between those that have a position.
    pub position: Option<f64>,
}

/// Colours that are made of stops.
const COLORS: usize = 256;

impl FromStr for Stop {
    type Err = Error;

    /// A colour, and its position in percent where it has one: `white`, `#ff8000 30%`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let percent = text
            .strip_suffix('%')
            .and_then(|rest| rest.rsplit_once(char::is_whitespace));
        let Some((color, percent)) = percent else {
            return Ok(Self {
                paint: text.parse()?,
                position: None,
            });
        };
        let position = percent.parse::<f64>().ok().map(|percent| percent / 100.0);
        match position.filter(|position| (0.0..=1.0).contains(position)) {
            Some(_) => Ok(Self {
                paint: color.parse()?,
                position,
            }),
            None => Err(Error::bad_option(
                "the position of a colour",
                format!("`{percent}%`"),
                "0% to 100%",
            )),
        }
    }
}

impl Colormap {
    /// A map of 256 colours through these, straight in sRGB from each to the next, rounded to the nearest.
    ///
    /// Stops without a position are spread evenly, the first at 0 and the last at 1 if they have none.
    ///
    /// ```
    /// use pimage_colormap::Colormap;
    /// use pimage_core::Paint;
    ///
    /// let stops = ["black", "red 30%", "white"].map(|stop| stop.parse().expect("is a stop"));
    /// let map = Colormap::from_stops(&stops)?;
    /// assert_eq!(map.colors()[0], Paint::BLACK);
    /// assert_eq!(map.colors()[255], Paint::WHITE);
    /// # Ok::<(), pimage_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for fewer than 2 stops, and for positions that do not rise.
    pub fn from_stops(stops: &[Stop]) -> Result<Self, Error> {
        let bad =
            |found: String, expected: &str| Err(Error::bad_option("a colour map", found, expected));
        if stops.len() < 2 {
            return bad(format!("given {} colour(s)", stops.len()), "2 or more");
        }
        let placed = placed(stops);
        if placed.windows(2).any(|pair| match pair {
            [(before, _), (after, _)] => before > after,
            _ => false,
        }) {
            return bad(
                "given colours whose positions fall".to_owned(),
                "positions that rise",
            );
        }
        let top = (COLORS - 1) as f64;
        let colors = (0..COLORS).map(|place| color_at(&placed, place as f64 / top));
        Self::from_colors("custom", colors.collect())
    }
}

/// The stops with their positions.
fn placed(stops: &[Stop]) -> Vec<(f64, Paint)> {
    let last = stops.len().saturating_sub(1);
    let known = |place: usize| match stops.get(place).and_then(|stop| stop.position) {
        None if place == 0 => Some(0.0),
        None if place == last => Some(1.0),
        position => position,
    };
    let position = |place: usize| {
        if let Some(position) = known(place) {
            return position;
        }
        let before = (0..place).rev().find_map(|at| Some((at, known(at)?)));
        let after = (place..=last).find_map(|at| Some((at, known(at)?)));
        match (before, after) {
            (Some((first, low)), Some((second, high))) => {
                low + (high - low) * (place - first) as f64 / (second - first) as f64
            }
            _ => 0.0,
        }
    };
    stops
        .iter()
        .enumerate()
        .map(|(place, stop)| (position(place), stop.paint))
        .collect()
}

fn color_at(placed: &[(f64, Paint)], at: f64) -> Paint {
    let after = placed.partition_point(|(position, _)| *position < at);
    let (Some((high, above)), below) = (placed.get(after), after.checked_sub(1)) else {
        return placed.last().map_or(Paint::BLACK, |(_, paint)| *paint);
    };
    let Some((low, below)) = below.and_then(|place| placed.get(place)) else {
        return *above;
    };
    let share = (at - low) / (high - low);
    let mix = |below: u8, above: u8| {
        let (below, above) = (f64::from(below), f64::from(above));
        (below + (above - below) * share).round() as u8
    };
    Paint {
        red: mix(below.red, above.red),
        green: mix(below.green, above.green),
        blue: mix(below.blue, above.blue),
        alpha: mix(below.alpha, above.alpha),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(stops: &[&str]) -> Result<Colormap, Error> {
        let stops: Result<Vec<Stop>, _> = stops.iter().map(|stop| stop.parse()).collect();
        Colormap::from_stops(&stops?)
    }

    #[test]
    fn black_to_white_is_the_identity() {
        let gray = map(&["black", "white"]).expect("is a map");
        for (level, paint) in (0..=255).zip(gray.colors()) {
            assert_eq!(*paint, Paint::rgb(level, level, level));
        }
    }

    #[test]
    fn stops_stand_where_they_are_put() {
        let colors =
            map(&["#000", "#800000 20%", "#fff 20%", "lime", "blue 100%"]).expect("is a map");
        assert_eq!(colors.colors()[51], Paint::rgb(128, 0, 0));
        assert_eq!(colors.colors()[52].red, 253);
        // Between 20 % and 100 %.
        assert_eq!(colors.colors()[153], Paint::rgb(0, 255, 0));
        assert_eq!(colors.colors()[255], Paint::rgb(0, 0, 255));
        let clear = map(&["#ff000000", "#ff0000"]).expect("is a map");
        assert_eq!(clear.colors()[128].alpha, 128);
    }

    #[test]
    fn what_is_no_row_of_colours_is_refused() {
        let told = |stops: &[&str]| map(stops).expect_err("is no map").to_string();
        assert_eq!(
            told(&["red"]),
            "a colour map is given 1 colour(s): expected 2 or more"
        );
        assert_eq!(
            told(&["red 50%", "lime 40%"]),
            "a colour map is given colours whose positions fall: expected positions that rise"
        );
        assert_eq!(
            told(&["red", "lime 140%"]),
            "the position of a colour is `140%`: expected 0% to 100%"
        );
        assert!(told(&["red", "limes"]).contains("a colour is `limes`"));
    }
}
