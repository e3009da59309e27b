//! The array that is packed in several ways, and what it is measured in.

use std::path::Path;

use anyhow::bail;
use pimage_compress::{CompressOptions, Goal, Layer, OpenOptions};
use pimage_convert::{ConvertOptions, convert};
use pimage_core::{Frame, FrameFormat, FrameReader, FrameWriter, Limits, StreamInfo};
use pimage_io::ReadOptions;
use pimage_transform::Surroundings;

use crate::interrupt::Interrupt;

/// The array, which can be read any number of times.
pub(super) struct Source<'a> {
    /// Opens it.
    pub(super) open: &'a dyn Fn() -> anyhow::Result<Box<dyn FrameReader>>,
    pub(super) format: FrameFormat,
    /// The range that bounds, ratios and steps are relative to.
    pub(super) range: (f64, f64),
    pub(super) threads: Option<usize>,
    pub(super) memory: u64,
    pub(super) limits: Limits,
    pub(super) surroundings: Surroundings,
    pub(super) interrupt: &'a Interrupt,
}

/// Makes a writer for such frames.
pub(super) type Create<'a> = dyn FnMut(&StreamInfo) -> anyhow::Result<Box<dyn FrameWriter>> + 'a;

impl Source<'_> {
    /// Passes all frames on to a new writer.
    pub(super) fn copy(
        &self,
        mut reader: Box<dyn FrameReader>,
        create: &mut Create<'_>,
    ) -> anyhow::Result<()> {
        let writer = create(reader.info())?;
        let options = ConvertOptions {
            threads: self.threads,
            memory_bytes: self.memory / 4,
            cancel: self.interrupt.cancel.clone(),
            ..ConvertOptions::default()
        };
        let summary = convert(&mut *reader, writer, &options, &())?;
        if summary.written.frames == 0 {
            let reason = summary.damage.first().map(ToString::to_string);
            bail!(
                "no frame of the array can be read: {}",
                reason.as_deref().unwrap_or("there is none")
            );
        }
        Ok(())
    }

    /// Packs the array with this promise, in this way.
    pub(super) fn pack(&self, goal: &Goal, layer: Layer, path: &Path) -> anyhow::Result<()> {
        self.copy((self.open)()?, &mut |info| {
            let options = CompressOptions {
                goal: goal.clone(),
                layer,
                threads: self.threads,
                memory: self.memory,
                sync: false,
                cancel: self.interrupt.cancel.clone(),
                ..CompressOptions::default()
            };
            Ok(Box::new(pimage_compress::create(path, info, options)?))
        })
    }

    /// Opens what was packed.
    pub(super) fn unpack(&self, path: &Path) -> anyhow::Result<Box<dyn FrameReader>> {
        let options = OpenOptions {
            limits: self.limits,
            threads: self.threads,
            ..OpenOptions::default()
        };
        Ok(Box::new(pimage_compress::open(path, &options)?))
    }

    /// Opens what was written.
    pub(super) fn reopen(&self, path: &Path) -> anyhow::Result<Box<dyn FrameReader>> {
        let options = ReadOptions {
            limits: self.limits,
            threads: self.threads,
            ..ReadOptions::default()
        };
        Ok(pimage_io::open(path, &options)?)
    }

    /// Frame `index` of a reader.
    pub(super) fn frame(
        &self,
        mut reader: Box<dyn FrameReader>,
        index: u64,
    ) -> anyhow::Result<Frame> {
        let mut frame = Frame::empty();
        if let Some(seek) = reader.as_seek() {
            seek.seek(index)?;
            reader.read_into(&mut frame)?;
            return Ok(frame);
        }
        for _ in 0..=index {
            self.check()?;
            reader.read_into(&mut frame)?;
        }
        Ok(frame)
    }

    /// An error once it was asked to stop.
    pub(super) fn check(&self) -> Result<(), pimage_core::Error> {
        match self.interrupt.cancel.is_cancelled() {
            true => Err(pimage_core::Error::Stopped),
            false => Ok(()),
        }
    }
}
