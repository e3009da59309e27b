//! `pimage convert`: any recording in, any recording out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use pimage_convert::{
    ConvertOptions, ConvertSummary, RangeMapping, RangeSpec, RangeTarget, convert,
};
use pimage_core::{Error, FrameFormat, FrameReader, FrameWriter, Limits, SampleType, StreamInfo};
use serde_json::json;

use crate::args::{RawArgs, ReadArgs, WriteArgs, parse_index, parse_step};
use crate::interrupt::Interrupt;
use crate::progress::Bar;
use crate::report::Hinted;
use crate::sizes::human_bytes;
use crate::streams;
use crate::term::Term;

const EXAMPLES: &str = "\
Examples:
  pimage convert recording.seq video.avi             MJPEG
  pimage convert recording.seq video.mp4             H.264
  pimage convert recording.seq exact.mkv             FFV1: every pixel comes back
  pimage convert film.mp4 frames.npy --start 100 --stop 200
  pimage convert camera16.npy small.mp4 --range p0.1,99.9
  pimage convert recording.seq - | ffmpeg -i - out.gif
  ffmpeg -i in.mov -f yuv4mpegpipe - | pimage convert - out.mkv";

/// Convert a recording into another format.
///
/// The output's format follows from its extension, and nothing is narrowed, rescaled or re-timed in silence:
/// what the output cannot hold is an error that says what to add.
/// The output has its name only when it is complete.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The recording, or - for standard input (y4m, or raw with --raw).
    #[arg(value_name = "IN")]
    input: PathBuf,

    /// The output, or - for standard output (y4m, or raw with --format raw).
    #[arg(value_name = "OUT")]
    output: PathBuf,

    /// The first frame to convert.
    #[arg(long, value_name = "INDEX", default_value_t = 0, allow_negative_numbers = true, value_parser = parse_index)]
    start: u64,

    /// The frame before which to stop.
    #[arg(long, value_name = "INDEX", allow_negative_numbers = true, value_parser = parse_index)]
    stop: Option<u64>,

    /// Convert every N-th frame.
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true, value_parser = parse_step)]
    step: u64,

    /// Map samples linearly to the whole range of 8 bits, or of 16 where the output holds them: auto, full, pLO,HI or MIN,MAX.
    ///
    /// auto: the least and greatest sample of all frames; full: all that the type and its bit depth can hold (0 to 1 for floats);
    /// pLO,HI: percentiles of all samples, such as p1,99; MIN,MAX: these values.
    /// auto and percentiles read the recording once more before. NaN becomes 0 and is counted. The mapping is recorded in the output.
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    range: Option<RangeSpec>,

    #[command(flatten)]
    read: ReadArgs,

    #[command(flatten)]
    raw: RawArgs,

    #[command(flatten)]
    write: WriteArgs,
}

/// A reader, a writer, and what stands between them.
struct Plan {
    reader: Box<dyn FrameReader>,
    writer: Box<dyn FrameWriter>,
    mapping: Option<RangeMapping>,
}

/// Runs the verb.
pub(crate) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    if streams::is_standard(&args.output) {
        interrupt.drain();
    }
    let mut plan = plan(args, limits, interrupt)?;
    if !streams::is_standard(&args.output) {
        interrupt.clean_up();
    }
    let source = plan.reader.info().clone();
    let mut options = ConvertOptions {
        threads: args.read.threads,
        memory_bytes: args.write.memory,
        cancel: interrupt.cancel.clone(),
        ..ConvertOptions::default()
    };
    if let Some(mapping) = &plan.mapping {
        options = options.transform(mapping.clone());
    }
    let bar = Bar::new(term, source.frame_count.get());
    let converted = convert(&mut *plan.reader, plan.writer, &options, &bar);
    drop(bar);
    let summary = converted?;
    streams::note_damage(term, &args.input, &summary.damage);
    if summary.written.frames == 0 {
        return Err(no_frames(args));
    }
    let done = Done {
        args,
        source: &source,
        summary: &summary,
        mapping: plan.mapping.as_ref(),
        elapsed: begun.elapsed(),
    };
    if term.json {
        // The only thing on standard output, unless that has the frames.
        match streams::is_standard(&args.output) {
            true => eprint_json(term, &done.json()),
            false => term.json(&done.json())?,
        }
    } else {
        done.notes(term);
        term.note(&done.line());
    }
    Ok(ExitCode::SUCCESS)
}

fn eprint_json(term: &Term, value: &serde_json::Value) {
    term.note(&value.to_string());
}

fn no_frames(args: &Args) -> anyhow::Error {
    Hinted::new(
        format!("`{}` has no frame to convert", args.input.display()),
        "`pimage info` tells how many frames can be read",
    )
    .into()
}

