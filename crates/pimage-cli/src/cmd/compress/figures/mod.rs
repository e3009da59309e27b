//! The report as pictures: one of all modes, one for each of them, one of the bytes that were written.

mod bytes;
mod mode;
mod summary;

pub(super) use bytes::bytes;
pub(super) use mode::{Halves, mode};
pub(super) use summary::summary;

use std::path::Path;

use pimage_core::{Frame, FrameReader, Paint};
use pimage_io::WriteOptions;
use pimage_mosaic::{Arrangement, Cell, Grid, Layout, Mosaic, MosaicOptions};
use pimage_plot::{Figure, PlotReader};

use crate::streams;

/// Side by side and row by row.
fn beside(figures: Vec<Figure>, columns: u32) -> anyhow::Result<Mosaic> {
    let mut cells = Vec::new();
    for figure in figures {
        cells.push(Cell::new(PlotReader::still(figure)?));
    }
    let layout = Layout {
        arrangement: Arrangement::Grid(Grid {
            columns: Some(columns),
            ..Grid::default()
        }),
        background: Paint::WHITE,
        ..Layout::default()
    };
    Ok(Mosaic::new(cells, &layout, &MosaicOptions::default())?)
}

/// Writes the first picture of a reader.
fn save(reader: &mut dyn FrameReader, path: &Path, overwrite: bool) -> anyhow::Result<()> {
    let options = WriteOptions {
        overwrite,
        ..WriteOptions::default()
    };
    let mut writer = streams::create(path, reader.info(), &options)?;
    let mut frame = Frame::empty();
    if reader.read_into(&mut frame)? {
        writer.write(&frame)?;
    }
    writer.finish()?;
    Ok(())
}
