//! `pimage store extra`: what was recorded beside the frames.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use pimage_core::{Error, Limits};
use pimage_store::ExtraTable;

use super::{open, told_text, write_text};
use crate::interrupt::Interrupt;
use crate::term::Term;

/// Write the extra data of a store as a table: CSV, JSON or Apache Arrow.
///
/// The name of the output or --format says which; on standard output CSV, or JSON with --json.
/// A row for each record, a column for each name. Motif's arrays of several samples a frame are tables of their own: --samples names one.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The store.
    #[arg(value_name = "STORE")]
    store: PathBuf,

    /// Write to this file, .csv, .json or .arrow (also .feather), instead of standard output.
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,

    /// How, whatever the output is called.
    #[arg(long, value_name = "NAME", value_enum)]
    format: Option<Form>,

    /// The array of this name, a row a sample.
    #[arg(long, value_name = "NAME")]
    samples: Option<String>,

    /// Replace an existing output.
    #[arg(long)]
    overwrite: bool,
}

/// What a table is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Comma-separated values.
    Csv,
    /// A list of maps.
    Json,
    /// A file of Apache Arrow's IPC format, with typed columns.
    Arrow,
}

/// Runs the verb.
pub(super) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let output = args.output.as_deref();
    let form = form_of(args, term)?;
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
    let stores = std::slice::from_ref(&args.store);
    let bytes = write_text(stores, output, args.overwrite, interrupt, |out| {
        let name = output.unwrap_or(Path::new("standard output"));
        written(&rows, form, out).map_err(Error::io("write", name))
    })?;
    if rows.is_empty() {
        let store = args.store.display();
        term.note(&format!("note: `{store}` has no extra data"));
    }
    told_text(&args.store, output, bytes, rows.len() as u64, term)?;
    Ok(ExitCode::SUCCESS)
}

/// By the option, else by the name of the output.
fn form_of(args: &Args, term: &Term) -> Result<Form, Error> {
    let output = args.output.as_deref();
    let output = output.filter(|output| !crate::streams::is_standard(output));
    let form = match (args.format, output) {
        (Some(form), _) => form,
        (None, None) if term.json => Form::Json,
        (None, None) => Form::Csv,
        (None, Some(output)) => {
            let extension = output.extension().and_then(|extension| extension.to_str());
            match extension.map(str::to_lowercase).as_deref() {
                Some("json") => Form::Json,
                Some("csv" | "txt") => Form::Csv,
                Some("arrow" | "feather") => Form::Arrow,
                _ => {
                    return Err(Error::bad_option(
                        "--output",
                        format!("`{}`", output.display()),
                        "a name that ends in .csv, .json or .arrow, or --format",
                    ));
                }
            }
        }
    };
    if form == Form::Arrow && cfg!(not(feature = "arrow")) {
        return Err(Error::NotBuilt {
            format: "Arrow".to_owned(),
            feature: "arrow",
        });
    }
    Ok(form)
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

fn written(table: &ExtraTable, form: Form, out: &mut dyn Write) -> std::io::Result<()> {
    match form {
        Form::Csv => table.write_csv(out),
        Form::Json => table.write_json(out),
        #[cfg(feature = "arrow")]
        Form::Arrow => table.write_arrow(out),
        #[cfg(not(feature = "arrow"))]
        Form::Arrow => Ok(()),
    }
}
