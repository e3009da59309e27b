//! Intensities looked up in a table from a file.

mod cube;
mod file;
mod npy;
mod text;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use pimage_core::{
    Color, Entries, Error, Frame, FrameFormat, Limits, Sample, SampleType, Table, Transform,
    with_sample_type,
};
use pimage_range::full_bounds;

use super::point;
use crate::{Operation, Operator, Parameter, Presence};

/// A table of results for intensities, evenly spaced from the least to the greatest; between its entries it is interpolated linearly.
///
/// The entries span what the sample type and its significant bits can hold, 0 to 1 for floats, whatever their number: 256 of them are
/// exact for 8 bits, 65,536 for 16. One column serves all channels; three are red, green and blue, and make colour of gray.
/// What is outside is clamped to the ends; what is not a number stays so.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::Lut;
///
/// let solarized = Lut::new(&[0.0, 1.0, 0.0])?;
/// let mut frame = Frame::zeroed(FrameFormat::new(3, 1, Color::Gray, SampleType::U8));
/// frame.samples_mut::<u8>().expect("is u8").copy_from_slice(&[0, 51, 255]);
/// solarized.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<u8>().expect("is u8"), [0, 102, 0]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Lut {
    /// One, or three of the same length; each of results as parts of the full range.
    columns: Vec<Vec<f64>>,
    /// Where on the full range the first and the last entry of each column are.
    domains: Vec<(f64, f64)>,
}

impl Lut {
    /// A table whose results are parts of the full range: 0 is the least value of a type, 1 the greatest.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when there are fewer than two, or one is no number.
    pub fn new(results: &[f64]) -> Result<Self, Error> {
        Self::of_columns(vec![results.to_vec()], vec![(0.0, 1.0)])
            .map_err(|found| Error::bad_option("a table", found, "at least two numbers"))
    }

    /// The table in a file: an array `.npy` of shape (N,), (N, 1) or (N, 3); a one-dimensional `.cube`;
    /// or text of numbers between spaces, commas or lines, `#` before comments, three in every line for red, green and blue.
    ///
    /// `top` is the value in the file that stands for the greatest sample. Without it, that is 1 for floats and fractions and in
    /// `.cube` files, the greatest value of unsigned arrays, and for other whole numbers the last of as many values as there are
    /// entries, or else 255 or 65,535, the first of them that is large enough.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Error::Malformed`] when it is no such table; [`Error::Unsupported`] for one of three dimensions.
    pub fn read(path: &Path, top: Option<f64>) -> Result<Self, Error> {
        file::read(path, top)
    }

    /// What is wrong with the columns is the error.
    fn of_columns(
        mut columns: Vec<Vec<f64>>,
        mut domains: Vec<(f64, f64)>,
    ) -> Result<Self, String> {
        let count = columns.first().map_or(0, Vec::len);
        if count < 2 {
            return Err(format!("of {count} entries"));
        }
        if columns.iter().flatten().any(|entry| !entry.is_finite()) {
            return Err("partly not of finite numbers".to_owned());
        }
        let is_one = |first: &Vec<f64>| columns.iter().all(|column| column == first);
        let is_one_domain = domains.windows(2).all(|pair| pair[0] == pair[1]);
        if columns.first().is_some_and(is_one) && is_one_domain {
            columns.truncate(1);
            domains.truncate(1);
        }
        Ok(Self { columns, domains })
    }

    /// The function of each column for samples of `format`.
    fn functions(&self, format: &FrameFormat) -> Vec<impl Fn(f64) -> f64 + use<'_>> {
        let (bottom, top) = full_bounds(format);
        let span = top - bottom;
        let columns = self.columns.iter().zip(&self.domains);
        let functions = columns.map(|(entries, (low, high))| {
            let last = entries.len().saturating_sub(1) as f64;
            move |value: f64| {
                let place = ((value - bottom) - low * span) * last / ((high - low) * span);
                let place = place.clamp(0.0, last);
                // Of what is not a number both are the first.
                let below = place as usize;
                let entry = |place: usize| entries.get(place).copied().unwrap_or(0.0);
                let first = entry(below);
                let next = entry((below + 1).min(entries.len() - 1));
                let part = first + (next - first) * (place - below as f64);
                part * span + bottom
            }
        });
        functions.collect()
    }

    /// Whether gray becomes colour.
    fn makes_color(&self, format: &FrameFormat) -> bool {
        self.columns.len() == 3 && format.color.intensities() == 1
    }

    fn output(&self, input: &FrameFormat) -> FrameFormat {
        let color = match (self.makes_color(input), input.color) {
            (true, Color::Gray) => Color::Rgb,
            (true, Color::GrayAlpha) => Color::Rgba,
            (_, color) => color,
        };
        FrameFormat { color, ..*input }
    }
}

