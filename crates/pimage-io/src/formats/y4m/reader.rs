//! Reading from files, with seeking, and from streams.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use pimage_core::{
    Damage, Error, Frame, FrameCount, FrameReader, OnDamage, SeekFrames, Stamp, StreamInfo,
};
use pimage_fs::MappedFile;

use super::layout::{Layout, MAGIC};
use super::pixels::Unpacker;
use crate::ReadOptions;
use crate::formats::raw::cut_or_end;
use crate::open::read_full;

/// The word before each frame.
const FRAME: &[u8] = b"FRAME";

/// Longest line before a frame that is believed, bytes.
const FRAME_LINE_BYTES: usize = 1024;

/// Opens a file.
pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
    let mut file = MappedFile::open(path)?;
    let longest = usize::try_from(options.limits.max_header_bytes).unwrap_or(usize::MAX);
    let start = file.slice(0, longest)?;
    let line = line_of(start).ok_or_else(|| no_line_end(path))?;
    let layout = Layout::parse(path, line)?;
    layout.check(options.gray, &options.limits)?;
    let first = line.len() as u64 + 1;
    let (offsets, end) = scan(&mut file, first, layout.frame_bytes(), options)?;
    let count = offsets.len() as u64;
    Ok(Box::new(Y4mFile {
        info: layout.info(options.gray, FrameCount::Exact(count)),
        unpacker: Unpacker::new(&layout, options.gray, &options.limits),
        frame_bytes: layout.frame_bytes(),
        file,
        offsets,
        end,
        on_damage: options.on_damage,
        next: 0,
        damage: Vec::new(),
    }))
}

fn no_line_end(path: &Path) -> Error {
    Error::malformed("y4m", path, "its first line does not end")
}

/// The first line, without its end.
fn line_of(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    bytes.get(..end)
}

/// How a file ends.
#[derive(Debug)]
enum End {
    /// After a whole frame.
    Whole,
    /// In the middle of a frame, after so many of its bytes.
    Cut(usize),
    /// With something that is no frame, at this offset.
    NoFrame(u64),
}

/// The offsets of the pixels of all whole frames, from their lines alone.
fn scan(
    file: &mut MappedFile,
    first: u64,
    frame_bytes: usize,
    options: &ReadOptions,
) -> Result<(Vec<u64>, End), Error> {
    let mut offsets = Vec::new();
    let mut at = first;
    while at < file.len() {
        let start = file.slice(at, FRAME_LINE_BYTES)?;
        let Some(line) = line_of(start).filter(|line| line.starts_with(FRAME)) else {
            let is_cut = start.len() < FRAME.len() + 1 && b"FRAME\n".starts_with(start);
            let end = if is_cut {
                End::Cut(0)
            } else {
                End::NoFrame(at)
            };
            return Ok((offsets, end));
        };
        let pixels = at + line.len() as u64 + 1;
        let there = file.len().saturating_sub(pixels);
        if there < frame_bytes as u64 {
            return Ok((offsets, End::Cut(there as usize)));
        }
        offsets.push(pixels);
        options.limits.check_frames(offsets.len() as u64)?;
        at = pixels + frame_bytes as u64;
    }
    Ok((offsets, End::Whole))
}

/// A file, whose frames are found by their offsets.
struct Y4mFile {
    info: StreamInfo,
    unpacker: Unpacker,
    frame_bytes: usize,
    file: MappedFile,
    offsets: Vec<u64>,
    end: End,
    on_damage: OnDamage,
    next: u64,
    damage: Vec<Damage>,
}

impl Y4mFile {
    fn at_end(&mut self) -> Result<bool, Error> {
        let frame = self.offsets.len() as u64;
        let reason = match self.end {
            End::Whole => return Ok(false),
            End::Cut(found) if self.on_damage == OnDamage::Fail => {
                return Err(Error::Truncated {
                    path: self.file.path().to_path_buf(),
                    frame,
                    expected: self.frame_bytes as u64,
                    found: found as u64,
                });
            }
            End::Cut(found) => {
                format!("it ends after {found} of {} bytes", self.frame_bytes)
            }
            End::NoFrame(offset) => format!("there is no `FRAME` line at byte {offset}"),
        };
        if self.on_damage == OnDamage::Fail {
            return Err(Error::Damaged {
                path: self.file.path().to_path_buf(),
                frame,
                reason,
            });
        }
        if self.damage.is_empty() {
            Damage::frame(frame, reason).add_to(&mut self.damage);
        }
        Ok(false)
    }
}

impl FrameReader for Y4mFile {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let place = usize::try_from(self.next).ok();
        let Some(offset) = place.and_then(|place| self.offsets.get(place).copied()) else {
            return self.at_end();
        };
        let bytes = self.file.slice(offset, self.frame_bytes)?;
        self.unpacker.unpack(bytes, frame)?;
        frame.stamp = stamp(self.next, &self.info);
        self.next += 1;
        Ok(true)
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        Some(self)
    }
}

