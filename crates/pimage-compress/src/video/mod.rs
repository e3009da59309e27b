//! A group as a video: alone, or with what it got wrong.
//!
//! ```
//! use pimage_compress::VideoSetting;
//! use pimage_compress::video::{decode, encode};
//! use pimage_core::Cancel;
//!
//! let values: Vec<f32> = (0..2000).map(|i| (i as f32 * 0.02).sin()).collect();
//! let setting = VideoSetting::base(20.0);
//! let video = encode(&values, [5, 20, 20], &setting, Some(0.01), &Cancel::new())?;
//! let back: Vec<f32> = decode(&video.private, &video.packets, &video.side, [5, 20, 20], &Cancel::new())?;
//! assert!(values.iter().zip(&back).all(|(a, b)| (a - b).abs() <= 0.01));
//! # Ok::<(), pimage_core::Error>(())
//! ```

mod quantise;
mod search;
mod side;

use pimage_core::{Cancel, Error};
pub use pimage_video::sequence::Packet;
use pimage_video::sequence::{self, Codec, Coded, Stream};

use crate::corrections;
use crate::group::{MOST_VALUES, check_shape};
use crate::header::broken;
use crate::mask;
use crate::sample::Sample;
use crate::setting::{Quality, VideoCodec, VideoSetting};
use quantise::{Quantiser, range_of};
use side::Side;

pub(crate) use quantise::range_of as values_range;
pub(crate) use search::may_do_without;
pub use search::{base_quality, psnr_of, reach_psnr, worthwhile};

/// A group as a video.
#[derive(Debug, Clone, PartialEq)]
pub struct EncodedVideo {
    /// The packets of one closed group of pictures, a frame each, in the order of decoding.
    pub packets: Vec<Packet>,
    /// The codec's header, as Matroska stores it: the same for all groups of one setting (not for all qualities).
    pub private: Vec<u8>,
    /// All else: what samples stand for, which values are no numbers, and what the video got wrong.
    pub side: Vec<u8>,
}

impl EncodedVideo {
    /// Bytes of all.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let packets = self.packets.iter().map(|packet| packet.data.len());
        packets.sum::<usize>() + self.side.len()
    }

    /// Bytes of the packets.
    #[must_use]
    pub fn packet_bytes(&self) -> usize {
        self.packets.iter().map(|packet| packet.data.len()).sum()
    }

    /// Puts the codec's header into the first packet, for a track with the header of another quality.
    pub fn carry_header(&mut self) {
        let mut coded = Coded {
            private: std::mem::take(&mut self.private),
            packets: std::mem::take(&mut self.packets),
        };
        coded.carry_header();
        (self.private, self.packets) = (coded.private, coded.packets);
    }
}

/// The codec of pimage-video for one of ours.
const fn codec_of(codec: VideoCodec) -> Codec {
    match codec {
        VideoCodec::X265 => Codec::X265,
        VideoCodec::Ffv1 => Codec::Ffv1,
        VideoCodec::Jpeg2000 => Codec::OpenJpeg,
    }
}

/// Puts one group into a video: `values` in the order (t, y, x).
///
/// With a bound, what the video got wrong comes with it, so that no value is ever off by more (by nothing for 0).
/// Without one nothing is promised but that NaN and infinities come back.
///
/// # Errors
///
/// If the shape is not that of the values, the setting is impossible, FFmpeg is not there, or `cancel` was used.
pub fn encode<S: Sample>(
    values: &[S],
    shape: [usize; 3],
    setting: &VideoSetting,
    bound: Option<f64>,
    cancel: &Cancel,
) -> Result<EncodedVideo, Error> {
    setting.check()?;
    check_shape(values.len(), shape)?;
    let kinds = mask::kinds(values);
    let range = setting.range.unwrap_or_else(|| range_of(values));
    let quantiser = quantiser_for::<S>(range, setting, bound);
    let stream = stream_of(shape, setting.codec, setting.bits)?;
    let samples = quantiser.samples(values, &kinds, shape);
    let coded = sequence::encode(&samples, &stream, &options(setting), cancel)?;
    let mut side = Side {
        quantiser,
        codec: setting.codec,
        bits: setting.bits,
        bound,
        mask: if kinds.is_empty() {
            Vec::new()
        } else {
            mask::encode(values, &kinds, shape)
        },
        corrections: Vec::new(),
    };
    if let Some(bound) = bound {
        let seen = match setting.quality {
            Quality::Lossless => samples,
            Quality::Crf(_) | Quality::Ratio(_) => {
                sequence::decode(&coded.private, &coded.packets, &stream, cancel)?
            }
        };
        let base: Vec<S> = seen.iter().map(|&sample| quantiser.value(sample)).collect();
        side.corrections = corrections::encode(values, &base, &kinds, shape, bound, cancel)?;
    }
    Ok(EncodedVideo {
        packets: coded.packets,
        private: coded.private,
        side: side.to_bytes(),
    })
}

