//! `pimage store align`: several stores side by side, row by row.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use pimage_core::{Error, FrameReader, Limits};
use pimage_mosaic::{Cell, Layout, Mosaic, MosaicOptions};
use pimage_store::{Alignment, By, FrameIndex, Join, Missing, StoreReader};
use serde_json::json;

use super::{open, tell_notes, write_text};
use crate::args::{ReadArgs, WriteArgs};
use crate::interrupt::Interrupt;
use crate::job::Job;
use crate::part::PartArgs;
use crate::streams;
use crate::term::Term;
use crate::transform::surroundings;

const EXAMPLES: &str = "\
Examples:
  pimage store align cam1 cam2 -o both.mp4
  pimage store align cam1 cam2 cam3 -o common.mkv --join intersection
  pimage store align main side --join nearest --within 0.02 --table > rows.csv";

/// Bring several stores together, row by row, and show them side by side or list the rows.
///
/// Rows are the frame numbers that any of the stores has (union) or all have (intersection), or the frames of the first store
/// with the nearest ones of the others (nearest). Where a store has no frame the picture is black, or that of the row before.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The stores, the main one first.
    #[arg(value_name = "STORE", required = true)]
    stores: Vec<PathBuf>,

    /// The output, or - for standard output; with --table a .csv file.
    #[arg(short, long, value_name = "OUT", required_unless_present = "table")]
    output: Option<PathBuf>,

    /// Which rows there are.
    #[arg(long, value_name = "HOW", value_enum, default_value_t = JoinKind::Union)]
    join: JoinKind,

    /// By what frames are near to each other.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = ByKind::Time)]
    by: ByKind,

    /// How far away the nearest frame may be: seconds, or numbers with --by number.
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = parse_within)]
    within: Option<f64>,

    /// What is shown where a store has no frame.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = MissingKind::Black)]
    missing: MissingKind,

    /// Write the rows as CSV instead of pictures: number and time, and of each store the index and the time of its frame; --start, --stop and --step count rows.
    #[arg(long)]
    table: bool,

    #[command(flatten)]
    part: PartArgs,

    #[command(flatten)]
    read: ReadArgs,

    #[command(flatten)]
    write: WriteArgs,
}

/// Which rows there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum JoinKind {
    Union,
    Intersection,
    Nearest,
}

/// By what frames are near to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ByKind {
    Time,
    Number,
}

/// What is shown where a store has no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MissingKind {
    Black,
    Hold,
}

fn parse_within(text: &str) -> Result<f64, String> {
    let distance = text.parse().ok();
    distance
        .filter(|distance: &f64| *distance >= 0.0)
        .ok_or_else(|| format!("`{text}` is not a distance: expected a number from 0"))
}

/// Runs the verb.
pub(super) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let mut stores = Vec::with_capacity(args.stores.len());
    for path in &args.stores {
        let store = open(path, limits, interrupt)?;
        tell_notes(&store, term);
        stores.push(store);
    }
    let indexes: Vec<&FrameIndex> = stores.iter().map(StoreReader::index).collect();
    let join = match args.join {
        JoinKind::Union => Join::Union,
        JoinKind::Intersection => Join::Intersection,
        JoinKind::Nearest => Join::Nearest {
            by: match args.by {
                ByKind::Time => By::Time,
                ByKind::Number => By::Number,
            },
            within: args.within,
        },
    };
    let alignment = Alignment::of(&indexes, join)?;
    if args.table {
        return table(args, &alignment, &indexes, interrupt, term);
    }
    let Some(output) = &args.output else {
        return Err(Error::bad_option("-o", "missing", "the name of the output").into());
    };
    let main = args
        .stores
        .first()
        .map_or(Path::new("align"), PathBuf::as_path);
    for (path, store) in args.stores.iter().zip(&stores) {
        streams::refuse_input(path, &store.files(), output, &args.write.options(None))?;
    }
    let surroundings = surroundings(&args.read, limits, interrupt);
    let open = || -> anyhow::Result<Box<dyn FrameReader>> {
        let mosaic = side_by_side(args, &alignment, limits, interrupt)?;
        Ok(args.part.of(main, mosaic, &surroundings)?)
    };
    let job = Job {
        input: main,
        output,
        open: &open,
        range: None,
        threads: args.read.threads,
        memory: args.read.memory,
        write: &args.write,
        interrupt,
        term,
    };
    job.run()
}

