//! Small pictures of the frames, for players: JPEG, as large and as many as their share of the file allows.

use std::path::PathBuf;

use jpeg_encoder::{ColorType, Encoder};
use pimage_core::{Color, Error, FrameFormat, Sample, SampleType, with_sample_type};

use super::options::Preview;
use super::planes::Planes;
use crate::file::pictures::Picture;

/// Pictures take this part of the data.
const SHARE: usize = 100;

/// Longest side of a picture that is not asked to be full.
const LONGEST: u32 = 1024;

/// Longest side that a picture is made smaller to before frames are left out.
const SHORTEST: u32 = 64;

/// Longest side of the least picture.
const LEAST: u32 = 16;

/// Pictures of a group that are worth more than their size.
const SMOOTH: usize = 8;

/// Quality of the pictures.
const QUALITY: u8 = 70;

/// The marker behind a picture.
const END_OF_IMAGE: [u8; 2] = [0xFF, 0xD9];

/// How pictures are made of the frames of a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PreviewPlan {
    /// Pixels of a frame on one side that make one of a picture.
    factor: u32,
    /// Frames of which one is shown.
    step: usize,
    /// Size of the pictures.
    pub(crate) size: [u32; 2],
    /// Values of black and white.
    pub(crate) shown: [f64; 2],
}

impl PreviewPlan {
    /// The plan for a file whose first group was packed into `bytes`.
    ///
    /// # Errors
    ///
    /// [`Error::Codec`]; [`Error::CannotHold`] when frames are too large for full pictures.
    pub(crate) fn new(planes: &Planes, asked: Preview, bytes: usize) -> Result<Self, Error> {
        let shown = shown_of(planes);
        let format = planes.format();
        let long = format.width.max(format.height);
        let of = |factor, step| Self {
            factor,
            step,
            size: [
                format.width.div_ceil(factor),
                format.height.div_ceil(factor),
            ],
            shown,
        };
        match asked {
            Preview::Full if long > u32::from(u16::MAX) => Err(Error::CannotHold {
                target: "a full preview".to_owned(),
                format: *format,
                hint: format!("its pictures have sides up to {}", u16::MAX),
            }),
            Preview::Full => Ok(of(1, 1)),
            Preview::None => Ok(of(long.div_ceil(LEAST), usize::MAX)),
            Preview::Auto => {
                let mut factor = long.div_ceil(LONGEST);
                loop {
                    let plan = of(factor, 1);
                    let middle = plan.picture(planes, planes.frames() / 2)?;
                    let affordable = bytes / SHARE / middle.len().max(1);
                    let smooth = planes.frames().min(SMOOTH);
                    if affordable >= smooth || long.div_ceil(factor) <= SHORTEST {
                        return Ok(of(factor, planes.frames().div_ceil(affordable.max(1))));
                    }
                    factor *= 2;
                }
            }
        }
    }

    /// Whether every frame is shown.
    pub(crate) const fn is_of_all(&self) -> bool {
        self.step == 1
    }

    /// The pictures of a group.
    ///
    /// # Errors
    ///
    /// [`Error::Codec`].
    pub(crate) fn pictures(&self, planes: &Planes) -> Result<Vec<Picture>, Error> {
        let shown = (0..planes.frames()).step_by(self.step);
        let picture = |frame: usize| {
            Ok(Picture {
                frame: frame as u32,
                is_key: true,
                bytes: self.picture(planes, frame)?,
            })
        };
        shown.map(picture).collect()
    }

    fn picture(&self, planes: &Planes, frame: usize) -> Result<Vec<u8>, Error> {
        let format = planes.format();
        let pixels = with_sample_type!(format.sample, T => self.pixels::<T>(planes, frame));
        let color = match format.color.intensities() {
            1 => ColorType::Luma,
            _ => ColorType::Rgb,
        };
        let [width, height] = self
            .size
            .map(|side| u16::try_from(side).unwrap_or(u16::MAX));
        let mut out = Vec::new();
        let mut encoder = Encoder::new(&mut out, QUALITY);
        encoder.set_optimized_huffman_tables(true);
        encoder
            .encode(&pixels, width, height, color)
            .map_err(|error| Error::Codec {
                codec: "JPEG".to_owned(),
                path: PathBuf::new(),
                frame: None,
                reason: error.to_string(),
            })?;
        // FFmpeg looks for the end of a gray picture behind it, and complains unless it is there once more.
        out.extend(END_OF_IMAGE);
        Ok(out)
    }

