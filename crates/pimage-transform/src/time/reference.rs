//! One frame that all others are compared with.

use std::sync::OnceLock;

use pimage_core::{Color, Error, Frame, FrameFormat, Sample, SampleType, with_sample_type};
pub(super) use pimage_range::held_bounds as limits;

/// A frame of `F64`, ready for frames of its colour, with or without opacity; a gray one for all of them.
#[derive(Debug)]
pub(super) struct Reference {
    frame: Frame,
    /// Its values as many times as frames of 1, 2, 3 and 4 channels need them; made when they are needed.
    spread: [OnceLock<Vec<f64>>; 4],
}

impl Reference {
    /// The frame with its samples as floats.
    pub(super) fn new(frame: &Frame) -> Self {
        let frame = match frame.format().sample {
            SampleType::F64 => frame.clone(),
            _ => to_f64(frame),
        };
        Self {
            frame,
            spread: Default::default(),
        }
    }

    /// An error unless frames of `input` can be compared with it; `name` is what it is.
    pub(super) fn check(&self, name: &str, input: &FrameFormat) -> Result<(), Error> {
        let own = self.frame.format();
        let is_same_size = (own.width, own.height) == (input.width, input.height);
        let intensities = own.color.intensities();
        if is_same_size && (intensities == 1 || intensities == input.color.intensities()) {
            return Ok(());
        }
        Err(Error::bad_option(
            name,
            format!("{}x{} {}", own.width, own.height, own.color),
            format!(
                "{}x{} {} like the frames, or gray",
                input.width, input.height, input.color
            ),
        ))
    }

    /// A value for each sample of frames of `input`, which was checked; what stands for opacity means nothing.
    pub(super) fn values(&self, input: &FrameFormat) -> &[f64] {
        let own = self.frame.format().color;
        let values = self.frame.samples::<f64>().unwrap_or_default();
        if own == input.color {
            return values;
        }
        let Some(spread) = self.spread.get(input.color.channels() - 1) else {
            return &[];
        };
        spread.get_or_init(|| spread_to(values, own, input.color))
    }
}

/// The values of one colour for the channels of another.
fn spread_to(values: &[f64], from: Color, to: Color) -> Vec<f64> {
    let mut spread = Vec::with_capacity(values.len() / from.channels() * to.channels());
    for pixel in values.chunks_exact(from.channels()) {
        for channel in 0..to.channels() {
            let channel = channel.min(from.intensities() - 1);
            spread.push(pixel.get(channel).copied().unwrap_or(0.0));
        }
    }
    spread
}

/// The same frame with samples of `F64`, of the same values.
pub(super) fn to_f64(frame: &Frame) -> Frame {
    let format = frame.format();
    let wide = FrameFormat::new(format.width, format.height, format.color, SampleType::F64);
    let mut result = Frame::zeroed(wide);
    with_sample_type!(format.sample, T => {
        let samples = frame.samples::<T>().unwrap_or_default();
        for (value, sample) in result.samples_mut::<f64>().unwrap_or_default().iter_mut().zip(samples) {
            *value = sample.to_f64();
        }
    });
    result
}

/// Gives `output` the opacity of `input`, in its own scale.
pub(super) fn keep_opacity(input: &Frame, output: &mut Frame) {
    let color = input.format().color;
    if !color.has_alpha() {
        return;
    }
    let is_same = input.format().sample == output.format().sample;
    let scale = if is_same {
        1.0
    } else {
        output.format().full_scale() / input.format().full_scale()
    };
    with_sample_type!(input.format().sample, T => {
        let samples = input.samples::<T>().unwrap_or_default();
        let opacities = samples.iter().skip(color.intensities()).step_by(color.channels());
        with_sample_type!(output.format().sample, O => {
            let results = output.samples_mut::<O>().unwrap_or_default();
            let results = results.iter_mut().skip(color.intensities()).step_by(color.channels());
            for (result, opacity) in results.zip(opacities) {
                *result = O::from_f64(opacity.to_f64() * scale);
            }
        });
    });
}

/// What is nearest within a range; what is not a number stays so.
#[inline(always)]
pub(super) fn clamped(value: f64, (low, high): (f64, f64)) -> f64 {
    if value < low {
        low
    } else if value > high {
        high
    } else {
        value
    }
}
