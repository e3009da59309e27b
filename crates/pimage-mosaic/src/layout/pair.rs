//! Side by side or one above the other, of one height or width.

use std::fmt;
use std::str::FromStr;

use pimage_core::{Error, Limits};

use super::area::{name_of, named, scaled};
use super::plan::canvas;
use super::{Area, Layout, Lettering, Place, Plan, Shown, Side, Size};

/// Sources side by side, all of one height, or one above the other, all of one width: nothing is left between them but the padding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pair {
    /// Side by side or one above the other.
    pub direction: Direction,
    /// Whose height or width all get.
    pub fit_to: FitTo,
}

/// How the sources of a pair stand to each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Side by side.
    #[default]
    Horizontal,
    /// One above the other.
    Vertical,
}

impl Direction {
    /// Both directions with their names.
    pub const ALL: [(&'static str, Self); 2] = [
        ("horizontal", Self::Horizontal),
        ("vertical", Self::Vertical),
    ];
}

impl FromStr for Direction {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        named("--pair", &Self::ALL, text)
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name_of(&Self::ALL, self))
    }
}

/// Whose height or width all sources of a pair get.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum FitTo {
    /// That of the first.
    #[default]
    First,
    /// That of the second.
    Second,
    /// The greatest.
    Larger,
    /// The least.
    Smaller,
}

impl FitTo {
    /// Every choice with its name.
    pub const ALL: [(&'static str, Self); 4] = [
        ("first", Self::First),
        ("second", Self::Second),
        ("larger", Self::Larger),
        ("smaller", Self::Smaller),
    ];
}

impl FromStr for FitTo {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        named("--fit-to", &Self::ALL, text)
    }
}

impl fmt::Display for FitTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name_of(&Self::ALL, self))
    }
}

impl Direction {
    /// The side that all share, and the other one.
    const fn sides(self, size: Size) -> (u32, u32) {
        match self {
            Self::Horizontal => (size.height, size.width),
            Self::Vertical => (size.width, size.height),
        }
    }

    /// A picture of `size` that gets this shared side.
    fn snapped(self, size: Size, shared: u32) -> Size {
        let (own, other) = self.sides(size);
        let other = scaled(other, shared, own);
        match self {
            Self::Horizontal => Size::new(other, shared),
            Self::Vertical => Size::new(shared, other),
        }
    }
}

impl Pair {
    pub(super) fn plan(
        &self,
        layout: &Layout,
        sources: &[Shown],
        limits: &Limits,
    ) -> Result<Plan, Error> {
        if sources.len() < 2 {
            let found = format!("of {} source", sources.len());
            return Err(Error::bad_option("--pair", found, "2 sources or more"));
        }
        let wished = self.wished(sources);
        // Letters are as large as the pictures that remain when they shrink, without counting the bands.
        let shared = self.shared(layout, sources, wished, 0)?;
        let first = sources.first().map_or(Size::default(), |shown| shown.size);
        let lettering = layout.lettering(sources, self.direction.snapped(first, shared))?;
        let band = lettering.map_or(0, |lettering| lettering.height);
        let shared = self.shared(layout, sources, wished, band)?;
        let (width, height) = self.extent(layout, sources, shared, band);
        let size = canvas(width, height, limits)?;
        let places = self.places(layout, sources, shared, lettering);
        Ok(layout.planned(size, places, lettering))
    }

    /// The shared side that is asked for.
    fn wished(&self, sources: &[Shown]) -> u32 {
        let mut sides = sources
            .iter()
            .map(|shown| self.direction.sides(shown.size).0);
        let side = match self.fit_to {
            FitTo::First => sides.next(),
            FitTo::Second => sides.nth(1),
            FitTo::Larger => sides.max(),
            FitTo::Smaller => sides.min(),
        };
        side.unwrap_or(1)
    }

    /// Width and height of the mosaic with pictures of this shared side.
    fn extent(&self, layout: &Layout, sources: &[Shown], shared: u32, band: u32) -> (u64, u64) {
        let snapped = sources
            .iter()
            .map(|shown| self.direction.snapped(shown.size, shared));
        let other = |size: Size| u64::from(self.direction.sides(size).1);
        let pictures: u64 = snapped.map(other).fold(0, u64::saturating_add);
        let count = sources.len() as u64;
        let border = 2 * u64::from(layout.border);
        let gaps = (count - 1).saturating_mul(layout.padding.into());
        let (shared, band) = (u64::from(shared), u64::from(band));
        let along = pictures.saturating_add(gaps).saturating_add(border);
        match self.direction {
            Direction::Horizontal => (along, shared + band + border),
            Direction::Vertical => (
                shared + border,
                along.saturating_add(count.saturating_mul(band)),
            ),
        }
    }

    /// The longest shared side up to the one wished for with which the mosaic is no larger than asked.
    fn shared(
        &self,
        layout: &Layout,
        sources: &[Shown],
        wished: u32,
        band: u32,
    ) -> Result<u32, Error> {
        let Some(max) = layout.max_size else {
            return Ok(wished);
        };
        let longest = |shared: u32| {
            let (width, height) = self.extent(layout, sources, shared, band);
            width.max(height)
        };
        let fits = |shared: u32| longest(shared) <= u64::from(max);
        if !fits(1) {
            return Err(layout.too_small(longest(1)));
        }
        // The extent never falls as the side grows.
        let (mut low, mut high) = (1, wished);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            match fits(middle) {
                true => low = middle,
                false => high = middle - 1,
            }
        }
        Ok(low)
    }

    /// The places, one after the other; the mosaic is within limits, and all numbers below its sides.
    fn places(
        &self,
        layout: &Layout,
        sources: &[Shown],
        shared: u32,
        lettering: Option<Lettering>,
    ) -> Vec<Place> {
        let band = lettering.map_or(0, |lettering| lettering.height);
        let (mut x, mut y) = (layout.border, layout.border);
        let mut places = Vec::with_capacity(sources.len());
        for shown in sources {
            let size = self.direction.snapped(shown.size, shared);
            let (title, picture) = match layout.titles.side {
                Side::Above => (y, y + band),
                Side::Below => (y + size.height, y),
            };
            places.push(Place {
                picture: Area::new(x, picture, size),
                title: (band > 0).then(|| Area::new(x, title, Size::new(size.width, band))),
                is_over: false,
            });
            match self.direction {
                Direction::Horizontal => x += size.width + layout.padding,
                Direction::Vertical => y += size.height + band + layout.padding,
            }
        }
        places
    }
}
