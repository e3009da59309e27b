//! Several recordings read together, frame by frame, and made one.

use std::path::PathBuf;
use std::sync::Arc;

use pimage_core::{Damage, Error, Frame, FrameCount, FrameReader, SeekFrames, StreamInfo};
use pimage_pool::OrderedPool;

use super::beside::Beside;
use crate::Surroundings;
use crate::frames::seek;

/// What makes one frame of several, on any thread.
pub(super) trait Combine: Send + Sync {
    /// Changes `frame` by the frames beside it; `spare` is memory as in [`pimage_core::Transform::apply`].
    fn combine(&self, frame: &mut Frame, others: &[Frame], spare: &mut Frame) -> Result<(), Error>;
}

/// What is read beside a frame once a recording has ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AtEnd {
    /// Its last frame again, so that a still image is beside every frame.
    #[default]
    Hold,
    /// Its frames from the first one on.
    Loop,
    /// Nothing: the result ends too.
    Stop,
    /// Nothing: recordings of different lengths are an error.
    Refuse,
}

/// The frames of a reader, each combined with the frame of the same index of other readers.
///
/// The others are read ahead on threads of their own, and frames are combined on all cores; the order stays.
/// A frame that is missing in one of the recordings is missing in the result.
pub(super) struct Together<'a> {
    first: Box<dyn FrameReader + 'a>,
    others: Vec<Beside>,
    /// What was opened beside the first.
    paths: Vec<PathBuf>,
    info: StreamInfo,
    seekable: Option<u64>,
    at_end: AtEnd,
    combine: Arc<dyn Combine>,
    pool: Option<OrderedPool<Packet, Packet>>,
    threads: usize,
    /// Frames that may be in the pool.
    depth: usize,
    in_order: bool,
    /// Index that the next frame of the first has, unless it is missing.
    position: u64,
    /// What was answered after the frames that are in the pool: the end, or an error.
    last: Option<Result<(), Error>>,
    spare: Vec<Frame>,
    damage: Vec<Damage>,
}

/// Frames to combine, and the result.
struct Packet {
    frame: Frame,
    others: Vec<Frame>,
    /// Memory: of the result's format on the way in, of the first recording's on the way out.
    spare: Frame,
}

impl<'a> Together<'a> {
    /// Reads `others` beside `first`; `info` is what the result says of itself.
    pub(super) fn new(
        mut first: Box<dyn FrameReader + 'a>,
        others: Vec<Box<dyn FrameReader>>,
        (mut info, at_end): (StreamInfo, AtEnd),
        combine: Arc<dyn Combine>,
        surroundings: &Surroundings,
    ) -> Result<Self, Error> {
        surroundings.limits.check_format(&info.format)?;
        let threads = pimage_pool::threads(surroundings.threads);
        let inputs = others.iter().map(|other| other.info().format);
        let formats = inputs.chain([first.info().format, info.format]);
        // Each recording has frames that wait for being combined and as many that were read ahead.
        let bytes: u64 = formats
            .map(|format| 2 * format.frame_bytes().unwrap_or(usize::MAX) as u64)
            .fold(1, u64::saturating_add);
        let affordable = usize::try_from(surroundings.memory_bytes / bytes).unwrap_or(usize::MAX);
        let depth = affordable.clamp(1, 2 * threads + 1);
        let mut seekable = first.as_seek().map(|seek| seek.frame_count());
        let others: Result<Vec<_>, Error> = others
            .into_iter()
            .map(|other| Beside::start(other, depth))
            .collect();
        let others = others?;
        let mut count = first.info().frame_count;
        for other in &others {
            count = length_beside(count, other.info(), at_end)?;
            if at_end == AtEnd::Loop && other.seekable().is_none_or(|frames| frames == 0) {
                let reason = "its frames come only once, and a loop needs them again";
                return Err(Error::unsupported(&other.info().container, reason));
            }
            seekable = seekable
                .zip(other.seekable())
                .map(|(frames, others)| match at_end {
                    AtEnd::Stop => frames.min(others),
                    _ => frames,
                });
        }
        info.set_frame_count(count);
        Ok(Self {
            first,
            others,
            paths: Vec::new(),
            info,
            seekable,
            at_end,
            combine,
            pool: None,
            threads,
            depth,
            in_order: false,
            position: 0,
            last: None,
            spare: Vec::new(),
            damage: Vec::new(),
        })
    }

