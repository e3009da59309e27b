//! Frames to the pictures that encoders take.

use pimage_core::{Frame, Sample};
use pimage_yuv::{PlanesMut, Range, YuvSample, yuv_from_rgb};

use crate::ffi::{AvError, Component, Picture};
use crate::plan::{Packing, Plan};

/// Makes pictures of frames, reusing one while the encoder lets go of it.
#[derive(Debug)]
pub(crate) struct Packer {
    plan: Plan,
    /// Gray levels to limited luma, for codecs that have no other.
    limited: Option<Vec<u8>>,
}

/// Why a frame could not be packed.
#[derive(Debug)]
pub(crate) enum PackError {
    /// A sample is greater than its bit depth allows.
    TooDeep {
        /// The sample.
        value: u16,
    },
    /// No memory for the picture.
    Failed(AvError),
    /// The picture is not as planned.
    NoPlanes,
}

impl Packer {
    pub(crate) fn new(plan: Plan) -> Self {
        let limited = (plan.packing == Packing::LimitedLuma).then(|| {
            (0..=255u32)
                .map(|level| ((level * 219 * 2 + 255) / 510 + 16) as u8)
                .collect()
        });
        Self { plan, limited }
    }

    pub(crate) const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// A picture that holds `frame`.
    pub(crate) fn pack(&self, frame: &Frame) -> Result<Picture, PackError> {
        let (width, height) = self.plan.size;
        let mut picture = Picture::with_size(width as i32, height as i32, self.plan.pixel_format)
            .map_err(PackError::Failed)?;
        picture.set_colors(self.plan.colors);
        picture.make_plain();
        let done = match frame.samples::<u16>() {
            Some(samples) => {
                self.check_depth(samples)?;
                self.fill::<u16>(frame, &mut picture)
            }
            None => self.fill::<u8>(frame, &mut picture),
        };
        done.ok_or(PackError::NoPlanes)?;
        Ok(picture)
    }

    fn check_depth(&self, samples: &[u16]) -> Result<(), PackError> {
        let depth = self.plan.layout.depth().unwrap_or(16);
        if depth >= 16 {
            return Ok(());
        }
        let all = samples.iter().fold(0, |all, &sample| all | sample);
        if u32::from(all) >> depth == 0 {
            return Ok(());
        }
        let value = samples.iter().copied().max().unwrap_or(0);
        Err(PackError::TooDeep { value })
    }

    fn fill<T: Packed>(&self, frame: &Frame, picture: &mut Picture) -> Option<()> {
        match self.plan.packing {
            Packing::Copy | Packing::Replicate => self.copy::<T>(frame, picture),
            Packing::Luma | Packing::LimitedLuma => self.luma::<T>(frame, picture),
            Packing::Yuv => self.yuv::<T>(frame, picture),
        }
    }

    fn copy<T: Packed>(&self, frame: &Frame, picture: &mut Picture) -> Option<()> {
        let format = *frame.format();
        let (width, height) = (format.width as usize, format.height as usize);
        let channels = format.color.channels();
        let samples = frame.samples::<T>()?;
        let line_length = width * channels;
        for (index, component) in self.plan.layout.components.iter().enumerate() {
            let channel = if channels == 1 { 0 } else { index };
            let row_bytes = width * component.step;
            let (data, stride) = picture.plane_mut(component.plane, height, row_bytes)?;
            let is_plain = channels == 1
                && component.step == size_of::<T>()
                && !self.plan.layout.is_big_endian;
            for (row, line) in data
                .chunks_mut(stride)
                .zip(samples.chunks_exact(line_length))
            {
                let row = row.get_mut(..row_bytes)?;
                if is_plain {
                    row.copy_from_slice(bytemuck::cast_slice(line));
                    continue;
                }
                for (pixel, stored) in line
                    .chunks_exact(channels)
                    .zip(row.chunks_exact_mut(component.step))
                {
                    pixel
                        .get(channel)?
                        .store(stored, component, self.plan.layout.is_big_endian)?;
                }
            }
        }
        Some(())
    }

