//! `pimage codec bench`: codecs beside each other, by rate and distortion.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;

use pimage_codec::{CODECS, Codec, Settings};
use pimage_convert::{Detail, Progress as _, RateCurves, Target, Trial};
use pimage_core::{Error, Frame};

use crate::cmd::codec::Context;
use crate::cmd::codec::figure::draw;
use crate::cmd::codec::pool::on_threads;
use crate::cmd::codec::rows::{Report, Table};
use crate::cmd::codec::settings::{NamedValue, parse_codec, parse_decibels, usable};
use crate::cmd::codec::source::{Frames, SourceArgs, expect_frames, expect_held};
use crate::cmd::codec::trials::{Ask, quality_text};
use crate::progress::Bar;
use crate::sizes::parse_bytes;
use crate::streams;

const EXAMPLES: &str = "\
Examples:
  pimage codec bench photos/*.png --codecs jpeg,webp,x265 --figure curves.png
  pimage codec bench photo.png --codecs jpeg,x265 --qualities jpeg:30,60,90 --qualities x265:22,32,42 --reference jpeg
  pimage codec bench film.mp4 --step 100 --codecs av1,x264 --target-psnr 34,37,40 --csv trials.csv
  pimage codec bench photo.png --codecs x265 --option x265:preset=slow --json";

/// Compare codecs on images: size, PSNR, SSIM, MS-SSIM and time at several qualities, and the Bjøntegaard deltas of their curves.
///
/// PSNR in Y, Cb and Cr is of RGB in BT.601 at full range, as JFIF has it, without rounding. MS-SSIM is that of Wang 2003 with five scales; fewer
/// for pictures with a side below 176. Means are over the images, each counted alike. BD-rate is the mean difference in size at the same PSNR over
/// the range that both curves cover, with PCHIP over the logarithm of bits per pixel, for each image by itself and averaged.
/// Seconds are on the clock, of one thread that codes one image while the others do the same; --threads 1 keeps the other cores quiet.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Images: anything that can be read; each frame of a recording is one.
    #[arg(value_name = "IMAGE", required = true)]
    inputs: Vec<PathBuf>,

    /// The codecs to compare; all lossy ones that work here and take these images unless given.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = parse_codec)]
    codecs: Vec<&'static Codec>,

    /// The qualities to try, of all codecs or of one, such as x265:qp=22,27,32; the codec's usual steps unless given. Can be given several times.
    #[arg(
        long,
        value_name = "[CODEC:]Q,…",
        allow_negative_numbers = true,
        conflicts_with_all = ["target_size", "target_psnr"]
    )]
    qualities: Vec<Qualities>,

    /// Instead of qualities: the best quality at each of these sizes, for each image by itself.
    #[arg(long, value_name = "SIZE,…", value_delimiter = ',', value_parser = parse_bytes, conflicts_with = "target_psnr")]
    target_size: Vec<u64>,

    /// Instead of qualities: the smallest size at each of these PSNR, in dB, for each image by itself.
    #[arg(long, value_name = "DB,…", value_delimiter = ',', value_parser = parse_decibels)]
    target_psnr: Vec<f64>,

    /// An option of all codecs or of one, such as x265:preset=slow; can be given several times.
    #[arg(long = "option", value_name = "[CODEC:]NAME=VALUE")]
    options: Vec<NamedValue>,

    /// The codec that BD-rate is over; the first unless given.
    #[arg(long, value_name = "NAME", value_parser = parse_codec)]
    reference: Option<&'static Codec>,

    /// Write a row for each trial to this file, as CSV.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,

    /// Draw the curves into this image: PSNR over bits per pixel, a line for each codec.
    #[arg(long, value_name = "FILE")]
    figure: Option<PathBuf>,

    /// Replace existing files.
    #[arg(long)]
    overwrite: bool,

    #[command(flatten)]
    source: SourceArgs,
}

/// Qualities of all codecs, or of one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Qualities {
    codec: Option<String>,
    values: Vec<String>,
}

impl FromStr for Qualities {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (codec, values) = match text.split_once(':') {
            Some((codec, values)) => (Some(parse_codec(codec)?.name.to_owned()), values),
            None => (None, text),
        };
        // A scale holds for the numbers that follow it: qp=22,27 are two of qp.
        let mut scale = "";
        let values: Vec<String> = values
            .split(',')
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .map(|value| match value.split_once('=') {
                Some((named, number)) => {
                    scale = named;
                    format!("{named}={number}")
                }
                None if scale.is_empty() => value.to_owned(),
                None => format!("{scale}={value}"),
            })
            .collect();
        match values.is_empty() {
            true => Err("it has no quality: expected numbers such as 30,60,90".to_owned()),
            false => Ok(Self { codec, values }),
        }
    }
}

/// A codec and what is tried with it.
pub(super) struct Entry {
    pub(super) codec: &'static Codec,
    pub(super) asks: Vec<Arc<Ask>>,
}

impl Entry {
    /// What a trial is called.
    pub(super) fn label(&self, place: usize) -> String {
        self.asks
            .get(place)
            .map_or_else(String::new, |ask| match ask.target {
                Some(Target::Bytes(most)) => format!("{most} bytes"),
                Some(Target::Psnr(least)) => format!("{least} dB"),
                None => quality_text(self.codec, &ask.settings),
            })
    }
}

/// Runs the verb.
pub(super) fn run(args: &Args, context: Context<'_>) -> anyhow::Result<ExitCode> {
    let entries = args.entries(context)?;
    let reference = match args.reference {
        None => Some(0),
        Some(wanted) => entries
            .iter()
            .position(|entry| entry.codec.name == wanted.name),
    };
    for output in args.csv.iter().chain(&args.figure) {
        expect_free(output, args.overwrite)?;
    }
    if args.csv.is_some() || args.figure.is_some() {
        context.interrupt.clean_up();
    }
    let mut table = Table::new(args.csv.as_deref(), args.overwrite)?;
    let mut bench = Bench {
        curves: RateCurves::new(entries.len(), reference),
        entries,
        image: Vec::new(),
    };
    for input in &args.inputs {
        bench.code(args, input, &mut table, context)?;
    }
    table.finish()?;
    let report = Report {
        entries: &bench.entries,
        curves: &bench.curves,
        reference: reference
            .and_then(|place| bench.entries.get(place))
            .map(|entry| entry.codec),
    };
    if let Some(figure) = &args.figure {
        draw(figure, args.overwrite, &report)?;
    }
    if context.term.json {
        context.term.json(&report.json())?;
    } else {
        for line in report.lines() {
            context.term.line(&line)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// An error when an output is there already, before hours of work.
fn expect_free(output: &Path, overwrite: bool) -> Result<(), Error> {
    if !overwrite && output.symlink_metadata().is_ok() {
        return Err(Error::Exists {
            path: output.to_path_buf(),
        });
    }
    Ok(())
}

impl Args {
    /// The codecs with their settings, all agreed to.
    fn entries(&self, context: Context<'_>) -> anyhow::Result<Vec<Entry>> {
        let mut codecs = match self.codecs.is_empty() {
            false => self.codecs.clone(),
            true => self.usual_codecs(context)?,
        };
        if let Some(reference) = self.reference
            && !codecs.iter().any(|codec| codec.name == reference.name)
        {
            codecs.insert(0, reference);
        }
        for option in &self.options {
            let named = option.name.split_once(':').map(|(codec, _)| codec);
            let known = named.is_none_or(|named| codecs.iter().any(|codec| codec.name == named));
            if !known {
                let found = format!("`{}`", option.name);
                return Err(Error::bad_option(
                    "--option",
                    found,
                    "one of the codecs that are compared",
                )
                .into());
            }
        }
        codecs
            .into_iter()
            .map(|codec| self.entry(codec, context))
            .collect()
    }

    /// Lossy codecs that work here and take the frames of all images.
    fn usual_codecs(&self, context: Context<'_>) -> anyhow::Result<Vec<&'static Codec>> {
        let mut codecs: Vec<&'static Codec> = CODECS
            .iter()
            .copied()
            .filter(|codec| !codec.scales.is_empty() && usable(codec).is_ok())
            .collect();
        for input in self
            .inputs
            .iter()
            .filter(|input| !streams::is_standard(input))
        {
            let format = self.source.open(input, context)?.info().format;
            codecs.retain(|codec| codec.expect_held(&format).is_ok());
        }
        if codecs.is_empty() {
            let expected = "names, since no lossy codec takes these images";
            return Err(Error::bad_option("--codecs", "none", expected).into());
        }
        Ok(codecs)
    }

    fn entry(&self, codec: &'static Codec, context: Context<'_>) -> anyhow::Result<Entry> {
        usable(codec)?;
        let options = self.options.iter().filter_map(|option| {
            let name = match option.name.split_once(':') {
                Some((named, _)) if named != codec.name => return None,
                Some((_, name)) => name,
                None => &option.name,
            };
            Some((name.to_owned(), option.value.clone()))
        });
        let usual = Settings {
            threads: 1,
            options: options.collect(),
            ..Settings::default()
        };
        let targets: Vec<Target> = match self.target_psnr.is_empty() {
            false => self.target_psnr.iter().copied().map(Target::Psnr).collect(),
            true => self
                .target_size
                .iter()
                .copied()
                .map(Target::Bytes)
                .collect(),
        };
        let asks: Vec<Arc<Ask>> = if targets.is_empty() {
            let of_quality = |quality: Option<String>| Settings {
                quality,
                ..usual.clone()
            };
            let settings = self.qualities_of(codec).into_iter().map(of_quality);
            settings
                .map(|settings| Arc::new(Ask::new(codec, settings, None, context)))
                .collect()
        } else {
            let ask = |target| Arc::new(Ask::new(codec, usual.clone(), Some(target), context));
            targets.into_iter().map(ask).collect()
        };
        for ask in &asks {
            codec.check(&ask.settings)?;
        }
        Ok(Entry { codec, asks })
    }

    /// The qualities of a codec: those given for it, those given for all, its usual steps; none alone where it has no scale.
    fn qualities_of(&self, codec: &Codec) -> Vec<Option<String>> {
        let of = |name: Option<&str>| -> Vec<Option<String>> {
            let given = self
                .qualities
                .iter()
                .filter(|given| given.codec.as_deref() == name);
            given
                .flat_map(|given| given.values.iter().cloned().map(Some))
                .collect()
        };
        let own = of(Some(codec.name));
        let all = of(None);
        match (codec.scales.first(), own.is_empty(), all.is_empty()) {
            (_, false, _) => own,
            (None, ..) => vec![None],
            (_, _, false) => all,
            (Some(scale), ..) => scale
                .steps
                .iter()
                .map(|step| Some(step.to_string()))
                .collect(),
        }
    }
}

/// A comparison on its way.
struct Bench {
    entries: Vec<Entry>,
    curves: RateCurves,
    /// The trials so far of the image whose results are coming.
    image: Vec<Vec<Trial>>,
}

/// A frame for one trial.
struct Job {
    frame: Frame,
    ask: Arc<Ask>,
    /// Which codec, and which of its settings.
    place: (usize, usize),
}

impl Bench {
    /// Tries everything on the frames of one input.
    fn code(
        &mut self,
        args: &Args,
        input: &Path,
        table: &mut Table,
        context: Context<'_>,
    ) -> anyhow::Result<()> {
        let mut reader = args.source.open(input, context)?;
        for entry in &self.entries {
            expect_held(entry.codec, &*reader)?;
        }
        let before = self.curves.images();
        let count = reader.info().frame_count.get();
        let bar = Bar::new(context.term, count);
        let asks: Vec<_> = self.places();
        let jobs = Frames::of(&mut *reader).flat_map(|frame| {
            let jobs: Vec<Result<Job, Error>> = match frame {
                Ok(frame) => {
                    let job = |(place, ask): &((usize, usize), Arc<Ask>)| {
                        Ok(Job {
                            frame: frame.clone(),
                            ask: Arc::clone(ask),
                            place: *place,
                        })
                    };
                    asks.iter().map(job).collect()
                }
                Err(error) => vec![Err(error)],
            };
            jobs
        });
        let work = |job: Job| {
            let (settings, tried) = job.ask.tried(&job.frame, Detail::Full)?;
            Ok((job.place, tried.frame.stamp.index, settings, tried.trial))
        };
        let threads = args.source.threads();
        on_threads(
            threads,
            &context.interrupt.cancel,
            jobs,
            work,
            |(place, index, settings, trial)| {
                let codec = self.entries.get(place.0).map(|entry| entry.codec);
                if let Some(codec) = codec {
                    table.add(input, index, codec, &quality_text(codec, &settings), &trial)?;
                }
                self.take(place, trial);
                let _ = bar.frame_written(self.curves.images() - before, count);
                Ok(())
            },
        )?;
        drop(bar);
        expect_frames(self.curves.images() - before, input)?;
        streams::note_damage(context.term, input, reader.damage());
        Ok(())
    }

    /// Every trial of an image, in order.
    fn places(&self) -> Vec<((usize, usize), Arc<Ask>)> {
        let entries = self.entries.iter().enumerate();
        let asks = entries.flat_map(|(codec, entry)| {
            let asks = entry.asks.iter().enumerate();
            asks.map(move |(place, ask)| ((codec, place), Arc::clone(ask)))
        });
        asks.collect()
    }

    /// Takes the next trial; with the last of an image the image is done.
    fn take(&mut self, (codec, place): (usize, usize), trial: Trial) {
        if place == 0 {
            self.image.push(Vec::new());
        }
        if let Some(trials) = self.image.last_mut() {
            trials.push(trial);
        }
        let is_last = codec + 1 == self.entries.len()
            && self
                .entries
                .last()
                .is_some_and(|entry| place + 1 == entry.asks.len());
        if is_last {
            self.curves.push(&self.image);
            self.image.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualities_are_of_one_codec_or_of_all() {
        let of = |text: &str| text.parse::<Qualities>();
        let all = of("30, 60").expect("are numbers");
        assert_eq!((all.codec, all.values.len()), (None, 2));
        let one = of("jpeg:quality=30").expect("is one");
        assert_eq!(one.codec.as_deref(), Some("jpeg"));
        assert_eq!(one.values, ["quality=30"]);
        let scaled = of("x265:qp=22,27,crf=30").expect("is one");
        assert_eq!(scaled.values, ["qp=22", "qp=27", "crf=30"]);
        assert!(of("").is_err() && of("gpej:3").is_err());
    }
}
