//! A font at one size in one style, ready to draw.

use std::cell::RefCell;
use std::sync::Arc;

use pimage_core::{Error, Frame};

use crate::blend::{Area, Layer, blend};
use crate::coverage::{Corners, fill_box, gather};
use crate::glyphs::{FRACTIONS, Glyphs, Key, Shape};
use crate::layout::Layout;
use crate::{Anchor, Font, TextStyle};

/// A font at one size in one style; each character is drawn once and kept, so that the next frame is quick.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, Paint, SampleType};
/// use pimage_text::{Anchor, Font, Pen, TextStyle};
///
/// let pen = Pen::new(Font::bundled(), TextStyle::new(16.0).with_paint(Paint::rgb(255, 0, 0)))?;
/// let mut frame = Frame::zeroed(FrameFormat::new(64, 32, Color::Rgb, SampleType::U8));
/// pen.draw(&mut frame, 32.0, 16.0, Anchor::Center, "12 µm");
/// let red: Vec<u8> = frame.bytes().chunks(3).map(|pixel| pixel[0]).collect();
/// assert!(red.contains(&255) && red[0] == 0);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Pen {
    font: Font,
    style: TextStyle,
    /// Pixels in a unit of the font.
    scale: f32,
    glyphs: Glyphs,
}

/// How much room a text takes, pixels: from the left of its first character to the right of its last,
/// and from the font's ascent above the first line to its descent below the last, whichever characters there are.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Extent {
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

/// Memory of one thread for what it draws.
#[derive(Default)]
struct Scratch {
    layout: Layout,
    spots: Vec<Spot>,
    /// Those of the spots.
    shapes: Vec<Arc<Shape>>,
    fill: Vec<u8>,
    outline: Vec<u8>,
    shadow: Vec<u8>,
    background: Vec<u8>,
}

/// A glyph and the pixel of its origin.
struct Spot {
    key: Key,
    origin: (i64, i64),
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Positions beyond are not drawn: no frame is as large.
const FAR: f64 = 1e12;

impl Pen {
    /// A pen of this font and style.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when a number of the style is out of its range.
    pub fn new(font: Font, style: TextStyle) -> Result<Self, Error> {
        style.check()?;
        Ok(Self {
            scale: font.pixels_from_units(style.size),
            glyphs: Glyphs::new(font.clone(), style),
            font,
            style,
        })
    }

    /// The style.
    #[must_use]
    pub const fn style(&self) -> &TextStyle {
        &self.style
    }

    /// The distance of lines, pixels.
    #[must_use]
    pub fn line_height(&self) -> f64 {
        f64::from(self.scale * self.font.line_height())
    }

