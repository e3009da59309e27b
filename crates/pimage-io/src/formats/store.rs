//! Recording stores (a folder with `metadata.yaml`), interchangeable with imgstore.
//!
//! # What it stores
//!
//! Chunks, each a video or a folder of images, and the number and the time of each frame.
//!
//! # What pimage reads
//!
//! Version 2 and older dialects, every format of chunks; see the crate `pimage-store`.
//! The folder and its `metadata.yaml` are the same. Raw frames whose `encoding` the store names become colour by OpenCV's rules.
//!
//! # What is lost
//!
//! Extra data beside the frames, which are columns of their own.
//!
//! # Specification
//!
//! The Python package `imgstore`, 0.4.

use crate::{Format, OpenReader, Probe};

/// The name of the file in the folder of a store.
const METADATA_FILE: &str = "metadata.yaml";

/// The key that the file of a store has.
const KEY: &[u8] = b"__store";

/// Bytes of the file in which the key is sought.
const LOOKED_AT: u64 = 1 << 20;

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "imgstore",
    title: "Recording store (imgstore)",
    extensions: &["imgstore"],
    reads: "chunks of images, arrays and video, their numbers and times; `metadata.yaml` or its folder",
    writes: "",
    detect: Some(detect),
    feature: "store",
    open: OPEN,
    create: None,
};

#[cfg(feature = "store")]
const OPEN: Option<OpenReader> = Some(reader::open);
#[cfg(not(feature = "store"))]
const OPEN: Option<OpenReader> = None;

fn detect(probe: &Probe<'_>) -> bool {
    if !probe.is_folder {
        return probe
            .path
            .file_name()
            .is_some_and(|name| name == METADATA_FILE)
            && has_key(probe.path);
    }
    has_key(&probe.path.join(METADATA_FILE))
}

/// Whether the file has the key of a store.
fn has_key(path: &std::path::Path) -> bool {
    use std::io::Read;
    // A pipe of that name would keep whoever opens it waiting.
    let is_file = path.metadata().is_ok_and(|metadata| metadata.is_file());
    let Some(file) = is_file.then(|| std::fs::File::open(path).ok()).flatten() else {
        return false;
    };
    let mut bytes = Vec::new();
    let is_read = file.take(LOOKED_AT).read_to_end(&mut bytes).is_ok();
    is_read && bytes.windows(KEY.len()).any(|part| part == KEY)
}

#[cfg(feature = "store")]
mod reader {
    use std::path::Path;

    use pimage_core::{Error, FrameReader};
    use pimage_store::{StoreOptions, StoreReader};

    use crate::ReadOptions;

    pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
        let options = StoreOptions {
            limits: options.limits,
            on_damage: options.on_damage,
            gray: options.gray,
            threads: options.threads,
            ..StoreOptions::default()
        };
        Ok(Box::new(StoreReader::open(path, &options)?))
    }
}
