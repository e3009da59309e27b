//! How values are put into a video.

use pimage_core::Error;

/// What a video is coded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VideoCodec {
    /// HEVC by x265: 8, 10 or 12 bits.
    X265,
    /// FFV1: 8 to 16 bits, lossless.
    Ffv1,
    /// JPEG 2000 by `OpenJPEG`: 8 to 16 bits, each frame on its own.
    Jpeg2000,
}

impl VideoCodec {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::X265, Self::Ffv1, Self::Jpeg2000];

    /// Its name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::X265 => "x265",
            Self::Ffv1 => "FFV1",
            Self::Jpeg2000 => "JPEG 2000",
        }
    }

    /// The most bits of a sample.
    #[must_use]
    pub const fn most_bits(self) -> u8 {
        match self {
            Self::X265 => 12,
            Self::Ffv1 | Self::Jpeg2000 => 16,
        }
    }
}

/// How much of a video's samples may be lost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quality {
    /// Nothing.
    Lossless,
    /// x265's constant rate factor, 51 to 0, and 6 below that (finer) for each bit beyond 8. Not lossless at its lowest.
    Crf(f64),
    /// JPEG 2000: this many times fewer bytes than samples of whole bytes, even numbers from 2 to 1,000
    /// (FFmpeg hands `libopenjpeg` twice the number that it is given).
    Ratio(u16),
}

/// How values are put into a video: linearly onto whole numbers, which a codec stores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VideoSetting {
    /// The codec.
    pub codec: VideoCodec,
    /// Bits of a sample: 8 to [`VideoCodec::most_bits`].
    pub bits: u8,
    /// How much is lost of them.
    pub quality: Quality,
    /// x265's preset: how long it thinks.
    pub preset: &'static str,
    /// The values that the lowest and the highest sample stand for; `None` for those of each group.
    pub range: Option<[f64; 2]>,
}

/// x265's presets that may be asked for.
pub const PRESETS: [&str; 7] = [
    "ultrafast",
    "superfast",
    "fast",
    "medium",
    "slow",
    "slower",
    "veryslow",
];

impl VideoSetting {
    /// x265 with 12 bits, as a base that is corrected.
    #[must_use]
    pub const fn base(crf: f64) -> Self {
        Self {
            codec: VideoCodec::X265,
            bits: 12,
            quality: Quality::Crf(crf),
            preset: "slow",
            range: None,
        }
    }

    /// The same with another quality.
    #[must_use]
    pub const fn with_quality(mut self, quality: Quality) -> Self {
        self.quality = quality;
        self
    }

    /// The same for values of this range in all groups.
    #[must_use]
    pub const fn with_range(mut self, low: f64, high: f64) -> Self {
        self.range = Some([low, high]);
        self
    }

    /// The lowest rate factor that x265 takes for so many bits.
    #[must_use]
    pub fn finest(&self) -> f64 {
        6.0 * (8.0 - f64::from(self.bits))
    }

    /// Whether the codec can be set so.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] that names what it cannot.
    pub fn check(&self) -> Result<(), Error> {
        let most = self.codec.most_bits();
        if !(8..=most).contains(&self.bits) {
            let expected = format!("8 to {most} with {}", self.codec.name());
            return Err(Error::bad_option("bits", self.bits.to_string(), expected));
        }
        let expected = match (self.codec, self.quality) {
            (_, Quality::Lossless) => None,
            (VideoCodec::X265, Quality::Crf(crf)) if (self.finest()..=51.0).contains(&crf) => None,
            (VideoCodec::Jpeg2000, Quality::Ratio(ratio @ 2..=1000)) if ratio % 2 == 0 => None,
            (VideoCodec::X265, _) => {
                Some("lossless or a rate factor up to 51 with x265, from 0 on for 8 bits")
            }
            (VideoCodec::Jpeg2000, _) => {
                Some("lossless or an even ratio from 2 to 1000 with JPEG 2000")
            }
            (VideoCodec::Ffv1, _) => Some("lossless with FFV1"),
        };
        if let Some(expected) = expected {
            let found = format!("{:?}", self.quality);
            return Err(Error::bad_option("quality", found, expected));
        }
        if !PRESETS.contains(&self.preset) {
            let expected = PRESETS.join(", ");
            return Err(Error::bad_option("preset", self.preset, expected));
        }
        match self.range {
            Some([low, high]) if !(low <= high && (high - low).is_finite()) => {
                Err(Error::bad_option(
                    "range",
                    format!("{low},{high}"),
                    "two numbers, the lower first",
                ))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_codecs_cannot_is_told() {
        let base = VideoSetting::base(20.0);
        assert!(base.check().is_ok());
        for (setting, expected) in [
            (
                VideoSetting { bits: 16, ..base },
                "bits is 16: expected 8 to 12 with x265",
            ),
            (
                VideoSetting {
                    codec: VideoCodec::Ffv1,
                    ..base
                },
                "quality is Crf(20.0): expected lossless with FFV1",
            ),
            (
                base.with_quality(Quality::Crf(52.0)),
                "quality is Crf(52.0): expected lossless or a rate factor up to 51 with x265, from 0 on for 8 bits",
            ),
            (
                VideoSetting {
                    codec: VideoCodec::Jpeg2000,
                    quality: Quality::Ratio(5),
                    ..base
                },
                "quality is Ratio(5): expected lossless or an even ratio from 2 to 1000 with JPEG 2000",
            ),
            (
                base.with_range(2.0, 1.0),
                "range is 2,1: expected two numbers, the lower first",
            ),
        ] {
            let found = setting.check().map_err(|error| error.to_string());
            assert_eq!(found, Err(expected.to_owned()));
        }
    }
}
