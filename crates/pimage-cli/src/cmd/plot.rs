//! `pimage plot`: numbers as a picture, or as a video in step with a recording.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use pimage_convert::{Measure, Region, StatsOptions};
use pimage_core::{Error, FrameReader, Limits};
use pimage_mosaic::{Arrangement, Cell, Direction, FitTo, Layout, Mosaic, MosaicOptions, Pair};
use pimage_plot::{Figure, Motion, PlotReader};
use pimage_transform::Surroundings;

use crate::args::{RawArgs, ReadArgs, WriteArgs};
use crate::interrupt::Interrupt;
use crate::job::Job;
use crate::part::PartArgs;
use crate::plot::{Data, FigureArgs, InStep, Kind, Moments, read_data, read_recording};
use crate::streams;
use crate::term::Term;
use crate::transform::surroundings;

const EXAMPLES: &str = "\
Examples:
  pimage plot sensors.csv -o sensors.png --x time --y temperature,speed
  pimage plot recording.seq -o brightness.png
  pimage plot --with film.mp4 -o film-and-trace.mp4 --roi eye=100,50,32,32
  pimage plot force.csv --with film.mp4 -o both.mp4 --motion grow
  pimage stats film.mp4 | pimage plot - -o spectrum.png --kind spectrum --y mean --log y";

/// Plot numbers: lines, dots, histograms, spectra, bars, events or an image, as a picture or a video.
///
/// DATA is CSV (commas, semicolons, tabs or blanks; a header with units such as speed [m/s]; times in seconds or ISO 8601), a numpy array of
/// one or two dimensions, or a recording, of which the mean of each frame is drawn (--stat, --roi).
/// An image file gets one picture, a video a frame for each moment: with a cursor, or with lines that grow (--motion). Where x is a time it
/// runs in real time. --with puts a recording above its plot, in step by the times of its frames, or by their indices where x is no time.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Data files or recordings; - is CSV on standard input. The recording of --with unless given.
    #[arg(value_name = "DATA", required_unless_present = "with")]
    data: Vec<PathBuf>,

    /// The output, or - for standard output.
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,

    /// The size in pixels; with --with as wide as the recording and a third as high unless given.
    #[arg(long, value_name = "WxH")]
    size: Option<PlotSize>,

    /// Show this recording above the plot.
    #[arg(long, value_name = "VIDEO")]
    with: Option<PathBuf>,

    /// What moves: a cursor along the plot (cursor), or lines up to the moment (grow); of videos a cursor unless given.
    #[arg(long, value_name = "cursor|grow")]
    motion: Option<Motion>,

    /// Show only so much of the x axis, which then runs along; in the numbers of its column.
    #[arg(long, value_name = "WIDTH", allow_negative_numbers = true)]
    window: Option<f64>,

    /// Mark the times in this data file: those of its column of times, or of its only column. Can be given several times.
    #[arg(long, value_name = "FILE")]
    events: Vec<PathBuf>,

    /// What to measure of recordings, as `pimage stats` does: mean, min, max, std, sharpness, difference, nan.
    #[arg(
        long = "stat",
        value_name = "NAME,…",
        value_delimiter = ',',
        default_value = "mean"
    )]
    measures: Vec<Measure>,

    /// Measure this part of the frames of recordings only; can be given several times, each a line.
    #[arg(long = "roi", value_name = "[NAME=]X,Y,W,H")]
    regions: Vec<Region>,

    #[command(flatten)]
    figure: FigureArgs,

    #[command(flatten)]
    part: PartArgs,

    #[command(flatten)]
    read: ReadArgs,

    #[command(flatten)]
    raw: RawArgs,

    #[command(flatten)]
    write: WriteArgs,
}

/// Width and height, pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlotSize(u32, u32);

impl FromStr for PlotSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let sides = text.split_once(['x', 'X', '×']);
        let sides = sides.and_then(|(width, height)| {
            Some((width.trim().parse().ok()?, height.trim().parse().ok()?))
        });
        match sides {
            Some((width, height)) => Ok(Self(width, height)),
            None => Err(format!(
                "`{text}` is not a size: expected WIDTHxHEIGHT in pixels, such as 640x480"
            )),
        }
    }
}

/// The size of a plot on its own.
const SIZE: PlotSize = PlotSize(640, 480);

/// The least height of a plot below a recording.
const LEAST_HEIGHT: u32 = 120;

