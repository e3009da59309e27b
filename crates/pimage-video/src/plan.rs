//! How frames of a format are encoded: which encoder, which pixel format, which options.

use std::path::Path;

use pimage_core::{Color, Error, FrameFormat, SampleType};
use pimage_yuv::{Matrix, Range};

use crate::codecs::{Codec, Container, Quality, Way, codec_by_name, container_by_extension};
use crate::ffi::{self, Colors, PixelFormat, PixelLayout, encoder_exists};
use crate::names;
use crate::options::{EncodeOptions, extension_of};
use crate::setting::Setting;

/// How samples go into a pixel format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Each channel into its component, unchanged.
    Copy,
    /// Gray into each of red, green and blue, unchanged.
    Replicate,
    /// Gray into luma, unchanged, with chroma that has no colour.
    Luma,
    /// Gray into luma, squeezed into the limited range.
    LimitedLuma,
    /// RGB into luma and chroma.
    Yuv,
}

impl Packing {
    const fn is_exact(self) -> bool {
        matches!(self, Self::Copy | Self::Replicate | Self::Luma)
    }
}

/// Uncompressed pixel formats for which AVI has an unambiguous tag.
const RAW_IN_AVI: &[&str] = &["gray", "bgr24", "bgra"];

/// The choices made before the first frame.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) container: &'static Container,
    pub(crate) codec: &'static Codec,
    setting: Setting,
    is_lossless: bool,
    preset: Option<String>,
}

/// All that is needed to encode frames of one format.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// FFmpeg's encoder; empty for libjpeg-turbo.
    pub(crate) encoder: &'static str,
    pub(crate) pixel_format: PixelFormat,
    pub(crate) layout: PixelLayout,
    pub(crate) packing: Packing,
    pub(crate) matrix: Matrix,
    pub(crate) range: Range,
    pub(crate) colors: Colors,
    /// Size of the stored picture, which may be padded.
    pub(crate) size: (u32, u32),
    pub(crate) options: Vec<(String, String)>,
    pub(crate) quantiser: Option<f64>,
    pub(crate) key_interval: Option<i32>,
    pub(crate) notes: Vec<String>,
}

impl Target {
    /// What a path and options ask for, checked as far as that is possible without a frame.
    pub(crate) fn new(path: &Path, options: &EncodeOptions) -> Result<Self, Error> {
        let extension = extension_of(path);
        let container = container_by_extension(&extension).ok_or_else(|| {
            Error::unsupported(path, format!("no video is written as `.{extension}`"))
        })?;
        let codec = codec_by_name(options.codec.as_deref().unwrap_or(container.codec))?;
        if !codec.containers.contains(&container.extension) {
            return Err(Error::bad_option(
                "--codec",
                format!("`{}` for a .{} file", codec.name, container.extension),
                format!(
                    "one of {} for it, or a .{} file",
                    codecs_of(container),
                    codec.containers.join(" or .")
                ),
            ));
        }
        if options.lossless && codec.lossless.is_empty() {
            return Err(Error::bad_option(
                "--lossless",
                format!("asked of {}, which always loses something", codec.name),
                format!("one of {} (`--codec`)", lossless_codecs(container)),
            ));
        }
        ffi::load().map_err(|reason| Error::unsupported(path, reason))?;
        let is_lossless =
            options.lossless || codec.lossy.is_empty() || asks_for_qp_0(options, codec);
        let setting = codec.setting(options.quality.as_deref())?;
        let preset = preset_of(codec, options.preset.as_deref())?;
        Ok(Self {
            container,
            codec,
            setting,
            is_lossless,
            preset,
        })
    }

