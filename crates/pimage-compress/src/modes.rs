//! The modes of `numpy_compress` by name, each with what it really does.

use pimage_core::Error;

use crate::setting::{Quality, VideoCodec, VideoSetting};

/// A way of putting an array into a video that has a name.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Mode {
    /// Its name.
    pub name: &'static str,
    /// What it does, in words.
    pub title: &'static str,
    /// How.
    pub setting: VideoSetting,
}

const fn x265(bits: u8, quality: Quality, preset: &'static str) -> VideoSetting {
    VideoSetting {
        codec: VideoCodec::X265,
        bits,
        quality,
        preset,
        range: None,
    }
}

const fn deep(codec: VideoCodec, quality: Quality) -> VideoSetting {
    VideoSetting {
        codec,
        bits: 16,
        quality,
        preset: "slow",
        range: None,
    }
}

/// Every mode, the smallest files first; the last is not one of `numpy_compress`'s.
///
/// ```
/// use pimage_compress::{MODES, mode_by_name};
///
/// assert!(MODES.iter().all(|mode| mode.setting.check().is_ok()));
/// assert_eq!(mode_by_name("ll-jp2k")?.setting.bits, 16);
/// # Ok::<(), pimage_core::Error>(())
/// ```
pub static MODES: &[Mode] = &[
    Mode {
        name: "extreme",
        title: "x265, 8 bits, rate factor 51: what the eye makes out from afar",
        setting: x265(8, Quality::Crf(51.0), "slow"),
    },
    Mode {
        name: "max",
        title: "x265, 8 bits, rate factor 32: shapes, no fine values",
        setting: x265(8, Quality::Crf(32.0), "slow"),
    },
    Mode {
        name: "vhigh",
        title: "x265, 10 bits, rate factor 20",
        setting: x265(10, Quality::Crf(20.0), "slow"),
    },
    Mode {
        name: "high",
        title: "x265, 12 bits, rate factor 15",
        setting: x265(12, Quality::Crf(15.0), "slow"),
    },
    Mode {
        name: "avg",
        title: "x265, 12 bits, rate factor 8",
        setting: x265(12, Quality::Crf(8.0), "slow"),
    },
    Mode {
        name: "low",
        title: "x265, 12 bits (not 16: it has no more), rate factor 0, which is not lossless",
        setting: x265(12, Quality::Crf(0.0), "slow"),
    },
    Mode {
        name: "vlow",
        title: "x265, 12 bits (not 16: it has no more), every one of them kept",
        setting: x265(12, Quality::Lossless, "veryslow"),
    },
    Mode {
        name: "C4-JP2K",
        title: "JPEG 2000, 16 bits, an eighth of their bytes",
        setting: deep(VideoCodec::Jpeg2000, Quality::Ratio(8)),
    },
    Mode {
        name: "LL-JP2K",
        title: "JPEG 2000, 16 bits, every one of them kept",
        setting: deep(VideoCodec::Jpeg2000, Quality::Lossless),
    },
    Mode {
        name: "LL-FFV1",
        title: "FFV1, 16 bits, every one of them kept",
        setting: deep(VideoCodec::Ffv1, Quality::Lossless),
    },
];

/// The mode of that name, in capitals or not.
///
/// # Errors
///
/// [`Error::BadOption`] with all names.
pub fn mode_by_name(name: &str) -> Result<&'static Mode, Error> {
    let found = MODES
        .iter()
        .find(|mode| mode.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| {
        let names: Vec<_> = MODES.iter().map(|mode| mode.name).collect();
        Error::bad_option("mode", format!("`{name}`"), names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_modes_are_told_all_names() {
        let error = mode_by_name("best")
            .map(|mode| mode.name)
            .map_err(|error| error.to_string());
        let expected = "mode is `best`: expected extreme, max, vhigh, high, avg, low, vlow, C4-JP2K, LL-JP2K, LL-FFV1";
        assert_eq!(error, Err(expected.to_owned()));
    }
}