impl Transform for Lut {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        Ok(self.output(input))
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let functions = self.functions(frame.format());
        if let [function] = functions.as_slice() {
            return point::apply(frame, spare, function);
        }
        let output = self.output(frame.format());
        spare.reset(&output, &Limits::none())?;
        with_sample_type!(output.sample, T => {
            let samples = frame.samples::<T>().unwrap_or_default();
            let results = spare.samples_mut::<T>().unwrap_or_default();
            fill(samples, frame.format(), results, &functions);
        });
        spare.stamp = frame.stamp.clone();
        std::mem::swap(frame, spare);
        Ok(())
    }

    fn table(&self, input: &FrameFormat) -> Option<Table> {
        let functions = self.functions(input);
        if let [function] = functions.as_slice() {
            return point::table(input, function);
        }
        if !self.makes_color(input) {
            return None;
        }
        let columns: Option<Vec<_>> = functions
            .iter()
            .map(|function| point::table(input, function))
            .collect();
        let columns = columns?;
        let columns: Vec<_> = columns.iter().map(Table::entries).collect();
        let entries = match columns.as_slice() {
            [Entries::U8(red), Entries::U8(green), Entries::U8(blue)] => {
                Entries::U8(woven(red, green, blue).collect())
            }
            [Entries::U16(red), Entries::U16(green), Entries::U16(blue)] => {
                Entries::U16(woven(red, green, blue).collect())
            }
            _ => return None,
        };
        let table = Table::new(input.sample, 3, entries).ok()?;
        Some(table.with_bit_depths(input.bit_depth, input.bit_depth))
    }
}

/// Red, green and blue in turn.
fn woven<T: Copy>(red: &[T], green: &[T], blue: &[T]) -> impl Iterator<Item = T> {
    let pixels = red.iter().zip(green).zip(blue);
    pixels.flat_map(|((red, green), blue)| [*red, *green, *blue])
}

/// Fills red, green and blue, each by its own function of its own or the only intensity; opacity is copied.
fn fill<T: Sample>(
    samples: &[T],
    format: &FrameFormat,
    results: &mut [T],
    functions: &[impl Fn(f64) -> f64],
) {
    let color = format.color;
    let channels = 3 + usize::from(color.has_alpha());
    let is_gray = color.intensities() == 1;
    // The results for 8 bits are few.
    let bytes: Option<Vec<_>> =
        (T::TYPE == SampleType::U8).then(|| functions.iter().map(bytes_of).collect());
    let pixels = samples.chunks_exact(color.channels());
    for (pixel, result) in pixels.zip(results.chunks_exact_mut(channels)) {
        for (channel, (result, function)) in result.iter_mut().zip(functions).enumerate() {
            let Some(sample) = pixel.get(if is_gray { 0 } else { channel }) else {
                continue;
            };
            let known = bytes.as_ref().and_then(|bytes| bytes.get(channel));
            let value = sample.to_f64();
            *result = match known.and_then(|known| known.get(value as usize)) {
                Some(known) => point::held(format, *known),
                None => point::held(format, function(value)),
            };
        }
        if let ([.., opacity], [.., result], true) = (pixel, result, color.has_alpha()) {
            *result = *opacity;
        }
    }
}

/// The results for each value of 8 bits, rounded and held.
fn bytes_of(function: &impl Fn(f64) -> f64) -> [f64; 256] {
    std::array::from_fn(|value| f64::from(u8::from_f64(function(value as f64))))
}

/// A table that is read when the first format is asked for, so that a chain can be parsed where its files are not.
#[derive(Debug)]
struct LutFile {
    path: PathBuf,
    top: Option<f64>,
    lut: OnceLock<Lut>,
}

impl LutFile {
    fn lut(&self) -> Result<&Lut, Error> {
        if let Some(lut) = self.lut.get() {
            return Ok(lut);
        }
        let lut = Lut::read(&self.path, self.top)?;
        Ok(self.lut.get_or_init(|| lut))
    }
}

impl Transform for LutFile {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        self.lut()?.output_format(input)
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        self.lut()?.apply(frame, spare)
    }

    fn table(&self, input: &FrameFormat) -> Option<Table> {
        // What is wrong with the file is told by the format.
        self.lut().ok()?.table(input)
    }
}

