//! How a whole number is taken apart into bits: zero, sign, length, leading bits, rest.

use crate::arith::BitCoder;
use crate::mix::Mixer;

/// Kinds of bits in a number.
pub(crate) const NODES: usize = 256;

/// The length that says "stored as it is".
const ESCAPE: u32 = 65;

const SIGN: usize = 1;
const LENGTH: usize = 2;
const FIRST: usize = 68;
const SECOND: usize = 134;

/// Codes a number, or `None` for a value that is stored as it is.
#[inline]
pub(crate) fn code<B: BitCoder, const N: usize>(
    mixer: &mut Mixer<N>,
    coder: &mut B,
    number: Option<i64>,
    contexts: &[usize; N],
    set: usize,
) -> Option<i64> {
    code_from(Some(0), mixer, coder, number, contexts, set)
}

/// The same after a bit of another kind, `zero`, that says whether the number is none; without it, it is one.
#[inline]
pub(crate) fn code_from<B: BitCoder, const N: usize>(
    zero: Option<usize>,
    mixer: &mut Mixer<N>,
    coder: &mut B,
    number: Option<i64>,
    contexts: &[usize; N],
    set: usize,
) -> Option<i64> {
    let size = number.map_or(0, i64::unsigned_abs);
    let wanted = number.map_or(ESCAPE, |_| 64 - size.leading_zeros());
    let sets = set * 4;
    if let Some(zero) = zero
        && !mixer.code(coder, wanted != 0, zero, contexts, sets)
    {
        return Some(0);
    }
    let is_negative = mixer.code(
        coder,
        number.is_some_and(|number| number < 0),
        SIGN,
        contexts,
        sets + 1,
    );
    let mut length = 1;
    while length < ESCAPE
        && mixer.code(
            coder,
            wanted > length,
            LENGTH + length as usize,
            contexts,
            sets + 2,
        )
    {
        length += 1;
    }
    if length == ESCAPE {
        return None;
    }
    let mut rest = length - 1;
    let mut coded = 1_u64;
    if rest > 0 {
        rest -= 1;
        let bit = size >> rest & 1 == 1;
        let node = FIRST + length as usize;
        coded = 2 | u64::from(mixer.code(coder, bit, node, contexts, sets + 3));
    }
    if rest > 0 {
        rest -= 1;
        let bit = size >> rest & 1 == 1;
        let node = SECOND + 2 * length.min(60) as usize + (coded & 1) as usize;
        coded = coded << 1 | u64::from(mixer.code(coder, bit, node, contexts, sets + 3));
    }
    if rest > 0 {
        coded = coded << rest | coder.code_raw(size, rest);
    }
    let coded = coded as i64;
    Some(if is_negative {
        coded.wrapping_neg()
    } else {
        coded
    })
}
