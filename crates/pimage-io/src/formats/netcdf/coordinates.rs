//! The dimensions of a variable as axes, and its coordinates as times and metadata.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use netcdf_reader::{NcDimension, NcVariable};
use pimage_core::{Axis, Color, FrameRate, StreamInfo, Timestamp, keys};

use super::attributes::{Notes, ORDER, PACKING, text};
use super::calendar::TimeUnits;
use super::file::File;
use super::numbers::Numbers;
use super::scalars::scalars;
use crate::positions::{self, between, is_even};

/// The variable with the recorder's own numbers.
pub(super) const NUMBER: &str = "frame_number";

/// Most positions whose values become labels of an axis.
const MOST_LABELS: usize = 1 << 16;

/// The dimensions whose samples make one pixel, by name.
pub(super) const COLORS: [(&str, Color); 3] = [
    ("gray_alpha", Color::GrayAlpha),
    ("rgb", Color::Rgb),
    ("rgba", Color::Rgba),
];

/// Which dimensions of a variable are in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Number of dimensions that run through the frames.
    pub(super) outer: usize,
    /// What the samples of a pixel are.
    pub(super) color: Color,
    /// Whether the dimensions have names.
    pub(super) is_named: bool,
}

impl Layout {
    /// The last two are rows and columns; behind them may be colours, by name, or in four dimensions without names when they are few.
    pub(super) fn of(dimensions: &[NcDimension]) -> Self {
        let is_named = dimensions.iter().any(|dimension| !is_nameless(dimension));
        let color = dimensions.last().and_then(|last| {
            let by_name = COLORS.iter().find(|(name, color)| {
                last.name.eq_ignore_ascii_case(name) && last.size == color.channels() as u64
            });
            let by_length = || {
                let is_few = !is_named && dimensions.len() == 4 && last.size <= 4;
                let channels = usize::try_from(last.size).ok().filter(|_| is_few)?;
                Color::from_channels(channels)
            };
            by_name.map(|(_, color)| *color).or_else(by_length)
        });
        let inner = if color.is_some() { 3 } else { 2 };
        Self {
            outer: dimensions.len().saturating_sub(inner),
            color: color.unwrap_or(Color::Gray),
            is_named,
        }
    }
}

/// Whether a dimension is called by its length, as those of HDF5 are that have no name.
fn is_nameless(dimension: &NcDimension) -> bool {
    let stem = format!("dim_{}", dimension.size);
    let rest = dimension.name.strip_prefix(&stem);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

/// What the coordinates say of the frames.
#[derive(Debug, Clone, Default)]
pub(super) struct Stamps {
    /// Which axis the times belong to, the units and the values.
    times: Option<(usize, TimeUnits, Numbers)>,
    /// One for each frame.
    numbers: Option<Numbers>,
}

impl Stamps {
    /// The time of the frame at these positions.
    pub(super) fn time(&self, positions: &[u64]) -> Option<Timestamp> {
        let (axis, units, values) = self.times.as_ref()?;
        let position = usize::try_from(*positions.get(*axis)?).ok()?;
        units.moment(values.get(position)?)
    }

    /// The recorder's number of frame `index`.
    pub(super) fn number(&self, index: u64) -> Option<i64> {
        let numbers = self.numbers.as_ref()?;
        numbers.whole(usize::try_from(index).ok()?)
    }
}

/// Looks for coordinates in the variable's group and those around it.
pub(super) struct Search<'a> {
    pub(super) file: &'a File,
    /// The path of the variable's group, with `/` behind it; empty for the root.
    group: &'a str,
}

impl<'a> Search<'a> {
    /// The variable of this name with its path.
    pub(super) fn find(&self, name: &str) -> Option<(String, &'a NcVariable)> {
        let mut group = self.group;
        loop {
            let place = format!("{group}{name}");
            if let Ok(variable) = self.file.nc().variable(&place) {
                return Some((place, variable));
            }
            let outer = group.strip_suffix('/')?;
            group = outer
                .rfind('/')
                .and_then(|at| outer.get(..=at))
                .unwrap_or("");
        }
    }

