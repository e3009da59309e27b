//! What a caller may ask for when opening and creating.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use pimage_core::{Color, Error, FrameFormat, FrameRate, Limits, OnDamage, SampleType};
use pimage_fs::{Disk, Storage};

/// How to read; the default reads what is there, exactly, and stops at damage.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Bounds on what a file may claim.
    pub limits: Limits,
    /// What to do at a damaged frame.
    pub on_damage: OnDamage,
    /// Deliver one gray channel of colour video: its luma, expanded to the full range.
    pub gray: bool,
    /// Turn Bayer-pattern frames into RGB.
    pub demosaic: bool,
    /// Leave the rotation tag of a video unheeded.
    pub no_rotation: bool,
    /// The layout of headerless data; only for files that are opened as raw.
    pub raw: Option<RawSpec>,
    /// Read as this format, whatever the content looks like.
    pub format: Option<String>,
    /// Decoding threads; `None` is one for each core.
    pub threads: Option<usize>,
}

/// How to write; the default refuses to replace a file and waits for the disk.
#[derive(Debug, Clone)]
pub struct WriteOptions {
    /// Replace an existing output.
    pub overwrite: bool,
    /// Wait until the data are on the disk before the output gets its name.
    pub sync: bool,
    /// Where to write.
    pub storage: Arc<dyn Storage>,
    /// Write as this format, whatever the extension.
    pub format: Option<String>,
    /// Codec by name; `None` is the container's usual one.
    pub codec: Option<String>,
    /// `0` to `100`, or a codec's own scale: `crf=23`, `qp=0`, `q=3`.
    pub quality: Option<String>,
    /// The encoder's preset.
    pub preset: Option<String>,
    /// Every pixel comes back as it was, or it is an error.
    pub lossless: bool,
    /// Frames a second, instead of the source's rate and times.
    pub rate: Option<FrameRate>,
    /// Encoding threads; `None` is one for each core.
    pub threads: Option<usize>,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            overwrite: false,
            sync: true,
            storage: Arc::new(Disk),
            format: None,
            codec: None,
            quality: None,
            preset: None,
            lossless: false,
            rate: None,
            threads: None,
        }
    }
}

/// The layout of frames without a header: `640x512:uint16`, `640x512:uint8:rgb`.
///
/// Rows are contiguous, samples little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawSpec {
    /// Format of every frame.
    pub format: FrameFormat,
}

impl FromStr for RawSpec {
    type Err = Error;

    /// `WIDTHxHEIGHT:TYPE` or `WIDTHxHEIGHT:TYPE:COLOR`; TYPE as numpy spells it, or `u8`, `u16`, `f32` …
    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || {
            Error::bad_option(
                "--raw",
                format!("`{text}`"),
                "WIDTHxHEIGHT:TYPE or WIDTHxHEIGHT:TYPE:COLOR, such as 640x512:uint8 or 640x512:uint16:rgb",
            )
        };
        let mut parts = text.split(':');
        let size = parts.next().and_then(|size| size.split_once(['x', '×']));
        let (width, height) = size.ok_or_else(refused)?;
        let sample = parts
            .next()
            .and_then(sample_from_name)
            .ok_or_else(refused)?;
        let color = match parts.next() {
            None => Color::Gray,
            Some(name) => Color::ALL
                .into_iter()
                .find(|color| color.name() == name)
                .ok_or_else(refused)?,
        };
        match (width.parse(), height.parse(), parts.next()) {
            (Ok(width), Ok(height), None) if width > 0 && height > 0 => Ok(Self {
                format: FrameFormat::new(width, height, color, sample),
            }),
            _ => Err(refused()),
        }
    }
}

impl fmt::Display for RawSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FrameFormat {
            width,
            height,
            sample,
            color,
            ..
        } = self.format;
        write!(f, "{width}x{height}:{sample}:{color}")
    }
}

fn sample_from_name(name: &str) -> Option<SampleType> {
    SampleType::ALL.into_iter().find(|sample| {
        let long = sample.name();
        let short = long
            .replace("uint", "u")
            .replace("int", "i")
            .replace("float", "f");
        name == long || name == short
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_layouts_parse_and_print() {
        for (text, printed) in [
            ("640x512:uint8", "640x512:uint8:gray"),
            ("640x512:u16", "640x512:uint16:gray"),
            ("2x3:f32:rgb", "2x3:float32:rgb"),
        ] {
            let spec: RawSpec = text.parse().expect(text);
            assert_eq!(spec.to_string(), printed);
        }
        for text in [
            "",
            "640",
            "640x512",
            "0x1:u8",
            "1x1:u9",
            "1x1:u8:bgr",
            "1x1:u8:rgb:x",
        ] {
            let error = text.parse::<RawSpec>().expect_err(text);
            assert!(
                error.to_string().contains("expected WIDTHxHEIGHT:TYPE"),
                "{error}"
            );
        }
    }
}
