//! Whether a store is sound: every chunk decodes, counts and times agree.

use std::path::Path;

use pimage_core::{Cancel, Error, Limits};

use super::content::{ImageTrial, left_of};
use super::{index_of, numbers};
use crate::chunks::stem;
use crate::writer::paths::{ChunkPaths, LEADS_ELSEWHERE};
use crate::{LockState, StoreMetadata, journal_path, lock_state};

/// Gaps and repetitions that are listed one by one; all are counted.
const LISTED: usize = 1000;

/// Numbers that no frame has, between two frames that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The first missing number.
    pub first: i64,
    /// The last missing number.
    pub last: i64,
}

/// What was found in a store.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VerifyReport {
    /// Chunks looked at.
    pub chunks: u64,
    /// Frames that decode.
    pub frames: u64,
    /// What is wrong, a sentence each.
    pub problems: Vec<String>,
    /// Numbers that are missing between frames, the first 1000 gaps.
    pub gaps: Vec<Gap>,
    /// Gaps in all.
    pub gap_count: u64,
    /// Numbers that a frame shares with the one before, the first 1000.
    pub repeated: Vec<i64>,
    /// Repetitions in all.
    pub repeated_count: u64,
    /// Frames whose number or time is less than that of the frame before.
    pub backward_count: u64,
}

impl VerifyReport {
    /// Whether nothing is wrong: the recorder's own gaps are no fault of the store.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Decodes every frame of a store and compares with its indexes; nothing is changed.
///
/// # Errors
///
/// [`Error::Malformed`] for the metadata; [`Error::NotBuilt`] for the codec; [`Error::Io`], [`Error::Stopped`].
pub fn verify(
    folder: impl AsRef<Path>,
    limits: &Limits,
    cancel: &Cancel,
) -> Result<VerifyReport, Error> {
    let folder = folder.as_ref();
    let metadata = StoreMetadata::read(folder, limits)?;
    let mut report = VerifyReport::default();
    let is_written = matches!(lock_state(folder)?, LockState::Held(_));
    if !matches!(lock_state(folder)?, LockState::Closed) && !is_written {
        let problem = "it was not closed: its lock is still there";
        report.problems.push(problem.to_owned());
    }
    let mut check = Check {
        metadata: &metadata,
        limits,
        cancel,
        report,
        last: None,
    };
    let mut expected = 0;
    for number in numbers(folder, &metadata)? {
        if number > expected {
            let range = if number - expected == 1 {
                format!("chunk {} is", stem(expected))
            } else {
                format!("chunks {} to {} are", stem(expected), stem(number - 1))
            };
            check.report.problems.push(format!("{range} missing"));
        }
        expected = number.saturating_add(1);
        let is_open = journal_path(folder, number).symlink_metadata().is_ok();
        if is_open && is_written {
            // Somebody is at it.
            continue;
        }
        if is_open {
            check.problem(number, "it was not closed (a repair closes it)");
            continue;
        }
        check.chunk(&ChunkPaths::new(folder, number, &metadata))?;
    }
    Ok(check.report)
}

struct Check<'a> {
    metadata: &'a StoreMetadata,
    limits: &'a Limits,
    cancel: &'a Cancel,
    report: VerifyReport,
    last: Option<(i64, f64)>,
}

impl Check<'_> {
    fn problem(&mut self, chunk: u64, text: &str) {
        let problem = format!("chunk {}: {text}", stem(chunk));
        self.report.problems.push(problem);
    }

    fn chunk(&mut self, paths: &ChunkPaths) -> Result<(), Error> {
        self.report.chunks += 1;
        let number = paths.number;
        let content = paths.content();
        if let Some(part) = paths.foreign_part() {
            let part = part.file_name().unwrap_or_default().to_string_lossy();
            self.problem(number, &format!("`{part}`: {LEADS_ELSEWHERE}"));
            return Ok(());
        }
        let is_there = content.symlink_metadata().is_ok();
        if !is_there {
            self.problem(number, "it has an index and no frames");
            return Ok(());
        }
        let Some(index) = index_of(paths, self.limits)? else {
            self.problem(number, "its index is missing or torn");
            return Ok(());
        };
        let expected = index.len() as u64;
        let frames = if paths.is_video() {
            match left_of(&content, self.limits, self.cancel)? {
                Ok(left) => left.whole.len() as u64,
                Err(error) => {
                    self.problem(number, &error.to_string());
                    0
                }
            }
        } else {
            self.images(paths, expected)?
        };
        if frames != expected {
            let text = format!("{frames} frames decode, its index has {expected}");
            self.problem(number, &text);
        }
        self.report.frames += frames.min(expected);
        for (number, time) in index.numbers.iter().zip(&index.times) {
            self.row(*number, *time);
        }
        Ok(())
    }

    /// The images of a chunk that decode, up to the first that does not, and one that the index does not know of.
    fn images(&mut self, paths: &ChunkPaths, expected: u64) -> Result<u64, Error> {
        let Some(row) = self.metadata.row() else {
            let reason = format!("`{}` is no format that pimage knows", self.metadata.format);
            return Err(Error::unsupported(&paths.folder, reason));
        };
        let mut trial = ImageTrial::new(row, self.limits);
        for frame in 0..expected {
            if self.cancel.is_cancelled() {
                return Err(Error::Stopped);
            }
            match trial.decode(&paths.image(frame)) {
                Ok(()) => {}
                Err(error @ Error::NotBuilt { .. }) => return Err(error),
                Err(error) => {
                    self.problem(paths.number, &error.to_string());
                    return Ok(frame);
                }
            }
        }
        let beyond = paths.image(expected).symlink_metadata().is_ok();
        Ok(expected + u64::from(beyond))
    }

    fn row(&mut self, number: i64, time: f64) {
        let report = &mut self.report;
        if let Some((last, last_time)) = self.last {
            if number == last {
                report.repeated_count += 1;
                if report.repeated.len() < LISTED {
                    report.repeated.push(number);
                }
            } else if number > last.saturating_add(1) {
                report.gap_count += 1;
                if report.gaps.len() < LISTED {
                    let (first, last) = (last.saturating_add(1), number.saturating_sub(1));
                    report.gaps.push(Gap { first, last });
                }
            }
            if number < last || time < last_time {
                report.backward_count += 1;
            }
        }
        self.last = Some((number, time));
    }
}
