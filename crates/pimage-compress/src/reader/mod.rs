//! Frames out of a file, groups unpacked on all cores.

mod ahead;
mod options;
mod unpack;

pub use options::OpenOptions;

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_core::{
    Cancel, Damage, Error, Frame, FrameCount, FrameReader, Limits, OnDamage, SeekFrames,
    StreamInfo, keys,
};
use pimage_fs::MappedFile;

use self::ahead::Groups;
use self::unpack::Unpacker;
use crate::file::data::GroupData;
use crate::file::description::Description;
use crate::file::index::{Entry, Index};
use crate::file::section::{self, Coding};
use crate::matroska::{head, scan};

/// Whether the first bytes of a file, 4 KiB of them, are those of a packed array.
#[must_use]
pub fn is_compressed(head: &[u8]) -> bool {
    let name = head::TAG_NAME.as_bytes();
    head.starts_with(b"\x1A\x45\xDF\xA3") && head.windows(name.len()).any(|part| part == name)
}

/// Opens a packed array.
///
/// # Errors
///
/// [`Error::Malformed`] when the file is none or its description is damaged; [`Error::TooLarge`], [`Error::Io`].
pub fn open(path: impl AsRef<Path>, options: &OpenOptions) -> Result<CompressReader, Error> {
    let path = path.as_ref();
    let limits = options.limits;
    let mut file = MappedFile::open(path)?;
    let front = scan::front(&mut file, &limits)?;
    let description = Description::parse(&front.description)
        .map_err(|reason| Error::malformed("compressed array", path, reason))?;
    limits.check_format(description.format())?;
    let index = Index::scan(&mut file, front.end, &limits)?;
    let total = description.frames.unwrap_or(0).max(index.end());
    limits.check_frames(total)?;
    let is_cut = front.length.is_none_or(|length| length > file.len());
    let info = info_of(&description, &index, total, is_cut);
    let (index, cancel) = (Arc::new(index), Cancel::new());
    let threads = pimage_pool::threads(options.threads);
    let group_bytes = group_bytes(&info, &index);
    let private: Arc<[u8]> = front.track.private.into();
    let make = {
        let (path, index) = (path.to_path_buf(), Arc::clone(&index));
        let (format, cancel) = (info.format, cancel.clone());
        move || Unpacker {
            path: path.clone(),
            format,
            index: Arc::clone(&index),
            cancel: cancel.clone(),
            private: Arc::clone(&private),
            file: None,
        }
    };
    Ok(CompressReader {
        path: path.to_path_buf(),
        info,
        description,
        index,
        total,
        limits,
        on_damage: options.on_damage,
        next: 0,
        groups: Groups::new(threads, group_bytes, make),
        damage: Vec::new(),
        cancel,
    })
}

/// What the source said, and what is known of the file itself.
fn info_of(description: &Description, index: &Index, total: u64, is_cut: bool) -> StreamInfo {
    let mut info = description.info.clone();
    info.container = "compressed".to_owned();
    info.codec = Some(description.goal.to_string());
    info.set_frame_count(FrameCount::Exact(total));
    let holes = index.holes(total);
    let missing: u64 = holes.iter().map(|hole| hole.end - hole.start).sum();
    let note = match (missing, description.frames) {
        (0, None) => "the file was never finished".to_owned(),
        (0, Some(_)) if is_cut => {
            "the end of the file is cut off, behind the last frame".to_owned()
        }
        (0, Some(_)) => return info,
        (missing, _) => format!("{missing} of {total} frames are missing"),
    };
    info.metadata.insert(keys::CUT.to_owned(), note.into());
    info
}

/// Bytes of the values of the longest group.
fn group_bytes(info: &StreamInfo, index: &Index) -> usize {
    let frames = index
        .entries()
        .iter()
        .map(|entry| entry.header.frames)
        .max();
    let frame = info.format.frame_bytes().unwrap_or(usize::MAX);
    frame.saturating_mul(frames.unwrap_or(1) as usize)
}

/// What a group of a file takes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupInfo {
    /// Its frames.
    pub frames: Range<u64>,
    /// How each channel is coded.
    pub codings: Vec<Coding>,
    /// Bytes of its data.
    pub bytes: u64,
    /// Bytes of its pictures, and of what stands around both.
    pub video_bytes: u64,
}

