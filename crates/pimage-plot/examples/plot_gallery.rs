//! Draws every kind of plot as RGB rows after a line `width height`, or lists the kinds: `plot_gallery KIND WIDTHxHEIGHT light|dark`.

use std::error::Error;
use std::io::Write as _;

use pimage_colormap::{Coloring, Colormap};
use pimage_core::{Color, Frame, FrameRate, FrameReader as _, SeekFrames as _};
use pimage_plot::{
    Axis, Bins, Figure, Histogram, Motion, Pace, Palette, Panel, PlotReader, ScaleKind, Series,
    Spectrum, Theme,
};
use pimage_range::RangeSpec;

/// Numbers that look like noise, the same each time: about normal, with deviation 1.
fn noise(count: u32) -> Vec<f64> {
    let uniform = |place: u32| {
        let mixed = place.wrapping_mul(2_654_435_761) ^ (place.wrapping_mul(40_503) >> 3);
        f64::from(mixed.wrapping_mul(2_246_822_519) >> 8) / f64::from(1 << 24)
    };
    (0..count)
        .map(|place| (0..12).map(|part| uniform(place * 12 + part)).sum::<f64>() - 6.0)
        .collect()
}

fn calcium(count: u32) -> (Vec<f64>, Vec<f64>) {
    let x: Vec<f64> = (0..count).map(|place| f64::from(place) / 100.0).collect();
    let mut level = 0.0;
    let noise = noise(count);
    let y = noise.iter().enumerate().map(|(place, noise)| {
        level *= 0.985;
        if place % 311 == 40 || place % 997 == 500 {
            level += 18.0;
        }
        level + noise
    });
    let y = y.collect();
    (x, y)
}

fn time() -> Axis {
    Axis::new("time").with_unit("s")
}

type Made = Result<Panel, pimage_core::Error>;

fn line() -> Made {
    let (x, y) = calcium(10_000);
    Ok(Panel::new()
        .with_x(time())
        .with_y(Axis::new("ΔF/F").with_unit("%"))
        .with(Series::line(x, y)?))
}

fn several() -> Made {
    let x: Vec<f64> = (0..400).map(|place| f64::from(place) / 40.0).collect();
    let wave = |phase: f64| {
        x.iter()
            .map(|x| (x + phase).sin() * (-x / 8.0).exp())
            .collect::<Vec<_>>()
    };
    let speed: Vec<f64> = x.iter().map(|x| 1.2e6 + 3e5 * (x * 0.7).cos()).collect();
    let mut gap = wave(1.0);
    gap[120..160].fill(f64::NAN);
    Ok(Panel::new()
        .with_x(time())
        .with_y(Axis::new("amplitude").with_unit("mV"))
        .with_right(Axis::new("count"))
        .with(Series::line(x.clone(), wave(0.0))?.with_name("left"))
        .with(Series::line(x.clone(), gap)?.with_name("with a gap"))
        .with(Series::line(x.clone(), wave(2.0))?.with_name("late"))
        .with(Series::line(x, speed)?.with_name("count").on_right()))
}

fn scatter() -> Made {
    let (x, y) = (noise(600), noise(1200));
    let first: Vec<f64> = x
        .iter()
        .zip(&y[600..])
        .map(|(x, y)| 0.6 * x + y * 0.5)
        .collect();
    let second: Vec<f64> = x
        .iter()
        .zip(&y)
        .map(|(x, y)| 2.0 - 0.4 * x + y * 0.4)
        .collect();
    Ok(Panel::new()
        .with_x(Axis::new("length").with_unit("µm"))
        .with_y(Axis::new("width").with_unit("µm"))
        .with(Series::scatter(x.clone(), first)?.with_name("control"))
        .with(Series::scatter(x, second)?.with_name("treated")))
}

fn histogram() -> Made {
    let values: Vec<f64> = noise(5000)
        .iter()
        .map(|value| 120.0 + 14.0 * value)
        .collect();
    let histogram = Histogram::new(&values, Bins::Auto)?;
    Ok(Panel::new()
        .with_x(Axis::new("intensity"))
        .with_y(Axis::new("pixels"))
        .with(Series::histogram(histogram)))
}

fn spectrum() -> Made {
    let noise = noise(8000);
    let wave: Vec<f64> = noise
        .iter()
        .enumerate()
        .map(|(i, n)| n + 2.0 * (i as f64 * 0.01 * 8.0 * std::f64::consts::TAU).sin())
        .collect();
    let spectrum = Spectrum::welch(&wave, 100.0)?;
    Ok(Panel::new()
        .with_x(Axis::new("frequency").with_unit("Hz"))
        .with_y(
            Axis::new("power")
                .with_unit("V²/Hz")
                .with_scale(ScaleKind::Log),
        )
        .with(Series::spectrum(&spectrum)))
}

fn bars(names: &[&str]) -> Made {
    let values: Vec<f64> = (0..names.len())
        .map(|place| 3.0 + (place as f64 * 1.7).sin() * 2.0)
        .collect();
    let others: Vec<f64> = values.iter().map(|value| value * 0.7).collect();
    Ok(Panel::new()
        .with_x(Axis::new("fish").with_categories(names.iter().copied()))
        .with_y(Axis::new("bouts").with_unit("1/s"))
        .with(Series::bars(values).with_name("day"))
        .with(Series::bars(others).with_name("night")))
}

