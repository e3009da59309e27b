//! A decoded picture.

use super::error::AvError;
use super::pixfmt::PixelFormat;
use super::{api, sys};

/// A picture and its planes, freed when dropped.
pub(crate) struct Picture(*mut sys::AVFrame);

// SAFETY: a frame is plain data with reference-counted buffers whose counts are atomic; it belongs to no thread.
unsafe impl Send for Picture {}

/// One plane: rows of `stride` bytes from the top.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plane<'a> {
    pub(crate) data: &'a [u8],
    pub(crate) stride: usize,
}

impl<'a> Plane<'a> {
    /// The first `bytes` bytes of row `y`; empty when there are not so many.
    pub(crate) fn row(&self, y: usize, bytes: usize) -> &'a [u8] {
        let start = y * self.stride;
        self.data.get(start..start + bytes).unwrap_or(&[])
    }
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Picture({}x{} {})",
            self.width(),
            self.height(),
            self.format().name()
        )
    }
}

impl Picture {
    /// A picture without pixels.
    pub(crate) fn new() -> Result<Self, AvError> {
        // SAFETY: allocates; null means no memory.
        let frame = unsafe { api::av_frame_alloc() };
        if frame.is_null() {
            return Err(AvError::no_memory());
        }
        Ok(Self(frame))
    }

    /// A picture with planes of its own, their content unspecified.
    pub(crate) fn with_size(width: i32, height: i32, format: PixelFormat) -> Result<Self, AvError> {
        let picture = Self::new()?;
        // SAFETY: the frame is fresh and ours.
        unsafe {
            (*picture.0).width = width;
            (*picture.0).height = height;
            (*picture.0).format = format.raw();
            AvError::check(api::av_frame_get_buffer(picture.0, 0))?;
        }
        Ok(picture)
    }

    pub(super) const fn as_ptr(&self) -> *mut sys::AVFrame {
        self.0
    }

    const fn get(&self) -> &sys::AVFrame {
        // SAFETY: not null by construction, and nobody else has the pointer while `self` is borrowed.
        unsafe { &*self.0 }
    }

    const fn get_mut(&mut self) -> &mut sys::AVFrame {
        // SAFETY: as in `get`; the borrow is exclusive.
        unsafe { &mut *self.0 }
    }

    /// Takes the contents of this picture into a new one.
    pub(crate) fn take(&mut self) -> Result<Self, AvError> {
        let target = Self::new()?;
        // SAFETY: both are frames of ours; the target is empty.
        unsafe { api::av_frame_move_ref(target.0, self.0) };
        Ok(target)
    }

    pub(crate) const fn width(&self) -> i32 {
        self.get().width
    }

    pub(crate) const fn height(&self) -> i32 {
        self.get().height
    }

    pub(crate) fn format(&self) -> PixelFormat {
        PixelFormat::from_raw(self.get().format)
    }

    /// Calls the same planes by the name of another format; nothing happens when that has others.
    pub(crate) fn relabel(&mut self, format: PixelFormat) {
        let shape = |format: PixelFormat| {
            let layout = format.layout()?;
            let steps: Vec<_> = layout
                .components
                .iter()
                .map(|component| (component.step, component.depth))
                .collect();
            (layout.is_planar && layout.chroma_shift == (0, 0)).then_some(steps)
        };
        if shape(format).is_some() && shape(format) == shape(self.format()) {
            self.get_mut().format = format.raw();
        }
    }

    /// The presentation time of the packet that this picture was decoded from.
    pub(crate) const fn pts(&self) -> i64 {
        self.get().pts
    }

    pub(crate) const fn set_pts(&mut self, pts: i64) {
        self.get_mut().pts = pts;
    }

    /// Whether the decoder had to guess a part of it.
    pub(crate) const fn is_damaged(&self) -> bool {
        let frame = self.get();
        frame.flags & sys::AV_FRAME_FLAG_CORRUPT != 0 || frame.decode_error_flags != 0
    }

    /// Range, matrix, primaries and transfer as FFmpeg numbers them.
    pub(crate) const fn colors(&self) -> Colors {
        let frame = self.get();
        Colors {
            range: frame.color_range,
            matrix: frame.colorspace,
            primaries: frame.color_primaries,
            transfer: frame.color_trc,
        }
    }

