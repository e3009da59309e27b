//! Sections 0, 1, 3 and 4 of what is written: what the values are, where and when.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use pimage_core::{Metadata, StreamInfo, Value, keys};

use super::cf::{self, Meaning, meaning_of};
use super::describe::names;
use super::levels::Levels;
use super::octets::i32_bytes;
use super::place;
use super::values::section;
use crate::positions;

/// Micro-degrees of a degree.
const DEGREE: f64 = 1e6;
/// The distance of points whose places nobody knows, micro-degrees, and one for very large frames.
const UNKNOWN_STEPS: [u32; 2] = [1_000, 1];
/// The most rows that fit between the equator and the pole at the larger of the distances.
const MOST_ROWS: u32 = 90_000;
/// Product templates of which no more is lost than is told: plain ones, members, and both of intervals.
const WRITTEN_TEMPLATES: [i64; 4] = [0, 1, 8, 11];
/// The tables of codes that are meant, where the source says nothing.
const TABLES: u8 = 30;
/// What was done to the frames before they were written to the file that they are read from.
const TRANSFORMS_BEFORE: &str = "attribute.transforms";
/// What the frames are of many, where they are.
const STATISTIC: &str = "statistic";

/// What all messages of a file say, but for their times.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) discipline: u8,
    /// Section 1 up to the significance of the reference time.
    centre: [u8; 6],
    /// What the reference time is, where the source says it.
    significance: Option<u8>,
    /// The bytes of section 1 behind the reference time.
    status: [u8; 2],
    /// Section 3 without its header, and section 4 up to the step.
    grid: Vec<u8>,
    product: Vec<u8>,
    levels: Levels,
    /// What stands behind the levels.
    member: Vec<u8>,
    /// What the user should know.
    pub(super) notes: Vec<String>,
}

/// A time as a message has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// Bytes of the reference time.
    pub(super) date: [u8; 7],
    /// Code table 4.4.
    pub(super) unit: u8,
    pub(super) step: i32,
}

fn int(metadata: &Metadata, name: &str) -> Option<i64> {
    match metadata.get(name)? {
        Value::Int(value) => Some(*value),
        _ => None,
    }
}

fn byte(metadata: &Metadata, name: &str) -> Option<u8> {
    int(metadata, name)?.try_into().ok()
}

/// Whether a flag is set, which other formats keep as a word or a number.
fn is_true(metadata: &Metadata, name: &str) -> bool {
    match metadata.get(name) {
        Some(Value::Bool(is_set)) => *is_set,
        Some(Value::Int(number)) => *number == 1,
        Some(value) => value.as_text() == Some("true"),
        None => false,
    }
}

/// An angle in micro-degrees.
fn angle(metadata: &Metadata, name: &str) -> Option<i32> {
    let degrees = match metadata.get(name)? {
        Value::Float(value) => *value,
        Value::Int(value) => *value as f64,
        _ => return None,
    };
    micro(degrees)
}

/// Degrees in micro-degrees.
fn micro(degrees: f64) -> Option<i32> {
    let micro = (degrees * DEGREE).round();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it is checked to be in range"
    )]
    let whole = micro as i32;
    (micro.abs() <= 360.0 * DEGREE).then_some(whole)
}

