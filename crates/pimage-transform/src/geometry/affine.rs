//! Moved and turned frames.

use pimage_core::{Error, Frame, FrameFormat, Limits, StreamInfo, Transform};

use super::fill::Fill;
use super::kernel::Method;
use super::metadata::{mix_filters, mix_planes};
use super::resize::POINT_METHODS;
use super::rotate::{BORDER, METHOD};
use super::warp::{Motion, middle, sin_cos, warp};
use crate::{Arguments, Operation, Operator, Parameter, Presence};

/// Which of the two comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum AffineOrder {
    /// Turned about the middle, then moved: `dx` and `dy` are along the sides of the result.
    #[default]
    RotateFirst,
    /// Moved, then turned about the middle of the frame: `dx` and `dy` are along the sides of what was there.
    TranslateFirst,
}

/// Moves and turns what a frame shows; the size stays.
///
/// Positive `dx` moves it to the right, positive `dy` down, and a positive angle turns it clockwise about the middle of the frame.
/// Interpolation, borders and NaN are as for [`Rotate`](crate::Rotate); moves by whole pixels are exact.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::Affine;
///
/// let mut frame = Frame::zeroed(FrameFormat::new(4, 1, Color::Gray, SampleType::U8));
/// frame.bytes_mut().copy_from_slice(&[10, 20, 30, 40]);
/// Affine::new(1.0, 0.0, 0.0)?.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.bytes(), [0, 10, 20, 30]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affine {
    dx: f64,
    dy: f64,
    degrees: f64,
    order: AffineOrder,
    method: Method,
    border: Fill,
}

impl Affine {
    /// A move by so many pixels right and down, and a turn by so many degrees clockwise before it.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] unless all three are finite.
    pub fn new(dx: f64, dy: f64, degrees: f64) -> Result<Self, Error> {
        if ![dx, dy, degrees].iter().all(|number| number.is_finite()) {
            let found = format!("{dx}, {dy}, {degrees}");
            return Err(Error::bad_option("affine", found, "finite numbers"));
        }
        Ok(Self {
            dx,
            dy,
            degrees,
            order: AffineOrder::default(),
            method: Method::Linear,
            border: Fill::default(),
        })
    }

    /// The same in another order.
    #[must_use]
    pub const fn in_order(self, order: AffineOrder) -> Self {
        Self { order, ..self }
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

    fn is_identity(&self) -> bool {
        (self.dx, self.dy) == (0.0, 0.0) && sin_cos(self.degrees) == (0.0, 1.0)
    }

    fn motion(&self, format: &FrameFormat) -> Motion {
        let (x, y) = middle(format.width, format.height);
        match self.order {
            AffineOrder::RotateFirst => {
                Motion::new(self.degrees, (x, y), (x + self.dx, y + self.dy))
            }
            AffineOrder::TranslateFirst => {
                Motion::new(self.degrees, (x - self.dx, y - self.dy), (x, y))
            }
        }
    }
}

impl Transform for Affine {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        self.border.check("affine border", input)?;
        Ok(*input)
    }

    fn output_info(&self, input: &StreamInfo) -> Result<StreamInfo, Error> {
        let mut info = input.reformatted(self.output_format(&input.format)?);
        if !self.is_identity() {
            mix_filters(&mut info);
            mix_planes(&mut info);
        }
        Ok(info)
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let format = self.output_format(frame.format())?;
        if self.is_identity() {
            return Ok(());
        }
        spare.reset(&format, &Limits::none())?;
        warp(
            frame,
            &self.motion(&format),
            self.method,
            self.border,
            spare,
        );
        spare.stamp = frame.stamp.clone();
        std::mem::swap(frame, spare);
        Ok(())
    }
}

/// `affine`.
pub(super) const OPERATOR: Operator = Operator {
    name: "affine",
    title: "move and turn what each frame shows, in the same size",
    parameters: &[
        Parameter::new(
            "dx",
            "to the right; negative to the left",
            "pixels",
            Presence::Default("0"),
        ),
        Parameter::new("dy", "down; negative up", "pixels", Presence::Default("0")),
        Parameter::new(
            "angle",
            "about the middle of the frame; negative counterclockwise",
            "degrees clockwise",
            Presence::Default("0"),
        ),
        Parameter::new(
            "order",
            "which comes first",
            "rotate-first|translate-first",
            Presence::Default("rotate-first"),
        ),
        METHOD,
        BORDER,
    ],
    examples: &[
        "affine=3.5,-2",
        "affine=dx:2,angle:12,order:translate-first",
        "affine=angle:-5,method:lanczos,border:gray",
        "affine=dy:0.25,method:cubic",
    ],
    notes: "With rotate-first, dx and dy are along the sides of the result; with translate-first, along those of what was there. \
            Moves by whole pixels are exact.",
    build: |arguments| build(arguments).map(Operation::frame),
};

fn build(arguments: &Arguments<'_>) -> Result<Affine, Error> {
    let number = |name| arguments.number::<f64>(name, ..);
    let order = [
        ("rotate-first", AffineOrder::RotateFirst),
        ("translate-first", AffineOrder::TranslateFirst),
    ];
    Ok(Affine::new(number("dx")?, number("dy")?, number("angle")?)?
        .in_order(arguments.choice("order", &order)?)
        .with_method(arguments.choice("method", &POINT_METHODS)?)
        .with_border(Fill::argument(arguments, "border")?))
}
