//! Which frame of each source is shown when.
