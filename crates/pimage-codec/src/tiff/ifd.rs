//! Directories: a page's tags, read from bytes of which nothing is believed.

use pimage_core::Error;

use super::flaw::Flaw;
use crate::samples::ByteOrder;

/// Most tags of a directory; usual ones have fewer than a hundred.
const MOST_TAGS: u64 = 4_096;

/// Bytes at offsets, which may be a file of any length.
pub trait Source {
    /// Bytes that there are.
    fn length(&self) -> u64;

    /// The bytes `offset..offset + length`, fewer when the end comes before.
    ///
    /// # Errors
    ///
    /// Whatever the operating system answers.
    fn slice(&mut self, offset: u64, length: usize) -> Result<&[u8], Error>;
}

impl Source for &[u8] {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn slice(&mut self, offset: u64, length: usize) -> Result<&[u8], Error> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = self.get(start..).unwrap_or_default();
        Ok(rest.get(..length).unwrap_or(rest))
    }
}

/// Exactly the bytes `offset..offset + length`.
pub(crate) fn whole(source: &mut dyn Source, offset: u64, length: u64) -> Result<&[u8], Flaw> {
    let found = source.length().saturating_sub(offset).min(length);
    if found < length {
        let expected = length;
        return Err(Flaw::Cut { expected, found });
    }
    let wanted = usize::try_from(length)
        .map_err(|_too_long| Flaw::damaged(format!("{length} bytes are too many to address")))?;
    let bytes = source.slice(offset, wanted)?;
    if bytes.len() < wanted {
        return Err(Flaw::Cut {
            expected: length,
            found: bytes.len() as u64,
        });
    }
    Ok(bytes)
}

/// The first bytes of a file: byte order, layout, and where the first directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Of every number in the file.
    pub order: ByteOrder,
    /// Whether offsets have 64 bits.
    pub is_big: bool,
    /// Offset of the first directory.
    pub first: u64,
}

impl Header {
    /// Bytes that a header has at most.
    pub const BYTES: usize = 16;

    /// Reads a header.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] with an empty path.
    pub fn parse(head: &[u8]) -> Result<Self, Error> {
        let malformed = |reason: &str| Error::malformed("TIFF", "", reason);
        let order = match head.first_chunk() {
            Some(b"II") => ByteOrder::Little,
            Some(b"MM") => ByteOrder::Big,
            _ => return Err(malformed("it begins with neither `II` nor `MM`")),
        };
        let mut header = Self {
            order,
            is_big: false,
            first: 0,
        };
        let cut = || malformed("its header is cut");
        let number = |at: usize, size: usize| {
            let bytes = head.get(at..)?.get(..size)?;
            Some(order.integer(bytes))
        };
        match number(2, 2).ok_or_else(cut)? {
            42 => header.first = number(4, 4).ok_or_else(cut)?,
            43 => {
                header.is_big = true;
                if number(4, 2).ok_or_else(cut)? != 8 {
                    return Err(malformed("its offsets do not have 8 bytes"));
                }
                header.first = number(8, 8).ok_or_else(cut)?;
            }
            other => {
                let reason = format!("its version is {other}: expected 42 or 43");
                return Err(malformed(&reason));
            }
        }
        if header.first == 0 {
            return Err(malformed("it has no page: its writer was stopped early"));
        }
        Ok(header)
    }

    /// Bytes of an offset, which is also the room for a value inside an entry.
    const fn word(self) -> usize {
        if self.is_big { 8 } else { 4 }
    }

    const fn count_bytes(self) -> usize {
        if self.is_big { 8 } else { 2 }
    }

    const fn entry_bytes(self) -> usize {
        4 + 2 * self.word()
    }
}

impl ByteOrder {
    /// The unsigned number of up to 8 bytes.
    pub(crate) fn integer(self, bytes: &[u8]) -> u64 {
        let join = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        match self {
            Self::Big => bytes.iter().fold(0, join),
            Self::Little => bytes.iter().rev().fold(0, join),
        }
    }
}

