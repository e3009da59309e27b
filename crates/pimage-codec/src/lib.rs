//! One frame to bytes and back: still-image codecs.
//!
//! [`CODECS`] is the table of what is known, one row for each codec, whether or not it is compiled in.

mod codec;
#[doc(hidden)]
pub mod npy;
#[doc(hidden)]
pub mod packing;
#[doc(hidden)]
pub mod samples;

pub use codec::{
    CODECS, Codec, DecodeFrame, EncodeFrame, EncodeOptions, by_content, by_extension, by_name,
};
