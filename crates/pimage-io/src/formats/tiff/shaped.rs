//! The description that tifffile writes: the shape of the array as JSON.

use pimage_core::Axis;
use serde_json::Value;

use super::describe::{Description, axes_of};

/// Reads the description; `None` when it is not of this dialect or does not fit pages of this shape.
///
/// `page` is (rows, columns, samples), `pages` their number.
pub(super) fn read(text: &str, page: [u64; 3], pages: u64) -> Option<Description> {
    if !text.starts_with('{') || !text.contains("\"shape\"") {
        return None;
    }
    let json: Value = serde_json::from_str(text).ok()?;
    let shape = json.get("shape")?.as_array()?;
    let shape: Vec<u64> = shape.iter().map(Value::as_u64).collect::<Option<_>>()?;
    let names: Option<Vec<char>> = json
        .get("axes")
        .and_then(Value::as_str)
        .map(|axes| axes.chars().collect())
        .filter(|names: &Vec<char>| names.len() == shape.len());
    let leading = leading(&shape, page, pages)?;
    let used = shape.get(..leading)?;
    let unnamed = if used.iter().filter(|length| **length > 1).count() > 1 {
        &["i", "j", "k", "l", "m", "n"][..]
    } else {
        &[Axis::TIME][..]
    };
    let mut unnamed = unnamed.iter();
    let mut axes: Vec<Axis> = Vec::new();
    for (place, length) in used.iter().enumerate() {
        let letter = names.as_ref().and_then(|names| names.get(place));
        let known = letter.filter(|letter| letter.is_ascii_alphabetic() && **letter != 'Q');
        let name = match known {
            Some(letter) => letter.to_ascii_lowercase().to_string(),
            None if *length == 1 => continue,
            None => (*unnamed.next()?).to_owned(),
        };
        if axes.iter().any(|axis| axis.name == name) {
            return None;
        }
        axes.push(Axis::new(name, *length));
    }
    let mut description = Description {
        dialect: "tifffile",
        axes: axes_of(axes),
        count: used.iter().try_fold(1u64, |a, b| a.checked_mul(*b)),
        ..Description::default()
    };
    let others = json.as_object().into_iter().flatten();
    for (name, value) in others {
        let value: pimage_core::Value = match value {
            _ if name == "shape" || name == "axes" || name == "truncated" => continue,
            Value::String(text) => text.as_str().into(),
            Value::Bool(flag) => (*flag).into(),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => whole.into(),
                (None, Some(float)) => float.into(),
                _ => continue,
            },
            other => other.to_string().into(),
        };
        description.metadata.insert(name.clone(), value);
    }
    Some(description)
}

/// How many of the first dimensions lie outside the pages.
fn leading(shape: &[u64], [rows, columns, samples]: [u64; 3], pages: u64) -> Option<usize> {
    let product = |part: &[u64]| part.iter().try_fold(1u64, |a, b| a.checked_mul(*b));
    let of_page = rows.checked_mul(columns)?.checked_mul(samples)?;
    let fits = |place: &usize| {
        let (outside, inside) = shape.split_at(*place);
        let is_page = product(inside) == Some(of_page) && inside.len() >= 2;
        is_page && (pages == 1 || product(outside) == Some(pages))
    };
    (0..shape.len()).rev().find(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes(text: &str, page: [u64; 3], pages: u64) -> Option<String> {
        let description = read(text, page, pages)?;
        let axes: Vec<_> = description.axes.iter().map(ToString::to_string).collect();
        Some(axes.join(", "))
    }

    #[test]
    fn dimensions_outside_the_pages_are_axes() {
        let of = |text, page, pages| axes(text, page, pages).unwrap_or_default();
        assert_eq!(of(r#"{"shape": [5, 8, 9]}"#, [8, 9, 1], 5), "t 5");
        assert_eq!(of(r#"{"shape": [2, 5, 8, 9]}"#, [8, 9, 1], 10), "i 2, j 5");
        let named = r#"{"shape": [2, 5, 8, 9, 3], "axes": "TZYXS", "fps": 3.5}"#;
        assert_eq!(of(named, [8, 9, 3], 10), "t 2, z 5");
        assert_eq!(of(r#"{"shape": [5, 3, 8, 9]}"#, [8, 9, 3], 5), "t 5");
        assert_eq!(axes(r#"{"shape": [7, 8, 9]}"#, [8, 9, 1], 5), None);
        assert_eq!(axes("{\"shape\": oh", [8, 9, 1], 5), None);
        let truncated = r#"{"shape": [7, 8, 9], "truncated": true}"#;
        let description = read(truncated, [8, 9, 1], 1).expect("is one page of seven");
        assert_eq!(description.count, Some(7));
    }
}
