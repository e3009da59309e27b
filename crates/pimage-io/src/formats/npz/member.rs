//! The bytes of a member of an archive, inflated as they are asked for.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::fmt;
use std::ops::Range;

use crc32fast::Hasher;
use flate2::{Decompress, FlushDecompress, Status};
use pimage_core::Error;
use pimage_fs::MappedFile;

/// Bytes that are inflated at a time.
const STEP_BYTES: usize = 128 << 10;

/// How the bytes are stored.
#[derive(Debug)]
pub(crate) enum Coding {
    /// As they are.
    Stored,
    /// Deflated.
    Deflated(Box<Inflate>),
}

impl Coding {
    /// Deflated bytes, none of which is read yet.
    pub(crate) fn deflated() -> Self {
        Self::Deflated(Box::new(Inflate {
            decoder: Decompress::new(false),
            read: 0,
            window: Vec::new(),
            window_start: 0,
            has_ended: false,
        }))
    }
}

/// Where inflating has come to.
#[derive(Debug)]
pub(crate) struct Inflate {
    decoder: Decompress,
    /// Compressed bytes used up.
    read: u64,
    /// Inflated bytes that may be asked for again or next.
    window: Vec<u8>,
    /// Offset of the first of them.
    window_start: u64,
    has_ended: bool,
}

/// A member of an archive.
pub(crate) struct Member {
    file: MappedFile,
    name: String,
    /// The stored bytes in the file.
    range: Range<u64>,
    /// How many it is said to have.
    bytes: u64,
    crc: u32,
    coding: Coding,
    hasher: Hasher,
    /// Bytes from the start that went through the checksum.
    hashed: u64,
    fault: Option<String>,
    mismatch: Option<String>,
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member")
            .field("name", &self.name)
            .field("range", &self.range)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

impl Member {
    /// The member at `range` of the file, said to have so many bytes and that checksum.
    pub(crate) fn new(
        file: MappedFile,
        name: &str,
        range: Range<u64>,
        (bytes, crc): (u64, u32),
        coding: Coding,
    ) -> Self {
        Self {
            file,
            name: name.to_owned(),
            range,
            bytes,
            crc,
            coding,
            hasher: Hasher::new(),
            hashed: 0,
            fault: None,
            mismatch: None,
        }
    }

    /// How many bytes it is said to have.
    pub(crate) const fn len(&self) -> u64 {
        self.bytes
    }

    /// The bytes `offset..offset + length`, fewer when they end before or cannot be inflated.
    pub(crate) fn slice(&mut self, offset: u64, length: usize) -> Result<&[u8], Error> {
        let end = offset.saturating_add(length as u64).min(self.bytes);
        let Some(length) = usize::try_from(end.saturating_sub(offset)).ok() else {
            return Ok(&[]);
        };
        if length == 0 {
            return Ok(&[]);
        }
        match &mut self.coding {
            Coding::Stored => {
                let start = self.range.start.saturating_add(offset);
                let bytes = self.file.slice(start, length)?;
                let done = self.hashed.checked_sub(offset);
                let done = done.and_then(|done| usize::try_from(done).ok());
                if let Some(fresh) = done.and_then(|done| bytes.get(done..)) {
                    self.hasher.update(fresh);
                    self.hashed += fresh.len() as u64;
                    let is_last = !fresh.is_empty() && self.hashed == self.bytes;
                    if is_last && self.hasher.clone().finalize() != self.crc {
                        self.mismatch = Some(wrong_sum(&self.name));
                    }
                }
                Ok(bytes)
            }
            Coding::Deflated(inflate) => {
                if offset < inflate.window_start {
                    inflate.restart();
                    self.hasher.reset();
                    self.hashed = 0;
                }
                inflate.forget_before(offset);
                while inflate.end() < end && !inflate.has_ended {
                    let produced =
                        inflate.step(&mut self.file, &self.range, self.bytes, &mut self.fault)?;
                    self.hasher.update(produced);
                    self.hashed += produced.len() as u64;
                    if self.hashed == self.bytes && self.hasher.clone().finalize() != self.crc {
                        self.mismatch = Some(wrong_sum(&self.name));
                    }
                    inflate.forget_before(offset);
                }
                let from = offset.saturating_sub(inflate.window_start);
                let from = usize::try_from(from).unwrap_or(usize::MAX);
                let rest = inflate.window.get(from..).unwrap_or_default();
                Ok(rest.get(..length).unwrap_or(rest))
            }
        }
    }

    /// Why the last slice was short.
    pub(crate) fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// What is wrong with the whole, once all of it was read in order; told once.
    pub(crate) const fn take_mismatch(&mut self) -> Option<String> {
        self.mismatch.take()
    }
}

fn wrong_sum(name: &str) -> String {
    format!("the checksum of `{name}` is not that of its bytes: any of its frames may be wrong")
}

impl Inflate {
    /// Offset behind the last byte that is inflated.
    const fn end(&self) -> u64 {
        self.window_start.saturating_add(self.window.len() as u64)
    }

    fn restart(&mut self) {
        self.decoder.reset(false);
        self.read = 0;
        self.window.clear();
        self.window_start = 0;
        self.has_ended = false;
    }

    /// Lets go of the bytes before `offset`.
    fn forget_before(&mut self, offset: u64) {
        let past = offset.saturating_sub(self.window_start);
        let past = usize::try_from(past)
            .unwrap_or(usize::MAX)
            .min(self.window.len());
        self.window.drain(..past);
        self.window_start += past as u64;
    }

    /// Inflates some more, no further than `bytes`; what came.
    fn step(
        &mut self,
        file: &mut MappedFile,
        range: &Range<u64>,
        bytes: u64,
        fault: &mut Option<String>,
    ) -> Result<&[u8], Error> {
        let before = self.window.len();
        let at = range.start.saturating_add(self.read);
        let left = usize::try_from(range.end.saturating_sub(at)).unwrap_or(usize::MAX);
        let input = file.slice(at, left.min(STEP_BYTES))?;
        let wanted = usize::try_from(bytes.saturating_sub(self.end())).unwrap_or(usize::MAX);
        self.window.reserve(wanted.min(STEP_BYTES));
        let (read_before, end) = (self.decoder.total_in(), self.end());
        let status = self
            .decoder
            .decompress_vec(input, &mut self.window, FlushDecompress::None);
        let read = self.decoder.total_in() - read_before;
        self.read += read;
        // The vector may have had more room than was asked for.
        let produced = self.window.len() - before;
        self.window.truncate(before + produced.min(wanted));
        let has_moved = read > 0 || produced > 0;
        let is_done = produced >= wanted;
        if is_done {
            self.has_ended = true;
        } else if status.is_err() {
            self.has_ended = true;
            *fault = Some(format!("its deflated data are damaged behind byte {end}"));
        } else if matches!(status, Ok(Status::StreamEnd)) || !has_moved {
            self.has_ended = true;
            let found = self.end();
            *fault = Some(format!(
                "its deflated data end after {found} of {bytes} bytes"
            ));
        }
        Ok(self.window.get(before..).unwrap_or_default())
    }
}
