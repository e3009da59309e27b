//! A plot as a reader of frames.

use std::cmp::Ordering;

use pimage_core::{
    Cancel, Clock, Color, Error, Frame, FrameCount, FrameFormat, FrameReader, Limits, SampleType,
    SeekFrames, Stamp, StreamInfo,
};

use crate::axis::Meaning;
use crate::cursor;
use crate::figure::Figure;
use crate::growth::Growth;
use crate::legend::Legend;
use crate::marks::Marks;
use crate::motion::{Motion, Pace};
use crate::plan::{Plan, shared_axis};
use crate::scene::{self, Tools};

/// A figure as frames of 8-bit RGB: one, or as many as there are moments.
///
/// ```
/// use pimage_core::{Frame, FrameReader, FrameRate, SeekFrames};
/// use pimage_plot::{Figure, Motion, Pace, Panel, PlotReader, Series};
///
/// let x: Vec<f64> = (0..100).map(|i| f64::from(i) / 25.0).collect();
/// let y: Vec<f64> = x.iter().map(|x| x.sin()).collect();
/// let figure = Figure::new(320, 120)?.with(Panel::new().with(Series::line(x, y)?));
/// let pace = Pace::at_rate(100, FrameRate::new(25, 1).expect("is not zero"));
/// let mut reader = PlotReader::animated(figure, Motion::Growing, pace)?;
/// let (mut later, mut again) = (Frame::empty(), Frame::empty());
/// reader.seek(60)?;
/// reader.read_into(&mut later)?;
/// assert_eq!(later.stamp.secs(), Some(2.4));
/// reader.seek(10)?;
/// while again.stamp.index < 60 {
///     reader.read_into(&mut again)?;
/// }
/// assert_eq!(later.bytes(), again.bytes());
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug)]
pub struct PlotReader {
    figure: Figure,
    plan: Plan,
    info: StreamInfo,
    movement: Option<(Motion, Pace)>,
    /// Width of the part of the x axis that is shown.
    window: Option<f64>,
    next: u64,
    legends: Vec<Option<Legend>>,
    drawn: Drawn,
    tools: Tools,
}

/// What is drawn once.
#[derive(Debug)]
enum Drawn {
    /// Nothing so far.
    Nothing,
    /// All that stands still.
    Still(Frame),
    Growing(Box<Growth>),
    /// Nothing can be kept: each frame is drawn anew.
    Anew,
}

impl PlotReader {
    /// A reader of one frame.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when a logarithmic axis has a range that is not above 0, or counts bars, rows of events or pixels of an image.
    pub fn still(figure: Figure) -> Result<Self, Error> {
        Self::new(figure, None)
    }

    /// A reader of a frame for each step of a pace.
    ///
    /// # Errors
    ///
    /// As [`PlotReader::still`], and [`Error::BadOption`] when no panel has a line, a scatter plot or events,
    /// and when what is to grow has an x that is less than the one before it.
    pub fn animated(figure: Figure, motion: Motion, pace: Pace) -> Result<Self, Error> {
        if !figure.panels.iter().any(cursor::has_place) {
            let expected = "one with a line, a scatter plot or events";
            return Err(Error::bad_option(
                "a moving plot",
                "one whose x is no time",
                expected,
            ));
        }
        for series in figure.panels.iter().flat_map(|panel| &panel.series) {
            let x = series.moments().unwrap_or_default();
            let falls = x
                .windows(2)
                .position(|pair| matches!(pair, [first, second] if first.partial_cmp(second).is_none_or(Ordering::is_gt)));
            if let Some(place) = falls {
                let found = format!(
                    "one whose x number {} is not after the one before",
                    place + 1
                );
                return Err(Error::bad_option(
                    "a moving plot",
                    found,
                    "x in rising order",
                ));
            }
        }
        Self::new(figure, Some((motion, pace)))
    }

    fn new(figure: Figure, movement: Option<(Motion, Pace)>) -> Result<Self, Error> {
        let format = FrameFormat::new(figure.width, figure.height, Color::Rgb, SampleType::U8);
        let frames = movement.as_ref().map_or(1, |(_, pace)| pace.frames());
        let mut info = StreamInfo::new("plot", format, FrameCount::Exact(frames));
        info.rate = movement.as_ref().and_then(|(_, pace)| pace.rate());
        if *shared_axis(&figure).meaning() == Meaning::Dates {
            info.clock = Clock::Epoch;
        }
        let mut tools = Tools::default();
        let plan = Plan::new(&figure, &mut tools.pens)?;
        let legends = scene::legends(&figure, &plan, &mut tools.pens)?;
        Ok(Self {
            figure,
            plan,
            info,
            movement,
            window: None,
            next: 0,
            legends,
            drawn: Drawn::Nothing,
            tools,
        })
    }

