//! Which quality: least bytes at a bound, or a signal-to-noise ratio that is just reached.

use pimage_core::{Cancel, Error};

use super::{EncodedVideo, decode, encode};
use crate::sample::Sample;
use crate::setting::{Quality, VideoSetting};

/// x265's best and worst rate factor.
const BEST: f64 = 0.0;
const WORST: f64 = 51.0;

/// What a rate factor costs in decibels, about.
const DECIBELS_A_STEP: f64 = 0.9;

/// The rate factor at which video and corrections at the bound are least, tried on a sample of the array, with the bytes of the sample.
///
/// # Errors
///
/// As [`encode`].
pub fn base_quality<S: Sample>(
    values: &[S],
    shape: [usize; 3],
    setting: &VideoSetting,
    bound: f64,
    cancel: &Cancel,
) -> Result<(VideoSetting, usize), Error> {
    let mut tried: Vec<(i32, usize)> = Vec::new();
    let mut bytes_at = |crf: i32| -> Result<usize, Error> {
        if let Some((_, bytes)) = tried.iter().find(|(known, _)| *known == crf) {
            return Ok(*bytes);
        }
        let quality = Quality::Crf(f64::from(crf));
        let setting = setting.with_quality(quality);
        let bytes = encode(values, shape, &setting, Some(bound), cancel)?.bytes();
        tried.push((crf, bytes));
        Ok(bytes)
    };
    let (mut at, mut step) = (18, 8);
    let mut least = bytes_at(at)?;
    while step > 0 {
        let mut moved = false;
        for next in [at + step, at - step] {
            if (BEST as i32..=WORST as i32).contains(&next) {
                let bytes = bytes_at(next)?;
                if bytes < least {
                    (at, least, moved) = (next, bytes, true);
                    break;
                }
            }
        }
        if !moved {
            step /= 2;
        }
    }
    let quality = Quality::Crf(f64::from(at));
    let lossless = setting.with_quality(Quality::Lossless);
    let exact = encode(values, shape, &lossless, Some(bound), cancel)?.bytes();
    Ok(if exact < least {
        (lossless, exact)
    } else {
        (setting.with_quality(quality), least)
    })
}

/// The peak signal-to-noise ratio, decibels, where the peak is `range`; infinite for equal values. What is no number does not count.
#[must_use]
pub fn psnr_of<S: Sample>(values: &[S], found: &[S], range: f64) -> f64 {
    let (mut sum, mut count) = (0.0, 0_u64);
    for (value, found) in values.iter().zip(found) {
        let (value, found) = (value.to_f64(), found.to_f64());
        if value.is_finite() {
            sum += (value - found) * (value - found);
            count += 1;
        }
    }
    if count == 0 || sum == 0.0 {
        return f64::INFINITY;
    }
    10.0 * (range * range * count as f64 / sum).log10()
}

/// The smallest video found that reaches `db`, and its quality; `None` where x265 does not reach it.
///
/// The search begins at the setting's rate factor, so that the one found for the group before, or for a sample, saves most of it.
///
/// # Errors
///
/// As [`encode`].
pub fn reach_psnr<S: Sample>(
    values: &[S],
    shape: [usize; 3],
    setting: &VideoSetting,
    (db, range): (f64, f64),
    cancel: &Cancel,
) -> Result<Option<(EncodedVideo, VideoSetting)>, Error> {
    /// How much better than asked for is near enough.
    const NEAR: f64 = 0.15;
    let mut crf = match setting.quality {
        Quality::Crf(crf) => crf,
        Quality::Lossless | Quality::Ratio(_) => 20.0,
    };
    let mut kept = None;
    let (mut better, mut worse) = (None::<(f64, f64)>, None::<(f64, f64)>);
    for _ in 0..7 {
        let tried = setting.with_quality(Quality::Crf(crf));
        let (video, reached) = attempt(values, shape, &tried, range, cancel)?;
        if reached >= db {
            better = Some((crf, reached));
            kept = Some((video, tried));
            if reached - db < NEAR || crf >= WORST {
                break;
            }
        } else {
            worse = Some((crf, reached));
            if crf <= BEST {
                break;
            }
        }
        let next = match (better, worse) {
            (Some((low, above)), Some((high, below))) => {
                let part = (above - db - NEAR / 3.0) / (above - below);
                low + (high - low) * part.clamp(0.1, 0.9)
            }
            (Some((low, above)), None) => low + ((above - db) / DECIBELS_A_STEP).max(0.3),
            (None, Some((high, below))) => high - ((db - below) / DECIBELS_A_STEP).max(0.3),
            (None, None) => break,
        };
        let next = (next * 8.0).round().clamp(BEST * 8.0, WORST * 8.0) / 8.0;
        let is_tried =
            |known: Option<(f64, f64)>| known.is_some_and(|(known, _)| (known - next).abs() < 0.1);
        if is_tried(better) || is_tried(worse) {
            break;
        }
        crf = next;
    }
    if kept.is_none() {
        let tried = setting.with_quality(Quality::Lossless);
        let (video, reached) = attempt(values, shape, &tried, range, cancel)?;
        if reached >= db {
            kept = Some((video, tried));
        }
    }
    Ok(kept)
}

fn attempt<S: Sample>(
    values: &[S],
    shape: [usize; 3],
    setting: &VideoSetting,
    range: f64,
    cancel: &Cancel,
) -> Result<(EncodedVideo, f64), Error> {
    let video = encode(values, shape, setting, None, cancel)?;
    let found: Vec<S> = decode(&video.private, &video.packets, &video.side, shape, cancel)?;
    let reached = psnr_of(values, &found, range);
    Ok((video, reached))
}
