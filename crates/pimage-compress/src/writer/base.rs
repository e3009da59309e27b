//! Groups as videos: with what these got wrong, or as they are.

use pimage_core::{Cancel, Error};
use pimage_pool::both;

use super::options::Layer;
use super::pack::Coded;
use super::plan::Base;
use super::psnr;
use crate::file::pictures::Picture;
use crate::file::section::{CORRECTED, SHOWN};
use crate::goal::Goal;
use crate::group::encode_group;
use crate::sample::Sample;
use crate::setting::{Quality, VideoSetting};
use crate::video::{self, EncodedVideo};

/// The quality at which the search for a signal-to-noise ratio begins.
const FIRST: f64 = 20.0;

/// The quality of pictures that nothing is made from.
const CHEAPEST: Quality = Quality::Crf(51.0);

/// One channel that may become a video.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Channel<'a, S> {
    pub(crate) values: &'a [S],
    pub(crate) shape: [usize; 3],
    /// Threads that have nothing else to do, this one included.
    pub(crate) threads: usize,
}

/// Codes a group with a video, where goal and layer ask for one; `base` is that of the file, none yet for the first group.
///
/// # Errors
///
/// As [`video::encode`].
pub(crate) fn code<S: Sample>(
    channel: Channel<'_, S>,
    goal: &Goal,
    layer: Layer,
    base: Option<&Base>,
    cancel: &Cancel,
) -> Result<Option<Coded>, Error> {
    match *goal {
        Goal::Quantised(setting) => shown(channel, &setting, base, cancel).map(Some),
        Goal::Psnr { db, range } if layer != Layer::Predicted => {
            ratio(channel, db, range, layer, base, cancel)
        }
        Goal::Psnr { .. } => Ok(None),
        Goal::Exact => corrected(channel, 0.0, layer, base, cancel),
        Goal::MaxError(bound) => corrected(channel, bound, layer, base, cancel),
    }
}

/// A group as its video, of a setting that is given.
fn shown<S: Sample>(
    channel: Channel<'_, S>,
    setting: &VideoSetting,
    base: Option<&Base>,
    cancel: &Cancel,
) -> Result<Coded, Error> {
    let video = video::encode(channel.values, channel.shape, setting, None, cancel)?;
    Ok(coded(video, SHOWN, setting, base, channel.values))
}

/// A group as the smallest video that reaches a signal-to-noise ratio, or without one where that is smaller.
fn ratio<S: Sample>(
    channel: Channel<'_, S>,
    db: f64,
    range: f64,
    layer: Layer,
    base: Option<&Base>,
    cancel: &Cancel,
) -> Result<Option<Coded>, Error> {
    let Channel { values, shape, .. } = channel;
    let start = base.map_or(VideoSetting::base(FIRST), |base| base.setting);
    let found = video::reach_psnr(values, shape, &start, (db, range), cancel);
    let found = match (found, base, layer) {
        // Without an encoder there is another way, as long as none was asked for.
        (Err(error), None, Layer::Auto) => unless_stopped(error)?,
        (found, ..) => found?,
    };
    let Some((video, setting)) = found else {
        return match base {
            Some(base) => {
                let bytes = psnr::encode(values, shape, db, range, cancel)?;
                beside(channel, bytes, base, cancel).map(Some)
            }
            None => Ok(None),
        };
    };
    if base.is_none() && layer == Layer::Auto {
        let bytes = psnr::encode(values, shape, db, range, cancel)?.len();
        if bytes <= video.bytes() {
            return Ok(None);
        }
    }
    Ok(Some(coded(video, SHOWN, &setting, base, values)))
}

/// A group as a video and what it got wrong, or without it where that is smaller.
fn corrected<S: Sample>(
    channel: Channel<'_, S>,
    bound: f64,
    layer: Layer,
    base: Option<&Base>,
    cancel: &Cancel,
) -> Result<Option<Coded>, Error> {
    let Channel { values, shape, .. } = channel;
    let Some(base) = base else {
        return first(channel, bound, layer, cancel);
    };
    let video = video::encode(values, shape, &base.setting, Some(bound), cancel)?;
    if video::may_do_without(values, shape, bound, video.bytes(), cancel)? {
        let bytes = encode_group(values, shape, bound, cancel)?;
        if bytes.len() < video.bytes() {
            let without = beside(channel, bytes, base, cancel)?;
            if without.bytes() < video.bytes() {
                return Ok(Some(without));
            }
        }
    }
    Ok(Some(coded(
        video,
        CORRECTED,
        &base.setting,
        Some(base),
        values,
    )))
}

/// The first group, which decides for all: the part of it on which a video seemed worth its time is smaller than it.
fn first<S: Sample>(
    channel: Channel<'_, S>,
    bound: f64,
    layer: Layer,
    cancel: &Cancel,
) -> Result<Option<Coded>, Error> {
    let Channel {
        values,
        shape,
        threads,
    } = channel;
    let start = VideoSetting::base(FIRST);
    let setting = match layer {
        Layer::Video => {
            let found = video::base_quality(values, shape, &start, bound, threads, cancel)?;
            Some(found.0)
        }
        // No video comes near the last bits of floats.
        Layer::Auto if bound > 0.0 || !S::IS_FLOAT => {
            let found = video::worthwhile(values, shape, &start, bound, threads, cancel);
            found.or_else(unless_stopped)?
        }
        _ => None,
    };
    let Some(setting) = setting else {
        return Ok(None);
    };
    let (video, without) = both(
        threads,
        || video::encode(values, shape, &setting, Some(bound), cancel),
        || match layer {
            Layer::Auto => encode_group(values, shape, bound, cancel).map(|bytes| bytes.len()),
            _ => Ok(usize::MAX),
        },
    )?;
    if without < video.bytes() {
        return Ok(None);
    }
    Ok(Some(coded(video, CORRECTED, &setting, None, values)))
}

/// Nothing, where a video was tried that nobody asked for; the error where the work was stopped.
fn unless_stopped<T>(error: Error) -> Result<Option<T>, Error> {
    match error {
        Error::Stopped => Err(Error::Stopped),
        _ => Ok(None),
    }
}

/// A section without video in a file whose pictures are those of a video: the cheapest there are.
fn beside<S: Sample>(
    channel: Channel<'_, S>,
    section: Vec<u8>,
    base: &Base,
    cancel: &Cancel,
) -> Result<Coded, Error> {
    let setting = base.setting.with_quality(CHEAPEST);
    let video = video::encode(channel.values, channel.shape, &setting, None, cancel)?;
    let coded = coded(video, SHOWN, &setting, Some(base), channel.values);
    Ok(Coded {
        sections: vec![section],
        needs_pictures: false,
        ..coded
    })
}

fn coded<S: Sample>(
    mut video: EncodedVideo,
    kind: u8,
    setting: &VideoSetting,
    base: Option<&Base>,
    values: &[S],
) -> Coded {
    let is_other = base.is_some_and(|base| base.private != video.private);
    let new_base = base.is_none().then(|| Base {
        setting: *setting,
        private: video.private.clone(),
        shown: setting.range.unwrap_or_else(|| video::values_range(values)),
    });
    if is_other {
        video.carry_header();
    }
    let mut section = Vec::with_capacity(video.side.len() + 1);
    section.push(kind);
    section.append(&mut video.side);
    let pictures = video.packets.into_iter().map(|packet| Picture {
        frame: packet.frame,
        is_key: packet.is_key,
        bytes: packet.data,
    });
    Coded {
        sections: vec![section],
        pictures: pictures.collect(),
        needs_pictures: true,
        base: new_base,
    }
}
