//! Pages to frames: strips and tiles read, unpacked and put in their places.

use std::collections::HashMap;

use pimage_core::{Color, Frame, Limits};

use super::flaw::Flaw;
use super::ifd::{Header, Source, whole};
use super::line::{self, Stored};
use super::page::{Meaning, Packed, Page, Predictor};
use super::unpack::{self, Unpacker};
use super::ycbcr::Units;
use super::{jpeg, predict};
use crate::samples::ByteOrder;

/// Tiles of a plane that have more bytes than this together are believed only when the page has at least a quarter as many.
const USUAL_TILE_BYTES: u64 = 64 << 20;

/// What decodes one page after another, keeping its memory.
#[derive(Debug, Default)]
pub struct PageDecoder {
    unpacker: Unpacker,
    places: Places,
    /// The bytes of a strip or tile, unpacked.
    chunk: Vec<u8>,
    /// The same before, when its bits are turned round or its tables put in front.
    packed: Vec<u8>,
    line: Vec<u8>,
    planes: Vec<u8>,
    held: Held,
}

/// Unpacked bytes that are kept of a page at most.
const MOST_HELD_BYTES: usize = 256 << 20;

/// Strips or tiles of the page before, unpacked, when each of its samples is a frame and all are packed together.
#[derive(Debug, Default)]
struct Held {
    page: Option<Page>,
    offsets: Vec<u64>,
    chunks: HashMap<usize, Vec<u8>>,
    bytes: usize,
}

impl Held {
    /// Drops what is of another page.
    fn turn_to(&mut self, page: &Page, offsets: &[u64]) {
        if self.page.as_ref() == Some(page) && self.offsets == offsets {
            return;
        }
        self.chunks.clear();
        self.bytes = 0;
        let is_shared =
            page.meaning == Meaning::Planes && !page.is_planar && page.packed != Packed::None;
        self.page = is_shared.then(|| page.clone());
        self.offsets.clear();
        if is_shared {
            self.offsets.extend(offsets);
        }
    }

    fn keep(&mut self, number: usize, bytes: &[u8]) {
        let all = self.bytes.saturating_add(bytes.len());
        if self.page.is_some() && all <= MOST_HELD_BYTES {
            self.bytes = all;
            self.chunks.insert(number, bytes.to_vec());
        }
    }
}

/// Where strips or tiles are, and how long.
#[derive(Debug, Default)]
struct Places {
    offsets: Vec<u64>,
    lengths: Vec<u64>,
}

/// One strip or tile.
#[derive(Debug, Clone, Copy)]
struct Chunk {
    number: usize,
    /// First row and column of the page.
    row: u32,
    column: u32,
    /// Rows that are stored, and those of them that the page has.
    stored_rows: u32,
    rows: u32,
    /// Columns that the page has.
    columns: u32,
    /// The sample that it holds, when each has a plane of its own.
    sample: usize,
}

impl Page {
    /// Samples of a pixel in a strip or tile.
    const fn chunk_samples(&self) -> usize {
        if self.is_planar { 1 } else { self.samples }
    }

    const fn stored(&self, order: ByteOrder) -> Stored {
        Stored {
            bits: self.bits,
            numbers: self.numbers,
            order,
            inverted_step: match (self.is_inverted, &self.meaning) {
                (false, _) => 0,
                // Opacity is none of the numbers where 0 is white.
                (true, Meaning::Channels(Color::GrayAlpha)) if !self.is_planar => 2,
                (true, _) => 1,
            },
        }
    }

    /// Bytes of a row of a strip or tile.
    fn row_bytes(&self) -> Option<usize> {
        let samples = (self.chunk.0 as usize).checked_mul(self.chunk_samples())?;
        self.stored(line::NATIVE).row_bytes(samples)
    }

    /// Strips or tiles of one plane.
    fn grid(&self) -> (u32, u32) {
        (
            self.width.div_ceil(self.chunk.0),
            self.height.div_ceil(self.chunk.1),
        )
    }

    /// Strips or tiles of all planes.
    fn chunk_count(&self) -> u64 {
        let (across, down) = self.grid();
        let planes = if self.is_planar {
            self.samples as u64
        } else {
            1
        };
        (u64::from(across) * u64::from(down)).saturating_mul(planes)
    }

