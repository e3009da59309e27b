//! Which frames: single indices and half-open ranges, as typed and as listed in a file.

use std::ffi::OsString;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context as _, anyhow};
use pimage_core::Limits;

/// One word of a selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Selected {
    /// A frame; negative from the end, -1 is the last.
    One(i64),
    /// Frames from the first (included) to the second (excluded); negative from the end.
    Range(Option<i64>, Option<i64>),
}

impl FromStr for Selected {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || {
            format!(
                "`{text}` is not a selection: expected an index such as 7 or -1, or a half-open range such as 10..20 or -5..-2"
            )
        };
        let bound = |text: &str| match text.trim() {
            "" => Ok(None),
            digits => digits.parse().ok().map(Some).ok_or_else(refused),
        };
        match text.split_once("..") {
            Some((start, end)) => match (bound(start)?, bound(end)?) {
                // With one from the end, only the recording tells.
                (Some(start), Some(end)) if start > end && (start < 0) == (end < 0) => {
                    Err(refused())
                }
                (start, end) => Ok(Self::Range(start, end)),
            },
            None => text.trim().parse().ok().map(Self::One).ok_or_else(refused),
        }
    }
}

/// A typed word so that clap does not take a range from the end, `-5..-2`, for an option: with a space in front.
pub(crate) fn as_argument(word: OsString) -> OsString {
    let is_range = word.to_str().is_some_and(|text| {
        let is_negative = text
            .strip_prefix('-')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        is_negative && text.contains("..") && text.parse::<Selected>().is_ok()
    });
    if !is_range {
        return word;
    }
    let mut spaced = OsString::from(" ");
    spaced.push(word);
    spaced
}

/// Reads a list: one selection a line; empty lines and those that begin with `#` are passed over.
pub(crate) fn read_list(path: &Path, limits: &Limits) -> anyhow::Result<Vec<Selected>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read `{}`", path.display()))?;
    crate::streams::note_list(path);
    let mut selected = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        limits.check_frames(selected.len() as u64 + 1)?;
        let one = line.parse().map_err(anyhow::Error::msg);
        selected.push(one.with_context(|| format!("line {} of `{}`", number + 1, path.display()))?);
    }
    Ok(selected)
}

/// The indices, in the order asked. `frame_count` is needed for what counts from the end and for open ranges.
pub(crate) fn indices(
    selected: &[Selected],
    frame_count: Option<u64>,
    limits: &Limits,
) -> anyhow::Result<Vec<u64>> {
    let from_end = |what: &str| {
        frame_count.with_context(|| {
            format!("{what} needs a recording whose frames are counted, and this one is not")
        })
    };
    let out_of_range = |index: &dyn std::fmt::Display, total: u64| match total {
        0 => anyhow!("frame {index} is out of range, there are no frames"),
        _ => anyhow!(
            "frame {index} is out of range, there are {total} frame(s): expected 0 to {}, or -{total} to -1 from the end",
            total - 1
        ),
    };
    // Where a number stands, that counts from the end when it is negative.
    let place = |index: i64, what: &str| match u64::try_from(index) {
        Ok(index) => Ok(index),
        Err(_) => {
            let total = from_end(what)?;
            let place = total.checked_sub(index.unsigned_abs());
            place.ok_or_else(|| out_of_range(&index, total))
        }
    };
    let mut indices = Vec::new();
    for one in selected {
        match *one {
            Selected::One(index) => indices.push(place(index, "an index from the end")?),
            Selected::Range(start, end) => {
                let what = "a range from or to the end";
                let start = place(start.unwrap_or(0), what)?;
                let end = match end {
                    Some(end) => place(end, what)?,
                    None => from_end("an open range")?,
                };
                let more = end.saturating_sub(start);
                limits.check_frames(more.saturating_add(indices.len() as u64))?;
                // A range that goes beyond the end is refused before it is spelled out.
                if let Some(total) = frame_count.filter(|total| end > *total) {
                    return Err(out_of_range(&(end - 1), total));
                }
                indices.extend(start..end);
            }
        }
    }
    if let (Some(total), Some(index)) = (frame_count, indices.iter().max())
        && *index >= total
    {
        return Err(out_of_range(index, total));
    }
    Ok(indices)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &[&str], frame_count: Option<u64>) -> Result<Vec<u64>, String> {
        let selected: Result<Vec<Selected>, _> = words.iter().map(|word| word.parse()).collect();
        indices(&selected?, frame_count, &Limits::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn selections_keep_the_order_asked_and_repeat() {
        assert_eq!(
            check(&["7", "2..5", "7", "-1", "8.."], Some(10)),
            Ok(vec![7, 2, 3, 4, 7, 9, 8, 9])
        );
        assert_eq!(check(&["..3", "4..4"], Some(10)), Ok(vec![0, 1, 2]));
        assert_eq!(check(&["12"], None), Ok(vec![12]));
        assert_eq!(
            check(&["-5..-2", "-1..", "8..-1", "..-9"], Some(10)),
            Ok(vec![5, 6, 7, 9, 8, 0])
        );
        assert_eq!(check(&["8..-5"], Some(10)), Ok(vec![]));
    }

    #[test]
    fn what_is_not_there_is_refused() {
        let refused = |words: &[&str], frame_count| check(words, frame_count).expect_err("refused");
        assert_eq!(
            refused(&["10"], Some(10)),
            "frame 10 is out of range, there are 10 frame(s): expected 0 to 9, or -10 to -1 from the end"
        );
        assert_eq!(
            refused(&["5..11"], Some(10)),
            "frame 10 is out of range, there are 10 frame(s): expected 0 to 9, or -10 to -1 from the end"
        );
        assert_eq!(
            refused(&["-11"], Some(10)),
            "frame -11 is out of range, there are 10 frame(s): expected 0 to 9, or -10 to -1 from the end"
        );
        assert!(refused(&["-1"], None).contains("whose frames are counted"));
        for word in ["a", "1..b", "5..3", "-2..-5", "", "1-2", "1:2"] {
            assert!(
                refused(&[word], Some(10)).contains("is not a selection"),
                "{word}"
            );
        }
        assert!(refused(&["0..9223372036854775807"], None).starts_with("frames is"));
    }
}
