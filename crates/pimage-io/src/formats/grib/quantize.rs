//! Real numbers to whole ones, by the rule of section 5, and how far they are off.
#![warn(clippy::indexing_slicing)]

use pimage_core::Error;

/// Most bits of a packed number.
pub(super) const MOST_BITS: u8 = 32;
/// Most decimal places, and most zeros before the point.
const MOST_DECIMALS: i16 = 30;
/// Smallest binary scale, so that the step is a number of full precision.
const LEAST_SCALE: i16 = -1000;

/// How finely values are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    /// This many bits for the range of each frame.
    Bits(u8),
    /// Steps of this power of ten, negated.
    Decimals(i16),
}

impl Precision {
    /// `bits=N` or `decimals=N`.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`].
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let parsed = match text.split_once('=') {
            Some(("bits", bits)) => bits
                .parse()
                .ok()
                .filter(|bits| (1..=MOST_BITS).contains(bits))
                .map(Self::Bits),
            Some(("decimals", places)) => places
                .parse()
                .ok()
                .filter(|places| (-MOST_DECIMALS..=MOST_DECIMALS).contains(places))
                .map(Self::Decimals),
            _ => None,
        };
        parsed.ok_or_else(|| {
            let expected = format!(
                "`bits=1` to `bits={MOST_BITS}`, or `decimals=N`, the places behind the point that are kept, for GRIB"
            );
            Error::bad_option("--quality", format!("`{text}`"), expected)
        })
    }
}

/// The numbers of section 5: p stands for (R + p * 2^E) / 10^D.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    pub(super) reference: f32,
    pub(super) binary: i16,
    pub(super) decimal: i16,
    /// Bits of a packed number; 0 when all values are the reference.
    pub(super) bits: u8,
}

/// Why values cannot be packed.
#[derive(Debug, PartialEq)]
pub(super) enum Misfit {
    /// The reference, which is of single precision, or the steps do not reach so far.
    Reach,
    /// So many steps are more than fit.
    Steps(f64),
}

impl Scale {
    /// The scale for values from `min` to `max`; `is_whole` says that they are whole numbers.
    pub(super) fn find(
        (min, max): (f64, f64),
        is_whole: bool,
        precision: Precision,
    ) -> Result<Self, Misfit> {
        match precision {
            Precision::Decimals(places) => {
                let factor = 10f64.powi(i32::from(places));
                let (min, max) = ((min * factor).round(), (max * factor).round());
                let reference = below(min)?;
                let mut scale = Self::of_range(max - f64::from(reference), reference, 0, places)?;
                // Without any bit ecCodes takes the reference as it is, whatever D says.
                match reference {
                    0.0 if scale.bits == 0 => scale.decimal = 0,
                    _ if places != 0 => scale.bits = scale.bits.max(1),
                    _ => {}
                }
                Ok(scale)
            }
            Precision::Bits(_) if max <= min && !is_whole => {
                Self::of_range(0.0, nearest(min)?, 0, 0)
            }
            Precision::Bits(bits) => {
                let reference = below(min)?;
                let range = max - f64::from(reference);
                let steps = 2f64.powi(i32::from(bits)) - 1.0;
                if is_whole && range <= steps {
                    return Self::of_range(range, reference, 0, 0);
                }
                // Of a finite number: 1,024 at most.
                let binary = (range / steps).log2().ceil() as i16;
                let mut binary = binary.max(LEAST_SCALE);
                // The logarithm may be off by its rounding.
                while range > steps * 2f64.powi(i32::from(binary)) {
                    binary += 1;
                }
                if !(steps * 2f64.powi(i32::from(binary))).is_finite() {
                    return Err(Misfit::Reach);
                }
                Ok(Self {
                    reference,
                    binary,
                    decimal: 0,
                    bits,
                })
            }
        }
    }

    /// Enough bits for packed numbers from 0 to `range`.
    fn of_range(range: f64, reference: f32, binary: i16, decimal: i16) -> Result<Self, Misfit> {
        if range >= 2f64.powi(i32::from(MOST_BITS)) {
            return Err(Misfit::Steps(range));
        }
        // Checked against the number of bits.
        let largest = range as u64;
        let bits = u64::BITS - largest.leading_zeros();
        Ok(Self {
            reference,
            binary,
            decimal,
            bits: u8::try_from(bits).unwrap_or(MOST_BITS),
        })
    }

    /// Packs values, none of which is NaN; the largest error.
    pub(super) fn pack(&self, values: &[f64], packed: &mut Vec<u32>) -> f64 {
        let step = 2f64.powi(i32::from(self.binary));
        let steps = 2f64.powi(-i32::from(self.binary));
        let tens = 10f64.powi(i32::from(self.decimal));
        let divisor = 10f64.powi(-i32::from(self.decimal));
        let reference = f64::from(self.reference);
        let top = u32::MAX.checked_shr(32 - u32::from(self.bits)).unwrap_or(0);
        let mut worst = 0f64;
        packed.clear();
        packed.extend(values.iter().map(|value| {
            // To the nearest: no value is below the reference. Saturating, as a conversion from floats is.
            let number = ((value * tens - reference) * steps + 0.5) as u32;
            let number = number.min(top);
            let back = (reference + f64::from(number) * step) * divisor;
            worst = worst.max((back - value).abs());
            number
        }));
        worst
    }
}

