//! What is promised of the values that come back, as it is typed.

use pimage_compress::{Goal, MODES, VideoSetting, mode_by_name};

/// A promise, before the range of the array is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Promise {
    /// Every value as it was.
    Exact,
    /// No value off by more than this.
    MaxError(f64),
    /// No value off by more than this share of the range.
    RelError(f64),
    /// This signal-to-noise ratio, decibels.
    Psnr(f64),
    /// Whole numbers of so many bits in a video, and nothing else.
    Quantised(VideoSetting),
}

/// The words of promises and whether they have a number.
const WORDS: [(&str, bool); 4] = [
    ("exact", false),
    ("max-error", true),
    ("rel-error", true),
    ("psnr", true),
];

impl Promise {
    /// The promise that is called so; the error lists what there is, `others` among it.
    pub(super) fn named<'a>(
        text: &str,
        others: impl Iterator<Item = &'a str>,
    ) -> Result<Self, String> {
        let (word, number) = match text.split_once('=') {
            Some((word, number)) => (word.trim(), Some(number.trim())),
            None => (text, None),
        };
        match (word, number) {
            ("exact", None) => Ok(Self::Exact),
            ("max-error", Some(number)) => parse_error(number).map(Self::MaxError),
            ("rel-error", Some(number)) => parse_share(number).map(Self::RelError),
            ("psnr", Some(number)) => parse_ratio(number).map(Self::Psnr),
            (name, None) if mode_by_name(name).is_ok() => parse_mode(name),
            _ => Err(unknown(text, word, others)),
        }
    }

    /// What it is, in one line.
    pub(super) fn title(&self) -> String {
        match self {
            Self::Exact => "every value as it was".to_owned(),
            Self::MaxError(bound) => format!("no value off by more than {bound}"),
            Self::RelError(share) => format!("no value off by more than {share} of the range"),
            Self::Psnr(ratio) => format!("a PSNR of at least {ratio} dB"),
            Self::Quantised(setting) => {
                let mode = MODES.iter().find(|mode| mode.setting == *setting);
                mode.map_or_else(
                    || format!("{} bits by {}", setting.bits, setting.codec.name()),
                    |mode| mode.title.to_owned(),
                )
            }
        }
    }

    /// Whether it depends on the range of the array.
    pub(super) const fn needs_range(&self) -> bool {
        matches!(self, Self::RelError(_) | Self::Psnr(_) | Self::Quantised(_))
    }

    /// The same for an array of this range.
    pub(super) fn goal(&self, (low, high): (f64, f64)) -> Goal {
        let range = high - low;
        match *self {
            Self::Exact => Goal::Exact,
            Self::MaxError(bound) => Goal::MaxError(bound),
            Self::RelError(share) => Goal::MaxError(share * range),
            // Nothing is lost of an array of one value, whatever counts as its peak.
            Self::Psnr(_) if range <= 0.0 => Goal::Exact,
            Self::Psnr(db) => Goal::Psnr { db, range },
            Self::Quantised(setting) => Goal::Quantised(setting.with_range(low, high)),
        }
    }
}

fn unknown<'a>(text: &str, word: &str, others: impl Iterator<Item = &'a str>) -> String {
    if WORDS.contains(&(word, true)) {
        return format!("`{text}` has no number: expected such as {word}=1e-3");
    }
    let forms = WORDS.iter().map(|(word, has_number)| match has_number {
        true => format!("{word}=NUMBER"),
        false => (*word).to_owned(),
    });
    let modes = MODES.iter().map(|mode| mode.name);
    let all: Vec<String> = forms
        .chain(modes.chain(others).map(str::to_owned))
        .collect();
    let near = nearest(word, &all);
    let near = near.map_or_else(String::new, |near| format!("; `{near}`, perhaps"));
    format!(
        "`{text}` is no mode: expected one of {}{near}",
        all.join(", ")
    )
}

