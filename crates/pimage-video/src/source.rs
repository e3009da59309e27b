//! Packets by their row in the frame table, wherever the container lets us begin.

use std::fs::File;
use std::path::{Path, PathBuf};

use pimage_core::{Error, Limits};

use crate::ffi::{self, AvError, Demuxer, NO_TIME, OpenError, Packet, ReadError, StreamParameters};
use crate::options::extension_of;
use crate::table::{FrameTable, Row, ScanError};

/// How many packets are passed over rather than sought past.
const NEAR: u32 = 64;

/// A container, its frame table, and where in it we are.
#[derive(Debug)]
pub(crate) struct PacketSource {
    path: PathBuf,
    demuxer: Demuxer,
    parameters: StreamParameters,
    table: FrameTable,
    limits: Limits,
    /// The row that comes next; `None` when only a seek can tell.
    at: Option<u32>,
    /// The packet of row `at`, when it was read to find out where a seek ended.
    held: Option<Packet>,
}

impl PacketSource {
    /// Opens a video and reads its frame table.
    pub(crate) fn open(path: &Path, limits: &Limits) -> Result<Self, Error> {
        ffi::load().map_err(|reason| Error::Unsupported {
            path: path.to_path_buf(),
            reason,
        })?;
        let mut demuxer = open_demuxer(path, limits)?;
        let parameters = demuxer.parameters();
        let table = FrameTable::scan(&mut demuxer, &parameters, limits)
            .map_err(|error| scan_error(path, limits, error))?;
        if table.frame_count() == 0 {
            return Err(Error::malformed(
                "video",
                path,
                "it has a video stream without a single frame",
            ));
        }
        Ok(Self {
            path: path.to_path_buf(),
            demuxer,
            parameters,
            table,
            limits: *limits,
            at: None,
            held: None,
        })
    }

    pub(crate) const fn table(&self) -> &FrameTable {
        &self.table
    }

    /// Replaces the table by one that `change` makes of it.
    pub(crate) fn hide(&mut self, rows: &[u32]) {
        let empty = FrameTable::default();
        self.table = std::mem::replace(&mut self.table, empty).hide(rows);
    }

    pub(crate) const fn parameters(&self) -> &StreamParameters {
        &self.parameters
    }

