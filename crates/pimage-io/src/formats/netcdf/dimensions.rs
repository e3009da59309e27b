//! The dimensions of the variable that is written, and their coordinates.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use pimage_core::{Axis, FrameFormat, StreamInfo, Value, frames_of, keys};

use super::attributes::VARIABLE;
use super::coordinates::{COLORS, values_from};
use super::numbers::Numbers;

/// The usual name of the dimension of time.
const TIME: &str = "time";

/// One dimension.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Dimension {
    /// Its name in the file.
    pub(super) name: String,
    /// Positions; of the first one that grows, those so far.
    pub(super) length: u64,
    /// Whether it is that of time.
    pub(super) is_time: bool,
    /// Where the positions are, when that is known in numbers.
    pub(super) values: Option<Numbers>,
    /// The names of the positions, when they are no numbers.
    pub(super) labels: Option<String>,
    /// The unit of the values.
    pub(super) unit: Option<String>,
}

impl Dimension {
    fn new(name: String, length: u64) -> Self {
        Self {
            name,
            length,
            is_time: false,
            values: None,
            labels: None,
            unit: None,
        }
    }

    fn of_axis(axis: &Axis, info: &StreamInfo) -> Self {
        let is_time = axis.name == Axis::TIME;
        let usual = if is_time { TIME } else { &axis.name };
        let mut dimension = Self::new(kept_name(info, &axis.name, usual), axis.length);
        dimension.is_time = is_time;
        // Those of time count where frames have no times, as where months are counted.
        let is_counted = axis
            .unit
            .as_deref()
            .is_some_and(|unit| unit.contains(" since "));
        if is_time && !is_counted {
            return dimension;
        }
        dimension.unit.clone_from(&axis.unit);
        let numbers = Numbers::parsed(axis.labels.iter().map(String::as_str));
        let is_labelled = axis.labels.len() as u64 == axis.length && axis.length > 0;
        match (numbers, axis.spacing) {
            (Some(numbers), _) if is_labelled => dimension.values = Some(numbers),
            (None, _) if is_labelled => dimension.labels = Some(axis.labels.join(", ")),
            (_, Some(spacing)) if !is_time => {
                let values = (0..axis.length).map(|at| at as f64 * spacing);
                dimension.values = Some(Numbers::Real(values.collect()));
            }
            _ => {}
        }
        dimension
    }
}

/// The name that a dimension had in the source.
fn kept_name(info: &StreamInfo, axis: &str, usual: &str) -> String {
    let kept = info.metadata.get(&format!("{axis}_name"));
    let kept = kept.and_then(Value::as_text).map(str::to_owned);
    valid_name(&kept.unwrap_or_else(|| usual.to_owned()))
}

/// A name that every reader takes: no slash, no control character, a letter first.
pub(super) fn valid_name(name: &str) -> String {
    let is_bad = |c: char| c == '/' || c.is_control();
    let name = name.trim().replace(is_bad, "_");
    let is_good = name.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let short: String = name.chars().take(200).collect();
    if is_good { short } else { format!("_{short}") }
}

/// The name of the variable: that of the source.
pub(super) fn variable_name(info: &StreamInfo, dimensions: &[Dimension]) -> String {
    let kept = info.metadata.get(VARIABLE).and_then(Value::as_text);
    let kept = kept.and_then(|name| name.rsplit('/').next());
    let name = valid_name(kept.unwrap_or("data"));
    let is_taken = dimensions.iter().any(|dimension| dimension.name == name);
    if is_taken {
        format!("{name}_data")
    } else {
        name
    }
}

/// The dimensions of `frames` frames, and how many of them run through the frames; the others are within.
pub(super) fn dimensions_of(
    info: &StreamInfo,
    format: &FrameFormat,
    frames: u64,
) -> (Vec<Dimension>, usize) {
    let mut all: Vec<Dimension> = if frames_of(&info.axes) == Some(frames) && !info.axes.is_empty()
    {
        let axes = info.axes.iter();
        axes.map(|axis| Dimension::of_axis(axis, info)).collect()
    } else {
        let time = Axis::new(Axis::TIME, frames);
        vec![Dimension::of_axis(&time, info)]
    };
    let outer = all.len();
    let bundled: Vec<_> = info
        .bundle
        .iter()
        .map(|axis| Dimension::of_axis(axis, info))
        .collect();
    let planes = frames_of(&info.bundle).unwrap_or(0);
    let height = u64::from(format.height);
    let is_bundled = !bundled.is_empty() && planes > 0 && height % planes == 0;
    if is_bundled {
        all.extend(bundled);
    }
    let height = if is_bundled { height / planes } else { height };
    // What was done to the frames may have moved their rows and columns.
    let is_as_read = !info.metadata.contains_key(keys::TRANSFORMS);
    for (name, length) in [("y", height), ("x", u64::from(format.width))] {
        let kept = is_as_read.then(|| kept_name(info, name, name));
        let mut dimension = Dimension::new(kept.unwrap_or_else(|| name.to_owned()), length);
        let told = info.metadata.get(&format!("{name}_values"));
        let told = told.and_then(Value::as_text).filter(|_| is_as_read);
        dimension.values = told.and_then(|text| values_from(text, length));
        all.push(dimension);
    }
    if let Some((name, color)) = COLORS.iter().find(|(_, color)| *color == format.color) {
        all.push(Dimension::new((*name).to_owned(), color.channels() as u64));
    }
    for at in 1..all.len() {
        let (before, rest) = all.split_at_mut(at);
        if let Some(dimension) = rest.first_mut()
            && before.iter().any(|other| other.name == dimension.name)
        {
            dimension.name = format!("{}_{at}", dimension.name);
        }
    }
    (all, outer)
}

/// The lengths of a chunk, and how many frames are in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chunking {
    /// Frames of a chunk.
    pub(super) frames: u64,
    /// Rows of a chunk; all of them, unless frames are large.
    pub(super) rows: u64,
}

/// Bytes that a chunk of several frames has about.
const CHUNK_BYTES: u64 = 1 << 20;
/// Bytes that a part of a frame has at most about.
const PART_BYTES: u64 = 4 << 20;

impl Chunking {
    /// Chunks of whole small frames, where these run through one axis, or of some rows of large ones.
    pub(super) fn of(info: &StreamInfo, format: &FrameFormat) -> Self {
        let row = format.row_bytes().unwrap_or(usize::MAX).max(1) as u64;
        let rows = u64::from(format.height);
        let frame = row.saturating_mul(rows).max(1);
        let is_plain = info.axes.len() <= 1 && info.bundle.is_empty();
        if frame > PART_BYTES && info.bundle.is_empty() {
            let rows = (PART_BYTES / row).clamp(1, rows);
            return Self { frames: 1, rows };
        }
        let fitting = (CHUNK_BYTES / frame).clamp(1, 1024);
        Self {
            frames: if is_plain { fitting } else { 1 },
            rows,
        }
    }

    /// The lengths of a chunk over these dimensions.
    pub(super) fn shape(
        &self,
        dimensions: &[Dimension],
        format: &FrameFormat,
        outer: usize,
    ) -> Vec<u64> {
        let is_part = self.rows < u64::from(format.height);
        let color = usize::from(format.color.channels() > 1);
        let rows_at = dimensions.len().saturating_sub(2 + color);
        dimensions
            .iter()
            .enumerate()
            .map(|(at, dimension)| match at {
                0 if outer == 1 => self.frames,
                at if at < outer => 1,
                at if at == rows_at && is_part => self.rows,
                _ => dimension.length,
            })
            .collect()
    }
}
