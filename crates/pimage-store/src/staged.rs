//! A store that has its name only when it is whole: for what is not recorded but made of something that can be read again.

use std::path::{Path, PathBuf};

use pimage_core::{Error, Frame, FrameWriter, StreamInfo, WriteSummary};
use pimage_fs::StagedFolder;
use serde_json::{Map, Value};

use crate::{RecordOptions, StoreWriter};

/// Writes a new store beside its final name and renames it when it is finished; dropped before that, it leaves nothing.
///
/// ```
/// use pimage_core::{Color, Frame, FrameCount, FrameFormat, FrameWriter, SampleType, StreamInfo};
/// use pimage_store::{RecordOptions, StagedStore};
///
/// # let folder = tempfile::tempdir().map_err(pimage_core::Error::io("make", "a folder"))?;
/// let path = folder.path().join("copy");
/// let format = FrameFormat::new(64, 48, Color::Gray, SampleType::U8);
/// let info = StreamInfo::new("copy", format, FrameCount::Unknown);
/// let mut writer = StagedStore::new(&path, &info, &RecordOptions::new("npy"))?;
/// writer.write(&Frame::zeroed(format))?;
/// assert!(!path.exists());
/// Box::new(writer).finish()?;
/// assert!(path.join("metadata.yaml").is_file());
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug)]
pub struct StagedStore {
    target: PathBuf,
    info: StreamInfo,
    options: RecordOptions,
    /// Extra data that came before the first frame.
    early: Vec<Map<String, Value>>,
    /// From the first frame on; the writer ends before its folder goes.
    begun: Option<(StoreWriter, StagedFolder)>,
}

impl StagedStore {
    /// Prepares the store `target`; nothing is created before the first frame.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`]; as [`StoreWriter::new`].
    pub fn new(target: &Path, info: &StreamInfo, options: &RecordOptions) -> Result<Self, Error> {
        // Only asked what it thinks of all that.
        let options = RecordOptions {
            append: false,
            ..options.clone()
        };
        StoreWriter::new(target, info, &options)?;
        if target.symlink_metadata().is_ok() {
            return Err(Error::Exists {
                path: target.to_path_buf(),
            });
        }
        Ok(Self {
            target: target.to_path_buf(),
            info: info.clone(),
            options,
            early: Vec::new(),
            begun: None,
        })
    }

    /// Has the next frame begin a new chunk.
    ///
    /// # Errors
    ///
    /// As [`StoreWriter::new_chunk`].
    pub fn new_chunk(&mut self) -> Result<(), Error> {
        match &mut self.begun {
            Some((writer, _)) => writer.new_chunk(),
            None => Ok(()),
        }
    }

    /// Adds data to the frame that was written last; before the first one, to the chunk that it will begin.
    ///
    /// # Errors
    ///
    /// As [`StoreWriter::add_extra_data`].
    pub fn add_extra_data(&mut self, record: Map<String, Value>) -> Result<(), Error> {
        match &mut self.begun {
            Some((writer, _)) => writer.add_extra_data(record),
            None => {
                self.early.push(record);
                Ok(())
            }
        }
    }

    fn begin(&mut self) -> Result<(StoreWriter, StagedFolder), Error> {
        let storage = &self.options.storage;
        let mut staged = StagedFolder::create(storage, &self.target, false)?;
        staged.set_sync(self.options.durability != crate::Durability::None);
        let mut writer = StoreWriter::new(staged.staged_path(), &self.info, &self.options)?;
        for record in self.early.drain(..) {
            writer.add_extra_data(record)?;
        }
        Ok((writer, staged))
    }
}

impl FrameWriter for StagedStore {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        let begun = match self.begun.take() {
            Some(begun) => begun,
            None => self.begin()?,
        };
        self.begun.insert(begun).0.write(frame)
    }

    fn finish(mut self: Box<Self>) -> Result<WriteSummary, Error> {
        let Some((writer, staged)) = self.begun.take() else {
            let reason = "a store without frames is not written, there was none to write";
            return Err(Error::unsupported(&self.target, reason));
        };
        let summary = Box::new(writer).finish()?;
        staged.commit()?;
        Ok(summary)
    }
}
