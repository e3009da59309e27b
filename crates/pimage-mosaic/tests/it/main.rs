//! pimage-mosaic as its users have it.

mod layout;
mod buffer;
mod reader;
