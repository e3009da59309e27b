//! How frames without a header lie in a file, as it is written on the command line.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::fmt;
use std::str::FromStr;

use pimage_codec::packing::Packing;
use pimage_codec::samples::{ByteOrder, Stored};
use pimage_core::{Color, Error, FrameFormat, SampleType};

/// What is accepted, for errors.
const GRAMMAR: &str = "WIDTHxHEIGHT:TYPE or WIDTHxHEIGHT:TYPE:COLOR and perhaps `,offset=BYTES`, `,gap=BYTES`, `,order=le` or `be`, \
    `,bits=N`, `,packed=10p`, `12p`, `10g`, `12g`, `10` or `12`, `,planar`, such as 640x512:uint8 or 640x512:uint16:rgb,offset=1024,order=be";

/// Samples of 10 or 12 bits without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RawPacking {
    /// `10p`, `12p`: a stream of bits, lowest first; GenICam `Mono10p`, `Mono12p`.
    LowFirst(u8),
    /// `10g`, `12g`: two samples in three bytes; GigE Vision `Mono10Packed`, `Mono12Packed`.
    Pairs(u8),
    /// `10`, `12`: a stream of bits, highest first; Phantom, Photron.
    HighFirst(u8),
}

impl RawPacking {
    const ALL: [Self; 6] = [
        Self::LowFirst(10),
        Self::LowFirst(12),
        Self::Pairs(10),
        Self::Pairs(12),
        Self::HighFirst(10),
        Self::HighFirst(12),
    ];

    const fn packing(self) -> Packing {
        match self {
            Self::LowFirst(bits) => Packing::LowFirst { bits },
            Self::Pairs(bits) => Packing::Pairs { bits },
            Self::HighFirst(bits) => Packing::HighFirst { bits },
        }
    }
}

impl fmt::Display for RawPacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LowFirst(bits) => write!(f, "{bits}p"),
            Self::Pairs(bits) => write!(f, "{bits}g"),
            Self::HighFirst(bits) => write!(f, "{bits}"),
        }
    }
}

/// The layout of frames without a header: `640x512:uint16`, `640x512:uint8:rgb`, `640x512:uint16,offset=1024,packed=12p`.
///
/// Rows are contiguous. What prints parses again.
///
/// ```
/// use pimage_io::RawSpec;
///
/// let spec: RawSpec = "640x512:u16,offset=1024,gap=16,order=be".parse()?;
/// assert_eq!(spec.to_string(), "640x512:uint16:gray,offset=1024,gap=16,order=be");
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RawSpec {
    /// Format of every frame.
    pub format: FrameFormat,
    /// Bytes before the first frame.
    pub offset: u64,
    /// Bytes between two frames that belong to none.
    pub gap: u64,
    /// Whether the highest byte of a sample comes first.
    pub is_big_endian: bool,
    /// Samples without gaps between their bits; of type `U16` then.
    pub packing: Option<RawPacking>,
    /// Whether each channel is a plane of its own, one behind the other.
    pub is_planar: bool,
}

impl RawSpec {
    /// Frames back to back, samples little-endian, channels together.
    #[must_use]
    pub const fn new(format: FrameFormat) -> Self {
        Self {
            format,
            offset: 0,
            gap: 0,
            is_big_endian: false,
            packing: None,
            is_planar: false,
        }
    }

    /// How the samples are stored.
    pub(super) fn stored(&self) -> Stored {
        let order = if self.is_big_endian {
            ByteOrder::Big
        } else {
            ByteOrder::Little
        };
        match self.packing {
            Some(packing) => Stored::Packed(packing.packing()),
            None => Stored::As(self.format.sample, order),
        }
    }

    /// Takes one part behind a comma; `None` when it is none that there is.
    fn set(&mut self, part: &str) -> Option<()> {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        match name {
            "offset" => self.offset = value.parse().ok()?,
            "gap" => self.gap = value.parse().ok()?,
            "order" => {
                self.is_big_endian = match value {
                    "be" => true,
                    "le" => false,
                    _ => return None,
                }
            }
            "bits" => {
                let bits: u8 = value.parse().ok()?;
                if bits == 0 || bits > self.format.sample.bits() || self.format.sample.is_float() {
                    return None;
                }
                self.format = self.format.with_bit_depth(bits);
            }
            "packed" => {
                let known = |packing: &RawPacking| packing.to_string() == value;
                self.packing = Some(RawPacking::ALL.into_iter().find(known)?);
            }
            "planar" if value.is_empty() => self.is_planar = true,
            _ => return None,
        }
        Some(())
    }
}

impl FromStr for RawSpec {
    type Err = Error;

