//! The row of the table for video, which exists whether or not FFmpeg is compiled in.

use crate::Format;
#[cfg(feature = "ffmpeg")]
use crate::formats::video;

/// The row of the table. It has no detection: what nothing else claims is tried as video.
pub(crate) static FORMAT: Format = Format {
    name: "video",
    title: "video, through FFmpeg",
    extensions: &["avi", "mp4", "m4v", "mov", "mkv", "webm", "nut"],
    reads: "everything that FFmpeg demuxes: exact frame table, gray stays gray, deep stays deep",
    writes: "MJPEG, H.264, HEVC, AV1, VP9, FFV1 and others; lossless where the codec can",
    detect: None,
    feature: "ffmpeg",
    #[cfg(feature = "ffmpeg")]
    open: Some(video::open),
    #[cfg(not(feature = "ffmpeg"))]
    open: None,
    #[cfg(feature = "ffmpeg")]
    create: Some(video::create),
    #[cfg(not(feature = "ffmpeg"))]
    create: None,
};

/// Whether the first bytes are those of a usual video container.
pub(crate) fn looks_like_video(head: &[u8]) -> bool {
    let at = |offset: usize, text: &[u8]| {
        head.get(offset..)
            .is_some_and(|rest| rest.starts_with(text))
    };
    at(0, b"RIFF")
        || at(4, b"ftyp")
        || at(4, b"moov")
        || at(4, b"mdat")
        || at(0, b"\x1A\x45\xDF\xA3")
        || at(0, b"OggS")
}
