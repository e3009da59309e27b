//! Characters drawn once and kept.

use std::sync::{Arc, PoisonError, RwLock};

use ab_glyph::GlyphId;

use crate::bitmap::Bitmap;
use crate::{Font, TextStyle};

/// Places between two pixels at which a glyph is drawn: a quarter is less than the eye sees.
pub(crate) const FRACTIONS: u8 = 4;

/// Bytes of coverage that are kept; what comes then begins anew.
const MOST_BYTES: usize = 32 << 20;

/// A glyph as it is drawn.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    pub(crate) fill: Bitmap,
    pub(crate) outline: Option<Bitmap>,
    pub(crate) shadow: Option<Bitmap>,
}

impl Shape {
    fn bytes(&self) -> usize {
        let bitmaps = [
            Some(&self.fill),
            self.outline.as_ref(),
            self.shadow.as_ref(),
        ];
        bitmaps
            .into_iter()
            .flatten()
            .map(|bitmap| bitmap.coverage.len())
            .sum()
    }
}

/// A glyph, and by how many quarters of a pixel its origin is to the right.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub(crate) glyph: GlyphId,
    pub(crate) fraction: u8,
}

impl Key {
    fn place(self) -> usize {
        usize::from(self.glyph.0) * usize::from(FRACTIONS) + usize::from(self.fraction)
    }
}

/// The glyphs of a font at one size in one style, by their fraction of a pixel.
#[derive(Debug)]
pub(crate) struct Glyphs {
    font: Font,
    style: TextStyle,
    kept: RwLock<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// As far as glyphs were asked for.
    shapes: Vec<Option<Arc<Shape>>>,
    bytes: usize,
}

impl Glyphs {
    pub(crate) fn new(font: Font, style: TextStyle) -> Self {
        Self {
            font,
            style,
            kept: RwLock::default(),
        }
    }

    /// Puts the shapes of all keys behind `shapes`, in their order.
    pub(crate) fn look_up(&self, keys: impl Iterator<Item = Key>, shapes: &mut Vec<Arc<Shape>>) {
        let mut kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            if let Some(Some(shape)) = kept.shapes.get(key.place()) {
                shapes.push(Arc::clone(shape));
                continue;
            }
            drop(kept);
            shapes.push(self.keep(key));
            kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn keep(&self, key: Key) -> Arc<Shape> {
        let shape = Arc::new(self.drawn(key));
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.bytes + shape.bytes() > MOST_BYTES {
            *kept = Kept::default();
        }
        kept.bytes += shape.bytes();
        let place = key.place();
        if kept.shapes.len() <= place {
            kept.shapes.resize(place + 1, None);
        }
        if let Some(slot) = kept.shapes.get_mut(place) {
            *slot = Some(Arc::clone(&shape));
        }
        shape
    }

    fn drawn(&self, key: Key) -> Shape {
        let scale = self.font.pixels_from_units(self.style.size);
        let fraction = f32::from(key.fraction) / f32::from(FRACTIONS);
        let fill = Bitmap::of_glyph(&self.font, key.glyph, scale, fraction);
        let outline = self.style.outline.map(|outline| fill.grown(outline.width));
        let shadow = self
            .style
            .shadow
            .map(|shadow| outline.as_ref().unwrap_or(&fill).blurred(shadow.blur));
        Shape {
            fill,
            outline,
            shadow,
        }
    }
}
