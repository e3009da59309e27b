//! Many readers as one.

use std::fmt;
use std::path::PathBuf;

use pimage_core::{Damage, Error, Frame, FrameCount, FrameReader, SeekFrames, Stamp, StreamInfo};
use pimage_pool::Crew;
use pimage_transform::null_image;

use crate::MosaicOptions;
use crate::buffer::{BufferMode, BufferOptions, BufferPool};
use crate::canvas::Canvas;
use crate::lane::{Lane, Task};
use crate::layout::{Layout, Plan, Size};
use crate::prepare::{Preparation, prepare};
use crate::source::{Cell, Picture};
use crate::span::{Span, bring_together};
use crate::timing::Moment;

/// Many readers as one: each frame shows one of each of them.
///
/// Sources are decoded and resized in parallel; frames of them wait within the budget of memory, however many sources there are
/// and however long they are. It seeks when all sources do.
///
/// ```
/// use pimage_core::{Color, Frame, FrameCount, FrameFormat, FrameReader, SampleType, StreamInfo};
/// use pimage_mosaic::{Cell, FromFn, Layout, Mosaic, MosaicOptions};
///
/// let format = FrameFormat::new(4, 3, Color::Gray, SampleType::U8);
/// let cells = (0..2).map(|cell| {
///     let info = StreamInfo::new("drawn", format, FrameCount::Exact(5));
///     Cell::new(FromFn::new(info, move |index, frame: &mut Frame| {
///         frame.bytes_mut().fill(10 * cell + index as u8);
///         Ok(())
///     }))
/// });
/// let mut mosaic = Mosaic::new(cells.collect(), &Layout::default(), &MosaicOptions::default())?;
/// assert_eq!(mosaic.info().frame_count.exact(), Some(5));
/// let mut frame = Frame::empty();
/// mosaic.as_seek().expect("both seek").seek(3)?;
/// assert!(mosaic.read_into(&mut frame)?);
/// assert!(frame.bytes().contains(&3) && frame.bytes().contains(&13));
/// # Ok::<(), pimage_core::Error>(())
/// ```
pub struct Mosaic {
    info: StreamInfo,
    plan: Plan,
    sizes: Vec<Size>,
    canvas: Canvas,
    lanes: Vec<Lane>,
    /// What is shown for a frame that is missing; made when there is one.
    nulls: Vec<Option<Frame>>,
    span: Span,
    crew: Option<Crew<Box<Task>>>,
    options: MosaicOptions,
    files: Vec<PathBuf>,
    damage: Vec<Damage>,
    /// Where frames are kept that are read more than once.
    pool: BufferPool,
    /// How often an earlier frame was sought.
    rewinds: u32,
    moments: Vec<Option<Moment>>,
    /// The next frame.
    next: u64,
    /// Frames of a source that may wait now: more as long as frames are read in order.
    pace: usize,
    has_ended: bool,
    is_seekable: bool,
}

impl Mosaic {
    /// The frames of `cells`, shown as `layout` says.
    ///
    /// # Errors
    ///
    /// Whatever makes a step of a cell or the layout impossible; [`Error::BadOption`] for cells of different types of samples.
    pub fn new(cells: Vec<Cell>, layout: &Layout, options: &MosaicOptions) -> Result<Self, Error> {
        let Preparation {
            cells,
            plan,
            sizes,
            canvas,
            files,
        } = prepare(cells, layout, options)?;
        let pool = BufferPool::new(
            BufferOptions {
                mode: options.buffer,
                folder: options.buffer_folder.clone(),
                memory_bytes: options.memory_bytes / 2,
                cancel: options.cancel.clone(),
                ..BufferOptions::default()
            },
            cells.len(),
        )?;
        let share = options.memory_bytes / 4 / cells.len().max(1) as u64;
        let (span, sources) = bring_together(cells, options, &pool)?;
        let mut lanes = Vec::new();
        let mut is_seekable = true;
        for (index, mut source) in sources.into_iter().enumerate() {
            let most = usize::try_from(share).unwrap_or(usize::MAX) / source.frame_bytes;
            is_seekable &= source.feed.positions().is_repeatable();
            lanes.push(Lane::new(index, source, most.clamp(1, MOST_WAITING)));
        }
        Ok(Self {
            nulls: lanes.iter().map(|_| None).collect(),
            info: span.info(canvas.format()),
            plan,
            sizes,
            canvas,
            lanes,
            span,
            crew: None,
            options: options.clone(),
            files,
            damage: Vec::new(),
            pool,
            rewinds: 0,
            moments: Vec::new(),
            next: 0,
            pace: 1,
            has_ended: false,
            is_seekable,
        })
    }

