//! What stands before the pixels.

use pimage_core::{Color, Error, FrameFormat, Limits, Metadata, SampleType};

use super::masks::Masks;
use crate::density::insert_pixel_size;

/// Bytes of the header of the file, before that of the image.
const FILE_HEADER_BYTES: usize = 14;

/// How the pixels lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Layout {
    /// Numbers of 1, 4 or 8 bits of these colours.
    Palette {
        bits: u8,
        colors: Vec<[u8; 3]>,
        /// Whether they are coded as runs.
        is_runs: bool,
    },
    /// Blue, green, red.
    Bytes,
    /// Channels that are bits of 2 or 4 bytes.
    Masked { bytes: usize, masks: Masks },
}

/// What the headers say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) format: FrameFormat,
    pub(super) layout: Layout,
    /// Whether the first row is stored first.
    pub(super) is_top_down: bool,
    /// Offset of the pixels.
    pub(super) data_start: usize,
    /// Pixels in a meter, across and down; 0 when nobody says.
    density: [u32; 2],
}

impl Header {
    /// Bytes of a stored row, which is filled up to four; only where there are no runs.
    pub(super) fn row_bytes(&self) -> usize {
        let bits = match &self.layout {
            Layout::Palette { bits, .. } => usize::from(*bits),
            Layout::Bytes => 24,
            Layout::Masked { bytes, .. } => bytes * 8,
        };
        (self.format.width as usize * bits).div_ceil(32) * 4
    }
}

/// The format that decoding gives.
pub(super) fn format(bytes: &[u8], limits: &Limits) -> Result<FrameFormat, Error> {
    parse(bytes, limits).map(|header| header.format)
}

/// The pixel size.
pub(super) fn metadata(bytes: &[u8], limits: &Limits) -> Result<Metadata, Error> {
    let header = parse(bytes, limits)?;
    let mut metadata = Metadata::new();
    insert_pixel_size(&mut metadata, header.density.map(f64::from));
    Ok(metadata)
}

pub(super) fn malformed(reason: impl Into<String>) -> Error {
    Error::malformed("BMP", "", reason)
}

fn unsupported(reason: impl Into<String>) -> Error {
    Error::unsupported("", reason)
}

/// The fields that the header of every age has.
struct Fields {
    width: i32,
    height: i32,
    bits: u16,
    compression: u32,
    colors_used: u32,
    density: [u32; 2],
}

impl Fields {
    fn of(bytes: &[u8], size: u32) -> Option<Self> {
        if size == 12 {
            let width = i32::from(u16_at(bytes, 18)?);
            let height = i32::from(u16_at(bytes, 20)?);
            return Some(Self {
                width,
                height,
                bits: u16_at(bytes, 24)?,
                compression: 0,
                colors_used: 0,
                density: [0; 2],
            });
        }
        // The shortest header of OS/2 ends here.
        let or_zero = |at| {
            if size == 16 {
                Some(0)
            } else {
                u32_at(bytes, at)
            }
        };
        Some(Self {
            width: u32_at(bytes, 18)?.cast_signed(),
            height: u32_at(bytes, 22)?.cast_signed(),
            bits: u16_at(bytes, 28)?,
            compression: or_zero(30)?,
            density: [or_zero(38)?, or_zero(42)?],
            colors_used: or_zero(46)?,
        })
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes
        .get(at..)?
        .first_chunk()
        .copied()
        .map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..)?
        .first_chunk()
        .copied()
        .map(u32::from_le_bytes)
}

/// Reads the headers and the palette, and checks the size that they claim.
pub(super) fn parse(bytes: &[u8], limits: &Limits) -> Result<Header, Error> {
    if !super::detect(bytes) {
        return Err(malformed("it does not begin with `BM` and a known header"));
    }
    let cut = || malformed("its header is cut short");
    let size = u32_at(bytes, FILE_HEADER_BYTES).ok_or_else(cut)?;
    let fields = Fields::of(bytes, size).ok_or_else(cut)?;
    let data_start = u32_at(bytes, 10).ok_or_else(cut)?;
    let (width, height) = (fields.width, fields.height);
    if width <= 0 || height == 0 {
        return Err(malformed(format!("its size is {width}x{height}")));
    }
    let gray = FrameFormat::new(
        width.unsigned_abs(),
        height.unsigned_abs(),
        Color::Gray,
        SampleType::U8,
    );
    limits.check_format(&gray)?;
    let layout = layout_of(bytes, size, &fields)?;
    let color = match &layout {
        Layout::Palette { colors, .. } if colors.iter().all(|[r, g, b]| r == g && g == b) => {
            Color::Gray
        }
        Layout::Masked { masks, .. } if masks.has_opacity() => Color::Rgba,
        _ => Color::Rgb,
    };
    let format = FrameFormat { color, ..gray };
    limits.check_format(&format)?;
    let is_runs = matches!(layout, Layout::Palette { is_runs: true, .. });
    if is_runs && height < 0 {
        return Err(malformed("run-length coded rows begin with the last one"));
    }
    Ok(Header {
        format,
        layout,
        is_top_down: height < 0,
        data_start: usize::try_from(data_start).unwrap_or(usize::MAX),
        density: fields.density,
    })
}

