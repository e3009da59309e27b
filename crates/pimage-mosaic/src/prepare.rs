//! Cells made ready: steps done, planned, resized, of one kind.

use std::path::PathBuf;

use pimage_core::{Error, FrameFormat, FrameReader, SampleType, StreamInfo};
use pimage_transform::{Chain, Operation, Resize, Step, Surroundings, TransformingReader};

use crate::canvas::{Canvas, common_color};
use crate::layout::{Layout, Place, Plan, Shown, Size};
use crate::source::Cell;
use crate::{MosaicOptions, Timing};

/// A cell whose frames are as they are shown.
pub(crate) struct Prepared {
    pub(crate) reader: Box<dyn FrameReader>,
    pub(crate) name: String,
    pub(crate) timing: Timing,
    /// What the source says of itself after its steps, before it is resized.
    pub(crate) info: StreamInfo,
}

/// All that is known before the first frame.
pub(crate) struct Preparation {
    pub(crate) cells: Vec<Prepared>,
    pub(crate) plan: Plan,
    /// Those of the frames of the sources, after their steps.
    pub(crate) sizes: Vec<Size>,
    pub(crate) canvas: Canvas,
    pub(crate) files: Vec<PathBuf>,
}

/// Puts the steps over the cells, and shows them as `layout` says.
pub(crate) fn prepare(
    cells: Vec<Cell>,
    layout: &Layout,
    options: &MosaicOptions,
) -> Result<Preparation, Error> {
    let surroundings = surroundings(cells.len(), options);
    let mut titles = Vec::new();
    let mut stepped = Vec::new();
    for (index, cell) in cells.into_iter().enumerate() {
        let name = part(index, &cell.name);
        titles.push(cell.title);
        let reader = match cell.chain.is_empty() {
            true => cell.reader,
            false => transformed(cell.reader, &cell.chain, &surroundings)
                .map_err(|error| error.of_part(&name))?,
        };
        stepped.push(Prepared {
            info: reader.info().clone(),
            reader,
            name,
            timing: cell.timing,
        });
    }
    let format = common_format(&stepped)?;
    let shown: Vec<Shown> = stepped
        .iter()
        .zip(&titles)
        .map(|(cell, title)| Shown {
            size: Size::new(cell.info.format.width, cell.info.format.height),
            is_titled: title.is_some(),
        })
        .collect();
    let plan = layout.plan(&shown, &options.limits)?;
    let canvas = Canvas::new(&plan, &format, &titles, &options.limits)?;
    let mut files = Vec::new();
    for cell in &stepped {
        files.extend(cell.reader.files());
    }
    let cells = stepped.into_iter().zip(&plan.places);
    let cells = cells.map(|(cell, place)| resized(cell, place, &plan, &surroundings));
    Ok(Preparation {
        cells: cells.collect::<Result<_, _>>()?,
        sizes: shown.iter().map(|shown| shown.size).collect(),
        plan,
        canvas,
        files,
    })
}

/// What errors call a cell.
fn part(index: usize, name: &str) -> String {
    format!("cell {index}, `{name}`,")
}

/// What the steps of a cell work in: its part of threads and memory.
fn surroundings(cells: usize, options: &MosaicOptions) -> Surroundings {
    let cells = cells.max(1);
    Surroundings {
        threads: Some((pimage_pool::threads(options.threads) / cells).max(1)),
        memory_bytes: options.memory_bytes / 4 / cells as u64,
        limits: options.limits,
        cancel: options.cancel.clone(),
        open: options.open.clone(),
    }
}

fn transformed(
    reader: Box<dyn FrameReader>,
    chain: &Chain,
    surroundings: &Surroundings,
) -> Result<Box<dyn FrameReader>, Error> {
    Ok(Box::new(TransformingReader::new(
        reader,
        chain,
        surroundings,
    )?))
}

/// A cell whose frames have the size of their picture; left alone where they have it already.
fn resized(
    cell: Prepared,
    place: &Place,
    plan: &Plan,
    surroundings: &Surroundings,
) -> Result<Prepared, Error> {
    let (format, size) = (cell.info.format, place.picture.size());
    if Size::new(format.width, format.height) == size {
        return Ok(cell);
    }
    let mut resize = Resize::to(size.width, size.height);
    if let Some(method) = plan.method {
        resize = resize.with_method(method);
    }
    let chain = Chain::new().then(Step::custom("resize", Operation::frame(resize)));
    let alone = Surroundings {
        threads: Some(1),
        ..surroundings.clone()
    };
    let reader = transformed(cell.reader, &chain, &alone);
    Ok(Prepared {
        reader: reader.map_err(|error| error.of_part(&cell.name))?,
        ..cell
    })
}

/// The colour and the samples in which all cells can be shown.
fn common_format(cells: &[Prepared]) -> Result<FrameFormat, Error> {
    let Some(first) = cells.first() else {
        return Err(Error::bad_option("the number of sources", "0", "1 or more"));
    };
    let expected = first.info.format;
    for (place, cell) in cells.iter().enumerate() {
        let found = cell.info.format;
        if (found.sample, found.bit_depth) != (expected.sample, expected.bit_depth) {
            let (name, first) = (&cell.name, &first.name);
            let wider = match found.sample == SampleType::U8 {
                true => 0,
                false => place,
            };
            return Err(Error::bad_option(
                format!("the format of {name}"),
                found.to_string(),
                format!(
                    "samples like those of {first} {expected}; `-t {wider}:rescale=8`, or another range of it, brings that cell to 8 bits"
                ),
            ));
        }
    }
    let color = common_color(cells.iter().map(|cell| cell.info.format.color));
    Ok(FrameFormat { color, ..expected })
}
