//! The file that is written: header, clusters, cues; read back before it gets its name.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use pimage_core::{Cancel, Error};
use pimage_fs::StagedFile;

use super::options::CompressOptions;
use crate::file::description::Description;
use crate::matroska::cluster;
use crate::matroska::head::{self, Totals, Track};

/// Bytes that are read back together.
const READ_BYTES: usize = 1 << 20;

/// A part of the file, and the checksum of what was written.
#[derive(Debug, Clone, Copy)]
struct Part {
    ticks: u64,
    at: u64,
    size: u64,
    checksum: u32,
}

/// A file under its temporary name.
#[derive(Debug)]
pub(crate) struct Output {
    path: PathBuf,
    file: StagedFile,
    track: Track,
    description: Description,
    clusters: Vec<Part>,
    at: u64,
    has_failed: bool,
}

impl Output {
    /// Creates the file and writes its header.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`], [`Error::Io`].
    pub(crate) fn create(
        path: &Path,
        track: Track,
        description: Description,
        options: &CompressOptions,
    ) -> Result<Self, Error> {
        let mut file = StagedFile::create(&options.storage, path, options.overwrite)?;
        file.set_sync(options.sync);
        let mut output = Self {
            path: path.to_path_buf(),
            file,
            track,
            description,
            clusters: Vec::new(),
            at: 0,
            has_failed: false,
        };
        let header = output.header(None);
        output.append(&header)?;
        Ok(output)
    }

    fn header(&self, totals: Option<Totals>) -> Vec<u8> {
        head::build(&self.track, &self.description.to_text(), totals)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = self.file.write_all(bytes);
        self.has_failed |= written.is_err();
        self.at += bytes.len() as u64;
        written.map_err(Error::io("write", &self.path))
    }

    /// Bytes of what stands before the clusters.
    pub(crate) fn description_bytes(&self) -> u64 {
        self.header(None).len() as u64
    }

    /// Adds the cluster of a group.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub(crate) fn push(&mut self, ticks: u64, cluster: &[u8]) -> Result<(), Error> {
        self.clusters.push(Part {
            ticks,
            at: self.at,
            size: cluster.len() as u64,
            checksum: crc32c::crc32c(cluster),
        });
        self.append(cluster)
    }

    /// Writes the cues and completes the header, reads all back, and gives the file its name; its length in bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Io`], also when an earlier write failed or something else is read than was written; [`Error::Stopped`].
    pub(crate) fn finish(
        mut self,
        frames: u64,
        duration: u64,
        cancel: &Cancel,
    ) -> Result<u64, Error> {
        if self.has_failed {
            let source = io::Error::other("an earlier write failed");
            return Err(Error::io("finish", &self.path)(source));
        }
        let inside = head::segment_at();
        let points = self
            .clusters
            .iter()
            .map(|part| (part.ticks, part.at - inside));
        let cues = cluster::cues(points);
        let cues_part = Part {
            ticks: 0,
            at: self.at,
            size: cues.len() as u64,
            checksum: crc32c::crc32c(&cues),
        };
        self.append(&cues)?;
        self.clusters.push(cues_part);
        self.description.frames = Some(frames);
        let header = self.header(Some(Totals {
            duration,
            cues_at: cues_part.at,
            length: self.at,
        }));
        self.clusters.push(Part {
            ticks: 0,
            at: 0,
            size: header.len() as u64,
            checksum: crc32c::crc32c(&header),
        });
        let place = |file: &mut StagedFile| {
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&header)?;
            file.flush()
        };
        place(&mut self.file).map_err(Error::io("write", &self.path))?;
        self.read_back(cancel)?;
        self.file.commit()
    }

    /// An error unless every part is in the file as it was written.
    fn read_back(&mut self, cancel: &Cancel) -> Result<(), Error> {
        let mut bytes = vec![0; READ_BYTES];
        for part in &self.clusters {
            if cancel.is_cancelled() {
                return Err(Error::Stopped);
            }
            let found = checksum_of(&mut self.file, part, &mut bytes);
            if found.map_err(Error::io("read back", &self.path))? != part.checksum {
                let source = io::Error::other("other bytes were read than were written");
                return Err(Error::io("verify", &self.path)(source));
            }
        }
        Ok(())
    }
}

fn checksum_of(file: &mut StagedFile, part: &Part, bytes: &mut [u8]) -> io::Result<u32> {
    file.seek(SeekFrom::Start(part.at))?;
    let (mut rest, mut checksum) = (part.size, 0);
    while rest > 0 {
        let count = bytes.len().min(usize::try_from(rest).unwrap_or(usize::MAX));
        let bytes = bytes.get_mut(..count).unwrap_or_default();
        file.read_exact(bytes)?;
        checksum = crc32c::crc32c_append(checksum, bytes);
        rest -= count as u64;
    }
    Ok(checksum)
}
