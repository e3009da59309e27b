//! Round numbers along a scale, and how they are written.

use crate::Norm;
use crate::norm::Scale;

/// A mark at a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    /// Where it is: 0 is the lower bound, 1 the upper one.
    pub(crate) share: f64,
    /// The value, written.
    pub(crate) text: String,
}

/// Round numbers between the bounds of `scale`, rising, about `count` of them: multiples of 1, 2 or 5 times a power of ten;
/// for logarithms powers of ten, with their multiples by 2 and 5 where there are few; the bounds where fewer than two are left.
pub(crate) fn ticks(scale: &Scale, count: usize) -> Vec<Tick> {
    let (low, high) = scale.bounds();
    let count = count.max(2);
    if low >= high {
        let text = Notation::of(high.abs(), high.abs() / 1000.0).write(high);
        return vec![Tick { share: 0.5, text }];
    }
    let decades = match scale.norm() {
        Norm::Log => powers(low, high, count),
        _ => Vec::new(),
    };
    if decades.len() >= 2 {
        return decades
            .into_iter()
            .map(|value| Tick {
                share: scale.share_at(value),
                text: Notation::of(value, value).write(value),
            })
            .collect();
    }
    let step = round_step((high / count as f64 - low / count as f64).max(f64::MIN_POSITIVE));
    let notation = Notation::of(low.abs().max(high.abs()), step);
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    let ticks: Vec<_> = (0..=2 * count)
        .map(|place| first + place as f64)
        .take_while(|multiple| *multiple <= last)
        // Adding 0 makes 0 of -0.
        .map(|multiple| multiple * step + 0.0)
        .map(|value| Tick {
            share: scale.share_at(value),
            text: notation.write(value),
        })
        .collect();
    match ticks.len() {
        0 | 1 => ends(low, high),
        _ => ticks,
    }
}

/// The bounds, in hundredths of what is between them.
fn ends(low: f64, high: f64) -> Vec<Tick> {
    let step = (high / 100.0 - low / 100.0).max(f64::MIN_POSITIVE);
    let notation = Notation::of(low.abs().max(high.abs()), step);
    let ends = [(0.0, low), (1.0, high)].map(|(share, value)| Tick {
        share,
        text: notation.write(value),
    });
    ends.into()
}

/// The least of 1, 2 or 5 times a power of ten that is at least `step`.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    // What is a rounding away from a round number is that number.
    let factor = step / power * (1.0 - 1e-9);
    let round = [1.0, 2.0, 5.0].into_iter().find(|round| factor <= *round);
    round.unwrap_or(10.0) * power
}

/// Powers of ten between two numbers above 0, every n-th so that there are not many more than `count`.
fn powers(low: f64, high: f64, count: usize) -> Vec<f64> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let stride = usize::try_from(last - first)
        .unwrap_or(0)
        .div_ceil(count)
        .max(1);
    let inside = |value: &f64| (low * (1.0 - 1e-12)..=high * (1.0 + 1e-12)).contains(value);
    let decades: Vec<f64> = (first..=last)
        .step_by(stride)
        .map(|exponent| 10f64.powi(exponent))
        .filter(inside)
        .collect();
    if stride > 1 || decades.len() > count / 2 {
        return decades;
    }
    (first..=last)
        .flat_map(|exponent| [1.0, 2.0, 5.0].map(|factor| factor * 10f64.powi(exponent)))
        .filter(inside)
        .collect()
}

/// How the numbers of one scale are written: all with as many decimals, or all with the same power of ten.
#[derive(Debug, Clone, Copy)]
struct Notation {
    exponent: Option<i32>,
    decimals: usize,
}

impl Notation {
    /// For numbers up to `greatest` that are `step` apart.
    fn of(greatest: f64, step: f64) -> Self {
        let digits = |value: f64| match value > 0.0 {
            true => (value.log10() + 1e-9).floor() as i32,
            false => 0,
        };
        let (most, least) = (digits(greatest), digits(step));
        let is_plain = greatest == 0.0 || (-4..6).contains(&most);
        let decimals = if is_plain { -least } else { most - least };
        Self {
            exponent: (!is_plain).then_some(most),
            decimals: usize::try_from(decimals).unwrap_or(0).min(12),
        }
    }

    fn write(self, value: f64) -> String {
        let decimals = self.decimals;
        match self.exponent {
            Some(_) if value == 0.0 => "0".to_owned(),
            Some(exponent) => format!("{:.decimals$}e{exponent}", value / 10f64.powi(exponent)),
            None => format!("{value:.decimals$}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(norm: Norm, low: f64, high: f64, count: usize) -> String {
        let ticks = ticks(&Scale::new(norm, low, high, 256), count);
        assert!(
            ticks
                .iter()
                .all(|tick| (-1e-9..=1.0 + 1e-9).contains(&tick.share))
        );
        assert!(ticks.windows(2).all(|pair| pair[0].share < pair[1].share));
        let texts: Vec<_> = ticks.into_iter().map(|tick| tick.text).collect();
        texts.join(" ")
    }

    #[test]
    fn linear_ticks_are_multiples_of_1_2_or_5() {
        let linear = |low, high| texts(Norm::Linear, low, high, 5);
        assert_eq!(linear(0.0, 255.0), "0 100 200");
        assert_eq!(linear(293.1, 301.7), "294 296 298 300");
        assert_eq!(linear(-1.0, 1.0), "-1.0 -0.5 0.0 0.5 1.0");
        assert_eq!(
            linear(0.0, 0.001),
            "0.0000 0.0002 0.0004 0.0006 0.0008 0.0010"
        );
        assert_eq!(linear(0.0, 4e9), "0 1e9 2e9 3e9 4e9");
        assert_eq!(linear(0.0, 2.4e-7), "0 0.5e-7 1.0e-7 1.5e-7 2.0e-7");
        assert_eq!(linear(7.0, 7.0), "7.000");
        assert_eq!(texts(Norm::Linear, 0.0, 4095.0, 2), "0 4095");
        assert_eq!(texts(Norm::Linear, 0.1, 0.9, 2), "0.100 0.900");
        assert_eq!(linear(0.0, 0.0), "0");
        assert_eq!(texts(Norm::Power(0.5), 0.0, 100.0, 5), "0 20 40 60 80 100");
    }

    #[test]
    fn logarithmic_ticks_are_powers_of_ten() {
        let log = |low, high| texts(Norm::Log, low, high, 5);
        assert_eq!(log(1.0, 1e4), "1 10 100 1000 10000");
        assert_eq!(log(0.02, 3.0), "0.02 0.05 0.1 0.2 0.5 1 2");
        assert_eq!(log(1e-9, 1e6), "1e-9 1e-6 0.001 1 1000 1e6");
        assert_eq!(log(40.0, 49.0), "40 42 44 46 48");
    }
}
