//! `pimage store shard`: the chunks of one of several jobs through steps into a part of a store.

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use pimage_convert::{ConvertOptions, ConvertSummary, convert};
use pimage_core::{Error, FrameReader, FrameReaderExt as _, Limits};
use pimage_fs::{Disk, Storage as _};
use pimage_io::WriteOptions;
use pimage_store::{PartWriter, RecordOptions, Shard, StoreReader, written_format};
use serde_json::json;

use super::record::parse_format;
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

    /// How frames are kept; as in the store unless given, or what is written in place of a format that is only read.
    #[arg(long, value_name = "NAME", help_heading = "Writing", value_parser = parse_format)]
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
    let target = args.parts.join(shard.part_name());
    streams::refuse_input(&args.store, &[], &target, &WriteOptions::default())?;
    let format = format_of(args, &store.metadata().format)?;
    if args.format.is_none() && format != store.metadata().format {
        let own = &store.metadata().format;
        term.note(&format!(
            "note: `{own}`, the format of the store, is only read: the part is `{format}`"
        ));
    }
    let job = Job {
        args,
        limits,
        interrupt,
        term,
        shard,
        recipe: args.recipe(&format),
        format,
        target,
        store,
    };
    let is_done = job.is_done()?;
    if is_done || job.frames().is_empty() {
        return job.told_nothing(is_done);
    }
    let summary = match job.write() {
        Ok(summary) => summary,
        // Another job with the same share may have been faster.
        Err(_) if job.is_done().is_ok_and(|is_done| is_done) => return job.told_nothing(true),
        Err(error) => return Err(error),
    };
    job.tell(&summary, begun)
}

/// One job's share.
struct Job<'a> {
    args: &'a Args,
    limits: Limits,
    interrupt: &'a Interrupt,
    term: &'a Term,
    store: StoreReader,
    shard: Shard,
    format: String,
    recipe: String,
    target: PathBuf,
}

impl Job<'_> {
    /// The frames of the store that are its own.
    fn frames(&self) -> Range<u64> {
        PartWriter::frames(&self.store, self.shard)
    }

    /// Whether its part is there.
    fn is_done(&self) -> Result<bool, Error> {
        let (store, target) = (&self.store, &self.target);
        let is_done = PartWriter::is_done(store, self.shard, &self.recipe, target, &self.limits);
        is_done.map_err(|error| match error {
            Error::Exists { path } => {
                let reason = "it is there already, of another store or made in another way";
                Error::unsupported(path, reason)
            }
            other => other,
        })
    }

    /// The frames of the whole store after all steps.
    fn reader(&self) -> anyhow::Result<Box<dyn FrameReader>> {
        let args = self.args;
        let reading = args.read.options(None, self.limits);
        let reader = streams::open(&args.store, &reading, &self.interrupt.cancel)?;
        let surroundings = surroundings(&args.read, self.limits, self.interrupt);
        let reader = args.transform.of(reader, &surroundings)?;
        if reader.info().frame_count.exact() != Some(self.store.index().len()) {
            return Err(Error::bad_option(
                "--transform",
                "one that changes the number of frames",
                "steps that make one frame of each, so that chunks stay what they are",
            )
            .into());
        }
        Ok(reader)
    }

    fn write(&self) -> anyhow::Result<ConvertSummary> {
        let args = self.args;
        let frames = self.frames();
        let mut reader = self.reader()?.range(frames.clone())?;
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
            limits: self.limits,
            ..RecordOptions::new(&self.format)
        };
        self.interrupt.clean_up();
        let (info, target) = (reader.info(), &self.target);
        let part = PartWriter::new(
            &self.store,
            self.shard,
            &self.recipe,
            target,
            info,
            &options,
        )?;
        let options = ConvertOptions {
            threads: args.read.threads,
            memory_bytes: args.read.memory,
            cancel: self.interrupt.cancel.clone(),
            ..ConvertOptions::default()
        };
        let bar = Bar::new(self.term, Some(frames.end - frames.start));
        Ok(convert(&mut reader, Box::new(part), &options, &bar)?)
    }

    fn tell(&self, summary: &ConvertSummary, begun: Instant) -> anyhow::Result<ExitCode> {
        let (args, term, written) = (self.args, self.term, &summary.written);
        streams::note_damage(term, &args.store, &summary.damage);
        for note in &written.notes {
            term.note(&format!("note: {note}"));
        }
        let seconds = begun.elapsed().as_secs_f64();
        if term.json {
            term.json(&json!({
                "input": args.store.to_string_lossy(),
                "output": self.target.to_string_lossy(),
                "status": "written",
                "frames": written.frames,
                "lost_frames": streams::lost_count(&summary.damage),
                "seconds": seconds,
                "output_bytes": written.bytes,
            }))?;
        } else {
            term.note(&format!(
                "Done: {} in {seconds:.2} s, {} in `{}`",
                counted(written.frames, "frame"),
                human_bytes(written.bytes),
                self.target.display()
            ));
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Says that there was nothing to do.
    fn told_nothing(&self, is_done: bool) -> anyhow::Result<ExitCode> {
        let (term, target) = (self.term, &self.target);
        let status = match is_done {
            true => "there already",
            false => "empty",
        };
        if term.json {
            term.json(&json!({
                "input": self.args.store.to_string_lossy(),
                "output": target.to_string_lossy(),
                "status": status,
                "frames": 0,
            }))?;
        } else if is_done {
            let target = target.display();
            term.note(&format!("`{target}` is there already: nothing to do"));
        } else {
            term.note("the store has fewer chunks than there are jobs: nothing to do for this one");
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The format to write: that of the store, or what is written in its place.
fn format_of(args: &Args, own: &str) -> Result<String, Error> {
    if let Some(wanted) = &args.format {
        return Ok(wanted.clone());
    }
    let row = written_format(own);
    row.map(|row| row.name.to_owned()).ok_or_else(|| {
        let found = format!("missing, and the store's `{own}` is not written");
        Error::bad_option("--format", found, "a name of `pimage store formats`")
    })
}
