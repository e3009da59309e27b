//! Section 3: which points the values are at.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use pimage_core::{Metadata, Value};

use super::octets::{i32_at, u8_at, u16_at, u32_at};
use crate::positions;

/// Bytes of a section that are looked at.
pub(super) const HEAD_BYTES: usize = 256;

/// Where the parts of one grid template are, as offsets into the section.
struct Template {
    number: u16,
    /// As ecCodes names it.
    name: &'static str,
    /// Latitude and longitude of the first point, micro-degrees.
    first: usize,
    /// Of the last point, where the template has it.
    last: Option<usize>,
    /// Increments, where they are micro-degrees.
    steps: Option<usize>,
    scanning: usize,
}

const fn template(
    number: u16,
    name: &'static str,
    first: usize,
    last: Option<usize>,
    steps: Option<usize>,
    scanning: usize,
) -> Template {
    Template {
        number,
        name,
        first,
        last,
        steps,
        scanning,
    }
}

/// The grids whose rows are of one length.
const TEMPLATES: &[Template] = &[
    template(0, "regular_ll", 46, Some(55), Some(63), 71),
    template(1, "rotated_ll", 46, Some(55), Some(63), 71),
    template(2, "stretched_ll", 46, Some(55), Some(63), 71),
    template(3, "stretched_rotated_ll", 46, Some(55), Some(63), 71),
    template(10, "mercator", 38, Some(51), None, 59),
    template(20, "polar_stereographic", 38, None, None, 64),
    template(30, "lambert", 38, None, None, 64),
    template(31, "albers", 38, None, None, 64),
    template(40, "regular_gg", 46, Some(55), None, 71),
    template(41, "rotated_gg", 46, Some(55), None, 71),
    template(90, "space_view", 38, None, None, 63),
    template(140, "lambert_azimuthal_equal_area", 38, None, None, 63),
];

/// How the values run over the grid: flag table 3.4.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Scanning(pub(super) u8);

impl Scanning {
    /// Whether a row runs to the west.
    const fn is_westward(self) -> bool {
        self.0 & 0x80 != 0
    }

    /// Whether the first row is the southernmost.
    const fn is_northward(self) -> bool {
        self.0 & 0x40 != 0
    }

    /// Whether the values of a column follow each other, not those of a row.
    pub(super) const fn is_by_columns(self) -> bool {
        self.0 & 0x20 != 0
    }

    /// Whether every other row runs backwards.
    pub(super) const fn alternates(self) -> bool {
        self.0 & 0x10 != 0
    }
}

/// What is known of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grid {
    /// Points in a row.
    pub(super) width: u32,
    /// Rows.
    pub(super) height: u32,
    pub(super) scanning: Scanning,
}

impl Grid {
    /// The grid of section 3; the error says what it has that frames have not.
    pub(super) fn parse(section: &[u8]) -> Result<Self, String> {
        let cut = || "its grid section is cut".to_owned();
        if u8_at(section, 5).ok_or_else(cut)? != 0 {
            return Err("its grid is not in the message but predefined".to_owned());
        }
        let template = template_of(section)?;
        let width = u32_at(section, 30).ok_or_else(cut)?;
        let height = u32_at(section, 34).ok_or_else(cut)?;
        let scanning = Scanning(u8_at(section, template.scanning).ok_or_else(cut)?);
        if width == u32::MAX || height == u32::MAX || u8_at(section, 10) != Some(0) {
            return Err("its grid is reduced: rows of different lengths are no frame".to_owned());
        }
        let points = u32_at(section, 6).ok_or_else(cut)?;
        if u64::from(width) * u64::from(height) != u64::from(points) || points == 0 {
            return Err(format!(
                "its grid is {width}x{height} and has {points} points"
            ));
        }
        if scanning.0 & 0x01 != 0 {
            return Err("its rows are of two lengths in turn".to_owned());
        }
        Ok(Self {
            width,
            height,
            scanning,
        })
    }
}

