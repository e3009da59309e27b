//! `pimage store info`: what a store says of itself.

use std::path::PathBuf;
use std::process::ExitCode;

use pimage_core::{FrameReader as _, Limits};
use pimage_store::{LockState, StoreReader, lock_state};
use serde_json::{Value, json};

use super::{counted, open};
use crate::interrupt::Interrupt;
use crate::term::Term;

/// Show what a store is: format, chunks, frames, their numbers and times.
///
/// With --chunks a line for each chunk: its number, the indices of its frames, their first and last number and time.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The store.
    #[arg(value_name = "STORE")]
    store: PathBuf,

    /// List the chunks.
    #[arg(long)]
    chunks: bool,
}

/// Runs the verb.
pub(super) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let store = open(&args.store, limits, interrupt)?;
    let facts = Facts::of(&store)?;
    if term.json {
        let mut value = facts.json(&store);
        if args.chunks {
            let chunks: Vec<_> = chunks(&store).iter().map(Chunk::json).collect();
            value["chunk_table"] = chunks.into();
        }
        term.json(&value)?;
        return Ok(ExitCode::SUCCESS);
    }
    for line in facts.lines(&store) {
        term.line(&crate::report::safe(&line))?;
    }
    if args.chunks {
        term.line("chunk    frames              numbers              times")?;
        for chunk in chunks(&store) {
            term.line(&chunk.line())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What is not in the metadata.
struct Facts {
    lock: &'static str,
    gaps: u64,
    missing: u64,
    repeated: u64,
    seconds: Option<f64>,
}

impl Facts {
    fn of(store: &StoreReader) -> anyhow::Result<Self> {
        let index = store.index();
        let (mut gaps, mut missing, mut repeated) = (0u64, 0u64, 0u64);
        for pair in index.numbers().windows(2) {
            let &[before, after] = pair else { continue };
            if after == before {
                repeated += 1;
            } else if after > before.saturating_add(1) && before != pimage_store::UNKNOWN_NUMBER {
                gaps += 1;
                missing = missing.saturating_add(after.abs_diff(before) - 1);
            }
        }
        let times = index.times();
        let seconds = times.first().zip(times.last());
        Ok(Self {
            lock: match lock_state(store.folder())? {
                LockState::Closed => "closed",
                LockState::Held(_) => "being written",
                LockState::Stale(_) => {
                    "not closed (its writer ended; `pimage store repair` closes it)"
                }
                LockState::Foreign => "perhaps being written (an empty `.lock` of imgstore)",
            },
            gaps,
            missing,
            repeated,
            seconds: seconds
                .map(|(first, last)| last - first)
                .filter(|seconds| seconds.is_finite()),
        })
    }

    fn lines(&self, store: &StoreReader) -> Vec<String> {
        let (metadata, index, info) = (store.metadata(), store.index(), store.info());
        let mut lines = vec![
            format!("path:      {}", store.folder().display()),
            format!("format:    {} ({})", metadata.format, metadata.class),
            format!(
                "frames:    {} in {}",
                index.len(),
                counted(index.chunks().len() as u64, "chunk")
            ),
            format!("image:     {}", info.format),
        ];
        if let Some(rate) = info.rate {
            lines.push(format!("rate:      {:.6} frames/s", rate.fps()));
        }
        if let (Some(first), Some(last)) = (index.numbers().first(), index.numbers().last()) {
            lines.push(format!(
                "numbers:   {first} to {last}, {} ({} missing), {} repeated",
                counted(self.gaps, "gap"),
                self.missing,
                self.repeated
            ));
        }
        if let (Some(first), Some(seconds)) = (index.times().first(), self.seconds) {
            lines.push(format!("times:     from {first:.6} s, {seconds:.6} s long"));
        }
        let zone = metadata.timezone.as_deref().unwrap_or("UTC");
        let guess = if metadata.is_created_guessed {
            ", guessed"
        } else {
            ""
        };
        lines.push(format!("created:   {} ({zone}{guess})", metadata.created));
        if let Some(uuid) = &metadata.uuid {
            lines.push(format!("uuid:      {uuid}"));
        }
        if let Some(encoding) = &metadata.encoding {
            lines.push(format!("encoding:  {encoding}"));
        }
        for (key, value) in &metadata.user {
            lines.push(format!("user:      {key} = {value}"));
        }
        lines.push(format!("state:     {}", self.lock));
        lines.extend(
            store
                .notes()
                .iter()
                .map(|note| format!("note:      {note}")),
        );
        lines
    }

    fn json(&self, store: &StoreReader) -> Value {
        let (metadata, index, info) = (store.metadata(), store.index(), store.info());
        let time = |time: Option<&f64>| time.filter(|time| time.is_finite()).copied();
        json!({
            "path": store.folder().to_string_lossy(),
            "class": metadata.class.name(),
            "format": metadata.format,
            "width": info.format.width,
            "height": info.format.height,
            "channels": info.format.color.channels(),
            "dtype": info.format.sample.name(),
            "frames": index.len(),
            "chunks": index.chunks().len(),
            "chunk_frames": metadata.chunk_frames,
            "fps": info.rate.map(|rate| rate.fps()),
            "first_number": index.numbers().first(),
            "last_number": index.numbers().last(),
            "first_time": time(index.times().first()),
            "last_time": time(index.times().last()),
            "gaps": self.gaps,
            "missing_numbers": self.missing,
            "repeated_numbers": self.repeated,
            "duration": self.seconds,
            "created": metadata.created.to_string(),
            "timezone": metadata.timezone,
            "uuid": metadata.uuid,
            "encoding": metadata.encoding,
            "user": metadata.user,
            "state": self.lock,
            "notes": store.notes(),
        })
    }
}

/// A row of the table of chunks.
struct Chunk {
    number: u64,
    frames: std::ops::Range<u64>,
    numbers: (i64, i64),
    times: (f64, f64),
}

fn chunks(store: &StoreReader) -> Vec<Chunk> {
    let index = store.index();
    let at = |frame: u64| {
        let frame = usize::try_from(frame).ok()?;
        Some((*index.numbers().get(frame)?, *index.times().get(frame)?))
    };
    let rows = index.chunks().iter().filter_map(|chunk| {
        let (first, last) = (
            at(chunk.frames.start)?,
            at(chunk.frames.end.checked_sub(1)?)?,
        );
        Some(Chunk {
            number: chunk.number,
            frames: chunk.frames.clone(),
            numbers: (first.0, last.0),
            times: (first.1, last.1),
        })
    });
    rows.collect()
}

impl Chunk {
    fn line(&self) -> String {
        let frames = format!("{}..{}", self.frames.start, self.frames.end);
        let numbers = format!("{} to {}", self.numbers.0, self.numbers.1);
        let (first, last) = self.times;
        format!(
            "{:06}   {frames:<18}  {numbers:<19}  {first:.6} to {last:.6}",
            self.number
        )
    }

    fn json(&self) -> Value {
        json!({
            "chunk": self.number,
            "start": self.frames.start,
            "stop": self.frames.end,
            "first_number": self.numbers.0,
            "last_number": self.numbers.1,
            "first_time": Some(self.times.0).filter(|time| time.is_finite()),
            "last_time": Some(self.times.1).filter(|time| time.is_finite()),
        })
    }
}
