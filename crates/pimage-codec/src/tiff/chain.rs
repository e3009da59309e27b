//! The chain of directories: where every page is, and which belong together.

use std::collections::{HashMap, HashSet};

use pimage_core::{Error, Limits};

use super::flaw::Flaw;
use super::ifd::{Header, Ifd, Source};
use super::tags::{self, photometric};

/// Where a page is, and of which kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageAt {
    /// Offset of its directory.
    pub offset: u64,
    /// Place in [`Chain::kinds`].
    pub kind: u32,
}

/// What pages of one sequence have in common, as far as their directories say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kind {
    /// Columns.
    pub width: u64,
    /// Rows.
    pub height: u64,
    /// Samples of a pixel.
    pub samples: u64,
    /// Bits of the first sample.
    pub bits: u64,
    /// Unsigned, signed or float, of the first sample.
    pub format: u64,
    /// What the samples mean; black and white, and the ways of saying colour, are not told apart.
    pub color: u64,
    /// A smaller version of another page, or a mask.
    pub is_aside: bool,
}

/// How a chain ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// As it should.
    Whole,
    /// With a link that leads nowhere.
    Broken(String),
}

/// All pages of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// In their order.
    pub pages: Vec<PageAt>,
    /// The kinds of pages, in the order in which they appear.
    pub kinds: Vec<Kind>,
    /// How it ends.
    pub end: End,
}

impl Chain {
    /// Follows the links; no page is looked at beyond its directory.
    ///
    /// # Errors
    ///
    /// When there is not one page; more pages than `limits` allow; whatever the source answers.
    pub fn walk(header: Header, source: &mut dyn Source, limits: &Limits) -> Result<Self, Flaw> {
        let mut chain = Self {
            pages: Vec::new(),
            kinds: Vec::new(),
            end: End::Whole,
        };
        let mut kinds = HashMap::new();
        let mut visited = Visited::default();
        let mut ifd = Ifd::default();
        let mut offset = header.first;
        let mut directory_bytes = 0u64;
        while offset != 0 {
            let number = chain.pages.len();
            limits.check_frames(number as u64 + 1)?;
            if !visited.is_new(offset, &chain.pages) {
                chain.end = End::Broken(format!(
                    "the link to page {number} leads back to byte {offset}, where a page was before"
                ));
                break;
            }
            match ifd.refill(header, source, offset) {
                Ok(()) => {}
                Err(Flaw::Fatal(error)) => return Err(Flaw::Fatal(error)),
                Err(flaw) if number == 0 => return Err(flaw),
                Err(flaw) => {
                    chain.end = End::Broken(broken(&flaw, number, offset));
                    break;
                }
            }
            // Overlapping directories would be looked at again and again.
            directory_bytes = directory_bytes.saturating_add(ifd.stored_bytes(header));
            if directory_bytes > source.length() {
                chain.end = End::Broken(format!(
                    "the directories up to that of page {number} have more bytes than the file"
                ));
                break;
            }
            let kind = Kind::of(&ifd, header, source);
            let place = kinds.len() as u32;
            let place = *kinds.entry(kind).or_insert_with(|| {
                chain.kinds.push(kind);
                place
            });
            chain.pages.push(PageAt {
                offset,
                kind: place,
            });
            offset = match ifd.next {
                Some(next) => next,
                None => {
                    let reason = format!("the file ends before the link behind page {number}");
                    chain.end = End::Broken(reason);
                    break;
                }
            };
        }
        Ok(chain)
    }

    /// The pages of the kind that the sequence is of: that of the first page that is no smaller version of another.
    #[must_use]
    pub fn main_kind(&self) -> u32 {
        let place = self.kinds.iter().position(|kind| !kind.is_aside);
        place
            .and_then(|place| u32::try_from(place).ok())
            .unwrap_or(0)
    }
}

fn broken(flaw: &Flaw, number: usize, offset: u64) -> String {
    match flaw {
        Flaw::Cut { expected, found } => format!(
            "the directory of page {number} should be at byte {offset}, where {found} of {expected} bytes are left"
        ),
        Flaw::Damaged(reason) | Flaw::Unsupported(reason) => format!("page {number}: {reason}"),
        Flaw::Fatal(error) => Error::to_string(error),
    }
}

/// Offsets that a chain has passed, without a set as long as they grow.
#[derive(Default)]
struct Visited {
    greatest: u64,
    all: Option<HashSet<u64>>,
}

impl Visited {
    fn is_new(&mut self, offset: u64, before: &[PageAt]) -> bool {
        if let Some(all) = &mut self.all {
            return all.insert(offset);
        }
        if offset > self.greatest {
            self.greatest = offset;
            return true;
        }
        let mut all: HashSet<u64> = before.iter().map(|page| page.offset).collect();
        let is_new = all.insert(offset);
        self.all = Some(all);
        is_new
    }
}

