//! Frames that are in videos, one for each chunk.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;

use pimage_core::{Error, Frame, FrameFormat, OnDamage, SeekFrames};
use pimage_video::VideoOptions;

use super::plan::Plan;
use super::{Opened, StoreOptions};

/// Videos that are kept open for reading at random.
const MOST_OPEN: usize = 8;

/// Bytes that they may take together, by what their decoders hold.
const OPEN_BYTES: usize = 256 << 20;

/// Frames that a decoder may hold.
const HELD_FRAMES: usize = 16;

/// Frames before the end of a chunk at which the next one is opened.
const IN_TIME: u64 = 64;

/// A video that is open.
struct Chunk {
    /// Its position in the index.
    position: usize,
    reader: Box<dyn SeekFrames>,
    /// The frame that it gives next.
    next: Option<u64>,
}

type Opening = JoinHandle<Result<Box<dyn SeekFrames>, Error>>;

/// The videos of a store.
pub(super) struct Videos {
    opened: Arc<Opened>,
    plan: Arc<Plan>,
    options: VideoOptions,
    /// The last used comes last.
    open: VecDeque<Chunk>,
    most_open: usize,
    /// The chunk that is being opened before it is needed.
    upcoming: Option<(usize, Opening)>,
    spare: Frame,
}

impl fmt::Debug for Videos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open: Vec<_> = self.open.iter().map(|chunk| chunk.position).collect();
        f.debug_struct("Videos")
            .field("open", &open)
            .finish_non_exhaustive()
    }
}

/// How the videos of a store are to be read.
fn video_options(opened: &Opened, options: &StoreOptions) -> VideoOptions {
    VideoOptions {
        limits: opened.limits,
        // Frames that are left out are noticed here.
        on_damage: match options.on_damage {
            OnDamage::Keep => OnDamage::Keep,
            _ => OnDamage::Fail,
        },
        gray: options.gray || !opened.metadata.shape.is_color(),
        no_rotation: true,
        threads: options.threads,
    }
}

fn open(
    opened: &Opened,
    position: usize,
    options: &VideoOptions,
) -> Result<Box<dyn SeekFrames>, Error> {
    let name = opened.files.get(position);
    let name = name.map(|files| files.name(&opened.metadata.extension));
    let path = opened.folder.checked(&name.unwrap_or_default())?;
    pimage_video::open(path, options)
}

/// The format of the frames of the video that has frame `index`, and the name of its codec.
pub(super) fn format(
    opened: &Opened,
    index: u64,
    options: &StoreOptions,
) -> Result<(FrameFormat, String), Error> {
    let position = opened
        .index
        .place(index)
        .map_or(0, |(position, _)| position);
    let reader = open(opened, position, &video_options(opened, options))?;
    let info = reader.info();
    let codec = info.codec.clone().unwrap_or_default();
    Ok((info.format, codec))
}

impl Videos {
    pub(super) fn new(opened: &Arc<Opened>, plan: Arc<Plan>, options: &StoreOptions) -> Self {
        let frame_bytes = plan.stored.frame_bytes().unwrap_or(usize::MAX).max(1);
        let most_open = OPEN_BYTES / frame_bytes.saturating_mul(HELD_FRAMES);
        Self {
            options: video_options(opened, options),
            opened: Arc::clone(opened),
            plan,
            open: VecDeque::new(),
            most_open: most_open.clamp(1, MOST_OPEN),
            upcoming: None,
            spare: Frame::empty(),
        }
    }

    pub(super) fn read(&mut self, index: u64, frame: &mut Frame) -> Result<(), Error> {
        let damaged = |reason: String| Error::Damaged {
            path: "".into(),
            frame: index,
            reason,
        };
        let Some((position, within)) = self.opened.index.place(index) else {
            return Err(damaged("no chunk has it".to_owned()));
        };
        let chunk = self.chunk(position)?;
        let count = chunk.reader.frame_count();
        if within >= count {
            return Err(damaged(format!("its chunk has only {count} frames")));
        }
        let is_in_order = chunk.next == Some(within);
        if !is_in_order {
            chunk.next = None;
            chunk.reader.seek(within)?;
        }
        let is_there = chunk.reader.read_into(frame);
        let is_there = match is_there {
            Ok(is_there) => is_there && frame.stamp.index == within,
            Err(error) => {
                chunk.next = None;
                return Err(error);
            }
        };
        chunk.next = is_there.then_some(within + 1);
        if !is_there {
            return Err(damaged("nothing of it can be decoded".to_owned()));
        }
        if is_in_order {
            self.open_in_time(position, index);
        }
        self.plan.finish(index, frame, &mut self.spare)
    }

    /// The video at a position of the index, opened if need be.
    fn chunk(&mut self, position: usize) -> Result<&mut Chunk, Error> {
        let found = self
            .open
            .iter()
            .position(|chunk| chunk.position == position);
        let chunk = match found.and_then(|place| self.open.remove(place)) {
            Some(chunk) => chunk,
            None => {
                let reader = self.take_upcoming(position);
                let reader = match reader {
                    Some(reader) => reader?,
                    None => open(&self.opened, position, &self.options)?,
                };
                while self.open.len() >= self.most_open {
                    self.open.pop_front();
                }
                Chunk {
                    position,
                    reader,
                    next: Some(0),
                }
            }
        };
        self.open.push_back(chunk);
        self.open.back_mut().ok_or(Error::Stopped)
    }

    fn take_upcoming(&mut self, position: usize) -> Option<Result<Box<dyn SeekFrames>, Error>> {
        let (at, opening) = self.upcoming.take()?;
        if at != position {
            return None;
        }
        let joined = opening.join();
        Some(joined.unwrap_or_else(|panic| Err(Error::from_panic("opening a chunk", &*panic))))
    }

    /// Begins to open the next chunk when the end of this one is near.
    fn open_in_time(&mut self, position: usize, index: u64) {
        let next = position + 1;
        let chunks = self.opened.index.chunks();
        let is_near = chunks
            .get(position)
            .is_some_and(|chunk| chunk.frames.end.saturating_sub(index) < IN_TIME);
        let is_open = || self.open.iter().any(|chunk| chunk.position == next);
        if !is_near || self.upcoming.is_some() || next >= chunks.len() || is_open() {
            return;
        }
        let (opened, options) = (Arc::clone(&self.opened), self.options.clone());
        let thread = std::thread::Builder::new().name("the opener of chunks".to_owned());
        // Where no thread can be started, the chunk is opened when it is needed.
        self.upcoming = thread
            .spawn(move || open(&opened, next, &options))
            .ok()
            .map(|opening| (next, opening));
    }
}