    /// How much room `text` takes; outline, shadow and background reach beyond it.
    #[must_use]
    pub fn measure(&self, text: &str) -> Extent {
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.layout.lay_out(&self.font, self.scale, text);
            self.extent(&scratch.layout)
        })
    }

    fn extent(&self, layout: &Layout) -> Extent {
        let (ascent, descent) = self.font.ascent_and_descent();
        let height = match layout.lines.len() {
            0 => 0.0,
            lines => {
                f64::from(self.scale * (ascent + descent)) + self.line_height() * (lines - 1) as f64
            }
        };
        Extent {
            width: f64::from(layout.width()),
            height,
        }
    }

    /// Draws `text` so that the point `anchor` of its extent is at (x, y), pixels from the upper left corner of the frame.
    ///
    /// Lines are flush left, centred or flush right as the anchor is. What is outside of the frame is left out.
    pub fn draw(&self, frame: &mut Frame, x: f64, y: f64, anchor: Anchor, text: &str) {
        if !(x.abs() < FAR && y.abs() < FAR) {
            return;
        }
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.layout.lay_out(&self.font, self.scale, text);
            let extent = self.extent(&scratch.layout);
            let (across, down) = anchor.fractions();
            let (left, top) = (x - extent.width * across, y - extent.height * down);
            self.place(scratch, left, top, across, extent.width);
            let keys = scratch.spots.iter().map(|spot| spot.key);
            self.glyphs.look_up(keys, &mut scratch.shapes);
            self.paint(frame, scratch, (left, top), extent);
            scratch.shapes.clear();
        });
    }

    /// Finds the pixel of each glyph.
    fn place(&self, scratch: &mut Scratch, left: f64, top: f64, across: f64, width: f64) {
        let Scratch { layout, spots, .. } = scratch;
        spots.clear();
        let ascent = f64::from(self.scale * self.font.ascent_and_descent().0);
        let fractions = i64::from(FRACTIONS);
        for (row, line) in layout.lines.iter().enumerate() {
            let start = left + (width - f64::from(line.width)) * across;
            // Whole, so that level strokes are as sharp in every line.
            let baseline = (top + ascent + self.line_height() * row as f64).round() as i64;
            let glyphs = layout.glyphs.get(line.glyphs.clone()).unwrap_or_default();
            spots.extend(glyphs.iter().map(|(glyph, offset)| {
                let place = ((start + f64::from(*offset)) * fractions as f64).round() as i64;
                Spot {
                    key: Key {
                        glyph: *glyph,
                        fraction: place.rem_euclid(fractions) as u8,
                    },
                    origin: (place.div_euclid(fractions), baseline),
                }
            }));
        }
    }

    /// Where the box behind a text is.
    fn behind(&self, (left, top): (f64, f64), extent: Extent) -> Option<Corners> {
        let background = self.style.background.filter(|_| extent.height > 0.0)?;
        let margin = f64::from(background.margin);
        Some(Corners {
            from: (
                (left - margin).floor() as i64,
                (top - margin).floor() as i64,
            ),
            to: (
                (left + extent.width + margin).ceil() as i64,
                (top + extent.height + margin).ceil() as i64,
            ),
        })
    }

    fn paint(&self, frame: &mut Frame, scratch: &mut Scratch, corner: (f64, f64), extent: Extent) {
        let Scratch {
            spots,
            shapes,
            fill,
            outline,
            shadow: soft,
            background,
            ..
        } = scratch;
        let drawn = || shapes.iter().zip(spots.iter());
        let fills = || drawn().map(|(shape, spot)| (&shape.fill, spot.origin));
        let outlines =
            || drawn().filter_map(|(shape, spot)| Some((shape.outline.as_ref()?, spot.origin)));
        let shadows = || {
            let style = self.style.shadow;
            drawn().filter_map(move |(shape, spot)| {
                let (style, (x, y)) = (style?, spot.origin);
                let origin = (x + i64::from(style.dx), y + i64::from(style.dy));
                Some((shape.shadow.as_ref()?, origin))
            })
        };
        let behind = self.behind(corner, extent);
        let mut bounds = behind.unwrap_or_default();
        fills()
            .chain(outlines())
            .chain(shadows())
            .for_each(|(bitmap, origin)| bounds.include(bitmap, origin));
        let Some(area) = Area::within(frame, bounds.from, bounds.to) else {
            return;
        };
        let mut layers = Vec::with_capacity(4);
        let mut layer = |coverage, paint| {
            layers.push(Layer {
                coverage,
                stride: area.width,
                paint,
            });
        };
        gather(fill, area, fills(), u8::saturating_add);
        layer(fill, self.style.paint);
        if let Some(style) = self.style.outline {
            gather(outline, area, outlines(), u8::max);
            layer(outline, style.paint);
        }
        if let Some(style) = self.style.shadow {
            gather(soft, area, shadows(), u8::saturating_add);
            layer(soft, style.paint);
        }
        if let (Some(style), Some(corners)) = (self.style.background, behind) {
            fill_box(background, area, corners);
            layer(background, style.paint);
        }
        blend(frame, area, &layers, self.style.opacity);
    }
}
