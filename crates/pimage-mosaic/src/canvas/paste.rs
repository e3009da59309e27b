//! Pictures copied onto a canvas, in its colour.

use pimage_core::{Color, Frame, FrameFormat, Paint, Sample, with_sample_type};

use crate::layout::Area;

/// Copies pictures onto frames of one format.
pub(super) struct Paste {
    /// The background, a value for each channel.
    background: [f64; 4],
    full_scale: f64,
}

impl Paste {
    pub(super) fn new(format: &FrameFormat, background: Paint) -> Self {
        Self {
            background: background.values(format),
            full_scale: format.full_scale(),
        }
    }

    /// Copies a picture, of the size of `area` and of the canvas's type of samples, to `area`:
    /// gray becomes gray in red, green and blue, and through what is not opaque the background is seen.
    pub(super) fn paste(&self, picture: &Frame, canvas: &mut Frame, area: &Area) {
        let (from, to) = (picture.format().color, canvas.format().color);
        if from == to {
            let whole = Area::new(0, 0, area.size());
            copy_rows(picture, &whole, canvas, area);
            return;
        }
        with_sample_type!(canvas.format().sample, T => {
            let over = |value: T, alpha: T, channel: usize| self.over(value, alpha, channel);
            match (from, to) {
                (Color::Gray, _) => rows(picture, canvas, area, |[v]: [T; 1]| [v, v, v]),
                (Color::GrayAlpha, Color::Gray) => {
                    rows(picture, canvas, area, |[v, a]: [T; 2]| [over(v, a, 0)]);
                }
                (Color::GrayAlpha, _) => rows(picture, canvas, area, |[v, a]: [T; 2]| {
                    [over(v, a, 0), over(v, a, 1), over(v, a, 2)]
                }),
                _ => rows(picture, canvas, area, |[r, g, b, a]: [T; 4]| {
                    [over(r, a, 0), over(g, a, 1), over(b, a, 2)]
                }),
            }
        });
    }

    /// A sample of some opacity over the background.
    fn over<T: Sample>(&self, value: T, alpha: T, channel: usize) -> T {
        let opacity = (alpha.to_f64() / self.full_scale).clamp(0.0, 1.0);
        let below = self.background.get(channel).copied().unwrap_or_default();
        if opacity >= 1.0 {
            return value;
        }
        if opacity <= 0.0 {
            return T::from_f64(below);
        }
        T::from_f64(below + (value.to_f64() - below) * opacity)
    }
}

/// Makes each pixel of `area` of one of the picture's.
fn rows<T: Sample, const A: usize, const B: usize>(
    picture: &Frame,
    canvas: &mut Frame,
    area: &Area,
    convert: impl Fn([T; A]) -> [T; B],
) {
    let width = canvas.format().width as usize;
    let (columns, left) = (area.width as usize, area.x as usize);
    let source = picture.samples::<T>().unwrap_or_default();
    let target = canvas.samples_mut::<T>().unwrap_or_default();
    let lines = target
        .chunks_exact_mut((width * B).max(1))
        .skip(area.y as usize);
    for (source, line) in source.chunks_exact((columns * A).max(1)).zip(lines) {
        let Some(line) = line.get_mut(left * B..(left + columns) * B) else {
            return;
        };
        let (source, _) = source.as_chunks::<A>();
        let (line, _) = line.as_chunks_mut::<B>();
        for (from, to) in source.iter().zip(line) {
            *to = convert(*from);
        }
    }
}

/// Copies a part of a frame to a part of the same size of another one of the same colour and type.
pub(super) fn copy_rows(source: &Frame, from: &Area, target: &mut Frame, to: &Area) {
    let format = *source.format();
    let pixel = format.color.channels() * format.sample.bytes();
    let (source_row, target_row) = (
        (format.width as usize * pixel).max(1),
        (target.format().width as usize * pixel).max(1),
    );
    let length = to.width as usize * pixel;
    let (source_x, target_x) = (from.x as usize * pixel, to.x as usize * pixel);
    let sources = source
        .bytes()
        .chunks_exact(source_row)
        .skip(from.y as usize);
    let targets = target
        .bytes_mut()
        .chunks_exact_mut(target_row)
        .skip(to.y as usize);
    for (source, target) in sources.zip(targets).take(to.height as usize) {
        if let (Some(source), Some(target)) = (
            source.get(source_x..source_x + length),
            target.get_mut(target_x..target_x + length),
        ) {
            target.copy_from_slice(source);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Size;
    use pimage_core::SampleType;

    fn pasted(from: Color, to: Color, picture: &[u8]) -> Vec<u8> {
        let format = FrameFormat::new(3, 2, to, SampleType::U8);
        let mut canvas = Frame::zeroed(format);
        let mut frame = Frame::zeroed(FrameFormat::new(1, 1, from, SampleType::U8));
        frame.bytes_mut().copy_from_slice(picture);
        let paste = Paste::new(&format, Paint::rgb(10, 20, 30));
        paste.paste(&frame, &mut canvas, &Area::new(1, 1, Size::new(1, 1)));
        let channels = to.channels();
        assert!(canvas.bytes()[..4 * channels].iter().all(|byte| *byte == 0));
        canvas.bytes()[4 * channels..5 * channels].to_vec()
    }

    #[test]
    fn colours_become_that_of_the_canvas() {
        assert_eq!(pasted(Color::Gray, Color::Gray, &[7]), [7]);
        assert_eq!(pasted(Color::Gray, Color::Rgb, &[7]), [7, 7, 7]);
        assert_eq!(pasted(Color::Rgb, Color::Rgb, &[7, 8, 9]), [7, 8, 9]);
        assert_eq!(pasted(Color::Rgba, Color::Rgb, &[7, 8, 9, 255]), [7, 8, 9]);
        assert_eq!(pasted(Color::Rgba, Color::Rgb, &[7, 8, 9, 0]), [10, 20, 30]);
        assert_eq!(
            pasted(Color::GrayAlpha, Color::Rgb, &[110, 51]),
            [30, 38, 46]
        );
        // The luma of the background is 19.
        assert_eq!(pasted(Color::GrayAlpha, Color::Gray, &[7, 0]), [19]);
    }
}
