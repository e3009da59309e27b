//! The attributes of what is written, from the metadata of the source.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::collections::BTreeSet;

use pimage_core::{SampleType, StreamInfo, Value};

use super::attributes::{GLOBAL, OF_VARIABLE, OWN, PACKING};
use super::coordinates::NUMBER;
use super::dimensions::{Dimension, valid_name};
use super::numbers::Numbers;
use super::object::{MOST_MESSAGE_BYTES, Object, Type};
use super::scalars::{NAMING, Scalar, names_in, scalars_of};
use crate::positions::SCALAR;

/// Most bytes of the attributes of one object.
const MOST_BYTES: usize = 4 << 20;

/// Attributes that name variables which are not written.
const UNWRITTEN: &[&str] = &[
    "bounds",
    "climatology",
    "cell_measures",
    "ancillary_variables",
];

/// Attributes that HDF5 and NetCDF keep for themselves.
const LEFT_OUT: &[&str] = &[
    "CLASS",
    "NAME",
    "REFERENCE_LIST",
    "DIMENSION_LIST",
    "_NCProperties",
    "_Netcdf4Dimid",
    "_Netcdf4Coordinates",
];

/// The attributes of one object.
pub(super) type Attributes = Vec<(String, Value)>;

/// The attributes of everything that is written.
#[derive(Debug, Default)]
pub(super) struct Described {
    /// Of the file.
    pub(super) global: Attributes,
    /// Of the variable.
    pub(super) variable: Attributes,
    /// Of each dimension's coordinate.
    pub(super) dimensions: Vec<Attributes>,
    /// The variables of one value.
    pub(super) scalars: Vec<Scalar>,
    /// Names of what is too long for an attribute.
    pub(super) too_long: Vec<String>,
    /// Names of the source's variables that are not written.
    pub(super) left_out: BTreeSet<String>,
}

impl Described {
    /// Sorts the metadata by what they belong to; `variable` is the name of the frames' own variable.
    pub(super) fn of(info: &StreamInfo, dimensions: &[Dimension], variable: &str) -> Self {
        let names = dimensions.iter().map(|dimension| &*dimension.name);
        let taken: Vec<&str> = names.chain([variable, NUMBER]).collect();
        let mut described = Self {
            dimensions: vec![Vec::new(); dimensions.len()],
            scalars: scalars_of(&info.metadata, &taken),
            ..Self::default()
        };
        let (too_long, scalars) = (&mut described.too_long, &mut described.scalars);
        for scalar in scalars {
            scalar.attributes.retain(|(name, value)| {
                let is_long = matches!(value, Value::Text(text) if text.len() > MOST_MESSAGE_BYTES);
                if is_long {
                    too_long.push(format!("{SCALAR}{}.{name}", scalar.name));
                }
                let name = name.as_str();
                !is_long && !LEFT_OUT.contains(&name) && !PACKING.contains(&name)
            });
        }
        let own = own_names(info);
        for (name, value) in &info.metadata {
            if own.contains(name) || name.starts_with(SCALAR) {
                continue;
            }
            let is_long = matches!(value, Value::Text(text) if text.len() > MOST_MESSAGE_BYTES);
            if is_long || name.len() > 1000 {
                described.too_long.push(name.chars().take(60).collect());
                continue;
            }
            let Some(value) = described.without_unwritten(name, value, &taken) else {
                continue;
            };
            let (target, name) = described.target_of(name, dimensions);
            let is_left_out = LEFT_OUT.contains(&name.as_str()) || PACKING.contains(&name.as_str());
            let is_taken = target.iter().any(|(other, _)| *other == name);
            if !is_left_out && !is_taken {
                target.push((name, value));
            }
        }
        if !described
            .global
            .iter()
            .any(|(name, _)| name == "Conventions")
        {
            let conventions = ("Conventions".to_owned(), "CF-1.8".into());
            described.global.insert(0, conventions);
        }
        described
    }

    /// What the user should know of variables that are not written.
    pub(super) fn note(&self) -> Option<String> {
        const MOST_LISTED: usize = 20;
        let names = self.left_out.iter().take(MOST_LISTED);
        let mut names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
        let more = self.left_out.len().saturating_sub(MOST_LISTED);
        if more > 0 {
            names.push(format!("{more} more"));
        }
        (!names.is_empty()).then(|| {
            format!(
                "netcdf keeps coordinates of rows, columns and axes, and single values: {}, which the source names beside its variable, are left out",
                names.join(", ")
            )
        })
    }

    /// An attribute's value without the names of variables that are not written, which are kept for the user; `None` when nothing is left.
    ///
    /// Those of `taken` are written, as are the variables of one value.
    fn without_unwritten(&mut self, name: &str, value: &Value, taken: &[&str]) -> Option<Value> {
        let last = name.rsplit('.').next().unwrap_or(name);
        let is_unwritten = UNWRITTEN.contains(&last);
        let Some(text) = value
            .as_text()
            .filter(|_| is_unwritten || NAMING.contains(&last))
        else {
            return Some(value.clone());
        };
        if is_unwritten {
            // `area: areacella` names the variable behind what it is.
            let names = text.split_whitespace().filter(|name| !name.ends_with(':'));
            self.left_out.extend(names.map(str::to_owned));
            return None;
        }
        let scalars = &self.scalars;
        let is_written = |name: &&str| {
            taken.contains(name) || scalars.iter().any(|scalar| scalar.name == **name)
        };
        let (written, lost): (Vec<&str>, Vec<&str>) = names_in(text).partition(is_written);
        self.left_out
            .extend(lost.iter().map(|name| (*name).to_owned()));
        match lost.is_empty() {
            true => Some(value.clone()),
            false if last == "coordinates" && !written.is_empty() => Some(written.join(" ").into()),
            false => None,
        }
    }

