//! Reads frames, decoding the chunks that follow on all cores.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use pimage_core::{
    Damage, Error, Frame, FrameReader, Limits, OnDamage, SeekFrames, Stamp, StreamInfo,
};
use pimage_pool::OrderedPool;

use super::columns::Columns;
use super::decode::Decoder;
use super::document::Document;
use super::source::{ChunkRef, Content, Source};
use crate::ReadOptions;

/// Decoded chunks that are kept or on their way, beyond those that one frame needs.
const AHEAD_BYTES: usize = 96 << 20;

/// Frames that are looked at to find chunks to decode ahead.
const AHEAD_FRAMES: u64 = 4096;

/// A chunk to decode, and memory for it.
type Job = (ChunkRef, Vec<u8>);

/// A decoded chunk, and when a frame last needed it.
struct Kept {
    content: Content,
    /// `u64::MAX` until it was needed.
    used: u64,
}

/// The frames of an array.
pub(super) struct ZarrReader {
    source: Arc<Source>,
    info: StreamInfo,
    path: PathBuf,
    columns: Columns,
    limits: Limits,
    on_damage: OnDamage,
    threads: usize,
    pool: Option<OrderedPool<Job, (ChunkRef, Content)>>,
    /// What was handed in and has not come back.
    pending: HashSet<ChunkRef>,
    kept: HashMap<ChunkRef, Kept>,
    kept_bytes: usize,
    spare: Vec<Vec<u8>>,
    scratch: Vec<u8>,
    next: u64,
    /// The frame that would follow the one read last.
    follows: u64,
    /// The frame whose chunks are handed in next.
    ahead: u64,
    /// Chunks that may be on their way.
    depth: usize,
    damage: Vec<Damage>,
    /// The coarser resolutions of the same image.
    coarser: Vec<String>,
}