/// Names of files that hold one picture.
const STILLS: [&str; 12] = [
    "png", "jpg", "jpeg", "bmp", "tif", "tiff", "webp", "ppm", "pnm", "npy", "pam", "jp2",
];

/// Runs the verb.
pub(crate) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let verb = Plotting {
        args,
        limits,
        surroundings: surroundings(&args.read, limits, interrupt),
        interrupt,
        term,
    };
    verb.check()?;
    let (data, has_recording) = verb.data()?;
    let events = verb.events()?;
    let shown = args.with.as_ref().map(|with| verb.open(with)).transpose()?;
    let size = verb.size(shown.as_deref())?;
    let (figure, horizontal) = args
        .figure
        .figure(size, &data, &events, &interrupt.cancel)?;
    let motion = args
        .motion
        .or_else(|| (!verb.is_still()).then_some(Motion::Cursor));
    let moments = match (shown, motion) {
        (Some(mut shown), Some(_)) => Some(Moments::of(&mut *shown, &horizontal)?),
        (None, Some(_)) => {
            let within = args.figure.x_range();
            Some(Moments::alone(&horizontal, within, args.write.fps)?)
        }
        _ => None,
    };
    let scene = Scene {
        verb: &verb,
        figure,
        motion: motion.zip(moments),
        is_cut: args.with.is_none() && !has_recording,
    };
    let open = || scene.open();
    let job = Job {
        input: args
            .with
            .as_deref()
            .or(args.data.first().map(PathBuf::as_path))
            .unwrap_or(Path::new("-")),
        output: &args.output,
        open: &open,
        range: None,
        threads: args.read.threads,
        memory: args.read.memory,
        write: &args.write,
        interrupt,
        term,
    };
    job.run()
}

/// What was asked, and what it works in.
struct Plotting<'a> {
    args: &'a Args,
    limits: Limits,
    surroundings: Surroundings,
    interrupt: &'a Interrupt,
    term: &'a Term,
}

impl Plotting<'_> {
    /// Whether the output is one picture by its name.
    fn is_still(&self) -> bool {
        let extension = self
            .args
            .output
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        let format = self.args.write.format.as_deref();
        let name = format.map_or(extension, str::to_lowercase);
        self.args.with.is_none() && STILLS.contains(&&*name)
    }

    /// Whether nothing moves, and no recording is shown.
    fn is_picture(&self) -> bool {
        self.is_still() && self.args.motion.is_none()
    }

    fn check(&self) -> anyhow::Result<()> {
        let options = self.args.write.options(self.args.read.threads);
        for read in self.args.data.iter().chain(&self.args.events) {
            streams::refuse_input(read, &[], &self.args.output, &options)?;
        }
        if self
            .args
            .data
            .iter()
            .filter(|data| streams::is_standard(data))
            .count()
            > 1
        {
            let expected = "one source at most, since it can be read only once";
            return Err(Error::bad_option("standard input", "several sources", expected).into());
        }
        let is_standard = self.args.with.as_deref().is_some_and(streams::is_standard);
        if is_standard {
            let expected = "a file, since it is read more than once";
            return Err(Error::bad_option("--with", "standard input", expected).into());
        }
        if self.args.with.is_some() && self.args.figure.kind == Kind::Image {
            return Err(Error::bad_option("--with", "given", "nothing beside an image").into());
        }
        Ok(())
    }

    fn open(&self, path: &Path) -> anyhow::Result<Box<dyn FrameReader>> {
        let options = self.args.read.options(self.args.raw.raw, self.limits);
        let reader = streams::open(path, &options, &self.interrupt.cancel)?;
        Ok(self.args.part.of(path, reader, &self.surroundings)?)
    }

    /// The data, and whether there is a recording among them.
    fn data(&self) -> anyhow::Result<(Vec<Data>, bool)> {
        let mut has_recording = false;
        let with = self.args.with.iter();
        let paths = if self.args.data.is_empty() {
            with.collect::<Vec<_>>()
        } else {
            self.args.data.iter().collect()
        };
        let mut all = Vec::new();
        for path in paths {
            let data = match read_data(path, &self.limits, &self.interrupt.cancel)? {
                Some(_) if self.is_picture() && !self.args.part.is_all() => {
                    let expected =
                        "none of the options for frames: it is a table, and the output a picture";
                    return Err(Error::bad_option(
                        "DATA",
                        format!("`{}`", path.display()),
                        expected,
                    )
                    .into());
                }
                Some(data) => {
                    for note in &data.table.notes {
                        let path = path.display();
                        self.term.note(&format!("note: `{path}`: {note}"));
                    }
                    data
                }
                None => {
                    has_recording = true;
                    let (data, damage) = read_recording(path, self.open(path)?, &self.stats())?;
                    // What is shown above its plot is told of by the job.
                    if self.args.with.as_ref() != Some(path) {
                        streams::note_damage(self.term, path, &damage);
                    }
                    data
                }
            };
            all.push(data);
        }
        Ok((all, has_recording))
    }

    fn stats(&self) -> StatsOptions {
        StatsOptions {
            regions: self.args.regions.clone(),
            measures: self.args.measures.clone(),
            threads: self.args.read.threads,
            memory_bytes: self.args.read.memory,
            cancel: self.interrupt.cancel.clone(),
        }
    }

    fn events(&self) -> anyhow::Result<Vec<Data>> {
        let mut all = Vec::new();
        for path in &self.args.events {
            let data = read_data(path, &self.limits, &self.interrupt.cancel)?;
            let refused = || {
                Error::bad_option(
                    "--events",
                    format!("`{}`", path.display()),
                    "a table of numbers",
                )
            };
            all.push(data.ok_or_else(refused)?);
        }
        Ok(all)
    }

    /// The size of the plot, which is as wide as the recording above it.
    fn size(&self, shown: Option<&dyn FrameReader>) -> Result<(u32, u32), Error> {
        let Some(shown) = shown else {
            let PlotSize(width, height) = self.args.size.unwrap_or(SIZE);
            return Ok((width, height));
        };
        let format = shown.info().format;
        match self.args.size {
            Some(PlotSize(width, height)) if width == format.width => Ok((width, height)),
            Some(PlotSize(width, height)) => {
                let expected = format!("{} wide, as the recording above it", format.width);
                Err(Error::bad_option(
                    "--size",
                    format!("{width}x{height}"),
                    expected,
                ))
            }
            // An even height, as video likes it.
            None => Ok((
                format.width,
                (format.height / 3).max(LEAST_HEIGHT).next_multiple_of(2),
            )),
        }
    }
}

