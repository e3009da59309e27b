//! A reader whose frames went through steps that look at one frame each, on all cores.

use std::path::PathBuf;
use std::sync::Arc;

use pimage_core::{Damage, Error, Frame, FrameReader, SeekFrames, Stamp, StreamInfo, Transform};
use pimage_pool::OrderedPool;

use crate::Surroundings;
use crate::bank::Bank;
use crate::fuse::Fused;

/// Memory for one frame on its way.
struct Packet {
    /// The frame as it was read, then as it became.
    frame: Frame,
    /// Memory that comes back: of the output's format on the way in, of the input's on the way out.
    spare: Frame,
}

/// Frames of a reader after some steps, in the same order.
pub(crate) struct FrameStage<'a> {
    reader: Box<dyn FrameReader + 'a>,
    info: StreamInfo,
    /// How many frames there are, when the reader seeks.
    seekable: Option<u64>,
    fused: Arc<Fused>,
    /// For frames that are transformed on the caller's thread.
    bank: Bank,
    pool: Option<OrderedPool<Packet, Packet>>,
    threads: usize,
    /// Frames that may be in the pool; 1 when each is transformed on the caller's thread.
    depth: usize,
    /// Whether the last frame shared its pixels with one that the reader keeps.
    lends: bool,
    /// Memory of the input's format.
    inputs: Vec<Frame>,
    /// Whether a frame was read since the last seek: going on in order is expected then.
    in_order: bool,
    /// What the reader answered after the frames that are in the pool: its end, or an error.
    last: Option<Result<(), Error>>,
}

impl<'a> FrameStage<'a> {
    pub(crate) fn new(
        mut reader: Box<dyn FrameReader + 'a>,
        steps: &[Arc<dyn Transform>],
        surroundings: &Surroundings,
    ) -> Result<Self, Error> {
        let (fused, info) = Fused::new(steps, reader.info(), &surroundings.limits)?;
        let threads = pimage_pool::threads(surroundings.threads);
        let bytes = |format: &pimage_core::FrameFormat| format.frame_bytes().unwrap_or(usize::MAX);
        let frame_bytes = bytes(fused.input())
            .saturating_add(bytes(fused.output()))
            .max(1) as u64;
        let affordable =
            usize::try_from(surroundings.memory_bytes / frame_bytes).unwrap_or(usize::MAX);
        let depth = match threads {
            1 => 1,
            _ if fused.is_light() => 1,
            _ => affordable.clamp(1, 2 * threads + 1),
        };
        let seekable = reader.as_seek().map(|seek| seek.frame_count());
        Ok(Self {
            reader,
            info,
            seekable,
            fused: Arc::new(fused),
            bank: Bank::default(),
            pool: None,
            threads,
            depth,
            lends: false,
            inputs: Vec::new(),
            in_order: false,
            last: None,
        })
    }

    /// Transforms one frame on this thread.
    fn read_alone(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        // Outputs come back here; what is read needs memory of the input's format, or none when it is the reader's own.
        if self.lends {
            self.bank.put(std::mem::replace(frame, Frame::empty()));
        } else if frame.format() != self.fused.input() {
            let input = self.bank.take(self.fused.input());
            self.bank.put(std::mem::replace(frame, input));
        }
        if !self.reader.read_into(frame)? {
            return Ok(false);
        }
        self.lends = frame.is_shared();
        self.fused.apply(frame, &mut self.bank)?;
        Ok(true)
    }

    /// Hands frames to the pool until it has enough to do.
    fn fill(&mut self, output: &mut Frame) -> Result<(), Error> {
        if self.pool.is_none() {
            let start = || {
                let fused = Arc::clone(&self.fused);
                let mut bank = Bank::default();
                move |mut packet: Packet| {
                    bank.put(packet.spare);
                    fused.apply(&mut packet.frame, &mut bank)?;
                    packet.spare = bank.take(fused.input());
                    Ok(packet)
                }
            };
            self.pool = Some(OrderedPool::start("transform", self.threads, start)?);
        }
        let Some(pool) = &mut self.pool else {
            return Ok(());
        };
        while self.last.is_none() && pool.pending() < self.depth {
            let mut frame = self.inputs.pop().unwrap_or_else(Frame::empty);
            match self.reader.read_into(&mut frame) {
                Ok(true) => pool.submit(Packet {
                    frame,
                    // The caller's memory goes along once.
                    spare: std::mem::replace(output, Frame::empty()),
                }),
                Ok(false) => self.last = Some(Ok(())),
                Err(error) => self.last = Some(Err(error)),
            }
        }
        Ok(())
    }

    fn read_ahead(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        self.fill(frame)?;
        match self.pool.as_mut().and_then(Iterator::next) {
            Some(Ok(packet)) => {
                *frame = packet.frame;
                self.inputs.push(packet.spare);
                Ok(true)
            }
            Some(Err(error)) => {
                self.forget();
                self.end();
                Err(error)
            }
            None => match self.last.replace(Ok(())) {
                Some(Err(error)) => Err(error),
                _ => Ok(false),
            },
        }
    }

    /// Ends the frames until the next seek: after an error, those behind it are no longer consecutive.
    fn end(&mut self) {
        self.last = Some(Ok(()));
    }

    /// Drops what is on its way.
    fn forget(&mut self) {
        if let Some(pool) = &mut self.pool {
            pool.clear();
        }
        self.last = None;
        self.in_order = false;
    }
}

impl FrameReader for FrameStage<'_> {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        // The first frame may be the only one that is wanted.
        if self.depth > 1 && self.in_order {
            return self.read_ahead(frame);
        }
        if self.last.is_some() {
            return Ok(false);
        }
        self.in_order = true;
        let is_read = self.read_alone(frame);
        if is_read.is_err() {
            self.end();
        }
        is_read
    }

    fn damage(&self) -> &[Damage] {
        self.reader.damage()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.reader.files()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        self.seekable.is_some().then_some(self as _)
    }
}

impl SeekFrames for FrameStage<'_> {
    fn frame_count(&self) -> u64 {
        self.seekable.unwrap_or(0)
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        self.forget();
        seek(&mut *self.reader, index)
    }

    fn stamp_of(&mut self, index: u64) -> Result<Option<Stamp>, Error> {
        self.forget();
        stamp_of(&mut *self.reader, index)
    }
}

/// Asks a reader of which it is known that it seeks.
pub(crate) fn stamp_of(reader: &mut dyn FrameReader, index: u64) -> Result<Option<Stamp>, Error> {
    match reader.as_seek() {
        Some(reader) => reader.stamp_of(index),
        None => seek(reader, index).map(|()| None),
    }
}

/// Seeks in a reader of which it is known that it can.
pub(crate) fn seek(reader: &mut dyn FrameReader, index: u64) -> Result<(), Error> {
    let container = reader.info().container.clone();
    match reader.as_seek() {
        Some(reader) => reader.seek(index),
        None => Err(Error::unsupported(
            container,
            "its frames come only once, in order",
        )),
    }
}
