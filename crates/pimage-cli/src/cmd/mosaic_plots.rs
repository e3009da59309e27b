//! Data files as sources of a mosaic: plots in step with the recordings beside them.

use std::path::Path;

use clap::Parser;
use pimage_core::{Cancel, FrameReader, Limits};
use pimage_plot::Motion;

use crate::plot::{Data, FigureArgs, InStep, Moments, read_data};
use crate::streams;

/// The size of a plot that no recording is beside, pixels.
const SIZE: (u32, u32) = (640, 480);

/// A figure of which nothing is said.
#[derive(Debug, Parser)]
struct Usual {
    #[command(flatten)]
    figure: FigureArgs,
}

/// The numbers of a data file; `None` when it is a recording.
pub(crate) fn data(path: &Path, limits: &Limits, cancel: &Cancel) -> anyhow::Result<Option<Data>> {
    let extension = path.extension().unwrap_or_default();
    let is_text = ["csv", "tsv"]
        .iter()
        .any(|known| extension.eq_ignore_ascii_case(known));
    match is_text && !streams::is_standard(path) {
        true => read_data(path, limits, cancel),
        false => Ok(None),
    }
}

/// The numbers of an array that is no recording since it has one dimension; `None` when it is something else.
pub(crate) fn array(path: &Path, limits: &Limits, cancel: &Cancel) -> Option<Data> {
    let extension = path.extension()?;
    match extension.eq_ignore_ascii_case("npy") {
        true => read_data(path, limits, cancel).ok()?,
        false => None,
    }
}

/// A plot with a cursor at the moment of each frame of `beside`, of the size of its frames; at its own x when there is no recording.
pub(crate) fn plot(
    data: Data,
    size: Option<(u32, u32)>,
    beside: Option<Box<dyn FrameReader>>,
    cancel: &Cancel,
) -> anyhow::Result<Box<dyn FrameReader>> {
    let usual = Usual::try_parse_from(["plot"])?;
    let data = [data];
    let (figure, horizontal) = usual
        .figure
        .figure(size.unwrap_or(SIZE), &data, &[], cancel)?;
    let moments = match beside {
        Some(mut beside) => Moments::of(&mut *beside, &horizontal)?,
        None => Moments::alone(&horizontal, None, None)?,
    };
    let reader = moments.reader(figure, Motion::Cursor, None)?;
    let reader = reader.with_cancel(cancel.clone());
    Ok(Box::new(InStep::new(reader, moments.rate())))
}
