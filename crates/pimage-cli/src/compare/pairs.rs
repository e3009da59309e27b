//! Reading two recordings side by side and comparing them on all cores.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crossbeam_channel::{Receiver, Sender, bounded};
use pimage_core::{Error, Frame, FrameReader};
use pimage_metrics::Difference;

/// Frames read ahead of each recording.
const AHEAD: usize = 4;

/// What became of one frame index.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Both recordings have it.
    Both(u64, Difference),
    /// Only the first has it.
    OnlyFirst(u64),
    /// Only the second has it.
    OnlySecond(u64),
}

type Read = Result<Frame, Error>;

/// Two frames of one index, with their place in the order.
struct Job(u64, Frame, Frame);

type Answer = (u64, Result<Outcome, Error>);

/// Compares the frames of both readers by index, and shows each outcome to `see` in order.
///
/// # Errors
///
/// The first of either reader; none when `see` asks to stop.
pub(crate) fn each_pair(
    first: &mut dyn FrameReader,
    second: &mut dyn FrameReader,
    workers: usize,
    mut see: impl FnMut(Outcome) -> ControlFlow<()>,
) -> Result<(), Error> {
    std::thread::scope(|scope| {
        // The channels are dropped when this returns, which ends the threads.
        let (read_first, from_first) = bounded(AHEAD);
        let (read_second, from_second) = bounded(AHEAD);
        let (return_first, returned_first) = bounded(2 * AHEAD);
        let (return_second, returned_second) = bounded(2 * AHEAD);
        let (give, jobs) = bounded::<Job>(AHEAD);
        let (answer, answers) = bounded::<Answer>(2 * AHEAD);
        scope.spawn(move || read_all(first, &read_first, &returned_first));
        scope.spawn(move || read_all(second, &read_second, &returned_second));
        for _ in 0..workers.max(1) {
            let (jobs, answer) = (jobs.clone(), answer.clone());
            let returns = [return_first.clone(), return_second.clone()];
            scope.spawn(move || work(&jobs, &answer, &returns));
        }
        scope.spawn(move || pair_up(&from_first, &from_second, &give, &answer));
        // The workers must be the only ones that keep the channel open, or their end would not be seen.
        drop(jobs);
        let mut waiting = BTreeMap::new();
        let mut next = 0;
        for (place, outcome) in &answers {
            waiting.insert(place, outcome);
            while let Some(outcome) = waiting.remove(&next) {
                next += 1;
                if see(outcome?).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    })
}

/// Reads until the end, an error, or until nobody wants more.
fn read_all(reader: &mut dyn FrameReader, frames: &Sender<Read>, returned: &Receiver<Frame>) {
    loop {
        let mut frame = returned.try_recv().unwrap_or_else(|_| Frame::empty());
        let read = match reader.read_into(&mut frame) {
            Ok(true) => Ok(frame),
            Ok(false) => return,
            Err(error) => Err(error),
        };
        let is_last = read.is_err();
        if frames.send(read).is_err() || is_last {
            return;
        }
    }
}

/// Puts frames of the same index together; those that only one side has are answered here.
fn pair_up(
    first: &Receiver<Read>,
    second: &Receiver<Read>,
    jobs: &Sender<Job>,
    answers: &Sender<Answer>,
) {
    let (mut left, mut right) = (first.recv().ok(), second.recv().ok());
    for place in 0.. {
        let outcome = match (left.take(), right.take()) {
            (Some(Err(error)), _) | (_, Some(Err(error))) => Err(error),
            (None, None) => return,
            (Some(Ok(a)), Some(Ok(b))) if a.stamp.index == b.stamp.index => {
                if jobs.send(Job(place, a, b)).is_err() {
                    return;
                }
                (left, right) = (first.recv().ok(), second.recv().ok());
                continue;
            }
            (Some(Ok(a)), b) if is_before(&a, b.as_ref()) => {
                (left, right) = (first.recv().ok(), b);
                Ok(Outcome::OnlyFirst(a.stamp.index))
            }
            (a, Some(Ok(b))) => {
                (left, right) = (a, second.recv().ok());
                Ok(Outcome::OnlySecond(b.stamp.index))
            }
            (Some(Ok(_)), None) => return,
        };
        let is_last = outcome.is_err();
        if answers.send((place, outcome)).is_err() || is_last {
            return;
        }
    }
}

/// Whether `frame` comes before the other side's next frame, or that side has ended.
fn is_before(frame: &Frame, other: Option<&Read>) -> bool {
    match other {
        Some(Ok(other)) => frame.stamp.index < other.stamp.index,
        _ => true,
    }
}

fn work(jobs: &Receiver<Job>, answers: &Sender<Answer>, returns: &[Sender<Frame>; 2]) {
    for Job(place, a, b) in jobs {
        let index = a.stamp.index;
        let outcome =
            Difference::between(&a, &b).map(|difference| Outcome::Both(index, difference));
        if answers.send((place, outcome)).is_err() {
            return;
        }
        // Memory to be filled again; when there is enough of it, it is freed.
        for (channel, frame) in returns.iter().zip([a, b]) {
            let _ = channel.try_send(frame);
        }
    }
}
