//! Pictures of video codecs as bare streams: H.264 by x264, HEVC by x265, AV1 by libaom and SVT-AV1, JPEG by FFmpeg.
//!
//! # What they store
//!
//! One frame, in luma and chroma (of BT.601 in the full range, unless `colors` and `range` say otherwise) or, where no pixel may be lost, gray or
//! RGB as it is. The stream says its matrix and range, and its size as far as its blocks allow; an odd size, levels of eight bits that were
//! spread over more, and gray that is stored in colour are said in a note inside the stream that other decoders pass over.
//!
//! # What pimage reads
//!
//! The first picture of such a stream; gray stays gray. Shared chroma stands for all the pixels that share it.
//!
//! # What is lost
//!
//! Detail, by quantiser or factor. What the encoders say of themselves is left out.
//! A stream does not say how long it is: when its last bytes are cut off, the decoders of H.264 and HEVC may make up the end of the picture without a word.
//!
//! # Specification
//!
//! ITU-T H.264, ITU-T H.265, the AV1 bitstream specification, ITU-T T.81.

#[cfg(feature = "ffmpeg")]
mod coding;
mod options;
mod rows;

#[cfg(feature = "ffmpeg")]
pub(crate) use coding::{aom_encoding, probe};
pub(crate) use options::{AOM_PRESET, COLORS, CRF_AV1, SUBSAMPLING, X26X_PRESETS};
pub(crate) use rows::{AV1, MJPEG, SVTAV1, X264, X265};
