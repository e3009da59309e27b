//! Rate-distortion curves as a picture.

use std::path::Path;

use pimage_core::{Error, Frame, FrameReader as _};
use pimage_io::WriteOptions;
use pimage_plot::{Axis, Figure, Palette, Panel, PlotReader, Series, Theme};

use crate::cmd::codec::rows::Report;
use crate::streams;

/// Width and height, pixels.
const SIZE: (u32, u32) = (960, 640);

/// Dots on the lines, pixels across.
const DOT: f64 = 7.0;

/// Draws a curve for each codec: PSNR over bits per pixel. Points without loss have no place.
pub(super) fn draw(output: &Path, overwrite: bool, report: &Report<'_>) -> anyhow::Result<()> {
    let mut panel = Panel::new()
        .with_x(Axis::new("rate").with_unit("bits per pixel"))
        .with_y(Axis::new("PSNR").with_unit("dB"))
        .with_legend(true);
    for (codec, entry) in report.entries.iter().enumerate() {
        let mut points: Vec<(f64, f64)> = report
            .curves
            .points(codec)
            .iter()
            .map(|point| (point.bits_per_pixel, point.psnr))
            .filter(|(_, psnr)| psnr.is_finite())
            .collect();
        if points.is_empty() {
            continue;
        }
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (rates, ratios): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
        let paint = Palette::default().color(codec, Theme::default());
        let line = Series::line(rates.clone(), ratios.clone())?;
        panel = panel
            .with(line.with_name(entry.codec.name).with_paint(paint))
            .with(
                Series::scatter(rates, ratios)?
                    .with_paint(paint)
                    .with_width(DOT)?,
            );
    }
    let images = report.curves.images();
    let title = match images {
        1 => "Rate and distortion of one image".to_owned(),
        images => format!("Rate and distortion, mean of {images} images"),
    };
    let figure = Figure::new(SIZE.0, SIZE.1)?.with_title(title).with(panel);
    let mut reader = PlotReader::still(figure)?;
    let options = WriteOptions {
        overwrite,
        ..WriteOptions::default()
    };
    let mut writer = streams::create(output, reader.info(), &options)?;
    let mut frame = Frame::empty();
    while reader.read_into(&mut frame)? {
        writer.write(&frame)?;
    }
    writer.finish().map(|_| ()).map_err(Error::into)
}
