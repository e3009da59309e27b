//! What of a frame is drawn: where it differs from the one before.

use pimage_core::{Color, Frame};

use super::nearest::Rgb;

/// Opacity from which a pixel is drawn.
const OPAQUE: u8 = 128;

/// A part of the canvas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Rect {
    /// The least rectangle around the places that are set, rows of `width`; `None` when none is.
    pub(super) fn around(set: &[bool], width: usize) -> Option<Self> {
        let rows = || set.chunks_exact(width.max(1)).enumerate();
        let mut full = rows().filter(|(_, row)| row.contains(&true));
        let top = full.next()?.0;
        let bottom = full.next_back().map_or(top, |(y, _)| y);
        let mut left = width;
        let mut right = 0;
        for (_, row) in rows().skip(top).take(bottom - top + 1) {
            let first = row.iter().take(left).position(|set| *set);
            left = first.unwrap_or(left);
            right = row.iter().rposition(|set| *set).unwrap_or(0).max(right);
        }
        Some(Self {
            left,
            top,
            width: right + 1 - left,
            height: bottom + 1 - top,
        })
    }

    /// Where its pixels are in a picture with rows of `width`.
    pub(super) fn places(self, width: usize) -> impl Iterator<Item = usize> + Clone {
        let rows = self.top..self.top + self.height;
        rows.flat_map(move |y| (y * width + self.left..).take(self.width))
    }
}

/// The colours of a frame, and which pixels are opaque.
#[derive(Debug, Default)]
pub(super) struct Colors {
    pub(super) pixels: Vec<Rgb>,
    /// Empty when all are.
    pub(super) opaque: Vec<bool>,
    /// Pixels that are neither wholly opaque nor wholly transparent.
    pub(super) partial: usize,
}

impl Colors {
    /// Of a frame of 8-bit samples.
    pub(super) fn of(frame: &Frame) -> Self {
        let samples = frame.samples::<u8>().unwrap_or_default();
        let color = frame.format().color;
        let rgb = |pixel: &[u8]| match pixel {
            [r, g, b, ..] => [*r, *g, *b],
            [gray, ..] => [*gray; 3],
            [] => [0; 3],
        };
        let pixels = samples.chunks_exact(color.channels()).map(rgb).collect();
        let (mut opaque, mut partial) = (Vec::new(), 0);
        if has_alpha(color) {
            let alphas = samples
                .iter()
                .skip(color.channels() - 1)
                .step_by(color.channels());
            partial = alphas
                .clone()
                .filter(|alpha| !matches!(alpha, 0 | 255))
                .count();
            opaque = alphas.map(|alpha| *alpha >= OPAQUE).collect();
        }
        Self {
            pixels,
            opaque,
            partial,
        }
    }

    /// Whether the pixel at `place` is drawn at all.
    pub(super) fn is_opaque(&self, place: usize) -> bool {
        self.opaque.get(place).copied().unwrap_or(true)
    }

    /// The pixels to draw: opaque, and different from those of `before`.
    pub(super) fn changes(&self, before: Option<&Self>) -> Vec<bool> {
        let Some(before) = before else {
            return if self.opaque.is_empty() {
                vec![true; self.pixels.len()]
            } else {
                self.opaque.clone()
            };
        };
        let mut changes: Vec<bool> = self
            .pixels
            .iter()
            .zip(&before.pixels)
            .map(|(now, then)| now != then)
            .collect();
        if !self.opaque.is_empty() {
            let were = before.opaque.iter().zip(&self.opaque);
            for (change, (was, is)) in changes.iter_mut().zip(were) {
                *change = *is && (*change || !was);
            }
        }
        changes
    }

    /// Whether a pixel of `before` has to vanish.
    pub(super) fn uncovers(&self, before: &Self) -> bool {
        before
            .opaque
            .iter()
            .zip(&self.opaque)
            .any(|(was, is)| *was && !is)
    }
}

/// Whether the last channel is opacity.
pub(super) const fn has_alpha(color: Color) -> bool {
    matches!(color, Color::GrayAlpha | Color::Rgba)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rectangle_is_the_least() {
        let mut set = vec![false; 7 * 5];
        assert_eq!(Rect::around(&set, 7), None);
        for place in [7 + 4, 2 * 7 + 2, 3 * 7 + 5] {
            set[place] = true;
        }
        let rect = Rect {
            left: 2,
            top: 1,
            width: 4,
            height: 3,
        };
        assert_eq!(Rect::around(&set, 7), Some(rect));
        let places: Vec<_> = rect.places(7).collect();
        assert_eq!(places.len(), 12);
        assert_eq!((places[0], places[4], places[11]), (9, 16, 26));
    }
}
