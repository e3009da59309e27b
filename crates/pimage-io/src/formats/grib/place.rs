//! A grid from coordinates that are told in degrees.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use pimage_core::{Metadata, Value};

use crate::positions;

/// How far a coordinate may be from where even ones are, degrees.
const SLACK: f64 = 1e-6;

/// First and last of the latitudes of rows and of the longitudes of columns, degrees; the error says why they are not those of a regular grid.
pub(super) fn ends_of(
    metadata: &Metadata,
    width: u32,
    height: u32,
) -> Result<[(f64, f64); 2], &'static str> {
    const NOWHERE: &str = "nothing says where the values are";
    let text = |name: &str| metadata.get(name).and_then(Value::as_text);
    let mut ends = [(0.0, 0.0); 2];
    // Those whose name is not told are called so.
    let axes = ["y", "x"].into_iter().zip([
        ["degrees_north", "degree_north", "degree_N", "degrees_N"],
        ["degrees_east", "degree_east", "degree_E", "degrees_E"],
    ]);
    let names = positions::NAMES.into_iter().zip(positions::VALUES);
    let counts = [height, width];
    for (((end, (axis, units)), (name, values)), count) in
        ends.iter_mut().zip(axes).zip(names).zip(counts)
    {
        let values = text(values).ok_or(NOWHERE)?;
        let own = text(name).unwrap_or(axis);
        let unit = text(&format!("{own}.units")).ok_or(NOWHERE)?;
        if !units.contains(&unit) {
            return Err("only latitudes of rows and longitudes of columns are written");
        }
        *end = even_ends(values, count as usize)?;
    }
    let [(north, south), (west, east)] = ends;
    // Longitudes may run on behind a full turn.
    let is_on_earth = north.abs() <= 90.0
        && south.abs() <= 90.0
        && west.abs() <= 360.0
        && east.abs() <= 720.0
        && (east - west).abs() <= 360.0;
    if !is_on_earth {
        return Err("the latitudes or longitudes are beyond the globe");
    }
    Ok(ends)
}

/// First and last of `count` values that are even.
fn even_ends(text: &str, count: usize) -> Result<(f64, f64), &'static str> {
    const OTHER: &str = "the frames are no longer on the grid of their source";
    if let Some((first, last, found)) = positions::ends_of(text) {
        let is_fit = found == count && first.is_finite() && last.is_finite();
        return is_fit
            .then_some((decimal(first), decimal(last)))
            .ok_or(OTHER);
    }
    let values: Option<Vec<f64>> = text.split(", ").map(|value| value.parse().ok()).collect();
    let values = values.filter(|values| values.len() == count).ok_or(OTHER)?;
    let is_single = values.iter().all(|value| is_single(*value));
    let (first, last) = match values.as_slice() {
        [only] => (*only, *only),
        [first, .., last] => (*first, *last),
        [] => return Err(OTHER),
    };
    let is_even = values.iter().enumerate().all(|(at, value)| {
        let even = positions::between(first, last, at, count);
        // What single precision rounds of them.
        let rounding = if is_single {
            value.abs() * f64::from(f32::EPSILON)
        } else {
            0.0
        };
        (value - even).abs() <= SLACK + rounding
    });
    let is_one = count > 1 && first.to_bits() == last.to_bits();
    match is_even {
        true if is_one => Err("the latitudes or longitudes are all the same"),
        true => Ok((decimal(first), decimal(last))),
        false => Err("the latitudes or longitudes are not at even distances"),
    }
}

/// Whether a number is one of single precision.
#[expect(
    clippy::cast_possible_truncation,
    reason = "it is compared with what comes back"
)]
fn is_single(value: f64) -> bool {
    f64::from(value as f32).to_bits() == value.to_bits()
}

/// The decimal that a number of single precision stands for; others are what they are.
#[expect(
    clippy::cast_possible_truncation,
    reason = "only where nothing is lost by it"
)]
fn decimal(value: f64) -> f64 {
    match is_single(value) {
        true => (value as f32).to_string().parse().unwrap_or(value),
        false => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_values_have_ends() {
        assert_eq!(even_ends("60 to 20, 5 values", 5), Ok((60.0, 20.0)));
        assert!(even_ends("60 to 20, 5 values", 4).is_err());
        assert_eq!(even_ends("0, 0.5, 1", 3), Ok((0.0, 1.0)));
        assert_eq!(even_ends("7", 1), Ok((7.0, 7.0)));
        // As single precision has 0.1, 0.2 and 0.3, and 359.9.
        let single = [0.1f32, 0.2, 0.3].map(|value| f64::from(value).to_string());
        assert_eq!(even_ends(&single.join(", "), 3), Ok((0.1, 0.3)));
        assert_eq!(decimal(f64::from(359.9f32)).to_bits(), 359.9f64.to_bits());
        let error = even_ends("89.46, 87.864, 86.27", 3).expect_err("is gaussian");
        assert!(error.contains("even distances"), "{error}");
        assert!(even_ends("north, south", 2).is_err());
        assert!(even_ends("7, 7, 7", 3).is_err());
    }

    #[test]
    fn coordinates_are_known_by_their_units() {
        let metadata = |unit: &str| -> Metadata {
            [
                ("y_name", "lat"),
                ("x_name", "lon"),
                ("y_values", "60 to 20, 5 values"),
                ("x_values", "0 to 7, 8 values"),
                ("lat.units", "degrees_north"),
                ("lon.units", unit),
            ]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect()
        };
        let found = ends_of(&metadata("degrees_east"), 8, 5);
        assert_eq!(found, Ok([(60.0, 20.0), (0.0, 7.0)]));
        assert!(ends_of(&metadata("m"), 8, 5).is_err());
        let mut projected = metadata("m");
        projected.remove("x_name");
        projected.insert("x.units".to_owned(), "m".into());
        let error = ends_of(&projected, 8, 5).expect_err("is in metres");
        assert!(error.starts_with("only latitudes"), "{error}");
        let nothing = ends_of(&Metadata::new(), 8, 5);
        assert_eq!(nothing, Err("nothing says where the values are"));
    }
}
