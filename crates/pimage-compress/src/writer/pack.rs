//! One group to bytes, checked, on one of the threads.

use std::sync::Arc;

use pimage_core::{Cancel, Error, with_sample_type};

use super::options::Layer;
use super::plan::{Base, Plan};
use super::planes::Planes;
use super::psnr;
use crate::file::pictures::{self, Picture};
use crate::file::section::{self, Video};
use crate::file::{data, stamps};
use crate::goal::Goal;
use crate::group::encode_group;
#[cfg(feature = "zfp")]
use crate::group::encode_group_zfp;
use crate::sample::Sample;

/// A group to pack.
#[derive(Debug)]
pub(crate) struct Job {
    /// Index of the first frame.
    pub(crate) first: u64,
    pub(crate) planes: Planes,
    /// What the video is; none yet where the group is the first.
    pub(crate) plan: Option<Arc<Plan>>,
}

/// A group that was packed.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) first: u64,
    pub(crate) planes: Planes,
    pub(crate) data: Vec<u8>,
    /// In the order of decoding; none yet where it is not known how to make them.
    pub(crate) pictures: Vec<Picture>,
    /// The video of the file, where the group is the first and was made from one.
    pub(crate) base: Option<Base>,
    /// Values beyond the range that was given for the video, which became its ends.
    pub(crate) clipped: u64,
}

/// The channels of a group, and the pictures that were made with them.
#[derive(Debug, Default)]
pub(crate) struct Coded {
    pub(crate) sections: Vec<Vec<u8>>,
    pub(crate) pictures: Vec<Picture>,
    /// Whether values are made from the pictures.
    pub(crate) needs_pictures: bool,
    /// The video of the file, where this is the first group.
    pub(crate) base: Option<Base>,
}

impl Coded {
    /// Bytes of all.
    #[cfg(feature = "ffmpeg")]
    pub(crate) fn bytes(&self) -> usize {
        let sections = self.sections.iter().map(Vec::len).sum::<usize>();
        sections
            + self
                .pictures
                .iter()
                .map(|picture| picture.bytes.len())
                .sum::<usize>()
    }
}

