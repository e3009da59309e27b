//! What the end-to-end tests share, and the README's example, which is compiled here.

mod inputs;
mod program;

pub use inputs::{npy_bytes, read_npy, samples_of, write_hiris, write_npy};
pub use program::{Folder, Ran, pimage, program};

/// The README, whose example is a documentation test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
