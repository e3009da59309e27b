//! A chain over a reader.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use pimage_core::{
    Damage, Error, Frame, FrameReader, SeekFrames, Stamp, StreamInfo, Transform, Value, keys,
};

use crate::frames::{FrameStage, seek, stamp_of};
use crate::window::WindowStage;
use crate::{Chain, Operation, Step, Surroundings};

/// The frames of a reader after the steps of a chain: in order on all cores, at random one by one, the same either way.
///
/// It seeks when the reader does. What the chain was is recorded in the metadata under
/// [`keys::TRANSFORMS`](pimage_core::keys::TRANSFORMS). Steps that measure all frames first do so in [`TransformingReader::new`].
pub struct TransformingReader<'a> {
    stage: Box<dyn FrameReader + 'a>,
    info: StreamInfo,
    /// How many frames there are, when the last stage seeks.
    seekable: Option<u64>,
    /// What the steps read by themselves, and what they opened.
    files: Vec<PathBuf>,
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
        let opened: Arc<Mutex<Vec<PathBuf>>> = Arc::default();
        let mut stack = Stack {
            reader: Box::new(reader),
            pending: Vec::new(),
            surroundings: &surroundings.noting(&opened),
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
        let seekable = stack.reader.as_seek().map(|seek| seek.frame_count());
        let own = chain.steps().iter().flat_map(Step::files).cloned();
        let mut files: Vec<_> = own.collect();
        files.append(&mut opened.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Self {
            stage: stack.reader,
            info,
            seekable,
            files,
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
                        let reason = format!(
                            "`{name}` looks at all frames first, and these come only once: write them to a file before"
                        );
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
        let mut files = self.stage.files();
        for file in &self.files {
            if !files.contains(file) {
                files.push(file.clone());
            }
        }
        files
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        self.seekable.is_some().then_some(self as _)
    }
}

impl SeekFrames for TransformingReader<'_> {
    fn frame_count(&self) -> u64 {
        self.seekable.unwrap_or(0)
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        seek(&mut *self.stage, index)
    }

    fn stamp_of(&mut self, index: u64) -> Result<Option<Stamp>, Error> {
        stamp_of(&mut *self.stage, index)
    }
}

impl std::fmt::Debug for TransformingReader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TransformingReader")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}
