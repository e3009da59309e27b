//! Interleaved RGB to planes.

use crate::{Matrix, Range, YuvSample};

/// The planes of a YUV picture to be filled.
#[derive(Debug)]
pub struct PlanesMut<'a, T> {
    /// Luma.
    pub y: &'a mut [T],
    /// Blue difference (green, for `YCgCo`).
    pub u: &'a mut [T],
    /// Red difference (orange, for `YCgCo`).
    pub v: &'a mut [T],
    /// Samples from one row to the next, of Y, U and V.
    pub strides: [usize; 3],
    /// Samples in a row of luma.
    pub width: usize,
    /// Rows of luma.
    pub height: usize,
    /// log2 of how many pixels share a chroma sample, across and down.
    pub chroma_shift: (u32, u32),
}

/// Fills planes of `depth` bits from the first three channels of `rgb`, of which `shape` says the pixels in a row and the channels.
///
/// Shared chroma is the mean of the pixels that share it. Where the planes are wider or higher than the picture, the last pixels repeat.
pub fn yuv_from_rgb<T: YuvSample>(
    rgb: &[T],
    shape: (usize, usize),
    depth: u32,
    matrix: Matrix,
    range: Range,
    planes: &mut PlanesMut<'_, T>,
) {
    let (width, channels) = shape;
    let size = (planes.width, planes.height);
    if width == 0 || channels < 3 || size.0 == 0 {
        return;
    }
    let coefficients = Coefficients::new(depth, matrix, range);
    let height = rgb.len() / (width * channels);
    let line = |y: usize| {
        let start = y.min(height.saturating_sub(1)) * width * channels;
        rgb.get(start..start + width * channels).unwrap_or(&[])
    };
    let (across, down) = planes.chroma_shift;
    let (wide, high) = (1usize << across, 1usize << down);
    let chroma_width = size.0.div_ceil(wide);
    let mut sums = vec![[0f32; 3]; chroma_width];
    for group in 0..size.1.div_ceil(high) {
        sums.fill([0.0; 3]);
        let rows = group * high..((group + 1) * high).min(size.1);
        let row_count = rows.len();
        for y in rows {
            let pixels = line(y);
            let start = y * planes.strides[0];
            let Some(luma) = planes.y.get_mut(start..start + size.0) else {
                return;
            };
            for (x, luma) in luma.iter_mut().enumerate() {
                let [r, g, b] = pixel(pixels, x.min(width - 1), channels);
                *luma = coefficients.luma::<T>(r, g, b);
                if let Some(sum) = sums.get_mut(x >> across) {
                    sum[0] += r;
                    sum[1] += g;
                    sum[2] += b;
                }
            }
        }
        let [_, u_stride, v_stride] = planes.strides;
        for (x, sum) in sums.iter().enumerate() {
            let columns = wide.min(size.0 - x * wide);
            let weight = 1.0 / (columns * row_count) as f32;
            let [r, g, b] = sum.map(|sum| sum * weight);
            if let Some(u) = planes.u.get_mut(group * u_stride + x) {
                *u = coefficients.chroma(1, r, g, b);
            }
            if let Some(v) = planes.v.get_mut(group * v_stride + x) {
                *v = coefficients.chroma(2, r, g, b);
            }
        }
    }
}

#[inline]
fn pixel<T: YuvSample>(pixels: &[T], x: usize, channels: usize) -> [f32; 3] {
    match pixels.get(x * channels..x * channels + 3) {
        Some([r, g, b]) => [r.to_f32(), g.to_f32(), b.to_f32()],
        _ => [0.0; 3],
    }
}

/// The matrix with the range worked in, in single precision.
struct Coefficients {
    rows: [[f32; 3]; 3],
    offsets: [f32; 3],
    full: f32,
}

impl Coefficients {
    fn new(depth: u32, matrix: Matrix, range: Range) -> Self {
        let full = 2f64.powi(depth as i32) - 1.0;
        let (black, contrast) = range.luma(depth);
        let (middle, span) = range.chroma(depth);
        let [y, u, v] = matrix.rgb_to_yuv();
        let scaled = |row: [f64; 3], span: f64| row.map(|factor| (factor * span / full) as f32);
        Self {
            rows: [scaled(y, contrast), scaled(u, span), scaled(v, span)],
            offsets: [black, middle, middle].map(|offset| offset as f32 + 0.5),
            full: full as f32,
        }
    }

    #[inline]
    fn value<T: YuvSample>(&self, index: usize, r: f32, g: f32, b: f32) -> T {
        let [from_r, from_g, from_b] = self.rows[index];
        let value = r * from_r + g * from_g + b * from_b + self.offsets[index];
        T::from_f32(value.max(0.0).min(self.full))
    }

    #[inline]
    fn luma<T: YuvSample>(&self, r: f32, g: f32, b: f32) -> T {
        self.value(0, r, g, b)
    }

    #[inline]
    fn chroma<T: YuvSample>(&self, index: usize, r: f32, g: f32, b: f32) -> T {
        self.value(index, r, g, b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Planes, rgb_from_yuv};

    #[test]
    fn full_chroma_comes_back_within_a_level_or_two() {
        let rgb: Vec<u8> = (0..4096u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        let rgb = &rgb[..4095];
        for matrix in [Matrix::Bt601, Matrix::Bt709, Matrix::Bt2020] {
            for (range, tolerance) in [(Range::Full, 1), (Range::Limited, 2)] {
                let (mut y, mut u, mut v) = (vec![0u8; 1365], vec![0u8; 1365], vec![0u8; 1365]);
                let mut planes = PlanesMut {
                    y: &mut y,
                    u: &mut u,
                    v: &mut v,
                    strides: [1365; 3],
                    width: 1365,
                    height: 1,
                    chroma_shift: (0, 0),
                };
                yuv_from_rgb(rgb, (1365, 3), 8, matrix, range, &mut planes);
                let planes = Planes {
                    y: &y,
                    u: &u,
                    v: &v,
                    strides: [1365; 3],
                    width: 1365,
                    height: 1,
                    chroma_shift: (0, 0),
                };
                let mut back = vec![0u8; 4095];
                rgb_from_yuv(&planes, 8, matrix, range, 3, &mut back);
                let worst = rgb.iter().zip(&back).map(|(a, b)| a.abs_diff(*b)).max();
                assert!(worst <= Some(tolerance), "{matrix:?} {range:?}: {worst:?}");
            }
        }
    }

    #[test]
    fn padding_repeats_the_edge() {
        let (mut y, mut u, mut v) = (vec![0u8; 4], vec![0u8; 1], vec![0u8; 1]);
        let mut planes = PlanesMut {
            y: &mut y,
            u: &mut u,
            v: &mut v,
            strides: [2, 1, 1],
            width: 2,
            height: 2,
            chroma_shift: (1, 1),
        };
        yuv_from_rgb(
            &[90u8, 90, 90],
            (1, 3),
            8,
            Matrix::Bt601,
            Range::Full,
            &mut planes,
        );
        assert_eq!((y, u, v), (vec![90; 4], vec![128], vec![128]));
    }
}
