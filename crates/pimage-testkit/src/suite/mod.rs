//! What every reader and every writer must do, whatever its format.

mod reader;
mod truncation;
mod writer;

pub use reader::{reader, reader_of_count};
pub use truncation::{Cut, truncation};
pub use writer::{Create, Open, WriterCase, writer, writer_of_files};

use std::hash::Hasher;

use pimage_core::{Error, Frame, FrameReader};
use xxhash_rust::xxh3::Xxh3;

/// What a frame is: its pixels, format and stamp, in 64 bits.
fn fingerprint(frame: &Frame) -> u64 {
    let mut hasher = Xxh3::new();
    hasher.write(frame.bytes());
    hasher.write(format!("{} {:?}", frame.format(), frame.stamp).as_bytes());
    hasher.finish()
}

/// More frames than any recording of a test has.
const MOST_FRAMES: usize = 1_000_000;

/// The fingerprints of all frames, by index, until the end or an error.
fn fingerprints(reader: &mut dyn FrameReader) -> (Vec<(u64, u64)>, Option<Error>) {
    let mut frame = Frame::empty();
    let mut all = Vec::new();
    loop {
        assert!(all.len() <= MOST_FRAMES, "the reader does not end");
        match reader.read_into(&mut frame) {
            Ok(true) => all.push((frame.stamp.index, fingerprint(&frame))),
            Ok(false) => return (all, None),
            Err(error) => return (all, Some(error)),
        }
    }
}