impl Kind {
    fn of(ifd: &Ifd, header: Header, source: &mut dyn Source) -> Self {
        let mut first = |tag: u16| {
            let value = ifd.integer(tag, header, source);
            value.ok().flatten().unwrap_or(u64::MAX)
        };
        let bits = match ifd.get(tags::BITS_PER_SAMPLE) {
            // Two may be an offset in old LSM files.
            Some(entry) if entry.count == 2 => u64::MAX,
            Some(_) => first(tags::BITS_PER_SAMPLE),
            None => 1,
        };
        let format = match ifd.get(tags::SAMPLE_FORMAT) {
            Some(_) => first(tags::SAMPLE_FORMAT),
            None => 1,
        };
        let value = |tag: u16, missing: u64| match ifd.get(tag) {
            Some(entry) => entry.inline_integer(header).unwrap_or(u64::MAX),
            None => missing,
        };
        let color = value(tags::PHOTOMETRIC, 1);
        let ycbcr = u64::from(photometric::YCBCR);
        let is_aside = value(tags::NEW_SUBFILE_TYPE, 0) & 0b101 != 0
            || value(tags::SUBFILE_TYPE, 0) == 2
            || color == u64::from(photometric::MASK);
        Self {
            width: value(tags::IMAGE_WIDTH, 0),
            height: value(tags::IMAGE_LENGTH, 0),
            samples: value(tags::SAMPLES_PER_PIXEL, 1),
            bits,
            format: if format == 4 { 1 } else { format },
            color: match color {
                0 => 1,
                color if color == ycbcr => u64::from(photometric::RGB),
                color => color,
            },
            is_aside,
        }
    }

    /// `512x512` and what else tells this kind from others.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut text = format!("{}x{}", self.width, self.height);
        if self.samples != 1 {
            text.push_str(&format!(", {} samples", self.samples));
        }
        if self.bits != u64::MAX {
            text.push_str(&format!(", {} bit", self.bits));
        }
        if self.is_aside {
            text.push_str(", reduced");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages at these offsets, each of one tag (its width), linked in this order and then to `last`.
    fn linked(offsets: &[u32], widths: &[u16], last: u32) -> Vec<u8> {
        let mut bytes = vec![0; 200];
        let mut put = |at: u32, value: &[u8]| {
            bytes[at as usize..at as usize + value.len()].copy_from_slice(value);
        };
        put(0, b"II*\0");
        put(4, &offsets[0].to_le_bytes());
        for (place, (&at, width)) in offsets.iter().zip(widths).enumerate() {
            put(at, &[1, 0, 0, 1, 3, 0, 1, 0, 0, 0]);
            put(at + 10, &width.to_le_bytes());
            let next = offsets.get(place + 1).copied().unwrap_or(last);
            put(at + 14, &next.to_le_bytes());
        }
        bytes
    }

    fn walk(bytes: &[u8]) -> Chain {
        let header = Header::parse(bytes).expect("is a header");
        Chain::walk(header, &mut &*bytes, &Limits::default()).expect("has a page")
    }

    #[test]
    fn pages_of_a_kind_are_told() {
        let chain = walk(&linked(&[8, 60, 40, 100], &[5, 7, 5, 5], 0));
        let kinds: Vec<_> = chain.pages.iter().map(|page| page.kind).collect();
        assert_eq!(kinds, [0, 1, 0, 0]);
        assert_eq!(chain.end, End::Whole);
        assert_eq!(chain.kinds[1].width, 7);
    }

    #[test]
    fn cycles_and_loose_ends_are_told() {
        for (last, reason) in [
            (60, "leads back to byte 60"),
            (8, "leads back to byte 8"),
            (5000, "page 3 should be at byte 5000, where 0 of 2 bytes"),
            (199, "1 of 2 bytes"),
            (190, "claims 0 tags"),
        ] {
            let chain = walk(&linked(&[8, 60, 40], &[5, 5, 5], last));
            assert_eq!(chain.pages.len(), 3);
            let End::Broken(text) = &chain.end else {
                panic!("{last} is no end");
            };
            assert!(text.contains(reason), "{text}");
        }
    }

    #[test]
    fn directories_that_overlap_end() {
        let mut long = vec![0; 4096];
        long[..8].copy_from_slice(b"II*\0\x08\0\0\0");
        for page in 0..40usize {
            let at = 8 + page * 4;
            let (tags, link) = (100 + page, at + 2 + 12 * (100 + page));
            long[at..at + 2].copy_from_slice(&(tags as u16).to_le_bytes());
            long[link..link + 4].copy_from_slice(&(at as u32 + 4).to_le_bytes());
        }
        let chain = walk(&long);
        assert_eq!(chain.pages.len(), 3);
        let End::Broken(text) = &chain.end else {
            panic!("has no end");
        };
        assert!(text.contains("more bytes than the file"), "{text}");
    }

    #[test]
    fn a_page_whose_link_is_cut_is_a_page() {
        let mut bytes = linked(&[8, 60], &[5, 5], 0);
        bytes.truncate(60 + 14);
        let chain = walk(&bytes);
        assert_eq!(chain.pages.len(), 2);
        assert!(matches!(chain.end, End::Broken(_)));
    }
}
