//! Several gray planes as one picture, each in a colour of its own.

use std::cell::RefCell;

use pimage_core::{
    Color, Error, Frame, FrameFormat, Limits, Paint, Sample, SampleType, StreamInfo, Transform,
    with_sample_type,
};
use pimage_range::RangeSpec;

/// One plane of a [`Composite`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layer {
    /// The colour of its highest samples; the lowest are black.
    pub paint: Paint,
    /// Which samples are the lowest and the highest. Bounds that would be measured of all frames are those of each plane.
    pub range: RangeSpec,
}

impl Layer {
    /// Colours for this many planes when nobody says which: white for one, magenta and green for two, which most people can tell apart,
    /// and otherwise cyan, magenta, yellow, blue, green and red in turn.
    #[must_use]
    pub fn default_paints(count: usize) -> Vec<Paint> {
        const MAGENTA: Paint = Paint::rgb(255, 0, 255);
        const GREEN: Paint = Paint::rgb(0, 255, 0);
        const MANY: [Paint; 6] = [
            Paint::rgb(0, 255, 255),
            MAGENTA,
            Paint::rgb(255, 255, 0),
            Paint::rgb(0, 0, 255),
            GREEN,
            Paint::rgb(255, 0, 0),
        ];
        match count {
            1 => vec![Paint::WHITE],
            2 => vec![MAGENTA, GREEN],
            _ => MANY.into_iter().cycle().take(count).collect(),
        }
    }
}

/// Adds the planes that lie one below another in a gray frame, each in its colour, to one RGB picture of 8 bits.
///
/// Each plane is spread linearly over its range, and what is not a number is black. The sum is rounded once, halves to even,
/// and 255 where it would be more.
///
/// Frames whose planes are one below another come from [`pimage_core::FrameReaderExt::slice`] with a bundled axis.
///
/// ```
/// use pimage_colormap::{Composite, Layer};
/// use pimage_core::{Color, Frame, FrameFormat, Paint, SampleType, Transform};
/// use pimage_range::RangeSpec;
///
/// let layer = |paint| Layer { paint, range: RangeSpec::Full };
/// let composite = Composite::new(vec![layer(Paint::rgb(255, 0, 255)), layer(Paint::rgb(0, 255, 0))])?;
/// let mut frame = Frame::zeroed(FrameFormat::new(1, 2, Color::Gray, SampleType::U8));
/// frame.samples_mut::<u8>().expect("is u8").copy_from_slice(&[200, 50]);
/// composite.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.bytes(), [200, 50, 200]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Composite {
    layers: Vec<Layer>,
}

thread_local! {
    /// One plane, and the sums of all.
    static SCRATCH: RefCell<Option<(Frame, Vec<[f64; 3]>)>> = const { RefCell::new(None) };
}

impl Composite {
    /// A composite of these planes, uppermost first.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when there is none.
    pub fn new(layers: Vec<Layer>) -> Result<Self, Error> {
        match layers.is_empty() {
            true => Err(Error::bad_option(
                "a composite",
                "one of no planes",
                "1 or more",
            )),
            false => Ok(Self { layers }),
        }
    }

    /// Adds one plane in its colour.
    fn add<T: Sample>(plane: &Frame, layer: &Layer, sums: &mut [[f64; 3]]) {
        let (low, high) = layer.range.frame_bounds(plane);
        let paint = [layer.paint.red, layer.paint.green, layer.paint.blue].map(f64::from);
        let span = high - low;
        let share = |sample: T| {
            let above = sample.to_f64() - low;
            let share = if span > 0.0 {
                above / span
            } else {
                f64::from(u8::from(above > 0.0))
            };
            // What is not a number is the lowest.
            if share > 0.0 { share.min(1.0) } else { 0.0 }
        };
        let samples = plane.samples::<T>().unwrap_or_default();
        for (sample, sum) in samples.iter().zip(sums) {
            let share = share(*sample);
            for (sum, paint) in sum.iter_mut().zip(paint) {
                *sum += share * paint;
            }
        }
    }
}

