//! A TIFF file: its bytes, its header and the chain of its pages.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use pimage_codec::tiff::Flaw;
use pimage_codec::tiff::chain::Chain;
use pimage_codec::tiff::ifd::{Header, Ifd, Source};
use pimage_codec::tiff::page::Page;
use pimage_core::{Error, Limits};
use pimage_fs::MappedFile;

/// Bytes read at once where directories are looked at: a usual one and what its tags refer to.
const PIECE_BYTES: usize = 1024;

/// A file whose pages are known.
#[derive(Debug, Clone)]
pub(super) struct TiffFile {
    pub(super) path: PathBuf,
    pub(super) length: u64,
    pub(super) header: Header,
    pub(super) chain: Chain,
}

impl TiffFile {
    /// Follows the chain of directories and reads no page.
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<Self, Error> {
        let mut pieces = Pieces::open(path)?;
        let head = pieces.slice(0, Header::BYTES)?;
        let header = Header::parse(head).map_err(|error| error.at_path(path, None))?;
        let chain = Chain::walk(header, &mut pieces, limits);
        Ok(Self {
            path: path.to_path_buf(),
            length: pieces.length(),
            header,
            chain: chain.map_err(|flaw| flaw.into_file_error(path))?,
        })
    }

    /// The directory and the pixels of a page.
    pub(super) fn page(&self, number: usize) -> Result<(Ifd, Page), Flaw> {
        let mut pieces = Pieces::open(&self.path)?;
        let ifd = self.directory(number, &mut pieces)?;
        let page = Page::parse(&ifd, self.header, &mut pieces)?;
        Ok((ifd, page))
    }

    /// The directory of a page.
    pub(super) fn directory(&self, number: usize, source: &mut dyn Source) -> Result<Ifd, Flaw> {
        let Some(page) = self.chain.pages.get(number) else {
            return Err(Flaw::Damaged(format!("there is no page {number}")));
        };
        Ifd::read(self.header, source, page.offset)
    }

    /// Offsets of the pages of one kind.
    pub(super) fn pages_of(&self, kind: u32) -> Vec<u64> {
        let pages = self.chain.pages.iter();
        let of_kind = pages.filter(|page| page.kind == kind);
        of_kind.map(|page| page.offset).collect()
    }
}

/// A file read in small pieces, so that looking at directories far apart does not read what is between them.
#[derive(Debug)]
pub(super) struct Pieces {
    file: File,
    path: PathBuf,
    length: u64,
    start: u64,
    bytes: Vec<u8>,
}

impl Pieces {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::io("open", path))?;
        let length = file.metadata().map_err(Error::io("open", path))?.len();
        Ok(Self {
            file,
            path: path.to_path_buf(),
            length,
            start: 0,
            bytes: Vec::new(),
        })
    }
}

impl Source for Pieces {
    fn length(&self) -> u64 {
        self.length
    }

    fn slice(&mut self, offset: u64, length: usize) -> Result<&[u8], Error> {
        let rest = self.length.saturating_sub(offset);
        let wanted = length.min(usize::try_from(rest).unwrap_or(usize::MAX));
        let end = offset.saturating_add(wanted as u64);
        if offset < self.start || end > self.start + self.bytes.len() as u64 {
            self.bytes.clear();
            self.start = offset;
            let error = Error::io("read", &self.path);
            let most = wanted.max(PIECE_BYTES) as u64;
            let mut read = || {
                self.file.seek(SeekFrom::Start(offset))?;
                (&self.file).take(most).read_to_end(&mut self.bytes)
            };
            read().map_err(error)?;
        }
        let from = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
        let bytes = self.bytes.get(from..).unwrap_or_default();
        Ok(bytes.get(..wanted).unwrap_or(bytes))
    }
}

/// A file seen through a memory map, for pixels.
#[derive(Debug)]
pub(super) struct Mapped(pub(super) MappedFile);

impl Source for Mapped {
    fn length(&self) -> u64 {
        self.0.len()
    }

    fn slice(&mut self, offset: u64, length: usize) -> Result<&[u8], Error> {
        self.0.slice(offset, length)
    }
}
