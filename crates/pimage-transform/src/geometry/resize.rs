//! Larger and smaller frames.

use pimage_core::{
    Error, Frame, FrameFormat, Limits, SampleType, StreamInfo, Transform, with_sample_type,
};

use super::blend::{Blend, Real};
use super::blocks::{self, Block, Blocks, Halves};
use super::fill::clamp_to_depth;
use super::kept::Kept;
use super::kernel::{Method, Taps};
use super::metadata::{mix_filters, scale_pixels};
use super::pixel::{pixel_bytes, with_pixel_bytes};
use super::resample::{Source, pick, resample};
use crate::{Arguments, Operation, Operator, Parameter, Presence};

/// Makes frames larger or smaller.
///
/// Pixels are areas: the left edge of the first and the right edge of the last stay where they are.
/// Unless a method is given, sides that shrink take the mean of what each new pixel covers ([`Method::Area`]),
/// and sides that grow are interpolated ([`Method::Linear`]), so that no value leaves the range of those it is made of;
/// cubic and Lanczos may overshoot and are clamped to the frame's full scale (floats are not clamped).
/// [`Method::Linear`], [`Method::Cubic`] and [`Method::Lanczos`] look at the pixels around a point, also when they shrink, as OpenCV does.
///
/// Sums are of `f32` (of `f64` for samples of more than 16 bits), rounded once, halves to even.
/// Whole blocks are averaged exactly; of 2x2 blocks of at most 16 bits, halves are rounded up: both are what OpenCV does.
/// NaN carries to every pixel in which it has a weight other than 0. Opacity is resized like the other channels.
///
/// The loops are of this crate: `fast_image_resize` has neither all types of samples nor sums that are OpenCV's.
/// Beside OpenCV on one thread, the mean of 2x2 is as fast (0.8 to 1.4 times), of larger blocks 1.5 to 5 times,
/// of parts of pixels and Lanczos 5 times and more; linear and cubic have three quarters of its speed or all of it.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::Resize;
///
/// let mut frame = Frame::zeroed(FrameFormat::new(4, 2, Color::Gray, SampleType::U8));
/// frame.bytes_mut().copy_from_slice(&[10, 20, 0, 0, 30, 40, 0, 4]);
/// Resize::by(0.5)?.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.bytes(), [25, 1]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Resize {
    target: Target,
    method: Option<Method>,
    plan: Kept<Plan>,
}

/// What size frames get.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Target {
    /// Both sides times this, rounded.
    Factor(f64),
    /// Width and height; the side that is not given follows.
    Sides(Option<u32>, Option<u32>),
}

/// The largest factor.
const LARGEST: f64 = 1000.0;

impl Resize {
    /// Frames whose sides are `factor` times as long, rounded to whole pixels, at least one.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] unless the factor is above 0 and at most 1000.
    pub fn by(factor: f64) -> Result<Self, Error> {
        match factor > 0.0 && factor <= LARGEST {
            true => Ok(Self::new(Target::Factor(factor))),
            false => Err(Error::bad_option(
                "resize",
                factor.to_string(),
                format!("above 0 and at most {LARGEST}"),
            )),
        }
    }

    /// Frames of this size.
    #[must_use]
    pub const fn to(width: u32, height: u32) -> Self {
        Self::new(Target::Sides(Some(width), Some(height)))
    }

    /// Frames of this width, as high as their shape asks.
    #[must_use]
    pub const fn to_width(width: u32) -> Self {
        Self::new(Target::Sides(Some(width), None))
    }

    /// Frames of this height, as wide as their shape asks.
    #[must_use]
    pub const fn to_height(height: u32) -> Self {
        Self::new(Target::Sides(None, Some(height)))
    }

    const fn new(target: Target) -> Self {
        Self {
            target,
            method: None,
            plan: Kept::new(),
        }
    }

    /// The same size by another method than the usual one.
    #[must_use]
    pub fn with_method(self, method: Method) -> Self {
        Self {
            method: Some(method),
            ..self
        }
    }

