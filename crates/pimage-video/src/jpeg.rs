//! JPEG by libjpeg-turbo, one frame a worker, in order.

use std::path::{Path, PathBuf};

use pimage_core::{Color, Error, Frame};
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

use crate::ffi::Packet;
use pimage_pool::OrderedPool;

/// Frames to JPEG images on several threads.
#[derive(Debug)]
pub(crate) struct JpegEncoder {
    pool: OrderedPool<Job, Packet>,
    /// 1 to 100; a fraction is reached in the mean over frames, for libjpeg only knows whole ones.
    quality: f64,
    frames: u64,
}

/// A frame to be coded and when it is shown.
#[derive(Debug)]
struct Job {
    frame: Frame,
    time: i64,
    quality: i32,
}

impl JpegEncoder {
    pub(crate) fn start(quality: f64, threads: usize, path: &Path) -> Result<Self, Error> {
        let path: PathBuf = path.to_path_buf();
        let pool = OrderedPool::start("the JPEG encoder", threads, || {
            let path = path.clone();
            let mut worker = None;
            move |Job {
                      frame,
                      time,
                      quality,
                  }| {
                let failed = |reason: String| Error::Codec {
                    codec: "libjpeg-turbo".to_owned(),
                    path: path.clone(),
                    frame: Some(frame.stamp.index),
                    reason,
                };
                let worker = match &mut worker {
                    Some(worker) => worker,
                    none => {
                        none.insert(Worker::new(&frame).map_err(|error| failed(error.to_string()))?)
                    }
                };
                let data = worker
                    .encode(&frame, quality)
                    .map_err(|error| failed(error.to_string()))?;
                let mut packet =
                    Packet::from_data(data).map_err(|error| failed(error.to_string()))?;
                packet.set_times(time, time, 1);
                packet.set_key();
                Ok(packet)
            }
        })?;
        Ok(Self {
            pool,
            quality,
            frames: 0,
        })
    }

    /// Hands in a frame to be shown at `time`.
    pub(crate) fn submit(&mut self, frame: &Frame, time: i64) {
        let quality = quality_of(self.quality, self.frames);
        self.frames += 1;
        self.pool.submit(Job {
            frame: frame.clone(),
            time,
            quality,
        });
    }

    /// The next image, if it is done or if more work would have to wait for it.
    pub(crate) fn ready(&mut self) -> Result<Option<Packet>, Error> {
        self.pool.ready().transpose()
    }

    /// The next image; `None` when all are out.
    pub(crate) fn wait(&mut self) -> Result<Option<Packet>, Error> {
        self.pool.next().transpose()
    }
}

/// The whole quality of a frame, so that the mean of any run is within one of what is asked for.
fn quality_of(quality: f64, frame: u64) -> i32 {
    let whole = quality.floor();
    // In hundredths, so that sums are exact.
    let part = ((quality - whole) * 100.0).round() as u64;
    let carried = (frame + 1) * part / 100 - frame * part / 100;
    whole as i32 + carried as i32
}

const fn pixel_format(color: Color) -> PixelFormat {
    match color {
        Color::Gray => PixelFormat::GRAY,
        _ => PixelFormat::RGB,
    }
}

/// A compressor and the memory for its output.
struct Worker {
    compressor: Compressor,
    buffer: Vec<u8>,
}

impl Worker {
    fn new(frame: &Frame) -> Result<Self, turbojpeg::Error> {
        let format = frame.format();
        let mut compressor = Compressor::new()?;
        compressor.set_subsamp(match format.color {
            Color::Gray => Subsamp::Gray,
            _ => Subsamp::Sub2x2,
        })?;
        let longest = compressor.buf_len(format.width as usize, format.height as usize)?;
        Ok(Self {
            compressor,
            buffer: vec![0; longest],
        })
    }

    fn encode(&mut self, frame: &Frame, quality: i32) -> Result<&[u8], turbojpeg::Error> {
        self.compressor.set_quality(quality)?;
        let format = frame.format();
        let width = format.width as usize;
        let image = Image {
            pixels: frame.bytes(),
            width,
            pitch: width * format.color.channels(),
            height: format.height as usize,
            format: pixel_format(format.color),
        };
        let length = self.compressor.compress_to_slice(image, &mut self.buffer)?;
        Ok(self.buffer.get(..length).unwrap_or(&[]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_of_quality_is_the_mean_of_its_frames() {
        let mean = |quality| {
            (0..1000)
                .map(|frame| f64::from(quality_of(quality, frame)))
                .sum::<f64>()
                / 1000.0
        };
        for quality in [77.5, 80.0, 1.25, 99.99] {
            assert!((mean(quality) - quality).abs() < 0.01, "{quality}");
        }
        assert_eq!(quality_of(100.0, 12_345), 100);
    }
}