/// One tag of a directory: its value, or where that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Which tag.
    pub tag: u16,
    /// The type of its values.
    pub kind: u16,
    /// How many values.
    pub count: u64,
    /// The values when they fit, else their offset; as in the file.
    field: [u8; 8],
}

/// Size of a value of this type; `None` when there is no such type.
const fn value_bytes(kind: u16) -> Option<u64> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 | 16 | 17 | 18 => Some(8),
        _ => None,
    }
}

impl Entry {
    /// The first value when it is an integer inside the entry.
    #[must_use]
    pub fn inline_integer(&self, header: Header) -> Option<u64> {
        let size = value_bytes(self.kind)?;
        let is_inside = self.count > 0 && self.count.checked_mul(size)? <= header.word() as u64;
        if !is_inside || !matches!(self.kind, 1 | 3 | 4 | 7 | 13 | 16 | 18) {
            return None;
        }
        let bytes = self.field.get(..usize::try_from(size).ok()?)?;
        Some(header.order.integer(bytes))
    }

    /// Where the values are, when they are not inside the entry.
    #[must_use]
    pub fn offset(&self, header: Header) -> u64 {
        let field = self.field.get(..header.word()).unwrap_or_default();
        header.order.integer(field)
    }

    /// The bytes of all values, as in the file.
    ///
    /// # Errors
    ///
    /// A flaw when the type is unknown or the file ends before them.
    pub fn bytes<'s>(
        &'s self,
        header: Header,
        source: &'s mut dyn Source,
    ) -> Result<&'s [u8], Flaw> {
        self.front(header, source, u64::MAX)
    }

    /// The bytes of the first values, at most `most` of them.
    fn front<'s>(
        &'s self,
        header: Header,
        source: &'s mut dyn Source,
        most: u64,
    ) -> Result<&'s [u8], Flaw> {
        let value = value_bytes(self.kind);
        let all = value.and_then(|value| value.checked_mul(self.count));
        let (Some(value), Some(all)) = (value, all) else {
            let (tag, kind, count) = (self.tag, self.kind, self.count);
            return Err(Flaw::damaged(format!(
                "tag {tag} has {count} values of type {kind}"
            )));
        };
        let wanted = all.min(value.saturating_mul(most));
        if all <= header.word() as u64 {
            let wanted = usize::try_from(wanted).unwrap_or(0);
            return Ok(self.field.get(..wanted).unwrap_or_default());
        }
        whole(source, self.offset(header), wanted)
    }

    /// The first values as unsigned integers, at most `most` of them, appended to `values`.
    ///
    /// # Errors
    ///
    /// As [`Entry::bytes`], for values that are no unsigned integers, and when there is no memory for them.
    pub fn integers(
        &self,
        header: Header,
        source: &mut dyn Source,
        most: u64,
        values: &mut Vec<u64>,
    ) -> Result<(), Flaw> {
        let size = match self.kind {
            1 | 7 => 1,
            3 => 2,
            4 | 13 => 4,
            16 | 18 => 8,
            kind => {
                let tag = self.tag;
                return Err(Flaw::damaged(format!(
                    "tag {tag} is of type {kind}: expected whole numbers"
                )));
            }
        };
        let bytes = self.front(header, source, most)?;
        let order = header.order;
        let count = bytes.len() / size;
        values.try_reserve(count).map_err(|_no_memory| {
            let tag = self.tag;
            Flaw::damaged(format!(
                "there is no memory for {count} values of tag {tag}"
            ))
        })?;
        values.extend(bytes.chunks_exact(size).map(|value| order.integer(value)));
        Ok(())
    }

    /// The first values as numbers of any kind, at most `most` of them: rationals, floats, integers.
    ///
    /// # Errors
    ///
    /// As [`Entry::bytes`].
    pub fn numbers(
        &self,
        header: Header,
        source: &mut dyn Source,
        most: u64,
    ) -> Result<Vec<f64>, Flaw> {
        let size = value_bytes(self.kind).and_then(|size| usize::try_from(size).ok());
        let bytes = self.front(header, source, most)?;
        let (kind, order) = (self.kind, header.order);
        let values = bytes.chunks_exact(size.unwrap_or(1));
        Ok(values.map(|value| number(kind, order, value)).collect())
    }

    /// The text, as far as it goes and no longer than `most` bytes.
    ///
    /// # Errors
    ///
    /// As [`Entry::bytes`].
    pub fn text(
        &self,
        header: Header,
        source: &mut dyn Source,
        most: u64,
    ) -> Result<Option<String>, Flaw> {
        if self.count > most || !matches!(self.kind, 1 | 2 | 7) {
            return Ok(None);
        }
        let bytes = self.bytes(header, source)?;
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        Ok(Some(String::from_utf8_lossy(text).trim_end().to_owned()))
    }
}

