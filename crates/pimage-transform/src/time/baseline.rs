//! What frames are compared with: a statistic of a window, of the first frames, of all, or of another recording.

use std::path::{Path, PathBuf};

use pimage_core::{Error, Frame, FrameFormat, FrameReader, SampleType, with_sample_type};

use super::TimeStatistic;
use super::intensity::Intensity;
use super::windows::window;
use crate::frames::seek;
use crate::{Arguments, Parameter, Presence, Surroundings, Window};

/// Frames out of which a [`Baseline`] is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaselineFrames {
    /// Those around each frame.
    Window(Window),
    /// The whole recording, once for all frames.
    All,
    /// This many frames at the beginning of the recording, once for all frames.
    First(u64),
    /// All frames of another recording, or the only one of an image.
    File(PathBuf),
}

/// A frame that is made out of frames.
///
/// Means and extremes look at all of the frames; medians and percentiles of more than [`Baseline::samples`] frames
/// look at that many of them, evenly spaced (but for windows, of which they see every frame), so that memory is bounded.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// What is computed of the samples at each place.
    pub statistic: TimeStatistic,
    /// Of which frames.
    pub frames: BaselineFrames,
    /// Frames of a recording that a median or percentile looks at, at most.
    pub samples: u64,
}

/// Frames that medians and percentiles look at unless said otherwise.
const SAMPLES: &str = "301";

impl Baseline {
    /// A statistic of `frames`, with the usual number of samples, 301.
    #[must_use]
    pub const fn new(statistic: TimeStatistic, frames: BaselineFrames) -> Self {
        Self {
            statistic,
            frames,
            samples: 301,
        }
    }

    /// Reads the baseline of all or the first frames of `reader`, which seeks, as `F64`.
    pub(super) fn measure(
        &self,
        reader: &mut dyn FrameReader,
        surroundings: &Surroundings,
    ) -> Result<Frame, Error> {
        let most = match self.frames {
            BaselineFrames::First(count) => count,
            _ => u64::MAX,
        };
        let container = reader.info().container.clone();
        let format = reader.info().format;
        let mut result = Frame::zeroed(FrameFormat::new(0, 0, format.color, SampleType::F64));
        let wide = FrameFormat::new(format.width, format.height, format.color, SampleType::F64);
        result.reset(&wide, &surroundings.limits)?;
        let count = with_sample_type!(format.sample, T => match self.statistic {
            TimeStatistic::Median | TimeStatistic::Percentile(_) => {
                let range = most.min(frame_count(reader)?);
                self.ranked::<T>(reader, range, surroundings, &mut result)?
            }
            statistic => folded::<T>(reader, most, statistic, surroundings, &mut result)?,
        });
        match count {
            0 => Err(Error::unsupported(
                container,
                "there is no frame to measure",
            )),
            _ => Ok(result),
        }
    }

    /// A median or percentile of evenly spaced frames, band by band of what memory holds of them.
    fn ranked<T: Intensity>(
        &self,
        reader: &mut dyn FrameReader,
        count: u64,
        surroundings: &Surroundings,
        result: &mut Frame,
    ) -> Result<usize, Error> {
        let chosen: Vec<u64> = evenly(count, self.samples.max(1)).collect();
        let results = result.samples_mut::<f64>().unwrap_or_default();
        let row_bytes = chosen.len().max(1) as u64 * size_of::<T>() as u64;
        let affordable =
            usize::try_from(surroundings.memory_bytes / row_bytes).unwrap_or(usize::MAX);
        let band = affordable.max(LEAST_BAND).min(results.len().max(1));
        let mut kept: Vec<T> = Vec::new();
        let mut used = usize::from(!chosen.is_empty());
        for (number, results) in results.chunks_mut(band).enumerate() {
            kept.clear();
            let start = number * band;
            each_frame(reader, chosen.iter().copied(), surroundings, |frame| {
                let samples = frame.samples::<T>().unwrap_or_default();
                kept.extend_from_slice(
                    samples
                        .get(start..start + results.len())
                        .unwrap_or_default(),
                );
            })?;
            let rows: Vec<&[T]> = kept.chunks_exact(results.len()).collect();
            used = rows.len();
            self.statistic.each_tile(&rows, &mut |start, tile| {
                for (result, value) in results.iter_mut().skip(start).zip(tile) {
                    *result = *value;
                }
            });
        }
        Ok(used)
    }
}

/// Places of a band at least, however little memory there is.
const LEAST_BAND: usize = 4096;

fn frame_count(reader: &mut dyn FrameReader) -> Result<u64, Error> {
    let container = reader.info().container.clone();
    match reader.as_seek() {
        Some(reader) => Ok(reader.frame_count()),
        None => Err(Error::unsupported(
            container,
            "a median or percentile needs frames by index, and these come only once: write them to a file before",
        )),
    }
}

/// `most` of `count` indices at most: the middles of as many equal parts.
fn evenly(count: u64, most: u64) -> impl Iterator<Item = u64> {
    let chosen = count.min(most);
    let middle = move |part: u64| {
        let place = (2 * u128::from(part) + 1) * u128::from(count) / (2 * u128::from(chosen));
        u64::try_from(place).unwrap_or(u64::MAX)
    };
    (0..chosen).map(middle)
}

