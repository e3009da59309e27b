//! Gray frames of colour ones.

use pimage_core::{Color, Error, Frame, FrameFormat, Sample, Transform, with_sample_type};

use super::rebuild;
use super::rgb::{Opacity, each};
use crate::{Arguments, Operation, Operator, Parameter, Presence};

/// Makes frames gray: a weighted mean of red, green and blue, rounded exactly, halves to even.
///
/// Opacity stays as it is unless it is dropped; gray frames stay gray. A sample that is not a number makes its pixel so.
/// The weights apply to the samples as they are stored, as in video (luma); nothing is linearised.
///
/// Named weights, and others of few digits, are whole numbers over their sum, so that integers are never off by a rounding of the
/// weights. 8-bit samples are computed in fixed point whose error is smaller than any distance from a half but 0, which takes as long
/// as OpenCV's (whose 15 bits are off by one level now and then); all others in double precision, 2.3 times as long for 16 bits.
///
/// ```
/// use ndarray::array;
/// use pimage_core::{Color, Frame, Transform};
/// use pimage_transform::Gray;
///
/// let mut frame = Frame::from_array(array![[[255u8, 0, 0], [0, 255, 0]]], Color::Rgb)?;
/// Gray::rec601().apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<u8>().expect("is u8"), [76, 150]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gray {
    /// Whole numbers wherever the weights have few digits.
    weights: [f64; 3],
    /// The sum of the weights.
    total: f64,
    opacity: Opacity,
}

/// Sum of the weights up to which fixed point is exact for 8 bits: other values are at least 1 / 10,000 away from a half.
const MOST_FIXED: f64 = 10_000.0;

impl Gray {
    /// The luma of Rec. ITU-R BT.709, of high-definition video and sRGB: 0.2126, 0.7152, 0.0722.
    #[must_use]
    pub const fn rec709() -> Self {
        Self::whole([2126, 7152, 722])
    }

    /// The luma of Rec. ITU-R BT.601, of JPEG and OpenCV: 0.299, 0.587, 0.114.
    #[must_use]
    pub const fn rec601() -> Self {
        Self::whole([299, 587, 114])
    }

    /// The mean of the three.
    #[must_use]
    pub const fn mean() -> Self {
        Self::whole([1, 1, 1])
    }

    const fn whole(weights: [u32; 3]) -> Self {
        let [red, green, blue] = weights;
        Self {
            weights: [red as f64, green as f64, blue as f64],
            total: (red + green + blue) as f64,
            opacity: Opacity::Keep,
        }
    }

    /// Any weights of red, green and blue; each counts in proportion to their sum.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when one is negative or no number, or all are 0.
    pub fn weighted(weights: [f64; 3]) -> Result<Self, Error> {
        let is_sound = weights.iter().all(|weight| (0.0..=1e9).contains(weight));
        let total: f64 = weights.iter().sum();
        if !is_sound || total <= 1e-9 {
            return Err(Error::bad_option(
                "gray weights",
                weights.map(|weight| weight.to_string()).join(","),
                "three numbers of at least 0, not all of them 0",
            ));
        }
        let weights = decimal(weights).unwrap_or(weights);
        Ok(Self {
            weights,
            total: weights.iter().sum(),
            opacity: Opacity::Keep,
        })
    }

    /// The same without the opacity, which is left out; intensities stay, for they are not premultiplied.
    #[must_use]
    pub const fn without_opacity(mut self) -> Self {
        self.opacity = Opacity::Drop;
        self
    }

    /// The weights in units of 2^-24, when they are exact enough for 8 bits.
    fn fixed(&self) -> Option<[u32; 3]> {
        let is_whole = self.weights.iter().all(|weight| is_whole(*weight));
        let fixed = |weight: f64| (weight / self.total * f64::from(1 << 24)).round() as u32;
        (is_whole && self.total <= MOST_FIXED).then(|| self.weights.map(fixed))
    }

    fn fill<T: Sample>(&self, samples: &[T], colors: (Color, Color), target: &mut [T]) {
        let [red, green, blue] = self.weights;
        let total = self.total;
        let mean = |r: T, g: T, b: T| {
            T::from_f64((r.to_f64() * red + g.to_f64() * green + b.to_f64() * blue) / total)
        };
        weigh(samples, colors, target, mean);
    }
}

fn is_whole(weight: f64) -> bool {
    (weight - weight.round()).abs() < f64::EPSILON
}

