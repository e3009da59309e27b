//! Operations on single samples of 8 or 16 bits, tabulated.

use std::sync::Arc;

use crate::{Color, Error, Frame, FrameFormat, Limits, Sample, SampleType, write_colors};

/// What a [`Table`] holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entries {
    /// Results of 8 bits.
    U8(Arc<[u8]>),
    /// Results of 16 bits.
    U16(Arc<[u16]>),
}

/// The result for every value that a sample of 8 or 16 bits can have.
///
/// One result for a value keeps the colour; three or four make colour of gray. Opacity is left alone,
/// but where the results have another full scale, full opacity becomes that.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Table};
///
/// let negative = Table::of_u8(|sample| 255 - sample);
/// let halves = Table::of_u8(|sample| sample / 2);
/// let both = negative.then(&halves).expect("both are of 8 bits");
/// let mut frame = Frame::zeroed(FrameFormat::new(2, 1, Color::Gray, SampleType::U8));
/// both.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<u8>().expect("is u8"), [127, 127]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    input: SampleType,
    /// Results for each value: 1, 3 or 4.
    width: usize,
    entries: Entries,
    /// Significant bits of a result.
    bit_depth: u8,
    /// What each opacity becomes; `None` where it has the same full scale before and after.
    opacity: Option<Entries>,
}

impl Table {
    /// A table of 8-bit results for 8-bit samples.
    #[must_use]
    pub fn of_u8(function: impl Fn(u8) -> u8) -> Self {
        Self {
            input: SampleType::U8,
            width: 1,
            entries: Entries::U8((0..=u8::MAX).map(function).collect()),
            bit_depth: 8,
            opacity: None,
        }
    }

    /// A table for samples of type `input`, one entry of `width` results for each of its values in the order of their bits:
    /// those of `I16` begin with 0, and -1 is the last.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when `input` is not of 8 or 16 bits, `width` not 1, 3 or 4, or the number of results not that of the values times `width`.
    pub fn new(input: SampleType, width: usize, entries: Entries) -> Result<Self, Error> {
        let (found, bit_depth) = match &entries {
            Entries::U8(entries) => (entries.len(), 8),
            Entries::U16(entries) => (entries.len(), 16),
        };
        let is_narrow = matches!(input, SampleType::U8 | SampleType::U16 | SampleType::I16);
        let expected = if is_narrow { width << input.bits() } else { 0 };
        if !is_narrow || !matches!(width, 1 | 3 | 4) || found != expected {
            return Err(Error::bad_option(
                "a table",
                format!("{found} results for {input}, {width} a value"),
                "1, 3 or 4 results for each value of uint8, uint16 or int16",
            ));
        }
        let table = Self {
            input,
            width,
            entries,
            bit_depth,
            opacity: None,
        };
        Ok(table.with_bit_depths(input.bits(), bit_depth))
    }

    /// The same table for samples of `input` significant bits, and with results of `output`: full opacity stays full opacity.
    #[must_use]
    pub fn with_bit_depths(mut self, input: u8, output: u8) -> Self {
        let top = |sample, bits| {
            let format = FrameFormat::new(1, 1, Color::GrayAlpha, sample).with_bit_depth(bits);
            (format.bit_depth, format.full_scale())
        };
        let (_, before) = top(self.input, input);
        let (bit_depth, after) = top(self.output(), output);
        let is_kept = self.input == self.output() && input == bit_depth;
        self.bit_depth = bit_depth;
        let values = 0..1u32 << self.input.bits();
        let opacity = |bits: u32| {
            let value = match self.input {
                SampleType::I16 => f64::from(bits as u16 as i16),
                _ => f64::from(bits),
            };
            (value * after / before).clamp(0.0, after)
        };
        self.opacity = (!is_kept).then(|| match self.entries {
            Entries::U8(_) => Entries::U8(values.map(|bits| u8::from_f64(opacity(bits))).collect()),
            Entries::U16(_) => {
                Entries::U16(values.map(|bits| u16::from_f64(opacity(bits))).collect())
            }
        });
        self
    }

    /// The type of the samples that are looked up.
    #[must_use]
    pub const fn input(&self) -> SampleType {
        self.input
    }

    /// The type of the results.
    #[must_use]
    pub const fn output(&self) -> SampleType {
        match self.entries {
            Entries::U8(_) => SampleType::U8,
            Entries::U16(_) => SampleType::U16,
        }
    }

