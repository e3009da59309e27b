//! Lines, boxes and text on a frame, by way of plotters, in parts of pixels.

use pimage_core::{Error, Frame, Paint};
use pimage_text::Anchor;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea as _};
use plotters::element::{PathElement, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color as _, FontDesc, FontFamily, FontStyle, FontTransform, RGBAColor, ShapeStyle, TextStyle,
};
use plotters_backend::DrawingErrorKind;

use crate::backend::{FINE, FrameBackend};
use crate::pens::{Lettering, Pens, Turn};
use crate::raster::Point;

/// A frame that is drawn on.
pub(crate) struct Sketch<'a> {
    area: DrawingArea<FrameBackend<'a>, Shift>,
}

impl<'a> Sketch<'a> {
    pub(crate) fn new(frame: &'a mut Frame, pens: &'a mut Pens) -> Result<Self, Error> {
        Ok(Self {
            area: FrameBackend::fine(frame, pens)?.into_drawing_area(),
        })
    }

    /// Fills a rectangle.
    pub(crate) fn fill(&self, low: Point, high: Point, paint: Paint) -> Result<(), Error> {
        let shape = Rectangle::new([units(low), units(high)], color(paint).filled());
        self.area.draw(&shape).map_err(failed)
    }

    /// A line from point to point.
    pub(crate) fn path(&self, points: &[Point], width: f64, paint: Paint) -> Result<(), Error> {
        let style = ShapeStyle {
            color: color(paint),
            filled: false,
            stroke_width: whole_units(width),
        };
        let points: Vec<_> = points.iter().copied().map(units).collect();
        self.area
            .draw(&PathElement::new(points, style))
            .map_err(failed)
    }

    /// A text whose anchor is at a point; none where that is no number.
    pub(crate) fn text(&self, text: &str, at: Point, how: &Lettering) -> Result<(), Error> {
        if !(at.0.is_finite() && at.1.is_finite()) {
            return Ok(());
        }
        let font = FontDesc::new(FontFamily::SansSerif, how.size * FINE, FontStyle::Normal);
        let font = font.transform(match how.turn {
            Turn::Level => FontTransform::None,
            Turn::Up => FontTransform::Rotate270,
            Turn::Down => FontTransform::Rotate90,
            Turn::Over => FontTransform::Rotate180,
        });
        let paint = color(how.paint);
        let style = TextStyle::from(font)
            .pos(position(how.anchor))
            .color(&paint);
        self.area.draw_text(text, &style, units(at)).map_err(failed)
    }
}

fn color(paint: Paint) -> RGBAColor {
    RGBAColor(
        paint.red,
        paint.green,
        paint.blue,
        f64::from(paint.alpha) / 255.0,
    )
}

/// The cast clamps.
fn units((x, y): Point) -> (i32, i32) {
    ((x * FINE).round() as i32, (y * FINE).round() as i32)
}

fn whole_units(width: f64) -> u32 {
    (width * FINE).round() as u32
}

fn position(anchor: Anchor) -> Pos {
    let (across, down) = anchor.fractions();
    let across = match across {
        0.0 => HPos::Left,
        1.0 => HPos::Right,
        _ => HPos::Center,
    };
    let down = match down {
        0.0 => VPos::Top,
        1.0 => VPos::Bottom,
        _ => VPos::Center,
    };
    Pos::new(across, down)
}

fn failed(error: DrawingAreaErrorKind<Error>) -> Error {
    match error {
        DrawingAreaErrorKind::BackendError(DrawingErrorKind::DrawingError(error)) => error,
        other => Error::Internal {
            part: "drawing a plot".to_owned(),
            reason: other.to_string(),
        },
    }
}
