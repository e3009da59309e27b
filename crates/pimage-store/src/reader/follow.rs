//! A store that is being written, followed to the end of the recording.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pimage_core::{
    Cancel, Damage, Error, Frame, FrameCount, FrameReader, OnDamage, Stamp, StreamInfo,
};

use super::frames::Frames;
use super::plan::Plan;
use super::{Opened, StoreOptions, describe, folder_of};
use crate::chunks::{self, ChunkFiles, Content};
use crate::folder::StoreFolder;
use crate::writer::paths::ChunkPaths;
use crate::{
    ChunkIndex, FrameIndex, Journal, LockState, StoreMetadata, journal_path, lock_state, repair,
};

/// How often is looked for more frames.
const POLL: Duration = Duration::from_millis(50);

/// Looking again at a chunk waits for this many times what the last look cost: a video is scanned anew each time.
const REST: u32 = 4;

/// Times that a file may be gone between the look at it and its opening, as when a chunk is closed just then.
const TRIES: u32 = 20;

/// A store followed while it is written: each frame once it is flushed, the end when the recording has ended.
///
/// Frames come from the first on, in order, and are those that [`StoreReader`](crate::StoreReader) finds in the finished store.
/// Where none is left, reading waits for more, until the writer closes the store, ends without closing it
/// ([`StoreFollower::is_abandoned`]), or [`StoreOptions::cancel`] is used.
/// A store that Python's imgstore writes is followed chunk by chunk, and for as long as its `.lock` is there.
///
/// ```no_run
/// use pimage_core::{Frame, FrameReader};
/// use pimage_store::{StoreFollower, StoreOptions};
///
/// let mut store = StoreFollower::open("recording", &StoreOptions::default())?;
/// let mut frame = Frame::empty();
/// while store.read_into(&mut frame)? {
///     println!("{:?}", frame.stamp.number);
/// }
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug)]
pub struct StoreFollower {
    source: Source,
    info: StreamInfo,
    plan: Arc<Plan>,
    view: View,
    /// Frames of the chunks before.
    base: u64,
    /// Frames of this chunk that were delivered or left out.
    done: u64,
    is_abandoned: bool,
    has_ended: bool,
    damage: Vec<Damage>,
}

/// What does not change while the store grows.
#[derive(Debug)]
struct Source {
    folder: Arc<StoreFolder>,
    metadata: Arc<StoreMetadata>,
    options: StoreOptions,
}

/// The chunk that is read, as far as it went at the last look.
#[derive(Debug)]
struct View {
    number: u64,
    opened: Arc<Opened>,
    /// Made when the first frame of it is asked for.
    frames: Option<Frames>,
    is_closed: bool,
    /// Bytes of the journal at that look.
    journal_bytes: u64,
    /// When to look again.
    next_look: Instant,
}

/// What a look at the folder gave.
enum Look {
    /// A chunk that is closed, or has more flushed frames than known.
    Chunk(Box<View>),
    /// Nothing new yet.
    Same,
    /// The recording is over and this chunk cannot be read.
    Lost(String),
}

impl StoreFollower {
    /// Opens the store in a folder, or that of a `metadata.yaml`; waits until its first frame is flushed.
    ///
    /// # Errors
    ///
    /// As [`StoreReader::open`](crate::StoreReader::open); [`Error::Unsupported`] when the recording ended without a frame;
    /// [`Error::Stopped`].
    pub fn open(path: impl AsRef<Path>, options: &StoreOptions) -> Result<Self, Error> {
        let folder_path = folder_of(path.as_ref());
        let metadata = StoreMetadata::read(&folder_path, &options.limits)?;
        let source = Source {
            folder: Arc::new(StoreFolder::open(&folder_path)?),
            metadata: Arc::new(metadata),
            options: options.clone(),
        };
        let (view, plan) = loop {
            let is_over = source.is_over()?;
            if let Some((view, plan)) = source.first()? {
                break (view, plan);
            }
            if is_over {
                return Err(Error::unsupported(&folder_path, "the store has no frames"));
            }
            pause(&options.cancel, POLL)?;
        };
        let mut info = describe::info(&view.opened, &plan, &[], &[]);
        info.frame_count = FrameCount::Unknown;
        info.metadata.remove(describe::CHUNKS);
        Ok(Self {
            source,
            info,
            plan: Arc::new(plan),
            view,
            base: 0,
            done: 0,
            is_abandoned: false,
            has_ended: false,
            damage: Vec::new(),
        })
    }

    /// What the store says of itself.
    #[must_use]
    pub fn metadata(&self) -> &StoreMetadata {
        &self.source.metadata
    }

    /// Whether the writer ended without closing the store: a repair may bring back more than the flushed frames.
    #[must_use]
    pub const fn is_abandoned(&self) -> bool {
        self.is_abandoned
    }