    /// The results, those of one value together.
    #[must_use]
    pub const fn entries(&self) -> &Entries {
        &self.entries
    }

    /// The table that does what this one and then `next` does; `None` when `next` takes other samples, or makes colour of what is colour already.
    #[must_use]
    pub fn then(&self, next: &Self) -> Option<Self> {
        if next.input != self.output() || (self.width > 1 && next.width > 1) {
            return None;
        }
        let entries = match (&self.entries, &next.entries) {
            (Entries::U8(first), Entries::U8(second)) => {
                Entries::U8(self.composed(first, second, next, u8::opacity_u8))
            }
            (Entries::U8(first), Entries::U16(second)) => {
                Entries::U16(self.composed(first, second, next, u8::opacity_u16))
            }
            (Entries::U16(first), Entries::U16(second)) => {
                Entries::U16(self.composed(first, second, next, u16::opacity_u16))
            }
            (Entries::U16(first), Entries::U8(second)) => {
                Entries::U8(self.composed(first, second, next, u16::opacity_u8))
            }
        };
        let opacity = match (&self.opacity, &next.opacity) {
            (opacity, None) | (None, opacity) => opacity.clone(),
            (Some(first), Some(second)) => Some(first.then(second)),
        };
        Some(Self {
            input: self.input,
            width: self.width * next.width,
            entries,
            bit_depth: next.bit_depth,
            opacity,
        })
    }

    /// Looks the results of this table up in `second`, the entries of `next`.
    fn composed<A: Index, B: Copy + Default>(
        &self,
        first: &[A],
        second: &[B],
        next: &Self,
        opacity: impl Fn(A, Option<&Entries>) -> B,
    ) -> Arc<[B]> {
        let mut results = Vec::with_capacity(first.len() * next.width);
        for (place, value) in first.iter().enumerate() {
            // The fourth result is the opacity, which is no intensity to `next`.
            if self.width == 4 && place % 4 == 3 {
                results.push(opacity(*value, next.opacity.as_ref()));
                continue;
            }
            let start = value.index() * next.width;
            let found = second.get(start..start + next.width).unwrap_or_default();
            results.extend_from_slice(found);
        }
        results.into()
    }