/// Frames of a packed array; see [`open`].
pub struct CompressReader {
    path: PathBuf,
    info: StreamInfo,
    description: Description,
    index: Arc<Index>,
    total: u64,
    limits: Limits,
    on_damage: OnDamage,
    next: u64,
    groups: Groups,
    damage: Vec<Damage>,
    cancel: Cancel,
}

impl fmt::Debug for CompressReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompressReader")
            .field("path", &self.path)
            .field("frames", &self.total)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl Drop for CompressReader {
    fn drop(&mut self) {
        // What is still unpacked ahead is wanted by nobody.
        self.cancel.cancel();
    }
}

impl CompressReader {
    /// What the file says of its array.
    #[must_use]
    pub const fn description(&self) -> &Description {
        &self.description
    }

    /// The groups that can be found, in the order of their frames.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; an error that names the group whose data are damaged.
    pub fn groups(&self) -> Result<Vec<GroupInfo>, Error> {
        let mut file = MappedFile::open(&self.path)?;
        let entries = self.index.entries().iter();
        entries
            .map(|entry| self.group_info(&mut file, entry))
            .collect()
    }

    fn group_info(&self, file: &mut MappedFile, entry: &Entry) -> Result<GroupInfo, Error> {
        let bytes = file.slice(entry.data_at, entry.header.length as usize)?;
        let damaged = |error: Error| Error::Damaged {
            path: self.path.clone(),
            frame: entry.header.first,
            reason: error.to_string(),
        };
        let GroupData { sections, .. } = crate::file::data::open(bytes).map_err(damaged)?;
        let codings = sections.iter().map(|section| section::coding_of(section));
        Ok(GroupInfo {
            frames: entry.header.range(),
            codings: codings.collect::<Result<_, _>>().map_err(damaged)?,
            bytes: entry.header.length,
            video_bytes: entry.place.size.saturating_sub(entry.header.length),
        })
    }

    /// Tells of frames from the next one on that cannot be read: an error, or an entry in the list behind which reading goes on.
    fn pass_over(&mut self, end: u64, reason: String) -> Result<(), Error> {
        if self.on_damage == OnDamage::Fail {
            return Err(Error::Damaged {
                path: self.path.clone(),
                frame: self.next,
                reason,
            });
        }
        let frames = self.next..end;
        let is_told = |damage: &Damage| {
            damage.frames.start <= frames.start && frames.end <= damage.frames.end
        };
        if !self.damage.iter().any(is_told) {
            let frames = frames.clone();
            Damage { frames, reason }.add_to(&mut self.damage);
        }
        self.next = end;
        Ok(())
    }

    /// Fills `frame` with the next one; `false` when it cannot be read and reading goes on behind it.
    fn fill(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let next = self.next;
        let Some(place) = self.index.find(next) else {
            let end = self
                .index
                .next_after(next)
                .map_or(self.total, |entry| entry.header.first);
            let reason = match end == self.total {
                true => "the file is cut before it",
                false => "its group is damaged or missing",
            };
            return self.pass_over(end, reason.to_owned()).map(|()| false);
        };
        let Some(range) = self
            .index
            .entries()
            .get(place)
            .map(|entry| entry.header.range())
        else {
            return Ok(false);
        };
        let end = self.index.entries().len();
        let filled = self.groups.get(place, end).and_then(|group| {
            // No group has more frames than an array can have.
            group.fill((next - range.start) as usize, frame, &self.limits)
        });
        match filled {
            Ok(true) => {
                if frame.stamp.time.is_none() {
                    frame.stamp.time = self.info.rate.map(|rate| rate.time_of(next));
                }
                self.next += 1;
                Ok(true)
            }
            Ok(false) => self
                .pass_over(range.end, "its group has fewer frames".to_owned())
                .map(|()| false),
            Err(
                error @ (Error::Io { .. }
                | Error::Stopped
                | Error::NotBuilt { .. }
                | Error::TooLarge { .. }),
            ) => Err(error),
            Err(error) => self.pass_over(range.end, error.to_string()).map(|()| false),
        }
    }
}

impl FrameReader for CompressReader {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        while self.next < self.total {
            if self.fill(frame)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        Some(self)
    }
}

impl SeekFrames for CompressReader {
    fn frame_count(&self) -> u64 {
        self.total
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        if index > self.total {
            return Err(Error::OutOfRange {
                path: self.path.clone(),
                frame: index,
                frame_count: self.total,
            });
        }
        self.next = index;
        Ok(())
    }
}
