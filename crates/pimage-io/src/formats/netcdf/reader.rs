//! Frames of a variable, read and unpacked on all cores as they are asked for.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_core::{
    Damage, Error, Frame, FrameCount, FrameFormat, FrameReader, Limits, OnDamage, SeekFrames,
    Stamp, StreamInfo, keys,
};
use pimage_pool::Ahead;

use super::attributes::{GLOBAL, Notes, PACKED, PACKING, SIGNIFICANT_BITS, VARIABLE};
use super::coordinates::{Layout, Stamps, describe};
use super::file::{Array, File};
use super::find::find;
use super::packing::{Kind, Packing};
use super::refused::{unknown_filter, unread};
use crate::ReadOptions;

/// Opens the variable that is asked for, or the only one.
pub(super) fn open(
    path: &Path,
    container: &str,
    options: &ReadOptions,
) -> Result<Box<dyn FrameReader>, Error> {
    let file = File::open(path, options.limits)?;
    let root = file
        .nc()
        .root_group()
        .map_err(|error| Error::malformed("NetCDF", path, error.to_string()))?;
    let hidden = || unread(&file);
    let (place, found) = find(path, root, options.variable.as_deref(), &hidden)?;
    let variable = found.variable;
    if let Some(filter) = unknown_filter(&file, &place) {
        let reason = format!(
            "`{place}` is compressed with {filter}, which pimage does not read: write it with GZIP, as `h5repack -f GZIP=4 IN OUT` does where the filter is installed"
        );
        return Err(Error::unsupported(path, reason));
    }
    let dimensions = variable.dimensions();
    let layout = Layout::of(dimensions);
    let packing = Packing::of(variable, found.kind);
    let format = format_of(path, &variable.shape(), layout, &packing)?;
    options.limits.check_format(&format)?;
    let lengths: Vec<u64> = variable.shape().into_iter().take(layout.outer).collect();
    let count = count_of(&lengths, &options.limits)?;
    let mut info = StreamInfo::new(container, format, FrameCount::Exact(count));
    info.codec = Some(file.family().to_owned());
    let mut notes = Notes::new(&options.limits);
    notes.add(VARIABLE.to_owned(), place.as_str().into());
    let hidden = [PACKING, packing.hidden(), &[SIGNIFICANT_BITS]].concat();
    notes.add_own(variable.attributes(), &hidden, dimensions);
    notes.add_all(GLOBAL, &root.attributes, &["_NCProperties"]);
    if let Some(told) = packing.told(variable) {
        notes.add(PACKED.to_owned(), told.into());
    }
    let missing = file.missing(variable, found.kind.bytes(), lengths.len());
    if let Some(whole) = missing {
        let told = format!("{whole} of {count} frames are in the file");
        notes.add(keys::CUT.to_owned(), told.into());
    }
    let stamps = describe(&file, &place, dimensions, layout, &mut info, &mut notes);
    if let Some(bits) = significant_bits(variable, &format) {
        info.format = format.with_bit_depth(bits);
    }
    info.metadata = notes.finish();
    let array = file
        .array(&place, variable)
        .map_err(|reason| Error::malformed("NetCDF", path, reason))?;
    let decoder = Decoder {
        array,
        packing,
        lengths,
        dimensions: dimensions.len(),
        stamps,
        format: info.format,
        limits: options.limits,
        path: path.to_path_buf(),
    };
    Ok(Box::new(NetcdfReader::new(info, decoder, count, options)))
}

fn format_of(
    path: &Path,
    shape: &[u64],
    layout: Layout,
    packing: &Packing,
) -> Result<FrameFormat, Error> {
    let side = |at: usize| shape.get(layout.outer + at).copied().unwrap_or(0);
    let (height, width) = (side(0), side(1));
    if height == 0 || width == 0 {
        let reason = format!("its frames are {width}x{height}: they have no samples");
        return Err(Error::unsupported(path, reason));
    }
    let clamped = |length: u64| u32::try_from(length).unwrap_or(u32::MAX);
    Ok(FrameFormat::new(
        clamped(width),
        clamped(height),
        layout.color,
        packing.sample,
    ))
}

/// The number of frames, within limits.
fn count_of(lengths: &[u64], limits: &Limits) -> Result<u64, Error> {
    let count = lengths
        .iter()
        .try_fold(1u64, |count, length| count.checked_mul(*length));
    let count = count.unwrap_or(u64::MAX);
    limits.check_frames(count)?;
    Ok(count)
}

/// The bits that are used of whole numbers, when the variable says so.
fn significant_bits(variable: &netcdf_reader::NcVariable, format: &FrameFormat) -> Option<u8> {
    let value = super::attributes::attribute(variable, SIGNIFICANT_BITS)?;
    let number = super::attributes::numbers(value).first()?.real();
    let most = f64::from(format.sample.bits());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "compared with the bits of a sample before"
    )]
    let bits = (number >= 1.0 && number <= most).then_some(number as u8)?;
    (!format.sample.is_float()).then_some(bits)
}