    /// Those that frame `plane` of the page needs.
    fn chunks(&self, plane: usize) -> impl Iterator<Item = Chunk> {
        let (across, down) = self.grid();
        let (width, height, chunk, is_tiled) = (self.width, self.height, self.chunk, self.is_tiled);
        let samples = match (self.is_planar, &self.meaning) {
            (false, _) => 0..1,
            (true, Meaning::Planes) => plane..plane + 1,
            (true, _) => 0..self.samples,
        };
        let of_plane = across as usize * down as usize;
        samples.flat_map(move |sample| {
            (0..down).flat_map(move |y| {
                (0..across).map(move |x| {
                    let (row, column) = (y * chunk.1, x * chunk.0);
                    let rows = chunk.1.min(height - row);
                    let place = y as usize * across as usize + x as usize;
                    Chunk {
                        number: sample * of_plane + place,
                        row,
                        column,
                        stored_rows: if is_tiled { chunk.1 } else { rows },
                        rows,
                        columns: chunk.0.min(width - column),
                        sample,
                    }
                })
            })
        })
    }

    fn units(&self) -> Option<Units> {
        match self.meaning {
            Meaning::Ycbcr {
                unit,
                shares,
                range,
            } => Some(Units {
                unit,
                shares,
                range,
            }),
            _ => None,
        }
    }

    /// Bytes of a strip or tile when it is not packed.
    fn chunk_bytes(&self, chunk: &Chunk) -> Result<usize, Flaw> {
        let bytes = match self.units() {
            Some(units) => units.bytes(self.chunk.0, chunk.stored_rows),
            None => self
                .row_bytes()
                .and_then(|row| row.checked_mul(chunk.stored_rows as usize)),
        };
        let of_page = self.plain_bytes().unwrap_or(u64::MAX);
        let most = of_page.saturating_mul(4).max(USUAL_TILE_BYTES);
        // Strips are cut to the page.
        let (across, down) = if self.is_tiled { self.grid() } else { (1, 1) };
        let count = u64::from(across) * u64::from(down);
        match bytes {
            Some(bytes) if (bytes as u64).saturating_mul(count) <= most => Ok(bytes),
            _ => Err(Flaw::Damaged(format!(
                "its tiles have {}x{} pixels, the page has {}x{}",
                self.chunk.0, self.chunk.1, self.width, self.height
            ))),
        }
    }
}

impl Page {
    /// Where the pixels begin and end, when the strips follow one another and hold what a frame has.
    ///
    /// # Errors
    ///
    /// A flaw when nothing says where the strips are.
    pub fn run(&self, header: Header, source: &mut dyn Source) -> Result<Option<(u64, u64)>, Flaw> {
        let mut places = Places::default();
        places.load(self, header, source)?;
        places.run(self, 0)
    }

    /// Where the strips of all planes begin and end as they are stored, when they are not packed and follow one another.
    ///
    /// # Errors
    ///
    /// A flaw when nothing says where the strips are.
    pub fn piece(
        &self,
        header: Header,
        source: &mut dyn Source,
    ) -> Result<Option<(u64, u64)>, Flaw> {
        if self.packed != Packed::None || self.is_tiled {
            return Ok(None);
        }
        let mut places = Places::default();
        places.load(self, header, source)?;
        let planes = match self.meaning {
            Meaning::Planes if self.is_planar => self.samples,
            _ => 1,
        };
        let start = places.offsets.first().copied().unwrap_or(0);
        let mut next = start;
        for chunk in (0..planes).flat_map(|plane| self.chunks(plane)) {
            let plain = self.chunk_bytes(&chunk)?;
            match places.get(self, chunk.number, plain) {
                Ok(Some((offset, length))) if offset == next && length >= plain as u64 => {
                    next = next.saturating_add(plain as u64);
                }
                _ => return Ok(None),
            }
        }
        Ok(Some((start, next)))
    }
}

impl Places {
    /// Where the bytes of a plane are, when they follow one another as the frame has them.
    fn run(&self, page: &Page, plane: usize) -> Result<Option<(u64, u64)>, Flaw> {
        let Some(row_bytes) = page.row_bytes().filter(|_| page.is_plain()) else {
            return Ok(None);
        };
        let mut chunks = page.chunks(plane).peekable();
        let first = chunks.peek().map_or(0, |chunk| chunk.number);
        let start = self.offsets.get(first).copied().unwrap_or(0);
        let mut next = start;
        for chunk in chunks {
            let plain = row_bytes.saturating_mul(chunk.rows as usize);
            let place = self.get(page, chunk.number, plain)?;
            if place.is_none_or(|(offset, length)| offset != next || length < plain as u64) {
                return Ok(None);
            }
            next = next.saturating_add(plain as u64);
        }
        Ok(Some((start, next)))
    }

