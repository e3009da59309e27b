//! A chain of pages in a file that can be read after every page.

use pimage_codec::tiff::encode::{Compression, Directory, Layout, PageTags};
use pimage_core::{Error, FrameFormat};

use crate::target::Output;

/// A classic file is made a big one before it is longer than this: 32 MiB below what 32-bit offsets reach.
const CLASSIC_END: u64 = (1 << 32) - (32 << 20);

/// Pixels of pages begin at multiples of this, so that every sample type can be used where it lies in a memory map.
const ALIGNMENT: u64 = 16;

/// Pages of fewer bytes go to the file together with their directory.
const SMALL_BYTES: usize = 64 << 10;

/// Bytes of directories that are written at once when a file outgrows the classic layout.
const BATCH_BYTES: usize = 1 << 20;

/// A chain of pages in a file.
///
/// A page's pixels and directory are written before the offset that leads to them: the file can be read at any moment up to its last page.
#[derive(Debug)]
pub(super) struct Stack {
    output: Output,
    layout: Layout,
    /// Where the next bytes go.
    end: u64,
    /// Where the offset of the next directory belongs.
    link: u64,
    /// The first directory, and where it is.
    first: Option<(Directory, u64)>,
    pages: u64,
    classic_end: u64,
    buffer: Vec<u8>,
}

impl Stack {
    /// Nothing is created yet.
    pub(super) fn new(output: Output, layout: Layout) -> Self {
        Self {
            output,
            layout,
            end: 0,
            link: 0,
            first: None,
            pages: 0,
            classic_end: CLASSIC_END,
            buffer: Vec::new(),
        }
    }

    /// Whether its offsets have 64 bits.
    pub(super) const fn is_big(&self) -> bool {
        matches!(self.layout, Layout::Big)
    }

    /// Whether a classic file is too small for so many bytes.
    pub(super) const fn is_too_long_for_classic(bytes: u64) -> bool {
        bytes > CLASSIC_END
    }

    /// Pages that are in the file.
    pub(super) const fn pages(&self) -> u64 {
        self.pages
    }

    /// Adds a page whose strips are in `pixels`, one after another.
    pub(super) fn append(
        &mut self,
        format: &FrameFormat,
        compression: Compression,
        pixels: &[u8],
        lengths: &[u64],
        tags: &PageTags,
    ) -> Result<(), Error> {
        if self.end == 0 {
            let header = self.layout.header();
            self.output.write_at(0, &header)?;
            self.end = header.len() as u64;
            self.link = self.layout.first_link();
        }
        let page_at = |start: u64| Directory::of_page(format, compression, start, lengths, tags);
        // The directory stands before its pixels: where the second one stands behind those of all pages,
        // some readers of ImageJ's dialect take the pages for one block of pixels.
        let place = |layout: Layout, end: u64| {
            let at = end.next_multiple_of(2);
            let behind = at + page_at(0).bytes(layout);
            (at, behind.next_multiple_of(ALIGNMENT))
        };
        let (mut at, mut start) = place(self.layout, self.end);
        if self.has_to_grow(start + pixels.len() as u64) {
            self.grow()?;
            (at, start) = place(self.layout, self.end);
        }
        let directory = page_at(start);
        let placed = directory.place(self.layout, at);
        // Everything from the end of the last page on, so that the file has no hole.
        let room = |until: u64| usize::try_from(until - self.end).unwrap_or(usize::MAX);
        self.buffer.clear();
        self.buffer.resize(room(at), 0);
        self.buffer.extend(&placed.bytes);
        self.buffer.resize(room(start), 0);
        if pixels.len() < SMALL_BYTES {
            self.buffer.extend(pixels);
        } else {
            self.output.write_at(start, pixels)?;
        }
        self.output.write_at(self.end, &self.buffer)?;
        self.output.write_at(self.link, &self.layout.link(at))?;
        self.link = placed.next_link;
        self.end = start + pixels.len() as u64;
        self.first.get_or_insert((directory, at));
        self.pages += 1;
        Ok(())
    }

