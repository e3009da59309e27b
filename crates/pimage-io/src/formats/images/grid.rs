//! Positions on axes, told by names.

use pimage_core::{Axis, Error};

use super::files::Files;
use super::names::{self, Alike};
use super::pattern::Key;

/// Which file each frame is in.
#[derive(Debug, Default)]
pub(super) struct Grid {
    /// The axes, slowest first; empty for a plain sequence.
    pub(super) axes: Vec<Axis>,
    /// The file of each frame, [`NONE`] where there is none; `None` when frames are files, one by one.
    slots: Option<Vec<u32>>,
    /// Where the numbers of the frames are in the names.
    numbering: Option<Alike>,
    /// Numbers that are missing, in words; empty when none is.
    pub(super) holes: String,
}

/// The slot of a missing file.
const NONE: u32 = u32::MAX;

/// Most positions for each file there is.
const MOST_SLOTS_A_FILE: u64 = 64;

/// Words that stand for an axis before its number, and the axis; slowest first.
const WORDS: &[(&str, &str)] = &[
    ("s", "s"),
    ("xy", "s"),
    ("p", "s"),
    ("pos", "s"),
    ("position", "s"),
    ("series", "s"),
    ("t", "t"),
    ("time", "t"),
    ("tp", "t"),
    ("z", "z"),
    ("slice", "z"),
    ("c", "c"),
    ("ch", "c"),
    ("channel", "c"),
    ("w", "c"),
];

impl Grid {
    /// What the names tell: by the pattern, or found out.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when two files have the same position, or when there are far fewer files than positions.
    pub(super) fn of(files: &Files) -> Result<Self, Error> {
        let alike = Alike::of(
            (0..files.len())
                .map(|place| files.name(place))
                .collect::<Vec<_>>()
                .iter()
                .map(String::as_str),
        );
        if let Some(pattern) = files.pattern.as_ref().filter(|pattern| !pattern.is_plain()) {
            let axes = pattern.axes("--pattern")?;
            let keys = |place| pattern.keys(file_name(&files.name(place)));
            return Self::of_keys(files, axes, keys);
        }
        let Some(alike) = alike else {
            return Ok(Self::default());
        };
        match alike.varying_count() {
            0 => Ok(Self::default()),
            1 => Ok(Self::plain(files, alike)),
            _ => Ok(Self::found(files, &alike).unwrap_or_default()),
        }
    }

    /// A plain sequence with numbers.
    fn plain(files: &Files, alike: Alike) -> Self {
        let numbers: Option<Vec<u64>> = (0..files.len())
            .map(|place| alike.numbers(&files.name(place))?.first().copied())
            .collect();
        Self {
            holes: numbers
                .and_then(|numbers| names::holes(&numbers))
                .unwrap_or_default(),
            numbering: Some(alike),
            ..Self::default()
        }
    }

    /// The axes that letters before the numbers tell; `None` when they do not, or when most positions have no file.
    fn found(files: &Files, alike: &Alike) -> Option<Self> {
        let letters = alike.letters();
        let ranks: Option<Vec<usize>> = letters
            .iter()
            .map(|letters| WORDS.iter().position(|(word, _)| word == letters))
            .collect();
        let ranks = ranks?;
        let mut order: Vec<usize> = (0..ranks.len()).collect();
        order.sort_by_key(|field| ranks.get(*field));
        let axes: Vec<String> = order
            .iter()
            .filter_map(|field| WORDS.get(*ranks.get(*field)?))
            .map(|(_, axis)| (*axis).to_owned())
            .collect();
        if axes
            .windows(2)
            .any(|pair| matches!(pair, [left, right] if left == right))
        {
            return None;
        }
        let keys = |place| {
            let numbers = alike.numbers(&files.name(place))?;
            let ordered = order
                .iter()
                .map(|field| numbers.get(*field).copied().map(Key::Number));
            ordered.collect::<Option<Vec<_>>>()
        };
        let grid = Self::of_keys(files, axes, keys).ok()?;
        let positions = grid.slots.as_ref().map_or(0, Vec::len);
        (files.len() * 2 > positions).then_some(grid)
    }

