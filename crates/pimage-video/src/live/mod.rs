//! Cameras and network streams: frames as they come, never waited for by whoever wants to stop.

mod clock;
mod source;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pimage_core::{
    Cancel, Clock, Error, Frame, FrameCount, FrameRate, FrameReader, Stamp, StreamInfo, Timestamp,
};

use self::clock::LiveClock;
pub use self::source::LiveSource;
use crate::ffi::{
    self, Decoder, DecoderSettings, Demuxer, OpenError, Packet, Picture, Received, StreamParameters,
};
use crate::source::codec_error;
use crate::unpack::{UnpackSettings, Unpacker};
use crate::{VideoOptions, ffi::AvError};

/// How long a device or a server may take until its first packets.
const PATIENCE: Duration = Duration::from_secs(15);

/// How often a reader that waits looks whether it should stop.
const POLL: Duration = Duration::from_millis(50);

/// Frames that wait to be taken; those that come when it is full are dropped, and counted.
const QUEUE: usize = 64;

/// Bytes that they may have together.
const QUEUE_BYTES: usize = 256 << 20;

/// Frames of a camera or a network stream, as they come.
///
/// A thread of its own reads and decodes; frames that nobody takes in time are dropped. Each frame has as its number how many there would
/// be until then with those that were dropped, here or on the way (by the times of the stream), so that a gap in the numbers is a loss.
/// Times count from 1970: when the first frame came, and from then on as the stream has them.
#[derive(Debug)]
pub struct LiveReader {
    info: StreamInfo,
    frames: Receiver<Result<Frame, Error>>,
    /// Frames to be filled again.
    spares: SyncSender<Frame>,
    cancel: Cancel,
    /// Stops the thread when the reader goes.
    stop: Cancel,
    thread: Option<JoinHandle<()>>,
    next: u64,
    has_ended: bool,
}

impl LiveReader {
    /// Opens a device or a stream and waits for its first frame; `cancel` stops that, and all waiting later.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when it cannot be opened, has no video, or gives no frame in 15 s; [`Error::Stopped`]; [`Error::TooLarge`].
    pub fn open(
        source: &LiveSource,
        options: &VideoOptions,
        cancel: &Cancel,
    ) -> Result<Self, Error> {
        let path = PathBuf::from(&source.name);
        ffi::load().map_err(|reason| Error::unsupported(&path, reason))?;
        // Of its own, so that a reader that is dropped ends its thread; the caller's is looked at beside it.
        let stop = Cancel::new();
        let (into, frames) = sync_channel(QUEUE);
        let (spares, returned) = sync_channel(QUEUE + 2);
        let (describe, described) = sync_channel(1);
        let (named, options) = (source.clone(), options.clone());
        let stopped = stop.clone();
        let work = move || {
            let begun = Camera::open(&named, &options, &stopped);
            let (camera, first) = match begun {
                Ok(begun) => begun,
                Err(error) => {
                    // Whoever asked may be gone.
                    let _ = describe.send(Err(error));
                    return;
                }
            };
            if describe.send(Ok((camera.info(), first.clone()))).is_ok() {
                camera.run(first, &into, &returned);
            }
        };
        let thread = std::thread::Builder::new().name("the camera".to_owned());
        let thread = thread
            .spawn(work)
            .map_err(Error::io("start a thread for", &path))?;
        let mut reader = Self {
            info: StreamInfo::new("live", *Frame::empty().format(), FrameCount::Unknown),
            frames,
            spares,
            cancel: cancel.clone(),
            stop,
            thread: Some(thread),
            next: 0,
            has_ended: false,
        };
        let (info, _) = wait(&described, cancel)?.unwrap_or(Err(Error::Stopped))?;
        reader.info = info;
        Ok(reader)
    }
}

/// Waits for what another thread sends; `None` when it will not come.
fn wait<T>(from: &Receiver<T>, cancel: &Cancel) -> Result<Option<T>, Error> {
    loop {
        if cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        match from.recv_timeout(POLL) {
            Ok(value) => return Ok(Some(value)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
        }
    }
}

impl Drop for LiveReader {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // libavformat asks often whether to give up, but a driver may hang: nobody waits for that.
            if thread.is_finished() {
                let _ = thread.join();
            }
        }
    }
}

impl FrameReader for LiveReader {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        if self.has_ended {
            return Ok(false);
        }
        match wait(&self.frames, &self.cancel)? {
            None => {
                self.has_ended = true;
                Ok(false)
            }
            Some(Err(error)) => {
                self.has_ended = true;
                Err(error)
            }
            Some(Ok(mut found)) => {
                std::mem::swap(frame, &mut found);
                // A frame more or less to recycle does not matter.
                let _ = self.spares.try_send(found);
                frame.stamp.index = self.next;
                self.next += 1;
                Ok(true)
            }
        }
    }
}

