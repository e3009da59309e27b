//! The channels of a stack as one colour picture.

use std::sync::Arc;

use pimage_colormap::{Composite, Layer};
use pimage_core::{
    Axis, Error, FrameReader, FrameReaderExt, Paint, Positions, Selection, Slicing, Transform,
};
use pimage_range::RangeSpec;

use crate::frames::{FrameStage, seek};
use crate::{Adapt, Arguments, Operation, Operator, Parameter, Presence, Surroundings};

/// Puts the positions of an axis together, each in its colour.
struct Channels {
    /// Empty for colours by their number.
    paints: Vec<Paint>,
    range: RangeSpec,
    axis: String,
}

impl Channels {
    /// The number of channels.
    fn count(&self, axes: &[Axis]) -> Result<usize, Error> {
        let axis = axes.iter().find(|axis| axis.name == self.axis);
        let Some(axis) = axis else {
            let names: Vec<_> = axes.iter().map(|axis| axis.name.as_str()).collect();
            let found = format!("of axis `{}`, which these frames have not", self.axis);
            let expected = match names.as_slice() {
                [] => "frames that have axes".to_owned(),
                names => format!(
                    "one of the axes {}; `--axes` names those of an array",
                    names.join(", ")
                ),
            };
            return Err(Error::bad_option("composite", found, expected));
        };
        let count = usize::try_from(axis.length).unwrap_or(usize::MAX);
        if !(1..=MOST_CHANNELS).contains(&count) {
            let expected = format!("1 to {MOST_CHANNELS}");
            return Err(Error::bad_option(
                "composite",
                format!("given axis {} of {count} positions", self.axis),
                expected,
            ));
        }
        if !self.paints.is_empty() && self.paints.len() != count {
            return Err(Error::bad_option(
                "composite colors",
                format!("{} colour(s)", self.paints.len()),
                format!("{count}, one for each position of axis {}", self.axis),
            ));
        }
        Ok(count)
    }

    /// The range of one channel, over all its frames where that is needed.
    fn range(
        &self,
        reader: &mut dyn FrameReader,
        channel: usize,
        surroundings: &Surroundings,
    ) -> Result<RangeSpec, Error> {
        if !self.range.needs_survey() {
            return Ok(self.range);
        }
        let one = Selection {
            axis: self.axis.clone(),
            positions: Positions::One(channel as u64),
        };
        let slicing = Slicing {
            select: vec![one],
            limits: surroundings.limits,
            ..Slicing::default()
        };
        let (low, high) = self
            .range
            .bounds(&mut reader.slice(&slicing)?, &surroundings.cancel)?;
        Ok(RangeSpec::Bounds { low, high })
    }
}

/// The most channels: more colours nobody tells apart.
const MOST_CHANNELS: usize = 64;

impl Adapt for Channels {
    fn adapt<'a>(
        &self,
        mut reader: Box<dyn FrameReader + 'a>,
        surroundings: &Surroundings,
    ) -> Result<Box<dyn FrameReader + 'a>, Error> {
        let count = self.count(&reader.info().axes_or_time())?;
        let paints = match self.paints.is_empty() {
            true => Layer::default_paints(count),
            false => self.paints.clone(),
        };
        let layers: Result<Vec<_>, Error> = paints
            .into_iter()
            .enumerate()
            .map(|(channel, paint)| {
                let range = self.range(&mut *reader, channel, surroundings)?;
                Ok(Layer { paint, range })
            })
            .collect();
        let composite: Arc<dyn Transform> = Arc::new(Composite::new(layers?)?);
        if reader.as_seek().is_some() {
            seek(&mut *reader, 0)?;
        }
        let slicing = Slicing {
            bundle: vec![self.axis.clone()],
            limits: surroundings.limits,
            ..Slicing::default()
        };
        let bundled = Box::new(reader.slice(&slicing)?);
        Ok(Box::new(FrameStage::new(
            bundled,
            &[composite],
            surroundings,
        )?))
    }
}

/// `composite`.
pub(super) const OPERATOR: Operator = Operator {
    name: "composite",
    title: "add the channels of a stack to one picture, each in a colour of its own",
    parameters: &[
        Parameter::new(
            "colors",
            "the colour of each channel's highest samples",
            "as many colours as there are channels",
            Presence::Optional("white; magenta, green; or cyan, magenta, yellow, blue, green, red"),
        )
        .list(),
        Parameter::new(
            "range",
            "which samples of each channel are black and which have its colour",
            "auto, pLOW,HIGH, full, MIN,MAX, symmetric:CENTRE, frame, frame-pLOW,HIGH or frame-symmetric:CENTRE",
            Presence::Default("auto"),
        )
        .list(),
        Parameter::new("axis", "the axis of the channels", "a name", Presence::Default("c")),
    ],
    examples: &[
        "composite=axis:t",
        "composite=range:p0.1,99.9,axis:t",
        "composite=red,lime,blue,range:frame,axis:t",
    ],
    notes: "The result is 8-bit RGB: sums of the colours, each as strong as the sample is high in its channel's range, rounded once and at most 255. \
        What is not a number is black. Every channel has a range of its own. The axis is gone afterwards; files that have not named it get names by --axes.",
    build,
};

fn build(arguments: &Arguments<'_>) -> Result<Operation, Error> {
    let text = arguments.texts("range").join(",");
    let range: RangeSpec = text
        .parse()
        .map_err(|_reason: String| arguments.bad("range", format!("`{text}`"), RangeSpec::FORMS))?;
    let paints: Result<Vec<Paint>, _> = arguments
        .texts("colors")
        .into_iter()
        .map(str::parse)
        .collect();
    Ok(Operation::reader(Channels {
        paints: paints?,
        range,
        axis: arguments.text("axis").unwrap_or(Axis::CHANNEL).to_owned(),
    }))
}
