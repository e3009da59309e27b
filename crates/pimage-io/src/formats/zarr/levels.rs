//! Frames half as wide and half as high.

use pimage_core::{Error, Frame, Limits, Sample, SampleType};

/// Fills `half` with the means of 2×2 pixels of `frame`; at odd edges of as many as there are. Whole numbers are rounded, halves up.
///
/// # Errors
///
/// None in practice: the half is smaller than the frame.
pub(super) fn halve(frame: &Frame, half: &mut Frame) -> Result<(), Error> {
    /// Rounds the mean of whole numbers.
    fn whole<T: Copy + Into<i64> + TryFrom<i64>>(values: &[T], zero: T) -> T {
        let count = values.len() as i64;
        let sum: i64 = values.iter().map(|value| (*value).into()).sum();
        T::try_from((sum + count / 2).div_euclid(count.max(1))).unwrap_or(zero)
    }
    let mut format = *frame.format();
    format.width = format.width.div_ceil(2);
    format.height = format.height.div_ceil(2);
    half.reset(&format, &Limits::none())?;
    half.stamp = frame.stamp.clone();
    match format.sample {
        SampleType::U8 => each::<u8>(frame, half, |values| whole(values, 0)),
        SampleType::U16 => each::<u16>(frame, half, |values| whole(values, 0)),
        SampleType::U32 => each::<u32>(frame, half, |values| whole(values, 0)),
        SampleType::I16 => each::<i16>(frame, half, |values| whole(values, 0)),
        SampleType::I32 => each::<i32>(frame, half, |values| whole(values, 0)),
        SampleType::F32 => each::<f32>(frame, half, |values| {
            let sum: f64 = values.iter().map(|value| f64::from(*value)).sum();
            (sum / values.len() as f64) as f32
        }),
        _ => each::<f64>(frame, half, |values| {
            values.iter().sum::<f64>() / values.len() as f64
        }),
    }
    Ok(())
}

fn each<T: Sample>(frame: &Frame, half: &mut Frame, mean: impl Fn(&[T]) -> T) {
    let channels = frame.format().color.channels();
    let row = frame.format().width as usize * channels;
    let samples = frame.samples::<T>().unwrap_or_default();
    let half_row = half.format().width as usize * channels;
    let targets = half.samples_mut::<T>().unwrap_or_default();
    let pairs = samples.chunks(row.max(1) * 2);
    for (rows, targets) in pairs.zip(targets.chunks_exact_mut(half_row.max(1))) {
        let (upper, lower) = rows.split_at(row.min(rows.len()));
        let lower = if lower.is_empty() { None } else { Some(lower) };
        let columns = upper.chunks(channels * 2).enumerate();
        for ((place, above), target) in columns.zip(targets.chunks_exact_mut(channels)) {
            let start = place * channels * 2;
            let below = lower.and_then(|lower| lower.get(start..start + above.len()));
            for (channel, target) in target.iter_mut().enumerate() {
                let mut values: [Option<T>; 4] = [None; 4];
                for (side, pixels) in [Some(above), below].into_iter().flatten().enumerate() {
                    for column in 0..2 {
                        let value = pixels.get(column * channels + channel).copied();
                        if let Some(slot) = values.get_mut(side * 2 + column) {
                            *slot = value;
                        }
                    }
                }
                let mut found = [*target; 4];
                let mut count = 0;
                for (slot, value) in found.iter_mut().zip(values.into_iter().flatten()) {
                    *slot = value;
                    count += 1;
                }
                *target = mean(found.get(..count).unwrap_or_default());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;
    use pimage_core::Color;

    use super::*;

    #[test]
    fn means_are_rounded_and_edges_are_of_what_is_there() {
        let array = Array3::from_shape_vec((3, 3, 1), vec![1u8, 2, 9, 3, 4, 0, 255, 254, 7]);
        let frame = Frame::from_array(array.expect("fits"), Color::Gray).expect("is gray");
        let mut half = Frame::empty();
        halve(&frame, &mut half).expect("halves");
        assert_eq!(half.samples::<u8>(), Some(&[3, 5, 255, 7][..]));
    }

    #[test]
    fn channels_stay_apart_and_signs_are_kept() {
        let array = Array3::from_shape_vec(
            (2, 2, 3),
            vec![-1i16, 10, 0, -2, 10, 0, -2, 10, 1, -1, 10, 0],
        );
        let frame = Frame::from_array(array.expect("fits"), Color::Rgb).expect("is colour");
        let mut half = Frame::empty();
        halve(&frame, &mut half).expect("halves");
        assert_eq!(half.samples::<i16>(), Some(&[-1, 10, 0][..]));
    }
}
