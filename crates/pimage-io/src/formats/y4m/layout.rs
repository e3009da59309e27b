//! The header line: size, rate, sampling, depth and range.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

use pimage_core::{
    Color, Error, FrameCount, FrameFormat, FrameRate, Limits, SampleType, StreamInfo, keys,
};
use pimage_yuv::{Matrix, Range};

/// First bytes of every stream.
pub(super) const MAGIC: &[u8] = b"YUV4MPEG2";

/// The parameter with which pimage keeps a depth that y4m has no name for.
pub(super) const DEPTH_TAG: &str = "PIMAGE_DEPTH=";

/// How many chroma samples there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sampling {
    /// None.
    Mono,
    /// Half in both directions.
    S420,
    /// Half across.
    S422,
    /// A quarter across.
    S411,
    /// As many as luma.
    S444,
}

impl Sampling {
    /// log2 of how many pixels share a chroma sample, across and down.
    pub(super) const fn chroma_shift(self) -> (u32, u32) {
        match self {
            Self::Mono | Self::S444 => (0, 0),
            Self::S420 => (1, 1),
            Self::S422 => (1, 0),
            Self::S411 => (2, 0),
        }
    }
}

/// What the header line says.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) sampling: Sampling,
    /// Bits of a stored sample: 8, or up to 16 in two bytes.
    pub(super) depth: u8,
    /// Bits that are significant, when a tag says so.
    pub(super) used_depth: Option<u8>,
    pub(super) is_full_range: bool,
    pub(super) rate: Option<FrameRate>,
    /// The parameters that have no place elsewhere.
    pub(super) others: Vec<String>,
}

impl Layout {
    /// Reads the line, without its end.
    pub(super) fn parse(path: &Path, line: &[u8]) -> Result<Self, Error> {
        let malformed = |reason: String| Error::malformed("y4m", path, reason);
        let text = line
            .strip_prefix(MAGIC)
            .ok_or_else(|| malformed("it does not begin with `YUV4MPEG2`".to_owned()))?;
        let text = String::from_utf8_lossy(text);
        let (mut width, mut height, mut rate) = (None, None, None);
        let (mut chroma, mut range, mut used_depth) = ("420jpeg", None, None);
        let mut others = Vec::new();
        for parameter in text.split_ascii_whitespace() {
            let mut rest = parameter.chars();
            let name = rest.next();
            let value = rest.as_str();
            match name {
                Some('W') => width = value.parse().ok(),
                Some('H') => height = value.parse().ok(),
                Some('F') => rate = rate_of(value),
                Some('C') => chroma = value,
                Some('X') if value.starts_with("COLORRANGE=") => {
                    range = value.strip_prefix("COLORRANGE=");
                }
                Some('X') if value.starts_with(DEPTH_TAG) => {
                    used_depth = value.strip_prefix(DEPTH_TAG).and_then(|d| d.parse().ok());
                }
                _ => others.push(parameter.to_owned()),
            }
        }
        let side = |name: &str, value: Option<u32>| {
            value.filter(|value| *value > 0).ok_or_else(|| {
                malformed(format!("`{name}` is missing or not a whole number from 1"))
            })
        };
        let (sampling, depth) = chroma_of(chroma).ok_or_else(|| {
            let reason = format!(
                "y4m `C{}`; pimage reads mono, 420, 422, 444 and 411 of 8 bits, and mono to 16 and the others of 10, 12, 14 and 16",
                chroma.escape_debug()
            );
            Error::unsupported(path, reason)
        })?;
        Ok(Self {
            width: side("W", width)?,
            height: side("H", height)?,
            sampling,
            depth,
            used_depth: used_depth.filter(|used| (1..=depth).contains(used)),
            // Gray is full range unless it says otherwise, as everything that comes from a camera.
            is_full_range: match range {
                Some(range) => range.eq_ignore_ascii_case("FULL"),
                None => sampling == Sampling::Mono,
            },
            rate,
            others,
        })
    }

    /// Columns and rows of a chroma plane; zero for mono.
    pub(super) const fn chroma_size(&self) -> (usize, usize) {
        let (width, height) = (self.width as usize, self.height as usize);
        match self.sampling {
            Sampling::Mono => (0, 0),
            Sampling::S420 => (width.div_ceil(2), height.div_ceil(2)),
            Sampling::S422 => (width.div_ceil(2), height),
            Sampling::S411 => (width.div_ceil(4), height),
            Sampling::S444 => (width, height),
        }
    }

    /// Samples in the luma plane and in each chroma plane.
    pub(super) const fn plane_samples(&self) -> (usize, usize) {
        let (columns, rows) = self.chroma_size();
        let luma = (self.width as usize).saturating_mul(self.height as usize);
        (luma, columns.saturating_mul(rows))
    }

    /// Bytes of a frame behind its `FRAME` line.
    pub(super) const fn frame_bytes(&self) -> usize {
        let (luma, chroma) = self.plane_samples();
        let samples = luma.saturating_add(chroma.saturating_mul(2));
        samples.saturating_mul(if self.depth > 8 { 2 } else { 1 })
    }

    /// The matrix by which colour is read.
    pub(super) const fn matrix(&self) -> Matrix {
        Matrix::usual_for(self.height)
    }

    /// Which numbers are black and white.
    pub(super) const fn range(&self) -> Range {
        if self.is_full_range {
            Range::Full
        } else {
            Range::Limited
        }
    }

    /// What the reader delivers.
    pub(super) fn format(&self, gray: bool) -> FrameFormat {
        let color = if gray || self.sampling == Sampling::Mono {
            Color::Gray
        } else {
            Color::Rgb
        };
        let sample = if self.depth > 8 {
            SampleType::U16
        } else {
            SampleType::U8
        };
        FrameFormat::new(self.width, self.height, color, sample)
            .with_bit_depth(self.used_depth.unwrap_or(self.depth))
    }

