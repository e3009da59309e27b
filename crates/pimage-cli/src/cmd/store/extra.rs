//! `pimage store extra`: what was recorded beside the frames.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pimage_core::{Error, Limits};
use pimage_store::ExtraTable;

use super::{open, write_text};
use crate::interrupt::Interrupt;
use crate::term::Term;

/// Write the extra data of a store as a table: CSV, or JSON with --json or a name that ends in .json.
///
/// A row for each record, a column for each name. Motif's arrays of several samples a frame are tables of their own: --samples names one.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The store.
    #[arg(value_name = "STORE")]
    store: PathBuf,

    /// Write to this file, .csv or .json, instead of standard output.
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,

    /// The array of this name, a row a sample.
    #[arg(long, value_name = "NAME")]
    samples: Option<String>,

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
    let output = args.output.as_deref();
    let is_json = is_json(output, term)?;
    let store = open(&args.store, limits, interrupt)?;
    let extra = store.extra_data()?;
    for note in &extra.notes {
        term.note(&format!("note: {note}"));
    }
    let tables: Vec<&ExtraTable> = match &args.samples {
        None => vec![&extra.table],
        Some(name) => {
            let named = extra.sampled.iter().filter(|one| one.name == *name);
            named.map(|one| &one.table).collect()
        }
    };
    // Arrays come chunk by chunk.
    let mut names: Vec<&str> = extra.sampled.iter().map(|one| one.name.as_str()).collect();
    names.dedup();
    if let Some(name) = args.samples.as_ref().filter(|_| tables.is_empty()) {
        let expected = match names.is_empty() {
            true => "nothing, the store has no arrays of samples".to_owned(),
            false => format!("one of {}", names.join(", ")),
        };
        return Err(Error::bad_option("--samples", format!("`{name}`"), expected).into());
    }
    if args.samples.is_none() && !names.is_empty() {
        let names = names.join(", ");
        term.note(&format!(
            "note: --samples writes the arrays of several samples a frame: {names}"
        ));
    }
    let rows = joined(&tables);
    write_text(output, args.overwrite, interrupt, |out| {
        let name = output.unwrap_or(Path::new("standard output"));
        written(&rows, is_json, out).map_err(Error::io("write", name))
    })?;
    Ok(ExitCode::SUCCESS)
}

fn is_json(output: Option<&Path>, term: &Term) -> Result<bool, Error> {
    let Some(output) = output.filter(|output| !crate::streams::is_standard(output)) else {
        return Ok(term.json);
    };
    let extension = output.extension().and_then(|extension| extension.to_str());
    match extension.map(str::to_lowercase).as_deref() {
        Some("json") => Ok(true),
        Some("csv" | "txt") => Ok(false),
        _ => Err(Error::bad_option(
            "--output",
            format!("`{}`", output.display()),
            "a name that ends in .csv or .json",
        )),
    }
}

/// One table of several, those of earlier chunks first.
fn joined(tables: &[&ExtraTable]) -> ExtraTable {
    if let [only] = tables {
        return (*only).clone();
    }
    let mut all = ExtraTable::default();
    for table in tables {
        for row in 0..table.len() {
            let values = table.columns().iter();
            let values = values.map(|column| (column.name.clone(), column.values.get(row)));
            all.push(values.filter(|(_, value)| !value.is_null()).collect());
        }
    }
    all
}

fn written(table: &ExtraTable, is_json: bool, out: &mut dyn Write) -> std::io::Result<()> {
    match is_json {
        true => table.write_json(out),
        false => table.write_csv(out),
    }
}
