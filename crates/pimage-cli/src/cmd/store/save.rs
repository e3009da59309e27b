//! `pimage store save`: records frames into a store, of which nothing that was flushed is lost.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use pimage_convert::{Cancel, ConvertOptions, convert};
use pimage_core::{Clock, Color, Error, FrameReader, Limits, WriteSummary};
use pimage_store::{LockState, StoreWriter, lock_state};
use serde_json::json;

use super::live::{Recording, UntilStopped, Watch};
use super::pattern::{PREFIX, Pattern};
use super::record::{RecordArgs, parse_seconds};
use super::{counted, lock_hinted};
use crate::args::{RawArgs, ReadArgs};
use crate::interrupt::Interrupt;
use crate::part::PartArgs;
use crate::report::{self, Hinted, INTERRUPTED};
use crate::sizes::human_bytes;
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
    /// The recording, as for convert; - for standard input; `camera:NAME[,WIDTHxHEIGHT][@RATE]` for a camera; rtsp://, rtp://, rtmp://, tcp://, udp:// or http:// for a stream; test:WIDTHxHEIGHT@RATE for a pattern that comes like a camera's frames.
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
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = parse_seconds, help_heading = "Store")]
    duration: Option<f64>,

    #[command(flatten)]
    part: PartArgs,

    #[command(flatten)]
    read: ReadArgs,

    #[command(flatten)]
    raw: RawArgs,
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
    let mut options = args
        .record
        .options(&args.store, args.read.threads, limits)?;
    options.paces = args.record.fps.is_some() && !args.is_live() && !args.wall_clock;
    let writer = StoreWriter::new(&args.store, reader.info(), &options)
        .map_err(|error| args.hinted(error))?;
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
            return Err(args.failed(error));
        }
    };
    streams::note_damage(term, &args.source, &summary.damage);
    let done = Done {
        args,
        written: &summary.written,
        missing: recording.dropped(),
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

impl Args {
    /// Whether frames come when they are due, and are lost when nobody takes them.
    fn is_live(&self) -> bool {
        let name = self.source.to_string_lossy();
        name.starts_with(PREFIX) || is_live(&name)
    }

    /// An existing store is never written over.
    fn hinted(&self, error: Error) -> anyhow::Error {
        match error {
            Error::Exists { path } if self.record.append => {
                let text = format!("`{}` exists and is no recording store", path.display());
                Hinted::new(text, "name the folder of a store, or a new one").into()
            }
            Error::Exists { path } => {
                let path = path.display();
                let text = format!("`{path}` exists already, and stores are never written over");
                Hinted::new(text, "--append goes on with an existing store").into()
            }
            Error::CannotHold {
                target,
                format,
                hint,
            } if format.color != Color::Gray && !self.read.gray => Error::CannotHold {
                target,
                format,
                hint: format!("{hint}; --gray makes gray frames of colour"),
            }
            .into(),
            other => lock_hinted(other),
        }
    }

    /// What failed while frames were written; a store that stays open can be closed later.
    fn failed(&self, error: anyhow::Error) -> anyhow::Error {
        match lock_state(streams::store_folder(&self.store)) {
            Ok(LockState::Held(_) | LockState::Stale(_)) => Hinted::new(
                report::chain(&error),
                "`pimage store repair` closes the store, once there is room",
            )
            .into(),
            _ => error,
        }
    }
}

#[cfg(feature = "ffmpeg")]
fn is_live(name: &str) -> bool {
    pimage_video::LiveSource::is_named(name)
}

#[cfg(not(feature = "ffmpeg"))]
const fn is_live(_name: &str) -> bool {
    false
}

/// What came of a recording.
struct Done<'a> {
    args: &'a Args,
    written: &'a WriteSummary,
    /// Numbers that the source passed over.
    missing: u64,
    lost: Option<u64>,
    seconds: f64,
    is_stopped: bool,
}

impl Done<'_> {
    fn tell(&self, term: &Term) -> anyhow::Result<()> {
        let frames = self.written.frames;
        let rate = frames as f64 / self.seconds.max(1e-9);
        let store: &Path = &self.args.store;
        let mut notes = self.written.notes.clone();
        notes.extend(streams::extra_note(&self.args.source));
        for note in &notes {
            term.note(&format!("note: {note}"));
        }
        let (dropped, missing) = match self.args.is_live() {
            true => (self.missing, 0),
            false => (0, self.missing),
        };
        if self.is_stopped {
            term.warn(&format!(
                "Stopped: {} {} safe in `{}`",
                counted(frames, "frame"),
                if frames == 1 { "is" } else { "are" },
                store.display()
            ));
        }
        if term.json {
            term.json(&json!({
                "input": self.args.source.to_string_lossy(),
                "output": store.to_string_lossy(),
                "frames": frames,
                "safe_frames": frames,
                "dropped_frames": dropped,
                "missing_numbers": missing,
                "lost_frames": self.lost,
                "seconds": self.seconds,
                "frames_per_second": rate,
                "output_bytes": self.written.bytes,
                "stopped": self.is_stopped,
                "notes": notes,
            }))?;
        } else {
            let passed = match (dropped, missing) {
                (0, 0) => String::new(),
                (0, missing) => format!(" ({missing} numbers are missing in the source)"),
                (dropped, _) => format!(", {dropped} dropped"),
            };
            term.note(&format!(
                "Done: {}{passed} in {:.2} s ({rate:.1} frames/s), {}",
                counted(frames, "frame"),
                self.seconds,
                human_bytes(self.written.bytes)
            ));
        }
        Ok(())
    }
}
