//! Pages to frames: strips and tiles read, unpacked and put in their places.

mod chunk;
mod held;
mod places;
mod rows;

use pimage_core::{Frame, Limits};

use self::chunk::Chunk;
use self::held::Held;
use self::places::Places;
use super::flaw::Flaw;
use super::ifd::{Header, Source, whole};
use super::page::{Packed, Page, Predictor};
use super::unpack::{self, Unpacker};
use super::{jpeg, line};

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
            match self.decode_chunk(page, &chunk, header, source, frame) {
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
        chunk: &Chunk,
        header: Header,
        source: &mut dyn Source,
        frame: &mut Frame,
    ) -> Result<(), Flaw> {
        let plain = page.chunk_bytes(chunk)?;
        let Some(place) = self.places.get(page, chunk.number, plain)? else {
            self.place_nothing(page, chunk, plain, frame);
            return Ok(());
        };
        if let Some(bytes) = self.held.get(chunk.number) {
            let order = page.unpacked_order(header.order);
            rows::place(page, chunk, bytes, order, &mut self.line, frame);
            return Ok(());
        }
        let length = places::bytes_to_read(page, chunk, plain, place, source.length())?;
        let packed = whole(source, place.0, length)?;
        if page.packed == Packed::Jpeg {
            return self.place_picture(page, chunk, packed, frame);
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
            let target = rows::frame_rows(page, chunk, frame);
            let unpacked = self.unpacker.unpack(page.packed, packed, target);
            // What was unpacked before an error is kept where damage is.
            rows::undo(page, header.order, target, &mut self.planes);
            return unpacked.map_err(|reason| chunk.flaw(reason));
        }
        if page.packed == Packed::None {
            rows::place(page, chunk, packed, header.order, &mut self.line, frame);
            return Ok(());
        }
        self.chunk.resize(plain, 0);
        self.unpacker
            .unpack(page.packed, packed, &mut self.chunk)
            .map_err(|reason| chunk.flaw(reason))?;
        if page.predictor != Predictor::None {
            rows::undo(page, header.order, &mut self.chunk, &mut self.planes);
        }
        self.held.keep(chunk.number, &self.chunk);
        let order = page.unpacked_order(header.order);
        rows::place(page, chunk, &self.chunk, order, &mut self.line, frame);
        Ok(())
    }

    /// Puts a strip or tile in its place that was left out: stored zeros, whatever colour they mean.
    fn place_nothing(&mut self, page: &Page, chunk: &Chunk, plain: usize, frame: &mut Frame) {
        if page.has_plain_samples() || page.units().is_some() {
            return rows::clear(page, chunk, frame);
        }
        self.chunk.clear();
        self.chunk.resize(plain, 0);
        let (bytes, line) = (&self.chunk, &mut self.line);
        rows::place(page, chunk, bytes, line::NATIVE, line, frame);
    }

    /// Puts the rows of a JPEG stream in their places.
    fn place_picture(
        &mut self,
        page: &Page,
        chunk: &Chunk,
        packed: &[u8],
        frame: &mut Frame,
    ) -> Result<(), Flaw> {
        let samples = page.chunk_samples();
        let picture = jpeg::decode(page, samples, packed, &mut self.packed)
            .map_err(|reason| chunk.flaw(reason))?;
        if picture.width < chunk.columns as usize || picture.height < chunk.rows as usize {
            return Err(chunk.flaw(format!(
                "its JPEG stream has {}x{} pixels: expected {}x{}",
                picture.width, picture.height, chunk.columns, chunk.rows
            )));
        }
        let row_bytes = picture.width * samples;
        let rows = picture.samples.chunks_exact(row_bytes.max(1));
        rows::place_rows(page, chunk, rows, line::NATIVE, &mut self.line, frame);
        Ok(())
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
