//! Small figures, pixel by pixel as they were looked at.
//!
//! `PIMAGE_BLESS=1 cargo test -p pimage-plot --test it golden` takes what is drawn now.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::PathBuf;

use pimage_colormap::{Coloring, Colormap};
use pimage_core::{Color, Frame, FrameFormat, FrameReader, SampleType, SeekFrames};
use pimage_plot::{
    Axis, Bins, Figure, Histogram, Motion, Pace, Palette, Panel, PlotReader, Series, Theme,
};
use pimage_range::RangeSpec;

fn path(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join("golden");
    folder.join(format!("{name}.png"))
}

fn save(frame: &Frame, name: &str) {
    let file = BufWriter::new(File::create(path(name)).expect("can be created"));
    let mut encoder = png::Encoder::new(file, frame.format().width, frame.format().height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("is written");
    writer.write_image_data(frame.bytes()).expect("is written");
}

#[track_caller]
fn check(name: &str, mut reader: PlotReader, index: u64) {
    let mut frame = Frame::empty();
    reader.seek(index).expect("is there");
    assert!(reader.read_into(&mut frame).expect("is drawn"));
    if std::env::var_os("PIMAGE_BLESS").is_some() {
        save(&frame, name);
    }
    let file = BufReader::new(File::open(path(name)).expect("is there: see the top of this file"));
    let mut decoder = png::Decoder::new(file).read_info().expect("is a PNG");
    let mut wanted = vec![0; decoder.output_buffer_size().expect("has a size")];
    decoder.next_frame(&mut wanted).expect("is read");
    let differing = frame
        .bytes()
        .chunks(3)
        .zip(wanted.chunks(3))
        .filter(|(found, wanted)| found != wanted)
        .count();
    assert!(
        frame.bytes().len() == wanted.len() && differing == 0,
        "{differing} pixels of {name} differ"
    );
}

fn waves() -> Panel {
    // Quarters of a parabola: the same numbers on every machine.
    let x: Vec<f64> = (0..120).map(|place| f64::from(place) / 4.0).collect();
    let wave = |lift: f64| {
        x.iter()
            .map(|x| (x % 6.0 - 3.0).powi(2) + lift)
            .collect::<Vec<_>>()
    };
    let mut gap = wave(2.0);
    gap[50..60].fill(f64::NAN);
    Panel::new()
        .with_x(Axis::new("time").with_unit("s"))
        .with_y(Axis::new("ΔF/F").with_unit("%"))
        .with(
            Series::line(x.clone(), wave(0.0))
                .expect("as many")
                .with_name("a"),
        )
        .with(Series::line(x, gap).expect("as many").with_name("b"))
}

fn figure() -> Figure {
    Figure::new(200, 150).expect("is a size")
}

#[test]
fn lines() {
    check(
        "lines",
        PlotReader::still(figure().with_title("Waves").with(waves())).expect("is drawn"),
        0,
    );
}

#[test]
fn cursor() {
    let reader = PlotReader::animated(
        figure().with_theme(Theme::Dark).with(waves()),
        Motion::Cursor,
        Pace::indices(30),
    );
    check("cursor", reader.expect("moves"), 10);
}

#[test]
fn growing() {
    let reader = PlotReader::animated(
        figure().with_palette(Palette::ColorBlind).with(waves()),
        Motion::Growing,
        Pace::indices(30),
    );
    check("growing", reader.expect("moves"), 20);
}

#[test]
fn histogram_and_events() {
    let values: Vec<f64> = (0..200)
        .map(|place| f64::from(place * place % 97))
        .collect();
    let histogram = Histogram::new(&values, Bins::Count(12)).expect("is counted");
    let panel = Panel::new()
        .with(Series::histogram(histogram))
        .with(Series::events(vec![10.0, 50.0]));
    check(
        "histogram",
        PlotReader::still(figure().with(panel)).expect("is drawn"),
        0,
    );
}

#[test]
fn image() {
    let mut frame = Frame::zeroed(FrameFormat::new(40, 30, Color::Gray, SampleType::U16));
    let samples = frame
        .samples_mut::<u16>()
        .expect("is U16")
        .iter_mut()
        .enumerate();
    samples.for_each(|(place, sample)| *sample = (place % 40 * (place / 40)) as u16);
    let range = RangeSpec::Bounds {
        low: 0.0,
        high: 1131.0,
    };
    let coloring = Coloring::new(Colormap::by_name("viridis").expect("is a map"), range);
    let series = Series::image(frame, coloring).expect("is gray");
    let panel = Panel::new()
        .with_right(Axis::new("T").with_unit("K"))
        .with(series);
    check(
        "image",
        PlotReader::still(figure().with(panel)).expect("is drawn"),
        0,
    );
}
