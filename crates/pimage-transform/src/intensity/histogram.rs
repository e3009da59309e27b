//! How often each value of 8 or 16 bits occurs in a frame.

use std::cell::RefCell;

use pimage_core::{Color, Error, Frame, FrameFormat, SampleType};

/// Refuses formats whose values are too many to be counted.
pub(super) fn expect_countable(operation: &str, format: &FrameFormat) -> Result<(), Error> {
    match format.sample {
        SampleType::U8 | SampleType::U16 | SampleType::I16 => Ok(()),
        _ => Err(Error::CannotTake {
            step: operation.to_owned(),
            format: *format,
            hint: "its histogram takes 8 or 16 bits; `rescale` makes such frames".to_owned(),
        }),
    }
}

/// The sample value of the first count.
pub(super) const fn first_value(format: &FrameFormat) -> f64 {
    match format.sample {
        SampleType::I16 => i16::MIN as f64,
        _ => 0.0,
    }
}

/// Counts the intensities of a frame of 8 or 16 bits, all channels but opacity together, and shows the counts to `look`,
/// from the least value that the type can have to the greatest.
pub(super) fn with_histogram<R>(frame: &Frame, look: impl FnOnce(&[u64]) -> R) -> R {
    thread_local! {
        static COUNTS: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    }
    COUNTS.with_borrow_mut(|counts| {
        let format = frame.format();
        counts.clear();
        counts.resize(1 << format.sample.bits().min(16), 0);
        match format.sample {
            SampleType::U8 => {
                count_bytes(frame.samples().unwrap_or_default(), format.color, counts);
            }
            SampleType::I16 => count(frame, counts, |sample: i16| {
                usize::from(sample as u16 ^ (1 << 15))
            }),
            _ => count(frame, counts, |sample: u16| usize::from(sample)),
        }
        look(counts)
    })
}

fn count<T: pimage_core::Sample>(frame: &Frame, counts: &mut [u64], place: impl Fn(T) -> usize) {
    let color = frame.format().color;
    let samples = frame.samples::<T>().unwrap_or_default();
    let mut add = |sample: &T| {
        if let Some(count) = counts.get_mut(place(*sample)) {
            *count += 1;
        }
    };
    if !color.has_alpha() {
        samples.iter().for_each(add);
        return;
    }
    for pixel in samples.chunks_exact(color.channels()) {
        if let [intensities @ .., _] = pixel {
            intensities.iter().for_each(&mut add);
        }
    }
}

/// Counters beside each other: equal samples in a row do not wait for each other.
const LANES: usize = 4;

fn count_bytes(samples: &[u8], color: Color, counts: &mut [u64]) {
    let mut lanes = [[0u64; 256]; LANES];
    let chunks = samples.chunks_exact(LANES);
    for (sample, lane) in chunks.remainder().iter().zip(&mut lanes) {
        lane[usize::from(*sample)] += 1;
    }
    for chunk in chunks {
        for (sample, lane) in chunk.iter().zip(&mut lanes) {
            lane[usize::from(*sample)] += 1;
        }
    }
    // The lanes are the channels of a pixel, or a multiple of them, where the last is the opacity.
    let channels = color.channels();
    for (place, lane) in lanes.iter().enumerate() {
        if color.has_alpha() && place % channels + 1 == channels {
            continue;
        }
        for (count, own) in counts.iter_mut().zip(lane) {
            *count += own;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intensities_are_counted_and_opacity_is_not() {
        for color in Color::ALL {
            let format = FrameFormat::new(7, 3, color, SampleType::U8);
            let mut frame = Frame::zeroed(format);
            let channels = color.channels();
            for pixel in frame.bytes_mut().chunks_exact_mut(channels) {
                pixel.fill(9);
                if color.has_alpha() {
                    pixel[channels - 1] = 200;
                }
            }
            let expected = (21 * color.intensities()) as u64;
            with_histogram(&frame, |counts| {
                assert_eq!((counts[9], counts[200], counts.len()), (expected, 0, 256));
            });
        }
    }

    #[test]
    fn signed_samples_are_counted_from_the_least() {
        let mut frame = Frame::zeroed(FrameFormat::new(3, 1, Color::Gray, SampleType::I16));
        let samples = frame.samples_mut::<i16>().expect("is i16");
        samples.copy_from_slice(&[i16::MIN, 0, i16::MAX]);
        with_histogram(&frame, |counts| {
            assert_eq!(
                (counts[0], counts[32_768], counts[65_535], counts[1]),
                (1, 1, 1, 0)
            );
        });
    }
}
