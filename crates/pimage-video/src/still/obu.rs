//! AV1's open bitstream units, and the notes between them.

use super::note::Note;

/// One open bitstream unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Obu<'a> {
    /// `obu_type`: 1 is a sequence header, 2 a temporal delimiter, 6 a frame.
    pub kind: u8,
    /// The whole unit with its header.
    pub bytes: &'a [u8],
    /// What follows header and size.
    pub payload: &'a [u8],
}

/// A sequence header's type.
pub(super) const SEQUENCE_HEADER: u8 = 1;
/// The type of metadata.
const METADATA: u8 = 5;
/// The first metadata type that anyone may use, `unregistered user private`.
const PRIVATE: u8 = 31;

/// The units of a temporal unit in the low-overhead format; ends at the first that is cut or has no size.
pub fn obus(bytes: &[u8]) -> impl Iterator<Item = Obu<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (obu, left) = split(rest)?;
        rest = left;
        Some(obu)
    })
}

fn split(bytes: &[u8]) -> Option<(Obu<'_>, &[u8])> {
    let header = *bytes.first()?;
    let has_extension = header & 4 != 0;
    let has_size = header & 2 != 0;
    let start = 1 + usize::from(has_extension);
    let (size, size_bytes) = if has_size {
        leb128(bytes.get(start..)?)?
    } else {
        (bytes.len().checked_sub(start)?, 0)
    };
    let end = (start + size_bytes).checked_add(size)?;
    let obu = Obu {
        kind: header >> 3 & 15,
        bytes: bytes.get(..end)?,
        payload: bytes.get(start + size_bytes..end)?,
    };
    Some((obu, bytes.get(end..)?))
}

/// A number in groups of seven bits, the lowest first, and how many bytes it takes.
fn leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0u64;
    for (index, &byte) in bytes.iter().take(8).enumerate() {
        value |= u64::from(byte & 127) << (7 * index);
        if byte & 128 == 0 {
            return Some((usize::try_from(value).ok()?, index + 1));
        }
    }
    None
}

/// Appends units to `out`, with a note after the sequence header.
pub(super) fn rewrite(bytes: &[u8], note: Option<&Note>, out: &mut Vec<u8>) {
    let Some(note) = note else {
        out.extend_from_slice(bytes);
        return;
    };
    let mut note = Some(note);
    for obu in obus(bytes) {
        out.extend_from_slice(obu.bytes);
        if obu.kind == SEQUENCE_HEADER
            && let Some(note) = note.take()
        {
            let data = note.to_bytes();
            // A size, the metadata's type and the bit that ends it.
            out.extend_from_slice(&[METADATA << 3 | 2, data.len() as u8 + 2, PRIVATE]);
            out.extend_from_slice(&data);
            out.push(0x80);
        }
    }
}

/// The note among the units.
pub(super) fn note(bytes: &[u8]) -> Option<Note> {
    obus(bytes)
        .filter(|obu| obu.kind == METADATA)
        .find_map(|obu| Note::from_bytes(obu.payload.strip_prefix(&[PRIVATE])?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_stands_after_the_sequence_header() {
        let note = Note {
            width: 5,
            height: 300,
            bit_depth: 8,
            is_gray: true,
            is_spread: false,
        };
        let stream = [0x12, 0, 0x0a, 2, 7, 7, 0x32, 3, 1, 2, 3];
        let mut out = Vec::new();
        rewrite(&stream, Some(&note), &mut out);
        let kinds: Vec<_> = obus(&out).map(|obu| obu.kind).collect();
        assert_eq!(kinds, [2, SEQUENCE_HEADER, METADATA, 6]);
        assert_eq!(super::note(&out), Some(note));
        assert_eq!(super::note(&stream), None);
        out.truncate(out.len() - 1);
        assert_eq!(obus(&out).count(), 3, "the cut unit is not given");
    }
}
