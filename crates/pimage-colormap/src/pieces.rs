//! Colours of samples by search: a map over a range is a step function, and a step is found in constant time.
//!
//! The samples in the order of their values are cut where the colour changes. What the norm computes is asked only for the places of the cuts,
//! so that linear, logarithmic and power scales, masks and all sample types cost the same, and are exact:
//! a sample finds its colour by one look into evenly spaced buckets of keys and a comparison or two, without a division or a branch.

use std::hint::select_unpredictable;

use pimage_core::{Sample as _, write_colors};

use crate::keys::{Key, Keyed};
use crate::norm::{Place, Scale};
use crate::paints::Paints;

/// Room for the pieces, a power of two: the most colours of a map, what is beyond the bounds, and masks.
const ROOM: usize = 4096;
/// The most parts of the range, evenly spaced by value or by key.
const BUCKETS: usize = 4096;
/// How many parts are tried: what the fewer ones say stays in the fastest cache.
const SIZES: [usize; 2] = [1024, BUCKETS];

/// The colour for every sample of type `T`.
pub(crate) struct Pieces<T: Keyed> {
    /// The first key of each piece; the rest is the greatest key.
    starts: Box<[T::Key; ROOM]>,
    /// The colour of each piece, as the bytes of a little-endian number.
    colors: Box<[u32; ROOM]>,
    count: usize,
    /// The piece in which each bucket begins.
    buckets: Box<[u16; BUCKETS]>,
    spread: Spread<T>,
    /// The most cuts within a bucket.
    steps: usize,
    /// What the buckets say, where none has more than one cut; none otherwise.
    cells: Vec<Cell<T>>,
    /// The colour of what is not a number.
    bad: u32,
}

/// A bucket with a single cut, or one that none of its samples reaches.
#[derive(Clone, Copy)]
struct Cell<T> {
    cut: T,
    /// The colours below the cut, and from it on.
    colors: [u32; 2],
}

/// Which bucket a sample is in; it never falls as the samples rise, which is all that is needed of it.
#[derive(Clone, Copy)]
enum Spread<T: Keyed> {
    /// By value, for floats: as linear scales are cut.
    Values { low: T, factor: T, last: T },
    /// By key, which for floats is nearly by logarithm.
    Keys {
        base: T::Key,
        shift: u32,
        last: usize,
    },
}

impl<T: Keyed> Spread<T> {
    /// By the values of the scale's range; `None` for integers, and where the range is too wide or too narrow for the type.
    fn by_value((low, high): (f64, f64), count: usize) -> Option<Self> {
        let last = (count - 1) as f64;
        let factor = T::from_f64(last / (high - low));
        let is_usable = T::TYPE.is_float() && factor.to_f64().is_normal() && factor.to_f64() > 0.0;
        let (low, last) = (T::from_f64(low), T::from_f64(last));
        (is_usable && low.to_f64().is_finite()).then_some(Self::Values { low, factor, last })
    }

    /// By the keys between those of the first and the last colour.
    fn by_key((first, last): (u64, u64), count: usize) -> Self {
        let bits = u64::BITS - (last - first).leading_zeros();
        let shift = bits.saturating_sub(count.trailing_zeros());
        // The lowest bucket ends with the first colour's key.
        let base = first.saturating_sub((1 << shift) - 1);
        Self::Keys {
            base: T::Key::of(base),
            shift,
            last: count - 1,
        }
    }

    fn bucket(self, sample: T) -> usize {
        match self {
            Self::Values { low, factor, last } => sample.distance(low, factor, last) % BUCKETS,
            Self::Keys { base, shift, last } => {
                sample.key().distance(base, shift).min(last) % BUCKETS
            }
        }
    }

    /// In which piece each bucket begins, and the most cuts in one; the first piece begins with the least sample.
    fn buckets(self, cuts: &[u64]) -> (Box<[u16; BUCKETS]>, usize) {
        let mut buckets = boxed(0u16);
        for cut in cuts.iter().skip(1) {
            let bucket = self.bucket(T::from_key(T::Key::of(*cut)));
            if let Some(count) = buckets.get_mut(bucket) {
                *count += 1;
            }
        }
        let most = buckets.iter().max().copied().unwrap_or(0);
        let mut before = 0;
        for bucket in buckets.iter_mut() {
            let count = *bucket;
            *bucket = before;
            before += count;
        }
        (buckets, usize::from(most))
    }
}

