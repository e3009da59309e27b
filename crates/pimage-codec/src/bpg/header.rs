//! The header of a file: what the picture is, and where its data are.

use super::bits::{malformed, put_ue7, take_ue7};
use pimage_core::Error;

/// First bytes of every file.
pub(super) const MAGIC: [u8; 4] = *b"BPG\xFB";

/// How many samples of chroma there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chroma {
    /// None: luma only.
    Gray,
    /// One for two by two pixels.
    Yuv420,
    /// One for two pixels of a row.
    Yuv422,
    /// One for each pixel.
    Yuv444,
}

impl Chroma {
    /// All, by the name that people give them.
    const NAMES: [(Self, &'static str); 4] = [
        (Self::Gray, "gray"),
        (Self::Yuv420, "4:2:0"),
        (Self::Yuv422, "4:2:2"),
        (Self::Yuv444, "4:4:4"),
    ];

    /// `4:2:0` …
    pub(super) fn name(self) -> &'static str {
        let name = Self::NAMES.iter().find(|(chroma, _)| *chroma == self);
        name.map_or("", |(_, name)| name)
    }

    /// The one of this name.
    pub(super) fn by_name(name: &str) -> Option<Self> {
        let chroma = Self::NAMES.iter().find(|(_, known)| *known == name);
        chroma.map(|(chroma, _)| *chroma)
    }

    /// `chroma_format_idc` of HEVC.
    pub(super) const fn idc(self) -> u32 {
        match self {
            Self::Gray => 0,
            Self::Yuv420 => 1,
            Self::Yuv422 => 2,
            Self::Yuv444 => 3,
        }
    }
}

/// What the planes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// Luma and colour differences of ITU-R BT.601.
    Bt601,
    /// Green, blue and red.
    Rgb,
    /// Luma, and differences to green and orange.
    YCgCo,
    /// Luma and colour differences of ITU-R BT.709.
    Bt709,
    /// Luma and colour differences of ITU-R BT.2020, non-constant luminance.
    Bt2020,
}

impl Space {
    /// All in the order of their codes, by the name that people give them.
    const NAMES: [(Self, &'static str); 5] = [
        (Self::Bt601, "ycbcr"),
        (Self::Rgb, "rgb"),
        (Self::YCgCo, "ycgco"),
        (Self::Bt709, "bt709"),
        (Self::Bt2020, "bt2020"),
    ];

    /// `ycbcr` …
    pub(super) fn name(self) -> &'static str {
        let name = Self::NAMES.iter().find(|(space, _)| *space == self);
        name.map_or("", |(_, name)| name)
    }

    /// The one of this name.
    pub(super) fn by_name(name: &str) -> Option<Self> {
        let space = Self::NAMES.iter().find(|(_, known)| *known == name);
        space.map(|(space, _)| *space)
    }

    /// `color_space` of a file.
    fn code(self) -> u8 {
        let code = Self::NAMES.iter().position(|(space, _)| *space == self);
        code.unwrap_or(0) as u8
    }

    fn from_code(code: u8) -> Option<Self> {
        Self::NAMES.get(usize::from(code)).map(|(space, _)| *space)
    }

    /// Whether the planes are luma and chroma of their own range.
    pub(super) const fn is_yuv(self) -> bool {
        matches!(self, Self::Bt601 | Self::Bt709 | Self::Bt2020)
    }

    /// `matrix_coeffs` of HEVC.
    pub(super) const fn matrix_coeffs(self) -> u32 {
        match self {
            Self::Bt601 => 5,
            Self::Rgb => 0,
            Self::YCgCo => 8,
            Self::Bt709 => 1,
            Self::Bt2020 => 9,
        }
    }
}

/// What the second stream of a file is, if there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alpha {
    /// There is none.
    None,
    /// Opacity.
    Straight,
    /// Opacity, with which the colours are multiplied.
    Premultiplied,
    /// White, with which the colours are to be multiplied: what is left of CMYK's black.
    White,
}

impl Alpha {
    /// `alpha1_flag` and `alpha2_flag`.
    const fn flags(self) -> (bool, bool) {
        match self {
            Self::None => (false, false),
            Self::Straight => (true, false),
            Self::Premultiplied => (true, true),
            Self::White => (false, true),
        }
    }

    const fn from_flags(flags: (bool, bool)) -> Self {
        match flags {
            (false, false) => Self::None,
            (true, false) => Self::Straight,
            (true, true) => Self::Premultiplied,
            (false, true) => Self::White,
        }
    }
}

