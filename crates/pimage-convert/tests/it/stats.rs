//! The numbers of frames against the plainest computation of them, and what happens at the ends.

use pimage_convert::{Cancel, Measure, Region, Stats, StatsOptions, StatsRow};
use pimage_core::{
    Color, Error, Frame, FrameFormat, FrameReader, MemoryReader, Sample, SampleType,
    with_sample_type,
};
use pimage_testkit::{SyntheticReader, every_format, noise_frame, sample_values};

use crate::kit::{Source, Trick, small};

const ALL: [Measure; 7] = Measure::ALL;

/// One channel of a region, row by row.
fn gathered(frame: &Frame, region: &Region, channel: usize) -> Vec<Vec<f64>> {
    let values = sample_values(frame);
    let format = frame.format();
    let (width, channels) = (format.width as usize, format.color.channels());
    let at = |y: u32, x: u32| values[(y as usize * width + x as usize) * channels + channel];
    (region.y..region.y + region.height)
        .map(|y| {
            (region.x..region.x + region.width)
                .map(|x| at(y, x))
                .collect()
        })
        .collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / values.len() as f64
}

/// The place beside `place`, mirrored at the outermost.
fn beside(place: usize, step: isize, length: usize) -> usize {
    let last = length as isize - 1;
    let there = place as isize + step;
    let mirrored = if there < 0 {
        -there
    } else if there > last {
        2 * last - there
    } else {
        there
    };
    mirrored.clamp(0, last) as usize
}

fn bends(rows: &[Vec<f64>]) -> Vec<f64> {
    let (height, width) = (rows.len(), rows[0].len());
    let mut bends = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let across = rows[y][beside(x, -1, width)] + rows[y][beside(x, 1, width)];
            let down = rows[beside(y, -1, height)][x] + rows[beside(y, 1, height)][x];
            bends.push(across + down - 4.0 * rows[y][x]);
        }
    }
    bends
}

fn expected(rows: &[Vec<f64>], before: Option<&[Vec<f64>]>, measure: Measure) -> Option<f64> {
    let flat: Vec<f64> = rows.concat();
    let numbers: Vec<f64> = flat
        .iter()
        .copied()
        .filter(|value| !value.is_nan())
        .collect();
    Some(match measure {
        Measure::Mean => mean(&numbers),
        Measure::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
        Measure::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Measure::Std => variance(&numbers).sqrt(),
        Measure::Sharpness => {
            let mut bends = bends(rows);
            bends.retain(|bend| !bend.is_nan());
            variance(&bends)
        }
        Measure::Difference => {
            let pairs = flat.iter().zip(before?.iter().flatten());
            let mut apart: Vec<f64> = pairs.map(|(a, b)| (a - b).abs()).collect();
            apart.retain(|apart| !apart.is_nan());
            mean(&apart)
        }
        _ => flat.iter().filter(|value| value.is_nan()).count() as f64,
    })
}

fn rows(reader: impl FrameReader + 'static, options: &StatsOptions) -> Vec<StatsRow> {
    let stats = Stats::new(Box::new(reader), options).expect("is sound");
    stats.collect::<Result<_, Error>>().expect("reads")
}

#[track_caller]
fn check(frames: &[Frame], options: &StatsOptions) {
    let reader = MemoryReader::new(frames.to_vec()).expect("is sound");
    let found = rows(reader, options);
    assert_eq!(found.len(), frames.len());
    for (index, (row, frame)) in found.iter().zip(frames).enumerate() {
        let mut values = row.values.iter();
        for region in &options.regions {
            for channel in 0..frame.format().color.intensities() {
                let own = gathered(frame, region, channel);
                let before = (index > 0).then(|| gathered(&frames[index - 1], region, channel));
                for measure in ALL {
                    let expected = expected(&own, before.as_deref(), measure);
                    let found = *values.next().expect("is there");
                    let is_near = match (found, expected) {
                        (Some(found), Some(expected)) => {
                            (found.is_nan() && expected.is_nan())
                                || (found - expected).abs() <= 1e-11 * expected.abs().max(1e-3)
                        }
                        (found, expected) => found.is_none() && expected.is_none(),
                    };
                    let format = frame.format();
                    assert!(
                        is_near,
                        "{format} {region} {measure}: {found:?}, expected {expected:?}"
                    );
                }
            }
        }
        assert!(values.next().is_none(), "no number is left over");
    }
}

#[test]
fn every_format_is_measured_as_the_plainest_loops_do() {
    for format in every_format(19, 11) {
        let frames: Vec<_> = (0..4).map(|index| noise_frame(5, index, format)).collect();
        let regions = [
            (0, 0, 19, 11),
            (3, 2, 16, 9),
            (18, 10, 1, 1),
            (4, 0, 1, 11),
            (0, 7, 2, 2),
        ];
        let options = StatsOptions {
            regions: regions.map(|(x, y, w, h)| Region::new(x, y, w, h)).to_vec(),
            measures: ALL.to_vec(),
            ..StatsOptions::default()
        };
        check(&frames, &options);
    }
}

