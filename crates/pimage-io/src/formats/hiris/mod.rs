//! HIRIS recordings (R&D Vision): a text header `.seq` beside files of pixels `.bin`.
//!
//! # What it stores
//!
//! One INI section, `[Sequence Settings]`, with a comment of free text, and frames of 8 or 16-bit gray without any header of their own,
//! in one or several `.bin` files whose names start with that of the `.seq`.
//!
//! # What pimage reads
//!
//! All of it, through a memory map: the bins in natural order, from `Bin directory` when they are there, else from beside the `.seq`.
//! A comment may hold anything, `=`, new lines and `[sections]` included. Text that is not UTF-8 is Windows-1252.
//! Every key of the header is in the metadata under its own name.
//! 16-bit samples are little-endian with the significant bits lowest, `BitsPerPixel` of them.
//! A last frame that is cut is damage; so is a bin that is cut before another begins, or that is missing from their numbers.
//! When `Agregat` or the other bins tell how many frames a bin has, the missing ones are listed and later frames keep their indices;
//! else the list says that later indices are too low. Frames or bins that `Number of files` promises behind the last are missing too.
//! `hiris_frames_disagree` in the metadata says so when the header promises another number of frames than the bins hold.
//!
//! # What it writes
//!
//! A `.seq` and one `.bin`, of gray `U8` or `U16`.
//!
//! # What is lost
//!
//! Times and numbers of single frames: time is the index over `FramePerSecond`.
//!
//! # Specification
//!
//! None is public; this follows the files that readers in the field accept.

mod bins;
mod gaps;
mod header;
mod writer;

use std::fs;
use std::path::Path;

use pimage_core::{
    Color, Error, FrameCount, FrameFormat, FrameRate, FrameReader, SampleType, StreamInfo,
};

use self::gaps::Claims;
use self::header::Header;
use crate::flat::{FlatReader, Part};
use crate::samples::{ByteOrder, Stored};
use crate::{Format, Probe, ReadOptions};

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "hiris",
    title: "HIRIS camera recording (.seq and .bin)",
    extensions: &["seq"],
    reads: "8 and 16 bit, many bins, cut recordings",
    writes: "the same, with one bin",
    detect: Some(detect),
    feature: "",
    open: Some(open),
    create: Some(writer::create),
};

/// Metadata name of the note that header and bins disagree on the number of frames.
const DISAGREEMENT: &str = "hiris_frames_disagree";

/// Text that names the section, also behind a byte-order mark, blank lines or comments.
fn detect(probe: &Probe<'_>) -> bool {
    let mut lines = probe.head.split(|byte| *byte == b'\n');
    lines.any(|line| header::is_section_line(line.trim_ascii()))
}

fn open(path: &Path, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
    let length = path.metadata().map_err(Error::io("open", path))?.len();
    options.limits.check_header(length)?;
    let bytes = fs::read(path).map_err(Error::io("read", path))?;
    let header = Header::parse(path, &bytes)?;
    let (format, stored) = format_of(path, &header)?;
    options.limits.check_format(&format)?;
    let frame_bytes = stored
        .frame_bytes(&format)
        .map_or(u64::MAX, |bytes| bytes as u64);
    let parts = bins::find(path, &header, frame_bytes)?;
    let bins = parts.len() as u64;
    let parts = gaps::mark(parts, Claims::of(&header));
    let info = info_of(&header, format, &parts, bins);
    let (limits, on_damage) = (options.limits, options.on_damage);
    let reader = FlatReader::new(path, info, stored, parts, limits, on_damage)?;
    Ok(Box::new(reader))
}

fn format_of(path: &Path, header: &Header) -> Result<(FrameFormat, Stored), Error> {
    let width = header.positive(path, "Width")?;
    let height = header.positive(path, "Height")?;
    let bytes = match header.get("BytesPerPixel") {
        Some(_) => header.positive(path, "BytesPerPixel")?,
        None => 1,
    };
    let sample = match bytes {
        1 => SampleType::U8,
        2 => SampleType::U16,
        other => {
            let reason = format!("`BytesPerPixel` is {other}: pimage reads 1 and 2");
            return Err(Error::unsupported(path, reason));
        }
    };
    let mut format = FrameFormat::new(width, height, Color::Gray, sample);
    if let Some(bits) = header.number("BitsPerPixel") {
        let bits = u8::try_from(bits)
            .ok()
            .filter(|bits| *bits <= sample.bits());
        let Some(bits) = bits.filter(|bits| *bits > 0) else {
            let found = header.get("BitsPerPixel").unwrap_or_default();
            let reason = format!(
                "`BitsPerPixel` is {found}: expected 1 to {} for {bytes} byte(s) a pixel",
                sample.bits()
            );
            return Err(Error::malformed("HIRIS", path, reason));
        };
        format = format.with_bit_depth(bits);
    }
    Ok((format, Stored::As(sample, ByteOrder::Little)))
}

fn info_of(header: &Header, format: FrameFormat, parts: &[Part], bins: u64) -> StreamInfo {
    let count = parts.iter().map(Part::slots).fold(0, u64::saturating_add);
    let whole: u64 = parts.iter().map(|part| part.count).sum();
    let mut info = StreamInfo::new("hiris", format, FrameCount::Exact(count));
    info.codec = Some("raw".to_owned());
    info.rate = header
        .get("FramePerSecond")
        .and_then(|text| text.trim().replace(',', ".").parse().ok())
        .and_then(FrameRate::from_fps);
    for (name, value) in header.entries() {
        info.metadata.insert(name.to_owned(), value.into());
    }
    // Recorders count images or bins here.
    let claimed = header.number("Number of files");
    if let Some(claimed) = claimed.filter(|claim| *claim != whole && *claim != bins) {
        let note = format!("the header says {claimed}, the {bins} bin(s) hold {whole} frame(s)");
        info.metadata.insert(DISAGREEMENT.to_owned(), note.into());
    }
    info
}
