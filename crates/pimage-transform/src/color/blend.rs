//! One picture over another.

use std::cell::RefCell;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use pimage_core::{
    Color, Damage, Error, Frame, FrameFormat, FrameReader, Sample, SeekFrames, StreamInfo,
    with_sample_type,
};

use super::modes::{BlendMode, Bounds, Ratio, blend_row, composed};
use super::together::{AtEnd, Combine, Together};
use crate::vector::vectorized;
use crate::{Adapt, Arguments, Operation, Operator, Parameter, Presence, Surroundings};

/// Lays a picture over frames, in one of fifteen modes.
///
/// The frame keeps its size, type and colour. The layer may be of any other: its full scale becomes that of the frame, gray is repeated over colour, and
/// colour over gray counts by its luma (Rec. 709). Where it reaches beyond the frame it is cut, and where it does not reach the frame stays.
///
/// The opacities of both count, as does [`Blend::with_opacity`]: `normal` composes as usual (Porter and Duff's "over", neither is premultiplied),
/// all other modes show by the smaller of the two and leave the frame's opacity alone. Where the layer is wholly transparent the frame stays to the bit.
///
/// Computed in double precision and rounded once, halves to even; integers are clamped to the full scale of their depth, floats are not clamped,
/// and a float that is not a number, of the frame or of a layer that shows, makes the result so.
///
/// ```
/// use ndarray::array;
/// use pimage_core::{Color, Frame};
/// use pimage_transform::{Blend, BlendMode};
///
/// let mut frame = Frame::from_array(array![[[100u8], [100]]], Color::Gray)?;
/// let layer = Frame::from_array(array![[[200u8, 255]]], Color::GrayAlpha)?;
/// Blend::new(BlendMode::Normal).with_opacity(0.25)?.at(1, 0).apply(&mut frame, &layer)?;
/// assert_eq!(frame.samples::<u8>().expect("is u8"), [100, 125]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blend {
    mode: BlendMode,
    opacity: f64,
    x: i64,
    y: i64,
}

impl Blend {
    /// A layer that covers the frame from its upper left pixel on.
    #[must_use]
    pub const fn new(mode: BlendMode) -> Self {
        Self {
            mode,
            opacity: 1.0,
            x: 0,
            y: 0,
        }
    }

    /// How much of the layer shows: from 0, nothing, to 1.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when it is outside of that.
    pub fn with_opacity(mut self, opacity: f64) -> Result<Self, Error> {
        if !(0.0..=1.0).contains(&opacity) {
            return Err(Error::bad_option(
                "blend opacity",
                opacity.to_string(),
                "0 to 1",
            ));
        }
        self.opacity = opacity;
        Ok(self)
    }

    /// Where the layer's upper left pixel comes to lie, which may be outside of the frame.
    #[must_use]
    pub const fn at(mut self, x: i64, y: i64) -> Self {
        self.x = x;
        self.y = y;
        self
    }

    /// Lays `layer` over `frame`.
    ///
    /// # Errors
    ///
    /// None so far.
    pub fn apply(&self, frame: &mut Frame, layer: &Frame) -> Result<(), Error> {
        let mut lines = SCRATCH.take();
        lines.lay(self, frame, layer);
        SCRATCH.replace(lines);
        Ok(())
    }

    /// Columns or rows of the frame that a layer covers, and its first one there.
    fn overlap(at: i64, layer: u32, frame: u32) -> (usize, usize, usize) {
        let start = at.max(0);
        let end = at.saturating_add(i64::from(layer)).min(i64::from(frame));
        let length = end.saturating_sub(start).max(0);
        (
            start as usize,
            length as usize,
            start.saturating_sub(at) as usize,
        )
    }

    /// Whether a layer covers any pixel of a frame.
    fn touches(&self, layer: &FrameFormat, frame: &FrameFormat) -> bool {
        let columns = Self::overlap(self.x, layer.width, frame.width);
        let rows = Self::overlap(self.y, layer.height, frame.height);
        columns.1 > 0 && rows.1 > 0
    }
}

thread_local! {
    static SCRATCH: RefCell<Lines> = const { RefCell::new(Lines::new()) };
}

/// A row of the frame and of the layer as numbers, intensities and opacities apart.
#[derive(Default)]
struct Lines {
    below: Vec<f64>,
    above: Vec<f64>,
    /// The share of the blended colour, for each intensity.
    ratio: Vec<f64>,
    below_alpha: Vec<f64>,
    above_alpha: Vec<f64>,
    layer_has_alpha: bool,
}

