//! `pimage store export`: frames of a store as anything that pimage writes.

use std::path::PathBuf;
use std::process::ExitCode;

use pimage_convert::RangeSpec;
use pimage_core::{Error, FrameReader, Limits};
use pimage_store::{Choice, Runs, Span};

use super::open;
use super::spans::{Times, parse_indices, parse_numbers};
use crate::args::{ReadArgs, WriteArgs};
use crate::interrupt::Interrupt;
use crate::job::Job;
use crate::part::PartArgs;
use crate::streams;
use crate::term::Term;
use crate::transform::surroundings;

const EXAMPLES: &str = "\
Examples:
  pimage store export recording film.mkv --numbers 1000..2000
  pimage store export recording frames.tif --times +60..+70
  pimage store export recording part.npy --index 0..100 --gray";

/// Write frames of a store, chosen by index, number or time, to any output.
///
/// Ranges are half-open. A frame is written when it is in all ranges that are given, in the order of the store;
/// --start, --stop and --step count the frames that are left.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The store.
    #[arg(value_name = "STORE")]
    store: PathBuf,

    /// The output, or - for standard output.
    #[arg(value_name = "OUT")]
    output: PathBuf,

    /// Frames by their index, from 0.
    #[arg(long, value_name = "A..B", value_parser = parse_indices, help_heading = "Frames")]
    index: Option<Span<u64>>,

    /// Frames by the recorder's numbers.
    #[arg(long, value_name = "A..B", allow_hyphen_values = true, value_parser = parse_numbers, help_heading = "Frames")]
    numbers: Option<Span<i64>>,

    /// Frames by their times: seconds as the store has them, usually since 1970, or +SECONDS after the first frame.
    #[arg(
        long,
        value_name = "A..B",
        allow_hyphen_values = true,
        help_heading = "Frames"
    )]
    times: Option<Times>,

    #[command(flatten)]
    part: PartArgs,

    #[command(flatten)]
    read: ReadArgs,

    /// Map samples linearly, as for convert: auto, full, pLO,HI or MIN,MAX.
    #[arg(
        long,
        value_name = "RANGE",
        allow_hyphen_values = true,
        help_heading = "Writing"
    )]
    range: Option<RangeSpec>,

    #[command(flatten)]
    write: WriteArgs,
}

/// Runs the verb.
pub(super) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let store = open(&args.store, limits, interrupt)?;
    super::tell_notes(&store, term);
    let index = store.index();
    let known = index.times().iter().find(|time| time.is_finite());
    let first = known.copied().unwrap_or(0.0);
    let choice = Choice {
        indices: args.index.unwrap_or_default(),
        numbers: args.numbers.unwrap_or_default(),
        times: args
            .times
            .map_or_else(Span::default, |times| times.span(first)),
    };
    let runs = index.chosen(&choice);
    if runs.is_empty() {
        let reason = match (index.numbers().first(), index.numbers().last()) {
            (Some(first), Some(last)) => format!(
                "no frame of it is in the ranges asked for: it has the indices 0..{} and the numbers {first} to {last}",
                index.len()
            ),
            _ => "it has no frames".to_owned(),
        };
        return Err(Error::unsupported(&args.store, reason).into());
    }
    drop(store);
    let reading = args.read.options(None, limits);
    let surroundings = surroundings(&args.read, limits, interrupt);
    let open = || -> anyhow::Result<Box<dyn FrameReader>> {
        let reader = streams::open(&args.store, &reading, &interrupt.cancel)?;
        let chosen = Box::new(Runs::new(reader, runs.clone())?);
        Ok(args.part.of(&args.store, chosen, &surroundings)?)
    };
    let job = Job {
        input: &args.store,
        output: &args.output,
        open: &open,
        range: args.range,
        threads: args.read.threads,
        memory: args.read.memory,
        write: &args.write,
        interrupt,
        term,
    };
    job.run()
}
