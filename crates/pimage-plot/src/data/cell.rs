//! One cell of a table of text: a number, a time, nothing, or words.

use jiff::civil::DateTime;

/// The unit of times that were dates: seconds since 1970-01-01 00:00 UTC.
pub const EPOCH_SECONDS: &str = "s since 1970";

/// What a cell says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell {
    Number(f64),
    /// A date or time, as seconds since 1970.
    Time(f64),
    /// Empty, or a word for what is missing.
    Missing,
    Words,
}

impl Cell {
    /// With `has_commas`, a number may have a decimal comma.
    pub(super) fn parse(text: &str, has_commas: bool) -> Self {
        let text = text.trim();
        if is_missing(text) {
            return Self::Missing;
        }
        if let Ok(number) = text.parse() {
            return Self::Number(number);
        }
        if let Some(number) = has_commas.then(|| with_comma(text)).flatten() {
            return Self::Number(number);
        }
        if let Some(secs) = time(text) {
            return Self::Time(secs);
        }
        match text {
            "True" | "true" | "TRUE" => Self::Number(1.0),
            "False" | "false" | "FALSE" => Self::Number(0.0),
            _ => Self::Words,
        }
    }

    /// Whether it stands for a value, as opposed to a name.
    pub(super) const fn is_value(self) -> bool {
        matches!(self, Self::Number(_) | Self::Time(_))
    }
}

fn is_missing(text: &str) -> bool {
    const WORDS: [&str; 8] = ["nan", "-nan", "na", "n/a", "null", "none", "-", "?"];
    text.is_empty() || WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// A number such as `1,5`; `None` for `1,234,567` and for whatever has a point too.
pub(super) fn with_comma(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once(',')?;
    let is_plain = !whole.contains('.') && !fraction.contains([',', '.']);
    is_plain.then(|| format!("{whole}.{fraction}").parse().ok())?
}

/// Seconds since 1970 of a date, perhaps with a time and an offset from UTC.
fn time(text: &str) -> Option<f64> {
    // Most words are not even asked.
    let begins_so = text.as_bytes().first_chunk::<5>()?;
    let (year, hyphen) = begins_so.split_at(4);
    if hyphen != b"-" || !year.iter().all(u8::is_ascii_digit) || text.len() > 64 {
        return None;
    }
    let timestamp = match text.parse::<jiff::Timestamp>() {
        Ok(timestamp) => timestamp,
        Err(_) => {
            let local: DateTime = text.parse().ok()?;
            local.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp()
        }
    };
    Some(timestamp.as_second() as f64 + f64::from(timestamp.subsec_nanosecond()) * 1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_times_and_words_are_told_apart() {
        for (text, expected) in [
            (" 1.5 ", Cell::Number(1.5)),
            ("-2e3", Cell::Number(-2000.0)),
            ("inf", Cell::Number(f64::INFINITY)),
            ("True", Cell::Number(1.0)),
            ("", Cell::Missing),
            ("NaN", Cell::Missing),
            ("n/a", Cell::Missing),
            ("1970-01-02", Cell::Time(86_400.0)),
            ("1970-01-01T00:01:00.5Z", Cell::Time(60.5)),
            ("1970-01-01 01:00:00+01:00", Cell::Time(0.0)),
            ("1970-01-01 00:00:02", Cell::Time(2.0)),
            ("1969-12-31T23:59:59.25Z", Cell::Time(-0.75)),
            ("1,5", Cell::Words),
            ("speed", Cell::Words),
            ("1970-13-01", Cell::Words),
            ("2024-é", Cell::Words),
        ] {
            assert_eq!(Cell::parse(text, false), expected, "{text}");
        }
        for (text, expected) in [
            ("1,5", Cell::Number(1.5)),
            ("-2,5e-3", Cell::Number(-0.0025)),
            ("1,234,567", Cell::Words),
            ("1.234,5", Cell::Words),
            ("1,234.5", Cell::Words),
            (",", Cell::Words),
            ("a,b", Cell::Words),
        ] {
            assert_eq!(Cell::parse(text, true), expected, "{text}");
        }
    }
}
