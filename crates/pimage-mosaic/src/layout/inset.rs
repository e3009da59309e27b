//! Pictures in a picture.

use std::fmt;
use std::str::FromStr;

use pimage_core::{Error, Limits};
use pimage_text::Anchor;

use super::plan::canvas;
use super::{Area, Layout, Lettering, Place, Plan, Shown, Side, Size};

/// The first source fills the mosaic, and the others lie over it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Insets {
    /// Where the sources after the first are, in their order; those beyond take the corners that are left:
    /// lower right, lower left, upper right, upper left.
    pub insets: Vec<Inset>,
}

/// Where a small picture is, and how small.
///
/// ```
/// use pimage_mosaic::Inset;
///
/// let inset: Inset = "top-left,scale:0.25".parse()?;
/// assert_eq!(inset.scale, 0.25);
/// assert_eq!("40,8".parse::<Inset>()?.to_string(), "40,8,scale:0.3");
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inset {
    /// Where it is.
    pub at: InsetAt,
    /// The part of the large picture's width and height that it may take, above 0 and at most 1. Default 0.3.
    pub scale: f64,
}

/// Where a small picture is over a large one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsetAt {
    /// At an edge, a corner or in the middle, the padding away from the edges.
    Anchor(Anchor),
    /// Its upper left pixel is this many pixels of the mosaic right of and below that of the large picture.
    Point {
        /// To the right.
        x: u32,
        /// Down.
        y: u32,
    },
}

/// Where insets are that nobody placed.
const CORNERS: [Anchor; 4] = [
    Anchor::BottomRight,
    Anchor::BottomLeft,
    Anchor::TopRight,
    Anchor::TopLeft,
];

/// The part of the large picture that insets take by themselves.
const SCALE: f64 = 0.3;

impl Inset {
    /// An inset of the usual size.
    #[must_use]
    pub const fn new(at: InsetAt) -> Self {
        Self { at, scale: SCALE }
    }
}

impl FromStr for Inset {
    type Err = Error;

    /// `top-right`, `40,8` or either with `,scale:0.25`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || {
            Error::bad_option(
                "--inset",
                format!("`{text}`"),
                "a corner such as bottom-right or a place X,Y, perhaps with a size: top-left,scale:0.25",
            )
        };
        let (place, scale) = match text.split_once(",scale:") {
            Some((place, scale)) => (place, scale.trim().parse().ok().ok_or_else(refused)?),
            None => (text, SCALE),
        };
        let at = match place.split_once(',') {
            Some((x, y)) => InsetAt::Point {
                x: x.trim().parse().ok().ok_or_else(refused)?,
                y: y.trim().parse().ok().ok_or_else(refused)?,
            },
            None => InsetAt::Anchor(place.parse().ok().ok_or_else(refused)?),
        };
        let inset = Self { at, scale };
        inset.check()?;
        Ok(inset)
    }
}

impl fmt::Display for Inset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            InsetAt::Anchor(anchor) => write!(f, "{anchor}")?,
            InsetAt::Point { x, y } => write!(f, "{x},{y}")?,
        }
        write!(f, ",scale:{}", self.scale)
    }
}

impl Inset {
    fn check(&self) -> Result<(), Error> {
        match self.scale > 0.0 && self.scale <= 1.0 {
            true => Ok(()),
            false => Err(Error::bad_option(
                "the scale of an inset",
                self.scale.to_string(),
                "above 0 and at most 1",
            )),
        }
    }

    /// The room of the inset and of its title within `large`.
    fn room(&self, large: Size) -> Size {
        let part = |side: u32| ((f64::from(side) * self.scale).round() as u32).max(1);
        Size::new(part(large.width), part(large.height))
    }

    /// The upper left pixel of an inset of `size`, title included; `None` when it is not within `large`.
    fn corner(&self, size: Size, large: Area, padding: u32) -> Option<(u32, u32)> {
        let (x, y) = match self.at {
            InsetAt::Point { x, y } => (u64::from(x), u64::from(y)),
            InsetAt::Anchor(anchor) => {
                // What is left within the padding on both sides, of which the anchor takes a part.
                let place = |large: u32, own: u32, part: f64| {
                    let margins = padding.checked_mul(2)?;
                    let free = large.checked_sub(own)?.checked_sub(margins)?;
                    Some(u64::from(padding) + (f64::from(free) * part) as u64)
                };
                let (across, down) = anchor.fractions();
                (
                    place(large.width, size.width, across)?,
                    place(large.height, size.height, down)?,
                )
            }
        };
        let fits = x + u64::from(size.width) <= u64::from(large.width)
            && y + u64::from(size.height) <= u64::from(large.height);
        // Both are below the sides of the large picture.
        fits.then_some((large.x + x as u32, large.y + y as u32))
    }
}

