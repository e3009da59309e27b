//! Attributes of variables, and what they become in a recording's metadata.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use netcdf_reader::{NcAttrValue, NcAttribute, NcDimension, NcVariable};
use pimage_core::{Limits, Metadata, Value, keys};

use crate::positions::SCALAR;

/// How a variable tells that its values are packed or missing; gone once they are unpacked.
pub(super) const PACKING: &[&str] = &[
    "_FillValue",
    "missing_value",
    "scale_factor",
    "add_offset",
    "_Unsigned",
];

/// The attribute of variables with fewer significant bits than their type has.
pub(super) const SIGNIFICANT_BITS: &str = "significant_bits";
/// The metadata name of the variable's own name.
pub(super) const VARIABLE: &str = "variable";
/// What stands before the name of an attribute of the file in the metadata.
pub(super) const GLOBAL: &str = "global.";
/// The metadata name of what the stored numbers were before they were unpacked.
pub(super) const PACKED: &str = "packed";

/// What stands before the name of an attribute that would be taken for one of pimage's own, or of the file's or a coordinate's.
pub(super) const OF_VARIABLE: &str = "attribute.";
/// The metadata name of dimensions that are in an unusual order.
pub(super) const ORDER: &str = "dimension_order";

/// The metadata names that say something else than attributes do.
pub(super) const OWN: &[&str] = &[
    VARIABLE,
    PACKED,
    SIGNIFICANT_BITS,
    ORDER,
    "time_units",
    "calendar",
    "y_values",
    "x_values",
    "attributes_left_out",
    keys::VARIABLE_RATE,
];

/// The metadata names of all formats that a file's attributes must not take over.
const COMMON: &[&str] = &[
    keys::TRANSFORMS,
    keys::CUT,
    keys::HOLES,
    keys::SERIES,
    keys::SUB_PAGES,
    "y_name",
    "x_name",
    "t_name",
];

/// The limits of packed numbers, which say nothing of unpacked ones.
pub(super) const VALID: &[&str] = &["valid_min", "valid_max", "valid_range"];

/// A number of an attribute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    /// A whole one.
    Whole(i128),
    /// One that was stored as a float, and whether in 32 bits.
    Real(f64, bool),
}

impl Number {
    /// The nearest float.
    pub(super) const fn real(self) -> f64 {
        match self {
            Self::Whole(number) => number as f64,
            Self::Real(number, _) => number,
        }
    }
}

/// The attribute of this name.
pub(super) fn attribute<'a>(variable: &'a NcVariable, name: &str) -> Option<&'a NcAttrValue> {
    let mut attributes = variable.attributes().iter();
    let found = attributes.find(|attribute| attribute.name == name)?;
    Some(&found.value)
}

/// The text of the attribute of this name.
pub(super) fn text(variable: &NcVariable, name: &str) -> Option<String> {
    attribute(variable, name)?.as_string()
}

/// The numbers of an attribute; none when it is text.
pub(super) fn numbers(value: &NcAttrValue) -> Vec<Number> {
    macro_rules! whole {
        ($values:expr) => {
            $values
                .iter()
                .map(|value| Number::Whole(i128::from(*value)))
                .collect()
        };
    }
    match value {
        NcAttrValue::Bytes(values) => whole!(values),
        NcAttrValue::UBytes(values) => whole!(values),
        NcAttrValue::Shorts(values) => whole!(values),
        NcAttrValue::UShorts(values) => whole!(values),
        NcAttrValue::Ints(values) => whole!(values),
        NcAttrValue::UInts(values) => whole!(values),
        NcAttrValue::Int64s(values) => whole!(values),
        NcAttrValue::UInt64s(values) => whole!(values),
        NcAttrValue::Floats(values) => values
            .iter()
            .map(|value| Number::Real(f64::from(*value), true))
            .collect(),
        NcAttrValue::Doubles(values) => values
            .iter()
            .map(|value| Number::Real(*value, false))
            .collect(),
        NcAttrValue::Chars(_) | NcAttrValue::Strings(_) | NcAttrValue::UserDefined { .. } => {
            Vec::new()
        }
    }
}

/// An attribute as a value of metadata; several numbers become text. `None` when there is no way to say it.
fn value_of(value: &NcAttrValue) -> Option<Value> {
    match value {
        NcAttrValue::Chars(text) => return Some(text.trim_end_matches('\0').into()),
        NcAttrValue::Strings(texts) => return Some(texts.join(", ").into()),
        _ => {}
    }
    let numbers = numbers(value);
    match *numbers.as_slice() {
        [] => None,
        [Number::Whole(number)] => Some(match i64::try_from(number) {
            Ok(number) => number.into(),
            Err(_) => number.to_string().into(),
        }),
        [Number::Real(number, _)] => Some(number.into()),
        _ => {
            let texts = numbers.iter().map(|number| match number {
                Number::Whole(number) => number.to_string(),
                Number::Real(number, _) => number.to_string(),
            });
            Some(texts.collect::<Vec<_>>().join(", ").into())
        }
    }
}

/// Metadata that are bounded, since files may claim as many as they like.
#[derive(Debug)]
pub(super) struct Notes {
    metadata: Metadata,
    /// Bytes that may still be added.
    room: u64,
    left_out: u32,
}

impl Notes {
    /// Nothing yet.
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            metadata: Metadata::new(),
            room: limits.max_metadata_bytes,
            left_out: 0,
        }
    }

    /// Adds a value when there is room for it.
    pub(super) fn add(&mut self, name: String, value: Value) {
        let length = match &value {
            Value::Text(text) => text.len(),
            _ => 8,
        };
        let length = name.len().saturating_add(length) as u64;
        match self.room.checked_sub(length) {
            Some(room) => {
                self.room = room;
                self.metadata.insert(name, value);
            }
            None => self.left_out += 1,
        }
    }

    /// Adds attributes, whose names get `prefix`, but for those in `without`.
    pub(super) fn add_all(&mut self, prefix: &str, attributes: &[NcAttribute], without: &[&str]) {
        let wanted = attributes
            .iter()
            .filter(|attribute| !without.contains(&attribute.name.as_str()));
        for attribute in wanted {
            if let Some(value) = value_of(&attribute.value) {
                self.add(format!("{prefix}{}", attribute.name), value);
            }
        }
    }

    /// Adds the attributes of the variable, but for those in `without`; `dimensions` are the names of its own.
    pub(super) fn add_own(
        &mut self,
        attributes: &[NcAttribute],
        without: &[&str],
        dimensions: &[NcDimension],
    ) {
        let is_of = |name: &str| {
            let first = name.split_once('.').map(|(first, _)| first);
            first.is_some_and(|first| dimensions.iter().any(|other| other.name == first))
        };
        for attribute in attributes {
            let name = attribute.name.as_str();
            let is_taken = OWN.contains(&name)
                || COMMON.contains(&name)
                || name.starts_with(GLOBAL)
                || name.starts_with(OF_VARIABLE)
                || name.starts_with(SCALAR)
                || is_of(name);
            let prefix = if is_taken { OF_VARIABLE } else { "" };
            self.add_all(prefix, std::slice::from_ref(attribute), without);
        }
    }

    /// What was added.
    pub(super) fn finish(mut self) -> Metadata {
        if self.left_out > 0 {
            let name = "attributes_left_out".to_owned();
            self.metadata.insert(name, self.left_out.into());
        }
        self.metadata
    }
}
