//! Rate and distortion: what a frame costs in a codec, and what it loses.

mod curve;
mod search;
mod trial;

pub use curve::{CurvePoint, RateCurves};
pub use search::{Target, reach};
pub use trial::{Detail, Fidelity, Trial, Tried, try_codec};
