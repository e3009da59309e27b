//! Layouts as files: every cell with its source, its place, its steps and its time.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use pimage_core::{Error, FrameRate, FrameReader, Paint};
use pimage_transform::{Chain, Method, Step};
use serde::{Deserialize, Deserializer, Serialize};

use super::{Area, Arrangement, Explicit, Fit, Layout, Place, Plan, Size, Spot, Titles, text};
use crate::source::Cell;
use crate::timing::{Align, AtEnd, Offset, Speed, Timing};

/// A mosaic as a TOML file says it: the canvas, and each cell with its source, its place, its steps and its time.
///
/// ```
/// use pimage_mosaic::LayoutFile;
///
/// let file = LayoutFile::parse(
///     "width = 640
///      height = 256
///      [[cell]]
///      source = \"left.avi\"
///      x = 0
///      y = 0
///      width = 320
///      height = 256
///      [[cell]]
///      source = \"right.avi\"
///      x = 320
///      y = 0
///      width = 320
///      height = 256
///      speed = 0.5
///      transform = \"flip=horizontal\"",
///     "pair.toml",
/// )?;
/// assert_eq!(file.cells[1].speed.to_string(), "1/2");
/// assert_eq!(LayoutFile::parse(&file.to_string(), "again.toml")?, file);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutFile {
    /// Width of the mosaic, pixels.
    pub width: u32,
    /// Height of the mosaic, pixels.
    pub height: u32,
    /// What is between the pictures and around them.
    #[serde(default = "black", with = "text")]
    pub background: Paint,
    /// Frames in a second; as [`MosaicOptions::rate`](crate::MosaicOptions::rate) has it when it is `None`.
    #[serde(
        default,
        with = "text::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub rate: Option<FrameRate>,
    /// How frames of different sources are brought together.
    #[serde(default, with = "text")]
    pub align: Align,
    /// How pictures are resized.
    #[serde(default, with = "text::method")]
    pub method: Option<Method>,
    /// How titles look.
    #[serde(default, skip_serializing_if = "is_default")]
    pub titles: Titles,
    /// The cells, in the order in which they are drawn.
    #[serde(rename = "cell", default)]
    pub cells: Vec<LayoutCell>,
}

/// One cell of a [`LayoutFile`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutCell {
    /// The recording; a path is relative to the folder of the file.
    pub source: String,
    /// Pixels left of the picture's room.
    pub x: u32,
    /// Pixels above the picture's room.
    pub y: u32,
    /// Width of the picture's room, pixels.
    pub width: u32,
    /// Height of the picture's room, pixels.
    pub height: u32,
    /// How the picture is fitted into its room.
    #[serde(default, with = "text", skip_serializing_if = "is_default")]
    pub fit: Fit,
    /// The title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The band of the title: x, y, width, height; when it is `None`, it is cut off from the room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_area: Option<[u32; 4]>,
    /// What is done to each frame before it is resized, in the grammar of [`Chain`].
    #[serde(
        default,
        deserialize_with = "steps",
        skip_serializing_if = "String::is_empty"
    )]
    pub transform: String,
    /// The colormap of gray frames, which is a last step.
    #[serde(
        default,
        deserialize_with = "colormap",
        skip_serializing_if = "Option::is_none"
    )]
    pub colormap: Option<String>,
    /// How much later than the mosaic the source begins.
    #[serde(default, with = "text")]
    pub offset: Offset,
    /// How many of its frames are shown in the time of one.
    #[serde(default, with = "text")]
    pub speed: Speed,
    /// What follows its last frame; background, or for a still image itself, when it is `None`.
    #[serde(
        default,
        with = "text::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub end: Option<AtEnd>,
}

/// No layout that a person or `--print-layout` wrote is longer.
const MOST_BYTES: u64 = 4 << 20;

/// What errors call the format.
const NAME: &str = "mosaic layout";

const fn black() -> Paint {
    Paint::BLACK
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Text that is a chain of steps.
fn steps<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let chain: Result<Chain, _> = text.parse();
    chain.map_err(serde::de::Error::custom)?;
    Ok(text)
}

/// Text that names a colormap.
fn colormap<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(from)?;
    colormap_step(&text).map_err(serde::de::Error::custom)?;
    Ok(Some(text))
}

fn colormap_step(name: &str) -> Result<Step, Error> {
    format!("colormap={name}").parse()
}

impl LayoutFile {
    /// The layout that a text says; errors call it `path`.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`], with the line.
    pub fn parse(text: &str, path: impl AsRef<Path>) -> Result<Self, Error> {
        toml::from_str(text).map_err(|error| {
            let said = error.message().replace('\n', ", ");
            let reason = match error.span() {
                Some(span) => {
                    let before = text.get(..span.start).unwrap_or(text);
                    format!("line {}: {said}", before.matches('\n').count() + 1)
                }
                None => said,
            };
            Error::malformed(NAME, path, reason)
        })
    }

