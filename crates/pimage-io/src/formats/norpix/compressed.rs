//! Frames that are JPEG or PNG files: finding them, and decoding them.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use pimage_core::{Color, Error, Frame, FrameFormat, Limits, SampleType};
use pimage_fs::MappedFile;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::header::Header;
use super::pixels::compression_name;
use crate::bytes::u32_at;

/// Bytes between the end of one frame and the next, by which recorders differ; the two usual ones first.
const GAPS: [u64; 6] = [8, 16, 6, 12, 14, 24];

/// What the frames are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Jpeg,
    Png,
}

impl Coding {
    /// The coding that the header names; `None` when the frames are not compressed.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for the other compressions, by name.
    pub(super) fn of(path: &Path, header: &Header) -> Result<Option<Self>, Error> {
        match (header.compression, header.image_format) {
            // Formats that a toolbox for MATLAB added, with and without a compression.
            (_, 102 | 103 | 201) | (1, _) => Ok(Some(Self::Jpeg)),
            (_, 1 | 2) => Ok(Some(Self::Png)),
            (0, _) => Ok(None),
            (other, _) => {
                let reason = format!(
                    "a NorPix recording of compression {other} ({}); pimage reads JPEG and none",
                    compression_name(other)
                );
                Err(Error::unsupported(path, reason))
            }
        }
    }

    /// The name of the codec.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
        }
    }

    const fn magic(self) -> &'static [u8] {
        match self {
            Self::Jpeg => b"\xFF\xD8",
            Self::Png => b"\x89PNG",
        }
    }

    /// What frames of this coding are.
    pub(super) fn format(self, header: &Header) -> FrameFormat {
        let color = match header.image_format {
            2 | 200..=999 => Color::Rgb,
            _ => Color::Gray,
        };
        let sample = if self == Self::Png && header.real_bit_depth > 8 && color == Color::Gray {
            SampleType::U16
        } else {
            SampleType::U8
        };
        FrameFormat::new(header.width, header.height, color, sample)
    }

    /// Decodes one frame into the pixels of `frame`, which has `format` afterwards; why not, in words.
    pub(super) fn decode(
        self,
        bytes: &[u8],
        format: &FrameFormat,
        frame: &mut Frame,
        limits: &Limits,
        is_strict: bool,
    ) -> Result<(), String> {
        let decoded = catch_unwind(AssertUnwindSafe(|| match self {
            Self::Jpeg => decode_jpeg(bytes, format, frame, limits, is_strict),
            Self::Png => decode_png(bytes, format, frame, limits),
        }));
        decoded.unwrap_or_else(|_| Err(format!("the {} decoder failed (internal)", self.name())))
    }
}

fn size_error(found: (usize, usize), format: &FrameFormat) -> String {
    let (width, height) = found;
    format!(
        "it is {width}x{height}: expected {}x{}",
        format.width, format.height
    )
}

fn shape(frame: &mut Frame, format: &FrameFormat, limits: &Limits) -> Result<(), String> {
    frame
        .reset(format, limits)
        .map_err(|error| error.to_string())
}

fn decode_jpeg(
    bytes: &[u8],
    format: &FrameFormat,
    frame: &mut Frame,
    limits: &Limits,
    is_strict: bool,
) -> Result<(), String> {
    let space = match format.color {
        Color::Gray => ColorSpace::Luma,
        _ => ColorSpace::RGB,
    };
    let (width, height) = (format.width as usize, format.height as usize);
    let options = DecoderOptions::new_fast()
        .set_strict_mode(is_strict)
        .set_max_width(width)
        .set_max_height(height)
        .jpeg_set_out_colorspace(space);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(bytes), options);
    decoder
        .decode_headers()
        .map_err(|error| format!("{error:?}"))?;
    let info = decoder.info().ok_or("it has no size")?;
    let found = (usize::from(info.width), usize::from(info.height));
    if found != (width, height) {
        return Err(size_error(found, format));
    }
    // Not before the file itself has told the size.
    shape(frame, format, limits)?;
    decoder
        .decode_into(frame.bytes_mut())
        .map_err(|error| format!("{error:?}"))
}