/// What is to be shown.
struct Scene<'a> {
    verb: &'a Plotting<'a>,
    figure: Figure,
    motion: Option<(Motion, Moments)>,
    /// Whether the options for frames are about those of the plot, since no recording is read.
    is_cut: bool,
}

impl Scene<'_> {
    fn open(&self) -> anyhow::Result<Box<dyn FrameReader>> {
        let cancel = &self.verb.interrupt.cancel;
        let figure = self.figure.clone();
        let Some((motion, moments)) = &self.motion else {
            return Ok(Box::new(
                PlotReader::still(figure)?.with_cancel(cancel.clone()),
            ));
        };
        let plot = moments
            .reader(figure, *motion, self.verb.args.window)?
            .with_cancel(cancel.clone());
        let plot = InStep::new(plot, moments.rate());
        let Some(with) = &self.verb.args.with else {
            let (verb, plot) = (self.verb, Box::new(plot));
            return Ok(match self.is_cut {
                true => verb
                    .args
                    .part
                    .of(Path::new("the plot"), plot, &verb.surroundings)?,
                false => plot,
            });
        };
        let shown = self.verb.open(with)?;
        let options = MosaicOptions {
            threads: self.verb.args.read.threads,
            memory_bytes: self.verb.args.read.memory / 2,
            limits: self.verb.limits,
            cancel: cancel.clone(),
            ..MosaicOptions::default()
        };
        let cells = vec![
            Cell::new(shown).named(with.to_string_lossy()),
            Cell::new(plot).named("the plot"),
        ];
        Ok(Box::new(Mosaic::new(cells, &stacked(), &options)?))
    }
}

/// The recording above, the plot below.
fn stacked() -> Layout {
    let pair = Pair {
        direction: Direction::Vertical,
        fit_to: FitTo::First,
    };
    Layout {
        arrangement: Arrangement::Pair(pair),
        ..Layout::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_width_and_height() {
        assert_eq!("320x240".parse(), Ok(PlotSize(320, 240)));
        for text in ["320", "ax3", "-1x2", ""] {
            assert!(text.parse::<PlotSize>().is_err(), "{text}");
        }
    }
}
