//! From stored planes to gray or RGB frames, and back.

use pimage_core::{Error, Frame, Limits};
use pimage_yuv::{
    LumaTable, Matrix, Planes, PlanesMut, Range, YuvSample, rgb_from_yuv, yuv_from_rgb,
};

use super::layout::{Layout, Sampling};

/// Turns the bytes of a frame into pixels.
pub(super) struct Unpacker {
    layout: Layout,
    gray: bool,
    limits: Limits,
    /// Samples of more than 8 bits, aligned.
    wide: Vec<u16>,
    /// Full-range value of each stored luma, for 8 and for more bits.
    levels: (LumaTable<u8>, LumaTable<u16>),
}

impl Unpacker {
    /// For frames of `layout`; `gray` delivers luma only.
    pub(super) fn new(layout: &Layout, gray: bool, limits: &Limits) -> Self {
        // Frames without chroma are delivered as they are stored.
        let range = match layout.sampling {
            Sampling::Mono => Range::Full,
            _ => layout.range(),
        };
        let depth = u32::from(layout.depth);
        Self {
            layout: layout.clone(),
            gray,
            limits: *limits,
            wide: Vec::new(),
            levels: (
                LumaTable::new(depth.min(8), range),
                LumaTable::new(depth, range),
            ),
        }
    }

    /// Fills the pixels of `frame`; `bytes` are as many as [`Layout::frame_bytes`].
    pub(super) fn unpack(&mut self, bytes: &[u8], frame: &mut Frame) -> Result<(), Error> {
        frame.reset(&self.layout.format(self.gray), &self.limits)?;
        if self.layout.depth > 8 {
            let pairs = bytes.as_chunks::<2>().0;
            self.wide.clear();
            self.wide
                .extend(pairs.iter().map(|pair| u16::from_le_bytes(*pair)));
            let target = frame.samples_mut::<u16>().unwrap_or_default();
            self.convert(&self.wide, &self.levels.1, target);
        } else {
            let target = frame.samples_mut::<u8>().unwrap_or_default();
            self.convert(bytes, &self.levels.0, target);
        }
        Ok(())
    }

    fn convert<T: YuvSample>(&self, stored: &[T], levels: &LumaTable<T>, target: &mut [T]) {
        let (luma, chroma) = self.layout.plane_samples();
        let (y, rest) = stored.split_at_checked(luma).unwrap_or((stored, &[]));
        if self.gray || self.layout.sampling == Sampling::Mono {
            levels.apply(y, target);
            return;
        }
        let (u, v) = rest.split_at_checked(chroma).unwrap_or((rest, &[]));
        let (width, height) = (self.layout.width as usize, self.layout.height as usize);
        let (columns, _) = self.layout.chroma_size();
        let planes = Planes {
            y,
            u,
            v,
            strides: [width, columns, columns],
            width,
            height,
            chroma_shift: self.layout.sampling.chroma_shift(),
        };
        let depth = u32::from(self.layout.depth);
        let (matrix, range) = (self.layout.matrix(), self.layout.range());
        rgb_from_yuv(&planes, depth, matrix, range, 3, target);
    }
}

/// The three full-range planes of an RGB frame, one after the other, little-endian; `None` for a depth that y4m does not name.
pub(super) fn planes_from_rgb(frame: &Frame, matrix: Matrix) -> Option<Vec<u8>> {
    if let Some(source) = frame.samples::<u8>() {
        return Some(planes(frame, source, matrix));
    }
    let source = frame.samples::<u16>()?;
    if !matches!(frame.format().bit_depth, 10 | 12 | 14 | 16) {
        return None;
    }
    let planes = planes(frame, source, matrix);
    Some(
        planes
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect(),
    )
}

