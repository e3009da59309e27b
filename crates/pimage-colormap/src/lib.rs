//! Scalars to colour.

mod file;
mod map;
mod stops;
mod tables;

pub use map::{Colormap, Kind, Named};
pub use stops::Stop;
