//! The part of making a picture that needs the frame and the one before, and no other: done on all cores.

use std::sync::Arc;

use super::changes::{Colors, Rect};
use super::dither::{Mapped, map};
use super::encode::picture;
use super::lzw::{AS_THEY_ARE, Lzw, code_size};
use super::nearest::{Nearest, Rgb};
use super::palette::{Histogram, MOST};
use crate::Dither;

/// A compressed picture, whose delay and disposal are still to be filled in.
pub(super) type Picture = gif::Frame<'static>;

/// Gray frames of more levels use the table of the file.
const OWN_LEVELS: usize = 32;

/// What holds for every frame of a clip.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) width: usize,
    /// Most colours in a palette.
    pub(super) colors: usize,
    pub(super) dither: Dither,
    /// How much more wrong than it has to be a pixel may be where that saves space: a part of the mean error (squared) of its picture.
    pub(super) slack: f32,
    /// The palette of the file.
    pub(super) palette: Option<Arc<Vec<Rgb>>>,
    /// Whether frames may have palettes of their own.
    pub(super) has_own: bool,
}

/// A frame, what is on the canvas before it, and whether all of it is drawn so that it can be cleared.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) now: Arc<Colors>,
    /// `None` for an empty canvas.
    pub(super) before: Option<Arc<Colors>>,
    pub(super) is_first: bool,
    pub(super) is_cleared: bool,
}

/// A picture with its palette, of which the indices may still change.
#[derive(Debug)]
pub(super) struct Sketch {
    pub(super) rect: Rect,
    /// Pixels of the canvas that change.
    pub(super) drawn: Vec<bool>,
    pub(super) palette: Vec<Rgb>,
    pub(super) is_own: bool,
    pub(super) transparent: Option<u8>,
    pub(super) mapped: Mapped,
    /// The finished picture, when every pixel has its very colour.
    pub(super) exact: Option<Picture>,
    pub(super) job: Job,
}

/// Makes sketches; keeps its tables from one to the next.
#[derive(Debug)]
pub(super) struct Sketcher {
    plan: Plan,
    histogram: Histogram,
    nearest: Nearest,
    lzw: Lzw,
}

/// A palette, whether it is the picture's own, and the index that leaves pixels as they are.
struct Chosen {
    palette: Vec<Rgb>,
    is_own: bool,
    transparent: Option<u8>,
    /// Whether every pixel has its very colour.
    is_exact: bool,
}

