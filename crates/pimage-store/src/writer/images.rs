//! A chunk of images: encoded on all cores, each file whole under its name or not there.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_codec::{Codec, Settings};
use pimage_core::{Error, Frame, FrameFormat, Limits};
use pimage_fs::Storage;
use pimage_pool::OrderedPool;

use super::paths::ChunkPaths;
use super::{Durability, RecordOptions};
use crate::StoreFormat;

/// The quality that imgstore gives to JPEG images.
const JPEG_QUALITY: &str = "95";

/// An image while it is written: `.000003.png.part`.
pub(crate) fn part_path(image: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(image.file_name().unwrap_or_default());
    name.push(".part");
    image.with_file_name(name)
}

/// Threads that encode images and write them.
#[derive(Debug)]
pub(crate) struct ImageEncoders {
    pool: OrderedPool<Job, u64>,
}

#[derive(Debug)]
struct Job {
    frame: Frame,
    path: PathBuf,
}

/// How each image is made; the same for all threads.
#[derive(Clone)]
struct Recipe {
    codec: &'static Codec,
    settings: Settings,
    swaps: bool,
    syncs: bool,
    storage: Arc<dyn Storage>,
}

/// The codec of a format, when it is built.
pub(crate) fn codec_of(format: &StoreFormat) -> Result<&'static Codec, Error> {
    let codec = pimage_codec::by_name(format.codec);
    codec
        .filter(|codec| codec.can_encode())
        .ok_or_else(|| Error::NotBuilt {
            format: format.name.to_owned(),
            feature: codec.map_or(format.codec, |codec| codec.feature),
        })
}

impl Recipe {
    fn new(row: &StoreFormat, options: &RecordOptions) -> Result<Self, Error> {
        let codec = codec_of(row)?;
        let usual = (row.codec == "jpeg").then(|| JPEG_QUALITY.to_owned());
        Ok(Self {
            codec,
            settings: Settings {
                quality: options.quality.clone().or(usual),
                ..Settings::default()
            },
            swaps: matches!(row.codec, "npy" | "bpk"),
            syncs: options.durability == Durability::Frame,
            storage: Arc::clone(&options.storage),
        })
    }

    /// Encodes a frame into `out`; arrays have blue first, as imgstore has them.
    fn encode(&self, frame: &Frame, scratch: &mut Frame, out: &mut Vec<u8>) -> Result<(), Error> {
        out.clear();
        if self.swaps && frame.format().color.intensities() == 3 {
            swap_red_and_blue(frame, scratch)?;
            return self.codec.encode_into(scratch, &self.settings, out);
        }
        self.codec.encode_into(frame, &self.settings, out)
    }

    fn store(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        let part = part_path(path);
        let write = || {
            let mut file = self.storage.create_new(&part)?;
            file.write_all(bytes)?;
            if self.syncs {
                file.sync()?;
            }
            drop(file);
            self.storage.rename(&part, path, true)
        };
        write().map_err(|error| {
            // What is left of it is a hidden file that readers ignore; on a full disk its room is wanted.
            let _ = self.storage.remove(&part);
            Error::io("write", path)(error)
        })
    }
}

/// Checks that frames of this format can be stored so; nothing is written.
pub(crate) fn check(
    row: &StoreFormat,
    format: &FrameFormat,
    options: &RecordOptions,
) -> Result<(), Error> {
    options.limits.check_format(format)?;
    let recipe = Recipe::new(row, options)?;
    let small = FrameFormat {
        width: format.width.min(16),
        height: format.height.min(16),
        ..*format
    };
    recipe.encode(&Frame::zeroed(small), &mut Frame::empty(), &mut Vec::new())
}

fn swap_red_and_blue(frame: &Frame, swapped: &mut Frame) -> Result<(), Error> {
    let format = *frame.format();
    swapped.reset(&format, &Limits::none())?;
    let sample = format.sample.bytes();
    let pixel = sample * format.color.channels();
    let bytes = swapped.bytes_mut();
    bytes.copy_from_slice(frame.bytes());
    for pixel in bytes.chunks_exact_mut(pixel) {
        let (red, rest) = pixel.split_at_mut(sample);
        if let Some(blue) = rest.get_mut(sample..2 * sample) {
            red.swap_with_slice(blue);
        }
    }
    Ok(())
}

impl ImageEncoders {
    pub(crate) fn start(row: &StoreFormat, options: &RecordOptions) -> Result<Self, Error> {
        let recipe = Recipe::new(row, options)?;
        let pool = OrderedPool::start("the image encoder", options.thread_count(), || {
            let recipe = recipe.clone();
            let (mut bytes, mut scratch) = (Vec::new(), Frame::empty());
            move |job: Job| {
                recipe
                    .encode(&job.frame, &mut scratch, &mut bytes)
                    .map_err(|error| error.at_path(&job.path, Some(job.frame.stamp.index)))?;
                recipe.store(&job.path, &bytes)?;
                Ok(bytes.len() as u64)
            }
        })?;
        Ok(Self { pool })
    }

    /// Waits until no image is being written.
    pub(crate) fn settle(&mut self) {
        while self.pool.next().is_some() {}
    }
}

/// A chunk being written.
#[derive(Debug)]
pub(crate) struct ImageChunk {
    paths: ChunkPaths,
    submitted: u64,
    stored: u64,
    bytes: u64,
}

impl ImageChunk {
    pub(crate) fn create(paths: &ChunkPaths, storage: &dyn Storage) -> Result<Self, Error> {
        let folder = paths.content();
        storage
            .create_folder(&folder)
            .map_err(Error::io("create", &folder))?;
        Ok(Self {
            paths: paths.clone(),
            submitted: 0,
            stored: 0,
            bytes: 0,
        })
    }

    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn write(
        &mut self,
        frame: &Frame,
        encoders: &mut ImageEncoders,
    ) -> Result<(), Error> {
        let job = Job {
            frame: frame.clone(),
            path: self.paths.image(self.submitted),
        };
        encoders.pool.submit(job);
        self.submitted += 1;
        while let Some(bytes) = encoders.pool.ready().transpose()? {
            self.note(bytes);
        }
        Ok(())
    }

    /// Waits for the images under way; the number that is stored.
    pub(crate) fn flush(&mut self, encoders: &mut ImageEncoders) -> Result<u64, Error> {
        while let Some(bytes) = encoders.pool.next().transpose()? {
            self.note(bytes);
        }
        Ok(self.stored)
    }

    fn note(&mut self, bytes: u64) {
        self.stored += 1;
        self.bytes += bytes;
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::{Color, SampleType};

    use super::*;

    #[test]
    fn red_and_blue_are_swapped_and_opacity_stays() {
        let format = FrameFormat::new(2, 1, Color::Rgba, SampleType::U16);
        let mut frame = Frame::zeroed(format);
        let samples = frame.samples_mut::<u16>().expect("is u16");
        samples.copy_from_slice(&[1, 2, 3, 4, 5, 6, 7, 8]);
        let mut swapped = Frame::empty();
        swap_red_and_blue(&frame, &mut swapped).expect("is small");
        let found = swapped.samples::<u16>().expect("is u16");
        assert_eq!(found, [3, 2, 1, 4, 7, 6, 5, 8]);
    }
}
