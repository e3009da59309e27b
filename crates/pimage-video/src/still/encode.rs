//! A frame to the bytes of a coded picture.

use std::borrow::Cow;
use std::path::Path;

use pimage_core::{Error, Frame};

use super::carry;
use super::encoding::{Encoder, Encoding};
use super::fit::Fit;
use super::levels;
use super::note::Note;
use crate::ffi::{self, AvError, EncoderSettings, Packet, Picture};
use crate::pack::{PackError, Packer};
use crate::plan::{Packing, Plan};

/// Appends the coded bytes of a frame to `out`.
///
/// # Errors
///
/// [`Error::CannotHold`] for a frame that the encoder cannot store; [`Error::BadOption`] for a subsampling or depth that it
/// does not have; [`Error::Codec`] when it is not there or refuses its options.
pub fn encode(frame: &Frame, encoding: &Encoding, out: &mut Vec<u8>) -> Result<(), Error> {
    let which = encoding.encoder;
    let failed = |reason: String| failure(which, reason);
    ffi::load().map_err(failed)?;
    let format = *frame.format();
    let fit = Fit::new(&format, encoding)?;
    let levels = if fit.spreads {
        Cow::Owned(levels::spread(frame, fit.depth)?)
    } else {
        Cow::Borrowed(frame)
    };
    let stored = levels::padded(levels, fit.plan.size)?;
    let hides_gray = matches!(fit.plan.packing, Packing::Luma);
    let differs = fit.plan.size != (format.width, format.height)
        || fit.spreads
        || hides_gray
        || (format.bit_depth < fit.depth && fit.depth < 16);
    let note = (encoding.note && differs).then(|| Note::of(&format, fit.spreads));
    let mut picture = picture_of(&stored, fit.plan.clone(), which)?;
    picture.relabel(fit.label);
    if let Some(quantiser) = encoding.quantiser {
        picture.set_quantiser(quantiser);
    }
    let options = options(&fit.plan, encoding);
    let bytes = run(&picture, &fit.plan, options, encoding.threads)
        .map_err(|error| failed(error.to_string()))?;
    carry::put(which.kind(), &bytes, note.as_ref(), out);
    Ok(())
}

fn failure(which: Encoder, reason: String) -> Error {
    Error::Codec {
        codec: which.name().to_owned(),
        path: Path::new("").to_path_buf(),
        frame: None,
        reason,
    }
}

fn picture_of(frame: &Frame, plan: Plan, which: Encoder) -> Result<Picture, Error> {
    let failed = |error: &AvError| failure(which, error.to_string());
    let absent = || failure(which, "it gave no memory for the picture".to_owned());
    let depth = plan.layout.depth();
    Packer::new(plan).pack(frame).map_err(|error| match error {
        PackError::TooDeep { value } => Error::CannotHold {
            target: which.name().to_owned(),
            format: *frame.format(),
            hint: format!(
                "a sample is {value}, more than {} bits hold: add `--range full` (or MIN,MAX) to map them, or ask for a greater depth",
                depth.unwrap_or(8)
            ),
        },
        PackError::Failed(error) => failed(&error),
        PackError::NoPlanes => absent(),
    })
}

/// The caller's options, and those that one picture on its own needs.
fn options(plan: &Plan, encoding: &Encoding) -> Vec<(String, String)> {
    let mut options = plan.options.clone();
    match encoding.encoder {
        // No words in the stream nor on the terminal, and no threads but those asked for.
        Encoder::X265 => {
            let pools = match encoding.threads {
                0 | 1 => "none".to_owned(),
                threads => threads.to_string(),
            };
            let mut own = format!("log-level=none:info=0:frame-threads=1:pools={pools}");
            // Small pictures have small blocks, which cannot be halved as often as the slowest preset wants.
            let is_slowest = options.iter().any(|(_, value)| value == "placebo");
            if is_slowest && plan.size.0.min(plan.size.1) < 32 {
                own.push_str(":tu-intra-depth=3:tu-inter-depth=3");
            }
            match options.iter_mut().find(|(name, _)| name == "x265-params") {
                Some((_, value)) => *value = format!("{value}:{own}"),
                None => options.push(("x265-params".to_owned(), own)),
            }
        }
        // The only parallel work that there is in a picture of one tile.
        Encoder::Aom if encoding.threads > 1 => {
            options.push(("row-mt".to_owned(), "1".to_owned()));
        }
        // No more halvings than the shorter side has, of the usual five.
        Encoder::OpenJpeg if !options.iter().any(|(name, _)| name == "numresolution") => {
            let shorter = plan.size.0.min(plan.size.1).max(1);
            let levels = (shorter.ilog2() + 1).min(6);
            options.push(("numresolution".to_owned(), levels.to_string()));
        }
        _ => {}
    }
    options
}

/// What the encoder makes of one picture.
fn run(
    picture: &Picture,
    plan: &Plan,
    options: Vec<(String, String)>,
    threads: usize,
) -> Result<Vec<u8>, AvError> {
    let mut encoder = ffi::Encoder::open(&EncoderSettings {
        encoder: plan.encoder,
        width: plan.size.0 as i32,
        height: plan.size.1 as i32,
        pixel_format: picture.format(),
        time_base: (1, 25),
        rate: Some((25, 1)),
        colors: plan.colors,
        threads,
        immediate: true,
        key_interval: None,
        quantiser: plan.quantiser,
        options,
        global_header: false,
    })?;
    let mut packet = Packet::new()?;
    let mut bytes = Vec::new();
    for input in [Some(picture), None] {
        encoder.send(input)?;
        while encoder.receive(&mut packet)? {
            bytes.extend_from_slice(packet.data());
        }
    }
    Ok(bytes)
}
