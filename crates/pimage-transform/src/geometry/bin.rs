//! Blocks of pixels that become one.

use pimage_core::{
    Error, Frame, FrameFormat, Limits, Sample, SampleType, StreamInfo, Transform, with_sample_type,
};
use pimage_range::held_bounds;

use super::blocks::{self, Block, Blocks, Halves, chosen};
use super::metadata::{mix_filters, scale_pixels};
use crate::{Arguments, Operation, Operator, Parameter, Presence};

/// What becomes of the pixels of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinStatistic {
    /// Their mean, exact for integers, halves to even.
    Mean,
    /// Their sum, in the next type that holds it; the bit depth grows by the bits that the number of pixels needs.
    Sum,
    /// Their sum in the same type; what is over the full scale becomes the full scale (floats have none).
    SaturatingSum,
    /// The greatest.
    Max,
    /// The least.
    Min,
    /// The middle one; of an even number, the mean of the two in the middle, halves to even.
    Median,
}

/// Makes one pixel of each block of pixels, as binning in a camera does.
///
/// Blocks at the right and at the bottom that are not whole are made of what is there, unless [`Bin::dropping_rest`] leaves them out.
/// A block with a NaN in it is NaN. Opacity is binned like the other channels.
/// Sums are vectorised loops of their own over integers: a pass down the columns, then one along the rows,
/// as fast as OpenCV's area method on blocks of 2x2 and two to four times as fast on others.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::{Bin, BinStatistic};
///
/// let mut frame = Frame::zeroed(FrameFormat::new(2, 2, Color::Gray, SampleType::U8));
/// frame.bytes_mut().fill(200);
/// Bin::new(2, 2, BinStatistic::Sum)?.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<u16>().expect("800 needs 16 bits"), [800]);
/// assert_eq!(frame.format().bit_depth, 10);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bin {
    width: u32,
    height: u32,
    statistic: BinStatistic,
    keeps_rest: bool,
}

impl Bin {
    /// Blocks of this width and height.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when one of them is 0.
    pub fn new(width: u32, height: u32, statistic: BinStatistic) -> Result<Self, Error> {
        if width == 0 || height == 0 {
            let found = format!("{width}x{height}");
            return Err(Error::bad_option("bin", found, "at least 1x1"));
        }
        Ok(Self {
            width,
            height,
            statistic,
            keeps_rest: true,
        })
    }

    /// The same, without the blocks at the right and at the bottom that are not whole.
    #[must_use]
    pub const fn dropping_rest(self) -> Self {
        Self {
            keeps_rest: false,
            ..self
        }
    }

    /// Type and significant bits of the sums of whole blocks of `input`.
    fn sum(&self, input: &FrameFormat) -> Result<(SampleType, u8), Error> {
        let count = u64::from(self.width) * u64::from(self.height);
        let bits = u32::from(input.bit_depth) + (u64::BITS - (count - 1).leading_zeros());
        let sample = match (input.sample, bits) {
            (SampleType::F32 | SampleType::F64, _) => return Ok((input.sample, input.bit_depth)),
            (SampleType::U8, ..=8) => SampleType::U8,
            (SampleType::U8 | SampleType::U16, ..=16) => SampleType::U16,
            (SampleType::U8 | SampleType::U16 | SampleType::U32, ..=32) => SampleType::U32,
            (SampleType::I16, ..=16) => SampleType::I16,
            (SampleType::I16 | SampleType::I32, ..=32) => SampleType::I32,
            _ => {
                return Err(Error::CannotHold {
                    target: format!("the sum of blocks of {}x{}", self.width, self.height),
                    format: *input,
                    hint: format!(
                        "it needs {bits} bits and there are 32; use mean or saturating-sum"
                    ),
                });
            }
        };
        // At most 32, which the arms above see to.
        Ok((sample, bits as u8))
    }

    /// Calls `work` on the samples of both frames.
    fn fold<T: Sample, O: Sample>(
        &self,
        frame: &Frame,
        spare: &mut Frame,
        work: impl FnOnce(Blocks<'_, T>, &mut [O]),
    ) {
        let blocks = Blocks {
            samples: frame.samples::<T>().unwrap_or_default(),
            width: frame.format().width as usize,
            channels: frame.format().color.channels(),
            block: (self.width as usize, self.height as usize),
            columns: spare.format().width as usize,
        };
        work(blocks, spare.samples_mut::<O>().unwrap_or_default());
    }

    fn compute<T: Block>(&self, frame: &Frame, spare: &mut Frame) {
        let format = *spare.format();
        match self.statistic {
            BinStatistic::Mean => self.fold(frame, spare, |blocks: Blocks<'_, T>, output| {
                blocks::mean(blocks, Halves::ToEven, output);
            }),
            BinStatistic::Sum | BinStatistic::SaturatingSum => {
                let sample = format.sample;
                with_sample_type!(sample, O => self.sums::<T, O>(frame, spare));
            }
            BinStatistic::Max => self.extreme::<T>(frame, spare, |best, other| other > best),
            BinStatistic::Min => self.extreme::<T>(frame, spare, |best, other| other < best),
            BinStatistic::Median => self.fold(frame, spare, median::<T>),
        }
    }

