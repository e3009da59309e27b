//! The table of formats, from which detection, help and documentation are made.

use std::path::Path;

use pimage_core::{Error, FrameReader, FrameWriter, StreamInfo};

use crate::{ReadOptions, WriteOptions};

/// What is known of a file before it is opened.
#[derive(Debug)]
pub struct Probe<'a> {
    /// Its name.
    pub path: &'a Path,
    /// Its first bytes, up to 4 KiB.
    pub head: &'a [u8],
    /// Lower-case extension without the dot; empty when there is none.
    pub extension: &'a str,
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
pub static FORMATS: &[&Format] = &[];
