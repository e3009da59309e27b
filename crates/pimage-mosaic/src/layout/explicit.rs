//! Each source where it is told to be.

use pimage_core::{Error, Limits};

use super::plan::canvas;
use super::{Area, Fit, Layout, Place, Plan, Shown, Side, Size};

/// Each source where it is told to be, on a canvas of a given size; later ones lie over earlier ones.
///
/// Border, padding and longest side of the [`Layout`] do not go with it: the numbers say everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explicit {
    /// The size of the mosaic.
    pub size: Size,
    /// One for each source.
    pub spots: Vec<Spot>,
}

/// Where one source is told to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// The room of the picture.
    pub room: Area,
    /// How the picture is fitted into it.
    pub fit: Fit,
    /// The band of the title; when it is `None`, that of a source with a title is cut off from the room.
    pub title: Option<Area>,
}

impl Explicit {
    pub(super) fn plan(
        &self,
        layout: &Layout,
        sources: &[Shown],
        limits: &Limits,
    ) -> Result<Plan, Error> {
        self.check(layout, sources, limits)?;
        let rooms = self.spots.iter().map(|spot| spot.room.size());
        let titled = rooms.zip(sources).filter(|(_, shown)| shown.is_titled);
        let smallest = titled
            .map(|(room, _)| room)
            .min_by_key(|room| room.width.min(room.height));
        let lettering = layout.lettering(sources, smallest.unwrap_or(self.size))?;
        let band = lettering.map_or(0, |lettering| lettering.height);
        let mut places: Vec<Place> = Vec::with_capacity(sources.len());
        for (at, (spot, shown)) in self.spots.iter().zip(sources).enumerate() {
            let (room, title) = match (shown.is_titled, spot.title) {
                (true, None) => {
                    let (room, title) = split(spot.room, layout.titles.side, band, at)?;
                    (room, Some(title))
                }
                (true, title) => (spot.room, title),
                (false, _) => (spot.room, None),
            };
            let picture = spot.fit.place(shown.size, room);
            let own = [Some(picture), title];
            let mut before = places
                .iter()
                .flat_map(|place| [Some(place.picture), place.title]);
            let is_over = before.any(|before| {
                let shared = |own: &Option<Area>| {
                    own.zip(before)
                        .is_some_and(|(own, before)| own.overlaps(&before))
                };
                own.iter().any(shared)
            });
            places.push(Place {
                picture,
                title,
                is_over,
            });
        }
        Ok(layout.planned(self.size, places, lettering))
    }

    fn check(&self, layout: &Layout, sources: &[Shown], limits: &Limits) -> Result<(), Error> {
        for (option, number) in [
            ("--border", layout.border),
            ("--padding", layout.padding),
            ("--max-size", layout.max_size.unwrap_or(0)),
        ] {
            if number != 0 {
                let expected = "none where a layout says the place of each cell";
                return Err(Error::bad_option(option, number.to_string(), expected));
            }
        }
        if self.size.is_empty() {
            let found = self.size.to_string();
            return Err(Error::bad_option(
                "the size of the mosaic",
                found,
                "at least one pixel",
            ));
        }
        canvas(self.size.width.into(), self.size.height.into(), limits)?;
        if self.spots.len() != sources.len() {
            return Err(Error::bad_option(
                "the number of cells",
                self.spots.len().to_string(),
                format!("{}, as many as there are sources", sources.len()),
            ));
        }
        let whole = Area::new(0, 0, self.size);
        for (at, spot) in self.spots.iter().enumerate() {
            for (what, area) in [("the place", Some(spot.room)), ("the title", spot.title)] {
                let Some(area) = area else { continue };
                if area.size().is_empty() || !whole.contains(&area) {
                    return Err(Error::bad_option(
                        format!("{what} of cell {at}"),
                        area.to_string(),
                        format!("at least one pixel, within {}", self.size),
                    ));
                }
            }
        }
        Ok(())
    }
}

/// A room without the band of a title, and the band.
fn split(room: Area, side: Side, band: u32, at: usize) -> Result<(Area, Area), Error> {
    if room.height <= band {
        return Err(Error::bad_option(
            format!("the height of cell {at}"),
            room.height.to_string(),
            format!("more than {band}, which its title takes"),
        ));
    }
    let size = Size::new(room.width, room.height - band);
    let title = Size::new(room.width, band);
    Ok(match side {
        Side::Above => (
            Area::new(room.x, room.y + band, size),
            Area::new(room.x, room.y, title),
        ),
        Side::Below => (
            Area::new(room.x, room.y, size),
            Area::new(room.x, room.y + size.height, title),
        ),
    })
}
