//! Work on several threads with results in order, and frames decoded ahead of their reader.
//!
//! ```
//! use pimage_pool::OrderedPool;
//!
//! let mut pool = OrderedPool::start("squares", 2, || |job: u64| Ok(job * job))?;
//! for job in 0..4 {
//!     pool.submit(job);
//! }
//! let mut squares = Vec::new();
//! while let Some(square) = pool.next() {
//!     squares.push(square?);
//! }
//! assert_eq!(squares, [0, 1, 4, 9]);
//! # Ok::<(), pimage_core::Error>(())
//! ```

mod ahead;
mod both;
mod crew;
mod ordered;

pub use ahead::Ahead;
pub use both::both;
pub use crew::Crew;
pub use ordered::OrderedPool;

/// The stack of a worker, bytes.
const STACK_BYTES: usize = 2 << 20;

/// Threads to use: as many as asked for, else one for each core.
#[must_use]
pub fn threads(asked: Option<usize>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    asked.unwrap_or_else(cores).max(1)
}
