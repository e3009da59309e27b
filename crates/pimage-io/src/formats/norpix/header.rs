//! The 1024 bytes at the start.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

use pimage_core::{Error, Metadata, keys};

use crate::bytes::{f64_at, i32_at, u16_at, u32_at};

/// First four bytes, as a little-endian number.
pub(super) const MAGIC: u32 = 0xFEED;

/// Length of the header, bytes.
pub(super) const BYTES: usize = 1024;

/// What the header says. Sizes are bytes.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) version: i32,
    pub(super) description: String,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Stored bits of a pixel.
    pub(super) bit_depth: u32,
    /// Significant bits of a sample.
    pub(super) real_bit_depth: u32,
    /// The image alone, before its time.
    pub(super) image_bytes: u32,
    pub(super) image_format: u32,
    /// Frames that the file was made for; 0 when the recording never ended.
    pub(super) allocated: u32,
    /// From one image to the next.
    pub(super) stride: u32,
    pub(super) suggested_fps: f64,
    pub(super) bayer_code: i32,
    /// Added to every time, microseconds.
    pub(super) time_offset_us: i32,
    pub(super) compression: u32,
    /// Where a loop recording begins.
    pub(super) oldest: u32,
}

impl Header {
    /// Reads the header.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] when it is cut or not NorPix; [`Error::Unsupported`] for other versions.
    pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
        let cut = || {
            let reason = format!("its header is {} of {BYTES} bytes", bytes.len());
            Error::malformed("NorPix", path, reason)
        };
        if bytes.len() < BYTES {
            return Err(cut());
        }
        let u32_at = |at| u32_at(bytes, at).ok_or_else(cut);
        let i32_at = |at| i32_at(bytes, at).ok_or_else(cut);
        if u32_at(0)? != MAGIC {
            let reason = format!("it begins with {:#x}: expected {MAGIC:#x}", u32_at(0)?);
            return Err(Error::malformed("NorPix", path, reason));
        }
        let version = i32_at(28)?;
        if !(3..=5).contains(&version) {
            let reason = format!("a NorPix recording of version {version}: pimage reads 3 to 5");
            return Err(Error::unsupported(path, reason));
        }
        Ok(Self {
            version,
            description: description(bytes, i32_at(592)?),
            width: u32_at(548)?,
            height: u32_at(552)?,
            bit_depth: u32_at(556)?,
            real_bit_depth: u32_at(560)?,
            image_bytes: u32_at(564)?,
            image_format: u32_at(568)?,
            allocated: u32_at(572)?,
            stride: u32_at(580)?,
            suggested_fps: f64_at(bytes, 584).ok_or_else(cut)?,
            bayer_code: i32_at(608)?,
            time_offset_us: i32_at(612)?,
            compression: u32_at(620)?,
            oldest: u32_at(656)?,
        })
    }

    /// Offset of the first image.
    pub(super) const fn data_start(&self) -> u64 {
        if self.version >= 5 { 8192 } else { 1024 }
    }

    /// Bytes of the time behind each image.
    pub(super) const fn time_bytes(&self) -> usize {
        if self.version >= 5 { 8 } else { 6 }
    }

    /// The colour filter array by its code.
    pub(super) const fn bayer_pattern(&self) -> Option<&'static str> {
        match self.bayer_code {
            0 => Some("GBRG"),
            1 => Some("GRBG"),
            2 => Some("BGGR"),
            3 => Some("RGGB"),
            _ => None,
        }
    }

    /// All that has no place elsewhere.
    pub(super) fn metadata(&self, is_bayer: bool) -> Metadata {
        let mut metadata = Metadata::new();
        let mut add = |name: &str, value: pimage_core::Value| {
            metadata.insert(name.to_owned(), value);
        };
        add("norpix_version", i64::from(self.version).into());
        add("norpix_image_format", self.image_format.into());
        add("norpix_compression", self.compression.into());
        add("norpix_allocated_frames", self.allocated.into());
        add("norpix_bit_depth", self.bit_depth.into());
        add("norpix_real_bit_depth", self.real_bit_depth.into());
        add("norpix_oldest_frame", self.oldest.into());
        let offset = i64::from(self.time_offset_us);
        add("norpix_time_offset_us", offset.into());
        if self.suggested_fps.is_finite() {
            add("norpix_suggested_fps", self.suggested_fps.into());
        }
        if !self.description.is_empty() {
            add("description", self.description.as_str().into());
        }
        if is_bayer {
            add("norpix_bayer_code", i64::from(self.bayer_code).into());
            if let Some(pattern) = self.bayer_pattern() {
                add(keys::BAYER_PATTERN, pattern.into());
            }
        }
        metadata
    }
}

/// The user's text: UTF-16 (0) or single bytes (1); other data are left out.
fn description(bytes: &[u8], format: i32) -> String {
    let field = bytes.get(36..548).unwrap_or_default();
    let text = match format {
        0 => {
            let units = (0..256).filter_map(|unit| u16_at(field, unit * 2));
            let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
            String::from_utf16_lossy(&units)
        }
        1 => {
            let end = field.iter().position(|byte| *byte == 0);
            let text = field.get(..end.unwrap_or(field.len())).unwrap_or_default();
            encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(text)
                .0
                .into_owned()
        }
        _ => String::new(),
    };
    text.trim().to_owned()
}
