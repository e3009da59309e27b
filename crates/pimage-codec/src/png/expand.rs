//! From packed samples, palettes and transparent colours to samples of a frame.

use pimage_core::{Color, Error, Frame};
use png::{BitDepth, ColorType, Info};

/// What is to be done with the samples of a file so that they are those of a frame.
#[derive(Debug)]
pub(super) enum Expansion {
    /// Nothing but the byte order.
    None,
    /// Gray samples of this many bits become bytes.
    Small(u8),
    /// Numbers of this many bits become the colours of the palette.
    Palette(u8, Vec<[u8; 4]>),
    /// Gray samples of this many bits become full bytes (or stay 16-bit), and opaque unless they are this value.
    GrayKey(u8, u16),
    /// Colours are opaque unless they are this one.
    RgbKey(u8, [u16; 3]),
}

impl Expansion {
    pub(super) fn of(info: &Info<'_>) -> Result<Self, Error> {
        let bits = info.bit_depth as u8;
        let key = info.trns.as_deref();
        Ok(match (info.color_type, key) {
            (ColorType::Indexed, _) => Self::Palette(bits, palette_of(info)?),
            (ColorType::Grayscale, Some(key)) => {
                Self::GrayKey(bits, value_at(key, 0, info.bit_depth)?)
            }
            (ColorType::Rgb, Some(key)) => {
                let value = |channel| value_at(key, channel, info.bit_depth);
                Self::RgbKey(bits, [value(0)?, value(1)?, value(2)?])
            }
            (ColorType::Grayscale, None) if bits < 8 => Self::Small(bits),
            _ => Self::None,
        })
    }

    /// Fills the frame, which has its format already, from the rows of the file.
    pub(super) fn fill(&self, raw: &[u8], frame: &mut Frame) -> Result<(), Error> {
        match self {
            Self::None => {}
            Self::Small(bits) => each_row(raw, frame, 1, |row, out| {
                unpack(row, *bits, out);
                Ok(())
            })?,
            Self::Palette(bits, entries) => fill_palette(raw, frame, *bits, entries)?,
            Self::GrayKey(16, key) => fill_key_16(raw, frame, [*key]),
            Self::RgbKey(16, key) => fill_key_16(raw, frame, *key),
            Self::GrayKey(bits, key) => {
                // 255 is a multiple of the top of every smaller depth.
                let scale = (u16::from(u8::MAX) / ((1 << bits) - 1)) as u8;
                let mut values = vec![0; frame.format().width as usize];
                each_row(raw, frame, 2, |row, out| {
                    unpack(row, *bits, &mut values);
                    for (&value, [gray, opacity]) in values.iter().zip(out.as_chunks_mut().0) {
                        *gray = value * scale;
                        *opacity = opacity_of(u16::from(value) == *key);
                    }
                    Ok(())
                })?;
            }
            Self::RgbKey(_, key) => {
                let source = raw.as_chunks::<3>().0;
                let target = frame.bytes_mut().as_chunks_mut::<4>().0;
                for ([r, g, b], out) in source.iter().zip(target) {
                    let is_key = [*r, *g, *b].map(u16::from) == *key;
                    *out = [*r, *g, *b, opacity_of(is_key)];
                }
            }
        }
        Ok(())
    }
}

const fn opacity_of(is_key: bool) -> u8 {
    if is_key { 0 } else { u8::MAX }
}

/// The transparent value of a channel; the library keeps one byte of each unless samples have two.
fn value_at(key: &[u8], channel: usize, depth: BitDepth) -> Result<u16, Error> {
    let value = match depth {
        BitDepth::Sixteen => key
            .get(channel * 2..)
            .and_then(|key| key.first_chunk())
            .map(|bytes| u16::from_be_bytes(*bytes)),
        _ => key.get(channel).copied().map(u16::from),
    };
    value.ok_or_else(|| Error::malformed("PNG", "", "its transparent colour is cut short"))
}

