//! A figure drawn: what is around the data, the data, the legends.

use pimage_core::{Cancel, Error, Frame};

use crate::figure::Figure;
use crate::furniture;
use crate::legend::Legend;
use crate::marks::{self, Marks};
use crate::pens::Pens;
use crate::plan::Plan;
use crate::raster::{Mask, paint_mask};

/// What drawing needs again and again.
#[derive(Debug, Default)]
pub(crate) struct Tools {
    pub(crate) pens: Pens,
    pub(crate) mask: Mask,
    pub(crate) cancel: Cancel,
}

/// The legends of a figure, one or none a panel.
pub(crate) fn legends(
    figure: &Figure,
    plan: &Plan,
    pens: &mut Pens,
) -> Result<Vec<Option<Legend>>, Error> {
    let marks = marks::all(figure, &plan.panels, plan.metrics);
    let panels = figure.panels.iter().zip(&marks);
    panels
        .map(|(panel, marks)| Legend::of(panel, marks, &plan.metrics, pens))
        .collect()
}

/// Draws all but the legends; `limit` says how many points of a series are shown.
pub(crate) fn draw(
    frame: &mut Frame,
    figure: &Figure,
    plan: &Plan,
    tools: &mut Tools,
    limit: impl Fn(&Marks<'_>) -> usize,
) -> Result<(), Error> {
    furniture::draw(frame, figure, plan, &mut tools.pens)?;
    let panels = marks::all(figure, &plan.panels, plan.metrics);
    for marks in panels.iter().flatten() {
        let limit = limit(marks);
        if limit > 0 {
            tools.mask.reset(marks.plan.area);
            marks.cover(&mut tools.mask, limit, &tools.cancel)?;
            paint_mask(frame, &tools.mask, marks.plan.area, marks.paint);
        }
    }
    Ok(())
}

/// Draws the legends.
pub(crate) fn draw_legends(
    frame: &mut Frame,
    figure: &Figure,
    plan: &Plan,
    legends: &[Option<Legend>],
    tools: &mut Tools,
) -> Result<(), Error> {
    let panels = marks::all(figure, &plan.panels, plan.metrics);
    for (marks, legend) in panels.iter().zip(legends) {
        if let Some(legend) = legend {
            legend.draw(frame, figure, marks, &plan.metrics, &mut tools.pens)?;
        }
    }
    Ok(())
}
