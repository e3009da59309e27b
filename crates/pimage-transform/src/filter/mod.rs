//! What pixels are among their neighbours: smoother, sharper, evened out.

mod border;
mod convolve;
mod gaussian;
mod kernel;
mod median;
mod network;
mod ranks;
mod real;
mod sharpen;

pub use gaussian::Gaussian;
pub use median::Median;
pub use sharpen::Sharpen;

use crate::Operator;

/// The operations of this group.
pub(crate) const OPERATORS: &[Operator] =
    &[gaussian::OPERATOR, median::OPERATOR, sharpen::OPERATOR];