impl SeekFrames for Y4mFile {
    fn frame_count(&self) -> u64 {
        self.offsets.len() as u64
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        if index > self.frame_count() {
            return Err(Error::OutOfRange {
                path: self.file.path().to_path_buf(),
                frame: index,
                frame_count: self.frame_count(),
            });
        }
        self.next = index;
        Ok(())
    }
}

fn stamp(index: u64, info: &StreamInfo) -> Stamp {
    let mut stamp = Stamp::at(index);
    stamp.time = info.rate.map(|rate| rate.time_of(index));
    stamp
}

/// Reads from a stream.
pub(crate) fn open_stream(
    name: &str,
    source: Box<dyn Read + Send>,
    options: &ReadOptions,
) -> Result<Box<dyn FrameReader>, Error> {
    let path = Path::new(name);
    let mut source = BufReader::new(source);
    let mut start = vec![0; MAGIC.len()];
    let found = read_full(&mut source, &mut start).map_err(Error::io("read", path))?;
    start.truncate(found);
    if start != MAGIC {
        let hint = if found == 0 {
            "it is empty"
        } else {
            "a stream is y4m, or raw with `--raw WIDTHxHEIGHT:TYPE`"
        };
        return Err(Error::Unrecognized {
            path: path.to_path_buf(),
            hint: hint.to_owned(),
        });
    }
    let mut line = start;
    let rest =
        read_line(&mut source, options.limits.max_header_bytes).map_err(Error::io("read", path))?;
    line.extend(rest.ok_or_else(|| no_line_end(path))?);
    let layout = Layout::parse(path, &line)?;
    layout.check(options.gray, &options.limits)?;
    Ok(Box::new(Y4mStream {
        info: layout.info(options.gray, FrameCount::Unknown),
        unpacker: Unpacker::new(&layout, options.gray, &options.limits),
        buffer: Vec::new(),
        frame_bytes: layout.frame_bytes(),
        name: path.to_path_buf(),
        source,
        on_damage: options.on_damage,
        next: 0,
        has_ended: false,
        damage: Vec::new(),
    }))
}

/// A line without its end; `None` when it does not end within `longest` bytes.
fn read_line(source: &mut impl BufRead, longest: u64) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    source.take(longest).read_until(b'\n', &mut line)?;
    Ok((line.pop() == Some(b'\n')).then_some(line))
}

/// A stream, whose frames come in order only.
struct Y4mStream {
    info: StreamInfo,
    unpacker: Unpacker,
    buffer: Vec<u8>,
    frame_bytes: usize,
    name: PathBuf,
    source: BufReader<Box<dyn Read + Send>>,
    on_damage: OnDamage,
    next: u64,
    has_ended: bool,
    damage: Vec<Damage>,
}

impl Y4mStream {
    /// Fills the buffer with the bytes of the next frame; what is there when the stream ends before.
    fn fill(&mut self) -> Result<usize, Error> {
        self.buffer.clear();
        let refused = |reason: &str| Error::Damaged {
            path: self.name.clone(),
            frame: self.next,
            reason: reason.to_owned(),
        };
        let io = Error::io("read", &self.name);
        let buffered = match self.source.fill_buf() {
            Ok(buffered) => buffered,
            Err(error) => return Err(io(error)),
        };
        if buffered.is_empty() {
            return Ok(0);
        }
        let line = match read_line(&mut self.source, FRAME_LINE_BYTES as u64) {
            Ok(line) => line,
            Err(error) => return Err(io(error)),
        };
        match line {
            Some(line) if line.starts_with(FRAME) => {}
            _ => return Err(refused("there is no `FRAME` line")),
        }
        // The buffer grows with what comes, not with what the header claims.
        let mut rest = (&mut self.source).take(self.frame_bytes as u64);
        let found = rest.read_to_end(&mut self.buffer);
        // The line is a byte of the frame at least, so that a cut right behind it is told.
        found
            .map(|found| found.max(1))
            .map_err(Error::io("read", &self.name))
    }
}

impl FrameReader for Y4mStream {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        if self.has_ended {
            return Ok(false);
        }
        // Whatever stops a stream, nothing can be found behind it.
        self.has_ended = true;
        let found = match self.fill() {
            Err(Error::Damaged { reason, .. }) if self.on_damage != OnDamage::Fail => {
                Damage::frame(self.next, reason).add_to(&mut self.damage);
                return Ok(false);
            }
            other => other?,
        };
        if self.buffer.len() < self.frame_bytes {
            let sizes = (found, self.frame_bytes);
            return cut_or_end(
                &self.name,
                self.next,
                sizes,
                self.on_damage,
                &mut self.damage,
            );
        }
        self.unpacker.unpack(&self.buffer, frame)?;
        frame.stamp = stamp(self.next, &self.info);
        self.next += 1;
        self.has_ended = false;
        Ok(true)
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }
}
