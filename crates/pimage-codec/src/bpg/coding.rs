//! What BPG keeps of an HEVC sequence's header.

use super::bits::{BitReader, BitWriter, malformed, put_ue7, take_ue7};
use pimage_core::Error;

/// Blocks of samples that are stored as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pcm {
    luma_bits_minus1: u32,
    chroma_bits_minus1: u32,
    log2_min_size_minus3: u32,
    log2_size_difference: u32,
    is_unfiltered: bool,
}

/// How the blocks of a picture are coded: the fields of the sequence's header that a BPG file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coding {
    pub(super) log2_min_block_minus3: u32,
    pub(super) log2_block_difference: u32,
    pub(super) log2_min_transform_minus2: u32,
    pub(super) log2_transform_difference: u32,
    pub(super) transform_depth_intra: u32,
    pub(super) has_offset: bool,
    pub(super) pcm: Option<Pcm>,
    pub(super) has_strong_smoothing: bool,
    /// The nine flags of the range extension, the first one highest.
    pub(super) range_extension: Option<u32>,
}

/// Flags of the range extension that BPG does not have: `extended_precision_processing` and `cabac_bypass_alignment`.
const FORBIDDEN_EXTENSIONS: u32 = 0b0_0001_0001;

impl Coding {
    /// Takes an `hevc_header` from the front of `bytes`.
    pub(super) fn take(bytes: &mut &[u8]) -> Result<Self, Error> {
        let length = take_ue7(bytes)? as usize;
        let (header, rest) = bytes
            .split_at_checked(length)
            .ok_or_else(|| malformed("it is cut short in its coding header"))?;
        *bytes = rest;
        let mut reader = BitReader::new(header);
        let sizes = Self::read_sizes(&mut reader)?;
        let coding = Self {
            transform_depth_intra: read_depth(&mut reader)?,
            has_offset: reader.flag()?,
            pcm: read_pcm(&mut reader)?,
            has_strong_smoothing: reader.flag()?,
            range_extension: read_extension(&mut reader)?,
            ..sizes
        };
        coding.check()?;
        Ok(coding)
    }

    /// Appends an `hevc_header`.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        let mut writer = BitWriter::default();
        self.put_sizes(&mut writer);
        writer.golomb(self.transform_depth_intra);
        writer.flag(self.has_offset);
        self.put_pcm(&mut writer);
        writer.flag(self.has_strong_smoothing);
        self.put_extension(&mut writer);
        let header = writer.into_bytes();
        put_ue7(out, header.len() as u32);
        out.extend(header);
    }

    /// Side of the smallest block, by which pictures are padded, pixels.
    const fn min_block(&self) -> u32 {
        8 << self.log2_min_block_minus3
    }

    /// Side of the largest block, pixels.
    const fn max_block(&self) -> u32 {
        self.min_block() << self.log2_block_difference
    }

    /// The padded size of a picture.
    pub(super) fn padded(&self, width: u32, height: u32) -> (u32, u32) {
        let side = self.min_block();
        let pad = |length: u32| length.div_ceil(side).saturating_mul(side);
        (pad(width), pad(height))
    }

    /// The fewest bytes that the slices of a picture can have: in a picture that refers to no other, each largest block takes a bit at least.
    pub(super) fn min_slice_bytes(&self, width: u32, height: u32) -> u64 {
        let blocks = |length: u32| u64::from(length.div_ceil(self.max_block()));
        blocks(width) * blocks(height) / 8
    }

    /// The four sizes; other fields are none.
    pub(super) fn read_sizes(reader: &mut BitReader<'_>) -> Result<Self, Error> {
        Ok(Self {
            log2_min_block_minus3: reader.golomb_to("log2 of the least block less 3", 3)?,
            log2_block_difference: reader.golomb_to("log2 of the span of blocks", 3)?,
            log2_min_transform_minus2: reader.golomb_to("log2 of the least transform less 2", 3)?,
            log2_transform_difference: reader.golomb_to("log2 of the span of transforms", 3)?,
            transform_depth_intra: 0,
            has_offset: false,
            pcm: None,
            has_strong_smoothing: false,
            range_extension: None,
        })
    }

    /// Appends the four sizes.
    pub(super) fn put_sizes(&self, writer: &mut BitWriter) {
        writer.golomb(self.log2_min_block_minus3);
        writer.golomb(self.log2_block_difference);
        writer.golomb(self.log2_min_transform_minus2);
        writer.golomb(self.log2_transform_difference);
    }

    /// Appends whether there are stored blocks, and how.
    pub(super) fn put_pcm(&self, writer: &mut BitWriter) {
        writer.flag(self.pcm.is_some());
        if let Some(pcm) = self.pcm {
            writer.bits(4, pcm.luma_bits_minus1);
            writer.bits(4, pcm.chroma_bits_minus1);
            writer.golomb(pcm.log2_min_size_minus3);
            writer.golomb(pcm.log2_size_difference);
            writer.flag(pcm.is_unfiltered);
        }
    }

    /// Appends whether there is a range extension, and its flags.
    pub(super) fn put_extension(&self, writer: &mut BitWriter) {
        writer.flag(self.range_extension.is_some());
        if let Some(flags) = self.range_extension {
            // Of the kinds of extensions, the range extension only.
            writer.bits(8, 0x80);
            writer.bits(9, flags);
        }
    }

    /// An error unless the sizes are of a stream that there can be.
    pub(super) fn check(&self) -> Result<(), Error> {
        let max_block = 3 + self.log2_min_block_minus3 + self.log2_block_difference;
        let max_transform = 2 + self.log2_min_transform_minus2 + self.log2_transform_difference;
        if !(4..=6).contains(&max_block) {
            let side = 1 << max_block;
            return Err(malformed(format!(
                "its largest blocks are {side} pixels, expected 16, 32 or 64"
            )));
        }
        if max_transform > max_block.min(5)
            || self.log2_min_transform_minus2 > self.log2_min_block_minus3
        {
            return Err(malformed(
                "its transforms are larger than its blocks or than 32 pixels",
            ));
        }
        if self.transform_depth_intra > max_block - 2 - self.log2_min_transform_minus2 {
            return Err(malformed(
                "its transforms are split more often than they can be",
            ));
        }
        if self.range_extension.unwrap_or(0) & FORBIDDEN_EXTENSIONS != 0 {
            return Err(malformed(
                "it uses an extension of HEVC that BPG does not have",
            ));
        }
        Ok(())
    }
}