    /// The row-major table of files by their positions.
    fn of_keys(
        files: &Files,
        axes: Vec<String>,
        keys_of: impl Fn(usize) -> Option<Vec<Key>>,
    ) -> Result<Self, Error> {
        let mut found: Vec<Vec<Key>> = vec![Vec::new(); axes.len()];
        let mut keys = Vec::with_capacity(files.len());
        for place in 0..files.len() {
            let of_file = keys_of(place)
                .filter(|keys| keys.len() == axes.len())
                .ok_or_else(|| {
                    let reason = "its name does not fit the pattern of the others";
                    Error::unsupported(files.path(place), reason)
                })?;
            keys.push(of_file);
        }
        for of_file in &keys {
            for (axis, key) in found.iter_mut().zip(of_file) {
                axis.push(key.clone());
            }
        }
        for axis in &mut found {
            axis.sort();
            axis.dedup();
        }
        let positions = found
            .iter()
            .try_fold(1u64, |product, axis| product.checked_mul(axis.len() as u64))
            .filter(|count| *count <= (files.len() as u64).saturating_mul(MOST_SLOTS_A_FILE))
            .and_then(|count| usize::try_from(count).ok())
            .ok_or_else(|| {
                let lengths: Vec<_> = found.iter().map(|axis| axis.len().to_string()).collect();
                let reason = format!(
                    "the names span {} positions, and there are {} files",
                    lengths.join(" x "),
                    files.len()
                );
                Error::unsupported(&files.source, reason)
            })?;
        let mut slots = vec![NONE; positions];
        for (place, of_file) in keys.iter().enumerate() {
            let slot = slot_of(&found, of_file).and_then(|slot| slots.get_mut(slot));
            let Some(slot) = slot else { continue };
            if *slot != NONE {
                let other = files.name(*slot as usize);
                let reason = format!("it has the same position as `{other}`");
                return Err(Error::unsupported(files.path(place), reason));
            }
            *slot = u32::try_from(place).unwrap_or(NONE);
        }
        Ok(Self {
            holes: holes_of(&axes, &found),
            axes: axes
                .into_iter()
                .zip(&found)
                .map(|(name, keys)| axis_of(name, keys))
                .collect(),
            slots: Some(slots),
            numbering: None,
        })
    }

    /// How many frames there are, with those that are missing.
    pub(super) fn len(&self, files: &Files) -> u64 {
        self.slots.as_ref().map_or(files.len(), Vec::len) as u64
    }

    /// The place of the file that holds frame `index`.
    pub(super) fn file(&self, index: u64) -> Option<usize> {
        let index = usize::try_from(index).ok()?;
        match &self.slots {
            None => Some(index),
            Some(slots) => slots
                .get(index)
                .filter(|slot| **slot != NONE)
                .map(|slot| *slot as usize),
        }
    }

    /// The number in a file's name, where there is one only.
    pub(super) fn number(&self, files: &Files, name: &str) -> Option<i64> {
        if let Some(pattern) = files.pattern.as_ref().filter(|pattern| pattern.is_plain()) {
            return match pattern.keys(file_name(name))?.first()? {
                Key::Number(number) => i64::try_from(*number).ok(),
                Key::Word(_) => None,
            };
        }
        let numbers = self.numbering.as_ref()?.numbers(name)?;
        i64::try_from(*numbers.first()?).ok()
    }

    /// Where frame `index` is: `t 3, z 7`.
    pub(super) fn describe(&self, mut index: u64) -> String {
        let mut parts = Vec::new();
        for axis in self.axes.iter().rev() {
            let length = axis.length.max(1);
            parts.push(format!("{} {}", axis.name, index % length));
            index /= length;
        }
        parts.reverse();
        parts.join(", ")
    }
}

/// A name without the folders before it.
fn file_name(name: &str) -> &str {
    name.rsplit(std::path::is_separator).next().unwrap_or(name)
}

fn slot_of(axes: &[Vec<Key>], keys: &[Key]) -> Option<usize> {
    let mut slot = 0usize;
    for (axis, key) in axes.iter().zip(keys) {
        let position = axis.binary_search(key).ok()?;
        slot = slot.checked_mul(axis.len())?.checked_add(position)?;
    }
    Some(slot)
}

/// An axis with labels where words stand for its positions.
fn axis_of(name: String, keys: &[Key]) -> Axis {
    let mut axis = Axis::new(name, keys.len() as u64);
    if keys.iter().any(|key| matches!(key, Key::Word(_))) {
        axis.labels = keys
            .iter()
            .map(|key| match key {
                Key::Number(number) => number.to_string(),
                Key::Word(word) => word.clone(),
            })
            .collect();
    }
    axis
}

/// `t 3, 7..9; z 2`.
fn holes_of(axes: &[String], keys: &[Vec<Key>]) -> String {
    let mut texts = Vec::new();
    for (axis, keys) in axes.iter().zip(keys) {
        let numbers: Vec<u64> = keys
            .iter()
            .filter_map(|key| match key {
                Key::Number(number) => Some(*number),
                Key::Word(_) => None,
            })
            .collect();
        if let Some(holes) = names::holes(&numbers) {
            texts.push(format!("{axis} {holes}"));
        }
    }
    texts.join("; ")
}
