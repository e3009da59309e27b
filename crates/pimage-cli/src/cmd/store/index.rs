//! `pimage store index`: saves the index of a store, so that it opens at once.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use pimage_core::{Error, Limits};
use pimage_store::{FrameIndex, SAVED_INDEX, StoreReader};
use serde_json::json;

use super::{counted, open, tell_notes};
use crate::interrupt::Interrupt;
use crate::term::Term;

/// Save the index of a store beside its chunks, so that it opens at once; or list number and time of every frame.
///
/// The file is `.index.pimage`: other programs take no notice of it, and it is not believed once a chunk has changed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The store.
    #[arg(value_name = "STORE")]
    store: PathBuf,

    /// Save nothing, list index, chunk, number and time of every frame instead, as CSV or, with --json, as JSON.
    #[arg(long)]
    list: bool,

    /// Save `.index.sqlite` too, with which Python's imgstore opens the store at once.
    #[arg(long, conflicts_with = "list")]
    sqlite: bool,
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
    let index = store.index();
    if args.list {
        super::write_text(&[], None, false, interrupt, |out| {
            let mut lines = || -> std::io::Result<()> {
                if term.json {
                    return list_json(index, out);
                }
                writeln!(out, "index,chunk,number,time")?;
                for chunk in index.chunks() {
                    for frame in chunk.frames.clone() {
                        let text = |value: Option<String>| value.unwrap_or_default();
                        let number = text(index.number(frame).map(|number| number.to_string()));
                        let time = text(index.time(frame).map(|time| time.to_string()));
                        writeln!(out, "{frame},{},{number},{time}", chunk.number)?;
                    }
                }
                Ok(())
            };
            lines().map_err(Error::io("write", "standard output"))
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    if !store.save_index()? {
        let what = "only whole stores have a saved index";
        return Err(super::not_closed(&store, &args.store, what));
    }
    if args.sqlite {
        write_sqlite(&store)?;
    }
    if term.json {
        term.json(&json!({
            "path": args.store.to_string_lossy(),
            "saved": store.folder().join(SAVED_INDEX).to_string_lossy(),
            "sqlite": args.sqlite,
            "frames": index.len(),
            "chunks": index.chunks().len(),
        }))?;
    } else {
        let (frames, chunks) = (index.len(), index.chunks().len() as u64);
        let sqlite = match args.sqlite {
            true => " and `.index.sqlite`",
            false => "",
        };
        term.line(&format!(
            "saved: {} of {} in `{SAVED_INDEX}`{sqlite}",
            counted(frames, "frame"),
            counted(chunks, "chunk"),
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Every frame as a map of a list.
fn list_json(index: &FrameIndex, out: &mut dyn Write) -> std::io::Result<()> {
    let mut separator = "[\n";
    for chunk in index.chunks() {
        for frame in chunk.frames.clone() {
            let row = json!({
                "index": frame,
                "chunk": chunk.number,
                "number": index.number(frame),
                "time": index.time(frame),
            });
            write!(out, "{separator}{row}")?;
            separator = ",\n";
        }
    }
    let begin = if index.is_empty() { "[" } else { "" };
    writeln!(out, "{begin}\n]")
}

#[cfg(feature = "sqlite")]
fn write_sqlite(store: &StoreReader) -> Result<(), Error> {
    use std::sync::Arc;

    let storage: Arc<dyn pimage_fs::Storage> = Arc::new(pimage_fs::Disk);
    let file = store.folder().join(pimage_store::SQLITE_INDEX);
    store.index().write_sqlite(&file, &storage)
}

#[cfg(not(feature = "sqlite"))]
fn write_sqlite(_store: &StoreReader) -> Result<(), Error> {
    Err(Error::NotBuilt {
        format: "an SQLite index".to_owned(),
        feature: "sqlite",
    })
}