fn layout_of(bytes: &[u8], size: u32, fields: &Fields) -> Result<Layout, Error> {
    let is_os2 = matches!(size, 16 | 64);
    let palette = |bits, is_runs| {
        Ok(Layout::Palette {
            bits,
            colors: palette_of(bytes, size, fields)?,
            is_runs,
        })
    };
    match (fields.compression, fields.bits) {
        (0, 1) => palette(1, false),
        (0, 4) => palette(4, false),
        (0, 8) => palette(8, false),
        (1, 8) => palette(8, true),
        (2, 4) => palette(4, true),
        (0, 24) => Ok(Layout::Bytes),
        (0, 16) => Ok(Layout::Masked {
            bytes: 2,
            masks: Masks::new([0x7C00, 0x03E0, 0x001F, 0])?,
        }),
        (0, 32) => Ok(Layout::Masked {
            bytes: 4,
            masks: Masks::new([
                0x00FF_0000,
                0x0000_FF00,
                0x0000_00FF,
                opacity_of_v4(bytes, size),
            ])?,
        }),
        (3 | 6, bits @ (16 | 32)) if !is_os2 => Ok(Layout::Masked {
            bytes: usize::from(bits / 8),
            masks: masks_of(bytes, size, fields.compression)?,
        }),
        (3 | 4, 24 | 1) if is_os2 => Err(unsupported("a bitmap of OS/2 with its own compression")),
        (4, _) => Err(unsupported("a bitmap with a JPEG inside")),
        (5, _) => Err(unsupported("a bitmap with a PNG inside")),
        (compression, bits) => Err(unsupported(format!(
            "a bitmap of {bits} bits with compression {compression}; pimage reads 1, 4, 8, 16, 24 and 32 bits without compression, and run-length coded ones"
        ))),
    }
}

/// Headers from version 4 on have masks even where they are not needed: only that of opacity says something new.
fn opacity_of_v4(bytes: &[u8], size: u32) -> u32 {
    match (
        size >= 56 && size != 64,
        u32_at(bytes, FILE_HEADER_BYTES + 52),
    ) {
        (true, Some(0xFF00_0000)) => 0xFF00_0000,
        _ => 0,
    }
}

/// The masks of red, green, blue and opacity, which follow the 40 bytes that all such headers share.
fn masks_of(bytes: &[u8], size: u32, compression: u32) -> Result<Masks, Error> {
    let at = |channel: usize| {
        u32_at(bytes, FILE_HEADER_BYTES + 40 + channel * 4)
            .ok_or_else(|| malformed("its header is cut short"))
    };
    let has_opacity = size >= 56 || compression == 6;
    let opacity = if has_opacity { at(3)? } else { 0 };
    Masks::new([at(0)?, at(1)?, at(2)?, opacity])
}

/// The colours, red first.
fn palette_of(bytes: &[u8], size: u32, fields: &Fields) -> Result<Vec<[u8; 3]>, Error> {
    let most = 1 << fields.bits.min(8);
    let count = match fields.colors_used {
        0 => most,
        used => used.min(most),
    };
    let entry_bytes = if size == 12 { 3 } else { 4 };
    let start = FILE_HEADER_BYTES + size as usize;
    let table = bytes
        .get(start..start + count as usize * entry_bytes)
        .ok_or_else(|| malformed("its palette is cut short"))?;
    Ok(table
        .chunks_exact(entry_bytes)
        .filter_map(|entry| entry.first_chunk())
        .map(|&[blue, green, red]| [red, green, blue])
        .collect())
}
