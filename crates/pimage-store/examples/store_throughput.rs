//! What one job on a recording store takes, without starting a program: `tests/bench` calls it beside Python's imgstore.
//!
//! ```text
//! cargo run --release -p pimage-store --all-features --example store_throughput -- JOB ARGUMENT...
//!
//!   write FACTS.json STORE FORMAT FRAMES CHUNK [DURABILITY [FLUSH [QUALITY [PRESET]]]]
//!   read STORE                every frame in order
//!   random STORE WANTED.txt   frames by number, one in a line
//!   open STORE
//!   look-up STORE             frames by number, index and time, without reading them
//! ```
//!
//! `FACTS.json` says of raw frames how large they are and in which files beside it: `{"width": 640, "height": 512, "bins": ["a.bin"]}`.
//! One line of JSON says the seconds of the job; files that are read beforehand do not count.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use pimage_core::{
    Color, Frame, FrameCount, FrameFormat, FrameRate, FrameReader, FrameWriter, SampleType,
    StreamInfo,
};
use pimage_store::{Durability, Find, RecordOptions, StoreOptions, StoreReader, StoreWriter};
use serde_json::{Value, json};

/// Pixels between those that are looked at of each frame.
const STEP: usize = 64;
/// Frames that are looked up.
const LOOK_UPS: u64 = 100_000;
/// Frames a second.
const RATE: u32 = 30;

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let told = match arguments.as_slice() {
        ["write", facts, store, format, frames, chunk, more @ ..] => {
            let options = record_options(format, chunk, more)?;
            write(Path::new(facts), store, &options, frames.parse()?)?
        }
        ["read", store] => read(store)?,
        ["random", store, wanted] => random(store, wanted)?,
        ["open", store] => open(store)?,
        ["look-up", store] => look_up(store)?,
        _ => {
            return Err("expected write, read, random, open or look-up and what it needs".into());
        }
    };
    println!("{told}");
    Ok(())
}

fn record_options(format: &str, chunk: &str, more: &[&str]) -> Result<RecordOptions, Failure> {
    let mut options = RecordOptions::new(format);
    options.chunk.frames = Some(chunk.parse()?);
    let mut more = more.iter();
    if let Some(name) = more.next() {
        let known = Durability::ALL
            .into_iter()
            .find(|known| known.name() == *name);
        options.durability = known.ok_or("no such durability")?;
    }
    if let Some(seconds) = more.next() {
        options.flush = Duration::from_secs_f64(seconds.parse()?);
    }
    options.quality = more.next().map(ToString::to_string);
    options.preset = more.next().map(ToString::to_string);
    Ok(options)
}

/// The raw frames of a recording, and what they are.
fn raw_frames(facts: &Path) -> Result<(FrameFormat, Vec<Frame>), Failure> {
    let told: Value = serde_json::from_slice(&std::fs::read(facts)?)?;
    let side = |name: &str| told.get(name).and_then(Value::as_u64);
    let (width, height) = side("width").zip(side("height")).ok_or("no size is said")?;
    let format = FrameFormat::new(
        u32::try_from(width)?,
        u32::try_from(height)?,
        Color::Gray,
        SampleType::U8,
    );
    let length = format.frame_bytes().filter(|bytes| *bytes > 0);
    let length = length.ok_or("the size is none")?;
    let bins = told.get("bins").and_then(Value::as_array);
    let mut frames = Vec::new();
    for name in bins.into_iter().flatten().filter_map(Value::as_str) {
        let bytes = std::fs::read(facts.with_file_name(name))?;
        for pixels in bytes.chunks_exact(length) {
            let mut frame = Frame::zeroed(format);
            frame.bytes_mut().copy_from_slice(pixels);
            frames.push(frame);
        }
    }
    Ok((format, frames))
}

fn write(
    facts: &Path,
    store: &str,
    options: &RecordOptions,
    count: usize,
) -> Result<Value, Failure> {
    let (format, frames) = raw_frames(facts)?;
    let mut info = StreamInfo::new("raw", format, FrameCount::Exact(count as u64));
    info.rate = FrameRate::new(RATE, 1);
    let start = Instant::now();
    let mut writer = StoreWriter::new(store, &info, options)?;
    for frame in frames.iter().cycle().take(count) {
        writer.write(frame)?;
    }
    let summary = Box::new(writer).finish()?;
    let secs = start.elapsed().as_secs_f64();
    Ok(json!({"frames": summary.frames, "secs": secs, "bytes": summary.bytes}))
}

/// The sum of some pixels of a frame: it must be there.
fn touch(frame: &Frame) -> u64 {
    let row = frame.format().row_bytes().unwrap_or(1).max(1);
    let rows = frame.bytes().chunks_exact(row).step_by(STEP);
    rows.flat_map(|row| row.iter().step_by(STEP))
        .map(|sample| u64::from(*sample))
        .sum()
}

fn read(store: &str) -> Result<Value, Failure> {
    let start = Instant::now();
    let mut reader = StoreReader::open(store, &StoreOptions::default())?;
    let (mut frame, mut frames, mut total) = (Frame::empty(), 0u64, 0);
    while reader.read_into(&mut frame)? {
        total += touch(&frame);
        frames += 1;
    }
    let secs = start.elapsed().as_secs_f64();
    Ok(json!({"frames": frames, "secs": secs, "touched": total}))
}

fn random(store: &str, wanted: &str) -> Result<Value, Failure> {
    let numbers = std::fs::read_to_string(wanted)?;
    let numbers: Vec<i64> = numbers.lines().map(str::parse).collect::<Result<_, _>>()?;
    let start = Instant::now();
    let mut reader = StoreReader::open(store, &StoreOptions::default())?;
    let (mut frame, mut total) = (Frame::empty(), 0);
    for number in &numbers {
        if !reader.by_number(*number, Find::Exact, &mut frame)? {
            return Err(format!("there is no frame {number}").into());
        }
        total += touch(&frame);
    }
    let secs = start.elapsed().as_secs_f64();
    Ok(json!({"frames": numbers.len(), "secs": secs, "touched": total}))
}

fn open(store: &str) -> Result<Value, Failure> {
    let start = Instant::now();
    let reader = StoreReader::open(store, &StoreOptions::default())?;
    let secs = start.elapsed().as_secs_f64();
    Ok(json!({"frames": reader.index().len(), "secs": secs}))
}

/// Microseconds that one look-up takes, by each of the three ways, the first one of its kind included.
fn look_up(store: &str) -> Result<Value, Failure> {
    let reader = StoreReader::open(store, &StoreOptions::default())?;
    let index = reader.index();
    let count = index.len().max(1);
    // Spread over all frames in no order.
    let wanted: Vec<u64> = (0..LOOK_UPS)
        .map(|step| step.wrapping_mul(0x9e37_79b9_7f4a_7c15) % count)
        .collect();
    let timed = |find: &dyn Fn(u64) -> Option<u64>| {
        let start = Instant::now();
        let found = wanted.iter().filter(|frame| find(**frame).is_some());
        let found = found.count();
        (start.elapsed().as_secs_f64() * 1e6 / LOOK_UPS as f64, found)
    };
    let by_index = timed(&|frame| index.place(frame).map(|(_, within)| within));
    let by_number = timed(&|frame| index.by_number(index.number(frame)?, Find::Exact));
    let by_time = timed(&|frame| index.by_time(index.time(frame)?, Find::Nearest));
    Ok(json!({
        "frames": count,
        "number_us": by_number.0,
        "index_us": by_index.0,
        "time_us": by_time.0,
        "found": [by_number.1, by_index.1, by_time.1],
    }))
}
