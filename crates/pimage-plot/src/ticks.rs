//! Round numbers along an axis, and how they are written.

use crate::axis::ScaleKind;
use crate::scale::Scale;

/// A mark at a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) value: f64,
    pub(crate) text: String,
}

/// The marks of an axis.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Ticks {
    /// Those with numbers, rising.
    pub(crate) major: Vec<Tick>,
    /// Those between, rising.
    pub(crate) minor: Vec<f64>,
    /// What all numbers are multiplied by or counted from, where they would be long otherwise: `×10⁶`, `+1.7×10⁹`.
    pub(crate) corner: String,
}

/// About `count` marks, not many more, between the bounds of a scale.
pub(crate) fn ticks(scale: &Scale, count: usize) -> Ticks {
    let count = count.clamp(1, 50);
    match scale.kind {
        ScaleKind::Log => logarithmic(scale, count).unwrap_or_else(|| linear(scale, count)),
        ScaleKind::Linear => linear(scale, count),
    }
}

/// Numbers 1, 2 or 5 times a power of ten apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    factor: u8,
    exponent: i32,
}

impl Step {
    /// The least one that is at least `size`.
    fn at_least(size: f64) -> Self {
        let exponent = size.log10().floor();
        // What is a rounding away from a round number is that number.
        let factor = size / 10f64.powf(exponent) * (1.0 - 1e-9);
        let exponent = exponent as i32;
        let round = [1u8, 2, 5]
            .into_iter()
            .find(|round| factor <= f64::from(*round));
        match round {
            Some(factor) => Self { factor, exponent },
            None => Self {
                factor: 1,
                exponent: exponent + 1,
            },
        }
    }

    /// A multiple of it, rounded once.
    fn times(self, multiple: f64) -> f64 {
        let multiple = multiple * f64::from(self.factor);
        // Powers of ten are exact up to 22; adding 0 makes 0 of -0.
        let value = if self.exponent < 0 && self.exponent >= -300 {
            multiple / ten_to(-self.exponent)
        } else {
            multiple * ten_to(self.exponent)
        };
        value + 0.0
    }

    fn size(self) -> f64 {
        self.times(1.0)
    }

    /// A round part of it, for the marks between.
    const fn part(self) -> (u8, Self) {
        let (parts, factor, exponent) = match self.factor {
            1 => (5, 2, self.exponent - 1),
            2 => (4, 5, self.exponent - 1),
            _ => (5, 1, self.exponent),
        };
        (parts, Self { factor, exponent })
    }

    /// Its multiples between two numbers, as (multiple, value).
    fn between(self, low: f64, high: f64) -> impl Iterator<Item = (f64, f64)> {
        let size = self.size();
        let slack = (high - low) * 1e-9;
        let first = ((low - slack) / size).ceil();
        let last = ((high + slack) / size).floor();
        (0..1000)
            .map(move |place| first + f64::from(place))
            .take_while(move |multiple| *multiple <= last)
            .map(move |multiple| (multiple, self.times(multiple)))
    }
}

/// A power of ten, rounded once.
fn ten_to(exponent: i32) -> f64 {
    format!("1e{exponent}").parse().unwrap_or(f64::NAN)
}

fn linear(scale: &Scale, count: usize) -> Ticks {
    let (low, high) = (scale.low, scale.high);
    let size = (high / count as f64 - low / count as f64).max(f64::MIN_POSITIVE * 1e3);
    let step = Step::at_least(size);
    // 0, a rounding below the lower bound, has no place among logarithms.
    let major: Vec<f64> = step
        .between(low, high)
        .map(|(_, value)| value)
        .filter(|value| scale.holds(*value))
        .collect();
    let notation = Notation::of(&major, step);
    let (parts, part) = step.part();
    let minor = part.between(low, high).filter(|(multiple, value)| {
        multiple.rem_euclid(f64::from(parts)) != 0.0 && scale.holds(*value)
    });
    Ticks {
        minor: minor.map(|(_, value)| value).collect(),
        corner: notation.corner(),
        major: major
            .into_iter()
            .map(|value| Tick {
                value,
                text: notation.write(value),
            })
            .collect(),
    }
}