/// Shows the frames of these indices, which ascend; one that was skipped is followed by the next, once.
fn each_frame(
    reader: &mut dyn FrameReader,
    indices: impl Iterator<Item = u64>,
    surroundings: &Surroundings,
    mut look: impl FnMut(&Frame),
) -> Result<(), Error> {
    let mut frame = Frame::empty();
    let mut next = None;
    for index in indices {
        surroundings.check()?;
        if next.is_some_and(|next| index < next) {
            continue;
        }
        if next != Some(index) {
            seek(reader, index)?;
        }
        if !reader.read_into(&mut frame)? {
            break;
        }
        next = Some(frame.stamp.index + 1);
        look(&frame);
    }
    Ok(())
}

/// A mean or an extreme of frames in order, up to `most` of them; how many there were.
fn folded<T: Intensity>(
    reader: &mut dyn FrameReader,
    most: u64,
    statistic: TimeStatistic,
    surroundings: &Surroundings,
    result: &mut Frame,
) -> Result<usize, Error> {
    let results = result.samples_mut::<f64>().unwrap_or_default();
    let mut frame = Frame::empty();
    let mut count = 0usize;
    // The first frames are those of the lowest indices, also where some were skipped.
    while reader.read_into(&mut frame)? && frame.stamp.index < most {
        surroundings.check()?;
        let places = results
            .iter_mut()
            .zip(frame.samples::<T>().unwrap_or_default());
        let places = places.map(|(result, sample)| (result, sample.to_f64()));
        match statistic {
            _ if count == 0 => places.for_each(|(result, sample)| *result = sample),
            TimeStatistic::Min => places.for_each(|(result, sample)| {
                *result = if sample < *result || sample.is_nan() {
                    sample
                } else {
                    *result
                };
            }),
            TimeStatistic::Max => places.for_each(|(result, sample)| {
                *result = if sample > *result || sample.is_nan() {
                    sample
                } else {
                    *result
                };
            }),
            // Integers are exact up to 2^53.
            _ => places.for_each(|(result, sample)| *result += sample),
        }
        count += 1;
    }
    if statistic == TimeStatistic::Mean {
        results
            .iter_mut()
            .for_each(|result| *result /= count as f64);
    }
    Ok(count)
}

/// The statistic of all frames of the recording at `path`, as `F64`.
pub(super) fn of_file(
    path: &Path,
    statistic: TimeStatistic,
    surroundings: &Surroundings,
) -> Result<Frame, Error> {
    let mut reader = surroundings.open(path)?;
    let baseline = Baseline::new(statistic, BaselineFrames::All);
    let measured = baseline.measure(&mut *reader, surroundings);
    measured.map_err(|error| error.at_path(path, None))
}

/// Where the frames of a baseline are from, without a file.
pub(super) const FROM: Parameter = Parameter::new(
    "from",
    "frames that it is made of: of the whole recording, of a window around each frame, the first, or those of a file",
    "all|window|first|FILE",
    Presence::Default("all"),
);

/// How many frames are looked at.
pub(super) const SAMPLES_PARAMETER: Parameter = Parameter::new(
    "samples",
    "frames that a median or percentile of the whole recording or the first frames looks at, evenly spaced",
    "frames",
    Presence::Default(SAMPLES),
);

/// The baseline that `statistic`, `from`, `frames`, `align` and `samples` describe.
pub(super) fn baseline(arguments: &Arguments<'_>) -> Result<Baseline, Error> {
    let statistic = arguments.value("statistic")?;
    if statistic == TimeStatistic::Std {
        return Err(arguments.bad("statistic", "`std`", "mean, median, min, max or pN"));
    }
    let from: String = arguments.value("from")?;
    let window = window(arguments)?;
    let count = arguments.optional_in::<u64>("frames", 1..)?;
    let missing = || {
        arguments.bad(
            "frames",
            "missing",
            format!("a number of frames for `from:{from}`"),
        )
    };
    let frames = match from.as_str() {
        "window" => BaselineFrames::Window(window.ok_or_else(missing)?),
        "first" => BaselineFrames::First(count.ok_or_else(missing)?),
        // Frames alone say a window.
        "all" if window.is_some() && !arguments.is_given("from") => {
            BaselineFrames::Window(window.ok_or_else(missing)?)
        }
        _ if count.is_some() => {
            return Err(arguments.bad("frames", "given", "`from:window` or `from:first` with it"));
        }
        "all" => BaselineFrames::All,
        path => BaselineFrames::File(path.into()),
    };
    Ok(Baseline {
        statistic,
        frames,
        samples: arguments.number("samples", 1..=100_000)?,
    })
}

#[cfg(test)]
mod tests {
    use pimage_core::{Color, MemoryReader};
    use pimage_testkit::noise_frame;

    use super::*;

    #[test]
    fn indices_are_evenly_spaced() {
        let chosen = |count, most| evenly(count, most).collect::<Vec<_>>();
        assert_eq!(chosen(5, 9), [0, 1, 2, 3, 4]);
        assert_eq!(chosen(10, 5), [1, 3, 5, 7, 9]);
        assert_eq!(chosen(9, 2), [2, 6]);
        assert_eq!(chosen(0, 3), [] as [u64; 0]);
    }

    #[test]
    fn a_median_is_the_same_with_little_memory() {
        let format = FrameFormat::new(130, 70, Color::Gray, SampleType::U16);
        let frames: Vec<_> = (0..20).map(|index| noise_frame(3, index, format)).collect();
        let mut reader = MemoryReader::new(frames).expect("are of one format");
        let baseline = Baseline::new(TimeStatistic::Median, BaselineFrames::All);
        let mut measured = |memory_bytes| {
            let surroundings = Surroundings {
                memory_bytes,
                ..Surroundings::default()
            };
            baseline
                .measure(&mut reader, &surroundings)
                .expect("measures")
        };
        assert_eq!(measured(1), measured(1 << 30));
    }
}