    fn ways(&self) -> &'static [Way] {
        if self.is_lossless {
            self.codec.lossless
        } else {
            self.codec.lossy
        }
    }

    /// Whether libjpeg-turbo codes the frames.
    pub(crate) fn is_jpeg(&self) -> bool {
        matches!(self.codec.quality, Quality::Jpeg { .. })
    }

    /// libjpeg's quality.
    pub(crate) const fn jpeg_quality(&self) -> f64 {
        match self.setting {
            Setting::Jpeg(quality) => quality,
            _ => 77.5,
        }
    }

    /// The plan for frames of `format`.
    pub(crate) fn plan(&self, format: &FrameFormat) -> Result<Plan, Error> {
        let range = if self.codec.has_full_range {
            Range::Full
        } else {
            Range::Limited
        };
        for way in self.ways() {
            let is_there = way.encoder.is_empty() || encoder_exists(way.encoder);
            if !is_there || !takes_size(way.encoder, format) {
                continue;
            }
            for name in way.pixel_formats {
                if self.codec.name == "rawvideo"
                    && self.container.extension == "avi"
                    && !RAW_IN_AVI.contains(name)
                {
                    continue;
                }
                let Some(pixel_format) = PixelFormat::by_name(name) else {
                    continue;
                };
                let Some(layout) = pixel_format.layout() else {
                    continue;
                };
                let Some(packing) = packing(format, name, &layout, range) else {
                    continue;
                };
                if self.is_lossless && !packing.is_exact() {
                    continue;
                }
                return Ok(self.plan_for(format, way.encoder, pixel_format, layout, packing));
            }
        }
        Err(self.refusal(format))
    }

    fn plan_for(
        &self,
        format: &FrameFormat,
        encoder: &'static str,
        pixel_format: PixelFormat,
        layout: PixelLayout,
        packing: Packing,
    ) -> Plan {
        let (across, down) = layout.chroma_shift;
        let size = if packing == Packing::Copy || packing == Packing::Replicate {
            (format.width, format.height)
        } else {
            (
                format.width.next_multiple_of(1 << across),
                format.height.next_multiple_of(1 << down),
            )
        };
        let matrix = Matrix::usual_for(format.height);
        // Full range for gray, where levels count; limited for colour, as every player expects it.
        let range = match packing {
            Packing::Yuv | Packing::LimitedLuma => Range::Limited,
            _ => Range::Full,
        };
        let mut notes = Vec::new();
        if size != (format.width, format.height) {
            notes.push(format!(
                "padded from {}x{} to {}x{} for {}; pimage reads it back at its own size",
                format.width, format.height, size.0, size.1, self.codec.name
            ));
        }
        if packing == Packing::LimitedLuma {
            notes.push(format!("{} stores 220 of 256 gray levels", self.codec.name));
        }
        let stored =
            |is_yuv: bool| names::colors_for(is_yuv, layout.is_rgb, matrix, range, format.height);
        let colors = stored(packing == Packing::Yuv);
        let (mut options, quantiser) = self.encoder_options(encoder);
        if encoder == "ffv1" && size.0.min(size.1) < 16 {
            // FFmpeg 5.1 codes pictures of a few pixels wrongly in version 3, which cuts them into slices.
            options = vec![("level".to_owned(), "1".to_owned())];
        }
        Plan {
            encoder,
            pixel_format,
            layout,
            packing,
            matrix,
            range,
            colors,
            size,
            options,
            quantiser,
            key_interval: None,
            notes,
        }
    }

    fn encoder_options(&self, encoder: &str) -> (Vec<(String, String)>, Option<f64>) {
        let mut options: Vec<(String, String)> = Vec::new();
        let mut set = |key: &str, value: String| options.push((key.to_owned(), value));
        let mut quantiser = None;
        if self.is_lossless {
            for (key, value) in self.codec.lossless_options {
                set(key, (*value).to_owned());
            }
        } else {
            match self.setting {
                Setting::Crf(crf) => {
                    set("crf", crf.to_string());
                    if encoder == "libvpx-vp9" || encoder == "libaom-av1" {
                        set("b", "0".to_owned());
                    }
                }
                Setting::Qp(qp) => set("qp", qp.to_string()),
                Setting::Quantiser(value) => quantiser = Some(value),
                Setting::Jpeg(_) | Setting::None => {}
            }
            if encoder == "libx265" {
                set("x265-params", "log-level=error".to_owned());
            }
        }
        if encoder == "libvpx-vp9" {
            set("row-mt", "1".to_owned());
        }
        match (encoder, &self.preset, self.codec.preset) {
            ("libaom-av1", Some(preset), _) if !self.is_lossless => set("cpu-used", preset.clone()),
            ("libaom-av1", None, _) if !self.is_lossless => set("cpu-used", "6".to_owned()),
            ("libaom-av1", ..) => {}
            (_, Some(preset), Some((key, _))) => set(key, preset.clone()),
            (_, None, Some((key, usual))) => set(key, usual.to_owned()),
            _ => {}
        }
        (options, quantiser)
    }

    /// Why no way holds such frames, and what to do.
    fn refusal(&self, format: &FrameFormat) -> Error {
        let missing: Vec<_> = self
            .ways()
            .iter()
            .map(|way| way.encoder)
            .filter(|encoder| !encoder.is_empty() && !encoder_exists(encoder))
            .collect();
        let hint = if !missing.is_empty() && missing.len() == self.ways().len() {
            format!("this FFmpeg has no encoder {}", missing.join(" or "))
        } else {
            match format.sample {
                SampleType::U16 => format!(
                    "add `--range full` (or MIN,MAX) to map them to 8 bits, or choose a codec that holds {} bits (ffv1 in .mkv holds 16)",
                    format.bit_depth
                ),
                SampleType::U8 => format!("it has no lossless {} form; ffv1 in .mkv does", format.color),
                _ => "add `--range auto` (or MIN,MAX) to map them to 8 bits; .npy keeps them as they are".to_owned(),
            }
        };
        Error::CannotHold {
            target: self.codec.name.to_owned(),
            format: *format,
            hint,
        }
    }
}

