//! Telling which frames of a recording are missing, from the bins' lengths and numbers and from what the header says.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::{Path, PathBuf};

use super::header::Header;
use crate::flat::Part;

/// What the header promises.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Claims {
    /// `Number of files`; recorders count images or bins here.
    files: Option<u64>,
    /// `Agregat`: frames in each bin but the last.
    per_bin: Option<u64>,
}

impl Claims {
    pub(super) fn of(header: &Header) -> Self {
        Self {
            files: header.number("Number of files"),
            per_bin: header.number("Agregat").filter(|count| *count > 0),
        }
    }
}

/// Marks what is missing from `parts`, bins in their order, and adds an empty part for each gap in their numbers.
pub(super) fn mark(parts: Vec<Part>, claims: Claims) -> Vec<Part> {
    let whole: u64 = parts.iter().map(|part| part.count).sum();
    let is_cut = parts.iter().any(|part| part.cut_bytes > 0);
    if claims.files == Some(whole) && !is_cut {
        // All that were recorded, however they are spread.
        return parts;
    }
    let per_bin = frames_per_bin(&parts, claims.per_bin);
    let numbers = numbers_of(&parts);
    let mut marked = fill_holes(parts, per_bin, claims.per_bin.is_some(), numbers.as_deref());
    let bins = numbers.as_ref().map(|numbers| spread(numbers));
    mark_end(&mut marked, claims.files, per_bin, bins);
    marked
}

/// Frames in each bin but the last, when the header and the whole bins agree on it, or the whole bins do.
fn frames_per_bin(parts: &[Part], claimed: Option<u64>) -> Option<u64> {
    let (last, others) = parts.split_last()?;
    let most = parts.iter().map(|part| part.count).max()?;
    let mut full = others
        .iter()
        .filter(|part| part.cut_bytes == 0)
        .map(|part| part.count);
    // With a claim, one bin of that size will do: others may be cut at the end of a frame.
    let claimed = claimed.filter(|claim| most <= *claim);
    if let Some(claim) = claimed
        && (full.clone().next().is_none() || full.clone().any(|count| count == claim))
    {
        return Some(claim);
    }
    let first = full.next()?;
    let agree = full.all(|count| count == first);
    (agree && first > 0 && last.count <= first && most <= first).then_some(first)
}

/// The numbers at the end of the bins' names, when all have one, they ascend, and they begin with 0 or 1.
fn numbers_of(parts: &[Part]) -> Option<Vec<u64>> {
    let mut numbers = Vec::new();
    let mut prefix: Option<String> = None;
    for part in parts {
        let (before, digits) = split_number(&part.path)?;
        if prefix.get_or_insert_with(|| before.clone()) != &before {
            return None;
        }
        numbers.push(digits.parse().ok()?);
    }
    let is_ascending = numbers.is_sorted_by(|left: &u64, right| left < right);
    (is_ascending && numbers.first().is_some_and(|first| *first <= 1)).then_some(numbers)
}

/// The name of a bin up to its number, and the digits.
fn split_number(path: &Path) -> Option<(String, String)> {
    let stem = path.file_stem()?.to_string_lossy().into_owned();
    let before = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = stem.get(before.len()..)?;
    (!digits.is_empty()).then(|| (before.to_owned(), digits.to_owned()))
}

/// How many bins there are from the first number to the last.
fn spread(numbers: &[u64]) -> u64 {
    let bounds = numbers.first().zip(numbers.last());
    bounds.map_or(0, |(first, last)| last - first + 1)
}

