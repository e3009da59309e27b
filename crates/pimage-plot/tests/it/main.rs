//! pimage-plot as its users have it.
