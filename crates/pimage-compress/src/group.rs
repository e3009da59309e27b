//! A group of frames to bytes and back.

use pimage_core::{Cancel, Error};

use crate::header::{Header, Method, broken};
use crate::level::Scale;
use crate::mask;
use crate::plan::Plan;
use crate::recipe::{Recipe, Work, choose};
use crate::sample::Sample;
#[cfg(feature = "zfp")]
use crate::zfp;

/// The most values of a group.
pub const MOST_VALUES: usize = 1 << 27;

/// Packs the frames of one group: `values` in the order (t, y, x), none of which comes back off by more than `bound`.
///
/// The same values give the same bytes, on every machine, in builds with the same features.
/// NaN and infinities come back as they are.
///
/// ```
/// use pimage_compress::{decode_group, encode_group};
/// use pimage_core::Cancel;
///
/// let values: Vec<f32> = (0..1000).map(|i| (i as f32 * 0.1).sin()).collect();
/// let bytes = encode_group(&values, [10, 10, 10], 0.01, &Cancel::new())?;
/// let back: Vec<f32> = decode_group(&bytes, &Cancel::new())?;
/// assert!(values.iter().zip(&back).all(|(a, b)| (a - b).abs() <= 0.01));
/// assert!(bytes.len() < 1000);
/// # Ok::<(), pimage_core::Error>(())
/// ```
///
/// # Errors
///
/// If the shape is not that of the values, the bound is negative or no number, or `cancel` was used.
pub fn encode_group<S: Sample>(
    values: &[S],
    shape: [usize; 3],
    bound: f64,
    cancel: &Cancel,
) -> Result<Vec<u8>, Error> {
    encode(values, (shape, bound), pack, cancel)
}

/// The same by ZFP, even where that takes more bytes; as [`encode_group`] where ZFP does not keep the bound,
/// and for whole numbers, bounds of about 0, and shapes that do not fill its blocks.
///
/// # Errors
///
/// As [`encode_group`].
#[cfg(feature = "zfp")]
pub fn encode_group_zfp<S: Sample>(
    values: &[S],
    shape: [usize; 3],
    bound: f64,
    cancel: &Cancel,
) -> Result<Vec<u8>, Error> {
    encode(values, (shape, bound), pack_by_zfp, cancel)
}

fn encode<S: Sample>(
    values: &[S],
    (shape, bound): ([usize; 3], f64),
    pack: impl Fn(&Work<'_, S>, &mut Header, Scale, &Cancel) -> Result<Vec<u8>, Error>,
    cancel: &Cancel,
) -> Result<Vec<u8>, Error> {
    check_shape(values.len(), shape)?;
    if !(bound >= 0.0 && bound.is_finite()) {
        return Err(Error::bad_option(
            "bound",
            bound.to_string(),
            "a number from 0 on",
        ));
    }
    let kinds = mask::kinds(values);
    let mask = if kinds.is_empty() {
        Vec::new()
    } else {
        mask::encode(values, &kinds, shape)
    };
    let span = Span::of(values);
    let mut header = Header {
        method: Method::Constant,
        sample: S::CODE,
        shape,
        bound,
        is_mean: false,
        plan: 0,
        finer: 0,
        number: span.middle::<S>(),
        mask_bytes: mask.len(),
    };
    if span.is_within(header.number, bound) {
        return Ok(header.seal(&mask));
    }
    let work = Work {
        values,
        kinds: &kinds,
        shape,
    };
    let mut payload = mask;
    payload.extend(pack(&work, &mut header, span.scale::<S>(bound), cancel)?);
    if payload.len() > values.len() * S::size() {
        header.method = Method::Stored;
        header.mask_bytes = 0;
        payload.clear();
        for value in values {
            payload.extend(value.to_bits().to_le_bytes().iter().take(S::size()));
        }
    }
    Ok(header.seal(&payload))
}

/// The bytes of all values that are numbers by the method that takes the fewest; the header is told which.
fn pack<S: Sample>(
    work: &Work<'_, S>,
    header: &mut Header,
    scale: Scale,
    cancel: &Cancel,
) -> Result<Vec<u8>, Error> {
    #[cfg_attr(
        not(feature = "zfp"),
        expect(unused_variables, reason = "only ZFP has to be smaller")
    )]
    let (part_bytes, recipe) = choose(work, scale, cancel)?;
    #[cfg(feature = "zfp")]
    if let Some(bytes) = zfp::pack_if_smaller(work, header.bound, part_bytes, cancel)? {
        header.method = Method::Zfp;
        header.number = 0.0;
        return Ok(bytes);
    }
    header.method = recipe.method;
    header.plan = recipe.plan.code();
    match recipe.scale {
        Scale::Exact { unit } => header.number = unit,
        scale => (header.number, header.finer) = (0.0, scale.finer()),
    }
    work.pack(recipe, cancel)
}

