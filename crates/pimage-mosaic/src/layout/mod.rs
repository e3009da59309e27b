//! Where each source is shown.
