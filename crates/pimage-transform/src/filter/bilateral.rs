//! Frames smoothed but for their edges.

use pimage_core::{Error, Frame, FrameFormat, SampleType, Transform};

use crate::{Arguments, Operation, Operator, Parameter, Presence};

/// The largest radius, pixels.
const MAX_RADIUS: u32 = 100;

/// Smooths each frame where its samples differ little and leaves edges: the bilateral filter (Tomasi and Manduchi, 1998).
///
/// Each pixel becomes a mean of those around it that counts less what is farther away and what differs more in intensity or colour.
/// It is OpenCV's `bilateralFilter`, so it needs the feature `opencv`. Frames of 16 bits are computed in `float32` and rounded,
/// those of 32 bits and `float64` are refused. Opacity is left alone. A frame that holds what is not finite is an error.
///
/// ```
/// use pimage_core::{Color, Error, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::Bilateral;
///
/// let mut frame = Frame::zeroed(FrameFormat::new(6, 1, Color::Gray, SampleType::U8));
/// frame.samples_mut::<u8>().expect("is u8").copy_from_slice(&[10, 14, 10, 200, 204, 200]);
/// match Bilateral::new(2.0)?.with_color(20.0).apply(&mut frame, &mut Frame::empty()) {
///     Ok(()) => assert_eq!(frame.samples::<u8>().expect("is u8")[3], 201),
///     Err(error) => assert!(matches!(error, Error::NotBuilt { .. })),
/// }
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bilateral {
    space: f64,
    color: Option<f64>,
    radius: u32,
}

impl Bilateral {
    /// A filter whose weights fall over this standard deviation, pixels, and over a tenth of the full scale;
    /// it reaches one and a half standard deviations.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when the standard deviation is not above 0 and at most 60.
    pub fn new(space: f64) -> Result<Self, Error> {
        if !(space > 0.0 && space <= 60.0) {
            let expected = "above 0 and at most 60 pixels";
            return Err(Error::bad_option("space", space.to_string(), expected));
        }
        Ok(Self {
            space,
            color: None,
            radius: ((space * 1.5).round() as u32).clamp(1, MAX_RADIUS),
        })
    }

    /// The same, whose weights fall over this standard deviation of intensity, in levels.
    #[must_use]
    pub const fn with_color(mut self, levels: f64) -> Self {
        self.color = Some(levels);
        self
    }

    /// The same, which reaches that many pixels, 100 at most.
    #[must_use]
    pub const fn with_radius(mut self, radius: u32) -> Self {
        self.radius = if radius < MAX_RADIUS {
            radius
        } else {
            MAX_RADIUS
        };
        self
    }
}

impl Transform for Bilateral {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        if !cfg!(feature = "opencv") {
            return Err(not_built());
        }
        match input.sample {
            SampleType::U8 | SampleType::U16 | SampleType::I16 | SampleType::F32 => Ok(*input),
            _ => Err(Error::CannotTake {
                step: "bilateral".to_owned(),
                format: *input,
                hint: "rescale them to 8 or 16 bits or to float32 first".to_owned(),
            }),
        }
    }

    #[cfg(feature = "opencv")]
    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let format = self.output_format(frame.format())?;
        if frame.bytes().is_empty() {
            return Ok(());
        }
        spare.reset(&format, &pimage_core::Limits::none())?;
        let color = self.color.unwrap_or(format.full_scale() / 10.0);
        super::opencv::bilateral(frame, spare, self.radius, color, self.space)?;
        spare.stamp = frame.stamp.clone();
        std::mem::swap(frame, spare);
        Ok(())
    }

    #[cfg(not(feature = "opencv"))]
    fn apply(&self, _frame: &mut Frame, _spare: &mut Frame) -> Result<(), Error> {
        Err(not_built())
    }
}

/// What is said by builds without OpenCV.
fn not_built() -> Error {
    Error::NotBuilt {
        format: "bilateral".to_owned(),
        feature: "opencv",
    }
}

/// `bilateral`.
pub(super) const OPERATOR: Operator = Operator {
    name: "bilateral",
    title: "smooth each frame but for its edges",
    parameters: &[
        Parameter::new(
            "space",
            "the standard deviation of the distance",
            "pixels",
            Presence::Default("3"),
        ),
        Parameter::new(
            "color",
            "the standard deviation of the intensity",
            "levels",
            Presence::Optional("a tenth of the full scale"),
        ),
        Parameter::new(
            "diameter",
            "the side of the square that is looked at",
            "pixels, an odd number",
            Presence::Optional("three times `space`"),
        ),
    ],
    examples: &[
        "bilateral",
        "bilateral=2,color:20",
        "bilateral=space:5,diameter:9",
    ],
    notes: "It is OpenCV's bilateralFilter; 16 bits are computed in float32. Takes 8 and 16 bits and float32.",
    build: |arguments| build(arguments).map(Operation::frame),
};

fn build(arguments: &Arguments<'_>) -> Result<Bilateral, Error> {
    if !cfg!(feature = "opencv") {
        return Err(arguments.not_built("opencv"));
    }
    let mut bilateral = Bilateral::new(arguments.value("space")?)?;
    if let Some(levels) = arguments.optional_in("color", 1e-6..)? {
        bilateral = bilateral.with_color(levels);
    }
    if let Some(diameter) = arguments.optional_in("diameter", 3..=2 * MAX_RADIUS + 1)? {
        if diameter % 2 == 0 {
            let found = diameter.to_string();
            return Err(arguments.bad("diameter", found, "an odd number of pixels"));
        }
        bilateral = bilateral.with_radius(diameter / 2);
    }
    Ok(bilateral)
}
