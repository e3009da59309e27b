//! Which groups a file holds, and where: found by going through its clusters, so that a cut or damaged file is read as far as it goes.

use std::ops::Range;

use pimage_core::{Error, Limits};
use pimage_fs::MappedFile;

use super::data::{self, GroupHeader};
use crate::matroska::cluster;
use crate::matroska::scan::{self, Place};

/// Bytes of a cluster in which its data begin.
const START_BYTES: usize = 256;

/// Clusters that may turn out to be none before the rest of a file is given up.
const MOST_FAILED: u32 = 1 << 16;

/// A group whose header was found sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) header: GroupHeader,
    /// Where its data begin.
    pub(crate) data_at: u64,
    /// The cluster.
    pub(crate) place: Place,
}

/// The groups of a file in the order of their frames.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    entries: Vec<Entry>,
}

impl Index {
    /// Goes through the clusters from `at` on.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Error::TooLarge`] when there are more frames than `limits` allow.
    pub(crate) fn scan(file: &mut MappedFile, at: u64, limits: &Limits) -> Result<Self, Error> {
        let mut index = Self::default();
        let (mut at, mut failed) = (at, 0);
        while let Some(place) = scan::next_cluster(file, at)? {
            let Some(entry) = entry_of(file, place)? else {
                at = place.at;
                failed += 1;
                if failed > MOST_FAILED {
                    break;
                }
                continue;
            };
            at = end_of(file, &entry)?;
            let range = entry.header.range();
            limits.check_frames(range.end)?;
            // What overlaps was put there by hand: the first is believed.
            match index.entries.last() {
                Some(last) if last.header.range().end > range.start => {}
                _ => index.entries.push(entry),
            }
        }
        Ok(index)
    }

    /// The groups.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The group that holds a frame.
    pub(crate) fn find(&self, frame: u64) -> Option<usize> {
        let behind = self
            .entries
            .partition_point(|entry| entry.header.first <= frame);
        let place = behind.checked_sub(1)?;
        let entry = self.entries.get(place)?;
        entry.header.range().contains(&frame).then_some(place)
    }

    /// The first group whose frames are all behind a frame.
    pub(crate) fn next_after(&self, frame: u64) -> Option<&Entry> {
        let behind = self
            .entries
            .partition_point(|entry| entry.header.first <= frame);
        self.entries.get(behind)
    }

    /// Frames up to the end of the last group.
    pub(crate) fn end(&self) -> u64 {
        self.entries
            .last()
            .map_or(0, |entry| entry.header.range().end)
    }

    /// Runs of frames that no group holds, of `total`.
    pub(crate) fn holes(&self, total: u64) -> Vec<Range<u64>> {
        let mut holes = Vec::new();
        let mut next = 0;
        for range in self.entries.iter().map(|entry| entry.header.range()) {
            if range.start > next {
                holes.push(next..range.start);
            }
            next = range.end;
        }
        if next < total {
            holes.push(next..total);
        }
        holes
    }
}

fn entry_of(file: &mut MappedFile, place: Place) -> Result<Option<Entry>, Error> {
    let start = file.slice(place.at, START_BYTES)?;
    let Some((offset, size)) = cluster::find_data(start) else {
        return Ok(None);
    };
    let data_at = place.at + offset as u64;
    let length = file.len();
    let header = GroupHeader::parse(file.slice(data_at, data::HEADER_BYTES)?);
    // Whole, as far as lengths tell.
    let header =
        header.filter(|header| header.length == size && size <= length.saturating_sub(data_at));
    Ok(header.map(|header| Entry {
        header,
        data_at,
        place,
    }))
}

/// Where to go on behind a group: behind its cluster, unless something else stands there than may.
fn end_of(file: &mut MappedFile, entry: &Entry) -> Result<u64, Error> {
    let end = entry.place.at.saturating_add(entry.place.size);
    if end <= file.len() && scan::is_boundary(file, end)? {
        return Ok(end);
    }
    Ok(entry.data_at + entry.header.length)
}
