//! Why a conversion did not end well: which stage failed, and how.

use pimage_core::Error;

/// What stopped a conversion. The stage that failed first is the one named; what its end did to the others is not an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// The reader failed.
    #[error(transparent)]
    Read {
        /// What it answered.
        source: Error,
    },

    /// A transform failed.
    #[error("cannot transform frame {frame}")]
    Transform {
        /// Index of the frame.
        frame: u64,
        /// What the transform answered.
        source: Error,
    },

    /// The writer failed.
    #[error(transparent)]
    Write {
        /// What it answered.
        source: Error,
    },

    /// A [`Cancel`](crate::Cancel) token or a [`Progress`](crate::Progress) asked to stop.
    #[error("stopped after {written} frame(s)")]
    Stopped {
        /// Frames handed to the writer before.
        written: u64,
    },
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn a_stage_adds_only_what_its_error_does_not_say() {
        let inner = || Error::bad_option("gamma", "-1", "above 0");
        let text = "gamma is -1: expected above 0";
        assert_eq!(ConvertError::Read { source: inner() }.to_string(), text);
        assert_eq!(ConvertError::Write { source: inner() }.to_string(), text);
        let error = ConvertError::Transform {
            frame: 7,
            source: inner(),
        };
        assert_eq!(error.to_string(), "cannot transform frame 7");
        assert_eq!(error.source().map(ToString::to_string), Some(text.into()));
        let stopped = ConvertError::Stopped { written: 3 };
        assert_eq!(stopped.to_string(), "stopped after 3 frame(s)");
    }
}
