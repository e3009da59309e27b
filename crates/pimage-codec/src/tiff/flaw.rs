//! What is wrong with a page, or with reading it.

use std::path::Path;

use pimage_core::Error;

/// Why a page could not be read.
#[derive(Debug)]
pub enum Flaw {
    /// Its bytes are not what they should be.
    Damaged(String),
    /// It is stored in a way that pimage does not read.
    Unsupported(String),
    /// The file ends before its bytes do.
    Cut {
        /// Bytes that should be there.
        expected: u64,
        /// Bytes that are.
        found: u64,
    },
    /// Nothing that belongs to this page: the operating system, or a limit.
    Fatal(Error),
}

impl From<Error> for Flaw {
    fn from(error: Error) -> Self {
        Self::Fatal(error)
    }
}

impl Flaw {
    /// Shorthand for [`Flaw::Damaged`].
    pub(crate) fn damaged(reason: impl Into<String>) -> Self {
        Self::Damaged(reason.into())
    }

    /// The error of frame `frame`.
    #[must_use]
    pub fn into_frame_error(self, path: &Path, frame: u64) -> Error {
        let path = path.to_path_buf();
        match self {
            Self::Damaged(reason) | Self::Unsupported(reason) => Error::Damaged {
                path,
                frame,
                reason,
            },
            Self::Cut { expected, found } => Error::Truncated {
                path,
                frame,
                expected,
                found,
            },
            Self::Fatal(error) => error,
        }
    }

    /// The error of a file whose first page has this flaw.
    #[must_use]
    pub fn into_file_error(self, path: &Path) -> Error {
        match self {
            Self::Damaged(reason) => Error::malformed("TIFF", path, reason),
            Self::Unsupported(reason) => Error::unsupported(path, reason),
            cut @ Self::Cut { .. } => cut.into_frame_error(path, 0),
            Self::Fatal(error) => error,
        }
    }
}
