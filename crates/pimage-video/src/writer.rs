//! Frames into a video file, by FFmpeg's encoders or by libjpeg-turbo.

use std::path::{Path, PathBuf};

use pimage_core::{
    Color, Error, Frame, FrameFormat, FrameWriter, StreamInfo, Value, WriteSummary, keys,
};
use pimage_fs::StagedFile;

use crate::ffi::{
    AvError, Encoder, EncoderSettings, MuxError, Muxer, OutputStream, Packet, wants_global_header,
};
use crate::frames::{FrameEncoders, packed};
use crate::jpeg::JpegEncoder;
use crate::options::EncodeOptions;
use crate::pack::{Packer, hides_gray, is_limited};
use crate::plan::{Plan, Target};
use crate::source::codec_error;
use crate::tag::Tag;
use crate::timing::Timing;
use crate::x265;

/// A video to be written; nothing is created before its first frame.
#[derive(Debug)]
pub(crate) struct VideoWriter {
    path: PathBuf,
    info: StreamInfo,
    options: EncodeOptions,
    target: Target,
    started: Option<Started>,
    frames: u64,
}

/// What exists from the first frame on.
#[derive(Debug)]
struct Started {
    format: FrameFormat,
    timing: Timing,
    coder: Coder,
    muxer: Muxer,
    /// Frames handed to the container.
    muxed: u64,
    notes: Vec<String>,
}

/// What turns frames into packets.
#[derive(Debug)]
enum Coder {
    Ffmpeg {
        encoder: Encoder,
        packer: Packer,
        packet: Packet,
    },
    Frames(FrameEncoders),
    Jpeg(JpegEncoder),
}

impl VideoWriter {
    pub(crate) fn new(
        path: &Path,
        info: &StreamInfo,
        options: &EncodeOptions,
    ) -> Result<Self, Error> {
        let target = Target::new(path, options)?;
        // A codec that cannot hold the frames says so before anything is read.
        target.plan(&info.format)?;
        if !options.overwrite && path.symlink_metadata().is_ok() {
            return Err(Error::Exists {
                path: path.to_path_buf(),
            });
        }
        Ok(Self {
            path: path.to_path_buf(),
            info: info.clone(),
            options: options.clone(),
            target,
            started: None,
            frames: 0,
        })
    }

    fn start(&self, first: &Frame) -> Result<Started, Error> {
        let format = *first.format();
        let plan = self.target.plan(&format)?;
        let container = self.target.container;
        let timing = Timing::new(&self.info, &first.stamp, self.options.rate, container);
        let mut notes = plan.notes.clone();
        notes.extend(timing.notes.iter().cloned());
        let base = ticks(timing.base.numerator(), timing.base.denominator());
        let rate = ticks(timing.rate.numerator(), timing.rate.denominator());
        let comment = self.tag(&format, &plan, &timing, first).to_comment();
        let storage = &self.options.storage;
        let mut file = if self.options.recording {
            StagedFile::in_place(storage, &self.path)?
        } else {
            StagedFile::create(storage, &self.path, self.options.overwrite)?
        };
        file.set_sync(self.options.sync);
        let failed = |error: AvError| codec_error(&self.path, "FFmpeg", None, &error);
        let stated = (!timing.is_variable).then_some(rate);
        let mut muxer = Muxer::create(file, container.muxer, base, stated).map_err(failed)?;
        muxer.set_frame_ticks(
            i64::from(base.1) * i64::from(rate.1) / (i64::from(base.0) * i64::from(rate.0)).max(1),
        );
        let coder = if self.target.is_jpeg() {
            let coder = JpegEncoder::start(
                self.target.jpeg_quality(),
                self.options.thread_count(),
                &self.path,
            )?;
            muxer.describe(&OutputStream {
                codec: ffmpeg_sys_the_third::AVCodecID::MJPEG,
                width: format.width as i32,
                height: format.height as i32,
                pixel_format: plan.pixel_format,
                colors: plan.colors,
            });
            Coder::Jpeg(coder)
        } else {
            self.start_encoder(&plan, &mut muxer, base, rate)?
        };
        let metadata: Vec<_> = comment
            .map(|text| ("comment".to_owned(), text))
            .into_iter()
            .collect();
        muxer
            .write_header(&metadata, &self.container_options())
            .map_err(|error| mux_error(&self.path, error))?;
        Ok(Started {
            format,
            timing,
            coder,
            muxer,
            muxed: 0,
            notes,
        })
    }

    /// What the container is told: for a recording, that its parts must stand alone.
    fn container_options(&self) -> Vec<(String, String)> {
        /// Milliseconds in a cluster of Matroska at most; a flush ends one anyway.
        const CLUSTER: &str = "500";
        const FRAGMENTS: &str = "frag_every_frame+empty_moov+default_base_moof";
        let option = match self.target.container.muxer {
            "matroska" | "webm" => ("cluster_time_limit", CLUSTER),
            "mp4" | "mov" => ("movflags", FRAGMENTS),
            _ => return Vec::new(),
        };
        if self.options.recording {
            vec![(option.0.to_owned(), option.1.to_owned())]
        } else {
            Vec::new()
        }
    }

