//! Where each source is shown.

mod area;
mod aspect;
mod explicit;
mod grid;
mod inset;
mod pair;
mod plan;
mod titles;
mod wish;

pub(crate) use area::{name_of, named};
pub use area::{Area, Fit, Size};
pub use aspect::Aspect;
pub use explicit::{Explicit, Spot};
pub use grid::{CellSize, Grid};
pub use inset::{Inset, InsetAt, Insets};
pub use pair::{Direction, FitTo, Pair};
pub use plan::{Place, Plan};
pub use titles::{Lettering, Side, Titles};
pub use wish::{Arrangement, Layout, Shown};
