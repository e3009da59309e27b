//! Plots as readers: frame i is the same pixels in order, at random and backwards, and shows what it should.

use pimage_core::{Cancel, Error, Frame, FrameRate, FrameReader, SeekFrames};
use pimage_plot::{
    Axis, Bins, Figure, Histogram, Motion, Pace, Panel, PlotReader, ScaleKind, Series, Theme,
};
use pimage_testkit::suite;
use proptest::prelude::*;

fn rate() -> FrameRate {
    FrameRate::new(10, 1).expect("is not zero")
}

/// Waves with gaps, dots and events over 4 seconds, in two panels.
fn figure() -> Figure {
    let x: Vec<f64> = (0..900).map(|place| f64::from(place) / 225.0).collect();
    let wave = |speed: f64| x.iter().map(|x| (x * speed).sin()).collect::<Vec<_>>();
    let mut gap = wave(21.0);
    gap[300..320].fill(f64::NAN);
    let dots: Vec<f64> = (0..40).map(|place| f64::from(place) / 10.0).collect();
    let heights: Vec<f64> = dots.iter().map(|x| x * 0.3 - 0.5).collect();
    let upper = Panel::new()
        .with_y(Axis::new("ΔF/F").with_unit("%"))
        .with(
            Series::line(x.clone(), gap)
                .expect("as many")
                .with_name("fast"),
        )
        .with(
            Series::scatter(dots, heights)
                .expect("as many")
                .with_name("dots"),
        )
        .with(Series::events(vec![0.5, 2.5]).with_name("stimulus"));
    let lower = Panel::new()
        .with_x(Axis::new("time").with_unit("s"))
        .with(Series::line(x.clone(), wave(3.0)).expect("as many"))
        .with(
            Series::line(x.clone(), wave(700.0))
                .expect("as many")
                .on_right(),
        );
    Figure::new(240, 180)
        .expect("is a size")
        .with_title("Both")
        .with(upper)
        .with(lower)
}

fn opened(motion: Motion, window: Option<f64>) -> Box<dyn FrameReader> {
    let reader = PlotReader::animated(figure(), motion, Pace::at_rate(40, rate())).expect("moves");
    Box::new(match window {
        Some(window) => reader.with_window(window).expect("is a width"),
        None => reader,
    })
}

#[test]
fn frames_are_the_same_in_any_order() {
    for motion in [Motion::Cursor, Motion::Growing] {
        for window in [None, Some(1.5)] {
            suite::reader_of_count(|| opened(motion, window), 40);
        }
    }
    suite::reader_of_count(
        || Box::new(PlotReader::still(figure()).expect("is drawn")),
        1,
    );
}

