//! Colour of Bayer mosaics.

use std::str::FromStr;

use pimage_core::{
    Color, Error, Frame, FrameFormat, Sample as _, StreamInfo, Transform, Value, keys,
    with_sample_type,
};

use super::mosaic::{Mosaic, Raw};
use super::rebuild;
use crate::{Arguments, Operation, Operator, Parameter, Presence};

/// Makes RGB of the raw gray frames of a colour camera, of which each pixel saw one colour only.
///
/// [`Demosaic::bilinear`] takes the mean of the neighbours that saw a colour, halves up, and away from the border gives the samples
/// of OpenCV's `cvtColor` to the bit. [`Demosaic::new`] goes along edges: green is interpolated in the direction in which the picture changes less,
/// corrected by the second derivative of the colour at hand, and red and blue follow by their difference from green (Hamilton and Adams 1997).
/// On a photograph (scikit-image's astronaut) that is 5 dB closer to the truth; OpenCV's edge-aware method gains 0.1 dB.
///
/// Beyond the border the frame is mirrored. Integers saturate at the full scale of their bit depth; a float that is not a number makes those around it so.
///
/// ```
/// use ndarray::Array3;
/// use pimage_core::{Color, Frame, Transform};
/// use pimage_transform::{BayerPattern, Demosaic};
///
/// // A pure red picture.
/// let raw = Array3::from_shape_fn((4, 6, 1), |(y, x, _)| if (y % 2, x % 2) == (0, 0) { 200u8 } else { 0 });
/// let mut frame = Frame::from_array(raw, Color::Gray)?;
/// Demosaic::bilinear(BayerPattern::Rggb).apply(&mut frame, &mut Frame::empty())?;
/// assert!(frame.samples::<u8>().expect("is u8").chunks(3).all(|pixel| pixel == [200, 0, 0]));
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demosaic {
    pattern: BayerPattern,
    method: Method,
}

/// The colours of the four pixels at the upper left of a frame, row by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BayerPattern {
    /// Red, green; green, blue.
    Rggb,
    /// Blue, green; green, red.
    Bggr,
    /// Green, red; blue, green.
    Grbg,
    /// Green, blue; red, green.
    Gbrg,
}

impl BayerPattern {
    /// Column and row, 0 or 1 each, of the red pixel.
    pub(super) const fn red(self) -> (usize, usize) {
        match self {
            Self::Rggb => (0, 0),
            Self::Grbg => (1, 0),
            Self::Gbrg => (0, 1),
            Self::Bggr => (1, 1),
        }
    }

    /// Four letters, as in the metadata of recordings: `RGGB`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rggb => "RGGB",
            Self::Bggr => "BGGR",
            Self::Grbg => "GRBG",
            Self::Gbrg => "GBRG",
        }
    }
}

impl FromStr for BayerPattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        [Self::Rggb, Self::Bggr, Self::Grbg, Self::Gbrg]
            .into_iter()
            .find(|pattern| pattern.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| {
                Error::bad_option(
                    "a Bayer pattern",
                    format!("`{text}`"),
                    "RGGB, BGGR, GRBG or GBRG",
                )
            })
    }
}

/// How missing colours are made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Bilinear,
    Edges,
}

impl Demosaic {
    /// Along edges.
    #[must_use]
    pub const fn new(pattern: BayerPattern) -> Self {
        Self {
            pattern,
            method: Method::Edges,
        }
    }

    /// By the mean of the neighbours.
    #[must_use]
    pub const fn bilinear(pattern: BayerPattern) -> Self {
        Self {
            pattern,
            method: Method::Bilinear,
        }
    }
}

