//! The colour bar: what the colours of a frame mean, beside it or inside of it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use pimage_core::{Error, Frame, FrameFormat, Limits, Paint};
use pimage_text::{Anchor, Font, Pen, TextStyle, fill_rectangle, surround_rectangle};

use crate::Coloring;
use crate::norm::{Place, Scale};
use crate::ticks::{Tick, ticks};

/// Where a colour bar stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BarPlace {
    /// Beside the frame, which becomes wider.
    Left,
    /// Beside the frame, which becomes wider.
    Right,
    /// Above the frame, which becomes higher.
    Top,
    /// Below the frame, which becomes higher.
    Bottom,
    /// On the frame, there; level at the middle of the upper and the lower side, upright elsewhere.
    Inside(Anchor),
}

impl BarPlace {
    const fn is_upright(self) -> bool {
        !matches!(
            self,
            Self::Top | Self::Bottom | Self::Inside(Anchor::Top | Anchor::Bottom)
        )
    }
}

impl FromStr for BarPlace {
    type Err = Error;

    /// `left`, `right`, `top`, `bottom`, or `inside-` and an anchor: `inside-top-right`.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text.trim() {
            "left" => Ok(Self::Left),
            "right" => Ok(Self::Right),
            "top" => Ok(Self::Top),
            "bottom" => Ok(Self::Bottom),
            other => match other.strip_prefix("inside-") {
                Some(anchor) => anchor.parse().map(Self::Inside),
                None => Err(Error::bad_option(
                    "the place of a colour bar",
                    format!("`{text}`"),
                    "left, right, top, bottom, or inside- and a place such as inside-top-right",
                )),
            },
        }
    }
}

/// A colour bar with its numbers and a label.
///
/// Its numbers are round, and those of the range that the colours have in that frame.
///
/// ```
/// use pimage_colormap::{BarPlace, ColorBar, Coloring, Colormap};
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_range::RangeSpec;
///
/// let bar = ColorBar::new(BarPlace::Right)?.with_label("T (K)");
/// let range = RangeSpec::Bounds { low: 290.0, high: 310.0 };
/// let coloring = Coloring::new(Colormap::by_name("inferno")?, range).with_bar(bar);
/// let mut frame = Frame::zeroed(FrameFormat::new(160, 120, Color::Gray, SampleType::F32));
/// coloring.apply(&mut frame, &mut Frame::empty())?;
/// assert!(frame.format().width > 160 && frame.format().height == 120);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Clone)]
pub struct ColorBar {
    place: BarPlace,
    label: String,
    size: f64,
    paint: Paint,
    background: Paint,
    /// Length of a bar inside of a frame, as a part of the frame's side.
    length: f64,
    pen: Arc<Pen>,
}

/// A rectangle in a frame, pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Area {
    x: i64,
    y: i64,
    width: u32,
    height: u32,
}

/// Numbers of frames whose ranges differ have room for this.
const WIDEST: &str = "-8.88e-88";

impl ColorBar {
    /// A bar at this place: white numbers of 14 pixels on black, which is half transparent inside of frames.
    ///
    /// # Errors
    ///
    /// None that are known of: those of [`Pen::new`].
    pub fn new(place: BarPlace) -> Result<Self, Error> {
        let alpha = match place {
            BarPlace::Inside(_) => 128,
            _ => 255,
        };
        let background = Paint {
            alpha,
            ..Paint::BLACK
        };
        Self {
            place,
            label: String::new(),
            size: 14.0,
            paint: Paint::WHITE,
            background,
            length: 0.5,
            pen: Arc::new(Pen::new(Font::bundled(), TextStyle::new(14.0))?),
        }
        .with_text(14.0, Paint::WHITE)
    }

    /// The same with a text above its end: what the numbers are, and their unit.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same with numbers of this size, in pixels, and colour; the bar is as wide as they are high.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when the size is not within 4 to 200.
    pub fn with_text(mut self, size: f64, paint: Paint) -> Result<Self, Error> {
        if !(4.0..=200.0).contains(&size) {
            let expected = "4 to 200 pixels";
            return Err(Error::bad_option(
                "the size of a colour bar",
                size.to_string(),
                expected,
            ));
        }
        let style = TextStyle::new(size).with_paint(paint);
        self.pen = Arc::new(Pen::new(Font::bundled(), style)?);
        (self.size, self.paint) = (size, paint);
        Ok(self)
    }

