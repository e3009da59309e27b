//! Samples from one order of dimensions to another.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

/// One dimension of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// How many positions.
    pub(super) length: usize,
    /// Samples between two of them in the source.
    pub(super) stride: usize,
}

/// The runs of dimensions `order` of an array of `shape` in row-major order.
pub(super) fn runs(shape: &[usize], order: &[usize]) -> Vec<Run> {
    let mut strides = vec![0; shape.len()];
    let mut stride = 1usize;
    for (target, length) in strides.iter_mut().zip(shape).rev() {
        *target = stride;
        stride = stride.saturating_mul(*length);
    }
    let run = |at: &usize| {
        Some(Run {
            length: *shape.get(*at)?,
            stride: *strides.get(*at)?,
        })
    };
    order.iter().filter_map(run).collect()
}

/// Whether nothing moves.
pub(super) fn is_identity(runs: &[Run]) -> bool {
    let mut stride = 1usize;
    runs.iter().rev().all(|run| {
        let fits = run.length == 1 || run.stride == stride;
        stride = stride.saturating_mul(run.length);
        fits
    })
}

/// Appends the samples of `source`, `sample_bytes` each, in row-major order of `runs`.
pub(super) fn gather(source: &[u8], runs: &[Run], sample_bytes: usize, target: &mut Vec<u8>) {
    match sample_bytes {
        1 => gather_at::<1>(source, runs, 0, target),
        2 => gather_at::<2>(source, runs, 0, target),
        4 => gather_at::<4>(source, runs, 0, target),
        _ => gather_at::<8>(source, runs, 0, target),
    }
}

fn gather_at<const N: usize>(source: &[u8], runs: &[Run], start: usize, target: &mut Vec<u8>) {
    let Some((run, inner)) = runs.split_first() else {
        let sample = source.get(start * N..start * N + N);
        target.extend_from_slice(sample.unwrap_or(&[0; N]));
        return;
    };
    if inner.is_empty() {
        let (samples, _) = source.as_chunks::<N>();
        let row = samples.get(start..).unwrap_or_default();
        if run.stride == 1 {
            let row = row.get(..run.length).unwrap_or(row);
            target.extend_from_slice(row.as_flattened());
        } else {
            let picked = row.iter().step_by(run.stride.max(1)).take(run.length);
            target.extend(picked.flatten());
        }
        return;
    }
    for place in 0..run.length {
        gather_at::<N>(source, inner, start + place * run.stride, target);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_change_places() {
        // (2, 3) in row-major order, read by columns.
        let source: Vec<u8> = (0..6u16).flat_map(u16::to_le_bytes).collect();
        let columns = runs(&[2, 3], &[1, 0]);
        assert!(!is_identity(&columns));
        let mut found = Vec::new();
        gather(&source, &columns, 2, &mut found);
        let expected: Vec<u8> = [0u16, 3, 1, 4, 2, 5]
            .into_iter()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn positions_of_length_one_do_not_matter() {
        assert!(is_identity(&runs(&[2, 1, 3], &[1, 0, 2])));
        assert!(is_identity(&runs(&[2, 3], &[0, 1])));
        assert!(is_identity(&runs(&[], &[])));
    }
}
