//! A rectangle of each frame.

use pimage_core::{Error, Frame, FrameFormat, Limits, StreamInfo, Transform};

use super::metadata::move_filters;
use super::pixel::pixel_bytes;
use crate::{Arguments, Operation, Operator, Parameter, Presence};

/// Keeps a rectangle of each frame, exactly.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::Crop;
///
/// let mut frame = Frame::zeroed(FrameFormat::new(8, 6, Color::Gray, SampleType::U8));
/// frame.samples_mut::<u8>().expect("is u8")[2 * 8 + 3] = 200;
/// Crop::rectangle(3, 2, 4, 1).apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<u8>().expect("is u8"), [200, 0, 0, 0]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crop {
    left: u32,
    top: u32,
    extent: Extent,
}

/// Where a crop ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// Width and height.
    Size(u32, u32),
    /// What goes at the right and at the bottom.
    Margins(u32, u32),
}

impl Crop {
    /// The rectangle of this size whose upper left pixel is (x, y).
    #[must_use]
    pub const fn rectangle(x: u32, y: u32, width: u32, height: u32) -> Self {
        Self {
            left: x,
            top: y,
            extent: Extent::Size(width, height),
        }
    }

    /// All but this many rows and columns at each side.
    #[must_use]
    pub const fn margins(top: u32, bottom: u32, left: u32, right: u32) -> Self {
        Self {
            left,
            top,
            extent: Extent::Margins(right, bottom),
        }
    }

    /// The size that is left; `None` when the rectangle is not inside of the frame.
    fn size(&self, input: &FrameFormat) -> Option<(u32, u32)> {
        let right = input.width.checked_sub(self.left)?;
        let below = input.height.checked_sub(self.top)?;
        let (width, height) = match self.extent {
            Extent::Size(width, height) => (width, height),
            Extent::Margins(right_margin, bottom_margin) => (
                right.checked_sub(right_margin)?,
                below.checked_sub(bottom_margin)?,
            ),
        };
        (width <= right && height <= below && width > 0 && height > 0).then_some((width, height))
    }
}

impl Transform for Crop {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        let (width, height) = self.size(input).ok_or_else(|| {
            let found = match self.extent {
                Extent::Size(width, height) => {
                    format!("{width}x{height} at {},{}", self.left, self.top)
                }
                Extent::Margins(right, bottom) => format!(
                    "top {}, bottom {bottom}, left {}, right {right}",
                    self.top, self.left
                ),
            };
            let expected = format!(
                "a part of at least one pixel of {}x{} frames",
                input.width, input.height
            );
            Error::bad_option("crop", found, expected)
        })?;
        Ok(FrameFormat {
            width,
            height,
            ..*input
        })
    }

    fn output_info(&self, input: &StreamInfo) -> Result<StreamInfo, Error> {
        let mut info = input.reformatted(self.output_format(&input.format)?);
        move_filters(&mut info, |x, y| (x + self.left % 2, y + self.top % 2));
        Ok(info)
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let input = *frame.format();
        let output = self.output_format(&input)?;
        if output == input {
            return Ok(());
        }
        spare.reset(&output, &Limits::none())?;
        let pixel_bytes = pixel_bytes(&input);
        let (input_row, output_row) = (
            input.width as usize * pixel_bytes,
            output.width as usize * pixel_bytes,
        );
        let start = self.left as usize * pixel_bytes;
        let rows = frame
            .bytes()
            .chunks_exact(input_row)
            .skip(self.top as usize);
        for (row, target) in rows.zip(spare.bytes_mut().chunks_exact_mut(output_row)) {
            if let Some(row) = row.get(start..start + output_row) {
                target.copy_from_slice(row);
            }
        }
        spare.stamp = frame.stamp.clone();
        std::mem::swap(frame, spare);
        Ok(())
    }
}

/// `crop`.
pub(super) const OPERATOR: Operator = Operator {
    name: "crop",
    title: "keep a rectangle of each frame",
    parameters: &[
        Parameter::new(
            "x",
            "column of its upper left pixel, or the margin at each side when it is the only value",
            "pixels",
            Presence::Optional("0"),
        ),
        Parameter::new(
            "y",
            "row of its upper left pixel",
            "pixels",
            Presence::Optional("0"),
        ),
        Parameter::new(
            "width",
            "its width",
            "pixels",
            Presence::Optional("all to the right"),
        ),
        Parameter::new(
            "height",
            "its height",
            "pixels",
            Presence::Optional("all below"),
        ),
        Parameter::new(
            "top",
            "rows to leave out above",
            "pixels",
            Presence::Optional("0"),
        ),
        Parameter::new(
            "bottom",
            "rows to leave out below",
            "pixels",
            Presence::Optional("0"),
        ),
        Parameter::new(
            "left",
            "columns to leave out on the left",
            "pixels",
            Presence::Optional("0"),
        ),
        Parameter::new(
            "right",
            "columns to leave out on the right",
            "pixels",
            Presence::Optional("0"),
        ),
    ],
    examples: &["crop=100,50,320,256", "crop=10", "crop=top:10,left:20"],
    notes: "",
    build: |arguments| build(arguments).map(Operation::frame),
};

fn build(arguments: &Arguments<'_>) -> Result<Crop, Error> {
    let pixels = |name| arguments.optional::<u32>(name);
    let margins = ["top", "bottom", "left", "right"];
    let by_margins = margins.iter().any(|name| arguments.is_given(name));
    let by_rectangle = ["x", "y", "width", "height"]
        .iter()
        .any(|name| arguments.is_given(name));
    if by_margins && by_rectangle {
        return Err(Error::bad_option(
            "crop",
            "given a rectangle and margins",
            "one of the two",
        ));
    }
    if by_margins {
        let [top, bottom, left, right] = margins.map(pixels);
        return Ok(Crop::margins(
            top?.unwrap_or(0),
            bottom?.unwrap_or(0),
            left?.unwrap_or(0),
            right?.unwrap_or(0),
        ));
    }
    match (
        pixels("x")?,
        pixels("y")?,
        pixels("width")?,
        pixels("height")?,
    ) {
        (Some(margin), None, None, None) => Ok(Crop::margins(margin, margin, margin, margin)),
        (x, y, Some(width), Some(height)) => Ok(Crop::rectangle(
            x.unwrap_or(0),
            y.unwrap_or(0),
            width,
            height,
        )),
        (_, _, None, _) => Err(arguments.bad("width", "missing", "pixels")),
        (_, _, _, None) => Err(arguments.bad("height", "missing", "pixels")),
    }
}
