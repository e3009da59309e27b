//! The boxes of the ISO base media file format, and numbers in them.

/// One box: its type and its content.
#[derive(Debug, Clone, Copy)]
pub(super) struct Box<'a> {
    pub(super) kind: [u8; 4],
    pub(super) content: &'a [u8],
}

/// The boxes that follow each other in `bytes`; ends at the first that is cut.
pub(super) fn boxes(bytes: &[u8]) -> impl Iterator<Item = Box<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let mut fields = Fields(rest);
        let short = fields.number(4)?;
        let kind = *fields.take(4)?.first_chunk()?;
        let (length, header) = match short {
            0 => (rest.len(), 8),
            1 => (usize::try_from(fields.number(8)?).ok()?, 16),
            length => (usize::try_from(length).ok()?, 8),
        };
        let content = rest.get(header..length)?;
        rest = rest.get(length..)?;
        Some(Box { kind, content })
    })
}

/// The content of the first box of that type.
pub(super) fn find<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(bytes)
        .find(|each| each.kind == *kind)
        .map(|each| each.content)
}

/// Big-endian numbers one after another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next bytes.
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// The next number of so many bytes, at most 8; of none it is 0.
    pub(super) fn number(&mut self, bytes: usize) -> Option<u64> {
        let taken = self.take(bytes.min(8))?;
        Some(
            taken
                .iter()
                .fold(0, |number, &byte| number << 8 | u64::from(byte)),
        )
    }

    /// The version of a full box, whose flags are passed over.
    pub(super) fn version(&mut self) -> Option<u8> {
        self.take(4)?.first().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_follow_each_other_until_one_is_cut() {
        let bytes = b"\0\0\0\x0aabcd12\0\0\0\x01efgh\0\0\0\0\0\0\0\x113\0\0\0\xffijkl";
        let found: Vec<_> = boxes(bytes).map(|each| (each.kind, each.content)).collect();
        assert_eq!(
            found,
            [(*b"abcd", b"12".as_slice()), (*b"efgh", b"3".as_slice())]
        );
        assert_eq!(find(bytes, b"efgh"), Some(b"3".as_slice()));
    }
}
