//! Byte streams of H.264 and HEVC (Annex B of both): units, and the notes between them.

use super::encoding::Kind;
use super::note::Note;

/// The units of an Annex B byte stream, without start codes.
#[derive(Debug, Clone)]
pub struct Units<'a> {
    rest: &'a [u8],
}

/// The units of an Annex B byte stream; what stands before the first start code is passed over.
#[must_use]
pub fn units(bytes: &[u8]) -> Units<'_> {
    Units {
        rest: start_code(bytes).map_or(&[], |start| bytes.get(start + 3..).unwrap_or(&[])),
    }
}

/// Where the next `00 00 01` begins.
fn start_code(bytes: &[u8]) -> Option<usize> {
    bytes.windows(3).position(|three| three == [0, 0, 1])
}

impl<'a> Iterator for Units<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while !self.rest.is_empty() {
            let end = start_code(self.rest);
            let (unit, rest) = match end {
                Some(end) => (
                    self.rest.get(..end)?,
                    self.rest.get(end + 3..).unwrap_or(&[]),
                ),
                None => (self.rest, [].as_slice()),
            };
            self.rest = rest;
            // Zeros before a start code are no part of the unit, which itself ends with a one bit.
            let length = unit.iter().rposition(|&byte| byte != 0);
            if let Some(last) = length {
                return unit.get(..=last);
            }
        }
        None
    }
}

/// What a unit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Picture,
    Sei,
    Other,
}

fn role(kind: Kind, unit: &[u8]) -> Role {
    let first = unit.first().copied().unwrap_or(0);
    match kind {
        Kind::Hevc => match first >> 1 & 63 {
            0..=31 => Role::Picture,
            39 | 40 => Role::Sei,
            _ => Role::Other,
        },
        _ => match first & 31 {
            1..=5 => Role::Picture,
            6 => Role::Sei,
            _ => Role::Other,
        },
    }
}

/// The message type of data that its maker alone understands, `user_data_unregistered`.
const USER_DATA: u8 = 5;

/// The header of a unit of supplemental information.
const fn sei_header(kind: Kind) -> &'static [u8] {
    match kind {
        Kind::Hevc => &[39 << 1, 1],
        _ => &[6],
    }
}

/// Appends a stream to `out`, without what the encoder says of itself, with a note if there is one.
pub(super) fn rewrite(kind: Kind, bytes: &[u8], note: Option<&Note>, out: &mut Vec<u8>) {
    let mut note = note;
    for unit in units(bytes) {
        match role(kind, unit) {
            Role::Sei if user_data(kind, unit).is_some() => continue,
            Role::Picture => {
                if let Some(note) = note.take() {
                    push(out, &sei(kind, note));
                }
            }
            _ => {}
        }
        push(out, unit);
    }
}

fn push(out: &mut Vec<u8>, unit: &[u8]) {
    out.extend_from_slice(&[0, 0, 0, 1]);
    out.extend_from_slice(unit);
}

fn sei(kind: Kind, note: &Note) -> Vec<u8> {
    let data = note.to_bytes();
    let mut unit = sei_header(kind).to_vec();
    let mut zeros = 0;
    let message = [USER_DATA, data.len() as u8];
    for &byte in message.iter().chain(&data).chain(&[0x80]) {
        // Three bytes that would look like a start code are kept apart.
        if zeros >= 2 && byte <= 3 {
            unit.push(3);
            zeros = 0;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        unit.push(byte);
    }
    unit
}

/// The data of a unit that holds nothing but one message of user data.
fn user_data(kind: Kind, unit: &[u8]) -> Option<Vec<u8>> {
    let payload = unit.get(sei_header(kind).len()..)?;
    if payload.first() != Some(&USER_DATA) {
        return None;
    }
    let mut bytes = Vec::with_capacity(payload.len());
    let mut zeros = 0;
    for &byte in payload {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        bytes.push(byte);
    }
    // The length is a run of 255s and a last byte.
    let sizes = bytes.get(1..)?;
    let last = sizes.iter().position(|&byte| byte != 255)?;
    let length = last * 255 + usize::from(*sizes.get(last)?);
    let data = sizes.get(last + 1..)?;
    (data.len() >= length && data.len() <= length + 1).then(|| {
        let mut data = data.to_vec();
        data.truncate(length);
        data
    })
}

/// The note in a stream, before its first picture.
pub(super) fn note(kind: Kind, bytes: &[u8]) -> Option<Note> {
    units(bytes)
        .take_while(|unit| role(kind, unit) != Role::Picture)
        .filter(|unit| role(kind, unit) == Role::Sei)
        .find_map(|unit| Note::from_bytes(&user_data(kind, unit)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_end_before_start_codes_of_three_and_four_bytes() {
        let stream = [0, 0, 0, 1, 0x67, 5, 0, 0, 0, 1, 0x68, 6, 0, 0, 1, 0x65, 7];
        let found: Vec<_> = units(&stream).collect();
        assert_eq!(found, [[0x67, 5], [0x68, 6], [0x65, 7]]);
        assert_eq!(units(&[]).count(), 0);
        assert_eq!(units(&[0, 0, 1]).count(), 0);
    }

    #[test]
    fn a_note_replaces_the_encoders_own_words() {
        let note = Note {
            width: 1,
            height: 3,
            bit_depth: 8,
            is_gray: false,
            is_spread: true,
        };
        for (kind, words, picture) in [
            (Kind::H264, vec![6, 5, 2, 65, 66, 0x80], vec![0x65, 9]),
            (Kind::Hevc, vec![78, 1, 5, 2, 65, 66, 0x80], vec![38, 1, 9]),
        ] {
            let mut stream = Vec::new();
            push(&mut stream, &words);
            push(&mut stream, &picture);
            let mut out = Vec::new();
            rewrite(kind, &stream, Some(&note), &mut out);
            assert_eq!(super::note(kind, &out), Some(note));
            let found: Vec<_> = units(&out).collect();
            assert_eq!(found.len(), 2);
            assert_eq!(found[1], picture);
            assert!(
                !found[0]
                    .windows(3)
                    .any(|three| three < [0, 0, 3].as_slice())
            );
        }
    }
}
