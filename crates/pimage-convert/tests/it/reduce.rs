//! Statistics over frames, against the same computed the plain way.

use pimage_convert::{Cancel, Reduce, ReduceOptions, Statistic};
use pimage_core::{
    Axis, Error, Frame, FrameCount, FrameRate, FrameReader, FrameReaderExt, MemoryReader, Sample,
    SampleType, StreamInfo,
};
use pimage_testkit::{SyntheticReader, every_format, sample_values};

use crate::kit::row;

fn reduced(
    reader: impl FrameReader + 'static,
    statistic: Statistic,
    options: ReduceOptions,
) -> Result<Vec<Frame>, Error> {
    let mut reduce = Reduce::new(Box::new(reader), statistic, options)?;
    let expected = reduce.info().frame_count.exact();
    let frames: Vec<_> = reduce.frames().collect::<Result<_, _>>()?;
    assert_eq!(expected, Some(frames.len() as u64));
    assert!(
        frames
            .iter()
            .all(|frame| frame.format() == &reduce.info().format)
    );
    Ok(frames)
}

/// Of all values at one place, the statistic by its definition.
fn plain(statistic: Statistic, values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let sum: f64 = values.iter().sum();
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match statistic {
        Statistic::Sum => sum,
        Statistic::Mean => sum / count,
        Statistic::Min => sorted[0],
        Statistic::Max => sorted[values.len() - 1],
        Statistic::Median if values.len() % 2 == 1 => sorted[middle],
        Statistic::Median => f64::midpoint(sorted[middle - 1], sorted[middle]),
        Statistic::Std => {
            let squares = values.iter().map(|value| (value - sum / count).powi(2));
            (squares.sum::<f64>() / count).sqrt()
        }
        other => panic!("{other} is not known here"),
    }
}

#[track_caller]
fn check(frames: &[Frame], statistic: Statistic, options: ReduceOptions) {
    let reader = MemoryReader::new(frames.to_vec()).expect("one format");
    let found = reduced(reader, statistic, options).expect("reduces");
    let all: Vec<_> = frames.iter().map(sample_values).collect();
    for (place, found) in sample_values(&found[0]).into_iter().enumerate() {
        let values: Vec<_> = all.iter().map(|frame| frame[place]).collect();
        let expected = plain(statistic, &values);
        let scale = values
            .iter()
            .fold(1.0f64, |most, value| most.max(value.abs()));
        assert!(
            (found - expected).abs() <= scale * 1e-12,
            "{statistic} at {place}: {found}, expected {expected}"
        );
    }
}

#[test]
fn every_statistic_of_every_type_is_what_its_definition_says() {
    for format in every_format(5, 3) {
        for count in [1, 4, 7] {
            let mut reader = SyntheticReader::new(format, count);
            let frames: Vec<_> = reader.frames().collect::<Result<_, _>>().expect("reads");
            for statistic in Statistic::ALL {
                check(&frames, statistic, ReduceOptions::default());
            }
        }
    }
}

#[test]
fn medians_are_the_same_however_little_memory_there_is() {
    for format in every_format(4, 2) {
        // So many that counting digits reads the frames less often than keeping them.
        let frames: Vec<_> = (0..700)
            .map(|index| pimage_testkit::noise_frame(3, index, format))
            .collect();
        for memory_bytes in [0, 5_000, 1 << 30] {
            let options = ReduceOptions {
                memory_bytes,
                ..ReduceOptions::default()
            };
            check(&frames, Statistic::Median, options);
        }
    }
}

fn one<T: Sample>(rows: &[&[T]], statistic: Statistic, skip_nan: bool) -> Vec<f64> {
    let frames = rows.iter().map(|samples| row(samples)).collect();
    let options = ReduceOptions {
        skip_nan,
        ..ReduceOptions::default()
    };
    let reader = MemoryReader::new(frames).expect("one format");
    sample_values(&reduced(reader, statistic, options).expect("reduces")[0])
}

#[test]
fn what_is_not_a_number_stays_so_or_is_left_out() {
    let nan = f32::NAN;
    let rows: [&[f32]; 3] = [
        &[1.0, nan, nan],
        &[nan, nan, 5.0],
        &[3.0, nan, f32::INFINITY],
    ];
    for statistic in Statistic::ALL {
        assert!(
            one(&rows, statistic, false)
                .iter()
                .all(|value| value.is_nan()),
            "{statistic}"
        );
    }
    for (statistic, first, last) in [
        (Statistic::Mean, 2.0, f64::INFINITY),
        (Statistic::Sum, 4.0, f64::INFINITY),
        (Statistic::Min, 1.0, 5.0),
        (Statistic::Max, 3.0, f64::INFINITY),
        (Statistic::Median, 2.0, f64::INFINITY),
    ] {
        let found = one(&rows, statistic, true);
        assert!(found[1].is_nan(), "{statistic}: {found:?}");
        assert_eq!((found[0], found[2]), (first, last), "{statistic}");
    }
}

