//! A file of any length, read through a memory map of bounded size.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};

use memmap2::{Mmap, MmapOptions};
use pimage_core::Error;

/// Bytes mapped at a time, unless one request is longer: few, for hundreds of files may be read together.
const WINDOW_BYTES: u64 = 1 << 20;

/// Offsets of a map are multiples of this, which is a multiple of every page size in use.
const ALIGNMENT: u64 = 64 << 10;

/// A read-only file, of which a window of bounded size is mapped into memory.
///
/// Pages behind the window are given back, so that memory does not grow with the length of the file.
pub struct MappedFile {
    file: File,
    path: PathBuf,
    len: u64,
    window: Option<(u64, Mmap)>,
}

impl fmt::Debug for MappedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MappedFile")
            .field("path", &self.path)
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

impl MappedFile {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        // Looked at before it is opened: opening a pipe waits for somebody to write.
        let metadata = path.metadata().map_err(Error::io("open", path))?;
        if metadata.is_dir() {
            let source = std::io::Error::from(std::io::ErrorKind::IsADirectory);
            return Err(Error::io("read", path)(source));
        }
        if !metadata.is_file() {
            let source = std::io::Error::other("it is not a regular file");
            return Err(Error::io("read", path)(source));
        }
        let file = File::open(path).map_err(Error::io("open", path))?;
        Ok(Self {
            file,
            path: path.to_path_buf(),
            len: metadata.len(),
            window: None,
        })
    }

    /// The length of the file when it was opened, bytes.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether the file had no bytes when it was opened.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The name it was opened by.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes `offset..offset + length`, fewer when the file ends before.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the file cannot be mapped or has become shorter than it was.
    pub fn slice(&mut self, offset: u64, length: usize) -> Result<&[u8], Error> {
        let end = offset.saturating_add(length as u64).min(self.len);
        if offset >= end {
            return Ok(&[]);
        }
        self.expect_not_cut(end)?;
        let (window_start, map) = match self.window.take() {
            Some((start, map)) if offset >= start && end <= start + map.len() as u64 => {
                self.window.insert((start, map))
            }
            stale => {
                drop(stale);
                let start = offset - offset % ALIGNMENT;
                let window_end = end.max(start + WINDOW_BYTES).min(self.len);
                let map = map_range(&self.file, start, (window_end - start) as usize)
                    .map_err(Error::io("map", &self.path))?;
                self.window.insert((start, map))
            }
        };
        let from = (offset - *window_start) as usize;
        let to = (end - *window_start) as usize;
        Ok(map.get(from..to).unwrap_or(&[]))
    }

    /// Reading a mapped page behind the end of a file that was cut in the meantime would kill the process: look first.
    fn expect_not_cut(&self, end: u64) -> Result<(), Error> {
        let now = self
            .file
            .metadata()
            .map_err(Error::io("read", &self.path))?;
        if now.len() < end {
            let source = std::io::Error::other("the file was cut while it was read");
            return Err(Error::io("read", &self.path)(source));
        }
        Ok(())
    }
}

#[expect(unsafe_code, reason = "a memory map has no safe form")]
fn map_range(file: &File, offset: u64, length: usize) -> std::io::Result<Mmap> {
    // SAFETY: the map is read-only and only ever seen as bytes, for which every content is valid.
    // A writer in another process may change what is read, as it may for `read`; a file cut meanwhile is looked for before each access.
    let map = unsafe { MmapOptions::new().offset(offset).len(length).map(file) }?;
    #[cfg(unix)]
    // Advice only: a system that ignores it reads just as correctly.
    let _ = map.advise(memmap2::Advice::Sequential);
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slice_is_the_files_own_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.bin");
        let bytes: Vec<u8> = (0..(40u32 << 20))
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        std::fs::write(&path, &bytes).expect("writes");
        let mut file = MappedFile::open(&path).expect("opens");
        for (offset, length) in [
            (0, 10),
            (65_535, 2),
            (WINDOW_BYTES as usize - 1, 2),
            (20 << 20, 18 << 20),
            (3, 7),
            ((40 << 20) - 5, 100),
            (50 << 20, 1),
        ] {
            let end = (offset + length).min(bytes.len());
            let expected = bytes.get(offset..end).unwrap_or(&[]);
            assert_eq!(file.slice(offset as u64, length).expect("maps"), expected);
        }
    }

    #[test]
    fn a_file_cut_meanwhile_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.bin");
        std::fs::write(&path, vec![1u8; 100_000]).expect("writes");
        let mut file = MappedFile::open(&path).expect("opens");
        assert_eq!(file.slice(90_000, 4).expect("maps"), [1, 1, 1, 1]);
        File::options()
            .write(true)
            .open(&path)
            .expect("opens")
            .set_len(10)
            .expect("cuts");
        assert!(file.slice(90_000, 4).is_err());
    }
}
