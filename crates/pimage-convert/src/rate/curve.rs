//! Rate-distortion curves over many images, and how far they are apart.

use pimage_metrics::{RatePoint, bd_psnr, bd_rate};

use crate::rate::Trial;

/// The curves of several codecs over the same images: means, in memory that does not grow with the images.
#[derive(Debug, Clone, PartialEq)]
pub struct RateCurves {
    reference: Option<usize>,
    images: u64,
    curves: Vec<Curve>,
}

/// The sums of one codec.
#[derive(Debug, Clone, Default, PartialEq)]
struct Curve {
    points: Vec<CurvePoint>,
    bd_rate: f64,
    bd_psnr: f64,
}

/// What a setting gave on average over all images.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct CurvePoint {
    /// Mean bits of payload for each pixel.
    pub bits_per_pixel: f64,
    /// Mean PSNR in decibels; infinite when an image came back exactly.
    pub psnr: f64,
    /// Mean SSIM.
    pub ssim: f64,
    /// Mean MS-SSIM; not a number when an image has none.
    pub ms_ssim: f64,
    /// Mean PSNR of Y, Cb and Cr; not a number where an image has none.
    pub psnr_ycbcr: [f64; 3],
    /// Mean seconds of encoding.
    pub encode_secs: f64,
    /// Mean seconds of decoding.
    pub decode_secs: f64,
}

impl RateCurves {
    /// Curves for so many codecs, one of which may be the reference of the others.
    #[must_use]
    pub fn new(codecs: usize, reference: Option<usize>) -> Self {
        Self {
            reference,
            images: 0,
            curves: vec![Curve::default(); codecs],
        }
    }

    /// Images so far.
    #[must_use]
    pub const fn images(&self) -> u64 {
        self.images
    }

    /// Adds an image: the trials of each codec, one for each of its settings in the same order as before.
    pub fn push(&mut self, image: &[Vec<Trial>]) {
        let reference = self.reference.and_then(|place| image.get(place));
        for (curve, trials) in self.curves.iter_mut().zip(image) {
            if curve.points.is_empty() {
                curve.points = vec![CurvePoint::default(); trials.len()];
            }
            for (sum, trial) in curve.points.iter_mut().zip(trials) {
                sum.add(&CurvePoint::of(trial));
            }
            // Where an image has no delta there is none of the whole.
            let (own, other) = (
                rate_points(trials),
                reference.map(|trials| rate_points(trials)),
            );
            let deltas = other.map(|other| [bd_rate(&other, &own), bd_psnr(&other, &own)]);
            let [rate, psnr] = deltas
                .unwrap_or_default()
                .map(|delta| delta.unwrap_or(f64::NAN));
            curve.bd_rate += rate;
            curve.bd_psnr += psnr;
        }
        self.images += 1;
    }

    /// The mean over the images at each setting of a codec; images count alike, whatever their size.
    #[must_use]
    pub fn points(&self, codec: usize) -> Vec<CurvePoint> {
        let sums = self.curves.get(codec).map(|curve| curve.points.as_slice());
        let sums = sums.unwrap_or_default().iter();
        sums.map(|sum| sum.over(self.images)).collect()
    }

    /// The Bjøntegaard delta of rate over the reference in per cent, the mean over the images; `None` where an image has none.
    #[must_use]
    pub fn bd_rate(&self, codec: usize) -> Option<f64> {
        self.mean(self.curves.get(codec)?.bd_rate)
    }

    /// The Bjøntegaard delta of PSNR over the reference in decibels, as [`bd_rate`](Self::bd_rate).
    #[must_use]
    pub fn bd_psnr(&self, codec: usize) -> Option<f64> {
        self.mean(self.curves.get(codec)?.bd_psnr)
    }

    fn mean(&self, sum: f64) -> Option<f64> {
        let mean = sum / self.images as f64;
        mean.is_finite().then_some(mean)
    }
}

fn rate_points(trials: &[Trial]) -> Vec<RatePoint> {
    let point = |trial: &Trial| RatePoint {
        rate: trial.bits_per_pixel(),
        quality: trial.psnr(),
    };
    trials.iter().map(point).collect()
}

