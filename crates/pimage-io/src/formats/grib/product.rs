//! Section 4: what the values are, at which level and when.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::fmt;

use super::date::{date_at, later};
use super::octets::{i8_at, i32_at, u8_at, u16_at, u32_at};
use super::parameter::Codes;

/// Bytes of a section that are looked at.
pub(super) const HEAD_BYTES: usize = 256;

/// Bytes of a surface.
const SURFACE_BYTES: usize = 6;

/// A fixed surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Surface {
    /// Code table 4.5.
    pub(super) kind: u8,
    /// Decimal places of the value; `None` when there is no value.
    pub(super) value: Option<(i32, i32)>,
}

impl Surface {
    fn parse(section: &[u8], at: usize) -> Option<Self> {
        let kind = u8_at(section, at)?;
        let (scale, value) = (u8_at(section, at + 1)?, u32_at(section, at + 2)?);
        let value = match (scale, value) {
            (0xFF, _) | (_, u32::MAX) => None,
            _ => Some((i8_at(section, at + 1)?, i32_at(section, at + 2)?)),
        };
        Some(Self { kind, value })
    }

    /// Whether there is such a surface.
    pub(super) const fn is_there(self) -> bool {
        self.kind != 0xFF
    }

    /// The value in the unit of its kind.
    pub(super) fn number(self) -> Option<f64> {
        let (places, value) = self.value?;
        Some(match places {
            0 => f64::from(value),
            1.. => f64::from(value) / 10f64.powi(places),
            _ => f64::from(value) * 10f64.powi(-places),
        })
    }
}

/// How the values came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Process {
    /// At one time.
    Instant,
    /// Over a time, by this code of table 4.10.
    Interval(u8),
    /// The same, of those times of a variable that begin at their reference time.
    FromReference(u8),
}

/// What distinguishes one variable from another, all but its grid and its times.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Product {
    pub(super) codes: Codes,
    /// Template 4.N.
    pub(super) template: u16,
    /// First and second.
    pub(super) surfaces: Option<(Surface, Surface)>,
    process: Process,
    /// The member of an ensemble.
    pub(super) member: Option<u8>,
    /// How the values were made (code table 4.3): analyses are not forecasts.
    origin: u8,
    /// Whatever else the template says: constituents, probabilities, percentiles.
    rest: Vec<u8>,
}

/// When values are valid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Valid {
    /// Seconds since 1970.
    pub(super) time: Option<i64>,
    /// Whether they are of an interval that begins at the reference time.
    pub(super) is_from_reference: bool,
}

/// What follows the core in a template.
enum Tail {
    /// This many bytes, of which the second may be the member of an ensemble.
    Plain(usize, bool),
    /// The same, and then an interval of time.
    Interval(usize, bool),
}

/// Where the core of a template begins, and what follows it.
const fn layout(template: u16) -> Option<(usize, Tail)> {
    Some(match template {
        0 | 7 => (11, Tail::Plain(0, false)),
        1 => (11, Tail::Plain(3, true)),
        60 => (11, Tail::Plain(10, true)),
        2 => (11, Tail::Plain(2, false)),
        // With the number of the cluster.
        3 | 4 => (11, Tail::Plain(3, false)),
        5 => (11, Tail::Plain(13, false)),
        6 => (11, Tail::Plain(1, false)),
        15 => (11, Tail::Plain(3, false)),
        8 => (11, Tail::Interval(0, false)),
        9 => (11, Tail::Interval(13, false)),
        10 => (11, Tail::Interval(1, false)),
        11 => (11, Tail::Interval(3, true)),
        61 => (11, Tail::Interval(10, true)),
        12 => (11, Tail::Interval(2, false)),
        40 => (13, Tail::Plain(0, false)),
        41 => (13, Tail::Plain(3, true)),
        42 => (13, Tail::Interval(0, false)),
        43 => (13, Tail::Interval(3, true)),
        44 => (24, Tail::Plain(0, false)),
        45 => (24, Tail::Plain(3, true)),
        46 => (24, Tail::Interval(0, false)),
        47 => (24, Tail::Interval(3, true)),
        48 => (35, Tail::Plain(0, false)),
        49 => (35, Tail::Plain(3, true)),
        57 => (20, Tail::Plain(0, false)),
        58 => (20, Tail::Plain(3, true)),
        76 => (14, Tail::Plain(0, false)),
        77 => (14, Tail::Plain(3, true)),
        _ => return None,
    })
}

/// How the values of section 4 were made: kind of process, background and identifier, of which all bits are set where nothing is said.
pub(super) fn process_of(section: &[u8]) -> [u8; 3] {
    let core = u16_at(section, 7).and_then(layout).map(|(core, _)| core);
    let byte = |place: usize| core.and_then(|core| u8_at(section, core + place));
    [0, 1, 2].map(|place| byte(place).unwrap_or(255))
}

