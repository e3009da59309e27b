//! Power spectral density by the method of Welch.

use pimage_core::{Cancel, Error};
use realfft::RealFftPlanner;

/// How much power a series of samples has at each frequency: Welch's estimate, as `scipy.signal.welch` makes it by default.
///
/// Pieces overlap by half, have their mean taken away, are weighted with a Hann window, and their periodograms are averaged.
///
/// ```
/// use pimage_plot::Spectrum;
///
/// let wave: Vec<f64> = (0..1000).map(|i| (f64::from(i) * 0.01 * 12.5 * std::f64::consts::TAU).sin()).collect();
/// let spectrum = Spectrum::welch(&wave, 100.0)?;
/// let peak = (0..spectrum.power().len()).max_by(|a, b| spectrum.power()[*a].total_cmp(&spectrum.power()[*b]));
/// assert_eq!(peak.map(|place| spectrum.frequencies()[place]), Some(12.5));
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spectrum {
    frequencies: Vec<f64>,
    power: Vec<f64>,
}

/// Samples in a piece, unless there are fewer.
const PIECE: usize = 256;

impl Spectrum {
    /// The spectrum of samples taken `rate` times a second, in pieces of 256.
    ///
    /// # Errors
    ///
    /// As [`Spectrum::welch_in_pieces`].
    pub fn welch(samples: &[f64], rate: f64) -> Result<Self, Error> {
        Self::welch_in_pieces(samples, rate, PIECE, &Cancel::new())
    }

    /// The same in pieces of so many samples: more of them tell frequencies that are closer apart, and scatter more.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for a rate that is not above 0, for fewer than 2 samples and for one that is not finite;
    /// [`Error::Stopped`].
    pub fn welch_in_pieces(
        samples: &[f64],
        rate: f64,
        piece: usize,
        cancel: &Cancel,
    ) -> Result<Self, Error> {
        check(samples, rate, piece)?;
        let length = piece.min(samples.len());
        let window = hann(length);
        let transform = RealFftPlanner::<f64>::new().plan_fft_forward(length);
        let (mut input, mut output) = (transform.make_input_vec(), transform.make_output_vec());
        let mut scratch = transform.make_scratch_vec();
        let mut power = vec![0.0; output.len()];
        let mut count = 0.0;
        for part in samples.windows(length).step_by(length - length / 2) {
            if cancel.is_cancelled() {
                return Err(Error::Stopped);
            }
            let mean = part.iter().sum::<f64>() / length as f64;
            for ((value, sample), weight) in input.iter_mut().zip(part).zip(&window) {
                *value = (sample - mean) * weight;
            }
            let done = transform.process_with_scratch(&mut input, &mut output, &mut scratch);
            done.map_err(|error| Error::Internal {
                part: "the transform of a spectrum".to_owned(),
                reason: error.to_string(),
            })?;
            for (sum, value) in power.iter_mut().zip(&output) {
                *sum += value.norm_sqr();
            }
            count += 1.0;
        }
        let squares: f64 = window.iter().map(|weight| weight * weight).sum();
        let last = power.len() - 1;
        for (place, value) in power.iter_mut().enumerate() {
            // Negative frequencies are those that the first and, for even lengths, the last have not.
            let is_alone = place == 0 || (place == last && length.is_multiple_of(2));
            *value *= if is_alone { 1.0 } else { 2.0 } / (rate * squares * count);
        }
        let frequencies = (0..power.len()).map(|place| place as f64 * rate / length as f64);
        Ok(Self {
            frequencies: frequencies.collect(),
            power,
        })
    }

    /// Frequencies, rising from 0 to half the rate.
    #[must_use]
    pub fn frequencies(&self) -> &[f64] {
        &self.frequencies
    }

    /// Power at each frequency: the square of the samples' unit in a hertz.
    #[must_use]
    pub fn power(&self) -> &[f64] {
        &self.power
    }
}

fn check(samples: &[f64], rate: f64, piece: usize) -> Result<(), Error> {
    if !(rate > 0.0 && rate.is_finite()) {
        return Err(Error::bad_option(
            "the rate of a spectrum",
            rate.to_string(),
            "samples in a second, above 0",
        ));
    }
    if samples.len() < 2 || piece < 2 {
        let found = format!("of {} sample(s) in pieces of {piece}", samples.len());
        return Err(Error::bad_option("a spectrum", found, "at least 2 of each"));
    }
    match samples.iter().position(|value| !value.is_finite()) {
        Some(place) => {
            let value = samples.get(place).copied().unwrap_or(f64::NAN);
            let expected = "finite numbers, for a spectrum has no gaps";
            Err(Error::bad_option(
                format!("sample {place} of a spectrum"),
                value.to_string(),
                expected,
            ))
        }
        None => Ok(()),
    }
}

/// Hann's window, whose first weight would come again after its last.
fn hann(length: usize) -> Vec<f64> {
    let turn = |place: usize| std::f64::consts::TAU * place as f64 / length as f64;
    (0..length)
        .map(|place| 0.5 - 0.5 * turn(place).cos())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_spectrum_is_refused() {
        let message = |samples: &[f64], rate| {
            Spectrum::welch(samples, rate)
                .expect_err("is refused")
                .to_string()
        };
        assert_eq!(
            message(&[1.0], 1.0),
            "a spectrum is of 1 sample(s) in pieces of 256: expected at least 2 of each"
        );
        assert_eq!(
            message(&[1.0, 2.0], 0.0),
            "the rate of a spectrum is 0: expected samples in a second, above 0"
        );
        assert!(message(&[1.0, f64::NAN], 1.0).starts_with("sample 1 of a spectrum is NaN"));
        let cancel = Cancel::new();
        cancel.cancel();
        assert!(matches!(
            Spectrum::welch_in_pieces(&[1.0; 9], 1.0, 4, &cancel),
            Err(Error::Stopped)
        ));
    }

    #[test]
    fn power_is_that_of_the_samples() {
        let noise: Vec<f64> = (0..5000u32)
            .map(|place| f64::from(place.wrapping_mul(2_654_435_761) >> 8) / f64::from(1 << 24))
            .collect();
        let mean = noise.iter().sum::<f64>() / 5000.0;
        let variance = noise
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
            / 5000.0;
        let spectrum = Spectrum::welch(&noise, 50.0).expect("has one");
        let sum: f64 = spectrum.power().iter().sum::<f64>() * 50.0 / 256.0;
        assert!((sum / variance - 1.0).abs() < 0.05, "{sum}, {variance}");
    }
}