/// Where a part of each row lies in the samples of a frame.
#[derive(Clone, Copy)]
struct Line {
    stride: usize,
    start: usize,
    length: usize,
}

impl Line {
    const fn new(format: &FrameFormat, column: usize, columns: usize) -> Self {
        let channels = format.color.channels();
        Self {
            stride: format.width as usize * channels,
            start: column * channels,
            length: columns * channels,
        }
    }

    const fn place(self, row: usize) -> std::ops::Range<usize> {
        let start = row * self.stride + self.start;
        start..start + self.length
    }
}

impl Lines {
    const fn new() -> Self {
        Self {
            below: Vec::new(),
            above: Vec::new(),
            ratio: Vec::new(),
            below_alpha: Vec::new(),
            above_alpha: Vec::new(),
            layer_has_alpha: false,
        }
    }

    /// Memory for rows of this many pixels.
    fn reserve(&mut self, columns: usize, format: &FrameFormat) {
        let intensities = columns * format.color.intensities();
        for row in [&mut self.below, &mut self.above, &mut self.ratio] {
            row.resize(intensities, 0.0);
        }
        for row in [&mut self.below_alpha, &mut self.above_alpha] {
            row.clear();
            row.resize(columns, 1.0);
        }
    }

    /// Lays `layer` over `frame`, row by row.
    fn lay(&mut self, blend: &Blend, frame: &mut Frame, layer: &Frame) {
        let (format, above) = (*frame.format(), *layer.format());
        let (column, columns, layer_column) = Blend::overlap(blend.x, above.width, format.width);
        let (row, rows, layer_row) = Blend::overlap(blend.y, above.height, format.height);
        if columns == 0 {
            return;
        }
        self.reserve(columns, &format);
        let line = Line::new(&format, column, columns);
        let layer_line = Line::new(&above, layer_column, columns);
        for y in 0..rows {
            with_sample_type!(above.sample, T => {
                let samples = layer.samples::<T>().unwrap_or_default();
                let samples = samples.get(layer_line.place(layer_row + y)).unwrap_or_default();
                self.read_layer(samples, &format, &above);
            });
            with_sample_type!(format.sample, T => {
                let samples = frame.samples_mut::<T>().unwrap_or_default();
                let samples = samples.get_mut(line.place(row + y)).unwrap_or_default();
                self.blend(blend, samples, &format);
            });
        }
    }

    /// Blends a row with that of the layer, which was read.
    fn blend<T: Sample>(&mut self, blend: &Blend, samples: &mut [T], format: &FrameFormat) {
        let channels = format.color.channels();
        let alpha = format.color.has_alpha().then(|| format.full_scale());
        split(
            samples,
            channels,
            alpha,
            &mut self.below,
            &mut self.below_alpha,
        );
        let ratio = if alpha.is_none() && !self.layer_has_alpha {
            Ratio::Even(blend.opacity)
        } else {
            self.compose(blend, format.color);
            Ratio::Each(&self.ratio)
        };
        blend_row(
            blend.mode,
            Bounds::of(format),
            &mut self.below,
            &self.above,
            ratio,
        );
        join(samples, channels, alpha, &self.below, &self.below_alpha);
    }

    /// Reads the layer's row in levels and intensities of the frame.
    fn read_layer<L: Sample>(&mut self, above: &[L], format: &FrameFormat, layer: &FrameFormat) {
        let scale = format.full_scale() / layer.full_scale();
        let layer_full = layer.color.has_alpha().then(|| layer.full_scale());
        let channels = layer.color.channels();
        self.layer_has_alpha = layer_full.is_some();
        match (layer.color.intensities(), format.color.intensities()) {
            (1, 3) => {
                let (pixels, _) = self.above.as_chunks_mut::<3>();
                for (pixel, samples) in pixels.iter_mut().zip(above.chunks_exact(channels)) {
                    *pixel = [samples.first().map_or(0.0, |sample| sample.to_f64()); 3];
                }
            }
            (3, 1) => {
                for (gray, samples) in self.above.iter_mut().zip(above.chunks_exact(channels)) {
                    if let [red, green, blue, ..] = samples {
                        let sum =
                            2126.0 * red.to_f64() + 7152.0 * green.to_f64() + 722.0 * blue.to_f64();
                        *gray = sum / 10_000.0;
                    }
                }
            }
            _ => split(
                above,
                channels,
                layer_full,
                &mut self.above,
                &mut self.above_alpha,
            ),
        }
        if let Some(full) = layer_full {
            for (alpha, samples) in self
                .above_alpha
                .iter_mut()
                .zip(above.chunks_exact(channels))
            {
                *alpha = samples
                    .last()
                    .map_or(0.0, |sample| share(sample.to_f64(), full));
            }
        }
        // Multiplying by 1 is exact, and seldom needed.
        if format.full_scale().to_bits() != layer.full_scale().to_bits() {
            self.above.iter_mut().for_each(|value| *value *= scale);
        }
    }