    pub(crate) const fn demuxer(&self) -> &Demuxer {
        &self.demuxer
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn failed(&self, error: &AvError) -> Error {
        codec_error(&self.path, "FFmpeg", None, error)
    }

    /// Reads the packet of a row; `false` when the container has no more.
    pub(crate) fn read(&mut self, row: u32, packet: &mut Packet) -> Result<bool, Error> {
        let is_ahead = |at: u32| at <= row && row - at <= NEAR;
        if !self.at.is_some_and(is_ahead) {
            self.approach(row, packet)?;
        }
        loop {
            let Some(at) = self.at else {
                return Ok(false);
            };
            if at > row {
                return Ok(false);
            }
            if !self.next(packet)? {
                self.at = None;
                return Ok(false);
            }
            self.at = Some(at + 1);
            if at == row {
                return Ok(true);
            }
        }
    }

    /// The next packet that has a row: empty ones have none.
    fn next(&mut self, packet: &mut Packet) -> Result<bool, Error> {
        if let Some(held) = self.held.take() {
            *packet = held;
            return Ok(true);
        }
        loop {
            match self.demuxer.read(packet) {
                Ok(true) if packet.data().is_empty() => {}
                Ok(more) => return Ok(more),
                Err(ReadError::Io(error)) => return Err(Error::io("read", &self.path)(error)),
                // The scan met the same and ended there.
                Err(ReadError::Failed(_)) => return Ok(false),
            }
        }
    }

    /// Puts the demuxer at a row not after `row`, by time, by position, or from the start.
    fn approach(&mut self, row: u32, packet: &mut Packet) -> Result<(), Error> {
        self.held = None;
        let Some(&target) = self.table.rows.get(row as usize) else {
            self.at = None;
            return Ok(());
        };
        if row > NEAR {
            let by_time = if target.dts != NO_TIME {
                target.dts
            } else {
                target.pts
            };
            if by_time != NO_TIME
                && self.demuxer.seek_time(by_time).is_ok()
                && self.land(row, packet)?
            {
                return Ok(());
            }
            let begin = self.table.key_before(row);
            let position = self
                .table
                .rows
                .get(begin as usize)
                .map_or(-1, |row| row.position);
            if position >= 0
                && self.demuxer.seek_byte(position).is_ok()
                && self.land(row, packet)?
            {
                return Ok(());
            }
        }
        self.demuxer = open_demuxer(&self.path, &self.limits)?;
        self.at = Some(0);
        Ok(())
    }

    /// Finds out where a seek ended; `true` when that is at or before `row` and known for certain.
    fn land(&mut self, row: u32, packet: &mut Packet) -> Result<bool, Error> {
        /// Packets that may be passed over before one is recognised.
        const PATIENCE: u32 = 32;
        for _ in 0..PATIENCE {
            if !self.next(packet)? {
                return Ok(false);
            }
            if let Some(found) = self.recognise(packet, row) {
                if found > row {
                    return Ok(false);
                }
                self.at = Some(found);
                self.held = Some(packet.take().map_err(|error| self.failed(&error))?);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The row of a packet, when exactly one near `around` fits.
    fn recognise(&self, packet: &Packet, around: u32) -> Option<u32> {
        let size = u32::try_from(packet.data().len()).ok()?;
        let fits = |row: &Row| {
            row.size == size
                && if row.position >= 0 || packet.position() >= 0 {
                    row.position == packet.position()
                } else {
                    row.dts == packet.dts() && row.pts == packet.pts()
                }
        };
        let rows = self.table.rows.iter().enumerate();
        let mut found = rows.filter(|(_, row)| fits(row)).map(|(row, _)| row as u32);
        let first = found.next()?;
        // Several packets may share a position (laced blocks): then only the times tell them apart.
        match found.next() {
            None => Some(first),
            Some(_) => self.table.rows.iter().enumerate().find_map(|(row, known)| {
                let same = fits(known) && known.dts == packet.dts() && known.pts == packet.pts();
                (same && row as u32 <= around).then_some(row as u32)
            }),
        }
    }
}

pub(crate) fn open_demuxer(path: &Path, limits: &Limits) -> Result<Demuxer, Error> {
    let metadata = path.metadata().map_err(Error::io("open", path))?;
    if !metadata.is_file() {
        return Err(Error::unsupported(path, "it is not a regular file"));
    }
    let file = File::open(path).map_err(Error::io("open", path))?;
    Demuxer::open(file, &extension_of(path), limits.max_streams)
        .map_err(|error| open_error(path, error))
}

fn open_error(path: &Path, error: OpenError) -> Error {
    match error {
        OpenError::Io(error) => Error::io("read", path)(error),
        OpenError::Unknown => Error::Unrecognized {
            path: path.to_path_buf(),
            hint: String::new(),
        },
        OpenError::Refused(name) => Error::unsupported(
            path,
            format!(
                "it is a `{name}` file by its content, which is not a video container: playlists and lists of other files are not opened"
            ),
        ),
        OpenError::NoVideo(name) => {
            Error::unsupported(path, format!("this `{name}` file has no video stream"))
        }
        OpenError::Failed(error) => codec_error(path, "FFmpeg", None, &error),
    }
}

fn scan_error(path: &Path, limits: &Limits, error: ScanError) -> Error {
    match error {
        ScanError::Read(ReadError::Io(error)) => Error::io("read", path)(error),
        ScanError::Read(ReadError::Failed(error)) => codec_error(path, "FFmpeg", None, &error),
        ScanError::TooMany => limits
            .check_frames(limits.max_frames.saturating_add(1))
            .err()
            .unwrap_or_else(|| Error::unsupported(path, "it has too many frames")),
    }
}

/// FFmpeg's failure as pimage's.
pub(crate) fn codec_error(path: &Path, codec: &str, frame: Option<u64>, error: &AvError) -> Error {
    Error::Codec {
        codec: codec.to_owned(),
        path: path.to_path_buf(),
        frame,
        reason: error.to_string(),
    }
}
