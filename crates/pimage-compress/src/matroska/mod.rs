//! Matroska as far as a compressed array needs it: one video track, tags, a cluster for each group, cues.

pub(crate) mod cluster;
pub(crate) mod ebml;
pub(crate) mod head;
mod ids;
pub(crate) mod scan;
