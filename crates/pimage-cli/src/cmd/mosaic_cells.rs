//! What is said of single cells of a mosaic, as typed.

use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;

use clap::Args;
use pimage_core::Error;
use pimage_mosaic::{AtEnd, LayoutCell, Offset, Speed};

use crate::transform::{parse_colormap, parse_steps};

/// What is said of all cells, or of one whose number from 0 stands before it: `2:rotate=90`.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Cells")]
pub(crate) struct CellArgs {
    /// What to do to each frame of all sources, or of source N, such as 0:rotate=90, before it is resized; `pimage transforms` lists all.
    ///
    /// Can be given several times: steps are applied in the order given. Several may stand in one SPEC, with | between them; @FILE reads them from a file, one a line.
    #[arg(short = 't', long = "transform", value_name = "[N:]SPEC", value_parser = parse_cell_steps)]
    transforms: Vec<PerCell<String>>,

    /// Colour gray frames with a colormap of this name, as for convert.
    #[arg(long = "colormap", value_name = "[N:]NAME", value_parser = parse_cell_colormap)]
    colormaps: Vec<PerCell<String>>,

    /// The title of a cell; once for each source, in their order. An empty one is none.
    #[arg(long = "title", value_name = "TEXT", allow_hyphen_values = true)]
    titles: Vec<String>,

    /// The names of the sources as titles.
    #[arg(long, conflicts_with = "titles")]
    name_titles: bool,

    /// How much later than the mosaic a source begins: frames of the mosaic, or a time such as 0.5s or 20ms; negative leaves its start out.
    #[arg(long = "offset", value_name = "[N:]OFFSET", allow_hyphen_values = true)]
    offsets: Vec<PerCell<Offset>>,

    /// Frames of a source in the time of one of the mosaic: 2 shows every second one, 1/2 each twice.
    #[arg(long = "speed", value_name = "[N:]SPEED", allow_hyphen_values = true)]
    speeds: Vec<PerCell<Speed>>,

    /// What follows a source's last frame: background, hold, loop, or stop, with which the mosaic ends. Still images are held unless it is given.
    #[arg(long = "end", value_name = "[N:]WHAT")]
    ends: Vec<PerCell<AtEnd>>,
}

/// Something said of one cell, or of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PerCell<T> {
    /// From 0; `None` for all.
    cell: Option<usize>,
    value: T,
}

/// The number before the colon, when there is one, and what is left.
fn split(text: &str) -> (Option<usize>, &str) {
    let found = text.split_once(':').and_then(|(cell, value)| {
        let is_number = !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit());
        // A number that is too large is of no cell either.
        is_number.then(|| (Some(cell.parse().unwrap_or(usize::MAX)), value))
    });
    found.unwrap_or((None, text))
}

impl<T: FromStr<Err: Display>> FromStr for PerCell<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (cell, value) = split(text);
        let value = value.parse().map_err(|error: T::Err| error.to_string())?;
        Ok(Self { cell, value })
    }
}

fn parse_cell_steps(text: &str) -> Result<PerCell<String>, String> {
    let (cell, steps) = split(text);
    let value = parse_steps(steps)?.to_string();
    Ok(PerCell { cell, value })
}

fn parse_cell_colormap(text: &str) -> Result<PerCell<String>, String> {
    let (cell, name) = split(text);
    parse_colormap(name)?;
    let value = name.to_owned();
    Ok(PerCell { cell, value })
}

/// The last that was said of cell `cell` alone, else the last that was said of all.
fn chosen<T: Clone>(said: &[PerCell<T>], cell: usize) -> Option<T> {
    let of = |wanted: Option<usize>| said.iter().rev().find(|said| said.cell == wanted);
    let found = of(Some(cell)).or_else(|| of(None))?;
    Some(found.value.clone())
}

impl CellArgs {
    /// Whether nothing is said.
    pub(crate) const fn is_none(&self) -> bool {
        self.transforms.is_empty()
            && self.colormaps.is_empty()
            && self.titles.is_empty()
            && !self.name_titles
            && self.offsets.is_empty()
            && self.speeds.is_empty()
            && self.ends.is_empty()
    }

