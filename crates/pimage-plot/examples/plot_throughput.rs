//! How fast is a moving plot on this machine?
//!
//! ```text
//! cargo run --release -p pimage-plot --example plot_throughput -- [KEY:VALUE]...
//!
//!   size:640x480   width and height, pixels
//!   points:10000   points of the line
//!   motion:cursor  cursor or grow
//!   frames:2000    frames that are drawn
//!   window:0       seconds of 100 in view, 0 for all
//! ```
#![expect(clippy::print_stdout, reason = "an example prints its result")]

use std::error::Error;
use std::time::Instant;

use pimage_core::{Frame, FrameReader as _};
use pimage_plot::{Axis, Figure, Motion, Pace, Panel, PlotReader, Series};

fn main() -> Result<(), Box<dyn Error>> {
    let (mut width, mut height, mut points, mut frames) = (640, 480, 10_000u32, 2000u32);
    let mut motion = Motion::Cursor;
    let mut window = 0.0;
    for argument in std::env::args().skip(1) {
        let (key, value) = argument.split_once(':').ok_or("an argument is KEY:VALUE")?;
        match key {
            "size" => {
                let (first, second) = value.split_once('x').ok_or("a size is WIDTHxHEIGHT")?;
                (width, height) = (first.parse()?, second.parse()?);
            }
            "points" => points = value.parse()?,
            "frames" => frames = value.parse()?,
            "motion" => motion = value.parse()?,
            "window" => window = value.parse()?,
            _ => return Err(format!("`{key}` is no key").into()),
        }
    }
    let x: Vec<f64> = (0..points)
        .map(|place| 100.0 * f64::from(place) / f64::from(points))
        .collect();
    let y = x.iter().enumerate().map(|(place, x)| {
        (x * 0.7).sin()
            + 0.3 * f64::from((place as u32).wrapping_mul(2_654_435_761) >> 16) / 65_536.0
    });
    let y: Vec<f64> = y.collect();
    let start = Instant::now();
    let panel = Panel::new()
        .with_x(Axis::new("time").with_unit("s"))
        .with_y(Axis::new("ΔF/F").with_unit("%"));
    let figure = Figure::new(width, height)?.with(panel.with(Series::line(x, y)?));
    let times: Vec<f64> = (0..frames)
        .map(|place| 100.0 * f64::from(place) / f64::from(frames))
        .collect();
    let mut reader = PlotReader::animated(figure, motion, Pace::times(times)?)?;
    if window > 0.0 {
        reader = reader.with_window(window)?;
    }
    let mut frame = Frame::empty();
    let mut total = 0u64;
    reader.read_into(&mut frame)?;
    let first = start.elapsed();
    let start = Instant::now();
    while reader.read_into(&mut frame)? {
        total += u64::from(frame.bytes().first().copied().unwrap_or(0));
    }
    let rate = f64::from(frames.max(2) - 1) / start.elapsed().as_secs_f64();
    println!(
        "{rate:9.1} frames/s, the first after {:.1} ms  {width}x{height}, {points} points, {motion:?} ({total})",
        first.as_secs_f64() * 1e3
    );
    Ok(())
}
