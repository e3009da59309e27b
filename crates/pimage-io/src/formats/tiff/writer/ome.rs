//! The OME-XML that describes a stack.

use std::fmt::Write;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;

use pimage_codec::tiff::encode::SOFTWARE;
use pimage_core::{Axis, FrameFormat, SampleType};

use super::dates::Moment;
use super::describe::{Described, Facts, axes_note, length_of};
use super::units::Unit;

/// The axes of OME, fastest first in the order that is usual, and their letters.
const AXES: [(&str, char); 3] = [(Axis::CHANNEL, 'C'), (Axis::DEPTH, 'Z'), (Axis::TIME, 'T')];

/// More channels than this are not listed, only counted.
const MOST_CHANNELS: u64 = 4096;

const NAMESPACE: &str = "http://www.openmicroscopy.org/Schemas/OME/2016-06";

/// Whether OME has all these axes.
pub(super) fn has_axes(names: &[&str]) -> bool {
    names.iter().enumerate().all(|(place, name)| {
        let is_new = names.iter().take(place).all(|before| before != name);
        is_new && AXES.iter().any(|(known, _)| known == name)
    })
}

/// When the frames were taken, where that is worth saying.
#[derive(Debug, Default)]
pub(super) struct Times {
    /// The moment of the first frame.
    pub(super) first: Option<Moment>,
    /// Whether that is one of the world's clock, not of some place's.
    pub(super) is_universal: bool,
    /// Seconds of each frame, when no constant interval says them.
    pub(super) deltas: Vec<Option<f64>>,
}

/// The description of a finished stack.
pub(super) fn describe(
    path: &Path,
    format: &FrameFormat,
    facts: &Facts,
    times: &Times,
    frames: u64,
) -> Described {
    let mut notes = Vec::new();
    let axes = match facts.axes_of(frames) {
        Some(axes) if has_axes(&facts.names()) => axes,
        Some(_) => {
            let names = facts.names().join(", ");
            notes.push(format!(
                "OME has the axes t, z and c, not {names}: the file has one sequence"
            ));
            vec![Axis::new(Axis::TIME, frames)]
        }
        None => {
            notes.push(axes_note(facts, frames));
            vec![Axis::new(Axis::TIME, frames)]
        }
    };
    let mut text = String::new();
    // Writing to a text cannot fail.
    let _ = write_document(&mut text, path, format, facts, times, &axes, frames);
    Described { text, notes }
}

