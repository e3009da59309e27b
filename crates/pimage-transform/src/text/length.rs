//! Lengths of the world: nanometres to kilometres.

use std::fmt;
use std::str::FromStr;

use pimage_core::{Error, StreamInfo, Value, keys};

/// A length of the world and the unit in which it is shown: `50 µm`.
///
/// ```
/// use pimage_transform::PhysicalLength;
///
/// let length: PhysicalLength = "0.65um".parse()?;
/// assert_eq!(length.to_string(), "0.65 µm");
/// assert!((length.metres() - 6.5e-7).abs() < 1e-20);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PhysicalLength {
    value: f64,
    unit: &'static Unit,
}

#[derive(Debug, PartialEq)]
struct Unit {
    symbol: &'static str,
    metres: f64,
    /// How else it is spelt; without a plural, and without a full stop.
    names: &'static [&'static str],
}

const UNITS: [Unit; 9] = [
    unit("pm", 1e-12, &["picometer", "picometre"]),
    unit("Å", 1e-10, &["angstrom", "a", "Å"]),
    unit("nm", 1e-9, &["nanometer", "nanometre"]),
    unit(
        "µm",
        1e-6,
        &["um", "μm", "micron", "micrometer", "micrometre"],
    ),
    unit("mm", 1e-3, &["millimeter", "millimetre"]),
    unit("cm", 1e-2, &["centimeter", "centimetre"]),
    unit("m", 1.0, &["meter", "metre"]),
    unit("km", 1e3, &["kilometer", "kilometre"]),
    unit("in", 0.0254, &["inch", "\""]),
];

const fn unit(symbol: &'static str, metres: f64, names: &'static [&'static str]) -> Unit {
    Unit {
        symbol,
        metres,
        names,
    }
}

/// The units that [`PhysicalLength::near`] uses, by their power of ten, largest first.
const ROUND_UNITS: [(i32, usize); 6] = [(3, 7), (0, 6), (-3, 4), (-6, 3), (-9, 2), (-12, 0)];

fn unit_of(name: &str) -> Option<&'static Unit> {
    static KNOWN: &[Unit] = &UNITS;
    let name = name.trim();
    let lower = name.to_ascii_lowercase();
    let singular = match lower.strip_suffix("es").filter(|stem| *stem == "inch") {
        Some(stem) => stem,
        None => lower.strip_suffix('s').unwrap_or(&lower),
    };
    KNOWN.iter().find(|unit| {
        unit.symbol == name || unit.names.contains(&name) || unit.names.contains(&singular)
    })
}

impl PhysicalLength {
    /// It in metres.
    #[must_use]
    pub const fn metres(&self) -> f64 {
        self.value * self.unit.metres
    }

    /// The round length (1, 2 or 5 and zeros) that is nearest to so many metres; `None` when there is none.
    pub(super) fn near(metres: f64) -> Option<Self> {
        static KNOWN: &[Unit] = &UNITS;
        if !(metres > 1e-12 && metres < 1e9) {
            return None;
        }
        let exponent = metres.log10().floor() as i32;
        let leading = metres / 10f64.powi(exponent);
        // Nearest in the logarithm.
        let candidates = [(1.0, 0), (2.0, 0), (5.0, 0), (1.0, 1)];
        let distance =
            |(digit, shift): (f64, i32)| (digit * 10f64.powi(shift) / leading).ln().abs();
        let (digit, shift) = candidates
            .into_iter()
            .min_by(|first, second| distance(*first).total_cmp(&distance(*second)))?;
        let exponent = exponent + shift;
        let (power, place) = ROUND_UNITS
            .into_iter()
            .find(|(power, _)| *power <= exponent)?;
        Some(Self {
            value: digit * 10f64.powi(exponent - power),
            unit: KNOWN.get(place)?,
        })
    }

