//! Exact time: fractions of a second, never a float that was rounded on the way.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// Seconds in a tick, as an exact fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timebase {
    numerator: NonZeroU32,
    denominator: NonZeroU32,
}

impl Timebase {
    /// A microsecond a tick.
    pub const MICROSECONDS: Self = Self::literal(1, 1_000_000);
    /// A nanosecond a tick.
    pub const NANOSECONDS: Self = Self::literal(1, 1_000_000_000);
    /// A millisecond a tick.
    pub const MILLISECONDS: Self = Self::literal(1, 1_000);

    const fn literal(numerator: u32, denominator: u32) -> Self {
        match Self::new(numerator, denominator) {
            Some(base) => base,
            None => Self {
                numerator: NonZeroU32::MIN,
                denominator: NonZeroU32::MIN,
            },
        }
    }

    /// `numerator / denominator` seconds a tick; `None` when either is 0.
    #[must_use]
    pub const fn new(numerator: u32, denominator: u32) -> Option<Self> {
        match (NonZeroU32::new(numerator), NonZeroU32::new(denominator)) {
            (Some(numerator), Some(denominator)) => Some(Self {
                numerator,
                denominator,
            }),
            _ => None,
        }
    }

    /// Upper part of the fraction.
    #[must_use]
    pub const fn numerator(self) -> u32 {
        self.numerator.get()
    }

    /// Lower part of the fraction.
    #[must_use]
    pub const fn denominator(self) -> u32 {
        self.denominator.get()
    }
}

impl fmt::Display for Timebase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

/// A moment, as a whole number of ticks of a [`Timebase`].
///
/// ```
/// use pimage_core::{Timebase, Timestamp};
///
/// let base = Timebase::new(1001, 30_000).expect("neither part is zero");
/// let third = Timestamp::new(3, base);
/// assert_eq!(third.secs(), 3.0 * 1001.0 / 30_000.0);
/// // Ticks of another timebase, rounded to the nearest.
/// assert_eq!(third.ticks_in(Timebase::MILLISECONDS), 100);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timestamp {
    /// Whole ticks since the zero of the clock; may be negative.
    pub ticks: i64,
    /// The length of a tick.
    pub base: Timebase,
}

impl Timestamp {
    /// `ticks` ticks of `base`.
    #[must_use]
    pub const fn new(ticks: i64, base: Timebase) -> Self {
        Self { ticks, base }
    }

    /// The moment `secs` seconds after the zero, to the nearest nanosecond; `None` when it is not finite or out of range.
    #[must_use]
    pub fn from_secs(secs: f64) -> Option<Self> {
        // Whole seconds and the rest apart: their product with 1e9 would round times since 1970 to 256 ns.
        let whole = secs.trunc();
        let rest = ((secs - whole) * 1e9).round();
        // The comparison also refuses NaN.
        let whole = (whole.abs() < 1e10).then_some(whole as i64)?;
        let ticks = whole.checked_mul(1_000_000_000)?.checked_add(rest as i64)?;
        Some(Self::new(ticks, Timebase::NANOSECONDS))
    }

    /// Seconds since the zero of the clock.
    #[must_use]
    pub fn secs(self) -> f64 {
        /// Up to here whole numbers are exact in f64.
        const EXACT: u128 = 1 << 53;
        let denominator = i128::from(self.base.denominator());
        let ticks = i128::from(self.ticks) * i128::from(self.base.numerator());
        if ticks.unsigned_abs() <= EXACT {
            return ticks as f64 / denominator as f64;
        }
        let rest = (ticks % denominator) as f64 / denominator as f64;
        (ticks / denominator) as f64 + rest
    }

    /// The same moment in ticks of another timebase, rounded to the nearest, halves away from zero; saturating.
    #[must_use]
    pub fn ticks_in(self, base: Timebase) -> i64 {
        let numerator = i128::from(self.ticks)
            * i128::from(self.base.numerator())
            * i128::from(base.denominator());
        let denominator = i128::from(self.base.denominator()) * i128::from(base.numerator());
        let half = denominator / 2;
        let rounded = if numerator < 0 {
            (numerator - half) / denominator
        } else {
            (numerator + half) / denominator
        };
        i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX })
    }
}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        let left = i128::from(self.ticks)
            * i128::from(self.base.numerator())
            * i128::from(other.base.denominator());
        let right = i128::from(other.ticks)
            * i128::from(other.base.numerator())
            * i128::from(self.base.denominator());
        // Two spellings of one moment (1/2 and 2/4) are neither less nor greater, but only equal when spelt alike.
        match left.cmp(&right) {
            std::cmp::Ordering::Equal if self != other => None,
            ordering => Some(ordering),
        }
    }
}

/// Frames in a second, as an exact fraction: 30000/1001 stays 30000/1001.
///
/// ```
/// use pimage_core::FrameRate;
///
/// let ntsc: FrameRate = "30000/1001".parse()?;
/// assert_eq!(ntsc.to_string(), "30000/1001");
/// assert_eq!("29.97".parse::<FrameRate>()?.to_string(), "2997/100");
/// assert_eq!("25".parse::<FrameRate>()?.fps(), 25.0);
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FrameRate {
    numerator: NonZeroU32,
    denominator: NonZeroU32,
}

impl FrameRate {
    /// `numerator / denominator` frames a second, in lowest terms; `None` when either is 0.
    #[must_use]
    pub fn new(numerator: u32, denominator: u32) -> Option<Self> {
        let divisor = gcd(numerator, denominator);
        if divisor == 0 {
            return None;
        }
        Some(Self {
            numerator: NonZeroU32::new(numerator / divisor)?,
            denominator: NonZeroU32::new(denominator / divisor)?,
        })
    }

