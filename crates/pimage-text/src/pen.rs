//! A font at one size in one style, ready to draw.

use std::cell::RefCell;

use pimage_core::{Error, Frame};

use crate::bitmap::Bitmap;
use crate::blend::{Area, Layer, blend};
use crate::glyphs::{FRACTIONS, Glyphs, Shape};
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
    placed: Vec<Placed>,
    fill: Vec<u8>,
    outline: Vec<u8>,
    shadow: Vec<u8>,
    background: Vec<u8>,
}

/// A glyph and the pixel of its origin.
struct Placed {
    shape: std::sync::Arc<Shape>,
    x: i64,
    y: i64,
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
            self.paint(frame, scratch, (left, top), extent);
        });
    }

    /// Finds the pixel of each glyph.
    fn place(&self, scratch: &mut Scratch, left: f64, top: f64, across: f64, width: f64) {
        scratch.placed.clear();
        let ascent = f64::from(self.scale * self.font.ascent_and_descent().0);
        for (row, line) in scratch.layout.lines.iter().enumerate() {
            let start = left + (width - f64::from(line.width)) * across;
            // Whole, so that level strokes are as sharp in every line.
            let baseline = (top + ascent + self.line_height() * row as f64).round() as i64;
            for (glyph, offset) in scratch
                .layout
                .glyphs
                .get(line.glyphs.clone())
                .unwrap_or_default()
            {
                let fractions = i64::from(FRACTIONS);
                let place = ((start + f64::from(*offset)) * fractions as f64).round() as i64;
                scratch.placed.push(Placed {
                    shape: self.glyphs.shape(*glyph, place.rem_euclid(fractions) as u8),
                    x: place.div_euclid(fractions),
                    y: baseline,
                });
            }
        }
    }

    fn paint(
        &self,
        frame: &mut Frame,
        scratch: &mut Scratch,
        (left, top): (f64, f64),
        extent: Extent,
    ) {
        let shadow = self.style.shadow.map_or((0, 0), |shadow| {
            (i64::from(shadow.dx), i64::from(shadow.dy))
        });
        let behind = self
            .style
            .background
            .filter(|_| extent.height > 0.0)
            .map(|background| {
                let margin = f64::from(background.margin);
                let from = (
                    (left - margin).floor() as i64,
                    (top - margin).floor() as i64,
                );
                let to = (
                    (left + extent.width + margin).ceil() as i64,
                    (top + extent.height + margin).ceil() as i64,
                );
                (from, to)
            });
        let mut bounds = Bounds::default();
        if let Some((from, to)) = behind {
            bounds.include(from, to);
        }
        for placed in &scratch.placed {
            let shape = &placed.shape;
            bounds.include_bitmap(&shape.fill, (placed.x, placed.y));
            if let Some(outline) = &shape.outline {
                bounds.include_bitmap(outline, (placed.x, placed.y));
            }
            if let Some(bitmap) = &shape.shadow {
                bounds.include_bitmap(bitmap, (placed.x + shadow.0, placed.y + shadow.1));
            }
        }
        let Some(area) = Area::within(frame, bounds.from, bounds.to) else {
            return;
        };
        let Scratch {
            placed,
            fill,
            outline,
            shadow: soft,
            background,
            ..
        } = scratch;
        let at_origin = |placed: &Placed| (placed.x, placed.y);
        let mut layers = Vec::with_capacity(4);
        gather(
            fill,
            area,
            placed,
            at_origin,
            |shape| Some(&shape.fill),
            u8::saturating_add,
        );
        layers.push(Layer {
            coverage: fill,
            stride: area.width,
            paint: self.style.paint,
        });
        if let Some(style) = self.style.outline {
            gather(
                outline,
                area,
                placed,
                at_origin,
                |shape| shape.outline.as_ref(),
                u8::max,
            );
            layers.push(Layer {
                coverage: outline,
                stride: area.width,
                paint: style.paint,
            });
        }
        if let Some(style) = self.style.shadow {
            let beside = |placed: &Placed| (placed.x + shadow.0, placed.y + shadow.1);
            gather(
                soft,
                area,
                placed,
                beside,
                |shape| shape.shadow.as_ref(),
                u8::saturating_add,
            );
            layers.push(Layer {
                coverage: soft,
                stride: area.width,
                paint: style.paint,
            });
        }
        if let (Some(style), Some((from, to))) = (self.style.background, behind) {
            fill_box(background, area, from, to);
            layers.push(Layer {
                coverage: background,
                stride: area.width,
                paint: style.paint,
            });
        }
        blend(frame, area, &layers, self.style.opacity);
    }
}

