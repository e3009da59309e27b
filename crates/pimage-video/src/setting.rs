//! What `--quality` says, on the scale of the codec.

use pimage_core::Error;

use crate::codecs::{Codec, Quality, has_qp};

/// A quality in the codec's own unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Setting {
    /// Nothing to set.
    None,
    /// libjpeg's quality.
    Jpeg(f64),
    /// A constant rate factor.
    Crf(f64),
    /// A fixed quantiser of the encoder's option `qp`.
    Qp(u32),
    /// A fixed quantiser of the MPEG family.
    Quantiser(f64),
}

impl Codec {
    /// Reads what `--quality` says: a number from 0 to 100, or a scale of the codec's own (`crf=23`, `qp=20`, `q=3`).
    pub(crate) fn setting(&self, quality: Option<&str>) -> Result<Setting, Error> {
        let Some(text) = quality else {
            return Ok(match self.quality {
                Quality::Lossless => Setting::None,
                Quality::Jpeg { default } => Setting::Jpeg(default),
                Quality::Crf { default, .. } => Setting::Crf(default),
                Quality::Quantiser { default, .. } => Setting::Quantiser(default),
            });
        };
        let refused = || Error::bad_option("--quality", format!("`{text}`"), self.quality_help());
        let number = |text: &str, range: std::ops::RangeInclusive<f64>| {
            let value = text
                .parse::<f64>()
                .ok()
                .filter(|value| range.contains(value));
            value.ok_or_else(refused)
        };
        match (text.split_once('='), self.quality) {
            (None, Quality::Jpeg { .. }) => Ok(Setting::Jpeg(number(text, 0.0..=100.0)?.max(1.0))),
            (None, Quality::Crf { max, .. }) => {
                let quality = number(text, 0.0..=100.0)?;
                // Encoders take the factor in hundredths at the finest.
                Ok(Setting::Crf((max * (100.0 - quality)).round() / 100.0))
            }
            (None, Quality::Quantiser { max, .. }) => {
                let quality = number(text, 0.0..=100.0)?;
                Ok(Setting::Quantiser(max - (max - 1.0) * quality / 100.0))
            }
            (Some(("crf", value)), Quality::Crf { max, .. }) => {
                Ok(Setting::Crf(number(value, 0.0..=max)?))
            }
            (Some(("qp", value)), Quality::Crf { max, .. }) if has_qp(max) => {
                Ok(Setting::Qp(number(value, 0.0..=max)?.round() as u32))
            }
            (Some(("q", value)), Quality::Quantiser { max, .. }) => {
                Ok(Setting::Quantiser(number(value, 1.0..=max)?))
            }
            (Some(("q", value)), Quality::Jpeg { .. }) => {
                Ok(Setting::Jpeg(number(value, 1.0..=100.0)?))
            }
            _ => Err(refused()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codecs::codec_by_name;

    #[track_caller]
    fn check(codec: &str, quality: Option<&str>, expected: Setting) {
        let codec = codec_by_name(codec).expect("is known");
        assert_eq!(codec.setting(quality).expect("is in range"), expected);
    }

    #[test]
    fn qualities_are_on_the_codecs_scale() {
        check("h264", None, Setting::Crf(23.0));
        check("h264", Some("100"), Setting::Crf(0.0));
        check("h264", Some("50"), Setting::Crf(25.5));
        check("x264", Some("crf=18.5"), Setting::Crf(18.5));
        check("hevc", Some("qp=20"), Setting::Qp(20));
        check("mjpeg", Some("0"), Setting::Jpeg(1.0));
        check("mpeg4", Some("100"), Setting::Quantiser(1.0));
        check("mpeg4", Some("q=5"), Setting::Quantiser(5.0));
        check("ffv1", None, Setting::None);
    }

    #[test]
    fn what_is_out_of_range_is_told_the_range() {
        for (codec, quality) in [
            ("h264", "101"),
            ("h264", "crf=52"),
            ("ffv1", "3"),
            ("mjpeg", "crf=3"),
            ("vp9", "x"),
        ] {
            let codec = codec_by_name(codec).expect("is known");
            let error = codec.setting(Some(quality)).expect_err(quality).to_string();
            assert!(
                error.starts_with(&format!("--quality is `{quality}`: expected")),
                "{error}"
            );
        }
    }
}
