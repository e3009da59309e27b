//! Frames through FFmpeg's encoders and decoders.

use std::path::Path;

use pimage_core::{Error, Frame, FrameFormat, Limits};
use pimage_video::still::{Chroma, Encoder, Encoding, Kind, decode, encode};
use pimage_yuv::{Matrix, Range};

use crate::settings::Asked;

/// Whether an encoder is on this machine.
pub(crate) fn probe(encoder: Encoder) -> Result<(), Error> {
    encoder.check().map_err(|reason| Error::Codec {
        codec: encoder.name().to_owned(),
        path: Path::new("").to_path_buf(),
        frame: None,
        reason,
    })
}

/// What the options say that all encoders share: planes, matrix, range, depth and threads.
///
/// # Errors
///
/// [`Error::BadOption`] for a depth less than the frame's.
fn encoding(encoder: Encoder, format: &FrameFormat, asked: &Asked<'_>) -> Result<Encoding, Error> {
    let mut encoding = Encoding::new(encoder);
    encoding.threads = asked.threads();
    let is_rgb = asked.is_lossless() || asked.text("colors") == Some("rgb");
    encoding.chroma = match asked.text("subsampling") {
        _ if is_rgb => Chroma::Rgb,
        Some("4:4:4") => Chroma::Yuv444,
        Some("4:2:2") => Chroma::Yuv422,
        _ => Chroma::Yuv420,
    };
    encoding.matrix = match asked.text("colors") {
        Some("bt709") => Matrix::Bt709,
        Some("bt2020") => Matrix::Bt2020,
        _ => Matrix::Bt601,
    };
    if asked.text("range") == Some("limited") {
        encoding.range = Range::Limited;
    }
    if let Some(depth) = asked.text("depth") {
        let bits: u8 = depth.parse().unwrap_or(format.bit_depth);
        if bits < format.bit_depth {
            return Err(Error::bad_option(
                "--option depth",
                format!("`{depth}`"),
                format!("at least the {} bits of the frame", format.bit_depth),
            ));
        }
        encoding.depth = Some(bits);
    }
    Ok(encoding)
}

/// The scale that is asked for and its number; of the codec's first scale without one.
fn quality<'a>(asked: &'a Asked<'_>) -> (&'a str, f64) {
    match asked.quality() {
        Some((scale, value)) => (scale.name, value),
        None => ("crf", asked.quality_or_usual()),
    }
}

fn with_preset_and_tune(mut encoding: Encoding, asked: &Asked<'_>) -> Encoding {
    for name in ["preset", "tune"] {
        if let Some(value) = asked.text(name) {
            encoding = encoding.with_option(name, value);
        }
    }
    encoding
}

pub(super) fn encode_x264(
    frame: &Frame,
    asked: &Asked<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let encoding = encoding(Encoder::X264, frame.format(), asked)?;
    let mut encoding = with_preset_and_tune(encoding, asked);
    encoding = match quality(asked) {
        _ if asked.is_lossless() => encoding.with_option("qp", "0"),
        (name, value) => encoding.with_option(name, value.to_string()),
    };
    encode(frame, &encoding, out)
}

pub(super) fn encode_x265(
    frame: &Frame,
    asked: &Asked<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let encoding = encoding(Encoder::X265, frame.format(), asked)?;
    let mut encoding = with_preset_and_tune(encoding, asked);
    encoding = match quality(asked) {
        _ if asked.is_lossless() => encoding.with_option("x265-params", "lossless=1"),
        (name, value) => encoding.with_option(name, value.to_string()),
    };
    encode(frame, &encoding, out)
}

/// libaom's settings for a frame, of a bare stream or inside a file.
pub(crate) fn aom_encoding(format: &FrameFormat, asked: &Asked<'_>) -> Result<Encoding, Error> {
    let mut encoding = encoding(Encoder::Aom, format, asked)?;
    if let Some(preset) = asked.text("preset") {
        encoding = encoding.with_option("cpu-used", preset);
    }
    Ok(if asked.is_lossless() {
        encoding.with_option("aom-params", "lossless=1")
    } else {
        let crf = asked.quality_or_usual().to_string();
        encoding.with_option("crf", crf).with_option("b", "0")
    })
}

pub(super) fn encode_av1(frame: &Frame, asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    encode(frame, &aom_encoding(frame.format(), asked)?, out)
}

pub(super) fn encode_svtav1(
    frame: &Frame,
    asked: &Asked<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let mut encoding = encoding(Encoder::Svt, frame.format(), asked)?;
    if let Some(preset) = asked.text("preset") {
        encoding = encoding.with_option("preset", preset);
    }
    let crf = asked.quality_or_usual().to_string();
    encode(frame, &encoding.with_option("crf", crf), out)
}

pub(super) fn encode_mjpeg(
    frame: &Frame,
    asked: &Asked<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let mut encoding = encoding(Encoder::Mjpeg, frame.format(), asked)?;
    encoding.quantiser = Some(asked.quality_or_usual());
    encode(frame, &encoding, out)
}

pub(super) fn decode_h264(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
    decode(bytes, Kind::H264, 1, limits, frame)
}

pub(super) fn decode_hevc(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
    decode(bytes, Kind::Hevc, 1, limits, frame)
}

pub(super) fn decode_av1(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
    decode(bytes, Kind::Av1, 1, limits, frame)
}

pub(super) fn decode_jpeg(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
    // FFmpeg's decoder makes up what is missing before the marker that ends the image.
    if !bytes.windows(2).any(|marker| marker == [0xff, 0xd9]) {
        return Err(Error::malformed("JPEG", "", "its end is missing"));
    }
    decode(bytes, Kind::Jpeg, 1, limits, frame)
}

/// The format of a stream of that kind, whose only picture is decoded for it.
fn format_of(bytes: &[u8], kind: Kind, limits: &Limits) -> Result<FrameFormat, Error> {
    let mut frame = Frame::empty();
    decode(bytes, kind, 1, limits, &mut frame)?;
    Ok(*frame.format())
}

pub(super) fn format_h264(bytes: &[u8], limits: &Limits) -> Result<FrameFormat, Error> {
    format_of(bytes, Kind::H264, limits)
}

pub(super) fn format_hevc(bytes: &[u8], limits: &Limits) -> Result<FrameFormat, Error> {
    format_of(bytes, Kind::Hevc, limits)
}

pub(super) fn format_av1(bytes: &[u8], limits: &Limits) -> Result<FrameFormat, Error> {
    format_of(bytes, Kind::Av1, limits)
}

pub(super) fn format_jpeg(bytes: &[u8], limits: &Limits) -> Result<FrameFormat, Error> {
    format_of(bytes, Kind::Jpeg, limits)
}
