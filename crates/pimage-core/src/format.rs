//! What every frame of a stream has in common: size, colour and sample type.

use std::fmt;

use crate::Error;

/// The type of one number in a frame.
///
/// These seven are all that a frame can hold, and a `match` may rely on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SampleType {
    /// Unsigned 8-bit integer.
    U8,
    /// Unsigned 16-bit integer.
    U16,
    /// Unsigned 32-bit integer.
    U32,
    /// Signed 16-bit integer.
    I16,
    /// Signed 32-bit integer.
    I32,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    F64,
}

impl SampleType {
    /// Every sample type, smallest first within each family.
    pub const ALL: [Self; 7] = [
        Self::U8,
        Self::U16,
        Self::U32,
        Self::I16,
        Self::I32,
        Self::F32,
        Self::F64,
    ];

    /// The size of one sample, bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// The number of bits of one sample.
    #[must_use]
    pub const fn bits(self) -> u8 {
        (self.bytes() * 8) as u8
    }

    /// The name that numpy uses: `uint8`, `float32`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::U8 => "uint8",
            Self::U16 => "uint16",
            Self::U32 => "uint32",
            Self::I16 => "int16",
            Self::I32 => "int32",
            Self::F32 => "float32",
            Self::F64 => "float64",
        }
    }

    /// Whether this is a floating-point type.
    #[must_use]
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }
}

impl fmt::Display for SampleType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What the channels of a pixel are, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Color {
    /// One channel: intensity.
    Gray,
    /// Intensity and opacity (not premultiplied).
    GrayAlpha,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue and opacity (not premultiplied).
    Rgba,
}

impl Color {
    /// Every colour, fewest channels first.
    pub const ALL: [Self; 4] = [Self::Gray, Self::GrayAlpha, Self::Rgb, Self::Rgba];

    /// Samples in a pixel.
    #[must_use]
    pub const fn channels(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }

    /// Samples in a pixel that are intensities: all but the opacity.
    #[must_use]
    pub const fn intensities(self) -> usize {
        match self {
            Self::Gray | Self::GrayAlpha => 1,
            Self::Rgb | Self::Rgba => 3,
        }
    }

    /// Whether the last channel is the opacity.
    #[must_use]
    pub const fn has_alpha(self) -> bool {
        matches!(self, Self::GrayAlpha | Self::Rgba)
    }

    /// The colour that has `channels` channels.
    #[must_use]
    pub const fn from_channels(channels: usize) -> Option<Self> {
        match channels {
            1 => Some(Self::Gray),
            2 => Some(Self::GrayAlpha),
            3 => Some(Self::Rgb),
            4 => Some(Self::Rgba),
            _ => None,
        }
    }

    /// Lower-case name: `gray`, `gray+alpha`, `rgb`, `rgba`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gray => "gray",
            Self::GrayAlpha => "gray+alpha",
            Self::Rgb => "rgb",
            Self::Rgba => "rgba",
        }
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The size and kind of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FrameFormat {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// What the channels are.
    pub color: Color,
    /// The type of each sample.
    pub sample: SampleType,
    /// Significant bits of a sample, lowest bits first: 12 for a 12-bit camera in `U16`.
    ///
    /// Full scale of an integer stream is `2^bit_depth - 1`.
    pub bit_depth: u8,
}

impl FrameFormat {
    /// A format whose samples use all their bits.
    #[must_use]
    pub const fn new(width: u32, height: u32, color: Color, sample: SampleType) -> Self {
        Self {
            width,
            height,
            color,
            sample,
            bit_depth: sample.bits(),
        }
    }

    /// The same format with fewer significant bits; values above the sample's size mean all of them.
    #[must_use]
    pub const fn with_bit_depth(mut self, bits: u8) -> Self {
        let all = self.sample.bits();
        self.bit_depth = if bits == 0 || bits > all { all } else { bits };
        self
    }

    /// Array shape: (height, width, channels).
    #[must_use]
    pub const fn shape(&self) -> [usize; 3] {
        [
            self.height as usize,
            self.width as usize,
            self.color.channels(),
        ]
    }

    /// Bytes in a row, without padding; `None` when it exceeds the address space.
    #[must_use]
    pub fn row_bytes(&self) -> Option<usize> {
        (self.width as usize).checked_mul(self.color.channels() * self.sample.bytes())
    }

    /// Bytes in a frame; `None` when it exceeds the address space.
    #[must_use]
    pub fn frame_bytes(&self) -> Option<usize> {
        self.row_bytes()?.checked_mul(self.height as usize)
    }

    /// The largest value an integer sample of this depth takes; 1 for floats.
    #[must_use]
    pub fn full_scale(&self) -> f64 {
        match self.sample {
            SampleType::F32 | SampleType::F64 => 1.0,
            SampleType::I16 | SampleType::I32 => {
                2f64.powi(i32::from(self.bit_depth).saturating_sub(1)) - 1.0
            }
            _ => 2f64.powi(i32::from(self.bit_depth)) - 1.0,
        }
    }

    /// An error unless `found` equals this format; `frame` is the index that the error names.
    ///
    /// # Errors
    ///
    /// [`Error::FormatMismatch`], which names both formats.
    pub fn expect_same(&self, found: &Self, frame: u64) -> Result<(), Error> {
        if self == found {
            return Ok(());
        }
        Err(Error::FormatMismatch {
            frame,
            expected: *self,
            found: *found,
        })
    }
}

/// `640x512 gray uint8`, with the depth when it is not the whole sample: `640x512 gray uint16 (12 bit)`.
impl fmt::Display for FrameFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}x{} {} {}",
            self.width, self.height, self.color, self.sample
        )?;
        if self.bit_depth != self.sample.bits() {
            write!(f, " ({} bit)", self.bit_depth)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_depth_only_when_it_is_not_the_whole_sample() {
        let format = FrameFormat::new(640, 512, Color::Gray, SampleType::U16);
        assert_eq!(format.to_string(), "640x512 gray uint16");
        assert_eq!(
            format.with_bit_depth(12).to_string(),
            "640x512 gray uint16 (12 bit)"
        );
    }

    #[test]
    fn sizes_do_not_overflow() {
        let format = FrameFormat::new(u32::MAX, u32::MAX, Color::Rgba, SampleType::F64);
        assert_eq!(format.frame_bytes(), None);
        assert_eq!(
            FrameFormat::new(3, 2, Color::Rgb, SampleType::U16).frame_bytes(),
            Some(36)
        );
    }

    #[test]
    fn channels_and_colors_agree() {
        for color in Color::ALL {
            assert_eq!(Color::from_channels(color.channels()), Some(color));
        }
        assert_eq!(Color::from_channels(5), None);
    }
}
