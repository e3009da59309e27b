//! Colours of a figure.

use std::str::FromStr;

use pimage_core::{Error, Paint};

/// Ground and ink of a figure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Dark ink on white.
    #[default]
    Light,
    /// Light ink on nearly black.
    Dark,
}

impl Theme {
    /// The ground.
    #[must_use]
    pub const fn ground(self) -> Paint {
        match self {
            Self::Light => Paint::WHITE,
            Self::Dark => Paint::rgb(0x14, 0x16, 0x1a),
        }
    }

    /// Text and axes.
    #[must_use]
    pub const fn ink(self) -> Paint {
        match self {
            Self::Light => Paint::rgb(0x26, 0x26, 0x26),
            Self::Dark => Paint::rgb(0xdc, 0xde, 0xe2),
        }
    }

    /// Lines of the grid.
    #[must_use]
    pub const fn grid(self) -> Paint {
        match self {
            Self::Light => Paint::rgb(0xe3, 0xe3, 0xe3),
            Self::Dark => Paint::rgb(0x30, 0x34, 0x3b),
        }
    }
}

impl FromStr for Theme {
    type Err = Error;

    /// `light` or `dark`.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text.trim() {
            "light" => Ok(Self::Light),
            "dark" => Ok(Self::Dark),
            _ => Err(Error::bad_option(
                "a theme",
                format!("`{text}`"),
                "light or dark",
            )),
        }
    }
}

/// Colours of series that have none of their own, one after the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Palette {
    /// The ten of matplotlib and Tableau.
    #[default]
    Tab10,
    /// The eight of Okabe and Ito, which the colour-blind tell apart.
    ColorBlind,
}

const TAB10: [Paint; 10] = [
    Paint::rgb(0x1f, 0x77, 0xb4),
    Paint::rgb(0xff, 0x7f, 0x0e),
    Paint::rgb(0x2c, 0xa0, 0x2c),
    Paint::rgb(0xd6, 0x27, 0x28),
    Paint::rgb(0x94, 0x67, 0xbd),
    Paint::rgb(0x8c, 0x56, 0x4b),
    Paint::rgb(0xe3, 0x77, 0xc2),
    Paint::rgb(0x7f, 0x7f, 0x7f),
    Paint::rgb(0xbc, 0xbd, 0x22),
    Paint::rgb(0x17, 0xbe, 0xcf),
];

/// The same on a dark ground: lighter where they would sink in.
const TAB10_DARK: [Paint; 10] = [
    Paint::rgb(0x4e, 0xa1, 0xe0),
    Paint::rgb(0xff, 0x93, 0x32),
    Paint::rgb(0x4c, 0xc0, 0x4c),
    Paint::rgb(0xf0, 0x5a, 0x5a),
    Paint::rgb(0xb0, 0x8a, 0xdc),
    Paint::rgb(0xb5, 0x80, 0x73),
    Paint::rgb(0xf0, 0x94, 0xd4),
    Paint::rgb(0xa6, 0xa6, 0xa6),
    Paint::rgb(0xd2, 0xd3, 0x40),
    Paint::rgb(0x30, 0xd2, 0xe2),
];

const OKABE_ITO: [Paint; 7] = [
    Paint::rgb(0x00, 0x72, 0xb2),
    Paint::rgb(0xe6, 0x9f, 0x00),
    Paint::rgb(0x00, 0x9e, 0x73),
    Paint::rgb(0xd5, 0x5e, 0x00),
    Paint::rgb(0xcc, 0x79, 0xa7),
    Paint::rgb(0x56, 0xb4, 0xe9),
    Paint::rgb(0xf0, 0xe4, 0x42),
];

/// The same on a dark ground, where the dark blue would sink in: sky blue comes first.
const OKABE_ITO_DARK: [Paint; 7] = [
    Paint::rgb(0x56, 0xb4, 0xe9),
    Paint::rgb(0xe6, 0x9f, 0x00),
    Paint::rgb(0x00, 0xb8, 0x86),
    Paint::rgb(0xe8, 0x6a, 0x10),
    Paint::rgb(0xcc, 0x79, 0xa7),
    Paint::rgb(0xf0, 0xe4, 0x42),
    Paint::rgb(0x2a, 0x8c, 0xd0),
];

impl Palette {
    /// The colour of the series at this place on a ground; after the last comes the first again.
    #[must_use]
    pub fn color(self, place: usize, theme: Theme) -> Paint {
        let colors: &[Paint] = match (self, theme) {
            (Self::Tab10, Theme::Light) => &TAB10,
            (Self::Tab10, Theme::Dark) => &TAB10_DARK,
            (Self::ColorBlind, Theme::Light) => &OKABE_ITO,
            (Self::ColorBlind, Theme::Dark) => &OKABE_ITO_DARK,
        };
        let found = colors.get(place % (colors.len() + usize::from(self == Self::ColorBlind)));
        // The eighth of Okabe and Ito is the ink.
        found.copied().unwrap_or_else(|| theme.ink())
    }
}

impl FromStr for Palette {
    type Err = Error;

    /// `tab10` or `color-blind`.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text.trim() {
            "tab10" => Ok(Self::Tab10),
            "color-blind" => Ok(Self::ColorBlind),
            _ => Err(Error::bad_option(
                "a palette",
                format!("`{text}`"),
                "tab10 or color-blind",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_of_a_palette_differ_and_come_again() {
        for (palette, count) in [(Palette::Tab10, 10), (Palette::ColorBlind, 8)] {
            for theme in [Theme::Light, Theme::Dark] {
                let mut colors: Vec<_> = (0..count)
                    .map(|place| palette.color(place, theme))
                    .collect();
                assert_eq!(palette.color(count, theme), colors[0]);
                assert!(!colors.contains(&theme.ground()));
                colors.sort_by_key(|color| (color.red, color.green, color.blue));
                colors.dedup();
                assert_eq!(colors.len(), count, "{palette:?}");
            }
        }
    }
}
