//! Colour from a Bayer mosaic, by bilinear interpolation.

use pimage_core::{Error, Frame, Limits, Sample};

/// Which channel a pixel of the mosaic has: 0 red, 1 green, 2 blue, for the four places of the pattern.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mosaic {
    channels: [usize; 4],
}

impl Mosaic {
    /// The mosaic of a pattern such as `RGGB`.
    pub(super) fn of(pattern: &str) -> Option<Self> {
        let mut channels = [0; 4];
        if pattern.len() != 4 {
            return None;
        }
        for (channel, letter) in channels.iter_mut().zip(pattern.chars()) {
            *channel = "RGB".find(letter)?;
        }
        Some(Self { channels })
    }

    const fn channel(self, x: usize, y: usize) -> usize {
        self.channels[(y % 2) * 2 + x % 2]
    }

    /// Each missing channel is the mean of the neighbours, up to eight, that have it; rounded to the nearest.
    ///
    /// `color` is given `format`, RGB of the same size and type as `gray`.
    pub(super) fn interpolate(
        self,
        gray: &Frame,
        color: &mut Frame,
        limits: &Limits,
    ) -> Result<(), Error> {
        let mut format = *gray.format();
        format.color = pimage_core::Color::Rgb;
        color.reset(&format, limits)?;
        self.fill::<u8>(gray, color);
        self.fill::<u16>(gray, color);
        Ok(())
    }

    /// Fills `color` when both are of type `T`.
    fn fill<T: Sample + Into<u32> + TryFrom<u32>>(self, gray: &Frame, color: &mut Frame) {
        let (Some(source), Some(mut target)) = (gray.view::<T>(), color.view_mut::<T>()) else {
            return;
        };
        let (height, width, _) = source.dim();
        for ((y, x, channel), sample) in target.indexed_iter_mut() {
            let Some(own) = source.get((y, x, 0)).copied() else {
                continue;
            };
            if self.channel(x, y) == channel {
                *sample = own;
                continue;
            }
            let (mut sum, mut count) = (0u32, 0u32);
            for near_y in y.saturating_sub(1)..(y + 2).min(height) {
                for near_x in x.saturating_sub(1)..(x + 2).min(width) {
                    if self.channel(near_x, near_y) == channel
                        && let Some(near) = source.get((near_y, near_x, 0))
                    {
                        sum += (*near).into();
                        count += 1;
                    }
                }
            }
            // A mosaic one pixel wide has no such neighbour.
            let mean = (sum + count / 2).checked_div(count);
            *sample = mean.and_then(|mean| T::try_from(mean).ok()).unwrap_or(own);
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;
    use pimage_core::{Color, SampleType};

    use super::*;

    #[test]
    fn flat_colours_come_back_exactly() {
        for pattern in ["RGGB", "BGGR", "GRBG", "GBRG"] {
            let mosaic = Mosaic::of(pattern).expect("is a pattern");
            let rgb = [900u16, 512, 77];
            let array = Array3::from_shape_fn((5, 6, 1), |(y, x, _)| rgb[mosaic.channel(x, y)]);
            let gray = Frame::from_array(array, Color::Gray).expect("is gray");
            let mut color = Frame::empty();
            mosaic
                .interpolate(&gray, &mut color, &Limits::default())
                .expect("is small");
            assert_eq!(color.format().color, Color::Rgb);
            assert_eq!(color.format().sample, SampleType::U16);
            let samples = color.samples::<u16>().expect("is u16");
            assert!(samples.chunks(3).all(|pixel| pixel == rgb), "{pattern}");
        }
        assert!(Mosaic::of("RGB").is_none() && Mosaic::of("RGGX").is_none());
    }

    #[test]
    fn neighbours_are_averaged() {
        let mosaic = Mosaic::of("RGGB").expect("is a pattern");
        let array = Array3::from_shape_vec((2, 3, 1), vec![10u8, 20, 31, 40, 50, 60]);
        let gray = Frame::from_array(array.expect("fits"), Color::Gray).expect("is gray");
        let mut color = Frame::empty();
        mosaic
            .interpolate(&gray, &mut color, &Limits::default())
            .expect("is small");
        let view = color.view::<u8>().expect("is u8");
        // The green pixel at (1, 0): red from left and right, blue from below.
        let pixel = [view[[0, 1, 0]], view[[0, 1, 1]], view[[0, 1, 2]]];
        assert_eq!(pixel, [21, 20, 50]);
    }
}