    /// Names the files that the others were opened by.
    pub(super) fn with_paths(mut self, paths: Vec<PathBuf>) -> Self {
        self.paths = paths;
        self
    }

    /// The next frames that belong together; `None` at the end.
    fn next_packet(&mut self) -> Result<Option<Packet>, Error> {
        loop {
            let mut frame = self.spare.pop().unwrap_or_else(Frame::empty);
            if !self.first.read_into(&mut frame)? {
                return self.check_ends();
            }
            let index = frame.stamp.index;
            self.position = index.saturating_add(1);
            let mut beside = Vec::with_capacity(self.others.len());
            for other in &mut self.others {
                match found(other, index, self.at_end)? {
                    Found::Frame(found) => beside.push(found),
                    Found::Missing => break,
                    Found::End => return Ok(None),
                }
            }
            if beside.len() == self.others.len() {
                return Ok(Some(Packet {
                    frame,
                    others: beside,
                    spare: Frame::empty(),
                }));
            }
            self.spare.push(frame);
        }
    }

    /// The first has ended: so must the others have, where that matters.
    fn check_ends(&mut self) -> Result<Option<Packet>, Error> {
        if self.at_end == AtEnd::Refuse {
            for other in &mut self.others {
                if other.frame(self.position)?.is_some() {
                    let found = "frames left when the other one has ended";
                    return Err(unequal(&other.info().container, found));
                }
            }
        }
        Ok(None)
    }

    /// Hands frames to the pool until it has enough to do.
    fn fill(&mut self, output: &mut Frame) -> Result<(), Error> {
        let depth = if self.in_order { self.depth } else { 1 };
        self.in_order = true;
        while self.last.is_none() && self.pool.as_ref().map_or(0, OrderedPool::pending) < depth {
            match self.next_packet() {
                Ok(Some(mut packet)) => {
                    // The caller's memory goes along once.
                    packet.spare = std::mem::replace(output, Frame::empty());
                    self.pool()?.submit(packet);
                }
                Ok(None) => self.last = Some(Ok(())),
                Err(error) => self.last = Some(Err(error)),
            }
        }
        Ok(())
    }

    fn pool(&mut self) -> Result<&mut OrderedPool<Packet, Packet>, Error> {
        let pool = match self.pool.take() {
            Some(pool) => pool,
            None => OrderedPool::start("combine", self.threads, || {
                let combine = Arc::clone(&self.combine);
                move |mut packet: Packet| {
                    let stamp = packet.frame.stamp.clone();
                    combine.combine(&mut packet.frame, &packet.others, &mut packet.spare)?;
                    packet.frame.stamp = stamp;
                    Ok(packet)
                }
            })?,
        };
        Ok(self.pool.insert(pool))
    }

    fn gather_damage(&mut self) {
        let all = self
            .others
            .iter()
            .map(Beside::damage)
            .chain([self.first.damage()]);
        // The last run of a list grows without another entry.
        let entries: usize = all.clone().map(<[_]>::len).sum();
        let frames: u64 = all.clone().map(Damage::count).sum();
        if (entries, frames) != (self.damage.len(), Damage::count(&self.damage)) {
            self.damage = all.flatten().cloned().collect();
            self.damage.sort_by_key(|damage| damage.frames.start);
        }
    }

    fn forget(&mut self) {
        if let Some(pool) = &mut self.pool {
            pool.clear();
        }
        self.last = None;
        self.in_order = false;
    }
}

