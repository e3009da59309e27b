//! A gray clip like those of behaviour cameras: animals that move over a textured floor, with the index burnt in.

use ndarray::{Array3, ArrayViewMut3, s};
use pimage_core::{Color, Frame, Stamp};

use crate::Noise;

/// Bits of the index that are burnt in.
const BARCODE_BITS: usize = 24;

/// Frame `index` of the clip, gray `U8`: floor, two moving animals, sensor noise, and a barcode in the top rows.
///
/// The barcode survives lossy coding; [`barcode_of`] reads it from frames at least 48 wide and 8 high.
#[must_use]
pub fn behaviour_frame(index: u64, width: u32, height: u32) -> Frame {
    let (columns, rows) = (width as usize, height as usize);
    let mut array = Array3::<u8>::zeros((rows, columns, 1));
    let seconds = index as f64 / 25.0;
    let (w, h) = (f64::from(width), f64::from(height));
    let animals = [(0.7, 0.31, 0.06, 40.0), (-0.43, 0.57, 0.09, 70.0)].map(
        |(across, along, size, gray): (f64, f64, f64, f64)| {
            let x = w * (0.5 + 0.35 * (seconds * across).sin());
            let y = h * (0.55 + 0.3 * (seconds * along).cos());
            (x, y, size * w.min(h), gray)
        },
    );
    let mut noise = Noise::new(index.wrapping_add(1) << 20);
    for ((y, x, _), sample) in array.indexed_iter_mut() {
        let (px, py) = (x as f64, y as f64);
        let mut value = 150.0 + 25.0 * (px / w) + 6.0 * ((px / 7.0).sin() + (py / 9.0).cos());
        for (ax, ay, radius, gray) in animals {
            let distance = ((px - ax).powi(2) + (1.8 * (py - ay)).powi(2)).sqrt();
            // A soft edge two pixels wide.
            let inside = ((radius - distance) / 2.0).clamp(0.0, 1.0);
            value += inside * (gray - value);
        }
        value += (noise.next_u64() % 7) as f64 - 3.0;
        *sample = value.clamp(0.0, 255.0) as u8;
    }
    burn_in(array.view_mut(), index);
    let mut frame = Frame::from_array(array, Color::Gray).expect("one channel is gray");
    frame.stamp = Stamp::at(index);
    frame
}

/// Width of a bar and height of the barcode, pixels.
fn bar_size(width: usize, height: usize) -> (usize, usize) {
    (width / BARCODE_BITS, (height / 8).clamp(1, 16))
}

fn burn_in(mut array: ArrayViewMut3<'_, u8>, index: u64) {
    let (height, width, _) = array.dim();
    let (bar, rows) = bar_size(width, height);
    for bit in 0..BARCODE_BITS {
        let value = if index >> bit & 1 == 1 { 235 } else { 20 };
        let columns = bit * bar..(bit + 1) * bar;
        array.slice_mut(s![0..rows, columns, ..]).fill(value);
    }
}

/// The index that [`behaviour_frame`] burnt into a frame; `None` when it is not gray or RGB `U8` or too small.
#[must_use]
pub fn barcode_of(frame: &Frame) -> Option<u64> {
    let view = frame.view::<u8>()?;
    let (height, width, _) = view.dim();
    let (bar, rows) = bar_size(width, height);
    if bar == 0 || height == 0 {
        return None;
    }
    let mut index = 0;
    for bit in 0..BARCODE_BITS {
        let bars = view.slice(s![0..rows, bit * bar..(bit + 1) * bar, 0]);
        let sum: u64 = bars.iter().map(|&sample| u64::from(sample)).sum();
        if sum > 127 * bars.len() as u64 {
            index |= 1 << bit;
        }
    }
    Some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_barcode_tells_the_index() {
        for index in [0, 1, 2, 999, 123_456] {
            for (width, height) in [(640, 512), (48, 8), (161, 97)] {
                let frame = behaviour_frame(index, width, height);
                assert_eq!(barcode_of(&frame), Some(index));
            }
        }
    }

    #[test]
    fn the_clip_moves_and_has_noise() {
        let (first, second) = (behaviour_frame(0, 64, 48), behaviour_frame(1, 64, 48));
        let changed = first
            .bytes()
            .iter()
            .zip(second.bytes())
            .filter(|(a, b)| a != b)
            .count();
        assert!(changed > 64 * 48 / 2, "{changed} pixels changed");
    }
}
