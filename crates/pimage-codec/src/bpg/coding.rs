//! What BPG keeps of an HEVC sequence's header, and the header that follows from it.

use super::bits::{BitReader, BitWriter, malformed, put_ue7, take_ue7};
use super::header::{Header, Space};
use super::nal::{put_escaped, unescape};
use pimage_core::Error;

/// Blocks of samples that are stored as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pcm {
    luma_bits_minus1: u32,
    chroma_bits_minus1: u32,
    log2_min_size_minus3: u32,
    log2_size_difference: u32,
    is_unfiltered: bool,
}

/// How the blocks of a picture are coded: the fields of the sequence's header that a BPG file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coding {
    log2_min_block_minus3: u32,
    log2_block_difference: u32,
    log2_min_transform_minus2: u32,
    log2_transform_difference: u32,
    transform_depth_intra: u32,
    has_offset: bool,
    pcm: Option<Pcm>,
    has_strong_smoothing: bool,
    /// The nine flags of the range extension, the first one highest.
    range_extension: Option<u32>,
}

/// Flags of the range extension that BPG does not have: `extended_precision_processing` and `cabac_bypass_alignment`.
const FORBIDDEN_EXTENSIONS: u32 = 0b0_0001_0001;

/// The sequence of an encoder's stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sequence {
    /// How its blocks are coded.
    pub(super) coding: Coding,
    /// `chroma_format_idc`.
    pub(super) chroma_idc: u32,
    /// Samples in a row of luma, with padding.
    pub(super) width: u32,
    /// Rows of luma, with padding.
    pub(super) height: u32,
    /// Bits of a sample of luma and of chroma.
    pub(super) depths: (u32, u32),
}

