//! The part of a frame that is measured.

use std::fmt;
use std::str::FromStr;

use pimage_core::{Error, FrameFormat};

/// A rectangle of a frame, in pixels.
///
/// ```
/// use pimage_convert::Region;
///
/// let region: Region = "eye=100,50,32,16".parse()?;
/// assert_eq!((region.name.as_deref(), region.x, region.height), (Some("eye"), 100, 16));
/// assert_eq!(region.to_string(), "eye=100,50,32,16");
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Region {
    /// What the columns of its numbers end with.
    pub name: Option<String>,
    /// The first column.
    pub x: u32,
    /// The first row.
    pub y: u32,
    /// Columns, from 1.
    pub width: u32,
    /// Rows, from 1.
    pub height: u32,
}

impl Region {
    /// A rectangle without a name.
    #[must_use]
    pub const fn new(x: u32, y: u32, width: u32, height: u32) -> Self {
        Self {
            name: None,
            x,
            y,
            width,
            height,
        }
    }

    /// The whole of a frame.
    #[must_use]
    pub const fn whole(format: &FrameFormat) -> Self {
        Self::new(0, 0, format.width, format.height)
    }

    /// # Errors
    ///
    /// [`Error::BadOption`] when it is empty or reaches beyond the frame.
    pub(super) fn check(&self, format: &FrameFormat) -> Result<(), Error> {
        let fits = |start: u32, length: u32, side: u32| {
            length > 0 && start.checked_add(length).is_some_and(|end| end <= side)
        };
        if fits(self.x, self.width, format.width) && fits(self.y, self.height, format.height) {
            return Ok(());
        }
        Err(Error::bad_option(
            "--roi",
            format!("`{self}`"),
            format!(
                "x,y,width,height with at least one pixel, inside of {}x{}",
                format.width, format.height
            ),
        ))
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{name}=")?;
        }
        write!(f, "{},{},{},{}", self.x, self.y, self.width, self.height)
    }
}

impl FromStr for Region {
    type Err = String;

    /// `x,y,width,height`, perhaps with `name=` in front.
    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || {
            format!(
                "`{text}` is not a region: expected x,y,width,height in whole pixels, such as 100,50,32,16 or eye=100,50,32,16"
            )
        };
        let (name, numbers) = match text.rsplit_once('=') {
            Some((name, numbers)) => (Some(name.trim()), numbers),
            None => (None, text),
        };
        if name.is_some_and(|name| name.is_empty() || name.chars().any(char::is_control)) {
            return Err(refused());
        }
        let numbers: Result<Vec<u32>, _> = numbers
            .split(',')
            .map(|number| number.trim().parse())
            .collect();
        match numbers.as_deref() {
            Ok(&[x, y, width, height]) if width > 0 && height > 0 => Ok(Self {
                name: name.map(str::to_owned),
                ..Self::new(x, y, width, height)
            }),
            _ => Err(refused()),
        }
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::{Color, SampleType};

    use super::*;

    #[test]
    fn what_is_no_rectangle_is_refused() {
        for text in [
            "",
            "1,2,3",
            "1,2,3,0",
            "-1,2,3,4",
            "=1,2,3,4",
            "a=b",
            "1,2,3,4,5",
        ] {
            let error = text.parse::<Region>().expect_err(text);
            assert!(error.contains("is not a region"), "{error}");
        }
    }

    #[test]
    fn it_must_lie_within_the_frame() {
        let format = FrameFormat::new(8, 6, Color::Gray, SampleType::U8);
        assert!(Region::whole(&format).check(&format).is_ok());
        assert!(Region::new(7, 5, 1, 1).check(&format).is_ok());
        for (x, y, width, height) in [(8, 0, 1, 1), (0, 5, 1, 2), (u32::MAX, 0, 2, 1)] {
            let error = Region::new(x, y, width, height).check(&format);
            let error = error.expect_err("is outside").to_string();
            assert!(error.ends_with("inside of 8x6"), "{error}");
        }
    }
}
