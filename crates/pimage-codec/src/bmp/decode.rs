//! From the bytes of a file to a frame.

use pimage_core::{Color, Error, Frame, Limits};

use super::header::{Header, Layout, malformed, parse};
use super::masks::Masks;
use super::runs;

/// Fills `frame`; its stamp stays.
pub(super) fn decode(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
    let header = parse(bytes, limits)?;
    let data = bytes.get(header.data_start..).unwrap_or_default();
    if let Layout::Palette {
        bits,
        colors,
        is_runs: true,
    } = &header.layout
    {
        let width = header.format.width as usize;
        let mut numbers = vec![0; width * header.format.height as usize];
        runs::decode(data, *bits, width, &mut numbers)?;
        frame.reset(&header.format, limits)?;
        return each_row(&header, &numbers, width, frame, |row, out| {
            lay_out(row.iter().copied(), colors, header.format.color, out)
        });
    }
    let (row_bytes, color) = (header.row_bytes(), header.format.color);
    let expected = row_bytes.saturating_mul(header.format.height as usize);
    if data.len() < expected {
        let found = data.len();
        return Err(malformed(format!(
            "it is cut short: {found} of {expected} bytes"
        )));
    }
    frame.reset(&header.format, limits)?;
    each_row(&header, data, row_bytes, frame, |row, out| {
        match &header.layout {
            Layout::Palette {
                bits: 8, colors, ..
            } => lay_out(row.iter().copied(), colors, color, out),
            Layout::Palette { bits, colors, .. } => {
                lay_out(numbers(row, *bits), colors, color, out)
            }
            Layout::Bytes => {
                for (out, [blue, green, red]) in
                    out.as_chunks_mut().0.iter_mut().zip(row.as_chunks().0)
                {
                    *out = [*red, *green, *blue];
                }
                Ok(())
            }
            Layout::Masked { bytes: 2, masks } => {
                let pixels = row.as_chunks().0.iter();
                masked(
                    pixels.map(|pixel| u16::from_le_bytes(*pixel).into()),
                    masks,
                    out,
                );
                Ok(())
            }
            Layout::Masked { masks, .. } => {
                let pixels = row.as_chunks().0.iter();
                masked(pixels.map(|pixel| u32::from_le_bytes(*pixel)), masks, out);
                Ok(())
            }
        }
    })
}

/// Calls `fill` with each stored row and the row of the frame where it belongs.
fn each_row(
    header: &Header,
    data: &[u8],
    row_bytes: usize,
    frame: &mut Frame,
    mut fill: impl FnMut(&[u8], &mut [u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let out_bytes = header.format.row_bytes().unwrap_or(1).max(1);
    let rows = data.chunks_exact(row_bytes.max(1));
    if header.is_top_down {
        for (row, out) in rows.zip(frame.bytes_mut().chunks_exact_mut(out_bytes)) {
            fill(row, out)?;
        }
    } else {
        for (row, out) in rows.zip(frame.bytes_mut().rchunks_exact_mut(out_bytes)) {
            fill(row, out)?;
        }
    }
    Ok(())
}

/// Numbers of 1, 4 or 8 bits, highest first.
fn numbers(row: &[u8], bits: u8) -> impl Iterator<Item = u8> {
    let mask = u8::MAX >> (8 - bits);
    row.iter().flat_map(move |byte| {
        (0..8 / bits).map(move |place| byte >> (8 - bits * (place + 1)) & mask)
    })
}

/// The colours of numbers: one channel of each in a gray frame.
fn lay_out(
    mut numbers: impl Iterator<Item = u8>,
    colors: &[[u8; 3]],
    color: Color,
    out: &mut [u8],
) -> Result<(), Error> {
    let mut next = || {
        let number = numbers.next().unwrap_or(0);
        colors
            .get(usize::from(number))
            .copied()
            .ok_or_else(|| beyond(number, colors.len()))
    };
    if color == Color::Gray {
        for out in out {
            [*out, _, _] = next()?;
        }
    } else {
        for out in out.as_chunks_mut().0 {
            *out = next()?;
        }
    }
    Ok(())
}

fn beyond(number: u8, count: usize) -> Error {
    malformed(format!(
        "a pixel is colour {number} of a palette of {count}"
    ))
}

fn masked(pixels: impl Iterator<Item = u32>, masks: &Masks, out: &mut [u8]) {
    let channels = if masks.has_opacity() {
        Color::Rgba.channels()
    } else {
        Color::Rgb.channels()
    };
    for (out, pixel) in out.chunks_exact_mut(channels).zip(pixels) {
        for (out, channel) in out.iter_mut().zip(masks.bytes_of(pixel)) {
            *out = channel;
        }
    }
}
