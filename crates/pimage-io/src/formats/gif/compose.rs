//! The canvas that pictures are drawn on, as browsers do it.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::collections::BTreeMap;

use gif::DisposalMethod;
use pimage_core::Color;

use super::blocks::Picture;
use super::decode::rows;

/// Bytes of canvases that are kept to seek by.
const KEPT_BYTES: usize = 64 << 20;

/// The colours of a picture's indices, transparent where the table ends.
pub(super) type Palette = [Option<[u8; 3]>; 256];

/// Why a canvas is not what it should be: the first damaged picture that it was made of.
type Taint = Option<u64>;

/// The pictures so far.
#[derive(Debug, Clone)]
pub(super) struct Canvas {
    width: usize,
    color: Color,
    samples: Vec<u8>,
    /// The picture drawn last, with what is to become of it.
    last: Option<Picture>,
    /// What was there before it, when that comes back: its rows in the order in which they were drawn.
    saved: Vec<u8>,
    /// Transparent pixels; none without opacity.
    holes: usize,
    saved_holes: usize,
    taint: Taint,
    saved_taint: Taint,
}

impl Canvas {
    /// A transparent one; without opacity, black.
    pub(super) fn new(width: u32, height: u32, color: Color) -> Self {
        let samples = width as usize * height as usize * color.channels();
        let mut canvas = Self {
            width: width as usize,
            color,
            samples: vec![0; samples],
            last: None,
            saved: Vec::new(),
            holes: 0,
            saved_holes: 0,
            taint: None,
            saved_taint: None,
        };
        canvas.holes = canvas.all_holes();
        canvas
    }

    const fn has_alpha(&self) -> bool {
        matches!(self.color, Color::GrayAlpha | Color::Rgba)
    }

    /// The holes of an empty canvas.
    const fn all_holes(&self) -> usize {
        if self.has_alpha() {
            self.samples.len() / self.color.channels()
        } else {
            0
        }
    }

    /// The samples, row after row.
    pub(super) fn samples(&self) -> &[u8] {
        &self.samples
    }

    /// The first damaged picture that shows, if one does.
    pub(super) const fn taint(&self) -> Option<u64> {
        self.taint
    }

    /// As at the start.
    pub(super) fn clear(&mut self) {
        self.samples.fill(0);
        self.last = None;
        self.saved.clear();
        self.holes = self.all_holes();
        self.taint = None;
        self.saved_taint = None;
    }

    /// Whether a pixel is transparent.
    pub(super) const fn has_holes(&self) -> bool {
        self.holes > 0
    }

    /// The samples of a row of a picture, as much of it as is on the canvas.
    fn row(&mut self, picture: &Picture, y: u16) -> Option<&mut [u8]> {
        let channels = self.color.channels();
        let width = self
            .width
            .saturating_sub(usize::from(picture.left))
            .min(usize::from(picture.width));
        let start =
            (usize::from(picture.top) + usize::from(y)) * self.width + usize::from(picture.left);
        self.samples
            .get_mut(start * channels..(start + width) * channels)
    }

    /// Does to the last picture what becomes of it before the next one.
    pub(super) fn dispose(&mut self) {
        let Some(last) = self.last.take() else { return };
        match last.disposal {
            DisposalMethod::Any | DisposalMethod::Keep => {}
            DisposalMethod::Background => {
                self.uncover(&last);
                // What was wrong with this picture alone is gone with it.
                self.taint = self.saved_taint;
            }
            DisposalMethod::Previous => {
                self.restore(&last);
                self.taint = self.saved_taint;
            }
        }
        self.saved.clear();
    }

    /// Makes the rectangle of a picture transparent.
    fn uncover(&mut self, picture: &Picture) {
        let counts = self.has_alpha();
        let channels = self.color.channels();
        for y in 0..picture.height {
            let Some(row) = self.row(picture, y) else {
                break;
            };
            let opaque = if counts {
                let pixels = row.chunks_exact(channels);
                pixels.filter(|pixel| pixel.last() != Some(&0)).count()
            } else {
                0
            };
            row.fill(0);
            self.holes += opaque;
        }
    }