    /// Gives the first page, which must have a description, another one.
    pub(super) fn describe(&mut self, text: &str) -> Result<(), Error> {
        // The text ends with a zero byte.
        let end = |start: u64| start.next_multiple_of(2) + text.len() as u64 + 1;
        if self.has_to_grow(end(self.end)) {
            self.grow()?;
        }
        let at = self.end.next_multiple_of(2);
        let Some((first, first_at)) = &self.first else {
            return Ok(());
        };
        let Some(link_at) = first.description_link(self.layout, *first_at) else {
            return Ok(());
        };
        let (link, text) = Directory::description(self.layout, text, at);
        self.output.write_at(at, &text)?;
        self.output.write_at(link_at, &link)?;
        self.end = at + text.len() as u64;
        Ok(())
    }

    /// Gives the file its name; its length in bytes.
    pub(super) fn commit(self) -> Result<u64, Error> {
        self.output.commit()
    }

    fn has_to_grow(&self, end: u64) -> bool {
        self.layout == Layout::Classic && end > self.classic_end
    }

    /// Makes a classic file a big one: its directories are written again, wider, behind what there is, and then the header.
    ///
    /// Pixels stay where they are. Until the header changes, the file is the classic one that it was.
    fn grow(&mut self) -> Result<(), Error> {
        let mut at = self.end.next_multiple_of(8);
        let mut from = self.first.as_ref().map_or(0, |(_, at)| *at);
        let first_at = at;
        let mut first = None;
        let mut link = Layout::Big.first_link();
        let mut batch_at = at;
        let mut batch: Vec<u8> = Vec::new();
        while from != 0 {
            let (directory, next) = self.read_classic(from)?;
            let mut placed = directory.place(Layout::Big, at);
            link = placed.next_link;
            placed
                .bytes
                .resize(placed.bytes.len().next_multiple_of(8), 0);
            let next_at = at + placed.bytes.len() as u64;
            if next != 0 {
                let place = usize::try_from(link - at).unwrap_or(usize::MAX);
                let targets = placed.bytes.iter_mut().skip(place);
                for (target, byte) in targets.zip(Layout::Big.link(next_at)) {
                    *target = byte;
                }
            }
            first.get_or_insert((directory, at));
            batch.extend(&placed.bytes);
            (at, from) = (next_at, next);
            if batch.len() >= BATCH_BYTES {
                self.output.write_at(batch_at, &batch)?;
                batch.clear();
                batch_at = at;
            }
        }
        self.output.write_at(batch_at, &batch)?;
        let mut header = Layout::Big.header();
        if first.is_some() {
            let place = Layout::Big.first_link() as usize;
            let targets = header.iter_mut().skip(place);
            for (target, byte) in targets.zip(Layout::Big.link(first_at)) {
                *target = byte;
            }
        }
        self.output.write_at(0, &header)?;
        self.layout = Layout::Big;
        self.first = first;
        self.link = link;
        self.end = at;
        Ok(())
    }

