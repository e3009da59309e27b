//! `pimage store save`: records frames into a store, of which nothing that was flushed is lost.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use pimage_convert::{Cancel, ConvertOptions, convert};
use pimage_core::{Clock, Error, FrameRate, FrameReader, Limits, WriteSummary};
use pimage_store::{ChunkLimits, Durability, FORMATS, RecordOptions, StoreWriter};
use serde_json::{Map, Value, json};

use super::live::{Recording, UntilStopped, Watch};
use super::pattern::{PREFIX, Pattern};
use crate::args::{RawArgs, ReadArgs, parse_step};
use crate::interrupt::Interrupt;
use crate::part::PartArgs;
use crate::report::{Hinted, INTERRUPTED};
use crate::sizes::{human_bytes, parse_bytes};
use crate::streams;
use crate::term::Term;
use crate::transform::surroundings;

const EXAMPLES: &str = "\
Examples:
  pimage store save recording.seq recording --format mjpeg/avi
  pimage store save film.mp4 store --format png --chunk-frames 500 --gray
  pimage store save test:640x512@30 store --format avc1/mp4 --stop 300
  pimage store save camera:/dev/video0,640x480@30 store --format mjpeg/avi --duration 3600
  pimage store save rtsp://10.0.0.7/stream store --format h264/mkv --gray
  ffmpeg -i ADDRESS -f yuv4mpegpipe - | pimage store save - store --format h264/mkv --wall-clock";

/// How it is said that frames outlive what happened.
const SAFE: &str = "frames are safe";

/// Record frames into a store: from any recording, a camera, a network stream, a pipe, or a test pattern.
///
/// Frames keep their numbers and times. What was flushed outlives a crash: `pimage store repair` makes ordinary chunks of it.
/// Ctrl-C ends the recording in good order (exit code 130) and says how many frames are safe.
/// Frames of cameras and network streams that come faster than they can be written, or were lost on their way, are counted as dropped:
/// they are missing from the numbers. Their times are those of the stream, counted from when the first one came.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The recording, as for convert; - for standard input; camera:NAME[,WIDTHxHEIGHT][@RATE] for a camera; rtsp://, rtp://, rtmp://, tcp://, udp:// or http:// for a stream; test:WIDTHxHEIGHT@RATE for a pattern that comes like a camera's frames.
    #[arg(value_name = "SRC")]
    source: PathBuf,

    /// The folder of the store, which must not exist unless --append is given.
    #[arg(value_name = "STORE")]
    store: PathBuf,

    #[command(flatten)]
    record: RecordArgs,

    /// Give each frame the time at which it comes, seconds since 1970, instead of its own.
    #[arg(long, help_heading = "Store")]
    wall_clock: bool,

    /// Stop after so many seconds, by the clock; --stop stops after so many frames.
    #[arg(long, value_name = "S", value_parser = parse_seconds, help_heading = "Store")]
    duration: Option<f64>,

    #[command(flatten)]
    part: PartArgs,

    #[command(flatten)]
    read: ReadArgs,

    #[command(flatten)]
    raw: RawArgs,
}

/// How a store is written.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Store")]
pub(super) struct RecordArgs {
    /// How frames are kept, such as npy, png, mjpeg/avi, h264/mkv, avc1/mp4 or ffv1/mkv; `pimage store formats` lists all.
    #[arg(long, value_name = "NAME", default_value = "npy", value_parser = parse_format)]
    format: String,

    /// Frames in a chunk; 200 images or 10,000 frames of video unless another limit is given.
    #[arg(long, value_name = "N", value_parser = parse_step)]
    chunk_frames: Option<u64>,

    /// Seconds in a chunk, by the frames' times.
    #[arg(long, value_name = "S", value_parser = parse_seconds)]
    chunk_seconds: Option<f64>,

    /// Bytes of a chunk on the disk, such as 1G.
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
    chunk_bytes: Option<u64>,

    /// How often frames are handed to the system, seconds: what a crash can cost.
    #[arg(long, value_name = "S", default_value = "1", value_parser = parse_seconds)]
    flush: f64,

    /// When frames outlive a power cut too: at each flush (second), when a chunk is closed (chunk), each at once (frame, slow), or when the system likes (none).
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = When::Second)]
    durability: When,

    /// Go on with an existing store, in a new chunk; one that crashed is repaired first.
    #[arg(long)]
    append: bool,

    /// Take an empty `.lock`, as Python's imgstore leaves it, for one of a writer that is gone.
    #[arg(long)]
    ignore_lock: bool,

    /// Frames a second, such as 25 or 30000/1001, instead of the recording's rate.
    #[arg(long, value_name = "RATE")]
    fps: Option<FrameRate>,

    /// The quality of a lossy format, on its codec's scale.
    #[arg(long, value_name = "QUALITY")]
    quality: Option<String>,

    /// The video encoder's preset.
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,

    /// The time zone of the recording, such as Europe/Vienna; the machine's unless given.
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,

    /// Metadata of your own, a text or JSON; can be given several times.
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_user)]
    user: Vec<(String, Value)>,
}

