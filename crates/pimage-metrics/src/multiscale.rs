//! SSIM under a Gaussian window, and MS-SSIM over several scales.

use pimage_core::{Error, Frame, Sample, with_sample_type};

use crate::pair::expect_alike;
use crate::window::{Plane, structure};

/// The exponents of the five scales, finest first, of Wang, Simoncelli and Bovik (2003).
const EXPONENTS: [f64; 5] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];

/// The structural similarity index of Wang et al. (2004) under a Gaussian window of 11x11 samples (sigma 1.5), with biased variances as in the
/// paper, at every place where the window fits; channels are averaged. `None` when it fits nowhere.
///
/// `peak` is the greatest possible sample, see [`peak_of`](crate::peak_of).
///
/// # Errors
///
/// [`Error::FormatMismatch`].
pub fn ssim_gaussian(a: &Frame, b: &Frame, peak: f64) -> Result<Option<f64>, Error> {
    averaged(a, b, |a, b| {
        a.has_room().then(|| structure(&a, &b, peak).index)
    })
}

/// The multi-scale structural similarity of Wang, Simoncelli and Bovik (2003): five scales, each half of the one before; channels are averaged.
///
/// A picture with a side below 176 has fewer scales, as many as the window of 11x11 samples fits into, whose exponents are scaled to the same
/// sum: such an index is comparable only among pictures of one size. `None` with a side below 11.
/// A mean contrast below 0, which has no real power, counts as 0.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType};
///
/// let frame = Frame::zeroed(FrameFormat::new(64, 64, Color::Gray, SampleType::U8));
/// assert_eq!(pimage_metrics::ms_ssim(&frame, &frame, 255.0)?, Some(1.0));
/// # Ok::<(), pimage_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::FormatMismatch`].
pub fn ms_ssim(a: &Frame, b: &Frame, peak: f64) -> Result<Option<f64>, Error> {
    averaged(a, b, |a, b| multiscale(a, b, peak))
}

fn multiscale(mut a: Plane, mut b: Plane, peak: f64) -> Option<f64> {
    let mut structures = Vec::new();
    while structures.len() < EXPONENTS.len() && a.has_room() {
        structures.push(structure(&a, &b, peak));
        (a, b) = (a.halved(), b.halved());
    }
    let last = structures.len().checked_sub(1)?;
    let sum = |scales: usize| EXPONENTS.iter().take(scales).sum::<f64>();
    let stretch = sum(EXPONENTS.len()) / sum(structures.len());
    let scales = structures.iter().zip(EXPONENTS).enumerate();
    let powers = scales.map(|(scale, (found, exponent))| {
        // Luminance counts on the coarsest scale only.
        let base = if scale == last {
            found.index
        } else {
            found.contrast
        };
        // `max` would make a number of what is none.
        let base = if base < 0.0 { 0.0 } else { base };
        base.powf(exponent * stretch)
    });
    Some(powers.product())
}

/// The mean of an index over the channels.
fn averaged(
    a: &Frame,
    b: &Frame,
    index: impl Fn(Plane, Plane) -> Option<f64>,
) -> Result<Option<f64>, Error> {
    expect_alike(a, b)?;
    let channels = a.format().color.channels();
    let mut total = 0.0;
    for channel in 0..channels {
        let planes = with_sample_type!(a.format().sample, T => {
            [a, b].map(|frame| plane::<T>(frame, channel))
        });
        let [a, b] = planes;
        match index(a, b) {
            Some(index) => total += index,
            None => return Ok(None),
        }
    }
    Ok(Some(total / channels as f64))
}

fn plane<T: Sample>(frame: &Frame, channel: usize) -> Plane {
    let format = frame.format();
    let samples = frame.samples::<T>().unwrap_or_default();
    Plane::of(
        samples,
        format.width as usize,
        format.color.channels(),
        channel,
    )
}

#[cfg(test)]
mod tests {
    use pimage_core::Color;

    use super::*;
    use crate::pair::tests::{noise, picture};

    fn smooth(side: usize, amplitude: usize) -> Vec<u8> {
        let at = |i: usize| 60 + i % side / 3 + i / side / 4 + i * 7 % 11 * amplitude;
        (0..side * side).map(|i| at(i).min(255) as u8).collect()
    }

    #[test]
    fn what_is_equal_is_one_and_noise_is_less() {
        let [a, b, c] =
            [0, 2, 4].map(|amplitude| picture(&smooth(200, amplitude), 200, Color::Gray));
        let index = |x, y| ms_ssim(x, y, 255.0).expect("alike").expect("is large");
        assert!((index(&a, &a) - 1.0).abs() < 1e-12);
        assert!(index(&a, &b) < 1.0 && index(&a, &c) < index(&a, &b));
        let single = |x, y| {
            ssim_gaussian(x, y, 255.0)
                .expect("alike")
                .expect("is large")
        };
        assert!(single(&a, &c) < single(&a, &b));
    }

    #[test]
    fn a_small_picture_has_fewer_scales_and_a_tiny_one_none() {
        let pair = |side: usize| {
            [31, 37].map(|factor| picture(&noise(side * side, factor), side, Color::Gray))
        };
        let [a, b] = pair(10);
        assert_eq!(ms_ssim(&a, &b, 255.0).expect("are alike"), None);
        let [a, b] = pair(21);
        // Of 21 there are two scales, the second of 11 samples.
        let found = ms_ssim(&a, &b, 255.0).expect("alike").expect("has a scale");
        assert!((0.0..1.0).contains(&found), "{found}");
        let [a, b] = pair(11);
        let (one, multi) = (ssim_gaussian(&a, &b, 255.0), ms_ssim(&a, &b, 255.0));
        let (one, multi) = (one.expect("alike"), multi.expect("alike"));
        // The exponents of the paper add up to a little more than 1.
        let one = one.expect("fits").max(0.0).powf(1.0001);
        assert!((one - multi.expect("fits")).abs() < 1e-12);
    }

    #[test]
    fn channels_are_averaged() {
        let (a, b) = (smooth(40, 0), smooth(40, 3));
        let twice = |x: &[u8], y: &[u8]| -> Frame {
            let both: Vec<u8> = x.iter().zip(y).flat_map(|(x, y)| [*x, *y]).collect();
            picture(&both, 40, Color::GrayAlpha)
        };
        let gray = [&a, &b].map(|samples| picture(samples, 40, Color::Gray));
        let one = ms_ssim(&gray[0], &gray[1], 255.0)
            .expect("alike")
            .expect("fits");
        let both = ms_ssim(&twice(&a, &a), &twice(&a, &b), 255.0);
        let both = both.expect("alike").expect("fits");
        assert!((both - (1.0 + one) / 2.0).abs() < 1e-12);
    }
}
