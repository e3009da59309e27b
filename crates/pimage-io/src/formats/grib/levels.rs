//! At which levels frames are: those of an axis, or a single value that their source has beside them.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use pimage_core::{Axis, Metadata, StreamInfo, Value, frames_of};

use super::describe::names;
use super::octets::{i8_byte, i32_bytes};
use crate::positions::SCALAR;

/// Bytes of a surface in section 4.
pub(super) const SURFACE_BYTES: usize = 6;
/// Most decimal places of a level.
const MOST_PLACES: u8 = 6;
/// Code table 4.5.
const ISOBARIC: u8 = 100;
const ABOVE_SEA: u8 = 102;
const ABOVE_GROUND: u8 = 103;

/// A fixed surface as section 4 has it.
type Surface = [u8; SURFACE_BYTES];

/// The levels of frames.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Levels {
    /// All frames have the first and the second surface of their source, or none.
    Same([Surface; 2]),
    /// Frames have one after another, each for so many frames.
    Along {
        /// The first surfaces.
        surfaces: Vec<Surface>,
        /// Frames of one level that follow each other.
        stride: u64,
    },
}

impl Levels {
    /// What the source says of levels; what is not said by it may be by the name of its values: `surface`, or `metres` above the ground.
    pub(super) fn of(info: &StreamInfo, surface: Option<u8>, metres: Option<f64>) -> Self {
        let metadata = &info.metadata;
        let kept = names::SURFACES.map(|names| kept(metadata, names));
        if let [Some(first), second] = kept {
            return Self::Same([first, second.unwrap_or(none(None))]);
        }
        if let Some(along) = along(info) {
            return along;
        }
        let first = single(metadata)
            .or_else(|| metres.and_then(|metres| value(ABOVE_GROUND, metres)))
            .unwrap_or_else(|| none(surface));
        Self::Same([first, none(None)])
    }

    /// The bytes of both surfaces of frame `index`.
    pub(super) fn bytes(&self, index: u64) -> [Surface; 2] {
        match self {
            Self::Same(both) => *both,
            Self::Along { surfaces, stride } => {
                let count = (surfaces.len() as u64).max(1);
                let position = index / (*stride).max(1) % count;
                let position = usize::try_from(position).unwrap_or(0);
                let first = surfaces.get(position).copied();
                [first.unwrap_or_else(|| none(None)), none(None)]
            }
        }
    }
}

/// A surface without a value, or none at all.
fn none(kind: Option<u8>) -> Surface {
    let mut bytes = [255; SURFACE_BYTES];
    if let ([first, ..], Some(kind)) = (&mut bytes, kind) {
        *first = kind;
    }
    bytes
}

/// A surface that the source had as GRIB.
fn kept(metadata: &Metadata, [kind, places, value]: [&str; 3]) -> Option<Surface> {
    let int = |name: &str| match metadata.get(name)? {
        Value::Int(value) => Some(*value),
        _ => None,
    };
    let kind = u8::try_from(int(kind)?).ok()?;
    let places = int(places).and_then(|places| i8::try_from(places).ok());
    let value = int(value).and_then(|value| i32::try_from(value).ok());
    Some(match (places, value) {
        (Some(places), Some(value)) => encoded(kind, i8_byte(places), value),
        _ => none(Some(kind)),
    })
}

fn encoded(kind: u8, places: u8, value: i32) -> Surface {
    let [a, b, c, d] = i32_bytes(value);
    [kind, places, a, b, c, d]
}

/// A surface at a value; `None` when its decimal places are too many.
fn value(kind: u8, value: f64) -> Option<Surface> {
    (0..=MOST_PLACES).find_map(|places| {
        let scaled = value * 10f64.powi(i32::from(places));
        let whole = scaled.round();
        let is_close = (scaled - whole).abs() <= 1e-9 * scaled.abs().max(1.0);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it is checked to be in range"
        )]
        let number = whole as i32;
        (is_close && whole.abs() < f64::from(i32::MAX)).then(|| encoded(kind, places, number))
    })
}

