//! The bytes of a file, through the crate `gif`: header, pictures, trailer.

use std::borrow::Cow;

use gif::{Encoder, EncodingError, Frame, Repeat};
use pimage_core::{Error, FrameFormat};

use super::changes::Rect;
use super::nearest::Rgb;

/// Makes the bytes of a file, which are taken piece by piece.
pub(super) struct Blocks(Encoder<Vec<u8>>);

impl Blocks {
    /// The header, with the palette of the file; `shows` is how often the clip is shown, 0 for ever.
    pub(super) fn new(
        format: &FrameFormat,
        palette: Option<Vec<Rgb>>,
        shows: u16,
    ) -> Result<Self, Error> {
        let colors = palette.unwrap_or_default();
        let (width, height) = (side(format.width as usize), side(format.height as usize));
        let mut encoder =
            Encoder::new(Vec::new(), width, height, colors.as_flattened()).map_err(failed)?;
        // The block says how often it is shown again; without one it is shown once.
        let repeat = match shows {
            0 => Repeat::Infinite,
            shows => Repeat::Finite(shows - 1),
        };
        encoder.set_repeat(repeat).map_err(failed)?;
        Ok(Self(encoder))
    }

    /// Adds a picture that is compressed already.
    pub(super) fn add(&mut self, picture: &Frame<'_>) -> Result<(), Error> {
        self.0.write_lzw_pre_encoded_frame(picture).map_err(failed)
    }

    /// The bytes since they were taken last, which go into `write`.
    pub(super) fn drain(
        &mut self,
        write: impl FnOnce(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let bytes = self.0.get_mut();
        write(bytes)?;
        bytes.clear();
        Ok(())
    }

    /// The trailer, and what was not taken.
    pub(super) fn end(self) -> Result<Vec<u8>, Error> {
        self.0.into_inner().map_err(failed)
    }
}

/// Sides are checked before.
fn side(value: usize) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}

/// Memory takes all bytes, and palettes have at most 256 colours.
fn failed(error: EncodingError) -> Error {
    Error::Internal {
        part: "the GIF encoder".to_owned(),
        reason: error.to_string(),
    }
}

/// A picture with its codes (the size of the first ones before them); without a palette it has that of the file.
pub(super) fn picture(
    rect: Rect,
    palette: Option<&[Rgb]>,
    transparent: Option<u8>,
    codes: Vec<u8>,
) -> Frame<'static> {
    let palette = palette.map(|colors| {
        let mut palette = colors.concat();
        // The transparent index has a place in the table too.
        let least = transparent.map_or(0, |index| usize::from(index) + 1);
        palette.resize(palette.len().max(least * 3), 0);
        palette
    });
    Frame {
        left: side(rect.left),
        top: side(rect.top),
        width: side(rect.width),
        height: side(rect.height),
        transparent,
        palette,
        buffer: Cow::Owned(codes),
        ..Frame::default()
    }
}
