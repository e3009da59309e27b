//! Writing NetCDF-4: chunks as they come, packed on all cores, and what describes them at the end.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

use libdeflater::{CompressionLvl, Compressor};
use pimage_core::{
    Clock, Error, Frame, FrameRate, FrameWriter, StreamInfo, WriteSummary, frames_of,
};
use pimage_pool::OrderedPool;

use super::compose::{Parts, fill_of, pad};
use super::described::Described;
use super::dimensions::{Chunking, dimensions_of, variable_name};
use super::object::SUPERBLOCK_BYTES;
use super::table::Table;
use super::times::{TIMES, Times};
use crate::create::refuse_codec_options;
use crate::samples::little_endian;
use crate::target::{Output, Sequence};
use crate::{WriteOptions, summary};

/// The level of deflate where none is asked for, which is that of netCDF4 and xarray.
const USUAL_LEVEL: u8 = 4;

/// Prepares a file that grows with each frame.
pub(super) fn create(
    path: &Path,
    info: &StreamInfo,
    options: &WriteOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    refuse_codec_options("netcdf", options)?;
    let mut info = info.clone();
    if options.rate.is_some() {
        // Times of the caller's own are not those of the source's calendar.
        info.clock = Clock::Start;
        for name in TIMES {
            info.metadata.remove(name);
        }
    }
    Ok(Box::new(NetcdfWriter {
        output: Output::new(path, options),
        sequence: Sequence::default(),
        info,
        rate: options.rate,
        level: level_of(options)?,
        threads: pimage_pool::threads(options.threads),
        chunks: None,
        times: Times::new(),
    }))
}

/// The level of deflate; `None` is no compression.
fn level_of(options: &WriteOptions) -> Result<Option<u8>, Error> {
    let Some(text) = options.compression.as_deref() else {
        return Ok(Some(USUAL_LEVEL));
    };
    let level = match text.split_once('=') {
        None if text == "none" => return Ok(None),
        None if text == "deflate" => Some(USUAL_LEVEL),
        Some(("deflate", level)) => level.parse().ok().filter(|level| (1..=9).contains(level)),
        _ => None,
    };
    level.map(Some).ok_or_else(|| {
        let expected = "`none`, `deflate` or `deflate=1` to `deflate=9` for netcdf";
        Error::bad_option("--compression", format!("`{text}`"), expected)
    })
}

/// The memory of a chunk and its bytes as they are written.
struct Packed {
    plain: Vec<u8>,
    packed: Vec<u8>,
}

/// The chunks of the variable.
struct Chunks {
    chunking: Chunking,
    /// Bytes of a whole chunk.
    bytes: usize,
    /// A sample that is missing, where the type has one such.
    fill: Option<Vec<u8>>,
    /// The chunk that is being filled.
    partial: Vec<u8>,
    /// Packs on several threads; without one, chunks are written as they are.
    pool: Option<OrderedPool<Packed, Packed>>,
    spare: Vec<Packed>,
    table: Table,
    /// Where the next chunk begins.
    at: u64,
}

impl Chunks {
    fn begin(
        info: &StreamInfo,
        frame: &Frame,
        level: Option<u8>,
        threads: usize,
    ) -> Result<Self, Error> {
        let format = frame.format();
        let chunking = Chunking::of(info, format);
        let row = format.row_bytes().unwrap_or(usize::MAX);
        let sides = [chunking.rows, chunking.frames];
        let bytes = sides.iter().fold(row, |bytes, side| {
            bytes.saturating_mul(usize::try_from(*side).unwrap_or(usize::MAX))
        });
        if u32::try_from(bytes).is_err() {
            return Err(Error::CannotHold {
                target: "netcdf".to_owned(),
                format: *format,
                hint: "a chunk has at most 4 GiB: crop or scale the frames".to_owned(),
            });
        }
        let size = format.sample.bytes();
        let pool = match level {
            None => None,
            Some(level) => Some(OrderedPool::start(
                "packing netcdf chunks",
                threads,
                || {
                    let level = CompressionLvl::new(i32::from(level)).unwrap_or_default();
                    let mut compressor = Compressor::new(level);
                    let mut shuffled = Vec::new();
                    move |mut chunk: Packed| {
                        pack(&mut compressor, size, &mut shuffled, &mut chunk)?;
                        Ok(chunk)
                    }
                },
            )?),
        };
        Ok(Self {
            chunking,
            bytes,
            fill: fill_of(format.sample),
            partial: Vec::new(),
            pool,
            spare: Vec::new(),
            table: Table::default(),
            at: SUPERBLOCK_BYTES as u64,
        })
    }

