//! Deflating on several threads: pieces on their own, joined into one stream.

use crc32fast::Hasher;
use flate2::{Compress, Compression, FlushCompress, Status};
use pimage_core::Error;
use pimage_pool::OrderedPool;

/// Bytes that are compressed on their own; so many that what the next piece cannot refer to costs nothing to speak of.
const PIECE_BYTES: usize = 1 << 20;

/// What ends a stream whose blocks were not the last one: an empty block that is.
pub(super) const END: [u8; 2] = [3, 0];

/// A block of bytes as they are, which is not the last one. Its length is that of a header of an array.
pub(super) fn stored_block(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    let mut block = vec![0];
    block.extend(length.to_le_bytes());
    block.extend((!length).to_le_bytes());
    block.extend(bytes);
    block
}

/// A piece, deflated, and the checksum of what it was.
pub(super) struct Piece {
    /// Whole blocks that end at a byte.
    pub(super) bytes: Vec<u8>,
    /// Of the bytes before.
    pub(super) sum: Hasher,
}

/// Deflates bytes in pieces of a megabyte.
pub(super) struct Deflater {
    pool: OrderedPool<Vec<u8>, Piece>,
    piece: Vec<u8>,
}

impl Deflater {
    /// Workers that deflate at `level`, 1 to 9.
    pub(super) fn start(level: u32, threads: usize) -> Result<Self, Error> {
        let pool = OrderedPool::start("the deflate encoder", threads, || {
            let mut encoder = Compress::new(Compression::new(level), false);
            move |piece: Vec<u8>| deflate(&mut encoder, &piece)
        })?;
        let piece = Vec::with_capacity(PIECE_BYTES);
        Ok(Self { pool, piece })
    }

    /// Takes bytes; `sink` gets the pieces that are ready.
    pub(super) fn write(
        &mut self,
        mut bytes: &[u8],
        sink: &mut impl FnMut(Piece) -> Result<(), Error>,
    ) -> Result<(), Error> {
        while !bytes.is_empty() {
            let room = PIECE_BYTES - self.piece.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.piece.extend(now);
            bytes = later;
            if self.piece.len() == PIECE_BYTES {
                self.submit();
                while let Some(piece) = self.pool.ready() {
                    sink(piece?)?;
                }
            }
        }
        Ok(())
    }

    /// Deflates what is left.
    pub(super) fn finish(
        mut self,
        sink: &mut impl FnMut(Piece) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if !self.piece.is_empty() {
            self.submit();
        }
        for piece in &mut self.pool {
            sink(piece?)?;
        }
        Ok(())
    }

    fn submit(&mut self) {
        let next = Vec::with_capacity(PIECE_BYTES);
        self.pool.submit(std::mem::replace(&mut self.piece, next));
    }
}

fn deflate(encoder: &mut Compress, piece: &[u8]) -> Result<Piece, Error> {
    let failed = |reason: String| Error::Codec {
        codec: "deflate".to_owned(),
        path: std::path::PathBuf::new(),
        frame: None,
        reason,
    };
    encoder.reset();
    let mut sum = Hasher::new();
    sum.update(piece);
    let mut bytes = Vec::with_capacity(piece.len() / 2 + 64);
    loop {
        let taken = usize::try_from(encoder.total_in()).unwrap_or(usize::MAX);
        let rest = piece.get(taken..).unwrap_or_default();
        let status = encoder
            .compress_vec(rest, &mut bytes, FlushCompress::Sync)
            .map_err(|error| failed(error.to_string()))?;
        if encoder.total_in() == piece.len() as u64 && bytes.len() < bytes.capacity() {
            return Ok(Piece { bytes, sum });
        }
        if status == Status::StreamEnd {
            return Err(failed("the stream ended early".to_owned()));
        }
        bytes.reserve(64 << 10);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn pieces_make_one_stream() {
        for length in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, 3 * PIECE_BYTES + 7] {
            let bytes: Vec<u8> = (0..length).map(|i| ((i * i) >> 7) as u8).collect();
            let mut stream = stored_block(b"header");
            let mut sum = Hasher::new();
            let mut sink = |piece: Piece| {
                stream.extend(&piece.bytes);
                sum.combine(&piece.sum);
                Ok(())
            };
            let mut deflater = Deflater::start(6, 2).expect("starts");
            for part in bytes.chunks(300_001) {
                deflater.write(part, &mut sink).expect("deflates");
            }
            deflater.finish(&mut sink).expect("deflates");
            stream.extend(END);
            let mut inflated = Vec::new();
            let mut decoder = flate2::read::DeflateDecoder::new(&*stream);
            decoder.read_to_end(&mut inflated).expect("inflates");
            assert!(inflated == [b"header", &*bytes].concat(), "{length}");
            assert_eq!(sum.finalize(), crc32fast::hash(&bytes));
        }
    }
}
