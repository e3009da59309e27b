//! `pimage codec`: still-image codecs, what they cost and what they lose, one file for each verb of it.

mod apply;
mod bench;
mod decode;
mod encode;
mod figure;
mod list;
mod pool;
mod rows;
mod settings;
mod source;
mod target;
mod trials;

use std::process::ExitCode;

use clap::Subcommand;
use pimage_core::Limits;

use crate::interrupt::Interrupt;
use crate::term::Term;

/// Still-image codecs: encode, decode, measure, compare by rate and distortion.
///
/// Sizes are those of the payload: what only packs it is not counted (`pimage codec list NAME` tells what that is).
/// PSNR is over all channels, relative to the full scale of integers and to the range of the frame for floats.
/// SSIM (Wang 2004) is over windows of 8x8 samples every 4 samples, averaged over channels, as `pimage compare` has it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: CodecVerb,
}

#[derive(Debug, Subcommand)]
enum CodecVerb {
    List(list::Args),
    Encode(Box<encode::Args>),
    Decode(decode::Args),
    Apply(Box<apply::Args>),
    Bench(Box<bench::Args>),
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
    match &args.verb {
        CodecVerb::List(args) => list::run(args, term),
        CodecVerb::Encode(args) => encode::run(args, context),
        CodecVerb::Decode(args) => decode::run(args, context),
        CodecVerb::Apply(args) => apply::run(args, context),
        CodecVerb::Bench(args) => bench::run(args, context),
    }
}
