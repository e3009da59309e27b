//! Units of length, as files spell them.

/// A unit of length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Unit {
    /// As OME spells it.
    pub(super) ome: &'static str,
    /// As `ImageJ` spells it.
    pub(super) imagej: &'static str,
    /// Nanometres in it, so that conversions between usual units are exact.
    pub(super) nanometres: f64,
}

const UNITS: [(&[&str], Unit); 6] = [
    (&["nm", "nanometer"], unit("nm", "nm", 1.0)),
    (
        &["µm", "μm", "um", "\\u00b5m", "micron", "micrometer"],
        unit("µm", "um", 1e3),
    ),
    (&["mm", "millimeter"], unit("mm", "mm", 1e6)),
    (&["cm", "centimeter"], unit("cm", "cm", 1e7)),
    (&["m", "meter"], unit("m", "m", 1e9)),
    (&["in", "inch", "\""], unit("in", "inch", 25.4e6)),
];

const fn unit(ome: &'static str, imagej: &'static str, nanometres: f64) -> Unit {
    Unit {
        ome,
        imagej,
        nanometres,
    }
}

impl Unit {
    /// The unit of that name, in the singular or the plural; `None` when it is not a known length.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let name = name.trim().to_lowercase();
        let matches = |known: &&str| name == *known || name.strip_suffix('s') == Some(known);
        let row = UNITS.iter().find(|(names, _)| names.iter().any(matches));
        row.map(|(_, unit)| *unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_spellings_are_known() {
        for name in [
            "µm",
            "μm",
            "um",
            "micron",
            "Microns",
            "\\u00B5m",
            "micrometer",
        ] {
            assert_eq!(
                Unit::of_name(name).map(|unit| unit.ome),
                Some("µm"),
                "{name}"
            );
        }
        assert_eq!(Unit::of_name("mm").map(|unit| unit.nanometres), Some(1e6));
        for name in ["", "pixel", "s", "furlong"] {
            assert_eq!(Unit::of_name(name), None, "{name}");
        }
    }
}
