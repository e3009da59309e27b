//! `pimage decompress`: a packed array into any format.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pimage_core::{FrameReader, Limits};

use crate::args::{ReadArgs, WriteArgs};
use crate::interrupt::Interrupt;
use crate::job::Job;
use crate::part::PartArgs;
use crate::report::Hinted;
use crate::streams;
use crate::term::Term;
use crate::transform::surroundings;

/// What readers of packed arrays call themselves.
const CONTAINERS: [&str; 2] = ["compressed", "numpy_compress"];

const EXAMPLES: &str = "\
Examples:
  pimage decompress small.mkv field.npy
  pimage decompress small.mkv part.nc --start 100 --stop 200
  pimage decompress small.mkv field.zarr --compression zstd";

/// Unpack an array that `pimage compress` packed, or `numpy_compress`.
///
/// What comes back has the sample type, the times, the axes and the metadata of what was packed; the output's format follows from its extension.
/// `pimage convert` and everything else read packed arrays too: this is `convert` for inputs that are nothing else.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The packed array, or a video of `numpy_compress` that is named after its range.
    #[arg(value_name = "IN")]
    input: PathBuf,

    /// The output, by its extension: .npy, .zarr, .tif …
    #[arg(value_name = "OUT")]
    output: PathBuf,

    #[command(flatten)]
    part: PartArgs,

    #[command(flatten)]
    read: ReadArgs,

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
    let options = args.read.options(None, limits);
    let open = || -> anyhow::Result<Box<dyn FrameReader>> {
        let reader = streams::open(&args.input, &options, &interrupt.cancel)?;
        expect_packed(&args.input, &*reader)?;
        Ok(args.part.of(&args.input, reader, &surroundings)?)
    };
    let job = Job {
        input: &args.input,
        output: &args.output,
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

/// An error for what was not packed, which is better told than converted under another name.
fn expect_packed(input: &Path, reader: &dyn FrameReader) -> anyhow::Result<()> {
    let container = reader.info().container.as_str();
    if CONTAINERS.contains(&container) {
        return Ok(());
    }
    let text = format!("`{}` is {container}, not a packed array", input.display());
    Err(Hinted::new(text, "`pimage convert` takes recordings of every format").into())
}