/// The word that begins most like `word`, when it does at all; signs between letters do not count.
fn nearest<'a>(word: &str, words: &'a [String]) -> Option<&'a str> {
    let letters = |text: &str| -> Vec<char> {
        let letters = text.chars().filter(|letter| letter.is_alphanumeric());
        letters.map(|letter| letter.to_ascii_lowercase()).collect()
    };
    let wanted = letters(word);
    let alike = |known: &str| {
        let known = letters(known);
        known
            .iter()
            .zip(&wanted)
            .take_while(|(a, b)| a == b)
            .count()
    };
    let words = words.iter().map(|known| (alike(known), known.as_str()));
    let best = words.max_by_key(|(alike, known)| (*alike, std::cmp::Reverse(known.len())));
    best.filter(|(alike, _)| *alike >= 2)
        .map(|(_, known)| known)
}

/// A mode of `numpy_compress`.
pub(super) fn parse_mode(name: &str) -> Result<Promise, String> {
    if let Ok(mode) = mode_by_name(name) {
        return Ok(Promise::Quantised(mode.setting));
    }
    let all: Vec<String> = MODES.iter().map(|mode| mode.name.to_owned()).collect();
    let near = nearest(name, &all).map_or_else(String::new, |near| format!("; `{near}`, perhaps"));
    Err(format!(
        "`{name}` is no mode: expected one of {}{near}",
        all.join(", ")
    ))
}

/// The greatest error that is allowed.
pub(super) fn parse_error(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(bound) if bound >= 0.0 && bound.is_finite() => Ok(bound),
        _ => Err(format!(
            "`{text}` is not an error: expected a number from 0 on, such as 1e-3"
        )),
    }
}

/// A share of the range.
pub(super) fn parse_share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err(format!(
            "`{text}` is not a share of the range: expected 0 to 1, such as 1e-3"
        )),
    }
}

/// Decibels.
pub(super) fn parse_ratio(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(ratio) if ratio > 0.0 && ratio <= 400.0 => Ok(ratio),
        _ => Err(format!(
            "`{text}` is not a PSNR: expected decibels above 0, up to 400, such as 60"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Result<Promise, String> {
        Promise::named(text, ["blosc", "half-resolution"].into_iter())
    }

    #[test]
    fn promises_are_words_and_numbers() {
        assert_eq!(named("exact"), Ok(Promise::Exact));
        assert_eq!(named("max-error=1e-3"), Ok(Promise::MaxError(1e-3)));
        assert_eq!(named("rel-error=0.01"), Ok(Promise::RelError(0.01)));
        assert_eq!(named("psnr=60"), Ok(Promise::Psnr(60.0)));
        assert_eq!(
            Promise::RelError(0.01).goal((-5.0, 5.0)),
            Goal::MaxError(0.1)
        );
        assert_eq!(Promise::Psnr(60.0).goal((2.0, 2.0)), Goal::Exact);
        let Ok(Promise::Quantised(setting)) = named("avg") else {
            panic!("is a mode");
        };
        let goal = Promise::Quantised(setting).goal((-1.0, 3.0));
        assert_eq!(goal, Goal::Quantised(setting.with_range(-1.0, 3.0)));
    }

    #[test]
    fn what_is_none_is_answered_with_those_that_are() {
        for text in [
            "max-error=-1",
            "rel-error=2",
            "psnr=0",
            "psnr=nan",
            "max-error=x",
        ] {
            let error = named(text).expect_err(text);
            assert!(error.contains("expected"), "{error}");
        }
        let error = named("max-error").expect_err("has no number");
        assert!(error.contains("max-error=1e-3"), "{error}");
        let error = named("halfresolution").expect_err("is none");
        assert!(error.contains("`half-resolution`, perhaps"), "{error}");
        assert!(error.contains("psnr=NUMBER, extreme"), "{error}");
        let error = parse_mode("vhihg").expect_err("is none");
        assert!(error.contains("`vhigh`, perhaps"), "{error}");
    }
}
