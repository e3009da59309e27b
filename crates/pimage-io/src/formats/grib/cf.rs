//! What values are by the names that NetCDF files give them.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use pimage_core::{Metadata, Value};

use super::parameter::{self, Codes, Parameter};

/// Standard names of CF: the parameter, and the kind of level (code table 4.5) that the name says.
const STANDARD_NAMES: &[(&str, Codes, Option<u8>)] = &[
    ("air_temperature", (0, 0, 0), None),
    ("virtual_temperature", (0, 0, 1), None),
    ("air_potential_temperature", (0, 0, 2), None),
    ("dew_point_temperature", (0, 0, 6), None),
    ("surface_temperature", (0, 0, 17), Some(1)),
    ("specific_humidity", (0, 1, 0), None),
    ("relative_humidity", (0, 1, 1), None),
    ("precipitation_flux", (0, 1, 7), Some(1)),
    ("precipitation_amount", (0, 1, 8), Some(1)),
    ("surface_snow_thickness", (0, 1, 11), Some(1)),
    ("wind_from_direction", (0, 2, 0), None),
    ("wind_speed", (0, 2, 1), None),
    ("eastward_wind", (0, 2, 2), None),
    ("northward_wind", (0, 2, 3), None),
    ("lagrangian_tendency_of_air_pressure", (0, 2, 8), None),
    ("upward_air_velocity", (0, 2, 9), None),
    ("atmosphere_relative_vorticity", (0, 2, 12), None),
    ("divergence_of_wind", (0, 2, 13), None),
    ("wind_speed_of_gust", (0, 2, 22), None),
    ("air_pressure", (0, 3, 0), None),
    ("surface_air_pressure", (0, 3, 0), Some(1)),
    ("air_pressure_at_mean_sea_level", (0, 3, 1), Some(101)),
    ("air_pressure_at_sea_level", (0, 3, 1), Some(101)),
    ("geopotential", (0, 3, 4), None),
    ("geopotential_height", (0, 3, 5), None),
    ("land_binary_mask", (2, 0, 0), Some(1)),
    ("soil_temperature", (2, 0, 2), None),
    ("sea_surface_wave_significant_height", (10, 0, 3), None),
    ("sea_ice_area_fraction", (10, 2, 0), Some(1)),
    ("sea_surface_temperature", (10, 3, 0), Some(1)),
];

/// Other spellings of units.
const SPELLINGS: &[(&str, &str)] = &[
    ("kelvin", "K"),
    ("degK", "K"),
    ("degrees_kelvin", "K"),
    ("percent", "%"),
    ("degrees", "degree"),
    ("pascal", "Pa"),
    ("gpm", "m"),
    ("metre", "m"),
    ("metres", "m"),
    ("meters", "m"),
    ("kg kg-1", "1"),
];

/// What values are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Meaning {
    pub(super) codes: Codes,
    /// The kind of level that the name says, code table 4.5.
    pub(super) surface: Option<u8>,
    /// Metres above the ground that the name says.
    pub(super) metres: Option<f64>,
}

/// The parameter by its standard name, or by the name of the variable; the error says why there is none.
pub(super) fn meaning_of(metadata: &Metadata) -> Result<Meaning, String> {
    let text = |name: &str| metadata.get(name).and_then(Value::as_text);
    let standard = text("standard_name");
    let variable = text("variable").and_then(|name| name.rsplit('/').next());
    let by_standard = standard.and_then(|name| {
        let row = STANDARD_NAMES.iter().find(|row| row.0 == name)?;
        Some(Meaning {
            codes: row.1,
            surface: row.2,
            metres: None,
        })
    });
    let by_variable = || {
        let (codes, metres) = parameter::by_name(variable?)?;
        Some(Meaning {
            codes,
            surface: None,
            metres,
        })
    };
    // A standard name that is not known is not that of a variable which is called alike.
    let is_named = standard.is_some_and(|name| name != "unknown");
    let found = if is_named { by_standard } else { by_variable() };
    let Some(meaning) = found else {
        return Err(match standard.or(variable) {
            None => "nothing says what the values are".to_owned(),
            Some(name) => format!("no parameter of GRIB is known for `{name}`"),
        });
    };
    let units = text("units");
    if let (None, Some(Parameter { short, units, .. })) = (units, parameter::find(meaning.codes)) {
        return Err(format!(
            "nothing says whether the values are in `{units}`, as `{short}` of GRIB is"
        ));
    }
    in_units(meaning, units)
}