    /// Brings back what was there before a picture.
    fn restore(&mut self, picture: &Picture) {
        let saved = std::mem::take(&mut self.saved);
        let mut rest = saved.as_slice();
        for y in rows(picture.height, picture.is_interlaced) {
            let Some(row) = self.row(picture, y) else {
                continue;
            };
            let Some((before, after)) = rest.split_at_checked(row.len()) else {
                break;
            };
            row.copy_from_slice(before);
            rest = after;
        }
        self.saved = saved;
        self.holes = self.saved_holes;
    }

    /// Draws the indices of a picture, of which the last may be missing; `damaged` is its place when they are.
    pub(super) fn draw(
        &mut self,
        picture: &Picture,
        palette: &Palette,
        indices: &[u8],
        damaged: Option<u64>,
    ) {
        self.saved_taint = self.taint;
        self.saved_holes = self.holes;
        let mut saved = std::mem::take(&mut self.saved);
        saved.clear();
        let mut holes = self.holes;
        let channels = self.color.channels();
        let has_alpha = self.has_alpha();
        let stored = indices.chunks(usize::from(picture.width).max(1));
        for (indices, y) in stored.zip(rows(picture.height, picture.is_interlaced)) {
            let Some(row) = self.row(picture, y) else {
                continue;
            };
            if picture.disposal == DisposalMethod::Previous {
                saved.extend_from_slice(row);
            }
            for (pixel, index) in row.chunks_exact_mut(channels).zip(indices) {
                let Some(Some(color)) = palette.get(usize::from(*index)) else {
                    continue;
                };
                if let Some((alpha, rest)) = pixel.split_last_mut().filter(|_| has_alpha) {
                    holes -= usize::from(*alpha == 0);
                    *alpha = 255;
                    rest.iter_mut()
                        .zip(color)
                        .for_each(|(to, from)| *to = *from);
                } else {
                    pixel
                        .iter_mut()
                        .zip(color)
                        .for_each(|(to, from)| *to = *from);
                }
            }
        }
        (self.saved, self.holes) = (saved, holes);
        self.taint = self.taint.or(damaged);
        self.last = Some(*picture);
    }
}

/// Canvases as they are before some pictures are drawn, at growing distances.
#[derive(Debug)]
pub(super) struct Checkpoints {
    kept: BTreeMap<u64, Canvas>,
    /// Pictures from one to the next.
    step: u64,
    most: usize,
}

impl Checkpoints {
    /// As many canvases of this size as the memory for them allows.
    pub(super) fn new(canvas_bytes: usize) -> Self {
        Self {
            kept: BTreeMap::new(),
            step: 8,
            most: KEPT_BYTES / canvas_bytes.max(1),
        }
    }

    /// No canvas is kept.
    pub(super) const fn none() -> Self {
        Self {
            kept: BTreeMap::new(),
            step: 1,
            most: 0,
        }
    }

    /// Keeps the canvas before picture `index` when it is its turn.
    pub(super) fn offer(&mut self, index: u64, canvas: &Canvas) {
        if self.most == 0
            || index == 0
            || !index.is_multiple_of(self.step)
            || self.kept.contains_key(&index)
        {
            return;
        }
        if self.kept.len() >= self.most {
            self.step *= 2;
            let step = self.step;
            self.kept.retain(|index, _| index.is_multiple_of(step));
            if !index.is_multiple_of(step) || self.kept.len() >= self.most {
                return;
            }
        }
        self.kept.insert(index, canvas.clone());
    }

    /// The last one at or before picture `index`.
    pub(super) fn before(&self, index: u64) -> Option<(u64, &Canvas)> {
        let (index, canvas) = self.kept.range(..=index).next_back()?;
        Some((*index, canvas))
    }
}
