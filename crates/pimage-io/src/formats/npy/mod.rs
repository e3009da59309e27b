//! numpy array files (`.npy`).
//!
//! # What it stores
//!
//! One array of numbers of one type, with its shape.
//!
//! # What pimage reads
//!
//! (time, height, width), (time, height, width, 1 to 4 channels), or one frame (height, width); row or column order, either byte order.
//! `bool` becomes `U8` 0 and 1, `int8` becomes `I16` and `float16` becomes `F32`: all exact.
//! 64-bit integers and complex numbers are refused, because no frame holds them.
//! Column order needs a pass over the file for each 64 MiB of frames.
//!
//! # What it writes
//!
//! (time, height, width) for gray, else (time, height, width, channels); row order, little-endian, streamed.
//! [`NpyWriter`] writes frames in any order.
//!
//! # What is lost
//!
//! Bit depth, colour meaning, rate, times and metadata.
//!
//! # Specification
//!
//! <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>, versions 1 to 3.

mod fortran;
mod header;
mod writer;

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use pimage_core::{Error, FrameCount, FrameFormat, FrameReader, StreamInfo};

use self::fortran::FortranReader;
use self::header::Header;
pub use self::writer::NpyWriter;
use crate::flat::{FlatReader, Part, stored_frame_bytes};
use crate::{Format, Probe, ReadOptions};

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "npy",
    title: "numpy array (time, height, width[, channels])",
    extensions: &["npy"],
    detect: Some(detect),
    feature: "",
    open: Some(open),
    create: Some(writer::create),
};

fn detect(probe: &Probe<'_>) -> bool {
    probe.head.starts_with(header::MAGIC)
}

fn open(path: &Path, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
    let (header, length) = read_header(path, options)?;
    let (format, claimed) = header.frames(path)?;
    options.limits.check_format(&format)?;
    options.limits.check_frames(claimed)?;
    let frame_bytes =
        stored_frame_bytes(&format, header.stored).map_or(u64::MAX, |bytes| bytes as u64);
    let available = length.saturating_sub(header.data_start);
    if header.is_fortran && claimed > 0 {
        return Ok(Box::new(FortranReader::open(
            path,
            &header,
            info_of(format, claimed),
            available,
            options,
        )?));
    }
    let whole = claimed.min(available / frame_bytes.max(1));
    let missing = claimed - whole;
    let cut_bytes = if missing > 0 {
        available - whole * frame_bytes
    } else {
        0
    };
    let part = Part {
        path: path.to_path_buf(),
        start: header.data_start,
        count: whole,
        cut_bytes,
        missing,
        hole: 0,
        reason: None,
    };
    let mut info = info_of(format, whole);
    let extra = available.saturating_sub(claimed.saturating_mul(frame_bytes));
    if extra > 0 {
        let note = format!("{extra} bytes follow the array");
        info.metadata.insert("npy_extra".to_owned(), note.into());
    }
    let (limits, on_damage) = (options.limits, options.on_damage);
    let reader = FlatReader::new(path, info, header.stored, vec![part], limits, on_damage)?;
    Ok(Box::new(reader))
}

fn info_of(format: FrameFormat, count: u64) -> StreamInfo {
    let mut info = StreamInfo::new("npy", format, FrameCount::Exact(count));
    info.codec = Some("raw".to_owned());
    info
}

/// The header, and the length of the file.
fn read_header(path: &Path, options: &ReadOptions) -> Result<(Header, u64), Error> {
    let mut file = File::open(path).map_err(Error::io("open", path))?;
    let length = file.metadata().map_err(Error::io("open", path))?.len();
    let mut read = |count: usize| {
        file.rewind().map_err(Error::io("read", path))?;
        let mut bytes = Vec::new();
        (&mut file)
            .take(count as u64)
            .read_to_end(&mut bytes)
            .map_err(Error::io("read", path))?;
        Ok::<_, Error>(bytes)
    };
    let header_bytes = Header::length(path, &read(12)?, &options.limits)?;
    let bytes = read(header_bytes)?;
    if bytes.len() < header_bytes {
        let reason = format!("its header is {} of {header_bytes} bytes", bytes.len());
        return Err(Error::malformed("npy", path, reason));
    }
    Ok((Header::parse(path, &bytes)?, length))
}
