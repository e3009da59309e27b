//! Plots as frames: lines, scatter, histograms, spectra, bars, events and images, without a system font.
//!
//! A plot is a reader: a cell of a mosaic, a video of its own, or a still.

mod axis;
mod backend;
mod cursor;
mod data;
mod dates;
mod figure;
mod furniture;
mod growth;
mod histogram;
mod legend;
mod marks;
mod metrics;
mod motion;
mod pens;
mod picture;
mod plan;
mod raster;
mod reader;
mod runs;
mod scale;
mod scene;
mod series;
mod sketch;
mod spectrum;
mod table;
mod theme;
mod ticks;

pub use axis::{Axis, ScaleKind};
pub use backend::FrameBackend;
pub use data::{EPOCH_SECONDS, is_table, read_table, read_table_from};
pub use figure::{Figure, Panel};
pub use histogram::{Bins, Histogram};
pub use motion::{Motion, Pace};
pub use reader::PlotReader;
pub use series::Series;
pub use spectrum::Spectrum;
pub use table::{Column, Table};
pub use theme::{Palette, Theme};
