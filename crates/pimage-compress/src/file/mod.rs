//! What is in a file beside its video: the description of the array, and the data of each group.

pub(crate) mod data;
pub(crate) mod description;
pub(crate) mod index;
pub(crate) mod pictures;
pub(crate) mod section;
pub(crate) mod stamps;
