//! Extra data: what was recorded beside the frames, as columns.

#[cfg(feature = "arrow")]
mod arrow;
mod beside;
mod change;
mod files;
#[cfg(feature = "hdf5")]
mod h5;
mod output;
mod records;
mod table;

pub use self::beside::has_extra_data;
pub(crate) use self::change::change_rows;
pub use self::table::{Column, ExtraTable, Values};

use pimage_core::Error;
use serde_json::{Map, Value};

use crate::StoreReader;

/// The extra data of a store.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExtraData {
    /// All rows, those of earlier chunks first.
    pub table: ExtraTable,
    /// Arrays of several samples a frame, a table for each, in the order of the chunks.
    pub sampled: Vec<Sampled>,
    /// What is odd: files that are cut, files that are not read.
    pub notes: Vec<String>,
}

/// What was sampled faster than the frames were taken: a row a sample, with the number of its frame.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sampled {
    /// What it is called.
    pub name: String,
    /// Samples a second, where the file says it.
    pub rate: Option<f64>,
    /// The samples.
    pub table: ExtraTable,
}

impl StoreReader {
    /// What was recorded beside the frames, of all chunks.
    ///
    /// Of a file that was cut (the recorder crashed) everything up to the cut is there, and a note says so.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Error::TooLarge`]; [`Error::Malformed`] for a file that is not what its name says.
    pub fn extra_data(&self) -> Result<ExtraData, Error> {
        files::read(&self.opened)
    }

    /// The rows of [`StoreReader::extra_data`] as they were recorded, their values of the types that they had.
    pub(crate) fn extra_rows(&self) -> Result<Vec<Map<String, Value>>, Error> {
        files::rows(&self.opened)
    }
}
