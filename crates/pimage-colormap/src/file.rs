//! Maps in text files.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use pimage_core::{Error, Paint};

use crate::{Colormap, Stop};

/// The longest file that is read: 4,000 colours in full precision are a tenth of it.
const MOST_BYTES: u64 = 1 << 20;

/// What it should have been.
const FORM: &str = "three or four numbers a line, or a colour a line";

impl Colormap {
    /// The map in a text file: a colour a line, lines that are empty or begin with `#` and a blank are skipped.
    ///
    /// Lines of three or four numbers (red, green, blue and perhaps opacity, with blanks, commas or semicolons between) are the colours
    /// as they are: 0 to 1 when no number is above 1, 0 to 255 otherwise. That is what matplotlib's, Crameri's and ImageJ's text files look like.
    /// Lines such as `#440154`, `orange` or `white 80%` are stops with straight lines between them, as in [`Colormap::from_stops`].
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the file cannot be read; [`Error::Malformed`] when it is none of these.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let mut text = String::new();
        let file = File::open(path).map_err(Error::io("open", path))?;
        file.take(MOST_BYTES + 1)
            .read_to_string(&mut text)
            .map_err(Error::io("read", path))?;
        if text.len() as u64 > MOST_BYTES {
            let reason = format!("it is longer than {MOST_BYTES} bytes");
            return Err(Error::malformed("colour map", path, reason));
        }
        let mut map = Self::from_text(&text)
            .map_err(|reason| Error::malformed("colour map", path, reason))?;
        if let Some(stem) = path.file_stem() {
            map.rename(stem.to_string_lossy());
        }
        Ok(map)
    }

    /// The map in a text, as [`Colormap::from_file`] reads it; the reason when it is none.
    fn from_text(text: &str) -> Result<Self, String> {
        let lines: Vec<_> = text
            .trim_start_matches('\u{feff}')
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && *line != "#" && !line.starts_with("# "))
            .collect();
        let rows: Option<Vec<Vec<f64>>> = lines.iter().map(|line| numbers(line)).collect();
        let map = match rows {
            Some(rows) => Self::from_colors("custom", of_rows(&rows)?),
            None => {
                let stops: Result<Vec<Stop>, _> = lines.iter().map(|line| line.parse()).collect();
                stops.and_then(|stops| Self::from_stops(&stops))
            }
        };
        map.map_err(|error| format!("{error}; {FORM}"))
    }
}

/// The numbers of a line; `None` when something else is there.
fn numbers(line: &str) -> Option<Vec<f64>> {
    let parts = line.split(|letter: char| letter.is_whitespace() || letter == ',' || letter == ';');
    parts
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().ok())
        .collect()
}

fn of_rows(rows: &[Vec<f64>]) -> Result<Vec<Paint>, String> {
    let is_unit = rows.iter().flatten().all(|value| *value <= 1.0);
    let scale = if is_unit { 255.0 } else { 1.0 };
    let level = |value: &f64| {
        let level = value * scale;
        // Also refuses what is not a number.
        match (0.0..=255.0).contains(&level) {
            true => Ok(level.round() as u8),
            false => Err(format!("a colour has a {value}, beyond 0 to 255")),
        }
    };
    rows.iter()
        .map(|row| match row.as_slice() {
            [red, green, blue] => Ok(Paint::rgb(level(red)?, level(green)?, level(blue)?)),
            [red, green, blue, alpha] => Ok(Paint {
                alpha: level(alpha)?,
                ..Paint::rgb(level(red)?, level(green)?, level(blue)?)
            }),
            _ => Err(format!(
                "a line has {} number(s), expected {FORM}",
                row.len()
            )),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(text: &str) -> String {
        match Colormap::from_text(text) {
            Ok(map) => match map.colors() {
                [first, .., last] => format!("{} {first} {last}", map.colors().len()),
                _ => unreachable!("a map has two colours"),
            },
            Err(reason) => reason,
        }
    }

    #[test]
    fn rows_of_numbers_and_rows_of_colours() {
        assert_eq!(
            ends("# title\n0 0 0\n0.5,0.5,0.5\n\n1 1 1\n"),
            "3 #000000 #ffffff"
        );
        assert_eq!(ends("0 0 0\n255;128;0"), "2 #000000 #ff8000");
        assert_eq!(ends("0 0 0 0\n1 1 1 1"), "2 #00000000 #ffffff");
        assert_eq!(ends("#440154\norange 50%\nwhite"), "256 #440154 #ffffff");
    }

    #[test]
    fn what_is_no_map_is_refused() {
        assert_eq!(
            ends("1 2\n3 4"),
            "a line has 2 number(s), expected three or four numbers a line, or a colour a line"
        );
        assert_eq!(
            ends("0 0 0\n1 2 300"),
            "a colour has a 300, beyond 0 to 255"
        );
        assert_eq!(
            ends("0 0 0\n1 1 nan"),
            "a colour has a NaN, beyond 0 to 255"
        );
        assert!(ends("hello").contains("three or four numbers a line"));
        assert!(ends("").contains("0 colour(s)"));
    }
}
