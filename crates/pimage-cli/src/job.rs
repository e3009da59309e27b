//! One recording in, one out: both ends opened and checked, the frames passed on, and what came of it told.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use pimage_convert::{
    ConvertOptions, ConvertSummary, RangeMapping, RangeSpec, RangeTarget, convert,
};
use pimage_core::{Error, FrameFormat, FrameReader, FrameWriter, SampleType, StreamInfo, keys};
use serde_json::json;

use crate::args::WriteArgs;
use crate::interrupt::Interrupt;
use crate::progress::Bar;
use crate::report::Hinted;
use crate::sizes::human_bytes;
use crate::streams;
use crate::term::Term;

/// What is to be done.
pub(crate) struct Job<'a> {
    /// The recording, as it was named.
    pub(crate) input: &'a Path,
    /// The output, as it was named.
    pub(crate) output: &'a Path,
    /// Opens the frames; a second time when they must be measured first.
    pub(crate) open: &'a dyn Fn() -> anyhow::Result<Box<dyn FrameReader>>,
    /// How samples are mapped.
    pub(crate) range: Option<RangeSpec>,
    pub(crate) threads: Option<usize>,
    /// Bytes of frames that may be on their way.
    pub(crate) memory: u64,
    pub(crate) write: &'a WriteArgs,
    pub(crate) interrupt: &'a Interrupt,
    pub(crate) term: &'a Term,
}

/// A reader, a writer, and what stands between them.
struct Plan {
    reader: Box<dyn FrameReader>,
    writer: Box<dyn FrameWriter>,
    mapping: Option<RangeMapping>,
}

impl Job<'_> {
    /// Does it.
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let begun = Instant::now();
        let is_piped = streams::is_standard(self.output);
        if is_piped {
            self.interrupt.drain();
        }
        let mut plan = self.plan()?;
        if !is_piped {
            self.interrupt.clean_up();
        }
        let source = plan.reader.info().clone();
        let input_bytes = input_bytes(self.input, &*plan.reader);
        let mut options = ConvertOptions {
            threads: self.threads,
            memory_bytes: self.memory,
            cancel: self.interrupt.cancel.clone(),
            ..ConvertOptions::default()
        };
        if let Some(mapping) = &plan.mapping {
            options = options.transform(mapping.clone());
        }
        let bar = Bar::new(self.term, source.frame_count.get());
        let converted = convert(&mut *plan.reader, plan.writer, &options, &bar);
        drop(bar);
        let summary = converted?;
        streams::note_damage(self.term, self.input, &summary.damage);
        if summary.written.frames == 0 {
            return Err(self.no_frames());
        }
        let done = Done {
            job: self,
            source: &source,
            input_bytes,
            summary: &summary,
            mapping: plan.mapping.as_ref(),
            elapsed: begun.elapsed(),
        };
        done.tell(is_piped)?;
        Ok(ExitCode::SUCCESS)
    }

    fn no_frames(&self) -> anyhow::Error {
        Hinted::new(
            format!("`{}` has no frame to convert", self.input.display()),
            "`pimage info` tells how many frames can be read",
        )
        .into()
    }

    /// Opens and checks both ends before the first frame is converted.
    fn plan(&self) -> anyhow::Result<Plan> {
        let mut reader = (self.open)()?;
        let options = self.write.options(self.threads);
        streams::refuse_input(self.input, &reader.files(), self.output, &options)?;
        if reader.info().frame_count.exact() == Some(0) {
            return Err(self.no_frames());
        }
        let Some(spec) = self.range else {
            let writer = self.create(reader.info())?;
            return Ok(Plan {
                reader,
                writer,
                mapping: None,
            });
        };
        if spec.is_per_frame() {
            let spec = spec.to_string();
            let step = match spec.contains(':') {
                true => format!("-t \"rescale=8,'{spec}'\""),
                false => format!("-t rescale=8,{spec}"),
            };
            return Err(Error::bad_option(
                "--range",
                format!("`{spec}`, another one for each frame"),
                format!("one range for all frames; `{step}` maps each frame by its own"),
            )
            .into());
        }
        let (low, high) = if spec.needs_survey() {
            if streams::is_standard(self.input) {
                return Err(Error::bad_option(
                    "--range",
                    format!("`{spec}` for standard input, which can be read only once"),
                    "`full` or `MIN,MAX` there",
                )
                .into());
            }
            // A reader of its own, so that what it finds damaged is not told twice.
            spec.bounds(&mut *(self.open)()?, &self.interrupt.cancel)?
        } else {
            spec.bounds(&mut *reader, &self.interrupt.cancel)?
        };
        let (mapping, writer) = self.create_mapped(reader.info(), low, high)?;
        Ok(Plan {
            reader,
            writer,
            mapping: Some(mapping),
        })
    }

    fn create(&self, info: &StreamInfo) -> anyhow::Result<Box<dyn FrameWriter>> {
        streams::create(self.output, info, &self.write.options(self.threads))
    }

    /// A writer for mapped frames: of 16 bits where the source has more than 8 and the target holds them, else of 8.
    fn create_mapped(
        &self,
        source: &StreamInfo,
        low: f64,
        high: f64,
    ) -> anyhow::Result<(RangeMapping, Box<dyn FrameWriter>)> {
        let mapping = |target| RangeMapping::new(&source.format, low, high, target);
        if source.format.sample != SampleType::U8 {
            let wide = mapping(RangeTarget::U16);
            match self.create(&wide.info(source)) {
                Ok(writer) => return Ok((wide, writer)),
                Err(error) if is_cannot_hold(&error) => {}
                Err(error) => return Err(error),
            }
        }
        let narrow = mapping(RangeTarget::U8);
        let writer = self.create(&narrow.info(source))?;
        Ok((narrow, writer))
    }
}