    pub(crate) const fn set_colors(&mut self, colors: Colors) {
        let frame = self.get_mut();
        frame.color_range = colors.range;
        frame.colorspace = colors.matrix;
        frame.color_primaries = colors.primaries;
        frame.color_trc = colors.transfer;
    }

    /// Asks encoders of the MPEG family for a fixed quantiser.
    pub(crate) fn set_quantiser(&mut self, quantiser: f64) {
        self.get_mut().quality = (quantiser * f64::from(sys::FF_QP2LAMBDA)).round() as i32;
    }

    /// Forgets what kind of picture it was, so that an encoder decides anew.
    pub(crate) const fn make_plain(&mut self) {
        let frame = self.get_mut();
        frame.pict_type = sys::AVPictureType::NONE;
        frame.key_frame = 0;
    }

    /// Plane `index`, of `rows` rows that have at least `row_bytes` bytes; `None` when it is absent or stored bottom-up.
    pub(crate) fn plane(&self, index: usize, rows: usize, row_bytes: usize) -> Option<Plane<'_>> {
        let frame = self.get();
        let data = *frame.data.get(index)?;
        let stride = usize::try_from(*frame.linesize.get(index)?).ok()?;
        if data.is_null() || stride < row_bytes || rows == 0 {
            return None;
        }
        let length = stride * (rows - 1) + row_bytes;
        // SAFETY: FFmpeg allocates `linesize` bytes for every row of a plane; the last one has at least its own pixels.
        let data = unsafe { std::slice::from_raw_parts(data, length) };
        Some(Plane { data, stride })
    }

    /// Plane `index` to be filled, and its stride; as [`Picture::plane`].
    pub(crate) fn plane_mut(
        &mut self,
        index: usize,
        rows: usize,
        row_bytes: usize,
    ) -> Option<(&mut [u8], usize)> {
        let frame = self.get_mut();
        let data = *frame.data.get(index)?;
        let stride = usize::try_from(*frame.linesize.get(index)?).ok()?;
        if data.is_null() || stride < row_bytes || rows == 0 {
            return None;
        }
        let length = stride * (rows - 1) + row_bytes;
        // SAFETY: as in `plane`; the planes of a picture made by `with_size` are ours alone.
        let data = unsafe { std::slice::from_raw_parts_mut(data, length) };
        Some((data, stride))
    }

    /// The palette of a `pal8` picture: 256 times blue, green, red, alpha.
    pub(crate) fn palette(&self) -> Option<&[u8; 1024]> {
        let data = self.get().data[1];
        if self.format() != PixelFormat::PAL8 || data.is_null() {
            return None;
        }
        // SAFETY: a `pal8` frame has 256 entries of 32 bits in its second plane.
        Some(unsafe { &*data.cast::<[u8; 1024]>() })
    }

    /// All planes packed one after another without padding, as FFmpeg's `rawvideo` has them.
    pub(crate) fn packed(&self, into: &mut Vec<u8>) -> Result<(), AvError> {
        let frame = self.get();
        let format = self.format().as_sys();
        // SAFETY: plain arithmetic.
        let size = unsafe { api::av_image_get_buffer_size(format, frame.width, frame.height, 1) };
        let size = AvError::check(size)?;
        into.clear();
        into.resize(size as usize, 0);
        // SAFETY: the target has `size` bytes; the planes are those of the frame.
        let code = unsafe {
            api::av_image_copy_to_buffer(
                into.as_mut_ptr(),
                size,
                frame.data.as_ptr().cast(),
                frame.linesize.as_ptr(),
                format,
                frame.width,
                frame.height,
                1,
            )
        };
        AvError::check(code).map(|_| ())
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: the frame is ours and is not used again.
        unsafe { api::av_frame_free(&mut self.0) }
    }
}

/// How numbers mean colours, as FFmpeg (and ITU-T H.273) number it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Colors {
    pub(crate) range: sys::AVColorRange,
    pub(crate) matrix: sys::AVColorSpace,
    pub(crate) primaries: sys::AVColorPrimaries,
    pub(crate) transfer: sys::AVColorTransferCharacteristic,
}

impl Colors {
    /// The full range, and nothing else said.
    pub(crate) const fn full_range_unknown() -> Self {
        Self {
            range: sys::AVColorRange::JPEG,
            matrix: sys::AVColorSpace::UNSPECIFIED,
            primaries: sys::AVColorPrimaries::UNSPECIFIED,
            transfer: sys::AVColorTransferCharacteristic::UNSPECIFIED,
        }
    }
}