/// The device, on its thread.
struct Camera {
    path: PathBuf,
    demuxer: Demuxer,
    decoder: Decoder,
    packet: Packet,
    picture: Picture,
    unpacker: Unpacker,
    options: VideoOptions,
    is_draining: bool,
    clock: LiveClock,
    info: StreamInfo,
    stop: Cancel,
}

impl Camera {
    /// Opens it and decodes the first frame.
    fn open(
        source: &LiveSource,
        options: &VideoOptions,
        stop: &Cancel,
    ) -> Result<(Self, Frame), Error> {
        let path = PathBuf::from(&source.name);
        let device = source.device.as_deref();
        let mut demuxer =
            Demuxer::open_live(&source.address, device, &source.options, PATIENCE, stop)
                .map_err(|error| open_error(&path, error, stop))?;
        let parameters = demuxer.parameters();
        let failed = |error: AvError| codec_error(&path, &parameters.codec_name, None, &error);
        let settings = DecoderSettings {
            // Several would hold frames back.
            threads: 1,
            max_pixels: options.limits.max_pixels,
        };
        let mut decoder = Decoder::open(&demuxer, settings).map_err(failed)?;
        let mut packet = Packet::new().map_err(failed)?;
        let mut picture = Picture::new().map_err(failed)?;
        demuxer.set_patience(Some(PATIENCE));
        let mut is_draining = false;
        let is_there = next_picture(
            &mut demuxer,
            &mut decoder,
            &mut packet,
            &mut picture,
            &mut is_draining,
        );
        if !is_there.map_err(failed)? {
            let reason = match stop.is_cancelled() {
                true => return Err(Error::Stopped),
                false => "it gave no frame",
            };
            return Err(Error::unsupported(&path, reason));
        }
        demuxer.set_patience(None);
        let unpacker = Unpacker::new(
            &picture,
            UnpackSettings {
                gray: options.gray,
                holds_gray: parameters.is_monochrome,
                is_limited: false,
                turns: 0,
                size: None,
                bit_depth: None,
            },
        )
        .map_err(|reason| Error::unsupported(&path, reason))?;
        options.limits.check_format(unpacker.format())?;
        let info = info_of(&parameters, &unpacker);
        let mut camera = Self {
            clock: LiveClock::new(parameters.time_base),
            path: path.clone(),
            demuxer,
            decoder,
            packet,
            picture,
            unpacker,
            options: options.clone(),
            is_draining,
            info,
            stop: stop.clone(),
        };
        let mut frame = Frame::empty();
        camera.unpack(&mut frame)?;
        Ok((camera, frame))
    }

    fn info(&self) -> StreamInfo {
        self.info.clone()
    }

    fn unpack(&mut self, frame: &mut Frame) -> Result<(), Error> {
        let path: &Path = &self.path;
        let describe = |reason| Error::Malformed {
            format: "video",
            path: path.to_path_buf(),
            frame: None,
            reason,
        };
        self.unpacker
            .unpack(&self.picture, frame, &self.options.limits, describe)?;
        let (number, time) = self.clock.stamp(self.picture.pts(), now());
        frame.stamp = Stamp {
            index: 0,
            number: Some(number),
            time: Timestamp::from_secs(time),
            name: None,
        };
        Ok(())
    }

    /// Passes frames on until the stream ends or nobody takes them any more.
    fn run(
        mut self,
        first: Frame,
        into: &SyncSender<Result<Frame, Error>>,
        returned: &Receiver<Frame>,
    ) {
        let frame_bytes = first.bytes().len().max(1);
        let most = (QUEUE_BYTES / frame_bytes).clamp(1, QUEUE);
        let mut spares = Vec::new();
        if into.send(Ok(first)).is_err() {
            return;
        }
        let mut waiting = 1usize;
        while !self.stop.is_cancelled() {
            while let Ok(spare) = returned.try_recv() {
                waiting = waiting.saturating_sub(1);
                spares.push(spare);
            }
            let is_there = next_picture(
                &mut self.demuxer,
                &mut self.decoder,
                &mut self.packet,
                &mut self.picture,
                &mut self.is_draining,
            );
            let sent = match is_there {
                Ok(true) => {
                    let mut frame = spares.pop().unwrap_or_else(Frame::empty);
                    let unpacked = self.unpack(&mut frame);
                    if unpacked.is_ok() && waiting >= most {
                        // Dropped: its number tells.
                        spares.push(frame);
                        continue;
                    }
                    into.try_send(unpacked.map(|()| frame))
                }
                Ok(false) => return,
                Err(_) if self.stop.is_cancelled() => return,
                Err(error) => {
                    let codec = self.info.codec.as_deref().unwrap_or_default();
                    let error = codec_error(&self.path, codec, None, &error);
                    // Nobody is there to be told when that fails.
                    let _ = into.send(Err(error));
                    return;
                }
            };
            match sent {
                Ok(()) => waiting += 1,
                Err(TrySendError::Full(frame)) => spares.extend(frame.ok()),
                Err(TrySendError::Disconnected(_)) => return,
            }
        }
    }
}

