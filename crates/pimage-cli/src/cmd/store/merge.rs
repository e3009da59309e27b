//! `pimage store merge`: the parts of all jobs as one store.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pimage_core::{Error, Limits};
use pimage_store::{METADATA_FILE, MergeOptions, merge};
use serde_json::json;

use super::counted;
use crate::interrupt::Interrupt;
use crate::report::Hinted;
use crate::streams;
use crate::term::Term;

/// Join the parts that `pimage store shard` wrote into one store.
///
/// Nothing is coded again. All parts must be there, of one store and made in one way; they stay as they are.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder of the parts, or the parts.
    #[arg(value_name = "PARTS", required = true)]
    parts: Vec<PathBuf>,

    /// The new store.
    #[arg(short, long, value_name = "STORE")]
    output: PathBuf,

    /// Do not wait until the store is on the disk.
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
    let mut parts = Vec::new();
    for path in &args.parts {
        parts.extend(parts_in(path)?);
    }
    for path in parts.iter().chain(&args.parts) {
        if streams::is_within(&args.output, path) {
            let (output, path) = (args.output.display(), path.display());
            let text = format!("`{output}` would be written into `{path}`, which is read");
            return Err(Hinted::new(text, "write into another folder").into());
        }
    }
    interrupt.clean_up();
    let options = MergeOptions {
        syncs: !args.no_sync,
        limits,
        cancel: interrupt.cancel.clone(),
        ..MergeOptions::default()
    };
    let merged = merge(&parts, &args.output, &options).map_err(|error| match &error {
        Error::Exists { path } => {
            let text = format!("`{}` exists already", path.display());
            Hinted::new(text, "stores are never written over: give another name").into()
        }
        _ => anyhow::Error::from(error),
    })?;
    if term.json {
        term.json(&json!({
            "output": args.output.to_string_lossy(),
            "parts": merged.parts,
            "chunks": merged.chunks,
            "frames": merged.frames,
        }))?;
    } else {
        term.note(&format!(
            "Done: {} in {} of {}",
            counted(merged.frames, "frame"),
            counted(merged.chunks, "chunk"),
            counted(merged.parts, "part")
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// The part itself, or those in the folder.
fn parts_in(path: &Path) -> Result<Vec<PathBuf>, Error> {
    if path.join(METADATA_FILE).symlink_metadata().is_ok() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut parts = Vec::new();
    for entry in std::fs::read_dir(path).map_err(Error::io("list", path))? {
        let entry = entry.map_err(Error::io("list", path))?;
        let name = entry.file_name();
        if name.to_string_lossy().starts_with("part-") {
            parts.push(entry.path());
        }
    }
    parts.sort();
    Ok(parts)
}
