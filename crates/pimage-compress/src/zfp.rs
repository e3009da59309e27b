//! Floats by ZFP at a fixed accuracy, kept only where every value is as near as was promised.

use std::borrow::Cow;
use std::num::NonZeroU64;

use pimage_core::{Cancel, Error};
use zarrs::array::codec::ZfpCodec;
use zarrs::array::{
    ArrayBytes, ArrayToBytesCodecTraits, CodecOptions, DataType, FillValue, data_type,
};

use crate::header::broken;
use crate::recipe::{Work, middle};
use crate::sample::Sample;

/// The most values of a group: ZFP needs all of them in memory several times.
const MOST_VALUES: usize = 1 << 25;

/// The side of a block.
const SIDE: usize = 4;

/// How many times more values blocks may have than the array, which does not fill the last ones.
const MOST_PADDING: usize = 2;

/// Zeros behind all bits that a decoder could ask for: it looks for no end, and reads whole words.
const SPARE_BYTES: usize = 64;

/// An array as ZFP sees it.
#[derive(Debug)]
struct Chunk {
    codec: ZfpCodec,
    /// Without axes of one value, which would only be padded.
    shape: Vec<NonZeroU64>,
    data_type: DataType,
    fill: FillValue,
    blocks: usize,
}

impl Chunk {
    /// `None` for arrays and bounds that ZFP is not used for.
    fn new<S: Sample>(shape: [usize; 3], bound: f64) -> Option<Self> {
        // Below, its scales overflow.
        let (least, data_type) = match S::size() {
            _ if !S::IS_FLOAT => return None,
            4 => (1e-25, data_type::float32()),
            _ => (1e-280, data_type::float64()),
        };
        if !(bound >= least && bound.is_finite()) {
            return None;
        }
        let product = |sizes: &[usize]| {
            sizes
                .iter()
                .try_fold(1_usize, |all, &size| all.checked_mul(size))
        };
        let sizes: Vec<usize> = shape.into_iter().filter(|&size| size != 1).collect();
        let count = product(&sizes).filter(|count| (1..=MOST_VALUES).contains(count))?;
        let sides: Vec<usize> = sizes.iter().map(|size| size.div_ceil(SIDE)).collect();
        let blocks = product(&sides)?;
        let padded = blocks.checked_mul(SIDE.pow(sizes.len() as u32))?;
        if sizes.is_empty() || padded > count.checked_mul(MOST_PADDING)? {
            return None;
        }
        let shape = sizes.iter().map(|&size| NonZeroU64::new(size as u64));
        Some(Self {
            codec: ZfpCodec::new_fixed_accuracy(bound),
            shape: shape.collect::<Option<_>>()?,
            data_type,
            fill: FillValue::new(vec![0; S::size()]),
            blocks,
        })
    }

    fn encode(&self, values: Vec<u8>) -> Option<Vec<u8>> {
        let (bytes, options) = (ArrayBytes::from(values), CodecOptions::default());
        let Self {
            shape,
            data_type,
            fill,
            ..
        } = self;
        let packed = self.codec.encode(bytes, shape, data_type, fill, &options);
        Some(packed.ok()?.into_owned())
    }

    /// `None` for what no encoder makes; other bytes decode to some values.
    fn decode(&self, bytes: &[u8]) -> Option<Cow<'static, [u8]>> {
        let Self {
            shape,
            data_type,
            fill,
            ..
        } = self;
        let most = self
            .codec
            .encoded_representation(shape, data_type, fill)
            .ok()?;
        let most = usize::try_from(most.size()?).ok()?;
        // Every block takes a bit or more.
        if bytes.len() > most || bytes.len().checked_mul(8)? < self.blocks {
            return None;
        }
        let mut padded = Vec::new();
        padded.try_reserve_exact(most + SPARE_BYTES).ok()?;
        padded.extend(bytes);
        padded.resize(most + SPARE_BYTES, 0);
        let (padded, options) = (Cow::Owned(padded), CodecOptions::default());
        let values = self.codec.decode(padded, shape, data_type, fill, &options);
        values.ok()?.into_fixed().ok()
    }
}

