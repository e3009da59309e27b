//! Motion JPEG as a reader of frames, decoded by libjpeg-turbo on all cores.
//!
//! Only streams of ordinary baseline or progressive images, one a frame, come here; others (two fields a frame, lossless JPEG,
//! limited range) are left to FFmpeg, by a look at the first packet: the same way for every frame, in whatever order they are read.

use std::path::{Path, PathBuf};

use pimage_core::{
    Color, Damage, Error, Frame, FrameFormat, FrameReader, Limits, OnDamage, SampleType,
    SeekFrames, Stamp, StreamInfo,
};
use turbojpeg::{Colorspace, DecompressHeader, Decompressor, Image, PixelFormat as JpegPixels};

use crate::describe::{FrameClock, Pictures, stream_info, tag_of};
use crate::ffi::{Colors, Packet};
use crate::options::VideoOptions;
use crate::reader::{Losses, check_index};
use crate::source::{PacketSource, codec_error};
use pimage_pool::OrderedPool;

/// A packet to be decoded into a frame.
#[derive(Debug)]
struct Job {
    packet: Packet,
    index: u64,
    frame: Frame,
}

/// A frame, and what is wrong with it.
#[derive(Debug)]
struct Done {
    frame: Frame,
    index: u64,
    damage: Option<String>,
    /// Whether anything of the picture is in the frame.
    has_picture: bool,
}

/// Who decodes.
#[derive(Debug)]
enum Decoders {
    /// The caller's thread, where a single one is asked for: the frame is still in its cache when it is used.
    Here(Worker),
    /// Several threads, ahead of the caller.
    Threads(OrderedPool<Job, Done>),
}

/// A Motion JPEG video.
#[derive(Debug)]
pub(crate) struct MjpegReader {
    packets: PacketSource,
    decoders: Decoders,
    info: StreamInfo,
    clock: FrameClock,
    on_damage: OnDamage,
    /// The next frame to deliver.
    next: u64,
    /// The next frame to hand to the workers.
    ahead: u64,
    /// How many frames to decode ahead: few after a seek, more as reading goes on.
    window: usize,
    spares: Vec<Frame>,
    losses: Losses,
}

impl MjpegReader {
    /// Takes over a video if its first packet is an ordinary image; gives it back if not.
    pub(crate) fn take(
        mut packets: PacketSource,
        options: &VideoOptions,
    ) -> Result<Result<Self, PacketSource>, Error> {
        if packets.parameters().codec_name != "mjpeg" {
            return Ok(Err(packets));
        }
        let failed =
            |packets: &PacketSource, error| codec_error(packets.path(), "FFmpeg", None, &error);
        let mut packet = Packet::new().map_err(|error| failed(&packets, error))?;
        let first = packets.table().row_of(0).unwrap_or(0);
        if !packets.read(first, &mut packet)? {
            return Ok(Err(packets));
        }
        let parameters = packets.parameters();
        let expected = (parameters.width, parameters.height);
        let header = Decompressor::new().and_then(|mut jpeg| {
            let header = jpeg.read_header(packet.data())?;
            Ok((jpeg, header))
        });
        let Ok((mut jpeg, header)) = header else {
            return Ok(Err(packets));
        };
        let found = (i32::try_from(header.width), i32::try_from(header.height));
        let same_size = found == (Ok(expected.0), Ok(expected.1));
        let turned = parameters.rotation != 0 && !options.no_rotation;
        let color = match header.colorspace {
            Colorspace::Gray => Color::Gray,
            Colorspace::YCbCr => Color::Rgb,
            _ => return Ok(Err(packets)),
        };
        let limited = parameters.color_range_is_limited;
        if header.is_lossless || !same_size || turned || limited {
            return Ok(Err(packets));
        }
        // Only now, when the size is known to be as told, is memory for it asked for.
        let gray = FrameFormat::new(
            header.width as u32,
            header.height as u32,
            Color::Gray,
            SampleType::U8,
        );
        options.limits.check_format(&gray)?;
        let mut frame = vec![0; header.width * header.height];
        if jpeg
            .decompress(packet.data(), image_of(&header, Color::Gray, &mut frame))
            .is_err()
        {
            return Ok(Err(packets));
        }
        let color = if options.gray { Color::Gray } else { color };
        Self::new(packets, color, options).map(Ok)
    }

    fn new(packets: PacketSource, color: Color, options: &VideoOptions) -> Result<Self, Error> {
        let parameters = packets.parameters();
        let format = FrameFormat::new(
            parameters.width.max(0) as u32,
            parameters.height.max(0) as u32,
            color,
            SampleType::U8,
        );
        options.limits.check_format(&format)?;
        let tag = tag_of(parameters);
        let described = Pictures {
            format,
            pixel_format: parameters.pixel_format,
            colors: Colors::full_range_unknown(),
            yuv: (color != Color::Gray)
                .then_some((pimage_yuv::Matrix::Bt601, pimage_yuv::Range::Full)),
            rotation: 0,
            decoder: "libjpeg-turbo",
        };
        let info = stream_info(&packets, &tag, &described);
        let clock = FrameClock::new(&packets, &tag);
        let (path, limits) = (packets.path().to_path_buf(), options.limits);
        let worker = || Worker {
            jpeg: None,
            format,
            limits,
            path: path.clone(),
        };
        let decoders = match options.thread_count() {
            1 => Decoders::Here(worker()),
            threads => Decoders::Threads(OrderedPool::start("the JPEG decoder", threads, || {
                let mut worker = worker();
                move |job| worker.decode(job)
            })?),
        };
        Ok(Self {
            packets,
            decoders,
            info,
            clock,
            on_damage: options.on_damage,
            next: 0,
            ahead: 0,
            window: 1,
            spares: Vec::new(),
            losses: Losses::default(),
        })
    }

