//! Quantising by hand: a codec, bits, a quality.

use clap::{Args, ValueEnum};
use pimage_compress::{PRESETS, Quality, VideoCodec, VideoSetting};
use pimage_core::Error;

/// x265's preset unless another is given.
const PRESET: &str = "slow";

/// How values are put into a video by hand.
#[derive(Debug, Clone, Args)]
pub(super) struct QuantiseArgs {
    /// With --codec: bits of a sample, 8 to 12 with x265 and to 16 with the others; 12 unless given.
    #[arg(long, value_name = "N", requires = "codec")]
    bits: Option<u8>,

    /// With --codec: lossless (unless given), crf=0 to crf=51 (x265), ratio=2 to ratio=1000 (JPEG 2000, even, of samples of whole bytes).
    #[arg(long, value_name = "QUALITY", requires = "codec", value_parser = parse_quality)]
    quality: Option<Quality>,

    /// With --codec x265: how long it thinks, ultrafast to veryslow; slow unless given.
    #[arg(long, value_name = "NAME", requires = "codec", value_parser = parse_preset)]
    preset: Option<&'static str>,
}

/// The codec of a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CodecKind {
    /// HEVC by x265, up to 12 bits.
    X265,
    /// FFV1, up to 16 bits, lossless.
    Ffv1,
    /// JPEG 2000, up to 16 bits.
    Jpeg2000,
}

impl QuantiseArgs {
    /// The setting, agreed to by the codec.
    pub(super) fn setting(&self, codec: CodecKind) -> Result<VideoSetting, Error> {
        let setting = VideoSetting {
            codec: match codec {
                CodecKind::X265 => VideoCodec::X265,
                CodecKind::Ffv1 => VideoCodec::Ffv1,
                CodecKind::Jpeg2000 => VideoCodec::Jpeg2000,
            },
            bits: self.bits.unwrap_or(12),
            quality: self.quality.unwrap_or(Quality::Lossless),
            preset: self.preset.unwrap_or(PRESET),
            range: None,
        };
        setting.check()?;
        Ok(setting)
    }
}

fn parse_quality(text: &str) -> Result<Quality, String> {
    let parsed = match text.trim().split_once('=') {
        None if text.trim() == "lossless" => Some(Quality::Lossless),
        Some(("crf", number)) => number
            .parse()
            .ok()
            .filter(|crf: &f64| crf.is_finite())
            .map(Quality::Crf),
        Some(("ratio", number)) => number.parse().ok().map(Quality::Ratio),
        _ => None,
    };
    parsed.ok_or_else(|| {
        format!(
            "`{text}` is no quality: expected lossless, crf=NUMBER or ratio=NUMBER, such as crf=20"
        )
    })
}

fn parse_preset(text: &str) -> Result<&'static str, String> {
    let found = PRESETS.iter().find(|preset| **preset == text);
    found
        .copied()
        .ok_or_else(|| format!("expected one of {}", PRESETS.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualities_have_scales() {
        assert_eq!(parse_quality("crf=20.5"), Ok(Quality::Crf(20.5)));
        assert_eq!(parse_quality("ratio=4"), Ok(Quality::Ratio(4)));
        assert_eq!(parse_quality("lossless"), Ok(Quality::Lossless));
        for text in ["20", "crf=", "crf=nan", "ratio=-1", "qp=3"] {
            let error = parse_quality(text).expect_err(text);
            assert!(error.contains("such as crf=20"), "{error}");
        }
        assert!(parse_preset("slow").is_ok() && parse_preset("slowest").is_err());
    }
}