/// When what was written is made to outlive a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum When {
    None,
    Chunk,
    Second,
    Frame,
}

fn parse_format(text: &str) -> Result<String, String> {
    let rows = || FORMATS.iter().filter(|row| row.is_written);
    match rows().any(|row| row.name == text) {
        true => Ok(text.to_owned()),
        false => {
            let names: Vec<_> = rows().map(|row| row.name).collect();
            Err(format!("there are {}", names.join(", ")))
        }
    }
}

fn parse_seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok();
    seconds
        .filter(|seconds| *seconds > 0.0 && *seconds <= 1e9)
        .ok_or_else(|| format!("`{text}` is not a time: expected seconds, more than 0"))
}

fn parse_user(text: &str) -> Result<(String, Value), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() && key != "__store" => {
            let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
            Ok((key.to_owned(), value))
        }
        _ => Err(format!("`{text}` is not KEY=VALUE")),
    }
}

impl RecordArgs {
    pub(super) fn options(&self, threads: Option<usize>, limits: Limits) -> RecordOptions {
        RecordOptions {
            chunk: ChunkLimits {
                frames: self.chunk_frames,
                bytes: self.chunk_bytes,
                seconds: self.chunk_seconds,
            },
            append: self.append,
            ignores_foreign_lock: self.ignore_lock,
            durability: match self.durability {
                When::None => Durability::None,
                When::Chunk => Durability::Chunk,
                When::Second => Durability::Second,
                When::Frame => Durability::Frame,
            },
            flush: Duration::from_secs_f64(self.flush),
            rate: self.fps,
            quality: self.quality.clone(),
            preset: self.preset.clone(),
            timezone: self.timezone.clone(),
            user: self.user.iter().cloned().collect::<Map<_, _>>(),
            threads,
            limits,
            ..RecordOptions::new(&self.format)
        }
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
    let mut reader = source(args, limits, interrupt)?;
    let files = reader.files();
    streams::refuse_input(
        &args.source,
        &files,
        &args.store,
        &pimage_io::WriteOptions::default(),
    )?;
    let options = args.record.options(args.read.threads, limits);
    let writer = StoreWriter::new(&args.store, reader.info(), &options).map_err(hinted)?;
    interrupt.clean_up();
    let recording = Recording::new(writer);
    let watch = Watch::new(recording.clone(), term, reader.info().frame_count.get());
    let convert_options = ConvertOptions {
        threads: args.read.threads,
        memory_bytes: args.read.memory,
        // Stopping is the end of the source here, and what is on its way is written.
        cancel: Cancel::new(),
        ..ConvertOptions::default()
    };
    let into = Box::new(recording.writer(options.flush));
    let converted = convert(&mut reader, into, &convert_options, &watch);
    drop(watch);
    let is_stopped = interrupt.cancel.is_cancelled();
    let safety = recording.safety();
    let summary = match converted {
        Ok(summary) => summary,
        Err(_) if is_stopped && safety.written == 0 => {
            term.warn("Stopped: no frame was recorded");
            return Ok(ExitCode::from(INTERRUPTED));
        }
        Err(error) => {
            let error = anyhow::Error::from(error);
            // A writer that closed what fitted says so itself.
            let is_said = error.chain().any(|cause| cause.to_string().contains(SAFE));
            if safety.written > 0 && !is_said {
                let (safe, all) = (safety.flushed, safety.written);
                let store = args.store.display();
                term.warn(&format!("{safe} of {all} {SAFE} in `{store}`"));
            }
            return Err(error);
        }
    };
    streams::note_damage(term, &args.source, &summary.damage);
    let done = Done {
        args,
        written: &summary.written,
        dropped: recording.dropped(),
        lost: streams::lost_count(&summary.damage),
        seconds: begun.elapsed().as_secs_f64(),
        is_stopped,
    };
    done.tell(term)?;
    Ok(match is_stopped {
        true => ExitCode::from(INTERRUPTED),
        false => ExitCode::SUCCESS,
    })
}

/// The frames to record.
fn source(args: &Args, limits: Limits, interrupt: &Interrupt) -> anyhow::Result<UntilStopped> {
    let name = args.source.to_string_lossy();
    if name.starts_with("/dev/video") {
        let text = format!("`{name}` is a camera, not a file");
        return Err(Hinted::new(text, "camera:/dev/video0 names a camera").into());
    }
    let reader: Box<dyn FrameReader> = if name.starts_with(PREFIX) {
        let cancel = interrupt.cancel.clone();
        Box::new(Pattern::new(name.parse()?, limits, cancel)?)
    } else if let Some(reader) = live(&name, args, limits, interrupt)? {
        reader
    } else {
        let options = args.read.options(args.raw.raw, limits);
        streams::open(&args.source, &options, &interrupt.cancel)?
    };
    let surroundings = surroundings(&args.read, limits, interrupt);
    let reader = args.part.of(&args.source, reader, &surroundings)?;
    let mut info = reader.info().clone();
    if args.wall_clock {
        info.clock = Clock::Epoch;
    }
    Ok(UntilStopped {
        info,
        reader,
        cancel: interrupt.cancel.clone(),
        stamps_now: args.wall_clock,
        until: args
            .duration
            .map(|secs| Instant::now() + Duration::from_secs_f64(secs)),
    })
}

/// A camera or a network stream; `None` for the name of a file.
#[cfg(feature = "ffmpeg")]
fn live(
    name: &str,
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
) -> Result<Option<Box<dyn FrameReader>>, Error> {
    use pimage_video::{LiveReader, LiveSource, VideoOptions};
    if !LiveSource::is_named(name) {
        return Ok(None);
    }
    let options = VideoOptions {
        limits,
        gray: args.read.gray,
        ..VideoOptions::default()
    };
    let reader = LiveReader::open(&name.parse()?, &options, &interrupt.cancel)?;
    Ok(Some(Box::new(reader)))
}

#[cfg(not(feature = "ffmpeg"))]
fn live(
    _name: &str,
    _args: &Args,
    _limits: Limits,
    _interrupt: &Interrupt,
) -> Result<Option<Box<dyn FrameReader>>, Error> {
    Ok(None)
}

/// An existing store is never written over.
fn hinted(error: Error) -> anyhow::Error {
    match &error {
        Error::Exists { path } => {
            let text = format!(
                "`{}` exists already, and stores are never written over",
                path.display()
            );
            Hinted::new(text, "--append goes on with an existing store").into()
        }
        _ => error.into(),
    }
}

/// What came of a recording.
struct Done<'a> {
    args: &'a Args,
    written: &'a WriteSummary,
    dropped: u64,
    lost: Option<u64>,
    seconds: f64,
    is_stopped: bool,
}