/// What the header says of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// Samples of chroma.
    pub(super) chroma: Chroma,
    /// Whether chroma is sampled where the left of the pixels that share it is (as in MPEG-2) and not in their middle (as in JPEG).
    pub(super) is_chroma_left: bool,
    /// What the planes are.
    pub(super) space: Space,
    /// Whether the colours use 16 to 235 (luma) and 16 to 240 (chroma) of 8 bits, shifted left in more.
    pub(super) is_limited: bool,
    /// The second stream.
    pub(super) alpha: Alpha,
    /// Bits of a sample, 8 to 14.
    pub(super) depth: u8,
    /// Whether there are more pictures.
    pub(super) is_animated: bool,
    /// Pixels in a row.
    pub(super) width: u32,
    /// Rows.
    pub(super) height: u32,
}

/// A file, taken apart.
#[derive(Debug)]
pub(super) struct File<'a> {
    /// What it says of the picture.
    pub(super) header: Header,
    /// Blocks of EXIF, ICC, XMP …; empty when there are none.
    pub(super) extensions: &'a [u8],
    /// Coding headers and units.
    pub(super) data: &'a [u8],
}

impl<'a> File<'a> {
    /// Takes a file apart; what follows the data is ignored.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut rest = bytes
            .strip_prefix(&MAGIC)
            .ok_or_else(|| malformed("it does not begin with `BPG` and 0xFB"))?;
        let Some((&[kind, flags], after)) = rest.split_first_chunk() else {
            return Err(malformed("it is cut short in its header"));
        };
        rest = after;
        let (chroma, is_chroma_left) = chroma_of(kind >> 5)?;
        let depth = 8 + (kind & 0xF);
        if depth > 14 {
            return Err(malformed(format!(
                "its samples have {depth} bits, expected 8 to 14"
            )));
        }
        let space = space_of(flags >> 4, chroma)?;
        let (width, height) = (take_ue7(&mut rest)?, take_ue7(&mut rest)?);
        if width == 0 || height == 0 {
            let size = format!("it is {width}x{height}, expected at least one pixel");
            return Err(malformed(size));
        }
        let length = take_ue7(&mut rest)? as usize;
        let extensions = if flags & 8 == 0 {
            &[]
        } else {
            let length = take_ue7(&mut rest)? as usize;
            let (extensions, after) = rest.split_at_checked(length).ok_or_else(|| {
                let found = rest.len();
                malformed(format!(
                    "it is cut short: {found} of {length} bytes of extensions"
                ))
            })?;
            rest = after;
            extensions
        };
        // Zero stands for all that is left.
        let data = match length {
            0 => rest,
            _ => rest.get(..length).ok_or_else(|| {
                let found = rest.len();
                malformed(format!(
                    "it is cut short: {found} of {length} bytes of the picture"
                ))
            })?,
        };
        let header = Header {
            chroma,
            is_chroma_left,
            space,
            is_limited: flags & 2 != 0,
            alpha: Alpha::from_flags((kind & 0x10 != 0, flags & 4 != 0)),
            depth,
            is_animated: flags & 1 != 0,
            width,
            height,
        };
        Ok(Self {
            header,
            extensions,
            data,
        })
    }
}

impl Header {
    /// Appends a file that has no extensions.
    ///
    /// # Errors
    ///
    /// When the data have more than 2^32 - 1 bytes.
    pub(super) fn put(&self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let length = u32::try_from(data.len()).ok().filter(|&length| length > 0);
        let length =
            length.ok_or_else(|| malformed("its data have no byte or more than 2^32 - 1"))?;
        let format = self.chroma.idc() as u8 + if self.is_chroma_left { 3 } else { 0 };
        let (alpha1, alpha2) = self.alpha.flags();
        out.extend(MAGIC);
        out.push(format << 5 | u8::from(alpha1) << 4 | self.depth.wrapping_sub(8) & 0xF);
        out.push(
            self.space.code() << 4
                | u8::from(alpha2) << 2
                | u8::from(self.is_limited) << 1
                | u8::from(self.is_animated),
        );
        put_ue7(out, self.width);
        put_ue7(out, self.height);
        put_ue7(out, length);
        out.extend_from_slice(data);
        Ok(())
    }
}

/// Samples of chroma, and whether they are on the left, of a `pixel_format`.
fn chroma_of(code: u8) -> Result<(Chroma, bool), Error> {
    match code {
        0 => Ok((Chroma::Gray, false)),
        1 => Ok((Chroma::Yuv420, false)),
        2 => Ok((Chroma::Yuv422, false)),
        3 => Ok((Chroma::Yuv444, false)),
        4 => Ok((Chroma::Yuv420, true)),
        5 => Ok((Chroma::Yuv422, true)),
        _ => Err(malformed(format!(
            "its pixel format is {code}, expected 0 to 5"
        ))),
    }
}

