//! The frames that are coded: those of anything that can be read.

use std::path::Path;

use clap::Args;
use pimage_codec::Codec;
use pimage_core::{Error, Frame, FrameReader};

use crate::args::{RawArgs, ReadArgs};
use crate::cmd::codec::Context;
use crate::part::PartArgs;
use crate::report::Hinted;
use crate::streams;
use crate::transform::surroundings;

/// Which frames, and how to read them.
#[derive(Debug, Clone, Args)]
pub(super) struct SourceArgs {
    #[command(flatten)]
    part: PartArgs,

    #[command(flatten)]
    pub(super) read: ReadArgs,

    #[command(flatten)]
    raw: RawArgs,
}

impl SourceArgs {
    /// Opens the part of a recording that was asked for.
    pub(super) fn open(
        &self,
        path: &Path,
        context: Context<'_>,
    ) -> anyhow::Result<Box<dyn FrameReader>> {
        let Context {
            limits, interrupt, ..
        } = context;
        let surroundings = surroundings(&self.read, limits, interrupt);
        let options = self.read.options(self.raw.raw, limits);
        let reader = streams::open(path, &options, &interrupt.cancel)?;
        Ok(self.part.of(path, reader, &surroundings)?)
    }

    /// Threads that code, one frame each.
    pub(super) fn threads(&self) -> usize {
        pimage_pool::threads(self.read.threads)
    }
}

/// The frames of a reader, each in memory of its own; ends after an error.
pub(super) struct Frames<'a> {
    reader: &'a mut dyn FrameReader,
    is_over: bool,
}

impl<'a> Frames<'a> {
    pub(super) fn of(reader: &'a mut dyn FrameReader) -> Self {
        Self {
            reader,
            is_over: false,
        }
    }
}

impl Iterator for Frames<'_> {
    type Item = Result<Frame, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let mut frame = Frame::empty();
        match self.reader.read_into(&mut frame) {
            Ok(true) => Some(Ok(frame)),
            Ok(false) => {
                self.is_over = true;
                None
            }
            Err(error) => {
                self.is_over = true;
                Some(Err(error))
            }
        }
    }
}

/// An error when a recording had nothing to code.
pub(super) fn expect_frames(count: u64, path: &Path) -> anyhow::Result<()> {
    if count > 0 {
        return Ok(());
    }
    Err(Hinted::new(
        format!("`{}` has no frame to code", path.display()),
        "`pimage info` tells how many frames can be read",
    )
    .into())
}

/// An error when a codec does not take the frames of a reader, with what these verbs can do about it.
pub(super) fn expect_held(codec: &Codec, reader: &dyn FrameReader) -> Result<(), Error> {
    codec.expect_held(&reader.info().format).map_err(advised)
}

/// The advice of an error in the words of these verbs, which map samples by a transform.
pub(super) fn advised(error: Error) -> Error {
    match error {
        Error::CannotHold {
            target,
            format,
            hint,
        } if hint.contains("--range") => Error::CannotHold {
            target,
            format,
            hint: "add `-t rescale=8,MIN,MAX` to map the samples to 8 bits, or take a codec that keeps them: `pimage codec list` tells which"
                .to_owned(),
        },
        other => other,
    }
}
