//! What the tags of a page say of its pixels, checked.

use pimage_core::{Color, FrameFormat, Limits, SampleType};

use super::flaw::Flaw;
use super::ifd::{Entry, Header, Ifd, Source};
use super::tags::{self, compression, photometric};

/// Longest `JPEGTables` that is believed.
const MOST_TABLES_BYTES: u64 = 64 << 10;

/// How the bytes of a strip or tile are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packed {
    /// Not at all.
    None,
    /// Runs of bytes.
    PackBits,
    /// Lempel, Ziv and Welch.
    Lzw,
    /// zlib streams.
    Deflate,
    /// zstd frames.
    Zstd,
    /// JPEG streams.
    Jpeg,
}

/// The family of a sample's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// Whole, not negative.
    Unsigned,
    /// Whole.
    Signed,
    /// Floating point.
    Float,
}

/// What was done to the samples before they were packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Predictor {
    /// Nothing.
    None,
    /// Differences of integers.
    Integers,
    /// Differences of the bytes of floats, sorted by significance.
    Floats,
}

/// What the samples of a pixel become.
#[derive(Debug, Clone, PartialEq)]
pub enum Meaning {
    /// The channels of one frame.
    Channels(Color),
    /// A frame each: planes of a pixel that is no colour.
    Planes,
    /// One index of a colour map.
    Palette(Palette),
    /// Luma and chroma in units of so many columns and rows, to be turned into RGB.
    Ycbcr {
        /// Columns and rows of luma for each of chroma.
        unit: (u32, u32),
        /// Luma's share of red, green and blue.
        shares: [f64; 3],
        /// Codes of black and white for each component.
        range: [f64; 6],
    },
}

/// The colours of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Palette {
    /// By their index.
    pub colors: Vec<[u16; 3]>,
    /// Whether they have 16 bits, because not each is an 8-bit one, repeated in both bytes or with zeros below.
    pub is_wide: bool,
}

impl Palette {
    /// From all reds, then all greens, then all blues.
    #[must_use]
    pub fn new(map: &[u16]) -> Self {
        // Some writers put 8-bit values where 16-bit ones belong.
        let is_small = map.iter().all(|value| *value < 256);
        let is_repeated = map.iter().all(|value| value % 257 == 0);
        let is_shifted = map.iter().all(|value| value % 256 == 0);
        let is_wide = !(is_small || is_repeated || is_shifted);
        let divisor = if is_small || is_wide { 1 } else { 256 };
        let mut planes = map.chunks(map.len().div_ceil(3).max(1));
        let mut plane = || planes.next().unwrap_or_default();
        let (red, green, blue) = (plane(), plane(), plane());
        let colors = red.iter().zip(green).zip(blue);
        Self {
            colors: colors
                .map(|((red, green), blue)| [red, green, blue].map(|value| value / divisor))
                .collect(),
            is_wide,
        }
    }

    /// Makes 8-bit colours 16-bit ones.
    pub fn widen(&mut self) {
        if !self.is_wide {
            self.is_wide = true;
            for color in &mut self.colors {
                *color = color.map(|value| value.saturating_mul(257));
            }
        }
    }
}

/// How a page is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Samples of a pixel.
    pub samples: usize,
    /// Bits of a sample.
    pub bits: u8,
    /// What kind of numbers they are.
    pub numbers: Numbers,
    /// What they mean.
    pub meaning: Meaning,
    /// What the tag says that they mean.
    pub photometric: u16,
    /// Whether 0 is white, so that the numbers are turned round.
    pub is_inverted: bool,
    /// Whether colours are multiplied by the opacity.
    pub is_premultiplied: bool,
    /// Whether each sample has a plane of its own.
    pub is_planar: bool,
    /// How the bytes are packed.
    pub packed: Packed,
    /// What was done before.
    pub predictor: Predictor,
    /// Whether the lowest bit of each byte comes first.
    pub is_bit_reversed: bool,
    /// Tiles instead of strips.
    pub is_tiled: bool,
    /// Columns and rows of a strip or tile.
    pub chunk: (u32, u32),
    /// Significant bits, when the file says it.
    pub depth: Option<u8>,
    /// Tables of all JPEG streams.
    pub jpeg_tables: Vec<u8>,
    /// What is to be added to offsets that were counted with 32 bits in a longer file; for LSM, which also says the lengths before packing.
    pub wrapped_base: Option<u64>,
    /// What is to be added to the offsets, for a plane that follows this page without a directory.
    pub shift: u64,
    pub(crate) offsets: Option<Entry>,
    pub(crate) lengths: Option<Entry>,
}