    /// The sums of blocks, within the full scale of integers.
    fn sums<T: Block, O: Sample>(&self, frame: &Frame, spare: &mut Frame) {
        let format = *spare.format();
        let (low, high) = held_bounds(&format);
        let row = format.width as usize * format.color.channels();
        self.fold(frame, spare, |blocks: Blocks<'_, T>, output: &mut [O]| {
            let mut results = output.chunks_exact_mut(row.max(1));
            T::totals(blocks, |_, totals, _| {
                for (result, total) in results.next().unwrap_or_default().iter_mut().zip(totals) {
                    *result = O::from_f64(total.clamp(low, high));
                }
            });
        });
    }

    /// The one sample of a block that is `better` than all others, or the NaN among them.
    fn extreme<T: Block>(
        &self,
        frame: &Frame,
        spare: &mut Frame,
        better: impl Fn(T, T) -> bool + Copy,
    ) {
        self.fold(frame, spare, |blocks: Blocks<'_, T>, output: &mut [T]| {
            chosen(blocks, output, |best, other| {
                // Only NaN differs from itself.
                let is_nan = other.partial_cmp(&other).is_none();
                if is_nan || better(best, other) {
                    other
                } else {
                    best
                }
            });
        });
    }
}

/// The medians of blocks.
fn median<T: Sample>(blocks: Blocks<'_, T>, output: &mut [T]) {
    let Blocks {
        samples,
        width,
        channels,
        block,
        columns,
    } = blocks;
    let row = width * channels;
    if row == 0 || columns == 0 {
        return;
    }
    let mut members = Vec::new();
    let bands = samples.chunks(block.1.saturating_mul(row));
    for (band, results) in bands.zip(output.chunks_exact_mut(columns * channels)) {
        for (place, result) in results.iter_mut().enumerate() {
            let (column, channel) = (place / channels, place % channels);
            members.clear();
            for line in band.chunks_exact(row) {
                let first = column.saturating_mul(block.0).saturating_mul(channels);
                let pixels = line.get(first..).unwrap_or_default().chunks_exact(channels);
                let pixels = pixels.take(block.0);
                members.extend(
                    pixels
                        .filter_map(|pixel| pixel.get(channel))
                        .map(|sample| sample.to_f64()),
                );
            }
            *result = T::from_f64(middle(&mut members));
        }
    }
}

/// The median of numbers, of which there is at least one; NaN when one of them is.
fn middle(members: &mut [f64]) -> f64 {
    if members.is_empty() || members.iter().any(|member| member.is_nan()) {
        return f64::NAN;
    }
    let half = members.len() / 2;
    let (below, upper, _) = members.select_nth_unstable_by(half, f64::total_cmp);
    let upper = *upper;
    let lower = below.iter().copied().reduce(f64::max);
    match lower {
        Some(lower) if below.len() * 2 == members.len() => (lower + upper) / 2.0,
        _ => upper,
    }
}

impl Transform for Bin {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        let sides = match self.keeps_rest {
            true => (
                input.width.div_ceil(self.width),
                input.height.div_ceil(self.height),
            ),
            false => (input.width / self.width, input.height / self.height),
        };
        if (sides.0 == 0 && input.width > 0) || (sides.1 == 0 && input.height > 0) {
            return Err(Error::bad_option(
                "bin",
                format!("{}x{} without a rest", self.width, self.height),
                format!("a block of {}x{} frames", input.width, input.height),
            ));
        }
        let (sample, bit_depth) = match self.statistic {
            BinStatistic::Sum => self.sum(input)?,
            _ => (input.sample, input.bit_depth),
        };
        Ok(FrameFormat::new(sides.0, sides.1, input.color, sample).with_bit_depth(bit_depth))
    }

    fn output_info(&self, input: &StreamInfo) -> Result<StreamInfo, Error> {
        let mut info = input.reformatted(self.output_format(&input.format)?);
        if (self.width, self.height) != (1, 1) {
            scale_pixels(&mut info, f64::from(self.width), f64::from(self.height));
            mix_filters(&mut info);
        }
        Ok(info)
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let input = *frame.format();
        let output = self.output_format(&input)?;
        if (self.width, self.height) == (1, 1) {
            return Ok(());
        }
        spare.reset(&output, &Limits::none())?;
        with_sample_type!(input.sample, T => self.compute::<T>(frame, spare));
        spare.stamp = frame.stamp.clone();
        std::mem::swap(frame, spare);
        Ok(())
    }
}

/// `bin`.
pub(super) const OPERATOR: Operator = Operator {
    name: "bin",
    title: "make one pixel of each block of pixels",
    parameters: &[
        Parameter::new(
            "block",
            "width and height of a block",
            "pixels, such as 2 or 4x2",
            Presence::Default("2x2"),
        ),
        Parameter::new(
            "statistic",
            "what becomes of a block; sum goes to a wider type, saturating-sum keeps the type",
            "mean|sum|saturating-sum|max|min|median",
            Presence::Default("mean"),
        ),
        Parameter::new(
            "rest",
            "blocks at the right and at the bottom that are not whole: made of what is there, or left out",
            "keep|drop",
            Presence::Default("keep"),
        ),
    ],
    examples: &[
        "bin=2x2",
        "bin=4,sum",
        "bin=3x2,saturating-sum",
        "bin=2,max",
        "bin=3,rest:drop",
        "bin=2x3,median",
    ],
    notes: "Means are exact and rounded halves to even; sums widen the type and the bit depth so that none is clipped. \
            A block with a NaN is NaN. Pixel sizes in the metadata follow.",
    build: |arguments| build(arguments).map(Operation::frame),
};

fn build(arguments: &Arguments<'_>) -> Result<Bin, Error> {
    let (width, height) = arguments.pair("block", 1..=u32::MAX)?;
    let words = [
        ("mean", BinStatistic::Mean),
        ("sum", BinStatistic::Sum),
        ("saturating-sum", BinStatistic::SaturatingSum),
        ("max", BinStatistic::Max),
        ("min", BinStatistic::Min),
        ("median", BinStatistic::Median),
    ];
    let bin = Bin::new(width, height, arguments.choice("statistic", &words)?)?;
    Ok(
        match arguments.choice("rest", &[("keep", true), ("drop", false)])? {
            true => bin,
            false => bin.dropping_rest(),
        },
    )
}
