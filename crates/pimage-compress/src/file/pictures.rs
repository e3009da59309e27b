//! The pictures of a group from which a section is decoded.

use pimage_core::Error;

use crate::header::broken;
use crate::matroska::cluster::Block;

/// One coded picture of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    /// Which frame of the group it shows, from 0.
    pub(crate) frame: u32,
    /// Whether it is decoded without any other.
    pub(crate) is_key: bool,
    pub(crate) bytes: Vec<u8>,
}

/// The checksum of pictures in the order of decoding.
pub(crate) fn checksum(pictures: &[Picture]) -> u32 {
    pictures.iter().fold(0, |checksum, picture| {
        let [a, b, c, d] = picture.frame.to_le_bytes();
        let head = [a, b, c, d, u8::from(picture.is_key)];
        let checksum = crc32c::crc32c_append(checksum, &head);
        crc32c::crc32c_append(checksum, &picture.bytes)
    })
}

/// The pictures of a cluster, in which the one that is shown first is frame 0.
///
/// # Errors
///
/// If they are not those of the checksum.
pub(crate) fn of_blocks<'a>(
    blocks: impl Iterator<Item = Block<'a>>,
    expected: u32,
) -> Result<Vec<Picture>, Error> {
    let blocks: Vec<_> = blocks.collect();
    let mut times: Vec<i16> = blocks.iter().map(|block| block.ticks).collect();
    times.sort_unstable();
    let rank = |ticks: i16| times.partition_point(|time| *time < ticks);
    let pictures = blocks.iter().map(|block| Picture {
        frame: rank(block.ticks) as u32,
        is_key: block.is_key,
        bytes: block.bytes.to_vec(),
    });
    let pictures: Vec<_> = pictures.collect();
    if checksum(&pictures) != expected {
        let whole = "the pictures that were written";
        return Err(broken("of pictures that are cut or were changed", whole));
    }
    Ok(pictures)
}
