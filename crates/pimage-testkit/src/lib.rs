//! Synthetic recordings, assertions, and one conformance suite each for all readers and all writers.
//!
//! Everything here is made for tests: it panics with a text that explains what is wrong.
//!
//! ```
//! use pimage_core::{Color, FrameFormat, SampleType};
//! use pimage_testkit::{SyntheticReader, counter_frames, suite};
//!
//! let format = FrameFormat::new(16, 8, Color::Rgb, SampleType::U16);
//! suite::reader(
//!     || Box::new(SyntheticReader::new(format, 5)),
//!     &counter_frames(format, 5),
//! );
//! ```
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test helper reports by panicking"
)]

mod assertions;
mod behaviour;
mod data;
mod fault;
mod mutate;
mod noise;
pub mod suite;
mod synthetic;

pub use assertions::{assert_frames_close, assert_frames_eq, max_difference, sample_values};
pub use behaviour::{barcode_of, behaviour_frame};
pub use data::{repository_root, test_data};
pub use fault::{Fault, FaultStorage};
pub use mutate::{Mutations, survive};
pub use noise::Noise;
pub use synthetic::{
    Pattern, SyntheticReader, counter_frame, counter_frames, every_format, noise_frame,
};