fn number(kind: u16, order: ByteOrder, value: &[u8]) -> f64 {
    let integer = order.integer(value);
    let signed = |bits: u32| (integer << (64 - bits)).cast_signed() >> (64 - bits);
    let (upper, lower) = value.split_at(value.len() / 2);
    let (upper, lower) = (order.integer(upper), order.integer(lower));
    match kind {
        5 => upper as f64 / lower as f64,
        10 => f64::from((upper as u32).cast_signed()) / f64::from((lower as u32).cast_signed()),
        6 => signed(8) as f64,
        8 => signed(16) as f64,
        9 => signed(32) as f64,
        17 => signed(64) as f64,
        11 => f64::from(f32::from_bits(integer as u32)),
        12 => f64::from_bits(integer),
        _ => integer as f64,
    }
}

/// The tags of one page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ifd {
    /// In the order of the file.
    pub entries: Vec<Entry>,
    /// Where the next directory is, 0 for none; `None` when the file ends before it.
    pub next: Option<u64>,
}

impl Ifd {
    /// Reads the directory at `offset`.
    ///
    /// # Errors
    ///
    /// A flaw when it is empty or the file ends before its last tag.
    pub fn read(header: Header, source: &mut dyn Source, offset: u64) -> Result<Self, Flaw> {
        let mut ifd = Self::default();
        ifd.refill(header, source, offset)?;
        Ok(ifd)
    }

    /// The same, keeping the memory.
    ///
    /// # Errors
    ///
    /// As [`Ifd::read`].
    pub fn refill(
        &mut self,
        header: Header,
        source: &mut dyn Source,
        offset: u64,
    ) -> Result<(), Flaw> {
        self.entries.clear();
        let count_bytes = header.count_bytes();
        let count = whole(source, offset, count_bytes as u64)?;
        let count = header.order.integer(count);
        if count == 0 || count > MOST_TAGS {
            let reason = format!("the directory at byte {offset} claims {count} tags");
            return Err(Flaw::Damaged(reason));
        }
        let entry_bytes = header.entry_bytes();
        let tags = count.saturating_mul(entry_bytes as u64);
        let start = offset.saturating_add(count_bytes as u64);
        // One request for all of it, so that a source that reads does so once.
        let with_next = tags.saturating_add(header.word() as u64);
        let bytes = source.slice(start, usize::try_from(with_next).unwrap_or(usize::MAX))?;
        let Some((tags, next)) = usize::try_from(tags)
            .ok()
            .and_then(|tags| bytes.split_at_checked(tags))
        else {
            return Err(Flaw::Cut {
                expected: tags,
                found: bytes.len() as u64,
            });
        };
        let order = header.order;
        self.next = (next.len() == header.word()).then(|| order.integer(next));
        for bytes in tags.chunks_exact(entry_bytes) {
            let (tag, rest) = bytes.split_at(2);
            let (kind, rest) = rest.split_at(2);
            let (count, value) = rest.split_at(header.word());
            let mut field = [0; 8];
            for (target, byte) in field.iter_mut().zip(value) {
                *target = *byte;
            }
            self.entries.push(Entry {
                tag: order.integer(tag) as u16,
                kind: order.integer(kind) as u16,
                count: order.integer(count),
                field,
            });
        }
        Ok(())
    }