    /// The same on this ground.
    #[must_use]
    pub const fn with_background(mut self, paint: Paint) -> Self {
        self.background = paint;
        self
    }

    /// The same as long as this part of the frame's side, where it is inside of the frame: above 0 to 1.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when it is another number.
    pub fn with_length(mut self, length: f64) -> Result<Self, Error> {
        if !(length > 0.0 && length <= 1.0) {
            let expected = "a part of the frame's side, above 0 and at most 1";
            return Err(Error::bad_option(
                "the length of a colour bar",
                length.to_string(),
                expected,
            ));
        }
        self.length = length;
        Ok(self)
    }

    /// A step of the layout: a part of the size of the numbers, whole pixels.
    fn part(&self, factor: f64) -> u32 {
        (self.size * factor).round().max(1.0) as u32
    }

    /// How far bar, marks and numbers reach away from the frame.
    fn thickness(&self, scale: Option<&Scale>, length: u32) -> u32 {
        let pixels = |value: f64| value.ceil().clamp(0.0, f64::from(u16::MAX)) as u32;
        let beside = self.part(0.6) + self.part(1.0) + self.part(0.5) + self.part(0.4);
        let label = self.pen.measure(&self.label);
        if !self.place.is_upright() {
            let lines = if self.label.is_empty() { 1.0 } else { 2.0 };
            return beside + pixels(lines * self.pen.line_height());
        }
        let widest = match scale {
            Some(scale) => self
                .ticks(scale, length)
                .iter()
                .map(|tick| self.pen.measure(&tick.text).width)
                .fold(0.0, f64::max),
            None => self.pen.measure(WIDEST).width,
        };
        let label = pixels(label.width) + self.part(0.6) + self.part(0.4);
        (beside + pixels(widest)).max(if self.label.is_empty() { 0 } else { label })
    }

    /// Round numbers that have room on a bar of this length.
    fn ticks(&self, scale: &Scale, length: u32) -> Vec<Tick> {
        let room = match self.place.is_upright() {
            true => self.pen.line_height() * 1.6,
            false => self.pen.measure("-0.00").width * 1.6,
        };
        let count = (f64::from(length) / room).floor().clamp(2.0, 10.0);
        ticks(scale, count as usize)
    }

    /// The format of frames with their bar; `scale` is that of all frames if there is one.
    pub(crate) fn output_format(
        &self,
        input: &FrameFormat,
        scale: Option<&Scale>,
    ) -> Result<FrameFormat, Error> {
        let mut output = *input;
        let (side, length) = match self.place {
            BarPlace::Inside(_) => return Ok(output),
            BarPlace::Left | BarPlace::Right => (&mut output.width, input.height),
            BarPlace::Top | BarPlace::Bottom => (&mut output.height, input.width),
        };
        let grown = side.checked_add(self.thickness(scale, length));
        *side = grown.ok_or_else(|| {
            Error::bad_option(
                "a colour bar",
                format!("beside {input} frames"),
                "smaller ones",
            )
        })?;
        Ok(output)
    }

    /// Where the bar with all that belongs to it is in a frame of this size, whose picture begins at the second result.
    fn area(&self, scale: &Scale, input: &FrameFormat, output: &FrameFormat) -> (Area, (u32, u32)) {
        let (right, below) = (output.width - input.width, output.height - input.height);
        let beside = |x: u32, y: u32, width: u32, height: u32| Area {
            x: i64::from(x),
            y: i64::from(y),
            width,
            height,
        };
        match self.place {
            BarPlace::Left => (beside(0, 0, right, output.height), (right, 0)),
            BarPlace::Right => (beside(input.width, 0, right, output.height), (0, 0)),
            BarPlace::Top => (beside(0, 0, output.width, below), (0, below)),
            BarPlace::Bottom => (beside(0, input.height, output.width, below), (0, 0)),
            BarPlace::Inside(anchor) => {
                let side = if self.place.is_upright() {
                    input.height
                } else {
                    input.width
                };
                let length = (f64::from(side) * self.length).round() as u32;
                let thickness = self.thickness(Some(scale), length);
                let (width, height) = match self.place.is_upright() {
                    true => (thickness, length),
                    false => (length, thickness),
                };
                let margin = i64::from(self.part(0.6));
                let (along_x, along_y) = anchor.fractions();
                let free = |side: u32, own: u32| i64::from(side) - i64::from(own) - 2 * margin;
                let at = |free: i64, part: f64| margin + (free as f64 * part).round() as i64;
                let area = Area {
                    x: at(free(input.width, width), along_x),
                    y: at(free(input.height, height), along_y),
                    width,
                    height,
                };
                (area, (0, 0))
            }
        }
    }