/// The same by ZFP, wherever it can be used.
#[cfg(feature = "zfp")]
fn pack_by_zfp<S: Sample>(
    work: &Work<'_, S>,
    header: &mut Header,
    scale: Scale,
    cancel: &Cancel,
) -> Result<Vec<u8>, Error> {
    let Some(bytes) = zfp::pack(work, header.bound, cancel)? else {
        return pack(work, header, scale, cancel);
    };
    header.method = Method::Zfp;
    header.number = 0.0;
    Ok(bytes)
}

/// What a group says of itself, once its checksum was found right.
///
/// # Errors
///
/// If the bytes are cut, changed, or no group.
pub fn read_header(bytes: &[u8]) -> Result<Header, Error> {
    Ok(Header::open(bytes)?.0)
}

/// Unpacks a group that [`encode_group`] made.
///
/// # Errors
///
/// If the bytes are cut or changed, hold another type of values, or `cancel` was used.
pub fn decode_group<S: Sample>(bytes: &[u8], cancel: &Cancel) -> Result<Vec<S>, Error> {
    let (header, payload) = Header::open(bytes)?;
    unpack(&header, payload, Vec::new(), cancel)
}

/// Unpacks a group into kept memory, once it was found to be of the shape that is expected.
///
/// After an error `values` are empty.
///
/// # Errors
///
/// If the bytes are cut or changed, hold another type or number of values, or `cancel` was used.
pub fn decode_group_into<S: Sample>(
    bytes: &[u8],
    shape: [usize; 3],
    values: &mut Vec<S>,
    cancel: &Cancel,
) -> Result<(), Error> {
    let kept = std::mem::take(values);
    let (header, payload) = Header::open(bytes)?;
    if header.shape != shape {
        let expected = format!("one of shape {shape:?}");
        return Err(broken(format!("of shape {:?}", header.shape), &expected));
    }
    *values = unpack(&header, payload, kept, cancel)?;
    Ok(())
}

fn unpack<S: Sample>(
    header: &Header,
    payload: &[u8],
    mut kept: Vec<S>,
    cancel: &Cancel,
) -> Result<Vec<S>, Error> {
    if header.sample != S::CODE {
        let name = |code: [u8; 2]| code.map(char::from).into_iter().collect::<String>();
        return Err(broken(
            format!("of type {}", name(header.sample)),
            &format!("type {}", name(S::CODE)),
        ));
    }
    let count = header
        .shape
        .iter()
        .try_fold(1_usize, |count, &size| count.checked_mul(size));
    let Some(count) = count.filter(|&count| count <= MOST_VALUES) else {
        return Err(broken(
            format!("of shape {:?}", header.shape),
            &format!("at most {MOST_VALUES} values"),
        ));
    };
    if header.method == Method::Stored {
        return stored(payload, count);
    }
    let Some((mask, payload)) = payload.split_at_checked(header.mask_bytes) else {
        return Err(broken(
            format!("a mask of {} bytes", header.mask_bytes),
            "one of its payload",
        ));
    };
    let (kinds, others) = if mask.is_empty() {
        (Vec::new(), Vec::new())
    } else {
        mask::decode::<S>(mask, header.shape)
    };
    let mut values = match header.method {
        Method::Constant => {
            kept.clear();
            kept.resize(count, S::from_f64(header.number));
            kept
        }
        Method::Zfp => unpack_zfp(header, payload, kept, cancel)?,
        _ => {
            let work = Work {
                values: &[],
                kinds: &kinds,
                shape: header.shape,
            };
            work.unpack(recipe_of::<S>(header)?, payload, kept, cancel)?
        }
    };
    mask::fill(&mut values, &kinds, &others);
    Ok(values)
}

#[cfg(feature = "zfp")]
fn unpack_zfp<S: Sample>(
    header: &Header,
    payload: &[u8],
    kept: Vec<S>,
    cancel: &Cancel,
) -> Result<Vec<S>, Error> {
    zfp::unpack(payload, header.shape, header.bound, kept, cancel)
}

