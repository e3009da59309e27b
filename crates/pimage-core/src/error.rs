//! Why a stream could not be read or written, in words that can be acted on.

use std::io;
use std::path::{Path, PathBuf};

use crate::{Color, FrameFormat};

/// Why reading or writing frames stopped.
///
/// A message says its own part only; the cause, where there is one, is the `source`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {verb} `{}`", path.display())]
    Io {
        /// What was attempted: `open`, `read`, `write`.
        verb: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// The content is of no known format.
    #[error("`{}` is of no format that pimage knows{}", path.display(), hint_of(hint))]
    Unrecognized {
        /// The file.
        path: PathBuf,
        /// What it looks like, or what was tried; may be empty.
        hint: String,
    },

    /// The bytes break the format's rules.
    #[error("`{}` is not valid {format}: {reason}{}", path.display(), at_frame(*frame))]
    Malformed {
        /// The format that the file claims to be.
        format: &'static str,
        /// The file.
        path: PathBuf,
        /// The frame at which it showed, when it was not the header.
        frame: Option<u64>,
        /// What was found, and what was expected.
        reason: String,
    },

    /// The stream stops in the middle of a frame.
    #[error("`{}` is cut short in frame {frame}: {found} of {expected} bytes", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Index of the frame that is not whole.
        frame: u64,
        /// Bytes that a whole frame has.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },

    /// A frame cannot be decoded and the caller did not ask to go on.
    #[error("frame {frame} of `{}` is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Index of the frame.
        frame: u64,
        /// What is wrong with it.
        reason: String,
    },

    /// A frame index past the end.
    #[error("frame {frame} is out of range, `{}` has {frame_count} frame(s)", path.display())]
    OutOfRange {
        /// The file.
        path: PathBuf,
        /// The index asked for.
        frame: u64,
        /// The number of frames.
        frame_count: u64,
    },

    /// The format exists but pimage cannot do this with it.
    #[error("`{}`: {reason}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What is not supported, and what is.
        reason: String,
    },

    /// The format exists but is not compiled in.
    #[error("`{format}` needs the `{feature}` feature, which this build does not have")]
    NotBuilt {
        /// What was asked for.
        format: String,
        /// The cargo feature that compiles it in.
        feature: &'static str,
    },

    /// A size is over its limit.
    #[error("{what} is {value}, the limit is {limit} (`{option}` raises it)")]
    TooLarge {
        /// Which size.
        what: &'static str,
        /// What was claimed.
        value: u64,
        /// What is allowed.
        limit: u64,
        /// The option of the program that raises the limit.
        option: &'static str,
    },

    /// A frame of another format was handed to a writer, or came from a reader.
    #[error("frame {frame} is {found}, the stream is {expected}")]
    FormatMismatch {
        /// Index of the frame.
        frame: u64,
        /// The stream's format.
        expected: FrameFormat,
        /// The frame's format.
        found: FrameFormat,
    },

    /// The target cannot hold such frames without loss.
    #[error("{target} cannot hold {format} frames: {hint}")]
    CannotHold {
        /// The codec or format asked for.
        target: String,
        /// What was to be written.
        format: FrameFormat,
        /// What to do.
        hint: String,
    },

    /// A step or a measurement does not take such frames.
    #[error("{step} does not take {format} frames: {hint}")]
    CannotTake {
        /// What does not take them.
        step: String,
        /// What it was given.
        format: FrameFormat,
        /// What to do.
        hint: String,
    },

    /// An array whose channels do not match its colour.
    #[error("an array of shape ({}, {}, {}) is not a {color} frame, which has {} channel(s)", shape[0], shape[1], shape[2], color.channels())]
    BadShape {
        /// (height, width, channels).
        shape: [usize; 3],
        /// The colour asked for.
        color: Color,
    },

    /// An argument is out of its range.
    #[error("{name} is {found}: expected {expected}")]
    BadOption {
        /// The option.
        name: String,
        /// What was given.
        found: String,
        /// What is accepted.
        expected: String,
    },

    /// The output exists and may not be replaced.
    #[error("`{}` exists already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },

    /// A codec library failed.
    #[error("{codec} failed on `{}`{}: {reason}", path.display(), at_frame(*frame))]
    Codec {
        /// The codec or library.
        codec: String,
        /// The file.
        path: PathBuf,
        /// The frame it failed on, when it was one.
        frame: Option<u64>,
        /// What the library said.
        reason: String,
    },

    /// One of several sources failed.
    #[error("{part} failed")]
    Part {
        /// Which one.
        part: String,
        /// What it answered.
        source: Box<Self>,
    },

    /// A [`Cancel`](crate::Cancel) token asked to stop.
    #[error("stopped")]
    Stopped,

    /// A part of the program failed where it should not be able to.
    #[error(
        "{part} failed (internal: {reason}); this is a bug in pimage or in a library that it uses"
    )]
    Internal {
        /// Which part.
        part: String,
        /// The text of the panic.
        reason: String,
    },
}

fn at_frame(frame: Option<u64>) -> String {
    frame.map_or_else(String::new, |frame| format!(" (frame {frame})"))
}

fn hint_of(hint: &str) -> String {
    if hint.is_empty() {
        String::new()
    } else {
        format!(" ({hint})")
    }
}

impl Error {
    /// An [`Error::Io`], for `map_err(Error::io("read", path))`.
    pub fn io(verb: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Self::Io { verb, path, source }
    }

