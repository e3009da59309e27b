//! JPEG by libjpeg-turbo, one frame a worker, in order.

use std::path::{Path, PathBuf};

use pimage_core::{Color, Error, Frame};
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

use crate::ffi::Packet;
use crate::pool::OrderedPool;

/// Frames to JPEG images on several threads.
#[derive(Debug)]
pub(crate) struct JpegEncoder {
    pool: OrderedPool<(Frame, i64), Packet>,
}

impl JpegEncoder {
    pub(crate) fn start(quality: i32, threads: usize, path: &Path) -> Result<Self, Error> {
        let path: PathBuf = path.to_path_buf();
        let pool = OrderedPool::start("the JPEG encoder", threads, || {
            let path = path.clone();
            let mut worker = None;
            move |(frame, time): (Frame, i64)| {
                let failed = |reason: String| Error::Codec {
                    codec: "libjpeg-turbo".to_owned(),
                    path: path.clone(),
                    frame: Some(frame.stamp.index),
                    reason,
                };
                let worker = match &mut worker {
                    Some(worker) => worker,
                    none => none.insert(
                        Worker::new(&frame, quality).map_err(|error| failed(error.to_string()))?,
                    ),
                };
                let data = worker
                    .encode(&frame)
                    .map_err(|error| failed(error.to_string()))?;
                let mut packet =
                    Packet::from_data(data).map_err(|error| failed(error.to_string()))?;
                packet.set_times(time, time, 1);
                packet.set_key();
                Ok(packet)
            }
        })?;
        Ok(Self { pool })
    }

    /// Hands in a frame to be shown at `time`.
    pub(crate) fn submit(&mut self, frame: &Frame, time: i64) {
        self.pool.submit((frame.clone(), time));
    }

    /// The next image, if it is done or if more work would have to wait for it.
    pub(crate) fn ready(&mut self) -> Result<Option<Packet>, Error> {
        if self.pool.is_full() {
            self.wait()
        } else {
            self.pool.try_next().transpose()
        }
    }

    /// The next image; `None` when all are out.
    pub(crate) fn wait(&mut self) -> Result<Option<Packet>, Error> {
        self.pool.next().transpose()
    }
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
    fn new(frame: &Frame, quality: i32) -> Result<Self, turbojpeg::Error> {
        let format = frame.format();
        let mut compressor = Compressor::new()?;
        compressor.set_quality(quality)?;
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

    fn encode(&mut self, frame: &Frame) -> Result<&[u8], turbojpeg::Error> {
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
