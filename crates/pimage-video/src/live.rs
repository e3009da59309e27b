//! Cameras and network streams: frames as they come, never waited for by whoever wants to stop.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pimage_core::{
    Cancel, Clock, Error, Frame, FrameCount, FrameRate, FrameReader, Stamp, StreamInfo, Timestamp,
};

use crate::ffi::{
    self, Decoder, DecoderSettings, Demuxer, NO_TIME, OpenError, Packet, Picture, Received,
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

/// Intervals of which the usual one is the median.
const RHYTHM: usize = 31;

/// What begins the name of a camera.
const CAMERA: &str = "camera:";

/// What begins the address of a network stream.
const NETWORK: [&str; 9] = [
    "http://", "https://", "rtmp://", "rtmps://", "rtp://", "rtsp://", "rtsps://", "tcp://",
    "udp://",
];

/// A camera or a network stream, by name.
///
/// `camera:/dev/video0` (Linux), `camera:0` (macOS) or `camera:video=Integrated Camera` (Windows), perhaps with size and rate behind a comma:
/// `camera:/dev/video0,640x480@30`. Addresses begin with `rtsp://`, `rtp://`, `rtmp://`, `tcp://`, `udp://`, `http://` or `https://`.
///
/// ```
/// use pimage_video::LiveSource;
///
/// assert!(LiveSource::is_named("rtsp://10.0.0.7/stream") && !LiveSource::is_named("film.mp4"));
/// let camera: LiveSource = "camera:/dev/video0,640x480@30".parse()?;
/// assert_eq!(camera.to_string(), "camera:/dev/video0,640x480@30");
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSource {
    name: String,
    /// What libavformat is told.
    address: String,
    /// libavformat's name of the kind of device; `None` for the network.
    device: Option<String>,
    options: Vec<(String, String)>,
}

impl LiveSource {
    /// Whether a name is meant as a camera or a network stream, and not as a file.
    #[must_use]
    pub fn is_named(name: &str) -> bool {
        name.starts_with(CAMERA) || NETWORK.iter().any(|scheme| name.starts_with(scheme))
    }

    /// A device by the kind that FFmpeg calls it, such as `v4l2`, and its name there.
    #[must_use]
    pub fn device(kind: &str, address: &str) -> Self {
        Self {
            name: format!("{kind}:{address}"),
            address: address.to_owned(),
            device: Some(kind.to_owned()),
            options: Vec::new(),
        }
    }
}

impl FromStr for LiveSource {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let wrong = || {
            let expected =
                "camera:NAME[,WIDTHxHEIGHT][@RATE], or an address such as rtsp://HOST/PATH";
            Error::bad_option("the source", format!("`{name}`"), expected)
        };
        if let Some(camera) = name.strip_prefix(CAMERA) {
            let (address, mode) = camera.rsplit_once(',').unwrap_or((camera, ""));
            let options = mode_options(mode).ok_or_else(wrong)?;
            if address.is_empty() {
                return Err(wrong());
            }
            return Ok(Self {
                name: name.to_owned(),
                options,
                ..Self::device(system_devices(), address)
            });
        }
        if !Self::is_named(name) {
            return Err(wrong());
        }
        let mut options = Vec::new();
        if name.starts_with("rtsp") {
            // Nothing is lost on the way by TCP; where a server has only UDP, that is taken.
            options.push(("rtsp_flags".to_owned(), "prefer_tcp".to_owned()));
        }
        Ok(Self {
            name: name.to_owned(),
            address: name.to_owned(),
            device: None,
            options,
        })
    }
}

impl fmt::Display for LiveSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// FFmpeg's name of this system's cameras.
const fn system_devices() -> &'static str {
    if cfg!(windows) {
        "dshow"
    } else if cfg!(target_os = "macos") {
        "avfoundation"
    } else {
        "v4l2"
    }
}

/// `640x480@30`, either part alone, or nothing.
fn mode_options(mode: &str) -> Option<Vec<(String, String)>> {
    let (size, rate) = mode.split_once('@').unwrap_or((mode, ""));
    let mut options = Vec::new();
    if !size.is_empty() {
        let (width, height) = size.split_once('x')?;
        let (width, height): (u32, u32) = (width.parse().ok()?, height.parse().ok()?);
        options.push(("video_size".to_owned(), format!("{width}x{height}")));
    }
    if !rate.is_empty() {
        let rate: FrameRate = rate.parse().ok()?;
        options.push(("framerate".to_owned(), rate.to_string()));
    }
    Some(options)
}

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
        let mut info = StreamInfo::new(
            parameters.container.clone(),
            *unpacker.format(),
            FrameCount::Unknown,
        );
        let rate = |(num, den): (i32, i32)| {
            FrameRate::new(u32::try_from(num).ok()?, u32::try_from(den).ok()?)
        };
        info.rate = rate(parameters.average_rate).or_else(|| rate(parameters.real_rate));
        info.clock = Clock::Epoch;
        info.codec = Some(parameters.codec_name.clone());
        info.pixel_format = Some(unpacker.source().name());
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

