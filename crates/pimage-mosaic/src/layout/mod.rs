//! Where each source is shown.

mod area;
mod aspect;
mod explicit;
mod file;
mod grid;
mod inset;
mod method;
mod pair;
mod plan;
mod text;
mod titles;
mod wish;

pub use area::{Area, Fit, Size};
pub(crate) use area::{name_of, named};
pub use aspect::Aspect;
pub use explicit::{Explicit, Spot};
pub use file::{LayoutCell, LayoutFile};
pub use grid::{CellSize, Grid};
pub use inset::{Inset, InsetAt, Insets};
pub use method::{METHODS, method_named};
pub use pair::{Direction, FitTo, Pair};
pub use plan::{Place, Plan};
pub use titles::{Lettering, Side, Titles};
pub use wish::{Arrangement, Layout, Shown};
