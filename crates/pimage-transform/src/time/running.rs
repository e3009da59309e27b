//! Sums over windows that overlap, each from the one before.

use std::sync::{Mutex, PoisonError};

use pimage_core::{Frame, SampleType};

use super::intensity::Intensity;
use crate::vector::vectorized;

/// Sums over recent windows of frames.
///
/// A window that shares most frames with one that was summed before costs only the frames that came and went.
/// Integers are summed exactly, so that the result does not depend on what was summed before; floats are not for this.
#[derive(Debug, Default)]
pub(super) struct RunningSums {
    /// One for each thread that is or was at work.
    recent: Mutex<Vec<Sum>>,
}

#[derive(Debug, Default)]
struct Sum {
    /// What is in it; held, so that a frame at the same place in memory is the same frame.
    frames: Vec<Frame>,
    sums: Vec<i32>,
}

/// Windows of fewer frames are summed as fast afresh.
const FEWEST: usize = 8;

impl RunningSums {
    /// Whether such windows are summed here.
    pub(super) fn is_for(sample: SampleType, count: usize) -> bool {
        matches!(sample, SampleType::U8 | SampleType::U16 | SampleType::I16) && count >= FEWEST
    }

    /// The sums at all places over `frames`, of at most 2^15 frames of at most 16 bits.
    pub(super) fn with<T: Intensity, R>(
        &self,
        frames: &[Frame],
        take: impl FnOnce(&[i32]) -> R,
    ) -> R {
        let lock = || self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sum = lock().pop().unwrap_or_default();
        sum.go_on::<T>(frames);
        let result = take(&sum.sums);
        lock().push(sum);
        result
    }
}

impl Sum {
    fn go_on<T: Intensity>(&mut self, frames: &[Frame]) {
        let gone = self.frames.iter().filter(|frame| !is_among(frame, frames));
        let come = frames.iter().filter(|frame| !is_among(frame, &self.frames));
        if gone.clone().count() + come.clone().count() < frames.len() {
            for frame in gone {
                each(&mut self.sums, samples::<T>(frame), |sum, sample| {
                    sum - sample
                });
            }
            for frame in come {
                each(&mut self.sums, samples::<T>(frame), |sum, sample| {
                    sum + sample
                });
            }
        } else {
            let places = frames.first().map_or(0, |frame| samples::<T>(frame).len());
            self.sums.clear();
            self.sums.resize(places, 0);
            for frame in frames {
                each(&mut self.sums, samples::<T>(frame), |sum, sample| {
                    sum + sample
                });
            }
        }
        self.frames.clear();
        self.frames.extend_from_slice(frames);
    }
}

fn each<T: Intensity>(sums: &mut [i32], samples: &[T], becomes: impl Fn(i32, i32) -> i32) {
    vectorized(
        #[inline(always)]
        || {
            for (sum, sample) in sums.iter_mut().zip(samples) {
                *sum = becomes(*sum, sample.whole());
            }
        },
    );
}

fn samples<T: Intensity>(frame: &Frame) -> &[T] {
    frame.samples().unwrap_or_default()
}

/// Whether these are the same pixels in the same memory, at the same index.
fn is_among(frame: &Frame, frames: &[Frame]) -> bool {
    // Frames are in order of their indices.
    let place = frames.binary_search_by_key(&frame.stamp.index, |frame| frame.stamp.index);
    let found = place.ok().and_then(|place| frames.get(place));
    found.is_some_and(|found| {
        found.format() == frame.format() && std::ptr::eq(found.bytes(), frame.bytes())
    })
}
