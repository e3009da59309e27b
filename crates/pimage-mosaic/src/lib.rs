//! Many recordings in one: grids, pairs, pictures in pictures, in step, and buffered in Zarr chunks.
//!
//! A mosaic is a reader made of readers: files, arrays, closures, still images, plots, other mosaics.

mod buffer;
mod layout;
mod timing;

pub use layout::{
    Area, Arrangement, Aspect, CellSize, Direction, Explicit, Fit, FitTo, Grid, Inset, InsetAt,
    Insets, Layout, Lettering, Pair, Place, Plan, Shown, Side, Size, Spot, Titles,
};
