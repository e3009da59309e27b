//! What samples are worth: brighter, steeper, spread, in two.

use crate::Operator;

/// The operations of this group.
pub(crate) const OPERATORS: &[Operator] = &[];