/// How the numbers of one axis are written.
#[derive(Debug, Clone, Copy)]
struct Notation {
    /// What they are counted from.
    offset: f64,
    /// The power of ten that they are divided by.
    exponent: i32,
    decimals: usize,
}

/// The most digits of a number before it is shortened.
const MOST_DIGITS: i32 = 6;

impl Notation {
    fn of(values: &[f64], step: Step) -> Self {
        let greatest = values
            .iter()
            .fold(0.0f64, |most, value| most.max(value.abs()));
        let digits = |value: f64| match value > 0.0 {
            true => (value.log10() + 1e-9).floor() as i32,
            false => step.exponent,
        };
        let (first, last) = (
            values.first().copied().unwrap_or(0.0),
            values.last().copied().unwrap_or(0.0),
        );
        // Digits that all numbers have in common are said once.
        let has_offset = digits(greatest) - step.exponent >= MOST_DIGITS
            && first * last > 0.0
            && last - first < greatest / 100.0;
        let offset = if has_offset {
            common(
                first,
                last,
                digits(greatest) + 1,
                digits((last - first).max(step.size())) + 1,
            )
        } else {
            0.0
        };
        let rest = (last - offset).abs().max((first - offset).abs());
        let most = digits(rest);
        let is_plain = rest == 0.0
            || (most < MOST_DIGITS && step.exponent >= -4)
            || (most < 3 && step.exponent > -4);
        let exponent = if is_plain { 0 } else { most };
        Self {
            offset,
            exponent,
            decimals: usize::try_from(exponent - step.exponent)
                .unwrap_or(0)
                .min(15),
        }
    }

    fn write(self, value: f64) -> String {
        let value = (value - self.offset) / ten_to(self.exponent);
        let decimals = self.decimals;
        let text = format!("{value:.decimals$}");
        let is_zero = text
            .chars()
            .all(|character| matches!(character, '-' | '0' | '.'));
        match text.strip_prefix('-') {
            Some(rest) if is_zero => rest.to_owned(),
            Some(rest) => format!("{MINUS}{rest}"),
            None => text,
        }
    }

    /// What the numbers have to be multiplied by and what has to be added.
    fn corner(self) -> String {
        let mut corner = String::new();
        if self.exponent != 0 {
            corner = format!("×{}", power(self.exponent));
        }
        if self.offset != 0.0 {
            let sign = if self.offset < 0.0 { MINUS } else { '+' };
            let gap = if corner.is_empty() { "" } else { " " };
            corner = format!("{corner}{gap}{sign}{}", number(self.offset.abs()));
        }
        corner
    }
}

/// What numbers are counted from: the roundest number between them, or else one with the digits that they have in common.
///
/// `most` is a power of ten above them, `least` one above their distance.
fn common(first: f64, last: f64, most: i32, least: i32) -> f64 {
    let middle = first / 2.0 + last / 2.0;
    let unit = |exponent: i32| Step {
        factor: 1,
        exponent,
    };
    let near = |exponent: i32| unit(exponent).times((middle / ten_to(exponent)).round());
    let round = (least..=most)
        .rev()
        .map(near)
        .find(|value| *value != 0.0 && (first..=last).contains(value));
    round.unwrap_or_else(|| {
        let near = if first > 0.0 { first } else { last };
        unit(least).times((near / ten_to(least)).trunc())
    })
}

/// The sign that stands as high as a plus.
const MINUS: char = '\u{2212}';

