//! Stored numbers to samples: as they are, or unpacked as CF has it, with what is missing as NaN.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use netcdf_reader::{NcReadable, NcType, NcVariable};
use pimage_core::{Error, Frame, Sample, SampleType};

use super::attributes::{Number, PACKING, attribute, numbers, text};

/// A type of numbers in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
}

impl Kind {
    /// The type of a variable; `None` when its values are no plain numbers.
    pub(super) const fn of(kind: &NcType) -> Option<Self> {
        Some(match kind {
            NcType::Byte => Self::I8,
            NcType::UByte => Self::U8,
            NcType::Short => Self::I16,
            NcType::UShort => Self::U16,
            NcType::Int => Self::I32,
            NcType::UInt => Self::U32,
            NcType::Int64 => Self::I64,
            NcType::UInt64 => Self::U64,
            NcType::Float => Self::F32,
            NcType::Double => Self::F64,
            _ => return None,
        })
    }

    /// The name that numpy uses.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::I8 => "int8",
            Self::U8 => "uint8",
            Self::I16 => "int16",
            Self::U16 => "uint16",
            Self::I32 => "int32",
            Self::U32 => "uint32",
            Self::I64 => "int64",
            Self::U64 => "uint64",
            Self::F32 => "float32",
            Self::F64 => "float64",
        }
    }

    /// Size of a number, bytes.
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }

    const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    /// The smallest type of samples that holds every number.
    const fn sample(self) -> SampleType {
        match self {
            Self::U8 => SampleType::U8,
            Self::I8 | Self::I16 => SampleType::I16,
            Self::U16 => SampleType::U16,
            Self::I32 => SampleType::I32,
            Self::U32 => SampleType::U32,
            Self::F32 => SampleType::F32,
            Self::I64 | Self::U64 | Self::F64 => SampleType::F64,
        }
    }
}

/// How the numbers of a variable become samples.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Packing {
    /// The type in the file.
    pub(super) kind: Kind,
    /// Whether signed whole numbers stand for unsigned ones.
    is_unsigned: bool,
    missing: Vec<Number>,
    scale: Option<Number>,
    offset: Option<Number>,
    /// The type of the samples.
    pub(super) sample: SampleType,
}

impl Packing {
    /// What the attributes of a variable of this type say.
    pub(super) fn of(variable: &NcVariable, kind: Kind) -> Self {
        let first = |name: &str| numbers(attribute(variable, name)?).first().copied();
        let (scale, offset) = (first("scale_factor"), first("add_offset"));
        let missing = ["_FillValue", "missing_value"]
            .iter()
            .filter_map(|name| attribute(variable, name))
            .flat_map(numbers)
            // Floats that are not a number are NaN as they stand.
            .filter(|number| !number.real().is_nan());
        let missing: Vec<Number> = missing.collect();
        let is_unsigned = !kind.is_float()
            && text(variable, "_Unsigned").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        let plain = if is_unsigned { unsigned(kind) } else { kind };
        let sample = match (scale, offset) {
            (None, None) if missing.is_empty() => plain.sample(),
            (None, None) if kind.is_float() || kind.bytes() > 2 => match kind {
                Kind::F32 => SampleType::F32,
                _ => SampleType::F64,
            },
            (None, None) => SampleType::F32,
            (scale, offset) => unpacked(kind, scale, offset),
        };
        Self {
            kind,
            is_unsigned,
            missing,
            scale,
            offset,
            sample,
        }
    }

    /// Whether samples are the stored numbers.
    fn is_plain(&self) -> bool {
        self.missing.is_empty() && self.scale.is_none() && self.offset.is_none()
    }

    /// In words what was packed; `None` when samples are the stored numbers.
    pub(super) fn told(&self, variable: &NcVariable) -> Option<String> {
        if self.is_plain() && !self.is_unsigned {
            return None;
        }
        let mut told = vec![self.kind.name().to_owned()];
        for name in PACKING {
            let Some(value) = attribute(variable, name) else {
                continue;
            };
            let numbers = numbers(value);
            let words = numbers.iter().map(|number| match number {
                Number::Whole(number) => number.to_string(),
                Number::Real(number, _) => number.to_string(),
            });
            let words = words.collect::<Vec<_>>().join(" ");
            told.push(format!("{name} {words}").trim_end().to_owned());
        }
        Some(told.join(", "))
    }