    fn size(&self, input: &FrameFormat) -> Option<(u32, u32)> {
        let scaled = |side: u32, factor: f64| {
            let scaled = (f64::from(side) * factor).round();
            (scaled <= f64::from(u32::MAX)).then(|| (scaled as u32).max(side.min(1)))
        };
        let (width, height) = match self.target {
            Target::Factor(factor) => (scaled(input.width, factor)?, scaled(input.height, factor)?),
            Target::Sides(Some(width), None) => {
                let factor = f64::from(width) / f64::from(input.width);
                (width, scaled(input.height, factor)?)
            }
            Target::Sides(None, Some(height)) => {
                let factor = f64::from(height) / f64::from(input.height);
                (scaled(input.width, factor)?, height)
            }
            Target::Sides(width, height) => {
                (width.unwrap_or(input.width), height.unwrap_or(input.height))
            }
        };
        let is_nothing = |width: u32, height: u32| width == 0 || height == 0;
        let same = (width, height) == (input.width, input.height);
        let fits = !is_nothing(width, height) && !is_nothing(input.width, input.height);
        (same || fits).then_some((width, height))
    }

    /// The method along a side.
    fn method(&self, input: u32, output: u32) -> Method {
        self.method.unwrap_or(match output <= input {
            true => Method::Area,
            false => Method::Linear,
        })
    }
}

/// How frames of one format are resized.
enum Plan {
    /// Means of whole blocks of this size.
    Blocks(usize, usize),
    /// Copies of the pixels of these columns and rows.
    Pick(Vec<usize>, Vec<usize>),
    /// Weighted sums in `f32`.
    Single(Taps<f32>, Taps<f32>),
    /// Weighted sums in `f64`.
    Double(Taps<f64>, Taps<f64>),
}

impl Plan {
    fn new(resize: &Resize, input: &FrameFormat, output: &FrameFormat) -> Self {
        let across = resize.method(input.width, output.width);
        let down = resize.method(input.height, output.height);
        let blocks = (input.width / output.width, input.height / output.height);
        let is_whole =
            (output.width * blocks.0, output.height * blocks.1) == (input.width, input.height);
        // The middle of a block of two pixels is halfway between them.
        let is_mean = (across, down) == (Method::Area, Method::Area)
            || ((across, down) == (Method::Linear, Method::Linear) && blocks == (2, 2));
        if is_whole && is_mean {
            return Self::Blocks(blocks.0 as usize, blocks.1 as usize);
        }
        if across == Method::Nearest {
            let columns: Taps<f32> = Taps::new(input.width, output.width, across);
            let rows: Taps<f32> = Taps::new(input.height, output.height, down);
            return Self::Pick(columns.firsts().collect(), rows.firsts().collect());
        }
        fn taps<R: Real>(
            input: &FrameFormat,
            methods: (Method, Method),
            output: &FrameFormat,
        ) -> (Taps<R>, Taps<R>) {
            let across = Taps::new(input.width, output.width, methods.0);
            let down = Taps::new(input.height, output.height, methods.1);
            match input.sample.is_float() {
                true => (across, down),
                false => (across.made_even(), down),
            }
        }
        if !matches!(
            input.sample,
            SampleType::U32 | SampleType::I32 | SampleType::F64
        ) {
            let (across, down) = taps(input, (across, down), output);
            Self::Single(across, down)
        } else {
            let (across, down) = taps(input, (across, down), output);
            Self::Double(across, down)
        }
    }
}

