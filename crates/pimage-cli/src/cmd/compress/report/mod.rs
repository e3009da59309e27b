//! `pimage compress report`: ways to pack an array beside each other, by size and by what is lost.

mod baseline;
mod mapped;
mod measure;
mod modes;
mod source;
mod table;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use pimage_convert::{ArrayErrors, ByteCounts, RangeSpec};
use pimage_core::{Error, FrameFormat, FrameReader};
use pimage_fs::{Disk, ScratchFolder, StagedFolder, Storage};

use crate::args::{RawArgs, ReadArgs};
use crate::cmd::compress::{Context, figures, range_of};
use crate::part::PartArgs;
use crate::report::{Hinted, chain};
use crate::streams;
use crate::transform::surroundings;

use measure::{Measured, measure};
use modes::{Mode, Way, usual};
use source::Source;

const EXAMPLES: &str = "\
Examples:
  pimage compress report field.npy -o report
  pimage compress report field.nc:V --modes max-error=1e-3,psnr=60,avg,high,netcdf-zlib -o report
  pimage compress report field.npy --modes exact,blosc --stop 100 -o report --json";

/// Compare ways to pack an array: size, errors, spectra, times; as a table, as JSON and as figures.
///
/// Errors are of what was packed and unpacked again; PSNR and relative errors are relative to the range of all samples.
/// The folder gets report.json, summary.png (errors over ratios), bytes.png (which bytes the files consist of) and a figure for each mode:
/// a frame before (above) and after (below), the difference, the histogram of all errors and their spectrum.
/// Ratios are the bytes of the samples over those of the file. Encoding counts the time to read the array; sizes and errors do not depend on the threads.
/// Files are written one after another into the folder for temporary files (TMPDIR), and removed again.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The array: anything that can be read.
    #[arg(value_name = "IN")]
    input: PathBuf,

    /// What to compare: exact, max-error=E, rel-error=R, psnr=DB; extreme, max, vhigh, high, avg, low, vlow, C4-JP2K, LL-JP2K, LL-FFV1 as `pimage compress --mode`;
    /// zfp=R (ZFP, no value off by more than this share of the range), blosc, netcdf-zlib, grib-ccsds, raw-16-bit, half-resolution. A choice of them unless given.
    #[arg(long, value_name = "MODE,…", value_delimiter = ',')]
    modes: Vec<Mode>,

    /// The folder for the report.
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,

    /// What errors and steps are relative to: auto (the least and greatest sample), full or MIN,MAX.
    #[arg(
        long,
        value_name = "RANGE",
        default_value = "auto",
        allow_hyphen_values = true
    )]
    range: RangeSpec,

    /// Replace files of an earlier report.
    #[arg(long)]
    overwrite: bool,

    #[command(flatten)]
    part: PartArgs,

    #[command(flatten)]
    read: ReadArgs,

    #[command(flatten)]
    raw: RawArgs,
}

/// What came of a mode.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) name: String,
    /// What the mode is.
    pub(super) title: String,
    pub(super) errors: ArrayErrors,
    /// Those of the file, or of all files of a folder.
    pub(super) bytes: ByteCounts,
    /// Those of all samples.
    pub(super) raw_bytes: u64,
    /// Those of one sample.
    sample_bytes: usize,
    pub(super) encode_secs: f64,
    pub(super) decode_secs: f64,
}

impl Outcome {
    /// Bytes of the file.
    pub(super) fn size(&self) -> u64 {
        self.bytes.total()
    }

    /// How many times smaller the file is than the samples.
    pub(super) fn ratio(&self) -> f64 {
        self.raw_bytes as f64 / self.size().max(1) as f64
    }

    fn bits_per_value(&self) -> f64 {
        8.0 * self.sample_bytes as f64 / self.ratio()
    }
}

/// A mode that this build or this array does not allow.
struct LeftOut {
    name: String,
    reason: String,
}

/// All modes.
struct Report<'a> {
    input: &'a str,
    format: FrameFormat,
    range: (f64, f64),
    outcomes: Vec<Outcome>,
    left_out: Vec<LeftOut>,
}