fn write_document(
    text: &mut String,
    path: &Path,
    format: &FrameFormat,
    facts: &Facts,
    times: &Times,
    axes: &[Axis],
    frames: u64,
) -> std::fmt::Result {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    write!(
        text,
        r#"<?xml version="1.0" encoding="UTF-8"?><OME xmlns="{NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="{NAMESPACE} {NAMESPACE}/ome.xsd" UUID="urn:uuid:{}" Creator="{SOFTWARE}"><Image ID="Image:0" Name="{}">"#,
        random_uuid(),
        escaped(&name)
    )?;
    if let Some(first) = times.first {
        let zone = if times.is_universal { "Z" } else { "" };
        let date = first.xml();
        write!(text, "<AcquisitionDate>{date}{zone}</AcquisitionDate>")?;
    }
    write_pixels(text, format, facts, axes)?;
    write_channels(text, format, axes)?;
    write!(text, r#"<TiffData IFD="0" PlaneCount="{frames}"/>"#)?;
    write_planes(text, axes, &times.deltas)?;
    write!(text, "</Pixels></Image></OME>")
}

/// The start of the element `Pixels`, with its attributes.
fn write_pixels(
    text: &mut String,
    format: &FrameFormat,
    facts: &Facts,
    axes: &[Axis],
) -> std::fmt::Result {
    let channels = length_of(axes, Axis::CHANNEL).saturating_mul(samples_of(format));
    write!(
        text,
        r#"<Pixels ID="Pixels:0" DimensionOrder="{}" Type="{}" SignificantBits="{}" Interleaved="{}" BigEndian="false" SizeX="{}" SizeY="{}" SizeC="{channels}" SizeZ="{}" SizeT="{}""#,
        order_of(axes),
        type_name(format.sample),
        format.bit_depth,
        samples_of(format) > 1,
        format.width,
        format.height,
        length_of(axes, Axis::DEPTH),
        length_of(axes, Axis::TIME),
    )?;
    if let Some(size) = &facts.pixel_size {
        let unit = size.unit.ome;
        for (axis, value) in [('X', size.x), ('Y', size.y)] {
            write!(
                text,
                r#" PhysicalSize{axis}="{value}" PhysicalSize{axis}Unit="{unit}""#
            )?;
        }
    }
    let depth = axes.iter().find(|axis| axis.name == Axis::DEPTH);
    if let Some(spacing) = depth.and_then(|axis| axis.spacing)
        && let Some(unit) = depth.and_then(|axis| Unit::of_name(axis.unit.as_deref()?))
    {
        write!(
            text,
            r#" PhysicalSizeZ="{spacing}" PhysicalSizeZUnit="{}""#,
            unit.ome
        )?;
    }
    if let Some(interval) = facts.interval_secs() {
        write!(text, r#" TimeIncrement="{interval}" TimeIncrementUnit="s""#)?;
    }
    text.write_char('>')
}

fn write_channels(text: &mut String, format: &FrameFormat, axes: &[Axis]) -> std::fmt::Result {
    let channel_axis = axes.iter().find(|axis| axis.name == Axis::CHANNEL);
    let labels = channel_axis.map_or(&[][..], |axis| &axis.labels);
    let count = length_of(axes, Axis::CHANNEL);
    let samples = samples_of(format);
    for channel in (0..count).take_while(|_| count <= MOST_CHANNELS) {
        write!(
            text,
            r#"<Channel ID="Channel:0:{channel}" SamplesPerPixel="{samples}""#
        )?;
        let label = usize::try_from(channel).ok().and_then(|c| labels.get(c));
        if let Some(label) = label {
            write!(text, r#" Name="{}""#, escaped(label))?;
        }
        text.push_str("/>");
    }
    Ok(())
}

/// An element for each frame that has a time.
fn write_planes(text: &mut String, axes: &[Axis], deltas: &[Option<f64>]) -> std::fmt::Result {
    for (index, delta) in deltas.iter().enumerate() {
        let Some(delta) = delta else { continue };
        let mut rest = index as u64;
        let [mut c, mut z, mut t] = [0; 3];
        for axis in axes.iter().rev() {
            let length = axis.length.max(1);
            let position = rest % length;
            rest /= length;
            match axis.name.as_str() {
                Axis::CHANNEL => c = position,
                Axis::DEPTH => z = position,
                _ => t = position,
            }
        }
        write!(
            text,
            r#"<Plane TheC="{c}" TheZ="{z}" TheT="{t}" DeltaT="{delta}" DeltaTUnit="s"/>"#
        )?;
    }
    Ok(())
}

/// Samples of a pixel.
const fn samples_of(format: &FrameFormat) -> u64 {
    format.color.channels() as u64
}

/// The order of the planes, fastest first; axes of one position stand before the others.
fn order_of(axes: &[Axis]) -> String {
    let is_there = |name: &str| axes.iter().any(|axis| axis.name == name);
    let letter = |axis: &Axis| {
        let mut known = AXES.iter().filter(|(name, _)| *name == axis.name);
        known.next().map(|(_, letter)| *letter)
    };
    let missing = AXES.iter().filter(|(name, _)| !is_there(name));
    let letters = missing
        .map(|(_, letter)| *letter)
        .chain(axes.iter().rev().filter_map(letter));
    "XY".chars().chain(letters).collect()
}

const fn type_name(sample: SampleType) -> &'static str {
    match sample {
        SampleType::F32 => "float",
        SampleType::F64 => "double",
        integer => integer.name(),
    }
}

/// Text for an attribute; control characters, which XML cannot hold, are left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars().filter(|character| !character.is_control()) {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A name that no other file has (version 4).
fn random_uuid() -> String {
    let random = |salt: u8| RandomState::new().hash_one((std::process::id(), salt));
    let (high, low) = (random(0), random(1));
    // Version 4, variant 1.
    let high = high & !0xF000 | 0x4000;
    let low = low & !(3 << 62) | 1 << 63;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}

#[cfg(test)]
mod tests {
    use pimage_core::{Color, FrameCount, FrameRate, StreamInfo};

    use super::*;
    use crate::WriteOptions;

    fn described(format: FrameFormat, axes: Vec<Axis>, times: &Times, frames: u64) -> Described {
        let mut info = StreamInfo::new("test", format, FrameCount::Unknown);
        info.axes = axes;
        info.rate = FrameRate::new(20, 1);
        let facts = Facts::new(&info, &WriteOptions::default());
        describe(
            Path::new("/a/b & c.ome.tif"),
            &format,
            &facts,
            times,
            frames,
        )
    }

    #[test]
    fn the_order_of_the_axes_is_that_of_the_planes() {
        let axes = |names: &[&str]| -> Vec<Axis> {
            names.iter().map(|name| Axis::new(*name, 2)).collect()
        };
        for (names, order) in [
            (&["t"][..], "XYCZT"),
            (&["z"], "XYCTZ"),
            (&["t", "z", "c"], "XYCZT"),
            (&["c", "t"], "XYZTC"),
            (&["z", "t", "c"], "XYCTZ"),
        ] {
            assert_eq!(order_of(&axes(names)), order);
        }
        assert!(has_axes(&["c", "t", "z"]));
        assert!(!has_axes(&["s", "t"]) && !has_axes(&["t", "t"]));
    }

    #[test]
    fn sizes_channels_and_times_are_told() {
        let format = FrameFormat::new(7, 5, Color::Gray, SampleType::U16).with_bit_depth(12);
        let mut channel = Axis::new("c", 2);
        channel.labels = vec!["DAPI <1>".to_owned(), "GFP".to_owned()];
        let axes = vec![Axis::new("t", 3), channel];
        let times = Times {
            first: None,
            is_universal: false,
            deltas: vec![Some(0.0), None, Some(0.5)],
        };
        let text = described(format, axes, &times, 6).text;
        for part in [
            r#"Name="b &amp; c.ome.tif""#,
            r#"DimensionOrder="XYZCT" Type="uint16" SignificantBits="12""#,
            r#"SizeX="7" SizeY="5" SizeC="2" SizeZ="1" SizeT="3" TimeIncrement="0.05" TimeIncrementUnit="s">"#,
            r#"<Channel ID="Channel:0:0" SamplesPerPixel="1" Name="DAPI &lt;1&gt;"/>"#,
            r#"<TiffData IFD="0" PlaneCount="6"/>"#,
            r#"<Plane TheC="0" TheZ="0" TheT="1" DeltaT="0.5" DeltaTUnit="s"/></Pixels>"#,
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }

    #[test]
    fn the_samples_of_colour_are_channels() {
        let format = FrameFormat::new(7, 5, Color::Rgba, SampleType::F32);
        let text = described(
            format,
            vec![Axis::new("t", 2), Axis::new("c", 3)],
            &Times::default(),
            6,
        )
        .text;
        assert!(text.contains(r#"Type="float""#), "{text}");
        assert!(text.contains(r#"SizeC="12""#), "{text}");
        assert_eq!(text.matches(r#"SamplesPerPixel="4""#).count(), 3);
    }

    #[test]
    fn frames_that_fill_no_volume_are_one_sequence() {
        let format = FrameFormat::new(7, 5, Color::Gray, SampleType::U8);
        let axes = vec![Axis::new("t", 3), Axis::new("z", 4)];
        let found = described(format, axes, &Times::default(), 7);
        assert!(
            found.text.contains(r#"SizeZ="1" SizeT="7""#),
            "{}",
            found.text
        );
        assert_eq!(found.notes.len(), 1);
    }

    #[test]
    fn names_of_files_are_of_version_4() {
        let (one, other) = (random_uuid(), random_uuid());
        assert_ne!(one, other);
        assert_eq!((one.len(), &one[14..15]), (36, "4"));
        assert!(matches!(&one[19..20], "8" | "9" | "a" | "b"), "{one}");
    }
}