impl Page {
    /// Reads the tags of a page.
    ///
    /// # Errors
    ///
    /// A flaw that names the tag.
    pub fn parse(ifd: &Ifd, header: Header, source: &mut dyn Source) -> Result<Self, Flaw> {
        let mut tags = Tags {
            ifd,
            header,
            source,
        };
        let width = tags.side(tags::IMAGE_WIDTH, "columns")?;
        let height = tags.side(tags::IMAGE_LENGTH, "rows")?;
        if tags.or(tags::IMAGE_DEPTH, 1)? > 1 {
            return Err(Flaw::Unsupported("it has volumes (ImageDepth)".to_owned()));
        }
        let samples = tags.samples()?;
        let bits = tags.bits(samples)?;
        let numbers = tags.numbers(samples, bits)?;
        let packed = tags.packed()?;
        if packed == Packed::Jpeg && bits != 8 {
            return Err(Flaw::Unsupported(format!(
                "it is packed by JPEG and has samples of {bits} bits: expected 8"
            )));
        }
        let photometric = tags.or(tags::PHOTOMETRIC, 1)? as u16;
        let is_planar = match tags.or(tags::PLANAR_CONFIGURATION, 1)? {
            2 => samples > 1,
            _ => false,
        };
        let extra = tags.list(tags::EXTRA_SAMPLES, samples)?;
        let meaning = tags.meaning(photometric, samples, bits, &extra, packed)?;
        let is_tiled = ifd.get(tags::TILE_WIDTH).is_some();
        let chunk = if is_tiled {
            (
                tags.side(tags::TILE_WIDTH, "columns in a tile")?,
                tags.side(tags::TILE_LENGTH, "rows in a tile")?,
            )
        } else {
            let rows = tags.or(tags::ROWS_PER_STRIP, u64::from(height))?;
            // Some writers say 0 for one strip of all rows.
            let rows = u32::try_from(rows).ok().filter(|rows| *rows > 0);
            (width, rows.unwrap_or(height).min(height))
        };
        let predictor = tags.predictor(packed, bits, numbers)?;
        let depth = tags.depth(bits, numbers)?;
        let jpeg_tables = match ifd.get(tags::JPEG_TABLES) {
            Some(entry) if packed == Packed::Jpeg && entry.count <= MOST_TABLES_BYTES => {
                entry.bytes(header, tags.source)?.to_vec()
            }
            _ => Vec::new(),
        };
        let places = |tile: u16, strip: u16| {
            let entry = if is_tiled { ifd.get(tile) } else { None };
            entry.or_else(|| ifd.get(strip)).copied()
        };
        Ok(Self {
            width,
            height,
            samples,
            bits,
            numbers,
            is_inverted: photometric == photometric::MIN_IS_WHITE && numbers == Numbers::Unsigned,
            is_premultiplied: extra.first() == Some(&1),
            meaning,
            photometric,
            is_planar,
            packed,
            predictor,
            is_bit_reversed: tags.or(tags::FILL_ORDER, 1)? == 2 && packed != Packed::Jpeg,
            is_tiled,
            chunk,
            depth,
            jpeg_tables,
            wrapped_base: None,
            shift: 0,
            offsets: places(tags::TILE_OFFSETS, tags::STRIP_OFFSETS),
            lengths: places(tags::TILE_BYTE_COUNTS, tags::STRIP_BYTE_COUNTS),
        })
    }

