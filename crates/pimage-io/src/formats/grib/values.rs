//! Sections 5 to 7 of a field: its values, packed.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

use grib_aec::{AecFlags, AecParams};
use pimage_core::{Error, Frame, FrameFormat, SampleType};

use super::octets::i16_bytes;
use super::quantize::{Misfit, Precision, Scale};
use crate::WriteOptions;

/// Bits of a value unless asked otherwise.
const USUAL_BITS: u8 = 16;
/// Values of a block of CCSDS coding.
const BLOCK: u8 = 32;
/// Blocks from one value that is stored whole to the next.
const INTERVAL: u16 = 128;
/// The options of ecCodes: differences, most significant byte first, three bytes where they do.
const FLAGS: u8 = 0x0E;

/// How numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    /// Bit after bit.
    Simple,
    /// Coded as CCSDS 121.0 recommends.
    Ccsds,
    /// Floats as they are.
    Ieee,
}

/// How the caller wants values to be packed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    coding: Option<Coding>,
    precision: Option<Precision>,
    lossless: bool,
}

impl Wish {
    /// # Errors
    ///
    /// [`Error::BadOption`].
    pub(super) fn parse(options: &WriteOptions) -> Result<Self, Error> {
        let coding = match options.compression.as_deref() {
            None => None,
            Some("ccsds") => Some(Coding::Ccsds),
            Some("simple") => Some(Coding::Simple),
            Some("ieee") => Some(Coding::Ieee),
            Some(other) => {
                let expected = "`ccsds`, `simple` or `ieee` for GRIB";
                return Err(Error::bad_option(
                    "--compression",
                    format!("`{other}`"),
                    expected,
                ));
            }
        };
        let lossless = options.lossless;
        let Some(text) = &options.quality else {
            return Ok(Self {
                coding,
                precision: None,
                lossless,
            });
        };
        if lossless || coding == Some(Coding::Ieee) {
            let expected = "no value where every value is kept as it is";
            return Err(Error::bad_option(
                "--quality",
                format!("`{text}`"),
                expected,
            ));
        }
        Ok(Self {
            coding,
            precision: Some(Precision::parse(text)?),
            lossless,
        })
    }

    /// The coding for frames of this type.
    fn coding(&self, sample: SampleType) -> Coding {
        let is_float = matches!(sample, SampleType::F32 | SampleType::F64);
        match self.coding {
            Some(coding) => coding,
            None if is_float && self.lossless => Coding::Ieee,
            None => Coding::Ccsds,
        }
    }

    /// What the user should know of values that are off by `worst` at most.
    pub(super) fn note(&self, worst: f64) -> Option<String> {
        (worst > 0.0).then(|| {
            let how = match self.precision {
                Some(Precision::Decimals(places)) => format!("{places} decimal places"),
                Some(Precision::Bits(bits)) => format!("{bits} bits"),
                None => format!("{USUAL_BITS} bits"),
            };
            format!(
                "GRIB packs values into {how}: they are off by {worst:.2e} at most (`--quality bits=N` or `decimals=N`, `--lossless`)"
            )
        })
    }
}

/// Packs the values of frames; memory is kept from one to the next.
#[derive(Debug)]
pub(super) struct Packer {
    wish: Wish,
    /// The values that are numbers.
    values: Vec<f64>,
    packed: Vec<u32>,
    bytes: Vec<u8>,
    bitmap: Vec<u8>,
}

impl Packer {
    pub(super) const fn new(wish: Wish) -> Self {
        Self {
            wish,
            values: Vec::new(),
            packed: Vec::new(),
            bytes: Vec::new(),
            bitmap: Vec::new(),
        }
    }

    /// Appends sections 5, 6 and 7 of a frame to a message; the largest error.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for values that cannot be packed, [`Error::CannotHold`] for frames that are too large, [`Error::BadOption`] for decimals that are too many, [`Error::Codec`].
    pub(super) fn append(
        &mut self,
        path: &Path,
        frame: &Frame,
        index: u64,
        message: &mut Vec<u8>,
    ) -> Result<f64, Error> {
        let format = *frame.format();
        check_points(&format)?;
        let is_partial = self.take(frame);
        self.bytes.clear();
        let (representation, worst) = match self.wish.coding(format.sample) {
            Coding::Ieee => (self.floats(frame), 0.0),
            coding => self.numbers(coding, path, &format, index)?,
        };
        // With its header.
        if u32::try_from(self.bytes.len() + 5).is_err() {
            let hint = format!(
                "frame {index} is {} bytes when it is packed, and a section has 2^32 at most",
                self.bytes.len()
            );
            return Err(cannot_hold(&format, hint));
        }
        let count = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        let body = [count.to_be_bytes().as_slice(), &representation].concat();
        section(message, 5, &[&body]);
        match is_partial {
            true => section(message, 6, &[&[0], &self.bitmap]),
            false => section(message, 6, &[&[255]]),
        }
        section(message, 7, &[&self.bytes]);
        Ok(worst)
    }

