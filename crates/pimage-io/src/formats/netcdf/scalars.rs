//! Variables of one value beside the one with the frames: heights, map projections.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::collections::{BTreeMap, BTreeSet};

use netcdf_reader::{NcDimension, NcVariable};
use pimage_core::{Metadata, Value};

use super::attributes::{Notes, PACKING, text};
use super::calendar::Count;
use super::coordinates::Search;
use super::described::Attributes;
use super::dimensions::valid_name;
use crate::positions::SCALAR;

/// The attributes that name other variables, of which those of one value are kept.
pub(super) const NAMING: [&str; 2] = ["coordinates", "grid_mapping"];

/// Most variables that are looked for.
const MOST_SOUGHT: usize = 64;

/// A variable of one value as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scalar {
    /// Its name in the file.
    pub(super) name: String,
    /// Its value.
    pub(super) value: Value,
    /// Its attributes.
    pub(super) attributes: Attributes,
}

/// The names in an attribute such as `coordinates`, or `grid_mapping` in both of its forms.
pub(super) fn names_in(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
        .map(|name| name.trim_end_matches(':'))
}

/// Adds the variables of one value that the variable at `place` names, with their attributes.
pub(super) fn scalars(
    search: &Search<'_>,
    place: &str,
    dimensions: &[NcDimension],
    notes: &mut Notes,
) {
    let file = search.file.nc();
    let Ok(variable) = file.variable(place) else {
        return;
    };
    let own = NAMING.iter().filter_map(|name| text(variable, name));
    let global = file.global_attribute("coordinates").ok();
    let global = global.and_then(|attribute| attribute.value.as_string());
    let texts: Vec<String> = own.chain(global).collect();
    let names: BTreeSet<&str> = texts
        .iter()
        .flat_map(|text| names_in(text))
        // A point would part the name from that of an attribute.
        .filter(|name| !name.contains('.'))
        .filter(|name| dimensions.iter().all(|dimension| dimension.name != **name))
        .take(MOST_SOUGHT)
        .collect();
    for name in names {
        if let Some((place, variable)) = search.find(name)
            && let Some(value) = value_of(search, &place, variable)
        {
            notes.add(format!("{SCALAR}{name}"), value);
            notes.add_all(&format!("{SCALAR}{name}."), variable.attributes(), PACKING);
        }
    }
}

/// The one value of a variable; `None` when it has none or several.
fn value_of(search: &Search<'_>, place: &str, variable: &NcVariable) -> Option<Value> {
    if let Some(text) = search.file.text(place, variable) {
        return Some(text.into());
    }
    if variable.ndim() > 0 {
        return None;
    }
    let numbers = search.file.coordinate(place, variable)?;
    Some(match numbers.get(0) {
        Some(Count::Whole(number)) => number.into(),
        Some(Count::Real(number)) => number.into(),
        None if numbers.len() == 1 => f64::NAN.into(),
        None => return None,
    })
}

/// The variables of one value that metadata tell of, but for those whose names are `taken`.
pub(super) fn scalars_of(metadata: &Metadata, taken: &[&str]) -> Vec<Scalar> {
    let mut values = BTreeMap::new();
    let mut attributes: BTreeMap<&str, Attributes> = BTreeMap::new();
    for (name, value) in metadata {
        let Some(rest) = name.strip_prefix(SCALAR) else {
            continue;
        };
        match rest.split_once('.') {
            None => {
                values.insert(rest, value);
            }
            Some((name, attribute)) => {
                let own = attributes.entry(name).or_default();
                own.push((valid_name(attribute), value.clone()));
            }
        }
    }
    values
        .into_iter()
        .filter(|(name, _)| valid_name(name) == *name && !taken.contains(name))
        .map(|(name, value)| Scalar {
            name: name.to_owned(),
            value: value.clone(),
            attributes: attributes.remove(name).unwrap_or_default(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_both_forms() {
        let names = |text| names_in(text).collect::<Vec<_>>();
        assert_eq!(names("lat lon  height"), ["lat", "lon", "height"]);
        assert_eq!(names("crs: y x"), ["crs", "y", "x"]);
    }

    #[test]
    fn values_and_attributes_are_put_together() {
        let mut metadata = Metadata::new();
        for (name, value) in [
            ("scalar.height", Value::Float(2.0)),
            ("scalar.height.units", "m".into()),
            ("scalar.crs", Value::Int(7)),
            ("scalar.time", Value::Int(1)),
            ("scalar.lost.units", "m".into()),
            ("units", "K".into()),
        ] {
            metadata.insert(name.to_owned(), value);
        }
        let found = scalars_of(&metadata, &["time"]);
        let names: Vec<_> = found.iter().map(|scalar| &*scalar.name).collect();
        assert_eq!(names, ["crs", "height"]);
        let height = found.last().expect("is there");
        assert_eq!(height.attributes, [("units".to_owned(), "m".into())]);
    }
}
