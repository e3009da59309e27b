//! `pimage doctor`: what this build can do on this machine, shown by doing it.

use std::path::Path;
use std::process::ExitCode;

use pimage_core::{
    Color, Error, Frame, FrameCount, FrameFormat, FrameRate, SampleType, StreamInfo,
};
use pimage_io::{FORMATS, Format, RawSpec, ReadOptions, WriteOptions};
use pimage_metrics::Difference;
use serde_json::json;

use super::doctor_steps::{self, Shown};
use crate::interrupt::Interrupt;
use crate::report::{ANSWER_IS_NO, safe};
use crate::term::Term;

const EXAMPLES: &str = "\
Examples:
  pimage doctor
  pimage doctor --json";

/// Show every format, codec and transform at work: a short recording is written and read back, and goes through each step.
///
/// Exit code 1 when something that is built into this program does not work here.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

/// What came of one row of a table.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Written and read back; what was seen.
    Works(String),
    /// Nothing was tried, and why.
    NotTried(String),
    /// Built in, and does not do what it should.
    Fails(String),
}

struct Row {
    kind: &'static str,
    name: String,
    title: String,
    verdict: Verdict,
}

/// Runs the verb.
pub(crate) fn run(_args: &Args, interrupt: &Interrupt, term: &Term) -> anyhow::Result<ExitCode> {
    let folder = tempfile::Builder::new()
        .prefix("pimage-doctor-")
        .tempdir()
        .map_err(Error::io("create a folder in", std::env::temp_dir()))?;
    interrupt.clean_up();
    let mut rows = Vec::new();
    for format in FORMATS {
        for extension in shown_extensions(format) {
            expect_going_on(interrupt)?;
            rows.push(Row {
                kind: "format",
                name: format.name.to_owned(),
                title: format!("{} (.{extension})", format.title),
                verdict: try_format(format, extension, folder.path()),
            });
        }
    }
    for codec in pimage_codec::CODECS {
        expect_going_on(interrupt)?;
        rows.push(Row {
            kind: "image",
            name: codec.name.to_owned(),
            title: format!("{} (.{})", codec.title, codec.extensions.join(" .")),
            verdict: try_image(codec),
        });
    }
    codec_rows(&mut rows, folder.path(), interrupt)?;
    for operator in pimage_transform::operators() {
        expect_going_on(interrupt)?;
        rows.push(Row {
            kind: "step",
            name: operator.name.to_owned(),
            title: operator.title.to_owned(),
            verdict: match doctor_steps::show(operator) {
                Shown::Works(shown) => Verdict::Works(shown),
                Shown::NotTried(reason) => Verdict::NotTried(reason),
                Shown::Fails(reason) => Verdict::Fails(reason),
            },
        });
    }
    let has_failed = rows
        .iter()
        .any(|row| matches!(row.verdict, Verdict::Fails(_)));
    tell(&rows, term)?;
    Ok(if has_failed {
        ExitCode::from(ANSWER_IS_NO)
    } else {
        ExitCode::SUCCESS
    })
}

/// An error once an interrupt came; the samples are removed on the way out.
pub(crate) fn expect_going_on(interrupt: &Interrupt) -> anyhow::Result<()> {
    if interrupt.cancel.is_cancelled() {
        return Err(pimage_convert::ConvertError::Stopped { written: 0 }.into());
    }
    Ok(())
}

/// Every codec in the first container that holds it, lossy and lossless where it is both.
#[cfg(feature = "ffmpeg")]
fn codec_rows(rows: &mut Vec<Row>, folder: &Path, interrupt: &Interrupt) -> anyhow::Result<()> {
    for codec in pimage_video::CODECS {
        let manners = [
            (false, !codec.lossy.is_empty()),
            (true, !codec.lossless.is_empty()),
        ];
        for (lossless, _) in manners.into_iter().filter(|(_, has_it)| *has_it) {
            expect_going_on(interrupt)?;
            let manner = if lossless { ", lossless" } else { "" };
            rows.push(Row {
                kind: "codec",
                name: codec.name.to_owned(),
                title: format!("{}{manner}", codec.title),
                verdict: try_codec(codec, lossless, folder),
            });
        }
    }
    Ok(())
}

#[cfg(not(feature = "ffmpeg"))]
fn codec_rows(rows: &mut Vec<Row>, _: &Path, _: &Interrupt) -> anyhow::Result<()> {
    rows.push(Row {
        kind: "codec",
        name: "video".to_owned(),
        title: "codecs of videos".to_owned(),
        verdict: Verdict::NotTried(needs("ffmpeg")),
    });
    Ok(())
}

