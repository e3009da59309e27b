//! What channels mean: gray of colour, colour of gray, one picture over another.

mod channel;
mod demosaic;
mod gray;
mod mosaic;
mod rgb;

pub use channel::Channel;
pub use demosaic::{BayerPattern, Demosaic};
pub use gray::Gray;
pub use rgb::{Opacity, Rgb};

use pimage_core::{Error, Frame, FrameFormat, Limits};

use crate::Operator;

/// The operations of this group.
pub(crate) const OPERATORS: &[Operator] = &[
    gray::OPERATOR,
    channel::OPERATOR,
    rgb::OPERATOR,
    demosaic::OPERATOR,
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
