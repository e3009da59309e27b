//! The directory of a page: its tags, and where they stand in a file.

use pimage_core::{Color, FrameFormat};

use super::compression::Compression;
use super::strips::rows_per_strip;
use crate::tiff::tags;

/// The two layouts of a TIFF file; both little-endian here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// 32-bit offsets: up to 4 GiB.
    Classic,
    /// 64-bit offsets (`BigTIFF`).
    Big,
}

impl Layout {
    /// The header of a file, 16 bytes in both layouts (a classic one needs only 8), and no page yet.
    ///
    /// With the same length for both, a file that outgrows the classic layout can get the header of the other.
    #[must_use]
    pub const fn header(self) -> [u8; 16] {
        match self {
            Self::Classic => *b"II*\0\0\0\0\0\0\0\0\0\0\0\0\0",
            Self::Big => *b"II+\0\x08\0\0\0\0\0\0\0\0\0\0\0",
        }
    }

    /// Where in the header the offset of the first directory stands.
    #[must_use]
    pub const fn first_link(self) -> u64 {
        match self {
            Self::Classic => 4,
            Self::Big => 8,
        }
    }

    /// An offset as the file has it.
    #[must_use]
    pub fn link(self, offset: u64) -> Vec<u8> {
        let bytes = offset.to_le_bytes();
        bytes.iter().copied().take(self.word()).collect()
    }

    /// Bytes of an offset, which is also the room for a value inside an entry.
    const fn word(self) -> usize {
        match self {
            Self::Classic => 4,
            Self::Big => 8,
        }
    }

    /// Bytes of an entry.
    const fn entry(self) -> usize {
        4 + 2 * self.word()
    }

    /// Bytes of the number of entries.
    const fn count(self) -> usize {
        match self {
            Self::Classic => 2,
            Self::Big => 8,
        }
    }
}

/// The types of values that pimage writes, by their number in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ascii = 2,
    Short = 3,
    Long = 4,
    Rational = 5,
    Long8 = 16,
}

impl Kind {
    const ALL: [Self; 5] = [
        Self::Ascii,
        Self::Short,
        Self::Long,
        Self::Rational,
        Self::Long8,
    ];

    fn from_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u16 == code)
    }

    const fn bytes(self) -> u64 {
        match self {
            Self::Ascii => 1,
            Self::Short => 2,
            Self::Long => 4,
            Self::Rational | Self::Long8 => 8,
        }
    }
}

/// The value of an entry, or where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Here(Vec<u8>),
    At(u64),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    tag: u16,
    kind: Kind,
    count: u64,
    value: Value,
}

/// Pixels in a unit of length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolution {
    /// Across, as a fraction.
    pub x: (u32, u32),
    /// Down, as a fraction.
    pub y: (u32, u32),
    /// The value of the tag `ResolutionUnit`: 1 a unit that is told elsewhere, 3 centimetre.
    pub unit: u16,
}

/// What a page says besides its pixels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageTags {
    /// `ImageDescription`.
    pub description: Option<String>,
    /// `Software`.
    pub software: Option<String>,
    /// `DateTime`, as `YYYY:MM:DD HH:MM:SS`.
    pub date_time: Option<String>,
    /// The size of a pixel.
    pub resolution: Option<Resolution>,
}

/// The directory of one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    entries: Vec<Entry>,
}

/// A directory as bytes for one place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The directory, and behind it the values that do not fit in its entries.
    pub bytes: Vec<u8>,
    /// Where in the file the offset of the next directory belongs; 0 stands there.
    pub next_link: u64,
}

