//! What pixels are among their neighbours: smoother, sharper, evened out.

use crate::Operator;

/// The operations of this group.
pub(crate) const OPERATORS: &[Operator] = &[];
