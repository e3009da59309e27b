//! Which frame of each source is shown when.

mod align;
mod index;
mod moment;
mod offset;
mod speed;
mod time;

use std::fmt;
use std::str::FromStr;

use pimage_core::Error;

use crate::layout::{name_of, named};

pub use align::Align;
pub(crate) use index::{Due, IndexSchedule};
pub(crate) use moment::{Moment, later, moment_of, timestamp_of};
pub use offset::Offset;
pub use speed::Speed;
pub(crate) use time::{Sought, TimeSchedule};

/// When the frames of one source are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timing {
    /// How much later than the mosaic the source begins; before that its place is background. Negative: its first frames are left out.
    pub offset: Offset,
    /// How many of its frames are shown in the time of one.
    pub speed: Speed,
    /// What follows its last frame; `None`: a source of one frame is held, others are followed by background.
    pub at_end: Option<AtEnd>,
}

/// What is in the place of a source after its last frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum AtEnd {
    /// Nothing.
    #[default]
    Background,
    /// The last frame.
    Hold,
    /// Its frames from the first one on.
    Loop,
    /// Nothing is anywhere: the mosaic ends with the shortest of the sources that say so.
    Stop,
}

impl AtEnd {
    /// Every way with its name.
    pub const ALL: [(&'static str, Self); 4] = [
        ("background", Self::Background),
        ("hold", Self::Hold),
        ("loop", Self::Loop),
        ("stop", Self::Stop),
    ];
}

impl FromStr for AtEnd {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        named("what follows the end", &Self::ALL, text)
    }
}

impl fmt::Display for AtEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name_of(&Self::ALL, self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_as_they_are_printed() {
        for (name, at_end) in AtEnd::ALL {
            assert_eq!(at_end.to_string(), name);
            assert_eq!(name.parse::<AtEnd>().expect("is a name"), at_end);
        }
        assert_eq!(
            "freeze".parse::<AtEnd>().expect_err("is none").to_string(),
            "what follows the end is `freeze`: expected background, hold, loop, stop"
        );
    }
}