/// What is told of the stream.
fn info_of(parameters: &StreamParameters, unpacker: &Unpacker) -> StreamInfo {
    let container = parameters.container.clone();
    let mut info = StreamInfo::new(container, *unpacker.format(), FrameCount::Unknown);
    let rate =
        |(num, den): (i32, i32)| FrameRate::new(u32::try_from(num).ok()?, u32::try_from(den).ok()?);
    info.rate = rate(parameters.average_rate).or_else(|| rate(parameters.real_rate));
    info.clock = Clock::Epoch;
    info.codec = Some(parameters.codec_name.clone());
    info.pixel_format = Some(unpacker.source().name());
    info
}

/// Decodes until there is a picture; `false` at the end. A packet that does not decode is passed over: the next frame tells by its time.
fn next_picture(
    demuxer: &mut Demuxer,
    decoder: &mut Decoder,
    packet: &mut Packet,
    picture: &mut Picture,
    is_draining: &mut bool,
) -> Result<bool, AvError> {
    loop {
        match decoder.receive(picture) {
            Ok(Received::Picture) => return Ok(true),
            Ok(Received::End) => return Ok(false),
            Ok(Received::NeedsPacket) if *is_draining => return Ok(false),
            Ok(Received::NeedsPacket) | Err(_) => {}
        }
        match demuxer.read(packet) {
            // What is wrong with it shows in what comes out.
            Ok(true) => drop(decoder.send(Some(packet))),
            Ok(false) => {
                *is_draining = true;
                drop(decoder.send(None));
            }
            Err(ffi::ReadError::Failed(error)) => return Err(error),
            Err(ffi::ReadError::Io(error)) => {
                let code = error.raw_os_error().unwrap_or(libc::EIO);
                return Err(AvError::new(-code));
            }
        }
    }
}

fn open_error(path: &Path, error: OpenError, stop: &Cancel) -> Error {
    if stop.is_cancelled() {
        return Error::Stopped;
    }
    match error {
        OpenError::Io(error) => Error::io("open", path)(error),
        OpenError::Unknown => Error::unsupported(path, "FFmpeg does not know what it is"),
        OpenError::Refused(reason) => Error::unsupported(path, reason),
        OpenError::NoVideo(name) => {
            Error::unsupported(path, format!("this `{name}` stream has no video"))
        }
        OpenError::Failed(error) => {
            Error::unsupported(path, format!("FFmpeg cannot open it: {error}"))
        }
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lavfi(graph: &str) -> LiveSource {
        LiveSource::device("lavfi", graph)
    }

    #[test]
    fn a_device_gives_frames_and_ends() {
        let source = lavfi("testsrc2=size=64x48:rate=30:duration=0.5");
        let cancel = Cancel::new();
        let mut reader = match LiveReader::open(&source, &VideoOptions::default(), &cancel) {
            Ok(reader) => reader,
            // FFmpeg without libavdevice.
            Err(Error::Unsupported { reason, .. }) if reason.contains("avdevice") => return,
            Err(error) => panic!("{error}"),
        };
        let format = reader.info().format;
        assert_eq!((format.width, format.height), (64, 48));
        let (mut frame, mut seen) = (Frame::empty(), 0);
        while reader.read_into(&mut frame).expect("reads") {
            assert_eq!(frame.stamp.index, seen);
            let number = frame.stamp.number.expect("has one");
            assert!(number >= seen as i64 && number < 15, "{number}");
            seen += 1;
        }
        assert!((1..=15).contains(&seen), "{seen}");
        assert!(!reader.read_into(&mut frame).expect("stays at the end"));
    }

    #[test]
    fn frames_that_nobody_takes_are_dropped_and_their_numbers_are_missing() {
        let source = lavfi("testsrc2=size=64x48:rate=1000:duration=60");
        let cancel = Cancel::new();
        let Ok(mut reader) = LiveReader::open(&source, &VideoOptions::default(), &cancel) else {
            return;
        };
        let mut frame = Frame::empty();
        let mut last = -1;
        while last < 500 {
            assert!(reader.read_into(&mut frame).expect("reads"));
            last = frame.stamp.number.expect("has one");
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(frame.stamp.index < 500, "{:?}", frame.stamp);
        cancel.cancel();
        assert!(matches!(reader.read_into(&mut frame), Err(Error::Stopped)));
    }
}
