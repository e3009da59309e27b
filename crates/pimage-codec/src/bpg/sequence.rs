//! The header of an encoder's sequence.

use super::bits::{BitReader, malformed};
use super::coding::{Coding, read_depth, read_extension, read_pcm};
use super::nal::unescape;
use super::parameters::PROFILE_BITS;
use pimage_core::Error;

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
        let sizes = Coding::read_sizes(&mut reader)?;
        // Between pictures, of which there is one.
        reader.golomb()?;
        let transform_depth_intra = read_depth(&mut reader)?;
        reader.require("scaling lists", 1, 0)?;
        reader.skip(1)?;
        let coding = Coding {
            transform_depth_intra,
            has_offset: reader.flag()?,
            pcm: read_pcm(&mut reader)?,
            ..sizes
        };
        reader.require_golomb("sets of references", 0)?;
        reader.require("long-term references", 1, 0)?;
        reader.skip(1)?;
        let has_strong_smoothing = reader.flag()?;
        if reader.flag()? {
            skip_usability(&mut reader)?;
        }
        let coding = Coding {
            has_strong_smoothing,
            range_extension: read_extension(&mut reader)?,
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
        assert_eq!(found.coding.padded(57, 1), (64, 8));
        for length in 0..unit.len() - 8 {
            Sequence::parse(&unit[..length]).expect_err("is cut");
        }
    }
}
