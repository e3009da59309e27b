//! `pimage reduce`: one frame out of many.

use std::path::PathBuf;
use std::process::ExitCode;

use pimage_convert::{RangeSpec, Reduce, ReduceOptions, Statistic};
use pimage_core::{FrameReader, Limits, MemoryReader};

use crate::args::{RawArgs, ReadArgs, WriteArgs};
use crate::interrupt::Interrupt;
use crate::job::Job;
use crate::part::PartArgs;
use crate::streams;
use crate::term::Term;
use crate::transform::surroundings;

const EXAMPLES: &str = "\
Examples:
  pimage reduce film.mp4 -o background.tif --stat median --gray
  pimage reduce stack.ome.tif -o projection.tif --stat max --over z
  pimage reduce recording.seq -o mean.png --range auto --stop 1000";

/// Reduce all frames to one: their mean, max, min, std, median or sum at each place.
///
/// mean, std, median and sum are 64-bit floats, max and min are of the recording's type; std is that of the population (divided by n).
/// A stack with several axes is reduced over one of them, t unless --over names another, and a frame is written for each position of the others.
/// Memory does not grow with the number of frames; the median reads them several times where its tables exceed --memory.
/// A sample that is not a number makes the result not a number, unless --skip-nan is given.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The recording, or - for standard input.
    ///
    /// A file; a folder of images or recordings; a pattern of names, 'img_*.png' or img_%05d.tif; a list of names, @names.txt; or one array of several, a.npz:name.
    #[arg(value_name = "IN")]
    input: PathBuf,

    /// The output, or - for standard output.
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,

    /// What to compute: mean, max, min, std, median or sum.
    #[arg(long, value_name = "STATISTIC")]
    stat: Statistic,

    /// The axis that goes; t, or all frames of a plain sequence, unless given.
    #[arg(long, value_name = "AXIS")]
    over: Option<String>,

    /// Leave samples out that are not a number.
    #[arg(long)]
    skip_nan: bool,

    /// Map the results linearly to 8 bits, or 16 where the output holds them: auto, full, pLO,HI or MIN,MAX, as for convert.
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    range: Option<RangeSpec>,

    #[command(flatten)]
    part: PartArgs,

    #[command(flatten)]
    read: ReadArgs,

    #[command(flatten)]
    raw: RawArgs,

    #[command(flatten)]
    write: WriteArgs,
}

/// Runs the verb.
pub(crate) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let surroundings = surroundings(&args.read, limits, interrupt);
    let read_options = args.read.options(args.raw.raw, limits);
    let reduce_options = ReduceOptions {
        over: args.over.as_ref().map(|name| name.to_lowercase()),
        skip_nan: args.skip_nan,
        memory_bytes: args.read.memory,
        limits,
        cancel: interrupt.cancel.clone(),
    };
    let open = || -> anyhow::Result<Reduce> {
        let reader = streams::open(&args.input, &read_options, &interrupt.cancel)?;
        let part = args.part.of(&args.input, reader, &surroundings)?;
        Ok(Reduce::new(part, args.stat, reduce_options.clone())?)
    };
    // What is measured for --range would be computed twice; the results are few, so that they can wait in memory.
    let measured = match args.range {
        Some(range) if range.needs_survey() => {
            let reduce = open()?;
            // Results in memory no longer say which files they are from.
            let options = args.write.options(args.read.threads);
            streams::refuse_input(&args.input, &reduce.files(), &args.output, &options)?;
            Some(results(reduce)?)
        }
        _ => None,
    };
    let open = || -> anyhow::Result<Box<dyn FrameReader>> {
        match &measured {
            Some(results) => Ok(Box::new(results.clone())),
            None => Ok(Box::new(open()?)),
        }
    };
    let job = Job {
        input: &args.input,
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

fn results(mut reduce: Reduce) -> anyhow::Result<MemoryReader> {
    use pimage_core::FrameReaderExt as _;

    let frames: Result<Vec<_>, _> = reduce.frames().collect();
    Ok(MemoryReader::with_info(reduce.info().clone(), frames?)?)
}