#[test]
fn what_is_not_a_number_is_left_out_and_counted() {
    let format = FrameFormat::new(37, 5, Color::Gray, SampleType::F32);
    let mut frames: Vec<_> = (0..3).map(|index| noise_frame(9, index, format)).collect();
    for (frame, place) in [(0, 40), (1, 41), (1, 100)] {
        frames[frame].samples_mut::<f32>().expect("is f32")[place] = f32::NAN;
    }
    let options = StatsOptions {
        regions: vec![Region::whole(&format)],
        measures: ALL.to_vec(),
        ..StatsOptions::default()
    };
    check(&frames, &options);
    frames[2]
        .samples_mut::<f32>()
        .expect("is f32")
        .fill(f32::NAN);
    let found = rows(MemoryReader::new(frames).expect("is sound"), &options);
    let last = &found[2].values;
    assert!(
        last[..6]
            .iter()
            .all(|value| value.expect("is there").is_nan()),
        "{last:?}"
    );
    assert_eq!(last[6], Some(185.0));
}

/// Columns of the least and the greatest samples in turn, which bend most.
fn stripes(format: FrameFormat, phase: usize) -> Frame {
    let mut frame = Frame::zeroed(format);
    with_sample_type!(format.sample, T => {
        let samples = frame.samples_mut::<T>().expect("is of the type");
        for (place, sample) in samples.iter_mut().enumerate() {
            let extreme = if (place + phase).is_multiple_of(2) { f64::MIN } else { f64::MAX };
            *sample = Sample::from_f64(extreme);
        }
    });
    frame
}

#[test]
fn long_rows_and_the_greatest_samples_do_not_overflow() {
    for sample in SampleType::ALL {
        if sample.is_float() {
            continue;
        }
        let format = FrameFormat::new(9_001, 3, Color::Gray, sample);
        let frames = [0, 1].map(|phase| stripes(format, phase));
        let options = StatsOptions {
            regions: vec![Region::whole(&format)],
            measures: ALL.to_vec(),
            ..StatsOptions::default()
        };
        check(&frames, &options);
    }
}

#[test]
fn rows_do_not_depend_on_threads_or_memory() {
    let reader = || SyntheticReader::new(small(), 50);
    let usual = rows(reader(), &StatsOptions::default());
    assert_eq!(usual.len(), 50);
    for (threads, memory_bytes) in [(1, 0), (1, u64::MAX), (7, 0), (7, 1 << 20)] {
        let options = StatsOptions {
            threads: Some(threads),
            memory_bytes,
            ..StatsOptions::default()
        };
        assert_eq!(rows(reader(), &options), usual, "{threads} {memory_bytes}");
    }
}

#[test]
fn the_rows_before_an_error_are_told() {
    let source = Source::new(small(), 40).with(23, Trick::Fail);
    let mut stats = Stats::new(Box::new(source), &StatsOptions::default()).expect("is sound");
    let told = stats.by_ref().take_while(Result::is_ok).count();
    assert_eq!(told, 23);
    assert!(stats.next().is_none(), "nothing follows an error");
}

#[test]
fn it_stops_when_told_to() {
    let options = StatsOptions {
        cancel: Cancel::new(),
        ..StatsOptions::default()
    };
    let source = SyntheticReader::new(small(), 1 << 40);
    let mut stats = Stats::new(Box::new(source), &options).expect("is sound");
    assert!(stats.next().is_some_and(|row| row.is_ok()));
    options.cancel.cancel();
    let last = stats.last().expect("is told");
    assert!(matches!(last, Err(Error::Stopped)), "{last:?}");
}

#[test]
fn nothing_is_compared_across_frames_that_are_lost() {
    let mut frames: Vec<_> = (0..4).map(|index| noise_frame(5, index, small())).collect();
    for (frame, index) in frames.iter_mut().zip([0, 1, 5, 6]) {
        frame.stamp.index = index;
    }
    struct Gaps(Vec<Frame>, pimage_core::StreamInfo);
    impl FrameReader for Gaps {
        fn info(&self) -> &pimage_core::StreamInfo {
            &self.1
        }

        fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
            if self.0.is_empty() {
                return Ok(false);
            }
            *frame = self.0.remove(0);
            Ok(true)
        }
    }
    let info = SyntheticReader::new(small(), 7).info().clone();
    let options = StatsOptions {
        measures: vec![Measure::Difference],
        ..StatsOptions::default()
    };
    let found = rows(Gaps(frames, info), &options);
    let is_there: Vec<_> = found.iter().map(|row| row.values[0].is_some()).collect();
    assert_eq!(is_there, [false, true, false, true]);
}

#[test]
fn columns_of_one_name_are_refused() {
    let stats = |options: &StatsOptions| {
        let reader = Box::new(SyntheticReader::new(small(), 1));
        Stats::new(reader, options).map(|stats| {
            let names: Vec<_> = stats
                .columns()
                .iter()
                .map(|column| column.name.clone())
                .collect();
            names.join(" ")
        })
    };
    let mut options = StatsOptions {
        measures: vec![Measure::Mean],
        regions: vec![
            Region::new(0, 0, 2, 2),
            "b=1,1,2,2".parse().expect("is sound"),
        ],
        ..StatsOptions::default()
    };
    assert_eq!(stats(&options).expect("differ"), "mean_1 mean_b");
    options.measures.push(Measure::Mean);
    let error = stats(&options).expect_err("twice").to_string();
    assert!(error.starts_with("a column is `mean_1` twice"), "{error}");
}