impl Coding {
    /// Takes an `hevc_header` from the front of `bytes`.
    pub(super) fn take(bytes: &mut &[u8]) -> Result<Self, Error> {
        let length = take_ue7(bytes)? as usize;
        let (header, rest) = bytes
            .split_at_checked(length)
            .ok_or_else(|| malformed("it is cut short in its coding header"))?;
        *bytes = rest;
        let mut reader = BitReader::new(header);
        let coding = Self {
            pcm: None,
            ..Self::sizes(&mut reader)?
        };
        let coding = Self {
            transform_depth_intra: depth(&mut reader)?,
            has_offset: reader.flag()?,
            pcm: pcm(&mut reader)?,
            has_strong_smoothing: reader.flag()?,
            ..coding
        };
        let range_extension = if reader.flag()? {
            extension(&mut reader)?
        } else {
            None
        };
        let coding = Self {
            range_extension,
            ..coding
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
    pub(super) const fn min_block(&self) -> u32 {
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
    fn sizes(reader: &mut BitReader<'_>) -> Result<Self, Error> {
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

    fn put_sizes(&self, writer: &mut BitWriter) {
        writer.golomb(self.log2_min_block_minus3);
        writer.golomb(self.log2_block_difference);
        writer.golomb(self.log2_min_transform_minus2);
        writer.golomb(self.log2_transform_difference);
    }

    fn put_pcm(&self, writer: &mut BitWriter) {
        writer.flag(self.pcm.is_some());
        if let Some(pcm) = self.pcm {
            writer.bits(4, pcm.luma_bits_minus1);
            writer.bits(4, pcm.chroma_bits_minus1);
            writer.golomb(pcm.log2_min_size_minus3);
            writer.golomb(pcm.log2_size_difference);
            writer.flag(pcm.is_unfiltered);
        }
    }

    fn put_extension(&self, writer: &mut BitWriter) {
        writer.flag(self.range_extension.is_some());
        if let Some(flags) = self.range_extension {
            // Of the kinds of extensions, the range extension only.
            writer.bits(8, 0x80);
            writer.bits(9, flags);
        }
    }

    /// An error unless the sizes are of a stream that there can be.
    fn check(&self) -> Result<(), Error> {
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

    /// Appends the two parameter sets, video and sequence, of a stream with these blocks: an ordinary HEVC stream is these and what the file has.
    ///
    /// `chroma_idc` is that of the stream, which for opacity is 0 whatever the header says.
    pub(super) fn put_parameter_sets(&self, header: &Header, chroma_idc: u32, out: &mut Vec<u8>) {
        put_escaped(&video_set(), out);
        let mut writer = BitWriter::after(&[0x42, 0x01]);
        // Set 0 of video set 0, one layer of time.
        writer.bits(4, 0);
        writer.bits(3, 0);
        writer.flag(true);
        put_profile(&mut writer);
        writer.golomb(0);
        writer.golomb(chroma_idc);
        if chroma_idc == 3 {
            writer.flag(false);
        }
        let (width, height) = self.padded(header.width, header.height);
        writer.golomb(width);
        writer.golomb(height);
        put_window(
            &mut writer,
            (width - header.width, height - header.height),
            chroma_idc,
        );
        let extra_bits = u32::from(header.depth).saturating_sub(8);
        writer.golomb(extra_bits);
        writer.golomb(extra_bits);
        writer.golomb(4);
        put_buffering(&mut writer);
        self.put_sizes(&mut writer);
        // Between pictures as within one.
        writer.golomb(self.transform_depth_intra);
        writer.golomb(self.transform_depth_intra);
        // No scaling lists, but asymmetric partitions.
        writer.bits(2, 0b01);
        writer.flag(self.has_offset);
        self.put_pcm(&mut writer);
        // No sets of references, no long-term ones, but prediction of vectors in time.
        writer.golomb(0);
        writer.bits(2, 0b01);
        writer.flag(self.has_strong_smoothing);
        put_usability(&mut writer, header, chroma_idc);
        self.put_extension(&mut writer);
        writer.flag(true);
        put_escaped(&writer.into_bytes(), out);
    }
}

impl Sequence {
    /// Of the unit of an encoder's sequence header.
    ///
    /// # Errors
    ///
    /// When a field that BPG does not have is other than BPG implies.
    pub(super) fn parse(unit: &[u8]) -> Result<Self, Error> {
        let payload = unescape(unit.get(2..).unwrap_or(&[]));
        let mut reader = BitReader::new(&payload);
        reader.require("video set", 4, 0)?;
        reader.require("layers of time less 1", 3, 0)?;
        reader.skip(1 + PROFILE_BITS)?;
        reader.require_golomb("sequence set", 0)?;
        let chroma_idc = reader.golomb_to("chroma format", 3)?;
        if chroma_idc == 3 {
            reader.require("separation of planes", 1, 0)?;
        }
        let (width, height) = (reader.golomb()?, reader.golomb()?);
        if reader.flag()? {
            // The picture is cropped as the file's header says, which is on the right and below only.
            reader.require_golomb("crop on the left", 0)?;
            reader.golomb()?;
            reader.require_golomb("crop above", 0)?;
            reader.golomb()?;
        }
        let depths = (
            8 + reader.golomb_to("depth", 6)?,
            8 + reader.golomb_to("depth", 6)?,
        );
        reader.require_golomb("log2 of the order's span less 4", 4)?;
        reader.skip(1)?;
        for _ in 0..3 {
            reader.golomb()?;
        }
        let sizes = Coding::sizes(&mut reader)?;
        // Between pictures, of which there is one.
        reader.golomb()?;
        let transform_depth_intra = depth(&mut reader)?;
        reader.require("scaling lists", 1, 0)?;
        reader.skip(1)?;
        let coding = Coding {
            transform_depth_intra,
            has_offset: reader.flag()?,
            pcm: pcm(&mut reader)?,
            ..sizes
        };
        reader.require_golomb("sets of references", 0)?;
        reader.require("long-term references", 1, 0)?;
        reader.skip(1)?;
        let has_strong_smoothing = reader.flag()?;
        if reader.flag()? {
            skip_usability(&mut reader)?;
        }
        let range_extension = if reader.flag()? {
            extension(&mut reader)?
        } else {
            None
        };
        let coding = Coding {
            has_strong_smoothing,
            range_extension,
            ..coding
        };
        coding.check()?;
        Ok(Self {
            coding,
            chroma_idc,
            width,
            height,
            depths,
        })
    }
}

impl BitReader<'_> {
    fn require(&mut self, what: &str, count: u32, expected: u32) -> Result<(), Error> {
        let found = self.bits(count)?;
        require(what, found, expected)
    }

    fn require_golomb(&mut self, what: &str, expected: u32) -> Result<(), Error> {
        let found = self.golomb()?;
        require(what, found, expected)
    }
}

fn require(what: &str, found: u32, expected: u32) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(malformed(format!(
        "the {what} of its sequence is {found}, expected {expected}"
    )))
}

fn depth(reader: &mut BitReader<'_>) -> Result<u32, Error> {
    reader.golomb_to("depth of transforms", 4)
}

fn pcm(reader: &mut BitReader<'_>) -> Result<Option<Pcm>, Error> {
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
fn extension(reader: &mut BitReader<'_>) -> Result<Option<u32>, Error> {
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

/// Bits of a profile and a level.
const PROFILE_BITS: usize = 96;

/// Main 4:4:4 16 Still Picture, level 8.5.
fn put_profile(writer: &mut BitWriter) {
    // No profile space, main tier, range extensions.
    writer.bits(8, 4);
    // Compatible with them.
    writer.bits(32, 1 << (31 - 4));
    // Progressive, not interlaced, not packed, frames only.
    writer.bits(4, 0b1001);
    // Nine constraints of the range extensions: intra, one picture only.
    writer.bits(9, 0b0_0000_0110);
    writer.bits(32, 0);
    writer.bits(3, 0);
    writer.bits(8, 255);
}

/// Crops `surplus` pixels on the right and below, but for one where chroma is shared by two.
fn put_window(writer: &mut BitWriter, surplus: (u32, u32), chroma_idc: u32) {
    let (across, down) = match chroma_idc {
        1 => (surplus.0 / 2, surplus.1 / 2),
        2 => (surplus.0 / 2, surplus.1),
        _ => surplus,
    };
    writer.flag(across + down > 0);
    if across + down > 0 {
        for offset in [0, across, 0, down] {
            writer.golomb(offset);
        }
    }
}

/// One picture, in order.
fn put_buffering(writer: &mut BitWriter) {
    writer.flag(true);
    for _ in 0..3 {
        writer.golomb(0);
    }
}

/// The unit of the video parameter set.
fn video_set() -> Vec<u8> {
    let mut writer = BitWriter::after(&[0x40, 0x01]);
    // Set 0, the base layer within the stream, one layer, one layer of time.
    writer.bits(4, 0);
    writer.bits(2, 0b11);
    writer.bits(6, 0);
    writer.bits(3, 0);
    writer.flag(true);
    writer.bits(16, 0xFFFF);
    put_profile(&mut writer);
    put_buffering(&mut writer);
    writer.bits(6, 0);
    writer.golomb(0);
    // No times, no extension; then the end.
    writer.bits(3, 0b001);
    writer.into_bytes()
}

/// What the samples mean, which an ordinary decoder of the rebuilt stream goes by. The range is full but for `YCbCr`:
/// that of gray, of RGB and of the RGB behind `YCgCo` is no matter of a matrix.
fn put_usability(writer: &mut BitWriter, header: &Header, chroma_idc: u32) {
    writer.flag(true);
    // No aspect, no overscan; a signal of no format, its range, its colours.
    writer.bits(2, 0);
    writer.flag(true);
    writer.bits(3, 5);
    let is_color = chroma_idc != 0;
    writer.flag(!(is_color && header.is_limited && header.space.is_yuv()));
    writer.flag(true);
    // The primaries and the curve of sRGB.
    writer.bits(8, 1);
    writer.bits(8, 13);
    let space = if is_color { header.space } else { Space::Bt601 };
    writer.bits(8, space.matrix_coeffs());
    let is_shared = matches!(chroma_idc, 1 | 2);
    writer.flag(is_shared);
    if is_shared {
        // Where chroma is sampled: on the left or in the middle.
        let place = u32::from(!header.is_chroma_left);
        writer.golomb(place);
        writer.golomb(place);
    }
    // Not neutral, no fields, no window, no times, no restriction.
    writer.bits(6, 0);
}

/// Passes over what the samples mean, which the file's header says.
fn skip_usability(reader: &mut BitReader<'_>) -> Result<(), Error> {
    const EXTENDED_ASPECT: u32 = 255;
    if reader.flag()? && reader.bits(8)? == EXTENDED_ASPECT {
        reader.skip(32)?;
    }
    if reader.flag()? {
        reader.skip(1)?;
    }
    if reader.flag()? {
        reader.skip(4)?;
        if reader.flag()? {
            reader.skip(24)?;
        }
    }
    if reader.flag()? {
        reader.golomb()?;
        reader.golomb()?;
    }
    reader.skip(3)?;
    if reader.flag()? {
        for _ in 0..4 {
            reader.golomb()?;
        }
    }
    if reader.flag()? {
        reader.skip(64)?;
        if reader.flag()? {
            reader.golomb()?;
        }
        reader.require("model of a buffer", 1, 0)?;
    }
    if reader.flag()? {
        reader.skip(3)?;
        for _ in 0..5 {
            reader.golomb()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpg::header::{Alpha, Chroma};

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

    /// 31 x 17 pixels, 4:2:0.
    const HEADER: Header = Header {
        chroma: Chroma::Yuv420,
        is_chroma_left: false,
        space: Space::Bt601,
        is_limited: false,
        alpha: Alpha::None,
        depth: 8,
        is_animated: false,
        width: 31,
        height: 17,
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
    fn a_rebuilt_sequence_has_the_same_coding() {
        for (chroma, idc) in [
            (Chroma::Gray, 0),
            (Chroma::Yuv420, 1),
            (Chroma::Yuv422, 2),
            (Chroma::Yuv444, 3),
        ] {
            let header = Header {
                chroma,
                depth: 10,
                ..HEADER
            };
            let mut stream = Vec::new();
            CODING.put_parameter_sets(&header, idc, &mut stream);
            let units: Vec<_> = crate::bpg::nal::nals(&stream).collect();
            assert_eq!(units.len(), 2);
            let found = Sequence::parse(units[1].bytes()).expect("is a sequence");
            let expected = Sequence {
                coding: CODING,
                chroma_idc: idc,
                width: 32,
                height: 24,
                depths: (10, 10),
            };
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn an_encoders_sequence_is_understood() {
        // Of x265: 64 x 48, 4:2:0, 8 bits; its usual blocks, with times.
        let unit = [
            0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00,
            0x00, 0x03, 0x00, 0x1E, 0xA0, 0x20, 0x83, 0x16, 0x59, 0x59, 0xAE, 0x4C, 0xAF, 0x01,
            0x68, 0x08, 0x00, 0x00, 0x03, 0x00, 0x08, 0x00, 0x00, 0x03, 0x00, 0x08, 0x40,
        ];
        let found = Sequence::parse(&unit).expect("is a sequence");
        assert_eq!((found.width, found.height, found.chroma_idc), (64, 48, 1));
        assert_eq!(found.depths, (8, 8));
        assert_eq!(
            (found.coding.min_block(), found.coding.max_block()),
            (8, 32)
        );
        for length in 0..unit.len() - 8 {
            Sequence::parse(&unit[..length]).expect_err("is cut");
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
