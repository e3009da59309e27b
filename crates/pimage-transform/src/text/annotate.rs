//! Text on each frame: its index, time, name, or any words.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use pimage_core::{
    Clock, Error, Frame, FrameFormat, FrameReader, FrameReaderExt as _, Timestamp, Transform,
};
use pimage_text::Anchor;

use super::lettering::{
    BOX, COLOR, FONT, Lettering, OPACITY, OUTLINE, OUTLINE_WIDTH, Pens, SHADOW, SIZE,
};
use super::place::{MARGIN_PARAMETER, Place, X, Y, position};
use super::template::Template;
use crate::frames::{FrameStage, seek};
use crate::{Adapt, Arguments, Operation, Operator, Parameter, Presence, Surroundings};

/// Writes on each frame.
///
/// The text has fields in braces: `{index}`, `{number}`, `{time}`, `{elapsed}`, `{name}`; see the notes of the operation `annotate`.
/// Times are those since the start unless [`Annotate::with_clock`] says what they are.
///
/// Glyphs are rasterised by `ab_glyph` once and kept. On 640x512 gray frames 16 pixels high text takes as long as OpenCV's `putText`, whose letters
/// are strokes and whose frames are of 8 bits, and a sixteenth of the time of Pillow: see [`Pen`](pimage_text::Pen).
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_text::Anchor;
/// use pimage_transform::{Annotate, Place};
///
/// let label = Annotate::new("frame {index:03}")?.with_place(Place::at(Anchor::Bottom));
/// let mut frame = Frame::zeroed(FrameFormat::new(160, 64, Color::Gray, SampleType::U16).with_bit_depth(12));
/// label.apply(&mut frame, &mut Frame::empty())?;
/// assert!(frame.samples::<u16>().expect("is u16").iter().any(|sample| *sample > 3000));
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Annotate {
    template: Template,
    place: Place,
    pens: Pens,
    clock: Clock,
    /// The time of the first frame, as soon as it is known.
    first: Arc<OnceLock<Option<Timestamp>>>,
}

impl Annotate {
    /// Writes `text` into the upper left corner.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for an unknown field, or one that is written in a way that is not known.
    pub fn new(text: &str) -> Result<Self, Error> {
        Ok(Self {
            template: text.parse()?,
            place: Place::at(Anchor::TopLeft),
            pens: Pens::new(Lettering::default()),
            clock: Clock::default(),
            first: Arc::default(),
        })
    }

    /// At this place.
    #[must_use]
    pub const fn with_place(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// With letters of this look.
    #[must_use]
    pub fn with_lettering(mut self, lettering: Lettering) -> Self {
        self.pens = Pens::new(lettering);
        self
    }

    /// With times of this clock.
    #[must_use]
    pub const fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// With this time as that of the first frame, for the field `{elapsed}`.
    #[must_use]
    pub fn with_first(mut self, time: Timestamp) -> Self {
        self.first = Arc::new(OnceLock::from(Some(time)));
        self
    }

    /// The same, for a stream whose times are of `clock`.
    fn for_clock(&self, clock: Clock) -> Self {
        Self {
            template: self.template.clone(),
            place: self.place,
            pens: Pens::new(self.pens.lettering().clone()),
            clock,
            first: Arc::default(),
        }
    }
}

/// Text that says how long a frame is behind the first one of its recording.
struct BehindFirst(Arc<Annotate>);

impl Adapt for BehindFirst {
    fn adapt<'a>(
        &self,
        mut reader: Box<dyn FrameReader + 'a>,
        surroundings: &Surroundings,
    ) -> Result<Box<dyn FrameReader + 'a>, Error> {
        let annotate = self.0.for_clock(reader.info().clock);
        let first = Arc::clone(&annotate.first);
        let steps: [Arc<dyn Transform>; 1] = [Arc::new(annotate)];
        if reader.as_seek().is_some() {
            let mut frame = Frame::empty();
            let is_read = reader.read_into(&mut frame)?;
            let _ = first.set(frame.stamp.time.filter(|_| is_read));
            seek(&mut *reader, 0)?;
        } else {
            // They come in order.
            reader = Box::new(reader.map(move |frame| {
                first.get_or_init(|| frame.stamp.time);
                Ok(())
            }));
        }
        Ok(Box::new(FrameStage::new(reader, &steps, surroundings)?))
    }
}

