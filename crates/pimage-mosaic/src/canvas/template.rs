//! What of a mosaic is the same in all frames.

use pimage_core::{Error, Frame, FrameFormat, Sample, with_sample_type};
use pimage_text::{Anchor, Font, Pen, TextStyle, fill_rectangle};

use crate::layout::{Area, Plan};

/// A mosaic without pictures.
pub(super) fn draw(
    plan: &Plan,
    format: &FrameFormat,
    titles: &[Option<String>],
) -> Result<Frame, Error> {
    let mut frame = Frame::zeroed(*format);
    let values = plan.background.values(format);
    let channels = format.color.channels();
    with_sample_type!(format.sample, T => {
        let values = values.map(T::from_f64);
        let values = values.get(..channels).unwrap_or_default();
        let pixels = frame.samples_mut::<T>().unwrap_or_default().chunks_exact_mut(channels);
        for pixel in pixels {
            pixel.copy_from_slice(values);
        }
    });
    let Some(lettering) = &plan.lettering else {
        return Ok(frame);
    };
    let style = TextStyle::new(lettering.size).with_paint(lettering.paint);
    let pen = Pen::new(Font::bundled(), style)?;
    for (place, title) in plan.places.iter().zip(titles) {
        if let (Some(band), Some(title)) = (place.title, title) {
            let (x, y) = (i64::from(band.x), i64::from(band.y));
            fill_rectangle(&mut frame, x, y, band.width, band.height, lettering.band);
            write(&pen, &mut frame, &band, title);
        }
    }
    Ok(frame)
}

/// Writes a title in the middle of its band, and nothing outside of it.
fn write(pen: &Pen, frame: &mut Frame, band: &Area, title: &str) {
    let line = title.lines().next().unwrap_or_default();
    let Some(text) = fitting(pen, line, f64::from(band.width)) else {
        return;
    };
    let x = f64::from(band.x) + f64::from(band.width) / 2.0;
    let y = f64::from(band.y) + f64::from(band.height) / 2.0;
    pen.draw(frame, x, y, Anchor::Center, &text);
}

/// The text, or as much of its start as fits with an ellipsis; `None` when nothing does.
fn fitting(pen: &Pen, text: &str, width: f64) -> Option<String> {
    if pen.measure(text).width <= width {
        return Some(text.to_owned());
    }
    let ends: Vec<usize> = text.char_indices().map(|(end, _)| end).collect();
    let shortened = |end: usize| {
        let start = text.get(..end).unwrap_or_default().trim_end();
        format!("{start}…")
    };
    // Texts grow with their characters, but for kerning.
    let fit = ends.partition_point(|&end| pen.measure(&shortened(end)).width <= width);
    let end = fit.checked_sub(1).and_then(|last| ends.get(last))?;
    Some(shortened(*end))
}

/// The bytes that none of the pictures cover, as runs from the first byte to that behind the last; `pixel` is the size of one.
pub(super) fn uncovered(plan: &Plan, pictures: &[Area], pixel: usize) -> Vec<(usize, usize)> {
    let (width, height) = (plan.width as usize, plan.height as usize);
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut add = |from: usize, to: usize| match runs.last_mut() {
        Some(last) if last.1 == from => last.1 = to,
        _ if from < to => runs.push((from, to)),
        _ => {}
    };
    let mut covered: Vec<(usize, usize)> = Vec::new();
    for y in 0..height {
        covered.clear();
        let in_row = |area: &&Area| (u64::from(area.y)..area.bottom()).contains(&(y as u64));
        covered.extend(pictures.iter().filter(in_row).map(|area| {
            let right = usize::try_from(area.right()).unwrap_or(width);
            (area.x as usize, right.min(width))
        }));
        covered.sort_unstable();
        let mut x = 0;
        let row = y * width;
        for &(from, to) in &covered {
            if from > x {
                add((row + x) * pixel, (row + from) * pixel);
            }
            x = x.max(to);
        }
        if x < width {
            add((row + x) * pixel, (row + width) * pixel);
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Size;

    #[test]
    fn long_titles_end_in_an_ellipsis() {
        let pen = Pen::new(Font::bundled(), TextStyle::new(20.0)).expect("is a size");
        let shown = |text: &str, width: f64| fitting(&pen, text, width);
        assert_eq!(shown("mouse", 200.0), Some("mouse".to_owned()));
        let short = shown("mouse on a wheel", 100.0).expect("fits");
        assert!(
            short.starts_with("mouse") && short.ends_with('…'),
            "{short}"
        );
        assert!(pen.measure(&short).width <= 100.0);
        assert_eq!(shown("mouse", 1.0), None);
        assert_eq!(shown("", 0.0), Some(String::new()));
    }

    #[test]
    fn what_is_not_covered_is_in_few_runs() {
        let plan = Plan {
            width: 4,
            height: 4,
            places: Vec::new(),
            background: pimage_core::Paint::BLACK,
            method: None,
            lettering: None,
        };
        let pictures = [
            Area::new(1, 1, Size::new(2, 2)),
            Area::new(2, 2, Size::new(2, 1)),
        ];
        let runs = uncovered(&plan, &pictures, 1);
        assert_eq!(runs, [(0, 5), (7, 9), (12, 16)]);
        assert_eq!(uncovered(&plan, &[], 3), [(0, 48)]);
    }
}
