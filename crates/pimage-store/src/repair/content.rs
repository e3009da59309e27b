//! What of a chunk can be decoded.

use std::path::Path;

use pimage_core::{Cancel, Damage, Error, Frame, Limits};
#[cfg(feature = "ffmpeg")]
use pimage_core::{FrameReader as _, OnDamage, SeekFrames as _};

use crate::StoreFormat;
use crate::folder::read_own;

/// What is left of a video.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// Frames of the file that decode, by their index in it.
    pub(super) whole: Vec<u64>,
    /// Frames that the file has, whole or not.
    pub(super) count: u64,
    /// What the reader found wrong.
    pub(super) damage: Vec<Damage>,
    /// The time of each of `whole`, seconds, where the container keeps times.
    pub(super) times: Vec<f64>,
    /// Whether the file is known to end with a whole frame.
    pub(super) is_end_whole: bool,
}

/// Decodes a video; inside, the error for which none of it can be read.
///
/// # Errors
///
/// Whatever says nothing about the file: [`Error::Io`], [`Error::TooLarge`], [`Error::NotBuilt`], [`Error::Stopped`], [`Error::Internal`],
/// and that FFmpeg is not there.
#[cfg(feature = "ffmpeg")]
pub(super) fn left_of(
    path: &Path,
    limits: &Limits,
    cancel: &Cancel,
) -> Result<Result<Left, Error>, Error> {
    let options = pimage_video::VideoOptions {
        limits: *limits,
        on_damage: OnDamage::Skip,
        ..pimage_video::VideoOptions::default()
    };
    let mut reader = match pimage_video::open(path, &options) {
        Ok(reader) => reader,
        Err(error @ Error::Unsupported { .. }) => {
            expect_ffmpeg(path, &options)?;
            return Ok(Err(error));
        }
        Err(error) if is_of_file(&error) => return Ok(Err(error)),
        Err(error) => return Err(error),
    };
    let mut left = Left {
        count: reader.frame_count(),
        ..Left::default()
    };
    let is_avi = path.extension().is_some_and(|kind| kind == "avi");
    let mut frame = Frame::empty();
    loop {
        if cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        match reader.read_into(&mut frame) {
            Ok(true) => {
                left.whole.push(frame.stamp.index);
                left.times.extend(frame.stamp.secs().filter(|_| !is_avi));
            }
            Ok(false) => break,
            // Skipping does not help against it: what follows is as good as lost.
            Err(error) if is_of_file(&error) => break,
            Err(error) => return Err(error),
        }
    }
    left.damage = reader.damage().to_vec();
    if is_avi {
        // FFmpeg goes on behind a hole without a word.
        let walk = super::riff::walk(path, cancel)?;
        left.is_end_whole = walk.is_end_whole && walk.frames == left.count;
        let holes = walk.holes.into_iter().filter(|hole| *hole < left.count);
        left.damage.extend(holes.map(|hole| Damage {
            frames: hole..hole,
            reason: "there is a hole in front of it".to_owned(),
        }));
    }
    Ok(Ok(left))
}

/// An error when FFmpeg cannot be loaded: opening what is not there says it, or that nothing is there.
#[cfg(feature = "ffmpeg")]
fn expect_ffmpeg(path: &Path, options: &pimage_video::VideoOptions) -> Result<(), Error> {
    let nothing = path.with_file_name(".nothing");
    match pimage_video::open(nothing, options) {
        Err(Error::Unsupported { reason, .. }) => Err(Error::unsupported(path, reason)),
        _ => Ok(()),
    }
}

/// Whether an error tells of the file, not of the machine, its limits or the user.
#[cfg(feature = "ffmpeg")]
const fn is_of_file(error: &Error) -> bool {
    !matches!(
        error,
        Error::Io { .. }
            | Error::TooLarge { .. }
            | Error::NotBuilt { .. }
            | Error::Stopped
            | Error::Internal { .. }
    )
}

/// Without FFmpeg nothing can be said.
#[cfg(not(feature = "ffmpeg"))]
pub(super) fn left_of(
    path: &Path,
    _limits: &Limits,
    _cancel: &Cancel,
) -> Result<Result<Left, Error>, Error> {
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
        let most = self.limits.max_frame_bytes.saturating_mul(2);
        let bytes = read_own(path, most, "bytes of an image", "--limit frame-bytes=N")?;
        codec
            .decode_into(&bytes, self.limits, &mut self.frame)
            .map_err(|error| error.at_path(path, None))
    }
}
