//! Statistics over the window of a frame.

use pimage_core::{Error, Frame};

use super::TimeStatistic;
use super::intensity::Intensity;
use super::running::RunningSums;
use super::statistic::TILE;
use crate::vector::vectorized;
use crate::{Arguments, Parameter, Presence, Window};

/// A statistic over windows of frames, whatever their samples are.
#[derive(Debug)]
pub(super) struct WindowStatistic {
    statistic: TimeStatistic,
    sums: RunningSums,
}

impl WindowStatistic {
    pub(super) fn new(statistic: TimeStatistic) -> Self {
        Self {
            statistic,
            sums: RunningSums::default(),
        }
    }

    /// Computes the statistic over `frames`, which are of one format with samples of type `T`,
    /// and hands it to `take` by tiles: the first place, and the results of that and the following ones.
    pub(super) fn each_tile<T: Intensity>(
        &self,
        frames: &[Frame],
        take: &mut dyn FnMut(usize, &[f64]),
    ) {
        if self.statistic == TimeStatistic::Mean && RunningSums::is_for(T::TYPE, frames.len()) {
            let count = frames.len() as f64;
            let mut results = [0.0; TILE];
            self.sums.with::<T, _>(frames, |sums| {
                for (tile, sums) in sums.chunks(TILE).enumerate() {
                    let results = results.get_mut(..sums.len()).unwrap_or_default();
                    vectorized(
                        #[inline(always)]
                        || {
                            for (result, sum) in results.iter_mut().zip(sums) {
                                *result = f64::from(*sum) / count;
                            }
                        },
                    );
                    take(tile * TILE, results);
                }
            });
            return;
        }
        let slices: Vec<&[T]> = frames
            .iter()
            .map(|frame| frame.samples().unwrap_or_default())
            .collect();
        self.statistic.each_tile(&slices, take);
    }
}

/// The frame at place `at` of a window.
///
/// # Errors
///
/// [`Error::BadOption`] when there is none, or the window has more frames than can be summed.
pub(super) fn frame_among(frames: &[Frame], at: usize) -> Result<&Frame, Error> {
    let refused =
        |found: String, expected: String| Err(Error::bad_option("a window", found, expected));
    if frames.len() > MOST_SUMMED {
        let expected = format!("{MOST_SUMMED} at most");
        return refused(format!("of {} frames", frames.len()), expected);
    }
    match frames.get(at) {
        Some(frame) => Ok(frame),
        None => refused(
            format!("frame {at} of {}", frames.len()),
            "one of them".to_owned(),
        ),
    }
}

/// Frames whose samples of 16 bits have a sum within 32 bits.
const MOST_SUMMED: usize = 1 << 15;

/// Frames that a window may have.
const MOST: usize = 10_000;

/// The parameter that says how many frames a window has.
pub(super) const fn frames_parameter(presence: Presence) -> Parameter {
    Parameter::new(
        "frames",
        "frames of the window, fewer at the ends of the recording",
        "frames",
        presence,
    )
}

/// The parameter that says where the frame stands in its window.
pub(super) const ALIGN: Parameter = Parameter::new(
    "align",
    "the frame in the middle of its window (of an even number, one more before it), or last",
    "centered|causal",
    Presence::Default("centered"),
);

/// The window that `frames` and `align` describe; `None` when `frames` is absent.
pub(super) fn window(arguments: &Arguments<'_>) -> Result<Option<Window>, Error> {
    let is_centered = arguments.choice("align", &[("centered", true), ("causal", false)])?;
    let count = arguments.optional_in("frames", 1..=MOST)?;
    Ok(count.map(|count| {
        if is_centered {
            Window::centered(count)
        } else {
            Window {
                before: count - 1,
                after: 0,
            }
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_beyond_what_can_be_summed_are_refused() {
        let error = frame_among(&vec![Frame::empty(); 40_000], 3).expect_err("is too long");
        assert_eq!(
            error.to_string(),
            "a window is of 40000 frames: expected 32768 at most"
        );
        assert!(frame_among(&[Frame::empty()], 1).is_err());
        assert!(frame_among(&[Frame::empty()], 0).is_ok());
    }
}