#[cfg(not(feature = "zfp"))]
fn unpack_zfp<S: Sample>(_: &Header, _: &[u8], _: Vec<S>, _: &Cancel) -> Result<Vec<S>, Error> {
    Err(Error::NotBuilt {
        format: "a group packed by ZFP".to_owned(),
        feature: "zfp",
    })
}

pub(crate) fn check_shape(count: usize, shape: [usize; 3]) -> Result<(), Error> {
    let wanted = shape
        .iter()
        .try_fold(1_usize, |count, &size| count.checked_mul(size));
    if wanted != Some(count) || count == 0 || count > MOST_VALUES {
        return Err(Error::bad_option(
            "shape",
            format!("{shape:?} for {count} values"),
            format!("a shape of all values, 1 to {MOST_VALUES} of them"),
        ));
    }
    Ok(())
}

fn recipe_of<S: Sample>(header: &Header) -> Result<Recipe, Error> {
    let Some(plan) = Plan::from_code(header.plan) else {
        return Err(broken(format!("of plan {}", header.plan), "a known plan"));
    };
    let is_usable = |number: f64| number.is_finite() && number > 0.0;
    let scale = if is_usable(header.number) {
        Scale::Exact {
            unit: header.number,
        }
    } else if is_usable(header.bound) && header.is_mean {
        Scale::Mean {
            step: header.bound,
            finer: header.finer,
            dead: 0,
        }
    } else if is_usable(header.bound) {
        Scale::bounded::<S>(header.bound, header.finer)
    } else {
        return Err(broken(
            format!("of bound {}", header.bound),
            "a bound above 0",
        ));
    };
    Ok(Recipe {
        method: header.method,
        plan,
        scale,
    })
}

fn stored<S: Sample>(payload: &[u8], count: usize) -> Result<Vec<S>, Error> {
    if payload.len() != count * S::size() {
        let found = format!("{} bytes of values", payload.len());
        return Err(broken(found, &format!("{}", count * S::size())));
    }
    Ok(payload
        .chunks_exact(S::size())
        .map(|bytes| {
            let bits = bytes
                .iter()
                .rev()
                .fold(0, |bits, &byte| bits << 8 | u64::from(byte));
            S::from_bits(bits)
        })
        .collect())
}

/// The smallest and the largest number of a group.
#[derive(Debug, Clone, Copy)]
struct Span {
    low: f64,
    high: f64,
    /// Whether a zero of either sign is among them: they are equal, and yet not the same.
    is_signed: bool,
}

impl Span {
    fn of<S: Sample>(values: &[S]) -> Self {
        let mut span = Self {
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
            is_signed: false,
        };
        for value in values.iter().map(|value| value.to_f64()) {
            if value.is_finite() {
                span.low = span.low.min(value);
                span.high = span.high.max(value);
                span.is_signed |= value == 0.0 && value.is_sign_negative();
            }
        }
        span
    }

    fn middle<S: Sample>(&self) -> f64 {
        if self.low > self.high {
            return 0.0;
        }
        let middle = if self.high <= self.low {
            self.low
        } else {
            self.low * 0.5 + self.high * 0.5
        };
        S::from_f64(middle).to_f64()
    }

    /// Whether one number stands for all; always where there is none.
    fn is_within(&self, number: f64, bound: f64) -> bool {
        if self.low > self.high {
            return true;
        }
        if bound == 0.0 && (self.is_signed || self.low < self.high) {
            return false;
        }
        number - self.low <= bound && self.high - number <= bound
    }

    /// Twice the bound; or nothing, where the type is coarser than that.
    fn scale<S: Sample>(&self, bound: f64) -> Scale {
        let largest = self.low.abs().max(self.high.abs());
        if !S::IS_FLOAT {
            return if bound >= 1.0 {
                Scale::bounded::<S>(bound, 0)
            } else {
                Scale::Exact { unit: 1.0 }
            };
        }
        let finest = if S::size() == 4 {
            2.0_f64.powi(-24)
        } else {
            2.0_f64.powi(-53)
        };
        if bound > largest * finest {
            return Scale::bounded::<S>(bound, 0);
        }
        let unit = (self.high * 0.5 - self.low * 0.5) / 32768.0;
        Scale::Exact {
            unit: unit.clamp(f64::MIN_POSITIVE, f64::MAX),
        }
    }
}