    /// Computes the shares of the blended colour and the opacities that result.
    fn compose(&mut self, blend: &Blend, color: Color) {
        let has_alpha = color.has_alpha();
        let ratios = self.ratio.chunks_exact_mut(color.intensities());
        for ((below, above), ratios) in self
            .below_alpha
            .iter_mut()
            .zip(&self.above_alpha)
            .zip(ratios)
        {
            let (ratio, result) = composed(blend.mode, *below, *above, blend.opacity);
            if has_alpha {
                *below = result;
            }
            ratios.fill(ratio);
        }
    }
}

/// An opacity as a number from 0 to 1; what is no number is transparent.
#[inline(always)]
fn share(sample: f64, full: f64) -> f64 {
    let share = sample / full;
    let share = if share > 0.0 { share } else { 0.0 };
    if share < 1.0 { share } else { 1.0 }
}

/// Takes intensities and opacities of a row apart; `alpha` is the full scale of opacities, if there are any.
fn split<T: Sample>(
    samples: &[T],
    channels: usize,
    alpha: Option<f64>,
    values: &mut [f64],
    alphas: &mut [f64],
) {
    let Some(full) = alpha else {
        vectorized(
            #[inline(always)]
            || {
                for (value, sample) in values.iter_mut().zip(samples) {
                    *value = sample.to_f64();
                }
            },
        );
        return;
    };
    let pixels = samples.chunks_exact(channels);
    let values = values.chunks_exact_mut(channels - 1);
    for ((pixel, values), alpha) in pixels.zip(values).zip(alphas) {
        if let [samples @ .., opacity] = pixel {
            *alpha = share(opacity.to_f64(), full);
            for (value, sample) in values.iter_mut().zip(samples) {
                *value = sample.to_f64();
            }
        }
    }
}

/// Puts them together again.
fn join<T: Sample>(
    samples: &mut [T],
    channels: usize,
    alpha: Option<f64>,
    values: &[f64],
    alphas: &[f64],
) {
    let Some(full) = alpha else {
        vectorized(
            #[inline(always)]
            || {
                for (value, sample) in values.iter().zip(samples) {
                    *sample = T::from_f64(*value);
                }
            },
        );
        return;
    };
    let pixels = samples.chunks_exact_mut(channels);
    let values = values.chunks_exact(channels - 1);
    for ((pixel, values), alpha) in pixels.zip(values).zip(alphas) {
        if let [samples @ .., opacity] = pixel {
            // An opacity that stays is not rewritten: it may be no number.
            if share(opacity.to_f64(), full).to_bits() != alpha.to_bits() {
                *opacity = T::from_f64(alpha * full);
            }
            for (value, sample) in values.iter().zip(samples) {
                *sample = T::from_f64(*value);
            }
        }
    }
}

impl Combine for Blend {
    fn combine(&self, frame: &mut Frame, others: &[Frame], _: &mut Frame) -> Result<(), Error> {
        others.iter().try_for_each(|layer| self.apply(frame, layer))
    }
}

/// The frames of a reader, each under the frame of the same index of another one.
///
/// A still image, and any recording that is shorter, is treated as [`AtEnd`] says. It seeks when both do.
/// The layer is read ahead on a thread of its own, and frames are blended on all cores.
pub struct Blended<'a> {
    together: Together<'a>,
}

