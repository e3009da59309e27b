//! Unpacked samples put in their places in the rows of a frame.

use pimage_core::Frame;

use super::chunk::Chunk;
use crate::samples::ByteOrder;
use crate::tiff::line;
use crate::tiff::page::{Meaning, Page, Predictor};
use crate::tiff::predict;

/// The rows of the frame that a strip or tile covers.
pub(super) fn frame_rows<'f>(page: &Page, chunk: &Chunk, frame: &'f mut Frame) -> &'f mut [u8] {
    let row_bytes = page.format().row_bytes().unwrap_or(0);
    let start = row_bytes.saturating_mul(chunk.row as usize);
    let length = row_bytes.saturating_mul(chunk.rows as usize);
    let bytes = frame.bytes_mut().get_mut(start..).unwrap_or_default();
    let length = length.min(bytes.len());
    bytes.get_mut(..length).unwrap_or_default()
}

/// Makes a strip or tile black that alone has the pixels that it covers.
pub(super) fn clear(page: &Page, chunk: &Chunk, frame: &mut Frame) {
    let format = page.format();
    let pixel_bytes = format.color.channels() * format.sample.bytes();
    let row_bytes = format.row_bytes().unwrap_or(0);
    for row in frame_rows(page, chunk, frame).chunks_exact_mut(row_bytes.max(1)) {
        let pixels = row
            .chunks_exact_mut(pixel_bytes)
            .skip(chunk.column as usize);
        for pixel in pixels.take(chunk.columns as usize) {
            pixel.fill(0);
        }
    }
}

/// Turns the unpacked bytes into samples in the machine's byte order, differences summed up.
pub(super) fn undo(page: &Page, order: ByteOrder, bytes: &mut [u8], planes: &mut Vec<u8>) {
    let row_bytes = page.row_bytes().unwrap_or(usize::MAX);
    let sample_bytes = usize::from(page.bits) / 8;
    let stride = page.chunk_samples();
    match page.predictor {
        Predictor::None => line::to_native(bytes, order, sample_bytes),
        Predictor::Integers => {
            line::to_native(bytes, order, sample_bytes);
            predict::integers(bytes, row_bytes, sample_bytes, stride);
        }
        Predictor::Floats => predict::floats(bytes, row_bytes, sample_bytes, stride, planes),
    }
}

/// Puts the samples of a strip or tile in their places.
pub(super) fn place(
    page: &Page,
    chunk: &Chunk,
    bytes: &[u8],
    order: ByteOrder,
    line: &mut Vec<u8>,
    frame: &mut Frame,
) {
    let Some(units) = page.units() else {
        let row_bytes = page.row_bytes().unwrap_or(usize::MAX);
        let rows = bytes.chunks_exact(row_bytes.max(1));
        return place_rows(page, chunk, rows, order, line, frame);
    };
    let row_bytes = page.chunk.0 as usize * 3;
    line.clear();
    line.resize(row_bytes * chunk.rows as usize, 0);
    units.convert(bytes, page.chunk.0, line);
    let width = page.width as usize * 3;
    let start = chunk.column as usize * 3;
    let targets = frame_rows(page, chunk, frame).chunks_exact_mut(width);
    for (target, row) in targets.zip(line.chunks_exact(row_bytes)) {
        let target = target.get_mut(start..).unwrap_or_default();
        for (to, from) in target.iter_mut().zip(row) {
            *to = *from;
        }
    }
}

/// Puts rows of stored samples in their places.
pub(super) fn place_rows<'r>(
    page: &Page,
    chunk: &Chunk,
    rows: impl Iterator<Item = &'r [u8]>,
    order: ByteOrder,
    line: &mut Vec<u8>,
    frame: &mut Frame,
) {
    let format = page.format();
    let sample_bytes = format.sample.bytes();
    let channels = format.color.channels();
    let row_bytes = format.row_bytes().unwrap_or(0);
    let samples = page.chunk_samples();
    let columns = chunk.columns as usize;
    let start = chunk.column as usize * channels * sample_bytes;
    let targets = frame_rows(page, chunk, frame).chunks_exact_mut(row_bytes.max(1));
    for (target, row) in targets.zip(rows) {
        let target = target.get_mut(start..).unwrap_or_default();
        let mut stored = page.stored(order);
        if chunk.sample > 0 && matches!(page.meaning, Meaning::Channels(_)) {
            stored.inverted_step = 0;
        }
        if let Meaning::Palette(map) = &page.meaning {
            let length = (columns * channels * sample_bytes).min(target.len());
            let target = target.get_mut(..length).unwrap_or_default();
            line::look_up(row, stored, map, line, target);
            continue;
        }
        if samples == channels {
            let length = (columns * channels * sample_bytes).min(target.len());
            stored.expand(row, target.get_mut(..length).unwrap_or_default());
            continue;
        }
        line.resize(columns * samples * sample_bytes, 0);
        stored.expand(row, line);
        // One of several samples becomes a plane, or one plane a channel.
        let (from, to) = if samples > 1 {
            (chunk.plane, 0)
        } else {
            (0, chunk.sample)
        };
        match sample_bytes {
            1 => scatter::<1>(line, samples, from, target, channels, to),
            2 => scatter::<2>(line, samples, from, target, channels, to),
            4 => scatter::<4>(line, samples, from, target, channels, to),
            _ => scatter::<8>(line, samples, from, target, channels, to),
        }
    }
}

/// Copies sample `from` of each pixel to channel `to`.
fn scatter<const N: usize>(
    line: &[u8],
    samples: usize,
    from: usize,
    target: &mut [u8],
    channels: usize,
    to: usize,
) {
    let pixels = line.as_chunks::<N>().0.chunks_exact(samples.max(1));
    let targets = target
        .as_chunks_mut::<N>()
        .0
        .chunks_exact_mut(channels.max(1));
    for (target, pixel) in targets.zip(pixels) {
        if let (Some(target), Some(sample)) = (target.get_mut(to), pixel.get(from)) {
            *target = *sample;
        }
    }
}
