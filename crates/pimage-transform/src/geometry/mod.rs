//! Where pixels are: parts of a frame, turned, mirrored, larger and smaller.

mod affine;
mod bin;
mod blend;
mod blocks;
mod crop;
mod fill;
mod flip;
mod kept;
mod kernel;
mod metadata;
mod pad;
mod pixel;
mod resample;
mod resize;
mod rotate;
mod turn;
mod warp;

pub use affine::{Affine, AffineOrder};
pub use bin::{Bin, BinStatistic};
pub use crop::Crop;
pub use fill::Fill;
pub use flip::Flip;
pub use kernel::Method;
pub use pad::{Pad, PadMode};
pub use resize::Resize;
pub use rotate::Rotate;

use crate::Operator;

/// The operations of this group.
pub(crate) const OPERATORS: &[Operator] = &[
    crop::OPERATOR,
    pad::OPERATOR,
    flip::OPERATOR,
    rotate::OPERATOR,
    resize::OPERATOR,
    bin::OPERATOR,
    affine::OPERATOR,
];
