//! The numbers in the names of a folder's files: which of them vary, and which are missing.

use std::cmp::Ordering;
use std::ops::Range;

/// Natural order: numbers by their value, whatever their zeros, other characters without regard to case.
///
/// Names that differ in zeros or case alone are equal.
pub(super) fn compare(mut left: &[u8], mut right: &[u8]) -> Ordering {
    loop {
        let ((left_number, left_rest), (right_number, right_rest)) =
            (split_number(left), split_number(right));
        if !left_number.is_empty() && !right_number.is_empty() {
            let (a, b) = (without_zeros(left_number), without_zeros(right_number));
            let order = a.len().cmp(&b.len()).then_with(|| a.cmp(b));
            if order.is_ne() {
                return order;
            }
            (left, right) = (left_rest, right_rest);
            continue;
        }
        match (left.split_first(), right.split_first()) {
            (Some((a, left_rest)), Some((b, right_rest))) => {
                let order = a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase());
                if order.is_ne() {
                    return order;
                }
                (left, right) = (left_rest, right_rest);
            }
            (a, b) => return a.is_some().cmp(&b.is_some()),
        }
    }
}

/// The digits at the start, and the rest.
fn split_number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit());
    text.split_at_checked(end.unwrap_or(text.len()))
        .unwrap_or((&[], text))
}

fn without_zeros(digits: &[u8]) -> &[u8] {
    let start = digits.iter().position(|digit| *digit != b'0');
    digits
        .get(start.unwrap_or(digits.len())..)
        .unwrap_or_default()
}

/// Names that are alike but for numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alike {
    /// The text before each run of digits, and behind the last.
    texts: Vec<String>,
    /// Which runs of digits differ between the names.
    varying: Vec<usize>,
}

/// The runs of digits in a name, as places of bytes.
fn runs(name: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let bytes = name.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(at..)?;
        let start = at + rest.iter().position(u8::is_ascii_digit)?;
        let digits = bytes.get(start..)?;
        let length = digits
            .iter()
            .position(|byte| !byte.is_ascii_digit())
            .unwrap_or(digits.len());
        at = start + length;
        Some(start..at)
    })
}

/// The name without its extension, of which the digits count nothing.
pub(super) fn stem(name: &str) -> &str {
    let file = name.rfind(std::path::is_separator).map_or(0, |at| at + 1);
    match name.rfind('.') {
        Some(dot) if dot > file => name.get(..dot).unwrap_or(name),
        _ => name,
    }
}

impl Alike {
    /// What the names have in common; `None` when they differ in more than numbers.
    pub(super) fn of<'a>(mut names: impl Iterator<Item = &'a str>) -> Option<Self> {
        let first = stem(names.next()?);
        let places: Vec<_> = runs(first).collect();
        let mut texts = Vec::new();
        let mut end = 0;
        for place in &places {
            texts.push(first.get(end..place.start)?.to_owned());
            end = place.end;
        }
        texts.push(first.get(end..)?.to_owned());
        let mut alike = Self {
            texts,
            varying: Vec::new(),
        };
        let values: Vec<_> = places.into_iter().map(|place| first.get(place)).collect();
        let mut varies = vec![false; values.len()];
        for name in names {
            let name = stem(name);
            let mut count = 0;
            let is_alike = alike.walk(name, |run, digits| {
                count += 1;
                if let Some(varies) = varies.get_mut(run) {
                    *varies |= values.get(run).copied().flatten() != Some(digits);
                }
            });
            if !is_alike || count != values.len() {
                return None;
            }
        }
        alike.varying = (0..varies.len())
            .filter(|run| varies.get(*run) == Some(&true))
            .collect();
        Some(alike)
    }

    /// Calls `visit` with each run of digits of a stem; whether the texts between are these.
    fn walk<'a>(&self, stem: &'a str, mut visit: impl FnMut(usize, &'a str)) -> bool {
        let mut end = 0;
        let mut texts = self.texts.iter();
        for (run, place) in runs(stem).enumerate() {
            if stem.get(end..place.start) != texts.next().map(String::as_str) {
                return false;
            }
            end = place.end;
            visit(run, stem.get(place).unwrap_or_default());
        }
        stem.get(end..) == texts.next().map(String::as_str) && texts.next().is_none()
    }

    /// How many numbers differ between the names.
    pub(super) fn varying_count(&self) -> usize {
        self.varying.len()
    }

    /// The letters directly before each number that varies, lower case; empty when there are none.
    pub(super) fn letters(&self) -> Vec<String> {
        let letters = |run: &usize| {
            let text = self.texts.get(*run).map_or("", String::as_str);
            let start = text
                .char_indices()
                .rev()
                .take_while(|(_, c)| c.is_alphabetic())
                .last()
                .map_or(text.len(), |(at, _)| at);
            text.get(start..).unwrap_or_default().to_lowercase()
        };
        self.varying.iter().map(letters).collect()
    }

    /// The numbers of a name that vary; `None` when one is too long for a number.
    pub(super) fn numbers(&self, name: &str) -> Option<Vec<u64>> {
        let mut numbers = Vec::with_capacity(self.varying.len());
        self.walk(stem(name), |run, digits| {
            if self.varying.contains(&run) {
                numbers.extend(digits.parse::<u64>().ok());
            }
        });
        (numbers.len() == self.varying.len()).then_some(numbers)
    }
}