    /// Where an attribute belongs, and its name there.
    fn target_of<'a>(
        &'a mut self,
        name: &str,
        dimensions: &[Dimension],
    ) -> (&'a mut Attributes, String) {
        if let Some(name) = name.strip_prefix(GLOBAL) {
            return (&mut self.global, valid_name(name));
        }
        if let Some(name) = name.strip_prefix(OF_VARIABLE) {
            return (&mut self.variable, valid_name(name));
        }
        if let Some((dimension, inner)) = name.split_once('.') {
            let at = dimensions.iter().position(|other| other.name == dimension);
            if let Some(attributes) = at.and_then(|at| self.dimensions.get_mut(at)) {
                return (attributes, valid_name(inner));
            }
        }
        (&mut self.variable, valid_name(name))
    }
}

/// Names of metadata that stand for something else in the file.
fn own_names(info: &StreamInfo) -> BTreeSet<String> {
    let axes = info.axes.iter().chain(&info.bundle).map(|axis| &*axis.name);
    let names = axes
        .chain(["t", "y", "x"])
        .map(|axis| format!("{axis}_name"));
    let own = OWN.iter().map(|name| (*name).to_owned());
    names.chain(own).collect()
}

/// Adds attributes to an object, as long as there is room; those in `without` have been added already.
pub(super) fn add(object: &mut Object, attributes: &Attributes, without: &[&str]) {
    let mut room = MOST_BYTES;
    for (name, value) in attributes {
        if without.contains(&name.as_str()) {
            continue;
        }
        let room_of = match value {
            Value::Text(text) => text.len(),
            _ => 0,
        };
        let Some(left) = room.checked_sub(room_of) else {
            continue;
        };
        room = left;
        match value {
            Value::Int(_) | Value::Float(_) => {
                let (kind, bytes) = encoded(value);
                object.attribute(name, kind, Some(1), &bytes);
            }
            Value::Text(text) => match list(text) {
                Some((kind, count, bytes)) => object.attribute(name, kind, Some(count), &bytes),
                None => object.text(name, text),
            },
            other => object.text(name, &other.to_string()),
        }
    }
}

/// The type and the bytes of one value.
pub(super) fn encoded(value: &Value) -> (Type, Vec<u8>) {
    match value {
        Value::Int(number) => match i32::try_from(*number) {
            Ok(number) => {
                let kind = Type::Number(SampleType::I32);
                (kind, number.to_le_bytes().to_vec())
            }
            Err(_) => (Type::I64, number.to_le_bytes().to_vec()),
        },
        Value::Float(number) => {
            let kind = Type::Number(SampleType::F64);
            (kind, number.to_le_bytes().to_vec())
        }
        other => {
            let mut text = other.to_string();
            if text.is_empty() {
                // No type has no bytes.
                text.push('\0');
            }
            (Type::Text(text.len()), text.into_bytes())
        }
    }
}

/// Text that lists two numbers or more, as attributes of several numbers are told: their type, how many and their bytes.
fn list(text: &str) -> Option<(Type, usize, Vec<u8>)> {
    if !text.contains(", ") {
        return None;
    }
    let numbers = Numbers::parsed(text.split(", "))?;
    // Spelled as numbers are told, so that nothing else is taken for them.
    if numbers.texts().join(", ") != text {
        return None;
    }
    let (kind, bytes): (Type, Vec<u8>) = match &numbers {
        Numbers::Whole { values, .. } => {
            let short: Option<Vec<i32>> = values.iter().map(|n| i32::try_from(*n).ok()).collect();
            match short {
                Some(short) => {
                    let bytes = short.iter().flat_map(|number| number.to_le_bytes());
                    (Type::Number(SampleType::I32), bytes.collect())
                }
                None => {
                    let bytes = values.iter().flat_map(|number| number.to_le_bytes());
                    (Type::I64, bytes.collect())
                }
            }
        }
        Numbers::Real(values) => {
            let bytes = values.iter().flat_map(|number| number.to_le_bytes());
            (Type::Number(SampleType::F64), bytes.collect())
        }
    };
    (bytes.len() <= MOST_MESSAGE_BYTES).then_some((kind, numbers.len(), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_numbers_are_arrays() {
        let kind = |text| list(text).map(|(kind, count, _)| (kind, count));
        let short = Type::Number(SampleType::I32);
        assert_eq!(kind("200, 300"), Some((short, 2)));
        assert_eq!(kind("1, 4294967296, 3"), Some((Type::I64, 3)));
        let real = Type::Number(SampleType::F64);
        assert_eq!(kind("0.5, 2"), Some((real, 2)));
        for text in ["200", "1, two", "007, 8", "+1, 2", "1,2"] {
            assert_eq!(kind(text), None, "{text}");
        }
    }
}
