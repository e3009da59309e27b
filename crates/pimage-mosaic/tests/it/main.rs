//! pimage-mosaic as its users have it.