    /// The nearest fraction to `fps` with a denominator up to 1,000,000; `None` unless positive and finite.
    #[must_use]
    pub fn from_fps(fps: f64) -> Option<Self> {
        if !(fps > 0.0 && fps <= f64::from(u32::MAX)) {
            return None;
        }
        let (numerator, denominator) = nearest_fraction(fps, 1_000_000);
        Self::new(numerator, denominator)
    }

    /// Frames in a second.
    #[must_use]
    pub fn fps(self) -> f64 {
        f64::from(self.numerator.get()) / f64::from(self.denominator.get())
    }

    /// Upper part of the fraction.
    #[must_use]
    pub const fn numerator(self) -> u32 {
        self.numerator.get()
    }

    /// Lower part of the fraction.
    #[must_use]
    pub const fn denominator(self) -> u32 {
        self.denominator.get()
    }

    /// The rate of every `step`-th frame; `None` when no fraction holds it.
    #[must_use]
    pub fn slowed(self, step: u64) -> Option<Self> {
        let denominator = u64::from(self.denominator.get()).checked_mul(step)?;
        let divisor = u64::from(gcd(
            self.numerator.get(),
            u32::try_from(denominator % u64::from(self.numerator.get())).ok()?,
        ));
        Self::new(
            u32::try_from(u64::from(self.numerator.get()) / divisor).ok()?,
            u32::try_from(denominator / divisor).ok()?,
        )
    }

    /// One tick a frame.
    #[must_use]
    pub const fn timebase(self) -> Timebase {
        Timebase {
            numerator: self.denominator,
            denominator: self.numerator,
        }
    }

    /// The moment of frame `index` at a constant rate from 0.
    #[must_use]
    pub fn time_of(self, index: u64) -> Timestamp {
        let ticks = i64::try_from(index).unwrap_or(i64::MAX);
        Timestamp::new(ticks, self.timebase())
    }
}

const fn gcd(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The best approximation of `value` by continued fractions with a denominator up to `limit`.
fn nearest_fraction(value: f64, limit: u64) -> (u32, u32) {
    let (mut previous, mut current) = ((0u64, 1u64), (1u64, 0u64));
    let mut rest = value;
    loop {
        let whole = rest.floor();
        let next = (
            (whole as u64)
                .saturating_mul(current.0)
                .saturating_add(previous.0),
            (whole as u64)
                .saturating_mul(current.1)
                .saturating_add(previous.1),
        );
        if next.1 > limit || next.0 > u64::from(u32::MAX) {
            break;
        }
        (previous, current) = (current, next);
        let error = (current.0 as f64 / current.1 as f64 - value).abs();
        if error <= value * 1e-12 || (rest - whole) <= 0.0 {
            break;
        }
        rest = 1.0 / (rest - whole);
    }
    (
        u32::try_from(current.0).unwrap_or(u32::MAX),
        u32::try_from(current.1).unwrap_or(1),
    )
}

impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.denominator.get() == 1 {
            write!(f, "{}", self.numerator)
        } else {
            write!(f, "{}/{}", self.numerator, self.denominator)
        }
    }
}

impl FromStr for FrameRate {
    type Err = String;

    /// `25`, `29.97` or `30000/1001`.
    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || {
            format!(
                "`{text}` is not a frame rate: expected a positive number or a fraction such as 30000/1001"
            )
        };
        let rate = match text.split_once('/') {
            Some((numerator, denominator)) => {
                match (numerator.trim().parse(), denominator.trim().parse()) {
                    (Ok(numerator), Ok(denominator)) => Self::new(numerator, denominator),
                    _ => None,
                }
            }
            None => text.trim().parse().ok().and_then(Self::from_fps),
        };
        rate.ok_or_else(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_rates_become_the_fraction_that_was_meant() {
        for (fps, expected) in [
            (25.0, "25"),
            (29.97, "2997/100"),
            (30000.0 / 1001.0, "30000/1001"),
            (0.5, "1/2"),
            (1.0 / 3600.0, "1/3600"),
            (120_000.0, "120000"),
        ] {
            let rate = FrameRate::from_fps(fps).expect("is positive");
            assert_eq!(rate.to_string(), expected);
        }
        for fps in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-30] {
            assert_eq!(FrameRate::from_fps(fps), None, "{fps}");
        }
    }

    #[test]
    fn ticks_round_to_the_nearest_on_both_sides_of_zero() {
        let base = Timebase::new(1, 3).expect("is not zero");
        assert_eq!(
            Timestamp::new(2, base).ticks_in(Timebase::MILLISECONDS),
            667
        );
        assert_eq!(
            Timestamp::new(-2, base).ticks_in(Timebase::MILLISECONDS),
            -667
        );
        let wide = Timestamp::new(i64::MAX, Timebase::new(u32::MAX, 1).expect("is not zero"));
        assert_eq!(wide.ticks_in(Timebase::NANOSECONDS), i64::MAX);
    }

    #[test]
    fn zero_rates_are_refused_by_name() {
        let error = "0/1".parse::<FrameRate>().expect_err("zero");
        assert!(error.contains("`0/1` is not a frame rate"), "{error}");
        assert!("abc".parse::<FrameRate>().is_err());
    }

    #[test]
    fn times_since_1970_come_back_to_the_bit() {
        let mut secs = 1_500_000_000.125_f64;
        for step in 0..2_000 {
            let stamp = Timestamp::from_secs(secs).expect("is in range");
            assert_eq!(stamp.secs().to_bits(), secs.to_bits(), "{secs}");
            secs += f64::from(step) * 0.013_7;
        }
        assert_eq!(Timestamp::from_secs(1e10), None);
    }
}