    /// Bytes that its number of tags and the tags have in the file.
    #[must_use]
    pub fn stored_bytes(&self, header: Header) -> u64 {
        (header.count_bytes() + header.entry_bytes() * self.entries.len()) as u64
    }

    /// The entry of a tag.
    #[must_use]
    pub fn get(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }

    /// The first value of a tag; `None` when it is not there or no integer.
    ///
    /// # Errors
    ///
    /// As [`Entry::bytes`].
    pub fn integer(
        &self,
        tag: u16,
        header: Header,
        source: &mut dyn Source,
    ) -> Result<Option<u64>, Flaw> {
        let Some(entry) = self.get(tag) else {
            return Ok(None);
        };
        if let Some(value) = entry.inline_integer(header) {
            return Ok(Some(value));
        }
        let mut values = Vec::new();
        entry.integers(header, source, 1, &mut values)?;
        Ok(values.first().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory with a short inside and longs outside.
    fn file() -> Vec<u8> {
        let mut bytes = b"II*\0\x08\0\0\0".to_vec();
        bytes.extend([2, 0]);
        bytes.extend([0, 1, 3, 0, 1, 0, 0, 0, 7, 0, 0, 0]);
        bytes.extend([0x11, 1, 4, 0, 2, 0, 0, 0, 38, 0, 0, 0]);
        bytes.extend([0, 0, 0, 0]);
        bytes.extend([1, 2, 0, 0, 3, 0, 0, 0]);
        bytes
    }

    #[test]
    fn values_are_found_inside_and_outside() {
        let bytes = file();
        let header = Header::parse(&bytes).expect("is a header");
        let mut source = bytes.as_slice();
        let ifd = Ifd::read(header, &mut source, header.first).expect("is whole");
        assert_eq!(ifd.next, Some(0));
        assert_eq!(ifd.integer(256, header, &mut source).ok(), Some(Some(7)));
        let mut values = Vec::new();
        let entry = ifd.get(273).expect("is there");
        entry
            .integers(header, &mut source, u64::MAX, &mut values)
            .expect("are whole");
        assert_eq!(values, [513, 3]);
        let claim = Entry {
            count: u64::from(u32::MAX),
            ..*entry
        };
        values.clear();
        let read = claim.integers(header, &mut source, 2, &mut values);
        assert!(
            read.is_ok() && values == [513, 3],
            "only what is wanted is read"
        );
        assert!(claim.integers(header, &mut source, 3, &mut values).is_err());
        assert_eq!(ifd.integer(999, header, &mut source).ok(), Some(None));
    }

    #[test]
    fn cut_files_are_flaws_and_not_panics() {
        let bytes = file();
        for length in 0..bytes.len() {
            let mut source = bytes.get(..length).expect("is shorter");
            let Ok(header) = Header::parse(source) else {
                continue;
            };
            let Ok(ifd) = Ifd::read(header, &mut source, header.first) else {
                continue;
            };
            let entry = ifd.get(273).expect("is there");
            let read = entry.integers(header, &mut source, u64::MAX, &mut Vec::new());
            assert!(read.is_err(), "{length}");
        }
    }

    #[test]
    fn headers_are_told_from_others() {
        let of = |bytes: &[u8]| Header::parse(bytes).map_err(|error| error.to_string());
        let big = of(b"MM\0+\0\x08\0\0\0\0\0\0\0\0\0\x10").expect("is big");
        assert!(big.is_big && big.first == 16 && big.order == ByteOrder::Big);
        for (bytes, reason) in [
            (&b"PK"[..], "neither `II` nor `MM`"),
            (b"II*\0", "its header is cut"),
            (b"II\x07\0\0\0\0\0", "its version is 7"),
            (b"II*\0\0\0\0\0", "it has no page"),
        ] {
            let error = of(bytes).expect_err(reason);
            assert!(error.contains(reason), "{error}");
        }
    }
}
