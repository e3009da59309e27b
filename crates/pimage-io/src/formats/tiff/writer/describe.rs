//! What is known of a stack besides its pixels, in the terms that the dialects share.

use pimage_codec::tiff::encode::Resolution;
use pimage_core::{Axis, Color, FrameFormat, FrameRate, StreamInfo, frames_of, keys};

use super::units::Unit;
use crate::WriteOptions;

/// The size of a pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PixelSize {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) unit: Unit,
}

impl PixelSize {
    /// What the source says; `None` when that is not complete, or no length.
    fn of(info: &StreamInfo) -> Option<Self> {
        let number = |key| {
            let value: f64 = info.metadata.get(key)?.to_string().parse().ok()?;
            (value.is_finite() && value > 0.0).then_some(value)
        };
        Some(Self {
            x: number(keys::PIXEL_SIZE_X)?,
            y: number(keys::PIXEL_SIZE_Y)?,
            unit: Unit::of_name(&info.metadata.get(keys::PIXEL_SIZE_UNIT)?.to_string())?,
        })
    }

    /// The tags of a page: pixels in a unit that the description names, or in a centimetre.
    pub(super) fn resolution(&self, is_unit_described: bool) -> Option<Resolution> {
        let (scale, unit) = if is_unit_described {
            (1.0, 1)
        } else {
            (self.unit.nanometres / 1e7, 3)
        };
        Some(Resolution {
            x: inverse(self.x * scale)?,
            y: inverse(self.y * scale)?,
            unit,
        })
    }
}

/// The fraction whose inverse is nearest to `value`, so that the size of a pixel is read as it was.
fn inverse(value: f64) -> Option<(u32, u32)> {
    let fraction = FrameRate::from_fps(value)?;
    Some((fraction.denominator(), fraction.numerator()))
}

/// What is known of a stack besides its pixels.
#[derive(Debug)]
pub(super) struct Facts {
    /// As the source has them; empty for a plain sequence.
    axes: Vec<Axis>,
    pub(super) rate: Option<FrameRate>,
    pub(super) pixel_size: Option<PixelSize>,
    /// Seconds between positions of axis `t`, when no rate says it.
    interval: Option<f64>,
}

impl Facts {
    pub(super) fn new(info: &StreamInfo, options: &WriteOptions) -> Self {
        let time = info.axis(Axis::TIME);
        Self {
            rate: options.rate.or(info.rate),
            pixel_size: PixelSize::of(info),
            interval: time.and_then(seconds),
            axes: info.axes.clone(),
        }
    }

    /// Whether there is anything that pages alone do not say.
    pub(super) fn is_something(&self) -> bool {
        self.axes.len() > 1 || self.rate.is_some() || self.pixel_size.is_some()
    }

    /// Names of the axes that have more than one position, slowest first.
    pub(super) fn names(&self) -> Vec<&str> {
        let long = self.axes.iter().filter(|axis| axis.length != 1);
        long.map(|axis| axis.name.as_str()).collect()
    }

    /// Frames at each position of the slowest axis.
    pub(super) fn frames_per_first(&self) -> u64 {
        let rest = self.axes.get(1..).unwrap_or_default();
        frames_of(rest).unwrap_or(1).max(1)
    }

    /// Frames in a step of time, and steps until time begins anew; the slowest axis, however long, stands for time where none is.
    pub(super) fn time_steps(&self) -> (u64, u64) {
        match self.axes.iter().position(|axis| axis.name == Axis::TIME) {
            Some(place @ 1..) => {
                let faster = self.axes.get(place + 1..).unwrap_or_default();
                let steps = self.axes.get(place).map_or(1, |axis| axis.length);
                (frames_of(faster).unwrap_or(1).max(1), steps.max(1))
            }
            _ => (self.frames_per_first(), u64::MAX),
        }
    }

    /// The axes of so many frames: the slowest is as long as they make it. `None` when they do not fill the others.
    pub(super) fn axes_of(&self, frames: u64) -> Option<Vec<Axis>> {
        let mut axes = self.axes.clone();
        let Some(first) = axes.first_mut() else {
            return Some(vec![Axis::new(Axis::TIME, frames)]);
        };
        let rest = self.frames_per_first();
        if !frames.is_multiple_of(rest) {
            return None;
        }
        first.length = frames / rest;
        Some(axes)
    }

    /// Seconds between positions of axis `t`.
    pub(super) fn interval_secs(&self) -> Option<f64> {
        let period = |rate: FrameRate| f64::from(rate.denominator()) / f64::from(rate.numerator());
        self.rate.map(period).or(self.interval)
    }
}

/// The spacing of an axis of time in seconds.
fn seconds(axis: &Axis) -> Option<f64> {
    let scale = match axis.unit.as_deref()?.trim() {
        "s" | "sec" | "second" | "seconds" => 1.0,
        "ms" | "millisecond" | "milliseconds" => 1e-3,
        "min" | "minute" | "minutes" => 60.0,
        _ => return None,
    };
    axis.spacing.map(|spacing| spacing * scale)
}