    /// Makes every sample of a pixel a frame of its own, whatever it means.
    pub fn split(&mut self) {
        if self.samples > 1 && matches!(self.meaning, Meaning::Channels(_)) {
            self.meaning = Meaning::Planes;
        }
    }

    /// Frames that the page holds.
    #[must_use]
    pub const fn frames(&self) -> usize {
        match self.meaning {
            Meaning::Planes => self.samples,
            _ => 1,
        }
    }

    /// The type that holds every sample exactly.
    #[must_use]
    pub const fn sample(&self) -> SampleType {
        match (self.numbers, self.bits) {
            (Numbers::Unsigned, ..=8) => SampleType::U8,
            (Numbers::Unsigned, ..=16) => SampleType::U16,
            (Numbers::Unsigned, _) => SampleType::U32,
            (Numbers::Signed, ..=16) => SampleType::I16,
            (Numbers::Signed, _) => SampleType::I32,
            (Numbers::Float, ..=32) => SampleType::F32,
            (Numbers::Float, _) => SampleType::F64,
        }
    }

    /// The format of its frames.
    #[must_use]
    pub fn format(&self) -> FrameFormat {
        let of = |color, sample| FrameFormat::new(self.width, self.height, color, sample);
        let depth = match self.numbers {
            Numbers::Float => 0,
            _ => self.depth.unwrap_or(self.bits),
        };
        match &self.meaning {
            Meaning::Channels(color) => of(*color, self.sample()).with_bit_depth(depth),
            Meaning::Planes => of(Color::Gray, self.sample()).with_bit_depth(depth),
            Meaning::Palette(map) if map.is_wide => of(Color::Rgb, SampleType::U16),
            Meaning::Palette(_) | Meaning::Ycbcr { .. } => of(Color::Rgb, SampleType::U8),
        }
    }

    /// Bytes of its samples when they are not packed, strips and tiles without padding; `None` when no address space holds them.
    #[must_use]
    pub fn plain_bytes(&self) -> Option<u64> {
        let row_samples = u64::from(self.width).checked_mul(self.samples as u64)?;
        let row_bytes = row_samples.checked_mul(u64::from(self.bits))?.div_ceil(8);
        row_bytes.checked_mul(u64::from(self.height))
    }

    /// Whether the samples of a strip, swapped at most, are those of rows of a frame.
    #[must_use]
    pub fn has_plain_samples(&self) -> bool {
        !self.is_inverted
            && !self.is_tiled
            && self.bits == self.sample().bits()
            && match self.meaning {
                Meaning::Channels(_) => !self.is_planar,
                Meaning::Planes => self.is_planar,
                _ => false,
            }
    }

    /// Whether the bytes of the file, swapped at most, are those of a frame.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.packed == Packed::None && !self.is_bit_reversed && self.has_plain_samples()
    }

    /// The first offset of its strips or tiles, as the file has it.
    ///
    /// # Errors
    ///
    /// A flaw when nothing says where they are.
    pub fn first_offset(&self, header: Header, source: &mut dyn Source) -> Result<u64, Flaw> {
        let mut offsets = Vec::new();
        if let Some(entry) = &self.offsets {
            entry.integers(header, source, 1, &mut offsets)?;
        }
        let first = offsets.first().copied();
        first.ok_or_else(|| Flaw::damaged("nothing says where its pixels are"))
    }

    /// How it is packed, as `--compression` spells it.
    #[must_use]
    pub const fn codec(&self) -> &'static str {
        match self.packed {
            Packed::None => "raw",
            Packed::PackBits => "packbits",
            Packed::Lzw => "lzw",
            Packed::Deflate => "deflate",
            Packed::Zstd => "zstd",
            Packed::Jpeg => "jpeg",
        }
    }

    /// An error unless frames of this page are within `limits`.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`](pimage_core::Error::TooLarge).
    pub fn check(&self, limits: &Limits) -> Result<(), Flaw> {
        Ok(limits.check_format(&self.format())?)
    }
}

/// The tags of a page being read.
struct Tags<'a> {
    ifd: &'a Ifd,
    header: Header,
    source: &'a mut dyn Source,
}