#[test]
fn frames_have_the_times_of_the_pace() {
    let times = vec![0.0, 0.25, 0.3, 3.5];
    let pace = Pace::times(times.clone())
        .expect("are finite")
        .with_rate(rate());
    let mut reader = PlotReader::animated(figure(), Motion::Cursor, pace).expect("moves");
    assert_eq!(reader.info().rate, Some(rate()));
    let mut frame = Frame::empty();
    for time in times {
        assert!(reader.read_into(&mut frame).expect("is drawn"));
        assert_eq!(frame.stamp.secs(), Some(time));
    }
    assert!(!reader.read_into(&mut frame).expect("is the end"));
    let error = reader.seek(5).expect_err("has four frames");
    assert!(
        matches!(
            error,
            Error::OutOfRange {
                frame: 5,
                frame_count: 4,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn the_last_frame_of_growth_has_all_that_the_whole_plot_has() {
    let rising: Vec<f64> = (0..50).map(f64::from).collect();
    let figure = || {
        let series = Series::line(rising.clone(), rising.clone()).expect("as many");
        Figure::new(200, 120)
            .expect("is a size")
            .with(Panel::new().with(series))
    };
    let mut grown =
        PlotReader::animated(figure(), Motion::Growing, Pace::indices(50)).expect("moves");
    let (mut last, mut whole) = (Frame::empty(), Frame::empty());
    grown.seek(49).expect("is there");
    grown.read_into(&mut last).expect("is drawn");
    PlotReader::still(figure())
        .expect("is drawn")
        .read_into(&mut whole)
        .expect("is drawn");
    let differing = last
        .bytes()
        .chunks(3)
        .zip(whole.bytes().chunks(3))
        .filter(|(first, second)| first != second)
        .count();
    // The dot at its end.
    assert!(differing < 150, "{differing} pixels differ");
    grown.seek(10).expect("is there");
    grown.read_into(&mut last).expect("is drawn");
    let ink = |frame: &Frame| {
        frame
            .bytes()
            .chunks(3)
            .filter(|pixel| pixel[2] > pixel[0].saturating_add(60))
            .count()
    };
    assert!(
        ink(&last) * 3 < ink(&whole),
        "{} of {}",
        ink(&last),
        ink(&whole)
    );
}

#[test]
fn what_cannot_move_is_refused() {
    let histogram = Histogram::new(&[1.0, 2.0], Bins::Count(2)).expect("is counted");
    let still = Figure::new(100, 100)
        .expect("is a size")
        .with(Panel::new().with(Series::histogram(histogram)));
    let error = PlotReader::animated(still.clone(), Motion::Cursor, Pace::indices(3))
        .expect_err("has no time");
    assert_eq!(
        error.to_string(),
        "a moving plot is one whose x is no time: expected one with a line, a scatter plot or events"
    );
    let falling = Series::line(vec![1.0, 0.0], vec![0.0, 0.0]).expect("as many");
    let falling = Figure::new(100, 100)
        .expect("is a size")
        .with(Panel::new().with(falling));
    let error =
        PlotReader::animated(falling, Motion::Growing, Pace::indices(3)).expect_err("falls");
    assert_eq!(
        error.to_string(),
        "a moving plot is one whose x number 1 is not after the one before: expected x in rising order"
    );
    assert!(
        PlotReader::still(still)
            .expect("is drawn")
            .with_window(1.0)
            .is_err()
    );
    assert!(Figure::new(8, 100).is_err() && Figure::new(100, 1 << 20).is_err());
}

#[test]
fn a_token_stops_drawing() {
    let cancel = Cancel::new();
    let mut reader = PlotReader::still(figure())
        .expect("is drawn")
        .with_cancel(cancel.clone());
    cancel.cancel();
    assert!(matches!(
        reader.read_into(&mut Frame::empty()),
        Err(Error::Stopped)
    ));
}

/// The columns in which a frame with a cursor differs from one without.
fn changed_columns(first: &Frame, second: &Frame) -> Vec<usize> {
    let width = first.format().width as usize;
    let row = |frame: &Frame| {
        frame.bytes()[(first.format().height as usize / 2) * width * 3..][..width * 3].to_vec()
    };
    let pairs = row(first)
        .chunks(3)
        .map(<[u8]>::to_vec)
        .zip(row(second).chunks(3).map(<[u8]>::to_vec))
        .collect::<Vec<_>>();
    (0..width)
        .filter(|column| pairs[*column].0 != pairs[*column].1)
        .collect()
}

#[test]
fn the_cursor_moves_evenly_from_the_left_to_the_right() {
    let flat = Series::line(vec![0.0, 100.0], vec![0.0, 1.0]).expect("as many");
    let panel = Panel::new()
        .with_y(Axis::default().with_range(5.0, 6.0).expect("is a range"))
        .with(flat);
    let figure = Figure::new(400, 100).expect("is a size").with(panel);
    let mut still = Frame::empty();
    PlotReader::still(figure.clone())
        .expect("is drawn")
        .read_into(&mut still)
        .expect("is drawn");
    let mut reader =
        PlotReader::animated(figure, Motion::Cursor, Pace::indices(101)).expect("moves");
    let mut middles = Vec::new();
    let mut frame = Frame::empty();
    while reader.read_into(&mut frame).expect("is drawn") {
        let columns = changed_columns(&frame, &still);
        assert!(!columns.is_empty() && columns.len() <= 3, "{columns:?}");
        middles.push(columns.iter().sum::<usize>() as f64 / columns.len() as f64);
    }
    let step = (middles[100] - middles[0]) / 100.0;
    assert!(step > 3.0, "{step}");
    for (index, middle) in middles.iter().enumerate() {
        let expected = middles[0] + step * index as f64;
        assert!(
            (middle - expected).abs() <= 1.0,
            "frame {index}: {middle}, expected {expected}"
        );
    }
}

#[test]
fn a_point_between_gaps_is_a_dot() {
    let blue = |y: &[f64]| {
        let x: Vec<f64> = (0..y.len()).map(|place| place as f64).collect();
        let series = Series::line(x, y.to_vec()).expect("as many");
        let panel = Panel::new().with(series).with_grid(false);
        let figure = Figure::new(300, 200).expect("is a size").with(panel);
        let mut frame = Frame::empty();
        let mut reader = PlotReader::still(figure).expect("is drawn");
        let _ = reader.read_into(&mut frame).expect("is drawn");
        let is_blue = |pixel: &&[u8]| pixel[2] > pixel[0].saturating_add(60);
        frame.bytes().chunks(3).filter(is_blue).count()
    };
    let nan = f64::NAN;
    assert!(blue(&[1.0]) >= 9);
    let (one, three) = (blue(&[nan, 1.0, nan]), blue(&[1.0, nan, 1.0, nan, 1.0]));
    // Half of each of the outer ones is beyond the axes.
    assert!(one >= 9 && three >= one * 3 / 2, "{one} and {three}");
}

fn any_numbers() -> impl Strategy<Value = Vec<f64>> {
    let number = prop_oneof![
        6 => -1e3..1e3f64,
        1 => prop::num::f64::ANY,
        1 => Just(0.0),
    ];
    prop::collection::vec(number, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_data_at_any_size_is_drawn(
        x in any_numbers(), y in any_numbers(), width in 16u32..400, height in 16u32..300, log in any::<(bool, bool)>(), kind in 0..6,
    ) {
        let count = x.len().min(y.len());
        let (x, y) = (x[..count].to_vec(), y[..count].to_vec());
        let series = match kind {
            0 => Series::line(x, y).expect("as many"),
            1 => Series::scatter(x, y).expect("as many"),
            2 => Series::events(x),
            3 => Series::bars(y),
            4 => Series::histogram(Histogram::new(&y, Bins::Auto).expect("is counted")),
            _ => Series::samples(y),
        };
        let scale = |log| if log { ScaleKind::Log } else { ScaleKind::Linear };
        let panel = Panel::new()
            .with_x(Axis::new("x").with_unit("s").with_scale(scale(log.0)))
            .with_y(Axis::new("a long label of an axis").with_scale(scale(log.1)))
            .with(series.with_name("name"))
            .with_legend(true);
        let figure = Figure::new(width, height).expect("is a size").with_theme(Theme::Dark).with_title("title").with(panel);
        let mut frame = Frame::empty();
        let is_refused = log.0 && kind == 3 || log.1 && kind == 2;
        let opened = PlotReader::still(figure);
        prop_assert!(opened.is_err() == is_refused);
        let Ok(mut reader) = opened else { return Ok(()) };
        prop_assert!(reader.read_into(&mut frame).expect("is drawn"));
        // Text is within the frame: the outermost pixels are ground.
        let ground = Theme::Dark.ground();
        let ground = [ground.red, ground.green, ground.blue];
        let pixel = |column: u32, row: u32| &frame.bytes()[((row * width + column) * 3) as usize..][..3];
        for column in 0..width {
            prop_assert!(pixel(column, 0) == ground && pixel(column, height - 1) == ground);
        }
        for row in 0..height {
            prop_assert!(pixel(0, row) == ground && pixel(width - 1, row) == ground);
        }
    }

    #[test]
    fn a_long_line_covers_the_extremes_of_each_column(seed in any::<u64>(), peak in 0usize..30_000) {
        let mut noise = pimage_testkit::Noise::new(seed);
        let mut y: Vec<f64> = (0..30_000).map(|_| (noise.next_u64() % 1000) as f64).collect();
        y[peak] = 5000.0;
        let panel = Panel::new().with_y(Axis::default().with_range(0.0, 5500.0).expect("is a range")).with(Series::samples(y));
        let figure = Figure::new(300, 200).expect("is a size").with(panel.with_grid(false));
        let mut frame = Frame::empty();
        PlotReader::still(figure).expect("is drawn").read_into(&mut frame).expect("is drawn");
        // Rows above all but the peak and below the axis's end.
        let blue = |pixel: &[u8]| pixel[2] > pixel[0].saturating_add(60);
        let rows: Vec<usize> = frame.bytes().chunks(900).enumerate().filter(|(_, row)| row.chunks(3).any(blue)).map(|(row, _)| row).collect();
        let (first, last) = (rows[0], rows[rows.len() - 1]);
        prop_assert!(first < 35, "the peak is missing: the first row with the line is {first}");
        let columns = frame.bytes()[last * 900 - 900 * 5..][..900].chunks(3).filter(|pixel| blue(pixel)).count();
        prop_assert!(columns > 230, "only {columns} columns reach the floor");
    }
}