    /// `WIDTHxHEIGHT:TYPE` or `WIDTHxHEIGHT:TYPE:COLOR`, TYPE as numpy spells it, or `u8`, `u16`, `f32` …;
    /// then, each after a comma, `offset=BYTES`, `gap=BYTES`, `order=le|be`, `bits=N`, `packed=10p|12p|10g|12g|10|12`, `planar`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = |expected: &str| Error::bad_option("--raw", format!("`{text}`"), expected);
        let mut parts = text.split(',').map(str::trim);
        let format = parts.next().and_then(parse_format);
        let mut spec = Self::new(format.ok_or_else(|| refused(GRAMMAR))?);
        for part in parts {
            spec.set(part).ok_or_else(|| refused(GRAMMAR))?;
        }
        if let Some(packing) = spec.packing {
            if spec.format.sample != SampleType::U16 {
                return Err(refused("uint16, which packed samples become"));
            }
            if spec.is_planar || spec.is_big_endian {
                return Err(refused(
                    "neither `order` nor `planar`, which packed samples do not have",
                ));
            }
            spec.format = spec.format.with_bit_depth(packing.packing().bits());
        }
        Ok(spec)
    }
}

/// `WIDTHxHEIGHT:TYPE` or `WIDTHxHEIGHT:TYPE:COLOR`.
fn parse_format(text: &str) -> Option<FrameFormat> {
    let mut parts = text.split(':');
    let (width, height) = parts.next()?.split_once(['x', '×'])?;
    let sample = sample_from_name(parts.next()?)?;
    let color = match parts.next() {
        None => Color::Gray,
        Some(name) => Color::ALL.into_iter().find(|color| color.name() == name)?,
    };
    let side = |text: &str| text.parse().ok().filter(|side| *side > 0);
    let (width, height) = (side(width)?, side(height)?);
    parts
        .next()
        .is_none()
        .then(|| FrameFormat::new(width, height, color, sample))
}

impl fmt::Display for RawSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FrameFormat {
            width,
            height,
            sample,
            color,
            bit_depth,
        } = self.format;
        write!(f, "{width}x{height}:{sample}:{color}")?;
        for (name, bytes) in [("offset", self.offset), ("gap", self.gap)] {
            if bytes > 0 {
                write!(f, ",{name}={bytes}")?;
            }
        }
        if self.is_big_endian {
            f.write_str(",order=be")?;
        }
        match self.packing {
            Some(packing) => write!(f, ",packed={packing}")?,
            None if bit_depth != sample.bits() => write!(f, ",bits={bit_depth}")?,
            None => {}
        }
        if self.is_planar {
            f.write_str(",planar")?;
        }
        Ok(())
    }
}

fn sample_from_name(name: &str) -> Option<SampleType> {
    SampleType::ALL.into_iter().find(|sample| {
        let long = sample.name();
        let short = long
            .replace("uint", "u")
            .replace("int", "i")
            .replace("float", "f");
        name == long || name == short
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_parse_and_print() {
        for (text, printed) in [
            ("640x512:uint8", "640x512:uint8:gray"),
            ("640x512:u16", "640x512:uint16:gray"),
            ("2x3:f32:rgb", "2x3:float32:rgb"),
            ("2x3:u16,order=le,bits=16", "2x3:uint16:gray"),
            (
                "2x3:u16:rgb,gap=16,offset=1024,order=be,bits=12,planar",
                "2x3:uint16:rgb,offset=1024,gap=16,order=be,bits=12,planar",
            ),
            ("2x3:u16,packed=12p", "2x3:uint16:gray,packed=12p"),
            ("2x3:u16, packed=10g", "2x3:uint16:gray,packed=10g"),
            ("2x3:u16:rgb,packed=10", "2x3:uint16:rgb,packed=10"),
        ] {
            let spec: RawSpec = text.parse().expect(text);
            assert_eq!(spec.to_string(), printed);
            assert_eq!(printed.parse::<RawSpec>().expect(printed), spec);
        }
        let spec: RawSpec = "2x3:u16,packed=12".parse().expect("parses");
        assert_eq!(spec.format.bit_depth, 12);
    }

    #[test]
    fn what_is_accepted_is_said() {
        for (text, expected) in [
            ("", "expected WIDTHxHEIGHT:TYPE"),
            ("640", "expected WIDTHxHEIGHT:TYPE"),
            ("640x512", "expected WIDTHxHEIGHT:TYPE"),
            ("0x1:u8", "expected WIDTHxHEIGHT:TYPE"),
            ("1x1:u9", "expected WIDTHxHEIGHT:TYPE"),
            ("1x1:u8:bgr", "expected WIDTHxHEIGHT:TYPE"),
            ("1x1:u8:rgb:x", "expected WIDTHxHEIGHT:TYPE"),
            ("1x1:u8,offset=-1", "`,offset=BYTES`"),
            ("1x1:u8,order=xe", "`,order=le` or `be`"),
            ("1x1:u16,packed=14p", "`,packed=10p`"),
            ("1x1:u8,bits=9", "`,bits=N`"),
            ("1x1:u8,planar=1", "`,planar`"),
            ("1x1:u8,", "expected WIDTHxHEIGHT:TYPE"),
            ("1x1:u8,packed=12p", "expected uint16, which packed"),
            (
                "1x1:u16,packed=12p,order=be",
                "neither `order` nor `planar`",
            ),
        ] {
            let error = text.parse::<RawSpec>().expect_err(text).to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
