//! pimage-store as its users have it.
