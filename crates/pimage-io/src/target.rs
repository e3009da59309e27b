//! Where the bytes of simple writers go: a staged file, or a stream.

use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_core::{Error, Frame, FrameFormat};
use pimage_fs::{StagedFile, Storage};

use crate::WriteOptions;

/// A file that is created by its first byte and has its name when it is committed.
#[derive(Debug)]
pub(crate) struct Output {
    path: PathBuf,
    storage: Arc<dyn Storage>,
    overwrite: bool,
    sync: bool,
    file: Option<StagedFile>,
    has_failed: bool,
}

impl Output {
    /// Nothing is created yet.
    pub(crate) fn new(path: &Path, options: &WriteOptions) -> Self {
        Self {
            path: path.to_path_buf(),
            storage: Arc::clone(&options.storage),
            overwrite: options.overwrite,
            sync: options.sync,
            file: None,
            has_failed: false,
        }
    }

    /// The final name.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `change` on the file, which is created first if it is not there.
    fn with_file(
        &mut self,
        change: impl FnOnce(&mut StagedFile) -> std::io::Result<()>,
    ) -> Result<(), Error> {
        let file = match self.file.take() {
            Some(file) => self.file.insert(file),
            None => {
                let mut file = StagedFile::create(&self.storage, &self.path, self.overwrite)?;
                file.set_sync(self.sync);
                self.file.insert(file)
            }
        };
        change(file).map_err(|source| {
            self.has_failed = true;
            Error::io("write", &self.path)(source)
        })
    }

    /// Appends bytes.
    pub(crate) fn write_all(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.with_file(|file| file.write_all(bytes))
    }

    /// Writes bytes at an offset, where the next ones then follow.
    pub(crate) fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        self.with_file(|file| {
            file.seek(SeekFrom::Start(offset))?;
            file.write_all(bytes)
        })
    }

    /// Reads bytes that were written before.
    #[cfg(feature = "tiff")]
    pub(crate) fn read_at(&mut self, offset: u64, bytes: &mut [u8]) -> Result<(), Error> {
        use std::io::Read as _;

        self.with_file(|file| {
            file.seek(SeekFrom::Start(offset))?;
            file.read_exact(bytes)
        })
    }

    /// Gives the file its name; its length in bytes. An error when a write failed before.
    pub(crate) fn commit(mut self) -> Result<u64, Error> {
        if self.has_failed {
            let source = std::io::Error::other("an earlier write failed");
            return Err(Error::io("finish", &self.path)(source));
        }
        self.file.take().map_or(Ok(0), StagedFile::commit)
    }
}

/// A file or a stream.
pub(crate) enum Target {
    /// A staged file.
    File(Output),
    /// Something that cannot seek, under a name for errors.
    Stream {
        /// What it is called.
        name: PathBuf,
        /// Where the bytes go.
        stream: Box<dyn Write + Send>,
        /// How many went.
        written: u64,
    },
}

impl Target {
    /// A stream.
    pub(crate) fn stream(name: &str, stream: Box<dyn Write + Send>) -> Self {
        Self::Stream {
            name: name.into(),
            stream,
            written: 0,
        }
    }

    /// Appends bytes.
    pub(crate) fn write_all(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match self {
            Self::File(output) => output.write_all(bytes),
            Self::Stream {
                name,
                stream,
                written,
            } => {
                stream.write_all(bytes).map_err(Error::io("write", name))?;
                *written += bytes.len() as u64;
                Ok(())
            }
        }
    }

    /// Completes the file or flushes the stream; bytes written.
    pub(crate) fn finish(self) -> Result<u64, Error> {
        match self {
            Self::File(output) => output.commit(),
            Self::Stream {
                name,
                mut stream,
                written,
            } => {
                stream.flush().map_err(Error::io("write", name))?;
                Ok(written)
            }
        }
    }
}

/// The format that the first frame fixed, and how many frames came.
#[derive(Debug, Default)]
pub(crate) struct Sequence {
    format: Option<FrameFormat>,
    frames: u64,
}

impl Sequence {
    /// The format, when a frame came.
    pub(crate) const fn format(&self) -> Option<&FrameFormat> {
        self.format.as_ref()
    }

    /// Frames so far.
    pub(crate) const fn frames(&self) -> u64 {
        self.frames
    }

    /// Checks a frame against the first one. Whether it is the first.
    pub(crate) fn check(&mut self, frame: &Frame) -> Result<bool, Error> {
        match &self.format {
            Some(format) => {
                format.expect_same(frame.format(), self.frames)?;
                Ok(false)
            }
            None => {
                self.format = Some(*frame.format());
                Ok(true)
            }
        }
    }

    /// Counts a frame that was written.
    pub(crate) const fn count(&mut self) {
        self.frames += 1;
    }
}
