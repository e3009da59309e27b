//! The table of codecs that pimage writes, from which help, checks and documentation are made.

use pimage_core::Error;

/// The scale on which a codec's quality is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quality {
    /// Nothing to set: what comes back is what went in.
    Lossless,
    /// libjpeg's quality, 1 to 100; a fraction is reached in the mean over the frames.
    Jpeg {
        /// What is used when nothing is asked for.
        default: f64,
    },
    /// A constant rate factor from 0 (best) to `max`; `--quality Q` is `crf = max * (1 - Q / 100)`.
    Crf {
        /// The worst.
        max: f64,
        /// What is used when nothing is asked for.
        default: f64,
    },
    /// A fixed quantiser `q` from 1 (best) to `max`; `--quality Q` is `q = max - (max - 1) * Q / 100`.
    Quantiser {
        /// The worst.
        max: f64,
        /// What is used when nothing is asked for.
        default: f64,
    },
}

/// A way to encode: FFmpeg's encoder and the pixel formats that it is given, the preferred one first.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// FFmpeg's encoder; empty for libjpeg-turbo.
    pub encoder: &'static str,
    /// FFmpeg's pixel formats.
    pub pixel_formats: &'static [&'static str],
}

/// One codec that pimage writes.
#[derive(Debug)]
pub struct Codec {
    /// The name that `--codec` takes.
    pub name: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// How `--quality` is meant.
    pub quality: Quality,
    /// Ways that lose something; empty when it never does.
    pub lossy: &'static [Way],
    /// Ways that lose nothing; empty when it always does.
    pub lossless: &'static [Way],
    /// Whether the stream can say that it uses the full range.
    pub has_full_range: bool,
    /// Options of the encoder that make it lossless.
    pub lossless_options: &'static [(&'static str, &'static str)],
    /// The encoder option that `--preset` sets, and its usual value.
    pub preset: Option<(&'static str, &'static str)>,
    /// Containers that hold it, by extension.
    pub containers: &'static [&'static str],
}

/// One container that pimage writes.
#[derive(Debug)]
pub struct Container {
    /// File extension, lower case.
    pub extension: &'static str,
    /// libavformat's name.
    pub muxer: &'static str,
    /// Codec when none is asked for.
    pub codec: &'static str,
    /// Whether frames keep times of their own.
    pub keeps_times: bool,
    /// Whether times are whole milliseconds.
    pub in_milliseconds: bool,
    /// Most frames in a second; faster recordings are stored slower, with their true rate noted.
    pub max_rate: u32,
}

/// Every container, the extensions that `create` takes.
pub static CONTAINERS: &[Container] = &[
    Container {
        extension: "avi",
        muxer: "avi",
        codec: "mjpeg",
        keeps_times: false,
        in_milliseconds: false,
        max_rate: 600,
    },
    Container {
        extension: "mp4",
        muxer: "mp4",
        codec: "h264",
        keeps_times: true,
        in_milliseconds: false,
        max_rate: 1_000_000,
    },
    Container {
        extension: "m4v",
        muxer: "mp4",
        codec: "h264",
        keeps_times: true,
        in_milliseconds: false,
        max_rate: 1_000_000,
    },
    Container {
        extension: "mov",
        muxer: "mov",
        codec: "h264",
        keeps_times: true,
        in_milliseconds: false,
        max_rate: 1_000_000,
    },
    Container {
        extension: "mkv",
        muxer: "matroska",
        codec: "ffv1",
        keeps_times: true,
        in_milliseconds: true,
        max_rate: 1000,
    },
    Container {
        extension: "webm",
        muxer: "webm",
        codec: "av1",
        keeps_times: true,
        in_milliseconds: true,
        max_rate: 1000,
    },
    Container {
        extension: "nut",
        muxer: "nut",
        codec: "ffv1",
        keeps_times: true,
        in_milliseconds: false,
        max_rate: 1_000_000,
    },
];

