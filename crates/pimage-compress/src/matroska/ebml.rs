//! EBML, the binary form of Matroska: elements of a name, a length and a body.

use super::ids;

/// A length that nobody knows yet.
const UNKNOWN: u64 = (1 << 56) - 1;

/// Longest name and length of an element, bytes.
pub(crate) const HEAD_BYTES: usize = 12;

fn put_id(out: &mut Vec<u8>, id: u32) {
    out.extend(id.to_be_bytes().into_iter().skip_while(|byte| *byte == 0));
}

fn put_size(out: &mut Vec<u8>, size: u64) {
    let width = (1..8).find(|width| size < (1 << (7 * width)) - 1);
    let width = width.unwrap_or(8);
    let marked = size | 1 << (7 * width);
    out.extend(marked.to_be_bytes().into_iter().skip(8 - width));
}

/// The name and the length of an element whose body follows; the length takes 8 bytes, `None` is not known yet.
pub(crate) fn open_element(out: &mut Vec<u8>, id: u32, size: Option<u64>) {
    put_id(out, id);
    let size = size.map_or(UNKNOWN, |size| size.min(UNKNOWN - 1));
    out.extend((size | 1 << 56).to_be_bytes());
}

/// An element of bytes.
pub(crate) fn put(out: &mut Vec<u8>, id: u32, body: &[u8]) {
    put_id(out, id);
    put_size(out, body.len() as u64);
    out.extend_from_slice(body);
}

/// An element of a whole number, in as few bytes as it takes.
pub(crate) fn put_uint(out: &mut Vec<u8>, id: u32, value: u64) {
    let bytes = value.to_be_bytes();
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(7);
    put(out, id, bytes.get(start..).unwrap_or_default());
}

/// An element of a whole number in 8 bytes, to be written over.
pub(crate) fn put_place(out: &mut Vec<u8>, id: u32, value: u64) {
    put(out, id, &value.to_be_bytes());
}

/// An element of a number.
pub(crate) fn put_float(out: &mut Vec<u8>, id: u32, value: f64) {
    put(out, id, &value.to_be_bytes());
}

/// An element of elements with their checksum, of the first level.
pub(crate) fn put_checked(out: &mut Vec<u8>, id: u32, body: &[u8]) {
    let mut checked = Vec::with_capacity(body.len() + 6);
    put(
        &mut checked,
        ids::CRC_32,
        &crc32fast::hash(body).to_le_bytes(),
    );
    checked.extend_from_slice(body);
    put(out, id, &checked);
}

/// Bytes that mean nothing, `length` of them with name and length: 2 at least.
pub(crate) fn put_void(out: &mut Vec<u8>, length: usize) {
    put_id(out, ids::VOID);
    let body = length.saturating_sub(2);
    match body < 127 {
        true => put_size(out, body as u64),
        // The length itself takes 8 bytes then.
        false => out.extend((body.saturating_sub(7) as u64 | 1 << 56).to_be_bytes()),
    }
    let rest = if body < 127 { body } else { body - 7 };
    out.resize(out.len() + rest, 0);
}

/// Name and length of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) id: u32,
    /// Bytes of its body; `None` where the writer did not know.
    pub(crate) size: Option<u64>,
    /// Bytes of name and length.
    pub(crate) bytes: usize,
}

impl Head {
    /// What `bytes` begin with; `None` where that is no element, or cut.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (id, id_bytes) = number(bytes, 4, true)?;
        let (size, size_bytes) = number(bytes.get(id_bytes..)?, 8, false)?;
        let is_unknown = size == (1 << (7 * size_bytes)) - 1;
        Some(Self {
            id: u32::try_from(id).ok()?,
            size: (!is_unknown).then_some(size),
            bytes: id_bytes + size_bytes,
        })
    }
}

