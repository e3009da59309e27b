//! The uncompressed image formats, and what frames they become.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

use pimage_codec::packing;
use pimage_core::{Color, Error, Frame, FrameFormat, SampleType};

use super::header::Header;
use crate::samples::{ByteOrder, Stored};

/// How the samples of an image lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// One byte each.
    Bytes,
    /// Two bytes each, with unused bits below.
    Words { order: ByteOrder, unused_below: u32 },
    /// Without gaps between the samples.
    Packed(packing::Packing),
    /// Blue, green, red.
    Bgr,
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red and a byte without meaning.
    Bgrx,
}

/// An image format that pimage reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) packing: Packing,
    pub(super) is_bayer: bool,
}

impl Kind {
    /// The kind that the header names.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`], which says what it is; [`Error::Malformed`] when depth and format do not go together.
    pub(super) fn of(path: &Path, header: &Header) -> Result<Self, Error> {
        let is_bayer = matches!(header.image_format, 101 | 113 | 115 | 132 | 134);
        let bits = header.real_bit_depth;
        let words = |order, unused_below| Packing::Words {
            order,
            unused_below,
        };
        let packed = |packing: fn(u8) -> packing::Packing| match bits {
            10 => Some(Packing::Packed(packing(10))),
            12 => Some(Packing::Packed(packing(12))),
            _ => None,
        };
        let known = match (header.image_format, header.bit_depth) {
            (100 | 101, 8) => Some(Packing::Bytes),
            (100 | 101, 9..=16) => Some(words(ByteOrder::Little, 0)),
            (112 | 113, 9..=16) => Some(words(ByteOrder::Little, 16 - bits.clamp(1, 16))),
            (114 | 115, 9..=16) => Some(words(ByteOrder::Big, 16 - bits.clamp(1, 16))),
            (131 | 132, _) => packed(|bits| packing::Packing::LowFirst { bits }),
            (133 | 134, _) => packed(|bits| packing::Packing::Pairs { bits }),
            (200, 24) => Some(Packing::Bgr),
            (400, 24) => Some(Packing::Rgb),
            (500, 32) => Some(Packing::Bgrx),
            _ => None,
        };
        let packing = match (known, header.image_format, header.bit_depth) {
            (Some(packing), ..) => packing,
            (None, 100 | 101 | 112..=115 | 131..=134 | 200 | 400 | 500, depth) => {
                let reason = format!(
                    "its image format is {} ({}) with {depth} bits a pixel, {bits} of them real, which do not go together",
                    header.image_format,
                    name_of(header.image_format)
                );
                return Err(Error::malformed("NorPix", path, reason));
            }
            (None, other, _) => {
                let reason = format!(
                    "a NorPix recording of image format {other} ({}), which pimage does not read",
                    name_of(other)
                );
                return Err(Error::unsupported(path, reason));
            }
        };
        Ok(Self { packing, is_bayer })
    }

    /// What frames of this kind are.
    pub(super) fn format(self, header: &Header) -> FrameFormat {
        let (width, height) = (header.width, header.height);
        let gray = |sample: SampleType| {
            let bits = u8::try_from(header.real_bit_depth).unwrap_or(0);
            FrameFormat::new(width, height, Color::Gray, sample).with_bit_depth(bits)
        };
        match self.packing {
            Packing::Bytes => gray(SampleType::U8),
            Packing::Words { .. } | Packing::Packed(_) => gray(SampleType::U16),
            Packing::Bgr | Packing::Rgb | Packing::Bgrx => {
                FrameFormat::new(width, height, Color::Rgb, SampleType::U8)
            }
        }
    }

    /// Bytes of an image; `None` when it exceeds all bounds.
    pub(super) fn image_bytes(self, header: &Header) -> Option<u64> {
        let pixels = u64::from(header.width).checked_mul(u64::from(header.height))?;
        match self.packing {
            Packing::Bytes => Some(pixels),
            Packing::Words { .. } => pixels.checked_mul(2),
            Packing::Packed(packing) => packing.packed_bytes(pixels),
            Packing::Bgr | Packing::Rgb => pixels.checked_mul(3),
            Packing::Bgrx => pixels.checked_mul(4),
        }
    }

    /// Fills a frame, which has the right format, from the bytes of an image.
    pub(super) fn unpack(self, bytes: &[u8], frame: &mut Frame) {
        match self.packing {
            Packing::Bytes | Packing::Rgb => {
                Stored::As(SampleType::U8, ByteOrder::Little).unpack(bytes, frame);
            }
            Packing::Words {
                order,
                unused_below,
            } => {
                Stored::As(SampleType::U16, order).unpack(bytes, frame);
                if unused_below > 0 {
                    for sample in frame.samples_mut::<u16>().unwrap_or_default() {
                        *sample >>= unused_below;
                    }
                }
            }
            Packing::Packed(packing) => Stored::Packed(packing).unpack(bytes, frame),
            Packing::Bgr => {
                let pixels = frame.samples_mut::<u8>().unwrap_or_default();
                let pixels = pixels.as_chunks_mut::<3>().0;
                for (pixel, [b, g, r]) in pixels.iter_mut().zip(bytes.as_chunks().0) {
                    *pixel = [*r, *g, *b];
                }
            }
            Packing::Bgrx => {
                let pixels = frame.samples_mut::<u8>().unwrap_or_default();
                let pixels = pixels.as_chunks_mut::<3>().0;
                for (pixel, [b, g, r, _]) in pixels.iter_mut().zip(bytes.as_chunks().0) {
                    *pixel = [*r, *g, *b];
                }
            }
        }
    }
}

/// What an image format is called.
pub(super) const fn name_of(image_format: u32) -> &'static str {
    match image_format {
        1 => "mono PNG",
        2 => "colour PNG",
        100 => "mono",
        101 => "mono Bayer",
        102 => "mono JPEG",
        103 => "JPEG Bayer",
        112 => "mono, upper bits",
        113 => "mono Bayer, upper bits",
        114 => "mono, upper bits, swapped",
        115 => "mono Bayer, upper bits, swapped",
        123 => "BGR 10 bit packed",
        124 => "BGR 10 bit packed, Phoenix",
        125 => "RGB 10 bit packed, Phoenix",
        131 => "mono p-packed",
        132 => "mono Bayer p-packed",
        133 => "mono packed 8448",
        134 => "mono Bayer packed 8448",
        135 => "BGR 10 bit GigE V1 packed",
        136 => "BGR 10 bit GigE V2 packed",
        200 => "BGR",
        201 => "colour JPEG",
        300 => "planar",
        400 => "RGB",
        500 => "BGRx",
        600 | 610 => "YUV 4:2:2",
        700 => "UVY 4:2:2",
        800 => "UVY 4:1:1",
        900 => "UVY 4:4:4",
        905 => "BGR 5:5:5",
        906 => "BGR 5:6:5",
        1000..=1003 => "of a camera maker",
        _ => "unknown",
    }
}

/// What a compression is called.
pub(super) const fn compression_name(compression: u32) -> &'static str {
    match compression {
        0 => "none",
        1 => "JPEG",
        2 => "RLE",
        3 => "Huffman",
        4 => "LZ",
        5 => "fast RLE",
        6 => "fast Huffman",
        7 => "fast LZ",
        8 => "H.264",
        9 => "wavelet",
        16 => "H.264 RGB",
        17 => "lossless JPEG",
        18 => "Cayer",
        _ => "unknown",
    }
}
