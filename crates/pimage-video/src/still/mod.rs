//! One frame to the bytes of one coded picture and back, through FFmpeg's encoders and decoders, in memory.
//!
//! The bytes are the bare elementary stream, without a container: an Annex B byte stream for H.264 and HEVC, open bitstream units for
//! AV1, a whole file for JPEG, JPEG 2000 and JPEG XL. Encoders' comments about themselves are left out. What such a stream
//! cannot say (a size that is no multiple of its blocks, levels fewer than its depth) stands in a short note inside it, which other
//! decoders pass over; see [`Encoding::note`].
//!
//! ```
//! use pimage_core::{Color, Frame, FrameFormat, Limits, SampleType};
//! use pimage_video::still::{Encoder, Encoding, Kind, decode, encode};
//!
//! let frame = Frame::zeroed(FrameFormat::new(31, 17, Color::Rgb, SampleType::U8));
//! let mut bytes = Vec::new();
//! encode(&frame, &Encoding::new(Encoder::X264).with_option("qp", "20"), &mut bytes)?;
//! let mut back = Frame::empty();
//! decode(&bytes, Kind::H264, 1, &Limits::default(), &mut back)?;
//! assert_eq!(back.format(), frame.format());
//! # Ok::<(), pimage_core::Error>(())
//! ```

mod annexb;
mod carry;
mod decode;
mod encode;
mod encoding;
mod fit;
mod levels;
mod note;
mod obu;

pub use annexb::{Units, units};
pub use decode::decode;
pub use encode::encode;
pub use encoding::{Chroma, Encoder, Encoding, Kind};
pub use obu::{Obu, obus};
