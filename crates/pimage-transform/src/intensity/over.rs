//! What a measurement looks at.

use crate::{Arguments, Parameter, Presence};

/// Over which frames intensities are measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Over {
    /// All frames together, which takes a pass over them before the first: what was as bright stays as bright.
    #[default]
    All,
    /// Each frame for itself.
    Frame,
}

impl Over {
    pub(super) const PARAMETER: Parameter = Parameter::new(
        "over",
        "measure all frames together, in a pass before the first, or each for itself",
        "all|frame",
        Presence::Default("all"),
    );

    pub(super) fn from_arguments(arguments: &Arguments<'_>) -> Result<Self, pimage_core::Error> {
        arguments.choice("over", &[("all", Self::All), ("frame", Self::Frame)])
    }
}
