//! Names of parameters: those of ecCodes, those of NCEP, and what they mean.

/// A parameter by its three codes.
#[derive(Debug)]
pub(super) struct Parameter {
    codes: Codes,
    /// ecCodes' short name.
    pub(super) short: &'static str,
    /// NCEP's abbreviation.
    pub(super) abbreviation: &'static str,
    /// In words.
    pub(super) title: &'static str,
    /// As UDUNITS spells it.
    pub(super) units: &'static str,
}

/// Discipline, category and number.
pub(super) type Codes = (u8, u8, u8);

/// ecCodes' names of parameters at one height above the ground: codes, metres, short name, and the name of the variable of cfgrib.
const AT_HEIGHT: &[(Codes, f64, &str, &str)] = &[
    ((0, 0, 0), 2.0, "2t", "t2m"),
    ((0, 0, 6), 2.0, "2d", "d2m"),
    ((0, 1, 0), 2.0, "2sh", "sh2"),
    ((0, 1, 1), 2.0, "2r", "r2"),
    ((0, 2, 1), 10.0, "10si", "si10"),
    ((0, 2, 2), 10.0, "10u", "u10"),
    ((0, 2, 3), 10.0, "10v", "v10"),
    ((0, 2, 2), 100.0, "100u", "u100"),
    ((0, 2, 3), 100.0, "100v", "v100"),
];

const fn row(
    codes: Codes,
    short: &'static str,
    abbreviation: &'static str,
    title: &'static str,
    units: &'static str,
) -> Parameter {
    Parameter {
        codes,
        short,
        abbreviation,
        title,
        units,
    }
}

/// The parameters that are usual; any other is called by its codes.
static PARAMETERS: &[Parameter] = &[
    row((0, 0, 0), "t", "TMP", "Temperature", "K"),
    row((0, 0, 1), "vtmp", "VTMP", "Virtual temperature", "K"),
    row((0, 0, 2), "pt", "POT", "Potential temperature", "K"),
    row((0, 0, 4), "tmax", "TMAX", "Maximum temperature", "K"),
    row((0, 0, 5), "tmin", "TMIN", "Minimum temperature", "K"),
    row((0, 0, 6), "dpt", "DPT", "Dew point temperature", "K"),
    row(
        (0, 0, 10),
        "slhtf",
        "LHTFL",
        "Latent heat net flux",
        "W m-2",
    ),
    row(
        (0, 0, 11),
        "ishf",
        "SHTFL",
        "Sensible heat net flux",
        "W m-2",
    ),
    row((0, 0, 17), "skt", "SKINT", "Skin temperature", "K"),
    row((0, 1, 0), "q", "SPFH", "Specific humidity", "kg kg-1"),
    row((0, 1, 1), "r", "RH", "Relative humidity", "%"),
    row((0, 1, 3), "pwat", "PWAT", "Precipitable water", "kg m-2"),
    row(
        (0, 1, 7),
        "prate",
        "PRATE",
        "Precipitation rate",
        "kg m-2 s-1",
    ),
    row((0, 1, 8), "tp", "APCP", "Total precipitation", "kg m-2"),
    row((0, 1, 11), "sde", "SNOD", "Snow depth", "m"),
    row(
        (0, 1, 13),
        "sdwe",
        "WEASD",
        "Water equivalent of snow depth",
        "kg m-2",
    ),
    row(
        (0, 1, 22),
        "clwmr",
        "CLWMR",
        "Cloud mixing ratio",
        "kg kg-1",
    ),
    row(
        (0, 1, 60),
        "sd",
        "SNOWE",
        "Snow depth water equivalent",
        "kg m-2",
    ),
    row((0, 2, 0), "wdir", "WDIR", "Wind direction", "degree"),
    row((0, 2, 1), "ws", "WIND", "Wind speed", "m s-1"),
    row((0, 2, 2), "u", "UGRD", "U component of wind", "m s-1"),
    row((0, 2, 3), "v", "VGRD", "V component of wind", "m s-1"),
    row((0, 2, 8), "w", "VVEL", "Vertical velocity", "Pa s-1"),
    row(
        (0, 2, 9),
        "wz",
        "DZDT",
        "Geometric vertical velocity",
        "m s-1",
    ),
    row((0, 2, 10), "absv", "ABSV", "Absolute vorticity", "s-1"),
    row((0, 2, 12), "vo", "RELV", "Relative vorticity", "s-1"),
    row((0, 2, 13), "d", "RELD", "Relative divergence", "s-1"),
    row(
        (0, 2, 14),
        "pv",
        "PVORT",
        "Potential vorticity",
        "K m2 kg-1 s-1",
    ),
    row((0, 2, 22), "gust", "GUST", "Wind speed (gust)", "m s-1"),
    row((0, 3, 0), "sp", "PRES", "Pressure", "Pa"),
    row(
        (0, 3, 1),
        "prmsl",
        "PRMSL",
        "Pressure reduced to mean sea level",
        "Pa",
    ),
    row((0, 3, 4), "z", "GP", "Geopotential", "m2 s-2"),
    row((0, 3, 5), "gh", "HGT", "Geopotential height", "gpm"),
    row((0, 3, 18), "blh", "HPBL", "Boundary layer height", "m"),
    row(
        (0, 4, 7),
        "sdswrf",
        "DSWRF",
        "Downward short-wave radiation flux",
        "W m-2",
    ),
    row(
        (0, 4, 8),
        "suswrf",
        "USWRF",
        "Upward short-wave radiation flux",
        "W m-2",
    ),
    row(
        (0, 5, 3),
        "sdlwrf",
        "DLWRF",
        "Downward long-wave radiation flux",
        "W m-2",
    ),
    row(
        (0, 5, 4),
        "sulwrf",
        "ULWRF",
        "Upward long-wave radiation flux",
        "W m-2",
    ),
    row((0, 6, 1), "tcc", "TCDC", "Total cloud cover", "%"),
    row((0, 6, 3), "lcc", "LCDC", "Low cloud cover", "%"),
    row((0, 6, 4), "mcc", "MCDC", "Medium cloud cover", "%"),
    row((0, 6, 5), "hcc", "HCDC", "High cloud cover", "%"),
    row(
        (0, 7, 6),
        "cape",
        "CAPE",
        "Convective available potential energy",
        "J kg-1",
    ),
    row((0, 7, 7), "cin", "CIN", "Convective inhibition", "J kg-1"),
    row((0, 14, 0), "tozne", "TOZNE", "Total ozone", "DU"),
    row((0, 16, 5), "refc", "REFC", "Composite reflectivity", "dB"),
    row((0, 19, 0), "vis", "VIS", "Visibility", "m"),
    row((2, 0, 0), "lsm", "LAND", "Land-sea mask", "1"),
    row((2, 0, 1), "fsr", "SFCR", "Surface roughness", "m"),
    row((2, 0, 2), "st", "TSOIL", "Soil temperature", "K"),
    row(
        (10, 0, 3),
        "swh",
        "HTSGW",
        "Significant height of wind and swell waves",
        "m",
    ),
    row(
        (10, 0, 10),
        "dirpw",
        "DIRPW",
        "Primary wave direction",
        "degree",
    ),
    row(
        (10, 0, 11),
        "perpw",
        "PERPW",
        "Primary wave mean period",
        "s",
    ),
    row((10, 2, 0), "ci", "ICEC", "Sea ice cover", "1"),
    row((10, 3, 0), "sst", "WTMP", "Sea surface temperature", "K"),
    row(
        (10, 3, 1),
        "zos",
        "DSLM",
        "Deviation of sea level from mean",
        "m",
    ),
];

