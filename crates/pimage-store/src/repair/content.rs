//! How many frames of a chunk can be decoded.

use std::path::Path;

use pimage_core::{Cancel, Error, Frame, Limits};

use crate::StoreFormat;

/// The frames of a video before its end or the first one that does not decode; 0 when it does not even open.
#[cfg(feature = "ffmpeg")]
pub(super) fn frames_of_video(path: &Path, limits: &Limits, cancel: &Cancel) -> Result<u64, Error> {
    let options = pimage_video::VideoOptions {
        limits: *limits,
        ..pimage_video::VideoOptions::default()
    };
    let Ok(mut reader) = pimage_video::open(path, &options) else {
        return Ok(0);
    };
    let mut frame = Frame::empty();
    let mut frames = 0;
    while reader.read_into(&mut frame).unwrap_or(false) {
        if cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        frames += 1;
    }
    Ok(frames)
}

/// Without FFmpeg nothing can be said.
#[cfg(not(feature = "ffmpeg"))]
pub(super) fn frames_of_video(
    path: &Path,
    _limits: &Limits,
    _cancel: &Cancel,
) -> Result<u64, Error> {
    Err(Error::NotBuilt {
        format: path.display().to_string(),
        feature: "ffmpeg",
    })
}

/// Decodes images of one format.
pub(super) struct ImageTrial<'a> {
    row: &'a StoreFormat,
    limits: &'a Limits,
    frame: Frame,
}

impl<'a> ImageTrial<'a> {
    pub(super) fn new(row: &'a StoreFormat, limits: &'a Limits) -> Self {
        Self {
            row,
            limits,
            frame: Frame::empty(),
        }
    }

    /// Reads an image and decodes it.
    ///
    /// # Errors
    ///
    /// What is wrong with it, or [`Error::NotBuilt`] for the codec.
    pub(super) fn decode(&mut self, path: &Path) -> Result<(), Error> {
        let codec = pimage_codec::by_name(self.row.codec).ok_or_else(|| Error::NotBuilt {
            format: self.row.name.to_owned(),
            feature: self.row.codec,
        })?;
        let length = path.metadata().map_err(Error::io("open", path))?.len();
        let most = self.limits.max_frame_bytes.saturating_mul(2);
        if length > most {
            return Err(Error::TooLarge {
                what: "bytes of an image",
                value: length,
                limit: most,
                option: "--limit frame-bytes=N",
            });
        }
        let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
        codec
            .decode_into(&bytes, self.limits, &mut self.frame)
            .map_err(|error| error.at_path(path, None))
    }
}
