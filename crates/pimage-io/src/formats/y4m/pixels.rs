//! From stored planes to gray or RGB frames, and back.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pimage_core::{Frame, Limits};
use yuv::{
    BufferStoreMut, YuvConversionMode, YuvError, YuvPlanarImage, YuvPlanarImageMut, YuvRange,
    YuvStandardMatrix,
};

use super::layout::{Layout, Matrix, Sampling};

impl Matrix {
    const fn standard(self) -> YuvStandardMatrix {
        match self {
            Self::Bt601 => YuvStandardMatrix::Bt601,
            Self::Bt709 => YuvStandardMatrix::Bt709,
        }
    }
}

/// Turns the bytes of a frame into pixels.
pub(super) struct Unpacker {
    layout: Layout,
    gray: bool,
    limits: Limits,
    /// Samples of more than 8 bits, aligned.
    wide: Vec<u16>,
    /// Chroma planes of 4:1:1 drawn out to full width.
    drawn_out: Vec<u8>,
    /// Full-range value of each limited-range luma.
    expanded: Vec<u16>,
}

impl Unpacker {
    /// For frames of `layout`; `gray` delivers luma only.
    pub(super) fn new(layout: &Layout, gray: bool, limits: &Limits) -> Self {
        let needs_table = gray && layout.sampling != Sampling::Mono && !layout.is_full_range;
        Self {
            layout: layout.clone(),
            gray,
            limits: *limits,
            wide: Vec::new(),
            drawn_out: Vec::new(),
            expanded: if needs_table {
                full_range_table(layout.depth)
            } else {
                Vec::new()
            },
        }
    }

    /// Fills the pixels of `frame`; `bytes` are as many as [`Layout::frame_bytes`].
    pub(super) fn unpack(
        &mut self,
        bytes: &[u8],
        frame: &mut Frame,
    ) -> Result<(), pimage_core::Error> {
        let format = self.layout.format(self.gray);
        frame.reset(&format, &self.limits)?;
        let part = "the conversion from YUV";
        let converted = catch_unwind(AssertUnwindSafe(|| {
            if self.layout.depth > 8 {
                self.widen(bytes);
                self.unpack_wide(frame)
            } else {
                self.unpack_narrow(bytes, frame)
            }
        }));
        match converted {
            Ok(converted) => converted.map_err(|error| pimage_core::Error::Internal {
                part: part.to_owned(),
                reason: error.to_string(),
            }),
            Err(panic) => Err(pimage_core::Error::from_panic(part, &*panic)),
        }
    }

    fn widen(&mut self, bytes: &[u8]) {
        let pairs = bytes.as_chunks::<2>().0;
        self.wide.clear();
        self.wide
            .extend(pairs.iter().map(|pair| u16::from_le_bytes(*pair)));
    }

    fn unpack_narrow(&mut self, bytes: &[u8], frame: &mut Frame) -> Result<(), YuvError> {
        let (luma, chroma) = self.layout.plane_samples();
        let (y, rest) = bytes.split_at_checked(luma).unwrap_or((bytes, &[]));
        let target = frame.samples_mut::<u8>().unwrap_or_default();
        if self.gray || self.layout.sampling == Sampling::Mono {
            for (target, source) in target.iter_mut().zip(y) {
                *target = match self.expanded.get(usize::from(*source)) {
                    // The table of 8 bits holds 8 bits.
                    Some(value) => *value as u8,
                    None => *source,
                };
            }
            return Ok(());
        }
        let (u, v) = rest.split_at_checked(chroma).unwrap_or((rest, &[]));
        let (width, height) = (self.layout.width, self.layout.height);
        let (range, matrix) = (self.range(), self.layout.matrix().standard());
        let stride = width * 3;
        if self.layout.sampling == Sampling::S411 {
            self.draw_out(u, v);
            let (u, v) = self.drawn_out.split_at_checked(luma).unwrap_or_default();
            let image = image(y, u, v, (width, height), width);
            return yuv::yuv444_to_rgb(&image, target, stride, range, matrix);
        }
        let (columns, _) = self.layout.chroma_size();
        let image = image(y, u, v, (width, height), columns as u32);
        match self.layout.sampling {
            Sampling::S420 => yuv::yuv420_to_rgb(&image, target, stride, range, matrix),
            Sampling::S422 => yuv::yuv422_to_rgb(&image, target, stride, range, matrix),
            _ => yuv::yuv444_to_rgb(&image, target, stride, range, matrix),
        }
    }

    /// Repeats each chroma sample of 4:1:1 four times.
    fn draw_out(&mut self, u: &[u8], v: &[u8]) {
        let width = self.layout.width as usize;
        let columns = width.div_ceil(4);
        self.drawn_out.clear();
        for plane in [u, v] {
            for row in plane.chunks_exact(columns) {
                let repeated = row.iter().flat_map(|sample| [*sample; 4]);
                self.drawn_out.extend(repeated.take(width));
            }
        }
    }