/// The kind of level that positions in `unit` along `name` are, and what makes its unit of them.
fn kind_of(name: &str, unit: &str) -> Option<(u8, f64)> {
    let name = name.to_ascii_lowercase().replace('_', "");
    let is_pressure = ["lev", "plev", "pres", "isobaric", "airpressure"]
        .into_iter()
        .any(|known| name.starts_with(known))
        || name == "p";
    // Such as height, height2m, heightAboveGround, heightAboveGround1.
    let height = name.strip_prefix("height").map(|rest| {
        rest.trim_matches(|letter: char| letter.is_ascii_digit() || letter == 'm')
            .to_owned()
    });
    match (unit.trim(), height.as_deref()) {
        ("hPa" | "mb" | "mbar" | "millibar" | "millibars", _) if is_pressure => {
            Some((ISOBARIC, 100.0))
        }
        ("Pa", _) if is_pressure => Some((ISOBARIC, 1.0)),
        ("m", Some("" | "aboveground")) => Some((ABOVE_GROUND, 1.0)),
        ("m", Some("abovesea")) => Some((ABOVE_SEA, 1.0)),
        _ => None,
    }
}

/// The surfaces of the axis that has some; `None` unless each of the frames is at a place of the axes.
fn along(info: &StreamInfo) -> Option<Levels> {
    if frames_of(&info.axes) != info.frame_count.get() {
        return None;
    }
    let surfaces_of = |axis: &Axis| -> Option<Vec<Surface>> {
        let (kind, factor) = kind_of(&axis.name, axis.unit.as_deref()?)?;
        let is_labelled = !axis.labels.is_empty() && axis.labels.len() as u64 == axis.length;
        let labels = is_labelled.then_some(&axis.labels)?;
        let surface = |label: &String| value(kind, label.parse::<f64>().ok()? * factor);
        labels.iter().map(surface).collect()
    };
    let mut stride = 1u64;
    for axis in info.axes.iter().rev() {
        if let Some(surfaces) = surfaces_of(axis) {
            return Some(Levels::Along { surfaces, stride });
        }
        stride = stride.saturating_mul(axis.length);
    }
    None
}

/// The surface of a single value beside the frames.
fn single(metadata: &Metadata) -> Option<Surface> {
    metadata.iter().find_map(|(name, level)| {
        let inner = name.strip_prefix(SCALAR)?;
        let number = match level {
            Value::Float(number) => *number,
            Value::Int(number) => *number as f64,
            _ => return None,
        };
        let unit = metadata.get(&format!("{name}.units"))?.as_text()?;
        let (kind, factor) = kind_of(inner, unit)?;
        value(kind, number * factor)
    })
}

#[cfg(test)]
mod tests {
    use pimage_core::{Color, FrameCount, FrameFormat, SampleType};

    use super::*;

    fn info(axes: Vec<Axis>) -> StreamInfo {
        let format = FrameFormat::new(2, 2, Color::Gray, SampleType::F32);
        let count = frames_of(&axes).expect("are few");
        let mut info = StreamInfo::new("test", format, FrameCount::Exact(count));
        info.axes = axes;
        info
    }

    #[test]
    fn an_axis_of_pressure_is_one_of_levels() {
        let mut level = Axis::new("level", 2);
        level.unit = Some("hPa".to_owned());
        level.labels = ["1000", "0.5"].map(str::to_owned).to_vec();
        let levels = Levels::of(&info(vec![level, Axis::new("t", 3)]), None, None);
        let first = |index| levels.bytes(index)[0];
        assert_eq!(first(2), encoded(100, 0, 100_000));
        assert_eq!(first(3), encoded(100, 0, 50));
        assert_eq!(levels.bytes(3)[1], [255; 6]);
    }

    #[test]
    fn other_heights_and_pressures_are_no_levels() {
        assert_eq!(kind_of("heightAboveSea", "m"), Some((102, 1.0)));
        assert_eq!(kind_of("height2m", "m"), Some((103, 1.0)));
        assert_eq!(kind_of("isobaricInhPa", "hPa"), Some((100, 100.0)));
        assert_eq!(kind_of("height_of_tropopause", "m"), None);
        assert_eq!(kind_of("p0", "Pa"), None);
        assert_eq!(kind_of("depth", "m"), None);
    }

    #[test]
    fn a_single_height_is_the_level_of_all() {
        let mut info = info(vec![Axis::new("t", 3)]);
        assert_eq!(Levels::of(&info, Some(1), None).bytes(0)[0], none(Some(1)));
        let metres = Levels::of(&info, None, Some(10.0));
        assert_eq!(metres.bytes(0)[0], encoded(103, 0, 10));
        info.metadata.insert("scalar.height".to_owned(), 1.5.into());
        info.metadata
            .insert("scalar.height.units".to_owned(), "m".into());
        let levels = Levels::of(&info, None, Some(10.0));
        assert_eq!(levels.bytes(2)[0], encoded(103, 1, 15));
    }
}
