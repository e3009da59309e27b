//! Figures of data files: which columns are drawn how, and at which moments.

mod columns;
mod figure;
mod pace;
mod source;

pub(crate) use columns::Horizontal;
pub(crate) use figure::{FigureArgs, Kind};
pub(crate) use pace::{InStep, Moments};
pub(crate) use source::{Data, read_data, read_recording};
