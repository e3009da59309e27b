//! `pimage store`: everything that is done with recording stores, one file for each verb of it.

mod align;
mod empty;
mod export;
mod extra;
mod formats;
mod index;
mod info;
mod live;
mod merge;
mod mux;
mod pattern;
mod record;
mod reindex;
mod repair;
mod save;
mod shard;
mod spans;
mod timecodes;
mod verify;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;
use pimage_core::{Error, Limits};
use pimage_fs::{Disk, StagedFile, Storage};
use pimage_io::WriteOptions;
use pimage_store::{LockState, StoreOptions, StoreReader, lock_state};
use serde_json::json;

use crate::interrupt::Interrupt;
use crate::report::Hinted;
use crate::streams;
use crate::term::Term;

/// Recording stores, interchangeable with imgstore: record, check, repair, export.
///
/// A store is a folder of chunks, each a video or a folder of images, with the number and the time of every frame.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: StoreVerb,
}

#[derive(Debug, Subcommand)]
enum StoreVerb {
    Save(Box<save::Args>),
    Info(info::Args),
    Verify(verify::Args),
    Repair(repair::Args),
    Empty(empty::Args),
    Export(Box<export::Args>),
    Mux(mux::Args),
    Timecodes(timecodes::Args),
    Extra(extra::Args),
    Index(index::Args),
    Reindex(reindex::Args),
    Align(Box<align::Args>),
    Shard(Box<shard::Args>),
    Merge(merge::Args),
    Formats(formats::Args),
}

/// Runs the verb.
pub(crate) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    match &args.verb {
        StoreVerb::Save(args) => save::run(args, limits, interrupt, term),
        StoreVerb::Info(args) => info::run(args, limits, interrupt, term),
        StoreVerb::Verify(args) => verify::run(args, limits, interrupt, term),
        StoreVerb::Repair(args) => repair::run(args, limits, interrupt, term),
        StoreVerb::Empty(args) => empty::run(args, limits, interrupt, term),
        StoreVerb::Export(args) => export::run(args, limits, interrupt, term),
        StoreVerb::Mux(args) => mux::run(args, limits, interrupt, term),
        StoreVerb::Timecodes(args) => timecodes::run(args, limits, interrupt, term),
        StoreVerb::Extra(args) => extra::run(args, limits, interrupt, term),
        StoreVerb::Index(args) => index::run(args, limits, interrupt, term),
        StoreVerb::Reindex(args) => reindex::run(args, limits, interrupt, term),
        StoreVerb::Align(args) => align::run(args, limits, interrupt, term),
        StoreVerb::Shard(args) => shard::run(args, limits, interrupt, term),
        StoreVerb::Merge(args) => merge::run(args, limits, interrupt, term),
        StoreVerb::Formats(args) => formats::run(args, interrupt, term),
    }
}

/// Opens a store for what it knows of its frames.
fn open(path: &Path, limits: Limits, interrupt: &Interrupt) -> anyhow::Result<StoreReader> {
    let path = streams::expect_store(path)?;
    let options = StoreOptions {
        limits,
        cancel: interrupt.cancel.clone(),
        ..StoreOptions::default()
    };
    Ok(StoreReader::open(path, &options)?)
}

/// An error of a store whose chunk is not closed: whoever writes it is waited for, else it is repaired.
fn not_closed(store: &StoreReader, path: &Path, what: &str) -> anyhow::Error {
    let (state, advice) = match lock_state(store.folder()) {
        Ok(LockState::Held(_)) => (
            "it is being recorded",
            "wait until its recorder ends; `pimage store export --follow` goes along",
        ),
        _ => ("it was not closed", "`pimage store repair` closes it"),
    };
    let text = format!("`{}` is not supported: {what}, {state}", path.display());
    Hinted::new(text, advice).into()
}

/// The advice for a lock that Python's imgstore left, where `--ignore-lock` is an option.
fn lock_hinted(error: Error) -> anyhow::Error {
    let is_foreign = |reason: &str| reason.contains("empty `.lock`");
    match &error {
        Error::Unsupported { reason, .. } if is_foreign(reason) => {
            let advice = "--ignore-lock goes on all the same, when nobody writes to it any more";
            Hinted::new(error.to_string(), advice).into()
        }
        _ => error.into(),
    }
}

/// Says what is odd about a store and stops nothing.
fn tell_notes(store: &StoreReader, term: &Term) {
    for note in store.notes() {
        term.note(&format!("note: {note}"));
    }
}

/// Says that the writer of a followed store ended without closing it.
fn tell_abandoned(path: &Path, term: &Term) {
    let store = path.display();
    term.warn(&format!(
        "`{store}` was not closed: its recorder ended, and these are the frames that it had flushed; \
         `pimage store repair` may bring back more"
    ));
}

/// Writes a text about stores to a new file, whole or not at all, or to standard output; how many bytes the file has.
fn write_text(
    stores: &[PathBuf],
    output: Option<&Path>,
    overwrite: bool,
    interrupt: &Interrupt,
    write: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
) -> anyhow::Result<Option<u64>> {
    let Some(output) = output.filter(|output| !streams::is_standard(output)) else {
        let mut out = BufWriter::new(io::stdout());
        write(&mut out)?;
        out.flush().map_err(Error::io("write", "standard output"))?;
        return Ok(None);
    };
    for store in stores {
        streams::refuse_input(store, &[], output, &WriteOptions::default())?;
    }
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    let mut staged = StagedFile::create(&storage, output, overwrite)?;
    interrupt.clean_up();
    let mut out = BufWriter::new(&mut staged);
    write(&mut out)?;
    out.flush().map_err(Error::io("write", output))?;
    drop(out);
    Ok(Some(staged.commit()?))
}

/// Tells a program what text was written to a file; whoever reads along sees the file.
fn told_text(
    store: &Path,
    output: Option<&Path>,
    bytes: Option<u64>,
    rows: u64,
    term: &Term,
) -> anyhow::Result<()> {
    if let (true, Some(output), Some(bytes)) = (term.json, output, bytes) {
        term.json(&json!({
            "path": store.to_string_lossy(),
            "output": output.to_string_lossy(),
            "rows": rows,
            "output_bytes": bytes,
        }))?;
    }
    Ok(())
}

/// `1 frame`, `3 frames`.
fn counted(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
