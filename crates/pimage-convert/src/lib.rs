//! The pipeline of pimage: frames go from a reader through transforms to a writer, on threads, in bounded memory.
//!
//! [`convert`] reads on a thread of its own, transforms on as many as there are cores, and writes on the caller's.
//! The order is kept, the first error stops all stages and is the one reported, and a [`Cancel`] token stops it from outside.
//! [`RangeMapping`], from `pimage-range`, makes 8 or 16-bit frames of any others, in a way that is recorded.
//!
//! ```
//! use pimage_convert::{ConvertOptions, convert};
//! use pimage_core::{Error, Frame, FrameReader, FrameWriter};
//!
//! /// Writes the negative of an 8-bit recording.
//! fn negative(
//!     reader: &mut dyn FrameReader,
//!     writer: Box<dyn FrameWriter>,
//! ) -> Result<u64, pimage_convert::ConvertError> {
//!     let options = ConvertOptions::default().transform(|frame: &mut Frame| {
//!         for sample in frame.samples_mut::<u8>().into_iter().flatten() {
//!             *sample = 255 - *sample;
//!         }
//!         Ok(())
//!     });
//!     Ok(convert(reader, writer, &options, &())?.written.frames)
//! }
//! ```

mod budget;
mod convert;
mod error;
mod options;
mod rate;
mod reduce;
mod report;
mod stages;
mod stats;

pub use convert::{ConvertSummary, convert};
pub use error::ConvertError;
pub use options::{ConvertOptions, Progress};
pub use pimage_core::{Cancel, Transform};
pub use pimage_range::{RangeMapping, RangeSpec, RangeTarget};
pub use rate::{CurvePoint, Detail, Fidelity, RateCurves, Target, Trial, Tried, reach, try_codec};
pub use reduce::{Reduce, ReduceOptions, Statistic};
pub use report::{ArrayErrors, ArrayErrorsOptions, ByteCounts, ErrorHistogram, RadialSpectrum};
pub use stats::{Measure, Region, Stats, StatsColumn, StatsOptions, StatsRow};