/// A value read off a scale of this span: a thousandth of it is still seen.
pub(crate) fn reading(value: f64, span: f64) -> String {
    let digits = |value: f64| value.abs().max(1e-300).log10().floor() as i32;
    let finest = digits(span.max(value.abs() * 1e-9)) - 3;
    let greatest = digits(value.abs().max(span));
    if (-5..8).contains(&greatest) {
        let decimals = usize::try_from(-finest).unwrap_or(0).min(12);
        return format!("{value:.decimals$}").replace('-', "\u{2212}");
    }
    let scaled = value / ten_to(greatest);
    let decimals = usize::try_from(greatest - finest).unwrap_or(0).min(12);
    format!("{scaled:.decimals$}×{}", power(greatest)).replace('-', "\u{2212}")
}

/// A number of few significant digits, written as shortly as it can be: for what stands alone.
pub(crate) fn number(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e7).contains(&magnitude) {
        let text = format!("{magnitude:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let sign = if value < 0.0 { "\u{2212}" } else { "" };
        let digits = if digits == "1" {
            String::new()
        } else {
            format!("{digits}×")
        };
        return format!("{sign}{digits}{}", power(exponent.parse().unwrap_or(0)));
    }
    value.to_string().replace('-', "\u{2212}")
}

/// A power of ten: 10⁶.
fn power(exponent: i32) -> String {
    let digits = exponent.to_string();
    let raised = digits.chars().map(|character| match character {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        _ => '⁰',
    });
    format!("10{}", raised.collect::<String>())
}

/// More marks between those with numbers are a stripe.
const MOST_MINOR: usize = 60;