impl Product {
    /// The product of section 4, and when its values are valid for a reference time of `reference` (seconds since 1970).
    pub(super) fn parse(
        section: &[u8],
        discipline: u8,
        reference: Option<i64>,
    ) -> Option<(Self, Valid)> {
        let template = u16_at(section, 7)?;
        let mut product = Self {
            codes: (discipline, u8_at(section, 9)?, u8_at(section, 10)?),
            template,
            surfaces: None,
            process: Process::Instant,
            member: None,
            origin: 0xFF,
            rest: Vec::new(),
        };
        let mut valid = Valid::default();
        let Some((core, tail)) = layout(template) else {
            product.rest = section.get(11..)?.to_vec();
            // Radar and satellites have no steps; where the step of another template is nobody knows.
            valid.time = reference.filter(|_| matches!(template, 20 | 30..=35));
            return Some((product, valid));
        };
        product.origin = u8_at(section, core)?;
        let unit = u8_at(section, core + 6)?;
        // One template has a shorter step.
        let (step, step_bytes) = match template {
            44 => (i32::from(u16_at(section, core + 7)?), 2),
            _ => (i32_at(section, core + 7)?, 4),
        };
        let surface = core + 7 + step_bytes;
        let surfaces = (
            Surface::parse(section, surface)?,
            Surface::parse(section, surface + SURFACE_BYTES)?,
        );
        product.surfaces = Some(surfaces);
        valid.time = reference.and_then(|reference| later(reference, unit, step));
        let after = surface + 2 * SURFACE_BYTES;
        let (extra, has_member) = match tail {
            Tail::Plain(extra, has_member) | Tail::Interval(extra, has_member) => {
                (extra, has_member)
            }
        };
        product.member = if has_member {
            u8_at(section, after + 1)
        } else {
            None
        };
        let described = section
            .get(11..core)
            .into_iter()
            .chain(section.get(after..after + extra));
        product.rest = described.flatten().copied().collect();
        if let Tail::Interval(..) = tail {
            let interval = after + extra;
            valid.time = date_at(section, interval).or(valid.time);
            valid.is_from_reference = step == 0;
            product.process = Process::Interval(u8_at(section, interval + 12)?);
        }
        Some((product, valid))
    }

    /// The same of the intervals that begin at their reference time; `None` for values at one time.
    pub(super) fn since_reference(&self) -> Option<Self> {
        let Process::Interval(code) = self.process else {
            return None;
        };
        let process = Process::FromReference(code);
        Some(Self {
            process,
            ..self.clone()
        })
    }

    /// As ecCodes names the process: `instant`, `accum`, `avg`.
    pub(super) const fn step_type(&self) -> &'static str {
        match self.process {
            Process::Instant => "instant",
            Process::Interval(code) | Process::FromReference(code) => match code {
                0 => "avg",
                1 => "accum",
                2 => "max",
                3 => "min",
                4 => "diff",
                5 => "rms",
                6 => "sd",
                7 => "cov",
                _ => "interval",
            },
        }
    }

    /// Whether its intervals are told from others of the same times by their beginning.
    pub(super) const fn is_from_reference(&self) -> bool {
        matches!(self.process, Process::FromReference(_))
    }

    /// Whether it is a plain analysis or forecast at one time.
    pub(super) const fn is_plain(&self) -> bool {
        self.template == 0
    }

    /// The level: its kind as ecCodes names it, and its value.
    pub(super) fn level(&self) -> Level {
        let Some((first, second)) = self.surfaces else {
            return Level {
                kind: "unknown",
                value: None,
            };
        };
        let is_layer = second.is_there() && second != first;
        let value = first.number();
        let (kind, divisor) = match (first.kind, is_layer) {
            (1, _) => ("surface", 1.0),
            (2, _) => ("cloudBase", 1.0),
            (3, _) => ("cloudTop", 1.0),
            (4, _) => ("isothermZero", 1.0),
            (6, _) => ("maxWind", 1.0),
            (7, _) => ("tropopause", 1.0),
            (8, _) => ("nominalTop", 1.0),
            (9, _) => ("seaBottom", 1.0),
            (10 | 200, _) => ("atmosphere", 1.0),
            (20, _) => ("isothermal", 1.0),
            (100, false) => ("isobaricInhPa", 100.0),
            (100, true) => ("isobaricLayer", 100.0),
            (101, _) => ("meanSea", 1.0),
            (102, false) => ("heightAboveSea", 1.0),
            (102, true) => ("heightAboveSeaLayer", 1.0),
            (103, false) => ("heightAboveGround", 1.0),
            (103, true) => ("heightAboveGroundLayer", 1.0),
            (104, false) => ("sigma", 1.0),
            (104, true) => ("sigmaLayer", 1.0),
            (105, false) => ("hybrid", 1.0),
            (105, true) => ("hybridLayer", 1.0),
            (106, false) => ("depthBelowLand", 1.0),
            (106, true) => ("depthBelowLandLayer", 1.0),
            (107, _) => ("theta", 1.0),
            (108, false) => ("pressureFromGround", 100.0),
            (108, true) => ("pressureFromGroundLayer", 100.0),
            (109, _) => ("potentialVorticity", 1e-9),
            (151, _) => ("soil", 1.0),
            (160, _) => ("depthBelowSea", 1.0),
            _ => ("unknown", 1.0),
        };
        Level {
            kind,
            value: value.map(|value| value / divisor),
        }
    }
}

