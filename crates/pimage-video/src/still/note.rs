//! What a coded picture says of itself that its format has no place for.

use pimage_core::{Color, FrameFormat};

/// Marks a note among other programs' data: a random number (a version 4 UUID).
const MARK: [u8; 16] = [
    0x9c, 0x1e, 0x5b, 0x0a, 0x76, 0xd3, 0x4f, 0x8e, 0xa1, 0x42, 0x3d, 0xb7, 0x60, 0xc8, 0x15, 0xf9,
];

/// Bytes of a note.
pub(super) const NOTE_BYTES: usize = MARK.len() + 10;

/// The frame behind a picture that is stored larger, deeper or in more colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) bit_depth: u8,
    pub(super) is_gray: bool,
    /// Whether levels were spread over a greater depth, so that they are to be brought back to eight bits.
    pub(super) is_spread: bool,
}

impl Note {
    pub(super) const fn of(format: &FrameFormat, is_spread: bool) -> Self {
        Self {
            width: format.width,
            height: format.height,
            bit_depth: format.bit_depth,
            is_gray: matches!(format.color, Color::Gray),
            is_spread,
        }
    }

    pub(super) fn to_bytes(self) -> [u8; NOTE_BYTES] {
        let mut bytes = [0; NOTE_BYTES];
        let parts = MARK
            .into_iter()
            .chain(self.width.to_be_bytes())
            .chain(self.height.to_be_bytes())
            .chain([
                self.bit_depth,
                u8::from(self.is_gray) | u8::from(self.is_spread) << 1,
            ]);
        for (byte, part) in bytes.iter_mut().zip(parts) {
            *byte = part;
        }
        bytes
    }

    /// The note at the start of `bytes`; `None` when they are something else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MARK.as_slice())?;
        let (width, rest) = rest.split_first_chunk()?;
        let (height, rest) = rest.split_first_chunk()?;
        let [bit_depth, flags, ..] = rest else {
            return None;
        };
        let note = Self {
            width: u32::from_be_bytes(*width),
            height: u32::from_be_bytes(*height),
            bit_depth: *bit_depth,
            is_gray: flags & 1 != 0,
            is_spread: flags & 2 != 0,
        };
        (note.width > 0 && note.height > 0 && (1..=16).contains(&note.bit_depth)).then_some(note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let note = Note {
            width: 70_001,
            height: 1,
            bit_depth: 8,
            is_gray: true,
            is_spread: false,
        };
        let bytes = note.to_bytes();
        assert_eq!(Note::from_bytes(&bytes), Some(note));
        for length in 0..NOTE_BYTES {
            assert_eq!(Note::from_bytes(&bytes[..length]), None);
        }
        assert_eq!(Note::from_bytes(&[0; 64]), None);
    }
}