impl Insets {
    pub(super) fn plan(
        &self,
        layout: &Layout,
        sources: &[Shown],
        limits: &Limits,
    ) -> Result<Plan, Error> {
        let Some((main, others)) = sources.split_first() else {
            return Err(Error::bad_option("--inset", "of 0 sources", "1 or more"));
        };
        let insets = self.placed(others.len())?;
        // Letters are as large as the picture that remains when it shrinks, without counting its band.
        let border = 2 * u64::from(layout.border);
        let bare = layout
            .room((border, border), (1, 1))?
            .share(main.size, 1, 1);
        let lettering = layout.lettering(sources, bare)?;
        let height = lettering.map_or(0, |lettering| lettering.height);
        let band = if main.is_titled { height } else { 0 };
        let below = border + u64::from(band);
        let size = layout.room((border, below), (1, 1))?.share(main.size, 1, 1);
        let canvas = canvas(
            u64::from(size.width) + border,
            u64::from(size.height) + below,
            limits,
        )?;
        let (title, top) = match layout.titles.side {
            Side::Above => (layout.border, layout.border + band),
            Side::Below => (layout.border + size.height, layout.border),
        };
        let large = Area::new(layout.border, top, size);
        let mut places = vec![Place {
            picture: large,
            title: main
                .is_titled
                .then(|| Area::new(layout.border, title, Size::new(size.width, band))),
            is_over: false,
        }];
        for (at, (shown, inset)) in others.iter().zip(&insets).enumerate() {
            let place = over(layout, shown, inset, large, lettering, at + 1)?;
            expect_apart(&places, &place, inset, at + 1)?;
            places.push(place);
        }
        Ok(layout.planned(canvas, places, lettering))
    }

    /// One inset for each of `count` sources.
    fn placed(&self, count: usize) -> Result<Vec<Inset>, Error> {
        let refused = |expected: &str| {
            let found = format!("given {} time(s) for {count} source(s)", self.insets.len());
            Err(Error::bad_option("--inset", found, expected))
        };
        if self.insets.len() > count {
            return refused("one for each source after the first, or fewer");
        }
        for inset in &self.insets {
            inset.check()?;
        }
        let is_free = |corner: &Anchor| {
            let at = InsetAt::Anchor(*corner);
            self.insets.iter().all(|inset| inset.at != at)
        };
        let mut insets = self.insets.clone();
        let free = CORNERS.into_iter().filter(is_free);
        let missing = count - insets.len();
        insets.extend(
            free.take(missing)
                .map(|corner| Inset::new(InsetAt::Anchor(corner))),
        );
        match insets.len() == count {
            true => Ok(insets),
            false => refused("one for each source that has no corner left"),
        }
    }
}

/// The place of an inset over the picture `large`.
fn over(
    layout: &Layout,
    shown: &Shown,
    inset: &Inset,
    large: Area,
    lettering: Option<Lettering>,
    at: usize,
) -> Result<Place, Error> {
    let band = match lettering {
        Some(lettering) if shown.is_titled => lettering.height,
        _ => 0,
    };
    let refused = |expected: String| {
        Error::bad_option(
            format!("the inset of source {at}"),
            inset.to_string(),
            expected,
        )
    };
    let room = inset.room(large.size());
    let Some(height) = room.height.checked_sub(band).filter(|height| *height > 0) else {
        return Err(refused(format!(
            "a scale of more than the {band} pixels of its title"
        )));
    };
    let size = shown.size.within(Size::new(room.width, height));
    let whole = Size::new(size.width, size.height + band);
    let Some((x, y)) = inset.corner(whole, large, layout.padding) else {
        return Err(refused(format!(
            "a place for {whole} pixels and the padding within the {} of the first source",
            large.size()
        )));
    };
    let (title, picture) = match layout.titles.side {
        Side::Above => (y, y + band),
        Side::Below => (y + size.height, y),
    };
    Ok(Place {
        picture: Area::new(x, picture, size),
        title: (band > 0).then(|| Area::new(x, title, Size::new(size.width, band))),
        is_over: true,
    })
}

/// An error when an inset hides a part of another one.
fn expect_apart(places: &[Place], place: &Place, inset: &Inset, at: usize) -> Result<(), Error> {
    let areas = |place: &Place| [Some(place.picture), place.title].into_iter().flatten();
    for (other, before) in places.iter().enumerate().skip(1) {
        if areas(place).any(|own| areas(before).any(|before| own.overlaps(&before))) {
            return Err(Error::bad_option(
                format!("the inset of source {at}"),
                inset.to_string(),
                format!("one that does not hide that of source {other}"),
            ));
        }
    }
    Ok(())
}
