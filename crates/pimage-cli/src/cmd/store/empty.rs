//! `pimage store empty`: removes the chunks of a store and keeps its metadata.

use std::path::PathBuf;
use std::process::ExitCode;

use pimage_core::Limits;
use pimage_store::{RepairOptions, empty};
use serde_json::json;

use super::{counted, lock_hinted, open};
use crate::interrupt::Interrupt;
use crate::report::{Hinted, safe};
use crate::streams;
use crate::term::Term;

/// Remove all frames of a store, with their numbers, times and extra data; its metadata stay.
///
/// `pimage store save --append` records into it again, from chunk 0 on. Files that are not the store's stay and are listed.
/// A store that is being written is refused; stopped or killed, the first chunks are left, and emptying again goes on.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The store.
    #[arg(value_name = "STORE")]
    store: PathBuf,

    /// Really remove the frames: they cannot be had back.
    #[arg(long)]
    yes: bool,

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
    if !args.yes {
        let frames = open(&args.store, limits, interrupt)?.index().len();
        let text = format!(
            "`{}` has {}, which would be removed for ever",
            args.store.display(),
            counted(frames, "frame")
        );
        return Err(Hinted::new(text, "--yes removes them").into());
    }
    interrupt.clean_up();
    let options = RepairOptions {
        ignores_foreign_lock: args.ignore_lock,
        limits,
        cancel: interrupt.cancel.clone(),
        ..RepairOptions::default()
    };
    let store = streams::expect_store(&args.store)?;
    let emptied = empty(store, &options).map_err(lock_hinted)?;
    if term.json {
        let left: Vec<_> = emptied
            .left
            .iter()
            .map(|name| name.to_string_lossy())
            .collect();
        term.json(&json!({
            "path": args.store.to_string_lossy(),
            "chunks": emptied.chunks,
            "left": left,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    for name in &emptied.left {
        let name = name.to_string_lossy();
        term.note(&safe(&format!(
            "note: `{name}` is not of a chunk and stays"
        )));
    }
    let chunks = counted(emptied.chunks, "chunk");
    term.note(&format!("Done: {chunks} removed"));
    Ok(ExitCode::SUCCESS)
}
