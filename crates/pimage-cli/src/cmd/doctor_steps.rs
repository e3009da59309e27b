//! What `pimage doctor` shows of transforms: each step at work on a small frame.

use std::path::Path;
use std::sync::Arc;

use pimage_core::{
    Color, Error, Frame, FrameCount, FrameFormat, FrameReader, MemoryReader, Sample as _,
    SampleType, StreamInfo, Timestamp, keys, with_sample_type,
};
use pimage_transform::{Chain, Operator, Surroundings, TransformingReader};

/// What came of a step.
pub(super) enum Shown {
    /// An example, what went in and what came out.
    Works(String),
    /// It is not compiled in, or works on files that are not here.
    NotTried(String),
    /// Nothing came out.
    Fails(String),
}

/// Tries the examples of a step on frames of several kinds until one works.
pub(super) fn show(operator: &Operator) -> Shown {
    let mut reason = Shown::Fails("it has no example".to_owned());
    for example in operator.examples {
        for (color, sample) in [
            (Color::Gray, SampleType::U8),
            (Color::Rgb, SampleType::U8),
            (Color::Gray, SampleType::F32),
        ] {
            match run(example, color, sample) {
                Ok(shown) => return Shown::Works(shown),
                Err(error @ Error::NotBuilt { .. }) => return Shown::NotTried(error.to_string()),
                // Nothing is opened here, so a step that names a file cannot work.
                Err(error @ (Error::Unsupported { .. } | Error::Io { .. })) => {
                    reason = Shown::NotTried(error.to_string());
                }
                Err(error) => {
                    if let Shown::Fails(_) = reason {
                        reason = Shown::Fails(format!("{example}: {error}"));
                    }
                }
            }
        }
    }
    reason
}

fn run(example: &str, color: Color, sample: SampleType) -> Result<String, Error> {
    let chain: Chain = example.parse()?;
    let source = recording(color, sample)?;
    let before = source.info().format;
    let surroundings = Surroundings {
        threads: Some(1),
        open: Some(Arc::new(|path: &Path| {
            let reason = "it needs another recording, and there is none here";
            Err(Error::unsupported(path, reason))
        })),
        ..Surroundings::default()
    };
    let mut reader = TransformingReader::new(source, &chain, &surroundings)?;
    let after = reader.info().format;
    let mut frame = Frame::empty();
    let mut count = 0;
    while reader.read_into(&mut frame)? {
        count += 1;
    }
    if count == 0 {
        return Err(Error::Internal {
            part: example.to_owned(),
            reason: "no frame came out".to_owned(),
        });
    }
    Ok(format!("`{example}` makes {after} of {before}"))
}

/// Three frames of slopes, with times and a pixel size.
fn recording(color: Color, sample: SampleType) -> Result<MemoryReader, Error> {
    let format = FrameFormat::new(160, 120, color, sample);
    let mut info = StreamInfo::new("sample", format, FrameCount::Exact(3));
    for key in [keys::PIXEL_SIZE_X, keys::PIXEL_SIZE_Y] {
        info.metadata.insert(key.to_owned(), 0.5.into());
    }
    info.metadata
        .insert(keys::PIXEL_SIZE_UNIT.to_owned(), "µm".into());
    let frames = (0..3u8).map(|index| {
        let mut frame = Frame::zeroed(format);
        with_sample_type!(sample, T => {
            let samples = frame.samples_mut::<T>().unwrap_or_default();
            for (place, sample) in samples.iter_mut().enumerate() {
                let slope = ((place * 7 + usize::from(index) * 31) % 251) as f64;
                *sample = T::from_f64(slope / 255.0 * format.full_scale());
            }
        });
        frame.stamp.number = Some(i64::from(index));
        frame.stamp.time = Timestamp::from_secs(f64::from(index) / 10.0);
        frame
    });
    MemoryReader::with_info(info, frames.collect())
}
