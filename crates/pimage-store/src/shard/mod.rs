//! A store's chunks shared out among jobs that know nothing of one another, each of which writes a part, and the parts joined again.

mod merge;
mod part;

use std::ops::Range;

use pimage_core::Error;
use serde_json::{Map, Value, json};

pub use merge::{MergeOptions, Merged, merge};
pub use part::PartWriter;

use crate::{StoreMetadata, StoreReader};

/// The key of the user's metadata under which a part says what it is of.
const KEY: &str = "pimage_shard";

/// One of several jobs: which chunks of a store are its own.
///
/// ```
/// use pimage_store::Shard;
///
/// let shard = Shard::new(4, 1)?;
/// assert_eq!(shard.chunks(10), 2..5);
/// assert!(Shard::new(4, 4).is_err());
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    count: u64,
    index: u64,
}

impl Shard {
    /// Job `index`, from 0, of `count`.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when there is no such job.
    pub fn new(count: u64, index: u64) -> Result<Self, Error> {
        if index < count {
            return Ok(Self { count, index });
        }
        let expected = match count {
            0 => "a --count of at least 1".to_owned(),
            _ => format!("0 to {}, for --count is {count}", count - 1),
        };
        Err(Error::bad_option("--index", index.to_string(), expected))
    }

    /// Positions of its chunks among `total`: neighbours, as many as any other job has or one more or less.
    #[must_use]
    pub fn chunks(&self, total: usize) -> Range<usize> {
        let bound = |index: u64| {
            let place = u128::from(index) * total as u128 / u128::from(self.count);
            usize::try_from(place).unwrap_or(total)
        };
        bound(self.index)..bound(self.index + 1)
    }

    /// The name that its part has.
    #[must_use]
    pub fn part_name(&self) -> String {
        format!("part-{:04}-of-{:04}", self.index, self.count)
    }

    /// What its part says of itself.
    fn record(&self, store: &StoreReader, recipe: &str) -> Value {
        let metadata = store.metadata();
        json!({
            "count": self.count,
            "index": self.index,
            "source": metadata.uuid,
            "created": metadata.created.to_string(),
            "chunks": store.index().chunks().len(),
            "frames": store.index().len(),
            "recipe": recipe,
        })
    }

    /// The part of what a record says.
    fn of_record(record: &Map<String, Value>) -> Option<(Self, usize)> {
        let number = |key: &str| record.get(key).and_then(Value::as_u64);
        let shard = Self::new(number("count")?, number("index")?).ok()?;
        Some((shard, usize::try_from(number("chunks")?).ok()?))
    }
}

/// What a store says of which part it is.
fn record_of(metadata: &StoreMetadata) -> Option<&Map<String, Value>> {
    metadata.user.get(KEY).and_then(Value::as_object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chunk_is_of_one_job() {
        for (count, total) in [(1, 5), (3, 10), (7, 3), (4, 0), (5, 5)] {
            let mut next = 0;
            for index in 0..count {
                let chunks = Shard::new(count, index).expect("is one").chunks(total);
                assert_eq!(chunks.start, next);
                next = chunks.end;
            }
            assert_eq!(next, total);
        }
    }
}