fn planes<T: YuvSample + Default>(frame: &Frame, source: &[T], matrix: Matrix) -> Vec<T> {
    let format = frame.format();
    let (width, height) = (format.width as usize, format.height as usize);
    let mut planes = vec![T::default(); width * height * 3];
    let (y, rest) = planes.split_at_mut(width * height);
    let (u, v) = rest.split_at_mut(width * height);
    let mut target = PlanesMut {
        y,
        u,
        v,
        strides: [width; 3],
        width,
        height,
        chroma_shift: (0, 0),
    };
    let depth = u32::from(format.bit_depth);
    yuv_from_rgb(source, (width, 3), depth, matrix, Range::Full, &mut target);
    planes
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use pimage_core::{Color, FrameFormat, SampleType};
    use pimage_testkit::{Noise, noise_frame};

    use super::*;

    /// RGB by the definition, rounded once.
    fn exact(y: f64, u: f64, v: f64, layout: &Layout) -> [f64; 3] {
        let scale = 2f64.powi(i32::from(layout.depth) - 8);
        let top = 2f64.powi(i32::from(layout.depth)) - 1.0;
        let (y, u, v) = if layout.is_full_range {
            let middle = 128.0 * scale;
            (y / top, (u - middle) / top, (v - middle) / top)
        } else {
            let chroma = 224.0 * scale;
            (
                (y - 16.0 * scale) / (219.0 * scale),
                (u - 128.0 * scale) / chroma,
                (v - 128.0 * scale) / chroma,
            )
        };
        let (kr, kb) = match layout.matrix() {
            Matrix::Bt709 => (0.2126, 0.0722),
            _ => (0.299, 0.114),
        };
        let (r, b) = (y + 2.0 * (1.0 - kr) * v, y + 2.0 * (1.0 - kb) * u);
        let g = (y - kr * r - kb * b) / (1.0 - kr - kb);
        [r, g, b].map(|value| (value * top).clamp(0.0, top).round())
    }

    #[test]
    fn colour_is_within_a_level_of_the_definition() {
        for (line, tolerance) in [
            ("W6 H5 C420jpeg", 1.0),
            ("W6 H5 C420jpeg XCOLORRANGE=FULL", 1.0),
            ("W7 H5 C422", 1.0),
            ("W9 H5 C411", 1.0),
            ("W8 H721 C444", 1.0),
            ("W6 H5 C420p10", 1.0),
            ("W7 H5 C422p12 XCOLORRANGE=FULL", 1.0),
            ("W6 H5 C444p14", 1.0),
            ("W6 H5 C444p16", 1.0),
        ] {
            let header = format!("YUV4MPEG2 {line}");
            let layout = Layout::parse(Path::new("a"), header.as_bytes()).expect(line);
            let mut noise = Noise::new(9);
            let top = 1u64 << layout.depth;
            let (luma, chroma) = layout.plane_samples();
            // Luma below black, which no camera means, is taken as black.
            let black = if layout.is_full_range { 0 } else { top / 16 };
            let samples: Vec<u64> = (0..luma + 2 * chroma)
                .map(|place| {
                    let sample = noise.below(top);
                    if place < luma {
                        sample.max(black)
                    } else {
                        sample
                    }
                })
                .collect();
            let bytes: Vec<u8> = samples
                .iter()
                .flat_map(|sample| {
                    sample
                        .to_le_bytes()
                        .into_iter()
                        .take(if top > 256 { 2 } else { 1 })
                })
                .collect();
            let mut frame = Frame::empty();
            let mut unpacker = Unpacker::new(&layout, false, &Limits::default());
            unpacker.unpack(&bytes, &mut frame).expect(line);
            let found = pimage_testkit::sample_values(&frame);
            let (width, (columns, _)) = (layout.width as usize, layout.chroma_size());
            let (across, down) = match layout.sampling {
                Sampling::S420 => (2, 2),
                Sampling::S422 => (2, 1),
                Sampling::S411 => (4, 1),
                _ => (1, 1),
            };
            for place in 0..luma {
                let (x, y) = (place % width, place / width);
                let at = luma + y / down * columns + x / across;
                let expected = exact(
                    samples[place] as f64,
                    samples[at] as f64,
                    samples[at + chroma] as f64,
                    &layout,
                );
                for channel in 0..3 {
                    let difference = (found[place * 3 + channel] - expected[channel]).abs();
                    assert!(
                        difference <= tolerance,
                        "{line}: ({x}, {y}) channel {channel} is {}, exactly {}",
                        found[place * 3 + channel],
                        expected[channel]
                    );
                }
            }
        }
    }

    #[test]
    fn rgb_comes_back_within_two_levels() {
        for (sample, depth, tolerance) in [
            (SampleType::U8, 8, 2.0),
            (SampleType::U16, 10, 2.0),
            (SampleType::U16, 12, 2.0),
            (SampleType::U16, 16, 2.0),
        ] {
            let format = FrameFormat::new(9, 4, Color::Rgb, sample).with_bit_depth(depth);
            let frame = noise_frame(4, 0, format);
            let planes = planes_from_rgb(&frame, Matrix::Bt601).expect("a depth with a converter");
            let line = match depth {
                8 => "YUV4MPEG2 W9 H4 C444 XCOLORRANGE=FULL".to_owned(),
                _ => format!("YUV4MPEG2 W9 H4 C444p{depth} XCOLORRANGE=FULL"),
            };
            let layout = Layout::parse(Path::new("a"), line.as_bytes()).expect("is read");
            let mut unpacker = Unpacker::new(&layout, false, &Limits::default());
            let mut back = Frame::empty();
            unpacker.unpack(&planes, &mut back).expect("converts");
            pimage_testkit::assert_frames_close(&back, &frame, tolerance);
        }
    }
}