/// The weights as whole numbers, if a power of ten makes them so.
fn decimal(weights: [f64; 3]) -> Option<[f64; 3]> {
    (0..=4).find_map(|digits| {
        let scaled = weights.map(|weight| weight * 10f64.powi(digits));
        let is_near = scaled
            .iter()
            .all(|weight| (weight - weight.round()).abs() < 1e-9);
        is_near.then(|| scaled.map(f64::round))
    })
}

/// The weighted sum of 8-bit samples over 2^24, to the nearest, halves to even.
///
/// Each weight is at most 1/2 off, so that the sum is at most 3 * 255 / 2 = 383 off.
#[inline(always)]
const fn nearest([red, green, blue]: [u32; 3], r: u8, g: u8, b: u8) -> u8 {
    const HALF: u32 = 1 << 23;
    // Halves are nearer than this; all other sums, at least 2^24 / `MOST_FIXED` = 1677 away from one, are farther.
    const BAND: u32 = 800;
    let sum = r as u32 * red + g as u32 * green + b as u32 * blue;
    let odd = (sum >> 24) & 1;
    ((sum + HALF - BAND + odd * 2 * BAND) >> 24) as u8
}

/// Fills gray pixels from colour ones, with or without their opacity.
fn weigh<T: Sample>(
    samples: &[T],
    (from, to): (Color, Color),
    target: &mut [T],
    mean: impl Fn(T, T, T) -> T,
) {
    match (from, to) {
        (Color::Rgb, _) => each(samples, target, |[r, g, b]: [T; 3]| [mean(r, g, b)]),
        (Color::Rgba, Color::Gray) => {
            each(samples, target, |[r, g, b, _]: [T; 4]| [mean(r, g, b)]);
        }
        (Color::Rgba, _) => each(samples, target, |[r, g, b, a]: [T; 4]| [mean(r, g, b), a]),
        (Color::GrayAlpha, _) => each(samples, target, |[v, _]: [T; 2]| [v]),
        (Color::Gray, _) => target.copy_from_slice(samples),
    }
}

impl Transform for Gray {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        let color = match self.opacity.remains(input.color) {
            true => Color::GrayAlpha,
            false => Color::Gray,
        };
        Ok(FrameFormat { color, ..*input })
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let input = *frame.format();
        let output = self.output_format(&input)?;
        if output == input {
            return Ok(());
        }
        let colors = (input.color, output.color);
        rebuild(frame, spare, &output, |frame, spare| {
            if let Some(samples) = frame.samples::<u8>()
                && let Some(target) = spare.samples_mut::<u8>()
                && let Some(fixed) = self.fixed()
            {
                weigh(samples, colors, target, |r, g, b| nearest(fixed, r, g, b));
                return;
            }
            with_sample_type!(input.sample, T => {
                let samples = frame.samples::<T>().unwrap_or_default();
                self.fill(samples, colors, spare.samples_mut::<T>().unwrap_or_default());
            });
        })
    }
}

/// `gray`.
pub(super) const OPERATOR: Operator = Operator {
    name: "gray",
    title: "make frames gray",
    parameters: &[
        Parameter::new(
            "weights",
            "how much red, green and blue count: a standard, their mean, or three numbers in proportion",
            "rec709|rec601|mean or three numbers",
            Presence::Default("rec709"),
        )
        .list(),
        Parameter::new(
            "alpha",
            "the opacity: keep it where there is one, or drop it",
            "keep|drop",
            Presence::Default("keep"),
        ),
    ],
    examples: &["gray", "gray=rec601", "gray=weights:1,2,1,alpha:drop"],
    notes: "Rounded exactly, halves to even. rec709 is the luma of sRGB and HD video (0.2126, 0.7152, 0.0722), rec601 that of JPEG and OpenCV \
            (0.299, 0.587, 0.114); both apply to the samples as they are stored. Gray frames stay as they are.",
    build: |arguments| build(arguments).map(Operation::frame),
};

