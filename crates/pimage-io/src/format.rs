//! The table of formats, from which detection, help and documentation are made.

use std::path::Path;

use pimage_core::{Error, FrameReader, FrameWriter, StreamInfo};

use crate::{ReadOptions, WriteOptions, formats};

/// What is known of a file before it is opened.
#[derive(Debug)]
pub struct Probe<'a> {
    /// Its name.
    pub path: &'a Path,
    /// Its first bytes, up to 4 KiB.
    pub head: &'a [u8],
    /// Lower-case extension without the dot; empty when there is none.
    pub extension: &'a str,
    /// Whether it is a folder, which has no first bytes.
    pub is_folder: bool,
}

impl<'a> Probe<'a> {
    /// What is known of a name that is not that of a file: a pattern.
    pub(crate) const fn of_name(path: &'a Path) -> Self {
        Self {
            path,
            head: &[],
            extension: "",
            is_folder: false,
        }
    }
}

/// Opens a file of one format.
pub type OpenReader = fn(&Path, &ReadOptions) -> Result<Box<dyn FrameReader>, Error>;

/// Prepares a file of one format; nothing is created before the first frame.
pub type CreateWriter =
    fn(&Path, &StreamInfo, &WriteOptions) -> Result<Box<dyn FrameWriter>, Error>;

/// One file format.
#[derive(Debug)]
pub struct Format {
    /// Short lower-case name, as `--format` takes it.
    pub name: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// Without the dot, lower case, preferred one first.
    pub extensions: &'static [&'static str],
    /// What is read, for people; empty when nothing is.
    pub reads: &'static str,
    /// What is written, for people; empty when nothing is.
    pub writes: &'static str,
    /// Whether the content is of this format; `None` when only the extension tells.
    pub detect: Option<fn(&Probe<'_>) -> bool>,
    /// The cargo feature that compiles it in; empty when it always is.
    pub feature: &'static str,
    /// `None` if not built or not supported.
    pub open: Option<OpenReader>,
    /// `None` if not built or not supported.
    pub create: Option<CreateWriter>,
}

/// Every format, in the order in which content is tried.
pub static FORMATS: &[&Format] = &[
    &formats::hiris::FORMAT,
    &formats::norpix::FORMAT,
    &formats::flir::FORMAT,
    &formats::npy::FORMAT,
    &formats::npz::FORMAT,
    &formats::netcdf::FORMAT,
    &formats::netcdf::HDF5,
    &formats::y4m::FORMAT,
    &formats::tiff::FORMAT,
    &formats::gif::FORMAT,
    &formats::grib::FORMAT,
    &formats::store::FORMAT,
    &formats::zarr::FORMAT,
    &formats::images::FORMAT,
    &formats::raw::FORMAT,
    // After video, whose extensions it shares: a new file of that name is a plain video unless it is asked for.
    &formats::video_row::FORMAT,
    &formats::compressed::FORMAT,
    &formats::numpy_compress::FORMAT,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_lower_case() {
        let mut names = BTreeSet::new();
        for row in FORMATS {
            assert!(names.insert(row.name), "{} twice", row.name);
            assert_eq!(row.name, row.name.to_lowercase());
            assert!(!row.title.is_empty() && !row.extensions.is_empty());
            for extension in row.extensions {
                assert_eq!(*extension, extension.to_lowercase());
            }
        }
    }

    #[test]
    fn a_row_without_functions_says_which_feature_has_them() {
        for row in FORMATS {
            let does_something = row.open.is_some() || row.create.is_some();
            assert!(does_something || !row.feature.is_empty(), "{}", row.name);
        }
    }
}
