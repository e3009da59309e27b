//! Coded frames from one container into another, without decoding: recordings become ordinary files, parts become one.

use std::path::Path;
use std::sync::Arc;

use pimage_core::{Cancel, Error, Limits, WriteSummary};
use pimage_fs::{Disk, StagedFile, Storage};

use crate::codecs::{CODECS, Container, container_by_extension};
use crate::ffi::{self, AvError, Demuxer, Muxer, NO_TIME, Packet, ReadError};
use crate::options::extension_of;
use crate::source::{codec_error, open_demuxer};
use crate::writer::mux_error;

/// How to copy coded frames; the default copies all, syncs, and overwrites nothing.
#[derive(Debug, Clone)]
pub struct Remux {
    /// Replace an existing file.
    pub overwrite: bool,
    /// Wait for the disk before the file gets its name.
    pub sync: bool,
    /// Where to write.
    pub storage: Arc<dyn Storage>,
    /// Copy no more than so many frames, in the order in which they are coded.
    pub most: u64,
    /// Frames of the first input that are left out, by their index, in order; those behind move up. Only of frames that are coded in the
    /// order in which they are shown.
    pub leave_out: Vec<u64>,
    /// When each frame is shown, seconds after the first, in place of the times that it has; only of frames that are coded in the order in
    /// which they are shown, and in a container that keeps times. Empty for the times that they have.
    pub times: Vec<f64>,
    /// Bounds on what the files may claim.
    pub limits: Limits,
    /// Stops the work.
    pub cancel: Cancel,
}

impl Default for Remux {
    fn default() -> Self {
        Self {
            overwrite: false,
            sync: true,
            storage: Arc::new(Disk),
            most: u64::MAX,
            leave_out: Vec::new(),
            times: Vec::new(),
            limits: Limits::default(),
            cancel: Cancel::new(),
        }
    }
}

/// Copies the coded frames of one or several videos, one after the other, into a new file; nothing is decoded.
///
/// All must be coded alike. A recording that was cut off is copied up to its last whole packet.
/// What pimage noted in the first file (true size, gray, depth) goes along.
///
/// # Errors
///
/// [`Error::Unsupported`] for an extension in which no video is written or not one of this codec, and when the inputs are coded differently;
/// [`Error::Malformed`] when there is no frame; [`Error::Exists`]; [`Error::Io`], [`Error::Codec`], [`Error::Stopped`].
pub fn remux(from: &[&Path], to: &Path, options: &Remux) -> Result<WriteSummary, Error> {
    ffi::load().map_err(|reason| Error::unsupported(to, reason))?;
    let extension = extension_of(to);
    let container = container_by_extension(&extension)
        .ok_or_else(|| Error::unsupported(to, format!("no video is written as `.{extension}`")))?;
    let Some(first) = from.first() else {
        return Err(Error::unsupported(to, "there is nothing to copy into it"));
    };
    let demuxer = open_demuxer(first, &options.limits)?;
    check_container(&demuxer, first, to, container)?;
    let mut copy = Copy::start(&demuxer, to, container, options)?;
    copy.append(demuxer, first)?;
    for path in from.iter().skip(1) {
        let demuxer = open_demuxer(path, &options.limits)?;
        copy.expect_alike(&demuxer, path)?;
        copy.append(demuxer, path)?;
    }
    if copy.frames == 0 {
        return Err(Error::malformed("video", first, "it holds no whole frame"));
    }
    let file = copy.muxer.finish().map_err(|error| mux_error(to, error))?;
    Ok(WriteSummary::new(copy.frames, file.commit()?))
}

/// An error for a codec that the container does not hold; one that pimage does not write is left to FFmpeg.
fn check_container(
    demuxer: &Demuxer,
    from: &Path,
    to: &Path,
    container: &Container,
) -> Result<(), Error> {
    if extension_of(from) == container.extension {
        return Ok(());
    }
    let name = demuxer.parameters().codec_name;
    let Some(codec) = CODECS.iter().find(|codec| codec.name == name) else {
        return Ok(());
    };
    // Packets with their lengths before them, as these containers have them, are of no use in an .avi.
    let is_counted = name == "h264" && demuxer.extradata().first() == Some(&1);
    let is_held = |extension: &&str| !(is_counted && *extension == "avi");
    let held: Vec<_> = codec.containers.iter().copied().filter(is_held).collect();
    if held.contains(&container.extension) {
        return Ok(());
    }
    let reason = format!(
        "{name} video cannot be copied into .{}: expected .{}",
        container.extension,
        held.join(", .")
    );
    Err(Error::unsupported(to, reason))
}