fn build(arguments: &Arguments<'_>) -> Result<Gray, Error> {
    let gray = match arguments.texts("weights").as_slice() {
        ["rec709"] => Gray::rec709(),
        ["rec601"] => Gray::rec601(),
        ["mean"] => Gray::mean(),
        [found] => {
            let expected = "rec709, rec601, mean or three numbers";
            return Err(arguments.bad("weights", format!("`{found}`"), expected));
        }
        _ => match arguments.numbers("weights", 0.0..)?.as_slice() {
            [red, green, blue] => Gray::weighted([*red, *green, *blue])?,
            other => {
                let found = format!("{} numbers", other.len());
                return Err(arguments.bad("weights", found, "one each for red, green and blue"));
            }
        },
    };
    match arguments.choice("alpha", &[("keep", false), ("drop", true)])? {
        true => Ok(gray.without_opacity()),
        false => Ok(gray),
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::SampleType;

    use super::*;

    fn applied(gray: Gray, mut frame: Frame) -> Frame {
        gray.apply(&mut frame, &mut Frame::empty())
            .expect("any frame");
        frame
    }

    fn frame<T: Sample>(color: Color, samples: &[T]) -> Frame {
        let width = (samples.len() / color.channels()) as u32;
        let mut frame = Frame::zeroed(FrameFormat::new(width, 1, color, T::TYPE));
        frame
            .samples_mut::<T>()
            .expect("is T")
            .copy_from_slice(samples);
        frame
    }

    /// The exact quotient, halves to even.
    fn exact(weights: [u64; 3], pixel: [u64; 3]) -> u64 {
        let sum: u64 = weights
            .iter()
            .zip(pixel)
            .map(|(weight, sample)| weight * sample)
            .sum();
        let total: u64 = weights.iter().sum();
        let (floor, rest) = (sum / total, sum % total);
        floor + u64::from(2 * rest > total || (2 * rest == total && floor % 2 == 1))
    }

    #[test]
    fn integers_are_rounded_exactly() {
        for (gray, weights) in [
            (Gray::rec709(), [2126, 7152, 722]),
            (Gray::rec601(), [299, 587, 114]),
            (Gray::mean(), [1, 1, 1]),
            (
                Gray::weighted([0.25, 0.5, 0.25]).expect("is sound"),
                [1, 2, 1],
            ),
        ] {
            let pixels: Vec<[u8; 3]> = (0..=255u8)
                .flat_map(|r| (0..=255u8).step_by(5).map(move |g| (r, g)))
                .flat_map(|(r, g)| (0..=255u8).step_by(3).map(move |b| [r, g, b]))
                .collect();
            let narrow = applied(gray, frame(Color::Rgb, pixels.as_flattened()));
            let wide: Vec<u16> = pixels
                .as_flattened()
                .iter()
                .map(|v| u16::from(*v) * 257)
                .collect();
            let wide = applied(gray, frame(Color::Rgb, &wide));
            let narrow = narrow.samples::<u8>().expect("is u8");
            let wide = wide.samples::<u16>().expect("is u16");
            for ((pixel, narrow), wide) in pixels.iter().zip(narrow).zip(wide) {
                let pixel = pixel.map(u64::from);
                assert_eq!(
                    u64::from(*narrow),
                    exact(weights, pixel),
                    "{weights:?} {pixel:?}"
                );
                assert_eq!(
                    u64::from(*wide),
                    exact(weights, pixel.map(|v| v * 257)),
                    "{pixel:?}"
                );
            }
        }
    }

    #[test]
    fn opacity_is_kept_or_dropped() {
        let rgba = || frame(Color::Rgba, &[10u8, 20, 30, 7]);
        assert_eq!(applied(Gray::mean(), rgba()).bytes(), [20, 7]);
        assert_eq!(
            applied(Gray::mean().without_opacity(), rgba()).bytes(),
            [20]
        );
        let gray = frame(Color::GrayAlpha, &[5u8, 7]);
        assert_eq!(applied(Gray::mean().without_opacity(), gray).bytes(), [5]);
    }

    #[test]
    fn not_a_number_stays_and_depth_stays() {
        let result = applied(
            Gray::rec709(),
            frame(Color::Rgb, &[1.0, f32::NAN, 0.0, 0.5, 0.5, 0.5]),
        );
        let samples = result.samples::<f32>().expect("is f32");
        assert!(samples[0].is_nan() && (samples[1] - 0.5).abs() < 1e-7);
        let format = FrameFormat::new(1, 1, Color::Rgb, SampleType::U16).with_bit_depth(12);
        assert_eq!(
            Gray::mean()
                .output_format(&format)
                .expect("is RGB")
                .bit_depth,
            12
        );
    }

    #[test]
    fn weights_that_mean_nothing_are_refused() {
        for weights in [[0.0; 3], [1.0, -1.0, 1.0], [f64::NAN, 1.0, 1.0]] {
            assert!(Gray::weighted(weights).is_err(), "{weights:?}");
        }
    }
}
