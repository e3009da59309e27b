//! Records the frames of a numpy array as a store, and says how fast.
//!
//! `cargo run --release -p pimage-store --features ffmpeg --example record -- CLIP.npy STORE FORMAT CHUNK [DURABILITY [FLUSH [REPEAT]]]`

#![expect(clippy::print_stdout, reason = "an example prints its result")]

use std::path::Path;
use std::time::{Duration, Instant};

use pimage_codec::npy::header::Header;
use pimage_core::{
    Color, Error, Frame, FrameCount, FrameFormat, FrameRate, FrameWriter, Limits, StreamInfo,
};
use pimage_store::{Durability, RecordOptions, StoreWriter};

fn usage() -> Error {
    Error::bad_option(
        "the command line",
        "something else",
        "CLIP.npy STORE FORMAT CHUNK [none|chunk|second|frame [SECONDS [TIMES]]]",
    )
}

/// The frames of an array (frames, height, width) or (frames, height, width, channels).
fn frames_of(path: &Path) -> Result<(FrameFormat, Vec<Frame>), Error> {
    let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
    let length = Header::length(path, &bytes, &Limits::default())?;
    let header = Header::parse(path, bytes.get(..length).unwrap_or(&[]))?;
    let sample = header.stored(path)?.sample();
    let side = |axis: usize| {
        let length = header.shape.get(axis).copied().unwrap_or(1);
        u32::try_from(length).unwrap_or(u32::MAX)
    };
    let color = Color::from_channels(side(3) as usize).unwrap_or(Color::Gray);
    let format = FrameFormat::new(side(2), side(1), color, sample);
    let length = format.frame_bytes().unwrap_or(usize::MAX).max(1);
    let data = bytes.get(header.data_start as usize..).unwrap_or(&[]);
    let frames = data.chunks_exact(length).map(|bytes| {
        let mut frame = Frame::zeroed(format);
        frame.bytes_mut().copy_from_slice(bytes);
        frame
    });
    Ok((format, frames.collect()))
}

fn main() -> Result<(), Error> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [clip, store, name, chunk, rest @ ..] = args.as_slice() else {
        return Err(usage());
    };
    let (format, frames) = frames_of(Path::new(clip))?;
    let mut options = RecordOptions::new(name);
    options.chunk.frames = Some(chunk.parse().ok().ok_or_else(usage)?);
    if let Some(name) = rest.first() {
        let known = Durability::ALL
            .into_iter()
            .find(|known| known.name() == name);
        options.durability = known.ok_or_else(usage)?;
    }
    if let Some(seconds) = rest.get(1) {
        options.flush = Duration::from_secs_f64(seconds.parse().ok().ok_or_else(usage)?);
    }
    let times: usize = match rest.get(2) {
        Some(times) => times.parse().ok().ok_or_else(usage)?,
        None => 1,
    };
    let mut info = StreamInfo::new("npy", format, FrameCount::Exact(frames.len() as u64));
    info.rate = FrameRate::new(25, 1);
    let start = Instant::now();
    let mut writer = StoreWriter::new(store, &info, &options)?;
    for _ in 0..times {
        for frame in &frames {
            writer.write(frame)?;
        }
    }
    let summary = Box::new(writer).finish()?;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{name}: {} frames in {seconds:.3} s, {:.0} frames/s, {} bytes",
        summary.frames,
        summary.frames as f64 / seconds,
        summary.bytes
    );
    Ok(())
}
