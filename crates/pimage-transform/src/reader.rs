//! A chain over a reader.

use std::path::PathBuf;
use std::sync::Arc;

use pimage_core::{
    Damage, Error, Frame, FrameReader, SeekFrames, StreamInfo, Transform, Value, keys,
};

use crate::frames::{FrameStage, seek};
use crate::window::WindowStage;
use crate::{Chain, Operation, Surroundings};

/// The frames of a reader after the steps of a chain: in order on all cores, at random one by one, the same either way.
///
/// It seeks when the reader does. What the chain was is recorded in the metadata under
/// [`keys::TRANSFORMS`](pimage_core::keys::TRANSFORMS). Steps that measure all frames first do so in [`TransformingReader::new`].
pub struct TransformingReader<'a> {
    stage: Box<dyn FrameReader + 'a>,
    info: StreamInfo,
}

impl<'a> TransformingReader<'a> {
    /// Puts `chain` over `reader`, which stands at its first frame.
    ///
    /// # Errors
    ///
    /// Whatever makes a step impossible for such frames; [`Error::Unsupported`] for a step that measures all frames
    /// of a reader that cannot seek.
    pub fn new(
        reader: impl FrameReader + 'a,
        chain: &Chain,
        surroundings: &Surroundings,
    ) -> Result<Self, Error> {
        let mut stack = Stack {
            reader: Box::new(reader),
            pending: Vec::new(),
            surroundings,
        };
        for step in chain.steps() {
            stack.push(step.operation().clone(), &step.spec().name)?;
        }
        stack.settle()?;
        let mut info = stack.reader.info().clone();
        if !chain.is_empty() {
            let before = info.metadata.get(keys::TRANSFORMS).and_then(Value::as_text);
            let all = match before {
                Some(before) => format!("{before} | {chain}"),
                None => chain.to_string(),
            };
            info.metadata
                .insert(keys::TRANSFORMS.to_owned(), all.into());
        }
        Ok(Self {
            stage: stack.reader,
            info,
        })
    }
}

/// Stages one over the other; frame steps wait so that those in a row become one stage.
struct Stack<'a, 's> {
    reader: Box<dyn FrameReader + 'a>,
    pending: Vec<Arc<dyn Transform>>,
    surroundings: &'s Surroundings,
}

impl Stack<'_, '_> {
    fn push(&mut self, mut operation: Operation, name: &str) -> Result<(), Error> {
        loop {
            operation = match operation {
                Operation::Frame(transform) => {
                    self.pending.push(transform);
                    return Ok(());
                }
                Operation::Window(windowed) => {
                    self.settle()?;
                    let surroundings = self.surroundings;
                    return self.replace(|reader| {
                        Ok(Box::new(WindowStage::new(reader, &windowed, surroundings)?))
                    });
                }
                Operation::Reader(adapt) => {
                    self.settle()?;
                    let surroundings = self.surroundings;
                    return self.replace(|reader| adapt.adapt(reader, surroundings));
                }
                Operation::Bound(bind) => bind(&self.info()?)?,
                Operation::Measured(measured) => {
                    self.settle()?;
                    if self.reader.as_seek().is_none() {
                        let container = &self.reader.info().container;
                        let reason =
                            format!("`{name}` looks at all frames first, and these come only once");
                        return Err(Error::unsupported(container, reason));
                    }
                    let operation = measured.measure(&mut *self.reader, self.surroundings)?;
                    seek(&mut *self.reader, 0)?;
                    operation
                }
            };
        }
    }

    /// What the stream says of itself after the steps so far.
    fn info(&self) -> Result<StreamInfo, Error> {
        let info = self.reader.info().clone();
        let mut pending = self.pending.iter();
        pending.try_fold(info, |info, step| step.output_info(&info))
    }

    /// Makes a stage of the frame steps that wait.
    fn settle(&mut self) -> Result<(), Error> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let steps = std::mem::take(&mut self.pending);
        let surroundings = self.surroundings;
        self.replace(|reader| Ok(Box::new(FrameStage::new(reader, &steps, surroundings)?)))
    }
}

impl<'a> Stack<'a, '_> {
    fn replace(
        &mut self,
        stage: impl FnOnce(Box<dyn FrameReader + 'a>) -> Result<Box<dyn FrameReader + 'a>, Error>,
    ) -> Result<(), Error> {
        let none: Box<dyn FrameReader + 'a> = Box::new(pimage_core::MemoryReader::new(Vec::new())?);
        let reader = std::mem::replace(&mut self.reader, none);
        self.reader = stage(reader)?;
        Ok(())
    }
}

impl FrameReader for TransformingReader<'_> {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        self.stage.read_into(frame)
    }

    fn damage(&self) -> &[Damage] {
        self.stage.damage()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.stage.files()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        self.stage.as_seek()?;
        Some(self)
    }
}

impl SeekFrames for TransformingReader<'_> {
    fn frame_count(&self) -> u64 {
        self.info.frame_count.exact().unwrap_or(0)
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        seek(&mut *self.stage, index)
    }
}

impl std::fmt::Debug for TransformingReader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TransformingReader")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}