fn fill_holes(
    parts: Vec<Part>,
    per_bin: Option<u64>,
    is_claimed: bool,
    numbers: Option<&[u64]>,
) -> Vec<Part> {
    let last = parts.len().saturating_sub(1);
    let mut filled = Vec::new();
    for (place, mut part) in parts.into_iter().enumerate() {
        let short = per_bin.map_or(0, |per_bin| per_bin.saturating_sub(part.count));
        if place < last && part.cut_bytes > 0 {
            part.hole = short;
            if short == 0 {
                part.reason = Some(format!(
                    "`{}` ends in the middle of a frame; how many frames are missing is not known, and the indices of all that follow may be too low",
                    name_of(&part.path)
                ));
            }
        } else if place < last && is_claimed && short > 0 {
            part.hole = short;
            part.reason = Some(format!(
                "`{}` ends after {} of {} frames",
                name_of(&part.path),
                part.count,
                part.count.saturating_add(short)
            ));
        }
        let number_at = |place: usize| numbers.and_then(|numbers| numbers.get(place)).copied();
        let gap = number_at(place).zip(number_at(place + 1));
        let path = part.path.clone();
        filled.push(part);
        if let Some((number, next)) = gap.filter(|(number, next)| next - number > 1) {
            filled.push(missing_bins(&path, number + 1, next - 1, per_bin));
        }
    }
    filled
}

/// A part without frames in place of the bins `first` to `last`.
fn missing_bins(before: &Path, first: u64, last: u64, per_bin: Option<u64>) -> Part {
    let path = numbered(before, first);
    let what = if first == last {
        format!("`{}` is missing", name_of(&path))
    } else {
        let end = numbered(before, last);
        format!("`{}` to `{}` are missing", name_of(&path), name_of(&end))
    };
    let hole = per_bin.map_or(0, |per_bin| per_bin.saturating_mul(last - first + 1));
    let reason = match per_bin {
        Some(_) => what,
        None => format!(
            "{what}; how many frames is not known, and the indices of all that follow are too low"
        ),
    };
    Part {
        path,
        start: 0,
        count: 0,
        cut_bytes: 0,
        missing: 0,
        hole,
        reason: Some(reason),
    }
}

