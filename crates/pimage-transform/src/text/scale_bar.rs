//! A bar whose length is known in the world.

use pimage_core::{Error, Frame, FrameFormat, Paint, Transform};
use pimage_text::{Anchor, fill_rectangle, surround_rectangle};

use super::length::PhysicalLength;
use super::lettering::{
    BOX, COLOR, FONT, Lettering, OPACITY, OUTLINE, OUTLINE_WIDTH, Pens, SHADOW, SIZE,
};
use super::place::{MARGIN_PARAMETER, Measure, Place, X, Y, position};
use crate::{Arguments, Operation, Operator, Parameter, Presence};

/// Draws a scale bar with its length below or above it.
///
/// The bar is a whole number of pixels, the nearest to its length.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::ScaleBar;
///
/// let bar = ScaleBar::new(Some("20um".parse()?)).with_pixel("0.5um".parse()?);
/// let mut frame = Frame::zeroed(FrameFormat::new(100, 50, Color::Gray, SampleType::U8));
/// bar.apply(&mut frame, &mut Frame::empty())?;
/// let white = |row: &&[u8]| row.iter().filter(|sample| **sample == 255).count() == 40;
/// assert!(frame.bytes().chunks(100).any(|row| white(&row)));
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug)]
pub struct ScaleBar {
    length: Option<PhysicalLength>,
    pixel: Option<PhysicalLength>,
    place: Place,
    thickness: Measure,
    is_labelled: bool,
    pens: Pens,
    /// Behind both the bar and its label.
    background: Option<Paint>,
}

/// What a bar is on frames of one size.
struct Plan {
    label: String,
    /// Pixels.
    length: u32,
}

impl ScaleBar {
    /// A bar of this length; a round one, about a fifth of the frame's width, when there is none.
    ///
    /// It is at the lower right, and needs [`ScaleBar::with_pixel`] before it can be drawn.
    #[must_use]
    pub fn new(length: Option<PhysicalLength>) -> Self {
        Self {
            length,
            pixel: None,
            place: Place::at(Anchor::BottomRight),
            thickness: Measure::Percent(1.0),
            is_labelled: true,
            pens: Pens::new(Lettering::default()),
            background: None,
        }
    }

    /// On frames whose pixels are this wide.
    #[must_use]
    pub const fn with_pixel(mut self, width: PhysicalLength) -> Self {
        self.pixel = Some(width);
        self
    }

    /// At this place.
    #[must_use]
    pub const fn with_place(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// So high; percent are those of the frame's height, and at least 2 pixels.
    #[must_use]
    pub const fn with_thickness(mut self, thickness: Measure) -> Self {
        self.thickness = thickness;
        self
    }

    /// With or without its length in words.
    #[must_use]
    pub const fn with_label(mut self, is_labelled: bool) -> Self {
        self.is_labelled = is_labelled;
        self
    }

    /// In this look: the bar has the colours of the characters.
    #[must_use]
    pub fn with_lettering(mut self, mut lettering: Lettering) -> Self {
        self.background = lettering.background.take();
        self.pens = Pens::new(lettering);
        self
    }

    /// The same, for frames whose pixels are this wide unless it was said already.
    fn for_pixel(&self, pixel: Option<PhysicalLength>) -> Self {
        Self {
            length: self.length,
            pixel: self.pixel.or(pixel),
            place: self.place,
            thickness: self.thickness,
            is_labelled: self.is_labelled,
            pens: Pens::new(self.pens.lettering().clone()),
            background: self.background,
        }
    }

    fn plan(&self, format: &FrameFormat) -> Result<Plan, Error> {
        let Some(pixel) = self.pixel else {
            return Err(Error::bad_option(
                "scalebar",
                "on frames whose pixel size is unknown",
                "`pixel:0.65um`, the width of a pixel",
            ));
        };
        let width = f64::from(format.width);
        let length = match self.length {
            Some(length) => length,
            None => PhysicalLength::near(width * pixel.metres() / 5.0).ok_or_else(|| {
                let found = format!("on frames of {} pixels of {pixel}", format.width);
                Error::bad_option("scalebar", found, "a width between 10 pm and 1000000 km")
            })?,
        };
        let pixels = (length.metres() / pixel.metres()).round();
        if !(1.0..=width).contains(&pixels) {
            let found = format!("{length}, {pixels} pixels of {pixel}");
            let expected = format!("1 to {} pixels, the width of the frames", format.width);
            return Err(Error::bad_option("scalebar length", found, expected));
        }
        Ok(Plan {
            label: length.to_string(),
            length: pixels as u32,
        })
    }

    fn draw(&self, frame: &mut Frame, plan: &Plan) -> Result<(), Error> {
        let format = *frame.format();
        let style = self.pens.lettering().style(format.height);
        let thickness = match self.thickness {
            Measure::Pixels(pixels) => pixels,
            percent @ Measure::Percent(_) => percent.pixels(format.height).max(2.0),
        };
        let thickness = thickness.round().clamp(1.0, f64::from(u32::MAX));
        let label = match self.is_labelled {
            true => self
                .pens
                .with(format.height, |pen| pen.measure(&plan.label))?,
            false => pimage_text::Extent::default(),
        };
        let length = f64::from(plan.length);
        let (width, height) = (length.max(label.width), thickness + label.height);
        let (x, y) = self.place.point(format.width, format.height);
        let (across, down) = self.place.anchor().fractions();
        let (left, top) = (x - width * across, y - height * down);
        // The label is on the side of the frame's middle.
        let (bar_top, label_top) = if down > 0.0 {
            (top + label.height, top)
        } else {
            (top, top + thickness)
        };
        let faded = |paint: Paint| Paint {
            alpha: (f64::from(paint.alpha) * style.opacity).round() as u8,
            ..paint
        };
        if let Some(paint) = self.background {
            let margin = f64::from(Lettering::box_margin(style.size));
            let side = |length: f64| (length + 2.0 * margin).ceil() as u32;
            let (x, y) = (left - margin, top - margin);
            fill_rectangle(
                frame,
                x.floor() as i64,
                y.floor() as i64,
                side(width),
                side(height),
                faded(paint),
            );
        }
        let bar_left = left + (width - length) / 2.0;
        let bar = Bar {
            x: bar_left.round() as i64,
            y: bar_top.round() as i64,
            width: plan.length,
            height: thickness as u32,
        };
        bar.fill(frame, faded(style.paint));
        if let Some(outline) = style.outline {
            bar.surround(
                frame,
                outline.width.round().max(1.0) as u32,
                faded(outline.paint),
            );
        }
        if self.is_labelled {
            self.pens.with(format.height, |pen| {
                pen.draw(
                    frame,
                    left + width / 2.0,
                    label_top,
                    Anchor::Top,
                    &plan.label,
                );
            })?;
        }
        Ok(())
    }
}

/// A rectangle in whole pixels.
struct Bar {
    x: i64,
    y: i64,
    width: u32,
    height: u32,
}

impl Bar {
    fn fill(&self, frame: &mut Frame, paint: Paint) {
        fill_rectangle(frame, self.x, self.y, self.width, self.height, paint);
    }