/// The bytes of all values that are numbers; `None` where ZFP is not used or one would be off by more than the bound.
pub(crate) fn pack<S: Sample>(
    work: &Work<'_, S>,
    bound: f64,
    cancel: &Cancel,
) -> Result<Option<Vec<u8>>, Error> {
    let Some(chunk) = Chunk::new::<S>(work.shape, bound) else {
        return Ok(None);
    };
    let Some(bytes) = chunk.encode(filled(work.values)) else {
        return Ok(None);
    };
    go_on(cancel)?;
    let found = chunk.decode(&bytes);
    go_on(cancel)?;
    let is_near = |(value, found): (&S, &[u8])| {
        let value = value.to_f64();
        !value.is_finite() || (value - sample::<S>(found).to_f64()).abs() <= bound
    };
    let is_kept = found.is_some_and(|found| {
        found.len() == size_of_val(work.values)
            && work
                .values
                .iter()
                .zip(found.chunks_exact(S::size()))
                .all(is_near)
    });
    Ok(is_kept.then_some(bytes))
}

/// The same, if the middle of the group takes fewer bytes than `others` so.
pub(crate) fn pack_if_smaller<S: Sample>(
    work: &Work<'_, S>,
    bound: f64,
    others: usize,
    cancel: &Cancel,
) -> Result<Option<Vec<u8>>, Error> {
    let (values, kinds, shape) = middle(work);
    let part = Work {
        values: &values,
        kinds: &kinds,
        shape,
    };
    match pack(&part, bound, cancel)? {
        Some(bytes) if bytes.len() < others => pack(work, bound, cancel),
        _ => Ok(None),
    }
}

/// The values of such bytes, in the memory of `kept`.
///
/// # Errors
///
/// If the bytes cannot be those of this shape and bound, or `cancel` was used.
pub(crate) fn unpack<S: Sample>(
    bytes: &[u8],
    shape: [usize; 3],
    bound: f64,
    mut kept: Vec<S>,
    cancel: &Cancel,
) -> Result<Vec<S>, Error> {
    go_on(cancel)?;
    let Some(chunk) = Chunk::new::<S>(shape, bound) else {
        let found = format!("by ZFP, of shape {shape:?} within {bound}");
        return Err(broken(found, "a shape and a bound that ZFP is used for"));
    };
    let count: usize = shape.iter().product();
    let values = chunk.decode(bytes);
    let Some(values) = values.filter(|values| values.len() == count * S::size()) else {
        let found = format!("{} bytes of ZFP", bytes.len());
        return Err(broken(found, &format!("those of {count} values")));
    };
    go_on(cancel)?;
    kept.clear();
    kept.extend(values.chunks_exact(S::size()).map(sample::<S>));
    Ok(kept)
}

fn go_on(cancel: &Cancel) -> Result<(), Error> {
    if cancel.is_cancelled() {
        return Err(Error::Stopped);
    }
    Ok(())
}

/// All values as the machine has them; instead of what is not a number, the last number before it.
fn filled<S: Sample>(values: &[S]) -> Vec<u8> {
    let is_number = |value: &&S| value.to_f64().is_finite();
    let mut last = values.iter().find(is_number).copied().unwrap_or_default();
    let mut bytes = Vec::with_capacity(size_of_val(values));
    for value in values {
        if is_number(&value) {
            last = *value;
        }
        let bits = last.to_bits();
        if S::size() == 4 {
            bytes.extend((bits as u32).to_ne_bytes());
        } else {
            bytes.extend(bits.to_ne_bytes());
        }
    }
    bytes
}

/// The value of these bytes, as the machine has them.
fn sample<S: Sample>(bytes: &[u8]) -> S {
    let four = bytes.try_into().map(u32::from_ne_bytes).map(u64::from);
    let eight = || bytes.try_into().map(u64::from_ne_bytes);
    S::from_bits(four.or_else(|_| eight()).unwrap_or(0))
}
