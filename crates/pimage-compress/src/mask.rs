//! Values that are no numbers: which, where, and their bits.

use crate::arith::{BitCoder, Decoder, Encoder};
use crate::mix::Mixer;
use crate::residual;
use crate::sample::Sample;

/// A value that is coded as a number.
pub(crate) const NUMBER: u8 = 0;

/// NaN with the bits that arithmetic gives it, the infinities, and any other NaN.
const PLAIN_NAN: u8 = 1;
const ABOVE: u8 = 2;
const BELOW: u8 = 3;
const OTHER_NAN: u8 = 4;

/// How many contexts a bit is seen in.
const INPUTS: usize = 7;

const SIZES: [usize; INPUTS] = [5, 5, 5, 25, 125, 625, 25];

fn kind<S: Sample>(value: S) -> u8 {
    let number = value.to_f64();
    if number.is_finite() {
        NUMBER
    } else if number.is_nan() {
        if value.to_bits() == S::from_f64(f64::NAN).to_bits() {
            PLAIN_NAN
        } else {
            OTHER_NAN
        }
    } else if number > 0.0 {
        ABOVE
    } else {
        BELOW
    }
}

/// The kinds of all values; empty if all are numbers.
pub(crate) fn kinds<S: Sample>(values: &[S]) -> Vec<u8> {
    if !S::IS_FLOAT || values.iter().all(|value| value.to_f64().is_finite()) {
        return Vec::new();
    }
    values.iter().map(|&value| kind(value)).collect()
}

/// The kinds and the bits of other NaNs as bytes.
pub(crate) fn encode<S: Sample>(values: &[S], kinds: &[u8], shape: [usize; 3]) -> Vec<u8> {
    let mut encoder = Encoder::new();
    let mut bits = values
        .iter()
        .zip(kinds)
        .filter(|&(_, &kind)| kind == OTHER_NAN)
        .map(|(value, _)| value.to_bits());
    code::<S, _>(&mut encoder, kinds, shape, |_| bits.next().unwrap_or(0));
    encoder.finish()
}

/// The kinds of all values, and the other NaNs in their order.
pub(crate) fn decode<S: Sample>(bytes: &[u8], shape: [usize; 3]) -> (Vec<u8>, Vec<S>) {
    let mut others = Vec::new();
    let mut decoder = Decoder::new(bytes);
    let kinds = code::<S, _>(&mut decoder, &[], shape, |value| {
        others.push(value);
        0
    });
    (kinds, others)
}

/// Puts the values that are no numbers where they belong.
pub(crate) fn fill<S: Sample>(values: &mut [S], kinds: &[u8], others: &[S]) {
    let mut others = others.iter();
    for (value, &kind) in values.iter_mut().zip(kinds) {
        match kind {
            NUMBER => {}
            PLAIN_NAN => *value = S::from_f64(f64::NAN),
            ABOVE => *value = S::from_f64(f64::INFINITY),
            BELOW => *value = S::from_f64(f64::NEG_INFINITY),
            _ => *value = others.next().copied().unwrap_or(S::from_f64(f64::NAN)),
        }
    }
}

/// Codes all kinds; `other` is asked for the bits of other NaNs, and told of each.
fn code<S: Sample, B: BitCoder>(
    coder: &mut B,
    given: &[u8],
    shape: [usize; 3],
    mut other: impl FnMut(S) -> u64,
) -> Vec<u8> {
    let [_, height, width] = shape;
    let count = shape.iter().product();
    let mut kinds = vec![NUMBER; count];
    let mut mixer = Mixer::new(SIZES, residual::NODES, 4);
    for at in 0..count {
        let (y, x) = (at / width % height, at % width);
        let back = |is_there: bool, by: usize| match at.checked_sub(by) {
            Some(at) if is_there => usize::from(kinds.get(at).copied().unwrap_or(NUMBER)),
            _ => usize::from(NUMBER),
        };
        let (west, north, past) = (
            back(x > 0, 1),
            back(y > 0, width),
            back(true, width * height),
        );
        let corner = back(x > 0 && y > 0, width + 1);
        let ahead = back(y > 0 && x + 1 < width, width.saturating_sub(1));
        let contexts = [
            past,
            west,
            north,
            west * 5 + past,
            (west * 5 + north) * 5 + past,
            ((west * 5 + north) * 5 + ahead) * 5 + corner,
            north * 5 + past,
        ];
        let wanted = i64::from(given.get(at).copied().unwrap_or(NUMBER));
        let found = residual::code(&mut mixer, coder, Some(wanted), &contexts, 0).unwrap_or(0);
        let found = u8::try_from(found).unwrap_or(OTHER_NAN).min(OTHER_NAN);
        kinds[at] = found;
        if found == OTHER_NAN {
            let width = 8 * S::size() as u32;
            if B::ENCODES {
                let bits = other(S::default());
                coder.code_raw(bits, width);
            } else {
                other(S::from_bits(coder.code_raw(0, width)));
            }
        }
    }
    kinds
}