fn template_of(section: &[u8]) -> Result<&'static Template, String> {
    let number = u16_at(section, 12).ok_or("its grid section is cut")?;
    let row = TEMPLATES.iter().find(|row| row.number == number);
    row.ok_or_else(|| {
        let names: Vec<_> = TEMPLATES.iter().map(|row| row.name).collect();
        let names = names.join(", ");
        format!("its grid is of template 3.{number}: expected one of {names}")
    })
}

/// Adds what section 3 says of the grid, under the names of ecCodes.
pub(super) fn describe(section: &[u8], metadata: &mut Metadata) {
    let Ok(template) = template_of(section) else {
        return;
    };
    let mut add = |name: &str, value: Value| {
        metadata.insert(format!("GRIB_{name}"), value);
    };
    add("gridType", template.name.into());
    for (name, at) in [("Ni", 30), ("Nj", 34)] {
        if let Some(value) = u32_at(section, at) {
            add(name, value.into());
        }
    }
    let points = [("First", Some(template.first)), ("Last", template.last)];
    for (place, at) in points
        .into_iter()
        .filter_map(|(place, at)| Some((place, at?)))
    {
        for (name, at) in [("latitude", at), ("longitude", at + 4)] {
            if let Some(degrees) = i32_at(section, at).and_then(|value| degrees(section, value)) {
                add(
                    &format!("{name}Of{place}GridPointInDegrees"),
                    degrees.into(),
                );
            }
        }
    }
    let steps = template.steps.into_iter();
    for (name, at) in steps.flat_map(|at| [("iDirection", at), ("jDirection", at + 4)]) {
        let step = i32_at(section, at).filter(|step| *step != i32::MAX && *step >= 0);
        if let Some(degrees) = step.and_then(|value| degrees(section, value)) {
            add(&format!("{name}IncrementInDegrees"), degrees.into());
        }
    }
    if let Some(scanning) = u8_at(section, template.scanning).map(Scanning) {
        add("iScansNegatively", scanning.is_westward().into());
        add("jScansPositively", scanning.is_northward().into());
        add("jPointsAreConsecutive", scanning.is_by_columns().into());
        add("alternativeRowScanning", scanning.alternates().into());
    }
}

/// Adds where rows and columns of a regular grid of latitudes and longitudes are, as of any array with coordinates.
pub(super) fn add_positions(section: &[u8], grid: &Grid, metadata: &mut Metadata) {
    let Ok(template) = template_of(section) else {
        return;
    };
    let Some(last) = template.last.filter(|_| template.number == 0) else {
        return;
    };
    let at = |place: usize| i32_at(section, place).and_then(|value| degrees(section, value));
    let (Some(north), Some(south)) = (at(template.first), at(last)) else {
        return;
    };
    let (Some(first), Some(last)) = (at(template.first + 4), at(last + 4)) else {
        return;
    };
    // All the way round, with the first meridian twice.
    let is_round = (last - first).abs() < 1e-9 && grid.width > 1;
    // Rows that cross the meridian run on, as ecCodes counts them.
    let (west, east) = match grid.scanning.is_westward() {
        true if last > first => (first, last - 360.0),
        false if first > last => (first - 360.0, last),
        true if is_round => (first, last - 360.0),
        false if is_round => (first, last + 360.0),
        _ => (first, last),
    };
    let sides = [
        ("latitude", "degrees_north", (north, south), grid.height),
        ("longitude", "degrees_east", (west, east), grid.width),
    ];
    let names = positions::NAMES.into_iter().zip(positions::VALUES);
    for ((name, values), (axis, unit, (first, last), count)) in names.zip(sides) {
        let mut add = |name: &str, value: Value| {
            metadata.insert(name.to_owned(), value);
        };
        add(name, axis.into());
        add(values, positions::told(first, last, count as usize).into());
        add(&format!("{axis}.units"), unit.into());
        add(&format!("{axis}.standard_name"), axis.into());
    }
}

