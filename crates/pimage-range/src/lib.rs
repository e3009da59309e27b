//! Which sample values span black to white: how that is said, how it is measured, and the exact map onto 8 or 16 bits.
//!
//! ```
//! use pimage_core::{Cancel, Color, Frame, FrameFormat, MemoryReader, SampleType};
//! use pimage_range::RangeSpec;
//!
//! let mut frame = Frame::zeroed(FrameFormat::new(4, 1, Color::Gray, SampleType::U16));
//! frame.samples_mut::<u16>().expect("is u16").copy_from_slice(&[7, 1200, 90, 4000]);
//! let mut reader = MemoryReader::new(vec![frame])?;
//! let spec: RangeSpec = "auto".parse().expect("is a range");
//! assert_eq!(spec.bounds(&mut reader, &Cancel::new())?, (7.0, 4000.0));
//! # Ok::<(), pimage_core::Error>(())
//! ```

mod line;
mod mapping;
mod nan;
mod ordered;
mod spec;
mod survey;

pub use mapping::{RangeMapping, RangeTarget, recorded};
pub use nan::NanPolicy;
pub use ordered::{Ordered, value_of};
pub use spec::{RangeSpec, full_bounds, held_bounds};
pub use survey::{extremes_of, quantiles_of};
