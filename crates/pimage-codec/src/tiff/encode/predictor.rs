//! Differences between neighbouring samples, which compress better than the samples.

/// Fills `target` with the differences of a row's little-endian samples of `sample_bytes` bytes, each to the one `channels` before it (predictor 2).
pub(super) fn integer_row(row: &[u8], sample_bytes: usize, channels: usize, target: &mut [u8]) {
    match sample_bytes {
        1 => differences(row, target, channels, |a: [u8; 1], b| {
            u8::from_le_bytes(a)
                .wrapping_sub(u8::from_le_bytes(b))
                .to_le_bytes()
        }),
        2 => differences(row, target, channels, |a: [u8; 2], b| {
            u16::from_le_bytes(a)
                .wrapping_sub(u16::from_le_bytes(b))
                .to_le_bytes()
        }),
        _ => differences(row, target, channels, |a: [u8; 4], b| {
            u32::from_le_bytes(a)
                .wrapping_sub(u32::from_le_bytes(b))
                .to_le_bytes()
        }),
    }
}

/// Keeps the first `stride` samples and stores the difference of each later one to that `stride` before it.
fn differences<const N: usize>(
    row: &[u8],
    target: &mut [u8],
    stride: usize,
    difference: impl Fn([u8; N], [u8; N]) -> [u8; N],
) {
    let samples = row.as_chunks::<N>().0;
    let targets = target.as_chunks_mut::<N>().0;
    let (first, rest) = targets.split_at_mut(stride.min(targets.len()));
    for (target, sample) in first.iter_mut().zip(samples) {
        *target = *sample;
    }
    let later = samples.get(stride..).unwrap_or_default();
    for ((target, sample), before) in rest.iter_mut().zip(later).zip(samples) {
        *target = difference(*sample, *before);
    }
}

/// Fills `target` with a row of little-endian floats, most significant bytes first and together, as differences (predictor 3).
///
/// `planes` is memory that is kept for the next row.
pub(super) fn float_row(
    row: &[u8],
    sample_bytes: usize,
    channels: usize,
    planes: &mut Vec<u8>,
    target: &mut [u8],
) {
    planes.resize(row.len(), 0);
    match sample_bytes {
        4 => split::<4>(row, planes),
        _ => split::<8>(row, planes),
    }
    differences(planes, target, channels, |[a]: [u8; 1], [b]| {
        [a.wrapping_sub(b)]
    });
}

/// Puts the highest bytes of all samples first, then the next lower ones.
fn split<const N: usize>(row: &[u8], planes: &mut [u8]) {
    let samples = row.as_chunks::<N>().0;
    if samples.is_empty() {
        return;
    }
    for (plane, place) in planes.chunks_exact_mut(samples.len()).zip((0..N).rev()) {
        for (target, sample) in plane.iter_mut().zip(samples) {
            *target = sample.get(place).copied().unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_become_differences_of_the_same_channel() {
        let mut target = [0; 6];
        integer_row(&[10, 20, 30, 11, 19, 35], 1, 3, &mut target);
        assert_eq!(target, [10, 20, 30, 1, 255, 5]);
        let mut target = [0; 6];
        integer_row(&[0xFF, 0x00, 0x00, 0x01, 0x05, 0x00], 2, 1, &mut target);
        assert_eq!(target, [0xFF, 0x00, 0x01, 0x00, 0x05, 0xFF]);
        // A row shorter than a pixel's stride is kept.
        let mut target = [0; 2];
        integer_row(&[7, 8], 1, 3, &mut target);
        assert_eq!(target, [7, 8]);
    }

    #[test]
    fn floats_are_split_by_significance_first() {
        let row: Vec<u8> = [1.0f32, -2.0]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        let mut target = [0; 8];
        float_row(&row, 4, 1, &mut Vec::new(), &mut target);
        // 3F 80 00 00 and C0 00 00 00 by planes: 3F C0 80 00 00 00 00 00.
        assert_eq!(target, [0x3F, 0x81, 0xC0, 0x80, 0, 0, 0, 0]);
    }
}
