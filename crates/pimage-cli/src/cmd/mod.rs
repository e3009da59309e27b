//! One module for each verb: what it takes, and how it runs.

pub(crate) mod codec;
pub(crate) mod colormaps;
pub(crate) mod compare;
pub(crate) mod compress;
pub(crate) mod convert;
pub(crate) mod decompress;
pub(crate) mod doctor;
mod doctor_steps;
pub(crate) mod extract;
pub(crate) mod hash;
pub(crate) mod info;
pub(crate) mod mosaic;
mod mosaic_cells;
mod mosaic_layout;
mod mosaic_plots;
mod mosaic_print;
mod mosaic_sources;
#[cfg(feature = "ffmpeg")]
mod planes;
pub(crate) mod plot;
pub(crate) mod reduce;
pub(crate) mod stats;
pub(crate) mod store;
pub(crate) mod transforms;

use std::process::ExitCode;

use crate::args::{Cli, Verb};
use crate::interrupt::Interrupt;
use crate::term::Term;

/// Runs what was asked.
pub(crate) fn run(cli: &Cli, term: &mut Term) -> anyhow::Result<ExitCode> {
    let limits = cli.limits()?;
    let interrupt = Interrupt::watch()?;
    match &cli.verb {
        Verb::Convert(args) => convert::run(args, limits, &interrupt, term),
        Verb::Info(args) => info::run(args, limits, &interrupt, term),
        Verb::Extract(args) => extract::run(args, limits, &interrupt, term),
        Verb::Hash(args) => hash::run(args, limits, &interrupt, term),
        Verb::Mosaic(args) => mosaic::run(args, limits, &interrupt, term),
        Verb::Reduce(args) => reduce::run(args, limits, &interrupt, term),
        Verb::Plot(args) => plot::run(args, limits, &interrupt, term),
        Verb::Stats(args) => stats::run(args, limits, &interrupt, term),
        Verb::Store(args) => store::run(args, limits, &interrupt, term),
        Verb::Compare(args) => compare::run(args, limits, &interrupt, term),
        Verb::Compress(args) => compress::run(args, limits, &interrupt, term),
        Verb::Decompress(args) => decompress::run(args, limits, &interrupt, term),
        Verb::Codec(args) => codec::run(args, limits, &interrupt, term),
        Verb::Transforms(args) => transforms::run(args, term),
        Verb::Colormaps(args) => colormaps::run(args, term),
        Verb::Doctor(args) => doctor::run(args, &interrupt, term),
    }
}
