//! Turned frames.

use pimage_core::{Error, Frame, FrameFormat, Limits, StreamInfo, Transform};

use super::fill::Fill;
use super::flip::Flip;
use super::kernel::Method;
use super::metadata::{mix_filters, mix_planes, move_filters, swap_pixel_sides};
use super::pixel::{pixel_bytes, with_pixel_bytes};
use super::resize::POINT_METHODS;
use super::turn::turn;
use super::warp::{Motion, middle, sin_cos, warp};
use crate::{Arguments, Operation, Operator, Parameter, Presence};

/// Turns each frame clockwise about its middle.
///
/// Quarter turns are exact copies, and width and height change places. They go in blocks of 16x16 pixels,
/// those of bytes through vector registers, at 0.5 to 1.1 times the speed of OpenCV's `rotate`.
/// Any other angle keeps the size, unless [`Rotate::expanded`], and interpolates, at first [`Method::Linear`];
/// places are exact, but Lanczos weights are those of the nearest 1/1024 pixel.
/// OpenCV's `warpAffine` rounds places to 1/32 pixel and is two to five times as fast; no other crate takes all types of samples.
/// What is not covered takes the border value, which also takes part where the frame ends.
/// Cubic and Lanczos may overshoot and are clamped to the frame's full scale (floats are not clamped).
/// NaN carries to every pixel in which it has a weight other than 0.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::Rotate;
///
/// let mut frame = Frame::zeroed(FrameFormat::new(2, 1, Color::Gray, SampleType::U8));
/// frame.bytes_mut().copy_from_slice(&[1, 2]);
/// Rotate::new(90.0)?.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!((frame.format().width, frame.format().height), (1, 2));
/// assert_eq!(frame.bytes(), [1, 2]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rotate {
    /// Clockwise, 0 to 360.
    degrees: f64,
    method: Method,
    border: Fill,
    expands: bool,
}

/// A turn that copies pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quarters {
    None,
    Clockwise,
    Half,
    Counterclockwise,
}

impl Rotate {
    /// A turn by so many degrees clockwise; negative ones are counterclockwise.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] unless the angle is finite.
    pub fn new(degrees: f64) -> Result<Self, Error> {
        if !degrees.is_finite() {
            let found = degrees.to_string();
            return Err(Error::bad_option("rotate", found, "degrees clockwise"));
        }
        Ok(Self {
            degrees: degrees.rem_euclid(360.0),
            method: Method::Linear,
            border: Fill::default(),
            expands: false,
        })
    }

    /// The same with another method of interpolation; [`Method::Area`] is [`Method::Linear`].
    #[must_use]
    pub const fn with_method(self, method: Method) -> Self {
        Self { method, ..self }
    }

    /// The same with another value than 0 where there are no pixels.
    #[must_use]
    pub const fn with_border(self, border: Fill) -> Self {
        Self { border, ..self }
    }

    /// The same, into frames that are large enough for all of it.
    #[must_use]
    pub const fn expanded(self) -> Self {
        Self {
            expands: true,
            ..self
        }
    }

    fn quarters(&self) -> Option<Quarters> {
        match self.degrees {
            0.0 | 360.0 => Some(Quarters::None),
            90.0 => Some(Quarters::Clockwise),
            180.0 => Some(Quarters::Half),
            270.0 => Some(Quarters::Counterclockwise),
            _ => None,
        }
    }

    /// The size that holds all pixels of a turned frame.
    fn expanded_size(&self, input: &FrameFormat) -> (u32, u32) {
        // What rounding adds to a whole number is no pixel more.
        const ROUNDING: f64 = 1e-9;
        let (sin, cos) = sin_cos(self.degrees);
        let (sin, cos) = (sin.abs(), cos.abs());
        let (width, height) = (f64::from(input.width), f64::from(input.height));
        let side = |side: f64| (side * (1.0 - ROUNDING)).ceil() as u32;
        (
            side(width * cos + height * sin),
            side(width * sin + height * cos),
        )
    }
}

