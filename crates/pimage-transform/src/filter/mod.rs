//! What pixels are among their neighbours: smoother, sharper, evened out.

mod bilateral;
mod border;
mod clahe;
mod convolve;
mod gaussian;
mod kernel;
mod laplacian;
mod lightness;
mod median;
mod network;
mod nine;
#[cfg(feature = "opencv")]
mod opencv;
mod ranks;
mod real;
mod sharpen;
mod tiles;

pub use bilateral::Bilateral;
pub use clahe::Clahe;
pub use gaussian::Gaussian;
pub(crate) use gaussian::MAX_SIGMA;
pub use laplacian::{Laplacian, LaplacianOutput};
pub use median::Median;
pub use sharpen::Sharpen;

use crate::Operator;

/// The operations of this group.
pub(crate) const OPERATORS: &[Operator] = &[
    bilateral::OPERATOR,
    clahe::OPERATOR,
    gaussian::OPERATOR,
    laplacian::OPERATOR,
    median::OPERATOR,
    sharpen::OPERATOR,
];