/// A copy under way.
struct Copy<'a> {
    to: &'a Path,
    options: &'a Remux,
    muxer: Muxer,
    /// Codec, size, pixel format and headers, which all inputs must share.
    coding: (String, i32, i32, Vec<u8>),
    /// Ticks of the first input, in which the muxer is told times.
    base: (i32, i32),
    /// Where the next input begins, in those ticks.
    offset: i64,
    frames: u64,
    /// The last time that was given, of those.
    given: i64,
    /// When the last packet is to be decoded, in ticks.
    decoded: i64,
}

/// Ticks of given times.
const TIMES_BASE: (i32, i32) = (1, 90_000);

fn coding_of(demuxer: &Demuxer) -> (String, i32, i32, Vec<u8>) {
    let parameters = demuxer.parameters();
    (
        parameters.codec_name,
        parameters.width,
        parameters.height,
        demuxer.extradata().to_vec(),
    )
}

impl<'a> Copy<'a> {
    fn start(
        demuxer: &Demuxer,
        to: &'a Path,
        container: &Container,
        options: &'a Remux,
    ) -> Result<Self, Error> {
        let parameters = demuxer.parameters();
        let failed = |error: AvError| codec_error(to, "FFmpeg", None, &error);
        let mut file = StagedFile::create(&options.storage, to, options.overwrite)?;
        file.set_sync(options.sync);
        let rate = parameters.average_rate;
        let stated = (rate.0 > 0 && rate.1 > 0).then_some(rate);
        // A container that only counts frames is told ticks of one frame.
        if !options.times.is_empty() && !container.keeps_times {
            let reason = format!("a .{} file has frames of one length", container.extension);
            return Err(Error::unsupported(to, reason));
        }
        let base = match stated {
            _ if !options.times.is_empty() => TIMES_BASE,
            Some((num, den)) if !container.keeps_times => (den, num),
            _ => parameters.time_base,
        };
        let mut muxer = Muxer::create(file, container.muxer, base, stated).map_err(failed)?;
        muxer.describe_copied(demuxer).map_err(failed)?;
        if parameters.codec_name == "hevc" && matches!(container.muxer, "mp4" | "mov") {
            muxer.set_codec_tag(*b"hvc1");
        }
        let comment = |(key, _): &(String, String)| key.eq_ignore_ascii_case("comment");
        let noted = parameters.metadata.into_iter().find(comment);
        let noted: Vec<_> = noted
            .map(|(_, text)| ("comment".to_owned(), text))
            .into_iter()
            .collect();
        muxer
            .write_header(&noted, &[])
            .map_err(|error| mux_error(to, error))?;
        Ok(Self {
            to,
            options,
            muxer,
            coding: coding_of(demuxer),
            base,
            offset: 0,
            frames: 0,
            given: -1,
            decoded: i64::MIN,
        })
    }

    fn expect_alike(&self, demuxer: &Demuxer, path: &Path) -> Result<(), Error> {
        let found = coding_of(demuxer);
        if found == self.coding {
            return Ok(());
        }
        let (expected, found) = (&self.coding, &found);
        let reason = if (&expected.0, expected.1, expected.2) == (&found.0, found.1, found.2) {
            "it is coded with other settings than the first video".to_owned()
        } else {
            format!(
                "it is {}x{} {}, the first video is {}x{} {}",
                found.1, found.2, found.0, expected.1, expected.2, expected.0
            )
        };
        Err(Error::unsupported(path, reason))
    }

    /// The time that the next frame is given, after that of the one before.
    fn given_time(&mut self, packet: &Packet, path: &Path) -> Result<Option<i64>, Error> {
        if self.options.times.is_empty() {
            return Ok(None);
        }
        if packet.pts() != NO_TIME && packet.dts() != NO_TIME && packet.pts() != packet.dts() {
            let reason = "its frames are not coded in the order in which they are shown";
            return Err(Error::unsupported(path, reason));
        }
        let frame = usize::try_from(self.frames).unwrap_or(usize::MAX);
        let Some(time) = self.options.times.get(frame) else {
            let count = self.options.times.len();
            let reason = format!("there are {count} times, and more frames");
            return Err(Error::unsupported(path, reason));
        };
        let ticks = (time * f64::from(TIMES_BASE.1)).round() as i64;
        let time = ticks.max(self.given.saturating_add(1));
        self.given = time;
        Ok(Some(time))
    }

