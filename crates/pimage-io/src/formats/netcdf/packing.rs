//! Stored numbers to samples: as they are, or unpacked as CF has it, with what is missing as NaN.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use netcdf_reader::{NcType, NcVariable};
use pimage_core::{Error, Frame, SampleType};

use super::attributes::{Number, PACKING, VALID, attribute, numbers, text};
use super::numbers::{NONE, Numbers};
use super::stored::{Stored, no_float};

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
    /// Whether the numbers stand for those of the same bits with a sign, or without one.
    is_resigned: bool,
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
        let plain = match text(variable, "_Unsigned") {
            Some(said) if said.eq_ignore_ascii_case("true") => unsigned(kind),
            Some(said) if said.eq_ignore_ascii_case("false") => signed(kind),
            _ => kind,
        };
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
            is_resigned: plain != kind,
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
        if self.is_plain() && !self.is_resigned {
            return None;
        }
        let mut told = vec![self.kind.name().to_owned()];
        for name in PACKING.iter().chain(self.hidden()) {
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

    /// The attributes, beside those of packing, that say nothing of the samples.
    pub(super) const fn hidden(&self) -> &'static [&'static str] {
        if self.is_scaled() { VALID } else { &[] }
    }

    /// Whether there is a factor or an offset.
    pub(super) const fn is_scaled(&self) -> bool {
        self.scale.is_some() || self.offset.is_some()
    }

    /// The stored numbers that stand for none.
    fn missing<T: Stored>(&self) -> Vec<T> {
        let numbers = self.missing.iter();
        numbers
            .filter_map(|number| T::from_number(*number, self.is_resigned))
            .collect()
    }

    /// A number by factor and offset.
    fn scaled(&self, number: f64) -> f64 {
        let number = self.scale.map_or(number, |scale| number * scale.real());
        self.offset.map_or(number, |offset| number + offset.real())
    }

    /// The numbers of a coordinate; `None` when some are beyond 64 bits with a sign.
    pub(super) fn numbers<T: Stored>(&self, stored: &[T]) -> Option<Numbers> {
        if self.is_resigned {
            return self.numbers_as(stored.iter().map(|number| number.resigned()));
        }
        self.numbers_as(stored.iter().copied())
    }

    fn numbers_as<T: Stored>(&self, stored: impl Iterator<Item = T>) -> Option<Numbers> {
        let missing = self.missing::<T>();
        if self.is_scaled() || self.kind.is_float() {
            let real = |number: T| {
                if missing.contains(&number) {
                    f64::NAN
                } else {
                    self.scaled(number.double())
                }
            };
            return Some(Numbers::Real(stored.map(real).collect()));
        }
        let mut has_missing = false;
        let whole = |number: T| {
            if missing.contains(&number) {
                has_missing = true;
                return Some(NONE);
            }
            number.whole()
        };
        let values = stored.map(whole).collect::<Option<_>>()?;
        Some(Numbers::Whole {
            values,
            has_missing,
        })
    }

    /// Fills the samples of a frame from stored numbers.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for a 64-bit integer that no `F64` is, unless it is scaled.
    pub(super) fn fill<T: Stored>(&self, stored: &[T], frame: &mut Frame) -> Result<(), Error> {
        if self.is_resigned {
            // Of the same size: one becomes the other by its bits.
            return self.fill_as(stored.iter().map(|number| number.resigned()), frame);
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
        let missing = self.missing::<T>();
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
        let samples = frame.samples_mut::<f64>().unwrap_or_default();
        for (sample, number) in samples.iter_mut().zip(stored) {
            *sample = if is_missing(&number) {
                f64::NAN
            } else if self.is_scaled() {
                self.scaled(number.double())
            } else {
                number.exact().ok_or_else(|| no_float(&number))?
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

/// The signed type of the same size.
const fn signed(kind: Kind) -> Kind {
    match kind {
        Kind::U8 => Kind::I8,
        Kind::U16 => Kind::I16,
        Kind::U32 => Kind::I32,
        Kind::U64 => Kind::I64,
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

    #[test]
    fn the_sign_of_stored_numbers_is_as_said() {
        let said = |said: &str| ("_Unsigned", NcAttrValue::Chars(said.to_owned()));
        let packing = Packing::of(&variable(&[said("false")]), Kind::U16);
        assert_eq!(packing.sample, SampleType::I16);
        let frame = filled(&packing, &[65_535u16, 7]).expect("fills");
        assert_eq!(frame.samples::<i16>(), Some(&[-1, 7][..]));
        // A negative fill value means the highest number only of numbers that have a sign as stored.
        let fill = ("_FillValue", NcAttrValue::Shorts(vec![-1]));
        let packing = Packing::of(&variable(std::slice::from_ref(&fill)), Kind::U16);
        let frame = filled(&packing, &[65_535u16, 7]).expect("fills");
        assert_eq!(frame.samples::<f32>(), Some(&[65_535.0, 7.0][..]));
        let packing = Packing::of(&variable(&[said("true"), fill]), Kind::I16);
        let frame = filled(&packing, &[-1i16, 7]).expect("fills");
        let samples = frame.samples::<f32>().expect("is float32");
        assert!(samples.first().is_some_and(|sample| sample.is_nan()));
    }

    #[test]
    fn wide_integers_with_a_fill_value_are_exact_or_an_error() {
        let fill = ("_FillValue", NcAttrValue::Int64s(vec![i64::MIN]));
        let packing = Packing::of(&variable(&[fill]), Kind::I64);
        let frame = filled(&packing, &[i64::MIN, 1 << 60]).expect("fills");
        let samples = frame.samples::<f64>().expect("is float64");
        assert!(samples.first().is_some_and(|sample| sample.is_nan()));
        assert!(samples.last().is_some_and(|sample| *sample > 1e18));
        let error = filled(&packing, &[(1i64 << 53) + 1]).expect_err("is not exact");
        assert!(error.to_string().contains("9007199254740993"), "{error}");
    }

    #[test]
    fn coordinates_are_unpacked_and_may_have_gaps() {
        let fill = ("_FillValue", NcAttrValue::Int64s(vec![-9]));
        let packing = Packing::of(&variable(std::slice::from_ref(&fill)), Kind::I64);
        let wide = (1i64 << 60) + 1;
        let numbers = packing.numbers(&[wide, -9]).expect("fits");
        assert_eq!(numbers.whole(0), Some(wide));
        assert_eq!((numbers.whole(1), numbers.get(1)), (None, None));
        let scale = ("scale_factor", NcAttrValue::Doubles(vec![60.0]));
        let packing = Packing::of(&variable(&[fill, scale]), Kind::I32);
        let reals = packing.numbers(&[2i32, -9]).expect("fits").reals();
        assert_eq!(reals.first(), Some(&120.0));
        assert!(reals.last().is_some_and(|real| real.is_nan()));
    }
}