    fn load(&mut self, page: &Page, header: Header, source: &mut dyn Source) -> Result<(), Flaw> {
        self.offsets.clear();
        self.lengths.clear();
        let Some(offsets) = &page.offsets else {
            return Err(Flaw::damaged("nothing says where its pixels are"));
        };
        let most = page.chunk_count();
        offsets.integers(header, source, most, &mut self.offsets)?;
        if let Some(lengths) = &page.lengths {
            lengths.integers(header, source, most, &mut self.lengths)?;
        }
        if let Some(base) = page.wrapped_base {
            unwrap(&mut self.offsets, base);
        }
        for offset in &mut self.offsets {
            // 0 stands for a strip that was left out.
            if page.shift > 0 && *offset > 0 {
                *offset = offset.saturating_add(page.shift);
            }
        }
        Ok(())
    }

    fn too_few(&self) -> Flaw {
        let found = self.offsets.len();
        Flaw::Damaged(format!("it lists only {found} strips or tiles"))
    }

    /// Where a strip or tile is; `None` for one that was left out, whose samples are 0.
    fn get(&self, page: &Page, number: usize, plain: usize) -> Result<Option<(u64, u64)>, Flaw> {
        let Some(&offset) = self.offsets.get(number) else {
            return Err(self.too_few());
        };
        // Packed codes end by themselves: where nothing says their length, they are followed as far as they may go.
        let most = plain as u64 * 2 + 4096;
        let is_unsaid = page.wrapped_base.is_some() && page.packed != Packed::None;
        let length = match self.lengths.get(number) {
            Some(_) if is_unsaid => most,
            // Nor did others of a strip that is there.
            Some(0) if page.packed == Packed::None && offset > 0 => plain as u64,
            Some(&length) => length,
            None if page.lengths.is_some() => {
                let found = self.lengths.len();
                return Err(Flaw::Damaged(format!(
                    "it lists the lengths of {found} strips or tiles and needs one more"
                )));
            }
            // Early writers said no length of what is not packed.
            None if page.packed == Packed::None => plain as u64,
            None => most,
        };
        if length == 0 && offset == 0 {
            return Ok(None);
        }
        Ok(Some((offset, length)))
    }
}

impl PageDecoder {
    /// Drops what is kept of the page before; to be called before pages of another file.
    pub fn forget(&mut self) {
        self.held = Held::default();
    }