impl Transform for Demosaic {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        if input.color != Color::Gray || input.width < 2 || input.height < 2 {
            return Err(Error::bad_option(
                "demosaic",
                format!("given {input} frames"),
                "raw gray frames of at least 2x2 pixels",
            ));
        }
        Ok(FrameFormat {
            color: Color::Rgb,
            ..*input
        })
    }

    fn output_info(&self, input: &StreamInfo) -> Result<StreamInfo, Error> {
        let mut info = input.reformatted(self.output_format(&input.format)?);
        info.metadata.remove(keys::BAYER_PATTERN);
        let pattern = self.pattern.name().into();
        info.metadata.insert("demosaiced_from".to_owned(), pattern);
        Ok(info)
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let input = *frame.format();
        let output = self.output_format(&input)?;
        let width = input.width as usize;
        rebuild(frame, spare, &output, |frame, spare| {
            with_sample_type!(input.sample, T => {
                let full = T::up(T::from_f64(input.full_scale()));
                let samples = frame.samples::<T>().unwrap_or_default();
                let target = spare.samples_mut::<T>().unwrap_or_default();
                let mut mosaic = Mosaic::new(samples, width, self.pattern.red(), full);
                match self.method {
                    Method::Bilinear => mosaic.fill(target, Mosaic::mean_green),
                    Method::Edges => mosaic.fill(target, Mosaic::edge_green),
                }
            });
        })
    }
}

/// The pattern that a recording names.
fn recorded(info: &StreamInfo) -> Result<BayerPattern, Error> {
    let named = info.metadata.get(keys::BAYER_PATTERN);
    match named.and_then(Value::as_text) {
        Some(named) => named.parse(),
        None => Err(Error::bad_option(
            "demosaic pattern",
            "missing, and the recording names none",
            "RGGB, BGGR, GRBG or GBRG",
        )),
    }
}

/// `demosaic`.
pub(super) const OPERATOR: Operator = Operator {
    name: "demosaic",
    title: "RGB of the raw frames of a colour camera (Bayer)",
    parameters: &[
        Parameter::new(
            "pattern",
            "the colours of the four pixels at the upper left",
            "RGGB|BGGR|GRBG|GBRG",
            Presence::Optional("what the recording names"),
        ),
        Parameter::new(
            "method",
            "edges follows them (Hamilton and Adams), bilinear takes the mean of neighbours",
            "edges|bilinear",
            Presence::Default("edges"),
        ),
    ],
    examples: &["demosaic=RGGB", "demosaic=bggr,bilinear"],
    notes: "Without a pattern it is that of the recording's metadata (`bayer_pattern`), which must not have been cropped by odd numbers, \
            turned or mirrored before. bilinear gives the samples of OpenCV away from the border; edges is 5 dB closer to the truth on a photograph.",
    build,
};