    /// Copies the packets of one input after those before.
    fn append(&mut self, mut demuxer: Demuxer, path: &Path) -> Result<(), Error> {
        let own = demuxer.parameters().time_base;
        let mut packet =
            Packet::new().map_err(|error| codec_error(self.to, "FFmpeg", None, &error))?;
        let mut end = self.offset;
        let mut origin = None;
        let mut leave_out = LeaveOut::of(self.options, self.frames);
        while self.frames < self.options.most {
            if self.options.cancel.is_cancelled() {
                return Err(Error::Stopped);
            }
            match demuxer.read(&mut packet) {
                Ok(true) if packet.data().is_empty() => continue,
                // The tail of a recording that was cut off.
                Ok(true) if packet.is_corrupt() && !leave_out.has_next() => break,
                Ok(true) => {}
                Ok(false) | Err(ReadError::Failed(_)) => break,
                Err(ReadError::Io(error)) => return Err(Error::io("read", path)(error)),
            }
            let since = |time: i64| rescaled(time, own, self.base);
            let (pts, dts) = match (packet.pts(), packet.dts()) {
                (NO_TIME, NO_TIME) => (end - self.offset, end - self.offset),
                (NO_TIME, dts) => (since(dts), since(dts)),
                (pts, NO_TIME) => (since(pts), since(pts)),
                (pts, dts) => (since(pts), since(dts)),
            };
            // A single input keeps its times; those that follow begin where the one before ended.
            let origin = *origin.get_or_insert(if self.offset == 0 { 0 } else { pts });
            let lasts = since(packet.duration()).max(1);
            if leave_out.takes(pts, lasts, path)? {
                continue;
            }
            let shift = self.offset.saturating_sub(origin);
            let shift = shift.saturating_sub(leave_out.ticks);
            let (pts, dts) = match self.given_time(&packet, path)? {
                Some(time) => (time, time),
                None => (pts.saturating_add(shift), dts.saturating_add(shift)),
            };
            let dts = dts.max(self.decoded.saturating_add(1)).min(pts);
            self.decoded = dts;
            packet.set_times(pts, dts, lasts);
            end = end.max(pts.saturating_add(lasts));
            self.muxer
                .write(&mut packet)
                .map_err(|error| mux_error(self.to, error))?;
            self.frames += 1;
        }
        self.offset = end;
        Ok(())
    }
}

/// Which packets of an input are passed over.
struct LeaveOut<'a> {
    frames: &'a [u64],
    next: u64,
    last: i64,
    /// How long those that were passed over would last.
    ticks: i64,
}

impl<'a> LeaveOut<'a> {
    fn of(options: &'a Remux, written: u64) -> Self {
        let frames: &[u64] = match written {
            0 => &options.leave_out,
            _ => &[],
        };
        Self {
            frames,
            next: 0,
            last: i64::MIN,
            ticks: 0,
        }
    }

    /// Whether the next packet is one that is passed over.
    fn has_next(&self) -> bool {
        self.frames.binary_search(&self.next).is_ok()
    }

    /// Whether this packet is passed over.
    fn takes(&mut self, pts: i64, lasts: i64, path: &Path) -> Result<bool, Error> {
        if self.frames.is_empty() {
            return Ok(false);
        }
        if pts < self.last {
            let reason = "its frames are not coded in the order in which they are shown";
            return Err(Error::unsupported(path, reason));
        }
        self.last = pts;
        let is_left_out = self.has_next();
        self.next += 1;
        if is_left_out {
            self.ticks = self.ticks.saturating_add(lasts);
        }
        Ok(is_left_out)
    }
}

/// A time in ticks of another length, to the nearest.
fn rescaled(time: i64, from: (i32, i32), to: (i32, i32)) -> i64 {
    if from == to {
        return time;
    }
    let numerator = i128::from(time) * i128::from(from.0) * i128::from(to.1);
    let denominator = (i128::from(from.1) * i128::from(to.0)).max(1);
    let half = denominator / 2 * numerator.signum();
    i64::try_from((numerator + half) / denominator).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rescaled_to_the_nearest_tick() {
        assert_eq!(rescaled(40, (1, 1000), (1, 25)), 1);
        assert_eq!(rescaled(-59, (1, 1000), (1, 25)), -1);
        assert_eq!(rescaled(-61, (1, 1000), (1, 25)), -2);
        assert_eq!(rescaled(7, (1, 90_000), (1, 90_000)), 7);
    }
}
