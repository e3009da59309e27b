//! How what is written on frames looks, whatever their size.

use std::sync::OnceLock;

use pimage_core::{Error, Paint};
use pimage_text::{Font, Pen, TextStyle};

use super::place::Measure;
use crate::{Arguments, Parameter, Presence};

/// How what is written on frames looks: font, size, colours.
///
/// By default it is white with a black outline, a twentieth of the frame's height.
///
/// ```
/// use pimage_transform::{Lettering, Measure};
///
/// let lettering = Lettering { size: Measure::Pixels(16.0), ..Lettering::default() };
/// assert_eq!(lettering.style(512).size, 16.0);
/// ```
#[derive(Debug, Clone)]
pub struct Lettering {
    /// The font.
    pub font: Font,
    /// The size of an em; of a percentage of the frame's height, at least 8 pixels are taken.
    pub size: Measure,
    /// The colour of the characters.
    pub paint: Paint,
    /// How much of what is below all of it hides, 0 to 1.
    pub opacity: f64,
    /// The colour of a line around the characters.
    pub outline: Option<Paint>,
    /// The width of that line in pixels; a tenth of the size when nobody says.
    pub outline_width: Option<f64>,
    /// The colour of a soft shadow to the right and below.
    pub shadow: Option<Paint>,
    /// The colour of a box behind.
    pub background: Option<Paint>,
}

impl Default for Lettering {
    fn default() -> Self {
        Self {
            font: Font::bundled(),
            size: Measure::Percent(5.0),
            paint: Paint::WHITE,
            opacity: 1.0,
            outline: Some(Paint::BLACK),
            outline_width: None,
            shadow: None,
            background: None,
        }
    }
}

/// Characters that are smaller cannot be read.
const LEAST_SIZE: f64 = 8.0;
/// What [`TextStyle`] takes at most.
const MOST_SIZE: f64 = 2048.0;
/// Text that is darker gets a white outline, 0 to 255.
const DARK: f64 = 96.0;

impl Lettering {
    /// The style on frames of this height.
    #[must_use]
    pub fn style(&self, height: u32) -> TextStyle {
        let size = match self.size {
            Measure::Pixels(pixels) => pixels,
            percent @ Measure::Percent(_) => percent.pixels(height).clamp(LEAST_SIZE, MOST_SIZE),
        };
        let mut style = TextStyle::new(size)
            .with_paint(self.paint)
            .with_opacity(self.opacity);
        if let Some(paint) = self.outline {
            let width = self
                .outline_width
                .unwrap_or_else(|| TextStyle::outline_width(size));
            style = style.with_outline(width, paint);
        }
        if let Some(paint) = self.shadow {
            let offset = (size / 16.0).round().max(1.0) as i32;
            style = style.with_shadow(offset, offset, (size / 24.0).min(32.0), paint);
        }
        if let Some(paint) = self.background {
            style = style.with_background(Self::box_margin(size), paint);
        }
        style
    }

    /// How far a box reaches beyond what is in it, pixels.
    pub(super) fn box_margin(size: f64) -> u32 {
        (size / 5.0).round().max(1.0) as u32
    }

    /// What the arguments [`COLOR`] and those beside it say.
    pub(super) fn of_arguments(arguments: &Arguments<'_>) -> Result<Self, Error> {
        let paint: Paint = arguments.value("color")?;
        let shadow = optional_paint(arguments, "shadow")?;
        let background = optional_paint(arguments, "box")?;
        let outline = match arguments.is_given("outline") {
            true => optional_paint(arguments, "outline")?,
            false if shadow.is_some() || background.is_some() => None,
            false if paint.luma() < DARK => Some(Paint::WHITE),
            false => Some(Paint::BLACK),
        };
        let font = match arguments.text("font") {
            Some(path) => {
                arguments.reads(path);
                Font::open(path)?
            }
            None => Font::bundled(),
        };
        let lettering = Self {
            font,
            size: arguments.value("size")?,
            paint,
            opacity: arguments.number("opacity", 0.0..=1.0)?,
            outline,
            outline_width: arguments.optional_in("outline-width", 0.0..=64.0)?,
            shadow,
            background,
        };
        if let Measure::Pixels(size) = lettering.size
            && !(1.0..=MOST_SIZE).contains(&size)
        {
            let expected = format!("1 to {MOST_SIZE} pixels, or percent of the height");
            return Err(arguments.bad("size", size.to_string(), expected));
        }
        Ok(lettering)
    }
}

/// A colour, or `none`.
fn optional_paint(arguments: &Arguments<'_>, name: &str) -> Result<Option<Paint>, Error> {
    match arguments.text(name) {
        None | Some("none") => Ok(None),
        Some(_) => arguments.value(name).map(Some),
    }
}

/// `color`.
pub(super) const COLOR: Parameter = Parameter::new(
    "color",
    "colour of the characters; frames of gray get its luma",
    "white, #rrggbb or a gray of 0 to 255",
    Presence::Default("white"),
);

/// `size`.
pub(super) const SIZE: Parameter = Parameter::new(
    "size",
    "size of the font, at least 8 pixels when in percent",
    "pixels or percent of the height",
    Presence::Default("5%"),
);

/// `outline`.
pub(super) const OUTLINE: Parameter = Parameter::new(
    "outline",
    "colour of the line around the characters, or none",
    "none or a colour",
    Presence::Optional("black, white around dark characters, none with a shadow or a box"),
);

/// `outline-width`.
pub(super) const OUTLINE_WIDTH: Parameter = Parameter::new(
    "outline-width",
    "width of that line",
    "pixels",
    Presence::Optional("a tenth of the size"),
);

/// `shadow`.
pub(super) const SHADOW: Parameter = Parameter::new(
    "shadow",
    "colour of a soft shadow, or none",
    "none or a colour",
    Presence::Default("none"),
);

/// `box`.
pub(super) const BOX: Parameter = Parameter::new(
    "box",
    "colour of a box behind, or none",
    "none or a colour such as #00000080",
    Presence::Default("none"),
);

/// `font`.
pub(super) const FONT: Parameter = Parameter::new(
    "font",
    "a font of one's own",
    "a TTF or OTF file",
    Presence::Optional("DejaVu Sans, which is built in"),
);

/// `opacity`.
pub(super) const OPACITY: Parameter = Parameter::new(
    "opacity",
    "how much of what is below is hidden",
    "0 to 1",
    Presence::Default("1"),
);

/// Pens for frames of a height: one is kept, for nearly always all frames are of one.
#[derive(Debug)]
pub(super) struct Pens {
    lettering: Lettering,
    kept: OnceLock<(u32, Pen)>,
}

impl Pens {
    pub(super) const fn new(lettering: Lettering) -> Self {
        Self {
            lettering,
            kept: OnceLock::new(),
        }
    }

    pub(super) const fn lettering(&self) -> &Lettering {
        &self.lettering
    }

    /// What `function` makes of the pen for frames of this height.
    pub(super) fn with<R>(
        &self,
        height: u32,
        function: impl FnOnce(&Pen) -> R,
    ) -> Result<R, Error> {
        if let Some((kept, pen)) = self.kept.get()
            && *kept == height
        {
            return Ok(function(pen));
        }
        let pen = Pen::new(self.lettering.font.clone(), self.lettering.style(height))?;
        let result = function(&pen);
        // Another thread's pen is as good.
        let _ = self.kept.set((height, pen));
        Ok(result)
    }
}
