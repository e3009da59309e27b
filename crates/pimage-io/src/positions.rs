//! Where frames are, as metadata: rows and columns as text, by their ends where they are even, and single values.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

/// What stands before the name of a variable of one value, and before those of its attributes.
pub(crate) const SCALAR: &str = "scalar.";
/// The metadata names of the positions of rows and columns.
#[cfg(feature = "grib")]
pub(crate) const VALUES: [&str; 2] = ["y_values", "x_values"];
/// The metadata names of what rows and columns are called in their source.
#[cfg(feature = "grib")]
pub(crate) const NAMES: [&str; 2] = ["y_name", "x_name"];

/// The value at position `at` of `count` from `first` to `last`.
pub(crate) fn between(first: f64, last: f64, at: usize, count: usize) -> f64 {
    match count.saturating_sub(1) {
        0 => first,
        steps if steps == at => last,
        steps => first + (last - first) / steps as f64 * at as f64,
    }
}

/// Whether all values follow from the first and the last, to the bit.
#[cfg(feature = "netcdf")]
pub(crate) fn is_even(values: &[f64]) -> bool {
    let (Some(first), Some(last)) = (values.first(), values.last()) else {
        return false;
    };
    let count = values.len();
    let all = (0..count).map(|at| between(*first, *last, at, count));
    values
        .iter()
        .zip(all)
        .all(|(value, even)| value.to_bits() == even.to_bits())
}

/// Even values in words.
pub(crate) fn told(first: f64, last: f64, count: usize) -> String {
    match count {
        0 => String::new(),
        1 => first.to_string(),
        2 => format!("{first}, {last}"),
        _ => format!("{first} to {last}, {count} values"),
    }
}

/// First and last of more than two even values, and how many they are, from what [`told`] says of them.
pub(crate) fn ends_of(text: &str) -> Option<(f64, f64, usize)> {
    let (ends, count) = text.rsplit_once(", ")?;
    let count = count.strip_suffix(" values")?.parse().ok()?;
    let (first, last) = ends.split_once(" to ")?;
    Some((first.parse().ok()?, last.parse().ok()?, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "netcdf")]
    #[test]
    fn even_values_are_told_by_their_ends() {
        let steps: Vec<f64> = (0..721).map(|at| 90.0 - f64::from(at) * 0.25).collect();
        assert!(is_even(&steps));
        assert!(!is_even(&[0.0, 1.0, 3.0]));
        assert!(!is_even(&[]));
        let gaussian = [89.5, 88.8, 88.0];
        assert!(!is_even(&gaussian));
    }

    #[test]
    fn ends_come_back() {
        assert_eq!(ends_of(&told(90.0, -90.0, 721)), Some((90.0, -90.0, 721)));
        assert_eq!(told(90.0, 89.75, 2), "90, 89.75");
        assert_eq!(told(3.5, 3.5, 1), "3.5");
        for text in ["", "1, 2", "0 to 1", "0 to 1, many values"] {
            assert_eq!(ends_of(text), None, "{text}");
        }
    }
}