    /// The classic directory at an offset, as it was written, and the offset of the next.
    fn read_classic(&mut self, at: u64) -> Result<(Directory, u64), Error> {
        let mut count = [0; 2];
        self.output.read_at(at, &mut count)?;
        let bytes = Directory::classic_table_bytes(u16::from_le_bytes(count));
        let mut table = vec![0; bytes];
        self.output.read_at(at, &mut table)?;
        let output = &mut self.output;
        let read = |offset, bytes: &mut [u8]| output.read_at(offset, bytes);
        Directory::from_classic(&table, read)?.ok_or_else(|| Error::Internal {
            part: "the TIFF writer".to_owned(),
            reason: format!("its own directory at {at} does not read"),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use pimage_codec::tiff::encode::{StripEncoder, Strips};
    use pimage_core::{Color, Frame, SampleType};
    use pimage_testkit::counter_frames;

    use super::*;
    use crate::WriteOptions;

    /// A number of `N` bytes at an offset.
    fn number<const N: usize>(file: &[u8], at: u64) -> u64 {
        let mut bytes = [0; 8];
        bytes[..N].copy_from_slice(&file[at as usize..at as usize + N]);
        u64::from_le_bytes(bytes)
    }

    /// The pixels of each unpacked page with one strip, found by nothing but the specification.
    fn pages(file: &[u8]) -> Vec<Vec<u8>> {
        let is_big = match &file[..4] {
            b"II*\0" => false,
            b"II+\0" => true,
            other => panic!("the file begins with {other:?}"),
        };
        let word = |at| {
            if is_big {
                number::<8>(file, at)
            } else {
                number::<4>(file, at)
            }
        };
        let (count_bytes, entry_bytes, value_place) = if is_big { (8, 20, 12) } else { (2, 12, 8) };
        let mut pages = Vec::new();
        let mut seen = BTreeSet::new();
        let mut at = word(if is_big { 8 } else { 4 });
        while at != 0 {
            assert!(seen.insert(at), "the chain has no end");
            let count = if is_big {
                number::<8>(file, at)
            } else {
                number::<2>(file, at)
            };
            let (mut offset, mut length) = (0, 0);
            for place in 0..count {
                let entry = at + count_bytes + place * entry_bytes;
                match number::<2>(file, entry) {
                    273 => offset = number::<4>(file, entry + value_place),
                    279 => length = number::<4>(file, entry + value_place),
                    _ => {}
                }
            }
            pages.push(file[offset as usize..(offset + length) as usize].to_vec());
            at = word(at + count_bytes + count * entry_bytes);
        }
        pages
    }

    fn described() -> PageTags {
        PageTags {
            description: Some("not finished".to_owned()),
            ..PageTags::default()
        }
    }

    fn write(path: &Path, frames: &[Frame], classic_end: u64) -> Stack {
        let output = Output::new(path, &WriteOptions::default());
        let mut stack = Stack::new(output, Layout::Classic);
        stack.classic_end = classic_end;
        let mut tags = described();
        for frame in frames {
            let bytes = frame.bytes();
            stack
                .append(
                    frame.format(),
                    Compression::None,
                    bytes,
                    &[bytes.len() as u64],
                    &tags,
                )
                .expect("appends");
            tags = PageTags::default();
        }
        stack
    }

    #[test]
    fn a_file_that_outgrows_the_classic_layout_becomes_a_big_one() {
        let folder = tempfile::tempdir().expect("a folder");
        for (width, height) in [(9, 7), (300, 400)] {
            let format = FrameFormat::new(width, height, Color::Rgb, SampleType::U8);
            let frames = counter_frames(format, 12);
            let expected: Vec<_> = frames.iter().map(|frame| frame.bytes().to_vec()).collect();
            let frame_bytes = expected[0].len() as u64;
            let path = folder.path().join(format!("{width}.tif"));
            let mut stack = write(&path, &frames, CLASSIC_END);
            stack.describe("the text").expect("describes");
            let whole = stack.commit().expect("commits");
            // Some limits are met by a page, one by the description at the end, and the last by nothing.
            let limits = (0..12).map(|pages| 16 + pages * (frame_bytes + 250));
            for classic_end in limits.chain([whole - 1, whole]) {
                let path = folder.path().join(format!("{width}-{classic_end}.tif"));
                let mut stack = write(&path, &frames, classic_end);
                stack.describe("the text").expect("describes");
                let is_big = stack.layout == Layout::Big;
                assert_eq!(is_big, whole > classic_end, "{classic_end}");
                let length = stack.commit().expect("commits");
                let file = std::fs::read(&path).expect("reads");
                assert_eq!(file.len() as u64, length);
                assert_eq!(pages(&file), expected, "{classic_end}");
                assert!(is_big || length <= classic_end);
                assert!(file.ends_with(b"the text\0"));
            }
        }
    }

    #[test]
    fn large_strips_are_written_where_the_directory_says() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.tif");
        let format = FrameFormat::new(5, 3, Color::Gray, SampleType::U8);
        let frames = counter_frames(format, 2);
        let mut stack = Stack::new(Output::new(&path, &WriteOptions::default()), Layout::Big);
        let mut strips = Strips::default();
        let mut encoder = StripEncoder::new(Compression::PackBits).expect("starts");
        for frame in &frames {
            encoder.encode(frame, &mut strips).expect("packs");
            stack
                .append(
                    &format,
                    Compression::PackBits,
                    &strips.bytes,
                    &strips.lengths,
                    &PageTags::default(),
                )
                .expect("appends");
        }
        stack.commit().expect("commits");
        let file = std::fs::read(&path).expect("reads");
        // 15 bytes without runs pack to one longer in each of three rows.
        assert_eq!(pages(&file).len(), 2);
        assert_eq!(pages(&file)[1], strips.bytes);
    }
}
