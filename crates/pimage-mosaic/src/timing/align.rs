//! How frames of different sources are brought together.

use std::fmt;
use std::str::FromStr;

use pimage_core::Error;

use crate::layout::{name_of, named};

/// How frames of different sources are brought together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Align {
    /// By their indices: frame *i* of each.
    #[default]
    Index,
    /// By their times: the frame whose time is nearest, of two as near the earlier one.
    Nearest,
    /// By their times: the last frame that is not later.
    Previous,
    /// By their times: the frame of that time, within a tolerance, or none.
    Exact,
}

impl Align {
    /// Every way with its name.
    pub const ALL: [(&'static str, Self); 4] = [
        ("index", Self::Index),
        ("nearest", Self::Nearest),
        ("previous", Self::Previous),
        ("exact", Self::Exact),
    ];
}

impl FromStr for Align {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        named("--align", &Self::ALL, text)
    }
}

impl fmt::Display for Align {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name_of(&Self::ALL, self))
    }
}