/// The parameter of these codes, when it has a name.
pub(super) fn find(codes: Codes) -> Option<&'static Parameter> {
    PARAMETERS.iter().find(|row| row.codes == codes)
}

/// ecCodes' and cfgrib's own names of a parameter at so many metres above the ground.
pub(super) fn at_height(codes: Codes, metres: f64) -> Option<(&'static str, &'static str)> {
    let row = AT_HEIGHT
        .iter()
        .find(|row| row.0 == codes && (row.1 - metres).abs() < 1e-9);
    row.map(|row| (row.2, row.3))
}

/// The parameter of this name, and the metres above the ground where the name says them.
pub(super) fn by_name(name: &str) -> Option<(Codes, Option<f64>)> {
    let at_height = AT_HEIGHT
        .iter()
        .find(|row| row.2 == name || row.3 == name)
        .map(|row| (row.0, Some(row.1)));
    at_height.or_else(|| {
        let row = PARAMETERS
            .iter()
            .find(|row| row.short == name || row.abbreviation == name)?;
        Some((row.codes, None))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_parameter_has_one_row() {
        for (place, row) in PARAMETERS.iter().enumerate() {
            let others = PARAMETERS.iter().skip(place + 1);
            assert!(others.clone().all(|other| other.codes != row.codes));
            assert!(!row.title.is_empty() && !row.units.is_empty());
        }
        for (codes, ..) in AT_HEIGHT {
            assert!(find(*codes).is_some(), "{codes:?}");
        }
        assert_eq!(at_height((0, 0, 0), 2.0), Some(("2t", "t2m")));
        assert_eq!(at_height((0, 0, 0), 80.0), None);
    }
}
