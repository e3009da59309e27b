//! The data of one group: whose frames they are, their stamps, and a coded section for each channel.

use std::ops::Range;

use pimage_core::{Error, FrameFormat};

use crate::group::MOST_VALUES;
use crate::header::broken;

/// What data begin with.
const MAGIC: &[u8; 4] = b"PMGd";

/// The version that is written, and the newest that is read.
const VERSION: u8 = 1;

/// Bytes of the header.
pub(crate) const HEADER_BYTES: usize = 40;

/// Bytes behind all else: the checksum of all else.
const CHECKSUM_BYTES: usize = 4;

/// Most channels of a frame.
const MOST_CHANNELS: u8 = 4;

/// Most frames of a group.
const MOST_FRAMES: u64 = 8192;

/// Most bytes of the values of a group of several frames.
const MOST_BYTES: u64 = 256 << 20;

/// Frames of this format that a group may have, so that what one is unpacked into is bounded.
pub(crate) fn most_frames(format: &FrameFormat) -> u64 {
    let plane = u64::from(format.width) * u64::from(format.height);
    let bytes = format.frame_bytes().map_or(u64::MAX, |bytes| bytes as u64);
    let by_values = MOST_VALUES as u64 / plane.max(1);
    (MOST_BYTES / bytes.max(1))
        .max(1)
        .min(by_values)
        .min(MOST_FRAMES)
}

/// What the data of a group say of themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GroupHeader {
    /// Index of the first frame.
    pub(crate) first: u64,
    pub(crate) frames: u32,
    pub(crate) channels: u8,
    /// Bytes of the stamps.
    stamps: u32,
    /// Checksum of the cluster's pictures, where a section is decoded with them.
    pub(crate) pictures: Option<u32>,
    /// Bytes of all data, header and checksum included.
    pub(crate) length: u64,
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(8)?)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

impl GroupHeader {
    /// The frames of the group.
    pub(crate) fn range(&self) -> Range<u64> {
        self.first..self.first.saturating_add(u64::from(self.frames))
    }

    /// Reads the header alone; `None` where it is cut, changed, or none.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let header = bytes.get(..HEADER_BYTES)?;
        let (body, checksum) = header.split_last_chunk::<4>()?;
        let [
            b'P',
            b'M',
            b'G',
            b'd',
            VERSION,
            channels,
            has_pictures,
            0,
            ..,
        ] = *body
        else {
            return None;
        };
        let is_sound = crc32c::crc32c(body) == u32::from_le_bytes(*checksum);
        let found = Self {
            first: u64_at(body, 8)?,
            frames: u32_at(body, 16)?,
            channels,
            stamps: u32_at(body, 20)?,
            pictures: match has_pictures {
                0 => None,
                _ => Some(u32_at(body, 24)?),
            },
            length: u64_at(body, 28)?,
        };
        let is_usable = (1..=MOST_FRAMES).contains(&u64::from(found.frames))
            && (1..=MOST_CHANNELS).contains(&channels);
        (is_sound && is_usable).then_some(found)
    }
}

/// The data of a group as bytes; `pictures` is the checksum of the pictures that sections need.
///
/// # Errors
///
/// If a part has 4 GiB or more.
pub(crate) fn seal(
    first: u64,
    frames: u32,
    stamps: &[u8],
    sections: &[Vec<u8>],
    pictures: Option<u32>,
) -> Result<Vec<u8>, Error> {
    let long = |length: usize| match u32::try_from(length) {
        Ok(length) => Ok(length.to_le_bytes()),
        Err(_) => Err(Error::bad_option(
            "group",
            format!("of {length} bytes"),
            "less than 4294967296 bytes a channel",
        )),
    };
    let payload = stamps.len()
        + sections
            .iter()
            .map(|section| section.len() + 4)
            .sum::<usize>();
    let length = HEADER_BYTES + payload + CHECKSUM_BYTES;
    let mut out = Vec::with_capacity(length);
    out.extend_from_slice(MAGIC);
    out.push(VERSION);
    out.push(sections.len() as u8);
    out.push(u8::from(pictures.is_some()));
    out.push(0);
    out.extend(first.to_le_bytes());
    out.extend(frames.to_le_bytes());
    out.extend(long(stamps.len())?);
    out.extend(pictures.unwrap_or(0).to_le_bytes());
    out.extend((length as u64).to_le_bytes());
    out.extend(crc32c::crc32c(&out).to_le_bytes());
    for section in sections {
        out.extend(long(section.len())?);
    }
    out.extend_from_slice(stamps);
    for section in sections {
        out.extend_from_slice(section);
    }
    out.extend(crc32c::crc32c(&out).to_le_bytes());
    Ok(out)
}

/// The parts of a group's data.
#[derive(Debug)]
pub(crate) struct GroupData<'a> {
    pub(crate) header: GroupHeader,
    pub(crate) stamps: &'a [u8],
    /// One for each channel.
    pub(crate) sections: Vec<&'a [u8]>,
}

/// Checks data against their checksum, and parts them.
///
/// # Errors
///
/// If they are cut, changed, or none.
pub(crate) fn open(bytes: &[u8]) -> Result<GroupData<'_>, Error> {
    let whole = "the bytes of a whole group";
    let Some(header) = GroupHeader::parse(bytes) else {
        return Err(broken("without a sound header", whole));
    };
    if header.length != bytes.len() as u64 {
        let found = format!("of {} bytes", bytes.len());
        return Err(broken(found, &format!("{} of them", header.length)));
    }
    let Some((body, checksum)) = bytes.split_last_chunk::<CHECKSUM_BYTES>() else {
        return Err(broken("cut", whole));
    };
    if crc32c::crc32c(body) != u32::from_le_bytes(*checksum) {
        return Err(broken("changed since it was written", whole));
    }
    let parts = parts(body, &header);
    let (stamps, sections) = parts.ok_or_else(|| broken("of parts that do not fit", whole))?;
    Ok(GroupData {
        header,
        stamps,
        sections,
    })
}

fn parts<'a>(body: &'a [u8], header: &GroupHeader) -> Option<(&'a [u8], Vec<&'a [u8]>)> {
    let channels = usize::from(header.channels);
    let mut rest = body.get(HEADER_BYTES + 4 * channels..)?;
    let stamps;
    (stamps, rest) = rest.split_at_checked(header.stamps as usize)?;
    let mut sections = Vec::with_capacity(channels);
    for channel in 0..channels {
        let length = u32_at(body, HEADER_BYTES + 4 * channel)? as usize;
        let section;
        (section, rest) = rest.split_at_checked(length)?;
        sections.push(section);
    }
    rest.is_empty().then_some((stamps, sections))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_and_every_cut_is_found() {
        let sections = [vec![1, 2, 3], vec![4; 9]];
        let bytes = seal(70, 5, b"stamps", &sections, Some(99)).expect("is small");
        let data = open(&bytes).expect("is sound");
        assert_eq!(data.header.range(), 70..75);
        assert_eq!(
            (data.stamps, data.header.pictures),
            (&b"stamps"[..], Some(99))
        );
        assert_eq!(data.sections, [&[1, 2, 3][..], &[4; 9]]);
        for at in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[at / 8] ^= 1 << (at % 8);
            assert!(open(&changed).is_err(), "bit {at}");
        }
        for cut in 0..bytes.len() {
            assert!(open(&bytes[..cut]).is_err(), "{cut}");
        }
    }
}
