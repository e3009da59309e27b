//! The line that maps a range to all values of a type, with its rounding.

use pimage_core::Sample;

/// The line through (low, 0) and (high, top).
#[derive(Clone, Copy)]
pub(crate) struct Line {
    low: f64,
    span: f64,
    top: f64,
    /// 1, or less where `(high - low) * top` would be over the range of `f64`; `low` and `span` are scaled.
    scale: f64,
}

impl Line {
    pub(crate) fn new(low: f64, high: f64, top: f64) -> Self {
        let scale = if ((high - low) * top).is_finite() {
            1.0
        } else {
            2f64.powi(-20)
        };
        Self {
            low: low * scale,
            span: high * scale - low * scale,
            top,
            scale,
        }
    }

    /// The output for `value`; 0 for NaN.
    ///
    /// With integers of up to 32 bits the product is exact and a quotient that is not a half is at least 2^-34 from one,
    /// which is more than what the division and the sum round.
    #[inline]
    pub(crate) fn map(self, value: f64) -> u16 {
        let above = value * self.scale - self.low;
        let mapped = if self.span > 0.0 {
            above.clamp(-self.span, self.span) * self.top / self.span
        } else if above > 0.0 {
            self.top
        } else {
            0.0
        };
        // The cast makes NaN 0.
        (mapped + 0.5).clamp(0.0, self.top) as u16
    }

    /// Maps all samples; `result` makes the output of each value and what it is mapped to.
    pub(crate) fn fill<S: Sample, T>(
        self,
        samples: &[S],
        results: &mut [T],
        result: impl Fn(f64, u16) -> T,
    ) {
        for (sample, target) in samples.iter().zip(results) {
            let value = sample.to_f64();
            *target = result(value, self.map(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(low: f64, high: f64) -> Line {
        Line::new(low, high, 255.0)
    }

    #[test]
    fn integers_round_exactly_halves_up() {
        for (low, high) in [
            (0i64, 4095i64),
            (0, 65_535),
            (-32_768, 32_767),
            (17, 40_000),
        ] {
            let line = line(low as f64, high as f64);
            for value in (low - 3)..=(high + 3) {
                let above = (value - low).clamp(0, high - low);
                let expected = (2 * above * 255 + (high - low)) / (2 * (high - low));
                assert_eq!(i64::from(line.map(value as f64)), expected, "{value}");
            }
        }
    }

    #[test]
    fn what_is_not_a_number_is_black_and_infinity_is_clamped() {
        let line = line(-1.0, 1.0);
        assert_eq!(line.map(f64::NAN), 0);
        assert_eq!(line.map(f64::INFINITY), 255);
        assert_eq!(line.map(f64::NEG_INFINITY), 0);
        assert_eq!(line.map(0.0), 128);
    }

    #[test]
    fn bounds_at_the_ends_of_the_type_do_not_overflow() {
        let line = line(f64::MIN, f64::MAX);
        let mapped = [f64::MIN, 0.0, f64::MAX].map(|value| line.map(value));
        assert_eq!(mapped, [0, 128, 255]);
        assert_eq!(line.map(f64::NAN), 0);
    }

    #[test]
    fn a_constant_sequence_is_black() {
        let line = line(7.0, 7.0);
        assert_eq!([6.0, 7.0, 8.0].map(|value| line.map(value)), [0, 0, 255]);
    }
}