    /// The format that becomes of frames of `input`.
    ///
    /// # Errors
    ///
    /// [`Error::CannotHold`] when the samples are of another type, or colour where the table makes colour.
    pub fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        let color = match (self.width, input.color) {
            (1, color) => Some(color),
            (3, Color::Gray) => Some(Color::Rgb),
            (3, Color::GrayAlpha) | (4, Color::Gray) => Some(Color::Rgba),
            _ => None,
        };
        match color {
            Some(color) if input.sample == self.input => {
                let format = FrameFormat::new(input.width, input.height, color, self.output());
                Ok(format.with_bit_depth(self.bit_depth))
            }
            _ => Err(Error::CannotHold {
                target: format!("a table for {}", self.input),
                format: *input,
                hint: "it is made for another format".to_owned(),
            }),
        }
    }

    /// Replaces each sample of `frame` by its result; `spare` is memory as in [`Transform::apply`](crate::Transform::apply).
    ///
    /// # Errors
    ///
    /// As [`Table::output_format`].
    pub fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let output = self.output_format(frame.format())?;
        if self.replaces(frame) {
            frame.set_bit_depth(self.bit_depth);
            return Ok(());
        }
        // No larger than what the frame's own format allows, but for the channels and the width of a sample.
        spare.reset(&output, &Limits::none())?;
        match self.input {
            SampleType::U8 => self.fill(frame.samples::<u8>().unwrap_or_default(), frame, spare),
            SampleType::U16 => self.fill(frame.samples::<u16>().unwrap_or_default(), frame, spare),
            _ => {
                // The order of the bits of i16 is that of u16.
                let samples = frame.samples::<i16>().unwrap_or_default();
                self.fill(bytemuck::cast_slice::<i16, u16>(samples), frame, spare);
            }
        }
        spare.stamp = frame.stamp.clone();
        std::mem::swap(frame, spare);
        Ok(())
    }

    /// Replaces the samples where they are, when the results are of their type; false when nothing was done.
    fn replaces(&self, frame: &mut Frame) -> bool {
        if self.width != 1 || self.opacity.is_some() {
            return false;
        }
        let color = frame.format().color;
        match (self.input, &self.entries) {
            (SampleType::U8, Entries::U8(entries)) => match entries.first_chunk::<256>() {
                Some(entries) => {
                    let samples = frame.samples_mut::<u8>().unwrap_or_default();
                    match color.has_alpha() {
                        true => replace(samples, color, |sample| entries[usize::from(sample)]),
                        false => replace_u8(samples, entries),
                    }
                    true
                }
                None => false,
            },
            (SampleType::U16, Entries::U16(entries)) => match entries.first_chunk::<65_536>() {
                Some(entries) => {
                    let samples = frame.samples_mut::<u16>().unwrap_or_default();
                    replace(samples, color, |sample| entries[usize::from(sample)]);
                    true
                }
                None => false,
            },
            _ => false,
        }
    }

    fn fill<A: Index>(&self, input: &[A], frame: &Frame, output: &mut Frame) {
        let color = frame.format().color;
        match &self.entries {
            Entries::U8(entries) if self.width > 1 && color == Color::Gray => {
                let output = output.samples_mut::<u8>().unwrap_or_default();
                self.look_up_colors(input, entries, output);
            }
            Entries::U8(entries) => {
                let output = output.samples_mut::<u8>().unwrap_or_default();
                let opacity = self.opacity.as_ref();
                self.look_up(input, color, entries, output, |value: A| {
                    value.opacity_u8(opacity)
                });
            }
            Entries::U16(entries) => {
                let output = output.samples_mut::<u16>().unwrap_or_default();
                let opacity = self.opacity.as_ref();
                self.look_up(input, color, entries, output, |value: A| {
                    value.opacity_u16(opacity)
                });
            }
        }
    }

    /// Three or four 8-bit results for each gray sample, read as words.
    fn look_up_colors<A: Index>(&self, input: &[A], entries: &[u8], output: &mut [u8]) {
        let width = self.width;
        let word = |value: usize| {
            let start = value * width;
            match entries.get(start..start + 4) {
                Some(&[red, green, blue, more]) => u32::from_le_bytes([red, green, blue, more]),
                // The last of three results.
                _ => match entries.get(start..) {
                    Some(&[red, green, blue]) => u32::from_le_bytes([red, green, blue, 0]),
                    _ => 0,
                },
            }
        };
        if A::TYPE == SampleType::U8 {
            let words: [u32; 256] = std::array::from_fn(word);
            write_colors(input, output, width, |value: A| words[value.index() % 256]);
        } else {
            write_colors(input, output, width, |value: A| word(value.index()));
        }
    }

    fn look_up<A: Index, B: Copy + Default>(
        &self,
        input: &[A],
        color: Color,
        entries: &[B],
        output: &mut [B],
        alpha: impl Fn(A) -> B,
    ) {
        let one = |value: A| entries.get(value.index()).copied().unwrap_or_default();
        match (self.width, color) {
            (1, Color::Gray | Color::Rgb) => {
                for (value, result) in input.iter().zip(output) {
                    *result = one(*value);
                }
            }
            (1, _) => {
                let channels = color.channels();
                let pixels = input.chunks_exact(channels);
                for (pixel, result) in pixels.zip(output.chunks_exact_mut(channels)) {
                    for (value, result) in pixel.iter().zip(result.iter_mut()) {
                        *result = one(*value);
                    }
                    if let ([.., value], [.., result]) = (pixel, result) {
                        *result = alpha(*value);
                    }
                }
            }
            (width, Color::Gray) => {
                for (value, result) in input.iter().zip(output.chunks_exact_mut(width)) {
                    let start = value.index() * width;
                    if let Some(found) = entries.get(start..start + width) {
                        result.copy_from_slice(found);
                    }
                }
            }
            (width, _) => {
                let pixels = input.chunks_exact(2);
                for (pixel, result) in pixels.zip(output.chunks_exact_mut(width + 1)) {
                    if let ([value, opacity], [result @ .., last]) = (pixel, result)
                        && let Some(found) =
                            entries.get(value.index() * width..(value.index() + 1) * width)
                    {
                        result.copy_from_slice(found);
                        *last = alpha(*opacity);
                    }
                }
            }
        }
    }
}

/// Replaces all samples but the opacities.
fn replace<T: Copy>(samples: &mut [T], color: Color, result: impl Fn(T) -> T) {
    if !color.has_alpha() {
        for sample in samples {
            *sample = result(*sample);
        }
        return;
    }
    for pixel in samples.chunks_exact_mut(color.channels()) {
        if let [intensities @ .., _] = pixel {
            for sample in intensities {
                *sample = result(*sample);
            }
        }
    }
}

