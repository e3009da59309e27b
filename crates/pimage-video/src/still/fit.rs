//! How a frame fits an encoder: pixel format, depth and stored size.

use pimage_core::{Color, Error, FrameFormat, SampleType};
use pimage_yuv::Range;

use super::encoding::{Chroma, Encoder, Encoding};
use crate::ffi::{Colors, PixelFormat};
use crate::names;
use crate::plan::{Packing, Plan, packing};

/// The choices for frames of one format.
#[derive(Debug)]
pub(super) struct Fit {
    pub(super) plan: Plan,
    /// Bits of a stored sample.
    pub(super) depth: u8,
    /// Whether eight-bit levels are spread over more.
    pub(super) spreads: bool,
    /// What the encoder is told that the pixel format is, when it knows planes of RGB only by another name.
    pub(super) label: PixelFormat,
}

impl Fit {
    pub(super) fn new(format: &FrameFormat, encoding: &Encoding) -> Result<Self, Error> {
        let depth = depth_for(format, encoding)?;
        let spreads = format.sample == SampleType::U8 && depth > 8;
        let stored = FrameFormat {
            sample: match depth {
                ..=8 => SampleType::U8,
                _ => SampleType::U16,
            },
            bit_depth: depth,
            ..*format
        };
        let name = pixel_format(&stored, encoding)?;
        let refused = || cannot_hold(format, encoding, format!("it has no `{name}` here"));
        let pixel_format = PixelFormat::by_name(&name).ok_or_else(refused)?;
        let layout = pixel_format.layout().ok_or_else(refused)?;
        let range = match stored.color {
            Color::Gray => Range::Full,
            _ => encoding.range,
        };
        let packing = packing(&stored, &name, &layout, range).ok_or_else(refused)?;
        let size = stored_size(encoding.encoder, layout.chroma_shift, format);
        let is_yuv = packing == Packing::Yuv;
        let colors = Colors {
            range: if is_yuv && range == Range::Limited {
                names::range_number(Range::Limited)
            } else {
                names::range_number(Range::Full)
            },
            matrix: match (is_yuv, layout.is_rgb) {
                (true, _) => names::matrix_number(encoding.matrix),
                (false, is_rgb) => names::plain_matrix(is_rgb),
            },
            ..Colors::full_range_unknown()
        };
        let plan = Plan {
            encoder: encoding.encoder.ffmpeg_name(name == "rgb24"),
            pixel_format,
            layout,
            packing,
            matrix: encoding.matrix,
            range,
            colors,
            size,
            options: encoding.options.clone(),
            quantiser: encoding.quantiser,
            key_interval: None,
            notes: Vec::new(),
        };
        // x264 takes deep RGB as full chroma, and tells decoders by the matrix what it is.
        let label = if encoding.encoder == Encoder::X264 && name == "gbrp10le" {
            PixelFormat::by_name("yuv444p10le").ok_or_else(refused)?
        } else {
            pixel_format
        };
        Ok(Self {
            plan,
            depth,
            spreads,
            label,
        })
    }
}

/// Depths that an encoder stores.
const fn depths(encoder: Encoder, color: Color) -> &'static [u8] {
    match (encoder, color) {
        (Encoder::Mjpeg, _) => &[8],
        (Encoder::X264 | Encoder::Svt, _) => &[8, 10],
        (Encoder::X265 | Encoder::Aom, _) => &[8, 10, 12],
        (Encoder::OpenJpeg, Color::Gray | Color::Rgb) => &[8, 10, 12, 14, 16],
        (Encoder::OpenJpeg | Encoder::Jxl, _) => &[8, 16],
    }
}