impl Header {
    /// What is known of frames of `width` x `height` from what their source says.
    pub(super) fn new(info: &StreamInfo, (width, height): (u32, u32)) -> Self {
        let metadata = &info.metadata;
        let mut notes = Vec::new();
        let meaning = match parameter(metadata) {
            Ok(meaning) => Some(meaning),
            Err(why) => {
                notes.push(format!("{why}: the parameter is 0.255.255, unknown"));
                None
            }
        };
        let template = int(metadata, names::TEMPLATE).unwrap_or(0);
        if !WRITTEN_TEMPLATES.contains(&template) {
            notes.push(format!(
                "the source says more of its values, as that they are probabilities, of all members or of a chemical (product template 4.{template}): that is lost"
            ));
        }
        let grid = match known_grid(metadata, width, height) {
            Ok(grid) => grid,
            Err(reason) => {
                let (grid, step) = unknown_grid(width, height);
                notes.push(format!(
                    "{reason}: the points are {} degrees apart from 0 N 0 E on",
                    f64::from(step) / DEGREE
                ));
                grid
            }
        };
        let process = metadata.get(names::STEP_TYPE).and_then(Value::as_text);
        if let Some(process) = process.filter(|process| *process != "instant") {
            notes.push(format!(
                "the values are written as those of one time: that they are of an interval ({process}) is lost"
            ));
        }
        let word = |name, unknown: u16| {
            let value = int(metadata, name).and_then(|value| u16::try_from(value).ok());
            value.unwrap_or(unknown).to_be_bytes()
        };
        let ([a, b], [c, d]) = (word(names::CENTRE, 255), word(names::SUB_CENTRE, 0));
        let tables = byte(metadata, names::TABLES).unwrap_or(TABLES);
        let local = byte(metadata, names::LOCAL_TABLES).unwrap_or(0);
        let said = meaning.map_or((None, None), |meaning| (meaning.surface, meaning.metres));
        let levels = Levels::of(info, said.0, said.1);
        let codes = meaning.map_or((0, 255, 255), |meaning| meaning.codes);
        let member = byte(metadata, names::MEMBER);
        Self {
            discipline: codes.0,
            centre: [a, b, c, d, tables, local],
            // Where frames have reference times of their own, they are no longer what they were.
            significance: byte(metadata, names::SIGNIFICANCE)
                .filter(|_| metadata.contains_key(names::REFERENCE)),
            status: names::STATUS.map(|name| byte(metadata, name).unwrap_or(255)),
            grid,
            product: product(metadata, member.is_some(), (codes.1, codes.2)),
            levels,
            member: member.map_or_else(Vec::new, |member| vec![255, member, 255]),
            notes,
        }
    }

    /// Sections 1, 3 and 4 of the message of frame `index`.
    pub(super) fn append(&self, moment: &Moment, index: u64, message: &mut Vec<u8>) {
        // The reference time is that of an analysis, or the start of a forecast.
        let usual = u8::from(moment.step != 0);
        let significance = self.significance.unwrap_or(usual);
        section(
            message,
            1,
            &[&self.centre, &[significance], &moment.date, &self.status],
        );
        section(message, 3, &[&self.grid]);
        let step = i32_bytes(moment.step);
        let [first, second] = self.levels.bytes(index);
        section(
            message,
            4,
            &[
                &self.product,
                &[moment.unit],
                &step,
                &first,
                &second,
                &self.member,
            ],
        );
    }
}

/// What the values are; the error says why nobody knows.
fn parameter(metadata: &Metadata) -> Result<Meaning, String> {
    if metadata.contains_key(keys::RANGE_MAPPING) {
        return Err("the values are mapped to another range".to_owned());
    }
    let codes = [names::DISCIPLINE, names::CATEGORY, names::NUMBER];
    match codes.map(|name| byte(metadata, name)) {
        [Some(discipline), Some(category), Some(number)] => {
            let meaning = Meaning {
                codes: (discipline, category, number),
                surface: None,
                metres: None,
            };
            let text = |name: &str| metadata.get(name).and_then(Value::as_text);
            match text(STATISTIC) {
                Some(statistic @ ("std" | "sum")) => {
                    Err(format!("the values are the {statistic} of many"))
                }
                _ => cf::in_units(meaning, text("units")),
            }
        }
        _ => meaning_of(metadata),
    }
}

/// Section 4 without its header, up to the unit of the step.
fn product(metadata: &Metadata, is_member: bool, (category, number): (u8, u8)) -> Vec<u8> {
    let [process, background, identifier] =
        names::PROCESS.map(|name| byte(metadata, name).unwrap_or(255));
    let mut bytes = vec![0, 0, 0, u8::from(is_member), category, number];
    bytes.extend([process, background, identifier]);
    // When the data were complete is missing.
    bytes.extend([0, 0, 0]);
    bytes
}