    /// Fills `frame` with frame `plane` of a page, pixels only.
    ///
    /// With `keeps`, strips and tiles that are damaged are black, and what is wrong with the first is the answer.
    ///
    /// # Errors
    ///
    /// The first flaw, unless it is kept; one when nothing is left to keep.
    #[expect(
        clippy::too_many_arguments,
        reason = "the page, where it is, and how far it is trusted, each of another owner"
    )]
    pub fn decode(
        &mut self,
        page: &Page,
        plane: usize,
        header: Header,
        source: &mut dyn Source,
        limits: &Limits,
        keeps: bool,
        frame: &mut Frame,
    ) -> Result<Option<Flaw>, Flaw> {
        let format = page.format();
        frame.reset(&format, limits)?;
        self.places.load(page, header, source)?;
        self.held.turn_to(page, &self.places.offsets);
        if self.decode_together(page, plane, header, source, frame)? {
            return Ok(None);
        }
        if keeps {
            frame.bytes_mut().fill(0);
        }
        let (mut kept, mut is_any_sound) = (None, false);
        for chunk in page.chunks(plane) {
            if chunk.number >= self.places.offsets.len() {
                let flaw = self.places.too_few();
                if !keeps {
                    return Err(flaw);
                }
                kept = kept.or(Some(flaw));
                break;
            }
            match self.decode_chunk(page, plane, &chunk, header, source, frame) {
                Ok(()) => is_any_sound = true,
                Err(Flaw::Fatal(error)) => return Err(Flaw::Fatal(error)),
                Err(flaw) if !keeps => return Err(flaw),
                Err(flaw) => kept = kept.or(Some(flaw)),
            }
        }
        match kept {
            Some(flaw) if !is_any_sound => Err(flaw),
            kept => Ok(kept),
        }
    }

    /// Copies a page whose strips follow one another as the frame has them; `false` when they do not.
    fn decode_together(
        &self,
        page: &Page,
        plane: usize,
        header: Header,
        source: &mut dyn Source,
        frame: &mut Frame,
    ) -> Result<bool, Flaw> {
        // A page that lists too few strips is looked at one by one.
        let Ok(Some((start, next))) = self.places.run(page, plane) else {
            return Ok(false);
        };
        let target = frame.bytes_mut();
        // A cut page may keep its first strips: those are looked at one by one.
        if source.length() < next || target.len() as u64 != next - start {
            return Ok(false);
        }
        let sample_bytes = page.sample().bytes();
        let bytes = whole(source, start, next - start)?;
        line::copy_samples(bytes, target, header.order, sample_bytes);
        Ok(true)
    }

    fn decode_chunk(
        &mut self,
        page: &Page,
        plane: usize,
        chunk: &Chunk,
        header: Header,
        source: &mut dyn Source,
        frame: &mut Frame,
    ) -> Result<(), Flaw> {
        let plain = page.chunk_bytes(chunk)?;
        let Some((offset, length)) = self.places.get(page, chunk.number, plain)? else {
            self.place_nothing(page, plane, chunk, plain, frame);
            return Ok(());
        };
        if let Some(bytes) = self.held.chunks.get(&chunk.number) {
            let order = match page.predictor {
                Predictor::None => header.order,
                _ => line::NATIVE,
            };
            place(page, plane, chunk, bytes, order, &mut self.line, frame);
            return Ok(());
        }
        let length = match page.packed {
            Packed::None => {
                if length < plain as u64 {
                    return Err(Flaw::Damaged(format!(
                        "its strip or tile {} has {length} of {plain} bytes",
                        chunk.number
                    )));
                }
                plain as u64
            }
            _ if page.lengths.is_none() || page.wrapped_base.is_some() => {
                length.min(source.length().saturating_sub(offset))
            }
            _ => length,
        };
        let packed = whole(source, offset, length)?;
        if page.packed == Packed::Jpeg {
            let samples = page.chunk_samples();
            let picture = jpeg::decode(page, samples, packed, &mut self.packed)
                .map_err(|reason| of_chunk(chunk, reason))?;
            return self.place_picture(page, plane, chunk, &picture, frame);
        }
        let packed = if page.is_bit_reversed {
            self.packed.clear();
            self.packed.extend_from_slice(packed);
            unpack::reverse_bits(&mut self.packed);
            self.packed.as_slice()
        } else {
            packed
        };
        if page.has_plain_samples() {
            let target = frame_rows(page, chunk, frame);
            let unpacked = unpack_into(&mut self.unpacker, page.packed, packed, target);
            // What was unpacked before an error is kept where damage is.
            undo(page, header.order, target, &mut self.planes);
            return unpacked.map_err(|reason| of_chunk(chunk, reason));
        }
        let is_borrowed = page.packed == Packed::None;
        if !is_borrowed {
            self.chunk.resize(plain, 0);
            unpack_into(&mut self.unpacker, page.packed, packed, &mut self.chunk)
                .map_err(|reason| of_chunk(chunk, reason))?;
        }
        let order = if page.predictor == Predictor::None {
            header.order
        } else {
            undo(page, header.order, &mut self.chunk, &mut self.planes);
            line::NATIVE
        };
        if !is_borrowed {
            self.held.keep(chunk.number, &self.chunk);
        }
        let bytes = if is_borrowed { packed } else { &self.chunk };
        place(page, plane, chunk, bytes, order, &mut self.line, frame);
        Ok(())
    }

    /// Puts a strip or tile in its place that was left out: stored zeros, whatever colour they mean.
    fn place_nothing(
        &mut self,
        page: &Page,
        plane: usize,
        chunk: &Chunk,
        plain: usize,
        frame: &mut Frame,
    ) {
        if page.has_plain_samples() || page.units().is_some() {
            return clear(page, chunk, frame);
        }
        self.chunk.clear();
        self.chunk.resize(plain, 0);
        let (bytes, line) = (&self.chunk, &mut self.line);
        place(page, plane, chunk, bytes, line::NATIVE, line, frame);
    }

    /// Puts the rows of a JPEG stream in their places.
    fn place_picture(
        &mut self,
        page: &Page,
        plane: usize,
        chunk: &Chunk,
        picture: &jpeg::Picture,
        frame: &mut Frame,
    ) -> Result<(), Flaw> {
        if picture.width < chunk.columns as usize || picture.height < chunk.rows as usize {
            let reason = format!(
                "its JPEG stream has {}x{} pixels: expected {}x{}",
                picture.width, picture.height, chunk.columns, chunk.rows
            );
            return Err(of_chunk(chunk, reason));
        }
        let row_bytes = picture.width * page.chunk_samples();
        let rows = picture.samples.chunks_exact(row_bytes.max(1));
        place_rows(
            page,
            plane,
            chunk,
            rows,
            line::NATIVE,
            &mut self.line,
            frame,
        );
        Ok(())
    }
}

