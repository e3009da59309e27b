//! The uncompressed image formats, and what frames they become.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

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
    /// A stream of bits, lowest first: GenICam `Mono10p`, `Mono12p`.
    Stream { bits: u32 },
    /// Two samples in three bytes, the upper eight bits of each whole: GigE Vision `Mono10Packed`, `Mono12Packed`.
    Pairs { bits: u32 },
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
        let is_packed_depth = matches!(bits, 10 | 12);
        let packing = match (header.image_format, header.bit_depth) {
            (100 | 101, 8) => Packing::Bytes,
            (100 | 101, 9..=16) => words(ByteOrder::Little, 0),
            (112 | 113, 9..=16) => words(ByteOrder::Little, 16 - bits.clamp(1, 16)),
            (114 | 115, 9..=16) => words(ByteOrder::Big, 16 - bits.clamp(1, 16)),
            (131 | 132, _) if is_packed_depth => Packing::Stream { bits },
            (133 | 134, _) if is_packed_depth => Packing::Pairs { bits },
            (200, 24) => Packing::Bgr,
            (400, 24) => Packing::Rgb,
            (500, 32) => Packing::Bgrx,
            (100 | 101 | 112..=115 | 131..=134 | 200 | 400 | 500, depth) => {
                let reason = format!(
                    "its image format is {} ({}) with {depth} bits a pixel, {bits} of them real, which do not go together",
                    header.image_format,
                    name_of(header.image_format)
                );
                return Err(Error::malformed("NorPix", path, reason));
            }
            (other, _) => {
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
            Packing::Words { .. } | Packing::Stream { .. } | Packing::Pairs { .. } => {
                gray(SampleType::U16)
            }
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
            Packing::Stream { bits } => Some(pixels.checked_mul(u64::from(bits))?.div_ceil(8)),
            Packing::Pairs { .. } => pixels.div_ceil(2).checked_mul(3),
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
            Packing::Stream { bits } => {
                let samples = frame.samples_mut::<u16>().unwrap_or_default();
                unpack_stream(bytes, bits, samples);
            }
            Packing::Pairs { bits } => {
                let samples = frame.samples_mut::<u16>().unwrap_or_default();
                unpack_pairs(bytes, bits, samples);
            }
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

/// Samples of `bits` bits, one after the other, the lowest bit of the lowest byte first.
fn unpack_stream(bytes: &[u8], bits: u32, samples: &mut [u16]) {
    let mask = (1u32 << bits) - 1;
    let (mut held, mut held_bits) = (0u32, 0u32);
    let mut bytes = bytes.iter();
    for sample in samples {
        while held_bits < bits {
            let byte = bytes.next().copied().unwrap_or(0);
            held |= u32::from(byte) << held_bits;
            held_bits += 8;
        }
        *sample = u16::try_from(held & mask).unwrap_or(u16::MAX);
        held >>= bits;
        held_bits -= bits;
    }
}

/// Pairs of samples in three bytes: upper bits of the first, lower bits of both (first one low), upper bits of the second.
fn unpack_pairs(bytes: &[u8], bits: u32, samples: &mut [u16]) {
    let low = bits - 8;
    let mask = (1u16 << low) - 1;
    for (pair, [first, lows, second]) in samples.chunks_mut(2).zip(bytes.as_chunks().0) {
        let lows = u16::from(*lows);
        let values = [
            u16::from(*first) << low | lows & mask,
            u16::from(*second) << low | (lows >> 4) & mask,
        ];
        for (sample, value) in pair.iter_mut().zip(values) {
            *sample = value;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_samples_are_taken_apart() {
        let mut samples = [0; 4];
        // 0x001, 0x3FF, 0x155, 0x2AA of ten bits, lowest bit first.
        let stream = [0x01, 0xFC, 0x5F, 0x95, 0xAA];
        unpack_stream(&stream, 10, &mut samples);
        assert_eq!(samples, [0x001, 0x3FF, 0x155, 0x2AA]);
        unpack_stream(&[0xBC, 0x3A, 0x12], 12, &mut samples[..2]);
        assert_eq!(samples[..2], [0xABC, 0x123]);
        unpack_pairs(&[0xAB, 0x3C, 0x12], 12, &mut samples[..2]);
        assert_eq!(samples[..2], [0xABC, 0x123]);
        unpack_pairs(&[0xAB, 0x31, 0x12], 10, &mut samples[..2]);
        assert_eq!(samples[..2], [0x2AD, 0x04B]);
        // An odd last sample.
        let mut odd = [0; 3];
        unpack_pairs(&[1, 0, 2, 3, 0, 0], 12, &mut odd);
        assert_eq!(odd, [16, 32, 48]);
    }
}
