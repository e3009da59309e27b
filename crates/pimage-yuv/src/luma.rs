//! Gray pictures of colour video.

use crate::{Matrix, Range, YuvSample};

/// Stored luma to gray levels over the full range, by a table.
#[derive(Debug, Clone)]
pub struct LumaTable<T>(Option<Vec<T>>);

impl<T: YuvSample> LumaTable<T> {
    /// The table for luma of `depth` bits; full-range luma needs none.
    #[must_use]
    pub fn new(depth: u32, range: Range) -> Self {
        if range == Range::Full {
            return Self(None);
        }
        let (black, contrast) = range.luma(depth);
        let full = 2f64.powi(depth as i32) - 1.0;
        let level = |stored: u32| {
            let value = (f64::from(stored) - black) / contrast * full;
            T::from_f32((value.clamp(0.0, full) + 0.5).floor() as f32)
        };
        Self(Some((0..1u32 << depth).map(level).collect()))
    }

    /// Writes the gray levels of a row of luma.
    pub fn apply(&self, luma: &[T], gray: &mut [T]) {
        match &self.0 {
            None => {
                let length = luma.len().min(gray.len());
                if let (Some(gray), Some(luma)) = (gray.get_mut(..length), luma.get(..length)) {
                    gray.copy_from_slice(luma);
                }
            }
            Some(table) => {
                for (gray, luma) in gray.iter_mut().zip(luma) {
                    // Bits above the depth are not part of the sample.
                    if let Some(&level) = table.get(luma.to_usize() & (table.len() - 1)) {
                        *gray = level;
                    }
                }
            }
        }
    }
}

/// Writes the luma of interleaved pixels, of which the first three channels are red, green and blue; full range in and out.
pub fn luma_of_rgb<T: YuvSample>(rgb: &[T], channels: usize, matrix: Matrix, gray: &mut [T]) {
    let (red, blue) = matrix.weights();
    let green = (1.0 - red - blue) as f32;
    let (red, blue) = (red as f32, blue as f32);
    for (gray, pixel) in gray.iter_mut().zip(rgb.chunks_exact(channels.max(1))) {
        if let [r, g, b, ..] = pixel {
            *gray = T::from_f32(r.to_f32() * red + g.to_f32() * green + b.to_f32() * blue + 0.5);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limited_luma_fills_the_range() {
        let mut gray = [0u8; 5];
        LumaTable::new(8, Range::Limited).apply(&[0, 16, 126, 235, 255], &mut gray);
        assert_eq!(gray, [0, 0, 128, 255, 255]);
        let mut gray = [0u16; 3];
        LumaTable::new(10, Range::Limited).apply(&[64, 940, 1023], &mut gray);
        assert_eq!(gray, [0, 1023, 1023]);
    }

    #[test]
    fn gray_pixels_have_their_own_luma() {
        let rgb: Vec<u8> = (0..=255).flat_map(|level| [level; 3]).collect();
        let mut gray = [0u8; 256];
        luma_of_rgb(&rgb, 3, Matrix::Bt709, &mut gray);
        assert!(
            gray.iter()
                .enumerate()
                .all(|(level, &luma)| level == usize::from(luma))
        );
    }
}
