//! Animated GIF (`.gif`).
//!
//! # What it stores
//!
//! Pictures of at most 256 colours each, compressed with LZW, that are drawn one over another on a canvas: a part of it may be drawn,
//! pixels of it may be left as they are, and after its time, in hundredths of a second, a picture may be taken away again.
//!
//! # What pimage reads
//!
//! `GIF87a` and `GIF89a`. A frame is the whole canvas as browsers show it: all disposals, transparency, palettes of the file and of a picture, interlaced rows,
//! pictures that reach beyond the canvas (cut off, but for the first one, which enlarges it). The background colour is not shown.
//!
//! Frames are RGB, or gray when every colour of every palette in use is (but for the transparent one), with opacity when a pixel of a frame is transparent:
//! the first picture is decoded to know it, and further ones only when a picture is taken away and not covered by the next one,
//! 64 at most: where those do not tell, frames have opacity.
//!
//! Times are the sums of the delays as they are stored, also of those of 0 and 1, which browsers show as 10: `gif_short_delays` in the metadata says so.
//! The rate is exact when all delays are equal; else it is the mean, and `variable_rate` is set.
//! `gif_loops` is how often the clip is shown, 0 for ever.
//! Pictures are counted without decoding them, so that the frame count is exact.
//! A frame is found again from the last picture that covers the whole canvas, or from one of the canvases that are kept on the way.
//! Frames that build on a damaged one are damaged too.
//!
//! # What it writes
//!
//! `GIF89a` from 8-bit gray and RGB, with or without opacity; frames with at most 256 colours come back exactly, and so do all gray ones.
//! Others get the palette that fits them best (variance split, then k-means), dithered if asked for.
//! Of each frame only the rectangle that changes is stored, and in it only the pixels that change;
//! with opacity the first picture has the whole canvas, and an index for what is transparent.
//! Where colours are reduced anyway, a pixel stays as it is when that is no more wrong than the nearest colour of the palette,
//! and takes a colour that compresses better when it is not much more wrong: `quality` says how much, as a part of the mean error of the frame
//! (0 at 100; 0.8 at 80, which is usual; 4 at 0). Below 50, each 10 less halve the number of colours.
//!
//! Blocks are made by the crate `gif`, pictures on all cores.
//!
//! Delays are rounded so that their sum is never off by more than half a hundredth of a second.
//! `max_bytes` tries lower qualities, eight times at most.
//!
//! # What is lost
//!
//! Colours beyond those of a palette, half transparency (what is less than half opaque becomes transparent, the rest opaque), times finer than a hundredth of a second,
//! numbers and names of frames, metadata.
//!
//! # Specification
//!
//! Graphics Interchange Format version 89a; the repeat count is the NETSCAPE2.0 extension, in which 0 is for ever and *n* is *n* more times.

#[cfg(feature = "gif")]
mod blocks;
#[cfg(feature = "gif")]
mod changes;
#[cfg(feature = "gif")]
mod compose;
#[cfg(feature = "gif")]
mod decode;
#[cfg(feature = "gif")]
mod dither;
#[cfg(feature = "gif")]
mod draw;
#[cfg(feature = "gif")]
mod encode;
#[cfg(feature = "gif")]
mod lzw;
#[cfg(feature = "gif")]
mod nearest;
#[cfg(feature = "gif")]
mod palette;
#[cfg(feature = "gif")]
mod pass;
#[cfg(feature = "gif")]
mod pictures;
#[cfg(feature = "gif")]
mod reader;
#[cfg(feature = "gif")]
mod sketch;
#[cfg(feature = "gif")]
mod spill;
#[cfg(feature = "gif")]
mod timing;
#[cfg(feature = "gif")]
mod writer;
#[cfg(feature = "gif")]
mod wu;

use crate::{Format, Probe};

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "gif",
    title: "animated GIF",
    extensions: &["gif"],
    reads: "all disposals, transparency, exact delays",
    writes: "palettes of each frame or one, exact durations, lossless up to 256 colours",
    detect: Some(detect),
    feature: "gif",
    #[cfg(feature = "gif")]
    open: Some(reader::open),
    #[cfg(not(feature = "gif"))]
    open: None,
    #[cfg(feature = "gif")]
    create: Some(writer::create),
    #[cfg(not(feature = "gif"))]
    create: None,
};

fn detect(probe: &Probe<'_>) -> bool {
    probe.head.starts_with(b"GIF87a") || probe.head.starts_with(b"GIF89a")
}