/// The values of a group that [`encode`] made.
///
/// # Errors
///
/// If the side or the packets are not those of such a group, FFmpeg is not there, or `cancel` was used.
pub fn decode<S: Sample>(
    private: &[u8],
    packets: &[Packet],
    side: &[u8],
    shape: [usize; 3],
    cancel: &Cancel,
) -> Result<Vec<S>, Error> {
    let side = Side::from_bytes(side)?;
    let count = shape
        .iter()
        .try_fold(1_usize, |count, &size| count.checked_mul(size))
        .filter(|&count| count > 0 && count <= MOST_VALUES);
    if count.is_none() || packets.len() != shape[0] {
        let found = format!("{} packets for shape {shape:?}", packets.len());
        return Err(broken(found, "one for each frame"));
    }
    let stream = stream_of(shape, side.codec, side.bits)?;
    let samples = sequence::decode(private, packets, &stream, cancel)?;
    let mut values: Vec<S> = samples
        .iter()
        .map(|&sample| side.quantiser.value(sample))
        .collect();
    drop(samples);
    let (kinds, special) = if side.mask.is_empty() {
        (Vec::new(), Vec::new())
    } else {
        mask::decode::<S>(&side.mask, shape)
    };
    if let Some(bound) = side.bound {
        corrections::decode(&side.corrections, &mut values, &kinds, shape, bound, cancel)?;
    }
    mask::fill(&mut values, &kinds, &special);
    Ok(values)
}

fn stream_of([_, height, width]: [usize; 3], codec: VideoCodec, bits: u8) -> Result<Stream, Error> {
    let side = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
    Stream::new(codec_of(codec), side(width), side(height), bits)
}

/// Where all of the samples come back, steps of twice the bound need no corrections.
fn quantiser_for<S: Sample>(
    range: [f64; 2],
    setting: &VideoSetting,
    bound: Option<f64>,
) -> Quantiser {
    let step = bound.map(|bound| if S::IS_FLOAT { bound } else { bound.floor() + 0.5 } * 2.0);
    step.filter(|&step| setting.quality == Quality::Lossless && step > 0.0)
        .and_then(|step| Quantiser::of_step(range, step, setting.bits))
        .unwrap_or_else(|| Quantiser::of_range(range, setting.bits))
}

/// FFmpeg's options: the numbers count, not how they look.
fn options(setting: &VideoSetting) -> Vec<(String, String)> {
    let option = |name: &str, value: String| (name.to_owned(), value);
    match (setting.codec, setting.quality) {
        (VideoCodec::X265, quality) => {
            let mut params = "psy-rd=0:psy-rdoq=0:aq-mode=0".to_owned();
            match quality {
                // Among x265's own, because below 0 is no number for FFmpeg.
                Quality::Crf(crf) => params.push_str(&format!(":crf={crf}")),
                Quality::Lossless | Quality::Ratio(_) => params.push_str(":lossless=1"),
            }
            vec![
                option("preset", setting.preset.to_owned()),
                option("x265-params", params),
            ]
        }
        (VideoCodec::Jpeg2000, Quality::Ratio(ratio)) => {
            vec![option("compression_level", (ratio / 2).to_string())]
        }
        (VideoCodec::Ffv1 | VideoCodec::Jpeg2000, _) => Vec::new(),
    }
}