    /// Fills the samples of a frame from stored numbers.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for a 64-bit integer that no `F64` is.
    pub(super) fn fill<T: Stored>(&self, stored: &[T], frame: &mut Frame) -> Result<(), Error> {
        if self.is_unsigned {
            // Of the same size: one becomes the other by its bits.
            return self.fill_as(stored.iter().map(|number| number.unsigned()), frame);
        }
        self.fill_as(stored.iter().copied(), frame)
    }

    fn fill_as<T: Stored>(
        &self,
        stored: impl Iterator<Item = T>,
        frame: &mut Frame,
    ) -> Result<(), Error> {
        if self.is_plain() {
            return T::copy(stored, frame);
        }
        let missing: Vec<T> = self
            .missing
            .iter()
            .filter_map(|number| T::from_number(*number))
            .collect();
        let is_missing = |number: &T| missing.contains(number);
        if let Some(samples) = frame.samples_mut::<f32>() {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "samples are single only where these are"
            )]
            let part = |number: Option<Number>| number.map(|number| number.real() as f32);
            let (scale, offset) = (part(self.scale), part(self.offset));
            for (sample, number) in samples.iter_mut().zip(stored) {
                *sample = if is_missing(&number) {
                    f32::NAN
                } else {
                    let value = number.single();
                    let value = scale.map_or(value, |scale| value * scale);
                    offset.map_or(value, |offset| value + offset)
                };
            }
            return Ok(());
        }
        let (scale, offset) = (self.scale.map(Number::real), self.offset.map(Number::real));
        let samples = frame.samples_mut::<f64>().unwrap_or_default();
        for (sample, number) in samples.iter_mut().zip(stored) {
            *sample = if is_missing(&number) {
                f64::NAN
            } else {
                let value = number.double();
                let value = scale.map_or(value, |scale| value * scale);
                offset.map_or(value, |offset| value + offset)
            };
        }
        Ok(())
    }
}

/// The unsigned type of the same size.
const fn unsigned(kind: Kind) -> Kind {
    match kind {
        Kind::I8 => Kind::U8,
        Kind::I16 => Kind::U16,
        Kind::I32 => Kind::U32,
        Kind::I64 => Kind::U64,
        other => other,
    }
}

/// The type that xarray computes in; but doubles are never narrowed.
fn unpacked(kind: Kind, scale: Option<Number>, offset: Option<Number>) -> SampleType {
    let is_single = |number: Number| matches!(number, Number::Real(_, true));
    let is_small = kind == Kind::F32 || (!kind.is_float() && kind.bytes() <= 2);
    let is_scale_alone = offset.is_none() && scale.is_some_and(is_single);
    match (scale, offset) {
        (Some(scale), Some(offset)) if is_small && is_single(scale) && is_single(offset) => {
            SampleType::F32
        }
        _ if is_scale_alone && is_small => SampleType::F32,
        _ => SampleType::F64,
    }
}

/// A number of a file.
pub(super) trait Stored: NcReadable + Copy + PartialEq {
    /// The number of the same bits without a sign.
    type Unsigned: Stored;

    /// The same bits without a sign.
    fn unsigned(self) -> Self::Unsigned;
    /// The nearest single float.
    fn single(self) -> f32;
    /// The nearest double float.
    fn double(self) -> f64;
    /// The number that an attribute means; `None` when this type has none.
    fn from_number(number: Number) -> Option<Self>;
    /// Fills a frame of [`Kind::sample`] with the numbers as they are.
    fn copy(stored: impl Iterator<Item = Self>, frame: &mut Frame) -> Result<(), Error>;
}

fn put<T: Sample>(samples: impl Iterator<Item = T>, frame: &mut Frame) {
    let target = frame.samples_mut::<T>().unwrap_or_default();
    for (target, sample) in target.iter_mut().zip(samples) {
        *target = sample;
    }
}

