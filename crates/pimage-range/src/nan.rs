//! What becomes of samples that are not numbers where the result cannot hold them.

use std::fmt;
use std::str::FromStr;

/// What a sample that is not a number becomes in integers.
///
/// ```
/// use pimage_range::NanPolicy;
///
/// assert_eq!("high".parse(), Ok(NanPolicy::High));
/// assert_eq!(NanPolicy::default().to_string(), "low");
/// assert!("nothing".parse::<NanPolicy>().is_err());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NanPolicy {
    /// What 0 becomes.
    Zero,
    /// The least result.
    #[default]
    Low,
    /// The greatest result.
    High,
    /// Nothing: it is an error.
    Error,
}

impl NanPolicy {
    /// Each with its word.
    pub const WORDS: [(&str, Self); 4] = [
        ("zero", Self::Zero),
        ("low", Self::Low),
        ("high", Self::High),
        ("error", Self::Error),
    ];
}

impl FromStr for NanPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::WORDS.iter().find(|(word, _)| *word == text);
        found
            .map(|(_, policy)| *policy)
            .ok_or_else(|| format!("`{text}` is not one of zero, low, high, error"))
    }
}

impl fmt::Display for NanPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = Self::WORDS.iter().find(|(_, policy)| policy == self);
        f.pad(found.map_or("", |(word, _)| word))
    }
}
