//! From a frame to the bytes of a file.

use std::path::PathBuf;

use pimage_core::{Color, Error, Frame, FrameFormat};

use super::{OPTIMIZED, PROGRESSIVE, SUBSAMPLING, library};
use crate::settings::Asked;

/// Quality from which colour keeps its full resolution.
const FULL_COLOR_QUALITY: u8 = 90;

/// How to encode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    /// 1 to 100.
    pub(super) quality: u8,
    pub(super) colour: Colour,
    /// With Huffman codes of its own.
    pub(super) is_optimized: bool,
    pub(super) is_progressive: bool,
}

/// What is kept of the colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    /// Nothing.
    Gray,
    /// All of it, 4:4:4.
    Full,
    /// Every second column, 4:2:2.
    HalfWidth,
    /// Every second column and row, 4:2:0.
    Half,
}

/// Appends the image to `out`.
pub(super) fn encode(frame: &Frame, asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    library::encode(frame, plan_of(asked, frame.format()), out).map_err(|reason| Error::Codec {
        codec: "jpeg".to_owned(),
        path: PathBuf::new(),
        frame: None,
        reason,
    })
}

fn plan_of(asked: &Asked<'_>, format: &FrameFormat) -> Plan {
    // The scale has whole numbers of 1 to 100.
    let quality = asked.quality_or_usual() as u8;
    let colour = match asked.text(SUBSAMPLING) {
        _ if format.color == Color::Gray => Colour::Gray,
        Some("gray") => Colour::Gray,
        Some("4:4:4") => Colour::Full,
        Some("4:2:2") => Colour::HalfWidth,
        Some("4:2:0") => Colour::Half,
        _ if quality >= FULL_COLOR_QUALITY => Colour::Full,
        _ => Colour::Half,
    };
    Plan {
        quality,
        colour,
        is_optimized: asked.flag(OPTIMIZED),
        is_progressive: asked.flag(PROGRESSIVE),
    }
}