    /// Adds the samples of a frame.
    fn add(&mut self, frame: &[u8], output: &mut Output) -> Result<(), Error> {
        if self.chunking.frames > 1 {
            self.partial.extend_from_slice(frame);
            if self.partial.len() >= self.bytes {
                let chunk = std::mem::take(&mut self.partial);
                self.submit(&chunk, output)?;
                self.partial = chunk;
                self.partial.clear();
            }
            return Ok(());
        }
        for chunk in frame.chunks(self.bytes.max(1)) {
            self.submit(chunk, output)?;
        }
        Ok(())
    }

    /// Hands in a chunk, filled up with what is missing where it is short, and writes those that are ready.
    fn submit(&mut self, chunk: &[u8], output: &mut Output) -> Result<(), Error> {
        let mut job = self.spare.pop().unwrap_or(Packed {
            plain: Vec::new(),
            packed: Vec::new(),
        });
        job.plain.clear();
        job.plain.extend_from_slice(chunk);
        pad(&mut job.plain, self.bytes, self.fill.as_deref());
        let Some(pool) = &mut self.pool else {
            self.put(&job.plain, output)?;
            self.spare.push(job);
            return Ok(());
        };
        pool.submit(job);
        while let Some(done) = self.pool.as_mut().and_then(OrderedPool::ready) {
            self.put_packed(done?, output)?;
        }
        Ok(())
    }

    fn put_packed(&mut self, done: Packed, output: &mut Output) -> Result<(), Error> {
        self.put(&done.packed, output)?;
        self.spare.push(done);
        Ok(())
    }

    fn put(&mut self, bytes: &[u8], output: &mut Output) -> Result<(), Error> {
        output.write_all(bytes)?;
        self.table.push(bytes.len(), self.at);
        self.at = self.at.saturating_add(bytes.len() as u64);
        Ok(())
    }

    /// Writes what is still held back.
    fn flush(&mut self, output: &mut Output) -> Result<(), Error> {
        if !self.partial.is_empty() {
            let chunk = std::mem::take(&mut self.partial);
            self.submit(&chunk, output)?;
        }
        while let Some(done) = self.pool.as_mut().and_then(Iterator::next) {
            self.put_packed(done?, output)?;
        }
        Ok(())
    }
}

/// Shuffles and deflates a chunk.
fn pack(
    compressor: &mut Compressor,
    size: usize,
    shuffled: &mut Vec<u8>,
    chunk: &mut Packed,
) -> Result<(), Error> {
    let plain: &[u8] = if size > 1 {
        shuffle(&chunk.plain, size, shuffled);
        shuffled
    } else {
        &chunk.plain
    };
    let most = compressor.zlib_compress_bound(plain.len());
    chunk.packed.resize(most, 0);
    let length = compressor
        .zlib_compress(plain, &mut chunk.packed)
        .map_err(|error| Error::Internal {
            part: "packing netcdf chunks".to_owned(),
            reason: error.to_string(),
        })?;
    chunk.packed.truncate(length);
    Ok(())
}

