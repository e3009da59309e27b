//! When the frames of a source are due.

use super::{Due, IndexSchedule};

/// When the frames of a source are due.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Schedule {
    /// By their indices.
    Index(IndexSchedule),
}

impl Schedule {
    pub(crate) fn at(&self, output: u64, count: Option<u64>) -> (Due, u64) {
        match self {
            Self::Index(schedule) => schedule.at(output, count),
        }
    }

    pub(crate) fn end(&self, count: u64) -> u64 {
        match self {
            Self::Index(schedule) => schedule.end(count),
        }
    }
}
