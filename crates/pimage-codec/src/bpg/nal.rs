//! The units that an HEVC stream is made of.

use pimage_video::still::units;

/// Before each unit of a stream.
pub(super) const START_CODE: [u8; 3] = [0, 0, 1];

/// What a unit holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A slice of a picture that needs no other.
    IdrSlice,
    /// A slice of another picture.
    Slice,
    /// What holds for several sequences.
    Video,
    /// What holds for all pictures.
    Sequence,
    /// What holds for one picture.
    Picture,
    /// Nothing that changes a sample.
    Other,
}

/// One unit: a header of two bytes, and a payload with emulation prevention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nal<'a> {
    bytes: &'a [u8],
}

impl<'a> Nal<'a> {
    /// Both bytes of the header, and the payload.
    pub(super) const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// What it holds.
    pub(super) fn kind(self) -> Kind {
        let first = self.bytes.first().copied().unwrap_or(u8::MAX);
        match first >> 1 & 0x3F {
            19 | 20 => Kind::IdrSlice,
            0..=31 => Kind::Slice,
            32 => Kind::Video,
            33 => Kind::Sequence,
            34 => Kind::Picture,
            _ => Kind::Other,
        }
    }

    /// The layer that it belongs to: in BPG, 0 for colour and 1 for opacity.
    pub(super) fn layer(self) -> u8 {
        match self.bytes {
            [first, second, ..] => (first & 1) << 5 | second >> 3,
            _ => 0,
        }
    }

    /// Whether it is the first slice of a picture.
    pub(super) fn begins_picture(self) -> bool {
        matches!(self.kind(), Kind::IdrSlice | Kind::Slice)
            && self.bytes.get(2).is_some_and(|byte| byte & 0x80 != 0)
    }

    /// Appends the unit as one of `layer`, which is below 32, without a start code.
    pub(super) fn put_in_layer(self, layer: u8, out: &mut Vec<u8>) {
        if let [first, second, rest @ ..] = self.bytes {
            out.extend([first & 0xFE, layer << 3 | second & 7]);
            out.extend_from_slice(rest);
        }
    }
}

/// The units of a stream, but for those without a payload.
pub(super) fn nals(stream: &[u8]) -> impl Iterator<Item = Nal<'_>> {
    units(stream)
        .filter(|bytes| bytes.len() > 2)
        .map(|bytes| Nal { bytes })
}

/// The payload of a unit without its emulation prevention.
pub(super) fn unescape(escaped: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut zeros = 0;
    for &byte in escaped {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        bytes.push(byte);
    }
    bytes
}

/// Appends a start code and a unit whose bytes have no emulation prevention yet.
pub(super) fn put_escaped(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend(START_CODE);
    let mut zeros = 0;
    for &byte in bytes {
        if zeros >= 2 && byte <= 3 {
            out.push(3);
            zeros = 0;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        out.push(byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_known_by_their_headers() {
        let stream = [
            0, 0, 1, 0x44, 1, 9, 0, 0, 1, 0x26, 1, 0xAF, 0, 0, 0, 1, 0x28, 9, 0x80, 0, 0, 1, 0, 0,
            1, 0x4E, 1, 5, 0, 0, 1, 0x02, 1, 0x2F,
        ];
        let found: Vec<_> = nals(&stream)
            .map(|nal| (nal.kind(), nal.layer(), nal.begins_picture()))
            .collect();
        let expected = [
            (Kind::Picture, 0, false),
            (Kind::IdrSlice, 0, true),
            (Kind::IdrSlice, 1, true),
            (Kind::Other, 0, false),
            (Kind::Slice, 0, false),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_layer_is_changed_and_nothing_else() {
        let unit = Nal {
            bytes: &[0x26, 0x01, 0xAF, 7],
        };
        let mut moved = Vec::new();
        unit.put_in_layer(1, &mut moved);
        assert_eq!(moved, [0x26, 0x09, 0xAF, 7]);
        let moved = Nal { bytes: &moved };
        assert_eq!((moved.layer(), moved.kind()), (1, Kind::IdrSlice));
        assert!(moved.begins_picture());
    }

    #[test]
    fn payloads_come_back_from_emulation_prevention() {
        for payload in [
            &[0x42, 1, 0, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0, 4][..],
            &[0x42, 1, 0, 0, 3, 0, 0, 3],
            &[0x42, 1, 5],
        ] {
            let mut out = Vec::new();
            put_escaped(payload, &mut out);
            assert_eq!(out[..3], START_CODE);
            assert_eq!(units(&out).count(), 1, "{out:?}");
            assert_eq!(unescape(&out[3..]), payload);
        }
    }
}
