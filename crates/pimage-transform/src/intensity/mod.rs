//! What samples are worth: brighter, steeper, spread, in two.

mod brightness;
mod contrast;
mod curve;
mod equalize;
mod exposure;
mod gamma;
mod histogram;
mod invert;
mod level;
mod lut;
mod normalize;
mod over;
mod point;
mod rescale;
mod statistics;
mod stretch;
mod threshold;

pub use brightness::Brightness;
pub use contrast::Contrast;
pub use curve::Curve;
pub use equalize::Equalize;
pub use exposure::Exposure;
pub use gamma::Gamma;
pub use invert::Invert;
pub use level::Level;
pub use lut::Lut;
pub use normalize::Normalize;
pub use over::Over;
pub use rescale::Rescale;
pub use stretch::Stretch;
pub use threshold::{Cut, Parts, Threshold};

use crate::Operator;

/// The operations of this group.
pub(crate) const OPERATORS: &[Operator] = &[
    brightness::OPERATOR,
    contrast::OPERATOR,
    gamma::OPERATOR,
    curve::OPERATOR,
    lut::OPERATOR,
    invert::OPERATOR,
    rescale::OPERATOR,
    exposure::AUTO,
    exposure::OPERATOR,
    equalize::OPERATOR,
    threshold::OPERATOR,
    normalize::OPERATOR,
];
