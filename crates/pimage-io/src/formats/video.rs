//! Every video that FFmpeg reads, and those that pimage writes.
//!
//! # What it stores
//!
//! Frames coded by any of FFmpeg's codecs in any of its containers.
//!
//! # What pimage reads
//!
//! The video stream that FFmpeg thinks best, frame exact, in any order; see [`pimage_video`].
//!
//! # What it writes
//!
//! The containers of [`pimage_video::CONTAINERS`] with the codecs of [`pimage_video::CODECS`].
//!
//! # What is lost
//!
//! Recorders' frame numbers; times, in a container with a single rate; whatever a lossy codec loses. The summary says so.
//!
//! # Specification
//!
//! FFmpeg's documentation of its formats and codecs.

use std::path::Path;

use pimage_core::{Error, FrameReader, FrameWriter, StreamInfo};
use pimage_video::{EncodeOptions, VideoOptions};

use crate::{ReadOptions, WriteOptions};

/// Opens a video.
pub(crate) fn open(path: &Path, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
    let options = VideoOptions {
        limits: options.limits,
        on_damage: options.on_damage,
        gray: options.gray,
        no_rotation: options.no_rotation,
        threads: options.threads,
    };
    Ok(Box::new(pimage_video::open(path, &options)?))
}

/// Prepares a video.
pub(crate) fn create(
    path: &Path,
    info: &StreamInfo,
    options: &WriteOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    let options = EncodeOptions {
        overwrite: options.overwrite,
        sync: options.sync,
        storage: options.storage.clone(),
        codec: options.codec.clone(),
        quality: options.quality.clone(),
        preset: options.preset.clone(),
        lossless: options.lossless,
        rate: options.rate,
        threads: options.threads,
        recording: false,
    };
    pimage_video::create(path, info, &options)
}
