//! Two recordings side by side, frame by frame.

mod pairs;

pub(crate) use pairs::{Outcome, each_pair};
