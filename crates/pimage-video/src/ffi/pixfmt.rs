//! FFmpeg's pixel formats, described.

use std::ffi::CString;

use libc::c_int;

use super::{api, sys, text_of};

/// One of FFmpeg's pixel formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PixelFormat(sys::AVPixelFormat);

/// Where one component of a pixel stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Component {
    pub(crate) plane: usize,
    /// Bytes from one pixel to the next.
    pub(crate) step: usize,
    /// Bytes before the first pixel.
    pub(crate) offset: usize,
    /// Bits below the value.
    pub(crate) shift: u32,
    /// Bits of the value.
    pub(crate) depth: u32,
}

/// How the samples of a pixel format are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PixelLayout {
    pub(crate) components: Vec<Component>,
    /// log2 of the horizontal and vertical chroma subsampling.
    pub(crate) chroma_shift: (u32, u32),
    pub(crate) is_rgb: bool,
    pub(crate) is_planar: bool,
    pub(crate) has_alpha: bool,
    pub(crate) has_palette: bool,
    pub(crate) is_float: bool,
    pub(crate) is_big_endian: bool,
    /// Pixels that do not start at bytes, hardware surfaces and Bayer mosaics.
    pub(crate) is_special: bool,
}

impl PixelLayout {
    /// The depth that all components share, if they do.
    pub(crate) fn depth(&self) -> Option<u32> {
        let depth = self.components.first()?.depth;
        self.components
            .iter()
            .all(|component| component.depth == depth)
            .then_some(depth)
    }
}

impl PixelFormat {
    pub(crate) const NONE: Self = Self(sys::AVPixelFormat::NONE);
    pub(crate) const PAL8: Self = Self(sys::AVPixelFormat::PAL8);

    pub(crate) const fn from_raw(raw: c_int) -> Self {
        Self(sys::AVPixelFormat(raw))
    }

    pub(crate) const fn raw(self) -> c_int {
        self.0.0
    }

    pub(super) const fn as_sys(self) -> sys::AVPixelFormat {
        self.0
    }

    /// The format of that name, if FFmpeg has it.
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        let name = CString::new(name).ok()?;
        // SAFETY: a C string.
        let format = Self(unsafe { api::av_get_pix_fmt(name.as_ptr()) });
        (format != Self::NONE).then_some(format)
    }

    /// FFmpeg's name: `yuv420p10le`.
    pub(crate) fn name(self) -> String {
        // SAFETY: null or a static string.
        unsafe { text_of(api::av_get_pix_fmt_name(self.0)) }
    }

    /// How samples are stored; `None` for no format.
    pub(crate) fn layout(self) -> Option<PixelLayout> {
        // SAFETY: null or static.
        let descriptor = unsafe { api::av_pix_fmt_desc_get(self.0).as_ref() }?;
        let flags = descriptor.flags as c_int;
        let has = |flag: c_int| flags & flag != 0;
        let components = descriptor
            .comp
            .iter()
            .take(usize::from(descriptor.nb_components))
            .map(|component| Component {
                plane: component.plane.max(0) as usize,
                step: component.step.max(0) as usize,
                offset: component.offset.max(0) as usize,
                shift: component.shift.max(0) as u32,
                depth: component.depth.max(0) as u32,
            })
            .collect();
        Some(PixelLayout {
            components,
            chroma_shift: (
                u32::from(descriptor.log2_chroma_w),
                u32::from(descriptor.log2_chroma_h),
            ),
            is_rgb: has(sys::AV_PIX_FMT_FLAG_RGB),
            is_planar: has(sys::AV_PIX_FMT_FLAG_PLANAR),
            has_alpha: has(sys::AV_PIX_FMT_FLAG_ALPHA),
            has_palette: has(sys::AV_PIX_FMT_FLAG_PAL),
            is_float: has(sys::AV_PIX_FMT_FLAG_FLOAT),
            is_big_endian: has(sys::AV_PIX_FMT_FLAG_BE),
            is_special: has(sys::AV_PIX_FMT_FLAG_BITSTREAM)
                || has(sys::AV_PIX_FMT_FLAG_HWACCEL)
                || has(sys::AV_PIX_FMT_FLAG_BAYER),
        })
    }
}
