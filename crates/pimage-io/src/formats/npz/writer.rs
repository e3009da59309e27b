//! Writing archives: one array of frames, and their times and numbers.

use std::path::Path;

use crc32fast::Hasher;
use pimage_codec::npy::header::{room_for, written};
use pimage_core::{Error, Frame, FrameWriter, SampleType, Stamp, StreamInfo, WriteSummary};

use super::columns::{FRAMES, NUMBERS, TIMES};
use super::deflate::{Deflater, END, Piece, stored_block};
use super::zip::{Record, contents};
use crate::create::refuse_codec_options;
use crate::formats::npy::ArrayShape;
use crate::samples::little_endian;
use crate::target::{Output, Sequence};
use crate::{WriteOptions, summary};

/// Prepares an archive that grows with each frame.
pub(super) fn create(
    path: &Path,
    info: &StreamInfo,
    options: &WriteOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    refuse_codec_options("npz", options)?;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Ok(Box::new(NpzWriter {
        output: Output::new(path, options),
        sequence: Sequence::default(),
        info: info.clone(),
        level: level_of(options)?,
        threads: options.threads.unwrap_or(cores).max(1),
        frames: None,
        stamps: Stamps::default(),
    }))
}

/// The deflate level; `None` is no compression.
fn level_of(options: &WriteOptions) -> Result<Option<u32>, Error> {
    let Some(text) = options.compression.as_deref() else {
        return Ok(None);
    };
    let level = match text.split_once('=') {
        None if text == "none" => return Ok(None),
        None if text == "deflate" => Some(6),
        Some(("deflate", level)) => level.parse().ok().filter(|level| (1..=9).contains(level)),
        _ => None,
    };
    level.map(Some).ok_or_else(|| {
        let expected = "`none`, `deflate` or `deflate=1` to `deflate=9` for npz";
        Error::bad_option("--compression", format!("`{text}`"), expected)
    })
}

/// Appends frames; what depends on their number is put in its place at the end.
struct NpzWriter {
    output: Output,
    sequence: Sequence,
    info: StreamInfo,
    level: Option<u32>,
    threads: usize,
    frames: Option<(ArrayShape, Array)>,
    stamps: Stamps,
}

impl FrameWriter for NpzWriter {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        if self.sequence.check(frame)? {
            let shape = ArrayShape::new(&self.info, *frame.format());
            let header = shape.header(0);
            let output = &mut self.output;
            let array = Array::begin(output, 0, FRAMES, &header, self.level, self.threads)?;
            self.frames = Some((shape, array));
        }
        if let Some((_, array)) = &mut self.frames {
            array.write(&mut self.output, &little_endian(frame))?;
        }
        self.stamps.add(&frame.stamp);
        self.sequence.count();
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<WriteSummary, Error> {
        let Some((shape, array)) = self.frames.take() else {
            return Ok(summary::of_no_frames());
        };
        let frames = self.sequence.frames();
        let (record, mut at) = array.finish(&mut self.output, &shape.header(frames))?;
        let mut records = vec![record];
        let times = self.stamps.has_times.then_some((TIMES, &self.stamps.times));
        let numbers = (self.stamps.numbered == frames).then_some((NUMBERS, &self.stamps.numbers));
        for (name, column) in [times, numbers].into_iter().flatten() {
            let header = column_header(name, frames);
            let (output, level) = (&mut self.output, self.level);
            let mut array = Array::begin(output, at, name, &header, level, self.threads)?;
            array.write(output, column)?;
            let (record, end) = array.finish(output, &header)?;
            records.push(record);
            at = end;
        }
        self.output.write_at(at, &contents(&records, at))?;
        let mut notes = shape.notes("npz", frames);
        notes.extend(self.stamps.note(frames));
        let bytes = self.output.commit()?;
        Ok(summary::noted(frames, bytes, notes))
    }
}

/// The header of an array of one value of eight bytes for each frame.
fn column_header(name: &str, frames: u64) -> Vec<u8> {
    let length = room_for(SampleType::F64, &[frames]);
    let mut header = written(SampleType::F64, &[frames], length);
    if name == NUMBERS
        && let Some(at) = header.windows(3).position(|bytes| bytes == b"<f8")
        && let Some(kind) = header.get_mut(at + 1)
    {
        *kind = b'i';
    }
    header
}

/// Times and numbers of the frames so far, as they are stored.
#[derive(Default)]
struct Stamps {
    times: Vec<u8>,
    has_times: bool,
    numbers: Vec<u8>,
    numbered: u64,
}