/// A frame beside another.
enum Found {
    Frame(Frame),
    Missing,
    End,
}

/// The frame of `other` that belongs to the frame of this index.
fn found(other: &mut Beside, index: u64, at_end: AtEnd) -> Result<Found, Error> {
    let count = other.seekable();
    let wanted = match (at_end, count) {
        (AtEnd::Hold, Some(count)) => index.min(count.saturating_sub(1)),
        (AtEnd::Loop, Some(count)) => index % count.max(1),
        _ => index,
    };
    if let Some(frame) = other.frame(wanted)? {
        return Ok(Found::Frame(frame.clone()));
    }
    let container = other.info().container.clone();
    Ok(match (at_end, other.has_ended(), other.last()) {
        (_, false, _) => Found::Missing,
        (AtEnd::Hold, true, Some(last)) if count.is_none() => Found::Frame(last.clone()),
        (AtEnd::Stop, true, _) => Found::End,
        (AtEnd::Refuse, true, _) if count.is_none_or(|count| index >= count) => {
            return Err(unequal(&container, &format!("no frame {index}")));
        }
        (AtEnd::Hold, true, None) => return Err(unequal(&container, "no frame at all")),
        _ => Found::Missing,
    })
}

fn unequal(container: &str, found: &str) -> Error {
    Error::bad_option(
        "a recording beside another",
        format!("{container} with {found}"),
        "as many frames as the recording that it is beside",
    )
}

/// How many frames there are of a recording of `count` frames beside another.
fn length_beside(
    count: FrameCount,
    other: &StreamInfo,
    at_end: AtEnd,
) -> Result<FrameCount, Error> {
    match (at_end, count, other.frame_count) {
        (AtEnd::Hold | AtEnd::Loop, _, _) => Ok(count),
        (AtEnd::Refuse, FrameCount::Exact(first), FrameCount::Exact(second)) if first != second => {
            Err(unequal(
                &other.container,
                &format!("{second} frames, not {first}"),
            ))
        }
        (AtEnd::Refuse, FrameCount::Exact(_), _) => Ok(count),
        (AtEnd::Refuse, _, other) => Ok(other),
        (AtEnd::Stop, FrameCount::Exact(first), FrameCount::Exact(second)) => {
            Ok(FrameCount::Exact(first.min(second)))
        }
        (AtEnd::Stop, first, second) => Ok(match (first.get(), second.get()) {
            (Some(first), Some(second)) => FrameCount::Estimated(first.min(second)),
            _ => FrameCount::Unknown,
        }),
    }
}

impl FrameReader for Together<'_> {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        self.fill(frame)?;
        self.gather_damage();
        match self.pool.as_mut().and_then(Iterator::next) {
            Some(Ok(packet)) => {
                *frame = packet.frame;
                self.spare.push(packet.spare);
                for (other, memory) in self.others.iter_mut().zip(packet.others) {
                    other.recycle(memory);
                }
                Ok(true)
            }
            Some(Err(error)) => {
                self.forget();
                self.last = Some(Ok(()));
                Err(error)
            }
            None => match self.last.replace(Ok(())) {
                Some(Err(error)) => Err(error),
                _ => Ok(false),
            },
        }
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }

    fn files(&self) -> Vec<PathBuf> {
        let others = self.others.iter().flat_map(Beside::files).cloned();
        let mut files = self.first.files();
        files.extend(self.paths.iter().cloned().chain(others));
        files
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        self.seekable.is_some().then_some(self as _)
    }
}

impl SeekFrames for Together<'_> {
    fn frame_count(&self) -> u64 {
        self.seekable.unwrap_or(0)
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        self.info.expect_within(index, self.frame_count())?;
        self.forget();
        self.position = index;
        // The others follow when their frames are asked for.
        seek(&mut *self.first, index)
    }
}
