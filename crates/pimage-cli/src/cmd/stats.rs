//! `pimage stats`: numbers of every frame, as a table.

use std::ffi::OsStr;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use pimage_convert::{Measure, Progress, Region, Stats, StatsColumn, StatsOptions, StatsRow};
use pimage_core::{Error, Limits, Stamp, Timebase};
use pimage_fs::{Disk, StagedFile, Storage};
use pimage_io::WriteOptions;
use serde_json::{Map, Value, json};

use crate::args::{RawArgs, ReadArgs};
use crate::interrupt::Interrupt;
use crate::part::PartArgs;
use crate::progress::Bar;
use crate::sizes::human_bytes;
use crate::streams;
use crate::term::Term;
use crate::transform::surroundings;

const EXAMPLES: &str = "\
Examples:
  pimage stats recording.seq > stats.csv
  pimage stats film.mp4 --gray --columns mean,difference -o motion.csv
  pimage stats stack.tif --roi cell=100,50,32,32 --roi back=0,0,32,32
  pimage stats recording.seq | pimage plot - -o stats.png --x time --y mean";

/// Measure every frame: mean, min, max, std, sharpness and the difference to the frame before, as CSV.
///
/// A row a frame: its index, the recorder's number and time in seconds (empty where there is none), then the numbers;
/// the name of its file too where the frames have such. Numbers are written so that they are read back to the bit.
/// Sums of integers are exact. std is that of the population (divided by n), sharpness the variance of the Laplacian
/// (0 1 0, 1 -4 1, 0 1 0, as OpenCV's of aperture 1), difference the mean absolute difference to the frame before: empty
/// for the first frame and behind frames that are lost. Samples that are not a number are left out and counted as nan, a column of floats.
///
/// Frames of colour have columns for each colour, `mean_r`, `mean_g` and `mean_b` (opacity is not measured): --gray or -t gray measures one intensity,
/// --channel one colour. A region is measured as if it had been cropped.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The recording, or - for standard input.
    ///
    /// A file; a folder of images or recordings; a pattern of names, 'img_*.png' or img_%05d.tif; a list of names, @names.txt; or one array of several, a.npz:name.
    #[arg(value_name = "IN")]
    input: PathBuf,

    /// Write the table to this file, .csv or .tsv, instead of standard output.
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,

    /// Measure this part of each frame only: column, row, width and height in pixels, perhaps named, such as eye=100,50,32,16.
    ///
    /// Can be given several times; the columns of each end with its name, or its number from 1.
    #[arg(long = "roi", value_name = "[NAME=]X,Y,W,H")]
    regions: Vec<Region>,

    /// What to measure: mean, min, max, std, sharpness, difference, nan; all unless given.
    #[arg(long = "columns", value_name = "NAME,…", value_delimiter = ',')]
    measures: Vec<Measure>,

    /// Replace an existing output.
    #[arg(long)]
    overwrite: bool,

    #[command(flatten)]
    part: PartArgs,

    #[command(flatten)]
    read: ReadArgs,

    #[command(flatten)]
    raw: RawArgs,
}

/// Runs the verb.
pub(crate) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let output = args.output.as_deref();
    let output = output.filter(|output| !streams::is_standard(output));
    let separator = output.map_or(Ok(b','), separator)?;
    let surroundings = surroundings(&args.read, limits, interrupt);
    let options = args.read.options(args.raw.raw, limits);
    let reader = streams::open(&args.input, &options, &interrupt.cancel)?;
    let reader = args.part.of(&args.input, reader, &surroundings)?;
    let options = StatsOptions {
        regions: args.regions.clone(),
        measures: args.measures.clone(),
        threads: args.read.threads,
        memory_bytes: args.read.memory,
        cancel: interrupt.cancel.clone(),
    };
    let stats = Stats::new(reader, &options)?;
    let job = Job {
        args,
        begun: Instant::now(),
        interrupt,
        term,
    };
    match output {
        Some(output) => job.to_file(stats, output, separator),
        None if term.json => job.to_json(stats),
        None => job.to_stdout(stats, separator),
    }
}

/// What stands between the values of a file of this name.
fn separator(output: &Path) -> Result<u8, Error> {
    let extension = output.extension().and_then(OsStr::to_str);
    match extension.map(str::to_lowercase).as_deref() {
        Some("csv" | "txt") => Ok(b','),
        Some("tsv") => Ok(b'\t'),
        _ => Err(Error::bad_option(
            "--output",
            format!("`{}`", output.display()),
            "a name that ends in .csv, .tsv or .txt",
        )),
    }
}

