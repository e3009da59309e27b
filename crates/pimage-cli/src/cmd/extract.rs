//! `pimage extract`: chosen frames, in the order asked, from one pass over the recording.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use pimage_convert::{ConvertOptions, ConvertSummary, convert};
use pimage_core::{
    Damage, Error, Frame, FrameCount, FrameReader, FrameWriter, Limits, SeekFrames, StreamInfo,
    WriteSummary, frames_of, keys,
};
use pimage_io::{NpyWriter, ReadOptions, WriteOptions};
use serde_json::json;

use crate::args::{RawArgs, ReadArgs, WriteArgs};
use crate::interrupt::Interrupt;
use crate::part::PartArgs;
use crate::progress::Bar;
use crate::report::Hinted;
use crate::selection::{Selected, indices, read_list};
use crate::sizes::human_bytes;
use crate::streams;
use crate::term::Term;
use crate::transform::surroundings;

const EXAMPLES: &str = "\
Examples:
  pimage extract film.mp4 0 250 -1 -o picked.npy
  pimage extract recording.seq 100..200 -o part.avi
  pimage extract film.mp4 --list indices.txt -o picked.npy --gray
  pimage extract store --number 1000 --number -3 -o picked.png
  pimage extract film.mp4 7 -o - --format raw | md5sum";

/// Write chosen frames, exactly those, in the order asked.
///
/// The recording is read once, from the lowest index to the highest, whatever the order; frames may be asked for repeatedly.
/// In a video the frames follow each other at the recording's rate; their times are not kept.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The recording, or - for standard input.
    ///
    /// A file; a folder of images or recordings; a pattern of names, 'img_*.png' or img_%05d.tif; a list of names, @names.txt; or one array of several, a.npz:name.
    #[arg(value_name = "IN")]
    input: PathBuf,

    /// Frame indices from 0 (-1 is the last frame) and half-open ranges such as 10..20 or -5..-2.
    #[arg(
        value_name = "INDEX",
        allow_negative_numbers = true,
        required_unless_present_any = ["list", "numbers"]
    )]
    selected: Vec<Selected>,

    /// A file of indices and ranges, one a line; they come after those of the command line.
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,

    /// The frame that the recorder gave this number, of several the first; can be given several times. They come last.
    #[arg(long = "number", value_name = "N", allow_negative_numbers = true, value_parser = parse_number)]
    numbers: Vec<i64>,

    /// The output, or - for standard output (y4m, or raw with --format raw).
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,

    #[command(flatten)]
    part: PartArgs,

    #[command(flatten)]
    read: ReadArgs,

    #[command(flatten)]
    raw: RawArgs,

    #[command(flatten)]
    write: WriteArgs,
}

fn parse_number(text: &str) -> Result<i64, String> {
    let refused = || {
        format!(
            "`{text}` is not a number of a frame: expected one whole number, such as 1000 or -3"
        )
    };
    text.trim().parse().ok().ok_or_else(refused)
}

/// Runs the verb.
pub(crate) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let surroundings = surroundings(&args.read, limits, interrupt);
    let begun = Instant::now();
    let mut selected = args.selected.clone();
    if let Some(list) = &args.list {
        selected.extend(read_list(list, &limits)?);
    }
    let reader = streams::open(
        &args.input,
        &args.read.options(args.raw.raw, limits),
        &interrupt.cancel,
    )?;
    let mut reader = args.part.of(&args.input, reader, &surroundings)?;
    let options = args.write.options(args.read.threads);
    streams::refuse_input(&args.input, &reader.files(), &args.output, &options)?;
    let mut wanted = indices(&selected, reader.info().frame_count.exact(), &limits)
        .with_context(|| format!("cannot extract from `{}`", args.input.display()))?;
    wanted.extend(of_numbers(
        &args.numbers,
        &mut *reader,
        &args.input,
        interrupt,
    )?);
    if wanted.is_empty() {
        return Err(Hinted::new(
            "no frame was asked for",
            "name indices, or ranges such as 10..20",
        )
        .into());
    }
    match streams::is_standard(&args.output) {
        true => interrupt.drain(),
        false => interrupt.clean_up(),
    }
    let job = Job {
        args,
        limits,
        interrupt,
        term,
        wanted,
    };
    let summary = job.run(reader)?;
    streams::note_damage(term, &args.input, &summary.damage);
    job.tell(&summary, begun);
    if term.json && !streams::is_standard(&args.output) {
        term.json(&json!({
            "input": args.input.to_string_lossy(),
            "output": args.output.to_string_lossy(),
            "frames": summary.written.frames,
            "seconds": begun.elapsed().as_secs_f64(),
            "output_bytes": summary.written.bytes,
            "notes": summary.written.notes,
        }))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The indices of the frames that have these numbers.
fn of_numbers(
    numbers: &[i64],
    reader: &mut dyn FrameReader,
    path: &Path,
    interrupt: &Interrupt,
) -> Result<Vec<u64>, Error> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let refused = |reason: String| Error::unsupported(path, reason);
    let Some(seek) = reader.as_seek() else {
        return Err(refused(
            "its frames come in order only, and numbers are looked for in all of them first".into(),
        ));
    };
    let mut open: BTreeSet<i64> = numbers.iter().copied().collect();
    let mut seen: Option<(i64, i64)> = None;
    let mut found = BTreeMap::new();
    let mut next = 0;
    while !open.is_empty()
        && next < seek.frame_count()
        && let Some(stamp) = seek.stamp_of(next)?
    {
        if interrupt.cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        if let Some(number) = stamp.number {
            seen = seen.map_or(Some((number, number)), |(least, most)| {
                Some((least.min(number), most.max(number)))
            });
            if open.remove(&number) {
                found.insert(number, stamp.index);
            }
        }
        next = stamp.index.saturating_add(1);
    }
    let indices = numbers.iter().map(|number| {
        let index = found.get(number).copied();
        index.ok_or_else(|| {
            refused(match seen {
                Some((least, most)) => format!(
                    "it has no frame of the number {number}, its numbers are from {least} to {most}"
                ),
                None => "its frames have no numbers of a recorder, choose them by their indices"
                    .to_owned(),
            })
        })
    });
    let indices = indices.collect();
    seek.seek(0)?;
    indices
}