/// Makes offsets grow again that were counted with 32 bits, from `base` on.
fn unwrap(offsets: &mut [u64], mut base: u64) {
    let mut before = 0;
    for offset in offsets {
        if *offset < before {
            base = base.saturating_add(1 << 32);
        }
        before = *offset;
        *offset = offset.saturating_add(base);
    }
}

fn of_chunk(chunk: &Chunk, reason: String) -> Flaw {
    Flaw::Damaged(format!("strip or tile {}: {reason}", chunk.number))
}

/// The rows of the frame that a strip or tile covers.
fn frame_rows<'f>(page: &Page, chunk: &Chunk, frame: &'f mut Frame) -> &'f mut [u8] {
    let row_bytes = page.format().row_bytes().unwrap_or(0);
    let start = row_bytes.saturating_mul(chunk.row as usize);
    let length = row_bytes.saturating_mul(chunk.rows as usize);
    let bytes = frame.bytes_mut().get_mut(start..).unwrap_or_default();
    let length = length.min(bytes.len());
    bytes.get_mut(..length).unwrap_or_default()
}

/// Makes a strip or tile black that alone has the pixels that it covers.
fn clear(page: &Page, chunk: &Chunk, frame: &mut Frame) {
    let format = page.format();
    let pixel_bytes = format.color.channels() * format.sample.bytes();
    let row_bytes = format.row_bytes().unwrap_or(0);
    for row in frame_rows(page, chunk, frame).chunks_exact_mut(row_bytes.max(1)) {
        let pixels = row
            .chunks_exact_mut(pixel_bytes)
            .skip(chunk.column as usize);
        for pixel in pixels.take(chunk.columns as usize) {
            pixel.fill(0);
        }
    }
}

fn unpack_into(
    unpacker: &mut Unpacker,
    kind: Packed,
    packed: &[u8],
    target: &mut [u8],
) -> Result<(), String> {
    match kind {
        Packed::None | Packed::Jpeg => {
            let length = target.len().min(packed.len());
            if let (Some(to), Some(from)) = (target.get_mut(..length), packed.get(..length)) {
                to.copy_from_slice(from);
            }
            Ok(())
        }
        Packed::PackBits => unpack::pack_bits(packed, target),
        Packed::Lzw => unpacker.lzw(packed, target),
        Packed::Deflate => unpacker.inflate(packed, target),
        #[cfg(feature = "zstd")]
        Packed::Zstd => unpacker.zstd(packed, target),
        #[cfg(not(feature = "zstd"))]
        Packed::Zstd => Err("it is packed by zstd".to_owned()),
    }
}

/// Turns the unpacked bytes into samples in the machine's byte order, differences summed up.
fn undo(page: &Page, order: ByteOrder, bytes: &mut [u8], planes: &mut Vec<u8>) {
    let row_bytes = page.row_bytes().unwrap_or(usize::MAX);
    let sample_bytes = usize::from(page.bits) / 8;
    let stride = page.chunk_samples();
    match page.predictor {
        Predictor::None => line::to_native(bytes, order, sample_bytes),
        Predictor::Integers => {
            line::to_native(bytes, order, sample_bytes);
            predict::integers(bytes, row_bytes, sample_bytes, stride);
        }
        Predictor::Floats => predict::floats(bytes, row_bytes, sample_bytes, stride, planes),
    }
}