impl<'a> Blended<'a> {
    /// Lays the frames of `layer` over those of `reader`; both stand at their first frame.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when the layer lies outside of the frames, or is of another length and that is refused;
    /// [`Error::Unsupported`] when it is to be looped and cannot seek; [`Error::Io`] when a thread cannot be started.
    pub fn new(
        reader: Box<dyn FrameReader + 'a>,
        layer: Box<dyn FrameReader>,
        blend: Blend,
        at_end: AtEnd,
        surroundings: &Surroundings,
    ) -> Result<Self, Error> {
        let (below, above) = (reader.info().format, layer.info().format);
        if !blend.touches(&above, &below) {
            let found = format!("{above} at {},{}", blend.x, blend.y);
            let expected = format!(
                "a layer that covers a pixel of {}x{} frames",
                below.width, below.height
            );
            return Err(Error::bad_option("blend", found, expected));
        }
        let info = reader.info().clone();
        let together = Together::new(
            reader,
            vec![layer],
            (info, at_end),
            Arc::new(blend),
            surroundings,
        )?;
        Ok(Self { together })
    }

    fn of_file(mut self, path: PathBuf) -> Self {
        self.together = self.together.with_paths(vec![path]);
        self
    }
}

impl FrameReader for Blended<'_> {
    fn info(&self) -> &StreamInfo {
        self.together.info()
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        self.together.read_into(frame)
    }

    fn damage(&self) -> &[Damage] {
        self.together.damage()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.together.files()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        self.together.as_seek()
    }
}

impl fmt::Debug for Blended<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blended")
            .field("info", self.info())
            .finish_non_exhaustive()
    }
}

/// Blends with a recording that is opened by name.
struct BlendFile {
    path: PathBuf,
    blend: Blend,
    at_end: AtEnd,
}

impl Adapt for BlendFile {
    fn adapt<'a>(
        &self,
        reader: Box<dyn FrameReader + 'a>,
        surroundings: &Surroundings,
    ) -> Result<Box<dyn FrameReader + 'a>, Error> {
        let layer = surroundings.open(&self.path)?;
        let blended = Blended::new(reader, layer, self.blend, self.at_end, surroundings)?;
        Ok(Box::new(blended.of_file(self.path.clone())))
    }
}

/// `blend`.
pub(super) const OPERATOR: Operator = Operator {
    name: "blend",
    title: "lay an image or a recording over this one",
    parameters: &[
        Parameter::new(
            "file",
            "the layer: an image or a recording",
            "a path",
            Presence::Required,
        ),
        Parameter::new(
            "mode",
            "how the two become one",
            "normal|soft_light|lighten_only|dodge|addition|darken_only|multiply|hard_light|difference|subtract|grain_extract|grain_merge|divide|overlay|screen",
            Presence::Default("normal"),
        ),
        Parameter::new(
            "opacity",
            "how much of the layer shows",
            "0 to 1",
            Presence::Default("1"),
        ),
        Parameter::new(
            "x",
            "column at which the layer begins",
            "pixels, may be negative",
            Presence::Default("0"),
        ),
        Parameter::new(
            "y",
            "row at which the layer begins",
            "pixels, may be negative",
            Presence::Default("0"),
        ),
        Parameter::new(
            "end",
            "after the last frame of the layer: hold it, loop, stop, or refuse other lengths",
            "hold|loop|stop|refuse",
            Presence::Default("hold"),
        ),
    ],
    examples: &[
        "blend=logo.png,mode:screen,opacity:0.5",
        "blend=logo.png,x:10,y:-5",
        "blend=second.avi,difference,end:refuse",
    ],
    notes: "The modes and formulas of pImage. The layer may be of another type, size and colour: its full scale becomes that of the frames, and opacities of both count. \
            Integers are clamped to full scale, floats are not. Frames are put together by index, counted after --start and --step.",
    build: |arguments| build(arguments).map(Operation::reader),
};

fn build(arguments: &Arguments<'_>) -> Result<BlendFile, Error> {
    let ends = [
        ("hold", AtEnd::Hold),
        ("loop", AtEnd::Loop),
        ("stop", AtEnd::Stop),
        ("refuse", AtEnd::Refuse),
    ];
    let blend = Blend::new(arguments.choice("mode", &BlendMode::ALL)?)
        .with_opacity(arguments.number("opacity", 0.0..=1.0)?)?
        .at(arguments.number("x", ..)?, arguments.number("y", ..)?);
    Ok(BlendFile {
        path: PathBuf::from(arguments.value::<String>("file")?),
        blend,
        at_end: arguments.choice("end", &ends)?,
    })
}
