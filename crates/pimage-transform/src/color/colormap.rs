//! Colour of gray by a map.

use pimage_colormap::{BarPlace, ColorBar, Coloring, Colormap, Mask, Masked, Norm, Stop};
use pimage_core::{Error, FrameReader, Paint};
use pimage_range::RangeSpec;

use crate::{Arguments, Measured, Operation, Operator, Parameter, Presence, Surroundings};

/// A coloring whose range is that of all frames together.
struct Measuring(Coloring);

impl Measured for Measuring {
    fn measure(
        &self,
        reader: &mut dyn FrameReader,
        surroundings: &Surroundings,
    ) -> Result<Operation, Error> {
        let measured = self.0.measured(reader, &surroundings.cancel)?;
        Ok(Operation::frame(measured))
    }
}

/// `colormap`.
pub(super) const OPERATOR: Operator = Operator {
    name: "colormap",
    title: "give gray frames the colours of a map",
    parameters: &[
        Parameter::new(
            "map",
            "a name that `pimage colormaps` lists (`_r` at its end reverses it), a text file of colours, or two or more colours",
            "a name, a file, or COLOUR [POSITION%],…",
            Presence::Default("viridis"),
        )
        .list(),
        Parameter::new(
            "range",
            "which samples get the first and the last colour: the extremes or percentiles of all frames, all that the type can hold, \
                given values, as far to both sides of a centre, or one of these for each frame",
            "auto, pLOW,HIGH, full, MIN,MAX, symmetric:CENTRE, frame, frame-pLOW,HIGH or frame-symmetric:CENTRE",
            Presence::Default("auto"),
        )
        .list(),
        Parameter::new(
            "scale",
            "how the samples between are spread over the map: a number is the exponent of a power",
            "linear, log or an exponent above 0",
            Presence::Default("linear"),
        ),
        Parameter::new(
            "nan",
            "what is not a number, or has no logarithm",
            "a colour",
            Presence::Default("black"),
        ),
        Parameter::new(
            "under",
            "what is below the range",
            "a colour",
            Presence::Optional("the first of the map"),
        ),
        Parameter::new(
            "over",
            "what is above the range",
            "a colour",
            Presence::Optional("the last of the map"),
        ),
        Parameter::new(
            "mask",
            "samples that the map does not colour",
            "values and spans such as 0, 10..20, ..5 or 4000.., ends included",
            Presence::Optional("none"),
        )
        .list(),
        Parameter::new(
            "masked",
            "how masked samples are shown: gray over the same range, or all in a colour",
            "gray or a colour",
            Presence::Default("gray"),
        ),
        BAR,
        LABEL,
        SIZE,
        LENGTH,
        TEXT,
        GROUND,
    ],
    examples: &[
        "colormap=viridis,range:p2,98",
        "colormap=cmo.thermal_r,range:auto,bar:right,label:T (K)",
        "colormap=turbo,range:full",
        "colormap=RdBu,range:'symmetric:0',nan:gray",
        "colormap=magma,range:1,250,scale:log,under:blue,over:red",
        "colormap=black,red 30%,white,range:frame,scale:0.5",
        "colormap=gray,range:frame-p1,99,mask:0,200..,masked:#ff000080",
        "colormap=inferno,bar:inside-top-right,bar-length:0.4",
    ],
    notes: "The result is 8-bit RGB, or RGBA when one of the colours lets something through. \
        Colours are those of matplotlib's `cmap(norm(x), bytes=True)` to the last bit, whatever the type of the samples. \
        Equal bounds give everything the first colour. A logarithmic scale over a measured range begins at the least sample above 0. \
        Text files have a colour a line: three or four numbers of 0 to 1 or 0 to 255 as they are, or stops such as `#440154` and `white 80%`. \
        A bar shows round numbers of the range that the colours have, in each frame where that differs.",
    build,
};

