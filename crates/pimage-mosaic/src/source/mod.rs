//! What is shown in the cells of a mosaic.

mod cell;
mod drawn;
mod feed;
mod position;

pub use cell::Cell;
pub use drawn::FromFn;
pub(crate) use feed::{Entry, Feed, Order, Picture};
