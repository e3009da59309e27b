//! Frames through `OpenJPEG`.

use pimage_core::{Error, Frame, Limits};
use pimage_video::still::{
    Encoder, Encoding, Kind, decode as decode_picture, encode as encode_picture,
};

use super::header;
use crate::settings::Asked;

/// Appends the file to `out`.
pub(super) fn encode(frame: &Frame, asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    let mut encoding = Encoding::new(Encoder::OpenJpeg);
    encoding.threads = asked.threads();
    if asked.flag("irreversible") && !asked.is_lossless() {
        encoding = encoding.with_option("irreversible", "1");
    }
    match asked.quality() {
        _ if asked.is_lossless() => encode_picture(frame, &encoding, out),
        Some((scale, target)) if scale.name == "psnr" => by_psnr(frame, &encoding, target, out),
        _ => {
            let ratio = asked.quality_or_usual() as u32;
            encode_picture(frame, &at_level(&encoding, ratio / 2), out)
        }
    }
}

/// FFmpeg hands twice this level to `OpenJPEG` as the ratio.
fn at_level(encoding: &Encoding, level: u32) -> Encoding {
    encoding
        .clone()
        .with_option("compression_level", level.to_string())
}

/// Appends the file of the greatest ratio whose picture is at least as near as `target` says; one that loses nothing where no ratio is.
fn by_psnr(
    frame: &Frame,
    encoding: &Encoding,
    target: f64,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let mut best = Vec::new();
    let (mut held, mut missed) = (0, 501);
    let mut restored = Frame::empty();
    while missed - held > 1 {
        // Halves what is left on the scale of logarithms, where steps of the ratio count alike.
        let middle = f64::from(held.max(1) * missed).sqrt() as u32;
        let level = middle.clamp(held + 1, missed - 1);
        let mut bytes = Vec::new();
        encode_picture(frame, &at_level(encoding, level), &mut bytes)?;
        decode(&bytes, &Limits::none(), &mut restored)?;
        if psnr(frame, &restored) >= target {
            held = level;
            best = bytes;
        } else {
            missed = level;
        }
    }
    if held == 0 {
        return encode_picture(frame, encoding, out);
    }
    out.extend_from_slice(&best);
    Ok(())
}

/// The peak signal-to-noise ratio of two frames of one format, decibels.
fn psnr(frame: &Frame, restored: &Frame) -> f64 {
    fn sum<T: Copy>(a: &[T], b: &[T], number: impl Fn(T) -> f64) -> f64 {
        a.iter()
            .zip(b)
            .map(|(&a, &b)| (number(a) - number(b)).powi(2))
            .sum()
    }
    let squares = match (frame.samples::<u8>(), restored.samples::<u8>()) {
        (Some(a), Some(b)) => sum(a, b, f64::from),
        _ => match (frame.samples::<u16>(), restored.samples::<u16>()) {
            (Some(a), Some(b)) => sum(a, b, f64::from),
            _ => return f64::INFINITY,
        },
    };
    let format = frame.format();
    let count = format.shape().iter().product::<usize>() as f64;
    10.0 * (format.full_scale().powi(2) * count / squares).log10()
}

/// Fills `frame` with the picture.
pub(super) fn decode(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
    let said = header::format(bytes, limits)?;
    decode_picture(bytes, Kind::Jpeg2000, 1, limits, frame)?;
    let found = *frame.format();
    if (found.width, found.height, found.color) != (said.width, said.height, said.color) {
        let reason = format!("the picture is {found}, the header says {said}");
        return Err(Error::malformed("", "JPEG 2000", reason));
    }
    // FFmpeg shifts samples to the top of the depths that it has.
    let shift = u32::from(found.bit_depth.saturating_sub(said.bit_depth));
    if shift > 0 {
        if let Some(samples) = frame.samples_mut::<u8>() {
            samples.iter_mut().for_each(|sample| *sample >>= shift);
        } else if let Some(samples) = frame.samples_mut::<u16>() {
            samples.iter_mut().for_each(|sample| *sample >>= shift);
        }
    }
    frame.set_bit_depth(said.bit_depth);
    Ok(())
}
