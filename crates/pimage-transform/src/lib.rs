//! What pimage does to frames: geometry, intensity, filters, time, colour and text, and one grammar for all of it.
//!
//! An operation is a [`Transform`](pimage_core::Transform) of its own, such as [`Crop`], or a step of a [`Chain`] that is parsed from text,
//! `crop=10 | rotate=90`; [`TransformingReader`] puts a chain over any reader. [`operators`] is the table of all operations.
//!
//! One implementation an operation: which one, and why, stands in the documentation of each.

mod arguments;
mod bank;
mod chain;
mod color;
mod filter;
mod frames;
mod fuse;
mod geometry;
mod grammar;
mod intensity;
mod operation;
mod operator;
mod reader;
mod text;
mod time;
mod vector;
mod window;

pub use arguments::{Arguments, Number};
pub use chain::{Chain, Step};
pub use color::{
    AtEnd, BayerPattern, Blend, BlendMode, Blended, Channel, Demosaic, Gray, Merge, Opacity, Rgb,
};
pub use filter::{Bilateral, Clahe, Gaussian, Laplacian, LaplacianOutput, Median, Sharpen};
pub use geometry::{
    Affine, AffineOrder, Bin, BinStatistic, Crop, Fill, Flip, Method, Pad, PadMode, Resize, Rotate,
};
pub use grammar::Spec;
pub use intensity::{
    Brightness, Contrast, Curve, Cut, Equalize, Exposure, Gamma, Invert, Level, Lut, Normalize,
    Over, Parts, Rescale, Stretch, Threshold,
};
pub use operation::{Adapt, Bind, Measured, Open, Operation, Surroundings, Window, Windowed};
pub use operator::{GROUPS, Group, Operator, Parameter, Presence, operator, operators};
pub use reader::TransformingReader;
pub use text::{Annotate, Lettering, Measure, PhysicalLength, Place, ScaleBar};
pub use time::{
    Background, Baseline, BaselineFrames, CountedBy, DeltaF, Difference, FillGaps, FlatField,
    Substitute, Superframe, Temporal, TimeStatistic, null_image,
};
