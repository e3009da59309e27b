//! Where pixels are: parts of a frame, turned, mirrored, larger and smaller.

mod crop;
mod flip;

pub use crop::Crop;
pub use flip::Flip;

use crate::Operator;

/// The operations of this group.
pub(crate) const OPERATORS: &[Operator] = &[crop::OPERATOR, flip::OPERATOR];