    /// Where everything is.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The sizes of the sources' frames after their steps, before they are resized.
    #[must_use]
    pub fn sizes(&self) -> &[Size] {
        &self.sizes
    }

    /// Waits until it is known what each source shows at frame `index`.
    fn wait_for(&mut self, index: u64) -> Result<(), Error> {
        self.order(index)?;
        while !self.lanes.iter().all(|lane| lane.is_ready(index)) {
            let done = self.crew.as_mut().and_then(Crew::next);
            let Some((task, result)) = done else {
                return Err(Error::Internal {
                    part: "the mosaic".to_owned(),
                    reason: "a source was not asked for".to_owned(),
                });
            };
            if let Some(lane) = self.lanes.get_mut(task.lane) {
                lane.take(task, result);
            }
            self.order(index)?;
        }
        Ok(())
    }

    /// Hands orders to workers for all sources that have room.
    fn order(&mut self, index: u64) -> Result<(), Error> {
        let mut crew = match self.crew.take() {
            Some(crew) => crew,
            None => self.crew()?,
        };
        while let Some((task, result)) = crew.try_next() {
            if let Some(lane) = self.lanes.get_mut(task.lane) {
                lane.take(task, result);
            }
        }
        for place in 0..self.lanes.len() {
            if let Some(refused) = self.order_one(place, index, &mut crew)? {
                return Err(Error::Internal {
                    part: "the mosaic".to_owned(),
                    reason: format!("cell {} was refused by its workers", refused.lane),
                });
            }
        }
        self.crew = Some(crew);
        Ok(())
    }

    /// Hands an order for one source to the workers, if it has room; a task that they refuse comes back.
    fn order_one(
        &mut self,
        place: usize,
        index: u64,
        crew: &mut Crew<Box<Task>>,
    ) -> Result<Option<Box<Task>>, Error> {
        let lane = self.lanes.get(place);
        let Some((from, frames)) = lane.and_then(|lane| lane.room(index, self.pace)) else {
            return Ok(None);
        };
        self.moments.clear();
        if lane.is_some_and(|lane| lane.is_timed) {
            self.span
                .moments(from, self.pace, &self.lanes, &mut self.moments);
            if self.moments.is_empty() {
                return Ok(None);
            }
        }
        let Some(lane) = self.lanes.get_mut(place) else {
            return Ok(None);
        };
        match lane.order(from, frames, &self.moments) {
            Ok(Some(task)) => Ok(crew.submit(task)),
            Ok(None) => Ok(None),
            Err(error) => Err(error.of_part(&lane.name)),
        }
    }

    fn crew(&self) -> Result<Crew<Box<Task>>, Error> {
        let threads = pimage_pool::threads(self.options.threads).min(self.lanes.len());
        Crew::start("mosaic", threads, self.lanes.len(), || {
            let cancel = self.options.cancel.clone();
            move |task: &mut Box<Task>| {
                let Task { feed, order, .. } = &mut **task;
                feed.carry_out(order, &cancel)
            }
        })
    }

    /// Reads frame `index`, which is there.
    fn show(&mut self, index: u64, frame: &mut Frame) -> Result<(), Error> {
        for lane in &mut self.lanes {
            lane.advance(index);
        }
        self.note_failures(index)?;
        self.make_nulls();
        let lanes = self.lanes.iter().zip(&self.nulls);
        let pictures = lanes.map(|(lane, null)| match lane.picture() {
            Picture::Frame(frame, _) => Some(frame),
            Picture::Missing(..) | Picture::Failed(_) => null.as_ref(),
            Picture::Nothing | Picture::Same => None,
        });
        self.canvas.draw(frame, pictures)?;
        frame.stamp = Stamp {
            time: self.span.time(index, &self.lanes),
            ..Stamp::at(index)
        };
        self.note_damage(index);
        Ok(())
    }

    /// Answers with the error of a source that failed, unless the mosaic keeps going.
    fn note_failures(&mut self, index: u64) -> Result<(), Error> {
        for lane in &mut self.lanes {
            let is_kept = self.options.keep_going
                && !matches!(lane.picture(), Picture::Failed(Error::Stopped));
            if !is_kept && let Some(error) = lane.take_failure() {
                self.has_ended = true;
                return Err(error.of_part(&lane.name));
            }
            if matches!(lane.picture(), Picture::Failed(_)) && lane.end.is_none() {
                lane.end = Some(index);
            }
        }
        Ok(())
    }

