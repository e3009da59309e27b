//! `pimage info`: what a recording is.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pimage_core::{FrameCount, FrameReader, Limits, Metadata, StreamInfo, Value, keys};
use serde_json::{Map, json};

use crate::args::{RawArgs, ReadArgs};
use crate::interrupt::Interrupt;
use crate::report;
use crate::streams;
use crate::term::Term;
use crate::transform::{TransformArgs, surroundings};

const EXAMPLES: &str = "\
Examples:
  pimage info recording.seq
  pimage info film.mp4 --json
  pimage info *.avi";

/// Tell format, size, pixel type, frames, rate, duration, codec and metadata.
///
/// With --json: one object a recording, with the keys
/// `path format width height channels dtype frames frames_exact fps duration codec pixel_format metadata axes`. What is not known is null; axes are slowest first, each with `name length spacing unit labels`. Names of pimage's own in the metadata: `color`, `bit_depth`, `rate` (an exact fraction), `clock`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The recordings, or - for standard input.
    #[arg(value_name = "IN", required = true)]
    inputs: Vec<PathBuf>,

    #[command(flatten)]
    transform: TransformArgs,

    #[command(flatten)]
    read: ReadArgs,

    #[command(flatten)]
    raw: RawArgs,
}

/// Runs the verb; a recording that cannot be read does not keep the others from being told.
pub(crate) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let options = args.read.options(args.raw.raw, limits);
    let surroundings = surroundings(&args.read, limits, interrupt);
    let mut code = ExitCode::SUCCESS;
    for (position, path) in args.inputs.iter().enumerate() {
        let opened = streams::open(path, &options, &interrupt.cancel)
            .and_then(|reader| Ok(args.transform.of(reader, &surroundings)?));
        let reader = match opened {
            Ok(reader) => reader,
            Err(error) => {
                code = report::error(&error);
                continue;
            }
        };
        if term.json {
            term.json(&json_of(path, reader.info()))?;
        } else {
            if position > 0 {
                term.line("")?;
            }
            term.line(&text_of(path, reader.info()))?;
        }
        streams::note_damage(term, path, reader.damage());
    }
    Ok(code)
}

/// The metadata with what pimage knows beyond the stable keys; a recorder's own entry of that name stays.
fn metadata(info: &StreamInfo) -> Metadata {
    let mut metadata = info.metadata.clone();
    let mut add = |name: &str, value: Value| {
        metadata.entry(name.to_owned()).or_insert(value);
    };
    add("color", info.format.color.name().into());
    add("bit_depth", i64::from(info.format.bit_depth).into());
    add("clock", info.clock.name().into());
    if let Some(rate) = info.rate {
        add("rate", rate.to_string().into());
    }
    metadata
}

fn json_of(path: &Path, info: &StreamInfo) -> serde_json::Value {
    let metadata: Map<_, _> = metadata(info)
        .into_iter()
        .map(|(name, value)| (name, json_value(&value)))
        .collect();
    let axes: Vec<_> = info
        .axes
        .iter()
        .map(|axis| {
            json!({
                "name": axis.name,
                "length": axis.length,
                "spacing": axis.spacing.filter(|spacing| spacing.is_finite()),
                "unit": axis.unit,
                "labels": axis.labels,
            })
        })
        .collect();
    json!({
        "path": path.to_string_lossy(),
        "format": info.container,
        "width": info.format.width,
        "height": info.format.height,
        "channels": info.format.color.channels(),
        "dtype": info.format.sample.name(),
        "frames": info.frame_count.get(),
        "frames_exact": info.frame_count.exact().is_some(),
        "fps": info.rate.map(pimage_core::FrameRate::fps),
        "duration": info.duration_secs(),
        "codec": info.codec,
        "pixel_format": info.pixel_format,
        "metadata": metadata,
        "axes": axes,
    })
}