/// A number whose first byte says how many there are, and their count.
fn number(bytes: &[u8], longest: usize, with_mark: bool) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let length = first.leading_zeros() as usize + 1;
    if length > longest {
        return None;
    }
    let start = if with_mark {
        u64::from(first)
    } else {
        u64::from(first) & ((1 << (8 - length)) - 1)
    };
    let rest = bytes.get(1..length)?;
    let value = rest
        .iter()
        .fold(start, |value, &byte| value << 8 | u64::from(byte));
    Some((value, length))
}

/// The elements in a body, by name; ends where it is cut or no element follows.
#[derive(Debug, Clone)]
pub(crate) struct Children<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Children<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let head = Head::parse(self.0)?;
        let size = usize::try_from(head.size?).ok()?;
        let end = head.bytes.checked_add(size)?;
        let body = self.0.get(head.bytes..end)?;
        self.0 = self.0.get(end..)?;
        Some((head.id, body))
    }
}

/// The first element of this name in a body.
pub(crate) fn child(body: &[u8], id: u32) -> Option<&[u8]> {
    Children(body)
        .find(|(found, _)| *found == id)
        .map(|(_, body)| body)
}

/// A whole number of up to 8 bytes.
pub(crate) fn uint(body: &[u8]) -> Option<u64> {
    (body.len() <= 8).then(|| {
        body.iter()
            .fold(0, |value, &byte| value << 8 | u64::from(byte))
    })
}

/// The elements of a body that begins with their checksum; `None` where it is missing or wrong.
pub(crate) fn checked(body: &[u8]) -> Option<&[u8]> {
    let mut children = Children(body);
    let (id, checksum) = children.next()?;
    let is_right = id == ids::CRC_32 && checksum == crc32fast::hash(children.0).to_le_bytes();
    is_right.then_some(children.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_as_many_bytes_as_they_need() {
        for (size, bytes) in [
            (0, 1),
            (126, 1),
            (127, 2),
            (16_382, 2),
            (16_383, 3),
            (1 << 40, 6),
        ] {
            let mut out = Vec::new();
            put_id(&mut out, ids::VOID);
            put_size(&mut out, size);
            assert_eq!(out.len(), 1 + bytes, "{size}");
            let head = Head::parse(&out).expect("is an element");
            assert_eq!(
                (head.id, head.size, head.bytes),
                (ids::VOID, Some(size), out.len())
            );
        }
        let mut out = Vec::new();
        open_element(&mut out, ids::SEGMENT, None);
        assert_eq!(Head::parse(&out).expect("is an element").size, None);
    }

    #[test]
    fn what_is_cut_is_no_element() {
        let mut out = Vec::new();
        put_uint(&mut out, ids::TRACK_UID, 77_000);
        put_float(&mut out, ids::DURATION, 0.5);
        for cut in 0..out.len() {
            assert!(Children(&out[..cut]).count() < 2, "{cut}");
        }
        assert_eq!(child(&out, ids::TRACK_UID).and_then(uint), Some(77_000));
        assert_eq!(Head::parse(&[0]), None);
        assert_eq!(Head::parse(&[]), None);
    }

    #[test]
    fn void_has_the_length_that_is_asked_for() {
        for length in [2, 3, 100, 128, 129, 400] {
            let mut out = Vec::new();
            put_void(&mut out, length);
            assert_eq!(out.len(), length);
            assert_eq!(Children(&out).count(), 1);
        }
    }

    #[test]
    fn a_checksum_is_of_all_that_follows() {
        let mut out = Vec::new();
        let mut body = Vec::new();
        put_uint(&mut body, ids::TRACK_NUMBER, 1);
        put_checked(&mut out, ids::TRACKS, &body);
        let inside = child(&out, ids::TRACKS).expect("is there");
        assert_eq!(checked(inside), Some(&body[..]));
        let mut changed = inside.to_vec();
        *changed.last_mut().expect("has bytes") ^= 1;
        assert_eq!(checked(&changed), None);
    }
}
