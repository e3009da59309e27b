//! From a frame to the bytes of a file.

use pimage_core::{Color, Error, Frame};

use crate::held::cannot_hold;
use crate::settings::Asked;

/// Pixels in a meter when nobody says: 72 in an inch.
const USUAL_DENSITY: u32 = 2835;

/// Appends the image to `out`.
pub(super) fn encode(frame: &Frame, _asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    let format = frame.format();
    let (bits, header_bytes, palette_bytes) = match format.color {
        Color::Gray => (8u16, 40u32, 1024u32),
        Color::Rgb => (24, 40, 0),
        _ => (32, 108, 0),
    };
    let row_bytes = (u64::from(format.width) * u64::from(bits)).div_ceil(32) * 4;
    let data_start = 14 + header_bytes + palette_bytes;
    let data_bytes = row_bytes * u64::from(format.height);
    let Ok(file_bytes) = u32::try_from(u64::from(data_start) + data_bytes) else {
        return Err(cannot_hold(
            "BMP",
            format,
            "it has at most 4 GiB; `.png` has no such bound",
        ));
    };
    let image_bytes = file_bytes - data_start;
    out.extend_from_slice(b"BM");
    let numbers = [
        file_bytes,
        0,
        data_start,
        header_bytes,
        format.width,
        format.height,
        // One plane.
        u32::from(bits) << 16 | 1,
        if bits == 32 { 3 } else { 0 },
        image_bytes,
        USUAL_DENSITY,
        USUAL_DENSITY,
        if bits == 8 { 256 } else { 0 },
        0,
    ];
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    match format.color {
        Color::Gray => out.extend((0..=255).flat_map(|gray| [gray, gray, gray, 0])),
        Color::Rgba => {
            let masks = [0x00FF_0000u32, 0x0000_FF00, 0x0000_00FF, 0xFF00_0000];
            out.extend(masks.iter().flat_map(|mask| mask.to_le_bytes()));
            out.extend_from_slice(b"BGRs");
            // End points and gamma, which sRGB does without.
            out.extend([0; 48]);
        }
        _ => {}
    }
    append_rows(frame, row_bytes as usize, out);
    Ok(())
}

/// The rows, the last one first, each filled up.
fn append_rows(frame: &Frame, row_bytes: usize, out: &mut Vec<u8>) {
    let format = frame.format();
    let stored_bytes = format.row_bytes().unwrap_or(1).max(1);
    for row in frame.bytes().rchunks_exact(stored_bytes) {
        match format.color {
            Color::Rgb => out.extend(row.as_chunks().0.iter().flat_map(|&[r, g, b]| [b, g, r])),
            Color::Rgba => {
                out.extend(
                    row.as_chunks()
                        .0
                        .iter()
                        .flat_map(|&[r, g, b, a]| [b, g, r, a]),
                );
            }
            _ => out.extend_from_slice(row),
        }
        out.extend(std::iter::repeat_n(0, row_bytes - stored_bytes));
    }
}
