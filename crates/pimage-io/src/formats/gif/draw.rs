//! The part of making a picture that needs what is on the canvas: frame after frame.

use std::sync::Arc;

use super::changes::Colors;
use super::lzw::{Lzw, code_size};
use super::nearest::{Rgb, distance};
use super::sketch::{Picture, Sketch};

/// What a viewer sees after the pictures so far.
#[derive(Debug)]
pub(super) struct Canvas {
    width: usize,
    slack: f32,
    shown: Shown,
    lzw: Lzw,
    /// Pictures whose colours are not all exact.
    pub(super) reduced: u64,
}

#[derive(Debug)]
enum Shown {
    /// This frame as it is.
    Exactly(Arc<Colors>),
    /// Other colours.
    Nearly(Vec<Rgb>),
}

impl Canvas {
    pub(super) fn new(width: usize, slack: f32) -> Self {
        Self {
            width,
            slack,
            shown: Shown::Nearly(Vec::new()),
            lzw: Lzw::new(),
            reduced: 0,
        }
    }

    /// Draws a sketch.
    pub(super) fn draw(&mut self, mut sketch: Sketch) -> Picture {
        let Some(encoded) = sketch.exact.take() else {
            self.reduced += 1;
            return self.draw_nearly(&mut sketch);
        };
        if matches!(self.shown, Shown::Exactly(_)) || sketch.job.before.is_none() {
            self.shown = Shown::Exactly(sketch.job.now);
            return encoded;
        }
        let mut shown = self.take_shown(&sketch);
        show(&mut shown, &sketch, &sketch.mapped.indices, self.width);
        self.shown = Shown::Nearly(shown);
        encoded
    }

    /// The colours on the canvas, to change.
    fn take_shown(&mut self, sketch: &Sketch) -> Vec<Rgb> {
        let mut pixels = match &mut self.shown {
            Shown::Exactly(colors) => colors.pixels.clone(),
            Shown::Nearly(pixels) => std::mem::take(pixels),
        };
        pixels.resize(sketch.job.now.pixels.len(), [0; 3]);
        pixels
    }

    fn draw_nearly(&mut self, sketch: &mut Sketch) -> Picture {
        let mut shown = self.take_shown(sketch);
        let places: Vec<usize> = sketch.rect.places(self.width).collect();
        let palette = &sketch.palette;
        let transparent = sketch.transparent;
        // What may stay, the colour that is there; `None` where nothing is to be left.
        let before = sketch.job.before.as_ref();
        let stays = |place: usize| before.is_some_and(|before| before.is_opaque(place));
        let mut indices = std::mem::take(&mut sketch.mapped.indices);
        let targets = &sketch.mapped.targets;
        // For each pixel what is on the canvas, and the square of the error that it may have; `None` when it is not to be touched.
        let mut pixels: Vec<(Rgb, Rgb, Option<u32>)> = Vec::with_capacity(places.len());
        let (mut sum, mut count) = (0u64, 0u64);
        for (place, (target, index)) in places.iter().zip(targets.iter().zip(&mut indices)) {
            let there = shown.get(*place).copied().unwrap_or_default();
            if sketch.drawn.get(*place) != Some(&true) {
                *index = transparent.unwrap_or(*index);
                pixels.push((*target, there, None));
                continue;
            }
            let color = palette
                .get(usize::from(*index))
                .copied()
                .unwrap_or_default();
            let mut error = distance(*target, color);
            sum += u64::from(error);
            count += 1;
            if let Some(transparent) = transparent
                && stays(*place)
                && distance(*target, there) <= error
            {
                error = distance(*target, there);
                *index = transparent;
            }
            pixels.push((*target, there, Some(error)));
        }
        let allowed = (sum as f64 / count.max(1) as f64 * f64::from(self.slack)) as u32;
        let size = code_size(palette.len(), transparent);
        let mut cost = |at: usize, index: u8| {
            let (target, there, error) = pixels.get(at)?;
            let error = (*error)?;
            let found = if Some(index) == transparent {
                if !stays(*places.get(at)?) {
                    return None;
                }
                distance(*target, *there)
            } else {
                distance(*target, *palette.get(usize::from(index))?)
            };
            (found <= error.saturating_add(allowed)).then_some(found)
        };
        let cost: Option<&mut dyn FnMut(usize, u8) -> Option<u32>> =
            if allowed > 0 { Some(&mut cost) } else { None };
        let data = self.lzw.encode(size, &mut indices, cost);
        show(&mut shown, sketch, &indices, self.width);
        self.shown = Shown::Nearly(shown);
        sketch.finished(data)
    }
}

/// Changes the colours on the canvas to those that are drawn.
fn show(shown: &mut [Rgb], sketch: &Sketch, indices: &[u8], width: usize) {
    for (place, index) in sketch.rect.places(width).zip(indices) {
        if Some(*index) != sketch.transparent
            && let (Some(shown), Some(color)) = (
                shown.get_mut(place),
                sketch.palette.get(usize::from(*index)),
            )
        {
            *shown = *color;
        }
    }
}