#[cfg(feature = "ffmpeg")]
fn try_codec(codec: &pimage_video::Codec, lossless: bool, folder: &Path) -> Verdict {
    let Some(extension) = codec.containers.first() else {
        return Verdict::NotTried("no container holds it".to_owned());
    };
    let path = folder.join(format!("codec-{}-{lossless}.{extension}", codec.name));
    let options = WriteOptions {
        codec: Some(codec.name.to_owned()),
        lossless,
        sync: false,
        ..WriteOptions::default()
    };
    let tried = round_trip(&path, &options, false);
    match judge(tried) {
        Verdict::Works(detail) if lossless && detail != EXACT => {
            Verdict::Fails(format!("{detail}, and should have come back exactly"))
        }
        verdict => verdict,
    }
}

fn needs(feature: &str) -> String {
    format!("needs the `{feature}` feature, which this build does not have")
}

fn tell(rows: &[Row], term: &Term) -> anyhow::Result<()> {
    let mut values = Vec::new();
    for row in rows {
        let (status, detail) = match &row.verdict {
            Verdict::Works(detail) => ("works", detail),
            Verdict::NotTried(detail) => ("not tried", detail),
            Verdict::Fails(detail) => ("FAILS", detail),
        };
        if term.json {
            values.push(json!({
                "kind": row.kind,
                "name": row.name,
                "title": row.title,
                "status": status.to_ascii_lowercase(),
                "detail": detail,
            }));
        } else {
            let Row {
                kind, name, title, ..
            } = row;
            term.line(&safe(&format!(
                "{kind:<7} {name:<10} {status:<9} {title}: {detail}"
            )))?;
        }
    }
    if term.json {
        term.json(&json!({"version": env!("CARGO_PKG_VERSION"), "rows": values}))?;
    }
    Ok(())
}

/// Each container of the video row is shown; of the other formats, which have one writer, the preferred extension.
fn shown_extensions(format: &Format) -> &[&'static str] {
    match format.name {
        "video" => format.extensions,
        _ => format.extensions.get(..1).unwrap_or_default(),
    }
}

fn try_format(format: &Format, extension: &str, folder: &Path) -> Verdict {
    if format.create.is_none() {
        return Verdict::NotTried(match format.open {
            Some(_) => "read only: there is no writer to make a sample".to_owned(),
            None => needs(format.feature),
        });
    }
    let is_numbered = format.name == "images";
    let number = if is_numbered { "-%05d" } else { "" };
    let path = folder.join(format!("sample-{}{number}.{extension}", format.name));
    let options = WriteOptions {
        // Several images are known by the number in the name.
        format: (!is_numbered).then(|| format.name.to_owned()),
        sync: false,
        ..WriteOptions::default()
    };
    judge(round_trip(&path, &options, format.name == "raw"))
}

/// Codes one frame of the sample and decodes it again.
fn try_image(codec: &'static pimage_codec::Codec) -> Verdict {
    match codec.available() {
        Err(Error::NotBuilt { feature, .. }) => return Verdict::NotTried(needs(feature)),
        Err(error) => return Verdict::NotTried(error.to_string()),
        Ok(()) if !codec.can_encode() => return Verdict::NotTried("read only".to_owned()),
        Ok(()) => {}
    }
    let round_trip = || {
        let original = sample_image(codec)?;
        let applied = codec.apply(&original, &pimage_codec::Settings::default())?;
        frame_difference(&original, &applied.frame)
    };
    judge(round_trip())
}

/// The first frame of the sample, in a type that the codec holds.
fn sample_image(codec: &pimage_codec::Codec) -> Result<Frame, Error> {
    let gray = sample_frame(0)?;
    let levels = gray.samples::<u8>().unwrap_or_default();
    let size = sample_format();
    let frame =
        |sample, color| Frame::zeroed(FrameFormat::new(size.width, size.height, color, sample));
    let has_gray = codec.expect_held(gray.format()).is_ok() && codec.note(gray.format()).is_none();
    Ok(match codec.samples {
        _ if codec.bits == (1, 1) => {
            let mut black_and_white = gray.clone();
            for level in black_and_white.samples_mut::<u8>().into_iter().flatten() {
                *level = u8::from(*level > 127);
            }
            black_and_white.set_bit_depth(1);
            black_and_white
        }
        [SampleType::F32] => {
            let mut floats = frame(SampleType::F32, Color::Gray);
            let targets = floats.samples_mut::<f32>().unwrap_or_default();
            for (target, level) in targets.iter_mut().zip(levels) {
                *target = f32::from(*level) / 255.0;
            }
            floats
        }
        _ if !has_gray => {
            let mut color = frame(SampleType::U8, Color::Rgb);
            let targets = color.samples_mut::<u8>().unwrap_or_default();
            for (target, level) in targets.chunks_exact_mut(3).zip(levels) {
                target.fill(*level);
            }
            color
        }
        _ => gray,
    })
}

