//! `pimage hash`: a fingerprint of every frame and of the whole.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use pimage_convert::{ConvertOptions, convert};
use pimage_core::{Error, Frame, FrameWriter, Limits, WriteSummary};
use pimage_io::RawSpec;
use serde_json::json;
use xxhash_rust::xxh3::Xxh3;

use crate::args::ReadArgs;
use crate::interrupt::Interrupt;
use crate::part::PartArgs;
use crate::streams;
use crate::term::Term;
use crate::transform::surroundings;

const EXAMPLES: &str = "\
Examples:
  pimage hash recording.seq
  pimage hash exact.mkv --json
  pimage hash --raw film.mp4                 MD5 of the decoder's planes
  diff <(pimage hash a.avi) <(pimage hash b.avi)";

/// Hash the decoded pixels of every frame, with a total at the end.
///
/// A line a frame: index, the recorder's number, time in seconds (- where there is none), hash.
/// The hash is XXH3-128 over width, height, colour and sample type as text and the samples in little-endian order:
/// equal hashes mean equal pixels, whatever the file format.
/// The last line is the number of frames and the hash of all hashes.
///
/// With --raw, before any conversion: a line a frame with index, presentation time in ticks, bytes and MD5 of the decoder's own planes,
/// as FFmpeg's framemd5 has them, and the MD5 of all planes at the end.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The recording, or - for standard input.
    ///
    /// A file; a folder of images or recordings; a pattern of names, 'img_*.png' or img_%05d.tif; a list of names, @names.txt; or one array of several, a.npz:name.
    #[arg(value_name = "IN", required_unless_present = "raw")]
    input: Option<PathBuf>,

    /// Hash the decoder's own planes of a video; or, with a layout such as 640x512:uint8, read frames without a header.
    #[arg(long, value_name = "WxH:TYPE[:COLOR]", num_args = 0..=1)]
    raw: Option<Option<String>>,

    #[command(flatten)]
    part: PartArgs,

    #[command(flatten)]
    read: ReadArgs,
}

/// What is hashed.
#[derive(Debug, PartialEq)]
enum Subject<'a> {
    /// The frames that pimage delivers.
    Frames(&'a Path, Option<RawSpec>),
    /// The planes of a video.
    Planes(&'a Path),
}

impl Args {
    /// Tells the two meanings of `--raw` apart: a word after it is a layout, or the recording when no other is named.
    fn subject(&self) -> Result<Subject<'_>, Error> {
        match (&self.input, &self.raw) {
            (Some(path), None) => Ok(Subject::Frames(path, None)),
            (Some(path), Some(None)) => Ok(Subject::Planes(path)),
            (Some(path), Some(Some(layout))) => Ok(Subject::Frames(path, Some(layout.parse()?))),
            (None, Some(Some(word))) if word.parse::<RawSpec>().is_err() => {
                Ok(Subject::Planes(Path::new(word)))
            }
            (None, _) => Err(Error::bad_option("IN", "missing", "the recording to hash")),
        }
    }
}

/// Runs the verb.
pub(crate) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let surroundings = surroundings(&args.read, limits, interrupt);
    let (input, raw) = match args.subject()? {
        Subject::Frames(input, raw) => (input, raw),
        Subject::Planes(_) if !args.part.is_all() => {
            let expected = "no part of the recording beside it: all planes are hashed";
            return Err(Error::bad_option("--raw", "given", expected).into());
        }
        Subject::Planes(input) => return planes(input, args, limits, term),
    };
    let options = args.read.options(raw, limits);
    let reader = streams::open(input, &options, &interrupt.cancel)?;
    let mut reader = args.part.of(input, reader, &surroundings)?;
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
            json!(input.to_string_lossy())
        )?;
    }
    let summary = convert(&mut *reader, Box::new(printer), &options, &())?;
    streams::note_damage(term, input, &summary.damage);
    let count = summary.written.frames;
    let total = hex(&total.lock().unwrap_or_else(PoisonError::into_inner));
    let lost = json!(streams::lost_count(&summary.damage));
    if term.json {
        term.line(&format!(
            "],\"count\":{count},\"lost_frames\":{lost},\"total\":\"{total}\"}}"
        ))?;
    } else {
        term.line(&format!("total {count} {total}"))?;
    }
    if let Some(lost) = streams::lost_text(&summary.damage) {
        term.note(&format!("Done: {count} frame(s), {lost}"));
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "ffmpeg")]
fn planes(input: &Path, args: &Args, limits: Limits, term: &Term) -> anyhow::Result<ExitCode> {
    super::planes::run(input, &args.read.options(None, limits), term)
}

#[cfg(not(feature = "ffmpeg"))]
fn planes(_: &Path, _: &Args, _: Limits, _: &Term) -> anyhow::Result<ExitCode> {
    Err(Error::NotBuilt {
        format: "hash --raw".to_owned(),
        feature: "ffmpeg",
    }
    .into())
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
        let stamp = &frame.stamp;
        if self.json {
            let comma = if self.written == 0 { "" } else { "," };
            let value = json!({
                "index": stamp.index,
                "number": stamp.number,
                "time": stamp.secs(),
                "name": stamp.name.as_deref(),
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
    fn a_word_after_raw_is_a_layout_or_the_recording() {
        use clap::Parser;

        #[derive(Parser)]
        struct Only {
            #[command(flatten)]
            args: Args,
        }
        let layout: RawSpec = "4x3:u8".parse().expect("parses");
        let film = Path::new("film.mp4");
        for (words, expected) in [
            (vec!["film.mp4"], Some(Subject::Frames(film, None))),
            (vec!["--raw", "film.mp4"], Some(Subject::Planes(film))),
            (vec!["film.mp4", "--raw"], Some(Subject::Planes(film))),
            (
                vec!["film.mp4", "--raw", "4x3:u8"],
                Some(Subject::Frames(film, Some(layout))),
            ),
            (
                vec!["--raw", "4x3:u8", "film.mp4"],
                Some(Subject::Frames(film, Some(layout))),
            ),
            (vec!["--raw", "4x3:u8"], None),
            (vec!["--raw", "4x3", "film.mp4"], None),
        ] {
            let only = Only::parse_from([vec!["hash"], words.clone()].concat());
            assert_eq!(only.args.subject().ok(), expected, "{words:?}");
        }
    }

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