fn decode_png(
    bytes: &[u8],
    format: &FrameFormat,
    frame: &mut Frame,
    limits: &Limits,
) -> Result<(), String> {
    let frame_bytes = format.frame_bytes().unwrap_or(usize::MAX);
    let bounds = png::Limits {
        bytes: frame_bytes.saturating_mul(2).max(1 << 20),
    };
    let decoder = png::Decoder::new_with_limits(Cursor::new(bytes), bounds);
    let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
    let info = reader.info();
    let found = (info.width as usize, info.height as usize);
    if found != (format.width as usize, format.height as usize) {
        return Err(size_error(found, format));
    }
    let color = match format.color {
        Color::Gray => png::ColorType::Grayscale,
        _ => png::ColorType::Rgb,
    };
    let depth = match format.sample {
        SampleType::U16 => png::BitDepth::Sixteen,
        _ => png::BitDepth::Eight,
    };
    if (info.color_type, info.bit_depth) != (color, depth) {
        return Err(format!(
            "it is {:?} of {:?} bits: expected {format}",
            info.color_type, info.bit_depth
        ));
    }
    shape(frame, format, limits)?;
    reader
        .next_frame(frame.bytes_mut())
        .map_err(|error| error.to_string())?;
    if cfg!(target_endian = "little") {
        crate::samples::swap(frame.bytes_mut(), format.sample.bytes());
    }
    Ok(())
}

/// Where one frame lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Offset of its first byte.
    pub(super) offset: u64,
    /// Its length, bytes; its time follows.
    pub(super) length: u32,
}

/// How the walk over the frames ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// After the last frame.
    Whole,
    /// In a frame, of which `found` bytes are there.
    Cut { found: u64, expected: u64 },
    /// Where no frame begins.
    NoFrame { offset: u64 },
}

/// Finds all frames by going from one to the next.
///
/// # Errors
///
/// [`Error::TooLarge`] when there are more than the limit; [`Error::Io`].
pub(super) fn walk(
    file: &mut MappedFile,
    header: &Header,
    coding: Coding,
    limits: &Limits,
) -> Result<(Vec<Place>, End), Error> {
    let mut places = Vec::new();
    let mut gap = None;
    let mut at = header.data_start();
    let wanted = match header.allocated {
        0 => u64::MAX,
        allocated => u64::from(allocated),
    };
    while (places.len() as u64) < wanted {
        let Some(bytes) = frame_bytes(file, at, coding)? else {
            let is_end = at >= file.len() || is_zero(file.slice(at, 8)?);
            let end = if is_end {
                End::Whole
            } else {
                End::NoFrame { offset: at }
            };
            return Ok((places, end));
        };
        // The length counts its own four bytes.
        let end = at + u64::from(bytes);
        let expected = u64::from(bytes) - 4 + header.time_bytes() as u64;
        let found = file.len().saturating_sub(at + 4);
        if found < expected {
            return Ok((places, End::Cut { found, expected }));
        }
        places.push(Place {
            offset: at + 4,
            length: bytes - 4,
        });
        limits.check_frames(places.len() as u64)?;
        at = next_frame(file, end, coding, &mut gap)?;
    }
    Ok((places, End::Whole))
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// The length field of the frame at `at`; `None` when none begins there.
fn frame_bytes(file: &mut MappedFile, at: u64, coding: Coding) -> Result<Option<u32>, Error> {
    let start = file.slice(at, 8)?;
    let has_magic = start
        .get(4..)
        .is_some_and(|start| start.starts_with(coding.magic()));
    Ok(u32_at(start, 0).filter(|length| has_magic && *length > 8))
}

/// The offset of the next frame behind `end`, where the time of the last one begins.
fn next_frame(
    file: &mut MappedFile,
    end: u64,
    coding: Coding,
    gap: &mut Option<u64>,
) -> Result<u64, Error> {
    let usual = gap.unwrap_or(GAPS[0]);
    for candidate in std::iter::once(usual).chain(GAPS) {
        if frame_bytes(file, end + candidate, coding)?.is_some() {
            *gap = Some(candidate);
            return Ok(end + candidate);
        }
    }
    Ok(end + usual)
}