/// Runs the verb.
pub(super) fn run(args: &Args, context: Context<'_>) -> anyhow::Result<ExitCode> {
    let Context {
        limits,
        interrupt,
        term,
    } = context;
    let modes = modes(args)?;
    if streams::is_standard(&args.input) {
        let text = "standard input can be read only once, and each mode reads it";
        return Err(Hinted::new(
            text,
            "write it to a file first: `pimage convert - array.npy`",
        )
        .into());
    }
    interrupt.clean_up();
    let folder = begin(args, &modes)?;
    let surroundings = surroundings(&args.read, limits, interrupt);
    let options = args.read.options(args.raw.raw, limits);
    let open = || -> anyhow::Result<Box<dyn FrameReader>> {
        let reader = streams::open(&args.input, &options, &interrupt.cancel)?;
        Ok(args.part.of(&args.input, reader, &surroundings)?)
    };
    let reader = open()?;
    if reader.info().frame_count.exact() == Some(0) {
        let text = format!("`{}` has no frame to pack", args.input.display());
        return Err(Hinted::new(text, "`pimage info` tells how many frames can be read").into());
    }
    let format = reader.info().format;
    drop(reader);
    let source = Source {
        open: &open,
        format,
        range: range_of(args.range, &mut *open()?, &interrupt.cancel)?,
        threads: args.read.threads,
        memory: args.read.memory,
        limits,
        surroundings: surroundings.clone(),
        interrupt,
    };
    let input = args.input.to_string_lossy();
    let mut report = Report {
        input: &input,
        format,
        range: source.range,
        outcomes: Vec::new(),
        left_out: Vec::new(),
    };
    let scratch = ScratchFolder::create(None)?;
    for mode in &modes {
        term.note(&format!("packing: {}", mode.name));
        report.add(mode, &source, scratch.path(), folder.staged_path())?;
    }
    report.finish(folder)?;
    match term.json {
        true => term.json(&report.json())?,
        false => term.line(&report.text())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn modes(args: &Args) -> Result<Vec<Mode>, Error> {
    let modes = if args.modes.is_empty() {
        usual()
    } else {
        args.modes.clone()
    };
    for (place, mode) in modes.iter().enumerate() {
        let is_twice = modes
            .iter()
            .take(place)
            .any(|before| before.name == mode.name);
        if is_twice {
            return Err(Error::bad_option(
                "--modes",
                format!("`{}` twice", mode.name),
                "each once",
            ));
        }
    }
    Ok(modes)
}

/// Begins the folder of the report; its files get their names together.
fn begin(args: &Args, modes: &[Mode]) -> Result<StagedFolder, Error> {
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    if !args.output.is_dir() {
        return StagedFolder::create(&storage, &args.output, false);
    }
    let figures = modes.iter().map(|mode| format!("{}.png", mode.file_stem()));
    let names = ["report.json", "summary.png", "bytes.png"].map(str::to_owned);
    for name in names.into_iter().chain(figures) {
        let path = args.output.join(name);
        if !args.overwrite && path.symlink_metadata().is_ok() {
            return Err(Error::Exists { path });
        }
    }
    StagedFolder::create_in(&storage, &args.output, args.overwrite)
}

impl Report<'_> {
    /// Measures a mode and draws its figure.
    fn add(
        &mut self,
        mode: &Mode,
        source: &Source<'_>,
        scratch: &Path,
        folder: &Path,
    ) -> anyhow::Result<()> {
        let stem = mode.file_stem();
        // The array's range, not the mode's name, may make what is written; a mode never reads another's file.
        let path = scratch.join(format!(
            "{}.{}",
            self.outcomes.len() + self.left_out.len(),
            mode.extension()
        ));
        if let Some(reason) = not_built(mode) {
            self.left_out.push(LeftOut {
                name: mode.name.clone(),
                reason,
            });
            return Ok(());
        }
        let measured = measure(mode, source, &path);
        remove(&path);
        let Measured { outcome, halves } = match measured {
            Ok(measured) => measured,
            Err(error) => {
                self.left_out.push(left_out(mode, error)?);
                return Ok(());
            }
        };
        let picture = folder.join(format!("{stem}.png"));
        figures::mode(&outcome, &halves, &picture, false)?;
        self.outcomes.push(outcome);
        Ok(())
    }

    /// Writes what is of all modes.
    fn finish(&self, folder: StagedFolder) -> anyhow::Result<()> {
        if self.outcomes.is_empty() {
            let reasons: Vec<String> = self
                .left_out
                .iter()
                .map(|LeftOut { name, reason }| format!("{name}: {reason}"))
                .collect();
            let text = format!("no mode packs `{}`: {}", self.input, reasons.join("; "));
            return Err(
                Hinted::new(text, "`pimage compress report --help` lists the modes").into(),
            );
        }
        let staged = folder.staged_path();
        figures::summary(&self.outcomes, &staged.join("summary.png"), false)?;
        figures::bytes(&self.outcomes, &staged.join("bytes.png"), false)?;
        let name = Path::new("report.json");
        let mut file = folder.create_file(name)?;
        writeln!(file, "{:#}", self.json())
            .map_err(Error::io("write", folder.target().join(name)))?;
        drop(file);
        folder.commit()?;
        Ok(())
    }
}

/// Why nothing of this build writes what the mode needs; `None` when something does.
fn not_built(mode: &Mode) -> Option<String> {
    let extension = mode.extension();
    let is_written = pimage_io::FORMATS
        .iter()
        .any(|format| format.create.is_some() && format.extensions.contains(&extension));
    let is_own = matches!(mode.way, Way::Promise(_) | Way::Zfp(_));
    (!is_written && !is_own).then(|| format!("not built: nothing here writes .{extension}"))
}

/// Why a mode is left out; the error itself when it would meet all modes.
fn left_out(mode: &Mode, error: anyhow::Error) -> anyhow::Result<LeftOut> {
    let is_of_the_mode = error.chain().any(|cause| {
        let converted = match cause.downcast_ref() {
            Some(pimage_convert::ConvertError::Write { source }) => Some(source),
            _ => None,
        };
        matches!(
            cause.downcast_ref().or(converted),
            Some(
                Error::NotBuilt { .. }
                    | Error::CannotHold { .. }
                    | Error::CannotTake { .. }
                    | Error::Codec { .. }
                    | Error::BadOption { .. }
                    | Error::Unsupported { .. }
                    | Error::Unrecognized { .. }
            )
        )
    });
    match is_of_the_mode {
        true => Ok(LeftOut {
            name: mode.name.clone(),
            reason: chain(&error),
        }),
        false => Err(error),
    }
}

/// Removes what a mode wrote; what stays goes with the folder that it is in.
fn remove(path: &Path) {
    let _ = match path.is_dir() {
        true => std::fs::remove_dir_all(path),
        false => std::fs::remove_file(path),
    };
}
