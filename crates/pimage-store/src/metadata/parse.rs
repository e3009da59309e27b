//! From the text of `metadata.yaml`, in any dialect, to what it means.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::io::Read;
use std::path::Path;

use pimage_core::{Error, FrameRate, Limits};
use serde_json::{Map, Value};

use super::{
    ImageShape, STORE_KEY, StoreMetadata, VERSION, created, known_extension, old_extension,
};
use crate::folder::StoreFolder;
use crate::{StoreClass, VIDEO_EXTENSIONS, yaml};

/// Height and width without what was padded.
pub(super) const TRUE_SIZE: &str = "pimage_true_size";
/// Significant bits of a sample.
pub(super) const BIT_DEPTH: &str = "pimage_bit_depth";
/// Frames a second, as a fraction.
pub(super) const RATE: &str = "pimage_fps";

/// Characters of a value that a message repeats.
const SHOWN: usize = 60;

/// The whole text of a file, no longer than metadata may be.
pub(super) fn text_of(path: &Path, limits: &Limits) -> Result<String, Error> {
    let limit = limits.max_metadata_bytes;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let file = StoreFolder::open(folder.unwrap_or(Path::new(".")))?.file(&name)?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(Error::io("read", path))?;
    if bytes.len() as u64 > limit {
        return Err(Error::TooLarge {
            what: "metadata bytes",
            value: bytes.len() as u64,
            limit,
            option: "--limit metadata-bytes=N",
        });
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Error::malformed(
            "imgstore",
            path,
            format!("it is not UTF-8 text at byte {at}"),
        )
    })
}

/// See [`StoreMetadata::parse`].
pub(super) fn parse(text: &str, path: &Path) -> Result<StoreMetadata, Error> {
    let malformed = |reason: String| Error::malformed("imgstore", path, reason);
    let mut user = match yaml::parse(text).map_err(malformed)? {
        Value::Object(user) => user,
        other => {
            let found = shown(&other);
            return Err(malformed(format!(
                "it is {found}: expected a map with `{STORE_KEY}`"
            )));
        }
    };
    let store = match user.shift_remove(STORE_KEY) {
        Some(Value::Object(store)) => store,
        Some(other) => {
            let found = shown(&other);
            return Err(malformed(format!(
                "`{STORE_KEY}` is {found}: expected a map"
            )));
        }
        None => return Err(malformed(format!("it has no key `{STORE_KEY}`"))),
    };
    let mut keys = Keys { store, path };
    let version = keys.take("version").unwrap_or(Value::Null);
    if version.as_i64() != Some(VERSION) {
        return Err(keys.wrong("version", &version, "2"));
    }
    let class = keys.class()?;
    let format = keys.text("format")?;
    let extension = keys.extension(class, &format)?;
    let timezone = keys.optional_text("timezone_local")?;
    let (created, is_created_guessed) = keys.created(timezone.as_deref(), &user)?;
    Ok(StoreMetadata {
        class,
        extension,
        shape: keys.shape()?,
        dtype: keys.text("imgdtype")?,
        chunk_frames: keys.chunk_frames()?,
        encoding: keys.optional_text("encoding")?,
        created,
        is_created_guessed,
        timezone,
        uuid: keys.optional_text("uuid")?,
        true_size: keys.true_size()?,
        bit_depth: keys.bit_depth()?,
        rate: keys.rate()?,
        format,
        others: keys.store,
        user,
    })
}

/// The entries of the store's own part that are not looked at yet.
struct Keys<'a> {
    store: Map<String, Value>,
    path: &'a Path,
}

