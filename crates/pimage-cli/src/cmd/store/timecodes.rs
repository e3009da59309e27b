//! `pimage store timecodes`: the times of all frames for a muxer.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use pimage_core::{Error, Limits, OnDamage};
use pimage_store::{StoreFollower, StoreOptions, TimecodeWriter};

use super::{open, tell_notes, told_text, write_text};
use crate::interrupt::Interrupt;
use crate::streams;
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

    /// Go on as the store grows, until its recording ends or Ctrl-C: a line once a frame is flushed.
    #[arg(long, conflicts_with = "output")]
    follow: bool,

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
    if args.follow {
        return follow(args, limits, interrupt, term);
    }
    let store = open(&args.store, limits, interrupt)?;
    tell_notes(&store, term);
    let output = args.output.as_deref();
    let name = output.map_or_else(|| "standard output".into(), |path| path.to_string_lossy());
    let stores = std::slice::from_ref(&args.store);
    let bytes = write_text(stores, output, args.overwrite, interrupt, |out| {
        store.index().write_timecodes(out, &name)
    })?;
    told_text(&args.store, output, bytes, store.index().len(), term)?;
    Ok(ExitCode::SUCCESS)
}

/// Lines to standard output while the store grows.
fn follow(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let options = StoreOptions {
        limits,
        on_damage: OnDamage::Skip,
        cancel: interrupt.cancel.clone(),
        ..StoreOptions::default()
    };
    let mut store = StoreFollower::open(streams::expect_store(&args.store)?, &options)?;
    let failed = || Error::io("write", "standard output");
    let mut lines = TimecodeWriter::new(io::stdout().lock()).map_err(failed())?;
    while let Some(stamp) = store.next_stamp()? {
        let Some(time) = stamp.secs() else {
            let reason = format!("frame {} of the store has no time", stamp.index);
            return Err(Error::unsupported(&args.store, reason).into());
        };
        lines.add(time).map_err(failed())?;
    }
    if store.is_abandoned() {
        super::tell_abandoned(&args.store, term);
    }
    Ok(ExitCode::SUCCESS)
}