/// Opens and checks both ends before the first frame is converted.
fn plan(args: &Args, limits: Limits, interrupt: &Interrupt) -> anyhow::Result<Plan> {
    if let Some(stop) = args.stop
        && stop <= args.start
    {
        return Err(Error::bad_option(
            "--stop",
            stop.to_string(),
            format!("more than --start, which is {}", args.start),
        )
        .into());
    }
    let read_options = args.read.options(args.raw.raw, limits);
    let open = || -> anyhow::Result<Box<dyn FrameReader>> {
        let reader = streams::open(&args.input, &read_options, &interrupt.cancel)?;
        Ok(streams::select(
            &args.input,
            reader,
            args.start,
            args.stop,
            args.step,
        )?)
    };
    let mut reader = open()?;
    let format = args.write.format.as_deref();
    streams::refuse_input(&args.input, &reader.files(), &args.output, format)?;
    if reader.info().frame_count.exact() == Some(0) {
        return Err(no_frames(args));
    }
    let Some(spec) = args.range else {
        let writer = create(args, reader.info())?;
        return Ok(Plan {
            reader,
            writer,
            mapping: None,
        });
    };
    let (low, high) = if spec.needs_survey() {
        if streams::is_standard(&args.input) {
            return Err(Error::bad_option(
                "--range",
                format!("`{spec}` for standard input, which can be read only once"),
                "`full` or `MIN,MAX` there",
            )
            .into());
        }
        // A reader of its own, so that what it finds damaged is not told twice.
        spec.bounds(&mut *open()?, &interrupt.cancel)?
    } else {
        spec.bounds(&mut *reader, &interrupt.cancel)?
    };
    let (mapping, writer) = create_mapped(args, reader.info(), low, high)?;
    Ok(Plan {
        reader,
        writer,
        mapping: Some(mapping),
    })
}

fn create(args: &Args, info: &StreamInfo) -> anyhow::Result<Box<dyn FrameWriter>> {
    let options = args.write.options(args.read.threads);
    streams::create(&args.output, info, &options)
}

/// A writer for mapped frames: of 16 bits where the source has more than 8 and the target holds them, else of 8.
fn create_mapped(
    args: &Args,
    source: &StreamInfo,
    low: f64,
    high: f64,
) -> anyhow::Result<(RangeMapping, Box<dyn FrameWriter>)> {
    let mapping = |target| RangeMapping::new(&source.format, low, high, target);
    if source.format.sample != SampleType::U8 {
        let wide = mapping(RangeTarget::U16);
        match create(args, &wide.info(source)) {
            Ok(writer) => return Ok((wide, writer)),
            Err(error) if is_cannot_hold(&error) => {}
            Err(error) => return Err(error),
        }
    }
    let narrow = mapping(RangeTarget::U8);
    let writer = create(args, &narrow.info(source))?;
    Ok((narrow, writer))
}

fn is_cannot_hold(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(Error::CannotHold { .. }))
}

/// A finished conversion, to be told.
struct Done<'a> {
    args: &'a Args,
    source: &'a StreamInfo,
    summary: &'a ConvertSummary,
    mapping: Option<&'a RangeMapping>,
    elapsed: Duration,
}

impl Done<'_> {
    fn frames_per_second(&self) -> f64 {
        self.summary.written.frames as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// `Done: 1000 frames in 0.52 s (1923 frames/s), 328.0 MB -> 45.1 MB`.
    fn line(&self) -> String {
        let frames = self.summary.written.frames;
        let lost = streams::lost_text(&self.summary.damage)
            .map_or_else(String::new, |lost| format!(", {lost}"));
        format!(
            "Done: {frames} {}{lost} in {:.2} s ({:.0} frames/s), {} -> {}",
            if frames == 1 { "frame" } else { "frames" },
            self.elapsed.as_secs_f64(),
            self.frames_per_second(),
            human_bytes(input_bytes(&self.args.input, self.source, frames)),
            human_bytes(self.summary.written.bytes),
        )
    }

    fn notes(&self, term: &Term) {
        for note in &self.summary.written.notes {
            term.note(&format!("note: {note}"));
        }
        if let Some(mapping) = self.mapping {
            term.note(&format!("note: samples were mapped {mapping}"));
            if mapping.nan_count() > 0 {
                let count = mapping.nan_count();
                term.note(&format!(
                    "note: {count} sample(s) were not a number and became 0"
                ));
            }
        }
    }

    fn json(&self) -> serde_json::Value {
        let written = &self.summary.written;
        let lost: Vec<_> = self
            .summary
            .damage
            .iter()
            .map(|run| json!({"start": run.frames.start, "stop": run.frames.end, "reason": run.reason}))
            .collect();
        json!({
            "input": self.args.input.to_string_lossy(),
            "output": self.args.output.to_string_lossy(),
            "frames": written.frames,
            "seconds": self.elapsed.as_secs_f64(),
            "frames_per_second": self.frames_per_second(),
            "input_bytes": input_bytes(&self.args.input, self.source, written.frames),
            "output_bytes": written.bytes,
            "lost_frames": streams::lost_count(&self.summary.damage),
            "lost": lost,
            "range_mapping": self.mapping.map(ToString::to_string),
            "nan_samples": self.mapping.map_or(0, RangeMapping::nan_count),
            "notes": written.notes,
        })
    }
}

/// The length of the input, of which raw frames may lie in files beside the one that was named.
fn input_bytes(path: &Path, info: &StreamInfo, frames: u64) -> u64 {
    let file = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let is_raw = info.codec.as_deref().is_none_or(|codec| codec == "raw");
    if is_raw || streams::is_standard(path) {
        file.max(raw_bytes(&info.format).saturating_mul(frames))
    } else {
        file
    }
}

fn raw_bytes(format: &FrameFormat) -> u64 {
    format.frame_bytes().unwrap_or(0) as u64
}