    /// The coordinate of a dimension, and its values where they can be read.
    fn coordinate(&self, dimension: &NcDimension) -> Option<(&'a NcVariable, Option<Numbers>)> {
        let (place, variable) = self.find(&dimension.name)?;
        if !variable.is_coordinate_variable() {
            return None;
        }
        let values = self.file.coordinate(&place, variable);
        let is_as_long = |values: &Numbers| values.len() as u64 == dimension.size;
        Some((variable, values.filter(is_as_long)))
    }
}

/// Fills in axes, times and what the coordinates say; `place` is the variable's path.
pub(super) fn describe(
    file: &File,
    place: &str,
    dimensions: &[NcDimension],
    layout: Layout,
    info: &mut StreamInfo,
    notes: &mut Notes,
) -> Stamps {
    let group = place.rfind('/').and_then(|at| place.get(..=at));
    let group = group.unwrap_or("");
    let search = Search { file, group };
    let mut stamps = Stamps::default();
    let (outer, inner) = dimensions.split_at(layout.outer.min(dimensions.len()));
    for (at, dimension) in outer.iter().enumerate() {
        let name = unnamed(at).filter(|_| is_nameless(dimension));
        let mut axis = Axis::new(
            name.map_or_else(|| axis_name(&dimension.name), str::to_owned),
            dimension.size,
        );
        if let Some((variable, values)) = search.coordinate(dimension) {
            let units = text(variable, "units").unwrap_or_default();
            let calendar = text(variable, "calendar");
            let time = TimeUnits::parse(&units, calendar.as_deref());
            let is_time = units.contains(" since ") || axis.name == Axis::TIME;
            let is_time = is_time && time.is_some() && values.is_some() && stamps.times.is_none();
            // Said of the frames' own times below.
            let own: &[&str] = if is_time { &["units", "calendar"] } else { &[] };
            let without = [PACKING, own].concat();
            let prefix = format!("{}.", dimension.name);
            notes.add_all(&prefix, variable.attributes(), &without);
            match (time, values) {
                (Some(time), Some(values)) if is_time => {
                    Axis::TIME.clone_into(&mut axis.name);
                    notes.add("time_units".to_owned(), units.into());
                    if let Some(calendar) = calendar {
                        notes.add("calendar".to_owned(), calendar.into());
                    }
                    stamps.times = Some((at, time, values));
                }
                (_, Some(values)) => label(&mut axis, &values, units),
                _ => {}
            }
        }
        if info.axes.iter().any(|other| other.name == axis.name) {
            axis.name = format!("{}_{at}", axis.name);
        }
        if axis.name != dimension.name && !is_nameless(dimension) {
            notes.add(format!("{}_name", axis.name), dimension.name.clone().into());
        }
        info.axes.push(axis);
    }
    if let Some(told) = unusual(&search, dimensions, layout) {
        notes.add(ORDER.to_owned(), told.into());
    }
    if layout.is_named {
        for (dimension, name) in inner.iter().zip(["y", "x"]) {
            grid(&search, dimension, name, notes);
        }
    }
    scalars(&search, place, dimensions, notes);
    let count = info.frame_count.get().unwrap_or(0);
    stamps.numbers = numbers(&search, count);
    set_clock(&stamps, info, notes);
    stamps
}

/// In words what is unusual in the order of the dimensions: time within the frames, or rows that are columns of the map.
fn unusual(search: &Search<'_>, dimensions: &[NcDimension], layout: Layout) -> Option<String> {
    let inner = dimensions.get(layout.outer..)?;
    let unit = |dimension: &NcDimension| {
        let (_, variable) = search.find(&dimension.name)?;
        text(variable, "units")
    };
    let units: Vec<_> = inner
        .iter()
        .map(|one| unit(one).unwrap_or_default())
        .collect();
    let within = inner
        .iter()
        .zip(&units)
        .find(|(_, unit)| unit.contains(" since "));
    if let Some((dimension, _)) = within {
        let name = &dimension.name;
        return Some(format!(
            "`{name}` is a dimension of time, but within the frames"
        ));
    }
    let (rows, columns) = (units.first()?, units.get(1)?);
    (rows.starts_with("degrees_east") && columns.starts_with("degrees_north"))
        .then(|| "rows run to the east and columns to the north".to_owned())
}

