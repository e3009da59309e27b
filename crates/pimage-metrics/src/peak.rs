//! What counts as full signal, and the ratio of it to an error.

use pimage_core::{Frame, FrameFormat, Sample, SampleType, with_sample_type};

/// The peak signal-to-noise ratio in decibels, of a mean squared error; infinite when that is 0.
///
/// ```
/// assert_eq!(pimage_metrics::psnr(1.0, 10.0), 20.0);
/// assert!(pimage_metrics::psnr(0.0, 255.0).is_infinite());
/// ```
#[must_use]
pub fn psnr(mean_square: f64, peak: f64) -> f64 {
    if mean_square <= 0.0 {
        return f64::INFINITY;
    }
    10.0 * (peak * peak / mean_square).log10()
}

/// What counts as full signal in this frame: all values of its bit depth for integers, the range of its finite samples for floats.
#[must_use]
pub fn peak_of(frame: &Frame) -> f64 {
    let format = frame.format();
    let extremes = with_sample_type!(format.sample, T => frame.samples::<T>().and_then(extremes));
    peak(format, extremes)
}

/// As [`peak_of`], where the extremes are of floats and may be those of many frames.
pub(crate) fn peak(format: &FrameFormat, extremes: Option<(f64, f64)>) -> f64 {
    match (format.sample, extremes) {
        (_, Some((low, high))) if high > low => high - low,
        (SampleType::I16 | SampleType::I32, _) => 2.0 * format.full_scale() + 1.0,
        _ => format.full_scale(),
    }
}

/// The least and greatest finite sample of floats, whose type has no full scale.
pub(crate) fn extremes<T: Sample>(samples: &[T]) -> Option<(f64, f64)> {
    if !T::TYPE.is_float() {
        return None;
    }
    let mut finite = samples.iter().map(|s| s.to_f64()).filter(|s| s.is_finite());
    let first = finite.next()?;
    Some(finite.fold((first, first), |(low, high), value| {
        (low.min(value), high.max(value))
    }))
}

#[cfg(test)]
mod tests {
    use pimage_core::Color;

    use super::*;

    #[test]
    fn the_peak_is_that_of_the_depth_or_the_range() {
        let peak = |sample, bits| {
            let format = FrameFormat::new(1, 1, Color::Gray, sample).with_bit_depth(bits);
            peak_of(&Frame::zeroed(format))
        };
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found}");
        close(peak(SampleType::U8, 0), 255.0);
        close(peak(SampleType::U16, 10), 1023.0);
        close(peak(SampleType::I16, 0), 65535.0);
        // A float frame of one value has no range; its scale is 1.
        close(peak(SampleType::F32, 0), 1.0);
        let mut frame = Frame::zeroed(FrameFormat::new(3, 1, Color::Gray, SampleType::F32));
        let samples = frame.samples_mut::<f32>().expect("is f32");
        samples.copy_from_slice(&[-2.0, f32::INFINITY, 6.0]);
        close(peak_of(&frame), 8.0);
    }
}