/// Section 3 without its header, of the grid that the source had; the error says why it is not that.
fn known_grid(metadata: &Metadata, width: u32, height: u32) -> Result<Vec<u8>, &'static str> {
    let kind = metadata.get(names::GRID).and_then(Value::as_text);
    let corners = [names::FIRST, names::LAST].map(|[latitude, longitude]| {
        Some((angle(metadata, latitude)?, angle(metadata, longitude)?))
    });
    let size = (int(metadata, names::WIDTH), int(metadata, names::HEIGHT));
    let is_kept = size == (Some(i64::from(width)), Some(i64::from(height)));
    // Also those of a file that this one was read from.
    let is_transformed = [keys::TRANSFORMS, TRANSFORMS_BEFORE]
        .into_iter()
        .any(|name| metadata.contains_key(name));
    if (size.0.is_some() && !is_kept) || is_transformed {
        return Err("the frames are no longer on the grid of their source");
    }
    let is_told = positions::VALUES
        .into_iter()
        .any(|name| metadata.contains_key(name));
    let ([first, last], is_westward) = match (kind, corners) {
        (Some("regular_ll"), [Some(first), Some(last)]) if is_kept => {
            let kept = ([first, last], is_true(metadata, names::WESTWARD));
            // Coordinates may have been changed since they were those of GRIB.
            match is_told.then(|| told_grid(metadata, width, height)) {
                Some(told) if !is_same(kept, told?) => told?,
                _ => kept,
            }
        }
        (Some(kind), _) if kind != "regular_ll" => {
            return Err("only regular latitudes and longitudes are written");
        }
        _ => told_grid(metadata, width, height)?,
    };
    let scanning = u8::from(is_westward) << 7 | u8::from(last.0 > first.0) << 6;
    let (from, to) = if is_westward {
        (last.1, first.1)
    } else {
        (first.1, last.1)
    };
    let width_degrees = match (to - from).rem_euclid(360_000_000).unsigned_abs() {
        // All the way round, with the first meridian twice.
        0 if width > 1 => 360_000_000,
        other => other,
    };
    let steps = (
        gap(width_degrees, width),
        gap((last.0 - first.0).unsigned_abs(), height),
    );
    Ok(grid_section(
        (width, height),
        [first, last],
        steps,
        scanning,
    ))
}

/// The corners of a grid, micro-degrees, and whether its rows run to the west.
type Corners = ([(i32, i32); 2], bool);

/// The grid that the coordinates of rows and columns tell; the error says why it is none.
fn told_grid(metadata: &Metadata, width: u32, height: u32) -> Result<Corners, &'static str> {
    let [(north, south), (west, east)] = place::ends_of(metadata, width, height)?;
    let corner = |latitude, longitude: f64| {
        // Longitudes are written from 0 to 360.
        let turn = match longitude {
            west if west < 0.0 => 360.0,
            east if east > 360.0 => -360.0,
            _ => 0.0,
        };
        Some((micro(latitude)?, micro(longitude + turn)?))
    };
    match (corner(north, west), corner(south, east)) {
        (Some(first), Some(last)) => Ok(([first, last], east < west)),
        _ => Err("the latitudes or longitudes are beyond the globe"),
    }
}

/// Whether two grids are one but for roundings and whole turns.
fn is_same((one, is_westward): Corners, (other, is_other_westward): Corners) -> bool {
    let is_near = |a: i32, b: i32| {
        let gap = (i64::from(a) - i64::from(b)).rem_euclid(360_000_000);
        gap <= 1 || gap >= 359_999_999
    };
    let mut pairs = one.into_iter().zip(other);
    is_westward == is_other_westward
        && pairs.all(|(a, b)| (a.0 - b.0).abs() <= 1 && is_near(a.1, b.1))
}

/// The distance of neighbours, of which `count` fill `range`; all bits are set when it is no whole number.
const fn gap(range: u32, count: u32) -> Option<u32> {
    match count.checked_sub(1) {
        None | Some(0) => Some(0),
        Some(gaps) if range.is_multiple_of(gaps) => Some(range / gaps),
        Some(_) => None,
    }
}

