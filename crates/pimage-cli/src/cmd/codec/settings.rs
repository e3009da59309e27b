//! Which codec, with which settings: as typed.

use std::str::FromStr;

use clap::Args;
use pimage_codec::{CODECS, Codec, Settings, by_name};
use pimage_convert::Target;
use pimage_core::Error;

use crate::sizes::parse_bytes;

/// The settings of one codec.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Coding")]
pub(super) struct SettingArgs {
    /// A number on the codec's first scale, or SCALE=NUMBER such as crf=28; `pimage codec list NAME` tells which there are.
    #[arg(long, value_name = "Q", allow_negative_numbers = true)]
    pub(super) quality: Option<String>,

    /// The best quality whose payload has at most so many bytes, found by bisection; for each frame by itself.
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes, conflicts_with_all = ["quality", "lossless"])]
    pub(super) target_size: Option<u64>,

    /// The smallest size with at least this PSNR, in dB, found by bisection; for each frame by itself.
    #[arg(long, value_name = "DB", value_parser = parse_decibels, conflicts_with_all = ["quality", "lossless", "target_size"])]
    pub(super) target_psnr: Option<f64>,

    /// Every pixel comes back as it was, or it is an error.
    #[arg(long)]
    pub(super) lossless: bool,

    /// An option of the codec, such as preset=slow or subsampling=4:4:4; can be given several times.
    #[arg(long = "option", value_name = "NAME=VALUE")]
    pub(super) options: Vec<NamedValue>,
}

/// `name=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamedValue {
    pub(super) name: String,
    pub(super) value: String,
}

impl FromStr for NamedValue {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => Ok(Self {
                name: name.trim().to_owned(),
                value: value.trim().to_owned(),
            }),
            _ => Err(format!(
                "`{text}` is not an option: expected NAME=VALUE, such as preset=slow"
            )),
        }
    }
}

impl SettingArgs {
    /// The settings, agreed to by the codec.
    pub(super) fn of(&self, codec: &'static Codec) -> Result<Settings, Error> {
        let options = self.options.iter();
        let settings = Settings {
            quality: self.quality.clone(),
            lossless: self.lossless,
            threads: 1,
            options: options
                .map(|option| (option.name.clone(), option.value.clone()))
                .collect(),
        };
        usable(codec)?;
        codec.check(&settings)?;
        Ok(settings)
    }

    /// What the quality is to be chosen for; none where it is given.
    pub(super) fn target(&self) -> Option<Target> {
        let size = self.target_size.map(Target::Bytes);
        size.or(self.target_psnr.map(Target::Psnr))
    }
}

/// An error when a codec cannot encode and decode here.
pub(super) fn usable(codec: &'static Codec) -> Result<(), Error> {
    codec.available()?;
    codec.check(&Settings::default())
}

/// A codec by its name.
pub(super) fn parse_codec(name: &str) -> Result<&'static Codec, String> {
    by_name(name).ok_or_else(|| {
        let names: Vec<_> = CODECS.iter().map(|codec| codec.name).collect();
        format!("expected one of {}", names.join(", "))
    })
}

/// A ratio in decibels.
pub(super) fn parse_decibels(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value),
        _ => Err(format!(
            "`{text}` is not a PSNR: expected decibels above 0, such as 38.5"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_names_and_values() {
        let option: NamedValue = "x265-params=qp=3".parse().expect("is one");
        assert_eq!((&*option.name, &*option.value), ("x265-params", "qp=3"));
        assert!("=3".parse::<NamedValue>().is_err() && "slow".parse::<NamedValue>().is_err());
    }

    #[test]
    fn what_is_no_codec_is_answered_with_those_that_are() {
        assert_eq!(parse_codec("png").map(|codec| codec.name), Ok("png"));
        let error = parse_codec("gnp").expect_err("is none");
        assert!(error.contains("png, jpeg"), "{error}");
    }
}