fn is_cannot_hold(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(Error::CannotHold { .. }))
}

/// A finished job, to be told.
struct Done<'a> {
    job: &'a Job<'a>,
    source: &'a StreamInfo,
    input_bytes: u64,
    summary: &'a ConvertSummary,
    mapping: Option<&'a RangeMapping>,
    elapsed: Duration,
}

impl Done<'_> {
    fn tell(&self, is_piped: bool) -> anyhow::Result<()> {
        let term = self.job.term;
        if term.json {
            // The only thing on standard output, unless that has the frames.
            return match is_piped {
                true => {
                    term.note(&self.json().to_string());
                    Ok(())
                }
                false => Ok(term.json(&self.json())?),
            };
        }
        self.notes(term);
        term.note(&self.line());
        Ok(())
    }

    fn frames_per_second(&self) -> f64 {
        self.summary.written.frames as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Bytes read: those of the files, of which raw frames may lie beside the one that was named.
    fn bytes_read(&self) -> u64 {
        let codec = self.source.codec.as_deref();
        if codec.is_none_or(|codec| codec == "raw") || streams::is_standard(self.job.input) {
            let frames = raw_bytes(&self.source.format).saturating_mul(self.summary.written.frames);
            self.input_bytes.max(frames)
        } else {
            self.input_bytes
        }
    }

    /// `Done: 1000 frames in 0.52 s (1923 frames/s), 328.0 MB -> 45.1 MB`.
    fn line(&self) -> String {
        let frames = self.summary.written.frames;
        let lost = streams::lost_text(&self.summary.damage)
            .map_or_else(String::new, |lost| format!(", {lost}"));
        format!(
            "Done: {frames} {}{lost} in {:.2} s ({:.0} frames/s), {} -> {}",
            if frames == 1 { "frame" } else { "frames" },
            self.elapsed.as_secs_f64(),
            self.frames_per_second(),
            human_bytes(self.bytes_read()),
            human_bytes(self.summary.written.bytes),
        )
    }

    /// What the writer noted, and what does not go along.
    fn written_notes(&self) -> Vec<String> {
        let mut notes = self.summary.written.notes.clone();
        notes.extend(streams::extra_note(self.job.input));
        notes
    }

    fn notes(&self, term: &Term) {
        for note in self.written_notes() {
            term.note(&format!("note: {note}"));
        }
        for beside in [keys::SERIES, keys::SUB_PAGES] {
            if let Some(text) = self.source.metadata.get(beside) {
                term.note(&format!("note: {text}"));
            }
        }
        if let Some(holes) = self.source.metadata.get(keys::HOLES) {
            term.note(&format!(
                "note: missing from the numbers of the names: {holes}"
            ));
        }
        if let Some(mapping) = self.mapping {
            term.note(&format!("note: samples were mapped {mapping}"));
            if mapping.nan_count() > 0 {
                let count = mapping.nan_count();
                term.note(&format!(
                    "note: {count} sample(s) were not a number and became 0"
                ));
            }
        }
    }

    fn json(&self) -> serde_json::Value {
        let written = &self.summary.written;
        json!({
            "input": self.job.input.to_string_lossy(),
            "output": self.job.output.to_string_lossy(),
            "frames": written.frames,
            "seconds": self.elapsed.as_secs_f64(),
            "frames_per_second": self.frames_per_second(),
            "input_bytes": self.bytes_read(),
            "output_bytes": written.bytes,
            "lost_frames": streams::lost_count(&self.summary.damage),
            "lost": streams::lost_json(&self.summary.damage),
            "range_mapping": self.mapping.map(ToString::to_string),
            "nan_samples": self.mapping.map_or(0, RangeMapping::nan_count),
            "notes": self.written_notes(),
        })
    }
}

/// The length of all files of the input.
fn input_bytes(path: &Path, reader: &dyn FrameReader) -> u64 {
    let length = |path: &Path| {
        let metadata = std::fs::metadata(path).ok();
        let file = metadata.filter(std::fs::Metadata::is_file);
        file.map_or(0, |metadata| metadata.len())
    };
    let beside = reader.files();
    let is_named = beside.iter().any(|file| file == path);
    let own = if is_named { 0 } else { length(path) };
    let bytes = own + beside.iter().map(|path| length(path)).sum::<u64>();
    match part_of_file(path) {
        Some(file) if bytes == 0 => length(&file),
        _ => bytes,
    }
}

/// The file of `file:part`.
fn part_of_file(path: &Path) -> Option<PathBuf> {
    let (file, _) = path.to_str()?.rsplit_once(':')?;
    Some(PathBuf::from(file))
}

fn raw_bytes(format: &FrameFormat) -> u64 {
    format.frame_bytes().unwrap_or(0) as u64
}
