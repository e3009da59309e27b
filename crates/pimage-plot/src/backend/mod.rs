//! What plotters draws on: a frame.

use pimage_core::{Color, Error, Frame, FrameFormat, Paint, SampleType};
use pimage_text::Anchor;
use plotters::style::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontTransform,
};

use crate::pens::{Lettering, Pens, Turn};
use crate::raster::{Mask, Point, paint_mask, whole};

/// A frame of 8-bit RGB as a backend of plotters: smooth lines, and text in the bundled font, whatever font a style names.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType};
/// use pimage_plot::FrameBackend;
/// use plotters::prelude::*;
///
/// let mut frame = Frame::zeroed(FrameFormat::new(320, 240, Color::Rgb, SampleType::U8));
/// let area = FrameBackend::new(&mut frame)?.into_drawing_area();
/// area.fill(&WHITE).expect("draws");
/// let mut chart = ChartBuilder::on(&area).margin(8).set_label_area_size(LabelAreaPosition::Left, 40)
///     .build_cartesian_2d(0.0..6.3, -1.0..1.0).expect("draws");
/// chart.configure_mesh().draw().expect("draws");
/// let wave = (0..100).map(|i| (f64::from(i) * 0.063, (f64::from(i) * 0.063).sin()));
/// chart.draw_series(wave.map(|point| Circle::new(point, 3, ShapeStyle::from(RED).filled()))).expect("draws");
/// drop((chart, area));
/// assert!(frame.bytes().chunks(3).any(|pixel| pixel == [255, 0, 0]));
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug)]
pub struct FrameBackend<'a> {
    frame: &'a mut Frame,
    pens: Held<'a>,
    mask: Mask,
    /// Units of coordinates, widths and sizes in a pixel.
    units: f64,
    /// Where in a pixel the point of whole coordinates is.
    middle: f64,
}

/// Pens of its own, or of what is drawn again and again.
#[derive(Debug)]
enum Held<'a> {
    Own(Pens),
    Lent(&'a mut Pens),
}

impl Held<'_> {
    const fn get(&mut self) -> &mut Pens {
        match self {
            Self::Own(pens) => pens,
            Self::Lent(pens) => pens,
        }
    }
}

type Drawn = Result<(), DrawingErrorKind<Error>>;

/// Units in a pixel where figures are drawn.
pub(crate) const FINE: f64 = 64.0;

impl<'a> FrameBackend<'a> {
    /// A backend that draws on `frame`, in pixels.
    ///
    /// # Errors
    ///
    /// [`Error::CannotHold`] unless the frame is 8-bit RGB.
    pub fn new(frame: &'a mut Frame) -> Result<Self, Error> {
        check(frame.format())?;
        Ok(Self {
            frame,
            pens: Held::Own(Pens::default()),
            mask: Mask::default(),
            units: 1.0,
            middle: 0.5,
        })
    }

    /// The same in parts of a pixel, so that lines begin and end where they should; whole coordinates are at corners of pixels.
    pub(crate) fn fine(frame: &'a mut Frame, pens: &'a mut Pens) -> Result<Self, Error> {
        check(frame.format())?;
        Ok(Self {
            frame,
            pens: Held::Lent(pens),
            mask: Mask::default(),
            units: FINE,
            middle: 0.0,
        })
    }

    fn point(&self, (x, y): BackendCoord) -> Point {
        let along = |value: i32| f64::from(value) / self.units + self.middle;
        (along(x), along(y))
    }

    fn width<S: BackendStyle>(&self, style: &S) -> f64 {
        f64::from(style.stroke_width()) / self.units
    }

    /// Draws a shape within a box of points: paints what it covers of a mask.
    fn shape(
        &mut self,
        points: &[Point],
        reach: f64,
        color: BackendColor,
        cover: impl FnOnce(&mut Mask),
    ) {
        let start = (f64::INFINITY, f64::INFINITY);
        let low = points
            .iter()
            .fold(start, |low, (x, y)| (low.0.min(*x), low.1.min(*y)));
        let high = points.iter().fold((-start.0, -start.1), |high, (x, y)| {
            (high.0.max(*x), high.1.max(*y))
        });
        let area = whole(self.frame).around(low, high, reach);
        if points.is_empty() || area.is_empty() || color.alpha <= 0.0 {
            return;
        }
        self.mask.reset(area);
        cover(&mut self.mask);
        paint_mask(self.frame, &self.mask, area, paint_of(color));
    }

    fn outline(&mut self, points: &[Point], width: f64, color: BackendColor) {
        self.shape(points, width / 2.0 + 1.0, color, |mask| {
            mask.path(points.iter().copied(), width);
        });
    }
}

fn check(format: &FrameFormat) -> Result<(), Error> {
    if (format.color, format.sample) == (Color::Rgb, SampleType::U8) {
        return Ok(());
    }
    Err(Error::CannotHold {
        target: "a plot".to_owned(),
        format: *format,
        hint: "it is drawn on rgb uint8 frames".to_owned(),
    })
}

fn paint_of(color: BackendColor) -> Paint {
    let (red, green, blue) = color.rgb;
    Paint {
        red,
        green,
        blue,
        // The cast clamps.
        alpha: (color.alpha * 255.0).round() as u8,
    }
}

