//! Arrays of floats and whole numbers in few bytes, no value ever off by more than was promised.
//!
//! The unit is a *group*: consecutive frames that are packed and unpacked on their own.
//! Values are predicted from neighbours whose weights are fitted along the way; what a prediction misses is a whole
//! number of steps of twice the bound, and those are coded by a mixture of context models.
//! Packing and unpacking are the same arithmetic, so that what is checked while packing is what comes back.

mod arith;
mod context;
mod copy;
mod field;
mod fit;
mod group;
mod header;
mod level;
mod mask;
mod mean;
mod mix;
mod plan;
mod recipe;
mod residual;
mod sample;
mod segment;
mod taps;
mod vector;

pub use group::{MOST_VALUES, decode_group, decode_group_into, encode_group, read_header};
pub use header::{Header, Method};
pub use mean::encode_group_psnr;
pub use sample::Sample;