/// The usual name of the outer dimension at this place where it has none.
fn unnamed(at: usize) -> Option<&'static str> {
    [Axis::TIME, Axis::DEPTH, Axis::CHANNEL].get(at).copied()
}

/// A dimension's name as that of an axis.
fn axis_name(name: &str) -> String {
    let name = name.to_lowercase();
    match name.as_str() {
        "time" | "frame" | "frames" => Axis::TIME.to_owned(),
        _ => name.replace(|c: char| !c.is_alphanumeric() && c != '_', "_"),
    }
}

/// Says where the positions of an axis are: by their distance when it is always the same, else each.
fn label(axis: &mut Axis, values: &Numbers, unit: String) {
    if !unit.is_empty() {
        axis.unit = Some(unit);
    }
    let reals = values.reals();
    if let [first, second, _, ..] = reals.as_slice()
        && is_even(&reals)
    {
        // A distance alone says that positions are counted from 0.
        axis.spacing = (*first == 0.0).then_some(second - first);
    }
    if values.len() <= MOST_LABELS {
        axis.labels = values.texts();
    }
}

/// The coordinate of rows or columns: its name, its attributes, and its values as briefly as they can be told.
fn grid(search: &Search<'_>, dimension: &NcDimension, name: &str, notes: &mut Notes) {
    if dimension.name != name {
        notes.add(format!("{name}_name"), dimension.name.clone().into());
    }
    let Some((variable, values)) = search.coordinate(dimension) else {
        return;
    };
    notes.add_all(
        &format!("{}.", dimension.name),
        variable.attributes(),
        PACKING,
    );
    let Some(values) = values else {
        return;
    };
    notes.add(format!("{name}_values"), told(&values).into());
}

/// The values of a coordinate in words: by their ends where they are even.
fn told(values: &Numbers) -> String {
    let reals = values.reals();
    match reals.as_slice() {
        [first, .., last] if reals.len() > 2 && values.is_real() && is_even(&reals) => {
            positions::told(*first, *last, reals.len())
        }
        _ => values.texts().join(", "),
    }
}

/// The values of a coordinate from what [`told`] says of it; `None` unless there are `count`.
pub(super) fn values_from(text: &str, count: u64) -> Option<Numbers> {
    if let Some((first, last, length)) = positions::ends_of(text) {
        // Checked before there is memory for them.
        if length as u64 != count {
            return None;
        }
        let values = (0..length).map(|at| between(first, last, at, length));
        return Some(Numbers::Real(values.collect()));
    }
    Numbers::parsed(text.split(", ")).filter(|values| values.len() as u64 == count)
}

/// The recorder's numbers, when there is one for each frame.
fn numbers(search: &Search<'_>, count: u64) -> Option<Numbers> {
    let (place, variable) = search.find(NUMBER)?;
    let numbers = search.file.coordinate(&place, variable)?;
    let is_whole = matches!(numbers, Numbers::Whole { .. }) && numbers.len() as u64 == count;
    is_whole.then_some(numbers)
}

/// Sets clock and rate from the times.
fn set_clock(stamps: &Stamps, info: &mut StreamInfo, notes: &mut Notes) {
    let Some((_, units, values)) = &stamps.times else {
        return;
    };
    info.clock = units.clock;
    let count = values.len();
    let time = |at: usize| units.moment(values.get(at)?);
    let nanoseconds = |at: usize| {
        let time = time(at)?;
        let secs = i128::from(time.ticks) * i128::from(time.base.numerator());
        Some(secs * 1_000_000_000 / i128::from(time.base.denominator()))
    };
    let steps = count.saturating_sub(1) as i128;
    let (Some(first), Some(last)) = (nanoseconds(0), nanoseconds(count.saturating_sub(1))) else {
        return;
    };
    if steps == 0 || last <= first {
        return;
    }
    info.rate = rate_of(steps, last - first);
    // Times that were rounded to nanoseconds, or to what a float holds of them.
    let slack = values_slack(values, last - first);
    let is_even = (0..count).all(|at| {
        let expected = first + (last - first) * at as i128 / steps;
        nanoseconds(at).is_some_and(|found| (found - expected).abs() <= slack)
    });
    if !is_even {
        notes.add(keys::VARIABLE_RATE.to_owned(), true.into());
    }
}