/// Replaces all samples, eight of which are read as one word: a third less time than one by one.
fn replace_u8(samples: &mut [u8], entries: &[u8; 256]) {
    let (words, rest) = samples.as_chunks_mut::<8>();
    for results in words {
        let word = u64::from_le_bytes(*results);
        for (place, result) in results.iter_mut().enumerate() {
            *result = entries[usize::from((word >> (8 * place)) as u8)];
        }
    }
    for sample in rest {
        *sample = entries[usize::from(*sample)];
    }
}

impl Entries {
    /// What becomes of each value after `next`, too.
    fn then(&self, next: &Self) -> Self {
        let (first, second) = (self, Some(next));
        match (first, next) {
            (Self::U8(first), Self::U8(_)) => {
                Self::U8(first.iter().map(|value| value.opacity_u8(second)).collect())
            }
            (Self::U8(first), Self::U16(_)) => Self::U16(
                first
                    .iter()
                    .map(|value| value.opacity_u16(second))
                    .collect(),
            ),
            (Self::U16(first), Self::U8(_)) => {
                Self::U8(first.iter().map(|value| value.opacity_u8(second)).collect())
            }
            (Self::U16(first), Self::U16(_)) => Self::U16(
                first
                    .iter()
                    .map(|value| value.opacity_u16(second))
                    .collect(),
            ),
        }
    }
}

/// A sample that is looked up.
trait Index: Sample {
    /// Which entry.
    fn index(self) -> usize;

    /// What it becomes as an opacity of 8 bits: looked up, or as it is.
    fn opacity_u8(self, opacity: Option<&Entries>) -> u8 {
        match opacity {
            Some(Entries::U8(entries)) => entries.get(self.index()).copied().unwrap_or(0),
            _ => self.index() as u8,
        }
    }

    /// What it becomes as an opacity of 16 bits: looked up, or as it is.
    fn opacity_u16(self, opacity: Option<&Entries>) -> u16 {
        match opacity {
            Some(Entries::U16(entries)) => entries.get(self.index()).copied().unwrap_or(0),
            _ => self.index() as u16,
        }
    }
}

impl Index for u8 {
    fn index(self) -> usize {
        usize::from(self)
    }
}