/// Powers of ten, with their multiples between; `None` when there are fewer than two.
fn logarithmic(scale: &Scale, count: usize) -> Option<Ticks> {
    let (first, last) = (scale.low.log10(), scale.high.log10());
    let (first, last) = ((first - 1e-9).ceil() as i32, (last + 1e-9).floor() as i32);
    if last <= first {
        return None;
    }
    let decades = usize::try_from(last - first).unwrap_or(0) + 1;
    let stride = decades.div_ceil(count).max(1);
    let is_plain = first >= -3 && last <= 4;
    let text = |exponent: i32| match (is_plain, exponent) {
        (true, 0..) => format!("{:.0}", ten_to(exponent)),
        (true, _) => format!(
            "{:.*}",
            usize::try_from(-exponent).unwrap_or(0),
            ten_to(exponent)
        ),
        (false, _) => power(exponent),
    };
    // Multiples of the stride, so that marks stay where they are when the range moves.
    let exponents =
        (first..=last).filter(|exponent| stride == 1 || exponent.rem_euclid(stride as i32) == 0);
    let major: Vec<Tick> = exponents
        .map(|exponent| Tick {
            value: ten_to(exponent),
            text: text(exponent),
        })
        .collect();
    let between = |exponent: i32| (2..10).map(move |factor| f64::from(factor) * ten_to(exponent));
    let minor: Vec<f64> = if stride == 1 {
        (first - 1..=last)
            .flat_map(between)
            .filter(|value| scale.holds(*value))
            .collect()
    } else {
        let skipped = (first..=last).filter(|exponent| exponent.rem_euclid(stride as i32) != 0);
        skipped.map(ten_to).collect()
    };
    let minor = if minor.len() > MOST_MINOR {
        Vec::new()
    } else {
        minor
    };
    (major.len() >= 2).then_some(Ticks {
        major,
        minor,
        corner: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(kind: ScaleKind, low: f64, high: f64, count: usize) -> String {
        let scale = Scale { kind, low, high };
        let ticks = ticks(&scale, count);
        assert!(
            ticks.major.iter().all(|tick| scale.holds(tick.value)),
            "{ticks:?}"
        );
        assert!(
            ticks.minor.iter().all(|value| scale.holds(*value)),
            "{ticks:?}"
        );
        assert!(
            ticks
                .major
                .windows(2)
                .all(|pair| pair[0].value < pair[1].value),
            "{ticks:?}"
        );
        assert!(
            ticks
                .major
                .windows(2)
                .all(|pair| pair[0].text != pair[1].text),
            "{ticks:?}"
        );
        assert!(ticks.major.len() <= count + 1, "{ticks:?}");
        let texts: Vec<_> = ticks.major.into_iter().map(|tick| tick.text).collect();
        format!("{} {}", texts.join(" "), ticks.corner)
            .trim_end()
            .to_owned()
    }

    #[test]
    fn linear_ticks_are_multiples_of_1_2_or_5() {
        let linear = |low, high| texts(ScaleKind::Linear, low, high, 6);
        assert_eq!(linear(0.0, 255.0), "0 50 100 150 200 250");
        assert_eq!(linear(-1.0, 1.0), "−1.0 −0.5 0.0 0.5 1.0");
        assert_eq!(
            linear(0.0, 0.001),
            "0.0000 0.0002 0.0004 0.0006 0.0008 0.0010"
        );
        assert_eq!(linear(0.0, 2.4e-7), "0.0 0.5 1.0 1.5 2.0 ×10⁻⁷");
        assert_eq!(linear(0.0, 4e9), "0 1 2 3 4 ×10⁹");
        assert_eq!(linear(-3e6, 3e6), "−3 −2 −1 0 1 2 3 ×10⁶");
        assert_eq!(
            linear(0.0, 500_000.0),
            "0 100000 200000 300000 400000 500000"
        );
    }

    #[test]
    fn what_numbers_have_in_common_is_said_once() {
        let linear = |low, high| texts(ScaleKind::Linear, low, high, 6);
        assert_eq!(
            linear(1_763_740_800.0, 1_763_740_801.0),
            "0.0 0.2 0.4 0.6 0.8 1.0 +1.7637408×10⁹"
        );
        assert_eq!(
            linear(1_763_740_800.0, 1_763_740_800.01),
            "0.000 0.002 0.004 0.006 0.008 0.010 +1.7637408×10⁹"
        );
        linear(1_763_740_800.0, 1_763_740_800.000_5);
        assert_eq!(
            linear(1000.0001, 1000.0009),
            "0.0002 0.0004 0.0006 0.0008 +1000"
        );
        assert_eq!(
            linear(-50000.02, -50000.01),
            "−0.020 −0.018 −0.016 −0.014 −0.012 −0.010 −50000"
        );
        assert_eq!(
            linear(99_995.0, 100_005.0),
            "99996 99998 100000 100002 100004"
        );
    }

    #[test]
    fn logarithmic_ticks_are_powers_of_ten() {
        let log = |low, high| texts(ScaleKind::Log, low, high, 6);
        assert_eq!(log(1.0, 1e4), "1 10 100 1000 10000");
        assert_eq!(log(0.02, 30.0), "0.1 1 10");
        assert_eq!(log(1e-9, 1e6), "10⁻⁹ 10⁻⁶ 10⁻³ 10⁰ 10³ 10⁶");
        assert_eq!(texts(ScaleKind::Log, 808.0, 3e165, 1), "");
        assert_eq!(log(40.0, 49.0), "40 42 44 46 48");
        assert_eq!(log(1e-300, 1e300), "10⁻²⁰² 10⁻¹⁰¹ 10⁰ 10¹⁰¹ 10²⁰²");
    }

    #[test]
    fn readings_are_as_fine_as_the_scale() {
        assert_eq!(reading(12.345_678, 30.0), "12.35");
        assert_eq!(reading(-0.5, 2.0), "−0.500");
        assert_eq!(reading(1234.6, 90_000.0), "1235");
        assert_eq!(reading(1.5e-9, 4e-9), "1.500×10⁻⁹");
        assert_eq!(reading(0.0, 1e12), "0.000×10¹²");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(number(0.5), "0.5");
        assert_eq!(number(-3.0), "−3");
        assert_eq!(number(2.5e10), "2.5×10¹⁰");
        assert_eq!(number(1e-9), "10⁻⁹");
    }
}