/// Entries of a list of missing numbers.
const MOST_HOLES: usize = 20;

/// What is missing from ascending numbers that mostly follow at one distance, such as `3, 7..9` (half-open); `None` when nothing is,
/// or when they are no numbering.
pub(super) fn holes(numbers: &[u64]) -> Option<String> {
    let gaps = || {
        numbers.windows(2).filter_map(|pair| match pair {
            [left, right] if right > left => Some((*left, *right)),
            _ => None,
        })
    };
    let step = gaps().map(|(left, right)| right - left).min()?;
    let at_step = gaps().filter(|(left, right)| right - left == step).count();
    let count = gaps().count();
    if at_step == count || at_step * 2 < count {
        return None;
    }
    let mut listed = Vec::new();
    let mut missing = 0u64;
    for (left, right) in gaps().filter(|(left, right)| right - left > step) {
        let first = left + step;
        let lacking = (right - left - 1) / step;
        missing = missing.saturating_add(lacking);
        if listed.len() < MOST_HOLES {
            listed.push(match (lacking, step) {
                (1, _) => first.to_string(),
                (_, 1) => format!("{first}..{right}"),
                _ => format!("{first}..{right}:{step}"),
            });
        } else if listed.len() == MOST_HOLES {
            listed.push("…".to_owned());
        }
    }
    let mut text = listed.join(", ");
    if listed.len() > MOST_HOLES {
        text.push_str(&format!(" ({missing} in all)"));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn alike(names: &[&str]) -> Option<Alike> {
        Alike::of(names.iter().copied())
    }

    proptest! {
        #[test]
        fn natural_order_is_an_order(names in prop::collection::vec("[aB0-2._-]{0,6}", 3)) {
            let order = |left: usize, right: usize| compare(names[left].as_bytes(), names[right].as_bytes());
            for (left, right) in [(0, 1), (1, 2), (2, 0)] {
                prop_assert_eq!(order(left, right), order(right, left).reverse());
            }
            if order(0, 1).is_le() && order(1, 2).is_le() {
                prop_assert!(order(0, 2).is_le());
            }
        }

        #[test]
        fn numbers_order_names(a: u64, b: u64, zeros in 0usize..5) {
            let left = format!("Img{a}_x.png");
            let right = format!("img{}{b}_X.png", "0".repeat(zeros));
            prop_assert_eq!(compare(left.as_bytes(), right.as_bytes()), a.cmp(&b));
        }

        #[test]
        fn numbers_are_found_again(numbers in prop::collection::vec(0u64..1_000_000, 1..5), zeros in 0usize..4) {
            let name = |step: u64| -> String {
                let spelled = numbers.iter().map(|number| format!("_ax{}{}", "0".repeat(zeros), number + step));
                spelled.collect::<String>() + ".tif"
            };
            let (first, second) = (name(0), name(1));
            let found = Alike::of([first.as_str(), second.as_str()].into_iter()).expect("are alike");
            prop_assert_eq!(found.numbers(&first), Some(numbers.clone()));
            prop_assert_eq!(found.letters(), vec!["ax"; numbers.len()]);
        }

        #[test]
        fn holes_are_what_is_missing(numbers in prop::collection::btree_set(0u64..40, 1..40)) {
            let numbers: Vec<u64> = numbers.into_iter().collect();
            let follows = numbers.windows(2).any(|pair| pair[1] - pair[0] == 1);
            if follows && let Some(text) = holes(&numbers) {
                let mut all = numbers.clone();
                for entry in text.split(", ") {
                    match entry.split_once("..") {
                        Some((start, stop)) => all.extend(start.parse::<u64>().expect("is a number")..stop.parse().expect("is a number")),
                        None => all.push(entry.parse().expect("is a number")),
                    }
                }
                all.sort_unstable();
                let expected: Vec<u64> = (numbers[0]..=numbers[numbers.len() - 1]).collect();
                prop_assert_eq!(all, expected);
            }
        }
    }

    #[test]
    fn the_number_that_varies_is_found() {
        let names = ["run2_t001_z9.tif", "run2_t010_z9.tif"];
        let found = alike(&names).expect("are alike");
        assert_eq!(found.varying_count(), 1);
        assert_eq!(found.letters(), ["t"]);
        assert_eq!(found.numbers(names[1]), Some(vec![10]));
    }

    #[test]
    fn digits_of_the_extension_are_no_number() {
        let found = alike(&["a.mp4", "a.mp3"]).expect("are alike");
        assert_eq!(found.varying_count(), 0);
    }

    #[test]
    fn other_texts_are_not_alike() {
        assert_eq!(alike(&["img_1.png", "image_2.png"]), None);
        assert_eq!(alike(&["img_1.png", "img_1_2.png"]), None);
        assert_eq!(alike(&["img_1_2.png", "img_1.png"]), None);
        assert_eq!(alike(&["img.png", "img_1.png"]), None);
        assert_eq!(alike(&[]), None);
    }

    #[test]
    fn letters_before_each_number() {
        let found = alike(&["x_T1Z02_Ch3", "x_T2Z03_Ch4"]).expect("are alike");
        assert_eq!(found.letters(), ["t", "z", "ch"]);
        assert_eq!(found.numbers("x_T10Z11_Ch12.png"), Some(vec![10, 11, 12]));
        assert_eq!(found.numbers("y_T10Z11_Ch12"), None);
        let found = alike(&["1-2", "2-3"]).expect("are alike");
        assert_eq!(found.letters(), ["", ""]);
    }

    #[test]
    fn missing_numbers_are_listed() {
        assert_eq!(holes(&[]), None);
        assert_eq!(holes(&[5]), None);
        assert_eq!(holes(&[1, 2, 3]), None);
        assert_eq!(holes(&[0, 10, 20]), None);
        assert_eq!(holes(&[1, 2, 4, 5, 6, 9, 10]).as_deref(), Some("3, 7..9"));
        assert_eq!(holes(&[0, 10, 20, 50, 60]).as_deref(), Some("30..50:10"));
        // Times in place of numbers.
        assert_eq!(holes(&[17, 21, 38, 52, 90]), None);
        let many: Vec<u64> = (0..100)
            .flat_map(|at| [at * 4, at * 4 + 1, at * 4 + 2])
            .collect();
        assert!(
            holes(&many)
                .expect("has holes")
                .ends_with("79, … (99 in all)")
        );
    }
}