#[test]
fn sums_of_many_small_parts_lose_nothing() {
    let rows: Vec<Vec<f64>> = std::iter::once(1e16)
        .chain(std::iter::repeat_n(1.0, 1000))
        .map(|value| vec![value])
        .collect();
    let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
    assert_eq!(one(&rows, Statistic::Sum, false), [1e16 + 1000.0]);
}

#[test]
fn one_axis_goes_and_the_others_stay() {
    let frames: Vec<_> = (0..12u16).map(|value| row(&[value])).collect();
    let mut info = StreamInfo::new("stack", *frames[0].format(), FrameCount::Exact(12));
    info.axes = vec![Axis::new("t", 3), Axis::new("z", 2), Axis::new("c", 2)];
    let reader = MemoryReader::with_info(info, frames).expect("one format");
    let over = |axis: &str| ReduceOptions {
        over: Some(axis.to_owned()),
        ..ReduceOptions::default()
    };
    let values = |frames: Vec<Frame>| frames.iter().flat_map(sample_values).collect::<Vec<_>>();
    let time = reduced(reader.clone(), Statistic::Mean, over("t")).expect("reduces");
    assert_eq!(values(time), [4.0, 5.0, 6.0, 7.0]);
    let depth = reduced(reader.clone(), Statistic::Max, over("z")).expect("reduces");
    assert_eq!(values(depth), [2.0, 3.0, 6.0, 7.0, 10.0, 11.0]);
    let error = reduced(reader, Statistic::Max, over("x")).expect_err("has no x");
    assert_eq!(
        error.to_string(),
        "--over is `x`: expected one of the axes t, z, c"
    );
}

#[test]
fn the_rate_stays_while_the_times_do() {
    let frames: Vec<_> = (0..6u16).map(|value| row(&[value])).collect();
    let mut info = StreamInfo::new("stack", *frames[0].format(), FrameCount::Exact(6));
    info.axes = vec![Axis::new("t", 3), Axis::new("z", 2)];
    info.rate = FrameRate::new(10, 1);
    let reader = MemoryReader::with_info(info, frames).expect("one format");
    for (over, expected) in [("z", FrameRate::new(10, 1)), ("t", None)] {
        let options = ReduceOptions {
            over: Some(over.to_owned()),
            ..ReduceOptions::default()
        };
        let reduce = Reduce::new(Box::new(reader.clone()), Statistic::Max, options);
        assert_eq!(reduce.expect("has it").info().rate, expected, "{over}");
    }
}

#[test]
fn a_median_takes_more_frames_than_were_estimated() {
    let frames: Vec<_> = [5u16, 1, 4, 2, 3].map(|value| row(&[value, 9])).into();
    for estimate in [1, 4, 5, 9] {
        let count = FrameCount::Estimated(estimate);
        let info = StreamInfo::new("stack", *frames[0].format(), count);
        let reader = MemoryReader::with_info(info, frames.clone()).expect("one format");
        let medians = reduced(reader, Statistic::Median, ReduceOptions::default());
        let medians = medians.expect("reduces");
        assert_eq!(sample_values(&medians[0]), [3.0, 9.0], "{estimate}");
    }
}

#[test]
fn a_sequence_without_frames_or_a_used_token_is_an_error() {
    let format = every_format(2, 2)[0];
    for statistic in Statistic::ALL {
        let error = reduced(
            SyntheticReader::new(format, 0),
            statistic,
            ReduceOptions::default(),
        );
        let text = error.expect_err("has no frames").to_string();
        assert!(text.contains("no frame to reduce"), "{text}");
        let cancel = Cancel::default();
        cancel.cancel();
        let options = ReduceOptions {
            cancel,
            ..ReduceOptions::default()
        };
        assert!(reduced(SyntheticReader::new(format, 5), statistic, options).is_err());
    }
    assert_eq!(Statistic::Min.output_format(&format).sample, format.sample);
    assert_eq!(
        Statistic::Mean.output_format(&format).sample,
        SampleType::F64
    );
    let names = Statistic::ALL.map(|statistic| statistic.name().parse());
    assert_eq!(names, Statistic::ALL.map(Ok));
    assert!("mode".parse::<Statistic>().is_err());
}
