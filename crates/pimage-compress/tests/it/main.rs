//! Laws of packed groups.
#![expect(clippy::unwrap_used, reason = "helpers of tests panic")]

mod bound;
mod damage;
mod file;