impl<T: Keyed> Pieces<T> {
    pub(crate) fn new(scale: &Scale, paints: &Paints) -> Self {
        let (mut cuts, inner) = Cuts::<T>::new(scale).find();
        let (least, _) = Cuts::<T>::ends();
        for (low, high) in paints.masks() {
            let from = first_at_least::<T>(low, |value, bound| value >= bound);
            let beyond = first_at_least::<T>(high, |value, bound| value > bound);
            cuts.extend([from, beyond]);
        }
        cuts.push(least);
        cuts.sort_unstable();
        cuts.dedup();
        let (_, greatest) = Cuts::<T>::ends();
        cuts.retain(|key| *key <= greatest);
        cuts.truncate(ROOM - 1);
        let mut starts = boxed::<T::Key, ROOM>(T::Key::MAX);
        // The greatest key of a type is at least those that fill the room: it finds the last colour.
        let color = |key: &u64| {
            let sample = T::from_key(T::Key::of(*key));
            packed(paints, scale.place(sample), sample.to_f64(), scale.count())
        };
        let mut colors = boxed::<u32, ROOM>(cuts.last().map_or(0, color));
        for ((key, start), slot) in cuts.iter().zip(starts.iter_mut()).zip(colors.iter_mut()) {
            *start = T::Key::of(*key);
            *slot = color(key);
        }
        let [few, many] = SIZES;
        let (mut spread, mut buckets, mut steps) = Self::spread(scale, &cuts, inner, few);
        if steps > 1 {
            (spread, buckets, steps) = Self::spread(scale, &cuts, inner, many);
        }
        let cell = |piece: &u16| {
            let next = (usize::from(*piece) + 1) % ROOM;
            Cell {
                cut: T::from_key(starts[next]),
                colors: [colors[usize::from(*piece) % ROOM], colors[next]],
            }
        };
        let cells = match steps {
            0 | 1 => buckets.iter().map(cell).collect(),
            _ => Vec::new(),
        };
        Self {
            starts,
            colors,
            count: cuts.len(),
            buckets,
            spread,
            steps,
            cells,
            bad: packed(paints, Place::Bad, f64::NAN, scale.count()),
        }
    }

    /// The better way to spread samples over `size` buckets: in which piece each begins, and the most cuts in one.
    fn spread(
        scale: &Scale,
        cuts: &[u64],
        inner: (u64, u64),
        size: usize,
    ) -> (Spread<T>, Box<[u16; BUCKETS]>, usize) {
        let by_key = Spread::by_key(inner, size);
        let (buckets, steps) = by_key.buckets(cuts);
        if let Some(by_value) = Spread::by_value(scale.bounds(), size) {
            let (own, own_steps) = by_value.buckets(cuts);
            if own_steps <= steps {
                return (by_value, own, own_steps);
            }
        }
        (by_key, buckets, steps)
    }

    /// The colour of one sample of a bucket, with at most `STEPS` cuts in each, or as many as there are for 0.
    #[inline]
    fn color<const STEPS: usize>(&self, sample: T, bucket: usize) -> u32 {
        let key = sample.key();
        let mut at = usize::from(self.buckets[bucket % BUCKETS]);
        let steps = if STEPS == 0 { self.steps } else { STEPS };
        for _ in 0..steps {
            // A branch would be mispredicted wherever the colours change.
            let is_next = key >= self.starts[(at + 1) % ROOM];
            at = select_unpredictable(is_next, at + 1, at);
        }
        let color = self.colors[at % ROOM];
        if sample.is_nan() { self.bad } else { color }
    }

    /// Writes the colours of `samples`, three or four bytes each.
    pub(crate) fn fill(&self, samples: &[T], output: &mut [u8], channels: usize) {
        if !self.cells.is_empty() {
            let Self {
                cells, spread, bad, ..
            } = self;
            return pulp::Arch::new().dispatch(ByCells {
                cells,
                spread: *spread,
                bad: *bad,
                samples,
                output,
                channels,
            });
        }
        match self.steps {
            2 => self.fill_by_steps::<2>(samples, output, channels),
            3 => self.fill_by_steps::<3>(samples, output, channels),
            _ => self.fill_by_steps::<0>(samples, output, channels),
        }
    }

