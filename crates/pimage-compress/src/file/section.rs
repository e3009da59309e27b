//! One channel of a group as bytes, which are checked against what the file holds before anything is decoded.

use std::fmt;

use pimage_core::{Cancel, Error};

use super::pictures::Picture;
use crate::group::{decode_group_into, read_header};
use crate::header::Method;
use crate::sample::Sample;

/// First byte of a section that corrects what its pictures show.
pub(crate) const CORRECTED: u8 = b'v';

/// First byte of a section that is what its pictures show.
pub(crate) const SHOWN: u8 = b'q';

/// How a channel of a group is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Coding {
    /// Without the video.
    Group(Method),
    /// As the video, and what it got wrong.
    Corrected,
    /// As the video.
    Video,
}

/// `predicted`, `copied`, `constant`, `zfp`, `stored`, `video + corrections`, `video`.
impl fmt::Display for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Group(Method::Constant) => "constant",
            Self::Group(Method::Predicted) => "predicted",
            Self::Group(Method::Copied) => "copied",
            Self::Group(Method::Zfp) => "zfp",
            Self::Group(_) => "stored",
            Self::Corrected => "video + corrections",
            Self::Video => "video",
        })
    }
}

/// How a section is coded.
///
/// # Errors
///
/// If it is cut, changed or none.
pub(crate) fn coding_of(bytes: &[u8]) -> Result<Coding, Error> {
    match bytes.first() {
        Some(&CORRECTED) => Ok(Coding::Corrected),
        Some(&SHOWN) => Ok(Coding::Video),
        _ => Ok(Coding::Group(read_header(bytes)?.method)),
    }
}

/// The video of a group.
#[cfg_attr(
    not(feature = "ffmpeg"),
    expect(dead_code, reason = "only a decoder reads pictures")
)]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Video<'a> {
    /// What the decoder needs before the first picture.
    pub(crate) private: &'a [u8],
    pub(crate) pictures: &'a [Picture],
}

/// Unpacks a section that should have this shape (frames, rows, columns).
///
/// # Errors
///
/// If it is cut, changed, or of another shape or type; [`Error::NotBuilt`]; [`Error::Stopped`].
pub(crate) fn decode<S: Sample>(
    bytes: &[u8],
    shape: [usize; 3],
    video: Video<'_>,
    cancel: &Cancel,
) -> Result<Vec<S>, Error> {
    if let Some((&(CORRECTED | SHOWN), side)) = bytes.split_first() {
        return of_video(side, shape, video, cancel);
    }
    let mut values = Vec::new();
    decode_group_into(bytes, shape, &mut values, cancel)?;
    Ok(values)
}

#[cfg(feature = "ffmpeg")]
fn of_video<S: Sample>(
    side: &[u8],
    shape: [usize; 3],
    video: Video<'_>,
    cancel: &Cancel,
) -> Result<Vec<S>, Error> {
    let packets = video.pictures.iter().map(|picture| crate::video::Packet {
        data: picture.bytes.clone(),
        frame: picture.frame,
        is_key: picture.is_key,
    });
    let packets: Vec<_> = packets.collect();
    crate::video::decode(video.private, &packets, side, shape, cancel)
}

#[cfg(not(feature = "ffmpeg"))]
fn of_video<S: Sample>(_: &[u8], _: [usize; 3], _: Video<'_>, _: &Cancel) -> Result<Vec<S>, Error> {
    Err(Error::NotBuilt {
        format: "an array packed as a video".to_owned(),
        feature: "ffmpeg",
    })
}