    /// Collects the values that are numbers, and where they are; whether some are missing.
    fn take(&mut self, frame: &Frame) -> bool {
        self.values.clear();
        self.bitmap.clear();
        let mut bits = 0u8;
        let mut points = 0u64;
        let (values, bitmap) = (&mut self.values, &mut self.bitmap);
        each_value(frame, |value| {
            let is_there = !value.is_nan();
            if is_there {
                values.push(value);
            }
            bits = bits << 1 | u8::from(is_there);
            points += 1;
            if points.is_multiple_of(8) {
                bitmap.push(bits);
            }
        });
        let rest = points % 8;
        if rest > 0 {
            self.bitmap.push(bits << (8 - rest));
        }
        (self.values.len() as u64) < points
    }

    /// Floats as they are: template 5.4.
    fn floats(&mut self, frame: &Frame) -> Vec<u8> {
        let is_double = !matches!(
            frame.format().sample,
            SampleType::F32 | SampleType::U8 | SampleType::U16 | SampleType::I16
        );
        for value in &self.values {
            match is_double {
                true => self.bytes.extend(value.to_be_bytes()),
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "every value was of 32 bits"
                )]
                false => self.bytes.extend((*value as f32).to_be_bytes()),
            }
        }
        vec![0, 4, 1 + u8::from(is_double)]
    }

    /// Packed numbers, by templates 5.0 and 5.42, and the largest error.
    fn numbers(
        &mut self,
        coding: Coding,
        path: &Path,
        format: &FrameFormat,
        index: u64,
    ) -> Result<(Vec<u8>, f64), Error> {
        let scale = self.scale(path, format, index)?;
        let worst = scale.pack(&self.values, &mut self.packed);
        if self.wish.lossless && worst > 0.0 {
            return Err(Error::unsupported(
                path,
                format!(
                    "the values of frame {index} would be off by {worst:.2e}; `--compression ieee` keeps floats as they are"
                ),
            ));
        }
        // ecCodes takes a constant field of either coding, others only the plain one.
        let is_plain = coding == Coding::Simple || scale.bits == 0;
        let mut section = vec![0, if is_plain { 0 } else { 42 }];
        section.extend(scale.reference.to_be_bytes());
        section.extend(i16_bytes(scale.binary));
        section.extend(i16_bytes(scale.decimal));
        // The values of whole numbers are told from those of floats.
        let is_whole = !matches!(format.sample, SampleType::F32 | SampleType::F64);
        section.extend([scale.bits, u8::from(is_whole)]);
        if is_plain {
            pack_bits(&self.packed, scale.bits, &mut self.bytes);
        } else {
            section.extend([FLAGS, BLOCK]);
            section.extend(INTERVAL.to_be_bytes());
            self.code(path, scale.bits, index)?;
        }
        Ok((section, worst))
    }

    /// The scale of the values that were taken.
    fn scale(&self, path: &Path, format: &FrameFormat, index: u64) -> Result<Scale, Error> {
        let mut range = (f64::INFINITY, f64::NEG_INFINITY);
        for value in &self.values {
            range = (range.0.min(*value), range.1.max(*value));
        }
        if self.values.is_empty() {
            range = (0.0, 0.0);
        }
        if range.0.is_infinite() || range.1.is_infinite() {
            let reason = format!(
                "frame {index} has infinite values, which packed GRIB cannot hold; `--compression ieee` keeps them"
            );
            return Err(Error::unsupported(path, reason));
        }
        let is_whole = !matches!(format.sample, SampleType::F32 | SampleType::F64);
        let usual = match is_whole && self.wish.lossless {
            true => Precision::Bits(super::quantize::MOST_BITS),
            false => Precision::Bits(USUAL_BITS),
        };
        let precision = self.wish.precision.unwrap_or(usual);
        Scale::find(range, is_whole, precision).map_err(|misfit| match (misfit, precision) {
            (Misfit::Steps(steps), Precision::Decimals(places)) => {
                let found = format!("`decimals={places}`, with which frame {index} has {steps:.1e} steps");
                Error::bad_option("--quality", found, "fewer decimals, for 2^32 steps at most")
            }
            _ => {
                let reason = format!(
                    "frame {index} has values from {:e} to {:e}, which is further than packing reaches; `--compression ieee` keeps them",
                    range.0, range.1
                );
                Error::unsupported(path, reason)
            }
        })
    }

    /// Codes the packed numbers as CCSDS 121.0 recommends.
    fn code(&mut self, path: &Path, bits: u8, index: u64) -> Result<(), Error> {
        let failed = |error: grib_aec::Error| Error::Codec {
            codec: "CCSDS".to_owned(),
            path: path.to_path_buf(),
            frame: Some(index),
            reason: error.to_string(),
        };
        let flags = AecFlags::DATA_PREPROCESS | AecFlags::DATA_MSB | AecFlags::DATA_3BYTE;
        let params = AecParams::new(bits, BLOCK, INTERVAL, flags).map_err(failed)?;
        let width = params.bytes_per_sample();
        self.bytes.clear();
        for number in &self.packed {
            let all = number.to_be_bytes();
            self.bytes
                .extend(all.get(all.len() - width..).unwrap_or_default());
        }
        self.bytes = grib_aec::encode(&self.bytes, params).map_err(failed)?;
        Ok(())
    }
}