thread_local! {
    static TEXT: RefCell<String> = const { RefCell::new(String::new()) };
}

impl Transform for Annotate {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        self.template.check(self.clock)?;
        self.pens.with(input.height, |_| *input)
    }

    fn is_light(&self) -> bool {
        true
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        frame.detach(spare);
        let (width, height) = (frame.format().width, frame.format().height);
        let (x, y) = self.place.point(width, height);
        TEXT.with_borrow_mut(|text| {
            let first = self.first.get().copied().flatten();
            self.template.write(&frame.stamp, self.clock, first, text);
            self.pens.with(height, |pen| {
                pen.draw(frame, x, y, self.place.anchor(), text);
            })
        })
    }
}

/// `annotate`.
pub(super) const OPERATOR: Operator = Operator {
    name: "annotate",
    title: "write on each frame: its index, number, time or name, or any words",
    parameters: &[
        Parameter::new(
            "text",
            "what to write, with fields in braces",
            "text, {index} {number} {time} {time:%H:%M:%S.%3f} {elapsed} {name}",
            Presence::Required,
        ),
        position("top-left"),
        X,
        Y,
        MARGIN_PARAMETER,
        SIZE,
        COLOR,
        OUTLINE,
        OUTLINE_WIDTH,
        SHADOW,
        BOX,
        FONT,
        OPACITY,
    ],
    examples: &[
        "annotate={index}: {time} s",
        "annotate={time:%H:%M:%S.%3f},position:bottom-right,size:4%,color:#ff0",
        "annotate={name},x:50%,y:10,position:top,box:#00000080",
        "annotate={elapsed:%H:%M:%S.%3f}",
        r"annotate={{first}}\nsecond {index:05} {number:5},shadow:black,opacity:0.8",
    ],
    notes: "Fields: {index} counts the frames that come to the steps from 0 (after --start and --step), {number} is what the camera counted, {name} the name of the frame's file; \
            a width may follow, {index:5}, or {index:05} for zeros. \
            {time} is seconds with 3 decimals, {time:.6} with 6, {time:08.3} filled with zeros to 8 characters. \
            {time:%H:%M:%S.%3f} is as strftime writes it: of the date (UTC, or the recorder's local time) when the recording has dates, \
            and otherwise of the time since the start, where %j is days and the first part that is named is not cut: 90 minutes are %M 90. \
            {elapsed} is the time since that of the first frame, written like {time} without a date. \
            Seconds are rounded; %S and %3f are cut off, as clocks do. What a frame does not have is written as -. \
            {{ and }} are braces, \\n begins a new line. \
            Control characters are dropped; what the font does not have is a box; text is not shaped and runs from left to right. \
            White is the full scale of the samples, which is 1 for floats; gray frames get the luma of a colour; opacity is raised where something is drawn. \
            Rasterised by ab_glyph, blended by coverage.",
    build: |arguments| {
        let annotate = Arc::new(build(arguments)?);
        if annotate.template.needs_first() {
            return Ok(Operation::reader(BehindFirst(annotate)));
        }
        Ok(Operation::bound(move |info| {
            Ok(Operation::frame(annotate.for_clock(info.clock)))
        }))
    },
};

fn build(arguments: &Arguments<'_>) -> Result<Annotate, Error> {
    let text: String = arguments.value("text")?;
    let annotate = Annotate::new(&text)?
        .with_place(Place::of_arguments(arguments, Anchor::TopLeft)?)
        .with_lettering(Lettering::of_arguments(arguments)?);
    Ok(annotate)
}
