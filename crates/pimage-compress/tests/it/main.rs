//! Laws of packed groups.

mod bound;
mod damage;
