//! A rectangle of each frame.

use std::fmt;

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
    width: Extent,
    height: Extent,
}

/// Where a side of a crop ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// After so many pixels.
    Size(u32),
    /// So many pixels before the frame does.
    Margin(u32),
}

impl Extent {
    /// Of this size, or up to the end of the frame.
    const fn of(size: Option<u32>) -> Self {
        match size {
            Some(size) => Self::Size(size),
            None => Self::Margin(0),
        }
    }

    /// The pixels from `start` on in a side of `side` pixels; `None` when they are none, or not all inside.
    fn size(self, side: u32, start: u32) -> Option<u32> {
        let rest = side.checked_sub(start)?;
        let size = match self {
            Self::Size(size) => size,
            Self::Margin(margin) => rest.checked_sub(margin)?,
        };
        (size > 0 && size <= rest).then_some(size)
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size(size) => write!(f, "{size} pixels"),
            Self::Margin(margin) => write!(f, "all but the last {margin}"),
        }
    }
}

impl Crop {
    /// The rectangle of this size whose upper left pixel is (x, y).
    #[must_use]
    pub const fn rectangle(x: u32, y: u32, width: u32, height: u32) -> Self {
        Self {
            left: x,
            top: y,
            width: Extent::Size(width),
            height: Extent::Size(height),
        }
    }

    /// All but this many rows and columns at each side.
    #[must_use]
    pub const fn margins(top: u32, bottom: u32, left: u32, right: u32) -> Self {
        Self {
            left,
            top,
            width: Extent::Margin(right),
            height: Extent::Margin(bottom),
        }
    }

    /// The size that is left; `None` when the rectangle is not inside of the frame.
    fn size(&self, input: &FrameFormat) -> Option<(u32, u32)> {
        let width = self.width.size(input.width, self.left);
        width.zip(self.height.size(input.height, self.top))
    }
}

impl Transform for Crop {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        let (width, height) = self.size(input).ok_or_else(|| {
            let Self { left, top, .. } = self;
            let found = match (self.width, self.height) {
                (Extent::Size(width), Extent::Size(height)) => {
                    format!("{width}x{height} at {left},{top}")
                }
                (Extent::Margin(right), Extent::Margin(bottom)) => {
                    format!("top {top}, bottom {bottom}, left {left}, right {right}")
                }
                (width, height) => {
                    format!("{width} of the columns from {left}, {height} of the rows from {top}")
                }
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
        (x, y, width, height) => Ok(Crop {
            left: x.unwrap_or(0),
            top: y.unwrap_or(0),
            width: Extent::of(width),
            height: Extent::of(height),
        }),
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::{Color, SampleType};

    use super::*;

    /// The crop's side, upper left corner and size in frames of 8x6 pixels.
    #[track_caller]
    fn check(step: &str, expected: &str) {
        let Operation::Frame(crop) = step
            .parse::<crate::Step>()
            .expect("parses")
            .operation()
            .clone()
        else {
            panic!("a crop looks at one frame");
        };
        let mut frame = Frame::zeroed(FrameFormat::new(8, 6, Color::Gray, SampleType::U8));
        for (place, byte) in (0..).zip(frame.bytes_mut()) {
            *byte = place;
        }
        let told = crop.apply(&mut frame, &mut Frame::empty()).map(|()| {
            let (first, format) = (frame.bytes()[0], frame.format());
            format!(
                "{}x{} at {},{}",
                format.width,
                format.height,
                first % 8,
                first / 8
            )
        });
        assert_eq!(told.unwrap_or_else(|error| error.to_string()), expected);
    }

    #[test]
    fn what_is_not_given_is_all_there_is() {
        check("crop=2,1,3,4", "3x4 at 2,1");
        check("crop=2,1", "6x5 at 2,1");
        check("crop=2,1,3", "3x5 at 2,1");
        check("crop=width:3", "3x6 at 0,0");
        check("crop=y:1,height:2", "8x2 at 0,1");
        check("crop=2", "4x2 at 2,2");
        check("crop=top:1,right:5", "3x5 at 0,1");
    }

    #[test]
    fn what_is_not_inside_is_told() {
        let expected = "expected a part of at least one pixel of 8x6 frames";
        check("crop=2,1,7,4", &format!("crop is 7x4 at 2,1: {expected}"));
        check(
            "crop=9,1",
            &format!("crop is top 1, bottom 0, left 9, right 0: {expected}"),
        );
        check(
            "crop=2,1,7",
            &format!(
                "crop is 7 pixels of the columns from 2, all but the last 0 of the rows from 1: {expected}"
            ),
        );
        check("crop=0,0,0,3", &format!("crop is 0x3 at 0,0: {expected}"));
        let most = u32::MAX;
        check(
            &format!("crop={most}"),
            &format!("crop is top {most}, bottom {most}, left {most}, right {most}: {expected}"),
        );
    }
}
