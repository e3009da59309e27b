//! Reads frames one by one, in any order: `random_access FILE LIST [--gray]`, where LIST has an index on each line.
//!
//! Prints each index and the hash of the frame's pixels, which is the one that `pimage hash` prints for that frame.

use std::error::Error;
use std::io::{Write, stdout};

use pimage_core::{Frame, FrameReader, SeekFrames};
use pimage_io::{ReadOptions, open};
use xxhash_rust::xxh3::Xxh3;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args_os().skip(1);
    let (Some(file), Some(list)) = (args.next(), args.next()) else {
        return Err("usage: random_access FILE LIST [--gray]".into());
    };
    let options = ReadOptions {
        gray: args.any(|option| option == "--gray"),
        ..ReadOptions::default()
    };
    let mut reader = open(&file, &options)?;
    let Some(reader) = reader.as_seek() else {
        return Err(format!("`{}` can only be read in order", file.display()).into());
    };
    print_hashes(reader, &std::fs::read_to_string(&list)?)
}

/// Seeks to each frame of the list and reads it into the same memory.
fn print_hashes(reader: &mut dyn SeekFrames, list: &str) -> Result<(), Box<dyn Error>> {
    let mut out = stdout().lock();
    let mut frame = Frame::empty();
    for line in list.lines().filter(|line| !line.trim().is_empty()) {
        let index: u64 = line.trim().parse()?;
        reader.seek(index)?;
        if !reader.read_into(&mut frame)? {
            return Err(format!("there is no frame {index}").into());
        }
        writeln!(out, "{index} {:032x}", hash(&frame))?;
    }
    Ok(())
}

/// XXH3-128 of shape, type and samples.
fn hash(frame: &Frame) -> u128 {
    let format = frame.format();
    let mut hasher = Xxh3::new();
    let header = format!(
        "{}x{} {} {}\n",
        format.width, format.height, format.color, format.sample
    );
    hasher.update(header.as_bytes());
    hasher.update(frame.bytes());
    hasher.digest128()
}
