//! YUV to RGB and back: exactly rounded, for every depth and subsampling, and the same on every machine.
//!
//! A video stores luma and two colour differences, often with fewer samples of the latter, and often in a range narrower than
//! the sample allows. The formulas are those of ITU-R BT.601, BT.709 and BT.2020 and of ITU-T H.273, computed in single precision
//! and rounded to the nearest, halves up: within one part in 2^20 of full scale before rounding. Chroma samples stand for all the
//! pixels that share them (no interpolation), as in FFmpeg's and OpenCV's own conversions.
//!
//! ```
//! use pimage_yuv::{Matrix, Planes, Range, rgb_from_yuv};
//!
//! // One white, one black pixel of limited-range video.
//! let planes = Planes { y: &[235u8, 16], u: &[128], v: &[128], strides: [2, 1, 1], width: 2, height: 1, chroma_shift: (1, 0) };
//! let mut rgb = [0u8; 6];
//! rgb_from_yuv(&planes, 8, Matrix::Bt709, Range::Limited, 3, &mut rgb);
//! assert_eq!(rgb, [255, 255, 255, 0, 0, 0]);
//! ```

mod from_rgb;
mod luma;
mod matrix;
mod to_rgb;

pub use from_rgb::{PlanesMut, yuv_from_rgb};
pub use luma::{LumaTable, luma_of_rgb};
pub use matrix::{Matrix, Range};
pub use to_rgb::{Planes, rgb_from_yuv};

/// A sample of up to 8 or up to 16 bits.
pub trait YuvSample: Copy + Send + Sync + 'static {
    /// The value as a number.
    fn to_f32(self) -> f32;
    /// The value of a number from 0 to the sample's maximum.
    fn from_f32(value: f32) -> Self;
    /// The value as an index.
    fn to_usize(self) -> usize;
}

impl YuvSample for u8 {
    #[inline]
    fn to_f32(self) -> f32 {
        f32::from(self)
    }

    #[inline]
    fn from_f32(value: f32) -> Self {
        value as i32 as Self
    }

    #[inline]
    fn to_usize(self) -> usize {
        usize::from(self)
    }
}

impl YuvSample for u16 {
    #[inline]
    fn to_f32(self) -> f32 {
        f32::from(self)
    }

    #[inline]
    fn from_f32(value: f32) -> Self {
        value as i32 as Self
    }

    #[inline]
    fn to_usize(self) -> usize {
        usize::from(self)
    }
}
