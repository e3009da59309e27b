//! How to encode: what is asked for, and what that means to one codec.

use std::fmt::Display;

use pimage_core::Error;

use crate::choice::parse_flag;
use crate::{Choice, Codec, Loss, Scale};

/// The name of the option that `--compression` sets.
pub const COMPRESSION: &str = "compression";

/// How to encode; the same for any codec, which refuses what it does not have.
///
/// ```
/// use pimage_codec::Settings;
///
/// let settings = Settings::of_quality(85).with("subsampling", "4:4:4");
/// assert_eq!(settings.quality.as_deref(), Some("85"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// A number on the codec's first scale, or `SCALE=NUMBER`; `None` is the codec's usual one.
    pub quality: Option<String>,
    /// Every pixel comes back as it was, or it is an error.
    pub lossless: bool,
    /// Threads that one encode may use; 0 is 1, which is best where many images are encoded at once.
    pub threads: usize,
    /// Options by name and value; a later one replaces an earlier one of the same name.
    pub options: Vec<(String, String)>,
}

impl Settings {
    /// The usual settings with a quality.
    #[must_use]
    pub fn of_quality(quality: impl Display) -> Self {
        Self {
            quality: Some(quality.to_string()),
            ..Self::default()
        }
    }

    /// The same with one more option.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Display) -> Self {
        self.options.push((name.to_owned(), value.to_string()));
        self
    }

    /// The value given to an option.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options
            .iter()
            .rev()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Settings that a codec has agreed to: every option is in its table and every value within its range.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    codec: &'static Codec,
    settings: &'a Settings,
    quality: Option<(&'static Scale, f64)>,
}

#[allow(
    dead_code,
    reason = "which of them are used depends on the codecs that are built"
)]
impl<'a> Asked<'a> {
    /// Checks settings against the tables of a codec.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`], which lists what there is.
    pub(crate) fn of(codec: &'static Codec, settings: &'a Settings) -> Result<Self, Error> {
        for (name, value) in &settings.options {
            check_option(codec, name, value)?;
        }
        let quality = match settings.quality.as_deref() {
            Some(text) => Some(parse_quality(codec, text, settings.lossless)?),
            None => None,
        };
        Ok(Self {
            codec,
            settings,
            quality,
        })
    }

    /// The scale and the number that were given.
    pub(crate) fn quality(&self) -> Option<(&'static Scale, f64)> {
        self.quality
    }

    /// The number that was given or the usual one, of a codec with one scale.
    pub(crate) fn quality_or_usual(&self) -> f64 {
        let usual = || self.codec.scales.first().map_or(0.0, |scale| scale.usual);
        self.quality.map_or_else(usual, |(_, value)| value)
    }

    /// Whether every pixel must come back.
    pub(crate) fn is_lossless(&self) -> bool {
        self.settings.lossless
            || match self.codec.loss {
                Loss::Never => true,
                Loss::WithQuality => self.quality.is_none(),
                Loss::UnlessAsked | Loss::Always => false,
            }
    }

    /// Threads for one encode, at least 1.
    pub(crate) fn threads(&self) -> usize {
        self.settings.threads.max(1)
    }

    /// The value of an option, or the usual one; `None` where the codec chooses.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        let usual = || {
            let choice = choice_of(self.codec, name)?;
            (!choice.usual.is_empty()).then_some(choice.usual)
        };
        self.settings.option(name).or_else(usual)
    }

    /// The number of an option, or the usual one; `None` where the codec chooses.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok()
    }

    /// Whether an option is on.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.text(name).and_then(parse_flag).unwrap_or(false)
    }
}

fn choice_of(codec: &Codec, name: &str) -> Option<&'static Choice> {
    codec.options.iter().find(|choice| choice.name == name)
}

fn check_option(codec: &Codec, name: &str, value: &str) -> Result<(), Error> {
    let (label, is_compression) = (codec.label, name == COMPRESSION);
    let option = if is_compression {
        "--compression".to_owned()
    } else {
        format!("--option {name}")
    };
    let found = format!("`{value}`");
    match choice_of(codec, name) {
        Some(choice) if choice.values.takes(value) => Ok(()),
        Some(choice) => {
            let expected = format!("{} for {label}", choice.values);
            Err(Error::bad_option(option, found, expected))
        }
        None if is_compression => {
            let expected = format!("no value, because {label} has no choice of compression");
            Err(Error::bad_option(option, found, expected))
        }
        None => {
            let names: Vec<_> = codec.options.iter().map(|choice| choice.name).collect();
            let expected = if names.is_empty() {
                format!("none, because {label} has no options")
            } else {
                format!("one of {} for {label}", names.join(", "))
            };
            Err(Error::bad_option("--option", format!("`{name}`"), expected))
        }
    }
}

fn parse_quality(
    codec: &'static Codec,
    text: &str,
    lossless: bool,
) -> Result<(&'static Scale, f64), Error> {
    let refused = |expected| Error::bad_option("--quality", format!("`{text}`"), expected);
    let label = codec.label;
    if codec.scales.is_empty() {
        let expected = format!("no value, because {label} keeps every pixel as it is");
        return Err(refused(expected));
    }
    if lossless && codec.loss != Loss::Always {
        return Err(refused("no value together with lossless".to_owned()));
    }
    let found = match text.split_once('=') {
        Some((name, value)) => codec
            .scales
            .iter()
            .find(|scale| scale.name == name.trim())
            .map(|scale| (scale, value.trim())),
        None => codec.scales.first().map(|scale| (scale, text)),
    };
    found
        .and_then(|(scale, value)| Some((scale, scale.parse(value)?)))
        .ok_or_else(|| {
            let ranges: Vec<_> = match codec.scales {
                [only] => vec![only.to_string()],
                several => several
                    .iter()
                    .map(|scale| format!("{}={scale}", scale.name))
                    .collect(),
            };
            refused(format!("{} for {label}", ranges.join(" or ")))
        })
}
