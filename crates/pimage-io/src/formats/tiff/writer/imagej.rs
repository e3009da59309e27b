//! The description that `ImageJ` reads.

use std::fmt::Write;

use pimage_core::{Axis, Color, FrameFormat, SampleType};

use super::describe::{Described, Facts, axes_note, depth_of, length_of};
use super::units::Unit;

/// The axes in `ImageJ`'s order, slowest first.
const ORDER: [&str; 3] = [Axis::TIME, Axis::DEPTH, Axis::CHANNEL];

/// Whether `ImageJ` has images of this kind.
pub(super) const fn holds(format: &FrameFormat) -> bool {
    matches!(
        (format.color, format.sample),
        (
            Color::Gray,
            SampleType::U8 | SampleType::U16 | SampleType::I16 | SampleType::F32
        ) | (Color::Rgb, SampleType::U8)
    )
}

/// Whether these axes, slowest first, are in `ImageJ`'s order.
pub(super) fn is_ordered(names: &[&str]) -> bool {
    let mut order = ORDER.iter();
    names.iter().all(|name| order.any(|known| known == name))
}

/// The description of a finished stack.
pub(super) fn describe(format: &FrameFormat, facts: &Facts, frames: u64) -> Described {
    let mut notes = Vec::new();
    let axes = match facts.axes_of(frames) {
        Some(axes) if is_ordered(&facts.names()) => axes,
        Some(_) => {
            let names = facts.names().join(", ");
            notes.push(format!(
                "ImageJ's stacks run through t, z and c in this order, not {names}: the file has one sequence"
            ));
            vec![Axis::new(Axis::TIME, frames)]
        }
        None => {
            notes.push(axes_note(facts, frames));
            vec![Axis::new(Axis::TIME, frames)]
        }
    };
    // Without a version ImageJ reads page after page; with one it would take the pixels for one block behind the first page.
    let mut text = format!("ImageJ=\nimages={frames}\n");
    let mut line = |name: &str, value: &dyn std::fmt::Display| {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{name}={value}");
    };
    let names = ["frames", "slices", "channels"];
    for (axis, name) in ORDER.into_iter().zip(names).rev() {
        let length = length_of(&axes, axis);
        if length > 1 {
            line(name, &length);
        }
    }
    if frames > 1 {
        line("hyperstack", &true);
    }
    if format.color == Color::Gray {
        let is_composite = length_of(&axes, Axis::CHANNEL) > 1;
        line(
            "mode",
            &if is_composite {
                "composite"
            } else {
                "grayscale"
            },
        );
    }
    if let Some(size) = &facts.pixel_size {
        line("unit", &size.unit.imagej);
        match spacing(&axes, size.unit) {
            Some(Some(spacing)) => line("spacing", &spacing),
            Some(None) => notes.push(
                "ImageJ has one unit for all lengths: the spacing of axis z is lost".to_owned(),
            ),
            None => {}
        }
    }
    if let Some(interval) = facts.interval_secs() {
        line("finterval", &interval);
        line("fps", &facts.rate.map_or(1.0 / interval, |rate| rate.fps()));
    }
    line("loop", &false);
    if let Some(full_scale) = depth_of(format) {
        let least = if format.sample == SampleType::I16 {
            -full_scale - 1.0
        } else {
            0.0
        };
        // ImageJ shows this range.
        line("min", &format_args!("{least:.1}"));
        line("max", &format_args!("{full_scale:.1}"));
    }
    if axes.iter().any(|axis| !axis.labels.is_empty()) {
        notes.push(
            "ImageJ's description has no names of channels (`--tiff-metadata ome` has)".to_owned(),
        );
    }
    Described { text, notes }
}

/// The spacing of axis z in `unit`, if there is one; `Some(None)` when it has another unit that is not known.
fn spacing(axes: &[Axis], unit: Unit) -> Option<Option<f64>> {
    let depth = axes.iter().find(|axis| axis.name == Axis::DEPTH)?;
    let spacing = depth.spacing?;
    let own = Unit::of_name(depth.unit.as_deref().unwrap_or_default());
    Some(own.map(|own| spacing * own.nanometres / unit.nanometres))
}

#[cfg(test)]
mod tests {
    use pimage_core::{FrameCount, FrameRate, StreamInfo, keys};

    use super::*;
    use crate::WriteOptions;

    fn described(change: impl FnOnce(&mut StreamInfo), frames: u64) -> Described {
        let format = FrameFormat::new(4, 4, Color::Gray, SampleType::U16).with_bit_depth(12);
        let mut info = StreamInfo::new("test", format, FrameCount::Unknown);
        change(&mut info);
        let facts = Facts::new(&info, &WriteOptions::default());
        describe(&format, &facts, frames)
    }

    #[test]
    fn a_plain_sequence_is_a_series_in_time() {
        let found = described(|info| info.rate = FrameRate::new(25, 1), 7);
        assert_eq!(
            found.text,
            "ImageJ=\nimages=7\nframes=7\nhyperstack=true\nmode=grayscale\nfinterval=0.04\nfps=25\nloop=false\nmin=0.0\nmax=4095.0\n"
        );
        assert!(found.notes.is_empty());
    }

    #[test]
    fn axes_pixel_size_and_spacing_are_told() {
        let change = |info: &mut StreamInfo| {
            info.axes = vec![
                Axis::new("t", 4),
                Axis::new("z", 3).with_spacing(500.0, "nm"),
                Axis::new("c", 2),
            ];
            for key in [keys::PIXEL_SIZE_X, keys::PIXEL_SIZE_Y] {
                info.metadata.insert(key.to_owned(), 0.25.into());
            }
            let unit = keys::PIXEL_SIZE_UNIT.to_owned();
            info.metadata.insert(unit, "µm".into());
        };
        let found = described(change, 24);
        for line in [
            "\nimages=24\nchannels=2\nslices=3\nframes=4\n",
            "\nmode=composite\n",
            "\nunit=um\nspacing=0.5\n",
        ] {
            assert!(found.text.contains(line), "{}", found.text);
        }
    }

    #[test]
    fn other_orders_are_one_sequence_and_noted() {
        let found = described(
            |info| info.axes = vec![Axis::new("c", 2), Axis::new("t", 3)],
            6,
        );
        assert!(
            found.text.contains("\nimages=6\nframes=6\n"),
            "{}",
            found.text
        );
        assert!(found.notes[0].contains("not c, t"), "{:?}", found.notes);
        assert!(is_ordered(&["t", "c"]) && is_ordered(&["z"]) && is_ordered(&[]));
        assert!(!is_ordered(&["z", "t"]) && !is_ordered(&["s"]));
    }
}
