//! Characters drawn once and kept.

use std::collections::HashMap;
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

/// The glyphs of a font at one size in one style, by their fraction of a pixel.
#[derive(Debug)]
pub(crate) struct Glyphs {
    font: Font,
    style: TextStyle,
    kept: RwLock<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    shapes: HashMap<(GlyphId, u8), Arc<Shape>>,
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

    /// The glyph whose origin is `fraction` quarters of a pixel to the right.
    pub(crate) fn shape(&self, glyph: GlyphId, fraction: u8) -> Arc<Shape> {
        let key = (glyph, fraction);
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(shape) = kept.shapes.get(&key) {
            return Arc::clone(shape);
        }
        drop(kept);
        let shape = Arc::new(self.drawn(glyph, fraction));
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.bytes + shape.bytes() > MOST_BYTES {
            *kept = Kept::default();
        }
        kept.bytes += shape.bytes();
        kept.shapes.insert(key, Arc::clone(&shape));
        shape
    }

    fn drawn(&self, glyph: GlyphId, fraction: u8) -> Shape {
        let scale = self.font.pixels_from_units(self.style.size);
        let fraction = f32::from(fraction) / f32::from(FRACTIONS);
        let fill = Bitmap::of_glyph(&self.font, glyph, scale, fraction);
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