    /// What the stream promises.
    pub(super) fn info(&self, gray: bool, frame_count: FrameCount) -> StreamInfo {
        let mut info = StreamInfo::new("y4m", self.format(gray), frame_count);
        info.rate = self.rate;
        info.codec = Some("raw".to_owned());
        info.pixel_format = Some(self.pixel_format());
        let mut add = |name: &str, value: &str| {
            info.metadata.insert(name.to_owned(), value.into());
        };
        let range = if self.is_full_range {
            "full"
        } else {
            "limited"
        };
        add(keys::COLOR_RANGE, range);
        if self.sampling != Sampling::Mono {
            add(keys::COLOR_MATRIX, self.matrix().name());
        }
        if !self.others.is_empty() {
            add("y4m_parameters", &self.others.join(" "));
        }
        info
    }

    /// The name that FFmpeg gives to the stored pixels.
    fn pixel_format(&self) -> String {
        let name = match self.sampling {
            Sampling::Mono => "gray",
            Sampling::S420 => "yuv420p",
            Sampling::S422 => "yuv422p",
            Sampling::S411 => "yuv411p",
            Sampling::S444 => "yuv444p",
        };
        match self.depth {
            8 => name.to_owned(),
            depth => format!("{name}{depth}le"),
        }
    }

    /// An error when the frames are over the limits.
    pub(super) fn check(&self, gray: bool, limits: &Limits) -> Result<(), Error> {
        limits.check_format(&self.format(gray))
    }
}

fn rate_of(text: &str) -> Option<FrameRate> {
    let (numerator, denominator) = text.split_once(':')?;
    FrameRate::new(numerator.parse().ok()?, denominator.parse().ok()?)
}

/// Sampling and depth of a `C` parameter.
fn chroma_of(text: &str) -> Option<(Sampling, u8)> {
    if let Some(depth) = text.strip_prefix("mono") {
        let depth = if depth.is_empty() {
            8
        } else {
            depth.parse().ok()?
        };
        return (8..=16).contains(&depth).then_some((Sampling::Mono, depth));
    }
    let (sampling, rest) = text.split_at_checked(3)?;
    let sampling = match sampling {
        "420" => Sampling::S420,
        "422" => Sampling::S422,
        "444" => Sampling::S444,
        "411" => Sampling::S411,
        _ => return None,
    };
    let depth = match rest {
        "" => 8,
        "jpeg" | "mpeg2" | "paldv" if sampling == Sampling::S420 => 8,
        _ => rest.strip_prefix('p')?.parse().ok()?,
    };
    let is_known =
        matches!(depth, 8 | 10 | 12 | 14 | 16) && (depth == 8 || sampling != Sampling::S411);
    is_known.then_some((sampling, depth))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Layout, Error> {
        Layout::parse(Path::new("a.y4m"), line.as_bytes())
    }

    #[test]
    fn lines_of_other_programs_are_read() {
        for (line, format, pixel_format, bytes) in [
            (
                "YUV4MPEG2 W5 H3 F30000:1001 Ip A1:1 C420mpeg2 XYSCSS=420MPEG2",
                "5x3 rgb uint8",
                "yuv420p",
                27,
            ),
            ("YUV4MPEG2 W5 H3 F25:1", "5x3 rgb uint8", "yuv420p", 27),
            (
                "YUV4MPEG2 W5 H3 C422p10 XYSCSS=422P10",
                "5x3 rgb uint16 (10 bit)",
                "yuv422p10le",
                66,
            ),
            ("YUV4MPEG2 W5 H3 C411", "5x3 rgb uint8", "yuv411p", 27),
            (
                "YUV4MPEG2 W5 H3 C444p16",
                "5x3 rgb uint16",
                "yuv444p16le",
                90,
            ),
            ("YUV4MPEG2 W5 H3 Cmono", "5x3 gray uint8", "gray", 15),
            (
                "YUV4MPEG2 W5 H3 Cmono12",
                "5x3 gray uint16 (12 bit)",
                "gray12le",
                30,
            ),
            (
                "YUV4MPEG2 W5 H3 Cmono16 XPIMAGE_DEPTH=14",
                "5x3 gray uint16 (14 bit)",
                "gray16le",
                30,
            ),
        ] {
            let layout = parse(line).expect(line);
            assert_eq!(layout.format(false).to_string(), format, "{line}");
            assert_eq!(layout.pixel_format(), pixel_format, "{line}");
            assert_eq!(layout.frame_bytes(), bytes, "{line}");
        }
        let layout =
            parse("YUV4MPEG2 W5 H3 F30000:1001 C420jpeg XCOLORRANGE=FULL").expect("is read");
        assert!(layout.is_full_range);
        assert_eq!(
            layout.rate.map(|rate| rate.to_string()).as_deref(),
            Some("30000/1001")
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, expected) in [
            ("RIFF", "it does not begin with `YUV4MPEG2`"),
            (
                "YUV4MPEG2 H3",
                "`W` is missing or not a whole number from 1",
            ),
            (
                "YUV4MPEG2 W3 H0",
                "`H` is missing or not a whole number from 1",
            ),
            (
                "YUV4MPEG2 W3 H3 C444alpha",
                "y4m `C444alpha`; pimage reads mono",
            ),
            ("YUV4MPEG2 W3 H3 C420p9", "y4m `C420p9`"),
            ("YUV4MPEG2 W3 H3 Cmono17", "y4m `Cmono17`"),
        ] {
            let error = parse(line).expect_err(line).to_string();
            assert!(error.contains(expected), "{line}: {error}");
        }
    }
}
