//! Arrays that the program `numpy_compress` put into a gray video, of which only the name says the range (`video_min-6_max5_fc12.mp4`).
//!
//! # What it stores
//!
//! Values from `min` to `max` as the levels of a gray video; in the name also the bits of a level, or in older files the number of frames.
//!
//! # What pimage reads
//!
//! The values, as 32-bit floats; the bits are those that the video has. `--format video` reads the levels.
//!
//! # What it writes
//!
//! Nothing: `pimage compress --mode` keeps the range inside of the file.
//!
//! # What is lost
//!
//! The program itself cut levels off instead of rounding them, so its values are half a level too low in the mean.
//!
//! # Specification
//!
//! None; this follows the program.

use std::path::Path;

use crate::formats::video_row::looks_like_video;
use crate::{Format, OpenReader, Probe};

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "numpy_compress",
    title: "array in a gray video named after its range (numpy_compress)",
    extensions: &["mp4", "mkv", "avi"],
    reads: "`video_min…_max…_fc….mp4` as float32 values",
    writes: "",
    detect: Some(detect),
    feature: "ffmpeg",
    open: OPEN,
    create: None,
};

#[cfg(feature = "ffmpeg")]
const OPEN: Option<OpenReader> = Some(values::open);
#[cfg(not(feature = "ffmpeg"))]
const OPEN: Option<OpenReader> = None;

fn detect(probe: &Probe<'_>) -> bool {
    looks_like_video(probe.head) && Name::parse(probe.path).is_some()
}

/// What a file's name says.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Name {
    low: f64,
    high: f64,
    /// Bits of a level; `None` in older files, which say the number of frames instead.
    bits: Option<u8>,
}

impl Name {
    fn parse(path: &Path) -> Option<Self> {
        let rest = path.file_stem()?.to_str()?.strip_prefix("video_min")?;
        let (low, rest) = rest.split_once("_max")?;
        let (high, count) = rest.split_once("_fc")?;
        let number = |text: &str| text.parse().ok().filter(|value: &f64| value.is_finite());
        let count: u64 = count.parse().ok()?;
        let (low, high) = (number(low)?, number(high)?);
        Some(Self {
            low,
            high,
            bits: u8::try_from(count)
                .ok()
                .filter(|bits| matches!(bits, 8 | 10 | 12 | 16)),
        })
    }
}

#[cfg(feature = "ffmpeg")]
mod values {
    use std::path::Path;

    use pimage_core::{Color, Error, Frame, FrameFormat, FrameReader, SampleType};

    use super::Name;
    use crate::ReadOptions;
    use crate::formats::video;
    use crate::wrap::Wrapped;

    /// Metadata name of the note that name and video disagree on the bits of a level.
    const BITS: &str = "bits_disagree";

    pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
        let Some(name) = Name::parse(path) else {
            let reason = "its name is not `video_min…_max…_fc….mp4`, which says the range";
            return Err(Error::unsupported(path, reason));
        };
        let gray = ReadOptions {
            gray: true,
            ..options.clone()
        };
        let inner = video::open(path, &gray)?;
        let format = inner.info().format;
        if format.color != Color::Gray || format.sample.is_float() {
            let reason = format!("its frames are {format}: expected gray levels");
            return Err(Error::unsupported(path, reason));
        }
        let values = FrameFormat::new(format.width, format.height, Color::Gray, SampleType::F32);
        options.limits.check_format(&values)?;
        let mut info = inner.info().reformatted(values);
        info.container = "numpy_compress".to_owned();
        let found = format.bit_depth;
        if let Some(bits) = name.bits.filter(|bits| *bits != found) {
            let note = format!("the name says {bits}, the video has {found}");
            info.metadata.insert(BITS.to_owned(), note.into());
        }
        // From one level to the next.
        let step = (name.high - name.low) / format.full_scale();
        let wrapped = Wrapped::changed(inner, info, move |levels, values| {
            fill(name.low, step, levels, values);
        });
        Ok(Box::new(wrapped))
    }

    /// Puts the value of each level of a video in its place.
    fn fill(low: f64, step: f64, levels: &Frame, values: &mut Frame) {
        let value = |level: f64| (low + level * step) as f32;
        let targets = values.samples_mut::<f32>().unwrap_or_default();
        if let Some(levels) = levels.samples::<u8>() {
            for (target, level) in targets.iter_mut().zip(levels) {
                *target = value(f64::from(*level));
            }
        } else if let Some(levels) = levels.samples::<u16>() {
            for (target, level) in targets.iter_mut().zip(levels) {
                *target = value(f64::from(*level));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_the_name_are_read() {
        let name = |text: &str| Name::parse(Path::new(text));
        let old = name("a/video_min-6.076788168243806_max5.021517778572543_fc1301.mp4");
        assert_eq!(
            old,
            Some(Name {
                low: -6.076788168243806,
                high: 5.021517778572543,
                bits: None
            })
        );
        let new = name("video_min-1e-05_max0.5_fc12.mp4").expect("is a name");
        assert_eq!((new.low, new.bits), (-1e-5, Some(12)));
        for other in [
            "video_min1_max2.mp4",
            "video_minx_max2_fc8.mp4",
            "my_video_min1_max2_fc8.mp4",
            "video_minnan_max1_fc8.mp4",
        ] {
            assert_eq!(name(other), None, "{other}");
        }
    }
}