fn build(arguments: &Arguments<'_>) -> Result<Operation, Error> {
    let words = [("edges", Method::Edges), ("bilinear", Method::Bilinear)];
    let method = arguments.choice("method", &words)?;
    Ok(match arguments.optional::<BayerPattern>("pattern")? {
        Some(pattern) => Operation::frame(Demosaic { pattern, method }),
        None => Operation::bound(move |info| {
            let pattern = recorded(info)?;
            Ok(Operation::frame(Demosaic { pattern, method }))
        }),
    })
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;

    const PATTERNS: [BayerPattern; 4] = [
        BayerPattern::Rggb,
        BayerPattern::Bggr,
        BayerPattern::Grbg,
        BayerPattern::Gbrg,
    ];

    /// The channel that a pixel saw.
    fn seen(pattern: BayerPattern, y: usize, x: usize) -> usize {
        "RGB"
            .find(char::from(pattern.name().as_bytes()[y % 2 * 2 + x % 2]))
            .expect("is a colour")
    }

    /// What a camera of this pattern sees of a picture.
    fn raw(
        pattern: BayerPattern,
        height: usize,
        width: usize,
        picture: impl Fn(usize, usize, usize) -> u16,
    ) -> Frame {
        let sees = |(y, x, _)| picture(y, x, seen(pattern, y, x));
        Frame::from_array(Array3::from_shape_fn((height, width, 1), sees), Color::Gray)
            .expect("is gray")
    }

    fn applied(demosaic: Demosaic, mut frame: Frame) -> Frame {
        demosaic
            .apply(&mut frame, &mut Frame::empty())
            .expect("is large enough");
        frame
    }

    #[test]
    fn flat_colours_come_back_exactly() {
        for pattern in PATTERNS {
            for (height, width) in [(2, 2), (3, 2), (2, 5), (5, 6), (9, 7)] {
                let flat = raw(pattern, height, width, |_, _, channel| {
                    [900, 512, 77][channel]
                });
                for demosaic in [Demosaic::new(pattern), Demosaic::bilinear(pattern)] {
                    let color = applied(demosaic, flat.clone());
                    let samples = color.samples::<u16>().expect("is u16");
                    assert!(
                        samples.chunks(3).all(|pixel| pixel == [900, 512, 77]),
                        "{demosaic:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn bilinear_is_the_mean_of_the_neighbours() {
        let picture = |y: usize, x: usize, channel: usize| {
            ((y * 7919 + x * 104_729 + channel * 31) % 4096) as u16
        };
        for pattern in PATTERNS {
            let frame = raw(pattern, 8, 9, picture);
            let gray = frame.view::<u16>().expect("is u16").to_owned();
            let color = applied(Demosaic::bilinear(pattern), frame);
            let color = color.view::<u16>().expect("is u16");
            for ((y, x, channel), found) in color.indexed_iter() {
                if !(1..7).contains(&y) || !(1..8).contains(&x) {
                    continue;
                }
                let near = (y - 1..=y + 1).flat_map(|y| (x - 1..=x + 1).map(move |x| (y, x)));
                let same: Vec<u32> = near
                    .filter(|(y, x)| seen(pattern, *y, *x) == channel)
                    .map(|(y, x)| u32::from(gray[[y, x, 0]]))
                    .collect();
                let own = seen(pattern, y, x) == channel;
                let count = same.len() as u32;
                let mean = (same.iter().sum::<u32>() + count / 2) / count;
                let expected = if own {
                    u32::from(gray[[y, x, 0]])
                } else {
                    mean
                };
                assert_eq!(u32::from(*found), expected, "{pattern:?} {y} {x} {channel}");
            }
        }
    }

    #[test]
    fn an_edge_stays_sharp() {
        // A gray picture of two halves, cut along columns or rows.
        for pattern in PATTERNS {
            for is_column in [true, false] {
                let picture = |y: usize, x: usize, _| {
                    if (if is_column { x } else { y }) < 5 {
                        100
                    } else {
                        900
                    }
                };
                let color = applied(Demosaic::new(pattern), raw(pattern, 10, 10, picture));
                let color = color.view::<u16>().expect("is u16");
                for ((y, x, _), found) in color.indexed_iter() {
                    assert_eq!(*found, picture(y, x, 0), "{pattern:?} {y} {x}");
                }
            }
        }
    }

    #[test]
    fn results_stay_within_the_depth() {
        let format =
            FrameFormat::new(40, 40, Color::Gray, pimage_core::SampleType::U16).with_bit_depth(10);
        let frame = pimage_testkit::noise_frame(3, 0, format);
        let color = applied(Demosaic::new(BayerPattern::Grbg), frame);
        assert_eq!(color.format().bit_depth, 10);
        let samples = color.samples::<u16>().expect("is u16");
        assert_eq!(samples.iter().max(), Some(&1023));
    }

    #[test]
    fn only_raw_frames_are_taken() {
        let demosaic = Demosaic::new(BayerPattern::Rggb);
        let check = |width, color, expected: &str| {
            let format = FrameFormat::new(width, 4, color, pimage_core::SampleType::U8);
            let error = demosaic.output_format(&format).expect_err("is refused");
            assert_eq!(error.to_string(), expected);
        };
        check(
            4,
            Color::Rgb,
            "demosaic is given 4x4 rgb uint8 frames: expected raw gray frames of at least 2x2 pixels",
        );
        check(
            1,
            Color::Gray,
            "demosaic is given 1x4 gray uint8 frames: expected raw gray frames of at least 2x2 pixels",
        );
    }
}