/// An extraction on its way.
struct Job<'a> {
    args: &'a Args,
    limits: Limits,
    interrupt: &'a Interrupt,
    term: &'a Term,
    /// The indices in the order asked.
    wanted: Vec<u64>,
}

impl Job<'_> {
    fn run(&self, reader: Box<dyn FrameReader>) -> anyhow::Result<ConvertSummary> {
        let mut info = reader.info().clone();
        info.frame_count = FrameCount::Exact(self.wanted.len() as u64);
        pick_places(&mut info, &self.wanted);
        info.metadata.remove(keys::VARIABLE_RATE);
        let options = self.args.write.options(self.args.read.threads);
        if self.is_npy() {
            let places = Places::new(&self.args.output, &self.wanted, &info, &options)?;
            return self.convert(&mut self.picked(reader, info), Box::new(places));
        }
        // Complains before anything is read.
        let writer = streams::create(&self.args.output, &info, &options)?;
        if self.wanted.is_sorted_by(|a, b| a < b) {
            return self.convert(
                &mut self.picked(reader, info),
                Box::new(Renumbered(writer, 0)),
            );
        }
        self.through_a_file(reader, info, writer)
    }

    /// Frames that must be written in another order than they are read wait in an array file beside the output.
    fn through_a_file(
        &self,
        reader: Box<dyn FrameReader>,
        info: StreamInfo,
        writer: Box<dyn FrameWriter>,
    ) -> anyhow::Result<ConvertSummary> {
        let bit_depth = info.format.bit_depth;
        let folder = match self.args.output.parent() {
            _ if streams::is_standard(&self.args.output) => std::env::temp_dir(),
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
            _ => PathBuf::from("."),
        };
        let waiting = tempfile::Builder::new()
            .prefix(".pimage-tmp-")
            .tempdir_in(&folder)
            .map_err(Error::io("write", &folder))?;
        let path = waiting.path().join("frames.npy");
        let options = WriteOptions {
            sync: false,
            ..WriteOptions::default()
        };
        let places = Places::new(&path, &self.wanted, &info, &options)?;
        let picked = self.convert(&mut self.picked(reader, info), Box::new(places))?;
        let options = ReadOptions {
            limits: self.limits,
            ..ReadOptions::default()
        };
        let mut again = pimage_io::open(&path, &options)?;
        // The array file does not say how many bits of a sample are used.
        let depth = move |frame: &mut Frame| {
            frame.set_bit_depth(bit_depth);
            Ok(())
        };
        let options = self.options().transform(depth);
        let bar = Bar::new(self.term, Some(self.wanted.len() as u64));
        let mut summary = convert(&mut *again, writer, &options, &bar)?;
        summary.damage = picked.damage;
        Ok(summary)
    }

    fn convert(
        &self,
        reader: &mut Picked,
        writer: Box<dyn FrameWriter>,
    ) -> anyhow::Result<ConvertSummary> {
        let bar = Bar::new(self.term, reader.info.frame_count.get());
        Ok(convert(reader, writer, &self.options(), &bar)?)
    }

    fn options(&self) -> ConvertOptions<'static> {
        ConvertOptions {
            threads: self.args.read.threads,
            memory_bytes: self.args.read.memory,
            cancel: self.interrupt.cancel.clone(),
            ..ConvertOptions::default()
        }
    }

    fn picked(&self, reader: Box<dyn FrameReader>, mut info: StreamInfo) -> Picked {
        let mut wanted = self.wanted.clone();
        wanted.sort_unstable();
        wanted.dedup();
        info.set_frame_count(FrameCount::Exact(wanted.len() as u64));
        Picked {
            reader,
            info,
            path: self.args.input.clone(),
            wanted,
            next: 0,
        }
    }

    fn is_npy(&self) -> bool {
        if streams::is_standard(&self.args.output) {
            return false;
        }
        match &self.args.write.format {
            Some(name) => name == "npy",
            None => self
                .args
                .output
                .extension()
                .is_some_and(|extension| extension.eq_ignore_ascii_case("npy")),
        }
    }

    fn tell(&self, summary: &ConvertSummary, begun: Instant) {
        for note in &summary.written.notes {
            self.term.note(&format!("note: {note}"));
        }
        let count = self.wanted.len();
        self.term.note(&format!(
            "Done: {count} {}{} in {:.2} s, {}",
            if count == 1 { "frame" } else { "frames" },
            match streams::lost_count(&summary.damage) {
                Some(_) => "",
                None => ", perhaps others than asked for,",
            },
            begun.elapsed().as_secs_f64(),
            human_bytes(summary.written.bytes),
        ));
    }
}