    /// An [`Error::Malformed`] that showed in the header.
    pub fn malformed(
        format: &'static str,
        path: impl AsRef<Path>,
        reason: impl Into<String>,
    ) -> Self {
        Self::Malformed {
            format,
            path: path.as_ref().to_path_buf(),
            frame: None,
            reason: reason.into(),
        }
    }

    /// An [`Error::Unsupported`].
    pub fn unsupported(path: impl AsRef<Path>, reason: impl Into<String>) -> Self {
        Self::Unsupported {
            path: path.as_ref().to_path_buf(),
            reason: reason.into(),
        }
    }

    /// An [`Error::BadOption`].
    pub fn bad_option(
        name: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self::BadOption {
            name: name.into(),
            found: found.into(),
            expected: expected.into(),
        }
    }

    /// The same error, of this file (and frame) where it named none: for what decodes bytes and does not know where they are from.
    #[must_use]
    pub fn at_path(mut self, file: impl AsRef<Path>, index: Option<u64>) -> Self {
        match &mut self {
            Self::Malformed { path, frame, .. } | Self::Codec { path, frame, .. }
                if path.as_os_str().is_empty() =>
            {
                *path = file.as_ref().to_path_buf();
                *frame = frame.or(index);
            }
            Self::Io { path, .. }
            | Self::Unrecognized { path, .. }
            | Self::Truncated { path, .. }
            | Self::Damaged { path, .. }
            | Self::OutOfRange { path, .. }
            | Self::Unsupported { path, .. }
            | Self::Exists { path }
                if path.as_os_str().is_empty() =>
            {
                *path = file.as_ref().to_path_buf();
            }
            _ => {}
        }
        self
    }

    /// The same error as that of one of several sources; [`Error::Stopped`] belongs to none of them.
    #[must_use]
    pub fn of_part(self, part: impl Into<String>) -> Self {
        match self {
            Self::Stopped => Self::Stopped,
            source => Self::Part {
                part: part.into(),
                source: Box::new(source),
            },
        }
    }

    /// An [`Error::Internal`] from what a caught panic carried.
    #[must_use]
    pub fn from_panic(part: impl Into<String>, panic: &(dyn std::any::Any + Send)) -> Self {
        let reason = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "panic without a text".to_owned());
        Self::Internal {
            part: part.into(),
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SampleType;

    fn check(error: &Error, expected: &str) {
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_path_is_filled_in_once() {
        let error = Error::malformed("PNG", "", "it is cut").at_path("a.png", Some(3));
        check(&error, "`a.png` is not valid PNG: it is cut (frame 3)");
        check(
            &error.at_path("b.png", None),
            "`a.png` is not valid PNG: it is cut (frame 3)",
        );
    }

    #[test]
    fn messages_say_their_own_part() {
        let path = PathBuf::from("a.seq");
        let format = FrameFormat::new(4, 3, Color::Gray, SampleType::U16);
        let missing = io::Error::from(io::ErrorKind::NotFound);
        check(&Error::io("open", &path)(missing), "cannot open `a.seq`");
        check(
            &Error::Unrecognized {
                path: path.clone(),
                hint: String::new(),
            },
            "`a.seq` is of no format that pimage knows",
        );
        check(
            &Error::malformed("HIRIS", &path, "`Width` is missing"),
            "`a.seq` is not valid HIRIS: `Width` is missing",
        );
        check(
            &Error::Truncated {
                path: path.clone(),
                frame: 9,
                expected: 100,
                found: 40,
            },
            "`a.seq` is cut short in frame 9: 40 of 100 bytes",
        );
        check(
            &Error::OutOfRange {
                path: path.clone(),
                frame: 12,
                frame_count: 10,
            },
            "frame 12 is out of range, `a.seq` has 10 frame(s)",
        );
        check(
            &Error::NotBuilt {
                format: "mp4".into(),
                feature: "ffmpeg",
            },
            "`mp4` needs the `ffmpeg` feature, which this build does not have",
        );
        check(
            &Error::FormatMismatch {
                frame: 3,
                expected: format,
                found: format.with_bit_depth(12),
            },
            "frame 3 is 4x3 gray uint16 (12 bit), the stream is 4x3 gray uint16",
        );
        check(
            &Error::CannotHold {
                target: "mjpeg".into(),
                format,
                hint: "add `--range auto`".into(),
            },
            "mjpeg cannot hold 4x3 gray uint16 frames: add `--range auto`",
        );
        check(
            &Error::CannotTake {
                step: "clahe".into(),
                format,
                hint: "rescale them to 8 or 16 bits first".into(),
            },
            "clahe does not take 4x3 gray uint16 frames: rescale them to 8 or 16 bits first",
        );
        check(
            &Error::bad_option("--quality", "200", "0 to 100"),
            "--quality is 200: expected 0 to 100",
        );
        check(
            &Error::Exists { path: path.clone() },
            "`a.seq` exists already",
        );
        check(
            &Error::Codec {
                codec: "ffv1".into(),
                path,
                frame: Some(2),
                reason: "no memory".into(),
            },
            "ffv1 failed on `a.seq` (frame 2): no memory",
        );
        check(
            &Error::bad_option("a", "1", "2").of_part("cell 2, `b.avi`,"),
            "cell 2, `b.avi`, failed",
        );
        check(&Error::Stopped.of_part("cell 2"), "stopped");
        check(
            &Error::from_panic("the writer", &"boom"),
            "the writer failed (internal: boom); this is a bug in pimage or in a library that it uses",
        );
    }
}
