//! How much a file may ask for before it is refused.

use crate::{Error, FrameFormat};

/// Bounds on what is believed of a file's claims, checked before anything is allocated.
///
/// ```
/// use pimage_core::{Color, FrameFormat, Limits, SampleType};
///
/// let claim = FrameFormat::new(100_000, 100_000, Color::Gray, SampleType::U16);
/// let error = Limits::default().check_format(&claim).expect_err("too wide");
/// assert!(error.to_string().contains("65535"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Greatest width and height, pixels. Default 65,535.
    pub max_side: u32,
    /// Greatest width times height. Default 2^28.
    pub max_pixels: u64,
    /// Greatest size of one decoded frame, bytes. Default 1 GiB.
    pub max_frame_bytes: u64,
    /// Greatest size of a text header or an index entry, bytes. Default 64 KiB.
    pub max_header_bytes: u64,
    /// Greatest size of all metadata of a file, bytes. Default 16 MiB.
    pub max_metadata_bytes: u64,
    /// Greatest number of frames in one stream, by which tables are bounded. Default 2^32.
    pub max_frames: u64,
    /// Greatest number of streams in a container. Default 64.
    pub max_streams: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_side: 65_535,
            max_pixels: 1 << 28,
            max_frame_bytes: 1 << 30,
            max_header_bytes: 64 << 10,
            max_metadata_bytes: 16 << 20,
            max_frames: 1 << 32,
            max_streams: 64,
        }
    }
}

impl Limits {
    /// Bounds that only memory sets; for data that this process made itself.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            max_side: u32::MAX,
            max_pixels: u64::MAX,
            max_frame_bytes: isize::MAX as u64,
            max_header_bytes: u64::MAX,
            max_metadata_bytes: u64::MAX,
            max_frames: u64::MAX,
            max_streams: u32::MAX,
        }
    }

    /// An error unless a frame of this format is within bounds.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`], which names the bound and how to raise it.
    pub fn check_format(&self, format: &FrameFormat) -> Result<(), Error> {
        for (what, side) in [("width", format.width), ("height", format.height)] {
            check(
                what,
                u64::from(side),
                u64::from(self.max_side),
                "--limit side=N",
            )?;
        }
        let pixels = u64::from(format.width) * u64::from(format.height);
        check(
            "pixels a frame",
            pixels,
            self.max_pixels,
            "--limit pixels=N",
        )?;
        let bytes = format.frame_bytes().map_or(u64::MAX, |bytes| bytes as u64);
        check(
            "bytes a frame",
            bytes,
            self.max_frame_bytes,
            "--limit frame-bytes=N",
        )
    }

    /// An error when a file claims more frames than a table may hold.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`].
    pub fn check_frames(&self, frames: u64) -> Result<(), Error> {
        check("frames", frames, self.max_frames, "--limit frames=N")
    }

    /// An error when a text header or an index entry of `bytes` bytes is over the bound.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`].
    pub fn check_header(&self, bytes: u64) -> Result<(), Error> {
        check(
            "header bytes",
            bytes,
            self.max_header_bytes,
            "--limit header-bytes=N",
        )
    }
}

const fn check(
    what: &'static str,
    value: u64,
    limit: u64,
    option: &'static str,
) -> Result<(), Error> {
    if value <= limit {
        return Ok(());
    }
    Err(Error::TooLarge {
        what,
        value,
        limit,
        option,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Color, SampleType};

    #[test]
    fn each_bound_is_named_with_its_option() {
        let limits = Limits::default();
        let wide = FrameFormat::new(65_536, 1, Color::Gray, SampleType::U8);
        assert_eq!(
            limits
                .check_format(&wide)
                .expect_err("too wide")
                .to_string(),
            "width is 65536, the limit is 65535 (`--limit side=N` raises it)"
        );
        let many = FrameFormat::new(60_000, 60_000, Color::Gray, SampleType::U8);
        assert!(limits.check_format(&many).is_err());
        let deep = FrameFormat::new(16_384, 16_384, Color::Rgba, SampleType::F64);
        let error = limits.check_format(&deep).expect_err("too many bytes");
        assert!(error.to_string().starts_with("bytes a frame is"), "{error}");
        assert!(Limits::none().check_format(&many).is_ok());
    }
}