/// How groups are packed.
#[derive(Debug, Clone)]
pub(crate) struct Packer {
    pub(crate) goal: Goal,
    #[cfg_attr(
        not(any(feature = "ffmpeg", feature = "zfp")),
        expect(dead_code, reason = "without an encoder there is one layer")
    )]
    pub(crate) layer: Layer,
    /// Groups that may be packed at a time.
    #[cfg_attr(
        not(feature = "ffmpeg"),
        expect(dead_code, reason = "without an encoder there is no search")
    )]
    pub(crate) threads: usize,
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
        let plan = job.plan.as_deref();
        let sample = planes.format().sample;
        let mut coded = with_sample_type!(sample, T => self.code::<T>(planes, plan))?;
        let frames = planes.frames() as u32;
        let stamps = stamps::encode(&planes.stamps);
        let checksum = coded
            .needs_pictures
            .then(|| pictures::checksum(&coded.pictures));
        let data = data::seal(job.first, frames, &stamps, &coded.sections, checksum)?;
        coded.sections = Vec::new();
        // Nothing is promised of whole numbers in a video.
        if self.check && !matches!(self.goal, Goal::Quantised(_)) {
            let base = match (&coded.base, plan) {
                (Some(base), _) | (None, Some(Plan::Base(base))) => Some(base),
                _ => None,
            };
            let video = Video {
                private: base.map_or(&[], |base| &base.private),
                pictures: &coded.pictures,
            };
            with_sample_type!(sample, T => self.compare::<T>(planes, &data, video))?;
        }
        if let Some(Plan::Preview(plan)) = plan {
            coded.pictures = plan.pictures(planes)?;
        }
        let clipped = match &self.goal {
            Goal::Quantised(setting) => setting.range.map_or(
                0,
                |range| with_sample_type!(sample, T => beyond(planes.channel::<T>(0), range)),
            ),
            _ => 0,
        };
        Ok(Packed {
            first: job.first,
            planes: job.planes,
            data,
            pictures: coded.pictures,
            base: coded.base,
            clipped,
        })
    }

    fn code<T>(&self, planes: &Planes, plan: Option<&Plan>) -> Result<Coded, Error>
    where
        T: Sample + pimage_core::Sample,
    {
        #[cfg(feature = "ffmpeg")]
        if planes.format().color.channels() == 1 && !matches!(plan, Some(Plan::Preview(_))) {
            let channel = super::base::Channel {
                values: planes.channel::<T>(0),
                shape: planes.shape(),
                // The first group is packed alone.
                threads: if plan.is_none() { self.threads } else { 1 },
            };
            let base = match plan {
                Some(Plan::Base(base)) => Some(base),
                _ => None,
            };
            let coded = super::base::code(channel, &self.goal, self.layer, base, &self.cancel)?;
            if let Some(coded) = coded {
                return Ok(coded);
            }
        }
        #[cfg(not(feature = "ffmpeg"))]
        let _ = plan;
        let channels = 0..planes.format().color.channels();
        let section = |channel: usize| {
            let (values, shape) = (planes.channel::<T>(channel), planes.shape());
            match self.goal {
                Goal::Exact => encode_group(values, shape, 0.0, &self.cancel),
                #[cfg(feature = "zfp")]
                Goal::MaxError(bound) if self.layer == Layer::Zfp => {
                    encode_group_zfp(values, shape, bound, &self.cancel)
                }
                Goal::MaxError(bound) => encode_group(values, shape, bound, &self.cancel),
                Goal::Psnr { db, range } => psnr::encode(values, shape, db, range, &self.cancel),
                // What asks for a video was refused where there can be none.
                Goal::Quantised(_) => Err(wrong("a setting of a video")),
            }
        };
        Ok(Coded {
            sections: channels.map(section).collect::<Result<_, _>>()?,
            ..Coded::default()
        })
    }

    /// An error unless the data give the stamps back, and all values as was promised.
    fn compare<T>(&self, planes: &Planes, data: &[u8], video: Video<'_>) -> Result<(), Error>
    where
        T: Sample + pimage_core::Sample,
    {
        let group = data::open(data)?;
        let stamps = stamps::decode(group.stamps, group.header.first, planes.frames())?;
        let is_same = stamps.iter().zip(&planes.stamps).all(|(found, wanted)| {
            (found.number, found.time, &found.name) == (wanted.number, wanted.time, &wanted.name)
        });
        if !is_same {
            return Err(wrong("a stamp"));
        }
        for (channel, bytes) in group.sections.iter().enumerate() {
            let found: Vec<T> = section::decode(bytes, planes.shape(), video, &self.cancel)?;
            let values = planes.channel::<T>(channel);
            let is_kept = match self.goal {
                Goal::Exact => holds(values, &found, 0.0),
                Goal::MaxError(bound) => holds(values, &found, bound),
                Goal::Psnr { db, range } => psnr::holds(values, &found, db, range),
                Goal::Quantised(_) => true,
            };
            if !is_kept {
                return Err(wrong("a value"));
            }
        }
        Ok(())
    }
}

fn wrong(what: &str) -> Error {
    Error::Internal {
        part: "packing an array".to_owned(),
        reason: format!("{what} did not come back as promised"),
    }
}

/// How many numbers lie outside a range.
fn beyond<S: Sample>(values: &[S], [low, high]: [f64; 2]) -> u64 {
    let numbers = values.iter().map(|value| value.to_f64());
    let beyond = numbers.filter(|number| number.is_finite() && !(low..=high).contains(number));
    beyond.count() as u64
}

/// Whether no value is off by more than the bound, and what is not finite came back to the bit.
fn holds<S: Sample>(values: &[S], found: &[S], bound: f64) -> bool {
    let is_kept = |value: S, found: S| {
        let (from, to) = (value.to_f64(), found.to_f64());
        value.to_bits() == found.to_bits()
            || (bound > 0.0 && from.is_finite() && (from - to).abs() <= bound)
    };
    let mut pairs = values.iter().zip(found);
    values.len() == found.len() && pairs.all(|(value, found)| is_kept(*value, *found))
}
