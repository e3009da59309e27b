//! How a group is packed: which method, in which order, how fine; tried on a part of it.

use pimage_core::{Cancel, Error};

use crate::arith::{BitCoder, Decoder, Encoder};
use crate::copy::Copied;
use crate::field::Field;
use crate::header::Method;
use crate::level::Scale;
use crate::plan::Plan;
use crate::sample::Sample;

/// The largest part of a group that recipes are tried on: frames, rows, columns.
const PART: [usize; 3] = [48, 48, 64];

/// How much finer coarse steps may be quantised, in sixteenths.
const FINER: [u8; 2] = [0, 6];

/// One way of packing a group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Recipe {
    pub(crate) method: Method,
    pub(crate) plan: Plan,
    pub(crate) scale: Scale,
}

/// The values that are packed or unpacked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work<'a, S> {
    /// Empty while unpacking.
    pub(crate) values: &'a [S],
    /// Which are no numbers; empty for none.
    pub(crate) kinds: &'a [u8],
    pub(crate) shape: [usize; 3],
}

impl<S: Sample> Work<'_, S> {
    /// The bytes of all values that are numbers.
    pub(crate) fn pack(&self, recipe: Recipe, cancel: &Cancel) -> Result<Vec<u8>, Error> {
        let mut encoder = Encoder::new();
        self.code(recipe, &mut encoder, Vec::new(), cancel)?;
        Ok(encoder.finish())
    }

    /// The same, with the values as a reader gets them.
    pub(crate) fn pack_and_see(
        &self,
        recipe: Recipe,
        cancel: &Cancel,
    ) -> Result<(Vec<u8>, Vec<S>), Error> {
        let mut encoder = Encoder::new();
        let found = self.code(recipe, &mut encoder, Vec::new(), cancel)?;
        Ok((encoder.finish(), found))
    }

    /// The values of such bytes, in the memory of `kept`.
    pub(crate) fn unpack(
        &self,
        recipe: Recipe,
        bytes: &[u8],
        kept: Vec<S>,
        cancel: &Cancel,
    ) -> Result<Vec<S>, Error> {
        self.code(recipe, &mut Decoder::new(bytes), kept, cancel)
    }

    fn code<B: BitCoder>(
        &self,
        recipe: Recipe,
        coder: &mut B,
        kept: Vec<S>,
        cancel: &Cancel,
    ) -> Result<Vec<S>, Error> {
        let (shape, source, masked) = (self.shape, self.values, self.kinds);
        let Recipe {
            method,
            plan,
            scale,
        } = recipe;
        let values = if method == Method::Copied {
            let copied = Copied {
                shape,
                source,
                masked,
                scale,
            };
            copied.code(coder, kept, cancel)
        } else {
            let field = Field {
                shape,
                source,
                masked,
                plan,
                scale,
            };
            field.code(coder, kept, cancel)
        };
        values.ok_or(Error::Stopped)
    }
}

/// The recipe that packs the middle of the group best, and the bytes that this took.
pub(crate) fn choose<S: Sample>(
    work: &Work<'_, S>,
    scale: Scale,
    cancel: &Cancel,
) -> Result<(usize, Recipe), Error> {
    let (values, kinds, shape) = middle(work);
    let part = Work {
        values: &values,
        kinds: &kinds,
        shape,
    };
    let mut best: Option<(usize, Recipe)> = None;
    let mut attempt = |recipe: Recipe| -> Result<(usize, Recipe), Error> {
        let bytes = part.pack(recipe, cancel)?.len();
        let kept = match best {
            Some(kept) if kept.0 <= bytes => kept,
            _ => (bytes, recipe),
        };
        best = Some(kept);
        Ok(kept)
    };
    let [first, others @ ..] = [Plan::Pyramid, Plan::SpaceFirst, Plan::Raster];
    let predicted = |plan: Plan, scale: Scale| Recipe {
        method: Method::Predicted,
        plan,
        scale,
    };
    let scale = scale.with_finer(3);
    let mut chosen = attempt(predicted(first, scale))?;
    for plan in others {
        chosen = attempt(predicted(plan, scale))?;
    }
    if has_levels(&values) {
        chosen = attempt(Recipe {
            method: Method::Copied,
            ..chosen.1
        })?;
    }
    if chosen.1.method == Method::Predicted
        && chosen.1.plan != Plan::Raster
        && matches!(scale, Scale::Bounded { .. })
    {
        for finer in FINER {
            chosen = attempt(predicted(chosen.1.plan, scale.with_finer(finer)))?;
        }
    }
    Ok(chosen)
}

/// Whether values often are those before them.
pub(crate) fn has_levels<S: Sample>(values: &[S]) -> bool {
    let pairs = values.iter().zip(values.iter().skip(1));
    let same = pairs.filter(|(one, other)| one.to_bits() == other.to_bits());
    same.count() * 4 >= values.len()
}

/// The middle of a group, with its shape.
pub(crate) fn middle<S: Sample>(work: &Work<'_, S>) -> (Vec<S>, Vec<u8>, [usize; 3]) {
    let mut shape = work.shape;
    let mut start = [0; 3];
    for (axis, &most) in PART.iter().enumerate() {
        shape[axis] = work.shape[axis].min(most);
        start[axis] = (work.shape[axis] - shape[axis]) / 2;
    }
    let [_, height, width] = work.shape;
    let mut values = Vec::with_capacity(shape.iter().product());
    let mut kinds = Vec::new();
    for t in start[0]..start[0] + shape[0] {
        for y in start[1]..start[1] + shape[1] {
            let first = (t * height + y) * width + start[2];
            let row = first..first + shape[2];
            values.extend(work.values.get(row.clone()).unwrap_or(&[]));
            kinds.extend(work.kinds.get(row).unwrap_or(&[]));
        }
    }
    (values, kinds, shape)
}
