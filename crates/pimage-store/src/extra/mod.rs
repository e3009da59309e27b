//! Extra data: what was recorded beside the frames, as columns.

mod files;
mod output;
mod records;
mod table;

pub use self::table::{Column, ExtraTable, Values};

use pimage_core::Error;

use crate::StoreReader;

/// The extra data of a store.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExtraData {
    /// All rows, those of earlier chunks first.
    pub table: ExtraTable,
    /// What is odd: files that are cut, files that are not read.
    pub notes: Vec<String>,
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
}
