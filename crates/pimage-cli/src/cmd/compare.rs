//! `pimage compare`: whether two recordings are the same, and how far apart they are.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pimage_core::{FrameFormat, FrameReader, Limits};
use pimage_metrics::Difference;
use serde_json::{Value, json};

use crate::args::{RawArgs, ReadArgs};
use crate::compare::{Outcome, each_pair};
use crate::interrupt::Interrupt;
use crate::part::PartArgs;
use crate::report::{ANSWER_IS_NO, Hinted};
use crate::streams;
use crate::term::Term;
use crate::transform::surroundings;

const EXAMPLES: &str = "\
Examples:
  pimage compare recording.seq exact.mkv               equal: exit code 0, else 1
  pimage compare recording.seq video.avi --min-psnr 38
  pimage compare a.npy b.npy --tolerance 1e-6 --frames";

/// Compare two recordings frame by frame.
///
/// Tells the number of frames, the greatest and the mean absolute error, PSNR and SSIM. Exit code 0 when they are equal, 1 when not.
/// PSNR is relative to the full scale of integers and to the range of the first recording for floats.
/// SSIM (Wang 2004) is over windows of 8x8 samples every 4 samples, averaged over channels and frames.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The recording that counts as true.
    #[arg(value_name = "A")]
    first: PathBuf,

    /// The recording to compare with it.
    #[arg(value_name = "B")]
    second: PathBuf,

    /// The greatest absolute error at which samples still count as equal; 0 unless --min-psnr or --min-ssim is given.
    #[arg(long, value_name = "ERROR", value_parser = parse_bound)]
    tolerance: Option<f64>,

    /// Equal when the PSNR over all frames is at least this, in dB.
    #[arg(long, value_name = "DB", value_parser = parse_bound)]
    min_psnr: Option<f64>,

    /// Equal when the mean SSIM is at least this.
    #[arg(long, value_name = "SSIM", value_parser = parse_bound)]
    min_ssim: Option<f64>,

    /// A line for each frame: index, greatest and mean absolute error, PSNR, SSIM.
    #[arg(long)]
    frames: bool,

    #[command(flatten)]
    part: PartArgs,

    #[command(flatten)]
    read: ReadArgs,

    #[command(flatten)]
    raw: RawArgs,
}

fn parse_bound(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value >= 0.0 => Ok(value),
        _ => Err(format!(
            "`{text}` is not a bound: expected a number from 0 on"
        )),
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
    if streams::is_standard(&args.first) && streams::is_standard(&args.second) {
        return Err(Hinted::new(
            "both recordings are standard input",
            "give a file name for one of them",
        )
        .into());
    }
    let options = args.read.options(args.raw.raw, limits);
    let open = |path: &Path| -> anyhow::Result<Box<dyn FrameReader>> {
        let reader = streams::open(path, &options, &interrupt.cancel)?;
        Ok(args.part.of(path, reader, &surroundings)?)
    };
    let mut first = open(&args.first)?;
    let mut second = open(&args.second)?;
    let format = first.info().format;
    let mut tally = Tally::new(format);
    if let Some(reason) = unlike(&format, &second.info().format) {
        tally.reason = Some(reason);
    } else {
        compare(args, term, &mut *first, &mut *second, &mut tally)?;
        tally.judge(args);
    }
    if term.json {
        term.line(&tally.json_end(args, &*first, &*second))?;
    } else {
        term.line(&tally.text(args, &*first, &*second))?;
    }
    for (path, reader) in [(&args.first, &first), (&args.second, &second)] {
        streams::note_damage(term, path, reader.damage());
    }
    Ok(match tally.reason {
        None => ExitCode::SUCCESS,
        Some(_) => ExitCode::from(ANSWER_IS_NO),
    })
}

/// Why frames of these formats cannot be compared; the depth does not matter.
fn unlike(first: &FrameFormat, second: &FrameFormat) -> Option<String> {
    (first.with_bit_depth(0) != second.with_bit_depth(0))
        .then(|| format!("the frames are {first} and {second}"))
}