    fn fill_by_steps<const STEPS: usize>(&self, samples: &[T], output: &mut [u8], channels: usize) {
        let color = |sample: T, bucket: usize| self.color::<STEPS>(sample, bucket);
        match self.spread {
            Spread::Values { low, factor, last } => {
                let bucket = |sample: T| sample.distance(low, factor, last);
                fill_blocks(samples, output, channels, bucket, color);
            }
            Spread::Keys { base, shift, last } => {
                let bucket = |sample: T| sample.key().distance(base, shift).min(last);
                fill_blocks(samples, output, channels, bucket, color);
            }
        }
    }

    /// Writes the colours of pixels of a sample and an opacity, of which `full` is 255; it counts beside that of the colour.
    pub(crate) fn fill_with_opacity(&self, pixels: &[T], output: &mut [u8], full: f64) {
        let pixels = pixels.as_chunks::<2>().0.iter();
        for ([sample, opacity], pixel) in pixels.zip(output.as_chunks_mut::<4>().0) {
            let [red, green, blue, alpha] = self
                .color::<0>(*sample, self.spread.bucket(*sample))
                .to_le_bytes();
            let share = (opacity.to_f64() / full).clamp(0.0, 1.0);
            *pixel = [red, green, blue, u8::from_f64(share * f64::from(alpha))];
        }
    }

    /// Every piece: its first key, the first key after it, and its colour.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, u64, [u8; 4])> {
        let (_, greatest) = Cuts::<T>::ends();
        let starts = self.starts.iter().take(self.count).map(|key| key.widened());
        let ends = starts.clone().skip(1).chain([greatest.saturating_add(1)]);
        let colors = self.colors.iter().map(|color| color.to_le_bytes());
        starts
            .zip(ends)
            .zip(colors)
            .map(|((start, end), color)| (start, end, color))
    }
}

/// Writes colours with one look and one comparison a sample: half the time of the walk over the pieces.
struct ByCells<'a, T: Keyed> {
    cells: &'a [Cell<T>],
    spread: Spread<T>,
    bad: u32,
    samples: &'a [T],
    output: &'a mut [u8],
    channels: usize,
}

impl<T: Keyed> ByCells<'_, T> {
    #[inline(always)]
    fn fill(self, bucket: impl Fn(T) -> usize) {
        let Self { cells, bad, .. } = self;
        // Found here, where samples are looked at in vectors: no bucket is the one of what is not a number.
        let bucket = |sample: T| {
            if sample.is_nan() {
                BUCKETS
            } else {
                bucket(sample)
            }
        };
        let color = |sample: T, bucket: usize| match cells.get(bucket) {
            Some(Cell { cut, colors }) => colors[usize::from(sample >= *cut)],
            None => bad,
        };
        fill_blocks(self.samples, self.output, self.channels, bucket, color);
    }
}

impl<T: Keyed> pulp::WithSimd for ByCells<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        match self.spread {
            Spread::Values { low, factor, last } => {
                self.fill(
                    #[inline(always)]
                    |sample| sample.distance(low, factor, last),
                );
            }
            Spread::Keys { base, shift, last } => {
                self.fill(
                    #[inline(always)]
                    |sample| sample.key().distance(base, shift).min(last),
                );
            }
        }
    }
}

/// Writes colours block by block in three passes, of which the compiler vectorises the first and the last.
#[inline(always)]
fn fill_blocks<T: Keyed>(
    samples: &[T],
    output: &mut [u8],
    channels: usize,
    bucket: impl Fn(T) -> usize,
    color: impl Fn(T, usize) -> u32,
) {
    const BLOCK: usize = 256;
    let mut buckets = [0u32; BLOCK];
    let blocks = samples.chunks(BLOCK);
    for (samples, output) in blocks.zip(output.chunks_mut(BLOCK * channels)) {
        for (slot, sample) in buckets.iter_mut().zip(samples) {
            *slot = bucket(*sample) as u32;
        }
        for (slot, sample) in buckets.iter_mut().zip(samples) {
            *slot = color(*sample, *slot as usize);
        }
        let colors = buckets.get(..samples.len()).unwrap_or_default();
        write_colors(colors, output, channels, |color| color);
    }
}

