//! The part of making a picture that needs what is on the canvas: frame after frame.

use std::sync::Arc;

use super::changes::Colors;
use super::lzw::{Lzw, code_size};
use super::nearest::{Rgb, distance};
use super::sketch::{Picture, Sketch};

/// A pixel to draw.
struct Pixel {
    target: Rgb,
    /// What is on the canvas, where that may stay.
    there: Option<Rgb>,
    /// The square of the error that it has; `None` when it is not to be touched.
    error: Option<u32>,
}

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
        let mut pixels = Vec::with_capacity(places.len());
        let (mut sum, mut count) = (0u64, 0u64);
        for (place, (target, index)) in places.iter().zip(targets.iter().zip(&mut indices)) {
            let there = shown.get(*place).copied().unwrap_or_default();
            let mut pixel = Pixel {
                target: *target,
                there: None,
                error: None,
            };
            if sketch.drawn.get(*place) == Some(&true) {
                let color = palette.get(usize::from(*index)).copied();
                let mut error = distance(*target, color.unwrap_or_default());
                sum += u64::from(error);
                count += 1;
                if stays(*place) {
                    let left = distance(*target, there);
                    pixel.there = Some(there);
                    if let Some(transparent) = transparent
                        && left <= error
                    {
                        (error, *index) = (left, transparent);
                    }
                }
                pixel.error = Some(error);
            } else {
                *index = transparent.unwrap_or(*index);
            }
            pixels.push(pixel);
        }
        let allowed = (sum as f64 / count.max(1) as f64 * f64::from(self.slack)) as u32;
        let mut colors = [None; 256];
        for (entry, color) in colors.iter_mut().zip(palette) {
            *entry = Some(*color);
        }
        let cost = |at: usize, index: u8| {
            let pixel: &Pixel = pixels.get(at)?;
            let color = if Some(index) == transparent {
                pixel.there
            } else {
                colors[usize::from(index)]
            };
            let found = distance(pixel.target, color?);
            (found <= pixel.error?.saturating_add(allowed)).then_some(found)
        };
        let size = code_size(palette.len(), transparent);
        let data = self
            .lzw
            .encode(size, &mut indices, (allowed > 0).then_some(cost));
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
