//! Tests of `pimage-io` through its public face.
#![expect(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "helpers of tests panic and say what they left out"
)]

#[cfg(feature = "compress")]
mod compressed;
mod detection;
mod ffmpeg;
#[cfg(feature = "gif")]
mod gif;
#[cfg(feature = "grib")]
mod grib;
mod hiris;
#[cfg(feature = "images")]
mod images;
#[cfg(feature = "netcdf")]
mod netcdf;
mod norpix;
mod npy;
#[cfg(feature = "npz")]
mod npz;
mod raw;
#[cfg(feature = "tiff")]
mod tiff;
#[cfg(feature = "tiff")]
mod tiff_written;
mod y4m;
#[cfg(feature = "zarr")]
mod zarr;
#[cfg(feature = "zarr")]
mod zarr_peer;

use std::path::Path;
use std::sync::Arc;

use pimage_core::{
    Color, Error, Frame, FrameFormat, FrameReader, FrameWriter, OnDamage, SampleType, StreamInfo,
};
use pimage_fs::Storage;
use pimage_io::{ReadOptions, WriteOptions};

fn gray8(width: u32, height: u32) -> FrameFormat {
    FrameFormat::new(width, height, Color::Gray, SampleType::U8)
}

fn gray16(width: u32, height: u32, bits: u8) -> FrameFormat {
    FrameFormat::new(width, height, Color::Gray, SampleType::U16).with_bit_depth(bits)
}

fn open(path: &Path) -> Result<Box<dyn FrameReader>, Error> {
    pimage_io::open(path, &ReadOptions::default())
}

fn skipping() -> ReadOptions {
    let on_damage = OnDamage::Skip;
    ReadOptions {
        on_damage,
        ..ReadOptions::default()
    }
}

fn create(
    path: &Path,
    info: &StreamInfo,
    storage: Arc<dyn Storage>,
    overwrite: bool,
) -> Result<Box<dyn FrameWriter>, Error> {
    let options = WriteOptions {
        storage,
        overwrite,
        ..WriteOptions::default()
    };
    pimage_io::create(path, info, &options)
}

/// Writes frames to `path` by its extension; the notes.
fn write(path: &Path, frames: &[Frame]) -> Vec<String> {
    let mut info = StreamInfo::new(
        "test",
        *frames[0].format(),
        pimage_core::FrameCount::Unknown,
    );
    info.rate = pimage_core::FrameRate::new(25, 1);
    let mut writer = pimage_io::create(path, &info, &WriteOptions::default()).expect("creates");
    for frame in frames {
        writer.write(frame).expect("writes");
    }
    writer.finish().expect("finishes").notes
}

/// More frames than any recording of these tests has, so that an endless one is noticed before memory is full.
const MOST_FRAMES: usize = 20_000;

/// Reads to the end or an error.
fn read_all(reader: &mut dyn FrameReader) -> Result<Vec<Frame>, Error> {
    let mut frames = Vec::new();
    loop {
        let mut frame = Frame::empty();
        if !reader.read_into(&mut frame)? {
            return Ok(frames);
        }
        frames.push(frame);
        assert!(frames.len() <= MOST_FRAMES, "the reader does not end");
    }
}

/// Opens and reads a damaged file as a user would, with damage skipped; any answer but a panic is right.
fn try_reading(path: &Path) {
    if let Ok(mut reader) = pimage_io::open(path, &skipping()) {
        let _ = read_all(&mut *reader);
        let _ = reader.damage();
        if let Some(seek) = reader.as_seek() {
            let last = seek.frame_count().saturating_sub(1);
            let _ = seek.seek(last);
            let _ = seek.read_into(&mut Frame::empty());
        }
    }
}