/// How often transforms are split.
pub(super) fn read_depth(reader: &mut BitReader<'_>) -> Result<u32, Error> {
    reader.golomb_to("depth of transforms", 4)
}

/// Stored blocks, if there may be any.
pub(super) fn read_pcm(reader: &mut BitReader<'_>) -> Result<Option<Pcm>, Error> {
    if !reader.flag()? {
        return Ok(None);
    }
    Ok(Some(Pcm {
        luma_bits_minus1: reader.bits(4)?,
        chroma_bits_minus1: reader.bits(4)?,
        log2_min_size_minus3: reader.golomb_to("log2 of the least stored block less 3", 2)?,
        log2_size_difference: reader.golomb_to("log2 of the span of stored blocks", 2)?,
        is_unfiltered: reader.flag()?,
    }))
}

/// The flags of the range extension; an error when there is another extension.
pub(super) fn read_extension(reader: &mut BitReader<'_>) -> Result<Option<u32>, Error> {
    if !reader.flag()? {
        return Ok(None);
    }
    let kinds = reader.bits(8)?;
    if kinds & 0x7F != 0 {
        return Err(malformed(
            "it uses an extension of HEVC that BPG does not have",
        ));
    }
    if kinds == 0 {
        return Ok(None);
    }
    reader.bits(9).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks of 8 to 64, transforms of 4 to 32, split twice at most; offsets, smoothing.
    const CODING: Coding = Coding {
        log2_min_block_minus3: 0,
        log2_block_difference: 3,
        log2_min_transform_minus2: 0,
        log2_transform_difference: 3,
        transform_depth_intra: 2,
        has_offset: true,
        pcm: None,
        has_strong_smoothing: true,
        range_extension: None,
    };

    #[test]
    fn a_coding_header_is_what_the_specification_says() {
        // hevc_header_length 3, then
        // 1: log2_min_luma_coding_block_size_minus3 0; 00100: log2_diff_max_min_luma_coding_block_size 3;
        // 1: log2_min_transform_block_size_minus2 0; 00100: log2_diff_max_min_transform_block_size 3;
        // 011: max_transform_hierarchy_depth_intra 2; 1: sample_adaptive_offset_enabled_flag; 0: pcm_enabled_flag;
        // 1: strong_intra_smoothing_enabled_flag; 0: sps_extension_present_flag; 00000: trailing_bits.
        let bytes = [3, 0b1001_0010, 0b0100_0111, 0b0100_0000];
        let mut rest = &bytes[..];
        assert_eq!(Coding::take(&mut rest).expect("is one"), CODING);
        assert!(rest.is_empty());
        let mut out = Vec::new();
        CODING.put(&mut out);
        assert_eq!(out, bytes);
    }

    #[test]
    fn everything_optional_comes_back() {
        let coding = Coding {
            pcm: Some(Pcm {
                luma_bits_minus1: 7,
                chroma_bits_minus1: 6,
                log2_min_size_minus3: 0,
                log2_size_difference: 2,
                is_unfiltered: true,
            }),
            range_extension: Some(0b1_1100_1010),
            ..CODING
        };
        let mut bytes = Vec::new();
        coding.put(&mut bytes);
        bytes.push(0x44);
        let mut rest = &bytes[..];
        assert_eq!(Coding::take(&mut rest).expect("is one"), coding);
        assert_eq!(rest, [0x44]);
        for length in 0..bytes.len() - 1 {
            Coding::take(&mut &bytes[..length]).expect_err("is cut");
        }
    }

    #[test]
    fn sizes_that_cannot_be_are_refused() {
        for (coding, text) in [
            (
                Coding {
                    log2_min_block_minus3: 1,
                    ..CODING
                },
                "largest blocks are 128 pixels",
            ),
            (
                Coding {
                    log2_block_difference: 0,
                    ..CODING
                },
                "largest blocks are 8 pixels",
            ),
            (
                Coding {
                    log2_min_transform_minus2: 1,
                    ..CODING
                },
                "transforms are larger",
            ),
            (
                Coding {
                    transform_depth_intra: 5,
                    ..CODING
                },
                "depth of transforms is 5",
            ),
            (
                Coding {
                    range_extension: Some(1 << 4),
                    ..CODING
                },
                "extension of HEVC",
            ),
        ] {
            let mut bytes = Vec::new();
            coding.put(&mut bytes);
            let error = Coding::take(&mut &bytes[..]).expect_err("cannot be");
            assert!(error.to_string().contains(text), "{error}");
        }
    }

    #[test]
    fn pictures_are_padded_to_whole_blocks() {
        assert_eq!(CODING.padded(1, 9), (8, 16));
        assert_eq!(CODING.min_slice_bytes(6400, 6400), 1250);
        assert_eq!(CODING.min_slice_bytes(64, 64), 0);
    }
}
