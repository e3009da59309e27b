//! Shapes to pixels: masks of coverage, and paint through them.

mod mask;
mod paint;
mod polygon;
mod segment;

pub(crate) use mask::{Area, Mask};
pub(crate) use paint::{copy_area, fill_area, paint_mask, whole};

/// A point in a frame, pixels from its upper left corner: (0.5, 0.5) is the middle of the first pixel.
pub(crate) type Point = (f64, f64);