impl Sketcher {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            plan,
            histogram: Histogram::new(),
            nearest: Nearest::new(&[[0; 3]]),
            lzw: Lzw::new(),
        }
    }

    /// Chooses what to draw of a frame, its palette and its indices.
    pub(super) fn sketch(&mut self, job: Job) -> Sketch {
        let width = self.plan.width;
        let now = Arc::clone(&job.now);
        let mut drawn = now.changes(job.before.as_deref());
        let has_alpha = !now.opaque.is_empty();
        let area = if job.is_first && has_alpha {
            // Many viewers take a clip for opaque when its first picture does not say where nothing is.
            Some(Rect {
                left: 0,
                top: 0,
                width,
                height: now.pixels.len() / width.max(1),
            })
        } else if job.is_cleared {
            Rect::around(&now.opaque, width)
        } else {
            Rect::around(&drawn, width)
        };
        // A picture has one pixel at least.
        let rect = area.unwrap_or(Rect {
            left: 0,
            top: 0,
            width: 1,
            height: 1,
        });
        let is_full = rect
            .places(width)
            .all(|place| drawn.get(place) == Some(&true));
        let chosen = self.choose(&now, &mut drawn, rect, is_full);
        self.nearest.reset(&chosen.palette);
        let dither = if chosen.is_exact {
            Dither::None
        } else {
            self.plan.dither
        };
        let mapped = map(
            &now.pixels,
            width,
            rect,
            &drawn,
            &chosen.palette,
            &mut self.nearest,
            dither,
        );
        let mut sketch = Sketch {
            rect,
            drawn,
            palette: chosen.palette,
            is_own: chosen.is_own,
            transparent: chosen.transparent,
            mapped,
            exact: None,
            job,
        };
        if self.plan.palette.is_some() && !sketch.is_own {
            sketch.transparent = sketch.free_index(width);
            if sketch.transparent.is_none() && !is_full {
                self.draw_all(&mut sketch);
            }
        }
        if chosen.is_exact {
            sketch.exact = Some(self.encode_exactly(&mut sketch));
        }
        sketch
    }

    /// The palette for what is `drawn` of a frame, which may become more.
    fn choose(&mut self, now: &Colors, drawn: &mut [bool], rect: Rect, is_full: bool) -> Chosen {
        let pixel = |place: usize| now.pixels.get(place).copied().unwrap_or_default();
        let changed = rect
            .places(self.plan.width)
            .filter(|place| drawn.get(*place) == Some(&true));
        self.histogram.clear();
        self.histogram.add(changed.map(pixel));
        let colors = self.histogram.exact(MOST);
        let is_few = colors
            .as_ref()
            .is_some_and(|colors| colors.len() <= OWN_LEVELS);
        match &self.plan.palette {
            Some(palette) if !(self.plan.has_own && is_few) => {
                // Both are sorted.
                let is_there = |color: &Rgb| palette.binary_search(color).is_ok();
                Chosen {
                    is_exact: colors.is_some_and(|colors| colors.iter().all(is_there)),
                    palette: palette.to_vec(),
                    is_own: false,
                    transparent: None,
                }
            }
            _ => self.choose_own(now, drawn, rect, is_full),
        }
    }

    /// A palette for the picture alone.
    fn choose_own(
        &mut self,
        now: &Colors,
        drawn: &mut [bool],
        rect: Rect,
        is_full: bool,
    ) -> Chosen {
        let most = self.plan.colors;
        let exact = |palette: Vec<Rgb>, transparent| Chosen {
            palette,
            is_own: true,
            transparent,
            is_exact: true,
        };
        match self.histogram.exact(most) {
            // Nothing changes.
            Some(colors) if colors.is_empty() => return exact(vec![[0; 3]], Some(1)),
            // Where there may be holes, an index stands for them whenever there is room for one.
            Some(colors) if is_full && (now.opaque.is_empty() || colors.len() >= MOST) => {
                return exact(colors, None);
            }
            Some(colors) if colors.len() < MOST => {
                let transparent = u8::try_from(colors.len()).ok();
                return exact(colors, transparent);
            }
            // No index is left for what does not change: draw that too, if no other colours come in and it has a colour.
            Some(_) if now.opaque.is_empty() => {
                let pixels = rect
                    .places(self.plan.width)
                    .filter_map(|place| now.pixels.get(place));
                self.histogram.clear();
                self.histogram.add(pixels.copied());
                if let Some(colors) = self.histogram.exact(most) {
                    for place in rect.places(self.plan.width) {
                        if let Some(drawn) = drawn.get_mut(place) {
                            *drawn = true;
                        }
                    }
                    return exact(colors, None);
                }
            }
            _ => {}
        }
        let palette = self.histogram.palette(most.min(MOST - 1));
        Chosen {
            // Pixels may be left as they are where that is as good.
            transparent: u8::try_from(palette.len()).ok(),
            palette,
            is_own: true,
            is_exact: false,
        }
    }

    /// Draws the pixels that do not change too.
    fn draw_all(&mut self, sketch: &mut Sketch) {
        let places = sketch.rect.places(self.plan.width);
        for (place, index) in places.zip(&mut sketch.mapped.indices) {
            if let (Some(drawn), Some(color)) = (
                sketch.drawn.get_mut(place),
                sketch.job.now.pixels.get(place),
            ) {
                *drawn = true;
                *index = self.nearest.of(*color);
            }
        }
    }

    fn encode_exactly(&mut self, sketch: &mut Sketch) -> Picture {
        let places: Vec<usize> = sketch.rect.places(self.plan.width).collect();
        let indices = &mut sketch.mapped.indices;
        let Some(transparent) = sketch.transparent else {
            let size = code_size(sketch.palette.len(), None);
            let data = self.lzw.encode(size, indices, AS_THEY_ARE);
            return sketch.finished(data);
        };
        let is_drawn = |at: usize| {
            places
                .get(at)
                .and_then(|place| sketch.drawn.get(*place))
                .copied()
                .unwrap_or(true)
        };
        for (at, index) in indices.iter_mut().enumerate() {
            if !is_drawn(at) {
                *index = transparent;
            }
        }
        let now = &sketch.job.now;
        let palette = &sketch.palette;
        // A pixel that does not change may be drawn all the same, if it is there.
        let cost = |at: usize, index: u8| {
            let place = *places.get(at)?;
            let is_same =
                || now.is_opaque(place) && palette.get(usize::from(index)) == now.pixels.get(place);
            (!is_drawn(at) && (index == transparent || is_same())).then_some(0)
        };
        let size = code_size(palette.len(), Some(transparent));
        let data = self.lzw.encode(size, indices, Some(cost));
        sketch.finished(data)
    }
}

impl Sketch {
    /// An index that no drawn pixel has, for those that stay.
    fn free_index(&self, width: usize) -> Option<u8> {
        if let Ok(index) = u8::try_from(self.palette.len()) {
            return Some(index);
        }
        let mut is_used = [false; MOST];
        for (place, index) in self.rect.places(width).zip(&self.mapped.indices) {
            if self.drawn.get(place) == Some(&true)
                && let Some(used) = is_used.get_mut(usize::from(*index))
            {
                *used = true;
            }
        }
        let free = is_used.iter().position(|used| !used)?;
        u8::try_from(free).ok()
    }

    /// The picture of these codes.
    pub(super) fn finished(&self, codes: Vec<u8>) -> Picture {
        let palette = self.is_own.then_some(self.palette.as_slice());
        picture(self.rect, palette, self.transparent, codes)
    }
}