/// Pixels between two corners, the second one exclusive.
struct Bounds {
    from: (i64, i64),
    to: (i64, i64),
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            from: (i64::MAX, i64::MAX),
            to: (i64::MIN, i64::MIN),
        }
    }
}

impl Bounds {
    fn include(&mut self, from: (i64, i64), to: (i64, i64)) {
        self.from = (self.from.0.min(from.0), self.from.1.min(from.1));
        self.to = (self.to.0.max(to.0), self.to.1.max(to.1));
    }

    fn include_bitmap(&mut self, bitmap: &Bitmap, (x, y): (i64, i64)) {
        if bitmap.coverage.is_empty() {
            return;
        }
        let from = (x + i64::from(bitmap.left), y + i64::from(bitmap.top));
        let height = bitmap.coverage.len() / bitmap.width;
        self.include(from, (from.0 + bitmap.width as i64, from.1 + height as i64));
    }
}

/// Puts the bitmaps of all glyphs into the coverage of an area.
fn gather<'a>(
    coverage: &mut Vec<u8>,
    area: Area,
    placed: &'a [Placed],
    origin: impl Fn(&Placed) -> (i64, i64),
    bitmap: impl Fn(&'a Shape) -> Option<&'a Bitmap>,
    combine: impl Fn(u8, u8) -> u8,
) {
    coverage.clear();
    coverage.resize(area.width * area.height, 0);
    for placed in placed {
        let Some(bitmap) = bitmap(&placed.shape).filter(|bitmap| bitmap.width > 0) else {
            continue;
        };
        let (x, y) = origin(placed);
        // From the corner of the area.
        let left = x + i64::from(bitmap.left) - area.left as i64;
        let top = y + i64::from(bitmap.top) - area.top as i64;
        let skip = |start: i64| usize::try_from(-start).unwrap_or(0);
        let offset = |start: i64| usize::try_from(start).unwrap_or(0);
        let rows = bitmap.coverage.chunks_exact(bitmap.width).skip(skip(top));
        let targets = coverage.chunks_exact_mut(area.width).skip(offset(top));
        for (row, target) in rows.zip(targets) {
            let (Some(row), Some(target)) = (row.get(skip(left)..), target.get_mut(offset(left)..))
            else {
                break;
            };
            for (value, slot) in row.iter().zip(target) {
                *slot = combine(*slot, *value);
            }
        }
    }
}

/// Covers the pixels of an area that are between two corners.
fn fill_box(coverage: &mut Vec<u8>, area: Area, from: (i64, i64), to: (i64, i64)) {
    coverage.clear();
    coverage.resize(area.width * area.height, 0);
    let clip = |value: i64, start: usize, side: usize| {
        (value - start as i64).clamp(0, side as i64) as usize
    };
    let columns = clip(from.0, area.left, area.width)..clip(to.0, area.left, area.width);
    let rows = clip(from.1, area.top, area.height)..clip(to.1, area.top, area.height);
    let covered = coverage
        .chunks_exact_mut(area.width)
        .skip(rows.start)
        .take(rows.len());
    for row in covered {
        row.get_mut(columns.clone()).unwrap_or_default().fill(255);
    }
}
