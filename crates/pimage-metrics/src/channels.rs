//! Squared errors of each channel, and of luma and chroma.

use pimage_core::{Error, Frame, Sample, with_sample_type};

use crate::pair::expect_alike;
use crate::peak::psnr;

/// Luma's parts of red, green and blue, of ITU-R BT.601.
const LUMA: [f64; 3] = [0.299, 0.587, 0.114];

/// Mean squared errors of each channel, and of luma and chroma of colour.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType};
/// use pimage_metrics::ChannelErrors;
///
/// let a = Frame::zeroed(FrameFormat::new(1, 1, Color::Rgb, SampleType::U8));
/// let mut b = a.clone();
/// b.samples_mut::<u8>().expect("is u8").copy_from_slice(&[0, 10, 0]);
/// let errors = ChannelErrors::between(&a, &b)?;
/// assert_eq!(errors.channels, [0.0, 100.0, 0.0]);
/// assert!((errors.ycbcr.expect("is colour")[0] - 5.87 * 5.87).abs() < 1e-9);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelErrors {
    /// The mean squared error of each channel, in their order.
    pub channels: Vec<f64>,
    /// The mean squared errors of Y, Cb and Cr, each over its full range as in JFIF and without rounding; `None` for gray, which is its own luma.
    pub ycbcr: Option<[f64; 3]>,
}

impl ChannelErrors {
    /// Compares two frames of equal size, colour and sample type. Opacity is a channel, but no part of luma.
    ///
    /// # Errors
    ///
    /// [`Error::FormatMismatch`].
    pub fn between(a: &Frame, b: &Frame) -> Result<Self, Error> {
        expect_alike(a, b)?;
        Ok(with_sample_type!(a.format().sample, T => Self::of::<T>(a, b)))
    }

    fn of<T: Sample>(a: &Frame, b: &Frame) -> Self {
        let format = a.format();
        let count = format.color.channels();
        let [left, right] = [a, b].map(|frame| frame.samples::<T>().unwrap_or_default());
        let mut channels = vec![0.0; count];
        let mut ycbcr = [0.0; 3];
        for (left, right) in left.chunks_exact(count).zip(right.chunks_exact(count)) {
            let mut errors = [0.0; 4];
            let pairs = left.iter().zip(right);
            for ((error, sum), (a, b)) in errors.iter_mut().zip(&mut channels).zip(pairs) {
                *error = a.to_f64() - b.to_f64();
                *sum += *error * *error;
            }
            let [red, green, blue, _] = errors;
            let luma = LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue;
            // Half of the difference from luma over what is left of the unit.
            let blueness = (blue - luma) / (2.0 * (1.0 - LUMA[2]));
            let redness = (red - luma) / (2.0 * (1.0 - LUMA[0]));
            for (sum, error) in ycbcr.iter_mut().zip([luma, blueness, redness]) {
                *sum += error * error;
            }
        }
        let pixels = (left.len() / count).max(1) as f64;
        let is_colour = format.color.intensities() == 3;
        Self {
            channels: channels.iter().map(|sum| sum / pixels).collect(),
            ycbcr: is_colour.then(|| ycbcr.map(|sum| sum / pixels)),
        }
    }

    /// The peak signal-to-noise ratio of each channel in decibels; infinite for one without error.
    #[must_use]
    pub fn psnr(&self, peak: f64) -> Vec<f64> {
        self.channels.iter().map(|&mean| psnr(mean, peak)).collect()
    }

    /// The peak signal-to-noise ratios of Y, Cb and Cr in decibels; of gray there is Y only.
    #[must_use]
    pub fn psnr_ycbcr(&self, peak: f64) -> Vec<f64> {
        let means = match &self.ycbcr {
            Some(means) => means.as_slice(),
            None => self.channels.get(..1).unwrap_or_default(),
        };
        means.iter().map(|&mean| psnr(mean, peak)).collect()
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::Color;

    use super::*;
    use crate::pair::tests::{noise, picture};

    #[test]
    fn an_error_of_gray_is_one_of_luma_only() {
        let a = noise(300, 31);
        let b: Vec<u8> = a.iter().map(|sample| sample.saturating_add(2)).collect();
        let [a, b] = [a, b].map(|samples| picture(&samples, 10, Color::Rgb));
        let errors = ChannelErrors::between(&a, &b).expect("are alike");
        let [y, cb, cr] = errors.ycbcr.expect("is colour");
        assert!(
            (y - 4.0).abs() < 1e-9 && cb < 1e-9 && cr < 1e-9,
            "{y} {cb} {cr}"
        );
    }

    #[test]
    fn opacity_is_a_channel_but_not_in_luma() {
        let a = picture(&[10u16, 20, 30, 40], 1, Color::Rgba);
        let b = picture(&[10u16, 20, 30, 45], 1, Color::Rgba);
        let errors = ChannelErrors::between(&a, &b).expect("are alike");
        assert_eq!(errors.channels, [0.0, 0.0, 0.0, 25.0]);
        assert_eq!(errors.ycbcr, Some([0.0; 3]));
        let gray = picture(&[10u16, 40], 1, Color::GrayAlpha);
        let other = picture(&[13u16, 40], 1, Color::GrayAlpha);
        let errors = ChannelErrors::between(&gray, &other).expect("are alike");
        assert_eq!(errors.psnr_ycbcr(9.0).len(), 1);
        assert!((errors.psnr(3.0)[0]).abs() < 1e-12);
    }

    #[test]
    fn a_chroma_of_full_range_is_as_far_as_a_sample() {
        let a = picture(&[0u8, 0, 255], 1, Color::Rgb);
        let b = picture(&[255u8, 255, 0], 1, Color::Rgb);
        let errors = ChannelErrors::between(&a, &b).expect("are alike");
        let [_, cb, _] = errors.ycbcr.expect("is colour");
        assert!((cb.sqrt() - 255.0).abs() < 1e-9, "{cb}");
    }
}
