//! What a caller may ask for when opening a packed array.

use pimage_core::{Limits, OnDamage};

/// How to open a packed array; the default stops at damage.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenOptions {
    /// Bounds on what a file may claim.
    pub limits: Limits,
    /// What to do at a group that is missing, cut or changed.
    pub on_damage: OnDamage,
    /// Unpacking threads; `None` is one for each core.
    pub threads: Option<usize>,
}