    fn luma<T: Packed>(&self, frame: &Frame, picture: &mut Picture) -> Option<()> {
        let (width, height) = (
            frame.format().width as usize,
            frame.format().height as usize,
        );
        let (stored_width, stored_height) = (self.plan.size.0 as usize, self.plan.size.1 as usize);
        let samples = frame.samples::<T>()?;
        let row_bytes = stored_width * size_of::<T>();
        let (data, stride) = picture.plane_mut(0, stored_height, row_bytes)?;
        for (y, row) in data.chunks_mut(stride).enumerate() {
            let from = y.min(height - 1) * width;
            let line = samples.get(from..from + width)?;
            let (own, padding) = row
                .get_mut(..row_bytes)?
                .split_at_mut(width * size_of::<T>());
            match &self.limited {
                Some(table) => {
                    let levels: &[u8] = bytemuck::cast_slice(line);
                    for (luma, &level) in own.iter_mut().zip(levels) {
                        *luma = *table.get(usize::from(level))?;
                    }
                }
                None => own.copy_from_slice(bytemuck::cast_slice(line)),
            }
            let last = own.get(own.len() - size_of::<T>()..)?;
            for pixel in padding.chunks_exact_mut(size_of::<T>()) {
                pixel.copy_from_slice(last);
            }
        }
        let (across, down) = self.plan.layout.chroma_shift;
        let (columns, rows) = (
            stored_width.div_ceil(1 << across),
            stored_height.div_ceil(1 << down),
        );
        let depth = self.plan.layout.depth()?;
        let middle = T::from_f32((1u32 << (depth - 1)) as f32);
        for plane in 1..3 {
            let bytes = columns * size_of::<T>();
            let (data, stride) = picture.plane_mut(plane, rows, bytes)?;
            for row in data.chunks_mut(stride) {
                let samples: &mut [T] = bytemuck::try_cast_slice_mut(row.get_mut(..bytes)?).ok()?;
                samples.fill(middle);
            }
        }
        Some(())
    }

    fn yuv<T: Packed>(&self, frame: &Frame, picture: &mut Picture) -> Option<()> {
        let width = frame.format().width as usize;
        let (stored_width, stored_height) = (self.plan.size.0 as usize, self.plan.size.1 as usize);
        let (across, down) = self.plan.layout.chroma_shift;
        let chroma = (
            stored_width.div_ceil(1 << across),
            stored_height.div_ceil(1 << down),
        );
        let depth = self.plan.layout.depth()?;
        let mut y = vec![T::zeroed(); stored_width * stored_height];
        let mut u = vec![T::zeroed(); chroma.0 * chroma.1];
        let mut v = u.clone();
        let mut planes = PlanesMut {
            y: &mut y,
            u: &mut u,
            v: &mut v,
            strides: [stored_width, chroma.0, chroma.0],
            width: stored_width,
            height: stored_height,
            chroma_shift: (across, down),
        };
        let channels = frame.format().color.channels();
        yuv_from_rgb(
            frame.samples::<T>()?,
            (width, channels),
            depth,
            self.plan.matrix,
            self.plan.range,
            &mut planes,
        );
        for (index, (samples, (columns, rows))) in
            [(y, (stored_width, stored_height)), (u, chroma), (v, chroma)]
                .into_iter()
                .enumerate()
        {
            let bytes = columns * size_of::<T>();
            let (data, stride) = picture.plane_mut(index, rows, bytes)?;
            for (row, line) in data.chunks_mut(stride).zip(samples.chunks_exact(columns)) {
                row.get_mut(..bytes)?
                    .copy_from_slice(bytemuck::cast_slice(line));
            }
        }
        Some(())
    }
}

/// Whether a plan stores gray frames in something that has colours, so that reading back needs to be told.
pub(crate) fn hides_gray(plan: &Plan) -> bool {
    plan.packing != Packing::Copy
}

/// Whether a plan's luma is squeezed.
pub(crate) fn is_limited(plan: &Plan) -> bool {
    plan.range == Range::Limited
}

/// A sample that is stored in planes.
trait Packed: Sample + YuvSample {
    /// Writes a component at the start of its pixel's bytes.
    fn store(self, pixel: &mut [u8], component: &Component, is_big_endian: bool) -> Option<()>;
}

impl Packed for u8 {
    #[inline]
    fn store(self, pixel: &mut [u8], component: &Component, _is_big_endian: bool) -> Option<()> {
        *pixel.get_mut(component.offset)? = self;
        Some(())
    }
}

impl Packed for u16 {
    #[inline]
    fn store(self, pixel: &mut [u8], component: &Component, is_big_endian: bool) -> Option<()> {
        let value = self << component.shift;
        let bytes = if is_big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        };
        pixel
            .get_mut(component.offset..component.offset + 2)?
            .copy_from_slice(&bytes);
        Some(())
    }
}
