//! Where the numbers of a plot come from: a data file, standard input, or what is measured of a recording.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use pimage_convert::{Stats, StatsOptions};
use pimage_core::{Cancel, Clock, Damage, Error, FrameReader, Limits};
use pimage_plot::{Column, EPOCH_SECONDS, Table, is_table, read_table, read_table_from};

use crate::report::Hinted;
use crate::streams;

/// Bytes that are looked at to find out what a file is.
const HEAD_BYTES: u64 = 64 << 10;

/// A table and what it is called.
#[derive(Debug)]
pub(crate) struct Data {
    /// What tells its series from those of others: the name of its file, without folder and extension.
    pub(crate) name: String,
    pub(crate) table: Table,
}

impl Data {
    pub(crate) fn new(path: &Path, table: Table) -> Self {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Self {
            name: name.into_owned(),
            table,
        }
    }
}

/// Reads a data file or, for `-`, standard input; `None` when it is no table.
pub(crate) fn read_data(
    path: &Path,
    limits: &Limits,
    cancel: &Cancel,
) -> anyhow::Result<Option<Data>> {
    if streams::is_standard(path) {
        if io::stdin().is_terminal() {
            let text = "standard input is a terminal, not a table of numbers";
            return Err(Hinted::new(text, "pipe CSV into it").into());
        }
        let table = read_table_from(
            Path::new("standard input"),
            io::stdin().lock(),
            limits,
            cancel,
        )?;
        return Ok(Some(Data::new(Path::new(""), table)));
    }
    if !looks_like_table(path)? {
        return Ok(None);
    }
    Ok(Some(Data::new(path, read_table(path, limits, cancel)?)))
}

/// By the name of text, since many recordings begin with text; by the content of arrays.
fn looks_like_table(path: &Path) -> Result<bool, Error> {
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    if matches!(&*extension, "csv" | "tsv" | "tab" | "txt" | "dat") {
        return Ok(true);
    }
    if extension != "npy" || path.is_dir() {
        return Ok(false);
    }
    let file = File::open(path).map_err(Error::io("open", path))?;
    let mut head = Vec::new();
    let read = file.take(HEAD_BYTES).read_to_end(&mut head);
    read.map_err(Error::io("read", path))?;
    Ok(is_table(&head))
}

/// Measures the frames of a recording; tells which of them are missing.
pub(crate) fn read_recording(
    path: &Path,
    reader: Box<dyn FrameReader>,
    options: &StatsOptions,
) -> Result<(Data, Vec<Damage>), Error> {
    let mut stats = Stats::new(reader, options)?;
    let (mut index, mut time) = (
        Column::new("frame", Vec::new()),
        Column::new("time", Vec::new()),
    );
    time.unit = Some(match stats.info().clock {
        Clock::Start => "s".to_owned(),
        // A local clock has no zone that could be told; its days are those of UTC here.
        Clock::Epoch | Clock::LocalEpoch => EPOCH_SECONDS.to_owned(),
    });
    let names = stats.columns().iter().map(|column| column.name.clone());
    let mut measured: Vec<_> = names.map(|name| Column::new(name, Vec::new())).collect();
    for row in stats.by_ref() {
        let row = row?;
        index.values.push(row.stamp.index as f64);
        time.values.push(row.stamp.secs().unwrap_or(f64::NAN));
        for (column, value) in measured.iter_mut().zip(&row.values) {
            column.values.push(value.unwrap_or(f64::NAN));
        }
    }
    if index.values.is_empty() {
        return Err(Error::unsupported(path, "it has no frame to measure"));
    }
    let mut columns = vec![index, time];
    columns.extend(measured);
    Ok((
        Data::new(path, Table::new(columns)),
        stats.damage().to_vec(),
    ))
}
