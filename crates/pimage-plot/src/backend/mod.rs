//! What plotters draws on: a frame.
