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
mod reindex;
mod repair;
mod save;
mod shard;
mod spans;
mod timecodes;
mod verify;

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;
use pimage_core::{Error, Limits};
use pimage_fs::{Disk, StagedFile, Storage};
use pimage_store::{StoreOptions, StoreReader};

use crate::interrupt::Interrupt;
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
fn open(path: &Path, limits: Limits, interrupt: &Interrupt) -> Result<StoreReader, Error> {
    let options = StoreOptions {
        limits,
        cancel: interrupt.cancel.clone(),
        ..StoreOptions::default()
    };
    StoreReader::open(path, &options)
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

/// Writes a text to a new file, whole or not at all, or to standard output; how many bytes the file has.
fn write_text(
    output: Option<&Path>,
    overwrite: bool,
    interrupt: &Interrupt,
    write: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
) -> Result<Option<u64>, Error> {
    let Some(output) = output.filter(|output| !streams::is_standard(output)) else {
        let mut out = BufWriter::new(io::stdout());
        write(&mut out)?;
        out.flush().map_err(Error::io("write", "standard output"))?;
        return Ok(None);
    };
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    let mut staged = StagedFile::create(&storage, output, overwrite)?;
    interrupt.clean_up();
    let mut out = BufWriter::new(&mut staged);
    write(&mut out)?;
    out.flush().map_err(Error::io("write", output))?;
    drop(out);
    staged.commit().map(Some)
}

/// `1 frame`, `3 frames`.
fn counted(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
