//! An image within its axes, and its colour bar.

use pimage_colormap::{BarPlace, ColorBar, Coloring};
use pimage_core::{Color, Error, Frame, FrameFormat, SampleType, Transform as _};
use pimage_range::RangeSpec;

use crate::figure::Panel;
use crate::raster::{Area, whole};
use crate::series::{Image, Kind};
use crate::theme::Theme;

/// The image of a panel.
pub(crate) fn image_of(panel: &Panel) -> Option<&Image> {
    panel.series.iter().find_map(|series| match &series.kind {
        Kind::Image(image) => Some(&**image),
        _ => None,
    })
}

/// Colours of an image over the range that it has, with a bar.
fn with_bar(image: &Image, label: &str, font: f64, theme: Theme) -> Result<Coloring, Error> {
    let (low, high) = image.coloring.bounds_of(&image.frame);
    let bar = ColorBar::new(BarPlace::Right)?
        .with_text(font.clamp(4.0, 200.0), theme.ink())?
        .with_background(theme.ground())
        .with_label(label);
    let coloring = Coloring::new(
        image.coloring.map().clone(),
        RangeSpec::Bounds { low, high },
    );
    Ok(coloring.with_norm(image.coloring.norm()).with_bar(bar))
}

/// A column of pixels beside which a bar is drawn.
const fn column(height: usize) -> FrameFormat {
    FrameFormat::new(1, height as u32, Color::Gray, SampleType::F64)
}

/// How wide a bar of this height is with its numbers, pixels.
pub(crate) fn bar_width(
    image: &Image,
    label: &str,
    height: usize,
    font: f64,
) -> Result<f64, Error> {
    let coloring = with_bar(image, label, font, Theme::Light)?;
    let width = coloring.output_format(&column(height.max(1)))?.width;
    Ok(f64::from(width.saturating_sub(1)))
}

/// Draws the image into an area, and the bar to its right.
pub(crate) fn draw(
    frame: &mut Frame,
    image: &Image,
    label: &str,
    area: Area,
    font: f64,
    theme: Theme,
) -> Result<(), Error> {
    let mut colored = image.frame.clone();
    let mut spare = Frame::empty();
    image.coloring.apply(&mut colored, &mut spare)?;
    stretch(&colored, frame, area, theme);
    let mut bar = Frame::zeroed(column(area.height.max(1)));
    with_bar(image, label, font, theme)?.apply(&mut bar, &mut spare)?;
    let beside = Area {
        left: area.right(),
        top: area.top,
        width: (bar.format().width as usize).saturating_sub(1),
        height: area.height,
    };
    copy_right(&bar, frame, beside);
    Ok(())
}

/// Copies all but the first column of a picture.
fn copy_right(picture: &Frame, frame: &mut Frame, area: Area) {
    let channels = picture.format().color.channels();
    let (width, target_width) = (
        picture.format().width as usize,
        frame.format().width as usize,
    );
    let part = area.meet(&whole(frame));
    for y in part.top..part.bottom() {
        for x in part.left..part.right() {
            let from = ((y - area.top) * width + (x - area.left) + 1) * channels;
            let to = (y * target_width + x) * 3;
            let source: [u8; 3] = match picture.bytes().get(from..from + 3) {
                Some([red, green, blue]) => [*red, *green, *blue],
                _ => continue,
            };
            if let Some(target) = frame.bytes_mut().get_mut(to..to + 3) {
                target.copy_from_slice(&source);
            }
        }
    }
}

/// Fills an area with a picture: each pixel is the mean of what it covers of the picture, at least the nearest pixel.
fn stretch(picture: &Frame, frame: &mut Frame, area: Area, theme: Theme) {
    let format = *picture.format();
    let channels = format.color.channels();
    let (width, height) = (format.width as usize, format.height as usize);
    let target_width = frame.format().width as usize;
    let ground = theme.ground();
    let ground = [ground.red, ground.green, ground.blue].map(u64::from);
    let source = |place: usize, side: usize, count: usize| {
        let start = place * count / side;
        let end = ((place + 1) * count).div_ceil(side);
        // What is enlarged is not blended.
        if count <= side {
            start..start + 1
        } else {
            start..end.max(start + 1)
        }
    };
    for y in 0..area.height {
        for x in 0..area.width {
            let mut sums = [0u64; 3];
            let mut count = 0;
            for row in source(y, area.height, height) {
                for column in source(x, area.width, width) {
                    let from = (row * width + column) * channels;
                    let pixel = picture
                        .bytes()
                        .get(from..from + channels)
                        .unwrap_or_default();
                    let alpha = pixel.get(3).map_or(255, |alpha| u64::from(*alpha));
                    for ((sum, sample), ground) in sums.iter_mut().zip(pixel).zip(ground) {
                        *sum += (u64::from(*sample) * alpha + ground * (255 - alpha) + 127) / 255;
                    }
                    count += 1;
                }
            }
            let to = ((area.top + y) * target_width + area.left + x) * 3;
            let target = frame.bytes_mut().get_mut(to..to + 3).unwrap_or_default();
            for (sample, sum) in target.iter_mut().zip(sums) {
                *sample = ((sum + count / 2) / count.max(1)) as u8;
            }
        }
    }
}