impl Stamps {
    fn add(&mut self, stamp: &Stamp) {
        let secs = stamp.secs();
        self.has_times |= secs.is_some();
        self.times.extend(secs.unwrap_or(f64::NAN).to_le_bytes());
        if let Some(number) = stamp.number {
            self.numbers.extend(number.to_le_bytes());
            self.numbered += 1;
        }
    }

    fn note(&self, frames: u64) -> Option<String> {
        let numbered = self.numbered;
        (numbered > 0 && numbered < frames).then(|| {
            format!(
                "npz keeps numbers when all frames have one: those of {numbered} frame(s) are lost"
            )
        })
    }
}

/// An array that is being written.
struct Array {
    record: Record,
    /// Bytes of its header, which is written again at the end.
    header_bytes: usize,
    deflater: Option<Deflater>,
    /// The checksum of what follows the header.
    sum: Hasher,
}

impl Array {
    /// Writes the headers of an array at offset `offset` of the archive.
    fn begin(
        output: &mut Output,
        offset: u64,
        name: &str,
        header: &[u8],
        level: Option<u32>,
        threads: usize,
    ) -> Result<Self, Error> {
        let mut array = Self {
            record: Record {
                name: format!("{name}.npy"),
                is_deflated: level.is_some(),
                offset,
                crc: 0,
                compressed_bytes: 0,
                bytes: header.len() as u64,
            },
            header_bytes: header.len(),
            deflater: level
                .map(|level| Deflater::start(level, threads))
                .transpose()?,
            sum: Hasher::new(),
        };
        let stored = array.stored_header(header);
        array.record.compressed_bytes = stored.len() as u64;
        let bytes = [array.record.local_header(), stored].concat();
        output.write_at(offset, &bytes)?;
        Ok(array)
    }

    /// The header as it is in the archive: of the same length whatever it says.
    fn stored_header(&self, header: &[u8]) -> Vec<u8> {
        if self.record.is_deflated {
            stored_block(header)
        } else {
            header.to_vec()
        }
    }

    fn write(&mut self, output: &mut Output, bytes: &[u8]) -> Result<(), Error> {
        self.record.bytes += bytes.len() as u64;
        let Some(deflater) = &mut self.deflater else {
            self.sum.update(bytes);
            self.record.compressed_bytes += bytes.len() as u64;
            return output.write_all(bytes);
        };
        let (record, sum) = (&mut self.record, &mut self.sum);
        deflater.write(bytes, &mut |piece| add(piece, record, sum, output))
    }

    /// Completes the array, whose header is `header`; its record and the offset behind it.
    fn finish(mut self, output: &mut Output, header: &[u8]) -> Result<(Record, u64), Error> {
        if let Some(deflater) = self.deflater.take() {
            let (record, sum) = (&mut self.record, &mut self.sum);
            deflater.finish(&mut |piece| add(piece, record, sum, output))?;
            output.write_all(&END)?;
            self.record.compressed_bytes += END.len() as u64;
        }
        let mut whole = Hasher::new();
        whole.update(header);
        whole.combine(&self.sum);
        self.record.crc = whole.finalize();
        let local = self.record.local_header();
        let end = self.record.offset + local.len() as u64 + self.record.compressed_bytes;
        let front = [local, self.stored_header(header)].concat();
        debug_assert_eq!(header.len(), self.header_bytes, "the header grew");
        output.write_at(self.record.offset, &front)?;
        Ok((self.record, end))
    }
}

/// Writes a deflated piece.
fn add(
    piece: Piece,
    record: &mut Record,
    sum: &mut Hasher,
    output: &mut Output,
) -> Result<(), Error> {
    sum.combine(&piece.sum);
    record.compressed_bytes += piece.bytes.len() as u64;
    output.write_all(&piece.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_compression() {
        let level = |text: &str| {
            level_of(&WriteOptions {
                compression: Some(text.to_owned()),
                ..WriteOptions::default()
            })
        };
        assert_eq!(level("none").ok(), Some(None));
        assert_eq!(level("deflate").ok(), Some(Some(6)));
        assert_eq!(level("deflate=9").ok(), Some(Some(9)));
        for text in ["", "deflate=0", "deflate=10", "zstd", "none=1"] {
            let error = level(text).expect_err(text).to_string();
            assert!(error.contains("`deflate=9` for npz"), "{error}");
        }
    }

    #[test]
    fn columns_say_their_type() {
        assert!(
            column_header(NUMBERS, 3)
                .windows(5)
                .any(|bytes| bytes == b"'<i8'")
        );
        assert!(
            column_header(TIMES, 3)
                .windows(4)
                .any(|bytes| bytes == b"(3,)")
        );
    }
}