/// Section 3 without its header, of a grid that begins at the equator and the meridian, and the distance of its points.
fn unknown_grid(width: u32, height: u32) -> (Vec<u8>, u32) {
    let [usual, fine] = UNKNOWN_STEPS;
    let step = if width.max(height) > MOST_ROWS {
        fine
    } else {
        usual
    };
    let north = height
        .saturating_sub(1)
        .saturating_mul(step)
        .min(i32::MAX as u32);
    let east = width
        .saturating_sub(1)
        .saturating_mul(step)
        .min(i32::MAX as u32);
    let corners = [(north.cast_signed(), 0), (0, east.cast_signed())];
    let steps = (Some(step), Some(step));
    (grid_section((width, height), corners, steps, 0), step)
}

fn grid_section(
    (width, height): (u32, u32),
    [first, last]: [(i32, i32); 2],
    (di, dj): (Option<u32>, Option<u32>),
    scanning: u8,
) -> Vec<u8> {
    let points = width.saturating_mul(height);
    let mut bytes = vec![0];
    bytes.extend(points.to_be_bytes());
    // No list of points, template 0, a sphere of 6,371,229 m whose radius need not be said.
    bytes.extend([0, 0, 0, 0, 6]);
    bytes.extend([255, 255, 255, 255, 255].repeat(3));
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([0, 0, 0, 0, 255, 255, 255, 255]);
    bytes.extend(i32_bytes(first.0));
    bytes.extend(i32_bytes(first.1));
    bytes.push(u8::from(di.is_some()) << 5 | u8::from(dj.is_some()) << 4);
    bytes.extend(i32_bytes(last.0));
    bytes.extend(i32_bytes(last.1));
    bytes.extend(di.unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend(dj.unwrap_or(u32::MAX).to_be_bytes());
    bytes.push(scanning);
    bytes
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use pimage_core::{Color, FrameCount, FrameFormat, SampleType};

    use super::*;

    /// A grid of 9 x 5 points between two corners (latitude and longitude).
    fn source([first, last]: [(f64, f64); 2], more: &[(&str, Value)]) -> Header {
        let format = FrameFormat::new(9, 5, Color::Gray, SampleType::F32);
        let mut info = StreamInfo::new("test", format, FrameCount::Unknown);
        let mut add = |name: &str, value: Value| {
            info.metadata.insert(name.to_owned(), value);
        };
        add(names::GRID, "regular_ll".into());
        add(names::WIDTH, 9u32.into());
        add(names::HEIGHT, 5u32.into());
        for name in [names::DISCIPLINE, names::CATEGORY, names::NUMBER] {
            add(name, 0u32.into());
        }
        for (corner, names) in [(first, names::FIRST), (last, names::LAST)] {
            add(names[0], corner.0.into());
            add(names[1], corner.1.into());
        }
        for (name, value) in more {
            add(name, value.clone());
        }
        Header::new(&info, (9, 5))
    }

    /// The distance of points in a row, micro-degrees, and the flags.
    fn row(header: &Header) -> (u32, u8) {
        let step = &header.grid[58..62];
        let step = step
            .iter()
            .fold(0, |number, byte| number << 8 | u32::from(*byte));
        (step, header.grid[66])
    }

    #[test]
    fn a_row_may_go_all_the_way_round() {
        let header = source([(60.0, -180.0), (20.0, 180.0)], &[]);
        assert_eq!(row(&header), (45_000_000, 0));
        assert!(header.notes.is_empty(), "{:?}", header.notes);
    }

    #[test]
    fn directions_are_known_without_flags() {
        let header = source([(20.0, 0.0), (60.0, 8.0)], &[]);
        assert_eq!(row(&header), (1_000_000, 0x40));
        for flag in [Value::Bool(true), Value::Int(1), "true".into()] {
            let header = source([(60.0, 8.0), (20.0, 0.0)], &[(names::WESTWARD, flag)]);
            assert_eq!(row(&header), (1_000_000, 0x80));
        }
    }

    #[test]
    fn what_is_not_written_is_told() {
        let corners = [(60.0, 0.0), (20.0, 8.0)];
        let header = source(corners, &[(names::TEMPLATE, 5u32.into())]);
        assert!(
            header.notes[0].contains("template 4.5"),
            "{:?}",
            header.notes
        );
        let header = source(corners, &[(keys::RANGE_MAPPING, "0,1 to 0,255".into())]);
        assert_eq!(header.product[4..6], [255, 255]);
        assert!(header.notes[0].contains("mapped"), "{:?}", header.notes);
    }
}
