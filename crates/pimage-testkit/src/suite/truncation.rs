//! The suite for recordings that are cut short.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use pimage_core::{Damage, Error, FrameReader};

use super::fingerprints;

/// What became of a recording that was cut.
#[derive(Debug)]
pub struct Cut {
    /// Bytes that were left of the file.
    pub length: u64,
    /// Frames that were delivered.
    pub frames: u64,
    /// Frames listed as damaged.
    pub damage: Vec<Damage>,
    /// The error of opening or reading, if there was one.
    pub error: Option<Error>,
}

impl Cut {
    /// Whether nothing was said of the cut: no error and no damage.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.error.is_none() && self.damage.is_empty()
    }
}

/// Cuts `victim` at about a hundred lengths and reads the recording each time; `victim` is whole again afterwards.
///
/// Panics when a reader panics, or delivers a frame that differs from the whole recording's.
/// What it says of the cut is returned, shortest first, for the caller to judge.
#[track_caller]
pub fn truncation(
    victim: &Path,
    open: impl Fn() -> Result<Box<dyn FrameReader>, Error>,
) -> Vec<Cut> {
    let whole = fs::read(victim)
        .unwrap_or_else(|error| panic!("cannot read `{}`: {error}", victim.display()));
    let mut reader =
        open().unwrap_or_else(|error| panic!("the whole recording does not open: {error}"));
    let (expected, error) = fingerprints(&mut *reader);
    assert!(
        error.is_none(),
        "the whole recording does not read: {error:?}"
    );
    drop(reader);
    let mut cuts = Vec::new();
    for length in lengths(whole.len()) {
        let rest = whole.get(..length).unwrap_or(&whole);
        fs::write(victim, rest).expect("the file of a test can be written");
        let result = catch_unwind(AssertUnwindSafe(|| read_cut(&open)));
        let Ok((found, damage, error)) = result else {
            panic!("cut to {length} of {} bytes, reading panics", whole.len());
        };
        for (index, print) in &found {
            let sound = expected.iter().any(|known| known == &(*index, *print));
            assert!(
                sound,
                "cut to {length} of {} bytes, frame {index} differs from the whole recording's",
                whole.len()
            );
        }
        cuts.push(Cut {
            length: length as u64,
            frames: found.len() as u64,
            damage,
            error,
        });
    }
    fs::write(victim, &whole).expect("the file of a test can be written");
    cuts
}

type CutRead = (Vec<(u64, u64)>, Vec<Damage>, Option<Error>);

fn read_cut(open: &impl Fn() -> Result<Box<dyn FrameReader>, Error>) -> CutRead {
    let mut reader = match open() {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), Vec::new(), Some(error)),
    };
    let (found, error) = fingerprints(&mut *reader);
    (found, reader.damage().to_vec(), error)
}

/// Every length at both ends, and some between.
fn lengths(whole: usize) -> Vec<usize> {
    let mut lengths: Vec<usize> = (0..24).collect();
    lengths.extend((1..24).map(|back| whole.saturating_sub(back)));
    lengths.extend((1..61).map(|part| whole * part / 61));
    lengths.sort_unstable();
    lengths.dedup();
    lengths.retain(|length| *length < whole);
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_cover_both_ends() {
        let lengths = lengths(10_000);
        assert!(lengths.len() > 90);
        assert_eq!(lengths.first(), Some(&0));
        assert_eq!(lengths.last(), Some(&9_999));
        assert_eq!(super::lengths(0), Vec::<usize>::new());
    }
}
