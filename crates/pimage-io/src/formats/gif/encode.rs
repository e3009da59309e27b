//! The bytes of a file: header, pictures, trailer.

use super::changes::Rect;
use super::lzw::code_size;
use super::nearest::Rgb;

/// The last byte.
pub(super) const TRAILER: u8 = 0x3B;

/// What becomes of a picture when the next one is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disposal {
    /// It stays.
    Keep,
    /// Its rectangle becomes transparent.
    Clear,
}

/// A compressed picture.
#[derive(Debug, Clone)]
pub(super) struct Encoded {
    pub(super) rect: Rect,
    pub(super) transparent: Option<u8>,
    /// `None` for the palette of the file.
    pub(super) palette: Option<Vec<Rgb>>,
    /// The size of the first codes, and the codes.
    pub(super) size: u8,
    pub(super) data: Vec<u8>,
}

/// Bits that say how many colours a table has, less one: a table has 2 to 256.
fn table_bits(colors: usize) -> u8 {
    (0..7).find(|bits| colors <= 2 << bits).unwrap_or(7)
}

fn push_table(bytes: &mut Vec<u8>, colors: &[Rgb]) {
    let length = 2usize << table_bits(colors.len());
    let rest = std::iter::repeat(&[0; 3]);
    bytes.extend(colors.iter().chain(rest).take(length).flatten());
}

fn push_u16(bytes: &mut Vec<u8>, value: usize) {
    let value = u16::try_from(value).unwrap_or(u16::MAX);
    bytes.extend(value.to_le_bytes());
}

/// The header; `shows` is how often the clip is shown, 0 for ever.
pub(super) fn header(width: u32, height: u32, palette: Option<&[Rgb]>, shows: u16) -> Vec<u8> {
    let mut bytes = b"GIF89a".to_vec();
    push_u16(&mut bytes, width as usize);
    push_u16(&mut bytes, height as usize);
    // Eight bits of colour resolution.
    let flags = palette.map_or(0, |colors| 0x80 | table_bits(colors.len()));
    bytes.extend([0x70 | flags, 0, 0]);
    if let Some(colors) = palette {
        push_table(&mut bytes, colors);
    }
    // The block says how often it is shown again; without one it is shown once.
    if shows != 1 {
        bytes.extend(b"\x21\xFF\x0BNETSCAPE2.0\x03\x01");
        push_u16(&mut bytes, usize::from(shows.saturating_sub(1)));
        bytes.push(0);
    }
    bytes
}

impl Encoded {
    /// The blocks of a picture that is shown for `delay` hundredths of a second.
    pub(super) fn blocks(&self, delay: u16, disposal: Disposal) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.data.len() + self.data.len() / 255 + 800);
        let disposal = match disposal {
            Disposal::Keep => 1,
            Disposal::Clear => 2,
        };
        let flags = (disposal << 2) | u8::from(self.transparent.is_some());
        bytes.extend([0x21, 0xF9, 4, flags]);
        bytes.extend(delay.to_le_bytes());
        bytes.extend([self.transparent.unwrap_or(0), 0, 0x2C]);
        let rect = self.rect;
        for value in [rect.left, rect.top, rect.width, rect.height] {
            push_u16(&mut bytes, value);
        }
        match &self.palette {
            Some(colors) => {
                // The transparent index has a place in the table too.
                let length = self.transparent.map_or(0, |index| usize::from(index) + 1);
                let mut colors = colors.clone();
                colors.resize(colors.len().max(length), [0; 3]);
                bytes.push(0x80 | table_bits(colors.len()));
                push_table(&mut bytes, &colors);
            }
            None => bytes.push(0),
        }
        bytes.push(self.size);
        for block in self.data.chunks(255) {
            bytes.push(block.len() as u8);
            bytes.extend(block);
        }
        bytes.push(0);
        bytes
    }
}

/// The size of the first codes for a palette and a transparent index.
pub(super) fn size_for(colors: usize, transparent: Option<u8>) -> u8 {
    code_size(colors.max(transparent.map_or(0, |index| usize::from(index) + 1)))
}
