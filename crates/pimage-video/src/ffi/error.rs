//! FFmpeg's return codes.

use std::fmt;

use libc::c_int;

use super::{api, log, sys};

/// A negative return code, with the line that FFmpeg logged before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AvError {
    /// The raw code.
    pub(crate) code: c_int,
    detail: String,
}

/// The code of "feed me more".
pub(super) const AGAIN: c_int = -libc::EAGAIN;

impl AvError {
    /// The error of a negative code; takes what was logged.
    pub(crate) fn new(code: c_int) -> Self {
        Self {
            code,
            detail: log::take_last(),
        }
    }

    /// Memory ran out.
    pub(super) fn no_memory() -> Self {
        Self::new(-libc::ENOMEM)
    }

    /// There is no such decoder.
    pub(crate) fn no_decoder() -> Self {
        Self::new(sys::AVERROR_DECODER_NOT_FOUND)
    }

    /// An error that this crate found, in its own words.
    pub(super) fn with_detail(code: c_int, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }

    /// The code, or an error when it is negative.
    pub(super) fn check(code: c_int) -> Result<c_int, Self> {
        if code < 0 {
            Err(Self::new(code))
        } else {
            Ok(code)
        }
    }

    /// Whether this is the end of the file.
    pub(crate) const fn is_end(&self) -> bool {
        self.code == sys::AVERROR_EOF
    }
}

impl fmt::Display for AvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; 128];
        // SAFETY: the buffer has the stated size; the function always ends it with NUL.
        unsafe { api::av_strerror(self.code, text.as_mut_ptr().cast(), text.len()) };
        let end = text.iter().position(|&byte| byte == 0).unwrap_or(0);
        let name = String::from_utf8_lossy(text.get(..end).unwrap_or(&[])).to_lowercase();
        if self.detail.is_empty() {
            f.write_str(&name)
        } else {
            write!(f, "{} ({name})", self.detail)
        }
    }
}