    fn start_encoder(
        &self,
        plan: &Plan,
        muxer: &mut Muxer,
        time_base: (i32, i32),
        rate: (i32, i32),
    ) -> Result<Coder, Error> {
        let codec = self.target.codec.name;
        let failed = |error: AvError| codec_error(&self.path, codec, None, &error);
        // FFV1 with key frames only costs 0.4 % of size: each frame stands alone, for damage, seeking and threads.
        let stands_alone = plan.encoder == "ffv1";
        let settings = EncoderSettings {
            encoder: plan.encoder,
            width: plan.size.0 as i32,
            height: plan.size.1 as i32,
            pixel_format: plan.pixel_format,
            time_base,
            rate: Some(encoder_rate(plan.encoder, rate)),
            colors: plan.colors,
            // What the encoder thinks best is more than one a core for some.
            threads: if stands_alone {
                1
            } else {
                self.options.threads.unwrap_or(0)
            },
            immediate: self.options.recording,
            key_interval: if stands_alone {
                Some(1)
            } else {
                plan.key_interval
            },
            quantiser: plan.quantiser,
            options: self.encoder_options(plan),
            global_header: wants_global_header(self.target.container.muxer),
        };
        let encoder = Encoder::open(&settings).map_err(failed)?;
        muxer.describe_encoded(&encoder).map_err(failed)?;
        if codec == "hevc" && matches!(self.target.container.muxer, "mp4" | "mov") {
            // Apple's players want the parameter sets in the header, which this tag says.
            muxer.set_codec_tag(*b"hvc1");
        }
        if stands_alone {
            let threads = self.options.thread_count();
            let encoders = FrameEncoders::start(encoder, &settings, plan, threads, &self.path)?;
            return Ok(Coder::Frames(encoders));
        }
        Ok(Coder::Ffmpeg {
            encoder,
            packer: Packer::new(plan.clone()),
            packet: Packet::new().map_err(failed)?,
        })
    }

    /// The encoder's own options; for a recording, those with which it holds no frame back.
    fn encoder_options(&self, plan: &Plan) -> Vec<(String, String)> {
        let mut options = plan.options.clone();
        for (_, parameters) in options.iter_mut().filter(|(key, _)| key == "x265-params") {
            for parameter in x265::parameters_for(plan.size) {
                parameters.push(':');
                parameters.push_str(&parameter);
            }
        }
        if self.options.recording {
            let immediate = match plan.encoder {
                "libx264" | "libx264rgb" | "libx265" => Some(("tune", "zerolatency")),
                "libvpx-vp9" | "libaom-av1" => Some(("lag-in-frames", "0")),
                _ => None,
            };
            options.extend(immediate.map(|(key, value)| (key.to_owned(), value.to_owned())));
            // FFmpeg gives x265 as many pictures at a time as there are threads, which holds so many back.
            for (_, parameters) in options.iter_mut().filter(|(key, _)| key == "x265-params") {
                parameters.push_str(":frame-threads=1");
            }
        }
        options
    }

    /// What the file has to say so that the frames come back as they are.
    fn tag(&self, format: &FrameFormat, plan: &Plan, timing: &Timing, first: &Frame) -> Tag {
        let own = (format.width, format.height);
        let stored_depth = plan.layout.depth().unwrap_or(8) as u8;
        let is_gray = format.color == Color::Gray && !self.target.is_jpeg();
        let start = timing.start_of(&self.info, &first.stamp);
        Tag {
            stored: Some(plan.size),
            size: (plan.size != own).then_some(own),
            // FFmpeg's H.264 decoder gives colour planes even to a stream without colour.
            is_gray: is_gray && (hides_gray(plan) || self.target.codec.name == "h264"),
            is_limited: is_gray && is_limited(plan),
            bit_depth: (stored_depth != format.bit_depth).then_some(format.bit_depth),
            start: start.map(|(time, _)| time),
            rate: timing.true_rate,
            clock: start.map(|(_, clock)| clock).unwrap_or_default(),
            range: self
                .info
                .metadata
                .get(keys::RANGE_MAPPING)
                .and_then(Value::as_text)
                .map(str::to_owned),
        }
    }
}

/// The rate that an encoder is told: SVT-AV1 refuses more than 240 frames a second, and only plans its bits by it.
fn encoder_rate(encoder: &str, rate: (i32, i32)) -> (i32, i32) {
    const MOST: i32 = 240;
    if encoder == "libsvtav1" && i64::from(rate.0) > i64::from(MOST) * i64::from(rate.1) {
        (MOST, 1)
    } else {
        rate
    }
}

