//! Finding the elements of a file that may be cut or damaged.

use pimage_core::{Error, Limits};
use pimage_fs::MappedFile;

use super::ebml::{self, Head};
use super::{head, ids};

/// Bytes that are looked at together where the next cluster is sought.
const SOUGHT_BYTES: usize = 1 << 20;

/// What stands before the clusters.
#[derive(Debug)]
pub(crate) struct Front {
    /// The text that describes the array.
    pub(crate) description: String,
    pub(crate) track: head::Track,
    /// Where the first cluster is expected.
    pub(crate) end: u64,
    /// Where the file should end; `None` for one that was never finished.
    pub(crate) length: Option<u64>,
}

/// A cluster that can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Where its body begins.
    pub(crate) at: u64,
    /// Bytes of its body.
    pub(crate) size: u64,
}

fn broken(file: &MappedFile, reason: &str) -> Error {
    Error::malformed("compressed array", file.path(), reason)
}

/// Reads what stands before the clusters.
///
/// # Errors
///
/// If it is cut, damaged or no compressed array, or larger than `limits` allow.
pub(crate) fn front(file: &mut MappedFile, limits: &Limits) -> Result<Front, Error> {
    let outer = head_at(file, 0)?.filter(|head| head.id == ids::EBML);
    let Some((outer, size)) = outer.and_then(|head| Some((head, head.size?))) else {
        return Err(broken(file, "it does not begin with an EBML header"));
    };
    let at = size.saturating_add(outer.bytes as u64);
    let Some(segment) = head_at(file, at)?.filter(|head| head.id == ids::SEGMENT) else {
        return Err(broken(file, "its header is cut or damaged"));
    };
    let mut at = at + segment.bytes as u64;
    let length = segment.size.map(|size| at.saturating_add(size));
    let (mut description, mut track) = (None, None);
    while let Some(head) = head_at(file, at)? {
        let Some(size) = head.size.filter(|_| head.id != ids::CLUSTER) else {
            break;
        };
        let body = at.saturating_add(head.bytes as u64);
        if matches!(head.id, ids::TAGS | ids::TRACKS) {
            let bytes = body_of(file, body, size, limits)?;
            match head.id {
                ids::TAGS => description = head::description_of(&bytes).map(str::to_owned),
                _ => track = head::track_of(&bytes),
            }
        }
        at = body.saturating_add(size);
        if description.is_some() && track.is_some() {
            break;
        }
    }
    match (description, track) {
        (Some(description), Some(track)) => Ok(Front {
            description,
            track,
            end: at,
            length,
        }),
        (None, _) => Err(broken(file, "it has no tag that describes an array")),
        (_, None) => Err(broken(file, "it has no video track")),
    }
}

/// The elements of one of the first level, once their checksum was found right.
fn body_of(file: &mut MappedFile, at: u64, size: u64, limits: &Limits) -> Result<Vec<u8>, Error> {
    if size > limits.max_metadata_bytes {
        return Err(Error::TooLarge {
            what: "metadata bytes",
            value: size,
            limit: limits.max_metadata_bytes,
            option: "--limit metadata-bytes=N",
        });
    }
    let bytes = file.slice(at, size as usize)?.to_vec();
    match ebml::checked(&bytes) {
        Some(inside) if bytes.len() as u64 == size => Ok(inside.to_vec()),
        _ => Err(broken(
            file,
            "its description is cut or was changed since it was written",
        )),
    }
}

fn head_at(file: &mut MappedFile, at: u64) -> Result<Option<Head>, Error> {
    Ok(Head::parse(file.slice(at, ebml::HEAD_BYTES)?))
}

/// The next cluster from `at` on; where something else stands there, the next that can be found.
///
/// # Errors
///
/// [`Error::Io`].
pub(crate) fn next_cluster(file: &mut MappedFile, at: u64) -> Result<Option<Place>, Error> {
    let mut at = at;
    while at < file.len() {
        match head_at(file, at)? {
            Some(head) if head.id == ids::CLUSTER => {
                let body = at + head.bytes as u64;
                match head.size {
                    Some(size) => return Ok(Some(Place { at: body, size })),
                    None => at = body,
                }
            }
            // What may stand between and behind clusters.
            Some(Head {
                id: ids::CUES | ids::TAGS | ids::VOID | ids::SEEK_HEAD | ids::INFO,
                size: Some(size),
                bytes,
            }) if size <= file.len() - at => at += size + bytes as u64,
            _ => match find_cluster(file, at + 1)? {
                Some(found) => at = found,
                None => return Ok(None),
            },
        }
    }
    Ok(None)
}

/// Whether the file ends at `at`, or an element stands there that may follow a cluster.
///
/// # Errors
///
/// [`Error::Io`].
pub(crate) fn is_boundary(file: &mut MappedFile, at: u64) -> Result<bool, Error> {
    let is_known = |head: Head| matches!(head.id, ids::CLUSTER | ids::CUES | ids::TAGS | ids::VOID);
    Ok(at == file.len() || head_at(file, at)?.is_some_and(is_known))
}

/// Where the name of a cluster stands next.
fn find_cluster(file: &mut MappedFile, from: u64) -> Result<Option<u64>, Error> {
    let name = ids::CLUSTER.to_be_bytes();
    let mut at = from;
    while at < file.len() {
        let bytes = file.slice(at, SOUGHT_BYTES + name.len() - 1)?;
        if let Some(found) = bytes.windows(name.len()).position(|part| part == name) {
            return Ok(Some(at + found as u64));
        }
        at += SOUGHT_BYTES as u64;
    }
    Ok(None)
}