impl Index for u16 {
    fn index(self) -> usize {
        usize::from(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(color: Color, samples: &[u8]) -> Frame {
        let width = (samples.len() / color.channels()) as u32;
        let mut frame = Frame::zeroed(FrameFormat::new(width, 1, color, SampleType::U8));
        frame.bytes_mut().copy_from_slice(samples);
        frame
    }

    fn applied(table: &Table, mut frame: Frame) -> Frame {
        let applied = table.apply(&mut frame, &mut Frame::empty());
        applied.expect("the table fits the frame");
        frame
    }

    fn wide(width: usize) -> Table {
        let entries = (0..256 * width).map(|place| (place % 251) as u16 * 256);
        let table = Table::new(SampleType::U8, width, Entries::U16(entries.collect()));
        table.expect("is a table")
    }

    #[test]
    fn opacity_is_left_alone() {
        let negative = Table::of_u8(|sample| !sample);
        let result = applied(&negative, frame(Color::Rgba, &[1, 2, 3, 4]));
        assert_eq!(result.bytes(), [254, 253, 252, 4]);
        let result = applied(&wide(1), frame(Color::GrayAlpha, &[9, 255]));
        assert_eq!(result.samples::<u16>().expect("is u16"), [9 * 256, 65_535]);
        let result = applied(&wide(3), frame(Color::GrayAlpha, &[1, 128]));
        let expected = [3 * 256, 4 * 256, 5 * 256, 128 * 257];
        assert_eq!(result.samples::<u16>().expect("is u16"), expected);
        assert_eq!(result.format().color, Color::Rgba);
    }

    #[test]
    fn any_number_of_samples_is_replaced() {
        let negative = Table::of_u8(|sample| !sample);
        for len in 0..20u8 {
            let samples: Vec<u8> = (100..100 + len).collect();
            let expected: Vec<u8> = samples.iter().map(|sample| !sample).collect();
            let found = applied(&negative, frame(Color::Gray, &samples));
            assert_eq!(found.bytes(), expected);
        }
    }

    #[test]
    fn words_give_the_same_colours_as_bytes() {
        for (input, width) in [
            (SampleType::U8, 3),
            (SampleType::U16, 3),
            (SampleType::U16, 4),
        ] {
            let entries: Vec<u8> = (0..width << input.bits())
                .map(|at| (at % 251) as u8)
                .collect();
            let table = Table::new(input, width, Entries::U8(entries.clone().into()));
            let mut frame = Frame::zeroed(FrameFormat::new(7, 1, Color::Gray, input));
            let values = [0u16, 1, 255, 2, 254, 65_535, 65_534];
            let values = values.map(|value| {
                if input == SampleType::U8 {
                    value % 256
                } else {
                    value
                }
            });
            for (at, value) in values.iter().enumerate() {
                match frame.samples_mut::<u8>() {
                    Some(samples) => samples[at] = *value as u8,
                    None => frame.samples_mut::<u16>().expect("is u16")[at] = *value,
                }
            }
            let found = applied(&table.expect("is a table"), frame);
            for (value, pixel) in values.iter().zip(found.bytes().chunks_exact(width)) {
                let start = usize::from(*value) * width;
                assert_eq!(pixel, &entries[start..start + width], "{value} of {input}");
            }
        }
    }

    #[test]
    fn tables_in_a_row_are_one_table() {
        let negative = Table::of_u8(|sample| !sample);
        let narrow: Arc<[u8]> = (0..=u16::MAX).map(|value| (value >> 8) as u8).collect();
        let narrow = Table::new(SampleType::U16, 1, Entries::U8(narrow)).expect("is a table");
        for chain in [
            vec![&negative, &wide(1), &narrow],
            vec![&negative, &wide(3), &narrow],
            vec![&negative, &wide(4), &narrow, &negative],
        ] {
            let samples: Vec<u8> = (0..=255).collect();
            let mut stepwise = frame(Color::Gray, &samples);
            let mut fused: Option<Table> = None;
            for table in chain {
                stepwise = applied(table, stepwise);
                fused = match fused {
                    None => Some(table.clone()),
                    Some(first) => first.then(table),
                };
            }
            let fused = fused.expect("the tables follow each other");
            assert_eq!(applied(&fused, frame(Color::Gray, &samples)), stepwise);
        }
        assert_eq!(wide(3).then(&wide(1)), None, "16 bits into a table of 8");
    }

    #[test]
    fn full_opacity_stays_full_opacity_in_one_table_as_in_steps() {
        let deep: Arc<[u16]> = (0..=u16::MAX).map(|value| value / 2).collect();
        let deep = Table::new(SampleType::U16, 1, Entries::U16(deep)).expect("is a table");
        let deep = deep.with_bit_depths(12, 10);
        let narrow: Arc<[u8]> = (0..=u16::MAX).map(|value| (value >> 2) as u8).collect();
        let narrow = Table::new(SampleType::U16, 1, Entries::U8(narrow)).expect("is a table");
        let narrow = narrow.with_bit_depths(10, 8);
        let format = FrameFormat::new(4, 1, Color::GrayAlpha, SampleType::U16).with_bit_depth(12);
        let mut steps = Frame::zeroed(format);
        let samples = [4095, 4095, 100, 2048, 0, 0, 7, 1000];
        let pixels = steps.samples_mut::<u16>().expect("is u16");
        pixels.copy_from_slice(&samples);
        let mut fused = steps.clone();
        steps = applied(&deep, steps);
        assert_eq!(
            steps.samples::<u16>().expect("is u16"),
            [2047, 1023, 50, 512, 0, 0, 3, 250]
        );
        steps = applied(&narrow, steps);
        fused = applied(&deep.then(&narrow).expect("they follow each other"), fused);
        assert_eq!(fused, steps);
        assert_eq!(fused.bytes()[1], 255);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let colors = wide(3);
        let rgb = frame(Color::Rgb, &[1, 2, 3]);
        assert!(colors.output_format(rgb.format()).is_err());
        let entries = || Entries::U8(Arc::from([0; 256]));
        assert!(Table::new(SampleType::F32, 1, entries()).is_err());
        assert!(Table::new(SampleType::U16, 1, entries()).is_err());
        assert!(Table::new(SampleType::U8, 2, entries()).is_err());
        assert!(Table::new(SampleType::U8, 1, entries()).is_ok());
    }
}
