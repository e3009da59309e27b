//! pimage-plot as its users have it.

mod golden;
mod numbers;
mod reader;