/// The least depth that holds the frame and is at least what is asked for.
fn depth_for(format: &FrameFormat, encoding: &Encoding) -> Result<u8, Error> {
    let own = match format.sample {
        SampleType::U8 => 8,
        // In more than eight bits, so that they come back in samples of sixteen.
        SampleType::U16 => format.bit_depth.max(9),
        _ => {
            let hint = "add `--range full` (or MIN,MAX) to map them to 8 bits, or choose a codec that holds them as they are (npy)";
            return Err(cannot_hold(format, encoding, hint.to_owned()));
        }
    };
    let depths = depths(encoding.encoder, format.color);
    let wanted = encoding.depth.unwrap_or(own);
    if encoding.depth.is_some_and(|depth| !depths.contains(&depth)) {
        let all: Vec<_> = depths.iter().map(u8::to_string).collect();
        return Err(Error::bad_option(
            "depth",
            format!("`{wanted}` for {} frames", format.color),
            format!("{} with {}", all.join(", "), encoding.encoder.name()),
        ));
    }
    depths
        .iter()
        .copied()
        .find(|&depth| depth >= wanted)
        .ok_or_else(|| {
            let most = depths.last().copied().unwrap_or(8);
            let hint = format!(
                "it holds {most} bits: add `--range full` (or MIN,MAX) to map them to 8 bits, or say the depth that is used"
            );
            cannot_hold(format, encoding, hint)
        })
}

fn cannot_hold(format: &FrameFormat, encoding: &Encoding, hint: String) -> Error {
    Error::CannotHold {
        target: encoding.encoder.name().to_owned(),
        format: *format,
        hint,
    }
}

/// FFmpeg's pixel format for such a frame.
fn pixel_format(format: &FrameFormat, encoding: &Encoding) -> Result<String, Error> {
    let Encoding {
        encoder, chroma, ..
    } = *encoding;
    let suffix = match format.bit_depth {
        8 => String::new(),
        depth => format!("{depth}le"),
    };
    if matches!(encoder, Encoder::OpenJpeg | Encoder::Jxl) {
        return Ok(match (format.color, format.bit_depth) {
            (Color::Gray, _) => format!("gray{suffix}"),
            (Color::GrayAlpha, 8) => "ya8".to_owned(),
            (Color::GrayAlpha, _) => "ya16le".to_owned(),
            (Color::Rgb, 8) => "rgb24".to_owned(),
            (Color::Rgb, 16) => "rgb48le".to_owned(),
            (Color::Rgb, _) => format!("gbrp{suffix}"),
            (Color::Rgba, 8) => "rgba".to_owned(),
            (Color::Rgba, _) => "rgba64le".to_owned(),
        });
    }
    let has_gray = !matches!(encoder, Encoder::Mjpeg | Encoder::Svt);
    match format.color {
        Color::Gray if has_gray => return Ok(format!("gray{suffix}")),
        Color::Gray | Color::Rgb => {}
        Color::GrayAlpha | Color::Rgba => {
            let hint = "it has no alpha: webp, png, jxl, jp2 and avif do".to_owned();
            return Err(cannot_hold(format, encoding, hint));
        }
    }
    let j = if encoder == Encoder::Mjpeg { "j" } else { "" };
    let only_420 = encoder == Encoder::Svt;
    match chroma {
        _ if format.color == Color::Gray => Ok(format!("yuv{j}420p{suffix}")),
        Chroma::Yuv420 => Ok(format!("yuv{j}420p{suffix}")),
        Chroma::Yuv422 if !only_420 => Ok(format!("yuv{j}422p{suffix}")),
        Chroma::Yuv444 if !only_420 => Ok(format!("yuv{j}444p{suffix}")),
        Chroma::Rgb if encoder == Encoder::X264 && suffix.is_empty() => Ok("rgb24".to_owned()),
        Chroma::Rgb if has_gray => Ok(format!("gbrp{suffix}")),
        _ => {
            let asked = Chroma::ALL.iter().find(|(_, each)| *each == chroma);
            Err(Error::bad_option(
                "subsampling",
                format!("`{}`", asked.map_or("", |(name, _)| name)),
                if only_420 {
                    "4:2:0, the only one of SVT-AV1"
                } else {
                    "4:2:0, 4:2:2 or 4:4:4"
                },
            ))
        }
    }
}

/// The size that is stored, for encoders that do not take every one.
fn stored_size(encoder: Encoder, shift: (u32, u32), format: &FrameFormat) -> (u32, u32) {
    let least = match encoder {
        Encoder::X265 => 16,
        Encoder::Svt => 64,
        _ => 1,
    };
    let unit = |shift: u32| match encoder {
        Encoder::X264 | Encoder::X265 | Encoder::Svt => 1 << shift,
        _ => 1,
    };
    (
        format.width.max(least).next_multiple_of(unit(shift.0)),
        format.height.max(least).next_multiple_of(unit(shift.1)),
    )
}
