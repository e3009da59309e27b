//! Which frames: single indices and half-open ranges, as typed and as listed in a file.

use std::path::Path;
use std::str::FromStr;

use anyhow::{Context as _, bail};
use pimage_core::Limits;

/// One word of a selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Selected {
    /// A frame; negative from the end, -1 is the last.
    One(i64),
    /// Frames from the first (included) to the second (excluded).
    Range(Option<u64>, Option<u64>),
}

impl FromStr for Selected {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || {
            format!(
                "`{text}` is not a selection: expected an index such as 7 or -1, or a half-open range such as 10..20"
            )
        };
        let bound = |text: &str| match text.trim() {
            "" => Ok(None),
            digits => digits.parse().ok().map(Some).ok_or_else(refused),
        };
        match text.split_once("..") {
            Some((start, end)) => match (bound(start)?, bound(end)?) {
                (Some(start), Some(end)) if start > end => Err(refused()),
                (start, end) => Ok(Self::Range(start, end)),
            },
            None => text.trim().parse().ok().map(Self::One).ok_or_else(refused),
        }
    }
}

/// Reads a list: one selection a line; empty lines and those that begin with `#` are passed over.
pub(crate) fn read_list(path: &Path, limits: &Limits) -> anyhow::Result<Vec<Selected>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read `{}`", path.display()))?;
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
    let mut indices = Vec::new();
    for one in selected {
        match *one {
            Selected::One(index) => match u64::try_from(index) {
                Ok(index) => indices.push(index),
                Err(_) => {
                    let total = from_end("an index from the end")?;
                    let Some(index) = total.checked_sub(index.unsigned_abs()) else {
                        bail!("frame {index} is out of range, there are {total} frame(s)");
                    };
                    indices.push(index);
                }
            },
            Selected::Range(start, end) => {
                let end = match end {
                    Some(end) => end,
                    None => from_end("an open range")?,
                };
                let range = start.unwrap_or(0)..end;
                let more = range.end.saturating_sub(range.start);
                limits.check_frames(more.saturating_add(indices.len() as u64))?;
                // A range that goes beyond the end is refused before it is spelled out.
                if let Some(total) = frame_count
                    && range.end > total
                {
                    bail!(
                        "frame {} is out of range, there are {total} frame(s)",
                        range.end - 1
                    );
                }
                indices.extend(range);
            }
        }
    }
    if let (Some(total), Some(index)) = (frame_count, indices.iter().max())
        && *index >= total
    {
        bail!("frame {index} is out of range, there are {total} frame(s)");
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
    }

    #[test]
    fn what_is_not_there_is_refused() {
        let refused = |words: &[&str], frame_count| check(words, frame_count).expect_err("refused");
        assert_eq!(
            refused(&["10"], Some(10)),
            "frame 10 is out of range, there are 10 frame(s)"
        );
        assert_eq!(
            refused(&["5..11"], Some(10)),
            "frame 10 is out of range, there are 10 frame(s)"
        );
        assert_eq!(
            refused(&["-11"], Some(10)),
            "frame -11 is out of range, there are 10 frame(s)"
        );
        assert!(refused(&["-1"], None).contains("whose frames are counted"));
        for word in ["a", "1..b", "5..3", "", "1-2", "1:2"] {
            assert!(
                refused(&[word], Some(10)).contains("is not a selection"),
                "{word}"
            );
        }
        assert!(refused(&["0..18446744073709551615"], None).starts_with("frames is"));
    }
}
