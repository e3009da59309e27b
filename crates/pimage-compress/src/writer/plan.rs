//! What the video of a file is, as the first group decides.

use super::preview::PreviewPlan;
use crate::setting::VideoSetting;

/// What the video of a file is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plan {
    /// Small pictures.
    Preview(PreviewPlan),
    /// The frames.
    Base(Base),
}

/// A video that values are made from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Base {
    pub(crate) setting: VideoSetting,
    /// What the decoder needs before the first picture of the file.
    pub(crate) private: Vec<u8>,
    /// Values of black and white.
    pub(crate) shown: [f64; 2],
}
