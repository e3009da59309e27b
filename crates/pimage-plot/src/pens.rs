//! Text in the bundled font, level or upright.

use pimage_core::{Color, Error, Frame, FrameFormat, Limits, Paint, SampleType};
use pimage_text::{Anchor, Extent, Font, Pen, TextStyle};

use crate::raster::{Area, Mask, paint_mask, whole};
use crate::ticks::Tick;

/// Pens by size and colour, each with the characters that it has drawn so far.
#[derive(Debug, Default)]
pub(crate) struct Pens {
    pens: Vec<((u32, Paint), Pen)>,
    /// Where upright text is drawn before it is turned.
    level: Option<Frame>,
}

/// How text looks and which point of it is placed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lettering {
    /// Pixels in an em.
    pub(crate) size: f64,
    pub(crate) paint: Paint,
    pub(crate) anchor: Anchor,
    pub(crate) turn: Turn,
}

/// Which way text runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Turn {
    /// To the right.
    #[default]
    Level,
    /// Upwards.
    Up,
    /// Downwards.
    Down,
    /// To the left, on its head.
    Over,
}

/// Pens that are kept; a figure has fewer.
const MOST_PENS: usize = 64;
/// Longer texts have room nowhere.
const MOST_CHARACTERS: usize = 500;
/// Sizes are rounded to this part of a pixel.
const SIZES: f64 = 8.0;

impl Pens {
    fn pen(&mut self, size: f64, paint: Paint) -> Result<&Pen, Error> {
        let eighths = (size.clamp(1.0, 2048.0) * SIZES).round() as u32;
        let key = (eighths, paint);
        let place = self.pens.iter().position(|(known, _)| *known == key);
        let place = match place {
            Some(place) => place,
            None => {
                if self.pens.len() >= MOST_PENS {
                    self.pens.clear();
                }
                let style = TextStyle::new(f64::from(eighths) / SIZES).with_paint(paint);
                self.pens.push((key, Pen::new(Font::bundled(), style)?));
                self.pens.len() - 1
            }
        };
        let found = self.pens.get(place).map(|(_, pen)| pen);
        found.ok_or_else(|| Error::Internal {
            part: "the pens of a plot".to_owned(),
            reason: "a pen is missing".to_owned(),
        })
    }

    /// How much room a text of this size takes when it runs to the right.
    pub(crate) fn measure(&mut self, text: &str, size: f64) -> Result<Extent, Error> {
        Ok(self.pen(size, Paint::WHITE)?.measure(text))
    }

    /// How wide the widest text of some marks is, pixels.
    pub(crate) fn widest(&mut self, ticks: &[Tick], size: f64) -> Result<f64, Error> {
        let width =
            |widest: f64, tick: &Tick| Ok(widest.max(self.measure(&tick.text, size)?.width));
        ticks.iter().try_fold(0.0f64, width)
    }

    /// A text that is no wider than `room`, cut short with an ellipsis where it has to be.
    pub(crate) fn fitted(&mut self, text: &str, size: f64, room: f64) -> Result<String, Error> {
        // Texts of a file may be very long.
        let mut kept: Vec<char> = text.chars().take(MOST_CHARACTERS).collect();
        let mut shown: String = kept.iter().collect();
        while self.measure(&shown, size)?.width > room && !kept.is_empty() {
            kept.pop();
            shown = kept.iter().collect::<String>().trim_end().to_owned();
            shown.push('…');
        }
        Ok(shown)
    }

    /// Draws `text` so that its anchor is at (x, y), pixels.
    pub(crate) fn draw(
        &mut self,
        frame: &mut Frame,
        text: &str,
        (x, y): (f64, f64),
        how: &Lettering,
    ) -> Result<(), Error> {
        if how.turn == Turn::Level {
            self.pen(how.size, how.paint)?
                .draw(frame, x, y, how.anchor, text);
            return Ok(());
        }
        let extent = self.measure(text, how.size)?;
        let (width, height) = (extent.width.ceil() + 2.0, extent.height.ceil() + 2.0);
        // The casts clamp; no frame is as large.
        let format = FrameFormat::new(width as u32, height as u32, Color::Gray, SampleType::U8);
        let mut level = self.level.take().unwrap_or_else(Frame::empty);
        level.reset(&format, &Limits::default())?;
        level.bytes_mut().fill(0);
        self.pen(how.size, Paint::WHITE)?
            .draw(&mut level, 1.0, 1.0, Anchor::TopLeft, text);
        let (across, down) = how.anchor.fractions();
        let (across, down) = (1.0 + extent.width * across, 1.0 + extent.height * down);
        let turned = turned(&level, how.turn, (x, y), (across, down), &whole(frame));
        paint_mask(frame, &turned, turned.area(), how.paint);
        self.level = Some(level);
        Ok(())
    }
}

/// The coverage of a turned text, whose point `pivot` is at `place`.
fn turned(level: &Frame, turn: Turn, place: (f64, f64), pivot: (f64, f64), frame: &Area) -> Mask {
    let (width, height) = (
        level.format().width as usize,
        level.format().height as usize,
    );
    // Where the corner of the turned box is.
    let (dx, dy, wide, high) = match turn {
        Turn::Level => (pivot.0, pivot.1, width, height),
        Turn::Up => (pivot.1, width as f64 - pivot.0, height, width),
        Turn::Down => (height as f64 - pivot.1, pivot.0, height, width),
        Turn::Over => (
            width as f64 - pivot.0,
            height as f64 - pivot.1,
            width,
            height,
        ),
    };
    let (left, top) = ((place.0 - dx).round(), (place.1 - dy).round());
    let mut mask =
        Mask::new(frame.around((left, top), (left + wide as f64, top + high as f64), 0.0));
    let area = mask.area();
    let bytes = level.bytes();
    for y in area.top..area.bottom() {
        for x in area.left..area.right() {
            let (across, down) = ((x as f64 - left) as usize, (y as f64 - top) as usize);
            let (column, row) = match turn {
                Turn::Level => (across, down),
                Turn::Up => ((width - 1).saturating_sub(down), across),
                Turn::Down => (down, (height - 1).saturating_sub(across)),
                Turn::Over => (
                    (width - 1).saturating_sub(across),
                    (height - 1).saturating_sub(down),
                ),
            };
            let covered = bytes.get(row * width + column).copied().unwrap_or(0);
            mask.set(x, y, covered);
        }
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upright_text_is_level_text_turned() {
        let mut pens = Pens::default();
        let format = FrameFormat::new(60, 60, Color::Rgb, SampleType::U8);
        let mut how = Lettering {
            size: 16.0,
            paint: Paint::WHITE,
            anchor: Anchor::TopLeft,
            turn: Turn::Level,
        };
        let mut sums = Vec::new();
        for turn in [Turn::Level, Turn::Up, Turn::Down, Turn::Over] {
            how.turn = turn;
            how.anchor = Anchor::Center;
            let mut frame = Frame::zeroed(format);
            pens.draw(&mut frame, "L7", (30.0, 30.0), &how)
                .expect("is drawn");
            let sum: u64 = frame.bytes().iter().map(|sample| u64::from(*sample)).sum();
            sums.push(sum as f64);
        }
        assert!(sums[0] > 1000.0);
        // Level characters may stand between two pixels.
        assert!(
            sums.iter().all(|sum| (sum / sums[0] - 1.0).abs() < 0.02),
            "{sums:?}"
        );
    }
}