/// `lut`.
pub(super) const OPERATOR: Operator = Operator {
    name: "lut",
    title: "look intensities up in a table from a file",
    parameters: &[
        Parameter::new(
            "file",
            "the table",
            "a .npy array, a one-dimensional .cube, or text of numbers",
            Presence::Required,
        ),
        Parameter::new(
            "top",
            "the value in the file that stands for the full scale",
            "a number above 0",
            Presence::Optional("by the numbers in the file"),
        ),
    ],
    examples: &["lut=film.cube", "lut=curve.txt,top:4095", "lut=table.npy"],
    notes: "The entries are spread evenly from the least to the greatest sample (0 to 1 for floats), whatever their number, and \
        interpolated linearly: 256 are exact for 8 bits, 65,536 for 16. An array is of shape (N,), (N, 1) or (N, 3); \
        text is numbers between spaces, commas or lines, # before comments. Three in every line, or three columns, are red, green \
        and blue, and make colour of gray. The top is 1 in .cube files and for fractions, the type's greatest value for arrays of uint8 \
        and uint16, and for other whole numbers the last of as many values as there are entries, or else 255 or 65535, the first of \
        them that is large enough.",
    build: |arguments| {
        let path = PathBuf::from(arguments.text("file").unwrap_or_default());
        arguments.reads(&path);
        Ok(Operation::frame(LutFile {
            path,
            top: arguments.optional_in("top", f64::MIN_POSITIVE..)?,
            lut: OnceLock::new(),
        }))
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    fn applied<T: Sample>(lut: &Lut, color: Color, samples: &[T]) -> Frame {
        let width = (samples.len() / color.channels()) as u32;
        let mut frame = Frame::zeroed(FrameFormat::new(width, 1, color, T::TYPE));
        frame
            .samples_mut::<T>()
            .expect("is of the type")
            .copy_from_slice(samples);
        let mut looked_up = frame.clone();
        lut.apply(&mut frame, &mut Frame::empty())
            .expect("takes every format");
        if let Some(table) = lut.table(looked_up.format()) {
            table
                .apply(&mut looked_up, &mut Frame::empty())
                .expect("is of its format");
            assert_eq!(looked_up, frame);
        }
        frame
    }

    #[test]
    fn entries_are_spread_over_the_range() {
        let negative = Lut::new(&[1.0, 0.0]).expect("is a table");
        let of = |frame: Frame| frame.pixels().clone();
        let bytes = of(applied(&negative, Color::Gray, &[0u8, 100, 255]));
        assert_eq!(bytes.samples::<u8>().expect("is u8"), [255, 155, 0]);
        let signed = of(applied(&negative, Color::Gray, &[i16::MIN, 0]));
        assert_eq!(signed.samples::<i16>().expect("is i16"), [i16::MAX, -1]);
        let floats = of(applied(&negative, Color::Gray, &[0.25f32, -3.0, 7.0]));
        assert_eq!(floats.samples::<f32>().expect("is f32"), [0.75, 1.0, 0.0]);
        let nan = of(applied(&negative, Color::Gray, &[f32::NAN]));
        assert!(nan.samples::<f32>().expect("is f32")[0].is_nan());
    }

    #[test]
    fn as_many_entries_as_values_are_exact() {
        let entries: Vec<f64> = (0..256).map(|i| f64::from(i * 7 % 256) / 255.0).collect();
        let lut = Lut::new(&entries).expect("is a table");
        let all: Vec<u8> = (0..=255).collect();
        let expected: Vec<u8> = all.iter().map(|value| value.wrapping_mul(7)).collect();
        assert_eq!(applied(&lut, Color::Gray, &all).bytes(), expected);
    }

    #[test]
    fn three_columns_are_colours() {
        let columns = vec![vec![0.0, 1.0], vec![1.0, 0.0], vec![0.0, 0.0]];
        let lut = Lut::of_columns(columns, vec![(0.0, 1.0); 3]).expect("is a table");
        let frame = applied(&lut, Color::GrayAlpha, &[10u8, 7]);
        assert_eq!(frame.format().color, Color::Rgba);
        assert_eq!(frame.bytes(), [10, 245, 0, 7]);
        assert_eq!(
            applied(&lut, Color::Rgba, &[1u8, 2, 3, 4]).bytes(),
            [1, 253, 0, 4]
        );
        let frame = applied(&lut, Color::Rgb, &[0.5f64, 0.5, 0.5]);
        assert_eq!(frame.samples::<f64>().expect("is f64"), [0.5, 0.5, 0.0]);
        // Results beyond the range end at the significant bits.
        let steep = vec![vec![0.0, 2.0], vec![0.0, 1.0], vec![1.0, 1.0]];
        let steep = Lut::of_columns(steep, vec![(0.0, 1.0); 3]).expect("is a table");
        let mut nibbles =
            Frame::zeroed(FrameFormat::new(1, 1, Color::Gray, SampleType::U8).with_bit_depth(4));
        nibbles.bytes_mut().fill(12);
        let steepened = steep.apply(&mut nibbles, &mut Frame::empty());
        assert_eq!(
            steepened.map(|()| nibbles.bytes().to_vec()).ok(),
            Some(vec![15, 12, 15])
        );
        let same = vec![vec![0.0, 1.0]; 3];
        let gray = Lut::of_columns(same, vec![(0.0, 1.0); 3]).expect("is a table");
        assert_eq!(gray.columns.len(), 1);
    }
}
