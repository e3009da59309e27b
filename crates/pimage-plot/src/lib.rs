//! Plots as frames: lines, scatter, histograms, spectra, bars, events and images, without a system font.
//!
//! A plot is a reader: a cell of a mosaic, a video of its own, or a still.

mod backend;
mod table;

pub use table::{Column, Table};
