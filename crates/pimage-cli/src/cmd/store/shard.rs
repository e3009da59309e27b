//! `pimage store shard`: the chunks of one of several jobs through steps into a part of a store.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use pimage_convert::{ConvertOptions, convert};
use pimage_core::{Error, FrameReader, FrameReaderExt as _, Limits};
use pimage_fs::{Disk, Storage as _};
use pimage_store::{FORMATS, PartWriter, RecordOptions, Shard};
use serde_json::json;

use super::{counted, open, tell_notes};
use crate::args::{ReadArgs, parse_index};
use crate::interrupt::Interrupt;
use crate::progress::Bar;
use crate::sizes::human_bytes;
use crate::streams;
use crate::term::Term;
use crate::transform::{TransformArgs, surroundings};

const EXAMPLES: &str = "\
Examples:
  pimage store shard recording parts --count 100 --index $SLURM_ARRAY_TASK_ID --format h264/mkv -t gaussian=1.5
  seq 0 7 | parallel pimage store shard recording parts --count 8 --index {} --format ffv1/mkv
  pimage store merge parts -o smaller";

/// Do one job's share of a store: its chunks, through steps, into a part of a new store.
///
/// Jobs need to know nothing of one another: job I of N has a fixed share of the chunks, its part has its name only when it is whole,
/// and a job whose part is there already does nothing. `pimage store merge` joins the parts.
/// Steps that look at neighbours or measure the recording see all of it, so that the parts are what one job would have made.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The store.
    #[arg(value_name = "STORE")]
    store: PathBuf,

    /// The folder of the parts, which is made unless it is there.
    #[arg(value_name = "PARTS")]
    parts: PathBuf,

    /// How many jobs there are.
    #[arg(long, value_name = "N", value_parser = parse_index)]
    count: u64,

    /// Which of them this is, from 0.
    #[arg(long, value_name = "I", value_parser = parse_index)]
    index: u64,

    /// How frames are kept; as in the store unless given.
    #[arg(long, value_name = "NAME", help_heading = "Writing")]
    format: Option<String>,

    /// The quality of a lossy format, on its codec's scale.
    #[arg(long, value_name = "QUALITY", help_heading = "Writing")]
    quality: Option<String>,

    /// The video encoder's preset.
    #[arg(long, value_name = "NAME", help_heading = "Writing")]
    preset: Option<String>,

    #[command(flatten)]
    transform: TransformArgs,

    #[command(flatten)]
    read: ReadArgs,
}

impl Args {
    /// What is done to the frames, in words: parts that say the same belong together.
    fn recipe(&self, format: &str) -> String {
        let mut words = vec![format!("format={format}")];
        words.extend(
            self.quality
                .iter()
                .map(|quality| format!("quality={quality}")),
        );
        words.extend(self.preset.iter().map(|preset| format!("preset={preset}")));
        if self.read.gray {
            words.push("gray".to_owned());
        }
        words.extend(self.transform.transforms.iter().map(ToString::to_string));
        words.extend(self.transform.colormap.iter().map(ToString::to_string));
        words.join(" | ")
    }
}

/// Runs the verb.
pub(super) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let shard = Shard::new(args.count, args.index)?;
    let store = open(&args.store, limits, interrupt)?;
    tell_notes(&store, term);
    let format = format_of(args, &store.metadata().format)?;
    let recipe = args.recipe(&format);
    let target = args.parts.join(shard.part_name());
    let frames = PartWriter::frames(&store, shard);
    let is_done = PartWriter::is_done(&store, shard, &recipe, &target, &limits).map_err(
        |error| match error {
            Error::Exists { path } => {
                let reason = "it is there already, of another store or made in another way";
                Error::unsupported(path, reason)
            }
            other => other,
        },
    )?;
    if is_done || frames.is_empty() {
        return told(args, &target, is_done, term);
    }
    let reading = args.read.options(None, limits);
    let reader = streams::open(&args.store, &reading, &interrupt.cancel)?;
    let surroundings = surroundings(&args.read, limits, interrupt);
    let reader = args.transform.of(reader, &surroundings)?;
    if reader.info().frame_count.exact() != Some(store.index().len()) {
        let expected = "steps that make one frame of each, so that chunks stay what they are";
        return Err(Error::bad_option(
            "--transform",
            "one that changes the number of frames",
            expected,
        )
        .into());
    }
    let mut reader = reader.range(frames.clone())?;
    match Disk.create_folder(&args.parts) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(Error::io("create", &args.parts)(error).into());
        }
        _ => {}
    }
    let options = RecordOptions {
        quality: args.quality.clone(),
        preset: args.preset.clone(),
        threads: args.read.threads,
        limits,
        ..RecordOptions::new(&format)
    };
    interrupt.clean_up();
    let part = PartWriter::new(&store, shard, &recipe, &target, reader.info(), &options)?;
    let options = ConvertOptions {
        threads: args.read.threads,
        memory_bytes: args.read.memory,
        cancel: interrupt.cancel.clone(),
        ..ConvertOptions::default()
    };
    let bar = Bar::new(term, Some(frames.end - frames.start));
    let converted = convert(&mut reader, Box::new(part), &options, &bar);
    drop(bar);
    let summary = match converted {
        Ok(summary) => summary,
        // Another job with the same share may have been faster.
        Err(_)
            if PartWriter::is_done(&store, shard, &recipe, &target, &limits)
                .is_ok_and(|is_done| is_done) =>
        {
            return told(args, &target, true, term);
        }
        Err(error) => return Err(error.into()),
    };
    streams::note_damage(term, &args.store, &summary.damage);
    for note in &summary.written.notes {
        term.note(&format!("note: {note}"));
    }
    let seconds = begun.elapsed().as_secs_f64();
    if term.json {
        term.json(&json!({
            "input": args.store.to_string_lossy(),
            "output": target.to_string_lossy(),
            "status": "written",
            "frames": summary.written.frames,
            "lost_frames": streams::lost_count(&summary.damage),
            "seconds": seconds,
            "output_bytes": summary.written.bytes,
        }))?;
    } else {
        term.note(&format!(
            "Done: {} in {seconds:.2} s, {} in `{}`",
            counted(summary.written.frames, "frame"),
            human_bytes(summary.written.bytes),
            target.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// The format to write: that of the store where it is one that is written.
fn format_of(args: &Args, own: &str) -> Result<String, Error> {
    let wanted = args.format.as_deref().unwrap_or(own);
    let rows = || FORMATS.iter().filter(|row| row.is_written);
    if rows().any(|row| row.name == wanted) {
        return Ok(wanted.to_owned());
    }
    let names: Vec<_> = rows().map(|row| row.name).collect();
    let expected = format!("one of {}", names.join(", "));
    Err(Error::bad_option(
        "--format",
        format!("`{wanted}`"),
        expected,
    ))
}

/// Says that there was nothing to do.
fn told(
    args: &Args,
    target: &std::path::Path,
    is_done: bool,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let status = match is_done {
        true => "there already",
        false => "empty",
    };
    if term.json {
        term.json(&json!({
            "input": args.store.to_string_lossy(),
            "output": target.to_string_lossy(),
            "status": status,
            "frames": 0,
        }))?;
    } else if is_done {
        term.note(&format!(
            "`{}` is there already: nothing to do",
            target.display()
        ));
    } else {
        term.note("the store has fewer chunks than there are jobs: nothing to do for this one");
    }
    Ok(ExitCode::SUCCESS)
}
