//! `pimage compress`: arrays of numbers into few bytes, and reports of what that costs.

mod done;
mod figures;
mod pack;
mod promise;
mod quantise;
mod report;

use std::process::ExitCode;

use clap::Subcommand;
use pimage_convert::{Cancel, RangeSpec};
use pimage_core::{Error, FrameReader, Limits};

use crate::interrupt::Interrupt;
use crate::term::Term;

const EXAMPLES: &str = "\
Examples:
  pimage compress field.npy small.mkv --max-error 0.01      no value is off by more than 0.01
  pimage compress field.nc:V small.mkv --rel-error 1e-3     … by more than a thousandth of the range
  pimage compress field.npy small.mkv --psnr 60             no promise for single values
  pimage compress counts.tif small.mkv                      every value as it was
  pimage compress field.npy small.mkv --mode avg            12 bits by x265, as numpy_compress has it
  pimage decompress small.mkv field.npy
  pimage compress report field.npy --modes exact,rel-error=1e-3,blosc -o report";

/// Pack an array of numbers into few bytes, with a promise of how far off any value may be.
///
/// Every value comes back as it was unless an error is allowed. Each group of frames is unpacked again and compared before it is written (not with --mode and --codec, which promise nothing).
/// NaN and infinities come back, and so do sample type, times, axes and metadata. The file is a Matroska video that any player shows as a preview;
/// everything here reads it as it reads other recordings: `pimage convert`, `plot`, `compare`, `mosaic`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Option<CompressVerb>,

    #[command(flatten)]
    pack: pack::PackArgs,
}

#[derive(Debug, Subcommand)]
enum CompressVerb {
    Report(Box<report::Args>),
}

/// What every verb of this group runs in.
#[derive(Clone, Copy)]
struct Context<'a> {
    limits: Limits,
    interrupt: &'a Interrupt,
    term: &'a Term,
}

/// Runs the verb.
pub(crate) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let context = Context {
        limits,
        interrupt,
        term,
    };
    #[cfg(feature = "ffmpeg")]
    pimage_video::return_large_blocks();
    match &args.verb {
        Some(CompressVerb::Report(args)) => report::run(args, context),
        None => pack::run(&args.pack, context),
    }
}

/// The range of an array.
fn range_of(
    spec: RangeSpec,
    reader: &mut dyn FrameReader,
    cancel: &Cancel,
) -> Result<(f64, f64), Error> {
    if spec.is_per_frame() {
        let found = format!("`{spec}`, another one for each frame");
        let expected = "one range for all frames: auto, full or MIN,MAX";
        return Err(Error::bad_option("--range", found, expected));
    }
    spec.bounds(reader, cancel)
}
