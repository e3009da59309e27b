//! Planes to interleaved RGB.

use crate::{Matrix, Range, YuvSample};

/// The planes of a YUV picture.
#[derive(Debug, Clone, Copy)]
pub struct Planes<'a, T> {
    /// Luma.
    pub y: &'a [T],
    /// Blue difference (green, for `YCgCo`).
    pub u: &'a [T],
    /// Red difference (orange, for `YCgCo`).
    pub v: &'a [T],
    /// Samples from one row to the next, of Y, U and V.
    pub strides: [usize; 3],
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// log2 of how many pixels share a chroma sample, across and down: (1, 1) is 4:2:0.
    pub chroma_shift: (u32, u32),
}

impl<T> Planes<'_, T> {
    /// Samples in a row of chroma.
    const fn chroma_width(&self) -> usize {
        self.width.div_ceil(1 << self.chroma_shift.0)
    }
}

/// `length` samples from `start`, or none when there are fewer.
fn row<T>(plane: &[T], start: usize, length: usize) -> &[T] {
    plane.get(start..start + length).unwrap_or(&[])
}

/// Fills the first three of `channels` channels of `rgb`, rows without padding, from planes of `depth` bits.
///
/// A plane that is too short leaves the rest of `rgb` as it was.
pub fn rgb_from_yuv<T: YuvSample>(
    planes: &Planes<'_, T>,
    depth: u32,
    matrix: Matrix,
    range: Range,
    channels: usize,
    rgb: &mut [T],
) {
    let width = planes.width;
    if width == 0 || channels < 3 {
        return;
    }
    let full = (2f64.powi(depth as i32) - 1.0) as f32;
    let (black, contrast) = range.luma(depth);
    let scale = (f64::from(full) / contrast) as f32;
    // Black and the half that rounds are taken together, so that a sample costs one product and two sums.
    let offset = 0.5 - (f64::from(full) / contrast * black) as f32;
    let mut chroma = Chroma::new(planes, depth, matrix, range);
    let mut colors = [vec![0f32; width], vec![0f32; width], vec![0f32; width]];
    for (y, line) in rgb
        .chunks_exact_mut(width * channels)
        .take(planes.height)
        .enumerate()
    {
        let luma = row(planes.y, y * planes.strides[0], width);
        let Some(adds) = chroma.of_row(planes, y) else {
            return;
        };
        for (color, add) in colors.iter_mut().zip(adds) {
            for ((value, &luma), &add) in color.iter_mut().zip(luma).zip(add) {
                *value = (luma.to_f32() * scale + offset + add).max(0.0).min(full);
            }
        }
        let [red, green, blue] = &colors;
        for (((pixel, &red), &green), &blue) in line
            .chunks_exact_mut(channels)
            .zip(red)
            .zip(green)
            .zip(blue)
        {
            if let [r, g, b, ..] = pixel {
                *r = T::from_f32(red);
                *g = T::from_f32(green);
                *b = T::from_f32(blue);
            }
        }
    }
}

/// What the chroma of one row adds to red, green and blue of each pixel.
struct Chroma {
    factors: [(f32, f32); 3],
    middle: f32,
    /// The row of chroma that `adds` was made of.
    current: Option<usize>,
    adds: [Vec<f32>; 3],
}

impl Chroma {
    fn new<T>(planes: &Planes<'_, T>, depth: u32, matrix: Matrix, range: Range) -> Self {
        let full = 2f64.powi(depth as i32) - 1.0;
        let (middle, span) = range.chroma(depth);
        let factors = matrix
            .chroma_to_rgb()
            .map(|(u, v)| ((u * full / span) as f32, (v * full / span) as f32));
        Self {
            factors,
            middle: middle as f32,
            current: None,
            adds: std::array::from_fn(|_| vec![0.0; planes.width]),
        }
    }