/// Puts the samples of a strip or tile in their places.
fn place(
    page: &Page,
    plane: usize,
    chunk: &Chunk,
    bytes: &[u8],
    order: ByteOrder,
    line: &mut Vec<u8>,
    frame: &mut Frame,
) {
    let Some(units) = page.units() else {
        let row_bytes = page.row_bytes().unwrap_or(usize::MAX);
        let rows = bytes.chunks_exact(row_bytes.max(1));
        return place_rows(page, plane, chunk, rows, order, line, frame);
    };
    let row_bytes = page.chunk.0 as usize * 3;
    line.clear();
    line.resize(row_bytes * chunk.rows as usize, 0);
    units.convert(bytes, page.chunk.0, line);
    let width = page.width as usize * 3;
    let start = chunk.column as usize * 3;
    let targets = frame_rows(page, chunk, frame).chunks_exact_mut(width);
    for (target, row) in targets.zip(line.chunks_exact(row_bytes)) {
        let target = target.get_mut(start..).unwrap_or_default();
        for (to, from) in target.iter_mut().zip(row) {
            *to = *from;
        }
    }
}

/// Puts rows of stored samples in their places.
fn place_rows<'r>(
    page: &Page,
    plane: usize,
    chunk: &Chunk,
    rows: impl Iterator<Item = &'r [u8]>,
    order: ByteOrder,
    line: &mut Vec<u8>,
    frame: &mut Frame,
) {
    let format = page.format();
    let sample_bytes = format.sample.bytes();
    let channels = format.color.channels();
    let row_bytes = format.row_bytes().unwrap_or(0);
    let samples = page.chunk_samples();
    let columns = chunk.columns as usize;
    let start = chunk.column as usize * channels * sample_bytes;
    let targets = frame_rows(page, chunk, frame).chunks_exact_mut(row_bytes.max(1));
    for (target, row) in targets.zip(rows) {
        let target = target.get_mut(start..).unwrap_or_default();
        let mut stored = page.stored(order);
        if chunk.sample > 0 && matches!(page.meaning, Meaning::Channels(_)) {
            stored.inverted_step = 0;
        }
        if let Meaning::Palette(map) = &page.meaning {
            let length = (columns * channels * sample_bytes).min(target.len());
            let target = target.get_mut(..length).unwrap_or_default();
            line::look_up(row, stored, map, line, target);
            continue;
        }
        if samples == channels {
            let length = (columns * channels * sample_bytes).min(target.len());
            stored.expand(row, target.get_mut(..length).unwrap_or_default());
            continue;
        }
        line.resize(columns * samples * sample_bytes, 0);
        stored.expand(row, line);
        // One of several samples becomes a plane, or one plane a channel.
        let (from, to) = if samples > 1 {
            (plane, 0)
        } else {
            (0, chunk.sample)
        };
        match sample_bytes {
            1 => scatter::<1>(line, samples, from, target, channels, to),
            2 => scatter::<2>(line, samples, from, target, channels, to),
            4 => scatter::<4>(line, samples, from, target, channels, to),
            _ => scatter::<8>(line, samples, from, target, channels, to),
        }
    }
}

