//! What channels mean: gray of colour, colour of gray, one picture over another.

use crate::Operator;

/// The operations of this group.
pub(crate) const OPERATORS: &[Operator] = &[];
