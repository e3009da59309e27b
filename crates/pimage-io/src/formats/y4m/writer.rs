//! Writing to files and streams.

use std::io::Write;
use std::path::Path;

use pimage_core::{
    Color, Error, Frame, FrameFormat, FrameRate, FrameWriter, SampleType, StreamInfo, WriteSummary,
};
use pimage_yuv::Matrix;

use super::layout::DEPTH_TAG;
use super::pixels::planes_from_rgb;
use crate::create::refuse_codec_options;
use crate::samples::little_endian;
use crate::target::{Output, Sequence, Target};
use crate::times::ConstantRate;
use crate::{WriteOptions, summary};

/// Prepares a file.
pub(super) fn create(
    path: &Path,
    info: &StreamInfo,
    options: &WriteOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    writer(Target::File(Output::new(path, options)), info, options)
}

/// Prepares a stream.
pub(crate) fn create_stream(
    name: &str,
    target: Box<dyn Write + Send>,
    info: &StreamInfo,
    options: &WriteOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    writer(Target::stream(name, target), info, options)
}

fn writer(
    target: Target,
    info: &StreamInfo,
    options: &WriteOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    refuse_codec_options("y4m", options)?;
    let rate = options.rate.or(info.rate);
    Ok(Box::new(Y4mWriter {
        target,
        sequence: Sequence::default(),
        // With a rate of the caller's own, the source's times are not wanted.
        times: options.rate.is_none().then(|| ConstantRate::new(rate)),
        rate,
        lossless: options.lossless,
    }))
}

struct Y4mWriter {
    target: Target,
    sequence: Sequence,
    times: Option<ConstantRate>,
    rate: Option<FrameRate>,
    lossless: bool,
}

impl FrameWriter for Y4mWriter {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        if self.sequence.check(frame)? {
            let header = header(frame.format(), self.rate, self.lossless)?;
            self.target.write_all(header.as_bytes())?;
        }
        if let Some(times) = &mut self.times {
            times.add(&frame.stamp, self.sequence.frames());
        }
        self.target.write_all(b"FRAME\n")?;
        if frame.format().color == Color::Gray {
            self.target.write_all(&little_endian(frame))?;
        } else {
            let matrix = Matrix::usual_for(frame.format().height);
            let planes =
                planes_from_rgb(frame, matrix).ok_or_else(|| cannot_hold(frame.format()))?;
            self.target.write_all(&planes)?;
        }
        self.sequence.count();
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<WriteSummary, Error> {
        let Some(format) = self.sequence.format().copied() else {
            return Ok(summary::of_no_frames());
        };
        let frames = self.sequence.frames();
        let bytes = self.target.finish()?;
        let mut notes = Vec::new();
        if format.color == Color::Rgb {
            notes.push(format!(
                "RGB was stored as 4:4:4 YUV ({}, full range), which is not exact: raw is",
                Matrix::usual_for(format.height).name()
            ));
        }
        if self.rate.is_none() {
            notes.push("no rate is known: the file says 25 frames a second".to_owned());
        } else {
            notes.extend(self.times.and_then(|times| times.note("y4m")));
        }
        Ok(summary::noted(frames, bytes, notes))
    }
}

fn cannot_hold(format: &FrameFormat) -> Error {
    Error::CannotHold {
        target: "y4m".to_owned(),
        format: *format,
        hint:
            "it holds gray of up to 16 bits, and RGB of 8, 10, 12, 14 or 16; raw holds everything"
                .to_owned(),
    }
}

/// The line before the stream.
fn header(format: &FrameFormat, rate: Option<FrameRate>, lossless: bool) -> Result<String, Error> {
    let depth = format.bit_depth;
    let chroma = match (format.color, format.sample) {
        (Color::Gray, SampleType::U8) => "mono".to_owned(),
        // The smallest depth that FFmpeg has a name for; the values stay as they are.
        (Color::Gray, SampleType::U16) => {
            let named = [9, 10, 12, 16].into_iter().find(|named| depth <= *named);
            format!("mono{}", named.unwrap_or(16))
        }
        (Color::Rgb, SampleType::U8 | SampleType::U16) if lossless => {
            return Err(Error::CannotHold {
                target: "y4m".to_owned(),
                format: *format,
                hint: "RGB becomes YUV, which is not exact; raw is lossless".to_owned(),
            });
        }
        (Color::Rgb, SampleType::U8) => "444".to_owned(),
        (Color::Rgb, SampleType::U16) if matches!(depth, 10 | 12 | 14 | 16) => {
            format!("444p{depth}")
        }
        _ => return Err(cannot_hold(format)),
    };
    let (numerator, denominator) = rate.map_or((25, 1), |r| (r.numerator(), r.denominator()));
    let (width, height) = (format.width, format.height);
    let depth_tag = if is_told(&chroma, depth) {
        String::new()
    } else {
        format!(" X{DEPTH_TAG}{depth}")
    };
    Ok(format!(
        "YUV4MPEG2 W{width} H{height} F{numerator}:{denominator} Ip A1:1 C{chroma} XCOLORRANGE=FULL{depth_tag}\n"
    ))
}

/// Whether the chroma name alone tells the depth.
fn is_told(chroma: &str, depth: u8) -> bool {
    let digits = chroma
        .strip_prefix("mono")
        .or_else(|| chroma.strip_prefix("444p"))
        .unwrap_or_default();
    let told = if digits.is_empty() { "8" } else { digits };
    told == depth.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(color: Color, sample: SampleType, depth: u8) -> String {
        let format = FrameFormat::new(6, 4, color, sample).with_bit_depth(depth);
        header(&format, FrameRate::new(30_000, 1001), false)
            .unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn names_are_those_that_ffmpeg_knows() {
        for (color, sample, depth, expected) in [
            (Color::Gray, SampleType::U8, 8, "Cmono XCOLORRANGE=FULL\n"),
            (
                Color::Gray,
                SampleType::U16,
                10,
                "Cmono10 XCOLORRANGE=FULL\n",
            ),
            (
                Color::Gray,
                SampleType::U16,
                14,
                "Cmono16 XCOLORRANGE=FULL XPIMAGE_DEPTH=14\n",
            ),
            (
                Color::Gray,
                SampleType::U16,
                8,
                "Cmono9 XCOLORRANGE=FULL XPIMAGE_DEPTH=8\n",
            ),
            (Color::Rgb, SampleType::U8, 8, "C444 XCOLORRANGE=FULL\n"),
            (
                Color::Rgb,
                SampleType::U16,
                12,
                "C444p12 XCOLORRANGE=FULL\n",
            ),
        ] {
            let expected = format!("YUV4MPEG2 W6 H4 F30000:1001 Ip A1:1 {expected}");
            assert_eq!(line(color, sample, depth), expected);
        }
    }

    #[test]
    fn what_y4m_cannot_hold_is_refused() {
        for (color, sample, depth) in [
            (Color::Gray, SampleType::F32, 32),
            (Color::Rgba, SampleType::U8, 8),
            (Color::Rgb, SampleType::U16, 11),
        ] {
            let text = line(color, sample, depth);
            assert!(text.starts_with("y4m cannot hold 6x4"), "{text}");
        }
        let format = FrameFormat::new(6, 4, Color::Rgb, SampleType::U8);
        let error = header(&format, None, true).expect_err("is not exact");
        assert!(error.to_string().ends_with("raw is lossless"), "{error}");
    }
}
