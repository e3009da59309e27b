//! `pimage store reindex`: frames before number 0 get negative numbers.

use std::path::PathBuf;
use std::process::ExitCode;

use pimage_core::Limits;
use pimage_store::{RepairOptions, reindex};
use serde_json::json;

use super::{counted, lock_hinted};
use crate::interrupt::Interrupt;
use crate::streams;
use crate::term::Term;

/// Number a store anew around its frame 0: the frames before it become …, -2, -1.
///
/// The numbers that they had are kept in the indexes, and in the extra data as `_frame_number_before_reindex`.
/// Exactly one frame must have the number 0: the one at which the recorder was reset.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The store.
    #[arg(value_name = "STORE")]
    store: PathBuf,

    /// Take an empty `.lock`, as Python's imgstore leaves it, for one of a writer that is gone.
    #[arg(long)]
    ignore_lock: bool,
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
        limits,
        cancel: interrupt.cancel.clone(),
        ..RepairOptions::default()
    };
    let done = reindex(streams::expect_store(&args.store)?, &options).map_err(lock_hinted)?;
    if term.json {
        term.json(&json!({
            "path": args.store.to_string_lossy(),
            "zero_index": done.zero,
            "renumbered": done.renumbered,
            "chunks": done.chunks,
        }))?;
    } else {
        let (frames, zero) = (counted(done.renumbered, "frame"), done.zero);
        term.line(&format!(
            "{frames} renumbered, number 0 is the frame of index {zero}"
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
