//! `pimage store repair`: makes ordinary chunks of what a crash left.

use std::path::PathBuf;
use std::process::ExitCode;

use pimage_core::Limits;
use pimage_store::{RepairOptions, repair};
use serde_json::json;

use super::{counted, lock_hinted};
use crate::interrupt::Interrupt;
use crate::report::safe;
use crate::streams;
use crate::term::Term;

/// Rebuild what a crash left unfinished: chunks that were open, indexes that are missing or torn.
///
/// Nothing that is not understood is removed: it stays, or moves aside under a hidden name, and is listed.
/// Repairing twice does no more than once.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The store.
    #[arg(value_name = "STORE")]
    store: PathBuf,

    /// Take an empty `.lock`, as Python's imgstore leaves it, for one of a writer that is gone.
    #[arg(long)]
    ignore_lock: bool,

    /// Decode closed chunks of video too, and make those anew of which not all frames decode; the old ones move aside.
    #[arg(long)]
    thorough: bool,

    /// Do not wait until everything is on the disk.
    #[arg(long)]
    no_sync: bool,
}

/// Runs the verb.
pub(super) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    interrupt.clean_up();
    let options = RepairOptions {
        ignores_foreign_lock: args.ignore_lock,
        thorough: args.thorough,
        syncs: !args.no_sync,
        limits,
        cancel: interrupt.cancel.clone(),
        ..RepairOptions::default()
    };
    let report = repair(streams::expect_store(&args.store)?, &options).map_err(lock_hinted)?;
    if term.json {
        term.json(&json!({
            "path": args.store.to_string_lossy(),
            "clean": report.is_clean(),
            "done": report.done,
            "left": report.left,
            "frames": report.frames,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    for done in &report.done {
        term.line(&safe(&format!("done: {done}")))?;
    }
    for left in &report.left {
        term.line(&safe(&format!("left: {left}")))?;
    }
    let line = match report.is_clean() {
        true => "nothing to repair".to_owned(),
        false => format!(
            "repaired: {} can be read again",
            counted(report.frames, "frame")
        ),
    };
    term.line(&line)?;
    Ok(ExitCode::SUCCESS)
}