impl fmt::Debug for ZarrReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZarrReader")
            .field("path", &self.path)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl ZarrReader {
    /// A reader of `source`, of which `info` was found out.
    pub(super) fn new(
        path: PathBuf,
        source: Source,
        info: StreamInfo,
        columns: Columns,
        options: &ReadOptions,
    ) -> Self {
        Self {
            source: Arc::new(source),
            info,
            path,
            columns,
            limits: options.limits,
            on_damage: options.on_damage,
            threads: pimage_pool::threads(options.threads),
            pool: None,
            pending: HashSet::new(),
            kept: HashMap::new(),
            kept_bytes: 0,
            spare: Vec::new(),
            scratch: Vec::new(),
            next: 0,
            follows: 0,
            ahead: 0,
            depth: 1,
            damage: Vec::new(),
            coarser: Vec::new(),
        }
    }

    /// The same, of an image that has these coarser resolutions.
    pub(super) fn with_coarser(mut self, names: Vec<String>) -> Self {
        self.coarser = names;
        self
    }

    /// The names of the coarser resolutions of the same image.
    pub(super) fn coarser(&self) -> &[String] {
        &self.coarser
    }

    /// What the array says of itself.
    pub(super) fn document(&self) -> &Document {
        &self.source.document
    }

    fn pool(&mut self) -> Result<&mut OrderedPool<Job, (ChunkRef, Content)>, Error> {
        let pool = match self.pool.take() {
            Some(pool) => pool,
            None => OrderedPool::start("the zarr reader", self.threads, || {
                let source = Arc::clone(&self.source);
                let mut decoder = Decoder::default();
                move |(wanted, memory): Job| {
                    let content = decoder.decode(&source, wanted, memory)?;
                    Ok((wanted, content))
                }
            })?,
        };
        Ok(self.pool.insert(pool))
    }

    /// Hands in those of `wanted` that are neither kept nor on their way, as many as there is room for; how many need nothing more.
    fn submit(&mut self, wanted: &[ChunkRef], room: usize) -> Result<usize, Error> {
        let mut room = room;
        for (place, wanted) in wanted.iter().enumerate() {
            if self.kept.contains_key(wanted) || self.pending.contains(wanted) {
                continue;
            }
            if room == 0 {
                return Ok(place);
            }
            room -= 1;
            let memory = self.spare.pop().unwrap_or_default();
            self.pool()?.submit((*wanted, memory));
            self.pending.insert(*wanted);
        }
        Ok(wanted.len())
    }

    /// Hands in the chunks of the frames that follow, as many as may wait.
    fn submit_ahead(&mut self, index: u64) -> Result<(), Error> {
        let end = self.source.count.min(index.saturating_add(AHEAD_FRAMES));
        let (start, stop) = self.source.frames_of_part(0);
        let part_bytes = (stop - start)
            .saturating_mul(self.source.plane_bytes())
            .max(1);
        self.ahead = self.ahead.max(index + 1);
        while self.ahead < end {
            let waiting = self.pending.len();
            let bytes = self
                .kept_bytes
                .saturating_add(waiting.saturating_mul(part_bytes));
            let fitting = AHEAD_BYTES.saturating_sub(bytes) / part_bytes;
            let room = self.depth.saturating_sub(waiting).min(fitting);
            let wanted: Vec<ChunkRef> = self.source.chunks_for(self.ahead).collect();
            if self.submit(&wanted, room)? < wanted.len() {
                return Ok(());
            }
            self.ahead += 1;
        }
        Ok(())
    }

    /// Waits for the next chunk that comes back.
    fn collect(&mut self) -> Result<(), Error> {
        let result = self.pool()?.next();
        let Some(result) = result else {
            return Err(Error::Internal {
                part: "the zarr reader".to_owned(),
                reason: "no chunk was on its way".to_owned(),
            });
        };
        let (wanted, content) = result.inspect_err(|_| self.forget())?;
        self.pending.remove(&wanted);
        self.kept_bytes = self.kept_bytes.saturating_add(content.bytes());
        let used = u64::MAX;
        self.kept.insert(wanted, Kept { content, used });
        Ok(())
    }

    /// Drops what is on its way.
    fn forget(&mut self) {
        if let Some(pool) = &mut self.pool {
            pool.clear();
        }
        self.pending.clear();
    }

    /// Makes sure that all chunks of frame `index` are kept.
    fn load(&mut self, index: u64) -> Result<(), Error> {
        if index == self.follows {
            self.depth = (self.depth * 2).min(self.threads * 2 + 1);
        } else {
            self.forget();
            self.depth = 1;
            self.ahead = index;
        }
        let wanted: Vec<ChunkRef> = self.source.chunks_for(index).collect();
        // A frame of very many chunks hands in no more at a time than come back.
        let most = self.threads * 4 + 1;
        // Those before it were handed in.
        let mut handed = 0;
        for place in 0..wanted.len() {
            let is_kept = |at: &ChunkRef| self.kept.contains_key(at);
            if wanted.get(place).is_some_and(is_kept) {
                continue;
            }
            let room = most.saturating_sub(self.pending.len());
            handed += self.submit(wanted.get(handed..).unwrap_or_default(), room)?;
            let is_all = handed >= wanted.len();
            if is_all && self.depth > 1 {
                self.submit_ahead(index)?;
            }
            while wanted
                .get(place)
                .is_some_and(|at| !self.kept.contains_key(at))
            {
                self.collect()?;
            }
        }
        if self.depth > 1 {
            self.submit_ahead(index)?;
        }
        for at in &wanted {
            if let Some(kept) = self.kept.get_mut(at) {
                kept.used = index;
            }
        }
        self.drop_old(index);
        Ok(())
    }

    /// Drops the chunks that were needed longest ago, as long as there are too many.
    fn drop_old(&mut self, index: u64) {
        while self.kept_bytes > AHEAD_BYTES / 2 {
            let old = self.kept.iter().filter(|(_, kept)| kept.used != index);
            let Some(at) = old.min_by_key(|(_, kept)| kept.used).map(|(at, _)| *at) else {
                return;
            };
            // What was never needed is about to be, in order.
            if self.kept.get(&at).is_some_and(|kept| kept.used == u64::MAX)
                && self.kept_bytes <= AHEAD_BYTES
            {
                return;
            }
            if let Some(kept) = self.kept.remove(&at) {
                self.kept_bytes = self.kept_bytes.saturating_sub(kept.content.bytes());
                if let Content::Bytes(bytes) = kept.content
                    && self.spare.len() <= self.threads * 2
                {
                    self.spare.push(bytes);
                }
            }
        }
    }

    /// Why frame `index`, whose chunks are kept, is damaged, and whether nothing of it is left.
    fn fault_of(&self, index: u64) -> Option<(String, bool)> {
        let mut reasons = Vec::new();
        let mut count = 0;
        for at in self.source.chunks_for(index) {
            count += 1;
            if let Some(Content::Damaged(reason)) = self.kept.get(&at).map(|kept| &kept.content) {
                reasons.push(reason.clone());
            }
        }
        let first = reasons.first()?;
        let reason = match reasons.len() {
            1 => first.clone(),
            more => format!("{first}, and {} more chunk(s)", more - 1),
        };
        Some((reason, reasons.len() == count))
    }

    fn fill(&mut self, index: u64, frame: &mut Frame) -> Result<(), Error> {
        frame.reset(&self.info.format, &self.limits)?;
        let mut scratch = std::mem::take(&mut self.scratch);
        let chunks = self.source.chunks_for(index);
        let contents = chunks.filter_map(|at| self.kept.get(&at).map(|kept| &kept.content));
        self.source.assemble(index, contents, &mut scratch, frame);
        self.scratch = scratch;
        frame.stamp = Stamp::at(index);
        let positions = self.source.positions(index);
        let regular = self.info.rate.filter(|_| self.info.axes.len() <= 1);
        self.columns.stamp(&positions, regular, &mut frame.stamp);
        Ok(())
    }
}

impl FrameReader for ZarrReader {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        while self.next < self.source.count {
            let index = self.next;
            let loaded = self.load(index);
            self.follows = index + 1;
            loaded?;
            if let Some((reason, is_lost)) = self.fault_of(index) {
                if self.on_damage == OnDamage::Fail {
                    let path = self.path.clone();
                    self.follows = u64::MAX;
                    return Err(Error::Damaged {
                        path,
                        frame: index,
                        reason,
                    });
                }
                let is_told = self
                    .damage
                    .iter()
                    .any(|damage| damage.frames.contains(&index));
                if !is_told {
                    Damage::frame(index, reason).add_to(&mut self.damage);
                }
                if is_lost || self.on_damage == OnDamage::Skip {
                    self.next += 1;
                    continue;
                }
            }
            self.fill(index, frame)?;
            self.next += 1;
            return Ok(true);
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

impl SeekFrames for ZarrReader {
    fn frame_count(&self) -> u64 {
        self.source.count
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        if index > self.source.count {
            return Err(Error::OutOfRange {
                path: self.path.clone(),
                frame: index,
                frame_count: self.source.count,
            });
        }
        self.next = index;
        Ok(())
    }
}
