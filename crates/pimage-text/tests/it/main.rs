//! Text on frames: what is drawn where, on every format.

#![expect(clippy::expect_used, reason = "a test helper reports by panicking")]

mod font;
mod pen;
