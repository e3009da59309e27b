//! Lines that grow: what is new is drawn, and what was drawn before is kept.

use pimage_core::{Error, Frame, FrameFormat, Paint};

use crate::figure::Figure;
use crate::furniture;
use crate::marks::{self, Marks};
use crate::plan::Plan;
use crate::raster::{Area, Mask, copy_area, paint_mask};
use crate::runs::Run;
use crate::scene::Tools;

/// What has been drawn so far.
///
/// The pixels of a frame follow from the number of points that it shows: those in columns that no later point falls into are kept in masks,
/// in which the order of drawing does not matter, and the rest is drawn over them anew for each frame.
#[derive(Debug)]
pub(crate) struct Growth {
    /// All that does not grow.
    base: Frame,
    /// The same with all that is kept.
    canvas: Frame,
    kept: Vec<Kept>,
}

/// What is kept of a series.
#[derive(Debug)]
struct Kept {
    mask: Mask,
    /// Points that are in the mask.
    next: usize,
}

/// Bytes of masks that are kept; with more series, each frame is drawn from its first point.
const MOST_BYTES: usize = 128 << 20;

impl Growth {
    /// Draws what does not grow; `None` when there are too many series to keep what is drawn of each.
    pub(crate) fn new(
        figure: &Figure,
        plan: &Plan,
        format: &FrameFormat,
        tools: &mut Tools,
    ) -> Result<Option<Self>, Error> {
        let panels = marks::all(figure, &plan.panels, plan.metrics);
        let bytes: usize = panels
            .iter()
            .flatten()
            .map(|marks| marks.plan.area.width * marks.plan.area.height)
            .sum();
        if bytes > MOST_BYTES {
            return Ok(None);
        }
        let mut base = Frame::zeroed(*format);
        furniture::draw(&mut base, figure, plan, &mut tools.pens)?;
        for marks in panels.iter().flatten().filter(|marks| !marks.can_grow()) {
            tools.mask.reset(marks.plan.area);
            marks.cover(&mut tools.mask, usize::MAX, &tools.cancel)?;
            paint_mask(&mut base, &tools.mask, marks.plan.area, marks.paint);
        }
        let kept = panels.iter().flatten().map(|marks| Kept {
            mask: Mask::new(if marks.can_grow() {
                marks.plan.area
            } else {
                Area::default()
            }),
            next: 0,
        });
        Ok(Some(Self {
            canvas: base.clone(),
            kept: kept.collect(),
            base,
        }))
    }

    /// Draws the points up to the limits into `frame`, which is of the figure's size.
    pub(crate) fn draw(
        &mut self,
        frame: &mut Frame,
        figure: &Figure,
        plan: &Plan,
        tools: &mut Tools,
        limit: impl Fn(&Marks<'_>) -> usize,
    ) -> Result<(), Error> {
        let panels = marks::all(figure, &plan.panels, plan.metrics);
        let all = || panels.iter().flatten();
        if all()
            .zip(&self.kept)
            .any(|(marks, kept)| limit(marks) < kept.next)
        {
            self.forget();
        }
        let mut touched = Area::default();
        let mut rest = Vec::new();
        for (marks, kept) in all()
            .zip(&mut self.kept)
            .filter(|(marks, _)| marks.can_grow())
        {
            let limit = limit(marks);
            let (area, last) = kept.advance(marks, limit, tools)?;
            touched = touched.join(&area);
            rest.push((*marks, last, limit));
        }
        if !touched.is_empty() {
            copy_area(&self.base, &mut self.canvas, touched);
            for (marks, kept) in all().zip(&self.kept) {
                paint_mask(&mut self.canvas, &kept.mask, touched, marks.paint);
            }
        }
        frame.bytes_mut().copy_from_slice(self.canvas.bytes());
        for (marks, last, limit) in rest {
            draw_head(frame, figure, plan, &marks, last.as_ref(), limit, tools);
        }
        Ok(())
    }

    fn forget(&mut self) {
        for kept in &mut self.kept {
            kept.mask.reset(kept.mask.area());
            kept.next = 0;
        }
        self.canvas.bytes_mut().copy_from_slice(self.base.bytes());
    }
}

impl Kept {
    /// Covers what is complete of the points up to a limit; returns what has changed and the run that is not complete.
    fn advance(
        &mut self,
        marks: &Marks<'_>,
        limit: usize,
        tools: &mut Tools,
    ) -> Result<(Area, Option<Run>), Error> {
        let mut touched = Area::default();
        if marks.track().is_none() || marks.is_dots() {
            let range = self.next..limit.max(self.next);
            self.next = range.end;
            touched = match marks.is_dots() {
                true => marks.cover_dots(&mut self.mask, range, &tools.cancel)?,
                false => marks.cover_events(&mut self.mask, range),
            };
            return Ok((touched, None));
        }
        let mut last = None;
        let (track, next) = (marks.track(), self.next);
        for run in track.iter().flat_map(|track| track.runs(next..limit)) {
            if tools.cancel.is_cancelled() {
                return Err(Error::Stopped);
            }
            if run.end < limit {
                touched = touched.join(&marks.cover_run(&mut self.mask, &run));
                self.next = run.end;
            } else {
                last = Some(run);
            }
        }
        Ok((touched, last))
    }
}

/// Draws the run that still grows, and a dot at the last point.
fn draw_head(
    frame: &mut Frame,
    figure: &Figure,
    plan: &Plan,
    marks: &Marks<'_>,
    last: Option<&Run>,
    limit: usize,
    tools: &mut Tools,
) {
    let area = marks.plan.area;
    let mut paint = |paint: Paint, shape: &dyn Fn(&mut Mask) -> Area| {
        tools.mask.reset_to_touched(area, shape);
        let touched = tools.mask.area();
        paint_mask(frame, &tools.mask, touched, paint);
    };
    if let Some(run) = last {
        paint(marks.paint, &|mask| marks.cover_run(mask, run));
    }
    if marks.is_dots() {
        return;
    }
    let point = limit
        .checked_sub(1)
        .and_then(|last| marks.track()?.point(last));
    if let Some(point) = point {
        let radius = plan.metrics.dot * 0.62;
        paint(figure.theme.ground(), &|mask| {
            mask.disc(point, radius + plan.metrics.hair)
        });
        paint(marks.paint, &|mask| mask.disc(point, radius));
    }
}
