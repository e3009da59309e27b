//! The filters that OpenCV does best: the only module that talks to it.
//!
//! Frames are handed over where they are when OpenCV takes them so, one and three channels of `uint8` and `float32`;
//! others by a copy. OpenCV runs on the caller's thread alone, for frames are worked on side by side.

use std::cell::RefCell;
use std::sync::Once;

use opencv::core::{BORDER_REFLECT_101, DataType, Mat, MatTraitConst as _, set_num_threads};
use opencv::imgproc::bilateral_filter;
use pimage_core::{Error, Frame, FrameFormat, Sample, SampleType};

thread_local! {
    /// Intensities before and after, where the frame's own memory does not do.
    static SCRATCH: RefCell<[Vec<f32>; 2]> = RefCell::default();
}

/// Smooths `frame` into `output`, which has its format, but for edges.
///
/// # Errors
///
/// [`Error::BadOption`] when the frame holds what is not finite; [`Error::Internal`] when OpenCV fails.
pub(super) fn bilateral(
    frame: &Frame,
    output: &mut Frame,
    radius: u32,
    color: f64,
    space: f64,
) -> Result<(), Error> {
    let format = *frame.format();
    let filter = Bilateral {
        diameter: i32::try_from(2 * radius + 1).unwrap_or(1),
        color,
        space,
    };
    if !format.color.has_alpha()
        && let (Some(input), Some(output)) = (frame.samples::<u8>(), output.samples_mut::<u8>())
    {
        return filter.apply(&format, input, output);
    }
    match format.sample {
        SampleType::U8 => filter.by_copy::<u8>(frame, output),
        SampleType::U16 => filter.by_copy::<u16>(frame, output),
        SampleType::I16 => filter.by_copy::<i16>(frame, output),
        _ => filter.by_copy::<f32>(frame, output),
    }
}

/// What OpenCV is asked for.
struct Bilateral {
    diameter: i32,
    color: f64,
    space: f64,
}

impl Bilateral {
    /// Filters intensities as `float32`, and copies opacity.
    fn by_copy<T: Sample>(&self, frame: &Frame, output: &mut Frame) -> Result<(), Error> {
        let format = *frame.format();
        let (channels, intensities) = (format.color.channels(), format.color.intensities());
        let samples = frame.samples::<T>().unwrap_or_default();
        let results = output.samples_mut::<T>().unwrap_or_default();
        let [mut before, mut after] = SCRATCH.take();
        before.clear();
        for pixel in samples.chunks_exact(channels) {
            let values = pixel.iter().take(intensities);
            before.extend(values.map(|sample| sample.to_f64() as f32));
        }
        if !before.iter().all(|value| value.is_finite()) {
            let frame = frame.stamp.index;
            let found = format!("given samples that are not finite in frame {frame}");
            return Err(Error::bad_option("bilateral", found, "finite samples"));
        }
        after.resize(before.len(), 0.0);
        let applied = self.apply(&format, &before, &mut after);
        let pixels = samples
            .chunks_exact(channels)
            .zip(results.chunks_exact_mut(channels));
        for ((pixel, result), values) in pixels.zip(after.chunks_exact(intensities)) {
            result.copy_from_slice(pixel);
            for (result, value) in result.iter_mut().zip(values) {
                *result = T::from_f64(f64::from(*value));
            }
        }
        SCRATCH.replace([before, after]);
        applied
    }

    fn apply<T: DataType>(
        &self,
        format: &FrameFormat,
        input: &[T],
        output: &mut [T],
    ) -> Result<(), Error> {
        static ALONE: Once = Once::new();
        ALONE.call_once(|| {
            // It would only be slower otherwise.
            let _ = set_num_threads(1);
        });
        self.call(format, input, output)
            .map_err(|error| Error::Internal {
                part: "OpenCV's bilateralFilter".to_owned(),
                reason: error.to_string(),
            })
    }

    fn call<T: DataType>(
        &self,
        format: &FrameFormat,
        input: &[T],
        output: &mut [T],
    ) -> opencv::Result<()> {
        let channels = format.color.intensities() as i32;
        let (rows, columns) = (format.height as i32, format.width as i32 * channels);
        let input = Mat::new_rows_cols_with_data(rows, columns, input)?;
        let input = input.reshape(channels, rows)?;
        let mut output = Mat::new_rows_cols_with_data_mut(rows, columns, output)?;
        let mut output = opencv::prelude::MatTrait::reshape_mut(&mut output, channels, rows)?;
        let (color, space) = (self.color, self.space);
        bilateral_filter(
            &input,
            &mut output,
            self.diameter,
            color,
            space,
            BORDER_REFLECT_101,
        )
    }
}