/// The first bytes of all samples, then the second ones, and so on.
fn shuffle(plain: &[u8], size: usize, shuffled: &mut Vec<u8>) {
    shuffled.resize(plain.len(), 0);
    let count = plain.len() / size.max(1);
    for (byte, plane) in shuffled.chunks_exact_mut(count.max(1)).enumerate() {
        let bytes = plain.iter().skip(byte).step_by(size);
        for (target, source) in plane.iter_mut().zip(bytes) {
            *target = *source;
        }
    }
}

/// Appends frames; what describes them is written at the end.
struct NetcdfWriter {
    output: Output,
    sequence: Sequence,
    info: StreamInfo,
    /// The caller's own rate, which counts instead of the stamps.
    rate: Option<FrameRate>,
    level: Option<u8>,
    threads: usize,
    chunks: Option<Chunks>,
    times: Times,
}

impl FrameWriter for NetcdfWriter {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        if self.sequence.check(frame)? {
            let chunks = Chunks::begin(&self.info, frame, self.level, self.threads)?;
            self.output.write_all(&[0; SUPERBLOCK_BYTES])?;
            self.chunks = Some(chunks);
        }
        if let Some(chunks) = &mut self.chunks {
            chunks.add(&little_endian(frame), &mut self.output)?;
        }
        self.times.push(&frame.stamp);
        self.sequence.count();
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<WriteSummary, Error> {
        let (Some(mut chunks), Some(format)) =
            (self.chunks.take(), self.sequence.format().copied())
        else {
            return Ok(summary::of_no_frames());
        };
        chunks.flush(&mut self.output)?;
        let frames = self.sequence.frames();
        let mut notes = Vec::new();
        let (dimensions, outer) = dimensions_of(&self.info, &format, frames);
        let has_axes = !self.info.axes.is_empty();
        if has_axes && self.info.axes.len() > 1 && frames_of(&self.info.axes) != Some(frames) {
            notes.push(format!(
                "the axes are not those of {frames} frame(s), which become one sequence"
            ));
        }
        let chunk = chunks.chunking.shape(&dimensions, &format, outer);
        let is_plain = outer == 1;
        let time_at = dimensions.iter().position(|dimension| dimension.is_time);
        let length = |at: usize| dimensions.get(at).map_or(1, |dimension| dimension.length);
        let along = match (time_at, self.rate) {
            (Some(at), Some(rate)) => Some(Times::at_rate(rate, length(at))),
            (Some(at), None) if !is_plain => {
                let stride = (at + 1..outer).map(length).fold(1, u64::saturating_mul);
                let (along, lost) = self.times.along(length(at), stride);
                if lost > 0 {
                    notes.push(format!(
                        "netcdf keeps one time for each position of `t`: those of {lost} frame(s) are lost"
                    ));
                }
                Some(along)
            }
            _ => None,
        };
        let times = along.as_ref().unwrap_or(&self.times);
        let times = times.written(&self.info).filter(|_| time_at.is_some());
        if (self.times.has_any() || self.rate.is_some()) && times.is_none() {
            notes.push(
                "netcdf keeps times along an axis `t` only: those of the frames are lost"
                    .to_owned(),
            );
        }
        let name = variable_name(&self.info, &dimensions);
        let described = Described::of(&self.info, &dimensions, &name);
        if !described.too_long.is_empty() {
            let names = described.too_long.join("`, `");
            notes.push(format!("too long for attributes and left out: `{names}`"));
        }
        notes.extend(described.note());
        notes.extend(self.times.note(is_plain));
        let parts = Parts {
            name: &name,
            format: &format,
            dimensions: &dimensions,
            chunk: &chunk,
            table: &chunks.table,
            deflate: self.level,
            times: times.as_ref(),
            numbers: self.times.numbers().filter(|_| is_plain),
            described: &described,
        };
        parts.write(&mut self.output, chunks.at)?;
        let bytes = self.output.commit()?;
        Ok(summary::noted(frames, bytes, notes))
    }
}