impl Transform for Rotate {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        let (width, height) = match self.quarters() {
            Some(Quarters::None | Quarters::Half) => (input.width, input.height),
            Some(_) => (input.height, input.width),
            None => {
                self.border.check("rotate border", input)?;
                match self.expands {
                    true => self.expanded_size(input),
                    false => (input.width, input.height),
                }
            }
        };
        Ok(FrameFormat {
            width,
            height,
            ..*input
        })
    }

    fn output_info(&self, input: &StreamInfo) -> Result<StreamInfo, Error> {
        let mut info = input.reformatted(self.output_format(&input.format)?);
        let (right, bottom) = (
            input.format.width.wrapping_sub(1),
            input.format.height.wrapping_sub(1),
        );
        if self.quarters() != Some(Quarters::None) {
            mix_planes(&mut info);
        }
        match self.quarters() {
            Some(Quarters::None) => {}
            Some(Quarters::Half) => {
                move_filters(&mut info, |x, y| {
                    (right.wrapping_sub(x), bottom.wrapping_sub(y))
                });
            }
            Some(Quarters::Clockwise) => {
                swap_pixel_sides(&mut info);
                move_filters(&mut info, |x, y| (y, bottom.wrapping_sub(x)));
            }
            Some(Quarters::Counterclockwise) => {
                swap_pixel_sides(&mut info);
                move_filters(&mut info, |x, y| (right.wrapping_sub(y), x));
            }
            None => mix_filters(&mut info),
        }
        Ok(info)
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let input = *frame.format();
        let output = self.output_format(&input)?;
        let quarters = self.quarters();
        match quarters {
            Some(Quarters::None) => return Ok(()),
            Some(Quarters::Half) => return Flip::Both.apply(frame, spare),
            _ => spare.reset(&output, &Limits::none())?,
        }
        if quarters.is_some() {
            let sides = (input.width as usize, input.height as usize);
            let is_clockwise = quarters == Some(Quarters::Clockwise);
            with_pixel_bytes!(pixel_bytes(&input), N => {
                turn::<N>(frame.bytes(), sides, is_clockwise, spare.bytes_mut());
            });
        } else {
            let from = middle(input.width, input.height);
            let to = middle(output.width, output.height);
            let motion = Motion::new(self.degrees, from, to);
            warp(frame, &motion, self.method, self.border, spare);
        }
        spare.stamp = frame.stamp.clone();
        std::mem::swap(frame, spare);
        Ok(())
    }
}

/// What a border takes, and what else is said of it.
pub(super) const BORDER: Parameter = Parameter::new(
    "border",
    "what stands where there are no pixels",
    "a number in the frame's own units, nan, or a colour",
    Presence::Default("0"),
);

/// The interpolation of what lies between pixels.
pub(super) const METHOD: Parameter = Parameter::new(
    "method",
    "how values between pixels are found",
    "nearest|linear|cubic|lanczos",
    Presence::Default("linear"),
);

/// `rotate`.
pub(super) const OPERATOR: Operator = Operator {
    name: "rotate",
    title: "turn each frame clockwise about its middle",
    parameters: &[
        Parameter::new(
            "angle",
            "quarter turns are exact and swap width and height",
            "degrees clockwise",
            Presence::Required,
        ),
        METHOD,
        Parameter::new(
            "expand",
            "whether frames grow to hold all of what is turned by other angles",
            "yes|no",
            Presence::Default("no"),
        ),
        BORDER,
    ],
    examples: &[
        "rotate=90",
        "rotate=-90",
        "rotate=180",
        "rotate=7.5",
        "rotate=-30,cubic,expand:yes",
        "rotate=45,lanczos,border:white",
        "rotate=10,nearest",
    ],
    notes: "Negative angles are counterclockwise. \
            `cubic` (a = -0.75) and `lanczos` (of order 4) may overshoot and are clamped to the full scale.",
    build: |arguments| build(arguments).map(Operation::frame),
};

fn build(arguments: &Arguments<'_>) -> Result<Rotate, Error> {
    let rotate = Rotate::new(arguments.number("angle", ..)?)?
        .with_method(arguments.choice("method", &POINT_METHODS)?)
        .with_border(Fill::argument(arguments, "border")?);
    Ok(match arguments.flag("expand")? {
        true => rotate.expanded(),
        false => rotate,
    })
}