/// A table to be written.
struct Job<'a> {
    args: &'a Args,
    begun: Instant,
    interrupt: &'a Interrupt,
    term: &'a Term,
}

impl Job<'_> {
    fn to_stdout(&self, mut stats: Stats, separator: u8) -> anyhow::Result<ExitCode> {
        let failed = Error::io("write", "standard output");
        let mut out = BufWriter::new(io::stdout());
        let name = Path::new("standard output");
        let rows = write_rows(&mut stats, &mut out, name, separator, &());
        // What was measured before an error is worth telling.
        out.flush().map_err(failed)?;
        self.tell_lost(&stats, rows?);
        Ok(ExitCode::SUCCESS)
    }

    fn to_file(&self, mut stats: Stats, output: &Path, separator: u8) -> anyhow::Result<ExitCode> {
        let (input, overwrite) = (&self.args.input, self.args.overwrite);
        let options = WriteOptions::default();
        streams::refuse_input(input, &stats.files(), output, &options)?;
        let storage: Arc<dyn Storage> = Arc::new(Disk);
        let mut staged = StagedFile::create(&storage, output, overwrite)?;
        self.interrupt.clean_up();
        let bar = Bar::new(self.term, stats.info().frame_count.get());
        let mut out = BufWriter::new(&mut staged);
        let rows = write_rows(&mut stats, &mut out, output, separator, &bar)?;
        out.flush().map_err(Error::io("write", output))?;
        drop(out);
        drop(bar);
        let bytes = staged.commit()?;
        streams::note_damage(self.term, input, stats.damage());
        let seconds = self.begun.elapsed().as_secs_f64();
        if self.term.json {
            self.term.json(&json!({
                "input": input.to_string_lossy(),
                "output": output.to_string_lossy(),
                "frames": rows,
                "seconds": seconds,
                "output_bytes": bytes,
                "lost_frames": streams::lost_count(stats.damage()),
            }))?;
        } else {
            let lost = streams::lost_text(stats.damage());
            let lost = lost.map_or_else(String::new, |lost| format!(", {lost}"));
            let rate = rows as f64 / seconds.max(1e-9);
            self.term.note(&format!(
                "Done: {rows} frame(s){lost} in {seconds:.2} s ({rate:.0} frames/s), {}",
                human_bytes(bytes)
            ));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn to_json(&self, mut stats: Stats) -> anyhow::Result<ExitCode> {
        let failed = || Error::io("write", "standard output");
        let mut out = BufWriter::new(io::stdout());
        let path = json!(self.args.input.to_string_lossy());
        write!(out, "{{\"path\":{path},\"frames\":[").map_err(failed())?;
        let columns = stats.columns().to_vec();
        let mut rows = 0u64;
        for row in stats.by_ref() {
            let row = row?;
            let comma = if rows == 0 { "" } else { "," };
            write!(out, "{comma}{}", json_row(&columns, &row)).map_err(failed())?;
            rows += 1;
        }
        let lost = json!(streams::lost_count(stats.damage()));
        writeln!(out, "],\"count\":{rows},\"lost_frames\":{lost}}}").map_err(failed())?;
        out.flush().map_err(failed())?;
        self.tell_lost(&stats, rows);
        Ok(ExitCode::SUCCESS)
    }

    fn tell_lost(&self, stats: &Stats, rows: u64) {
        streams::note_damage(self.term, &self.args.input, stats.damage());
        if let Some(lost) = streams::lost_text(stats.damage()) {
            self.term.note(&format!("Done: {rows} frame(s), {lost}"));
        }
    }
}

/// Writes the header and all rows; how many rows there were.
fn write_rows(
    stats: &mut Stats,
    out: &mut dyn Write,
    name: &Path,
    separator: u8,
    progress: &dyn Progress,
) -> anyhow::Result<u64> {
    let written = |error| written(error, name);
    let flushed = || Error::io("write", name);
    let total = stats.info().frame_count.get();
    let mut table = csv::WriterBuilder::new()
        .delimiter(separator)
        .from_writer(out);
    let mut record = csv::ByteRecord::new();
    let mut has_names = false;
    let mut rows = 0;
    let mut next = stats.next().transpose()?;
    // The first frame tells whether there are names.
    if let Some(row) = &next {
        has_names = row.stamp.name.is_some();
    }
    header(&mut record, stats.columns(), has_names);
    table.write_byte_record(&record).map_err(written)?;
    while let Some(row) = next {
        record.clear();
        stamp_fields(&mut record, &row.stamp, has_names);
        for value in &row.values {
            let text = value.map_or_else(String::new, number);
            record.push_field(text.as_bytes());
        }
        table.write_byte_record(&record).map_err(written)?;
        rows += 1;
        if progress.frame_written(rows, total).is_break() {
            break;
        }
        next = match stats.next().transpose() {
            Ok(next) => next,
            Err(error) => {
                table.flush().map_err(flushed())?;
                return Err(error.into());
            }
        };
    }
    table.flush().map_err(flushed())?;
    Ok(rows)
}

/// The cause is what the rest of the program looks for.
fn written(error: csv::Error, name: &Path) -> Error {
    let source = match error.into_kind() {
        csv::ErrorKind::Io(source) => source,
        other => io::Error::other(format!("{other:?}")),
    };
    Error::io("write", name)(source)
}

fn header(record: &mut csv::ByteRecord, columns: &[StatsColumn], has_names: bool) {
    for name in ["index", "number", "time"] {
        record.push_field(name.as_bytes());
    }
    if has_names {
        record.push_field(b"name");
    }
    for column in columns {
        record.push_field(column.name.as_bytes());
    }
}

fn stamp_fields(record: &mut csv::ByteRecord, stamp: &Stamp, has_names: bool) {
    record.push_field(stamp.index.to_string().as_bytes());
    let number = stamp.number.map(|number| number.to_string());
    record.push_field(number.unwrap_or_default().as_bytes());
    record.push_field(time(stamp).unwrap_or_default().as_bytes());
    if has_names {
        record.push_field(stamp.name.as_deref().unwrap_or_default().as_bytes());
    }
}

/// Seconds to the nanosecond, which of times since the epoch are more digits than a float has.
fn time(stamp: &Stamp) -> Option<String> {
    let ticks = stamp.time?.ticks_in(Timebase::NANOSECONDS);
    let sign = if ticks < 0 { "-" } else { "" };
    let (seconds, rest) = (
        ticks.unsigned_abs() / 1_000_000_000,
        ticks.unsigned_abs() % 1_000_000_000,
    );
    let text = format!("{sign}{seconds}.{rest:09}");
    Some(text.trim_end_matches('0').trim_end_matches('.').to_owned())
}

/// The shortest text that is read back to the same number.
fn number(value: f64) -> String {
    if value.is_nan() {
        "nan".to_owned()
    } else if value.fract() == 0.0 && value.abs() < 1e15 {
        format!("{value}")
    } else {
        // With an exponent where the digits would be many.
        format!("{value:?}")
    }
}

/// An object; what is not finite is null.
fn json_row(columns: &[StatsColumn], row: &StatsRow) -> Value {
    let stamp = &row.stamp;
    let mut object = Map::new();
    object.insert("index".to_owned(), json!(stamp.index));
    object.insert("number".to_owned(), json!(stamp.number));
    object.insert("time".to_owned(), json!(stamp.secs()));
    object.insert("name".to_owned(), json!(stamp.name.as_deref()));
    for (column, value) in columns.iter().zip(&row.values) {
        object.insert(column.name.clone(), json!(value));
    }
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use pimage_core::Timestamp;

    use super::*;

    #[test]
    fn numbers_are_short_and_read_back() {
        for (value, expected) in [
            (12.0, "12"),
            (-0.5, "-0.5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e300, "1e300"),
            (1e-7, "1e-7"),
            (f64::INFINITY, "inf"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(number(value), expected);
            let read: f64 = number(value).parse().expect("parses");
            assert!(
                read.to_bits() == value.to_bits() || value.is_nan(),
                "{value}"
            );
        }
    }

    #[test]
    fn times_are_exact_to_the_nanosecond() {
        let at = |ticks, base| {
            let stamp = Stamp {
                time: Some(Timestamp::new(ticks, base)),
                ..Stamp::at(0)
            };
            time(&stamp).expect("is there")
        };
        assert_eq!(
            at(1_700_000_000_123_456_789, Timebase::NANOSECONDS),
            "1700000000.123456789"
        );
        assert_eq!(at(-1_500, Timebase::MILLISECONDS), "-1.5");
        assert_eq!(at(0, Timebase::MILLISECONDS), "0");
        assert_eq!(at(10_000, Timebase::MILLISECONDS), "10");
        assert_eq!(at(1, Timebase::new(1, 3).expect("is one")), "0.333333333");
    }

    #[test]
    fn the_name_of_the_output_tells_the_separator() {
        assert_eq!(separator(Path::new("a.CSV")).ok(), Some(b','));
        assert_eq!(separator(Path::new("a.tsv")).ok(), Some(b'\t'));
        let error = separator(Path::new("a.png")).expect_err("is an image");
        assert!(error.to_string().contains(".csv"), "{error}");
    }
}