    /// The same with only so much of the x axis in view: what is growing up to its right side, or a cursor in its middle.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for a width that is not above 0, for a plot that does not move, and for a logarithmic x axis.
    pub fn with_window(mut self, width: f64) -> Result<Self, Error> {
        if !(width > 0.0 && width.is_finite()) {
            return Err(Error::bad_option(
                "the window of a plot",
                width.to_string(),
                "a width above 0",
            ));
        }
        if self.movement.is_none() || shared_axis(&self.figure).scale() == crate::ScaleKind::Log {
            let expected = "a plot that moves over a linear x axis";
            return Err(Error::bad_option(
                "the window of a plot",
                width.to_string(),
                expected,
            ));
        }
        self.window = Some(width);
        self.drawn = Drawn::Nothing;
        Ok(self)
    }

    /// The same that stops when `cancel` says so, also in the middle of a frame.
    #[must_use]
    pub fn with_cancel(mut self, cancel: Cancel) -> Self {
        self.tools.cancel = cancel;
        self
    }

    /// The figure.
    #[must_use]
    pub const fn figure(&self) -> &Figure {
        &self.figure
    }

    fn draw(&mut self, index: u64, frame: &mut Frame) -> Result<(), Error> {
        let Some((motion, pace)) = self.movement.clone() else {
            return self.draw_still(frame, true);
        };
        let x = pace.x(index);
        let until = pace.x_and_a_little(index);
        match (motion, self.window) {
            (Motion::Cursor, None) => {
                self.draw_still(frame, true)?;
                cursor::draw(frame, &self.figure, &self.plan, x, &mut self.tools)
            }
            (Motion::Growing, None) => self.draw_growing(frame, until),
            (_, Some(width)) => {
                let start = self.window_start(motion, x, width);
                let plan = self.plan.with_window(
                    &self.figure,
                    start,
                    start + width,
                    &mut self.tools.pens,
                )?;
                let is_growing = motion == Motion::Growing;
                let limit = |marks: &Marks<'_>| {
                    if is_growing {
                        shown(marks, until)
                    } else {
                        usize::MAX
                    }
                };
                scene::draw(frame, &self.figure, &plan, &mut self.tools, limit)?;
                scene::draw_legends(frame, &self.figure, &plan, &self.legends, &mut self.tools)?;
                if is_growing {
                    Ok(())
                } else {
                    cursor::draw(frame, &self.figure, &plan, x, &mut self.tools)
                }
            }
        }
    }

    fn window_start(&self, motion: Motion, x: f64, width: f64) -> f64 {
        let first = self
            .plan
            .panels
            .first()
            .map_or(0.0, |panel| panel.x.scale.low);
        match motion {
            Motion::Cursor => x - width / 2.0,
            Motion::Growing => (x - width).max(first),
        }
    }

    /// All that stands still, with the legends.
    fn draw_still(&mut self, frame: &mut Frame, has_legends: bool) -> Result<(), Error> {
        if let Drawn::Still(base) = &self.drawn {
            frame.bytes_mut().copy_from_slice(base.bytes());
            return Ok(());
        }
        scene::draw(frame, &self.figure, &self.plan, &mut self.tools, |_| {
            usize::MAX
        })?;
        if has_legends {
            scene::draw_legends(
                frame,
                &self.figure,
                &self.plan,
                &self.legends,
                &mut self.tools,
            )?;
        }
        let mut base = Frame::zeroed(self.info.format);
        base.bytes_mut().copy_from_slice(frame.bytes());
        self.drawn = Drawn::Still(base);
        Ok(())
    }

    fn draw_growing(&mut self, frame: &mut Frame, until: f64) -> Result<(), Error> {
        if matches!(self.drawn, Drawn::Nothing) {
            let growth = Growth::new(&self.figure, &self.plan, &self.info.format, &mut self.tools)?;
            self.drawn = growth.map_or(Drawn::Anew, |growth| Drawn::Growing(Box::new(growth)));
        }
        let limit = |marks: &Marks<'_>| shown(marks, until);
        match &mut self.drawn {
            Drawn::Growing(growth) => {
                growth.draw(frame, &self.figure, &self.plan, &mut self.tools, limit)?;
            }
            _ => scene::draw(frame, &self.figure, &self.plan, &mut self.tools, limit)?,
        }
        scene::draw_legends(
            frame,
            &self.figure,
            &self.plan,
            &self.legends,
            &mut self.tools,
        )
    }
}

/// How many points of a series are shown; all of what does not grow.
fn shown(marks: &Marks<'_>, until: f64) -> usize {
    match marks.series.moments() {
        Some(x) => x.partition_point(|value| *value <= until),
        None => usize::MAX,
    }
}

impl FrameReader for PlotReader {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let index = self.next;
        if index >= self.frame_count() {
            return Ok(false);
        }
        if self.tools.cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        frame.reset(&self.info.format, &Limits::none())?;
        self.draw(index, frame)?;
        frame.stamp = Stamp::at(index);
        frame.stamp.time = self
            .movement
            .as_ref()
            .and_then(|(_, pace)| pace.time(index));
        self.next = index + 1;
        Ok(true)
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        Some(self)
    }
}

impl SeekFrames for PlotReader {
    fn frame_count(&self) -> u64 {
        self.movement.as_ref().map_or(1, |(_, pace)| pace.frames())
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        let frame_count = self.frame_count();
        if index > frame_count {
            return Err(Error::OutOfRange {
                path: "plot".into(),
                frame: index,
                frame_count,
            });
        }
        self.next = index;
        Ok(())
    }
}