/// Passes over both recordings, printing each frame when that was asked.
fn compare(
    args: &Args,
    term: &Term,
    first: &mut dyn FrameReader,
    second: &mut dyn FrameReader,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let workers = args.read.threads.unwrap_or_else(cores);
    let mut printed = Ok(());
    each_pair(first, second, workers, |outcome| {
        if args.frames
            && let Outcome::Both(index, difference) = &outcome
        {
            printed = term.line(&tally.frame_line(*index, difference, term.json));
        }
        tally.add(&outcome, args);
        match printed {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    Ok(printed?)
}

/// What all frames add up to.
struct Tally {
    format: FrameFormat,
    compared: u64,
    only_first: u64,
    only_second: u64,
    total: Difference,
    /// The first frame that only one of the two has, and which.
    first_lone: Option<(u64, char)>,
    /// The frame with the greatest error.
    worst: Option<u64>,
    /// The first frame with an error above the tolerance.
    first_different: Option<u64>,
    /// Why the recordings do not count as equal.
    reason: Option<String>,
}

impl Tally {
    const fn new(format: FrameFormat) -> Self {
        Self {
            format,
            compared: 0,
            only_first: 0,
            only_second: 0,
            first_lone: None,
            total: Difference::none(),
            worst: None,
            first_different: None,
            reason: None,
        }
    }

    fn add(&mut self, outcome: &Outcome, args: &Args) {
        match outcome {
            Outcome::OnlyFirst(index) => {
                self.only_first += 1;
                self.first_lone.get_or_insert((*index, 'a'));
            }
            Outcome::OnlySecond(index) => {
                self.only_second += 1;
                self.first_lone.get_or_insert((*index, 'b'));
            }
            Outcome::Both(index, difference) => {
                self.compared += 1;
                if difference.max > self.total.max {
                    self.worst = Some(*index);
                }
                if difference.max > args.tolerance.unwrap_or(0.0) {
                    self.first_different.get_or_insert(*index);
                }
                self.total.add(difference);
            }
        }
    }

    fn ssim(&self) -> f64 {
        match self.compared {
            0 => 1.0,
            frames => self.total.ssim / frames as f64,
        }
    }

    /// Decides; with no bound given, every sample must be equal.
    fn judge(&mut self, args: &Args) {
        let psnr = self.total.psnr(&self.format);
        let is_bounded = args.min_psnr.is_some() || args.min_ssim.is_some();
        let tolerance = match args.tolerance {
            None if is_bounded => None,
            given => Some(given.unwrap_or(0.0)),
        };
        self.reason = if let Some((frame, which)) = self.first_lone {
            let (first, second) = (
                self.compared + self.only_first,
                self.compared + self.only_second,
            );
            Some(format!(
                "there are {first} and {second} frames, and frame {frame} is only in {which}"
            ))
        } else if let (Some(tolerance), Some(frame)) = (tolerance, self.first_different) {
            Some(format!(
                "frame {frame} is the first that differs by more than {tolerance}"
            ))
        } else if let Some(least) = args.min_psnr.filter(|least| psnr < *least) {
            Some(format!("the PSNR is {psnr:.2} dB, less than {least}"))
        } else {
            args.min_ssim
                .filter(|least| self.ssim() < *least)
                .map(|least| format!("the SSIM is {:.5}, less than {least}", self.ssim()))
        };
    }

    fn frame_line(&self, index: u64, difference: &Difference, as_json: bool) -> String {
        let ratio = difference.psnr(&self.format);
        if as_json {
            return json!({
                "frame": index,
                "max_error": finite(difference.max),
                "mean_error": finite(difference.mean()),
                "psnr": finite(ratio),
                "ssim": finite(difference.ssim),
            })
            .to_string();
        }
        format!(
            "{index} {} {:.6} {ratio:.2} {:.5}",
            difference.max,
            difference.mean(),
            difference.ssim
        )
    }

    fn text(&self, args: &Args, first: &dyn FrameReader, second: &dyn FrameReader) -> String {
        let names = [&args.first, &args.second]
            .map(|path| crate::report::safe(&path.display().to_string()));
        let [a, b] = &names;
        let mut lines = vec![
            format!("a           {a}: {}", described(first)),
            format!("b           {b}: {}", described(second)),
        ];
        if self.compared > 0 {
            let worst = self
                .worst
                .map_or_else(String::new, |frame| format!(" (frame {frame})"));
            lines.extend([
                format!(
                    "frames      {} compared, {} only in a, {} only in b",
                    self.compared, self.only_first, self.only_second
                ),
                format!("max error   {}{worst}", self.total.max),
                format!("mean error  {:.6}", self.total.mean()),
                format!("PSNR        {:.2} dB", self.total.psnr(&self.format)),
                format!("SSIM        {:.5}", self.ssim()),
            ]);
        }
        lines.push(match &self.reason {
            None => "equal       yes".to_owned(),
            Some(reason) => format!("equal       no: {reason}"),
        });
        lines.join("\n")
    }

    fn json_end(&self, args: &Args, first: &dyn FrameReader, second: &dyn FrameReader) -> String {
        let name = |path: &Path| path.to_string_lossy().into_owned();
        let has_frames = self.compared > 0;
        let number = |value: f64| {
            if has_frames {
                finite(value)
            } else {
                Value::Null
            }
        };
        let counted = self.compared + self.only_first + self.only_second > 0;
        let count = |only: u64, reader: &dyn FrameReader| match counted {
            true => json!(self.compared + only),
            false => json!(reader.info().frame_count.get()),
        };
        json!({
            "a": name(&args.first),
            "b": name(&args.second),
            "frames_a": count(self.only_first, first),
            "frames_b": count(self.only_second, second),
            "compared": self.compared,
            "max_error": number(self.total.max),
            "max_error_frame": self.worst,
            "mean_error": number(self.total.mean()),
            "psnr": number(self.total.psnr(&self.format)),
            "ssim": number(self.ssim()),
            "equal": self.reason.is_none(),
            "reason": self.reason,
        })
        .to_string()
    }
}

fn described(reader: &dyn FrameReader) -> String {
    let info = reader.info();
    match info.frame_count.get() {
        Some(count) => format!("{count} frame(s), {}", info.format),
        None => info.format.to_string(),
    }
}

/// A number of JSON, which has no infinity: null.
fn finite(value: f64) -> Value {
    if value.is_finite() {
        json!(value)
    } else {
        Value::Null
    }
}