    /// Draws the bar on `frame`, or makes the frame larger and draws it beside.
    pub(crate) fn attach(
        &self,
        frame: &mut Frame,
        spare: &mut Frame,
        scale: &Scale,
        coloring: &Coloring,
    ) -> Result<(), Error> {
        let input = *frame.format();
        let known = (!coloring.is_per_frame()).then_some(scale);
        let output = self.output_format(&input, known)?;
        let (area, origin) = self.area(scale, &input, &output);
        if output != input {
            spare.reset(&output, &Limits::none())?;
            place_picture(frame, spare, origin);
            spare.stamp = frame.stamp.clone();
            std::mem::swap(frame, spare);
            // The ground is all that there is: nothing shines through it but what is behind the frame.
            let ground = FrameGround {
                area,
                paint: self.background,
            };
            ground.clear(frame);
        } else {
            fill_rectangle(
                frame,
                area.x,
                area.y,
                area.width,
                area.height,
                self.background,
            );
        }
        self.draw(frame, area, scale, coloring);
        Ok(())
    }

    fn draw(&self, frame: &mut Frame, area: Area, scale: &Scale, coloring: &Coloring) {
        let bar = self.bar(area);
        let is_upright = self.place.is_upright();
        let length = if is_upright { bar.height } else { bar.width };
        let count = scale.count();
        for place in 0..length {
            let share = (f64::from(place) + 0.5) / f64::from(length);
            let color = Place::At(((share * count as f64) as usize).min(count - 1));
            let paint = coloring.paints().mapped(color);
            let along = i64::from(place);
            if is_upright {
                let y = bar.y + i64::from(length) - 1 - along;
                fill_rectangle(frame, bar.x, y, bar.width, 1, paint);
            } else {
                fill_rectangle(frame, bar.x + along, bar.y, 1, bar.height, paint);
            }
        }
        if length > 0 {
            // So that ends of the ground's colour are seen.
            let (corner, size) = ((bar.x, bar.y), (bar.width, bar.height));
            surround_rectangle(frame, corner, size, 1, self.paint);
        }
        let mark = i64::from(self.part(0.25));
        let mut free_from = f64::NEG_INFINITY;
        for tick in self.ticks(scale, length) {
            let along = tick.share * f64::from(length);
            let extent = self.pen.measure(&tick.text);
            let half = if is_upright {
                extent.height
            } else {
                extent.width
            } / 2.0;
            // Numbers that would lie over each other are left out.
            if along - half < free_from || length == 0 {
                continue;
            }
            free_from = along + half * 1.2;
            let at = (along.round() as i64).clamp(0, i64::from(length) - 1);
            if is_upright {
                let (x, y) = (
                    bar.x + i64::from(bar.width),
                    bar.y + i64::from(length) - 1 - at,
                );
                fill_rectangle(frame, x, y, self.part(0.25), 1, self.paint);
                let x = (x + mark) as f64 + self.size * 0.25;
                self.pen
                    .draw(frame, x, y as f64 + 0.5, Anchor::Left, &tick.text);
            } else {
                let (x, y) = (bar.x + at, bar.y + i64::from(bar.height));
                fill_rectangle(frame, x, y, 1, self.part(0.25), self.paint);
                self.pen.draw(
                    frame,
                    x as f64 + 0.5,
                    (y + mark) as f64,
                    Anchor::Top,
                    &tick.text,
                );
            }
        }
        if !self.label.is_empty() {
            let (x, y) = self.label_at(area, bar);
            let anchor = if is_upright {
                Anchor::TopLeft
            } else {
                Anchor::Bottom
            };
            self.pen.draw(frame, x, y, anchor, &self.label);
        }
    }

    /// Where the colours are.
    fn bar(&self, area: Area) -> Area {
        let (gap, end) = (self.part(0.6), self.part(0.8));
        if self.place.is_upright() {
            let label = if self.label.is_empty() {
                0.0
            } else {
                self.pen.line_height()
            };
            let top = end + label.ceil() as u32;
            Area {
                x: area.x + i64::from(gap),
                y: area.y + i64::from(top),
                width: self.part(1.0),
                height: area.height.saturating_sub(top + end),
            }
        } else {
            // Half of a number may stand beyond either end.
            let end = self.part(1.6);
            Area {
                x: area.x + i64::from(end),
                y: area.y + i64::from(gap),
                width: area.width.saturating_sub(2 * end),
                height: self.part(1.0),
            }
        }
    }

