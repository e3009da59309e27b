//! What frames are among those before and after them, and among all.

mod against;
mod background;
mod baseline;
mod delta_f;
mod fill;
mod flat_field;
mod intensity;
mod null_image;
mod numbering;
mod reference;
mod running;
mod selector;
mod statistic;
mod superframe;
mod temporal;
mod windows;

pub use background::{Background, Difference};
pub use baseline::{Baseline, BaselineFrames};
pub use delta_f::DeltaF;
pub use fill::{FillGaps, Substitute};
pub use flat_field::FlatField;
pub use null_image::null_image;
pub use numbering::CountedBy;
pub use statistic::TimeStatistic;
pub use superframe::Superframe;
pub use temporal::Temporal;

use crate::Operator;

/// The operations of this group.
pub(crate) const OPERATORS: &[Operator] = &[
    temporal::OPERATOR,
    background::OPERATOR,
    delta_f::OPERATOR,
    flat_field::OPERATOR,
    fill::OPERATOR,
    superframe::OPERATOR,
];