fn frame_difference(original: &Frame, found: &Frame) -> Result<Difference, Error> {
    original.format().expect_same(found.format(), 0)?;
    Difference::between(original, found)
}

/// How far a recording that came back was from the one that was written.
pub(crate) fn judge(tried: Result<Difference, Error>) -> Verdict {
    match tried {
        Ok(total) if total.max <= 0.0 => Verdict::Works(EXACT.to_owned()),
        Ok(total) => {
            let ratio = total.psnr(&sample_format());
            if ratio >= FAITHFUL_DB {
                Verdict::Works(format!("came back at {ratio:.1} dB"))
            } else {
                Verdict::Fails(format!(
                    "came back at {ratio:.1} dB, expected {FAITHFUL_DB} or more"
                ))
            }
        }
        Err(error) => {
            let cause = std::error::Error::source(&error);
            let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
            Verdict::Fails(format!("{error}{cause}"))
        }
    }
}

/// What is said of a recording that came back bit by bit.
pub(crate) const EXACT: &str = "every pixel came back";

/// Frames of the sample.
pub(crate) const SAMPLE_FRAMES: u64 = 6;

/// What any codec gives for the sample at its usual quality; frames that are wrong stay far below.
const FAITHFUL_DB: f64 = 28.0;

/// A size that every codec takes.
const fn sample_format() -> FrameFormat {
    FrameFormat::new(96, 64, Color::Gray, SampleType::U8)
}

/// A soft gradient with a square that moves on with each frame.
pub(crate) fn sample_frame(index: u64) -> Result<Frame, Error> {
    let format = sample_format();
    let corner = 8 + 10 * usize::try_from(index).unwrap_or(0);
    let [height, width, channels] = format.shape();
    let array = ndarray::Array3::from_shape_fn((height, width, channels), |(y, x, _)| {
        let is_square = (corner..corner + 16).contains(&x) && (20..36).contains(&y);
        let value = if is_square { 220 } else { 40 + x + y / 2 };
        u8::try_from(value).unwrap_or(u8::MAX)
    });
    let mut frame = Frame::from_array(array, format.color)?;
    frame.stamp.index = index;
    Ok(frame)
}

/// The sample as formats give it that have no whole numbers.
fn as_stored(original: Frame, sample: SampleType) -> Result<Frame, Error> {
    match original.view::<u8>() {
        Some(view) if sample == SampleType::F32 => {
            let mut floats = Frame::from_array(view.mapv(f32::from), Color::Gray)?;
            floats.stamp = original.stamp;
            Ok(floats)
        }
        _ => Ok(original),
    }
}

/// Writes the sample, reads it back, and compares.
fn round_trip(path: &Path, options: &WriteOptions, is_raw: bool) -> Result<Difference, Error> {
    let format = sample_format();
    let mut info = StreamInfo::new("doctor", format, FrameCount::Exact(SAMPLE_FRAMES));
    info.rate = FrameRate::new(25, 1);
    let mut writer = pimage_io::create(path, &info, options)?;
    for index in 0..SAMPLE_FRAMES {
        writer.write(&sample_frame(index)?)?;
    }
    writer.finish()?;
    let options = ReadOptions {
        raw: is_raw.then_some(RawSpec::new(format)),
        ..ReadOptions::default()
    };
    let mut reader = pimage_io::open(path, &options)?;
    let mut total = Difference::none();
    let mut frame = Frame::empty();
    let mut count = 0;
    while reader.read_into(&mut frame)? {
        let original = as_stored(sample_frame(count)?, frame.format().sample)?;
        original.format().expect_same(frame.format(), count)?;
        total.add(&Difference::between(&original, &frame)?);
        count += 1;
    }
    if count == SAMPLE_FRAMES {
        return Ok(total);
    }
    let reason = format!("{count} of {SAMPLE_FRAMES} frames came back");
    Err(Error::malformed("this recording", path, reason))
}
