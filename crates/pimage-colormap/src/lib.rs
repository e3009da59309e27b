//! Scalars to colour.
