//! Scalars to colour: maps by name and of one's own, and what makes colourful frames of gray ones.
//!
//! [`Coloring`] gives every sample what matplotlib gives it with `cmap(norm(x), bytes=True)`.
//!
//! ```
//! use pimage_colormap::{Colormap, Kind};
//!
//! let cyclic: Vec<_> = Colormap::names().filter(|named| named.kind == Kind::Cyclic).map(|named| named.name).collect();
//! assert!(cyclic.contains(&"twilight".to_owned()) && cyclic.contains(&"cmo.phase".to_owned()));
//! ```

mod bar;
mod coloring;
mod composite;
mod file;
mod keys;
mod lookup;
mod map;
mod norm;
mod paints;
mod pieces;
mod stops;
mod tables;
mod ticks;

pub use bar::{BarPlace, ColorBar};
pub use coloring::Coloring;
pub use composite::{Composite, Layer};
pub use map::{Colormap, Kind, Named};
pub use norm::Norm;
pub use paints::{Mask, Masked};
pub use stops::Stop;