impl Directory {
    /// The directory of a page whose strips begin at `start` and follow one another.
    #[must_use]
    pub fn of_page(
        format: &FrameFormat,
        compression: Compression,
        start: u64,
        lengths: &[u64],
        page: &PageTags,
    ) -> Self {
        let mut this = Self {
            entries: Vec::new(),
        };
        let channels = format.color.channels();
        let each_channel = |value: u16| vec![value; channels];
        this.long(tags::IMAGE_WIDTH, format.width);
        this.long(tags::IMAGE_LENGTH, format.height);
        this.shorts(
            tags::BITS_PER_SAMPLE,
            &each_channel(u16::from(format.sample.bits())),
        );
        this.shorts(tags::COMPRESSION, &[compression.code()]);
        let photometric = match format.color {
            Color::Gray | Color::GrayAlpha => tags::photometric::MIN_IS_BLACK,
            _ => tags::photometric::RGB,
        };
        this.shorts(tags::PHOTOMETRIC, &[photometric]);
        if let Some(text) = &page.description {
            this.text(tags::IMAGE_DESCRIPTION, text);
        }
        let mut at = start;
        let offsets: Vec<u64> = lengths
            .iter()
            .map(|length| {
                let offset = at;
                at = at.saturating_add(*length);
                offset
            })
            .collect();
        this.longs(tags::STRIP_OFFSETS, &offsets);
        this.shorts(tags::SAMPLES_PER_PIXEL, &[channels as u16]);
        this.long(tags::ROWS_PER_STRIP, rows_per_strip(format, compression));
        this.longs(tags::STRIP_BYTE_COUNTS, lengths);
        if format.bit_depth < format.sample.bits() {
            this.depth(format.bit_depth, channels);
        }
        if let Some(resolution) = &page.resolution {
            this.rational(tags::X_RESOLUTION, resolution.x);
            this.rational(tags::Y_RESOLUTION, resolution.y);
            this.shorts(tags::RESOLUTION_UNIT, &[resolution.unit]);
        }
        this.shorts(tags::PLANAR_CONFIGURATION, &[1]);
        for (tag, text) in [
            (tags::SOFTWARE, &page.software),
            (tags::DATE_TIME, &page.date_time),
        ] {
            if let Some(text) = text {
                this.text(tag, text);
            }
        }
        let predictor = compression.predictor(format.sample);
        if predictor != 1 {
            this.shorts(tags::PREDICTOR, &[predictor]);
        }
        if matches!(format.color, Color::GrayAlpha | Color::Rgba) {
            // Opacity that the colours were not multiplied with.
            this.shorts(tags::EXTRA_SAMPLES, &[2]);
        }
        this.shorts(tags::SAMPLE_FORMAT, &each_channel(sample_format(format)));
        this.entries.sort_by_key(|entry| entry.tag);
        this
    }

    /// `MaxSampleValue`, or `SMaxSampleValue` where 16 bits do not hold it.
    fn depth(&mut self, bits: u8, channels: usize) {
        let largest = 1u32
            .checked_shl(u32::from(bits))
            .unwrap_or(0)
            .wrapping_sub(1);
        match u16::try_from(largest) {
            Ok(largest) => self.shorts(tags::MAX_SAMPLE_VALUE, &vec![largest; channels]),
            Err(_) => {
                let bytes = largest.to_le_bytes().repeat(channels);
                self.push(tags::S_MAX_SAMPLE_VALUE, Kind::Long, bytes);
            }
        }
    }

    fn push(&mut self, tag: u16, kind: Kind, bytes: Vec<u8>) {
        self.entries.push(Entry {
            tag,
            kind,
            count: bytes.len() as u64 / kind.bytes(),
            value: Value::Here(bytes),
        });
    }

    fn shorts(&mut self, tag: u16, values: &[u16]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.push(tag, Kind::Short, bytes.collect());
    }

    fn long(&mut self, tag: u16, value: u32) {
        self.push(tag, Kind::Long, value.to_le_bytes().to_vec());
    }

    /// Offsets or lengths, in 32 bits when they all fit.
    fn longs(&mut self, tag: u16, values: &[u64]) {
        let narrow: Result<Vec<u32>, _> = values.iter().map(|v| u32::try_from(*v)).collect();
        match narrow {
            Ok(narrow) => {
                let bytes = narrow.iter().flat_map(|value| value.to_le_bytes());
                self.push(tag, Kind::Long, bytes.collect());
            }
            Err(_) => {
                let bytes = values.iter().flat_map(|value| value.to_le_bytes());
                self.push(tag, Kind::Long8, bytes.collect());
            }
        }
    }