/// Numbers and times of frames by the clock of the stream.
#[derive(Debug)]
struct LiveClock {
    /// Seconds a tick.
    tick: f64,
    /// The first frame: its ticks, and when it came.
    first: Option<(i64, f64)>,
    last: Option<i64>,
    number: i64,
    /// The last intervals, in ticks.
    intervals: Vec<i64>,
    at: usize,
}

impl LiveClock {
    fn new((numerator, denominator): (i32, i32)) -> Self {
        Self {
            tick: f64::from(numerator.max(1)) / f64::from(denominator.max(1)),
            first: None,
            last: None,
            number: -1,
            intervals: Vec::new(),
            at: 0,
        }
    }

    /// The number and the time of a frame of these ticks, which came `now`.
    fn stamp(&mut self, pts: i64, now: f64) -> (i64, f64) {
        if pts == NO_TIME {
            self.number += 1;
            return (self.number, now);
        }
        let interval = self.last.map(|last| pts.saturating_sub(last));
        self.number += 1;
        match interval {
            // A clock that goes back begins anew.
            Some(interval) if interval <= 0 => self.first = None,
            Some(interval) => {
                let usual = self.usual().unwrap_or(interval);
                // As many as fit between, where clearly one would.
                let passed = (interval as f64 / usual as f64).round() as i64 - 1;
                if interval.saturating_mul(2) > usual.saturating_mul(3) {
                    self.number = self.number.saturating_add(passed);
                }
                self.note(interval);
            }
            None => {}
        }
        self.last = Some(pts);
        let (ticks, came) = *self.first.get_or_insert((pts, now));
        (
            self.number,
            came + pts.saturating_sub(ticks) as f64 * self.tick,
        )
    }

    /// The median of the last intervals, once there are a few.
    fn usual(&self) -> Option<i64> {
        let mut sorted = self.intervals.clone();
        sorted.sort_unstable();
        let usual = sorted.get(sorted.len() / 2).copied();
        usual.filter(|_| sorted.len() >= RHYTHM / 4)
    }

    fn note(&mut self, interval: i64) {
        if self.intervals.len() < RHYTHM {
            self.intervals.push(interval);
            return;
        }
        self.at = (self.at + 1) % RHYTHM;
        if let Some(oldest) = self.intervals.get_mut(self.at) {
            *oldest = interval;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_in_the_times_are_gaps_in_the_numbers() {
        let mut clock = LiveClock::new((1, 1000));
        let times: Vec<i64> = (0..20).map(|frame| frame * 33 + frame % 2).collect();
        let numbers: Vec<_> = times.iter().map(|pts| clock.stamp(*pts, 5.0).0).collect();
        assert_eq!(numbers, (0..20).collect::<Vec<_>>());
        // Three frames are missing.
        let (number, time) = clock.stamp(19 * 33 + 4 * 33, 9.0);
        assert_eq!(number, 23);
        assert!((time - (5.0 + 0.759)).abs() < 1e-9, "{time}");
        assert_eq!(clock.stamp(NO_TIME, 7.5), (24, 7.5));
        assert_eq!(clock.stamp(0, 8.0), (25, 8.0));
    }

    #[test]
    fn names_are_cameras_or_addresses() {
        for name in [
            "camera:/dev/video0",
            "camera:/dev/video0,640x480",
            "rtsp://host/a,b",
            "udp://127.0.0.1:5000",
        ] {
            let source: LiveSource = name.parse().expect("is one");
            assert_eq!(source.to_string(), name);
        }
        for name in [
            "camera:",
            "camera:/dev/video0,640",
            "film.mp4",
            "file:///etc/passwd",
            "concat:a|b",
        ] {
            assert!(name.parse::<LiveSource>().is_err(), "{name}");
        }
        assert!(!LiveSource::is_named("film.mp4") && !LiveSource::is_named("/dev/video0"));
    }

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