fn space_of(code: u8, chroma: Chroma) -> Result<Space, Error> {
    let space = Space::from_code(code)
        .ok_or_else(|| malformed(format!("its colour space is {code}, expected 0 to 4")))?;
    if chroma == Chroma::Gray && code != 0 {
        return Err(malformed(format!(
            "its colour space is {code}, expected 0 of a gray picture"
        )));
    }
    Ok(space)
}

/// The tags of the blocks in `extensions`, with the bytes that each has. What is cut short ends them.
pub(super) fn extension_tags(mut extensions: &[u8]) -> Vec<(u32, u32)> {
    let mut tags = Vec::new();
    while !extensions.is_empty() {
        let (Ok(tag), Ok(length)) = (take_ue7(&mut extensions), take_ue7(&mut extensions)) else {
            break;
        };
        let Some(rest) = extensions.get(length as usize..) else {
            break;
        };
        tags.push((tag, length));
        extensions = rest;
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 300 x 2 pixels of 10 bits, 4:2:2 in BT.709 of limited range with opacity, with 7 bytes of extensions.
    const BYTES: [u8; 27] = [
        0x42, 0x50, 0x47, 0xFB, // the magic
        0x52, // pixel_format 2, alpha1_flag 1, bit_depth_minus_8 2
        0x3A, // color_space 3, extension_present_flag 1, alpha2_flag 0, limited_range_flag 1, animation_flag 0
        0x82, 0x2C, // picture_width 2 * 128 + 44
        0x02, // picture_height
        0x05, // picture_data_length
        0x07, // extension_data_length
        0x01, 0x02, 0xAA, 0xBB, // extension_tag 1 (EXIF), extension_tag_length 2, two bytes
        0x03, 0x01, 0xCC, // extension_tag 3 (XMP), extension_tag_length 1, one byte
        0xD0, 0xD1, 0xD2, 0xD3, 0xD4, // the data
        0xEE, 0xEF, 0xEE, 0xEF, // not of the picture
    ];

    #[test]
    fn every_field_is_where_the_specification_says() {
        let file = File::parse(&BYTES).expect("is one");
        let expected = Header {
            chroma: Chroma::Yuv422,
            is_chroma_left: false,
            space: Space::Bt709,
            is_limited: true,
            alpha: Alpha::Straight,
            depth: 10,
            is_animated: false,
            width: 300,
            height: 2,
        };
        assert_eq!(file.header, expected);
        assert_eq!(extension_tags(file.extensions), [(1, 2), (3, 1)]);
        assert_eq!(file.data, [0xD0, 0xD1, 0xD2, 0xD3, 0xD4]);
    }

    #[test]
    fn headers_come_back() {
        for code in 0..6 {
            let (chroma, is_chroma_left) = chroma_of(code).expect("is one");
            for (index, (space, _)) in Space::NAMES.into_iter().enumerate() {
                let header = Header {
                    chroma,
                    is_chroma_left,
                    space,
                    is_limited: index % 2 == 0,
                    alpha: Alpha::from_flags((index & 1 != 0, index & 2 != 0)),
                    depth: 8 + index as u8,
                    is_animated: code == 3,
                    width: 1 << (4 * index),
                    height: u32::MAX >> index,
                };
                let mut bytes = Vec::new();
                header.put(&[1, 2, 3], &mut bytes).expect("can be written");
                let back = File::parse(&bytes).map(|file| (file.header, file.data.to_vec()));
                if chroma == Chroma::Gray && index > 0 {
                    back.expect_err("gray has no colour space");
                } else {
                    assert_eq!(back.expect("is one"), (header, vec![1, 2, 3]));
                }
            }
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let changed = |index: usize, value: u8| {
            let mut bytes = BYTES;
            bytes[index] = value;
            File::parse(&bytes).expect_err("is wrong").to_string()
        };
        for (index, value, text) in [
            (3, 0, "does not begin with `BPG`"),
            (4, 0xD2, "pixel format is 6, expected 0 to 5"),
            (4, 0x57, "samples have 15 bits, expected 8 to 14"),
            (4, 0x12, "colour space is 3, expected 0 of a gray picture"),
            (5, 0x5A, "colour space is 5, expected 0 to 4"),
            (8, 0x00, "it is 300x0"),
            (9, 0x0A, "9 of 10 bytes of the picture"),
            (10, 0x7F, "16 of 127 bytes of extensions"),
        ] {
            let error = changed(index, value);
            assert!(error.contains(text), "{error}");
        }
        for length in 0..23 {
            File::parse(&BYTES[..length]).expect_err("is cut");
        }
    }
}
