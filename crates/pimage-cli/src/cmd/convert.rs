//! `pimage convert`: any recording in, any recording out.

use std::path::PathBuf;
use std::process::ExitCode;

use pimage_convert::RangeSpec;
use pimage_core::{FrameReader, Limits};

use crate::args::{RawArgs, ReadArgs, WriteArgs};
use crate::interrupt::Interrupt;
use crate::job::Job;
use crate::part::PartArgs;
use crate::streams;
use crate::term::Term;
use crate::transform::surroundings;

const EXAMPLES: &str = "\
Examples:
  pimage convert recording.seq video.avi             MJPEG
  pimage convert recording.seq video.mp4             H.264
  pimage convert recording.seq exact.mkv             FFV1: every pixel comes back
  pimage convert film.mp4 frames.npy --start 100 --stop 200
  pimage convert camera16.npy small.mp4 --range p0.1,99.9
  pimage convert recording.seq - | ffmpeg -i - out.gif
  ffmpeg -i in.mov -f yuv4mpegpipe - | pimage convert - out.mkv
  pimage convert 'frames/img_*.tif' lossless.mkv --fps 25
  pimage convert stack.tif part.zarr --select z=3 --channel 0
  pimage convert film.mp4 frame_%05d.png --step 25
  pimage convert film.mp4 clip.gif --stop 100 --max-bytes 5M";

/// Convert a recording into another format.
///
/// The output's format follows from its extension, and nothing is narrowed, rescaled or re-timed in silence:
/// what the output cannot hold is an error that says what to add.
/// The output has its name only when it is complete.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The recording, or - for standard input (y4m, or raw with --raw).
    ///
    /// A file; a folder of images or recordings; a pattern of names, 'img_*.png' or img_%05d.tif; a list of names, @names.txt; or one array of several, a.npz:name.
    #[arg(value_name = "IN")]
    input: PathBuf,

    /// The output, or - for standard output (y4m, or raw with --format raw).
    ///
    /// A name with a number, img_%05d.png, is a file for each frame; `FOLDER --format png` is a folder of them.
    #[arg(value_name = "OUT")]
    output: PathBuf,

    /// Map samples linearly to the whole range of 8 bits, or of 16 where the output holds them: auto, full, pLO,HI or MIN,MAX.
    ///
    /// auto: the least and greatest sample of all frames; full: all that the type and its bit depth can hold (0 to 1 for floats);
    /// pLO,HI: percentiles of all samples, such as p1,99; MIN,MAX: these values.
    /// auto and percentiles read the recording once more before. NaN becomes 0 and is counted. The mapping is recorded in the output.
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
    let options = args.read.options(args.raw.raw, limits);
    let open = || -> anyhow::Result<Box<dyn FrameReader>> {
        let reader = streams::open(&args.input, &options, &interrupt.cancel)?;
        Ok(args.part.of(&args.input, reader, &surroundings)?)
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