    /// The width of a pixel as a recording tells it; `None` when it does not.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when it tells a number that is no size, or a unit that is not known.
    pub(super) fn of_pixel(info: &StreamInfo) -> Result<Option<Self>, Error> {
        let value = match info.metadata.get(keys::PIXEL_SIZE_X) {
            Some(Value::Float(value)) => *value,
            Some(Value::Int(value)) => *value as f64,
            _ => return Ok(None),
        };
        let Some(unit) = info
            .metadata
            .get(keys::PIXEL_SIZE_UNIT)
            .map(ToString::to_string)
        else {
            return Ok(None);
        };
        let found = format!("{value} {unit}");
        let length = unit_of(&unit).map(|unit| Self { value, unit });
        match length.filter(|length| length.value.is_finite() && length.value > 0.0) {
            Some(length) => Ok(Some(length)),
            None => Err(Error::bad_option(
                "the recording's pixel size",
                format!("`{found}`"),
                "a length such as 0.65 µm; `pixel:0.65um` replaces it",
            )),
        }
    }
}

impl FromStr for PhysicalLength {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let trimmed = text.trim();
        let end = trimmed.find(|character: char| {
            !character.is_ascii_digit() && !matches!(character, '.' | '+' | '-')
        });
        let (number, unit) = trimmed.split_at(end.unwrap_or(trimmed.len()));
        let value = number
            .parse()
            .ok()
            .filter(|value: &f64| value.is_finite() && *value > 0.0);
        match value.zip(unit_of(unit)) {
            Some((value, unit)) => Ok(Self { value, unit }),
            None => Err(Error::bad_option(
                "a length",
                format!("`{text}`"),
                "a number above 0 and a unit such as 50um; nm, um, mm, cm, m",
            )),
        }
    }
}

impl fmt::Display for PhysicalLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.value, self.unit.symbol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pimage_core::{Color, FrameCount, FrameFormat, SampleType};

    #[test]
    fn lengths_are_a_number_and_a_unit() {
        for (text, expected) in [
            ("50um", "50 µm"),
            ("0.5 µm", "0.5 µm"),
            ("2μm", "2 µm"),
            ("3 microns", "3 µm"),
            ("10 inches", "10 in"),
            ("100nm", "100 nm"),
            ("1.5Å", "1.5 Å"),
            ("7 Meters", "7 m"),
        ] {
            let length: PhysicalLength = text.parse().expect(text);
            assert_eq!(length.to_string(), expected);
        }
        for text in ["", "50", "um", "0um", "-1um", "50 px", "1e9999m", "5 mM"] {
            assert!(text.parse::<PhysicalLength>().is_err(), "{text}");
        }
    }

    #[test]
    fn round_lengths_are_one_two_or_five() {
        for (metres, expected) in [
            (83.2e-6, "100 µm"),
            (6.9e-7, "500 nm"),
            (1e-6, "1 µm"),
            (9.9e-4, "1 mm"),
            (3.1e-3, "2 mm"),
            (3.3e-3, "5 mm"),
            (0.25, "200 mm"),
            (2300.0, "2 km"),
            (7e-12, "5 pm"),
        ] {
            let length = PhysicalLength::near(metres).expect(expected);
            assert_eq!(length.to_string(), expected);
        }
        for metres in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-15] {
            assert_eq!(PhysicalLength::near(metres), None, "{metres}");
        }
    }

    #[test]
    fn a_recording_tells_the_size_of_its_pixels() {
        let format = FrameFormat::new(4, 4, Color::Gray, SampleType::U8);
        let mut info = StreamInfo::new("test", format, FrameCount::Exact(1));
        assert_eq!(PhysicalLength::of_pixel(&info).expect("is unknown"), None);
        info.metadata
            .insert(keys::PIXEL_SIZE_X.to_owned(), 0.65.into());
        assert_eq!(PhysicalLength::of_pixel(&info).expect("has no unit"), None);
        info.metadata
            .insert(keys::PIXEL_SIZE_UNIT.to_owned(), "micron".into());
        let size = PhysicalLength::of_pixel(&info).expect("is known");
        assert_eq!(
            size.map(|size| size.to_string()).as_deref(),
            Some("0.65 µm")
        );
        info.metadata
            .insert(keys::PIXEL_SIZE_UNIT.to_owned(), "pixel".into());
        let error = PhysicalLength::of_pixel(&info).expect_err("is no unit");
        assert!(
            error
                .to_string()
                .contains("is `0.65 pixel`: expected a length"),
            "{error}"
        );
    }
}