impl Tags<'_> {
    fn or(&mut self, tag: u16, missing: u64) -> Result<u64, Flaw> {
        let value = self.ifd.integer(tag, self.header, self.source)?;
        Ok(value.unwrap_or(missing))
    }

    /// The first values of a tag, at most `most` of them.
    fn list(&mut self, tag: u16, most: usize) -> Result<Vec<u64>, Flaw> {
        let mut values = Vec::new();
        if let Some(entry) = self.ifd.get(tag) {
            entry.integers(self.header, self.source, most as u64, &mut values)?;
        }
        Ok(values)
    }

    fn numbers_of(&mut self, tag: u16) -> Result<Vec<f64>, Flaw> {
        // No list has more than six.
        match self.ifd.get(tag) {
            Some(entry) => entry.numbers(self.header, self.source, 7),
            None => Ok(Vec::new()),
        }
    }

    /// A width or height, which is not 0.
    fn side(&mut self, tag: u16, what: &str) -> Result<u32, Flaw> {
        let value = self.ifd.integer(tag, self.header, self.source)?;
        match value.map(u32::try_from) {
            Some(Ok(value)) if value > 0 => Ok(value),
            Some(_) => Err(Flaw::Damaged(format!(
                "it has {} {what}",
                value.unwrap_or(0)
            ))),
            None => Err(Flaw::Damaged(format!(
                "nothing says how many {what} it has"
            ))),
        }
    }

    fn samples(&mut self) -> Result<usize, Flaw> {
        match self.or(tags::SAMPLES_PER_PIXEL, 1)? {
            0 => Err(Flaw::damaged("its pixels have no samples")),
            samples => usize::try_from(samples.min(65_536))
                .map_err(|_never| Flaw::damaged("its pixels have too many samples")),
        }
    }

    /// Bits of each sample, which are the same for all.
    fn bits(&mut self, samples: usize) -> Result<u8, Flaw> {
        let mut values = self.list(tags::BITS_PER_SAMPLE, samples.max(3))?;
        if let ([first, second], Some(entry)) =
            (values.as_slice(), self.ifd.get(tags::BITS_PER_SAMPLE))
        {
            // Old LSM files have the offset of two numbers where these would fit.
            if first != second {
                let elsewhere = self.source.slice(entry.offset(self.header), 4)?;
                let elsewhere = elsewhere.chunks_exact(2);
                let elsewhere = elsewhere.map(|value| self.header.order.integer(value));
                let elsewhere: Vec<_> = elsewhere.collect();
                if matches!(
                    elsewhere.as_slice(),
                    [8, 8] | [12, 12] | [16, 16] | [32, 32]
                ) {
                    values = elsewhere;
                }
            }
        }
        let bits = values.first().copied().unwrap_or(1);
        if values.iter().take(samples).any(|other| *other != bits) {
            let listed: Vec<_> = values.iter().take(8).map(u64::to_string).collect();
            return Err(Flaw::Unsupported(format!(
                "its samples have different depths ({} bits)",
                listed.join(", ")
            )));
        }
        match u8::try_from(bits) {
            Ok(bits @ 1..=128) => Ok(bits),
            _ => Err(Flaw::Damaged(format!("its samples have {bits} bits"))),
        }
    }

    fn numbers(&mut self, samples: usize, bits: u8) -> Result<Numbers, Flaw> {
        let values = self.list(tags::SAMPLE_FORMAT, samples)?;
        let format = values.first().copied().unwrap_or(1);
        if values.iter().any(|other| *other != format) {
            let reason = "its samples are of different kinds of numbers";
            return Err(Flaw::Unsupported(reason.to_owned()));
        }
        let numbers = match format {
            1 | 4 => Numbers::Unsigned,
            2 => Numbers::Signed,
            3 => Numbers::Float,
            5 | 6 => {
                return Err(Flaw::Unsupported(format!(
                    "its samples are complex numbers of {bits} bits"
                )));
            }
            other => {
                let reason = format!("its samples are of kind {other}: expected 1 to 6");
                return Err(Flaw::Damaged(reason));
            }
        };
        match (numbers, bits) {
            (Numbers::Unsigned, 1..=32) | (Numbers::Signed, 2..=32) => Ok(numbers),
            (Numbers::Float, 16 | 24 | 32 | 64) => Ok(numbers),
            (Numbers::Float, _) => Err(Flaw::Unsupported(format!(
                "its samples are floats of {bits} bits: expected 16, 24, 32 or 64"
            ))),
            _ => Err(Flaw::Unsupported(format!(
                "its samples are whole numbers of {bits} bits, which no frame holds: expected up to 32"
            ))),
        }
    }

    fn packed(&mut self) -> Result<Packed, Flaw> {
        let name = match u16::try_from(self.or(tags::COMPRESSION, 1)?).unwrap_or(u16::MAX) {
            0 | compression::NONE => return Ok(Packed::None),
            compression::LZW => return Ok(Packed::Lzw),
            compression::JPEG => return Ok(Packed::Jpeg),
            compression::DEFLATE | compression::OLD_DEFLATE => return Ok(Packed::Deflate),
            compression::PACK_BITS => return Ok(Packed::PackBits),
            compression::ZSTD => return Ok(Packed::Zstd),
            2 => "CCITT run lengths",
            3 => "CCITT group 3 fax",
            4 => "CCITT group 4 fax",
            6 => "the JPEG of TIFF 6.0, which was withdrawn",
            9 | 10 => "JBIG",
            32_771 => "runs without padding",
            32_809 => "ThunderScan",
            34_661 => "JBIG",
            33_003 | 33_004 | 33_005 | 34_712 => "JPEG 2000",
            34_676 | 34_677 => "SGI's logarithms",
            34_887 => "LERC",
            34_925 => "LZMA",
            50_001 => "WebP",
            50_002 | 52_546 => "JPEG XL",
            other => {
                let reason = format!("it is packed by method {other}, which pimage does not know");
                return Err(Flaw::Unsupported(reason));
            }
        };
        Err(Flaw::Unsupported(format!(
            "it is packed by {name}: pimage reads none, LZW, deflate, PackBits, zstd and JPEG"
        )))
    }

    fn predictor(&mut self, packed: Packed, bits: u8, numbers: Numbers) -> Result<Predictor, Flaw> {
        // The others do not look at the tag.
        if !matches!(packed, Packed::Lzw | Packed::Deflate | Packed::Zstd) {
            return Ok(Predictor::None);
        }
        match (self.or(tags::PREDICTOR, 1)?, bits) {
            (1, _) => Ok(Predictor::None),
            (2, 8 | 16 | 32 | 64) => Ok(Predictor::Integers),
            (3, _) if numbers == Numbers::Float => Ok(Predictor::Floats),
            (predictor @ 2..=3, bits) => Err(Flaw::Unsupported(format!(
                "its predictor is {predictor} for samples of {bits} bits"
            ))),
            (other, _) => Err(Flaw::Unsupported(format!(
                "its predictor is {other}: pimage knows 1 to 3"
            ))),
        }
    }

    /// Only pimage says the depth by the largest value; others say the largest sample that there is.
    fn depth(&mut self, bits: u8, numbers: Numbers) -> Result<Option<u8>, Flaw> {
        let (ifd, header) = (self.ifd, self.header);
        let said = [tags::MAX_SAMPLE_VALUE, tags::S_MAX_SAMPLE_VALUE];
        let said = said.into_iter().find(|tag| ifd.get(*tag).is_some());
        let (Numbers::Unsigned, Some(tag)) = (numbers, said) else {
            return Ok(None);
        };
        let software = match ifd.get(tags::SOFTWARE) {
            Some(entry) => entry.text(header, self.source, 256)?,
            None => None,
        };
        if !software.is_some_and(|name| name.starts_with("pimage")) {
            return Ok(None);
        }
        let greatest = self.or(tag, 0)?;
        let depth = u8::try_from(greatest.trailing_ones()).unwrap_or(0);
        let is_depth = greatest.checked_add(1).is_some_and(u64::is_power_of_two);
        Ok((is_depth && depth > 0 && depth < bits).then_some(depth))
    }

    fn meaning(
        &mut self,
        photometric: u16,
        samples: usize,
        bits: u8,
        extra: &[u64],
        packed: Packed,
    ) -> Result<Meaning, Flaw> {
        let is_opacity = matches!(extra.first(), Some(1 | 2));
        let name = match photometric {
            photometric::MIN_IS_WHITE
            | photometric::MIN_IS_BLACK
            | photometric::MASK
            | photometric::CFA
            | photometric::LINEAR_RAW => {
                return Ok(match samples {
                    1 => Meaning::Channels(Color::Gray),
                    2 if is_opacity => Meaning::Channels(Color::GrayAlpha),
                    _ => Meaning::Planes,
                });
            }
            photometric::RGB => {
                return Ok(match samples {
                    1 => Meaning::Channels(Color::Gray),
                    3 => Meaning::Channels(Color::Rgb),
                    // Many programs leave unsaid that it is opacity.
                    4 => Meaning::Channels(Color::Rgba),
                    _ => Meaning::Planes,
                });
            }
            photometric::PALETTE => return self.palette(samples, bits),
            photometric::SEPARATED if packed != Packed::Jpeg => return Ok(Meaning::Planes),
            photometric::SEPARATED => "inks, packed by JPEG",
            photometric::YCBCR if packed == Packed::Jpeg && samples == 3 => {
                return Ok(Meaning::Channels(Color::Rgb));
            }
            photometric::YCBCR => return self.ycbcr(samples, bits),
            8..=10 => "CIE L*a*b* colours",
            32_844 | 32_845 => "logarithms of luminance",
            other => {
                let reason = format!("its samples have the meaning {other} (photometric)");
                return Err(Flaw::Unsupported(reason));
            }
        };
        Err(Flaw::Unsupported(format!("its samples are {name}")))
    }

    fn palette(&mut self, samples: usize, bits: u8) -> Result<Meaning, Flaw> {
        if samples != 1 || bits > 16 {
            return Err(Flaw::Unsupported(format!(
                "it has a colour map for {samples} sample(s) of {bits} bits"
            )));
        }
        let colors = 3usize << bits;
        let Some(entry) = self.ifd.get(tags::COLOR_MAP) else {
            return Err(Flaw::damaged("its colour map is missing"));
        };
        if entry.count != colors as u64 {
            let found = entry.count;
            return Err(Flaw::Damaged(format!(
                "its colour map has {found} values: expected {colors}"
            )));
        }
        let values = self.list(tags::COLOR_MAP, colors)?;
        let map: Vec<_> = values.iter().map(|value| *value as u16).collect();
        Ok(Meaning::Palette(Palette::new(&map)))
    }

    fn ycbcr(&mut self, samples: usize, bits: u8) -> Result<Meaning, Flaw> {
        let is_planar = self.or(tags::PLANAR_CONFIGURATION, 1)? == 2;
        if samples != 3 || bits != 8 || is_planar {
            return Err(Flaw::Unsupported(format!(
                "it has luma and chroma in {samples} sample(s) of {bits} bits{}",
                if is_planar { ", each in its plane" } else { "" }
            )));
        }
        let unit = match self.list(tags::YCBCR_SUBSAMPLING, 3)?.as_slice() {
            [] => (2, 2),
            [x @ (1 | 2 | 4), y @ (1 | 2 | 4)] => (*x as u32, *y as u32),
            other => {
                let reason = format!("its chroma is shared by {other:?} samples of luma");
                return Err(Flaw::Damaged(reason));
            }
        };
        let shares = self.numbers_of(tags::YCBCR_COEFFICIENTS)?;
        let range = self.numbers_of(tags::REFERENCE_BLACK_WHITE)?;
        Ok(Meaning::Ycbcr {
            unit,
            shares: shares.try_into().unwrap_or([0.299, 0.587, 0.114]),
            range: range
                .try_into()
                .unwrap_or([0.0, 255.0, 128.0, 255.0, 128.0, 255.0]),
        })
    }
}