    fn unpack_wide(&self, frame: &mut Frame) -> Result<(), YuvError> {
        let (luma, chroma) = self.layout.plane_samples();
        let (y, rest) = self.wide.split_at_checked(luma).unwrap_or_default();
        let target = frame.samples_mut::<u16>().unwrap_or_default();
        if self.gray || self.layout.sampling == Sampling::Mono {
            for (target, source) in target.iter_mut().zip(y) {
                let expanded = self.expanded.get(usize::from(*source));
                *target = expanded.copied().unwrap_or(*source);
            }
            return Ok(());
        }
        let (u, v) = rest.split_at_checked(chroma).unwrap_or((rest, &[]));
        let (width, height) = (self.layout.width, self.layout.height);
        let (columns, _) = self.layout.chroma_size();
        let image = image(y, u, v, (width, height), columns as u32);
        let convert = match (self.layout.sampling, self.layout.depth) {
            (Sampling::S420, 10) => yuv::i010_to_rgb10,
            (Sampling::S420, 12) => yuv::i012_to_rgb12,
            (Sampling::S420, 14) => yuv::i014_to_rgb14,
            (Sampling::S420, _) => yuv::i016_to_rgb16,
            (Sampling::S422, 10) => yuv::i210_to_rgb10,
            (Sampling::S422, 12) => yuv::i212_to_rgb12,
            (Sampling::S422, 14) => yuv::i214_to_rgb14,
            (Sampling::S422, _) => yuv::i216_to_rgb16,
            (_, 10) => yuv::i410_to_rgb10,
            (_, 12) => yuv::i412_to_rgb12,
            (_, 14) => yuv::i414_to_rgb14,
            (_, _) => yuv::i416_to_rgb16,
        };
        let matrix = self.layout.matrix().standard();
        convert(&image, target, width * 3, self.range(), matrix)
    }

    const fn range(&self) -> YuvRange {
        if self.layout.is_full_range {
            YuvRange::Full
        } else {
            YuvRange::Limited
        }
    }
}

fn image<'a, T: Copy + std::fmt::Debug>(
    y: &'a [T],
    u: &'a [T],
    v: &'a [T],
    (width, height): (u32, u32),
    chroma_stride: u32,
) -> YuvPlanarImage<'a, T> {
    YuvPlanarImage {
        y_plane: y,
        y_stride: width,
        u_plane: u,
        u_stride: chroma_stride,
        v_plane: v,
        v_stride: chroma_stride,
        width,
        height,
    }
}

/// For each limited-range value of `depth` bits the nearest full-range one.
fn full_range_table(depth: u8) -> Vec<u16> {
    let shift = u32::from(depth) - 8;
    let top = (1u64 << depth) - 1;
    let (black, span) = (16u64 << shift, 219u64 << shift);
    (0..=top)
        .map(|value| {
            let above = value.saturating_sub(black).min(span);
            // At most 2^depth - 1.
            ((above * top + span / 2) / span) as u16
        })
        .collect()
}

/// The three full-range planes of an RGB frame, one after the other, little-endian; `None` for a depth without a converter.
pub(super) fn planes_from_rgb(frame: &Frame, matrix: Matrix) -> Option<Result<Vec<u8>, YuvError>> {
    let format = frame.format();
    let (width, height) = (format.width, format.height);
    let samples = width as usize * height as usize;
    let (range, matrix) = (YuvRange::Full, matrix.standard());
    let mode = YuvConversionMode::Professional;
    if let Some(source) = frame.samples::<u8>() {
        let mut planes = vec![0u8; samples * 3];
        let mut image = image_mut(&mut planes, samples, (width, height));
        let done = yuv::rgb_to_yuv444(&mut image, source, width * 3, range, matrix, mode);
        return Some(done.map(|()| planes));
    }
    let source = frame.samples::<u16>()?;
    let convert = match format.bit_depth {
        10 => yuv::rgb10_to_i410,
        12 => yuv::rgb12_to_i412,
        14 => yuv::rgb14_to_i414,
        16 => yuv::rgb16_to_i416,
        _ => return None,
    };
    let mut planes = vec![0u16; samples * 3];
    let mut image = image_mut(&mut planes, samples, (width, height));
    let done = convert(&mut image, source, width * 3, range, matrix);
    let bytes = || {
        planes
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect()
    };
    Some(done.map(|()| bytes()))
}

fn image_mut<T: Copy + std::fmt::Debug>(
    planes: &mut [T],
    samples: usize,
    (width, height): (u32, u32),
) -> YuvPlanarImageMut<'_, T> {
    let (y, rest) = planes.split_at_mut(samples);
    let (u, v) = rest.split_at_mut(samples);
    YuvPlanarImageMut {
        y_plane: BufferStoreMut::Borrowed(y),
        y_stride: width,
        u_plane: BufferStoreMut::Borrowed(u),
        u_stride: width,
        v_plane: BufferStoreMut::Borrowed(v),
        v_stride: width,
        width,
        height,
    }
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
            Matrix::Bt601 => (0.299, 0.114),
            Matrix::Bt709 => (0.2126, 0.0722),
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
            ("W6 H5 C444p14", 2.0),
            ("W6 H5 C444p16", 8.0),
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
            (SampleType::U16, 16, 16.0),
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
            unpacker
                .unpack(&planes.expect("converts"), &mut back)
                .expect("converts");
            pimage_testkit::assert_frames_close(&back, &frame, tolerance);
        }
    }

    #[test]
    fn limited_luma_is_expanded_to_the_full_range() {
        let table = full_range_table(8);
        assert_eq!(
            (table[0], table[16], table[235], table[255]),
            (0, 0, 255, 255)
        );
        assert_eq!(table[126], 128);
        let table = full_range_table(10);
        assert_eq!((table[64], table[940]), (0, 1023));
    }
}
