//! Resized frames kept in compressed chunks, so that a source is decoded once.