const fn way(encoder: &'static str, pixel_formats: &'static [&'static str]) -> Way {
    Way {
        encoder,
        pixel_formats,
    }
}

/// Every codec.
pub static CODECS: &[Codec] = &[
    Codec {
        name: "mjpeg",
        title: "Motion JPEG by libjpeg-turbo, every frame on its own",
        quality: Quality::Jpeg { default: 77.5 },
        lossy: &[way("", &["gray", "yuvj420p"])],
        lossless: &[],
        has_full_range: true,
        lossless_options: &[],
        preset: None,
        containers: &["avi", "mov", "mkv", "nut"],
    },
    Codec {
        name: "h264",
        title: "H.264 by x264, up to 10 bits",
        quality: Quality::Crf {
            max: 51.0,
            default: 23.0,
        },
        lossy: &[way("libx264", &["yuv420p", "yuv420p10le"])],
        lossless: &[
            way("libx264", &["gray", "gray10le"]),
            way("libx264rgb", &["rgb24"]),
        ],
        has_full_range: true,
        lossless_options: &[("qp", "0")],
        preset: Some(("preset", "medium")),
        containers: &["mp4", "m4v", "mov", "mkv", "avi", "nut"],
    },
    Codec {
        name: "hevc",
        title: "HEVC by x265, up to 12 bits",
        quality: Quality::Crf {
            max: 51.0,
            default: 28.0,
        },
        lossy: &[way("libx265", &["yuv420p", "yuv420p10le", "yuv420p12le"])],
        lossless: &[way(
            "libx265",
            &[
                "gray", "gray10le", "gray12le", "gbrp", "gbrp10le", "gbrp12le",
            ],
        )],
        has_full_range: true,
        lossless_options: &[("x265-params", "lossless=1:log-level=error")],
        preset: Some(("preset", "medium")),
        containers: &["mp4", "m4v", "mov", "mkv", "nut"],
    },
    Codec {
        name: "av1",
        title: "AV1 by SVT-AV1 (lossless, 12 bits and small pictures by libaom)",
        quality: Quality::Crf {
            max: 63.0,
            default: 35.0,
        },
        lossy: &[
            way("libsvtav1", &["yuv420p", "yuv420p10le"]),
            way("libaom-av1", &["yuv420p", "yuv420p10le", "yuv420p12le"]),
        ],
        lossless: &[way(
            "libaom-av1",
            &[
                "gray", "gray10le", "gray12le", "gbrp", "gbrp10le", "gbrp12le",
            ],
        )],
        has_full_range: true,
        lossless_options: &[("aom-params", "lossless=1"), ("cpu-used", "6")],
        preset: Some(("preset", "8")),
        containers: &["webm", "mp4", "m4v", "mkv"],
    },
    Codec {
        name: "vp9",
        title: "VP9 by libvpx, up to 12 bits",
        quality: Quality::Crf {
            max: 63.0,
            default: 31.0,
        },
        lossy: &[way(
            "libvpx-vp9",
            &["yuv420p", "yuv420p10le", "yuv420p12le"],
        )],
        lossless: &[way(
            "libvpx-vp9",
            &[
                "yuv420p",
                "yuv420p10le",
                "yuv420p12le",
                "gbrp",
                "gbrp10le",
                "gbrp12le",
            ],
        )],
        has_full_range: true,
        lossless_options: &[("lossless", "1")],
        preset: Some(("cpu-used", "2")),
        containers: &["webm", "mp4", "mkv"],
    },
    Codec {
        name: "mpeg4",
        title: "MPEG-4 part 2 (DivX), limited range only",
        quality: Quality::Quantiser {
            max: 31.0,
            default: 3.0,
        },
        lossy: &[way("mpeg4", &["yuv420p"])],
        lossless: &[],
        has_full_range: false,
        lossless_options: &[],
        preset: None,
        containers: &["avi", "mp4", "m4v", "mov", "mkv", "nut"],
    },
    Codec {
        name: "ffv1",
        title: "FFV1 version 3 with checksums, lossless up to 16 bits",
        quality: Quality::Lossless,
        lossy: &[],
        lossless: &[way(
            "ffv1",
            &[
                "gray",
                "gray9le",
                "gray10le",
                "gray12le",
                "gray16le",
                "ya8",
                "bgr0",
                "bgra",
                "gbrp9le",
                "gbrp10le",
                "gbrp12le",
                "gbrp14le",
                "gbrp16le",
                "gbrap10le",
                "gbrap12le",
                "gbrap16le",
            ],
        )],
        has_full_range: true,
        lossless_options: &[("level", "3"), ("slices", "4"), ("slicecrc", "1")],
        preset: None,
        containers: &["mkv", "avi", "nut", "mov"],
    },
    Codec {
        name: "huffyuv",
        title: "HuffYUV, lossless 8-bit RGB (gray stored as RGB)",
        quality: Quality::Lossless,
        lossy: &[],
        lossless: &[way("huffyuv", &["rgb24", "bgra"])],
        has_full_range: true,
        lossless_options: &[],
        preset: None,
        containers: &["avi", "mkv", "nut"],
    },
    Codec {
        name: "ffvhuff",
        title: "FFmpeg's HuffYUV variant, lossless gray and RGB up to 16 bits",
        quality: Quality::Lossless,
        lossy: &[],
        lossless: &[way(
            "ffvhuff",
            &[
                "gray",
                "gray16le",
                "rgb24",
                "bgra",
                "gbrp10le",
                "gbrp12le",
                "gbrp14le",
                "gbrp16le",
                "gbrap10le",
            ],
        )],
        has_full_range: true,
        lossless_options: &[],
        preset: None,
        containers: &["avi", "mkv", "nut"],
    },
    Codec {
        name: "utvideo",
        title: "Ut Video, lossless 8-bit RGB (gray stored as RGB)",
        quality: Quality::Lossless,
        lossy: &[],
        lossless: &[way("utvideo", &["gbrp", "gbrap"])],
        has_full_range: true,
        lossless_options: &[],
        preset: None,
        containers: &["avi", "mkv", "mov", "nut"],
    },
    Codec {
        name: "png",
        title: "PNG, lossless 8 and 16 bits, every frame on its own",
        quality: Quality::Lossless,
        lossy: &[],
        lossless: &[way(
            "png",
            &[
                "gray", "gray16be", "ya8", "ya16be", "rgb24", "rgba", "rgb48be", "rgba64be",
            ],
        )],
        has_full_range: true,
        lossless_options: &[],
        preset: None,
        containers: &["mov", "avi", "mkv", "nut"],
    },
    Codec {
        name: "rawvideo",
        title: "Uncompressed",
        quality: Quality::Lossless,
        lossy: &[],
        lossless: &[way(
            "rawvideo",
            &[
                "gray", "gray10le", "gray12le", "gray16le", "ya8", "bgr24", "bgra", "rgb48le",
                "rgba64le",
            ],
        )],
        has_full_range: true,
        lossless_options: &[],
        preset: None,
        containers: &["nut", "avi"],
    },
];

/// The codec of that name; FFmpeg's and common other names are understood too.
///
/// # Errors
///
/// [`Error::BadOption`] that lists the names.
pub fn codec_by_name(name: &str) -> Result<&'static Codec, Error> {
    let lower = name.to_ascii_lowercase();
    let usual = match lower.as_str() {
        "x264" | "libx264" | "avc" | "avc1" | "h.264" => "h264",
        "x265" | "libx265" | "h265" | "h.265" | "hvc1" => "hevc",
        "libsvtav1" | "libaom-av1" => "av1",
        "libvpx-vp9" => "vp9",
        "mjpg" | "jpeg" => "mjpeg",
        "mp4v" | "divx" | "xvid" => "mpeg4",
        "raw" => "rawvideo",
        other => other,
    };
    CODECS
        .iter()
        .find(|codec| codec.name == usual)
        .ok_or_else(|| {
            let names: Vec<_> = CODECS.iter().map(|codec| codec.name).collect();
            Error::bad_option(
                "--codec",
                format!("`{name}`"),
                format!("one of {}", names.join(", ")),
            )
        })
}