    fn surround(&self, frame: &mut Frame, line: u32, paint: Paint) {
        let size = (self.width, self.height);
        surround_rectangle(frame, (self.x, self.y), size, line, paint);
    }
}

impl Transform for ScaleBar {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        self.plan(input)?;
        self.pens.with(input.height, |_| *input)
    }

    fn is_light(&self) -> bool {
        true
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let plan = self.plan(frame.format())?;
        frame.detach(spare);
        self.draw(frame, &plan)
    }
}

/// `scalebar`.
pub(super) const OPERATOR: Operator = Operator {
    name: "scalebar",
    title: "draw a bar whose length is known, from the size of a pixel",
    parameters: &[
        Parameter::new(
            "length",
            "its length, or auto: a round one near a fifth of the frame's width",
            "auto, or a number with a unit such as 50um (nm, um, mm, cm, m)",
            Presence::Default("auto"),
        ),
        Parameter::new(
            "pixel",
            "width of a pixel",
            "a number with a unit such as 0.65um",
            Presence::Optional("what the recording says"),
        ),
        position("bottom-right"),
        X,
        Y,
        MARGIN_PARAMETER,
        Parameter::new(
            "thickness",
            "height of the bar, at least 2 pixels when in percent",
            "pixels or percent of the height",
            Presence::Default("1%"),
        ),
        Parameter::new(
            "label",
            "whether its length is written beside it",
            "yes|no",
            Presence::Default("yes"),
        ),
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
        "scalebar=pixel:0.65um",
        "scalebar=50um,pixel:0.65um,position:bottom-left,thickness:4",
        "scalebar=auto,pixel:0.1mm,label:no,color:black,box:#ffffff80",
    ],
    notes: "The bar is a whole number of pixels, the nearest to its length; one that is longer than the frame is wide is refused. \
            The recording's pixel size follows what `resize` and its like did before, so that the bar stays true; \
            `pixel` is the size of a pixel as the frame comes to this step, after `resize` and `bin`. \
            An automatic length is 1, 2 or 5 and zeros, nearest to a fifth of the width.",
    build: |arguments| {
        let bar = build(arguments)?;
        Ok(Operation::bound(move |info| {
            let told = match bar.pixel {
                Some(_) => None,
                None => PhysicalLength::of_pixel(info)?,
            };
            Ok(Operation::frame(bar.for_pixel(told)))
        }))
    },
};

fn build(arguments: &Arguments<'_>) -> Result<ScaleBar, Error> {
    let length = match arguments.text("length") {
        None | Some("auto") => None,
        Some(_) => Some(arguments.value("length")?),
    };
    let thickness: Measure = arguments.value("thickness")?;
    let is_above_zero = match thickness {
        Measure::Pixels(value) | Measure::Percent(value) => value > 0.0,
    };
    if !is_above_zero {
        return Err(arguments.bad("thickness", thickness.to_string(), "above 0"));
    }
    let mut bar = ScaleBar::new(length)
        .with_place(Place::of_arguments(arguments, Anchor::BottomRight)?)
        .with_thickness(thickness)
        .with_label(arguments.flag("label")?)
        .with_lettering(Lettering::of_arguments(arguments)?);
    bar.pixel = arguments.optional("pixel")?;
    Ok(bar)
}