/// A level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Level {
    /// As ecCodes names it.
    pub(super) kind: &'static str,
    /// In the unit that ecCodes gives it: hPa, metres.
    pub(super) value: Option<f64>,
}

impl Level {
    /// The value as it is typed: `850`, `0.995`; `0` when there is none.
    pub(super) fn text(&self) -> String {
        self.value.unwrap_or(0.0).to_string()
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value {
            Some(_) => write!(f, "{} {}", self.kind, self.text()),
            None => f.write_str(self.kind),
        }
    }
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::super::date::{date_bytes, parse_date};
    use super::*;

    /// A forecast of 6 hours at 850 hPa.
    fn section(template: u16, more: &[u8]) -> Vec<u8> {
        let mut section = vec![0; 34];
        section[7..9].copy_from_slice(&template.to_be_bytes());
        section[17] = 1;
        section[21] = 6;
        section[22] = 100;
        section[24..28].copy_from_slice(&85_000u32.to_be_bytes());
        section[28] = 255;
        section.extend(more);
        section
    }

    #[test]
    fn a_level_is_said_as_eccodes_does() {
        let (product, valid) = Product::parse(&section(0, &[]), 0, Some(3_600)).expect("is whole");
        assert_eq!(valid.time, Some(7 * 3_600));
        assert_eq!(product.level().to_string(), "isobaricInhPa 850");
        assert_eq!(product.step_type(), "instant");
        assert!(product.is_plain() && product.member.is_none());
        let mut none = section(0, &[]);
        none[22..28].copy_from_slice(&[101, 255, 255, 255, 255, 255]);
        let (product, _) = Product::parse(&none, 0, None).expect("is whole");
        assert_eq!(product.level().to_string(), "meanSea");
    }

    #[test]
    fn an_interval_is_valid_at_its_end() {
        let end = parse_date("2024-02-29T12:00:00Z").expect("is a date");
        let mut interval = date_bytes(end).expect("is a year of four digits").to_vec();
        interval.extend([1, 0, 0, 0, 0, 1, 2, 1, 0, 0, 0, 6]);
        let (product, valid) =
            Product::parse(&section(8, &interval), 0, Some(0)).expect("is whole");
        assert_eq!((valid.time, valid.is_from_reference), (Some(end), false));
        let mut whole = section(8, &interval);
        whole[21] = 0;
        let (_, valid) = Product::parse(&whole, 0, Some(0)).expect("is whole");
        assert!(valid.is_from_reference);
        assert_eq!(product.step_type(), "accum");
        let mut member = vec![255, 17, 51];
        member.extend(&interval);
        let (product, valid) = Product::parse(&section(11, &member), 0, Some(0)).expect("is whole");
        assert_eq!((product.member, valid.time), (Some(17), Some(end)));
    }

    #[test]
    fn steps_are_where_the_template_has_them() {
        for (template, step_end, length) in [(0, 22, 34), (44, 33, 45), (57, 31, 43), (76, 25, 37)]
        {
            let mut section = vec![0; length];
            section[7..9].copy_from_slice(&u16::to_be_bytes(template));
            let step_bytes = if template == 44 { 2 } else { 4 };
            section[step_end - step_bytes - 1] = 1;
            section[step_end - 1] = 6;
            section[step_end] = 100;
            section[step_end + 2..step_end + 6].copy_from_slice(&85_000u32.to_be_bytes());
            section[step_end + 6] = 255;
            let (product, valid) = Product::parse(&section, 0, Some(0)).expect("is whole");
            assert_eq!(valid.time, Some(6 * 3_600), "{template}");
            assert_eq!(
                product.level().to_string(),
                "isobaricInhPa 850",
                "{template}"
            );
        }
    }

    #[test]
    fn clusters_and_origins_are_told_apart() {
        let product = |section: &[u8]| Product::parse(section, 0, None).expect("is whole").0;
        let cluster = |number| product(&section(3, &[0, 9, number]));
        assert_ne!(cluster(1), cluster(2));
        let mut analysis = section(0, &[]);
        analysis[11] = 2;
        assert_ne!(product(&analysis), product(&section(0, &[])));
    }

    #[test]
    fn cut_sections_are_none() {
        let whole = section(1, &[255, 3, 51]);
        for length in 0..34 {
            assert!(
                Product::parse(&whole[..length], 0, None).is_none(),
                "{length}"
            );
        }
        // A template that nobody knows is still told apart from others.
        let (one, valid) = Product::parse(&section(1000, &[1]), 0, Some(5)).expect("is whole");
        let (other, _) = Product::parse(&section(1000, &[2]), 0, Some(5)).expect("is whole");
        assert_ne!(one, other);
        assert_eq!((valid.time, one.level().kind), (None, "unknown"));
        let (_, satellite) = Product::parse(&section(31, &[]), 3, Some(5)).expect("is whole");
        assert_eq!(satellite.time, Some(5));
    }
}