/// An angle in degrees; `None` when the section has units of its own.
fn degrees(section: &[u8], angle: i32) -> Option<f64> {
    let is_geographic = matches!(u16_at(section, 12), Some(0..=3 | 40..=43));
    let basic = (u32_at(section, 38)?, u32_at(section, 42)?);
    let is_usual = matches!(basic, (0 | u32::MAX, _) | (1, 1_000_000));
    (!is_geographic || is_usual).then(|| f64::from(angle) / 1e6)
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;

    fn section(template: u16) -> Vec<u8> {
        let mut section = vec![0; 84];
        section[6..10].copy_from_slice(&12u32.to_be_bytes());
        section[12..14].copy_from_slice(&template.to_be_bytes());
        section[30..34].copy_from_slice(&4u32.to_be_bytes());
        section[34..38].copy_from_slice(&3u32.to_be_bytes());
        section
    }

    #[test]
    fn what_is_no_frame_is_refused_by_name() {
        let grid = Grid::parse(&section(30)).expect("is lambert");
        assert_eq!((grid.width, grid.height), (4, 3));
        let refused = |change: fn(&mut Vec<u8>)| {
            let mut section = section(0);
            change(&mut section);
            Grid::parse(&section).expect_err("is no frame")
        };
        assert!(refused(|s| s.truncate(40)).contains("cut"));
        assert!(refused(|s| s[5] = 1).contains("predefined"));
        assert!(refused(|s| s[10] = 2).contains("reduced"));
        assert!(refused(|s| s[9] = 13).contains("4x3 and has 13 points"));
        assert!(refused(|s| s[13] = 50).contains("template 3.50"));
        assert!(refused(|s| s[71] = 1).contains("two lengths"));
    }

    #[test]
    fn corners_are_in_degrees() {
        let mut bytes = section(0);
        bytes[46..50].copy_from_slice(&super::super::octets::i32_bytes(-12_500_000));
        bytes[71] = 0x50;
        let mut metadata = Metadata::new();
        describe(&bytes, &mut metadata);
        let latitude = metadata.get("GRIB_latitudeOfFirstGridPointInDegrees");
        assert_eq!(latitude, Some(&Value::Float(-12.5)));
        assert_eq!(
            metadata.get("GRIB_jScansPositively"),
            Some(&Value::Bool(true))
        );
        assert_eq!(metadata.get("GRIB_gridType"), Some(&"regular_ll".into()));
    }

    #[test]
    fn rows_and_columns_are_told_in_degrees() {
        let told = |longitudes: [i32; 2], scanning: u8| {
            let mut bytes = section(0);
            let degrees = [60, longitudes[0], 20, longitudes[1]].map(|angle| angle * 1_000_000);
            for (at, angle) in [46, 50, 55, 59].into_iter().zip(degrees) {
                bytes[at..at + 4].copy_from_slice(&super::super::octets::i32_bytes(angle));
            }
            bytes[71] = scanning;
            let grid = Grid::parse(&bytes).expect("is one");
            let mut metadata = Metadata::new();
            add_positions(&bytes, &grid, &mut metadata);
            let text = |name| {
                metadata
                    .get(name)
                    .and_then(Value::as_text)
                    .map(str::to_owned)
            };
            assert_eq!(text("y_name").as_deref(), Some("latitude"));
            assert_eq!(text("longitude.units").as_deref(), Some("degrees_east"));
            assert_eq!(text("y_values").as_deref(), Some("60 to 20, 3 values"));
            text("x_values").expect("is there")
        };
        assert_eq!(told([0, 30], 0), "0 to 30, 4 values");
        assert_eq!(told([350, 20], 0), "-10 to 20, 4 values");
        assert_eq!(told([20, 350], 0x80), "20 to -10, 4 values");
        assert_eq!(told([20, 10], 0x80), "20 to 10, 4 values");
        let mut metadata = Metadata::new();
        let lambert = section(30);
        let grid = Grid::parse(&lambert).expect("is one");
        add_positions(&lambert, &grid, &mut metadata);
        assert!(metadata.is_empty(), "{metadata:?}");
    }
}