    /// The cells of these sources.
    pub(crate) fn cells(&self, sources: &[impl AsRef<Path>]) -> Result<Vec<LayoutCell>, Error> {
        self.check(sources.len())?;
        let sources = sources.iter().enumerate();
        Ok(sources
            .map(|(cell, source)| self.cell(cell, source.as_ref()))
            .collect())
    }

    fn cell(&self, cell: usize, source: &Path) -> LayoutCell {
        let steps = self.transforms.iter();
        let steps = steps.filter(|said| said.cell.is_none_or(|of| of == cell));
        let steps: Vec<&str> = steps.map(|said| said.value.as_str()).collect();
        let named = || {
            source
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
        };
        let title = match self.name_titles {
            true => named(),
            false => self
                .titles
                .get(cell)
                .filter(|title| !title.is_empty())
                .cloned(),
        };
        LayoutCell {
            title,
            transform: steps.join(" | "),
            colormap: chosen(&self.colormaps, cell),
            offset: chosen(&self.offsets, cell).unwrap_or_default(),
            speed: chosen(&self.speeds, cell).unwrap_or_default(),
            end: chosen(&self.ends, cell),
            ..LayoutCell::new(source.to_string_lossy())
        }
    }

    /// An error when something is said of a cell that there is not.
    fn check(&self, count: usize) -> Result<(), Error> {
        fn most<T>(said: &[PerCell<T>]) -> Option<usize> {
            said.iter().filter_map(|said| said.cell).max()
        }
        for (option, most) in [
            ("--transform", most(&self.transforms)),
            ("--colormap", most(&self.colormaps)),
            ("--offset", most(&self.offsets)),
            ("--speed", most(&self.speeds)),
            ("--end", most(&self.ends)),
        ] {
            if let Some(cell) = most.filter(|cell| *cell >= count) {
                let last = count.saturating_sub(1);
                let expected = format!("a cell from 0 to {last}, for {count} source(s)");
                return Err(Error::bad_option(
                    option,
                    format!("of cell {cell}"),
                    expected,
                ));
            }
        }
        match self.titles.len() <= count {
            true => Ok(()),
            false => Err(Error::bad_option(
                "--title",
                format!("given {} times", self.titles.len()),
                format!("at most {count}, once for each source"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_before_a_colon_is_a_cell() {
        let check = |text: &str, expected: (Option<usize>, &str)| {
            assert_eq!(split(text), expected);
        };
        check("crop=10", (None, "crop=10"));
        check("2:crop=10", (Some(2), "crop=10"));
        check("clahe=clip:8", (None, "clahe=clip:8"));
        check(":x", (None, ":x"));
        check("99999999999999999999999:x", (Some(usize::MAX), "x"));
    }

    #[test]
    fn what_is_said_of_a_cell_goes_before_what_is_said_of_all() {
        let said: Vec<PerCell<Speed>> = ["1:3", "2", "0:1/2", "4"]
            .map(|text| text.parse().expect("parses"))
            .to_vec();
        let speeds = (0..3).map(|cell| chosen(&said, cell).expect("is said").to_string());
        assert_eq!(speeds.collect::<Vec<_>>(), ["1/2", "3", "4"]);
        assert_eq!(chosen(&said[..1], 0), None);
    }

    #[test]
    fn steps_of_all_and_of_one_cell_keep_their_order() {
        let steps = ["flip=both", "1:rotate=90", "crop=2"];
        let args = CellArgs {
            transforms: steps
                .map(|text| parse_cell_steps(text).expect("parses"))
                .to_vec(),
            colormaps: Vec::new(),
            titles: vec!["one".to_owned()],
            name_titles: false,
            offsets: Vec::new(),
            speeds: Vec::new(),
            ends: Vec::new(),
        };
        let cells = args.cells(&["a.avi", "b.avi"]).expect("are two");
        assert_eq!(cells[0].transform, "flip=both | crop=2");
        assert_eq!(cells[1].transform, "flip=both | rotate=90 | crop=2");
        assert_eq!(
            (cells[0].title.as_deref(), &cells[1].title),
            (Some("one"), &None)
        );
        let error = args.cells(&["a.avi"]).expect_err("is one too few");
        assert_eq!(
            error.to_string(),
            "--transform is of cell 1: expected a cell from 0 to 0, for 1 source(s)"
        );
    }
}
