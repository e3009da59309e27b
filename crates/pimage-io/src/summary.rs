//! Summaries of writers.

use pimage_core::WriteSummary;

/// The summary of a writer that got no frame and made no file.
pub(crate) fn of_no_frames() -> WriteSummary {
    noted(
        0,
        0,
        vec!["there were no frames: no file was made".to_owned()],
    )
}

/// A summary with notes.
pub(crate) fn noted(frames: u64, bytes: u64, notes: Vec<String>) -> WriteSummary {
    let mut summary = WriteSummary::new(frames, bytes);
    summary.notes = notes;
    summary
}
