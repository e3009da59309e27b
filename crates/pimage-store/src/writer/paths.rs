//! Where the parts of a chunk are.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_core::Error;
use pimage_fs::{StagedFile, Storage};

use crate::chunks::stem;
use crate::{ChunkIndex, StoreMetadata, extra_lines_path, journal_path};

/// The files of one chunk, by their full paths.
#[derive(Debug, Clone)]
pub(crate) struct ChunkPaths {
    pub(crate) folder: PathBuf,
    pub(crate) number: u64,
    is_video: bool,
    extension: String,
}

impl ChunkPaths {
    pub(crate) fn new(folder: &Path, number: u64, metadata: &StoreMetadata) -> Self {
        let is_video = metadata.class.is_video();
        Self {
            folder: folder.to_path_buf(),
            number,
            is_video,
            extension: if is_video {
                metadata.extension.clone()
            } else {
                // `png+color` is `png` in the metadata already.
                metadata
                    .row()
                    .map_or(metadata.format.as_str(), |row| row.extension)
                    .to_owned()
            },
        }
    }

    pub(crate) const fn is_video(&self) -> bool {
        self.is_video
    }

    /// The finished video, or the folder of images.
    pub(crate) fn content(&self) -> PathBuf {
        let stem = stem(self.number);
        if self.is_video {
            self.folder.join(format!("{stem}.{}", self.extension))
        } else {
            self.folder.join(stem)
        }
    }

    /// The video while it is written.
    pub(crate) fn open_video(&self) -> PathBuf {
        let stem = stem(self.number);
        self.folder.join(format!(".{stem}.{}", self.extension))
    }

    /// The video made anew of one that is damaged, until it is in its place.
    pub(crate) fn rebuilt_video(&self) -> PathBuf {
        let stem = stem(self.number);
        self.folder
            .join(format!(".{stem}.rebuilt.{}", self.extension))
    }

    /// Its index.
    pub(crate) fn rebuilt_index(&self) -> PathBuf {
        self.folder
            .join(format!(".{}.rebuilt.npz", stem(self.number)))
    }

    /// The image of a frame.
    pub(crate) fn image(&self, frame: u64) -> PathBuf {
        self.content()
            .join(format!("{frame:06}.{}", self.extension))
    }

    /// The number of the image of this name.
    pub(crate) fn frame_of(&self, name: &str) -> Option<u64> {
        let digits = name.strip_suffix(&self.extension)?.strip_suffix('.')?;
        let number: u64 = digits.parse().ok()?;
        (format!("{number:06}") == digits).then_some(number)
    }

    /// The index, in the form that is written.
    pub(crate) fn index(&self) -> PathBuf {
        self.beside("npz")
    }

    /// The index as older stores have it.
    pub(crate) fn old_index(&self) -> PathBuf {
        self.beside("yaml")
    }

    /// The extra data of the closed chunk.
    pub(crate) fn extra(&self) -> PathBuf {
        self.beside("extra.json")
    }

    /// The first of its parts that is not what it should be, but a link or anything else that leads elsewhere.
    pub(crate) fn foreign_part(&self) -> Option<PathBuf> {
        let is_other = |path: &PathBuf| {
            let is_folder = !self.is_video && *path == self.content();
            path.symlink_metadata().is_ok_and(|found| match is_folder {
                true => !found.is_dir(),
                false => !found.is_file(),
            })
        };
        let mut parts = vec![
            self.content(),
            self.index(),
            self.old_index(),
            self.extra(),
            extra_lines_path(&self.folder, self.number),
            journal_path(&self.folder, self.number),
        ];
        if self.is_video {
            parts.extend([
                self.open_video(),
                self.rebuilt_video(),
                self.rebuilt_index(),
            ]);
        }
        parts.into_iter().find(is_other)
    }

    /// An error when one of its parts leads elsewhere.
    pub(crate) fn expect_own(&self) -> Result<(), Error> {
        match self.foreign_part() {
            Some(part) => Err(Error::unsupported(part, LEADS_ELSEWHERE)),
            None => Ok(()),
        }
    }

    fn beside(&self, kind: &str) -> PathBuf {
        let stem = stem(self.number);
        if self.is_video {
            self.folder.join(format!("{stem}.{kind}"))
        } else {
            self.folder.join(stem).join(format!("index.{kind}"))
        }
    }
}

/// What is said of parts that are no files or folders of the store.
pub(crate) const LEADS_ELSEWHERE: &str =
    "it is a link or no regular file: expected a file or folder of the store's own";

/// The hidden name of what is moved aside, that nothing has: `.000003.npz.aside`, `.000003.npz.aside-1`.
pub(crate) fn aside_of(path: &Path) -> PathBuf {
    let own = path.file_name().unwrap_or_default().to_string_lossy();
    let own = own.trim_start_matches('.');
    let mut aside = path.with_file_name(format!(".{own}.aside"));
    let mut count = 0;
    while aside.symlink_metadata().is_ok() {
        count += 1;
        aside = path.with_file_name(format!(".{own}.aside-{count}"));
    }
    aside
}

/// Puts a small file in its place, whole or not at all.
pub(crate) fn place(
    storage: &Arc<dyn Storage>,
    path: &Path,
    bytes: &[u8],
    syncs: bool,
) -> Result<(), Error> {
    let mut file = StagedFile::create(storage, path, false)?;
    file.set_sync(syncs);
    file.write_all(bytes).map_err(Error::io("write", path))?;
    file.commit().map(|_| ())
}

/// Puts the index of a chunk in its place.
pub(crate) fn place_index(
    storage: &Arc<dyn Storage>,
    paths: &ChunkPaths,
    index: &ChunkIndex,
    metadata: &StoreMetadata,
    syncs: bool,
) -> Result<(), Error> {
    let bytes = index.to_npz(metadata)?;
    place(storage, &paths.index(), &bytes, syncs)
}