impl Keys<'_> {
    fn take(&mut self, key: &str) -> Option<Value> {
        self.store.shift_remove(key)
    }

    fn wrong(&self, key: &str, found: &Value, expected: &str) -> Error {
        let found = shown(found);
        let reason = format!("`{STORE_KEY}.{key}` is {found}: expected {expected}");
        Error::malformed("imgstore", self.path, reason)
    }

    /// Text that has to be there; numbers are taken by their digits.
    fn text(&mut self, key: &str) -> Result<String, Error> {
        match self.take(key) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            other => Err(self.wrong(key, &other.unwrap_or(Value::Null), "text")),
        }
    }

    fn optional_text(&mut self, key: &str) -> Result<Option<String>, Error> {
        match self.take(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() || text == "None" => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            // A name of digits only.
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(other) => Err(self.wrong(key, &other, "text")),
        }
    }

    fn class(&mut self) -> Result<StoreClass, Error> {
        let found = self.take("class").unwrap_or(Value::Null);
        let mut classes = StoreClass::ALL.into_iter();
        classes
            .find(|class| found.as_str() == Some(class.name()))
            .ok_or_else(|| {
                let names = StoreClass::ALL.map(StoreClass::name).join(", ");
                self.wrong("class", &found, &format!("one of {names}"))
            })
    }

    fn shape(&mut self) -> Result<ImageShape, Error> {
        let found = self.take("imgshape").unwrap_or(Value::Null);
        let expected = "[height, width] or [height, width, channels], whole numbers above 0";
        let axes: Option<Vec<u32>> = found.as_array().and_then(|axes| {
            let axes = axes.iter().map(|axis| u32::try_from(axis.as_u64()?).ok());
            axes.map(|axis| axis.filter(|axis| *axis > 0)).collect()
        });
        match axes.as_deref() {
            Some(&[height, width]) => Ok(ImageShape {
                height,
                width,
                channels: None,
            }),
            Some(&[height, width, channels @ 1..=4]) => Ok(ImageShape {
                height,
                width,
                channels: Some(channels),
            }),
            _ => Err(self.wrong("imgshape", &found, expected)),
        }
    }

    fn chunk_frames(&mut self) -> Result<u64, Error> {
        let found = self.take("chunksize").unwrap_or(Value::Null);
        // Python takes what is no whole number for one as well.
        let whole = found.as_u64().or_else(|| {
            let value = found.as_f64().filter(|value| *value < 1e15)?;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "is between 1 and 1e15"
            )]
            (value >= 1.0).then_some(value as u64)
        });
        let whole = whole.filter(|value| *value > 0);
        whole.ok_or_else(|| self.wrong("chunksize", &found, "a number of frames, 1 or more"))
    }

    fn extension(&mut self, class: StoreClass, format: &str) -> Result<String, Error> {
        let extension = match self.take("extension") {
            None | Some(Value::Null) => old_extension(class, format),
            Some(_) if !class.is_video() => "",
            Some(found) => found.as_str().and_then(known_extension).ok_or_else(|| {
                let known = VIDEO_EXTENSIONS.join(", ");
                self.wrong("extension", &found, &format!("one of {known}"))
            })?,
        };
        Ok(extension.to_owned())
    }

    fn created(
        &mut self,
        timezone: Option<&str>,
        user: &Map<String, Value>,
    ) -> Result<(jiff::Timestamp, bool), Error> {
        match self.take("created_utc") {
            None | Some(Value::Null) => {
                let named = user.get("timezone").and_then(Value::as_str);
                Ok((created::guessed(self.path, named.or(timezone)), true))
            }
            Some(found) => {
                let created = found.as_str().and_then(created::parsed);
                let expected = "a time such as 2020-02-03T04:05:06.700000";
                created
                    .map(|created| (created, false))
                    .ok_or_else(|| self.wrong("created_utc", &found, expected))
            }
        }
    }

    fn true_size(&mut self) -> Result<Option<(u32, u32)>, Error> {
        let Some(found) = self.take(TRUE_SIZE) else {
            return Ok(None);
        };
        let side = |value: &Value| u32::try_from(value.as_u64()?).ok().filter(|side| *side > 0);
        let size = match found.as_array().map(Vec::as_slice) {
            Some([height, width]) => side(height).zip(side(width)),
            _ => None,
        };
        size.map(Some)
            .ok_or_else(|| self.wrong(TRUE_SIZE, &found, "[height, width]"))
    }

    fn bit_depth(&mut self) -> Result<Option<u8>, Error> {
        let Some(found) = self.take(BIT_DEPTH) else {
            return Ok(None);
        };
        let bits = found.as_u64().and_then(|bits| u8::try_from(bits).ok());
        bits.filter(|bits| (1..=64).contains(bits))
            .map(Some)
            .ok_or_else(|| self.wrong(BIT_DEPTH, &found, "1 to 64"))
    }

    fn rate(&mut self) -> Result<Option<FrameRate>, Error> {
        let Some(found) = self.take(RATE) else {
            return Ok(None);
        };
        let text = match &found {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let expected = "a frame rate such as 30000/1001";
        match text.parse() {
            Ok(rate) => Ok(Some(rate)),
            Err::<_, String>(_) => Err(self.wrong(RATE, &found, expected)),
        }
    }
}