    fn make_nulls(&mut self) {
        let format = *self.canvas.format();
        for (place, (lane, null)) in self.lanes.iter().zip(&mut self.nulls).enumerate() {
            if null.is_none() && matches!(lane.picture(), Picture::Missing(..) | Picture::Failed(_))
            {
                *null = self.canvas.size(place).map(|size| {
                    null_image(&pimage_core::FrameFormat {
                        width: size.width,
                        height: size.height,
                        ..format
                    })
                });
            }
        }
    }

    /// Lists what of frame `index` is not as it was recorded.
    fn note_damage(&mut self, index: u64) {
        for lane in &self.lanes {
            let position = match lane.picture() {
                Picture::Frame(_, position) if !lane.damage.is_empty() => Some(*position),
                Picture::Missing(position, _) => Some(*position),
                _ => None,
            };
            let known = position.and_then(|position| {
                lane.damage
                    .iter()
                    .find(|damage| damage.frames.contains(&position))
            });
            let reason = match (lane.picture(), known) {
                (_, Some(damage)) => damage.reason.clone(),
                (Picture::Missing(..), None) => "it is missing".to_owned(),
                (Picture::Failed(error), _) => chain(error),
                _ => continue,
            };
            note(&mut self.damage, index, format!("{} {reason}", lane.name));
        }
    }

    /// Lists what a source has lost of which nobody knows how many frames it is, and what it has lost behind its last frame.
    fn note_uncounted(&mut self, index: u64) {
        for lane in &self.lanes {
            let is_behind = |damage: &&Damage| {
                damage.frames.is_empty()
                    || lane.count.is_some_and(|count| damage.frames.start >= count)
            };
            for damage in lane.damage.iter().filter(is_behind) {
                let damage = Damage {
                    frames: index..index,
                    reason: format!("{} {}", lane.name, damage.reason),
                };
                if !self.damage.contains(&damage) {
                    self.damage.push(damage);
                }
            }
        }
    }
}

/// Adds a damaged frame to a list in which entries of several sources alternate.
fn note(list: &mut Vec<Damage>, index: u64, reason: String) {
    let is_same = |damage: &&mut Damage| damage.reason == reason;
    let near = |damage: &&mut Damage| (damage.frames.start..=damage.frames.end).contains(&index);
    match list.iter_mut().rev().filter(is_same).find(near) {
        Some(run) => run.frames.end = run.frames.end.max(index + 1),
        None => list.push(Damage::frame(index, reason)),
    }
}

/// An error with its causes.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

impl FrameReader for Mosaic {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let index = self.next;
        let is_beyond = self
            .info
            .frame_count
            .exact()
            .is_some_and(|count| index >= count);
        if self.has_ended || is_beyond {
            return Ok(false);
        }
        let ready = self.wait_for(index);
        if ready.is_err() {
            self.has_ended = true;
            ready?;
        }
        if self.span.is_over(index, &self.lanes) {
            self.has_ended = true;
            self.note_uncounted(index);
            return Ok(false);
        }
        let shown = self.show(index, frame);
        if shown.is_err() {
            self.has_ended = true;
            shown?;
        }
        self.next += 1;
        self.pace = self.pace.saturating_mul(2).min(MOST_WAITING);
        match self.info.frame_count.exact() {
            Some(count) if self.next >= count => self.note_uncounted(count),
            // The first frame may be the only one that is wanted.
            _ if self.pace > 2 => self.order(self.next)?,
            _ => {}
        }
        Ok(true)
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }

    fn files(&self) -> Vec<PathBuf> {
        self.files.clone()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        let is_exact = matches!(self.info.frame_count, FrameCount::Exact(_));
        (self.is_seekable && is_exact).then_some(self as _)
    }
}

/// Frames of a source that may wait at most: enough that no worker waits for an order.
pub(crate) const MOST_WAITING: usize = 8;

impl SeekFrames for Mosaic {
    fn frame_count(&self) -> u64 {
        self.info.frame_count.exact().unwrap_or(0)
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        self.info.expect_within(index, self.frame_count())?;
        if index == self.next && !self.has_ended {
            return Ok(());
        }
        self.has_ended = false;
        if index < self.next {
            self.rewinds = self.rewinds.saturating_add(1);
            // The first time is a second pass; from now on, frames are read again and again.
            if self.rewinds == 2 && self.options.buffer == BufferMode::Auto {
                for lane in &mut self.lanes {
                    lane.buffer(&self.pool);
                }
            }
        }
        for lane in &mut self.lanes {
            lane.forget();
        }
        self.next = index;
        self.pace = 1;
        Ok(())
    }
}

impl fmt::Debug for Mosaic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mosaic")
            .field("info", &self.info)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