/// A parameter, unless the values are in other units than GRIB has it in.
pub(super) fn in_units(meaning: Meaning, units: Option<&str>) -> Result<Meaning, String> {
    match (units, parameter::find(meaning.codes)) {
        (Some(found), Some(Parameter { short, units, .. })) if plain(found) != plain(units) => Err(
            format!("the values are in `{found}`, where `{short}` of GRIB has `{units}`"),
        ),
        _ => Ok(meaning),
    }
}

/// A unit in one spelling: `m s-1` for `m/s`, `m s**-1` and `m.s^-1`.
fn plain(unit: &str) -> String {
    let unit = unit
        .replace("**", "")
        .replace(['^', '_'], "")
        .replace('.', " ");
    let mut parts = unit.split('/');
    let mut words: Vec<String> = Vec::new();
    words.extend(
        parts
            .next()
            .unwrap_or("")
            .split_whitespace()
            .map(str::to_owned),
    );
    for part in parts {
        for word in part.split_whitespace() {
            let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
            let power = word.strip_prefix(stem).filter(|power| !power.is_empty());
            words.push(format!("{stem}-{}", power.unwrap_or("1")));
        }
    }
    let joined = words.join(" ");
    let spelling = SPELLINGS
        .iter()
        .find(|(other, _)| other.replace('_', "").eq_ignore_ascii_case(&joined));
    spelling.map_or(joined, |(_, usual)| (*usual).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(pairs: &[(&str, &str)]) -> Result<Meaning, String> {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
        meaning_of(&pairs.collect())
    }

    #[test]
    fn names_and_units_have_to_fit() {
        let found = meaning(&[("standard_name", "air_temperature"), ("units", "kelvin")]);
        assert_eq!(found.map(|found| found.codes), Ok((0, 0, 0)));
        let found = meaning(&[("variable", "u10"), ("units", "m s**-1")]);
        let expected = Meaning {
            codes: (0, 2, 2),
            surface: None,
            metres: Some(10.0),
        };
        assert_eq!(found, Ok(expected));
        let found = meaning(&[("variable", "/a/gh"), ("units", "m")]);
        assert_eq!(found.map(|found| found.codes), Ok((0, 3, 5)));
        let error = meaning(&[("standard_name", "air_temperature"), ("units", "degC")]);
        assert_eq!(
            error,
            Err("the values are in `degC`, where `t` of GRIB has `K`".to_owned())
        );
        assert!(meaning(&[("variable", "t")]).is_err());
        let error = meaning(&[("variable", "chlorophyll"), ("units", "1")]);
        assert!(error.is_err_and(|error| error.contains("chlorophyll")));
    }

    #[test]
    fn units_are_spelled_in_many_ways() {
        for (found, expected) in [
            ("m/s", "m s-1"),
            ("m s^-1", "m s-1"),
            ("W/m2", "W m-2"),
            ("kg/kg", "1"),
            ("kg m**-2 s**-1", "kg m-2 s-1"),
            ("Percent", "%"),
            ("degrees_kelvin", "K"),
        ] {
            assert_eq!(plain(found), expected);
        }
        assert_ne!(plain("mm"), plain("m"));
    }

    #[test]
    fn every_standard_name_is_of_a_known_parameter() {
        for (name, codes, _) in STANDARD_NAMES {
            assert!(parameter::find(*codes).is_some(), "{name}");
        }
    }
}
