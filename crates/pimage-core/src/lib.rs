//! The shared types of pimage: one [`Frame`], the [`FrameReader`] and [`FrameWriter`] that pass it on, and the [`Error`] they answer with.
//!
//! Everything that pimage reads is a sequence of frames, and everything that it writes is one too.
//! This crate holds what the others agree on and nothing else: it opens no file and links no system library.
//!
//! ```
//! use pimage_core::{Color, Frame, FrameFormat, SampleType};
//!
//! let format = FrameFormat::new(4, 2, Color::Gray, SampleType::U8);
//! let mut frame = Frame::zeroed(format);
//! frame.samples_mut::<u8>().expect("the frame is U8")[5] = 200;
//! // Arrays are (height, width, channels).
//! assert_eq!(frame.view::<u8>().expect("the frame is U8")[[1, 1, 0]], 200);
//! ```

mod adapt;
mod axes;
mod cancel;
mod colors;
mod damage;
mod error;
mod format;
mod frame;
mod info;
mod limits;
mod memory;
mod paint;
mod pixels;
mod read;
mod select;
mod table;
mod time;
mod transform;
mod write;

pub use adapt::{Channel, Frames, Map, Range, Step};
pub use axes::{Axis, frames_of};
pub use cancel::Cancel;
pub use colors::write_colors;
pub use damage::{Damage, OnDamage};
pub use error::Error;
pub use format::{Color, FrameFormat, SampleType};
pub use frame::{Frame, Stamp};
pub use info::{Clock, FrameCount, Metadata, StreamInfo, Value, keys};
pub use limits::Limits;
pub use memory::MemoryReader;
pub use paint::Paint;
pub use pixels::{Pixels, Sample, Samples};
pub use read::{FrameReader, FrameReaderExt, SeekFrames};
pub use select::{Positions, Select, Selection, Slicing};
pub use table::{Entries, Table};
pub use time::{FrameRate, Timebase, Timestamp};
pub use transform::Transform;
pub use write::{FrameWriter, WriteSummary};
