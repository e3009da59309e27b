//! pimage-mosaic as its users have it.

mod layout;
mod layout_file;
mod buffer;
mod reader;
mod timing;
