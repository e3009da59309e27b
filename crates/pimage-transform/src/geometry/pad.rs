//! Pixels around each frame.

use pimage_core::{Error, Frame, FrameFormat, Limits, StreamInfo, Transform, with_sample_type};

use super::fill::Fill;
use super::metadata::{mix_filters, move_filters};
use super::pixel::pixel_bytes;
use crate::{Arguments, Operation, Operator, Parameter, Presence};

/// What stands around a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PadMode {
    /// A value or a colour.
    Constant(Fill),
    /// The nearest pixel of the frame.
    Edge,
    /// The frame mirrored at its outermost pixels, which are not repeated: `c b | a b c d | c b`.
    Reflect,
    /// The frame mirrored at its edges: `b a | a b c d | d c`.
    Symmetric,
    /// The frame again: `c d | a b c d | a b`.
    Wrap,
}

/// Adds rows and columns around each frame; the frame itself is copied exactly.
///
/// The modes are those of `numpy.pad`, also where more is added than the frame has.
/// Rows are copied as a whole, so that this is as fast as a copy of the frame.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::{Pad, PadMode};
///
/// let mut frame = Frame::zeroed(FrameFormat::new(3, 1, Color::Gray, SampleType::U8));
/// frame.bytes_mut().copy_from_slice(&[1, 2, 3]);
/// Pad::new(0, 0, 2, 2, PadMode::Reflect).apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.bytes(), [3, 2, 1, 2, 3, 2, 1]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pad {
    top: u32,
    bottom: u32,
    left: u32,
    right: u32,
    mode: PadMode,
}

impl Pad {
    /// So many rows and columns at each side.
    #[must_use]
    pub const fn new(top: u32, bottom: u32, left: u32, right: u32, mode: PadMode) -> Self {
        Self {
            top,
            bottom,
            left,
            right,
            mode,
        }
    }
}

impl PadMode {
    /// The pixel of `0..length` that stands at `place`, which may be outside; `None` where the value stands.
    fn source(self, place: i64, length: i64) -> Option<usize> {
        let inside = (0..length).contains(&place);
        let source = match self {
            _ if inside => place,
            Self::Constant(_) => return None,
            Self::Edge => place.clamp(0, length - 1),
            Self::Wrap => place.rem_euclid(length),
            Self::Symmetric => {
                let place = place.rem_euclid(2 * length);
                place.min(2 * length - 1 - place)
            }
            Self::Reflect => {
                let period = (2 * (length - 1)).max(1);
                let place = place.rem_euclid(period);
                place.min(period - place).min(length - 1)
            }
        };
        usize::try_from(source).ok()
    }
}

impl Transform for Pad {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        let side = |length: u32, before: u32, after: u32| {
            let side = length
                .checked_add(before)
                .and_then(|side| side.checked_add(after));
            let found = || format!("{before} and {after} at a side of {length}");
            side.ok_or_else(|| {
                let expected = format!("at most {} pixels a side", u32::MAX);
                Error::bad_option("pad", found(), expected)
            })
        };
        match self.mode {
            PadMode::Constant(fill) => fill.check("pad value", input)?,
            _ if input.width == 0 || input.height == 0 => {
                return Err(Error::bad_option(
                    "pad mode",
                    format!(
                        "to repeat pixels of {}x{} frames",
                        input.width, input.height
                    ),
                    "constant where there are none",
                ));
            }
            _ => {}
        }
        Ok(FrameFormat {
            width: side(input.width, self.left, self.right)?,
            height: side(input.height, self.top, self.bottom)?,
            ..*input
        })
    }

    fn output_info(&self, input: &StreamInfo) -> Result<StreamInfo, Error> {
        let mut info = input.reformatted(self.output_format(&input.format)?);
        match self.mode {
            PadMode::Constant(_) | PadMode::Reflect => {
                move_filters(&mut info, |x, y| (x + self.left % 2, y + self.top % 2));
            }
            _ => mix_filters(&mut info),
        }
        Ok(info)
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let input = *frame.format();
        let output = self.output_format(&input)?;
        if output == input {
            return Ok(());
        }
        spare.reset(&output, &Limits::none())?;
        let mut value = [0; 32];
        if let PadMode::Constant(fill) = self.mode {
            with_sample_type!(input.sample, T => {
                value = bytes_of(bytemuck::cast_slice(&fill.pixel::<T>(&input)));
            });
        }
        let size = pixel_bytes(&input);
        let value = value.get(..size).unwrap_or_default();
        self.fill(frame, value, spare);
        spare.stamp = frame.stamp.clone();
        std::mem::swap(frame, spare);
        Ok(())
    }
}

/// The bytes of a pixel, with room for the largest.
fn bytes_of(pixel: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (byte, value) in bytes.iter_mut().zip(pixel) {
        *byte = *value;
    }
    bytes
}

