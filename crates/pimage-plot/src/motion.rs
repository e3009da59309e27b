//! How a plot moves, and in step with what.

use std::str::FromStr;
use std::sync::Arc;

use pimage_core::{Error, FrameRate, Timestamp};

/// What moves from frame to frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Motion {
    /// A vertical line at the x of the frame, with the values of the lines there.
    Cursor,
    /// Lines, dots and events up to the x of the frame.
    Growing,
}

impl FromStr for Motion {
    type Err = Error;

    /// `cursor` or `grow`.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text.trim() {
            "cursor" => Ok(Self::Cursor),
            "grow" => Ok(Self::Growing),
            _ => Err(Error::bad_option(
                "a motion",
                format!("`{text}`"),
                "cursor or grow",
            )),
        }
    }
}

/// Which x each frame is at, how many frames there are, and how fast they are shown.
///
/// ```
/// use pimage_core::FrameRate;
/// use pimage_plot::Pace;
///
/// let pace = Pace::at_rate(100, FrameRate::new(25, 1).expect("is not zero"));
/// assert_eq!((pace.frames(), pace.x(50)), (100, 2.0));
/// assert_eq!(Pace::times(vec![0.1, 0.4])?.x(1), 0.4);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Pace {
    steps: Steps,
    frames: u64,
    rate: Option<FrameRate>,
}

#[derive(Debug, Clone, PartialEq)]
enum Steps {
    Index,
    Rate(FrameRate),
    Times(Arc<[f64]>),
}

impl Pace {
    /// So many frames, each at its index: 0, 1, 2 ….
    #[must_use]
    pub const fn indices(frames: u64) -> Self {
        Self {
            steps: Steps::Index,
            frames,
            rate: None,
        }
    }

    /// So many frames, each at its time in seconds from 0, shown at the same rate.
    #[must_use]
    pub const fn at_rate(frames: u64, rate: FrameRate) -> Self {
        Self {
            steps: Steps::Rate(rate),
            frames,
            rate: Some(rate),
        }
    }

    /// A frame at each of these x: the times of the frames of a recording.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when one is not finite.
    pub fn times(times: impl Into<Arc<[f64]>>) -> Result<Self, Error> {
        let times = times.into();
        if let Some((place, time)) = times.iter().enumerate().find(|(_, time)| !time.is_finite()) {
            return Err(Error::bad_option(
                format!("the time of frame {place}"),
                time.to_string(),
                "a finite number",
            ));
        }
        Ok(Self {
            frames: times.len() as u64,
            steps: Steps::Times(times),
            rate: None,
        })
    }

    /// The same shown at this rate.
    #[must_use]
    pub const fn with_rate(mut self, rate: FrameRate) -> Self {
        self.rate = Some(rate);
        self
    }

    /// The number of frames.
    #[must_use]
    pub const fn frames(&self) -> u64 {
        self.frames
    }

    /// How fast they are shown, where that is known.
    #[must_use]
    pub const fn rate(&self) -> Option<FrameRate> {
        self.rate
    }

    /// The x of a frame; that of the last one beyond it.
    #[must_use]
    pub fn x(&self, index: u64) -> f64 {
        let index = index.min(self.frames.saturating_sub(1));
        match &self.steps {
            Steps::Index => index as f64,
            Steps::Rate(rate) => rate.time_of(index).secs(),
            Steps::Times(times) => {
                let place = usize::try_from(index).unwrap_or(usize::MAX);
                times.get(place).copied().unwrap_or(0.0)
            }
        }
    }

    /// When a frame is shown.
    pub(crate) fn time(&self, index: u64) -> Option<Timestamp> {
        match (&self.steps, self.rate) {
            (Steps::Times(_), _) => Timestamp::from_secs(self.x(index)),
            (_, Some(rate)) => Some(rate.time_of(index)),
            _ => None,
        }
    }

    /// An x that is after that of the frame by less than the next frame is: what was computed in another way is not late.
    pub(crate) fn x_and_a_little(&self, index: u64) -> f64 {
        let x = self.x(index);
        let next = self.x(index + 1) - x;
        let step = next.abs().max((x - self.x(index.saturating_sub(1))).abs());
        let little = (step * 1e-6).max(x.abs() * 1e-12);
        // Of seconds since 1970, a part that is small enough for most is several frames of a fast camera.
        x + if next > 0.0 {
            little.min(next / 4.0)
        } else {
            little
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_to_be_finite() {
        let error = Pace::times(vec![0.0, f64::NAN]).expect_err("is no time");
        assert_eq!(
            error.to_string(),
            "the time of frame 1 is NaN: expected a finite number"
        );
        let none = Pace::times(Vec::new()).expect("is none");
        assert_eq!((none.frames(), none.x(5)), (0, 0.0));
    }

    #[test]
    fn a_little_later_is_before_the_next_frame() {
        let times: Vec<f64> = (0..9)
            .map(|frame| 1_763_740_800.0 + f64::from(frame) * 1e-4)
            .collect();
        let pace = Pace::times(times.clone()).expect("are finite");
        for (index, pair) in (0..).zip(times.windows(2)) {
            let later = pace.x_and_a_little(index);
            assert!(pair[0] < later && later < pair[1], "{index}: {later}");
        }
    }

    #[test]
    fn the_last_frame_has_an_x_a_little_later_too() {
        let pace = Pace::indices(3);
        assert!(pace.x_and_a_little(2) > 2.0 && pace.x_and_a_little(2) < 2.001);
        assert_eq!(pace.time(1), None);
    }
}
