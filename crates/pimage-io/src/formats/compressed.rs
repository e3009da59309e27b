//! Arrays packed within a promised error (`.mkv`), which play as videos.
//!
//! # What it stores
//!
//! A Matroska video, of which every cluster carries the values of a group of frames beside its first picture; see the crate `pimage-compress`.
//!
//! # What pimage reads
//!
//! All of it: values, numbers, times, names, axes and metadata. The video is left to players; `--format video` reads that instead.
//! A group that is cut or was changed is damage. Frames behind it keep their indices.
//!
//! # What it writes
//!
//! With `--format compressed`, every value as it is; `pimage compress` allows an error.
//!
//! # What is lost
//!
//! Nothing.
//!
//! # Specification
//!
//! RFC 9559 for the container; the crate says what is in it.

use crate::{CreateWriter, Format, OpenReader};

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "compressed",
    title: "array packed within a promised error",
    extensions: &["mkv"],
    reads: "every sample type; values, numbers, times, axes; cut files as far as they go",
    writes: "the same, exact (`pimage compress` allows an error); plays as a video",
    detect: Some(detect),
    feature: "compress",
    open: OPEN,
    create: CREATE,
};

#[cfg(feature = "compress")]
const OPEN: Option<OpenReader> = Some(packed::open);
#[cfg(not(feature = "compress"))]
const OPEN: Option<OpenReader> = None;

#[cfg(feature = "compress")]
const CREATE: Option<CreateWriter> = Some(packed::create);
#[cfg(not(feature = "compress"))]
const CREATE: Option<CreateWriter> = None;

/// Matroska with the tag that describes an array.
fn detect(probe: &crate::Probe<'_>) -> bool {
    const TAG: &[u8] = b"PIMAGE_ARRAY";
    probe.head.starts_with(b"\x1A\x45\xDF\xA3")
        && probe.head.windows(TAG.len()).any(|part| part == TAG)
}

#[cfg(feature = "compress")]
mod packed {
    use std::path::Path;

    use pimage_compress::{CompressOptions, OpenOptions};
    use pimage_core::{Error, FrameReader, FrameWriter, StreamInfo};

    use crate::create::refuse_codec_options;
    use crate::{ReadOptions, WriteOptions};

    pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
        let options = OpenOptions {
            limits: options.limits,
            on_damage: options.on_damage,
            threads: options.threads,
        };
        Ok(Box::new(pimage_compress::open(path, &options)?))
    }

    pub(super) fn create(
        path: &Path,
        info: &StreamInfo,
        options: &WriteOptions,
    ) -> Result<Box<dyn FrameWriter>, Error> {
        refuse_codec_options("compressed", options)?;
        let options = CompressOptions {
            rate: options.rate,
            threads: options.threads,
            overwrite: options.overwrite,
            sync: options.sync,
            storage: options.storage.clone(),
            ..CompressOptions::default()
        };
        Ok(Box::new(pimage_compress::create(path, info, options)?))
    }
}
