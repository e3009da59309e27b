//! Rows and columns of equal cells.

use std::str::FromStr;

use pimage_core::{Error, Limits};

use super::area::scaled;
use super::plan::canvas;
use super::{Area, Aspect, Fit, Layout, Lettering, Place, Plan, Shown, Side, Size};

/// Rows and columns of equal cells, filled row by row.
///
/// With columns or rows alone the others are as many as it takes; with neither,
/// the number of columns is the one whose mosaic is nearest to the aspect, of those that no row could spare.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Grid {
    /// How many cells in a row.
    pub columns: Option<u32>,
    /// How many rows.
    pub rows: Option<u32>,
    /// The shape to come near to where neither is given.
    pub aspect: Aspect,
    /// The room of each picture; the greatest width and the greatest height of all sources when it is `None`.
    pub cell: Option<CellSize>,
    /// How pictures are fitted into their cells.
    pub fit: Fit,
}

/// The size of a cell: the side that is not given follows from the shape of the largest source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellSize {
    /// Pixels across, at least 1.
    pub width: Option<u32>,
    /// Pixels down, at least 1.
    pub height: Option<u32>,
}

impl FromStr for CellSize {
    type Err = Error;

    /// `320x240`, `320x` or `x240`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || {
            let expected = "a size of at least one pixel, such as 320x240, 320x or x240";
            Error::bad_option("--cell-size", format!("`{text}`"), expected)
        };
        let side = |text: &str| match text.trim() {
            "" => Ok(None),
            side => match side.parse() {
                Ok(side) if side > 0 => Ok(Some(side)),
                _ => Err(refused()),
            },
        };
        let (width, height) = text.split_once('x').ok_or_else(refused)?;
        let (width, height) = (side(width)?, side(height)?);
        match width.or(height) {
            Some(_) => Ok(Self { width, height }),
            None => Err(refused()),
        }
    }
}

impl CellSize {
    fn of(self, largest: Size) -> Result<Size, Error> {
        let size = match (self.width, self.height) {
            (Some(width), Some(height)) => Size::new(width, height),
            (Some(width), None) => Size::new(width, scaled(largest.height, width, largest.width)),
            (None, Some(height)) => {
                Size::new(scaled(largest.width, height, largest.height), height)
            }
            (None, None) => largest,
        };
        match size.is_empty() {
            true => Err(Error::bad_option(
                "--cell-size",
                size.to_string(),
                "at least one pixel",
            )),
            false => Ok(size),
        }
    }
}

/// A grid whose numbers are all known.
struct Sheet {
    columns: u32,
    rows: u32,
    /// The room of a picture.
    cell: Size,
    lettering: Option<Lettering>,
    /// Of the whole mosaic.
    width: u64,
    height: u64,
}

impl Grid {
    pub(super) fn plan(
        &self,
        layout: &Layout,
        sources: &[Shown],
        limits: &Limits,
    ) -> Result<Plan, Error> {
        let largest = sources.iter().fold(Size::default(), |largest, shown| {
            Size::new(
                largest.width.max(shown.size.width),
                largest.height.max(shown.size.height),
            )
        });
        let cell = self.cell.map_or(Ok(largest), |cell| cell.of(largest))?;
        let sheet = match self.shape(sources.len())? {
            Some((columns, rows)) => Sheet::new(layout, sources, cell, columns, rows)?,
            None => self.best(layout, sources, cell)?,
        };
        let size = canvas(sheet.width, sheet.height, limits)?;
        let places = sources.iter().enumerate();
        let places = places.map(|(at, shown)| sheet.place(layout, self.fit, at, shown));
        Ok(layout.planned(size, places.collect(), sheet.lettering))
    }

