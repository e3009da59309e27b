//! Samples from the differences that were packed in their place.

/// Sums up rows of differences (predictor 2), samples in the machine's byte order; `stride` samples lie between those of a channel.
pub(crate) fn integers(rows: &mut [u8], row_bytes: usize, sample_bytes: usize, stride: usize) {
    for row in rows.chunks_exact_mut(row_bytes.max(1)) {
        match (sample_bytes, stride) {
            // The sum is carried along, which the compiler keeps in a register.
            (1, 1) => sum_up::<1>(row, |a, b| [a[0].wrapping_add(b[0])]),
            (2, 1) => sum_up::<2>(row, |a, b| {
                u16::from_ne_bytes(a)
                    .wrapping_add(u16::from_ne_bytes(b))
                    .to_ne_bytes()
            }),
            (1, _) => strided::<1>(row, stride, |a, b| [a[0].wrapping_add(b[0])]),
            (2, _) => strided::<2>(row, stride, |a, b| {
                u16::from_ne_bytes(a)
                    .wrapping_add(u16::from_ne_bytes(b))
                    .to_ne_bytes()
            }),
            (4, _) => strided::<4>(row, stride, |a, b| {
                u32::from_ne_bytes(a)
                    .wrapping_add(u32::from_ne_bytes(b))
                    .to_ne_bytes()
            }),
            _ => strided::<8>(row, stride, |a, b| {
                u64::from_ne_bytes(a)
                    .wrapping_add(u64::from_ne_bytes(b))
                    .to_ne_bytes()
            }),
        }
    }
}

fn sum_up<const N: usize>(row: &mut [u8], add: impl Fn([u8; N], [u8; N]) -> [u8; N]) {
    let mut sum = [0; N];
    for sample in row.as_chunks_mut::<N>().0 {
        sum = add(sum, *sample);
        *sample = sum;
    }
}

fn strided<const N: usize>(
    row: &mut [u8],
    stride: usize,
    add: impl Fn([u8; N], [u8; N]) -> [u8; N],
) {
    let mut pixels = row.as_chunks_mut::<N>().0.chunks_mut(stride.max(1));
    let Some(mut before) = pixels.next() else {
        return;
    };
    for pixel in pixels {
        for (sample, left) in pixel.iter_mut().zip(before.iter()) {
            *sample = add(*left, *sample);
        }
        before = pixel;
    }
}

/// Sums up rows of differences of bytes and puts the bytes of each float together again (predictor 3), in the machine's byte order.
///
/// `planes` is memory that is kept for the next call.
pub(crate) fn floats(
    rows: &mut [u8],
    row_bytes: usize,
    sample_bytes: usize,
    stride: usize,
    planes: &mut Vec<u8>,
) {
    for row in rows.chunks_exact_mut(row_bytes.max(1)) {
        integers(row, row_bytes, 1, stride);
        planes.clear();
        planes.extend_from_slice(row);
        match sample_bytes {
            2 => join::<2>(planes, row),
            3 => join::<3>(planes, row),
            4 => join::<4>(planes, row),
            _ => join::<8>(planes, row),
        }
    }
}

/// The most significant bytes of all samples come first in `planes`.
fn join<const N: usize>(planes: &[u8], row: &mut [u8]) {
    let samples = row.as_chunks_mut::<N>().0;
    let count = samples.len();
    if count == 0 {
        return;
    }
    for (place, plane) in planes.chunks_exact(count).take(N).enumerate() {
        let place = if cfg!(target_endian = "little") {
            N - 1 - place
        } else {
            place
        };
        for (sample, byte) in samples.iter_mut().zip(plane) {
            if let Some(target) = sample.get_mut(place) {
                *target = *byte;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_summed_up_by_channel() {
        let mut row = [10, 20, 30, 1, 255, 5];
        integers(&mut row, 6, 1, 3);
        assert_eq!(row, [10, 20, 30, 11, 19, 35]);
        let mut rows: Vec<u8> = [255u16, 1, 65535, 7, 1, 0]
            .iter()
            .flat_map(|value| value.to_ne_bytes())
            .collect();
        integers(&mut rows, 6, 2, 1);
        let expected: Vec<u8> = [255u16, 256, 255, 7, 8, 8]
            .iter()
            .flat_map(|value| value.to_ne_bytes())
            .collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn floats_are_put_together() {
        let mut row = [0x3F, 0x81, 0xC0, 0x80, 0, 0, 0, 0];
        floats(&mut row, 8, 4, 1, &mut Vec::new());
        let expected: Vec<u8> = [1.0f32, -2.0]
            .iter()
            .flat_map(|value| value.to_ne_bytes())
            .collect();
        assert_eq!(row.to_vec(), expected);
    }
}