/// The name that the bin of this number has, by the name of another.
fn numbered(path: &Path, number: u64) -> PathBuf {
    let Some((before, digits)) = split_number(path) else {
        return path.to_path_buf();
    };
    let width = digits.len();
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{before}{number:0width$}.{extension}"))
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Marks what the header promises behind the last bin. `bins` are those that the numbers span, when they are numbered.
fn mark_end(parts: &mut [Part], files: Option<u64>, per_bin: Option<u64>, bins: Option<u64>) {
    let there = parts.len() as u64;
    let slots = parts.iter().map(Part::slots).fold(0, u64::saturating_add);
    let (Some(files), Some(last)) = (files, parts.last_mut()) else {
        return;
    };
    if files > slots {
        last.missing = files - slots;
        if last.cut_bytes == 0 {
            last.reason = Some(format!("the header promises {files} frames"));
        }
        return;
    }
    // Fewer images than the last bin has room for: an end that was not used.
    let room = per_bin.unwrap_or(last.count).max(last.count);
    let is_of_images = files > slots.saturating_sub(room) || files == there;
    if let Some(bins) = bins.filter(|bins| *bins < files && !is_of_images) {
        let more = files - bins;
        let reason = format!(
            "{more} bin(s) behind `{}` are missing: the header promises {files}",
            name_of(&last.path)
        );
        last.reason = Some(reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, count: u64, cut_bytes: u64) -> Part {
        Part {
            path: name.into(),
            start: 0,
            count,
            cut_bytes,
            missing: 0,
            hole: 0,
            reason: None,
        }
    }

    /// Frames, holes and missing frames of each part.
    fn marked(bins: &[(&str, u64, u64)], files: Option<u64>, per_bin: Option<u64>) -> Vec<Part> {
        let parts = bins
            .iter()
            .map(|(name, count, cut)| part(name, *count, *cut))
            .collect();
        mark(parts, Claims { files, per_bin })
    }

    fn numbers(parts: &[Part]) -> Vec<[u64; 3]> {
        let of = |part: &Part| [part.count, part.hole, part.missing];
        parts.iter().map(of).collect()
    }

    #[test]
    fn sound_recordings_miss_nothing() {
        let bins = [
            ("r_00000.bin", 3, 0),
            ("r_00001.bin", 3, 0),
            ("r_00002.bin", 1, 0),
        ];
        for (files, per_bin) in [
            (None, None),
            (Some(7), None),
            (Some(3), Some(3)),
            (Some(7), Some(3)),
            (Some(7), Some(1)),
            (Some(6), Some(3)),
        ] {
            let parts = marked(&bins, files, per_bin);
            assert_eq!(numbers(&parts), [[3, 0, 0], [3, 0, 0], [1, 0, 0]]);
            assert!(parts.iter().all(|part| part.reason.is_none()), "{files:?}");
        }
        let odd = [("r_2.bin", 3, 0), ("r_10.bin", 2, 0), ("r_100.bin", 4, 0)];
        let parts = marked(&odd, None, None);
        assert!(parts.len() == 3 && parts.iter().all(|part| part.reason.is_none()));
    }

    #[test]
    fn a_gap_in_the_numbers_is_a_hole() {
        let bins = [("r_00000.bin", 3, 0), ("r_00003.bin", 2, 0)];
        let parts = marked(&bins, None, None);
        assert_eq!(numbers(&parts), [[3, 0, 0], [0, 6, 0], [2, 0, 0]]);
        assert_eq!(
            parts.get(1).expect("is there").reason.as_deref(),
            Some("`r_00001.bin` to `r_00002.bin` are missing")
        );
        // The first is cut, so that nothing tells how many a bin has, unless the header does.
        let cut = [("r_00000.bin", 2, 5), ("r_00002.bin", 2, 0)];
        let parts = marked(&cut, None, None);
        assert_eq!(numbers(&parts), [[2, 0, 0], [0, 0, 0], [2, 0, 0]]);
        let reason = parts
            .get(1)
            .expect("is there")
            .reason
            .as_deref()
            .expect("is told");
        assert!(
            reason.contains("the indices of all that follow are too low"),
            "{reason}"
        );
        let parts = marked(&cut, None, Some(4));
        assert_eq!(numbers(&parts), [[2, 2, 0], [0, 4, 0], [2, 0, 0]]);
    }

    #[test]
    fn bins_that_are_short_have_the_frames_of_the_others() {
        let bins = [
            ("a0.bin", 3, 0),
            ("a1.bin", 1, 9),
            ("a2.bin", 3, 0),
            ("a3.bin", 2, 0),
        ];
        let parts = marked(&bins, None, None);
        assert_eq!(
            numbers(&parts),
            [[3, 0, 0], [1, 2, 0], [3, 0, 0], [2, 0, 0]]
        );
        // At the end of a frame, only the header tells.
        let bins = [("a0.bin", 3, 0), ("a1.bin", 1, 0), ("a2.bin", 2, 0)];
        assert_eq!(numbers(&marked(&bins, None, None)).get(1), Some(&[1, 0, 0]));
        assert_eq!(
            numbers(&marked(&bins, None, Some(3))).get(1),
            Some(&[1, 2, 0])
        );
    }

    #[test]
    fn promises_behind_the_end_are_told() {
        let bins = [("r0.bin", 3, 0), ("r1.bin", 3, 0)];
        let parts = marked(&bins, Some(9), None);
        assert_eq!(numbers(&parts), [[3, 0, 0], [3, 0, 3]]);
        let reason = |parts: &[Part]| {
            parts
                .get(1)
                .expect("is there")
                .reason
                .clone()
                .unwrap_or_default()
        };
        assert_eq!(reason(&parts), "the header promises 9 frames");
        let parts = marked(&bins, Some(3), None);
        assert_eq!(numbers(&parts), [[3, 0, 0], [3, 0, 0]]);
        assert_eq!(
            reason(&parts),
            "1 bin(s) behind `r1.bin` are missing: the header promises 3"
        );
    }
}
