//! `pimage store mux`: the videos of all chunks as one, without coding them again.

use std::path::PathBuf;
use std::process::ExitCode;

use pimage_core::{Error, Limits};

use super::{open, tell_notes};
use crate::interrupt::Interrupt;
use crate::term::Term;

/// Join the videos of a store's chunks into one file, without decoding: exact, and as fast as the disk.
///
/// The frames follow each other at the rate of the chunks, or with --times as they were taken; their times are also what
/// `pimage store timecodes` writes.
/// A container other than the chunks' has to hold their codec. Stores of images are encoded by `pimage store export` instead.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The store.
    #[arg(value_name = "STORE")]
    store: PathBuf,

    /// The video: .mkv, .mp4, .mov, .avi, .webm or .nut, whichever holds the chunks' codec.
    #[arg(value_name = "OUT")]
    output: PathBuf,

    /// Show each frame at the time that the store has for it: a video of variable rate, .mkv, .mp4 or .mov.
    #[arg(long)]
    times: bool,

    /// Replace an existing output.
    #[arg(long)]
    overwrite: bool,

    /// Do not wait until the output is on the disk.
    #[arg(long)]
    no_sync: bool,
}

/// Runs the verb.
#[cfg(feature = "ffmpeg")]
pub(super) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    use std::path::Path;
    use std::time::Instant;

    use serde_json::json;

    use super::counted;
    use crate::sizes::human_bytes;
    use crate::streams;

    let begun = Instant::now();
    let store = open(&args.store, limits, interrupt)?;
    tell_notes(&store, term);
    let videos = videos(&args.store, &store)?;
    let write = pimage_io::WriteOptions::default();
    streams::refuse_input(&args.store, &videos, &args.output, &write)?;
    let times = match args.times {
        true => times(&args.store, &store)?,
        false => Vec::new(),
    };
    interrupt.clean_up();
    let options = pimage_video::Remux {
        times,
        overwrite: args.overwrite,
        sync: !args.no_sync,
        limits,
        cancel: interrupt.cancel.clone(),
        ..pimage_video::Remux::default()
    };
    let inputs: Vec<&Path> = videos.iter().map(PathBuf::as_path).collect();
    let written = pimage_video::remux(&inputs, &args.output, &options)?;
    let frames = store.index().len();
    let lost = frames.saturating_sub(written.frames);
    let mut notes = written.notes.clone();
    if written.frames != frames {
        let what = match lost {
            0 => "the indexes have less".to_owned(),
            lost => format!("{lost} are lost"),
        };
        let text = format!(
            "{} frames were copied of the {frames} in the indexes, {what}: `pimage store verify` tells where",
            written.frames
        );
        term.warn(&text);
        notes.push(text);
    }
    for note in &written.notes {
        term.note(&format!("note: {note}"));
    }
    let seconds = begun.elapsed().as_secs_f64();
    if term.json {
        term.json(&json!({
            "input": args.store.to_string_lossy(),
            "output": args.output.to_string_lossy(),
            "chunks": inputs.len(),
            "frames": written.frames,
            "lost_frames": lost,
            "seconds": seconds,
            "output_bytes": written.bytes,
            "notes": notes,
        }))?;
    } else {
        term.note(&format!(
            "Done: {} of {} in {seconds:.2} s, {}",
            counted(written.frames, "frame"),
            counted(inputs.len() as u64, "chunk"),
            human_bytes(written.bytes)
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Seconds from the first frame to each.
#[cfg(feature = "ffmpeg")]
fn times(path: &std::path::Path, store: &pimage_store::StoreReader) -> Result<Vec<f64>, Error> {
    let times = store.index().times();
    let first = times.first().copied().unwrap_or(0.0);
    if let Some(frame) = times.iter().position(|time| !time.is_finite()) {
        let reason = format!("frame {frame} of the store has no time");
        return Err(Error::unsupported(path, reason));
    }
    if let Some(frame) = times.windows(2).position(|pair| pair.first() > pair.last()) {
        let reason = format!("the times of the store go back after frame {frame}");
        return Err(Error::unsupported(path, reason));
    }
    Ok(times.iter().map(|time| time - first).collect())
}

/// The video of each chunk.
#[cfg(feature = "ffmpeg")]
fn videos(
    path: &std::path::Path,
    store: &pimage_store::StoreReader,
) -> anyhow::Result<Vec<PathBuf>> {
    let metadata = store.metadata();
    if !metadata.class.is_video() {
        let reason = format!(
            "its chunks are folders of {} images: `pimage store export` makes a video of them",
            metadata.format
        );
        return Err(Error::unsupported(path, reason).into());
    }
    let chunks = store.index().chunks().iter().map(|chunk| {
        let name = format!("{:06}.{}", chunk.number, metadata.extension);
        let video = store.folder().join(name);
        // A recording that is not finished has a hidden name.
        match video.is_file() {
            true => Ok(video),
            false => {
                let what = format!("chunk {:06} is not whole", chunk.number);
                Err(super::not_closed(store, path, &what))
            }
        }
    });
    chunks.collect()
}

/// Runs the verb.
#[cfg(not(feature = "ffmpeg"))]
pub(super) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    tell_notes(&open(&args.store, limits, interrupt)?, term);
    Err(Error::NotBuilt {
        format: args.output.to_string_lossy().into_owned(),
        feature: "ffmpeg",
    }
    .into())
}
