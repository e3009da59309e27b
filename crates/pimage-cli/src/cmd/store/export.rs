//! `pimage store export`: frames of a store as anything that pimage writes.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pimage_convert::RangeSpec;
use pimage_core::{Damage, Error, Frame, FrameReader, Limits, StreamInfo};
use pimage_store::{Choice, Runs, Span, StoreFollower, StoreOptions};

use super::live::UntilStopped;
use super::open;
use super::spans::{Times, parse_indices, parse_numbers};
use crate::args::{ReadArgs, WriteArgs};
use crate::interrupt::Interrupt;
use crate::job::Job;
use crate::part::PartArgs;
use crate::report::INTERRUPTED;
use crate::streams;
use crate::term::Term;
use crate::transform::surroundings;

const EXAMPLES: &str = "\
Examples:
  pimage store export recording film.mkv --numbers 1000..2000
  pimage store export recording frames.tif --times +60..+70
  pimage store export recording part.npy --index 0..100 --gray
  pimage store export recording - --follow | ffplay -f yuv4mpegpipe -";

/// Write frames of a store, chosen by index, number or time, to any output.
///
/// Ranges are half-open. A frame is written when it is in all ranges that are given, in the order of the store;
/// --start, --stop and --step count the frames that are left.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The store.
    #[arg(value_name = "STORE")]
    store: PathBuf,

    /// The output, or - for standard output.
    #[arg(value_name = "OUT")]
    output: PathBuf,

    /// Frames by their index, from 0.
    #[arg(long, value_name = "A..B", value_parser = parse_indices, help_heading = "Frames")]
    index: Option<Span<u64>>,

    /// Frames by the recorder's numbers.
    #[arg(long, value_name = "A..B", allow_hyphen_values = true, value_parser = parse_numbers, help_heading = "Frames")]
    numbers: Option<Span<i64>>,

    /// Frames by their times: seconds as the store has them, usually since 1970, or +SECONDS after the first frame.
    #[arg(
        long,
        value_name = "A..B",
        allow_hyphen_values = true,
        help_heading = "Frames"
    )]
    times: Option<Times>,

    /// Go on as the store grows, until its recording ends or Ctrl-C: each frame once it is flushed.
    #[arg(long, conflicts_with_all = ["index", "numbers", "times"], help_heading = "Frames")]
    follow: bool,

    #[command(flatten)]
    part: PartArgs,

    #[command(flatten)]
    read: ReadArgs,

    /// Map samples linearly, as for convert: auto, full, pLO,HI or MIN,MAX.
    #[arg(
        long,
        value_name = "RANGE",
        allow_hyphen_values = true,
        help_heading = "Writing"
    )]
    range: Option<RangeSpec>,

    #[command(flatten)]
    write: WriteArgs,
}

/// Runs the verb.
pub(super) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    if args.follow {
        return follow(args, limits, interrupt, term);
    }
    let store = open(&args.store, limits, interrupt)?;
    super::tell_notes(&store, term);
    let index = store.index();
    let known = index.times().iter().find(|time| time.is_finite());
    let first = known.copied().unwrap_or(0.0);
    let choice = Choice {
        indices: args.index.unwrap_or_default(),
        numbers: args.numbers.unwrap_or_default(),
        times: args
            .times
            .map_or_else(Span::default, |times| times.span(first)),
    };
    let runs = index.chosen(&choice);
    if runs.is_empty() {
        let reason = match (index.numbers().first(), index.numbers().last()) {
            (Some(first), Some(last)) => format!(
                "no frame of it is in the ranges asked for: it has the indices 0..{} and the numbers {first} to {last}",
                index.len()
            ),
            _ => "it has no frames".to_owned(),
        };
        return Err(Error::unsupported(&args.store, reason).into());
    }
    drop(store);
    let reading = args.read.options(None, limits);
    let surroundings = surroundings(&args.read, limits, interrupt);
    let open = || -> anyhow::Result<Box<dyn FrameReader>> {
        let reader = streams::open(&args.store, &reading, &interrupt.cancel)?;
        let chosen = Box::new(Runs::new(reader, runs.clone())?);
        Ok(args.part.of(&args.store, chosen, &surroundings)?)
    };
    let job = Job {
        input: &args.store,
        output: &args.output,
        open: &open,
        range: args.range,
        threads: args.read.threads,
        memory: args.read.memory,
        write: &args.write,
        interrupt,
        term,
    };
    job.run()
}

/// Frames of a store that grows; stopped or abandoned, what was read is kept.
fn follow(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    if let Some(range) = args.range.as_ref().filter(|range| range.needs_survey()) {
        let found = format!("`{range}` for a store that is followed, which is read only once");
        return Err(Error::bad_option("--range", found, "`full` or `MIN,MAX` there").into());
    }
    let reading = args.read.options(None, limits);
    let options = StoreOptions {
        limits,
        on_damage: reading.on_damage,
        raw: reading.undecoded,
        gray: reading.gray,
        threads: reading.threads,
        cancel: interrupt.cancel.clone(),
        ..StoreOptions::default()
    };
    let surroundings = surroundings(&args.read, limits, interrupt);
    let is_abandoned = Arc::new(AtomicBool::new(false));
    let open = || -> anyhow::Result<Box<dyn FrameReader>> {
        let follower = StoreFollower::open(streams::expect_store(&args.store)?, &options)?;
        let reader = Following {
            follower,
            is_abandoned: Arc::clone(&is_abandoned),
        };
        let reader = args.part.of(&args.store, Box::new(reader), &surroundings)?;
        Ok(Box::new(UntilStopped {
            info: reader.info().clone(),
            reader,
            cancel: interrupt.cancel.clone(),
            stamps_now: false,
            until: None,
        }))
    };
    let job = Job {
        input: &args.store,
        output: &args.output,
        open: &open,
        range: args.range,
        threads: args.read.threads,
        memory: args.read.memory,
        write: &args.write,
        interrupt: &interrupt.ending_at_the_source(),
        term,
    };
    let code = job.run()?;
    if is_abandoned.load(Ordering::Relaxed) {
        super::tell_abandoned(&args.store, term);
    }
    Ok(match interrupt.cancel.is_cancelled() {
        true => ExitCode::from(INTERRUPTED),
        false => code,
    })
}

/// Remembers how the recording ended, for whoever has the reader no more.
struct Following {
    follower: StoreFollower,
    is_abandoned: Arc<AtomicBool>,
}

impl FrameReader for Following {
    fn info(&self) -> &StreamInfo {
        self.follower.info()
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let is_there = self.follower.read_into(frame)?;
        let is_abandoned = self.follower.is_abandoned();
        self.is_abandoned.store(is_abandoned, Ordering::Relaxed);
        Ok(is_there)
    }

    fn damage(&self) -> &[Damage] {
        self.follower.damage()
    }
}
