//! One group to bytes, checked, on one of the threads.

use std::sync::Arc;

use pimage_core::{Cancel, Error, with_sample_type};

use super::planes::Planes;
use super::preview::PreviewPlan;
use super::psnr;
use crate::file::{data, section, stamps};
use crate::goal::Goal;
use crate::group::encode_group;
use crate::sample::Sample;

/// A group to pack.
#[derive(Debug)]
pub(crate) struct Job {
    /// Index of the first frame.
    pub(crate) first: u64,
    pub(crate) planes: Planes,
    /// How pictures are made; none yet where the group is the first.
    pub(crate) plan: Option<Arc<PreviewPlan>>,
}

/// A group that was packed.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) first: u64,
    pub(crate) planes: Planes,
    pub(crate) data: Vec<u8>,
    /// Frames of the group that are shown, and their pictures.
    pub(crate) pictures: Vec<(usize, Vec<u8>)>,
}

/// How groups are packed.
#[derive(Debug, Clone)]
pub(crate) struct Packer {
    pub(crate) goal: Goal,
    /// Whether each is unpacked again and compared.
    pub(crate) check: bool,
    pub(crate) cancel: Cancel,
}

impl Packer {
    /// Packs a group, and makes its pictures if it is known how.
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`]; whatever the coder answers; [`Error::Internal`] when what comes back is not what was promised.
    pub(crate) fn pack(&self, job: Job) -> Result<Packed, Error> {
        let planes = &job.planes;
        let sections = with_sample_type!(planes.format().sample, T => self.sections::<T>(planes))?;
        let frames = planes.frames() as u32;
        let stamps = stamps::encode(&planes.stamps);
        let data = data::seal(job.first, frames, &stamps, &sections, None)?;
        drop(sections);
        if self.check {
            with_sample_type!(planes.format().sample, T => self.compare::<T>(planes, &data))?;
        }
        let pictures = match &job.plan {
            Some(plan) => plan.pictures(planes)?,
            None => Vec::new(),
        };
        Ok(Packed {
            first: job.first,
            planes: job.planes,
            data,
            pictures,
        })
    }

    fn sections<T>(&self, planes: &Planes) -> Result<Vec<Vec<u8>>, Error>
    where
        T: Sample + pimage_core::Sample,
    {
        let channels = 0..planes.format().color.channels();
        let section = |channel: usize| {
            let (values, shape) = (planes.channel::<T>(channel), planes.shape());
            match self.goal {
                Goal::Exact => encode_group(values, shape, 0.0, &self.cancel),
                Goal::MaxError(bound) => encode_group(values, shape, bound, &self.cancel),
                Goal::Psnr { db, range } => psnr::encode(values, shape, db, range, &self.cancel),
            }
        };
        channels.map(section).collect()
    }

    /// An error unless the data give the stamps back, and all values as was promised.
    fn compare<T>(&self, planes: &Planes, data: &[u8]) -> Result<(), Error>
    where
        T: Sample + pimage_core::Sample,
    {
        let wrong = |what: &str| Error::Internal {
            part: "packing an array".to_owned(),
            reason: format!("{what} did not come back as promised"),
        };
        let group = data::open(data)?;
        let stamps = stamps::decode(group.stamps, group.header.first, planes.frames())?;
        let is_same = stamps.iter().zip(&planes.stamps).all(|(found, wanted)| {
            (found.number, found.time, &found.name) == (wanted.number, wanted.time, &wanted.name)
        });
        if !is_same {
            return Err(wrong("a stamp"));
        }
        for (channel, bytes) in group.sections.iter().enumerate() {
            let found: Vec<T> = section::decode(bytes, planes.shape(), &self.cancel)?;
            let values = planes.channel::<T>(channel);
            let is_kept = match self.goal {
                Goal::Exact => holds(values, &found, 0.0),
                Goal::MaxError(bound) => holds(values, &found, bound),
                Goal::Psnr { db, range } => psnr::holds(values, &found, db, range),
            };
            if !is_kept {
                return Err(wrong("a value"));
            }
        }
        Ok(())
    }
}

/// Whether no value is off by more than the bound, and what is not finite came back to the bit.
fn holds<S: Sample>(values: &[S], found: &[S], bound: f64) -> bool {
    let is_kept = |value: S, found: S| {
        let (from, to) = (value.to_f64(), found.to_f64());
        value.to_bits() == found.to_bits()
            || (bound > 0.0 && from.is_finite() && (from - to).abs() <= bound)
    };
    values.len() == found.len()
        && values
            .iter()
            .zip(found)
            .all(|(value, found)| is_kept(*value, *found))
}
