//! `pimage hash`: a fingerprint of every frame and of the whole.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use pimage_convert::{ConvertOptions, convert};
use pimage_core::{Damage, Error, Frame, FrameWriter, Limits, WriteSummary};
use serde_json::json;
use xxhash_rust::xxh3::Xxh3;

use crate::args::ReadArgs;
use crate::interrupt::Interrupt;
use crate::streams;
use crate::term::Term;

const EXAMPLES: &str = "\
Examples:
  pimage hash recording.seq
  pimage hash exact.mkv --json
  diff <(pimage hash a.avi) <(pimage hash b.avi)";

/// Hash the decoded pixels of every frame, with a total at the end.
///
/// A line a frame: index, the recorder's number, time in seconds (- where there is none), hash.
/// The hash is XXH3-128 over width, height, colour and sample type as text and the samples in little-endian order:
/// equal hashes mean equal pixels, whatever the file format.
/// The last line is the number of frames and the hash of all hashes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The recording, or - for standard input.
    #[arg(value_name = "IN")]
    input: PathBuf,

    #[command(flatten)]
    read: ReadArgs,
}

/// Runs the verb.
pub(crate) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let mut reader = streams::open(&args.input, &args.read.options(limits), &interrupt.cancel)?;
    let total = Arc::new(Mutex::new(Xxh3::new()));
    let printer = Printer {
        out: BufWriter::new(io::stdout()),
        json: term.json,
        written: 0,
        total: Arc::clone(&total),
    };
    let options = ConvertOptions {
        threads: args.read.threads,
        ..ConvertOptions::default()
    };
    if term.json {
        write!(
            io::stdout(),
            "{{\"path\":{},\"frames\":[",
            json!(args.input.to_string_lossy())
        )?;
    }
    let summary = convert(&mut *reader, Box::new(printer), &options, &())?;
    streams::note_damage(term, &args.input, &summary.damage);
    let count = summary.written.frames;
    let total = hex(&total.lock().unwrap_or_else(PoisonError::into_inner));
    let lost = Damage::count(&summary.damage);
    if term.json {
        term.line(&format!(
            "],\"count\":{count},\"lost_frames\":{lost},\"total\":\"{total}\"}}"
        ))?;
    } else {
        term.line(&format!("total {count} {total}"))?;
    }
    if lost > 0 {
        term.note(&format!("Done: {count} frame(s), {lost} lost"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the hash of each frame that is written to it.
struct Printer {
    out: BufWriter<io::Stdout>,
    json: bool,
    written: u64,
    /// Over the hashes of the frames.
    total: Arc<Mutex<Xxh3>>,
}

impl Printer {
    fn print(&mut self, frame: &Frame, hash: &str) -> io::Result<()> {
        let stamp = frame.stamp;
        if self.json {
            let comma = if self.written == 0 { "" } else { "," };
            let value = json!({
                "index": stamp.index,
                "number": stamp.number,
                "time": stamp.secs(),
                "hash": hash,
            });
            return write!(self.out, "{comma}{value}");
        }
        let dash = || "-".to_owned();
        let number = stamp.number.map_or_else(dash, |number| number.to_string());
        let time = stamp.secs().map_or_else(dash, |secs| format!("{secs:.6}"));
        writeln!(self.out, "{} {number} {time} {hash}", stamp.index)
    }
}

impl FrameWriter for Printer {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        let hash = hash_of(frame);
        self.total
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .update(&hash.to_be_bytes());
        self.print(frame, &format!("{hash:032x}"))
            .map_err(Error::io("write", "standard output"))?;
        self.written += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<WriteSummary, Error> {
        self.out
            .flush()
            .map_err(Error::io("write", "standard output"))?;
        Ok(WriteSummary::new(self.written, 0))
    }
}

fn hex(hasher: &Xxh3) -> String {
    format!("{:032x}", hasher.digest128())
}

/// XXH3-128 of the shape, the type and the samples of a frame.
pub(crate) fn hash_of(frame: &Frame) -> u128 {
    let format = frame.format();
    let mut hasher = Xxh3::new();
    let header = format!(
        "{}x{} {} {}\n",
        format.width, format.height, format.color, format.sample
    );
    hasher.update(header.as_bytes());
    if cfg!(target_endian = "little") {
        hasher.update(frame.bytes());
    } else {
        for sample in frame.bytes().chunks(format.sample.bytes()) {
            let turned: Vec<u8> = sample.iter().rev().copied().collect();
            hasher.update(&turned);
        }
    }
    hasher.digest128()
}

#[cfg(test)]
mod tests {
    use pimage_core::{Color, FrameFormat, SampleType};

    use super::*;

    #[test]
    fn shape_type_and_color_count_and_the_depth_does_not() {
        let frame = |width, height, color, sample| {
            hash_of(&Frame::zeroed(FrameFormat::new(
                width, height, color, sample,
            )))
        };
        let hashes = [
            frame(6, 2, Color::Gray, SampleType::U8),
            frame(2, 6, Color::Gray, SampleType::U8),
            frame(2, 2, Color::Rgb, SampleType::U8),
            frame(3, 2, Color::Gray, SampleType::U16),
            frame(3, 2, Color::Gray, SampleType::I16),
        ];
        for (first, hash) in hashes.iter().enumerate() {
            assert!(!hashes[first + 1..].contains(hash), "{first}");
        }
        let format = FrameFormat::new(3, 2, Color::Gray, SampleType::U16).with_bit_depth(12);
        assert_eq!(hash_of(&Frame::zeroed(format)), hashes[3]);
    }
}
