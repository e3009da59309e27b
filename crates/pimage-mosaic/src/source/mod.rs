//! What is shown in the cells of a mosaic.

mod cell;
mod drawn;
mod feed;
mod position;
mod track;

pub use cell::Cell;
pub use drawn::FromFn;
pub(crate) use feed::{By, Entry, Feed, Order, Picture};
pub(crate) use position::Positions;
pub(crate) use track::Track;