/// The value in single precision; one too small for its full precision, which readers take for something else, is 0.
fn nearest(value: f64) -> Result<f32, Misfit> {
    let single = value as f32;
    let single = if single.is_subnormal() { 0.0 } else { single };
    single.is_finite().then_some(single).ok_or(Misfit::Reach)
}

/// The greatest number of single and full precision that is not above `value`.
fn below(value: f64) -> Result<f32, Misfit> {
    let single = nearest(value)?;
    let single = match f64::from(single) > value {
        true if single == 0.0 => -f32::MIN_POSITIVE,
        true => single.next_down(),
        false => single,
    };
    single.is_finite().then_some(single).ok_or(Misfit::Reach)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(values: &[f64], is_whole: bool, precision: Precision) -> (Scale, f64) {
        let min = values.iter().copied().fold(f64::INFINITY, f64::min);
        let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let scale = Scale::find((min, max), is_whole, precision).expect("fits");
        let mut packed = Vec::new();
        let worst = scale.pack(values, &mut packed);
        assert_eq!(packed.len(), values.len());
        (scale, worst)
    }

    #[test]
    fn the_error_is_half_a_step() {
        let values: Vec<f64> = (0..1000).map(|i| 273.15 + f64::from(i).sqrt()).collect();
        for bits in [1, 8, 16, 24, 32] {
            let (scale, worst) = round_trip(&values, false, Precision::Bits(bits));
            assert_eq!(scale.bits, bits);
            assert!(
                worst <= 2f64.powi(i32::from(scale.binary)) / 2.0 + 1e-13,
                "{bits}: {worst}"
            );
        }
        for places in [-1, 0, 2, 5] {
            let (_, worst) = round_trip(&values, false, Precision::Decimals(places));
            assert!(
                worst <= 0.5000001 * 10f64.powi(-i32::from(places)),
                "{places}: {worst}"
            );
        }
    }

    #[test]
    fn whole_numbers_are_exact_in_as_few_bits_as_they_need() {
        let values = [-3.0, 0.0, 200.0, 65_532.0];
        let (scale, worst) = round_trip(&values, true, Precision::Bits(16));
        assert_eq!((scale.bits, scale.binary, worst), (16, 0, 0.0));
        let (scale, worst) = round_trip(&[7.0, 8.0], true, Precision::Bits(16));
        assert_eq!((scale.bits, worst), (1, 0.0));
        // A reference that single precision has not is one below.
        let values = [16_777_217.0, 16_777_300.0];
        let (_, worst) = round_trip(&values, true, Precision::Bits(16));
        assert!(worst <= 0.0, "{worst}");
        let (scale, worst) = round_trip(&[5.5; 3], false, Precision::Bits(16));
        assert_eq!((scale.bits, worst), (0, 0.0));
        for value in [16_777_217.0, 4_294_967_295.0] {
            let (_, worst) = round_trip(&[value; 3], true, Precision::Bits(16));
            assert!(worst <= 0.0, "{value}: {worst}");
        }
    }

    #[test]
    fn no_bits_mean_the_reference_itself() {
        // Constant behind the rounding only, or from the beginning; of many digits, or 0.
        for values in [[273.151, 273.1512], [273.15, 273.15], [1e7, 1e7], [0.0; 2]] {
            let (scale, worst) = round_trip(&values, false, Precision::Decimals(2));
            assert!(scale.bits > 0 || scale.decimal == 0, "{scale:?}");
            assert!(worst <= 0.00500001, "{values:?}: {worst}");
        }
    }

    #[test]
    fn references_are_of_full_precision() {
        for values in [[1e-40, 1e-38], [-1e-40, 1.0], [1e-40, 1e-40]] {
            let (scale, worst) = round_trip(&values, false, Precision::Bits(16));
            assert!(!scale.reference.is_subnormal(), "{scale:?}");
            assert!(worst <= 1e-4 * values[1].max(1e-35), "{values:?}: {worst}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let bits = Precision::Bits(16);
        assert_eq!(
            Scale::find((0.0, 1e300), false, bits).map(|scale| scale.bits),
            Ok(16)
        );
        assert_eq!(Scale::find((-1e300, 0.0), false, bits), Err(Misfit::Reach));
        for bits in [1, 2] {
            let far = Scale::find((0.0, 1.7e308), false, Precision::Bits(bits));
            assert_eq!(far, Err(Misfit::Reach), "{bits}");
        }
        let decimals = Precision::Decimals(9);
        assert!(matches!(
            Scale::find((0.0, 10.0), false, decimals),
            Err(Misfit::Steps(_))
        ));
        let tiny = Scale::find((0.0, f64::MIN_POSITIVE), false, bits).expect("fits");
        assert!(tiny.pack(&[f64::MIN_POSITIVE], &mut Vec::new()) <= f64::MIN_POSITIVE);
    }

    #[test]
    fn precisions_are_checked() {
        assert_eq!(Precision::parse("bits=12").ok(), Some(Precision::Bits(12)));
        assert_eq!(
            Precision::parse("decimals=-2").ok(),
            Some(Precision::Decimals(-2))
        );
        for text in ["bits=0", "bits=33", "decimals=99", "90", "q=3"] {
            let error = Precision::parse(text).expect_err("is none");
            assert!(error.to_string().starts_with("--quality is"), "{error}");
        }
    }
}