    fn rational(&mut self, tag: u16, (numerator, denominator): (u32, u32)) {
        let parts = [numerator.to_le_bytes(), denominator.to_le_bytes()];
        self.push(tag, Kind::Rational, parts.concat());
    }

    fn text(&mut self, tag: u16, text: &str) {
        self.push(tag, Kind::Ascii, ended(text));
    }

    /// Bytes of the directory and of the values behind it, whatever its place.
    #[must_use]
    pub fn bytes(&self, layout: Layout) -> u64 {
        self.place(layout, 0).bytes.len() as u64
    }

    /// The directory for offset `at`, an even one.
    #[must_use]
    pub fn place(&self, layout: Layout, at: u64) -> Placed {
        let count = self.entries.len();
        let mut bytes = (count as u64).to_le_bytes().to_vec();
        bytes.truncate(layout.count());
        let table_bytes = layout.count() + count * layout.entry() + layout.word();
        let mut behind: Vec<u8> = Vec::new();
        for entry in &self.entries {
            bytes.extend(entry.tag.to_le_bytes());
            bytes.extend((entry.kind as u16).to_le_bytes());
            bytes.extend(layout.link(entry.count));
            match &entry.value {
                Value::Here(value) if value.len() <= layout.word() => {
                    bytes.extend(value);
                    bytes.resize(bytes.len() + layout.word() - value.len(), 0);
                }
                Value::Here(value) => {
                    let offset = at + (table_bytes + behind.len()) as u64;
                    bytes.extend(layout.link(offset));
                    behind.extend(value);
                    // Values begin on even offsets.
                    behind.resize(behind.len().next_multiple_of(2), 0);
                }
                Value::At(offset) => bytes.extend(layout.link(*offset)),
            }
        }
        let next_link = at + bytes.len() as u64;
        bytes.extend(layout.link(0));
        bytes.extend(behind);
        Placed { bytes, next_link }
    }

    /// Where in a file the entry `ImageDescription` of the directory at `at` points to its text, if it has one.
    #[must_use]
    pub fn description_link(&self, layout: Layout, at: u64) -> Option<u64> {
        let mut tags = self.entries.iter().map(|entry| entry.tag);
        let place = tags.position(|tag| tag == tags::IMAGE_DESCRIPTION)?;
        // The count of the entry, which its offset follows.
        Some(at + (layout.count() + place * layout.entry() + 4) as u64)
    }

    /// What stands at [`Directory::description_link`] when the text is at `offset`, and the bytes of the text.
    #[must_use]
    pub fn description(layout: Layout, text: &str, offset: u64) -> (Vec<u8>, Vec<u8>) {
        let text = ended(text);
        let mut link = layout.link(text.len() as u64);
        link.extend(layout.link(offset));
        (link, text)
    }

    /// The length of the table of `count` entries of a classic directory, with the offset of the next one.
    #[must_use]
    pub const fn classic_table_bytes(count: u16) -> usize {
        let layout = Layout::Classic;
        layout.count() + count as usize * layout.entry() + layout.word()
    }

    /// A directory that [`Directory::place`] made for the classic layout, and the offset of the next one; `None` when it is not whole.
    ///
    /// `read` gives the bytes of values that the other layout has inside its entries.
    ///
    /// # Errors
    ///
    /// What `read` answers.
    pub fn from_classic<E>(
        table: &[u8],
        mut read: impl FnMut(u64, &mut [u8]) -> Result<(), E>,
    ) -> Result<Option<(Self, u64)>, E> {
        let layout = Layout::Classic;
        let Some((entries, next)) = table
            .get(layout.count()..)
            .and_then(|rest| rest.split_last_chunk::<4>())
        else {
            return Ok(None);
        };
        let mut this = Self {
            entries: Vec::new(),
        };
        for entry in entries.as_chunks::<12>().0 {
            let [t0, t1, k0, k1, c0, c1, c2, c3, value @ ..] = *entry;
            let Some(kind) = Kind::from_code(u16::from_le_bytes([k0, k1])) else {
                return Ok(None);
            };
            let count = u64::from(u32::from_le_bytes([c0, c1, c2, c3]));
            let offset = u64::from(u32::from_le_bytes(value));
            let bytes = kind.bytes() * count;
            let value = match bytes {
                0..=4 => Value::Here(value.iter().copied().take(bytes as usize).collect()),
                5..=8 => {
                    let mut inside = vec![0; bytes as usize];
                    read(offset, &mut inside)?;
                    Value::Here(inside)
                }
                _ => Value::At(offset),
            };
            this.entries.push(Entry {
                tag: u16::from_le_bytes([t0, t1]),
                kind,
                count,
                value,
            });
        }
        Ok(Some((this, u64::from(u32::from_le_bytes(*next)))))
    }
}