    fn of_row<T: YuvSample>(&mut self, planes: &Planes<'_, T>, y: usize) -> Option<&[Vec<f32>; 3]> {
        let (across, down) = planes.chroma_shift;
        let line = y >> down;
        if self.current != Some(line) {
            let length = planes.chroma_width();
            let u = row(planes.u, line * planes.strides[1], length);
            let v = row(planes.v, line * planes.strides[2], length);
            if u.len() < length || v.len() < length {
                return None;
            }
            for (adds, &(from_u, from_v)) in self.adds.iter_mut().zip(&self.factors) {
                for ((group, &u), &v) in adds.chunks_mut(1 << across).zip(u).zip(v) {
                    let add =
                        (u.to_f32() - self.middle) * from_u + (v.to_f32() - self.middle) * from_v;
                    group.fill(add);
                }
            }
            self.current = Some(line);
        }
        Some(&self.adds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The formula in double precision, as H.273 has it.
    fn exact(yuv: [f64; 3], depth: u32, matrix: Matrix, range: Range) -> [f64; 3] {
        let full = 2f64.powi(depth as i32) - 1.0;
        let (black, contrast) = range.luma(depth);
        let (middle, span) = range.chroma(depth);
        let luma = (yuv[0] - black) / contrast;
        let (u, v) = ((yuv[1] - middle) / span, (yuv[2] - middle) / span);
        matrix
            .chroma_to_rgb()
            .map(|(from_u, from_v)| ((luma + from_u * u + from_v * v) * full).clamp(0.0, full))
    }

    fn check<T: YuvSample + PartialEq + std::fmt::Debug + Default>(depth: u32, values: &[T]) {
        for matrix in [Matrix::Bt601, Matrix::Bt709, Matrix::Bt2020, Matrix::YCgCo] {
            for range in [Range::Full, Range::Limited] {
                for &y in values {
                    for &u in values {
                        for &v in values {
                            let planes = Planes {
                                y: &[y],
                                u: &[u],
                                v: &[v],
                                strides: [1, 1, 1],
                                width: 1,
                                height: 1,
                                chroma_shift: (0, 0),
                            };
                            let mut rgb = [T::default(); 3];
                            rgb_from_yuv(&planes, depth, matrix, range, 3, &mut rgb);
                            let yuv = [y, u, v].map(|value| f64::from(value.to_f32()));
                            for (found, expected) in
                                rgb.into_iter().zip(exact(yuv, depth, matrix, range))
                            {
                                let error = (f64::from(found.to_f32()) - expected).abs();
                                assert!(
                                    error <= 0.5 + 0.01,
                                    "{matrix:?} {range:?} {yuv:?}: {found:?} for {expected}"
                                );
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn every_depth_is_the_nearest_to_the_formula() {
        let eight: Vec<u8> = (0..=255).step_by(15).collect();
        check(8, &eight);
        for depth in [9, 10, 12, 14, 16] {
            let top = (1u32 << depth) - 1;
            let values: Vec<u16> = (0..=12).map(|i| (top * i / 12) as u16).collect();
            check(depth, &values);
        }
    }

    #[test]
    fn odd_sizes_share_their_last_chroma() {
        let planes = Planes {
            y: &[100u8; 9],
            u: &[128, 200, 128, 128],
            v: &[128, 128, 128, 200],
            strides: [3, 2, 2],
            width: 3,
            height: 3,
            chroma_shift: (1, 1),
        };
        let mut rgb = [0u8; 27];
        rgb_from_yuv(&planes, 8, Matrix::Bt601, Range::Full, 3, &mut rgb);
        assert_eq!(rgb[0..3], [100, 100, 100]);
        assert!(rgb[8] > 200, "the blue of the right column");
        assert!(rgb[24] > 180, "the red of the corner");
        assert_eq!(rgb[18..21], [100, 100, 100]);
    }

    #[test]
    fn a_short_plane_is_not_read_beyond_its_end() {
        let planes = Planes {
            y: &[100u8; 4],
            u: &[],
            v: &[],
            strides: [2, 1, 1],
            width: 2,
            height: 2,
            chroma_shift: (1, 1),
        };
        let mut rgb = [7u8; 12];
        rgb_from_yuv(&planes, 8, Matrix::Bt601, Range::Full, 3, &mut rgb);
        assert_eq!(rgb, [7; 12]);
    }
}
