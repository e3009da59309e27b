//! What is written on frames: words, scale bars, the cross of a missing frame.

use crate::Operator;

/// The operations of this group.
pub(crate) const OPERATORS: &[Operator] = &[];
