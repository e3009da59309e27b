//! How fast a source is shown.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use pimage_core::{Error, FrameRate};

/// Frames of a source in the time of one frame of the mosaic, as an exact fraction: 2 shows every second frame, 1/2 each frame twice.
///
/// ```
/// use pimage_mosaic::Speed;
///
/// let slow: Speed = "1/3".parse()?;
/// assert_eq!(slow.to_string(), "1/3");
/// assert_eq!("0.5".parse::<Speed>()?, Speed::new(1, 2).expect("is not zero"));
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Speed {
    numerator: NonZeroU32,
    denominator: NonZeroU32,
}

impl Speed {
    /// `numerator / denominator`, in lowest terms; `None` when either is 0.
    #[must_use]
    pub fn new(numerator: u32, denominator: u32) -> Option<Self> {
        FrameRate::new(numerator, denominator).and_then(Self::of)
    }

    fn of(fraction: FrameRate) -> Option<Self> {
        Some(Self {
            numerator: NonZeroU32::new(fraction.numerator())?,
            denominator: NonZeroU32::new(fraction.denominator())?,
        })
    }

    /// Upper part of the fraction.
    #[must_use]
    pub const fn numerator(self) -> u32 {
        self.numerator.get()
    }

    /// Lower part of the fraction.
    #[must_use]
    pub const fn denominator(self) -> u32 {
        self.denominator.get()
    }

    /// Whether it is that of the mosaic.
    #[must_use]
    pub const fn is_one(self) -> bool {
        self.numerator() == self.denominator()
    }
}

impl Default for Speed {
    fn default() -> Self {
        Self {
            numerator: NonZeroU32::MIN,
            denominator: NonZeroU32::MIN,
        }
    }
}

impl FromStr for Speed {
    type Err = Error;

    /// `2`, `0.5` or `1/3`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let fraction: Option<FrameRate> = text.parse().ok();
        fraction.and_then(Self::of).ok_or_else(|| {
            Error::bad_option(
                "a speed",
                format!("`{text}`"),
                "a positive number or a fraction such as 1/2",
            )
        })
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.numerator)?;
        match self.denominator.get() {
            1 => Ok(()),
            denominator => write!(f, "/{denominator}"),
        }
    }
}
