//! Where each kind of stream carries a note.

use super::encoding::Kind;
use super::note::{NOTE_BYTES, Note};
use super::{annexb, obu};

/// A comment segment's marker (ITU-T T.81, B.2.4.5).
const COMMENT: [u8; 2] = [0xff, 0xfe];
const START_OF_IMAGE: [u8; 2] = [0xff, 0xd8];

/// Appends a coded picture to `out` as it is stored: without the encoder's comments on itself, with a note if there is one.
pub(super) fn put(kind: Kind, bytes: &[u8], note: Option<&Note>, out: &mut Vec<u8>) {
    match (kind, note) {
        (Kind::H264 | Kind::Hevc, note) => annexb::rewrite(kind, bytes, note, out),
        (Kind::Av1, note) => obu::rewrite(bytes, note, out),
        (Kind::Jpeg, Some(note)) => {
            let rest = bytes.strip_prefix(&START_OF_IMAGE).unwrap_or(bytes);
            out.extend_from_slice(&START_OF_IMAGE);
            out.extend_from_slice(&COMMENT);
            out.extend_from_slice(&(NOTE_BYTES as u16 + 2).to_be_bytes());
            out.extend_from_slice(&note.to_bytes());
            out.extend_from_slice(rest);
        }
        _ => out.extend_from_slice(bytes),
    }
}

/// The note in a coded picture.
pub(super) fn find(kind: Kind, bytes: &[u8]) -> Option<Note> {
    match kind {
        Kind::H264 | Kind::Hevc => annexb::note(kind, bytes),
        Kind::Av1 => obu::note(bytes),
        Kind::Jpeg => {
            let rest = bytes.strip_prefix(&START_OF_IMAGE)?;
            Note::from_bytes(rest.strip_prefix(&COMMENT)?.get(2..)?)
        }
        Kind::Jpeg2000 | Kind::JpegXl => None,
    }
}
