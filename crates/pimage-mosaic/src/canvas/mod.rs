//! The mosaic as it looks: everything that stays, and pictures pasted onto it.

mod paste;
mod template;

use pimage_core::{Color, Error, Frame, FrameFormat, Limits};

use self::paste::Paste;
use crate::layout::{Area, Plan, Size};

/// What everything is drawn on: background and titles are drawn once, pictures are copied.
pub(crate) struct Canvas {
    /// A mosaic without pictures.
    template: Frame,
    /// The bytes that no picture covers, first and behind the last of each run.
    uncovered: Vec<(usize, usize)>,
    spots: Vec<Spot>,
    paste: Paste,
    limits: Limits,
}

/// Where one source is.
struct Spot {
    picture: Area,
    /// The band of its title, where that must be drawn after the pictures that it lies over.
    band: Option<Area>,
}

impl Canvas {
    /// A canvas of frames like `format`, of the size of the plan; `titles` are those of the places.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] when it is over the limits.
    pub(crate) fn new(
        plan: &Plan,
        format: &FrameFormat,
        titles: &[Option<String>],
        limits: &Limits,
    ) -> Result<Self, Error> {
        let format = FrameFormat {
            width: plan.width,
            height: plan.height,
            ..*format
        };
        limits.check_format(&format)?;
        let template = template::draw(plan, &format, titles)?;
        let pixel = format.color.channels() * format.sample.bytes();
        let pictures: Vec<Area> = plan.places.iter().map(|place| place.picture).collect();
        let spots = plan.places.iter().map(|place| Spot {
            picture: place.picture,
            band: place.title.filter(|_| place.is_over),
        });
        Ok(Self {
            uncovered: template::uncovered(plan, &pictures, pixel),
            spots: spots.collect(),
            paste: Paste::new(&format, plan.background),
            template,
            limits: *limits,
        })
    }

    /// What frames of the mosaic are.
    pub(crate) const fn format(&self) -> &FrameFormat {
        self.template.format()
    }

    /// The size of the picture at a place.
    pub(crate) fn size(&self, place: usize) -> Option<Size> {
        self.spots.get(place).map(|spot| spot.picture.size())
    }

    /// Draws the mosaic with these pictures, one for each place; where there is none, the place is background.
    pub(crate) fn draw<'a>(
        &self,
        frame: &mut Frame,
        pictures: impl Iterator<Item = Option<&'a Frame>> + Clone,
    ) -> Result<(), Error> {
        frame.reset(self.format(), &self.limits)?;
        let (source, target) = (self.template.bytes(), frame.bytes_mut());
        for &(from, to) in &self.uncovered {
            if let (Some(source), Some(target)) = (source.get(from..to), target.get_mut(from..to)) {
                target.copy_from_slice(source);
            }
        }
        // All of these first: another picture may be over them.
        for (spot, picture) in self.spots.iter().zip(pictures.clone()) {
            if picture.is_none() {
                self.restore(frame, &spot.picture);
            }
        }
        for (spot, picture) in self.spots.iter().zip(pictures) {
            if let Some(picture) = picture {
                self.paste.paste(picture, frame, &spot.picture);
            }
            if let Some(band) = &spot.band {
                self.restore(frame, band);
            }
        }
        Ok(())
    }

    /// Draws the template again in a part of the mosaic.
    fn restore(&self, frame: &mut Frame, area: &Area) {
        paste::copy_rows(&self.template, area, frame, area);
    }
}

/// The colour in which frames of all these can be shown: gray where all are, without opacity.
pub(crate) fn common_color(colors: impl IntoIterator<Item = Color>) -> Color {
    let is_gray = |color: Color| color.intensities() == 1;
    match colors.into_iter().all(is_gray) {
        true => Color::Gray,
        false => Color::Rgb,
    }
}