impl Transform for Composite {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        let count = u32::try_from(self.layers.len()).unwrap_or(u32::MAX);
        if input.color != Color::Gray || !input.height.is_multiple_of(count) {
            return Err(Error::CannotTake {
                step: format!("a composite of {count} planes"),
                format: *input,
                hint: "it is made of gray planes one below another".to_owned(),
            });
        }
        let height = input.height / count;
        Ok(FrameFormat::new(
            input.width,
            height,
            Color::Rgb,
            SampleType::U8,
        ))
    }

    fn output_info(&self, input: &StreamInfo) -> Result<StreamInfo, Error> {
        let mut info = input.reformatted(self.output_format(&input.format)?);
        // The planes' axis is gone, others that are bundled stay.
        let bundle = input.bundle.split_first();
        if let Some((first, rest)) = bundle
            && first.length == self.layers.len() as u64
        {
            info.bundle = rest.to_vec();
        }
        Ok(info)
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let input = *frame.format();
        let output = self.output_format(&input)?;
        let (mut plane, mut sums) = SCRATCH
            .take()
            .unwrap_or_else(|| (Frame::empty(), Vec::new()));
        let plane_format = FrameFormat {
            height: output.height,
            ..input
        };
        plane.reset(&plane_format, &Limits::none())?;
        let plane_bytes = plane.bytes().len();
        sums.clear();
        sums.resize(output.width as usize * output.height as usize, [0.0; 3]);
        for (place, layer) in self.layers.iter().enumerate() {
            let from = place * plane_bytes;
            let bytes = frame.bytes().get(from..from + plane_bytes);
            plane.bytes_mut().copy_from_slice(bytes.unwrap_or_default());
            with_sample_type!(input.sample, T => Self::add::<T>(&plane, layer, &mut sums));
        }
        // No larger than what the frame's own format allows, but for the channels.
        spare.reset(&output, &Limits::none())?;
        let pixels = spare.samples_mut::<u8>().unwrap_or_default();
        for (sum, pixel) in sums.iter().zip(pixels.as_chunks_mut::<3>().0) {
            *pixel = sum.map(u8::from_f64);
        }
        SCRATCH.replace(Some((plane, sums)));
        spare.stamp = frame.stamp.clone();
        std::mem::swap(frame, spare);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composite(ranges: &[RangeSpec]) -> Composite {
        let paints = Layer::default_paints(ranges.len());
        let layers = paints.into_iter().zip(ranges);
        let layers = layers.map(|(paint, range)| Layer {
            paint,
            range: *range,
        });
        Composite::new(layers.collect()).expect("has planes")
    }

    #[test]
    fn planes_are_added_and_what_is_too_much_is_white() {
        let bounds = RangeSpec::Bounds {
            low: 0.0,
            high: 10.0,
        };
        let mut frame = Frame::zeroed(FrameFormat::new(2, 3, Color::Gray, SampleType::F32));
        let samples = [10.0, 5.0, f32::NAN, 0.0, 20.0, 1.0];
        frame
            .samples_mut::<f32>()
            .expect("is f32")
            .copy_from_slice(&samples);
        let composite = composite(&[bounds; 3]);
        composite
            .apply(&mut frame, &mut Frame::empty())
            .expect("adds");
        // Cyan and yellow; half of cyan and a tenth of yellow, halves to even.
        assert_eq!(frame.bytes(), [255, 255, 255, 26, 153, 128]);
    }

    #[test]
    fn each_plane_has_its_own_range() {
        let mut frame = Frame::zeroed(FrameFormat::new(2, 2, Color::Gray, SampleType::U16));
        frame
            .samples_mut::<u16>()
            .expect("is u16")
            .copy_from_slice(&[100, 300, 7, 5]);
        let composite = composite(&[RangeSpec::Frame; 2]);
        composite
            .apply(&mut frame, &mut Frame::empty())
            .expect("adds");
        assert_eq!(frame.bytes(), [0, 255, 0, 255, 0, 255]);
    }

    #[test]
    fn planes_must_fit_the_frame() {
        let composite = composite(&[RangeSpec::Full; 2]);
        let error = composite.output_format(&FrameFormat::new(4, 3, Color::Gray, SampleType::U8));
        assert_eq!(
            error
                .expect_err("three rows are not two planes")
                .to_string(),
            "a composite of 2 planes does not take 4x3 gray uint8 frames: it is made of gray planes one below another"
        );
    }
}
