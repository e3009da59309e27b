//! Which quality: least bytes at a bound, or a signal-to-noise ratio that is just reached.

use pimage_core::{Cancel, Error};
use pimage_pool::both;

use super::quantise::range_of;
use super::{EncodedVideo, decode, encode};
use crate::group::encode_group;
use crate::sample::Sample;
use crate::setting::{Quality, VideoSetting};

/// x265's worst rate factor.
const WORST: f64 = 51.0;

/// What a rate factor costs in decibels, about.
const DECIBELS_A_STEP: f64 = 0.9;

/// The quality at which video and corrections at the bound are least, tried on a part of the values, with the bytes of that part.
///
/// # Errors
///
/// As [`encode`].
pub fn base_quality<S: Sample>(
    values: &[S],
    shape: [usize; 3],
    setting: &VideoSetting,
    bound: f64,
    threads: usize,
    cancel: &Cancel,
) -> Result<(VideoSetting, usize), Error> {
    let (part, shape) = part_of(values, shape);
    let search = Search {
        values: &part,
        shape,
        setting: &with_range(values, setting),
        bound,
        threads,
        cancel,
        tried: Vec::new(),
    };
    let (quality, bytes) = search.least(usize::MAX)?;
    Ok((setting.with_quality(quality), bytes))
}

/// The setting of a base that is worth its time: with corrections it is at most a tenth larger than the values predicted
/// without video, tried on a part of them; `None` where there is none.
///
/// # Errors
///
/// As [`encode`].
pub fn worthwhile<S: Sample>(
    values: &[S],
    shape: [usize; 3],
    setting: &VideoSetting,
    bound: f64,
    threads: usize,
    cancel: &Cancel,
) -> Result<Option<VideoSetting>, Error> {
    let (part, shape) = part_of(values, shape);
    let mut search = Search {
        values: &part,
        shape,
        setting: &with_range(values, setting),
        bound,
        threads,
        cancel,
        tried: Vec::new(),
    };
    let first = search.first();
    let (most, _) = both(
        threads,
        || encode_group(&part, shape, bound, cancel).map(|bytes| bytes.len()),
        || search.bytes_at(first),
    )?;
    let most = most + most / 10;
    let (quality, bytes) = search.least(most)?;
    Ok((bytes <= most).then_some(setting.with_quality(quality)))
}

/// Whether values may take fewer than `most` bytes without a video: two parts of them are tried where that saves time.
///
/// # Errors
///
/// As [`encode`].
pub(crate) fn may_do_without<S: Sample>(
    values: &[S],
    shape: [usize; 3],
    bound: f64,
    most: usize,
    cancel: &Cancel,
) -> Result<bool, Error> {
    const FRAMES: usize = 16;
    let [frames, height, width] = shape;
    if frames < 6 * FRAMES {
        return Ok(true);
    }
    let area = height * width;
    let mut bytes = 0;
    for quarter in [1, 3] {
        let first = frames * quarter / 4 - FRAMES / 2;
        let part = values.get(first * area..(first + FRAMES) * area);
        bytes += encode_group(part.unwrap_or(&[]), [FRAMES, height, width], bound, cancel)?.len();
    }
    // A part learns less than the whole.
    let expected = bytes as f64 * frames as f64 / (2 * FRAMES) as f64;
    Ok(expected < most as f64 * 1.3)
}

/// The setting with the range that the whole has, where it has none: that of a part would be another.
fn with_range<S: Sample>(values: &[S], setting: &VideoSetting) -> VideoSetting {
    let range = setting.range.unwrap_or_else(|| range_of(values));
    VideoSetting {
        range: Some(range),
        ..*setting
    }
}

/// The middle of a group, with its shape: all of small frames.
fn part_of<S: Sample>(values: &[S], shape: [usize; 3]) -> (Vec<S>, [usize; 3]) {
    const FRAMES: usize = 32;
    const SIDE: usize = 256;
    let [frames, height, width] = shape;
    let sizes = [frames.min(FRAMES), height.min(SIDE), width.min(SIDE)];
    let start: [usize; 3] = std::array::from_fn(|axis| (shape[axis] - sizes[axis]) / 2);
    let mut part = Vec::with_capacity(sizes.iter().product());
    for t in start[0]..start[0] + sizes[0] {
        for y in start[1]..start[1] + sizes[1] {
            let first = (t * height + y) * width + start[2];
            part.extend(values.get(first..first + sizes[2]).unwrap_or(&[]));
        }
    }
    (part, sizes)
}

/// A search for the quality that makes video and corrections least.
struct Search<'a, S> {
    values: &'a [S],
    shape: [usize; 3],
    setting: &'a VideoSetting,
    bound: f64,
    threads: usize,
    cancel: &'a Cancel,
    tried: Vec<(i32, usize)>,
}

