//! The table of formats in which a store keeps its chunks.

use std::fmt;

/// How a store keeps its frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreClass {
    /// A chunk is a folder of images: `DirectoryImgStore`.
    Directory,
    /// A chunk is a video: `VideoImgStore`.
    Video,
    /// A chunk is a video, written by Motif: `VideoImgStoreFFMPEG`.
    VideoFfmpeg,
}

impl StoreClass {
    /// Every class.
    pub const ALL: [Self; 3] = [Self::Directory, Self::Video, Self::VideoFfmpeg];

    /// The name in the metadata of a store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Directory => "DirectoryImgStore",
            Self::Video => "VideoImgStore",
            Self::VideoFfmpeg => "VideoImgStoreFFMPEG",
        }
    }

    /// Whether a chunk is a video.
    #[must_use]
    pub const fn is_video(self) -> bool {
        !matches!(self, Self::Directory)
    }
}

impl fmt::Display for StoreClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One format of chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreFormat {
    /// As `--format` and the metadata say it.
    pub name: &'static str,
    /// Which class of stores has it.
    pub class: StoreClass,
    /// Of each image, or of the video of a chunk; without the dot.
    pub extension: &'static str,
    /// The codec, by its name in `pimage_codec::CODECS` or, of videos, in `pimage_video::CODECS`.
    pub codec: &'static str,
    /// Whether every frame comes back as it was.
    pub is_lossless: bool,
    /// Whether frames that the `encoding` of the store says are raw (Bayer, YUV) are decoded before they are written.
    ///
    /// The metadata of such a store have the name without `+color`.
    pub is_decoded: bool,
    /// Whether Python's imgstore reads it.
    pub is_standard: bool,
    /// Whether pimage writes it; the others are names that older stores have.
    pub is_written: bool,
}

const fn image(name: &'static str, extension: &'static str, codec: &'static str) -> StoreFormat {
    StoreFormat {
        name,
        class: StoreClass::Directory,
        extension,
        codec,
        is_lossless: true,
        is_decoded: false,
        is_standard: true,
        is_written: true,
    }
}

const fn decoded(format: StoreFormat) -> StoreFormat {
    StoreFormat {
        is_decoded: true,
        ..format
    }
}

const fn video(name: &'static str, extension: &'static str, codec: &'static str) -> StoreFormat {
    StoreFormat {
        class: StoreClass::Video,
        is_lossless: false,
        ..image(name, extension, codec)
    }
}

/// A name that only older stores have.
const fn read_only(format: StoreFormat) -> StoreFormat {
    StoreFormat {
        class: StoreClass::VideoFfmpeg,
        is_written: false,
        ..format
    }
}

const JPG: StoreFormat = StoreFormat {
    is_lossless: false,
    ..image("jpg", "jpg", "jpeg")
};

/// Every format; those that are written first.
pub static FORMATS: &[StoreFormat] = &[
    image("npy", "npy", "npy"),
    image("png", "png", "png"),
    image("tif", "tif", "tiff"),
    image("bmp", "bmp", "bmp"),
    image("ppm", "ppm", "ppm"),
    image("pgm", "pgm", "pgm"),
    JPG,
    image("bpk", "bpk", "bpk"),
    decoded(image("png+color", "png", "png")),
    decoded(image("tif+color", "tif", "tiff")),
    decoded(image("bmp+color", "bmp", "bmp")),
    decoded(StoreFormat {
        name: "jpg+color",
        ..JPG
    }),
    video("mjpeg/avi", "avi", "mjpeg"),
    video("h264/mkv", "mkv", "h264"),
    video("avc1/mp4", "mp4", "h264"),
    StoreFormat {
        is_lossless: true,
        is_standard: false,
        ..video("ffv1/mkv", "mkv", "ffv1")
    },
    StoreFormat {
        is_standard: false,
        ..video("hevc/mkv", "mkv", "hevc")
    },
    StoreFormat {
        class: StoreClass::Video,
        is_written: false,
        ..video("mjpeg", "avi", "mjpeg")
    },
    read_only(video("libx264", "mp4", "h264")),
    read_only(video("nvenc-h264", "mp4", "h264")),
    read_only(video("nvenc-hevc", "mp4", "hevc")),
];

/// Extensions that a video of a store may have.
pub const VIDEO_EXTENSIONS: &[&str] = &["avi", "mkv", "mp4", "mov", "m4v"];

/// The format of this name.
#[must_use]
pub fn format_by_name(name: &str) -> Option<&'static StoreFormat> {
    FORMATS.iter().find(|format| format.name == name)
}

/// The format that is written where this one is named: itself, or of a name that only older stores have the nearest of the same codec.
///
/// ```
/// use pimage_store::written_format;
///
/// assert_eq!(written_format("libx264").map(|row| row.name), Some("avc1/mp4"));
/// assert_eq!(written_format("png").map(|row| row.name), Some("png"));
/// assert_eq!(written_format("unheard of"), None);
/// ```
#[must_use]
pub fn written_format(name: &str) -> Option<&'static StoreFormat> {
    let named = format_by_name(name)?;
    if named.is_written {
        return Some(named);
    }
    let alike = |row: &&StoreFormat| {
        row.is_written && row.class.is_video() == named.class.is_video() && row.codec == named.codec
    };
    let same_container = |row: &&StoreFormat| row.extension == named.extension;
    let rows = || FORMATS.iter().filter(alike);
    rows().find(same_container).or_else(|| rows().next())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_codecs_known() {
        let mut names = BTreeSet::new();
        for format in FORMATS {
            assert!(names.insert(format.name), "{} twice", format.name);
            let is_known = if format.class.is_video() {
                assert!(VIDEO_EXTENSIONS.contains(&format.extension));
                pimage_video_has(format.codec)
            } else {
                format.codec == "bpk" || pimage_codec::by_name(format.codec).is_some()
            };
            assert!(is_known, "{}", format.name);
        }
    }

    #[test]
    fn every_format_has_one_that_is_written_in_its_place() {
        let written = |name| written_format(name).map(|row| row.name);
        for format in FORMATS {
            assert!(written(format.name).is_some(), "{}", format.name);
        }
        assert_eq!(written("mjpeg"), Some("mjpeg/avi"));
        assert_eq!(written("nvenc-h264"), Some("avc1/mp4"));
        assert_eq!(written("nvenc-hevc"), Some("hevc/mkv"));
    }

    #[cfg(feature = "ffmpeg")]
    fn pimage_video_has(name: &str) -> bool {
        pimage_video::codec_by_name(name).is_ok()
    }

    #[cfg(not(feature = "ffmpeg"))]
    fn pimage_video_has(name: &str) -> bool {
        !name.is_empty()
    }
}