impl Done<'_> {
    fn tell(&self, term: &Term) -> anyhow::Result<()> {
        let frames = self.written.frames;
        let rate = frames as f64 / self.seconds.max(1e-9);
        let store: &Path = &self.args.store;
        for note in &self.written.notes {
            term.note(&format!("note: {note}"));
        }
        if self.is_stopped {
            term.warn(&format!(
                "Stopped: {frames} frame(s) are safe in `{}`",
                store.display()
            ));
        }
        if term.json {
            term.json(&json!({
                "input": self.args.source.to_string_lossy(),
                "output": store.to_string_lossy(),
                "frames": frames,
                "safe_frames": frames,
                "dropped_frames": self.dropped,
                "lost_frames": self.lost,
                "seconds": self.seconds,
                "frames_per_second": rate,
                "output_bytes": self.written.bytes,
                "stopped": self.is_stopped,
                "notes": self.written.notes,
            }))?;
        } else {
            let dropped = match self.dropped {
                0 => String::new(),
                dropped => format!(", {dropped} dropped"),
            };
            term.note(&format!(
                "Done: {frames} frame(s){dropped} in {:.2} s ({rate:.1} frames/s), {}",
                self.seconds,
                human_bytes(self.written.bytes)
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_are_texts_or_json() {
        assert_eq!(
            parse_user("a=b c"),
            Ok(("a".to_owned(), Value::from("b c")))
        );
        assert_eq!(parse_user("n=[1, 2]"), Ok(("n".to_owned(), json!([1, 2]))));
        assert!(parse_user("=1").is_err() && parse_user("a").is_err());
        assert!(parse_user("__store=1").is_err());
    }

    #[test]
    fn formats_are_those_that_are_written() {
        assert!(parse_format("mjpeg/avi").is_ok());
        let error = parse_format("libx264").expect_err("is read only");
        assert!(
            error.contains("avc1/mp4") && !error.contains("nvenc"),
            "{error}"
        );
    }
}