/// Copies sample `from` of each pixel to channel `to`.
fn scatter<const N: usize>(
    line: &[u8],
    samples: usize,
    from: usize,
    target: &mut [u8],
    channels: usize,
    to: usize,
) {
    let pixels = line.as_chunks::<N>().0.chunks_exact(samples.max(1));
    let targets = target
        .as_chunks_mut::<N>()
        .0
        .chunks_exact_mut(channels.max(1));
    for (target, pixel) in targets.zip(pixels) {
        if let (Some(target), Some(sample)) = (target.get_mut(to), pixel.get(from)) {
            *target = *sample;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ifd::Ifd;
    use super::*;

    /// A little-endian file of one page: tags of one type, count and value each, with `data` at byte 8.
    fn file(tags: &[(u16, u16, u32, u32)], data: &[u8]) -> Vec<u8> {
        let mut bytes = b"II*\0".to_vec();
        bytes.extend((8 + data.len() as u32).to_le_bytes());
        bytes.extend(data);
        bytes.extend((tags.len() as u16).to_le_bytes());
        for (tag, kind, count, value) in tags {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(kind.to_le_bytes());
            bytes.extend(count.to_le_bytes());
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend([0; 4]);
        bytes
    }

    fn decoded(tags: &[(u16, u16, u32, u32)], data: &[u8]) -> Result<Vec<u8>, Flaw> {
        let bytes = file(tags, data);
        let mut source = bytes.as_slice();
        let header = Header::parse(source)?;
        let ifd = Ifd::read(header, &mut source, header.first)?;
        let page = Page::parse(&ifd, header, &mut source)?;
        let (mut frame, limits) = (Frame::empty(), Limits::default());
        let mut decoder = PageDecoder::default();
        decoder.decode(&page, 0, header, &mut source, &limits, false, &mut frame)?;
        Ok(frame.bytes().to_vec())
    }

    /// Offsets at byte 8, as many lengths behind them, pixels behind those.
    fn places(offsets: &[u32], lengths: &[u32], pixels: &[u8]) -> Vec<u8> {
        let numbers = offsets.iter().chain(lengths);
        let mut bytes: Vec<u8> = numbers.flat_map(|number| number.to_le_bytes()).collect();
        bytes.extend(pixels);
        bytes
    }

    #[test]
    fn a_plane_that_was_left_out_leaves_the_others() {
        // Two pixels of red, no green, two of blue.
        let data = places(&[32, 0, 34], &[2, 0, 2], &[1, 2, 5, 6]);
        let tags = [
            (256, 3, 1, 2),
            (257, 3, 1, 1),
            (258, 3, 1, 8),
            (262, 3, 1, 2),
            (273, 4, 3, 8),
            (277, 3, 1, 3),
            (279, 4, 3, 20),
            (284, 3, 1, 2),
        ];
        assert_eq!(decoded(&tags, &data).expect("decodes"), [1, 0, 5, 2, 0, 6]);
    }

    #[test]
    fn a_strip_that_was_left_out_has_stored_zeros() {
        let mut tags = [
            (256, 3, 1, 2),
            (257, 3, 1, 2),
            (258, 3, 1, 8),
            (262, 3, 1, 0),
            (273, 4, 2, 8),
            (278, 3, 1, 1),
            (279, 4, 2, 16),
        ];
        let data = places(&[24, 0], &[2, 0], &[1, 2]);
        assert_eq!(
            decoded(&tags, &data).expect("decodes"),
            [254, 253, 255, 255]
        );
        tags[3].3 = 1;
        assert_eq!(decoded(&tags, &data).expect("decodes"), [1, 2, 0, 0]);
        let data = places(&[24, 26], &[0, 0], &[1, 2, 3, 4]);
        assert_eq!(
            decoded(&tags, &data).expect("decodes"),
            [1, 2, 3, 4],
            "no length said"
        );
        tags[5].3 = 0;
        let data = places(&[24, 0], &[4, 0], &[1, 2, 3, 4]);
        assert_eq!(
            decoded(&tags, &data).expect("decodes"),
            [1, 2, 3, 4],
            "0 rows are all"
        );
    }

    #[test]
    fn opacity_is_not_turned_round() {
        let tags = [
            (256, 3, 1, 2),
            (257, 3, 1, 1),
            (258, 3, 1, 8),
            (262, 3, 1, 0),
            (273, 4, 1, 8),
            (277, 3, 1, 2),
            (279, 4, 1, 4),
            (338, 3, 1, 2),
        ];
        assert_eq!(
            decoded(&tags, &[1, 2, 3, 4]).expect("decodes"),
            [254, 2, 252, 4]
        );
    }

    #[test]
    fn what_no_page_has_is_refused() {
        let page = [(256, 3, 1, 4096), (257, 3, 1, 16)];
        let jpeg = [(258, 3, 1, 12), (259, 3, 1, 7), (273, 4, 1, 8)];
        let tiles = [
            (258, 3, 1, 8),
            (322, 3, 1, 16),
            (323, 4, 1, 4 << 20),
            (324, 4, 1, 8),
        ];
        for (tags, reason) in [(&jpeg[..], "12 bits"), (&tiles, "tiles have")] {
            let tags = [&page[..], tags].concat();
            let places = places(&[8; 256], &[1; 256], &[]);
            let mut tags = tags;
            if let Some(offsets) = tags.iter_mut().find(|tag| tag.0 == 324) {
                offsets.2 = 256;
            }
            let flaw = decoded(&tags, &places).expect_err(reason);
            let text = flaw
                .into_file_error(std::path::Path::new("a.tif"))
                .to_string();
            assert!(text.contains(reason), "{text}");
        }
    }
}
