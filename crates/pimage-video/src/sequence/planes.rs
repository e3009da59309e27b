//! Samples to the one plane of a picture, and back.

use super::stream::Stream;
use crate::ffi::Picture;

/// Fills a picture; what it has beyond the frame repeats the last column and row. `None` when it is not as planned.
pub(super) fn fill(picture: &mut Picture, stream: &Stream, frame: &[u16]) -> Option<()> {
    let (width, height) = (stream.width() as usize, stream.height() as usize);
    let (columns, rows) = stream.stored_size();
    let (columns, rows) = (columns as usize, rows as usize);
    let bytes = sample_bytes(stream.stored_depth());
    let (plane, stride) = picture.plane_mut(0, rows, columns * bytes)?;
    for y in 0..rows {
        let from = y.min(height - 1) * width;
        let source = frame.get(from..from + width)?;
        let target = plane.get_mut(y * stride..y * stride + columns * bytes)?;
        let last = source.last().copied().unwrap_or(0);
        let samples = source
            .iter()
            .copied()
            .chain(std::iter::repeat_n(last, columns - width));
        if bytes == 1 {
            for (target, sample) in target.iter_mut().zip(samples) {
                *target = sample as u8;
            }
        } else {
            for (target, sample) in target.chunks_exact_mut(2).zip(samples) {
                target.copy_from_slice(&sample.to_le_bytes());
            }
        }
    }
    Some(())
}

/// Appends the samples of a picture, whose lowest `shift` bits are no part of them.
pub(super) fn append(
    picture: &Picture,
    stream: &Stream,
    shift: u32,
    into: &mut Vec<u16>,
) -> Option<()> {
    let (width, height) = (stream.width() as usize, stream.height() as usize);
    let bytes = sample_bytes(stream.stored_depth());
    let most = u16::MAX >> (16 - u32::from(stream.bit_depth()));
    let plane = picture.plane(0, height, width * bytes)?;
    for y in 0..height {
        let row = plane.row(y, width * bytes);
        if bytes == 1 {
            into.extend(row.iter().map(|&sample| u16::from(sample).min(most)));
        } else {
            let (pairs, _) = row.as_chunks::<2>();
            let samples = pairs.iter().map(|&pair| u16::from_le_bytes(pair) >> shift);
            into.extend(samples.map(|sample| sample.min(most)));
        }
    }
    Some(())
}

const fn sample_bytes(depth: u8) -> usize {
    if depth > 8 { 2 } else { 1 }
}