/// Gives an only axis the positions of the frames that are picked; several axes no longer mean anything unless all frames are.
fn pick_places(info: &mut StreamInfo, wanted: &[u64]) {
    let [only] = info.axes.as_mut_slice() else {
        let total = frames_of(&info.axes);
        let is_all = total == Some(wanted.len() as u64)
            && wanted
                .iter()
                .copied()
                .zip(0..)
                .all(|(index, at)| index == at);
        if !is_all {
            info.axes.clear();
        }
        return;
    };
    let label = |index: &u64| only.labels.get(usize::try_from(*index).ok()?).cloned();
    let labels: Option<Vec<String>> = wanted.iter().map(label).collect();
    only.labels = labels.unwrap_or_default();
    let mut pairs = wanted.iter().zip(wanted.iter().skip(1));
    if !pairs.all(|(one, next)| one.checked_add(1) == Some(*next)) {
        only.spacing = None;
    }
    only.length = wanted.len() as u64;
}

/// Those frames of a reader that are wanted, each once, lowest index first; they keep the source's indices.
struct Picked {
    reader: Box<dyn FrameReader>,
    info: StreamInfo,
    path: PathBuf,
    wanted: Vec<u64>,
    next: usize,
}

impl Picked {
    /// Reads frame `index`, or up to it where the source cannot seek.
    fn fetch(&mut self, index: u64, frame: &mut Frame) -> Result<(), Error> {
        if let Some(seek) = self.reader.as_seek() {
            seek_to(seek, index)?;
        }
        loop {
            if !self.reader.read_into(frame)? {
                let damaged = self.damage_at(index);
                return Err(damaged.unwrap_or_else(|| Error::OutOfRange {
                    path: self.path.clone(),
                    frame: index,
                    frame_count: self.info_count(),
                }));
            }
            if frame.stamp.index == index {
                return Ok(());
            }
            if frame.stamp.index > index {
                let missing = || self.damaged(index, "the recording does not have it");
                return Err(self.damage_at(index).unwrap_or_else(missing));
            }
        }
    }

    /// The reader's reason for leaving out frame `index`, as an error.
    fn damage_at(&self, index: u64) -> Option<Error> {
        let run = self
            .reader
            .damage()
            .iter()
            .find(|run| run.frames.contains(&index))?;
        Some(self.damaged(index, &run.reason))
    }

    fn damaged(&self, frame: u64, reason: &str) -> Error {
        Error::Damaged {
            path: self.path.clone(),
            frame,
            reason: reason.to_owned(),
        }
    }

    fn info_count(&self) -> u64 {
        self.reader.info().frame_count.get().unwrap_or(0)
    }
}

fn seek_to(seek: &mut dyn SeekFrames, index: u64) -> Result<(), Error> {
    seek.seek(index)
}

impl FrameReader for Picked {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let Some(&index) = self.wanted.get(self.next) else {
            return Ok(false);
        };
        self.fetch(index, frame)?;
        self.next += 1;
        Ok(true)
    }

    fn damage(&self) -> &[Damage] {
        self.reader.damage()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.reader.files()
    }
}

/// Takes frames by ascending source index and puts each at all the places where it was asked for.
struct Places {
    writer: NpyWriter,
    /// (source index, place), ascending.
    places: Vec<(u64, u64)>,
    next: usize,
}

impl Places {
    fn new(
        path: &Path,
        wanted: &[u64],
        info: &StreamInfo,
        options: &WriteOptions,
    ) -> Result<Self, Error> {
        let mut places: Vec<_> = wanted.iter().copied().zip(0..).collect();
        places.sort_unstable();
        Ok(Self {
            writer: NpyWriter::create(path, wanted.len() as u64, info.format, options)?,
            places,
            next: 0,
        })
    }
}

impl FrameWriter for Places {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        while let Some(&(index, place)) = self.places.get(self.next)
            && index == frame.stamp.index
        {
            self.writer.write_at(place, frame)?;
            self.next += 1;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<WriteSummary, Error> {
        self.writer.finish()
    }
}

/// Gives the frames new indices from 0 and takes their times away.
struct Renumbered(Box<dyn FrameWriter>, u64);

impl FrameWriter for Renumbered {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        let mut frame = frame.clone();
        frame.stamp.index = self.1;
        frame.stamp.time = None;
        self.1 += 1;
        self.0.write(&frame)
    }

    fn finish(self: Box<Self>) -> Result<WriteSummary, Error> {
        self.0.finish()
    }
}
