//! What frames are among those before and after them, and among all.

use crate::Operator;

/// The operations of this group.
pub(crate) const OPERATORS: &[Operator] = &[];