    /// Means of `factor` times `factor` values as 8 bits; what is no number is black.
    fn pixels<T: Sample>(&self, planes: &Planes, frame: usize) -> Vec<u8> {
        let FrameFormat { width, color, .. } = *planes.format();
        let (channels, width) = (color.intensities(), width as usize);
        let [columns, rows] = self.size.map(|side| side as usize);
        let factor = self.factor as usize;
        let mut pixels = vec![0; columns * rows * channels];
        let mut sums = vec![(0.0_f64, 0_u32); columns];
        for channel in 0..channels {
            let values = planes.channel::<T>(channel);
            let start = frame * planes.plane();
            let values = values
                .get(start..start + planes.plane())
                .unwrap_or_default();
            for (row, lines) in values.chunks(width * factor).enumerate() {
                sums.fill((0.0, 0));
                for line in lines.chunks(width) {
                    for (values, (sum, count)) in line.chunks(factor).zip(&mut sums) {
                        for value in values.iter().map(|value| value.to_f64()) {
                            if value.is_finite() {
                                *sum += value;
                                *count += 1;
                            }
                        }
                    }
                }
                let first = row * columns * channels + channel;
                let targets = pixels.iter_mut().skip(first).step_by(channels);
                for (target, (sum, count)) in targets.zip(&sums) {
                    *target = self.level(sum / f64::from(*count));
                }
            }
        }
        pixels
    }

    fn level(&self, value: f64) -> u8 {
        let [black, white] = self.shown;
        ((value - black) / (white - black) * 255.0).round() as u8
    }
}

/// The range of the intensities of a group; all of 8-bit samples.
fn shown_of(planes: &Planes) -> [f64; 2] {
    let format = planes.format();
    if format.sample == SampleType::U8 {
        return [0.0, 255.0];
    }
    let mut range = [f64::INFINITY, f64::NEG_INFINITY];
    with_sample_type!(format.sample, T => extend::<T>(&mut range, planes, format.color));
    match range {
        [low, high] if low < high => range,
        [low, _] if low.is_finite() => [low, low + low.abs().max(1.0)],
        _ => [0.0, 1.0],
    }
}

fn extend<T: Sample>(range: &mut [f64; 2], planes: &Planes, color: Color) {
    let channels = 0..color.intensities();
    let values = channels.flat_map(|channel| planes.channel::<T>(channel));
    for value in values
        .map(|value| value.to_f64())
        .filter(|value| value.is_finite())
    {
        range[0] = range[0].min(value);
        range[1] = range[1].max(value);
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::Frame;

    use super::*;

    fn planes(frames: usize) -> Planes {
        let format = FrameFormat::new(100, 30, Color::Gray, SampleType::F32);
        let mut planes = Planes::new(format, frames, None).expect("is small");
        let mut frame = Frame::zeroed(format);
        for at in 0..frames {
            for (place, sample) in frame
                .samples_mut::<f32>()
                .expect("is F32")
                .iter_mut()
                .enumerate()
            {
                *sample = (place % 100 + at) as f32 * 0.1;
            }
            planes.push(&frame);
        }
        planes
    }

    #[test]
    fn pictures_fit_into_their_share() {
        let planes = planes(40);
        for bytes in [100, 100_000, 10_000_000] {
            let plan = PreviewPlan::new(&planes, Preview::Auto, bytes).expect("is possible");
            let pictures = plan.pictures(&planes).expect("encodes");
            let total: usize = pictures.iter().map(|picture| picture.bytes.len()).sum();
            assert!(
                total <= bytes / 40 || pictures.len() == 1,
                "{total} of {bytes}"
            );
            assert_eq!(pictures[0].frame, 0);
        }
        let full = PreviewPlan::new(&planes, Preview::Full, 0).expect("is possible");
        assert_eq!(
            (full.size, full.pictures(&planes).expect("encodes").len()),
            ([100, 30], 40)
        );
        let least = PreviewPlan::new(&planes, Preview::None, 0).expect("is possible");
        assert_eq!(least.pictures(&planes).expect("encodes").len(), 1);
        assert!(least.size[0] <= 16);
    }

    #[test]
    fn levels_run_from_black_to_white() {
        let planes = planes(1);
        let plan = PreviewPlan::new(&planes, Preview::Full, 0).expect("is possible");
        let pixels = plan.pixels::<f32>(&planes, 0);
        assert_eq!((pixels[0], pixels[99], pixels[50]), (0, 255, 129));
        assert_eq!(plan.level(f64::NAN), 0);
    }
}