fn packed(paints: &Paints, place: Place, value: f64, count: usize) -> u32 {
    u32::from_le_bytes(paints.color(place, value, count))
}

fn boxed<V: Copy, const COUNT: usize>(value: V) -> Box<[V; COUNT]> {
    #[expect(clippy::expect_used, reason = "the vector is made of that length")]
    vec![value; COUNT].try_into().ok().expect("has this length")
}

/// The least key whose sample is not below `bound` in the sense of `reaches`; beyond the greatest when there is none.
fn first_at_least<T: Keyed>(bound: f64, reaches: impl Fn(f64, f64) -> bool) -> u64 {
    let (least, greatest) = Cuts::<T>::ends();
    let reaches = |key: u64| reaches(T::from_key(T::Key::of(key)).to_f64(), bound);
    let mut key = T::from_f64(bound).key().widened();
    while key > least && reaches(key - 1) {
        key -= 1;
    }
    while key <= greatest && !reaches(key) {
        key += 1;
    }
    key
}

/// The search for the keys at which the place changes.
struct Cuts<'a, T> {
    scale: &'a Scale,
    zero: u64,
    sample: std::marker::PhantomData<T>,
}

impl<'a, T: Keyed> Cuts<'a, T> {
    fn new(scale: &'a Scale) -> Self {
        Self {
            scale,
            zero: T::from_f64(0.0).key().widened(),
            sample: std::marker::PhantomData,
        }
    }

    /// The keys of the least and the greatest number.
    fn ends() -> (u64, u64) {
        let (least, greatest) = T::ENDS;
        (least.key().widened(), greatest.key().widened())
    }

    /// A number that never falls with the key: what has no logarithm is at the bottom, infinity at the top.
    fn rank(&self, key: u64) -> usize {
        match self.scale.place(T::from_key(T::Key::of(key))) {
            Place::Bad if key <= self.zero => 0,
            Place::Under => 1,
            Place::At(place) => place + 2,
            Place::Over => self.scale.count() + 2,
            Place::Bad => self.scale.count() + 3,
        }
    }

    /// The keys at which the place changes, and those at which the first colour and what is above the range begin.
    fn find(&self) -> (Vec<u64>, (u64, u64)) {
        let (least, greatest) = Self::ends();
        let count = self.scale.count();
        let mut cuts = Vec::with_capacity(count + 4);
        let mut before = least;
        let mut inner = (least, greatest);
        for rank in 1..=count + 3 {
            let share = (rank as f64 - 2.0) / count as f64;
            let guess = T::from_f64(self.scale.value_at(share.clamp(0.0, 1.0)));
            let guess = guess.key().widened().clamp(before, greatest);
            match self.first(rank, guess, before, greatest) {
                Some(key) => {
                    cuts.push(key);
                    before = key;
                    match rank {
                        2 => inner.0 = key,
                        _ if rank == count + 2 => inner.1 = key,
                        _ => {}
                    }
                }
                None => break,
            }
        }
        (cuts, inner)
    }

