//! Where encoded bytes go: one file, a file for each frame, standard output.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_core::Error;
use pimage_fs::{Disk, StagedFile, Storage};
use pimage_io::numbered_name;

use crate::interrupt::Interrupt;
use crate::report::Hinted;
use crate::streams;

/// The files of encoded frames.
pub(super) struct Target {
    path: PathBuf,
    overwrite: bool,
    storage: Arc<dyn Storage>,
    written: u64,
}

impl Target {
    /// Checks the name; nothing is on the disk yet.
    ///
    /// `count` is how many frames there will be, where that is known.
    pub(super) fn new(
        path: &Path,
        overwrite: bool,
        count: Option<u64>,
        interrupt: &Interrupt,
    ) -> anyhow::Result<Self> {
        let target = Self {
            path: path.to_path_buf(),
            overwrite,
            storage: Arc::new(Disk),
            written: 0,
        };
        if streams::is_standard(path) {
            streams::refuse_terminal()?;
            return Ok(target);
        }
        if target.is_single() && count.is_some_and(|count| count > 1) {
            return Err(target.too_many());
        }
        // An existing file is found before anything is coded.
        if target.is_single() && !overwrite && path.symlink_metadata().is_ok() {
            return Err(Error::Exists {
                path: path.to_path_buf(),
            }
            .into());
        }
        interrupt.clean_up();
        Ok(target)
    }

    fn is_single(&self) -> bool {
        numbered_name(&self.path.to_string_lossy(), 0).is_none()
    }

    fn too_many(&self) -> anyhow::Error {
        Hinted::new(
            format!(
                "there is more than one frame, and `{}` names one file",
                self.path.display()
            ),
            "give a name with a number, such as out_%05d.jpg, or choose a frame: --start 7 --stop 8",
        )
        .into()
    }

    /// Writes the bytes of frame `index`, whole or not at all.
    pub(super) fn write(&mut self, index: u64, bytes: &[u8]) -> anyhow::Result<()> {
        self.written += 1;
        if self.written > 1 && self.is_single() {
            return Err(self.too_many());
        }
        if streams::is_standard(&self.path) {
            let mut out = io::stdout().lock();
            let written = out.write_all(bytes).and_then(|()| out.flush());
            return Ok(written.map_err(Error::io("write", "standard output"))?);
        }
        let name = numbered_name(&self.path.to_string_lossy(), index);
        let path = name.map_or_else(|| self.path.clone(), PathBuf::from);
        let mut staged = StagedFile::create(&self.storage, &path, self.overwrite)?;
        staged.write_all(bytes).map_err(Error::io("write", &path))?;
        staged.commit()?;
        Ok(())
    }
}
