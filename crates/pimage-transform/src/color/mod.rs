//! What channels mean: gray of colour, colour of gray, one picture over another.

mod beside;
mod blend;
mod channel;
mod colormap;
mod composite;
mod demosaic;
mod gray;
mod merge;
mod modes;
mod mosaic;
mod rgb;
mod together;

pub use blend::{Blend, Blended};
pub use channel::Channel;
pub use demosaic::{BayerPattern, Demosaic};
pub use gray::Gray;
pub use merge::Merge;
pub use modes::BlendMode;
pub use rgb::{Opacity, Rgb};
pub use together::AtEnd;

use pimage_core::{Error, Frame, FrameFormat, Limits};

use crate::Operator;

/// The operations of this group.
pub(crate) const OPERATORS: &[Operator] = &[
    gray::OPERATOR,
    channel::OPERATOR,
    rgb::OPERATOR,
    merge::OPERATOR,
    blend::OPERATOR,
    demosaic::OPERATOR,
    colormap::OPERATOR,
    composite::OPERATOR,
];

/// Replaces `frame` by one of format `output` that `fill` makes of it in the memory of `spare`.
fn rebuild(
    frame: &mut Frame,
    spare: &mut Frame,
    output: &FrameFormat,
    fill: impl FnOnce(&Frame, &mut Frame),
) -> Result<(), Error> {
    // The chain checks its formats against the limits before the first frame.
    spare.reset(output, &Limits::none())?;
    fill(frame, spare);
    spare.stamp = frame.stamp.clone();
    std::mem::swap(frame, spare);
    Ok(())
}