/// Whether an encoder takes pictures as small as this: SVT-AV1 begins at 64 pixels a side.
fn takes_size(encoder: &str, format: &FrameFormat) -> bool {
    encoder != "libsvtav1" || format.width.min(format.height) >= 64
}

fn asks_for_qp_0(options: &EncodeOptions, codec: &Codec) -> bool {
    codec.name == "h264" && options.quality.as_deref() == Some("qp=0")
}

fn codecs_of(container: &Container) -> String {
    let names: Vec<_> = crate::codecs::CODECS
        .iter()
        .filter(|codec| codec.containers.contains(&container.extension))
        .map(|codec| codec.name)
        .collect();
    names.join(", ")
}

fn lossless_codecs(container: &Container) -> String {
    let names: Vec<_> = crate::codecs::CODECS
        .iter()
        .filter(|codec| {
            !codec.lossless.is_empty() && codec.containers.contains(&container.extension)
        })
        .map(|codec| codec.name)
        .collect();
    names.join(", ")
}

fn preset_of(codec: &Codec, asked: Option<&str>) -> Result<Option<String>, Error> {
    let Some(asked) = asked else {
        return Ok(None);
    };
    let expected = match codec.preset {
        None => {
            return Err(Error::bad_option(
                "--preset",
                format!("`{asked}`"),
                format!("none: {} has no presets", codec.name),
            ));
        }
        Some((_, usual)) if usual.parse::<u32>().is_ok() => {
            if asked.parse::<u32>().is_ok_and(|preset| preset <= 13) {
                return Ok(Some(asked.to_owned()));
            }
            "a number from 0 (slowest) to 13"
        }
        Some(_) => {
            const PRESETS: [&str; 10] = [
                "ultrafast",
                "superfast",
                "veryfast",
                "faster",
                "fast",
                "medium",
                "slow",
                "slower",
                "veryslow",
                "placebo",
            ];
            if PRESETS.contains(&asked) {
                return Ok(Some(asked.to_owned()));
            }
            "ultrafast, superfast, veryfast, faster, fast, medium, slow, slower, veryslow or placebo"
        }
    };
    Err(Error::bad_option(
        "--preset",
        format!("`{asked}`"),
        expected,
    ))
}

/// How frames of `format` go into a pixel format; `None` when they do not fit.
pub(crate) fn packing(
    format: &FrameFormat,
    name: &str,
    layout: &PixelLayout,
    range: Range,
) -> Option<Packing> {
    let depth = layout.depth()?;
    let fits = match format.sample {
        SampleType::U8 => depth == 8,
        SampleType::U16 => depth > 8 && depth >= u32::from(format.bit_depth),
        _ => false,
    };
    if !fits || layout.is_float {
        return None;
    }
    let components = layout.components.len();
    // `bgr0` has three components in four bytes, `bgra` four.
    let is_color = components >= 3;
    match (format.color, is_color, layout.is_rgb) {
        (color, ..) if !is_color || layout.is_rgb => {
            if color.channels() == components {
                Some(Packing::Copy)
            } else {
                (color == Color::Gray && components == 3).then_some(Packing::Replicate)
            }
        }
        (Color::Gray, true, false) if range == Range::Limited && !name.starts_with("yuvj") => {
            Some(Packing::LimitedLuma)
        }
        (Color::Gray, true, false) => Some(Packing::Luma),
        (Color::Rgb, true, false) if components == 3 => Some(Packing::Yuv),
        _ => None,
    }
}