    /// Columns and rows, when either is given.
    fn shape(&self, count: usize) -> Result<Option<(u32, u32)>, Error> {
        for (option, number) in [("--columns", self.columns), ("--rows", self.rows)] {
            if number == Some(0) {
                return Err(Error::bad_option(option, "0", "1 or more"));
            }
        }
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Ok(match (self.columns, self.rows) {
            (Some(columns), Some(rows)) => {
                if u64::from(columns) * u64::from(rows) < u64::from(count) {
                    let least = count.div_ceil(columns);
                    let expected =
                        format!("{least} or more, for {count} sources in {columns} column(s)");
                    return Err(Error::bad_option("--rows", rows.to_string(), expected));
                }
                Some((columns, rows))
            }
            (Some(columns), None) => Some((columns, count.div_ceil(columns))),
            (None, Some(rows)) => Some((count.div_ceil(rows), rows)),
            (None, None) => None,
        })
    }

    /// The sheet nearest to the aspect; of two that are as near, the wider one.
    fn best(&self, layout: &Layout, sources: &[Shown], cell: Size) -> Result<Sheet, Error> {
        let count = u32::try_from(sources.len()).unwrap_or(u32::MAX);
        let mut best: Option<Sheet> = None;
        let mut failure = None;
        for columns in (1..=count).rev() {
            let rows = count.div_ceil(columns);
            // As many columns as the rows need: others would be empty.
            if count.div_ceil(rows) != columns {
                continue;
            }
            let sheet = match Sheet::new(layout, sources, cell, columns, rows) {
                Ok(sheet) => sheet,
                Err(error) => {
                    failure = Some(error);
                    continue;
                }
            };
            let miss = |sheet: &Sheet| self.aspect.miss(sheet.width, sheet.height);
            if best.as_ref().is_none_or(|best| miss(&sheet) < miss(best)) {
                best = Some(sheet);
            }
        }
        let none = || Error::bad_option("the number of sources", "0", "1 or more");
        best.ok_or_else(|| failure.unwrap_or_else(none))
    }
}

impl Sheet {
    fn new(
        layout: &Layout,
        sources: &[Shown],
        cell: Size,
        columns: u32,
        rows: u32,
    ) -> Result<Self, Error> {
        let (across, down) = (u64::from(columns), u64::from(rows));
        let between = |cells: u64| {
            let gaps = cells
                .saturating_sub(1)
                .saturating_mul(layout.padding.into());
            gaps.saturating_add(2 * u64::from(layout.border))
        };
        // Letters are as large as the pictures that remain when they shrink, without counting the bands.
        let around = (between(across), between(down));
        let room = layout.room(around, (across, down))?;
        let lettering = layout.lettering(sources, room.share(cell, columns, rows))?;
        let band = lettering.map_or(0, |lettering| u64::from(lettering.height));
        let bands = down.saturating_mul(band);
        let around = (around.0, around.1.saturating_add(bands));
        let cell = layout
            .room(around, (across, down))?
            .share(cell, columns, rows);
        Ok(Self {
            columns,
            rows,
            cell,
            lettering,
            width: across
                .saturating_mul(cell.width.into())
                .saturating_add(around.0),
            height: down
                .saturating_mul(cell.height.into())
                .saturating_add(around.1),
        })
    }

    /// The place of source `at`; the mosaic is within limits, and all numbers below its sides.
    fn place(&self, layout: &Layout, fit: Fit, at: usize, shown: &Shown) -> Place {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let (column, row) = (at % self.columns, (at / self.columns).min(self.rows - 1));
        let band = self.lettering.map_or(0, |lettering| lettering.height);
        let x = layout.border + column * (self.cell.width + layout.padding);
        let y = layout.border + row * (self.cell.height + band + layout.padding);
        let (title, room) = match layout.titles.side {
            Side::Above => (y, y + band),
            Side::Below => (y + self.cell.height, y),
        };
        Place {
            picture: fit.place(shown.size, Area::new(x, room, self.cell)),
            title: (band > 0).then(|| Area::new(x, title, Size::new(self.cell.width, band))),
            is_over: false,
        }
    }
}