    /// The least key from `least` on whose rank is at least `rank`, searched from `guess` in growing steps.
    fn first(&self, rank: usize, guess: u64, least: u64, greatest: u64) -> Option<u64> {
        let reaches = |key: u64| self.rank(key) >= rank;
        if reaches(least) {
            return Some(least);
        }
        let mut step = 1u64;
        let (mut low, mut high);
        if reaches(guess) {
            high = guess;
            low = high.saturating_sub(step).max(least);
            while reaches(low) {
                high = low;
                step = step.saturating_mul(4);
                low = high.saturating_sub(step).max(least);
            }
        } else {
            low = guess;
            high = low.saturating_add(step).min(greatest);
            while !reaches(high) {
                if high == greatest {
                    return None;
                }
                low = high;
                step = step.saturating_mul(4);
                high = low.saturating_add(step).min(greatest);
            }
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if reaches(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        Some(high)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Colormap, Mask, Masked, Norm};
    use pimage_core::Paint;

    fn paints(masks: Vec<Mask>) -> Paints {
        Paints {
            map: Colormap::by_name("turbo").expect("is there"),
            bad: Paint::rgb(1, 2, 3),
            under: Some(Paint::rgb(4, 5, 6)),
            over: None,
            masks,
            masked: Masked::Gray,
        }
    }

    /// Every sample gets by search what the norm computes for it, and the samples at the cuts do.
    fn check<T: Keyed>(scale: &Scale, paints: &Paints, samples: &[T]) {
        let pieces = Pieces::<T>::new(scale, paints);
        let mut samples = samples.to_vec();
        for (start, end, _) in pieces.iter() {
            samples.push(T::from_key(T::Key::of(start)));
            samples.push(T::from_key(T::Key::of(end - 1)));
        }
        let mut output = vec![0; samples.len() * 4];
        pieces.fill(&samples, &mut output, 4);
        let mut opaque = vec![0; samples.len() * 3];
        pieces.fill(&samples, &mut opaque, 3);
        let found = output
            .as_chunks::<4>()
            .0
            .iter()
            .zip(opaque.as_chunks::<3>().0);
        for (sample, (found, rgb)) in samples.iter().zip(found) {
            let expected = paints.color(scale.place(*sample), sample.to_f64(), scale.count());
            assert_eq!(*found, expected, "{sample} in {scale:?}");
            assert_eq!(rgb, &found[..3], "{sample} in {scale:?}");
        }
    }

    fn norm() -> impl Strategy<Value = Norm> {
        prop_oneof![
            Just(Norm::Linear),
            Just(Norm::Log),
            (0.1..4.0).prop_map(Norm::Power)
        ]
    }

    fn scale() -> impl Strategy<Value = Scale> {
        let exponent = -12..12i32;
        (
            norm(),
            any::<bool>(),
            0.0..1.0,
            exponent.clone(),
            0.0..1.0,
            exponent,
        )
            .prop_map(
                |(norm, is_negative, low, low_exponent, span, span_exponent)| {
                    let low: f64 = low * 10f64.powi(low_exponent);
                    let low = match norm {
                        Norm::Log => low + 1e-13,
                        _ if is_negative => -low,
                        _ => low,
                    };
                    Scale::new(norm, low, low + span * 10f64.powi(span_exponent), 256)
                },
            )
    }

    fn masks() -> impl Strategy<Value = Vec<Mask>> {
        let mask = (-300.0..300.0, 0.0..20.0).prop_map(|(low, span)| Mask {
            low,
            high: low + span,
        });
        prop::collection::vec(mask, 0..3)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn floats_are_found(scale in scale(), masks in masks(), bits in prop::collection::vec(any::<u64>(), 64)) {
            let doubles: Vec<_> = bits.iter().map(|bits| f64::from_bits(*bits)).collect();
            check(&scale, &paints(masks.clone()), &doubles);
            let singles: Vec<_> = bits.iter().map(|bits| f32::from_bits(*bits as u32)).collect();
            check(&scale, &paints(masks), &singles);
        }

        #[test]
        fn integers_are_found(scale in scale(), masks in masks(), bits in prop::collection::vec(any::<u32>(), 64)) {
            let paints = paints(masks);
            check::<u8>(&scale, &paints, &(0..=255).collect::<Vec<_>>());
            check::<u16>(&scale, &paints, &(0..=u16::MAX).step_by(7).collect::<Vec<_>>());
            check::<i16>(&scale, &paints, &(i16::MIN..=i16::MAX).step_by(7).collect::<Vec<_>>());
            check::<u32>(&scale, &paints, &bits);
            check::<i32>(&scale, &paints, &bits.iter().map(|bits| *bits as i32).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_not_a_number_is_found_with_either_sign() {
        let scale = Scale::new(Norm::Linear, 0.0, 1.0, 256);
        let ends = [
            f32::NAN,
            -f32::NAN,
            f32::INFINITY,
            f32::NEG_INFINITY,
            0.0,
            -0.0,
        ];
        check(&scale, &paints(Vec::new()), &ends);
        check(&scale, &paints(Vec::new()), &ends.map(f64::from));
        let huge = Scale::new(Norm::Linear, f64::MIN, f64::MAX, 256);
        check(&huge, &paints(Vec::new()), &ends.map(f64::from));
        let zero = Mask {
            low: 0.0,
            high: 0.0,
        };
        check(&scale, &paints(vec![zero]), &ends);
    }
}
