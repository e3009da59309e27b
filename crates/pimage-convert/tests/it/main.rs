//! The pipeline from outside: order, errors, panics, stopping, memory, ranges.

mod kit;
mod ranges;
mod stopping;
mod streaming;