impl Transform for Resize {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        let (width, height) = self.size(input).ok_or_else(|| {
            let (found, expected) = match self.target {
                Target::Factor(factor) => (factor.to_string(), "a factor"),
                Target::Sides(width, height) => {
                    let side =
                        |side: Option<u32>| side.map_or_else(String::new, |side| side.to_string());
                    (format!("{}x{}", side(width), side(height)), "a size")
                }
            };
            let expected = format!(
                "{expected} that makes at least one pixel of {}x{} frames, and at most {} a side",
                input.width,
                input.height,
                u32::MAX
            );
            Error::bad_option("resize", found, expected)
        })?;
        Ok(FrameFormat {
            width,
            height,
            ..*input
        })
    }

    fn output_info(&self, input: &StreamInfo) -> Result<StreamInfo, Error> {
        let output = self.output_format(&input.format)?;
        let mut info = input.reformatted(output);
        if output != input.format {
            let ratio = |from: u32, to: u32| f64::from(from) / f64::from(to);
            scale_pixels(
                &mut info,
                ratio(input.format.width, output.width),
                ratio(input.format.height, output.height),
            );
            mix_filters(&mut info);
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
        let plan = self.plan.get(&input, || Plan::new(self, &input, &output));
        match &*plan {
            Plan::Pick(columns, rows) => with_pixel_bytes!(pixel_bytes(&input), N => {
                pick::<N>(frame.bytes(), input.width as usize, columns, rows, spare.bytes_mut());
            }),
            Plan::Blocks(width, height) => with_sample_type!(input.sample, T => {
                mean::<T>(frame, (*width, *height), spare);
            }),
            Plan::Single(across, down) => match input.sample {
                SampleType::U8 => sums::<u8>(frame, across, down, spare),
                SampleType::U16 => sums::<u16>(frame, across, down, spare),
                SampleType::I16 => sums::<i16>(frame, across, down, spare),
                _ => sums::<f32>(frame, across, down, spare),
            },
            Plan::Double(across, down) => match input.sample {
                SampleType::U32 => sums::<u32>(frame, across, down, spare),
                SampleType::I32 => sums::<i32>(frame, across, down, spare),
                _ => sums::<f64>(frame, across, down, spare),
            },
        }
        let methods = [
            self.method(input.width, output.width),
            self.method(input.height, output.height),
        ];
        if methods.iter().any(|method| method.overshoots()) {
            with_sample_type!(output.sample, T => clamp_to_depth::<T>(spare));
        }
        spare.stamp = frame.stamp.clone();
        std::mem::swap(frame, spare);
        Ok(())
    }
}

fn mean<T: Block>(frame: &Frame, block: (usize, usize), spare: &mut Frame) {
    let blocks = Blocks {
        samples: frame.samples::<T>().unwrap_or_default(),
        width: frame.format().width as usize,
        channels: frame.format().color.channels(),
        block,
        columns: spare.format().width as usize,
    };
    let output = spare.samples_mut::<T>().unwrap_or_default();
    blocks::mean(blocks, Halves::Up, output);
}

fn sums<T: Blend>(frame: &Frame, across: &Taps<T::Real>, down: &Taps<T::Real>, spare: &mut Frame) {
    let source = Source {
        samples: frame.samples::<T>().unwrap_or_default(),
        width: frame.format().width as usize,
        channels: frame.format().color.channels(),
    };
    resample(
        source,
        across,
        down,
        spare.samples_mut().unwrap_or_default(),
    );
}

/// The words for the methods of interpolation.
pub(super) const POINT_METHODS: [(&str, Method); 4] = [
    ("nearest", Method::Nearest),
    ("linear", Method::Linear),
    ("cubic", Method::Cubic),
    ("lanczos", Method::Lanczos),
];

/// `resize`.
pub(super) const OPERATOR: Operator = Operator {
    name: "resize",
    title: "make frames larger or smaller",
    parameters: &[
        Parameter::new(
            "size",
            "a factor, or width and height",
            "0.5, 320x256, 320x or x256",
            Presence::Optional("as `width` or `height` asks"),
        ),
        Parameter::new(
            "method",
            "how pixels are made; auto is area for a side that shrinks and linear for one that grows",
            "auto|nearest|linear|cubic|area|lanczos",
            Presence::Default("auto"),
        ),
        Parameter::new(
            "width",
            "the new width",
            "pixels",
            Presence::Optional("follows from the height"),
        ),
        Parameter::new(
            "height",
            "the new height",
            "pixels",
            Presence::Optional("follows from the width"),
        ),
    ],
    examples: &[
        "resize=0.5",
        "resize=320x256",
        "resize=width:320",
        "resize=3,method:cubic",
        "resize=x20,lanczos",
        "resize=0.4,nearest",
        "resize=0.7,linear",
    ],
    notes: "Pixels are areas: the outer edges of a frame stay where they are. \
            `area` is the mean of what a new pixel covers; whole blocks are averaged exactly. \
            `linear`, `cubic` (a = -0.75) and `lanczos` (of order 4) look at the 4, 16 or 64 pixels around a point, as OpenCV does; \
            `cubic` and `lanczos` may overshoot and are clamped to the full scale. \
            Pixel sizes in the metadata follow.",
    build: |arguments| build(arguments).map(Operation::frame),
};

