//! What is written on frames: words and scale bars.

mod annotate;
mod length;
mod lettering;
mod moment;
mod place;
mod scale_bar;
mod template;

pub use annotate::Annotate;
pub use length::PhysicalLength;
pub use lettering::Lettering;
pub use place::{Measure, Place};
pub use scale_bar::ScaleBar;

use crate::Operator;

/// The operations of this group.
pub(crate) const OPERATORS: &[Operator] = &[annotate::OPERATOR, scale_bar::OPERATOR];
