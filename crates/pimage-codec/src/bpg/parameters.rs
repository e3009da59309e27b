//! The parameter sets that a file leaves out.

use super::bits::BitWriter;
use super::coding::Coding;
use super::header::{Header, Space};
use super::nal::put_escaped;

/// Appends the two parameter sets, video and sequence, of a stream with these blocks: an ordinary HEVC stream is these and what the file has.
///
/// `chroma_idc` is that of the stream, which for opacity is 0 whatever the header says.
pub(super) fn put_parameter_sets(
    coding: &Coding,
    header: &Header,
    chroma_idc: u32,
    out: &mut Vec<u8>,
) {
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
    let (width, height) = coding.padded(header.width, header.height);
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
    coding.put_sizes(&mut writer);
    // Between pictures as within one.
    writer.golomb(coding.transform_depth_intra);
    writer.golomb(coding.transform_depth_intra);
    // No scaling lists, but asymmetric partitions.
    writer.bits(2, 0b01);
    writer.flag(coding.has_offset);
    coding.put_pcm(&mut writer);
    // No sets of references, no long-term ones, but prediction of vectors in time.
    writer.golomb(0);
    writer.bits(2, 0b01);
    writer.flag(coding.has_strong_smoothing);
    put_usability(&mut writer, header, chroma_idc);
    coding.put_extension(&mut writer);
    writer.flag(true);
    put_escaped(&writer.into_bytes(), out);
}

/// Bits of a profile and a level.
pub(super) const PROFILE_BITS: usize = 96;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpg::header::{Alpha, Chroma};
    use crate::bpg::nal::nals;
    use crate::bpg::sequence::Sequence;

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
    fn a_rebuilt_sequence_has_the_same_coding() {
        let coding = Coding::take(&mut &[3, 0x92, 0x47, 0x40][..]).expect("is one");
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
            put_parameter_sets(&coding, &header, idc, &mut stream);
            let units: Vec<_> = nals(&stream).collect();
            assert_eq!(units.len(), 2);
            let found = Sequence::parse(units[1].bytes()).expect("is a sequence");
            let expected = Sequence {
                coding,
                chroma_idc: idc,
                width: 32,
                height: 24,
                depths: (10, 10),
            };
            assert_eq!(found, expected);
        }
    }
}
