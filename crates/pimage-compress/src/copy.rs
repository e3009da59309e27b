//! Fields of few levels: every value is a neighbour's, a recent one, or new.

use pimage_core::Cancel;

use crate::arith::BitCoder;
use crate::level::Scale;
use crate::mix::Mixer;
use crate::residual;
use crate::sample::Sample;

/// Neighbours as (frames, rows, columns) back, the likeliest first.
const NEIGHBOURS: [[isize; 3]; 11] = [
    [0, 0, 1],
    [0, 1, 0],
    [1, 0, 0],
    [0, 1, 1],
    [0, 1, -1],
    [1, 0, -1],
    [1, -1, 0],
    [1, 1, 0],
    [1, 0, 1],
    [1, 0, -2],
    [1, -2, 0],
];

/// Values after which it is asked whether to go on.
const ASKED: usize = 1 << 16;

/// Values that were new last.
const RECENT: usize = 6;

/// How many contexts a bit is seen in.
const INPUTS: usize = 7;

const SIZES: [usize; INPUTS] = [256, 1024, 256, 1024, 512, 16, 64];

/// What is to be copied, and how well.
#[derive(Debug)]
pub(crate) struct Copied<'a, S> {
    pub(crate) shape: [usize; 3],
    /// What is to be coded; empty for a decoder.
    pub(crate) source: &'a [S],
    /// Which values are not coded here; empty for none.
    pub(crate) masked: &'a [u8],
    pub(crate) scale: Scale,
}

impl<S: Sample> Copied<'_, S> {
    /// Codes all values and gives them back as a decoder sees them, in the memory of `kept`; `None` if cancelled.
    pub(crate) fn code<B: BitCoder>(
        &self,
        coder: &mut B,
        mut kept: Vec<S>,
        cancel: &Cancel,
    ) -> Option<Vec<S>> {
        kept.clear();
        let [frames, height, width] = self.shape;
        let mut values = kept;
        values.resize(frames * height * width, S::default());
        let mut choices = Mixer::new(SIZES, 24, 32);
        let mut numbers = Mixer::new([1; INPUTS], residual::NODES, 4);
        let mut recent = [S::default(); RECENT];
        for t in 0..frames {
            for at in t * height * width..(t + 1) * height * width {
                if at % ASKED == 0 && cancel.is_cancelled() {
                    return None;
                }
                let place = [t, at / width % height, at % width];
                let near = self.near(&values, at, place);
                if self.masked.get(at).is_some_and(|&kind| kind != 0) {
                    values[at] = near[0];
                    continue;
                }
                let wanted = self.source.get(at).copied();
                let candidates = near.iter().chain(&recent);
                let chosen = choose(&mut choices, coder, candidates, &near, |candidate| {
                    wanted.is_some_and(|wanted| self.scale.fits(wanted, candidate))
                });
                values[at] = chosen.unwrap_or_else(|| {
                    let new = self.new_value(&mut numbers, coder, wanted, near[0]);
                    recent.rotate_right(1);
                    recent[0] = new;
                    new
                });
            }
        }
        Some(values)
    }

    /// The neighbours' values; where there is none, that of the one before, in the order of the group.
    fn near(&self, values: &[S], at: usize, place: [usize; 3]) -> [S; NEIGHBOURS.len()] {
        let [_, height, width] = self.shape;
        let before = at.checked_sub(1).and_then(|at| values.get(at)).copied();
        let before = before.unwrap_or_default();
        NEIGHBOURS.map(|[t, y, x]| {
            let is_inside = place[0].checked_add_signed(-t).is_some()
                && place[1].checked_add_signed(-y).is_some_and(|y| y < height)
                && place[2].checked_add_signed(-x).is_some_and(|x| x < width);
            let back = (t * height as isize + y) * width as isize + x;
            if is_inside {
                values
                    .get(at.wrapping_add_signed(-back))
                    .copied()
                    .unwrap_or(before)
            } else {
                before
            }
        })
    }

    /// Codes a value that is like none near it.
    fn new_value<B: BitCoder>(
        &self,
        mixer: &mut Mixer<INPUTS>,
        coder: &mut B,
        wanted: Option<S>,
        near: S,
    ) -> S {
        let (guess, quantum) = (near.to_f64(), self.scale.quantum(0));
        let number = wanted.and_then(|wanted| self.scale.number(wanted, guess, quantum));
        match residual::code(mixer, coder, number, &[0; INPUTS], 0) {
            Some(number) => self.scale.value(number, guess, quantum),
            None => {
                let bits = wanted.map_or(0, S::to_bits);
                S::from_bits(coder.code_raw(bits, 8 * S::size() as u32))
            }
        }
    }
}

/// Codes which of the candidates it is; `None` for none of them.
fn choose<'a, S: Sample, B: BitCoder>(
    mixer: &mut Mixer<INPUTS>,
    coder: &mut B,
    candidates: impl Iterator<Item = &'a S>,
    near: &[S; NEIGHBOURS.len()],
    fits: impl Fn(S) -> bool,
) -> Option<S> {
    let mut refused = [S::default(); NEIGHBOURS.len() + RECENT];
    let mut count = 0;
    for (node, &candidate) in candidates.enumerate() {
        if refused
            .iter()
            .take(count)
            .any(|other| same(*other, candidate))
        {
            continue;
        }
        let equal: [usize; NEIGHBOURS.len()] = near.map(|near| usize::from(same(near, candidate)));
        let contexts = contexts(near, &equal, count);
        if mixer.code(coder, fits(candidate), node, &contexts, count.min(31)) {
            return Some(candidate);
        }
        if let Some(place) = refused.get_mut(count) {
            *place = candidate;
            count += 1;
        }
    }
    None
}

fn same<S: Sample>(one: S, other: S) -> bool {
    one.to_bits() == other.to_bits()
}

/// What a candidate's chance depends on: which neighbours have its value, and which have each other's.
fn contexts<S: Sample>(
    near: &[S; NEIGHBOURS.len()],
    equal: &[usize; NEIGHBOURS.len()],
    refused: usize,
) -> [usize; INPUTS] {
    let bits = |places: &[usize]| {
        places.iter().fold(0, |bits, &place| {
            bits << 1 | equal.get(place).copied().unwrap_or(0)
        })
    };
    let pair = |one: usize, other: usize| usize::from(same(near[one], near[other]));
    let still = pair(0, 8) << 1 | pair(1, 7);
    let [space, past] = [bits(&[0, 1, 3, 4]), bits(&[2, 5, 6, 7, 8])];
    [
        bits(&[0, 1, 2, 3, 4, 5, 6, 7]),
        (space << 5 | past) << 1 | usize::from(still == 3),
        (space << 2 | still) << 2 | bits(&[2, 5]),
        past << 5 | bits(&[0, 1]) << 3 | still << 1 | pair(0, 1),
        bits(&[2, 5, 6, 7, 8, 9, 10]) << 2 | still,
        refused.min(15),
        pair(0, 3) << 5 | pair(1, 3) << 4 | pair(1, 4) << 3 | pair(2, 8) << 2 | bits(&[0, 2]),
    ]
}
