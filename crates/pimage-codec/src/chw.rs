//! Arrays of (channels, height, width), as neural networks and some microscopes have them, to frames and back.

use ndarray::{Array3, ArrayView3};
use pimage_core::{Color, Error, Frame, Sample};

/// The frame of an array of (channels, height, width).
///
/// ```
/// use ndarray::Array3;
/// use pimage_codec::{chw_from_frame, frame_from_chw};
/// use pimage_core::Color;
///
/// let planes = Array3::from_shape_fn((3, 2, 4), |(channel, y, x)| (channel * 8 + y * 4 + x) as u8);
/// let frame = frame_from_chw(planes.view(), Color::Rgb)?;
/// assert_eq!(frame.bytes()[..3], [0, 8, 16]);
/// assert_eq!(chw_from_frame(&frame), Some(planes));
/// # Ok::<(), pimage_core::Error>(())
/// ```
///
/// # Errors
///
/// As [`Frame::from_array`]: the channels are not those of the colour.
pub fn frame_from_chw<T: Sample>(planes: ArrayView3<'_, T>, color: Color) -> Result<Frame, Error> {
    let pixels = planes.permuted_axes([1, 2, 0]);
    Frame::from_array(pixels.as_standard_layout().into_owned(), color)
}

/// The samples of a frame as an array of (channels, height, width); `None` when they are of another type.
#[must_use]
pub fn chw_from_frame<T: Sample>(frame: &Frame) -> Option<Array3<T>> {
    let planes = frame.view::<T>()?.permuted_axes([2, 0, 1]);
    Some(planes.as_standard_layout().into_owned())
}