/// The container of that extension, without the dot, lower case.
#[must_use]
pub fn container_by_extension(extension: &str) -> Option<&'static Container> {
    CONTAINERS
        .iter()
        .find(|container| container.extension == extension)
}

/// Whether the factor is on the scale of x264 and x265, whose quantiser `qp` can be fixed instead.
pub(crate) fn has_qp(max: f64) -> bool {
    max < 52.0
}

impl Codec {
    /// What `--quality` takes, in words.
    #[must_use]
    pub fn quality_help(&self) -> String {
        match self.quality {
            Quality::Lossless => format!("nothing: {} is lossless", self.name),
            Quality::Jpeg { default } => format!("0 to 100, libjpeg's scale (usually {default})"),
            Quality::Crf { max, default } if has_qp(max) => {
                format!(
                    "0 to 100, crf=0 (best) to crf={max}, or qp=0 to qp={max} (usually crf={default})"
                )
            }
            Quality::Crf { max, default } => {
                format!("0 to 100, or crf=0 (best) to crf={max} (usually crf={default})")
            }
            Quality::Quantiser { max, default } => {
                format!("0 to 100, or q=1 (best) to q={max} (usually q={default})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_container_has_its_codec() {
        for container in CONTAINERS {
            let codec = codec_by_name(container.codec).expect(container.codec);
            assert!(
                codec.containers.contains(&container.extension),
                "{}",
                container.extension
            );
        }
        for codec in CODECS {
            assert!(
                !codec.lossy.is_empty() || !codec.lossless.is_empty(),
                "{}",
                codec.name
            );
            for extension in codec.containers {
                assert!(container_by_extension(extension).is_some(), "{extension}");
            }
        }
    }

    #[test]
    fn an_unknown_codec_is_told_the_known_ones() {
        let error = codec_by_name("cinepak")
            .expect_err("is unknown")
            .to_string();
        assert!(error.contains("one of mjpeg, h264"), "{error}");
    }
}
