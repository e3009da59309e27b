//! The index of a chunk: number and time of each of its frames.

mod npz;
mod npz_write;
mod yaml_file;

use std::path::Path;

use pimage_core::{Error, Limits};

use crate::StoreMetadata;
use crate::folder::read_own;

/// Bytes that an index may have: 16 million frames.
pub(crate) const MOST_BYTES: u64 = 256 << 20;

/// What is too much of, and what helps.
const BYTES: &str = "bytes of a chunk's index";
const FEWER: &str = "fewer frames a chunk";

/// Numbers and times of the frames of a chunk, in the order of the frames.
///
/// ```
/// use pimage_store::ChunkIndex;
///
/// let index = ChunkIndex::new(vec![7, 9], vec![0.5, 0.75])?;
/// assert_eq!(index.len(), 2);
/// assert!(ChunkIndex::new(vec![7], vec![]).is_err());
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChunkIndex {
    /// What the recorder counted; may jump, repeat and be negative.
    pub numbers: Vec<i64>,
    /// Seconds, usually since 1970-01-01 00:00:00 UTC; as many as there are numbers.
    pub times: Vec<f64>,
    /// The numbers before the store was numbered anew around a frame 0.
    pub original_numbers: Option<Vec<i64>>,
}

impl ChunkIndex {
    /// An index of these frames.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when there are not as many times as numbers.
    pub fn new(numbers: Vec<i64>, times: Vec<f64>) -> Result<Self, Error> {
        if numbers.len() != times.len() {
            return Err(Error::bad_option(
                "the number of times",
                times.len().to_string(),
                format!("{}, as many as there are numbers", numbers.len()),
            ));
        }
        Ok(Self {
            numbers,
            times,
            original_numbers: None,
        })
    }

    /// The number of frames.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether the chunk has no frames.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Reads an index, `.npz` or `.yaml` by its extension.
    ///
    /// Of an archive only the two or three arrays that matter are looked at; whatever else lies beside them, pickled or not, stays unread.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Error::Malformed`] for an index that is torn or has other numbers than times; [`Error::TooLarge`].
    pub fn read(path: impl AsRef<Path>, limits: &Limits) -> Result<Self, Error> {
        let path = path.as_ref();
        Self::parse(&bytes_of(path)?, path, limits)
    }

    /// The same for a file of a store, which may be no link to another.
    pub(crate) fn read_own(path: &Path, limits: &Limits) -> Result<Self, Error> {
        let bytes = read_own(path, MOST_BYTES, BYTES, FEWER)?;
        Self::parse(&bytes, path, limits)
    }

    /// An index from the bytes of its file, whose path only says what they are.
    pub(crate) fn parse(bytes: &[u8], path: &Path, limits: &Limits) -> Result<Self, Error> {
        let index = if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            yaml_file::read(bytes, path)?
        } else {
            npz::read(bytes, path, limits)?
        };
        limits.check_frames(index.len() as u64)?;
        let (numbers, times) = (index.numbers.len(), index.times.len());
        let originals = index.original_numbers.as_ref().map_or(numbers, Vec::len);
        if numbers != times || originals != numbers {
            let reason = format!(
                "it has {numbers} numbers, {times} times and {originals} original numbers: expected as many of each"
            );
            return Err(Error::malformed("imgstore index", path, reason));
        }
        Ok(index)
    }

    /// The bytes of an `.npz` with this index, and the store's metadata beside it as imgstore has them, as `numpy.load` reads it without unpickling.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] when there are more frames than an index may have.
    pub fn to_npz(&self, metadata: &StoreMetadata) -> Result<Vec<u8>, Error> {
        npz_write::written(self, metadata)
    }
}

/// The bytes of a regular file that is not too long.
fn bytes_of(path: &Path) -> Result<Vec<u8>, Error> {
    let metadata = path.metadata().map_err(Error::io("open", path))?;
    if !metadata.is_file() {
        let reason = "it is not a regular file";
        return Err(Error::malformed("imgstore index", path, reason));
    }
    check_bytes(metadata.len())?;
    std::fs::read(path).map_err(Error::io("read", path))
}

fn check_bytes(bytes: u64) -> Result<(), Error> {
    if bytes <= MOST_BYTES {
        return Ok(());
    }
    Err(Error::TooLarge {
        what: BYTES,
        value: bytes,
        limit: MOST_BYTES,
        option: FEWER,
    })
}

/// The whole number that a float is, if it is one.
fn whole_number(value: f64) -> Option<i64> {
    // 2^63 is exact in f64; the comparison also refuses NaN.
    let is_in_range = value.abs() < 9_223_372_036_854_775_808.0;
    let truncated = is_in_range.then_some(value as i64)?;
    #[expect(clippy::float_cmp, reason = "only exactly whole numbers are meant")]
    (truncated as f64 == value).then_some(truncated)
}