/// A value of JSON; numbers that JSON does not have (NaN, infinities) become text.
fn json_value(value: &Value) -> serde_json::Value {
    match value {
        Value::Int(number) => json!(number),
        Value::Float(number) if number.is_finite() => json!(number),
        Value::Bool(answer) => json!(answer),
        other => json!(other.to_string()),
    }
}

fn text_of(path: &Path, info: &StreamInfo) -> String {
    let unknown = || "unknown".to_owned();
    let frames = match info.frame_count {
        FrameCount::Exact(count) => count.to_string(),
        FrameCount::Estimated(count) => format!("about {count} (claimed, not counted)"),
        FrameCount::Unknown => unknown(),
    };
    let rate = info
        .rate
        .map_or_else(unknown, |rate| match rate.denominator() {
            1 => format!("{rate} frames/s"),
            _ => format!("{:.6} frames/s ({rate})", rate.fps()),
        });
    let duration = info
        .duration_secs()
        .map_or_else(unknown, |secs| match secs < 0.1 {
            true => format!("{secs:.6} s"),
            false => format!("{secs:.3} s"),
        });
    let mut lines = vec![
        ("path", path.display().to_string()),
        ("format", info.container.clone()),
        ("frame", info.format.to_string()),
        ("frames", frames),
        ("rate", rate),
        ("duration", duration),
    ];
    lines.extend(cut(info).map(|cut| ("missing", cut)));
    if !info.axes.is_empty() {
        let axes: Vec<_> = info.axes.iter().map(ToString::to_string).collect();
        lines.push(("axes", axes.join(", ")));
    }
    lines.extend(info.codec.clone().map(|codec| ("codec", codec)));
    lines.extend(info.pixel_format.clone().map(|name| ("pixel format", name)));
    let mut text = String::new();
    for (name, value) in lines {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:<14}{}", report::safe(&value));
    }
    if !info.metadata.is_empty() {
        text.push_str("metadata\n");
    }
    for (name, value) in &info.metadata {
        let value = report::safe(&value.to_string());
        let _ = writeln!(text, "  {}: {value}", report::safe(name));
    }
    text.trim_end().to_owned()
}

/// What is missing from the recording, as far as its description tells before any frame is read.
fn cut(info: &StreamInfo) -> Option<String> {
    let value = |name: &str| info.metadata.get(name);
    if let Some(cut) = value(keys::CUT) {
        return Some(cut.to_string());
    }
    if let (Some(Value::Int(promised)), Some(count)) =
        (value("frames_in_header"), info.frame_count.get())
        && u64::try_from(*promised).is_ok_and(|promised| promised > count)
    {
        return Some(format!(
            "the header promises {promised} frames, {count} are there"
        ));
    }
    let (_, note) = info
        .metadata
        .iter()
        .find(|(name, _)| name.ends_with("_frames_disagree"))?;
    Some(format!("perhaps frames: {note}"))
}

#[cfg(test)]
mod tests {
    use pimage_core::{Color, FrameFormat, FrameRate, SampleType};

    use super::*;

    #[test]
    fn the_keys_are_the_stable_ones_in_their_order() {
        let format = FrameFormat::new(640, 512, Color::Gray, SampleType::U16).with_bit_depth(12);
        let mut info = StreamInfo::new("hiris", format, FrameCount::Exact(3_000));
        info.rate = FrameRate::new(30_000, 1_001);
        info.metadata.insert("gain".into(), f64::NAN.into());
        let value = json_of(Path::new("a.seq"), &info);
        let keys: Vec<_> = value
            .as_object()
            .expect("is an object")
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            keys.join(" "),
            "path format width height channels dtype frames frames_exact fps duration codec pixel_format metadata axes"
        );
        assert_eq!(value["duration"], json!(100.1));
        assert_eq!(value["metadata"]["bit_depth"], json!(12));
        assert_eq!(value["metadata"]["rate"], json!("30000/1001"));
        assert_eq!(value["metadata"]["gain"], json!("NaN"));
        assert!(value["codec"].is_null());
    }
}