    /// The layout of a file.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when it cannot be read, [`Error::Malformed`] when it is none.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let file = File::open(path).map_err(Error::io("open", path))?;
        let mut bytes = Vec::new();
        let read = file.take(MOST_BYTES + 1).read_to_end(&mut bytes);
        if read.map_err(Error::io("read", path))? as u64 > MOST_BYTES {
            let reason = format!("it is longer than {MOST_BYTES} bytes");
            return Err(Error::malformed(NAME, path, reason));
        }
        let text = String::from_utf8(bytes)
            .map_err(|error| Error::malformed(NAME, path, error.utf8_error().to_string()))?;
        Self::parse(&text, path)
    }

    /// A file that says a plan; the cells are those of its places, of which the rooms are filled in here.
    ///
    /// `sizes` are those of the frames of the sources, after their steps.
    #[must_use]
    pub fn new(plan: &Plan, sizes: &[Size], cells: Vec<LayoutCell>, layout: &Layout) -> Self {
        let placed = cells.into_iter().zip(plan.places.iter().zip(sizes));
        let titles = plan
            .lettering
            .map_or_else(Titles::default, |lettering| Titles {
                side: layout.titles.side,
                size: Some(lettering.size),
                paint: Some(lettering.paint),
                band: Some(lettering.band),
            });
        Self {
            width: plan.width,
            height: plan.height,
            background: plan.background,
            rate: None,
            align: Align::default(),
            method: plan.method,
            titles,
            cells: placed
                .map(|(cell, (place, size))| cell.at(place, *size))
                .collect(),
        }
    }

    /// How its cells are shown.
    #[must_use]
    pub fn layout(&self) -> Layout {
        let spots = self.cells.iter().map(|cell| Spot {
            room: cell.room(),
            fit: cell.fit,
            title: cell
                .title_area
                .map(|[x, y, width, height]| Area::new(x, y, Size::new(width, height))),
        });
        Layout {
            arrangement: Arrangement::Explicit(Explicit {
                size: Size::new(self.width, self.height),
                spots: spots.collect(),
            }),
            background: self.background,
            method: self.method,
            titles: self.titles,
            ..Layout::default()
        }
    }
}

/// As it is read by [`LayoutFile::parse`].
impl fmt::Display for LayoutFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nothing of it is beyond TOML.
        f.write_str(&toml::to_string(self).unwrap_or_default())
    }
}

impl LayoutCell {
    /// A cell of this source, yet without a place.
    #[must_use]
    pub fn new(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            x: 0,
            y: 0,
            width: 0,
            height: 0,
            fit: Fit::default(),
            title: None,
            title_area: None,
            transform: String::new(),
            colormap: None,
            offset: Offset::default(),
            speed: Speed::default(),
            end: None,
        }
    }

    /// Says where a picture of `size` is.
    fn at(self, place: &Place, size: Size) -> Self {
        let Area {
            x,
            y,
            width,
            height,
        } = place.picture;
        let is_in_shape = size.within(place.picture.size()) == place.picture.size();
        let band = place.title.filter(|_| self.title.is_some());
        Self {
            x,
            y,
            width,
            height,
            fit: if is_in_shape {
                Fit::Contain
            } else {
                Fit::Stretch
            },
            title_area: band.map(|band| [band.x, band.y, band.width, band.height]),
            ..self
        }
    }

    fn room(&self) -> Area {
        Area::new(self.x, self.y, Size::new(self.width, self.height))
    }

    /// Where the source is, when the file is in `folder`.
    #[must_use]
    pub fn path(&self, folder: &Path) -> PathBuf {
        match self.source.strip_prefix('@') {
            // A list of names.
            Some(list) => {
                let mut path = OsString::from("@");
                path.push(folder.join(list));
                path.into()
            }
            None => folder.join(&self.source),
        }
    }

    /// All steps.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when a text is no step.
    pub fn chain(&self) -> Result<Chain, Error> {
        let mut chain: Chain = self.transform.parse()?;
        if let Some(name) = &self.colormap {
            chain = chain.then(colormap_step(name)?);
        }
        Ok(chain)
    }

    /// The cell, with the frames of `reader`.
    ///
    /// # Errors
    ///
    /// As [`LayoutCell::chain`].
    pub fn cell(
        &self,
        reader: Box<dyn FrameReader>,
        name: impl Into<String>,
    ) -> Result<Cell, Error> {
        let cell = Cell::new(reader)
            .named(name)
            .transformed(self.chain()?)
            .timed(Timing {
                offset: self.offset,
                speed: self.speed,
                at_end: self.end,
            });
        Ok(match &self.title {
            Some(title) => cell.titled(title),
            None => cell,
        })
    }
}