    /// The packet of the next frame that was not decoded, with memory for it; `None` at the end.
    fn job(&mut self) -> Result<Option<Job>, Error> {
        let index = self.ahead;
        let Some(row) = self.packets.table().row_of(index) else {
            return Ok(None);
        };
        let mut packet = Packet::new()
            .map_err(|error| codec_error(self.packets.path(), "FFmpeg", Some(index), &error))?;
        // A packet that the container does not give again stays empty and is found damaged.
        self.packets.read(row, &mut packet)?;
        self.ahead = index + 1;
        Ok(Some(Job {
            packet,
            index,
            frame: self.spares.pop().unwrap_or_else(Frame::empty),
        }))
    }

    /// The next frame, decoded; with several threads, as many packets are handed to them as is worth it.
    fn decoded(&mut self) -> Result<Option<Done>, Error> {
        loop {
            let is_enough = match &self.decoders {
                Decoders::Here(_) => false,
                Decoders::Threads(pool) => pool.pending() >= self.window || pool.is_full(),
            };
            let job = if is_enough { None } else { self.job()? };
            match (&mut self.decoders, job) {
                (Decoders::Here(worker), Some(job)) => return worker.decode(job).map(Some),
                (Decoders::Here(_), None) => return Ok(None),
                (Decoders::Threads(pool), Some(job)) => pool.submit(job),
                (Decoders::Threads(pool), None) => return pool.next().transpose(),
            }
        }
    }
}

/// One thread's decoder.
#[derive(Debug)]
struct Worker {
    jpeg: Option<Decompressor>,
    format: FrameFormat,
    limits: Limits,
    path: PathBuf,
}

impl Worker {
    fn decode(&mut self, job: Job) -> Result<Done, Error> {
        let Job {
            packet,
            index,
            mut frame,
        } = job;
        frame.reset(&self.format, &self.limits)?;
        let jpeg = match &mut self.jpeg {
            Some(jpeg) => jpeg,
            none => none.insert(
                Decompressor::new().map_err(|error| library_error(&self.path, index, &error))?,
            ),
        };
        let mut has_picture = false;
        let damage = match jpeg.read_header(packet.data()) {
            Err(error) => Some(error.to_string()),
            Ok(header)
                if (header.width, header.height)
                    != (self.format.width as usize, self.format.height as usize) =>
            {
                Some(format!(
                    "it is {}x{}, the stream is {}x{}",
                    header.width, header.height, self.format.width, self.format.height
                ))
            }
            // A warning fills the frame with what could be made of it; the rest is black.
            Ok(header) => {
                has_picture = true;
                let mut decompress = |frame: &mut Frame| {
                    let image = image_of(&header, self.format.color, frame.bytes_mut());
                    jpeg.decompress(packet.data(), image)
                };
                decompress(&mut frame).err().map(|error| {
                    // What was in the memory before must not be seen where nothing could be made of it.
                    frame.bytes_mut().fill(0);
                    let again = decompress(&mut frame).err();
                    again.unwrap_or(error).to_string()
                })
            }
        };
        Ok(Done {
            frame,
            index,
            damage,
            has_picture,
        })
    }
}

fn library_error(path: &Path, index: u64, error: &turbojpeg::Error) -> Error {
    Error::Codec {
        codec: "libjpeg-turbo".to_owned(),
        path: path.to_path_buf(),
        frame: Some(index),
        reason: error.to_string(),
    }
}

fn image_of<'a>(
    header: &DecompressHeader,
    color: Color,
    pixels: &'a mut [u8],
) -> Image<&'a mut [u8]> {
    Image {
        pixels,
        width: header.width,
        pitch: header.width * color.channels(),
        height: header.height,
        format: if color == Color::Gray {
            JpegPixels::GRAY
        } else {
            JpegPixels::RGB
        },
    }
}

impl FrameReader for MjpegReader {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        loop {
            let Some(mut done) = self.decoded()? else {
                self.losses.note_end(&self.packets, self.on_damage)?;
                return Ok(false);
            };
            self.next = done.index + 1;
            self.window = (self.window * 2).min(64);
            std::mem::swap(frame, &mut done.frame);
            self.spares.push(done.frame);
            if let Some(reason) = done.damage {
                self.losses
                    .note(self.packets.path(), done.index, reason, self.on_damage)?;
                if self.on_damage != OnDamage::Keep || !done.has_picture {
                    continue;
                }
            }
            frame.stamp = Stamp {
                index: done.index,
                number: None,
                time: self.clock.time_of(&self.packets, done.index),
                name: None,
            };
            return Ok(true);
        }
    }

    fn damage(&self) -> &[Damage] {
        self.losses.list()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        Some(self)
    }
}

impl SeekFrames for MjpegReader {
    fn frame_count(&self) -> u64 {
        self.packets.table().frame_count()
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        check_index(&self.packets, index)?;
        let is_ahead = matches!(self.decoders, Decoders::Threads(_));
        if index != self.next || !is_ahead {
            if let Decoders::Threads(pool) = &mut self.decoders {
                pool.clear();
            }
            self.next = index;
            self.ahead = index;
            self.window = 1;
        }
        Ok(())
    }

    fn stamp_of(&mut self, index: u64) -> Result<Option<Stamp>, Error> {
        check_index(&self.packets, index)?;
        Ok((index < self.frame_count()).then(|| Stamp {
            time: self.clock.time_of(&self.packets, index),
            ..Stamp::at(index)
        }))
    }
}
