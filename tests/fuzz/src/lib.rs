//! What every target does with its bytes: a file of its own, opened and read as a user would.

use std::fs;
use std::path::PathBuf;

use pimage_core::{Frame, FrameReader, Limits, OnDamage};
use pimage_io::{RawSpec, ReadOptions};

/// A file in a folder of this process, in memory where the system has such a place.
fn path_of(name: &str) -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let base = if memory.is_dir() {
        memory
    } else {
        std::env::temp_dir()
    };
    let folder = base.join(format!("pimage-fuzz-{}", std::process::id()));
    let _ = fs::create_dir_all(&folder);
    folder.join(name)
}

/// Puts bytes into the file of this name, beside which the others stay.
pub fn put(name: &str, bytes: &[u8]) {
    let path = path_of(name);
    if let Some(folder) = path.parent() {
        let _ = fs::create_dir_all(folder);
    }
    let _ = fs::write(path, bytes);
}

/// Removes the folder of this name with all that is in it.
pub fn remove(name: &str) {
    let _ = fs::remove_dir_all(path_of(name));
}

/// Opens the file of this name and reads it to its end, in each way of meeting damage.
pub fn read(name: &str) {
    read_with(name, &ReadOptions::default());
}

/// As [`read`], of frames without a header.
pub fn read_raw(name: &str, layout: RawSpec) {
    let raw = Some(layout);
    read_with(
        name,
        &ReadOptions {
            raw,
            ..ReadOptions::default()
        },
    );
}

fn read_with(name: &str, options: &ReadOptions) {
    for on_damage in [OnDamage::Fail, OnDamage::Skip, OnDamage::Keep] {
        let options = ReadOptions {
            on_damage,
            limits: Limits {
                // libFuzzer stops a target at 2 GiB.
                max_frame_bytes: 64 << 20,
                ..Limits::default()
            },
            demosaic: on_damage == OnDamage::Keep,
            ..options.clone()
        };
        if let Ok(mut reader) = pimage_io::open(path_of(name), &options) {
            read_all(&mut *reader);
        }
    }
}

/// Frames in order, then the last one again.
fn read_all(reader: &mut dyn FrameReader) {
    let mut frame = Frame::empty();
    // A header of a few bytes may promise many frames of one pixel.
    for _ in 0..10_000 {
        match reader.read_into(&mut frame) {
            Ok(true) => {}
            Ok(false) | Err(_) => break,
        }
    }
    if let Some(seek) = reader.as_seek() {
        let last = seek.frame_count().saturating_sub(1);
        if seek.seek(last).is_ok() {
            let _ = seek.read_into(&mut frame);
        }
    }
}
