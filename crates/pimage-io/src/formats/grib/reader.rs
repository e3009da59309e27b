//! Reads the fields of one variable as frames.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

use pimage_core::{
    Damage, Error, Frame, FrameReader, Limits, OnDamage, SampleType, SeekFrames, Stamp, StreamInfo,
    Timebase, Timestamp,
};
use pimage_fs::MappedFile;

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
    Ok(Box::new(GribReader {
        info,
        grid,
        file,
        fields,
        gaps: gaps.into_iter().map(|gap| (gap, false)).collect(),
        decoder: Decoder::default(),
        limits: options.limits,
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
    grid: Grid,
    file: MappedFile,
    fields: Vec<Field>,
    /// What is wrong between the messages, and whether it was told.
    gaps: Vec<(Gap, bool)>,
    decoder: Decoder,
    limits: Limits,
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
        let here = self
            .gaps
            .iter_mut()
            .filter(|(gap, is_told)| gap.fields_before == next && (!is_told || is_end));
        for (gap, is_told) in here {
            let was_told = std::mem::replace(is_told, true);
            let reason = gap.reason.clone();
            if self.on_damage == OnDamage::Fail {
                return Err(self.damaged(reason));
            }
            if !was_told {
                // Nobody knows how many frames were there.
                let frames = next..next;
                Damage { frames, reason }.add_to(&mut self.damage);
            }
        }
        Ok(())
    }

    fn damaged(&self, reason: String) -> Error {
        Error::Damaged {
            path: self.file.path().to_path_buf(),
            frame: self.next,
            reason,
        }
    }

    /// Decodes a field; the inner error is what is wrong with it.
    fn decode(&mut self, field: &Field, frame: &mut Frame) -> Result<Result<(), String>, Error> {
        frame.reset(&self.info.format, &self.limits)?;
        let (file, grid, limits) = (&mut self.file, &self.grid, &self.limits);
        match self.info.format.sample {
            SampleType::F64 => {
                let rows = frame.samples_mut::<f64>().unwrap_or_default();
                self.decoder.decode(file, field, grid, limits, rows)
            }
            _ => {
                let rows = frame.samples_mut::<f32>().unwrap_or_default();
                self.decoder.decode(file, field, grid, limits, rows)
            }
        }
    }

    fn stamp(index: u64, field: &Field) -> Stamp {
        /// Seconds, of which there are no parts.
        const SECONDS: Option<Timebase> = Timebase::new(1, 1);
        let mut stamp = Stamp::at(index);
        stamp.time = SECONDS.and_then(|base| Some(Timestamp::new(field.time?, base)));
        stamp
    }

    fn field(&self, index: u64) -> Option<Field> {
        self.fields.get(usize::try_from(index).ok()?).copied()
    }
}

impl FrameReader for GribReader {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        loop {
            self.pass_gap()?;
            let Some(field) = self.field(self.next) else {
                return Ok(false);
            };
            let decoded = self.decode(&field, frame)?;
            let index = self.next;
            let outcome = match decoded {
                Ok(()) => {
                    frame.stamp = Self::stamp(index, &field);
                    Ok(true)
                }
                Err(reason) if self.on_damage == OnDamage::Fail => Err(self.damaged(reason)),
                Err(reason) => {
                    Damage::frame(index, reason).add_to(&mut self.damage);
                    Ok(false)
                }
            };
            self.next += 1;
            self.reads_on = true;
            match outcome {
                Ok(false) => {}
                other => return other,
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
                path: self.file.path().to_path_buf(),
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
        Ok(self.field(index).map(|field| Self::stamp(index, &field)))
    }
}