impl CurvePoint {
    /// The point of one trial.
    #[must_use]
    pub fn of(trial: &Trial) -> Self {
        let fidelity = trial.fidelity.as_ref();
        let part = |place: usize| {
            let ratio = fidelity.and_then(|found| found.psnr_ycbcr.get(place));
            ratio.copied().unwrap_or(f64::NAN)
        };
        Self {
            bits_per_pixel: trial.bits_per_pixel(),
            psnr: trial.psnr(),
            ssim: fidelity.map_or(f64::NAN, |found| found.ssim),
            ms_ssim: fidelity.and_then(|found| found.ms_ssim).unwrap_or(f64::NAN),
            psnr_ycbcr: [0, 1, 2].map(part),
            encode_secs: trial.encode_secs,
            decode_secs: trial.decode_secs,
        }
    }

    fn add(&mut self, other: &Self) {
        *self = self.each(other, |sum, value| sum + value);
    }

    fn over(&self, count: u64) -> Self {
        self.each(self, |sum, _| sum / count as f64)
    }

    fn each(&self, other: &Self, value: impl Fn(f64, f64) -> f64) -> Self {
        let [y, cb, cr] = self.psnr_ycbcr;
        let [other_y, other_cb, other_cr] = other.psnr_ycbcr;
        Self {
            bits_per_pixel: value(self.bits_per_pixel, other.bits_per_pixel),
            psnr: value(self.psnr, other.psnr),
            ssim: value(self.ssim, other.ssim),
            ms_ssim: value(self.ms_ssim, other.ms_ssim),
            psnr_ycbcr: [value(y, other_y), value(cb, other_cb), value(cr, other_cr)],
            encode_secs: value(self.encode_secs, other.encode_secs),
            decode_secs: value(self.decode_secs, other.decode_secs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rate::Fidelity;

    fn trial(payload_bytes: u64, psnr: f64) -> Trial {
        Trial {
            payload_bytes,
            pixels: 1_000,
            encode_secs: 0.5,
            decode_secs: 0.25,
            fidelity: Some(Fidelity {
                max_error: 1.0,
                mean_square: 1.0,
                psnr,
                ssim: 0.5,
                psnr_channels: vec![psnr],
                psnr_ycbcr: vec![psnr],
                ms_ssim: None,
            }),
        }
    }

    fn trials(factor: u64) -> Vec<Trial> {
        let rates = [(100, 30.0), (200, 35.0), (400, 39.0)];
        rates
            .map(|(rate, psnr)| trial(rate * factor, psnr))
            .to_vec()
    }

    #[test]
    fn images_count_alike_and_deltas_are_means() {
        let mut curves = RateCurves::new(2, Some(0));
        curves.push(&[trials(10), trials(5)]);
        curves.push(&[trials(20), trials(20)]);
        assert_eq!(curves.images(), 2);
        let points = curves.points(0);
        assert_eq!(points.len(), 3);
        assert!((points[0].bits_per_pixel - 12.0).abs() < 1e-12);
        assert!((points[2].psnr - 39.0).abs() < 1e-12);
        assert!(points[0].ms_ssim.is_nan() && points[0].psnr_ycbcr[1].is_nan());
        let delta = curves.bd_rate(1).expect("they overlap");
        assert!((delta + 25.0).abs() < 1e-9, "{delta}");
        assert!(curves.bd_rate(0).is_some_and(|own| own.abs() < 1e-9));
        assert!(curves.bd_psnr(1).is_some_and(|gain| gain > 1.0));
    }

    #[test]
    fn without_a_reference_or_overlap_there_is_no_delta() {
        let mut curves = RateCurves::new(2, None);
        curves.push(&[trials(10), trials(5)]);
        assert_eq!(curves.bd_rate(1), None);
        let mut curves = RateCurves::new(2, Some(0));
        assert_eq!(curves.bd_rate(1), None);
        curves.push(&[trials(10), vec![trial(7, 80.0)]]);
        assert_eq!(curves.bd_rate(1), None);
    }
}