/// A value as a message repeats it: short, on one line.
fn shown(value: &Value) -> String {
    if value.is_null() {
        return "missing".to_owned();
    }
    let text = value.to_string();
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("`{short}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOTIF: &str = "__store:\n  chunksize: 100\n  class: VideoImgStore\n  encoding: ''\n  format: libx264\n  \
        imgdtype: uint8\n  imgshape: [512, 513]\n  uuid: 3de552dc21ef4150b8ead8adb844a0e3\n  version: 2\n\
        camera: {gain: 1.5}\ntimezone: Europe/Vienna\n";

    fn parse_at(text: &str) -> Result<StoreMetadata, Error> {
        parse(text, Path::new("a_20200203_040506/metadata.yaml"))
    }

    #[test]
    fn an_old_store_has_its_defaults() {
        let metadata = parse_at(MOTIF).expect("is a store");
        assert_eq!(metadata.class, StoreClass::Video);
        assert_eq!(metadata.extension, "mp4");
        assert_eq!(metadata.encoding, None);
        assert_eq!(metadata.shape.axes(), [512, 513]);
        assert!(metadata.is_created_guessed);
        assert_eq!(metadata.user.len(), 2);
        // Vienna is an hour ahead in winter.
        assert_eq!(metadata.created.to_string(), "2020-02-03T03:05:06Z");
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut metadata = parse_at(MOTIF).expect("is a store");
        metadata.true_size = Some((511, 513));
        metadata.bit_depth = Some(12);
        metadata.rate = FrameRate::new(30_000, 1001);
        metadata.timezone = Some("Europe/Vienna".to_owned());
        metadata.encoding = Some("cv_bayerbg".to_owned());
        metadata.others.insert("x".to_owned(), Value::from(3));
        metadata.is_created_guessed = false;
        let again = parse_at(&metadata.to_yaml()).expect("is a store");
        assert_eq!(again, metadata);
    }

    #[test]
    fn wrong_shapes_name_the_key() {
        for (from, to, expected) in [
            (
                "[512, 513]",
                "[512]",
                "`__store.imgshape` is `[512]`: expected [height, width]",
            ),
            ("[512, 513]", "[0, 1e9]", "`__store.imgshape` is"),
            (
                "chunksize: 100",
                "chunksize: 0",
                "`__store.chunksize` is `0`: expected",
            ),
            (
                "version: 2",
                "version: 3",
                "`__store.version` is `3`: expected 2",
            ),
            (
                "VideoImgStore",
                "Other",
                "`__store.class` is `\"Other\"`: expected one of",
            ),
            (
                "format: libx264",
                "format: [1]",
                "`__store.format` is `[1]`: expected text",
            ),
            (
                "version: 2",
                "version: 2\n  extension: /../../etc/x",
                "`__store.extension` is `\"/../../etc/x\"`: expected one of avi",
            ),
            (
                "version: 2",
                "version: 2\n  created_utc: now",
                "`__store.created_utc` is `\"now\"`",
            ),
            ("__store", "__stone", "it has no key `__store`"),
        ] {
            let error = parse_at(&MOTIF.replace(from, to))
                .expect_err(to)
                .to_string();
            assert!(error.contains(expected), "{error}");
            assert!(error.contains("metadata.yaml"), "{error}");
        }
        assert!(parse_at("[1, 2]").is_err());
        assert!(parse_at("").is_err());
    }
}
