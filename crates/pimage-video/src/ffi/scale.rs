//! Pixel formats that pimage does not unpack itself, rewritten by libswscale into one that it does.

use std::ptr;

use super::error::AvError;
use super::picture::Picture;
use super::pixfmt::PixelFormat;
use super::{api, sys};

/// A converter between two pixel formats at the same size, freed when dropped.
pub(crate) struct Scaler {
    context: *mut sys::SwsContext,
    key: (i32, i32, PixelFormat, PixelFormat),
}

// SAFETY: used by one thread at a time, whichever owns it.
unsafe impl Send for Scaler {}

impl std::fmt::Debug for Scaler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scaler").field("key", &self.key).finish()
    }
}

impl Scaler {
    fn new(key: (i32, i32, PixelFormat, PixelFormat)) -> Result<Self, AvError> {
        let (width, height, source, target) = key;
        let flags = sys::SWS_BILINEAR
            | sys::SWS_ACCURATE_RND
            | sys::SWS_BITEXACT
            | sys::SWS_FULL_CHR_H_INT
            | sys::SWS_FULL_CHR_H_INP;
        // SAFETY: plain numbers; null means that the conversion is not supported.
        let context = unsafe {
            api::sws_getContext(
                width,
                height,
                source.as_sys(),
                width,
                height,
                target.as_sys(),
                flags,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null(),
            )
        };
        if context.is_null() {
            return Err(AvError::with_detail(
                -libc::EINVAL,
                format!("no conversion from {} to {}", source.name(), target.name()),
            ));
        }
        Ok(Self { context, key })
    }

    /// Rewrites `source` as `target`, keeping the numbers' range.
    pub(crate) fn convert(
        scaler: &mut Option<Self>,
        source: &Picture,
        target: PixelFormat,
    ) -> Result<Picture, AvError> {
        let key = (source.width(), source.height(), source.format(), target);
        let scaler = match scaler.take() {
            Some(same) if same.key == key => scaler.insert(same),
            _ => {
                let fresh = Self::new(key)?;
                fresh.keep_range()?;
                scaler.insert(fresh)
            }
        };
        let mut picture = Picture::with_size(key.0, key.1, target)?;
        picture.set_colors(source.colors());
        picture.set_pts(source.pts());
        let (from, to) = (source.as_ptr(), picture.as_ptr());
        // SAFETY: both frames have planes for their formats and the size that the context was made for.
        let code = unsafe {
            api::sws_scale(
                scaler.context,
                (*from).data.as_ptr().cast(),
                (*from).linesize.as_ptr(),
                0,
                key.1,
                (*to).data.as_ptr().cast(),
                (*to).linesize.as_ptr(),
            )
        };
        AvError::check(code)?;
        Ok(picture)
    }

    fn keep_range(&self) -> Result<(), AvError> {
        // SAFETY: the tables are static; the context is ours. A negative answer only says that no YUV is involved.
        unsafe {
            let table = api::sws_getCoefficients(sys::SWS_CS_DEFAULT);
            api::sws_setColorspaceDetails(self.context, table, 1, table, 1, 0, 1 << 16, 1 << 16);
        }
        Ok(())
    }
}

impl Drop for Scaler {
    fn drop(&mut self) {
        // SAFETY: ours and not used again.
        unsafe { api::sws_freeContext(self.context) }
    }
}