impl DrawingBackend for FrameBackend<'_> {
    type ErrorType = Error;

    fn get_size(&self) -> (u32, u32) {
        let format = self.frame.format();
        let units = self.units as u32;
        (
            format.width.saturating_mul(units),
            format.height.saturating_mul(units),
        )
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Drawn {
        self.draw_rect(point, point, &color, true)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        let points = [self.point(from), self.point(to)];
        self.outline(&points, self.width(style), style.color());
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        low: BackendCoord,
        high: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let (low, high) = (self.point(low), self.point(high));
        let (low, high) = (
            (low.0.min(high.0), low.1.min(high.1)),
            (low.0.max(high.0), low.1.max(high.1)),
        );
        if fill {
            // In pixels, those of both corners belong to it.
            let grown = self.middle;
            let corners = [
                (low.0 - grown, low.1 - grown),
                (high.0 + grown, high.1 + grown),
            ];
            let [from, to] = corners;
            self.shape(&corners, 0.0, style.color(), |mask| {
                mask.rectangle(from, to);
            });
        } else {
            let corners = [low, (high.0, low.1), high, (low.0, high.1), low];
            self.outline(&corners, self.width(style), style.color());
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let points: Vec<_> = path.into_iter().map(|point| self.point(point)).collect();
        self.outline(&points, self.width(style), style.color());
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let (center, radius) = (self.point(center), f64::from(radius) / self.units);
        let width = self.width(style);
        let reach = radius + width + 1.0;
        self.shape(&[center], reach, style.color(), |mask| {
            if fill {
                mask.disc(center, radius);
            } else {
                let sides = (radius * 2.0).clamp(24.0, 720.0) as u32;
                let turns = (0..=sides)
                    .map(|side| std::f64::consts::TAU * f64::from(side) / f64::from(sides));
                mask.path(
                    turns.map(|turn| {
                        (
                            center.0 + radius * turn.cos(),
                            center.1 + radius * turn.sin(),
                        )
                    }),
                    width,
                );
            }
        });
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Drawn {
        let corners: Vec<_> = corners.into_iter().map(|point| self.point(point)).collect();
        self.shape(&corners, 1.0, style.color(), |mask| {
            mask.polygon(&corners);
        });
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        place: BackendCoord,
    ) -> Drawn {
        let how = Lettering {
            size: style.size() / self.units,
            paint: paint_of(style.color()),
            anchor: anchor_of(style),
            turn: match style.transform() {
                FontTransform::None => Turn::Level,
                FontTransform::Rotate90 => Turn::Down,
                FontTransform::Rotate180 => Turn::Over,
                FontTransform::Rotate270 => Turn::Up,
            },
        };
        let point = self.point(place);
        let point = (point.0 - self.middle, point.1 - self.middle);
        let drawn = self.pens.get().draw(self.frame, text, point, &how);
        drawn.map_err(DrawingErrorKind::DrawingError)
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Error>> {
        let mut pens = Pens::default();
        let extent = pens.measure(text, style.size() / self.units);
        let extent = extent.map_err(DrawingErrorKind::DrawingError)?;
        let units = |pixels: f64| (pixels * self.units).ceil() as u32;
        Ok((units(extent.width), units(extent.height)))
    }

    fn blit_bitmap(
        &mut self,
        (left, top): BackendCoord,
        (width, height): (u32, u32),
        bitmap: &[u8],
    ) -> Drawn {
        let pixels = bitmap.as_chunks::<3>().0.iter();
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        for ((x, y), pixel) in places.zip(pixels) {
            let [red, green, blue] = *pixel;
            let color = BackendColor {
                alpha: 1.0,
                rgb: (red, green, blue),
            };
            let at = |start: i32, step: u32| {
                start.saturating_add(i32::try_from(step).unwrap_or(i32::MAX))
            };
            self.draw_pixel((at(left, x), at(top, y)), color)?;
        }
        Ok(())
    }
}

fn anchor_of<S: BackendTextStyle>(style: &S) -> Anchor {
    let anchor = style.anchor();
    match (anchor.h_pos, anchor.v_pos) {
        (HPos::Left, VPos::Top) => Anchor::TopLeft,
        (HPos::Center, VPos::Top) => Anchor::Top,
        (HPos::Right, VPos::Top) => Anchor::TopRight,
        (HPos::Left, VPos::Center) => Anchor::Left,
        (HPos::Center, VPos::Center) => Anchor::Center,
        (HPos::Right, VPos::Center) => Anchor::Right,
        (HPos::Left, VPos::Bottom) => Anchor::BottomLeft,
        (HPos::Center, VPos::Bottom) => Anchor::Bottom,
        (HPos::Right, VPos::Bottom) => Anchor::BottomRight,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_in_pixels_hold_both_corners() {
        let mut frame = Frame::zeroed(FrameFormat::new(4, 2, Color::Rgb, SampleType::U8));
        let mut backend = FrameBackend::new(&mut frame).expect("is rgb");
        let white = BackendColor {
            alpha: 1.0,
            rgb: (255, 255, 255),
        };
        backend
            .draw_rect((1, 0), (2, 0), &white, true)
            .expect("draws");
        backend.draw_line((-5, 1), (99, 1), &white).expect("draws");
        let reds: Vec<_> = frame.bytes().chunks(3).map(|pixel| pixel[0]).collect();
        assert_eq!(reds, [0, 255, 255, 0, 255, 255, 255, 255]);
    }

    #[test]
    fn other_frames_are_refused() {
        let mut frame = Frame::zeroed(FrameFormat::new(4, 2, Color::Gray, SampleType::U8));
        let error = FrameBackend::new(&mut frame).expect_err("is gray");
        assert_eq!(
            error.to_string(),
            "a plot cannot hold 4x2 gray uint8 frames: it is drawn on rgb uint8 frames"
        );
    }
}
