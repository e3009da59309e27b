//! Frames in two: above and below a level, given or found.

use std::fmt;
use std::str::FromStr;

use pimage_core::{Error, Frame, FrameFormat, Table, Transform};

use super::histogram::{expect_countable, first_value, with_histogram};
use super::{Level, point};
use crate::{Operation, Operator, Parameter, Presence};

/// Parts intensities at a level: those above it, and those at it and below.
///
/// Results are 0 and the full scale (of the significant bits, 1 for floats); what is not a number stays so.
/// The channels of colour are parted one by one, at one level.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::{Cut, Level, Threshold};
///
/// let mut frame = Frame::zeroed(FrameFormat::new(3, 1, Color::Gray, SampleType::U8));
/// frame.samples_mut::<u8>().expect("is u8").copy_from_slice(&[99, 100, 101]);
/// let threshold = Threshold::new(Cut::At(Level::Sample(100.0)));
/// threshold.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<u8>().expect("is u8"), [0, 0, 255]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    cut: Cut,
    parts: Parts,
}

/// Where a [`Threshold`] is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cut {
    /// At this level.
    At(Level),
    /// Where the two parts of each frame differ most (Otsu's method), of 8 or 16 bits.
    Otsu,
}

/// What becomes of the parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Parts {
    /// What is above becomes the full scale, the rest 0.
    #[default]
    Binary,
    /// What is above becomes 0, the rest the full scale.
    Inverted,
    /// What is above stays, the rest becomes 0.
    ToZero,
    /// What is above becomes 0, the rest stays.
    ToZeroInverted,
    /// What is above becomes the level, the rest stays.
    Truncate,
}

impl Parts {
    const WORDS: [(&str, Self); 5] = [
        ("binary", Self::Binary),
        ("inverted", Self::Inverted),
        ("tozero", Self::ToZero),
        ("tozero-inverted", Self::ToZeroInverted),
        ("truncate", Self::Truncate),
    ];
}

impl Threshold {
    /// Black and white.
    #[must_use]
    pub fn new(cut: Cut) -> Self {
        Self {
            cut,
            parts: Parts::default(),
        }
    }

    /// The same with other results.
    #[must_use]
    pub const fn into_parts(mut self, parts: Parts) -> Self {
        self.parts = parts;
        self
    }

    fn function(self, format: &FrameFormat, level: f64) -> impl Fn(f64) -> f64 + use<> {
        let top = format.full_scale();
        // What an integer is truncated to must not be above the level.
        let held = match format.sample.is_float() {
            true => level,
            false => level.floor(),
        };
        // What is above and what is not becomes `(kept, otherwise)`: itself, or a value.
        let (above, rest) = match self.parts {
            Parts::Binary => (Some(top), Some(0.0)),
            Parts::Inverted => (Some(0.0), Some(top)),
            Parts::ToZero => (None, Some(0.0)),
            Parts::ToZeroInverted => (Some(0.0), None),
            Parts::Truncate => (Some(held), None),
        };
        move |value: f64| {
            if value > level {
                above.unwrap_or(value)
            } else if value <= level {
                rest.unwrap_or(value)
            } else {
                value
            }
        }
    }
}

impl Transform for Threshold {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        if self.cut == Cut::Otsu {
            expect_countable("threshold otsu", input)?;
        }
        Ok(*input)
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let format = self.output_format(frame.format())?;
        let level = match self.cut {
            Cut::At(level) => level.of(&format),
            Cut::Otsu => with_histogram(frame, otsu) + first_value(&format),
        };
        let function = self.function(&format, level);
        if format.sample == pimage_core::SampleType::U8 {
            return point::apply(frame, spare, function);
        }
        point::compute(frame, function);
        Ok(())
    }

    fn table(&self, input: &FrameFormat) -> Option<Table> {
        match self.cut {
            Cut::At(level) => point::table(input, self.function(input, level.of(input))),
            Cut::Otsu => None,
        }
    }
}

/// The place after which a histogram falls into two parts whose means differ most, weighted by their sizes.
///
/// N. Otsu, A threshold selection method from gray-level histograms (1979), in OpenCV's order of arithmetic, so that ties end alike.
fn otsu(counts: &[u64]) -> f64 {
    let total: u64 = counts.iter().sum();
    let scale = 1.0 / total.max(1) as f64;
    let places = || {
        counts
            .iter()
            .enumerate()
            .map(|(place, count)| (place as f64, *count as f64))
    };
    let mean = places().map(|(place, count)| place * count).sum::<f64>() * scale;
    let least = f64::from(f32::EPSILON);
    let (mut part_below, mut mean_below) = (0.0, 0.0);
    let (mut best, mut best_place) = (0.0, 0.0);
    for (place, count) in places() {
        let part = count * scale;
        mean_below *= part_below;
        part_below += part;
        let part_above = 1.0 - part_below;
        if part_below.min(part_above) < least || part_below.max(part_above) > 1.0 - least {
            continue;
        }
        mean_below = (mean_below + place * part) / part_below;
        let mean_above = (mean - part_below * mean_below) / part_above;
        let difference = mean_below - mean_above;
        let spread = part_below * part_above * difference * difference;
        if spread > best {
            best = spread;
            best_place = place;
        }
    }
    best_place
}

impl FromStr for Cut {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.trim() {
            "otsu" => Ok(Self::Otsu),
            level => level.parse().map(Self::At),
        }
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(level) => level.fmt(f),
            Self::Otsu => f.write_str("otsu"),
        }
    }
}

/// `threshold`.
pub(super) const OPERATOR: Operator = Operator {
    name: "threshold",
    title: "part intensities at a level, or where Otsu's method parts them",
    parameters: &[
        Parameter::new(
            "level",
            "what is above it is one part, the level and what is below the other",
            "sample values, percent of the full scale such as 50%, or otsu",
            Presence::Required,
        ),
        Parameter::new(
            "mode",
            "above the level and below: full scale and 0, 0 and full scale, kept and 0, 0 and kept, the level and kept",
            "binary|inverted|tozero|tozero-inverted|truncate",
            Presence::Default("binary"),
        ),
    ],
    examples: &[
        "threshold=128",
        "threshold=otsu",
        "threshold=50%,inverted",
        "threshold=10,tozero",
        "threshold=90%,truncate",
    ],
    notes: "As OpenCV's threshold. Otsu's level is found in each frame of 8 or 16 bits, over all channels but opacity together; \
        on gray it is that of OpenCV.",
    build: |arguments| {
        let threshold = Threshold::new(arguments.value("level")?);
        let parts = arguments.choice("mode", &Parts::WORDS)?;
        Ok(Operation::frame(threshold.into_parts(parts)))
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn otsu_parts_two_heaps() {
        let mut counts = [0u64; 256];
        counts[10] = 5;
        counts[20] = 5;
        counts[200] = 3;
        assert!((otsu(&counts) - 20.0).abs() < 1e-12);
        assert!(otsu(&[0; 256]).abs() < 1e-12);
        let mut one = [0u64; 256];
        one[77] = 9;
        assert!(otsu(&one).abs() < 1e-12);
    }

    #[test]
    fn what_is_not_a_number_is_in_neither_part() {
        let format = FrameFormat::new(1, 1, pimage_core::Color::Gray, pimage_core::SampleType::F32);
        for (_, parts) in Parts::WORDS {
            let threshold = Threshold::new(Cut::Otsu).into_parts(parts);
            assert!(threshold.function(&format, 0.5)(f64::NAN).is_nan());
        }
    }
}