fn events() -> Made {
    let mut panel = Panel::new().with_x(time()).with_y(Axis::new("cell"));
    for row in 0..6u32 {
        let mut at = 0.0;
        let times: Vec<f64> = noise(60)
            .iter()
            .map(|noise| {
                at += (noise + f64::from(row) * 0.3).abs() * 0.3;
                at
            })
            .collect();
        panel = panel.with(Series::events(times).with_name(format!("{}", row + 1)));
    }
    Ok(panel)
}

fn image() -> Made {
    let wave = |x: f64, y: f64| ((x / 9.0).sin() + (y / 13.0).cos()) * 4.0 + 300.0;
    let array = ndarray_of(96, 128, wave);
    let coloring = Coloring::new(Colormap::by_name("inferno")?, RangeSpec::Auto);
    Ok(Panel::new()
        .with_x(Axis::new("x").with_unit("px"))
        .with_y(Axis::new("y").with_unit("px"))
        .with_right(Axis::new("T").with_unit("K"))
        .with(Series::image(array, coloring)?))
}

fn ndarray_of(height: u32, width: u32, value: impl Fn(f64, f64) -> f64) -> Frame {
    let format =
        pimage_core::FrameFormat::new(width, height, Color::Gray, pimage_core::SampleType::F64);
    let mut frame = Frame::zeroed(format);
    for (place, sample) in frame
        .samples_mut::<f64>()
        .unwrap_or_default()
        .iter_mut()
        .enumerate()
    {
        *sample = value(
            (place % width as usize) as f64,
            (place / width as usize) as f64,
        );
    }
    frame
}

fn figure(kind: &str, width: u32, height: u32, theme: Theme) -> Result<Figure, Box<dyn Error>> {
    let figure = Figure::new(width, height)?.with_theme(theme);
    Ok(match kind {
        "line" | "cursor" | "grow" | "window" => figure.with(line()?).with_title("Neuron 12"),
        "several" | "several-cursor" => figure.with(several()?),
        "scatter" => figure.with(scatter()?),
        "histogram" => figure.with(histogram()?).with_title("A histogram"),
        "spectrum" => figure.with(spectrum()?),
        "bars" => figure.with(bars(&["anna", "ben", "chris", "dora"])?),
        "names" => figure.with(bars(&[
            "wild type",
            "mutant one",
            "mutant two",
            "rescue",
            "a very long name of a fish",
            "other",
            "more",
            "others",
            "even more",
            "and so on",
        ])?),
        "events" => figure.with(events()?),
        "image" => figure.with(image()?),
        "stacked" => {
            let (x, y) = calcium(4000);
            let stimulus = Series::events(vec![4.0, 12.5, 30.0]).with_name("stimulus");
            let speed: Vec<f64> = x.iter().map(|x| 1e-3 * (x * 0.3).sin().abs()).collect();
            figure
                .with_palette(Palette::ColorBlind)
                .with_title("Two panels share their time")
                .with(
                    Panel::new()
                        .with_y(Axis::new("ΔF/F").with_unit("%"))
                        .with(Series::line(x.clone(), y)?.with_name("cell"))
                        .with(stimulus),
                )
                .with(
                    Panel::new()
                        .with_x(time())
                        .with_y(Axis::new("speed").with_unit("m/s"))
                        .with(Series::line(x, speed)?),
                )
        }
        "dates" => {
            let x: Vec<f64> = (0..500)
                .map(|place| 1_763_742_600.0 + f64::from(place) * 60.0)
                .collect();
            let y: Vec<f64> = x
                .iter()
                .map(|x| 1000.0 + (x / 3000.0).sin() * 0.002)
                .collect();
            figure.with(
                Panel::new()
                    .with_x(Axis::new("time of day").with_dates())
                    .with_y(Axis::new("pressure").with_unit("hPa"))
                    .with(Series::line(x, y)?),
            )
        }
        "empty" => figure.with(Panel::new().with(Series::line(vec![f64::NAN], vec![1.0])?)),
        _ => return Err(format!("`{kind}` is no kind").into()),
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [kind, size, theme] = args.as_slice() else {
        return Err("call: plot_gallery KIND WIDTHxHEIGHT light|dark".into());
    };
    let (width, height) = size.split_once('x').ok_or("a size is WIDTHxHEIGHT")?;
    let figure = figure(kind, width.parse()?, height.parse()?, theme.parse()?)?;
    let pace = Pace::at_rate(3000, FrameRate::new(30, 1).ok_or("no rate")?);
    let mut reader = match kind.as_str() {
        "cursor" => PlotReader::animated(figure, Motion::Cursor, pace)?,
        "several-cursor" => PlotReader::animated(
            figure,
            Motion::Cursor,
            Pace::at_rate(3000, FrameRate::new(300, 1).ok_or("no rate")?),
        )?,
        "grow" => PlotReader::animated(figure, Motion::Growing, pace)?,
        "window" => PlotReader::animated(figure, Motion::Growing, pace)?.with_window(20.0)?,
        _ => PlotReader::still(figure)?,
    };
    if reader.frame_count() > 1 {
        reader.seek(1503)?;
    }
    let mut frame = Frame::empty();
    reader.read_into(&mut frame)?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "P6 {} {} 255",
        frame.format().width,
        frame.format().height
    )?;
    out.write_all(frame.bytes())?;
    Ok(())
}