    /// Number and time of the next frame, as soon as it is flushed; `None` at the end. Nothing of it is decoded, and it is passed over.
    ///
    /// # Errors
    ///
    /// As [`FrameReader::read_into`].
    pub fn next_stamp(&mut self) -> Result<Option<Stamp>, Error> {
        if !self.advance()? {
            return Ok(None);
        }
        let stamp = self.stamp();
        self.done += 1;
        Ok(Some(stamp))
    }

    fn stamp(&self) -> Stamp {
        let mut stamp = self.view.opened.stamp(self.done);
        stamp.index = self.base + self.done;
        stamp
    }

    /// Waits until there is another frame; `false` when there will be none.
    fn advance(&mut self) -> Result<bool, Error> {
        loop {
            if self.source.options.cancel.is_cancelled() {
                return Err(Error::Stopped);
            }
            if self.has_ended {
                return Ok(false);
            }
            if self.done < self.view.opened.index.len() {
                return Ok(true);
            }
            if !self.look()? {
                self.has_ended = true;
                self.tell_end()?;
            }
        }
    }

    /// Looks for more, once; `false` when the recording is over and there is no more.
    fn look(&mut self) -> Result<bool, Error> {
        let wait = self
            .view
            .next_look
            .saturating_duration_since(Instant::now());
        pause(&self.source.options.cancel, wait)?;
        // Asked first: what comes between is found by the look that follows.
        let is_over = self.source.is_over()?;
        if !self.view.is_closed {
            match self
                .source
                .look(self.view.number, Some(&self.view), is_over)?
            {
                Look::Chunk(view) => self.view = *view,
                Look::Same => {
                    self.view.next_look = Instant::now() + POLL;
                    return self.goes_on(is_over);
                }
                Look::Lost(reason) => {
                    self.note(self.base + self.done, 0, reason)?;
                    self.view.is_closed = true;
                }
            }
            return Ok(true);
        }
        let Some(number) = self.source.chunk_from(self.view.number.saturating_add(1))? else {
            self.view.next_look = Instant::now() + POLL;
            return self.goes_on(is_over);
        };
        if number > self.view.number + 1 {
            let missing = chunks::stem(self.view.number + 1);
            let reason = format!("in front of it, chunk {missing} is missing");
            self.note(self.base + self.done, 0, reason)?;
        }
        let base = self.base + self.view.opened.index.len();
        match self.source.look(number, None, is_over)? {
            Look::Chunk(view) => {
                self.view = *view;
                (self.base, self.done) = (base, 0);
            }
            Look::Same => {
                self.view.next_look = Instant::now() + POLL;
                return self.goes_on(is_over);
            }
            Look::Lost(reason) => {
                self.note(base, 0, reason)?;
                self.view =
                    self.source
                        .view(number, Content::Video, ChunkIndex::default(), true)?;
                (self.base, self.done) = (base, 0);
            }
        }
        Ok(true)
    }

    /// Whether there may be more, when nothing new was found.
    fn goes_on(&self, is_over: bool) -> Result<bool, Error> {
        if !is_over {
            return Ok(true);
        }
        // A writer that takes up a store which was not closed has it a moment later.
        pause(&self.source.options.cancel, POLL * 2)?;
        Ok(!self.source.is_over()?)
    }

    /// Learns how the recording ended.
    fn tell_end(&mut self) -> Result<(), Error> {
        let state = lock_state(self.source.folder.path())?;
        self.is_abandoned = !self.view.is_closed || matches!(state, LockState::Stale(_));
        Ok(())
    }

    /// An error, or an entry of the list.
    fn note(&mut self, frame: u64, count: u64, reason: String) -> Result<(), Error> {
        if self.source.options.on_damage == OnDamage::Fail {
            return Err(Error::Damaged {
                path: self.source.folder.path().to_path_buf(),
                frame,
                reason,
            });
        }
        let frames = frame..frame + count;
        Damage { frames, reason }.add_to(&mut self.damage);
        Ok(())
    }

    /// Reads the frame that is next; a chunk that is closed at this moment is looked at again.
    fn read_here(&mut self, frame: &mut Frame) -> Result<(), Error> {
        let mut tries = 0;
        loop {
            let begun = Instant::now();
            let frames = match &mut self.view.frames {
                Some(frames) => frames,
                none => none.insert(Frames::new(
                    &self.view.opened,
                    Arc::clone(&self.plan),
                    &self.source.options,
                )),
            };
            let error = match frames.read(self.done, frame) {
                Ok(()) => {
                    // What opening the video cost is in the first frame of each look.
                    if !self.view.is_closed {
                        let rest = Instant::now() + begun.elapsed().saturating_mul(REST);
                        self.view.next_look = self.view.next_look.max(rest);
                    }
                    return Ok(());
                }
                Err(error) => error,
            };
            tries += 1;
            if self.view.is_closed || tries > TRIES {
                return Err(error);
            }
            pause(&self.source.options.cancel, POLL)?;
            let view = self.source.look(self.view.number, None, false)?;
            if let Look::Chunk(view) = view {
                self.view = *view;
            }
        }
    }
}