/// The stores as one picture.
fn side_by_side(
    args: &Args,
    alignment: &Alignment,
    limits: Limits,
    interrupt: &Interrupt,
) -> anyhow::Result<Box<dyn FrameReader>> {
    let missing = match args.missing {
        MissingKind::Black => Missing::Black,
        MissingKind::Hold => Missing::Hold,
    };
    let reading = args.read.options(None, limits);
    let mut cells = Vec::with_capacity(args.stores.len());
    for (store, path) in args.stores.iter().enumerate() {
        let reader = streams::open(path, &reading, &interrupt.cancel)?;
        let reader = alignment.reader(store, reader, missing, &limits)?;
        cells.push(Cell::new(reader).named(path.to_string_lossy()));
    }
    let options = MosaicOptions {
        threads: args.read.threads,
        memory_bytes: args.read.memory / 2,
        limits,
        cancel: interrupt.cancel.clone(),
        ..MosaicOptions::default()
    };
    Ok(Box::new(Mosaic::new(cells, &Layout::default(), &options)?))
}

/// Writes the rows as text.
fn table(
    args: &Args,
    alignment: &Alignment,
    stores: &[&FrameIndex],
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let output = args.output.as_deref();
    let name = output.unwrap_or(Path::new("standard output"));
    let overwrite = args.write.overwrite;
    let rows = args.part.rows("--table", alignment.len() as u64)?;
    let rows = || {
        rows.clone()
            .map(|row| usize::try_from(row).unwrap_or(usize::MAX))
    };
    write_text(&args.stores, output, overwrite, interrupt, |out| {
        let written = match term.json {
            true => rows_json(alignment, stores, rows(), out),
            false => rows_csv(alignment, stores, rows(), out),
        };
        written.map_err(Error::io("write", name))
    })?;
    Ok(ExitCode::SUCCESS)
}

fn rows_csv(
    alignment: &Alignment,
    stores: &[&FrameIndex],
    rows: impl Iterator<Item = usize>,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    write!(out, "number,time")?;
    for store in 0..stores.len() {
        write!(out, ",index_{store},number_{store},time_{store}")?;
    }
    writeln!(out)?;
    for row in rows {
        let (number, time) = (alignment.number(row), alignment.time(row));
        write!(out, "{},{}", text(number), text(time))?;
        for (store, index) in stores.iter().enumerate() {
            let frame = alignment.frames(store).get(row).copied().flatten();
            let number = frame.and_then(|frame| index.number(frame));
            let time = frame.and_then(|frame| index.time(frame));
            write!(out, ",{},{},{}", text(frame), text(number), text(time))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn rows_json(
    alignment: &Alignment,
    stores: &[&FrameIndex],
    rows: impl Iterator<Item = usize>,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    write!(out, "[")?;
    for (place, row) in rows.enumerate() {
        let frames: Vec<_> = stores
            .iter()
            .enumerate()
            .map(|(store, index)| {
                let frame = alignment.frames(store).get(row).copied().flatten();
                frame.map(|frame| {
                    json!({"index": frame, "number": index.number(frame), "time": index.time(frame)})
                })
            })
            .collect();
        let value = json!({
            "number": alignment.number(row),
            "time": alignment.time(row),
            "frames": frames,
        });
        let separator = if place == 0 { "\n" } else { ",\n" };
        write!(out, "{separator}{value}")?;
    }
    writeln!(out, "\n]")
}

/// Nothing where there is none.
fn text<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}