fn build(arguments: &Arguments<'_>) -> Result<Resize, Error> {
    let side = |name| arguments.optional_in::<u32>(name, 1..);
    let (width, height) = (side("width")?, side("height")?);
    let resize = match (arguments.text("size"), width, height) {
        (Some(size), None, None) => sized(arguments, size.trim())?,
        (Some(_), _, _) => {
            return Err(arguments.bad("size", "given twice", "a size, or a width and a height"));
        }
        (None, None, None) => {
            return Err(arguments.bad("size", "missing", "a factor, or a size such as 320x256"));
        }
        (None, width, height) => Resize::new(Target::Sides(width, height)),
    };
    let mut words = vec![("auto", None), ("area", Some(Method::Area))];
    words.extend(POINT_METHODS.map(|(word, method)| (word, Some(method))));
    Ok(match arguments.choice("method", &words)? {
        Some(method) => resize.with_method(method),
        None => resize,
    })
}

/// `0.5`, `320x256`, `320x` or `x256`.
fn sized(arguments: &Arguments<'_>, size: &str) -> Result<Resize, Error> {
    let bad = || {
        let expected = format!(
            "a factor above 0 and at most {LARGEST}, or a size such as 320x256, 320x or x256"
        );
        arguments.bad("size", format!("`{size}`"), expected)
    };
    let side = |text: &str| match text {
        "" => Ok(None),
        _ => match text.parse::<u32>() {
            Ok(side) if side > 0 => Ok(Some(side)),
            _ => Err(bad()),
        },
    };
    match size.split_once('x') {
        Some(("", "")) => Err(bad()),
        Some((width, height)) => Ok(Resize::new(Target::Sides(side(width)?, side(height)?))),
        None => {
            let factor = size.parse::<f64>().ok();
            factor
                .and_then(|factor| Resize::by(factor).ok())
                .ok_or_else(bad)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pimage_core::Color;

    #[test]
    fn sizes_follow_the_shape() {
        let check = |text: &str, expected: &str| {
            let chain: Result<crate::Step, _> = text.parse();
            let format = FrameFormat::new(641, 512, Color::Gray, SampleType::U8);
            let told = chain.and_then(|step| match step.operation() {
                Operation::Frame(transform) => transform.output_format(&format),
                _ => Ok(format),
            });
            let told = told.map_or_else(|error| error.to_string(), |format| format.to_string());
            assert_eq!(told, expected, "{text}");
        };
        check("resize=0.5", "321x256 gray uint8");
        check("resize=0.0001", "1x1 gray uint8");
        check("resize=320x", "320x256 gray uint8");
        check("resize=height:1024", "1282x1024 gray uint8");
        check("resize=width:3,height:4", "3x4 gray uint8");
        let expected = "a factor above 0 and at most 1000, or a size such as 320x256, 320x or x256";
        for wrong in ["0", "-1", "nan", "1e9", "0x3", "x", "3x-4", "threex4", "5%"] {
            check(
                &format!("resize={wrong}"),
                &format!("resize size is `{wrong}`: expected {expected}"),
            );
        }
        check(
            "resize=2,width:3",
            "resize size is given twice: expected a size, or a width and a height",
        );
        check(
            "resize=height:4294967295",
            "resize is x4294967295: expected a size that makes at least one pixel of 641x512 frames, and at most 4294967295 a side",
        );
    }
}
