//! Section 5: how the values are packed.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use super::octets::{i16_at, u8_at, u16_at, u32_at};

/// Bits of the fraction of a single-precision float.
const F32_BITS: i32 = 23;

/// What section 5 says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Packing {
    /// Values that are packed: those that no bitmap leaves out.
    pub(super) count: u32,
    /// Template 5.N.
    pub(super) template: u16,
    /// R, E and D: a packed number p stands for (R + p * 2^E) / 10^D.
    reference: f32,
    binary_scale: i32,
    decimal_scale: i32,
    /// Bits of a value, of what a group of values begins with, or the precision of floats (1 single, 2 double).
    pub(super) bits: u8,
    /// Whether there are no numbers, and every value is R, whatever D says.
    pub(super) is_constant: bool,
}

impl Packing {
    /// `None` when the section is cut.
    pub(super) fn parse(section: &[u8]) -> Option<Self> {
        let (count, template) = (u32_at(section, 5)?, u16_at(section, 9)?);
        if template == 4 {
            let (reference, binary_scale, decimal_scale) = (0.0, 0, 0);
            return Some(Self {
                count,
                template,
                reference,
                binary_scale,
                decimal_scale,
                bits: u8_at(section, 11)?,
                is_constant: false,
            });
        }
        let bits = u8_at(section, 19).unwrap_or(0);
        let is_constant = match template {
            0 | 40..=42 => bits == 0,
            // There are no groups of numbers.
            2 | 3 => u32_at(section, 31) == Some(0),
            _ => false,
        };
        Some(Self {
            count,
            template,
            reference: f32::from_bits(u32_at(section, 11).unwrap_or(0)),
            binary_scale: i16_at(section, 15).unwrap_or(0),
            decimal_scale: i16_at(section, 17).unwrap_or(0),
            bits,
            is_constant,
        })
    }

    /// As ecCodes names it.
    pub(super) const fn name(&self) -> &'static str {
        match self.template {
            0 => "grid_simple",
            2 => "grid_complex",
            3 => "grid_complex_spatial_differencing",
            4 => "grid_ieee",
            40 => "grid_jpeg",
            41 => "grid_png",
            42 => "grid_ccsds",
            200 => "grid_run_length",
            _ => "unknown",
        }
    }

    /// What a packed number stands for, by the arithmetic of ecCodes.
    pub(super) fn value_of(&self) -> impl Fn(u32) -> f64 + use<> {
        let reference = f64::from(self.reference);
        let (step, tens) = match self.is_constant {
            true => (0.0, 1.0),
            false => (
                2f64.powi(self.binary_scale),
                10f64.powi(-self.decimal_scale),
            ),
        };
        move |number| (f64::from(number) * step + reference) * tens
    }

    /// Whether single precision is too coarse to tell neighbouring packed numbers apart.
    pub(super) fn needs_f64(&self) -> bool {
        match self.template {
            4 => self.bits != 1,
            0 | 2 | 3 | 40..=42 if self.bits > 0 => {
                // Both sides without the common factor 10^-D.
                let step = 2f64.powi(self.binary_scale);
                let reference = f64::from(self.reference);
                let range = (2f64.powi(i32::from(self.bits)) - 1.0) * step;
                let top = reference.abs().max((reference + range).abs());
                let exponent = top.log2().floor();
                exponent.is_finite() && step < 2f64.powf(exponent - f64::from(F32_BITS))
            }
            _ => false,
        }
    }
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;

    fn packing(reference: f32, binary_scale: i32, bits: u8) -> Packing {
        Packing {
            count: 1,
            template: 0,
            reference,
            binary_scale,
            decimal_scale: 0,
            bits,
            is_constant: bits == 0,
        }
    }

    #[test]
    fn single_precision_is_left_only_when_it_is_too_coarse() {
        // Temperatures in steps of 2^-9 K; in steps of 2^-17 K, where the step of a float is 2^-15.
        assert!(!packing(220.0, -9, 16).needs_f64());
        assert!(packing(220.0, -17, 24).needs_f64());
        // Whole numbers from 0 on: 2^24 of them are exact, 2^25 are not.
        assert!(!packing(0.0, 0, 24).needs_f64());
        assert!(packing(0.0, 0, 25).needs_f64());
        assert!(!packing(f32::NAN, 0, 16).needs_f64());
        assert!(!packing(1e30, -100, 0).needs_f64());
    }

    #[test]
    fn doubles_stay_doubles() {
        let mut section = vec![0; 12];
        section[10] = 4;
        section[11] = 2;
        let double = Packing::parse(&section).expect("is whole");
        assert!(double.needs_f64());
        assert_eq!(double.name(), "grid_ieee");
        assert_eq!(Packing::parse(&section[..10]), None);
    }
}