pub(super) const BAR: Parameter = Parameter::new(
    "bar",
    "a bar of the colours with its numbers: beside the frame, which grows, or on it",
    "none|left|right|top|bottom|inside-top-right and the other corners, sides and inside-center",
    Presence::Default("none"),
);
pub(super) const LABEL: Parameter = Parameter::new(
    "label",
    "what the numbers of the bar are, and their unit",
    "text",
    Presence::Optional("none"),
);
pub(super) const SIZE: Parameter = Parameter::new(
    "bar-size",
    "size of the numbers, and width of the bar",
    "pixels",
    Presence::Default("14"),
);
pub(super) const LENGTH: Parameter = Parameter::new(
    "bar-length",
    "length of a bar on the frame, as a part of the frame's side",
    "above 0 to 1",
    Presence::Default("0.5"),
);
pub(super) const TEXT: Parameter = Parameter::new(
    "bar-color",
    "colour of the numbers",
    "a colour",
    Presence::Default("white"),
);
pub(super) const GROUND: Parameter = Parameter::new(
    "bar-background",
    "what the bar stands on",
    "a colour",
    Presence::Optional("black, half transparent on the frame"),
);

fn build(arguments: &Arguments<'_>) -> Result<Operation, Error> {
    let text = arguments.texts("range").join(",");
    let range: RangeSpec = text
        .parse()
        .map_err(|_reason: String| arguments.bad("range", format!("`{text}`"), RangeSpec::FORMS))?;
    let norm: Norm = arguments.text("scale").unwrap_or("linear").parse()?;
    let mut coloring = Coloring::new(map(arguments)?, range).with_norm(norm);
    if let Some(paint) = paint(arguments, "nan")? {
        coloring = coloring.with_nan(paint);
    }
    if let Some(paint) = paint(arguments, "under")? {
        coloring = coloring.with_under(paint);
    }
    if let Some(paint) = paint(arguments, "over")? {
        coloring = coloring.with_over(paint);
    }
    let masks: Result<Vec<Mask>, _> = arguments
        .texts("mask")
        .into_iter()
        .map(str::parse)
        .collect();
    let masked = match arguments.text("masked") {
        None | Some("gray") => Masked::Gray,
        Some(paint) => Masked::Paint(paint.parse()?),
    };
    coloring = coloring.with_masks(masks?, masked)?;
    if let Some(bar) = bar(arguments)? {
        coloring = coloring.with_bar(bar);
    }
    Ok(match range.needs_survey() {
        true => Operation::measured(Measuring(coloring)),
        false => Operation::frame(coloring),
    })
}

/// The map of a name or a file, or that of several colours.
fn map(arguments: &Arguments<'_>) -> Result<Colormap, Error> {
    match arguments.texts("map").as_slice() {
        [one] => match Colormap::by_name(one) {
            Err(_) if is_path(one) => {
                arguments.reads(*one);
                Colormap::from_file(one)
            }
            named => named,
        },
        several => {
            let stops: Result<Vec<Stop>, _> = several.iter().map(|text| text.parse()).collect();
            Colormap::from_stops(&stops?)
        }
    }
}

/// Whether it looks like the path of a file: names of maps have a dot only after their family.
fn is_path(text: &str) -> bool {
    let has_family = text.starts_with("cmo.") || text.starts_with("cmc.");
    text.contains(['/', '\\']) || (text.contains('.') && !has_family)
}

fn paint(arguments: &Arguments<'_>, name: &str) -> Result<Option<Paint>, Error> {
    arguments.text(name).map(str::parse).transpose()
}

/// The bar that was asked for.
pub(super) fn bar(arguments: &Arguments<'_>) -> Result<Option<ColorBar>, Error> {
    let place: BarPlace = match arguments.text("bar") {
        None | Some("none") => return Ok(None),
        Some(place) => place.parse()?,
    };
    let size = arguments.number("bar-size", 4.0..=200.0)?;
    let text = paint(arguments, "bar-color")?.unwrap_or(Paint::WHITE);
    let length = arguments.number("bar-length", 0.0..=1.0)?;
    let mut bar = ColorBar::new(place)?
        .with_text(size, text)?
        .with_length(length)?
        .with_label(arguments.text("label").unwrap_or_default());
    if let Some(ground) = paint(arguments, "bar-background")? {
        bar = bar.with_background(ground);
    }
    Ok(Some(bar))
}