/// How far even times may be from where they are expected, nanoseconds.
fn values_slack(values: &Numbers, span: i128) -> i128 {
    match values {
        Numbers::Whole { .. } => 1,
        Numbers::Real(_) => 1 + (span >> 40),
    }
}

/// So many steps in so many nanoseconds.
fn rate_of(steps: i128, nanoseconds: i128) -> Option<FrameRate> {
    let numerator = steps.checked_mul(1_000_000_000)?;
    let (mut a, mut b) = (numerator, nanoseconds);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let part = |number: i128| u32::try_from(number / a.max(1)).ok();
    match (part(numerator), part(nanoseconds)) {
        (Some(numerator), Some(denominator)) => FrameRate::new(numerator, denominator),
        _ => FrameRate::from_fps(numerator as f64 / nanoseconds as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dimension(name: &str, size: u64) -> NcDimension {
        NcDimension {
            name: name.to_owned(),
            size,
            is_unlimited: false,
        }
    }

    #[test]
    fn frames_are_the_last_dimensions() {
        let layout = |dimensions: &[(&str, u64)]| {
            let all: Vec<_> = dimensions
                .iter()
                .map(|(name, size)| dimension(name, *size))
                .collect();
            let layout = Layout::of(&all);
            (layout.outer, layout.color)
        };
        assert_eq!(
            layout(&[("time", 9), ("lat", 3), ("lon", 4)]),
            (1, Color::Gray)
        );
        assert_eq!(
            layout(&[("time", 9), ("lev", 3), ("lat", 3), ("lon", 4)]),
            (2, Color::Gray)
        );
        assert_eq!(
            layout(&[("time", 9), ("y", 3), ("x", 4), ("rgb", 3)]),
            (1, Color::Rgb)
        );
        // HDF5 without names: few samples at the end are colours.
        assert_eq!(
            layout(&[("dim_9", 9), ("dim_30", 30), ("dim_40", 40), ("dim_3", 3)]),
            (1, Color::Rgb)
        );
        assert_eq!(
            layout(&[("dim_9", 9), ("dim_3", 3), ("dim_3_2", 3)]),
            (1, Color::Gray)
        );
    }

    #[test]
    fn rates_are_exact_where_they_can_be() {
        let day = 86_400_000_000_000;
        assert_eq!(rate_of(9, 9 * day), FrameRate::new(1, 86_400));
        assert_eq!(rate_of(2, 80_000_000), FrameRate::new(25, 1));
        let ntsc = rate_of(3_000, 100_100_000_000);
        assert_eq!(ntsc, FrameRate::new(30_000, 1_001));
    }

    #[test]
    fn what_is_told_of_values_is_understood() {
        for values in [
            vec![90.0, 89.75, 89.5, 89.25],
            vec![1000.0, 850.0],
            vec![89.46, 87.864, 86.27, 84.675_3],
            vec![3.5],
        ] {
            let text = told(&Numbers::Real(values.clone()));
            let count = values.len() as u64;
            let found = values_from(&text, count).map(|values| values.reals());
            assert_eq!(found, Some(values), "{text}");
            assert_eq!(values_from(&text, count + 1), None, "{text}");
        }
        let wide = Numbers::parsed(["1152921504606846977", "4", "7"].into_iter());
        let wide = wide.expect("are numbers");
        assert_eq!(values_from(&told(&wide), 3), Some(wide));
        assert_eq!(values_from("north, south", 2), None);
        assert_eq!(values_from("0 to 1, 99999999999999999 values", 4), None);
    }
}
