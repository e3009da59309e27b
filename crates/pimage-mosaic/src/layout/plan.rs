//! Where everything of a mosaic is, to the pixel.

use pimage_core::{Color, Error, FrameFormat, Limits, Paint, SampleType};
use pimage_transform::Method;

use super::{Area, Lettering, Size};

/// Where everything of a mosaic is, to the pixel; known before any frame is.
///
/// Everything that is neither a picture nor the band of a title is [`Plan::background`].
/// Places are in the order of the sources, in which they are drawn: a later one hides an earlier one.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Width of the mosaic, pixels.
    pub width: u32,
    /// Height of the mosaic, pixels.
    pub height: u32,
    /// One place for each source.
    pub places: Vec<Place>,
    /// What is between the pictures and around them.
    pub background: Paint,
    /// How pictures are resized; [`Resize`](pimage_transform::Resize) chooses when it is `None`.
    pub method: Option<Method>,
    /// How titles look; `None` when no place has one.
    pub lettering: Option<Lettering>,
}

/// Where one source of a mosaic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// What the resized frame fills, exactly: the shape of the source is accounted for.
    pub picture: Area,
    /// The band of the title, outside of the picture; `None` when there is no title.
    pub title: Option<Area>,
    /// Whether the picture or the band lies over those of places before: both must then be drawn again after them.
    pub is_over: bool,
}

impl Plan {
    /// The size of the mosaic.
    #[must_use]
    pub const fn size(&self) -> Size {
        Size::new(self.width, self.height)
    }
}

/// The size of a canvas whose sides were computed in more bits than a side has.
///
/// # Errors
///
/// [`Error::TooLarge`] when a side or the number of pixels is over the limits.
pub(super) fn canvas(width: u64, height: u64, limits: &Limits) -> Result<Size, Error> {
    let side = |what, side: u64| {
        u32::try_from(side).ok().ok_or(Error::TooLarge {
            what,
            value: side,
            limit: u64::from(limits.max_side),
            option: "--limit side=N",
        })
    };
    let (width, height) = (side("width", width)?, side("height", height)?);
    let format = FrameFormat::new(width, height, Color::Gray, SampleType::U8);
    limits.check_format(&format)?;
    Ok(Size::new(width, height))
}
