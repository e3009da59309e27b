//! `pimage store timecodes`: the times of all frames for a muxer.

use std::path::PathBuf;
use std::process::ExitCode;

use pimage_core::Limits;

use super::{open, tell_notes, write_text};
use crate::interrupt::Interrupt;
use crate::term::Term;

/// Write the times of all frames as timecodes, format v2: milliseconds since the first frame, a line a frame.
///
/// `mkvmerge --timestamps 0:FILE` gives them to a video that `pimage store mux` made.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The store.
    #[arg(value_name = "STORE")]
    store: PathBuf,

    /// Write to this file instead of standard output.
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,

    /// Replace an existing output.
    #[arg(long)]
    overwrite: bool,
}

/// Runs the verb.
pub(super) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let store = open(&args.store, limits, interrupt)?;
    tell_notes(&store, term);
    let output = args.output.as_deref();
    let name = output.map_or_else(|| "standard output".into(), |path| path.to_string_lossy());
    write_text(output, args.overwrite, interrupt, |out| {
        store.index().write_timecodes(out, &name)
    })?;
    Ok(ExitCode::SUCCESS)
}
