//! The members of an archive, by name.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use pimage_core::{Error, Limits};
use pimage_fs::MappedFile;
use rawzip::{CompressionMethod, RECOMMENDED_BUFFER_SIZE, ZipArchive};

use super::member::{Coding, Member};
use crate::source::Source;

/// Deflate makes at most this much of a byte.
const MOST_EXPANSION: u64 = 1032;

/// Bytes that an entry of the table of contents has beside its name.
const ENTRY_BYTES: u64 = 46;

/// A member of an archive.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its name without `.npy`.
    pub(super) name: String,
    is_encrypted: bool,
    method: CompressionMethod,
    start: u64,
    compressed_bytes: u64,
    bytes: u64,
    crc: u32,
}

/// The arrays of an archive, in their order; of two with one name the later.
///
/// # Errors
///
/// [`Error::Malformed`] when it is no whole archive; [`Error::TooLarge`] for more names than metadata may have.
pub(super) fn entries(path: &Path, limits: &Limits) -> Result<Vec<Entry>, Error> {
    let broken = |error: rawzip::Error| {
        let reason = format!("its table of contents, which comes last, cannot be read: {error}");
        Error::malformed("npz", path, reason)
    };
    let file = File::open(path).map_err(Error::io("open", path))?;
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    let archive = ZipArchive::from_file(file, &mut buffer).map_err(broken)?;
    let mut entries: Vec<Option<Entry>> = Vec::new();
    let mut places = HashMap::new();
    let mut listed = archive.entries(&mut buffer);
    let mut listed_bytes = 0u64;
    while let Some(record) = listed.next_entry().map_err(broken)? {
        let raw_name = record.file_path();
        let raw_name = raw_name.as_ref();
        listed_bytes += ENTRY_BYTES + raw_name.len() as u64;
        if listed_bytes > limits.max_metadata_bytes {
            return Err(Error::TooLarge {
                what: "metadata bytes",
                value: listed_bytes,
                limit: limits.max_metadata_bytes,
                option: "--limit metadata-bytes=N",
            });
        }
        let Some(name) = std::str::from_utf8(raw_name)
            .ok()
            .and_then(|name| name.strip_suffix(".npy"))
        else {
            continue;
        };
        let located = archive.get_entry(record.wayfinder()).map_err(broken)?;
        let (start, end) = located.compressed_data_range();
        let entry = Entry {
            name: name.to_owned(),
            is_encrypted: record.flags().is_encrypted(),
            method: record.compression_method(),
            start,
            compressed_bytes: end.saturating_sub(start),
            bytes: record.uncompressed_size_hint(),
            crc: record.crc32(),
        };
        let earlier = places.insert(entry.name.clone(), entries.len());
        if let Some(earlier) = earlier.and_then(|place| entries.get_mut(place)) {
            *earlier = None;
        }
        entries.push(Some(entry));
    }
    Ok(entries.into_iter().flatten().collect())
}

impl Entry {
    /// The bytes of the member.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when it is encrypted or compressed in another way; [`Error::Malformed`] when its sizes cannot be true.
    pub(super) fn open(&self, path: &Path) -> Result<Source, Error> {
        let name = &self.name;
        if self.is_encrypted {
            let reason = format!("its array `{name}` is encrypted, which pimage does not read");
            return Err(Error::unsupported(path, reason));
        }
        let malformed = |reason: String| Err(Error::malformed("npz", path, reason));
        let (bytes, compressed) = (self.bytes, self.compressed_bytes);
        let coding = match self.method {
            CompressionMethod::STORE if bytes == compressed => Coding::Stored,
            CompressionMethod::STORE => {
                return malformed(format!(
                    "its array `{name}` is said to have {bytes} bytes and takes {compressed}"
                ));
            }
            CompressionMethod::DEFLATE if bytes / MOST_EXPANSION > compressed => {
                return malformed(format!(
                    "its array `{name}` is said to have {bytes} bytes, which cannot come of {compressed}"
                ));
            }
            CompressionMethod::DEFLATE => Coding::deflated(),
            other => {
                let method = other
                    .name()
                    .map_or_else(|| format!("method {}", other.as_u16()), str::to_owned);
                let reason = format!(
                    "its array `{name}` is compressed by {method}; pimage reads stored and deflated ones"
                );
                return Err(Error::unsupported(path, reason));
            }
        };
        let file = MappedFile::open(path)?;
        let range = self.start..self.start.saturating_add(compressed);
        let member = Member::new(file, name, range, (bytes, self.crc), coding);
        Ok(Source::Member(member))
    }
}
