//! Rectangles and lines.

use pimage_core::{Frame, Paint};

use crate::blend::{Area, Layer, blend};

/// Paints the pixels of a rectangle whose upper left one is (x, y); what is outside of the frame is left out.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, Paint, SampleType};
/// use pimage_text::fill_rectangle;
///
/// let mut frame = Frame::zeroed(FrameFormat::new(4, 2, Color::Gray, SampleType::F32));
/// fill_rectangle(&mut frame, -1, 1, 3, 9, Paint::WHITE);
/// assert_eq!(frame.samples::<f32>().expect("is f32"), [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
/// ```
pub fn fill_rectangle(frame: &mut Frame, x: i64, y: i64, width: u32, height: u32, paint: Paint) {
    let to = (
        x.saturating_add(i64::from(width)),
        y.saturating_add(i64::from(height)),
    );
    if let Some(area) = Area::within(frame, (x, y), to) {
        let coverage = vec![255; area.width];
        let layer = Layer {
            coverage: &coverage,
            stride: 0,
            paint,
        };
        blend(frame, area, &[layer], 1.0);
    }
}

/// Draws a line of `width` pixels around the rectangle that [`fill_rectangle`] would fill, each pixel once.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, Paint, SampleType};
/// use pimage_text::surround_rectangle;
///
/// let mut frame = Frame::zeroed(FrameFormat::new(4, 3, Color::Gray, SampleType::U8));
/// surround_rectangle(&mut frame, (1, 1), (2, 1), 1, Paint::rgb(9, 9, 9));
/// assert_eq!(frame.bytes(), [9, 9, 9, 9, 9, 0, 0, 9, 9, 9, 9, 9]);
/// ```
pub fn surround_rectangle(
    frame: &mut Frame,
    (x, y): (i64, i64),
    (width, height): (u32, u32),
    line: u32,
    paint: Paint,
) {
    let (left, top) = (x.saturating_sub(line.into()), y.saturating_sub(line.into()));
    let (right, bottom) = (
        x.saturating_add(width.into()),
        y.saturating_add(height.into()),
    );
    let across = width.saturating_add(line.saturating_mul(2));
    fill_rectangle(frame, left, top, across, line, paint);
    fill_rectangle(frame, left, bottom, across, line, paint);
    fill_rectangle(frame, left, y, line, height, paint);
    fill_rectangle(frame, right, y, line, height, paint);
}

/// Draws a line `width` pixels wide between two points, with smooth edges and flat ends.
///
/// Points are pixels from the upper left corner of the frame: (0.5, 0.5) is the middle of the first pixel.
/// A line along the edges of pixels, such as from (2, 3.5) to (9, 3.5) and one wide, covers whole pixels.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, Paint, SampleType};
/// use pimage_text::draw_line;
///
/// let mut frame = Frame::zeroed(FrameFormat::new(5, 2, Color::Gray, SampleType::U8));
/// draw_line(&mut frame, (1.0, 0.5), (4.0, 0.5), 1.0, Paint::WHITE);
/// assert_eq!(frame.bytes(), [0, 255, 255, 255, 0, 0, 0, 0, 0, 0]);
/// ```
pub fn draw_line(frame: &mut Frame, from: (f64, f64), to: (f64, f64), width: f64, paint: Paint) {
    let band = Band::new(from, to, width);
    if ![from.0, from.1, to.0, to.1, width]
        .iter()
        .all(|value| value.is_finite())
        || width <= 0.0
    {
        return;
    }
    // Half the width, and half a pixel of soft edge, in any direction.
    let reach = width / 2.0 + 1.0;
    let low = |a: f64, b: f64| (a.min(b) - reach).floor() as i64;
    let high = |a: f64, b: f64| (a.max(b) + reach).ceil() as i64;
    let bounds = Area::within(
        frame,
        (low(from.0, to.0), low(from.1, to.1)),
        (high(from.0, to.0), high(from.1, to.1)),
    );
    let Some(bounds) = bounds else {
        return;
    };
    let mut coverage = Vec::new();
    for y in bounds.top..bounds.top + bounds.height {
        let (start, end) = band.columns(y as f64 + 0.5);
        let start = start.clamp(bounds.left as f64, (bounds.left + bounds.width) as f64) as usize;
        let end = end.clamp(start as f64, (bounds.left + bounds.width) as f64) as usize;
        if start == end {
            continue;
        }
        coverage.clear();
        coverage.extend((start..end).map(|x| band.coverage(x as f64 + 0.5, y as f64 + 0.5)));
        let area = Area {
            left: start,
            top: y,
            width: end - start,
            height: 1,
        };
        let layer = Layer {
            coverage: &coverage,
            stride: 0,
            paint,
        };
        blend(frame, area, &[layer], 1.0);
    }
}