/// What TIFF could say of the source's pixels and pimage does not write.
pub(super) fn pixel_notes(info: &StreamInfo) -> Vec<String> {
    let value = |key| info.metadata.get(key).map(ToString::to_string);
    let mut notes = Vec::new();
    if value("premultiplied").is_some()
        && matches!(info.format.color, Color::GrayAlpha | Color::Rgba)
    {
        notes.push(
            "the colours are multiplied by the opacity, which the file does not say".to_owned(),
        );
    }
    if let Some(orientation) = value("tiff_orientation") {
        notes.push(format!(
            "the source is to be turned (orientation {orientation}), which the file does not say"
        ));
    }
    if let (Some(pattern), Color::Gray) = (value(keys::BAYER_PATTERN), info.format.color) {
        notes.push(format!(
            "the samples are under colour filters ({pattern}), which the file does not say"
        ));
    }
    notes
}

/// What a dialect says of a stack, and what it leaves out.
#[derive(Debug, Default)]
pub(super) struct Described {
    pub(super) text: String,
    pub(super) notes: Vec<String>,
}

/// The number of positions of an axis; 1 when there is none of that name.
pub(super) fn length_of(axes: &[Axis], name: &str) -> u64 {
    axes.iter()
        .find(|axis| axis.name == name)
        .map_or(1, |axis| axis.length)
}

/// The note that the axes could not be kept.
pub(super) fn axes_note(facts: &Facts, frames: u64) -> String {
    let axes = facts.axes.iter().map(Axis::to_string);
    let axes = axes.collect::<Vec<_>>().join(", ");
    format!("{frames} frame(s) do not fill the axes {axes}: the file has them in one sequence")
}

/// Full scale, when the samples have fewer bits than their type.
pub(super) fn depth_of(format: &FrameFormat) -> Option<f64> {
    (format.bit_depth < format.sample.bits()).then(|| format.full_scale())
}

#[cfg(test)]
mod tests {
    use pimage_core::{FrameCount, SampleType};

    use super::*;

    fn info() -> StreamInfo {
        let format = FrameFormat::new(4, 4, Color::Gray, SampleType::U8);
        let mut info = StreamInfo::new("test", format, FrameCount::Unknown);
        info.axes = vec![Axis::new("t", 10), Axis::new("z", 3), Axis::new("c", 2)];
        for (key, value) in [(keys::PIXEL_SIZE_X, 0.1083), (keys::PIXEL_SIZE_Y, 0.25)] {
            info.metadata.insert(key.to_owned(), value.into());
        }
        info.metadata
            .insert(keys::PIXEL_SIZE_UNIT.to_owned(), "micron".into());
        info
    }

    #[test]
    fn the_slowest_axis_is_as_long_as_the_frames_make_it() {
        let facts = Facts::new(&info(), &WriteOptions::default());
        let lengths = |frames| {
            let axes = facts.axes_of(frames)?;
            Some(axes.iter().map(|axis| axis.length).collect::<Vec<_>>())
        };
        assert_eq!(lengths(60), Some(vec![10, 3, 2]));
        assert_eq!(lengths(18), Some(vec![3, 3, 2]));
        assert_eq!(lengths(19), None);
        assert_eq!(facts.time_steps(), (6, u64::MAX));
        let mut other = info();
        other.axes.rotate_left(2);
        let other = Facts::new(&other, &WriteOptions::default());
        assert_eq!(other.time_steps(), (3, 10), "c, t, z");
        assert!(axes_note(&facts, 19).starts_with("19 frame(s) do not fill the axes t 10, z 3"));
    }

    #[test]
    fn pixel_sizes_come_back_from_their_fractions() {
        let facts = Facts::new(&info(), &WriteOptions::default());
        let size = facts.pixel_size.expect("is told");
        let described = size.resolution(true).expect("is positive");
        assert_eq!(described.x, (10_000, 1_083));
        assert_eq!(described.y, (4, 1));
        let metric = size.resolution(false).expect("is positive");
        assert_eq!((metric.y, metric.unit), ((40_000, 1), 3));
    }

    #[test]
    fn what_is_not_written_of_pixels_is_noted() {
        let mut info = info();
        assert!(pixel_notes(&info).is_empty());
        for (key, value) in [("tiff_orientation", "6"), (keys::BAYER_PATTERN, "RGGB")] {
            info.metadata.insert(key.to_owned(), value.into());
        }
        info.metadata
            .insert("premultiplied".to_owned(), "yes".into());
        let notes = pixel_notes(&info).join("\n");
        assert!(
            notes.contains("orientation 6") && notes.contains("(RGGB)"),
            "{notes}"
        );
        assert!(!notes.contains("opacity"), "gray has none: {notes}");
    }

    #[test]
    fn an_interval_comes_from_the_rate_or_the_axis() {
        let mut info = info();
        let interval =
            |info: &StreamInfo| Facts::new(info, &WriteOptions::default()).interval_secs();
        assert_eq!(interval(&info), None);
        info.axes[0] = Axis::new("t", 10).with_spacing(250.0, "ms");
        assert_eq!(interval(&info), Some(0.25));
        info.rate = FrameRate::new(25, 1);
        assert_eq!(interval(&info), Some(0.04));
    }
}
