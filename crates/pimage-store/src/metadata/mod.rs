//! What a store says of itself: `metadata.yaml`.

mod created;
mod parse;

use std::path::Path;

use jiff::Timestamp;
use pimage_core::{Error, FrameRate, Limits};
use serde_json::{Map, Value, json};

use crate::yaml;
use crate::{StoreClass, StoreFormat, VIDEO_EXTENSIONS, format_by_name};

/// The name of the file in the folder of a store.
pub const METADATA_FILE: &str = "metadata.yaml";

/// The key under which everything is that is not the user's.
pub(crate) const STORE_KEY: &str = "__store";

/// The version of stores that there is.
pub(crate) const VERSION: i64 = 2;

/// The shape of the frames as their recorder gave it: an image without colour has two axes or three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageShape {
    /// Rows.
    pub height: u32,
    /// Pixels in a row.
    pub width: u32,
    /// Samples in a pixel, where the shape has a third axis.
    pub channels: Option<u32>,
}

impl ImageShape {
    /// Whether frames are colour by imgstore's rule: three axes, the last of length 3.
    #[must_use]
    pub const fn is_color(&self) -> bool {
        matches!(self.channels, Some(3))
    }

    /// `[height, width]` or `[height, width, channels]`.
    #[must_use]
    pub fn axes(&self) -> Vec<u32> {
        let sides = [self.height, self.width];
        sides.into_iter().chain(self.channels).collect()
    }
}

/// The metadata of a store.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreMetadata {
    /// How frames are kept.
    pub class: StoreClass,
    /// The name of the format, usually one of [`FORMATS`](crate::FORMATS).
    pub format: String,
    /// Of the videos of chunks, without the dot; where the file does not say it, what older stores had. Empty for folders of images.
    pub extension: String,
    /// The shape of each frame as it is stored.
    pub shape: ImageShape,
    /// The type of each sample as numpy calls it: `uint8`.
    pub dtype: String,
    /// Frames in a chunk, but for the last; a chunk that was cut short may have fewer.
    pub chunk_frames: u64,
    /// How the pixels are coded, by the names of OpenCV's conversions: `cv_bayerbg`. `None` when they are as they look.
    pub encoding: Option<String>,
    /// When the store was made.
    pub created: Timestamp,
    /// Whether the file does not say so: it is from the folder's name or the file's own time.
    pub is_created_guessed: bool,
    /// The time zone of the recording by its IANA name; `None` when nobody says.
    pub timezone: Option<String>,
    /// 32 hexadecimal digits.
    pub uuid: Option<String>,
    /// Height and width of the frames where the stored ones are padded at right and bottom: a key of pimage's own.
    pub true_size: Option<(u32, u32)>,
    /// Significant bits of a sample, where they are not all: a key of pimage's own.
    pub bit_depth: Option<u8>,
    /// Frames a second: a key of pimage's own.
    pub rate: Option<FrameRate>,
    /// Keys beside these that the store's own part has.
    pub others: Map<String, Value>,
    /// The user's metadata. Numbers that are not finite are the texts `.nan`, `.inf` and `-.inf`; dates are texts.
    pub user: Map<String, Value>,
}

impl StoreMetadata {
    /// The metadata of a new store, made now, of which nothing else is known.
    #[must_use]
    pub fn new(format: &StoreFormat, shape: ImageShape, dtype: &str, chunk_frames: u64) -> Self {
        let extension = if format.class.is_video() {
            format.extension
        } else {
            ""
        };
        Self {
            class: format.class,
            format: format.name.trim_end_matches("+color").to_owned(),
            extension: extension.to_owned(),
            shape,
            dtype: dtype.to_owned(),
            chunk_frames,
            encoding: None,
            created: Timestamp::now(),
            is_created_guessed: false,
            timezone: None,
            uuid: None,
            true_size: None,
            bit_depth: None,
            rate: None,
            others: Map::new(),
            user: Map::new(),
        }
    }

    /// Reads the metadata of the store in this folder.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Error::TooLarge`]; [`Error::Malformed`], which names the key, what it is and what it should be.
    pub fn read(folder: impl AsRef<Path>, limits: &Limits) -> Result<Self, Error> {
        let path = folder.as_ref().join(METADATA_FILE);
        let text = parse::text_of(&path, limits)?;
        Self::parse(&text, &path)
    }

    /// Reads the metadata from text; `path` is that of the file, whose folder's name and whose time stand in for a date that the text does not say.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`], which names the key, what it is and what it should be.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        parse::parse(text, path)
    }

    /// The row of the table of formats; `None` for names that only other programs write.
    #[must_use]
    pub fn row(&self) -> Option<&'static StoreFormat> {
        format_by_name(&self.format)
    }

    /// The store's own part, with the keys that every imgstore has.
    #[must_use]
    pub fn store_part(&self) -> Map<String, Value> {
        let mut part = Map::new();
        let mut add = |key: &str, value: Value| part.insert(key.to_owned(), value);
        add("chunksize", json!(self.chunk_frames));
        add("class", json!(self.class.name()));
        add("created_utc", json!(created::written(self.created)));
        add("encoding", json!(self.encoding));
        if self.class.is_video() {
            add("extension", json!(format!(".{}", self.extension)));
        }
        add("format", json!(self.format));
        add("imgdtype", json!(self.dtype));
        add("imgshape", json!(self.shape.axes()));
        if let Some(bits) = self.bit_depth {
            add(parse::BIT_DEPTH, json!(bits));
        }
        if let Some(rate) = self.rate {
            add(parse::RATE, json!(rate.to_string()));
        }
        if let Some((height, width)) = self.true_size {
            add(parse::TRUE_SIZE, json!([height, width]));
        }
        let timezone = self.timezone.as_deref().unwrap_or("UTC");
        add("timezone_local", json!(timezone));
        add("uuid", json!(self.uuid));
        add("version", json!(VERSION));
        part.extend(self.others.clone());
        part
    }

    /// The whole of `metadata.yaml`, as Python's imgstore reads it.
    ///
    /// ```
    /// use std::path::Path;
    /// use pimage_store::{ImageShape, StoreMetadata, format_by_name};
    ///
    /// let format = format_by_name("png").expect("is in the table");
    /// let shape = ImageShape { height: 480, width: 640, channels: None };
    /// let metadata = StoreMetadata::new(format, shape, "uint8", 200);
    /// let text = metadata.to_yaml();
    /// let again = StoreMetadata::parse(&text, Path::new("metadata.yaml"))?;
    /// assert_eq!(again.shape, shape);
    /// # Ok::<(), pimage_core::Error>(())
    /// ```
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let mut whole = Map::new();
        whole.insert(STORE_KEY.to_owned(), Value::Object(self.store_part()));
        let user = self.user.iter().filter(|(key, _)| *key != STORE_KEY);
        whole.extend(user.map(|(key, value)| (key.clone(), value.clone())));
        yaml::written(&whole)
    }
}

/// The extension that videos of a store without one have.
fn old_extension(class: StoreClass, format: &str) -> &'static str {
    match (class.is_video(), format) {
        (false, _) => "",
        (true, "mjpeg") => "avi",
        (true, _) => "mp4",
    }
}

/// An extension of the list of those that are opened; `None` for anything else.
fn known_extension(text: &str) -> Option<&'static str> {
    let text = text.strip_prefix('.').unwrap_or(text);
    VIDEO_EXTENSIONS
        .iter()
        .copied()
        .find(|known| *known == text)
}
