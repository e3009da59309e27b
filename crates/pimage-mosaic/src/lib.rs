//! Many recordings in one: grids, pairs, pictures in pictures, in step, and buffered in Zarr chunks.
//!
//! A mosaic is a reader made of readers: files, arrays, closures, still images, plots, other mosaics.

mod buffer;
mod canvas;
mod lane;
mod layout;
mod options;
mod prepare;
mod reader;
mod source;
mod span;
mod timing;

pub use buffer::{BufferMode, BufferOptions, BufferPool, Buffered};
pub use layout::{
    Area, Arrangement, Aspect, CellSize, Direction, Explicit, Fit, FitTo, Grid, Inset, InsetAt,
    Insets, Layout, LayoutCell, LayoutFile, Lettering, METHODS, Pair, Place, Plan, Shown, Side,
    Size, Spot, Titles, method_named,
};
pub use options::MosaicOptions;
pub use reader::Mosaic;
pub use source::{Cell, FromFn};
pub use timing::{Align, AtEnd, Offset, Speed, Timing};
