//! Half-open ranges of indices, numbers and times, as typed.

use std::str::FromStr;

use pimage_store::Span;

/// `A..B`, `A..` or `..B`.
fn ends<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<(Option<T>, Option<T>)> {
    let end = |text: &str| match text.trim() {
        "" => Some(None),
        text => parse(text).map(Some),
    };
    let (start, stop) = text.split_once("..")?;
    Some((end(start)?, end(stop)?))
}

fn refused(text: &str, what: &str, example: &str) -> String {
    // Where a number of an argument counts from the end, a blank stands before it.
    let text = text.trim();
    format!("`{text}` is not a half-open range of {what}: expected such as {example}")
}

/// Frames by their index.
pub(super) fn parse_indices(text: &str) -> Result<Span<u64>, String> {
    let found = ends(text, |end| end.parse().ok());
    let (start, end) = found.ok_or_else(|| refused(text, "indices", "100..200, 100.. or ..200"))?;
    Ok(Span { start, end })
}

/// Frames by the recorder's numbers.
pub(super) fn parse_numbers(text: &str) -> Result<Span<i64>, String> {
    let found = ends(text, |end| end.parse().ok());
    let (start, end) =
        found.ok_or_else(|| refused(text, "numbers", "-100..200, 100.. or ..200"))?;
    Ok(Span { start, end })
}

/// A time in a store.
#[derive(Debug, Clone, Copy, PartialEq)]
enum When {
    /// Seconds as the store has them.
    At(f64),
    /// Seconds after the first frame.
    After(f64),
}

/// Frames by their times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Times {
    start: Option<When>,
    end: Option<When>,
}

impl FromStr for Times {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let when = |end: &str| {
            let secs = |text: &str| text.parse().ok().filter(|secs: &f64| secs.is_finite());
            match end.strip_prefix('+') {
                Some(after) => secs(after).map(When::After),
                None => secs(end).map(When::At),
            }
        };
        let found = ends(text, when);
        let (start, end) = found
            .ok_or_else(|| refused(text, "seconds", "+10..+20 or 1500000000.5..1500000001"))?;
        Ok(Self { start, end })
    }
}

impl Times {
    /// In the store's own seconds.
    pub(super) fn span(self, first: f64) -> Span<f64> {
        let secs = |when| match when {
            When::At(secs) => secs,
            When::After(secs) => first + secs,
        };
        Span {
            start: self.start.map(secs),
            end: self.end.map(secs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_may_be_open() {
        let numbers = parse_numbers(" -5..3").expect("parses");
        assert_eq!((numbers.start, numbers.end), (Some(-5), Some(3)));
        let indices = parse_indices("..7").expect("parses");
        assert_eq!((indices.start, indices.end), (None, Some(7)));
        for text in ["7", "a..b", "1...3", "-1..3"] {
            let error = parse_indices(text).expect_err("is refused");
            assert!(error.contains("half-open range"), "{error}");
        }
    }

    #[test]
    fn times_count_from_the_first_frame_with_a_sign() {
        let times: Times = "+1.5..1e9".parse().expect("parses");
        let span = times.span(100.0);
        assert_eq!((span.start, span.end), (Some(101.5), Some(1e9)));
        assert!("nan..2".parse::<Times>().is_err());
    }
}