/// Fills a frame with 64-bit integers; `double` is `None` for one that no float is.
fn put_wide<T: Copy + std::fmt::Display>(
    mut stored: impl Iterator<Item = T>,
    frame: &mut Frame,
    double: impl Fn(T) -> Option<f64>,
) -> Result<(), Error> {
    let target = frame.samples_mut::<f64>().unwrap_or_default();
    for target in target.iter_mut() {
        let Some(number) = stored.next() else {
            break;
        };
        *target = double(number).ok_or_else(|| {
            let reason = format!(
                "it holds the 64-bit integer {number}, which no float64 is, and frames have no wider type"
            );
            Error::unsupported("", reason)
        })?;
    }
    Ok(())
}

/// A whole number as a double; `None` when there is none that equals it.
fn exact(number: i128) -> Option<f64> {
    let magnitude = number.unsigned_abs();
    let odd = magnitude >> magnitude.trailing_zeros().min(127);
    (odd >> 53 == 0).then_some(number as f64)
}

/// The whole number that a float is.
fn whole(number: f64) -> Option<i128> {
    let is_whole = number.fract().abs() < f64::MIN_POSITIVE && number.abs() < 1e30;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "its magnitude was compared with one far within the range"
    )]
    is_whole.then_some(number as i128)
}

macro_rules! stored_whole {
    ($type:ty, $unsigned:ty, $copy:expr) => {
        impl Stored for $type {
            type Unsigned = $unsigned;

            #[expect(
                clippy::allow_attributes,
                reason = "one macro for types with and without a sign"
            )]
            #[allow(
                clippy::cast_sign_loss,
                trivial_numeric_casts,
                reason = "the bits are to be kept"
            )]
            fn unsigned(self) -> $unsigned {
                self as $unsigned
            }

            fn single(self) -> f32 {
                self as f32
            }

            fn double(self) -> f64 {
                self as f64
            }

            fn from_number(number: Number) -> Option<Self> {
                match number {
                    Number::Whole(number) => Self::try_from(number).ok().or_else(|| {
                        // A signed fill value of numbers that are meant without a sign.
                        let bits = number.checked_add(1 << (8 * size_of::<Self>()))?;
                        (number < 0).then(|| Self::try_from(bits).ok())?
                    }),
                    Number::Real(number, _) => {
                        whole(number).and_then(|whole| Self::try_from(whole).ok())
                    }
                }
            }

            fn copy(stored: impl Iterator<Item = Self>, frame: &mut Frame) -> Result<(), Error> {
                $copy(stored, frame)
            }
        }
    };
}

macro_rules! as_it_is {
    () => {
        |stored, frame: &mut Frame| {
            put(stored, frame);
            Ok(())
        }
    };
}

stored_whole!(u8, u8, as_it_is!());
stored_whole!(i16, u16, as_it_is!());
stored_whole!(u16, u16, as_it_is!());
stored_whole!(i32, u32, as_it_is!());
stored_whole!(u32, u32, as_it_is!());
stored_whole!(i8, u8, |stored: _, frame: &mut Frame| {
    put(Iterator::map(stored, i16::from), frame);
    Ok(())
});
stored_whole!(i64, u64, |stored, frame| put_wide(
    stored,
    frame,
    |number: i64| exact(i128::from(number))
));
stored_whole!(u64, u64, |stored, frame| put_wide(
    stored,
    frame,
    |number: u64| exact(i128::from(number))
));

impl Stored for f32 {
    type Unsigned = Self;

    fn unsigned(self) -> Self {
        self
    }

    fn single(self) -> f32 {
        self
    }

    fn double(self) -> f64 {
        f64::from(self)
    }

    fn from_number(number: Number) -> Option<Self> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "fill values are often written with more digits than their variable has"
        )]
        Some(number.real() as Self)
    }

    fn copy(stored: impl Iterator<Item = Self>, frame: &mut Frame) -> Result<(), Error> {
        put(stored, frame);
        Ok(())
    }
}

impl Stored for f64 {
    type Unsigned = Self;