    /// The upper left corner of the label of an upright bar, the middle of the lower side of that of a level one.
    fn label_at(&self, area: Area, bar: Area) -> (f64, f64) {
        if self.place.is_upright() {
            (bar.x as f64, area.y as f64 + self.size * 0.3)
        } else {
            let middle = bar.x as f64 + f64::from(bar.width) / 2.0;
            (
                middle,
                (area.y + i64::from(area.height)) as f64 - self.size * 0.15,
            )
        }
    }
}

/// Copies a picture into a larger frame.
fn place_picture(picture: &Frame, output: &mut Frame, (x, y): (u32, u32)) {
    let channels = picture.format().color.channels();
    let row_bytes = picture.format().width as usize * channels;
    let output_bytes = output.format().width as usize * channels;
    if row_bytes == 0 || output_bytes == 0 {
        return;
    }
    let rows = picture.bytes().chunks_exact(row_bytes);
    let targets = output.bytes_mut().chunks_exact_mut(output_bytes);
    let start = x as usize * channels;
    for (row, target) in rows.zip(targets.skip(y as usize)) {
        if let Some(target) = target.get_mut(start..start + row_bytes) {
            target.copy_from_slice(row);
        }
    }
}

/// The ground of a bar beside a frame.
struct FrameGround {
    area: Area,
    paint: Paint,
}

impl FrameGround {
    /// Replaces what is there, whatever it is.
    fn clear(&self, frame: &mut Frame) {
        let format = *frame.format();
        let channels = format.color.channels();
        let row_bytes = format.width as usize * channels;
        let paint = [
            self.paint.red,
            self.paint.green,
            self.paint.blue,
            self.paint.alpha,
        ];
        let start = usize::try_from(self.area.x).unwrap_or(0) * channels;
        let end = start + self.area.width as usize * channels;
        if row_bytes == 0 {
            return;
        }
        let rows = frame.bytes_mut().chunks_exact_mut(row_bytes);
        let top = usize::try_from(self.area.y).unwrap_or(0);
        for row in rows.skip(top).take(self.area.height as usize) {
            let part = row.get_mut(start..end).unwrap_or_default();
            for pixel in part.chunks_exact_mut(channels) {
                pixel
                    .iter_mut()
                    .zip(paint)
                    .for_each(|(sample, value)| *sample = value);
            }
        }
    }
}

impl fmt::Debug for ColorBar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ColorBar")
            .field("place", &self.place)
            .field("label", &self.label)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::{Color, SampleType, Transform};
    use pimage_range::RangeSpec;

    use super::*;
    use crate::Colormap;

    #[test]
    fn a_line_is_around_the_colours_so_that_black_ends_are_seen() {
        for place in [BarPlace::Right, BarPlace::Bottom] {
            let bar = ColorBar::new(place).expect("is a bar");
            let gray = Colormap::by_name("gray").expect("is known");
            let coloring = Coloring::new(gray, RangeSpec::Full).with_bar(bar.clone());
            let mut frame = Frame::zeroed(FrameFormat::new(200, 150, Color::Gray, SampleType::U8));
            let input = *frame.format();
            coloring
                .apply(&mut frame, &mut Frame::empty())
                .expect("is gray");
            let output = *frame.format();
            let (area, _) = bar.area(&coloring.scale((0.0, 255.0)), &input, &output);
            let inner = bar.bar(area);
            let at = |x: i64, y: i64| {
                frame.bytes()[(y as usize * output.width as usize + x as usize) * 3]
            };
            let (right, bottom) = (
                inner.x + i64::from(inner.width),
                inner.y + i64::from(inner.height),
            );
            for (x, y) in [
                (inner.x - 1, inner.y - 1),
                (right, bottom),
                (right, inner.y - 1),
            ] {
                assert_eq!(at(x, y), 255, "{place:?}");
            }
            // Within the line the lowest colours, beyond it the ground.
            assert!(at(inner.x, bottom - 1) < 9, "{place:?}");
            assert_eq!(at(inner.x - 2, bottom - 1), 0, "{place:?}");
        }
    }
}