/// A straight band.
struct Band {
    /// Its middle.
    center: (f64, f64),
    /// Its direction, of length 1.
    along: (f64, f64),
    half_length: f64,
    half_width: f64,
}

impl Band {
    fn new(from: (f64, f64), to: (f64, f64), width: f64) -> Self {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy);
        Self {
            center: (from.0 + dx / 2.0, from.1 + dy / 2.0),
            along: if length > 0.0 {
                (dx / length, dy / length)
            } else {
                (1.0, 0.0)
            },
            half_length: length / 2.0,
            half_width: width / 2.0,
        }
    }

    /// The columns of the row at `y` between which the band is.
    fn columns(&self, y: f64) -> (f64, f64) {
        let (dx, dy) = self.along;
        let reach = self.half_width + 1.0;
        if dy.abs() < 1e-9 {
            return (f64::NEG_INFINITY, f64::INFINITY);
        }
        let middle = self.center.0 + (y - self.center.1) * dx / dy;
        let half = reach / dy.abs();
        ((middle - half).floor(), (middle + half).ceil())
    }

    /// How much of the pixel around a point is covered.
    fn coverage(&self, x: f64, y: f64) -> u8 {
        let (dx, dy) = (x - self.center.0, y - self.center.1);
        let along = (dx * self.along.0 + dy * self.along.1).abs();
        let beside = (dy * self.along.0 - dx * self.along.1).abs();
        // What is thinner than a pixel covers only a part of it.
        let part =
            |half: f64, distance: f64| (half + 0.5 - distance).clamp(0.0, (2.0 * half).min(1.0));
        (part(self.half_length, along) * part(self.half_width, beside) * 255.0).round() as u8
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::{Color, FrameFormat, SampleType};

    use super::*;

    fn sum(from: (f64, f64), to: (f64, f64), width: f64) -> f64 {
        let mut frame = Frame::zeroed(FrameFormat::new(100, 80, Color::Gray, SampleType::U8));
        draw_line(&mut frame, from, to, width, Paint::WHITE);
        frame
            .bytes()
            .iter()
            .map(|value| f64::from(*value) / 255.0)
            .sum()
    }

    #[test]
    fn a_line_covers_its_length_times_its_width() {
        for (to, width) in [
            ((80.0, 20.0), 3.0),
            ((20.0, 70.0), 1.0),
            ((73.0, 61.0), 2.0),
            ((75.0, 30.0), 0.5),
            ((20.3, 71.0), 4.4),
        ] {
            let expected = (to.0 - 20.0f64).hypot(to.1 - 20.0) * width;
            let found = sum((20.0, 20.0), to, width);
            assert!(
                (found / expected - 1.0).abs() < 0.03,
                "to {to:?}, {width} wide: {found}, expected {expected}"
            );
        }
    }

    #[test]
    fn lines_that_are_none_or_elsewhere_draw_nothing() {
        for (from, to, width) in [
            ((1.0, 1.0), (1.0, 1.0), 2.0),
            ((1.0, 1.0), (9.0, 9.0), 0.0),
            ((1.0, 1.0), (9.0, 9.0), -2.0),
            ((f64::NAN, 1.0), (9.0, 9.0), 2.0),
            ((-1e300, -1e300), (-1e299, -5.0), 2.0),
            ((1e300, 1e300), (1e301, 5.0), 2.0),
            ((-90.0, 40.0), (-5.0, 40.0), 2.0),
        ] {
            assert!(sum(from, to, width) < 1e-9, "{from:?} {to:?}");
        }
        // Through the frame and far beyond it.
        assert!((sum((-1e6, 40.0), (1e6, 40.0), 2.0) - 200.0).abs() < 1.0);
    }
}