impl<S: Sample> Search<'_, S> {
    /// Where to begin.
    fn first(&self) -> i32 {
        usual(self.setting, self.bound).max(finest(self.setting) as i32)
    }

    fn bytes_of(&self, quality: Quality) -> Result<usize, Error> {
        let setting = self.setting.with_quality(quality);
        let video = encode(
            self.values,
            self.shape,
            &setting,
            Some(self.bound),
            self.cancel,
        )?;
        Ok(video.bytes())
    }

    fn bytes_at(&mut self, crf: i32) -> Result<usize, Error> {
        if let Some((_, bytes)) = self.tried.iter().find(|(known, _)| *known == crf) {
            return Ok(*bytes);
        }
        let bytes = self.bytes_of(Quality::Crf(f64::from(crf)))?;
        self.tried.push((crf, bytes));
        Ok(bytes)
    }

    /// Tries two at once where there are threads for that, so that they are known when they are asked for.
    fn try_ahead(&mut self, pair: [i32; 2]) -> Result<(), Error> {
        let is_known = |crf: i32| self.tried.iter().any(|(known, _)| *known == crf);
        if self.threads < 2 || pair.into_iter().any(is_known) {
            return Ok(());
        }
        let bytes_of = |crf: i32| self.bytes_of(Quality::Crf(f64::from(crf)));
        let [one, other] = pair;
        let (of_one, of_other) = both(self.threads, || bytes_of(one), || bytes_of(other))?;
        self.tried.extend([(one, of_one), (other, of_other)]);
        Ok(())
    }

    /// The best quality and its bytes; not searched to the end where twice `most` is not reached at once.
    fn least(mut self, most: usize) -> Result<(Quality, usize), Error> {
        let (finest, worst) = (finest(self.setting) as i32, WORST as i32);
        let (mut at, mut step) = (self.first(), 4);
        let mut least = self.bytes_at(at)?;
        while step > 1 && least / 2 <= most {
            let mut is_moved = false;
            if finest <= at - step && at + step <= worst {
                self.try_ahead([at + step, at - step])?;
            }
            for next in [at + step, at - step] {
                if (finest..=worst).contains(&next) {
                    let bytes = self.bytes_at(next)?;
                    if bytes < least {
                        (at, least, is_moved) = (next, bytes, true);
                        break;
                    }
                }
            }
            if !is_moved {
                step /= 2;
            }
        }
        if at <= finest + 4 {
            let bytes = self.bytes_of(Quality::Lossless)?;
            if bytes < least {
                return Ok((Quality::Lossless, bytes));
            }
        }
        Ok((Quality::Crf(f64::from(at)), least))
    }
}

/// The lowest rate factor that makes a difference: x265's quantiser has its end there.
fn finest(setting: &VideoSetting) -> f64 {
    setting.finest().max(-6.0)
}

/// The rate factor that is best for most fields: as fine as the bound is, seen from the range.
fn usual(setting: &VideoSetting, bound: f64) -> i32 {
    let [low, high] = setting.range.unwrap_or_default();
    let octaves = (100.0 * bound / (high - low)).log2();
    (16.0 + 6.0 * octaves).clamp(-24.0, WORST - 6.0).round() as i32
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
    let mut crf = match setting.quality {
        Quality::Crf(crf) => crf,
        // The group before needed it.
        Quality::Lossless => finest(setting),
        Quality::Ratio(_) => 20.0,
    };
    let mut kept = None;
    let mut bracket = Bracket {
        db,
        finest: finest(setting),
        better: None,
        worse: None,
        stride: 1.0,
    };
    for _ in 0..9 {
        let tried = setting.with_quality(Quality::Crf(crf));
        let (video, reached) = attempt(values, shape, &tried, range, cancel)?;
        if reached >= db {
            kept = Some((video, tried));
        }
        match bracket.next(crf, reached) {
            Some(next) => crf = next,
            None => break,
        }
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

/// How much better than asked for is near enough, decibels.
const NEAR: f64 = 0.15;

/// What is known of the rate factor that is looked for: pairs of one that was tried and the decibels that it reached.
struct Bracket {
    db: f64,
    finest: f64,
    better: Option<(f64, f64)>,
    worse: Option<(f64, f64)>,
    /// Grows as long as all that was tried lies on one side.
    stride: f64,
}

impl Bracket {
    /// What to try next, once it is known what the last reached; `None` where it is near enough or there is nothing more to try.
    fn next(&mut self, crf: f64, reached: f64) -> Option<f64> {
        let is_better = reached >= self.db;
        if is_better {
            self.better = Some((crf, reached));
        } else {
            self.worse = Some((crf, reached));
        }
        if is_better && reached - self.db < NEAR {
            return None;
        }
        let wanted = match (self.better, self.worse) {
            (Some((low, above)), Some((high, below))) => {
                let part = (above - self.db - NEAR / 3.0) / (above - below);
                low + (high - low) * part.clamp(0.1, 0.9)
            }
            (better, worse) => {
                let (at, reached) = better.or(worse)?;
                let steps = ((reached - self.db).abs() / DECIBELS_A_STEP).max(0.5) * self.stride;
                self.stride *= 2.0;
                if is_better { at + steps } else { at - steps }
            }
        };
        let next = (wanted * 8.0).round() / 8.0;
        let next = next.clamp(self.finest, WORST);
        let is_new =
            |known: Option<(f64, f64)>| known.is_none_or(|(known, _)| (known - next).abs() > 0.1);
        (is_new(self.better) && is_new(self.worse)).then_some(next)
    }
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
