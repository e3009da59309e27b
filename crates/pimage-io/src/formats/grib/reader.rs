//! Reads the fields of one variable as frames.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_core::{
    Damage, Error, Frame, FrameFormat, FrameReader, Limits, OnDamage, SampleType, SeekFrames,
    Stamp, StreamInfo, Timebase, Timestamp,
};
use pimage_fs::MappedFile;
use pimage_pool::Ahead;

use super::choose::choose;
use super::decode::Decoder;
use super::describe::info_of;
use super::grid::Grid;
use super::scan::{Field, Gap, scan};
use crate::ReadOptions;

/// Opens the variable that is asked for, or the only one.
pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
    let mut file = MappedFile::open(path)?;
    let scan = scan(&mut file, &options.limits)?;
    let place = choose(path, &scan.variables, options.variable.as_deref())?;
    let Some(variable) = scan.variables.get(place) else {
        return Err(Error::malformed("grib", path, "there is no variable"));
    };
    let grid = Grid::parse(&variable.grid).map_err(|reason| Error::unsupported(path, reason))?;
    let mut fields = Vec::new();
    let mut gaps = Vec::new();
    let mut all_gaps = scan.gaps.into_iter().peekable();
    for (index, field) in (0u64..).zip(&scan.fields) {
        while let Some(gap) = all_gaps.next_if(|gap| gap.fields_before <= index) {
            gaps.push(before(fields.len(), gap));
        }
        if field.variable as usize == place {
            fields.push(*field);
        }
    }
    gaps.extend(all_gaps.map(|gap| before(fields.len(), gap)));
    let info = info_of(variable, &grid, &fields, &gaps);
    options.limits.check_format(&info.format)?;
    let fields: Arc<[Field]> = fields.into();
    let threads = pimage_pool::threads(options.threads);
    let frame_bytes = info.format.frame_bytes().unwrap_or(usize::MAX);
    let make = {
        let (path, fields) = (path.to_path_buf(), Arc::clone(&fields));
        let (format, limits) = (info.format, options.limits);
        move || FrameDecoder {
            path: path.clone(),
            file: None,
            fields: Arc::clone(&fields),
            grid,
            format,
            limits,
            decoder: Decoder::default(),
        }
    };
    let ahead = Ahead::new("the GRIB decoder", threads, frame_bytes, move || {
        let mut decoder = make();
        move |index: u64, frame: &mut Frame| decoder.fill(index, frame)
    });
    Ok(Box::new(GribReader {
        info,
        path: path.to_path_buf(),
        fields,
        gaps: gaps.into_iter().map(|gap| (gap, false)).collect(),
        ahead,
        on_damage: options.on_damage,
        next: 0,
        reads_on: true,
        damage: Vec::new(),
    }))
}

/// A gap among the frames that are read, which is before frame `index`.
fn before(index: usize, gap: Gap) -> Gap {
    Gap {
        fields_before: index as u64,
        ..gap
    }
}

/// The fields of one variable, in the order of the file.
struct GribReader {
    info: StreamInfo,
    path: PathBuf,
    fields: Arc<[Field]>,
    /// What is wrong between the messages, and whether it was told.
    gaps: Vec<(Gap, bool)>,
    ahead: Ahead,
    on_damage: OnDamage,
    next: u64,
    /// Whether the next frame was reached by reading on, so that what is lost before it has to be told.
    reads_on: bool,
    damage: Vec<Damage>,
}

impl GribReader {
    /// Tells what is lost before the next frame: an error, each time at the end and once before it, or damage.
    fn pass_gap(&mut self) -> Result<(), Error> {
        let (next, is_end) = (self.next, self.next >= self.fields.len() as u64);
        if !self.reads_on && !is_end {
            return Ok(());
        }
        // They are in the order of the file.
        let first = self
            .gaps
            .partition_point(|(gap, _)| gap.fields_before < next);
        let here = self
            .gaps
            .iter_mut()
            .skip(first)
            .take_while(|(gap, _)| gap.fields_before == next)
            .filter(|(_, is_told)| !is_told || is_end);
        for (gap, is_told) in here {
            let was_told = std::mem::replace(is_told, true);
            let reason = gap.reason.clone();
            if self.on_damage == OnDamage::Fail {
                return Err(Error::Damaged {
                    path: self.path.clone(),
                    frame: next,
                    reason,
                });
            }
            if !was_told {
                // Nobody knows how many frames were there.
                let frames = next..next;
                Damage { frames, reason }.add_to(&mut self.damage);
            }
        }
        Ok(())
    }

    fn field(&self, index: u64) -> Option<Field> {
        self.fields.get(usize::try_from(index).ok()?).copied()
    }
}

/// Decodes frames by their index, on one thread.
struct FrameDecoder {
    path: PathBuf,
    file: Option<MappedFile>,
    fields: Arc<[Field]>,
    grid: Grid,
    format: FrameFormat,
    limits: Limits,
    decoder: Decoder,
}

impl FrameDecoder {
    /// Fills `frame` with frame `index`.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when its data are not what they should be; [`Error::Io`], [`Error::NotBuilt`], [`Error::TooLarge`].
    fn fill(&mut self, index: u64, frame: &mut Frame) -> Result<(), Error> {
        let place = usize::try_from(index).unwrap_or(usize::MAX);
        let Some(field) = self.fields.get(place) else {
            let reason = format!("there is no field {index}");
            return Err(Error::malformed("grib", &self.path, reason));
        };
        let file = match self.file.take() {
            Some(file) => self.file.insert(file),
            None => self.file.insert(MappedFile::open(&self.path)?),
        };
        frame.reset(&self.format, &self.limits)?;
        frame.stamp = stamp(index, field);
        let (grid, limits) = (&self.grid, &self.limits);
        let decoded = match self.format.sample {
            SampleType::F64 => {
                let rows = frame.samples_mut::<f64>().unwrap_or_default();
                self.decoder.decode(file, field, grid, limits, rows)
            }
            _ => {
                let rows = frame.samples_mut::<f32>().unwrap_or_default();
                self.decoder.decode(file, field, grid, limits, rows)
            }
        }?;
        decoded.map_err(|reason| Error::Damaged {
            path: self.path.clone(),
            frame: index,
            reason,
        })
    }
}

fn stamp(index: u64, field: &Field) -> Stamp {
    /// Seconds, of which there are no parts.
    const SECONDS: Option<Timebase> = Timebase::new(1, 1);
    let mut stamp = Stamp::at(index);
    stamp.time = SECONDS.and_then(|base| Some(Timestamp::new(field.time?, base)));
    stamp
}

impl FrameReader for GribReader {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        loop {
            self.pass_gap()?;
            let (index, count) = (self.next, self.fields.len() as u64);
            if index >= count {
                return Ok(false);
            }
            self.next += 1;
            self.reads_on = true;
            match self.ahead.read(index, count, frame) {
                Ok(()) => return Ok(true),
                Err(Error::Damaged { reason, .. }) if self.on_damage != OnDamage::Fail => {
                    Damage::frame(index, reason).add_to(&mut self.damage);
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        Some(self)
    }
}

impl SeekFrames for GribReader {
    fn frame_count(&self) -> u64 {
        self.fields.len() as u64
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        if index > self.frame_count() {
            return Err(Error::OutOfRange {
                path: self.path.clone(),
                frame: index,
                frame_count: self.frame_count(),
            });
        }
        self.next = index;
        self.reads_on = false;
        Ok(())
    }

    fn stamp_of(&mut self, index: u64) -> Result<Option<Stamp>, Error> {
        self.seek(index)?;
        Ok(self.field(index).map(|field| stamp(index, &field)))
    }
}
