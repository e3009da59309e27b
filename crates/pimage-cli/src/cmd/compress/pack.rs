//! `pimage compress IN OUT`: one array, one file, one promise.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::ValueEnum;
use pimage_compress::{CompressOptions, Goal, Layer, MODES, OpenOptions, Preview, create};
use pimage_convert::{ArrayErrors, ArrayErrorsOptions, ConvertOptions, RangeSpec, convert};
use pimage_core::{Error, FrameReader};
use pimage_io::WriteOptions;

use super::done::Done;
use super::promise::{Promise, parse_error, parse_mode, parse_ratio, parse_share};
use super::quantise::{CodecKind, QuantiseArgs};
use super::{Context, range_of};
use crate::args::{RawArgs, ReadArgs, parse_step};
use crate::part::PartArgs;
use crate::progress::Bar;
use crate::report::Hinted;
use crate::streams;
use crate::transform::surroundings;

/// The extension of what is written.
const EXTENSION: &str = "mkv";

/// The part of the memory that is for frames on their way to the packer.
const READ_SHARE: u64 = 8;

#[derive(Debug, clap::Args)]
pub(super) struct PackArgs {
    // The parser asks for both, unless a verb of the group is called.
    /// The array: anything that can be read; `pimage convert --help` tells how it is named.
    #[arg(value_name = "IN", required = true)]
    input: Option<PathBuf>,

    /// The output; its name ends in .mkv.
    #[arg(value_name = "OUT", required = true)]
    output: Option<PathBuf>,

    #[command(flatten)]
    promise: PromiseArgs,

    #[command(flatten)]
    quantise: QuantiseArgs,

    /// What --rel-error and --psnr are relative to, and what --mode and --codec spread over their bits: auto (the least and greatest sample, for which the array is read once more before), full or MIN,MAX.
    #[arg(
        long,
        value_name = "RANGE",
        default_value = "auto",
        allow_hyphen_values = true
    )]
    range: RangeSpec,

    /// What values are made from.
    #[arg(long, value_name = "LAYER", value_enum, default_value_t = LayerKind::Auto)]
    layer: LayerKind,

    /// The video that players show.
    #[arg(long, value_name = "KIND", value_enum, default_value_t = PreviewKind::Auto)]
    preview: PreviewKind,

    /// Frames that are packed together; any one of them is unpacked with the others. As many as have about four million values, up to 256, unless given.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_step)]
    group: Option<u64>,

    /// Read IN and the output once more, compare them, and tell the greatest error and the PSNR; exit code 1 where the promise was not kept.
    #[arg(long)]
    verify: bool,

    /// Replace an existing output.
    #[arg(long)]
    overwrite: bool,

    /// Do not wait until the output is on the disk.
    #[arg(long)]
    no_sync: bool,

    #[command(flatten)]
    part: PartArgs,

    #[command(flatten)]
    read: ReadArgs,

    #[command(flatten)]
    raw: RawArgs,
}

/// What is promised: one of these.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct PromiseArgs {
    /// Every value comes back as it was, which is so unless another promise is given.
    #[arg(long)]
    exact: bool,

    /// No value is off by more than this.
    #[arg(long, value_name = "E", allow_negative_numbers = true, value_parser = parse_error)]
    max_error: Option<f64>,

    /// No value is off by more than this share of the range.
    #[arg(long, value_name = "R", allow_negative_numbers = true, value_parser = parse_share)]
    rel_error: Option<f64>,

    /// The signal-to-noise ratio of each group of frames, at least; the peak is the range. Single values may be further off.
    #[arg(long, value_name = "DB", allow_negative_numbers = true, value_parser = parse_ratio)]
    psnr: Option<f64>,

    /// A mode of `numpy_compress`, for gray arrays: extreme, max, vhigh, high, avg, low, vlow, C4-JP2K, LL-JP2K, LL-FFV1.
    /// Nothing is promised but NaN and infinities.
    #[arg(long, value_name = "NAME", value_parser = parse_mode, long_help = mode_help())]
    mode: Option<Promise>,

    /// Whole numbers in a video and nothing else, with --bits, --quality and --preset; for gray arrays.
    #[arg(long, value_name = "NAME", value_enum)]
    codec: Option<CodecKind>,
}

/// The modes, and what each really does.
fn mode_help() -> String {
    let mut help =
        "A mode of numpy_compress, for gray arrays; nothing is promised but NaN and infinities.\n"
            .to_owned();
    for mode in MODES {
        help.push_str(&format!("\n{:<8} {}", mode.name, mode.title));
    }
    help
}

impl PackArgs {
    fn promise(&self) -> Result<Promise, Error> {
        let given = &self.promise;
        if let Some(codec) = given.codec {
            return Ok(Promise::Quantised(self.quantise.setting(codec)?));
        }
        let max_error = given.max_error.map(Promise::MaxError);
        let rel_error = given.rel_error.map(Promise::RelError);
        let psnr = given.psnr.map(Promise::Psnr);
        let promise = max_error.or(rel_error).or(psnr).or(given.mode);
        Ok(promise.unwrap_or(Promise::Exact))
    }
}

/// What values are made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LayerKind {
    /// Whatever takes the fewest bytes.
    Auto,
    /// Neighbours that were unpacked before.
    Predicted,
    /// A video of every frame, and what it got wrong, unless a group takes fewer bytes without; for gray arrays.
    Video,
    /// ZFP, unless a group is not within the largest error so; for floats and a largest error above 0.
    Zfp,
}

impl From<LayerKind> for Layer {
    fn from(kind: LayerKind) -> Self {
        match kind {
            LayerKind::Auto => Self::Auto,
            LayerKind::Predicted => Self::Predicted,
            LayerKind::Video => Self::Video,
            LayerKind::Zfp => Self::Zfp,
        }
    }
}