/// # Errors
///
/// [`Error::CannotHold`] for more points than the sections can count.
fn check_points(format: &FrameFormat) -> Result<(), Error> {
    let points = u64::from(format.width) * u64::from(format.height);
    match u32::try_from(points) {
        Ok(_) => Ok(()),
        Err(_) => Err(cannot_hold(
            format,
            format!("{points} points are more than a message counts: expected 2^32 - 1 at most"),
        )),
    }
}

/// Calls `take` with every sample of a frame.
fn each_value(frame: &Frame, mut take: impl FnMut(f64)) {
    fn each<T: pimage_core::Sample + Into<f64>>(frame: &Frame, take: &mut impl FnMut(f64)) {
        for value in frame.samples::<T>().unwrap_or_default() {
            take((*value).into());
        }
    }
    match frame.format().sample {
        SampleType::U8 => each::<u8>(frame, &mut take),
        SampleType::U16 => each::<u16>(frame, &mut take),
        SampleType::U32 => each::<u32>(frame, &mut take),
        SampleType::I16 => each::<i16>(frame, &mut take),
        SampleType::I32 => each::<i32>(frame, &mut take),
        SampleType::F32 => each::<f32>(frame, &mut take),
        _ => each::<f64>(frame, &mut take),
    }
}

/// Appends numbers of `bits` bits each, the highest bit first.
fn pack_bits(numbers: &[u32], bits: u8, bytes: &mut Vec<u8>) {
    if bits == 0 {
        return;
    }
    let (mut held, mut count) = (0u64, 0u32);
    for number in numbers {
        held = held << bits | u64::from(*number);
        count += u32::from(bits);
        while count >= 8 {
            count -= 8;
            bytes.push((held >> count & 0xFF) as u8);
        }
    }
    if count > 0 {
        bytes.push((held << (8 - count) & 0xFF) as u8);
    }
}

/// Appends a section.
pub(super) fn section(message: &mut Vec<u8>, number: u8, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let length = u32::try_from(length + 5).unwrap_or(u32::MAX);
    message.extend(length.to_be_bytes());
    message.push(number);
    for part in parts {
        message.extend_from_slice(part);
    }
}

/// Frames that GRIB does not hold.
pub(super) fn cannot_hold(format: &FrameFormat, hint: impl Into<String>) -> Error {
    Error::CannotHold {
        target: "GRIB".to_owned(),
        format: *format,
        hint: hint.into(),
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::Color;

    use super::*;

    #[test]
    fn a_message_counts_its_points_in_four_bytes() {
        let format = |height| FrameFormat::new(1 << 16, height, Color::Gray, SampleType::U8);
        assert!(check_points(&format(65_535)).is_ok());
        let error = check_points(&format(65_536)).expect_err("is one more");
        assert!(error.to_string().contains("4294967296 points"), "{error}");
    }

    #[test]
    fn bits_follow_each_other() {
        let mut bytes = Vec::new();
        pack_bits(&[0b101, 0b011, 0b110], 3, &mut bytes);
        assert_eq!(bytes, [0b1010_1111, 0]);
        bytes.clear();
        pack_bits(&[0xDEAD_BEEF, 1], 32, &mut bytes);
        assert_eq!(bytes, [0xDE, 0xAD, 0xBE, 0xEF, 0, 0, 0, 1]);
        bytes.clear();
        pack_bits(&[7; 4], 0, &mut bytes);
        assert!(bytes.is_empty());
    }
}