    fn unsigned(self) -> Self {
        self
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "never asked for of doubles"
    )]
    fn single(self) -> f32 {
        self as f32
    }

    fn double(self) -> f64 {
        self
    }

    fn from_number(number: Number) -> Option<Self> {
        Some(number.real())
    }

    fn copy(stored: impl Iterator<Item = Self>, frame: &mut Frame) -> Result<(), Error> {
        put(stored, frame);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use netcdf_reader::{NcAttrValue, NcAttribute};
    use pimage_core::{Color, FrameFormat};

    use super::*;

    fn variable(attributes: &[(&str, NcAttrValue)]) -> NcVariable {
        let attributes = attributes.iter().map(|(name, value)| NcAttribute {
            name: (*name).to_owned(),
            value: value.clone(),
        });
        NcVariable {
            name: "v".to_owned(),
            dimensions: Vec::new(),
            dtype: NcType::Short,
            attributes: attributes.collect(),
            data_offset: 0,
            _data_size: 0,
            is_record_var: false,
            record_size: 0,
        }
    }

    fn filled<T: Stored>(packing: &Packing, stored: &[T]) -> Result<Frame, Error> {
        let width = u32::try_from(stored.len()).expect("is short");
        let format = FrameFormat::new(width, 1, Color::Gray, packing.sample);
        let mut frame = Frame::zeroed(format);
        packing.fill(stored, &mut frame)?;
        Ok(frame)
    }

    #[test]
    fn types_are_as_wide_as_they_have_to_be() {
        let single = || NcAttrValue::Floats(vec![0.5]);
        let double = || NcAttrValue::Doubles(vec![0.5]);
        let fill = || NcAttrValue::Shorts(vec![-1]);
        let sample = |kind, attributes: &[(&str, NcAttrValue)]| {
            Packing::of(&variable(attributes), kind).sample
        };
        assert_eq!(sample(Kind::I8, &[]), SampleType::I16);
        assert_eq!(sample(Kind::U64, &[]), SampleType::F64);
        let filled = [("_FillValue", fill())];
        assert_eq!(sample(Kind::I16, &filled), SampleType::F32);
        assert_eq!(sample(Kind::I32, &filled), SampleType::F64);
        assert_eq!(sample(Kind::F32, &filled), SampleType::F32);
        let scaled = [("scale_factor", single())];
        assert_eq!(sample(Kind::I16, &scaled), SampleType::F32);
        assert_eq!(sample(Kind::I32, &scaled), SampleType::F64);
        // Doubles are not narrowed, whatever their factor is.
        assert_eq!(sample(Kind::F64, &scaled), SampleType::F64);
        let mixed = [("scale_factor", single()), ("add_offset", double())];
        assert_eq!(sample(Kind::I16, &mixed), SampleType::F64);
    }

    #[test]
    fn bytes_without_a_sign_are_unpacked_as_such() {
        let attributes = [
            ("_Unsigned", NcAttrValue::Chars("true".to_owned())),
            ("_FillValue", NcAttrValue::Bytes(vec![-1])),
            ("scale_factor", NcAttrValue::Floats(vec![2.0])),
        ];
        let packing = Packing::of(&variable(&attributes), Kind::I8);
        let frame = filled(&packing, &[0i8, 127, -128, -1]).expect("fills");
        let samples = frame.samples::<f32>().expect("is float32");
        let (last, first) = samples.split_last().expect("has four");
        assert_eq!(first, [0.0, 254.0, 256.0]);
        assert!(last.is_nan());
    }

    #[test]
    fn wide_integers_are_exact_or_an_error() {
        let packing = Packing::of(&variable(&[]), Kind::I64);
        let frame = filled(&packing, &[i64::MIN, 1 << 60, -3]).expect("fills");
        let expected = [
            -9_223_372_036_854_775_808.0,
            1_152_921_504_606_846_976.0,
            -3.0,
        ];
        assert_eq!(frame.samples::<f64>(), Some(&expected[..]));
        let error = filled(&packing, &[(1i64 << 53) + 1]).expect_err("is not exact");
        assert!(error.to_string().contains("9007199254740993"), "{error}");
    }
}