/// The colours with their opacity.
fn palette_of(info: &Info<'_>) -> Result<Vec<[u8; 4]>, Error> {
    let colors = info.palette.as_deref().unwrap_or_default();
    let mut opacity = info.trns.as_deref().unwrap_or_default().iter();
    let entries: Vec<_> = colors
        .as_chunks()
        .0
        .iter()
        .map(|&[red, green, blue]| [red, green, blue, *opacity.next().unwrap_or(&u8::MAX)])
        .collect();
    if entries.is_empty() {
        return Err(Error::malformed("PNG", "", "it has no palette"));
    }
    Ok(entries)
}

fn fill_palette(raw: &[u8], frame: &mut Frame, bits: u8, entries: &[[u8; 4]]) -> Result<(), Error> {
    let color = frame.format().color;
    let mut numbers = vec![0; frame.format().width as usize];
    each_row(raw, frame, color.channels(), |row, out| {
        unpack(row, bits, &mut numbers);
        for (&number, out) in numbers.iter().zip(out.chunks_exact_mut(color.channels())) {
            let Some(&[red, green, blue, opacity]) = entries.get(usize::from(number)) else {
                let count = entries.len();
                let reason = format!("a pixel is colour {number} of a palette of {count}");
                return Err(Error::malformed("PNG", "", reason));
            };
            match color {
                Color::Gray => out.copy_from_slice(&[red]),
                Color::GrayAlpha => out.copy_from_slice(&[red, opacity]),
                Color::Rgb => out.copy_from_slice(&[red, green, blue]),
                _ => out.copy_from_slice(&[red, green, blue, opacity]),
            }
        }
        Ok(())
    })
}

/// Big-endian samples of `N` channels get an opacity.
fn fill_key_16<const N: usize>(raw: &[u8], frame: &mut Frame, key: [u16; N]) {
    let samples = frame.samples_mut::<u16>().unwrap_or_default();
    let mut source = raw
        .as_chunks()
        .0
        .iter()
        .map(|bytes| u16::from_be_bytes(*bytes));
    for pixel in samples.chunks_exact_mut(N + 1) {
        let mut is_key = true;
        for (out, key) in pixel.iter_mut().zip(key) {
            *out = source.next().unwrap_or(0);
            is_key &= *out == key;
        }
        if let Some(opacity) = pixel.last_mut() {
            *opacity = if is_key { 0 } else { u16::MAX };
        }
    }
}

/// Calls `fill` with each row of the file and of the frame, whose pixels have `channels` bytes.
fn each_row(
    raw: &[u8],
    frame: &mut Frame,
    channels: usize,
    mut fill: impl FnMut(&[u8], &mut [u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let height = (frame.format().height as usize).max(1);
    let row_bytes = (frame.format().width as usize * channels).max(1);
    let rows = raw.chunks_exact((raw.len() / height).max(1));
    for (row, out) in rows.zip(frame.bytes_mut().chunks_exact_mut(row_bytes)) {
        fill(row, out)?;
    }
    Ok(())
}

/// Samples of 1, 2, 4 or 8 bits, highest first, become bytes.
fn unpack(row: &[u8], bits: u8, out: &mut [u8]) {
    let in_byte = usize::from(8 / bits);
    let mask = u8::MAX >> (8 - bits);
    for (group, byte) in out.chunks_mut(in_byte).zip(row) {
        let mut shift = 8;
        for value in group {
            shift -= bits;
            *value = byte >> shift & mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_samples_come_highest_first() {
        let mut out = [0; 5];
        unpack(&[0b1010_0110, 0b1000_0000], 1, &mut out);
        assert_eq!(out, [1, 0, 1, 0, 0]);
        unpack(&[0b11_10_01_00, 0b10_00_00_00], 2, &mut out);
        assert_eq!(out, [3, 2, 1, 0, 2]);
        unpack(&[0xAB, 0xCD, 0xE0], 4, &mut out);
        assert_eq!(out, [0xA, 0xB, 0xC, 0xD, 0xE]);
    }
}