pub(crate) fn ticks(numerator: u32, denominator: u32) -> (i32, i32) {
    let (mut numerator, mut denominator) = (numerator, denominator);
    // FFmpeg's fractions are of 31 bits; a rate that needs more is not exact anyway.
    while numerator > i32::MAX as u32 || denominator > i32::MAX as u32 {
        numerator = (numerator / 2).max(1);
        denominator = (denominator / 2).max(1);
    }
    (numerator as i32, denominator as i32)
}

pub(crate) fn mux_error(path: &Path, error: MuxError) -> Error {
    match error {
        MuxError::Io(error) => Error::io("write", path)(error),
        MuxError::Failed(error) => codec_error(path, "FFmpeg", None, &error),
    }
}

impl Started {
    fn write(&mut self, path: &Path, codec: &str, frame: &Frame, index: u64) -> Result<(), Error> {
        let time = self.timing.ticks_of(&frame.stamp);
        match &mut self.coder {
            Coder::Jpeg(coder) => {
                coder.submit(frame, time);
                while let Some(mut packet) = coder.ready()? {
                    mux(&mut self.muxer, path, &mut packet)?;
                    self.muxed += 1;
                }
                Ok(())
            }
            Coder::Frames(coder) => {
                coder.submit(frame, time, index);
                while let Some(mut packet) = coder.ready()? {
                    mux(&mut self.muxer, path, &mut packet)?;
                    self.muxed += 1;
                }
                Ok(())
            }
            Coder::Ffmpeg {
                encoder,
                packer,
                packet,
            } => {
                let failed = |error: AvError| codec_error(path, codec, Some(index), &error);
                let mut picture = packed(packer, frame, index, codec, path)?;
                picture.set_pts(time);
                encoder.send(Some(&picture)).map_err(failed)?;
                self.muxed += drain(encoder, packet, &mut self.muxer, path, codec)?;
                Ok(())
            }
        }
    }

    /// Waits for what the encoders are at, and hands it to the container.
    fn drain(&mut self, path: &Path, codec: &str) -> Result<(), Error> {
        match &mut self.coder {
            Coder::Jpeg(coder) => {
                while let Some(mut packet) = coder.wait()? {
                    mux(&mut self.muxer, path, &mut packet)?;
                    self.muxed += 1;
                }
            }
            Coder::Frames(coder) => {
                while let Some(mut packet) = coder.wait()? {
                    mux(&mut self.muxer, path, &mut packet)?;
                    self.muxed += 1;
                }
            }
            Coder::Ffmpeg {
                encoder, packet, ..
            } => self.muxed += drain(encoder, packet, &mut self.muxer, path, codec)?,
        }
        Ok(())
    }

    /// Hands every frame that the encoder gives out to the system, and says how many that are.
    fn flush(&mut self, path: &Path, codec: &str) -> Result<u64, Error> {
        self.drain(path, codec)?;
        self.muxer.flush().map_err(|error| mux_error(path, error))?;
        Ok(self.muxed)
    }

    fn finish(mut self, path: &Path, codec: &str) -> Result<(StagedFile, Vec<String>), Error> {
        if let Coder::Ffmpeg { encoder, .. } = &mut self.coder {
            encoder
                .send(None)
                .map_err(|error| codec_error(path, codec, None, &error))?;
        }
        self.drain(path, codec)?;
        let file = self
            .muxer
            .finish()
            .map_err(|error| mux_error(path, error))?;
        Ok((file, self.notes))
    }
}

fn mux(muxer: &mut Muxer, path: &Path, packet: &mut Packet) -> Result<(), Error> {
    muxer.write(packet).map_err(|error| mux_error(path, error))
}

fn drain(
    encoder: &mut Encoder,
    packet: &mut Packet,
    muxer: &mut Muxer,
    path: &Path,
    codec: &str,
) -> Result<u64, Error> {
    let mut packets = 0;
    while encoder
        .receive(packet)
        .map_err(|error| codec_error(path, codec, None, &error))?
    {
        mux(muxer, path, packet)?;
        packets += 1;
    }
    Ok(packets)
}

impl FrameWriter for VideoWriter {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        let index = self.frames;
        if self.started.is_none() {
            self.started = Some(self.start(frame)?);
        }
        if let Some(started) = &mut self.started {
            started.format.expect_same(frame.format(), index)?;
            started.write(&self.path, self.target.codec.name, frame, index)?;
        }
        self.frames += 1;
        Ok(())
    }

    fn flush(&mut self) -> Result<u64, Error> {
        match &mut self.started {
            Some(started) if self.options.recording => {
                started.flush(&self.path, self.target.codec.name)
            }
            _ => Ok(0),
        }
    }

    fn finish(mut self: Box<Self>) -> Result<WriteSummary, Error> {
        let Some(started) = self.started.take() else {
            return Err(Error::unsupported(
                &self.path,
                "a video without frames cannot be written, there was none to write",
            ));
        };
        let (file, notes) = started.finish(&self.path, self.target.codec.name)?;
        let mut summary = WriteSummary::new(self.frames, file.commit()?);
        summary.notes = notes;
        Ok(summary)
    }
}
