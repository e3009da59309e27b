//! TIFF pages: directories, strips and tiles.

pub mod encode;
pub mod tags;