/// Everything that makes a frame of its index.
struct Decoder {
    array: Array,
    packing: Packing,
    /// Lengths of the dimensions that run through the frames.
    lengths: Vec<u64>,
    dimensions: usize,
    stamps: Stamps,
    format: FrameFormat,
    limits: Limits,
    path: PathBuf,
}

impl Decoder {
    /// The positions of frame `index`, the last dimension fastest.
    fn positions(&self, index: u64) -> Vec<u64> {
        let mut rest = index;
        let mut positions: Vec<u64> = self
            .lengths
            .iter()
            .rev()
            .map(|length| {
                let position = rest % (*length).max(1);
                rest /= (*length).max(1);
                position
            })
            .collect();
        positions.reverse();
        positions
    }

    fn fill(&self, index: u64, frame: &mut Frame) -> Result<(), Error> {
        frame.reset(&self.format, &self.limits)?;
        let positions = self.positions(index);
        let (array, packing) = (&self.array, &self.packing);
        macro_rules! fill {
            ($type:ty) => {
                array.read::<$type, _>(&positions, self.dimensions, |stored| {
                    packing.fill(stored, frame)
                })
            };
        }
        let filled = match packing.kind {
            Kind::I8 => fill!(i8),
            Kind::U8 => fill!(u8),
            Kind::I16 => fill!(i16),
            Kind::U16 => fill!(u16),
            Kind::I32 => fill!(i32),
            Kind::U32 => fill!(u32),
            Kind::I64 => fill!(i64),
            Kind::U64 => fill!(u64),
            Kind::F32 => fill!(f32),
            Kind::F64 => fill!(f64),
        };
        filled
            .map_err(|reason| Error::Damaged {
                path: self.path.clone(),
                frame: index,
                reason,
            })?
            .map_err(|error| error.at_path(&self.path, Some(index)))?;
        frame.stamp = Stamp::at(index);
        frame.stamp.time = self.stamps.time(&positions);
        frame.stamp.number = self.stamps.number(index);
        Ok(())
    }
}

/// The frames of a variable.
struct NetcdfReader {
    info: StreamInfo,
    path: PathBuf,
    count: u64,
    next: u64,
    on_damage: OnDamage,
    /// Whether nothing can be read behind a frame that cannot.
    is_in_order: bool,
    ahead: Ahead,
    damage: Vec<Damage>,
}

impl fmt::Debug for NetcdfReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetcdfReader")
            .field("path", &self.path)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl NetcdfReader {
    fn new(info: StreamInfo, decoder: Decoder, count: u64, options: &ReadOptions) -> Self {
        let bytes = info.format.frame_bytes().unwrap_or(usize::MAX);
        let threads = pimage_pool::threads(options.threads);
        let path = decoder.path.clone();
        let is_in_order = decoder.array.is_in_order();
        let decoder = Arc::new(decoder);
        let ahead = Ahead::new("the netcdf reader", threads, bytes, move || {
            let decoder = Arc::clone(&decoder);
            move |index: u64, frame: &mut Frame| decoder.fill(index, frame)
        });
        Self {
            info,
            path,
            count,
            next: 0,
            on_damage: options.on_damage,
            is_in_order,
            ahead,
            damage: Vec::new(),
        }
    }
}

impl NetcdfReader {
    /// Lists a frame that cannot be read, with all that follow where none of these can be either, and goes on behind them.
    fn pass_over(&mut self, frame: u64, reason: String) {
        let end = if self.is_in_order {
            self.count
        } else {
            frame.saturating_add(1)
        };
        let is_told = self
            .damage
            .iter()
            .any(|damage| damage.frames.contains(&frame));
        if !is_told {
            let frames = frame..end;
            Damage { frames, reason }.add_to(&mut self.damage);
        }
        self.next = end;
    }
}

impl FrameReader for NetcdfReader {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        while self.next < self.count {
            match self.ahead.read(self.next, self.count, frame) {
                Ok(()) => {
                    self.next += 1;
                    return Ok(true);
                }
                Err(Error::Damaged { frame, reason, .. }) if self.on_damage != OnDamage::Fail => {
                    self.pass_over(frame, reason);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        Some(self)
    }
}

impl SeekFrames for NetcdfReader {
    fn frame_count(&self) -> u64 {
        self.count
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        if index > self.count {
            return Err(Error::OutOfRange {
                path: self.path.clone(),
                frame: index,
                frame_count: self.count,
            });
        }
        self.next = index;
        Ok(())
    }
}