impl FrameReader for StoreFollower {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        while self.advance()? {
            match self.read_here(frame) {
                Ok(()) => {
                    frame.stamp = self.stamp();
                    self.done += 1;
                    return Ok(true);
                }
                Err(error @ (Error::Stopped | Error::NotBuilt { .. } | Error::Internal { .. })) => {
                    return Err(error);
                }
                Err(error) => {
                    let index = self.base + self.done;
                    let chunk = chunks::stem(self.view.number);
                    let reason = format!("chunk {chunk}: {}", crate::frame_index::chain(&error));
                    self.note(index, 1, reason)?;
                    self.done += 1;
                }
            }
        }
        Ok(false)
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }
}

impl Source {
    /// Whether nobody writes the store any more.
    fn is_over(&self) -> Result<bool, Error> {
        let state = lock_state(self.folder.path())?;
        Ok(matches!(state, LockState::Closed | LockState::Stale(_)))
    }

    /// The first number from `least` on of which a chunk is there.
    fn chunk_from(&self, least: u64) -> Result<Option<u64>, Error> {
        let numbers = repair::numbers(self.folder.path(), &self.metadata)?;
        Ok(numbers.range(least..).next().copied())
    }

    /// The first chunk, and what its frames are; `None` while there is no frame.
    fn first(&self) -> Result<Option<(View, Plan)>, Error> {
        let Some(number) = self.chunk_from(0)? else {
            return Ok(None);
        };
        let mut tries = 0;
        loop {
            let Look::Chunk(view) = self.look(number, None, false)? else {
                return Ok(None);
            };
            if view.opened.index.is_empty() {
                return Ok(None);
            }
            match Plan::of(&view.opened, &self.options) {
                Ok(plan) => return Ok(Some((*view, plan))),
                // It was closed between the look and the opening.
                Err(_) if !view.is_closed && tries < TRIES => tries += 1,
                Err(error) => return Err(error),
            }
            pause(&self.options.cancel, POLL)?;
        }
    }

    /// Looks at a chunk; `known` is what it was at the last look.
    fn look(&self, number: u64, known: Option<&View>, is_over: bool) -> Result<Look, Error> {
        let paths = ChunkPaths::new(self.folder.path(), number, &self.metadata);
        let content = |is_closed: bool| match (paths.is_video(), is_closed) {
            (false, _) => Content::Images,
            (true, false) if is_there(&paths.open_video()) => Content::OpenVideo,
            (true, _) => Content::Video,
        };
        // Of a chunk that is being closed, the index comes when its frames are in their place.
        if let Some(index) = repair::index_of(&paths, &self.options.limits)?
            && is_there(&paths.content())
        {
            let view = self.view(number, content(true), index, true)?;
            return Ok(Look::Chunk(Box::new(view)));
        }
        let path = journal_path(self.folder.path(), number);
        let bytes = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        if bytes == 0 {
            // Closed just now, or of a writer that has no journal.
            if let Some(index) = repair::index_of(&paths, &self.options.limits)? {
                let view = self.view(number, content(true), index, true)?;
                return Ok(Look::Chunk(Box::new(view)));
            }
            return Ok(match is_over {
                true => Look::Lost(format!(
                    "chunk {} has neither an index nor a journal",
                    chunks::stem(number)
                )),
                false => Look::Same,
            });
        }
        if known.is_some_and(|view| view.journal_bytes == bytes) {
            return Ok(Look::Same);
        }
        let Ok(journal) = Journal::read(&path, &self.options.limits) else {
            return Ok(Look::Same);
        };
        let flushed = journal.first(journal.flushed);
        if known.is_some_and(|view| view.opened.index.len() >= flushed.len() as u64) {
            return Ok(Look::Same);
        }
        let mut view = self.view(number, content(false), flushed, false)?;
        view.journal_bytes = bytes;
        Ok(Look::Chunk(Box::new(view)))
    }

    fn view(
        &self,
        number: u64,
        content: Content,
        index: ChunkIndex,
        is_closed: bool,
    ) -> Result<View, Error> {
        let opened = Opened {
            folder: Arc::clone(&self.folder),
            metadata: Arc::clone(&self.metadata),
            index: FrameIndex::from_chunks([(number, index)])?,
            files: vec![ChunkFiles {
                number,
                content,
                has_journal: !is_closed,
            }],
            limits: self.options.limits,
        };
        Ok(View {
            number,
            opened: Arc::new(opened),
            frames: None,
            is_closed,
            journal_bytes: 0,
            next_look: Instant::now(),
        })
    }
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Waits, unless it is stopped.
fn pause(cancel: &Cancel, wait: Duration) -> Result<(), Error> {
    let until = Instant::now() + wait;
    loop {
        if cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(POLL));
    }
}