/// The video that players show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PreviewKind {
    /// As large and as smooth as about one percent of the file allow.
    Auto,
    /// Every frame at its full size.
    Full,
    /// The least that players open.
    None,
}

impl From<PreviewKind> for Preview {
    fn from(kind: PreviewKind) -> Self {
        match kind {
            PreviewKind::Auto => Self::Auto,
            PreviewKind::Full => Self::Full,
            PreviewKind::None => Self::None,
        }
    }
}

/// Runs the verb.
pub(super) fn run(args: &PackArgs, context: Context<'_>) -> anyhow::Result<ExitCode> {
    let Context {
        limits,
        interrupt,
        term,
    } = context;
    let begun = Instant::now();
    let (Some(input), Some(output)) = (&args.input, &args.output) else {
        return Err(Error::bad_option("OUT", "missing", "an array and an output").into());
    };
    expect_matroska(output)?;
    let surroundings = surroundings(&args.read, limits, interrupt);
    let options = args.read.options(args.raw.raw, limits);
    let open = || -> anyhow::Result<Box<dyn FrameReader>> {
        let reader = streams::open(input, &options, &interrupt.cancel)?;
        Ok(args.part.of(input, reader, &surroundings)?)
    };
    if args.verify && streams::is_standard(input) {
        let expected = "a file, since standard input can be read only once";
        return Err(Error::bad_option("IN with --verify", "`-`", expected).into());
    }
    let mut reader = open()?;
    let refused = WriteOptions {
        overwrite: args.overwrite,
        ..WriteOptions::default()
    };
    streams::refuse_input(input, &reader.files(), output, &refused)?;
    if reader.info().frame_count.exact() == Some(0) {
        return Err(no_frames(input));
    }
    let format = reader.info().format;
    let goal = goal(args, input, &mut *reader, &open, context)?;
    let writer = create(
        output,
        reader.info(),
        CompressOptions {
            goal: goal.clone(),
            layer: args.layer.into(),
            preview: args.preview.into(),
            group_frames: args.group,
            threads: args.read.threads,
            memory: args.read.memory,
            overwrite: args.overwrite,
            sync: !args.no_sync,
            cancel: interrupt.cancel.clone(),
            ..CompressOptions::default()
        },
    )?;
    interrupt.clean_up();
    let options = ConvertOptions {
        threads: Some(1),
        memory_bytes: args.read.memory / READ_SHARE,
        cancel: interrupt.cancel.clone(),
        ..ConvertOptions::default()
    };
    let bar = Bar::new(term, reader.info().frame_count.get());
    let converted = convert(&mut *reader, Box::new(writer), &options, &bar);
    drop(bar);
    let summary = converted?;
    streams::note_damage(term, input, &summary.damage);
    if summary.written.frames == 0 {
        return Err(no_frames(input));
    }
    let errors = match args.verify {
        true => Some(verified(output, &mut *open()?, args, context)?),
        false => None,
    };
    let done = Done {
        input,
        output,
        format,
        goal,
        summary: &summary,
        errors,
        elapsed: begun.elapsed(),
    };
    done.tell(context)?;
    Ok(if done.is_kept() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// What the output lost of the input.
fn verified(
    output: &Path,
    reader: &mut dyn FrameReader,
    args: &PackArgs,
    context: Context<'_>,
) -> anyhow::Result<ArrayErrors> {
    let options = OpenOptions {
        limits: context.limits,
        threads: args.read.threads,
        ..OpenOptions::default()
    };
    let mut packed = pimage_compress::open(output, &options)?;
    let options = ArrayErrorsOptions {
        threads: args.read.threads,
        cancel: context.interrupt.cancel.clone(),
    };
    let bar = Bar::new(context.term, reader.info().frame_count.get());
    Ok(ArrayErrors::between(reader, &mut packed, &options, &bar)?)
}

fn no_frames(input: &Path) -> anyhow::Error {
    Hinted::new(
        format!("`{}` has no frame to pack", input.display()),
        "`pimage info` tells how many frames can be read",
    )
    .into()
}

/// An error unless the output is called what it is.
fn expect_matroska(output: &Path) -> Result<(), Error> {
    let extension = output.extension().unwrap_or_default();
    if extension.eq_ignore_ascii_case(EXTENSION) {
        return Ok(());
    }
    let expected = "a name that ends in .mkv, for a packed array is a Matroska file";
    Err(Error::bad_option(
        "OUT",
        format!("`{}`", output.display()),
        expected,
    ))
}

/// What is promised, in the units of the array.
fn goal(
    args: &PackArgs,
    input: &Path,
    reader: &mut dyn FrameReader,
    open: &dyn Fn() -> anyhow::Result<Box<dyn FrameReader>>,
    context: Context<'_>,
) -> anyhow::Result<Goal> {
    let promise = args.promise()?;
    if !promise.needs_range() {
        if !args.range.needs_survey() {
            return Err(Error::bad_option(
                "--range",
                format!("`{}` for a promise that does not depend on it", args.range),
                "it with --rel-error, --psnr, --mode or --codec only",
            )
            .into());
        }
        return Ok(promise.goal((0.0, 0.0)));
    }
    let cancel = &context.interrupt.cancel;
    if !args.range.needs_survey() {
        return Ok(promise.goal(range_of(args.range, reader, cancel)?));
    }
    if streams::is_standard(input) {
        return Err(Error::bad_option(
            "--range",
            format!(
                "`{}` for standard input, which can be read only once",
                args.range
            ),
            "`full` or `MIN,MAX` there",
        )
        .into());
    }
    // A reader of its own, so that what it finds damaged is not told twice.
    Ok(promise.goal(range_of(args.range, &mut *open()?, cancel)?))
}