impl Pad {
    fn fill(&self, frame: &Frame, value: &[u8], spare: &mut Frame) {
        let (input, output) = (*frame.format(), *spare.format());
        let (bytes, row) = (value.len(), input.width as usize * value.len());
        let output_row = output.width as usize * bytes;
        if output_row == 0 {
            return;
        }
        let top = self.top as usize;
        let results = spare.bytes_mut();
        let inner = results.chunks_exact_mut(output_row).skip(top);
        for (place, result) in inner.take(input.height as usize).enumerate() {
            let source = frame.bytes().get(place * row..(place + 1) * row);
            self.fill_row(source.unwrap_or_default(), value, result);
        }
        // Rows above and below are copies of rows that stand already, or of the value.
        for place in 0..output.height as usize {
            if (top..top + input.height as usize).contains(&place) {
                continue;
            }
            let from = self
                .mode
                .source(place as i64 - i64::from(self.top), i64::from(input.height));
            match from {
                Some(from) => {
                    let start = (top + from) * output_row;
                    results.copy_within(start..start + output_row, place * output_row);
                }
                None => {
                    let start = place * output_row;
                    let result = results.get_mut(start..start + output_row);
                    repeat(value, result.unwrap_or_default());
                }
            }
        }
    }

    /// The columns at both sides of a row.
    fn fill_row(&self, source: &[u8], value: &[u8], result: &mut [u8]) {
        let bytes = value.len();
        let (before, rest) = result.split_at_mut(self.left as usize * bytes);
        let (inner, after) = rest.split_at_mut(source.len());
        inner.copy_from_slice(source);
        let width = (source.len() / bytes) as i64;
        let places = (-i64::from(self.left)..).zip(before.chunks_exact_mut(bytes));
        let places = places.chain((width..).zip(after.chunks_exact_mut(bytes)));
        for (place, pixel) in places {
            let from = self.mode.source(place, width);
            let from = from.and_then(|from| source.get(from * bytes..(from + 1) * bytes));
            pixel.copy_from_slice(from.unwrap_or(value));
        }
    }
}

/// Fills `result` with copies of `value`.
fn repeat(value: &[u8], result: &mut [u8]) {
    for pixel in result.chunks_exact_mut(value.len()) {
        pixel.copy_from_slice(value);
    }
}

/// `pad`.
pub(super) const OPERATOR: Operator = Operator {
    name: "pad",
    title: "add pixels around each frame",
    parameters: &[
        Parameter::new(
            "margin",
            "rows and columns at each side",
            "pixels",
            Presence::Default("0"),
        ),
        Parameter::new(
            "mode",
            "what they show, as numpy.pad has it",
            "constant|edge|reflect|symmetric|wrap",
            Presence::Default("constant"),
        ),
        Parameter::new(
            "value",
            "of the mode constant",
            "a number in the frame's own units, nan, or a colour",
            Presence::Default("0"),
        ),
        Parameter::new(
            "top",
            "rows above",
            "pixels",
            Presence::Optional("the margin"),
        ),
        Parameter::new(
            "bottom",
            "rows below",
            "pixels",
            Presence::Optional("the margin"),
        ),
        Parameter::new(
            "left",
            "columns on the left",
            "pixels",
            Presence::Optional("the margin"),
        ),
        Parameter::new(
            "right",
            "columns on the right",
            "pixels",
            Presence::Optional("the margin"),
        ),
    ],
    examples: &[
        "pad=10",
        "pad=top:4,bottom:4,value:white",
        "pad=3,edge",
        "pad=40,reflect",
        "pad=left:7,right:40,mode:symmetric",
        "pad=top:1,left:9,mode:wrap",
    ],
    notes: "A number stands in every channel, opacity too; nan only in frames of floats.",
    build: |arguments| build(arguments).map(Operation::frame),
};

fn build(arguments: &Arguments<'_>) -> Result<Pad, Error> {
    let margin = arguments.value::<u32>("margin")?;
    let side = |name| Ok::<_, Error>(arguments.optional::<u32>(name)?.unwrap_or(margin));
    let fill = Fill::argument(arguments, "value")?;
    let words = [
        ("constant", PadMode::Constant(fill)),
        ("edge", PadMode::Edge),
        ("reflect", PadMode::Reflect),
        ("symmetric", PadMode::Symmetric),
        ("wrap", PadMode::Wrap),
    ];
    let mode = arguments.choice("mode", &words)?;
    if arguments.is_given("value") && !matches!(mode, PadMode::Constant(_)) {
        return Err(arguments.bad("value", "given", "none unless the mode is constant"));
    }
    let sides = [side("top")?, side("bottom")?, side("left")?, side("right")?];
    let [top, bottom, left, right] = sides;
    Ok(Pad::new(top, bottom, left, right, mode))
}
