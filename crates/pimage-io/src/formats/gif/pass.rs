//! Frames to a file in one pass, the costly part on all cores.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use gif::DisposalMethod;
use pimage_core::{Error, FrameFormat};
use pimage_pool::OrderedPool;

use super::changes::Colors;
use super::draw::Canvas;
use super::encode::Blocks;
use super::nearest::Rgb;
use super::sketch::{Job, Plan, Sketch, Sketcher};
use crate::WriteOptions;
use crate::target::Output;

/// Writes pictures as they come out of the pool.
pub(super) struct Pass {
    output: Output,
    /// What turns pictures into bytes, once there is one.
    blocks: Option<Blocks>,
    plan: Plan,
    format: FrameFormat,
    /// How often the clip is shown.
    shows: u16,
    pool: OrderedPool<Job, Sketch>,
    canvas: Canvas,
    /// What is known of the pictures in the pool: their delays, and what becomes of them.
    due: VecDeque<(u16, DisposalMethod)>,
    /// The last frame and its delay: the next one decides whether it is cleared.
    held: Option<(Arc<Colors>, u16)>,
    /// What is on the canvas before that.
    before: Option<Arc<Colors>>,
    is_first: bool,
    bytes: u64,
}

impl Pass {
    /// Nothing is created yet.
    pub(super) fn new(
        path: &Path,
        format: FrameFormat,
        plan: Plan,
        options: &WriteOptions,
    ) -> Result<Self, Error> {
        let threads = pimage_pool::threads(options.threads);
        let pool = OrderedPool::start("the GIF encoder", threads, || {
            let mut sketcher = Sketcher::new(plan.clone());
            move |job| Ok(sketcher.sketch(job))
        })?;
        Ok(Self {
            output: Output::new(path, options),
            blocks: None,
            canvas: Canvas::new(plan.width, plan.slack),
            plan,
            format,
            shows: options.gif.loops,
            pool,
            due: VecDeque::new(),
            held: None,
            before: None,
            is_first: true,
            bytes: 0,
        })
    }

    /// Bytes written so far.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Pictures whose colours are not all exact.
    pub(super) const fn reduced(&self) -> u64 {
        self.canvas.reduced
    }

    /// Appends a frame that is shown for `delay` hundredths of a second.
    pub(super) fn push(&mut self, colors: Arc<Colors>, delay: u16) -> Result<(), Error> {
        if let Some((held, delay)) = self.held.take() {
            let is_cleared = colors.uncovers(&held);
            self.submit(held, delay, is_cleared)?;
        }
        self.held = Some((colors, delay));
        Ok(())
    }

    /// The palette of the file, with a place for the transparent index.
    fn table(&self) -> Option<Vec<Rgb>> {
        let mut colors = self.plan.palette.as_ref()?.to_vec();
        colors.resize((colors.len() + 1).min(256), [0; 3]);
        Some(colors)
    }

    fn submit(&mut self, now: Arc<Colors>, delay: u16, is_cleared: bool) -> Result<(), Error> {
        while let Some(sketch) = self.pool.ready() {
            self.draw(sketch?)?;
        }
        let before = self.before.take();
        let disposal = if is_cleared {
            DisposalMethod::Background
        } else {
            DisposalMethod::Keep
        };
        self.before = (!is_cleared).then(|| Arc::clone(&now));
        self.due.push_back((delay, disposal));
        self.pool.submit(Job {
            now,
            before,
            is_first: std::mem::replace(&mut self.is_first, false),
            is_cleared,
        });
        Ok(())
    }

    fn draw(&mut self, sketch: Sketch) -> Result<(), Error> {
        let mut picture = self.canvas.draw(sketch);
        if let Some((delay, disposal)) = self.due.pop_front() {
            (picture.delay, picture.dispose) = (delay, disposal);
        }
        let mut blocks = match self.blocks.take() {
            Some(blocks) => blocks,
            None => Blocks::new(&self.format, self.table(), self.shows)?,
        };
        blocks.add(&picture)?;
        blocks.drain(|bytes| self.append(bytes))?;
        self.blocks = Some(blocks);
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.bytes += bytes.len() as u64;
        self.output.write_all(bytes)
    }

    /// Writes the pictures that are still to come.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        if let Some((held, delay)) = self.held.take() {
            self.submit(held, delay, false)?;
        }
        while let Some(sketch) = self.pool.next() {
            self.draw(sketch?)?;
        }
        Ok(())
    }

    /// Writes what is left and the trailer; the file still wants its name.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        self.flush()?;
        match self.blocks.take() {
            Some(blocks) => self.append(&blocks.end()?),
            None => Ok(()),
        }
    }

    /// Most colours of a picture.
    pub(super) const fn colors(&self) -> usize {
        self.plan.colors
    }

    /// Gives the file its name; its length.
    pub(super) fn commit(self) -> Result<u64, Error> {
        self.output.commit()
    }
}