/// The text with the zero byte that ends it; one inside it would end it early.
fn ended(text: &str) -> Vec<u8> {
    text.bytes().filter(|byte| *byte != 0).chain([0]).collect()
}

/// The value of the tag `SampleFormat`: 1 unsigned, 2 signed, 3 floating point.
const fn sample_format(format: &FrameFormat) -> u16 {
    use pimage_core::SampleType::{F32, F64, I16, I32};
    match format.sample {
        I16 | I32 => 2,
        F32 | F64 => 3,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::SampleType;

    use super::*;

    fn directory() -> Directory {
        let format = FrameFormat::new(7, 5, Color::Rgb, SampleType::U16).with_bit_depth(12);
        let tags = PageTags {
            description: Some("a stack".to_owned()),
            resolution: Some(Resolution {
                x: (1, 3),
                y: (2, 3),
                unit: 1,
            }),
            ..PageTags::default()
        };
        Directory::of_page(&format, Compression::None, 16, &[210], &tags)
    }

    #[test]
    fn entries_are_sorted_and_the_link_follows_them() {
        let placed = directory().place(Layout::Classic, 226);
        let count = u16::from_le_bytes([placed.bytes[0], placed.bytes[1]]);
        let tags: Vec<u16> = placed.bytes[2..]
            .chunks(12)
            .take(usize::from(count))
            .map(|entry| u16::from_le_bytes([entry[0], entry[1]]))
            .collect();
        assert!(tags.is_sorted(), "{tags:?}");
        assert!(tags.contains(&tags::MAX_SAMPLE_VALUE), "the depth is told");
        assert_eq!(
            placed.next_link,
            226 + Directory::classic_table_bytes(count) as u64 - 4
        );
    }

    #[test]
    fn a_classic_directory_becomes_the_same_big_one() {
        let directory = directory();
        let placed = directory.place(Layout::Classic, 226);
        let count = u16::from_le_bytes([placed.bytes[0], placed.bytes[1]]);
        let table = &placed.bytes[..Directory::classic_table_bytes(count)];
        let read = |offset: u64, target: &mut [u8]| {
            let from = (offset - 226) as usize;
            target.copy_from_slice(&placed.bytes[from..from + target.len()]);
            Ok::<_, ()>(())
        };
        let (wide, next) = Directory::from_classic(table, read)
            .expect("reads")
            .expect("is whole");
        assert_eq!(next, 0);
        for (found, expected) in wide.entries.iter().zip(&directory.entries) {
            assert_eq!(found.tag, expected.tag);
            assert_eq!(found.kind, expected.kind);
            assert_eq!(found.count, expected.count);
            match (&found.value, &expected.value) {
                (Value::At(offset), Value::Here(bytes)) => {
                    let from = (*offset - 226) as usize;
                    assert_eq!(&placed.bytes[from..from + bytes.len()], bytes);
                }
                (found, expected) => assert_eq!(found, expected),
            }
        }
    }

    #[test]
    fn an_unpacked_strip_beyond_4_gib_has_a_wide_offset() {
        let format = FrameFormat::new(2, 2, Color::Gray, SampleType::U8);
        let tags = PageTags::default();
        let far = Directory::of_page(&format, Compression::None, 5 << 32, &[4], &tags);
        let entry = far
            .entries
            .iter()
            .find(|entry| entry.tag == tags::STRIP_OFFSETS);
        assert_eq!(entry.map(|entry| entry.kind), Some(Kind::Long8));
    }
}
