//! One codec: what is known of it, and what it does.

use std::ops::RangeInclusive;

use pimage_core::{Color, Error, Frame, FrameFormat, Limits, Metadata, SampleType};

use crate::held::{cannot_hold, check_held};
use crate::settings::Asked;
use crate::{Choice, Scale, Settings};

/// Appends the bytes of a frame to `out`; format, depth and settings are checked already.
///
/// What was appended before an error is unspecified.
pub(crate) type EncodeFrame = fn(&Frame, &Asked<'_>, &mut Vec<u8>) -> Result<(), Error>;

/// Fills a frame from bytes; its stamp stays as it is.
///
/// Errors: [`Error::Malformed`], [`Error::Unsupported`] or [`Error::Codec`] with an empty path, which the caller fills in (see [`Error::at_path`]);
/// [`Error::TooLarge`] before memory is asked for.
pub(crate) type DecodeFrame = fn(&[u8], &Limits, &mut Frame) -> Result<(), Error>;

/// The format of the frame in bytes, of which only the header is looked at.
pub(crate) type ReadFormat = fn(&[u8], &Limits) -> Result<FrameFormat, Error>;

/// What else the header says: pixel size, orientation, gamma. None of it changes a pixel.
pub(crate) type ReadMetadata = fn(&[u8], &Limits) -> Result<Metadata, Error>;

/// What is lost of frames of this format although they are held; `None` when nothing is.
pub(crate) type NoteLoss = fn(&FrameFormat) -> Option<String>;

/// When the pixels that come back are not those that went in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Never: there is no quality.
    Never,
    /// When a quality is given.
    WithQuality,
    /// Unless [`Settings::lossless`] asks for all of them.
    UnlessAsked,
    /// Always.
    Always,
}

/// One codec of still images.
///
/// ```
/// use pimage_codec::{Settings, by_name};
/// use pimage_core::{Color, Frame, FrameFormat, SampleType};
///
/// let frame = Frame::zeroed(FrameFormat::new(32, 24, Color::Gray, SampleType::U8));
/// let codec = by_name("npy").ok_or("npy is always there")?;
/// let applied = codec.apply(&frame, &Settings::default())?;
/// assert_eq!(applied.frame, frame);
/// assert_eq!(applied.payload_bytes, 32 * 24);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Codec {
    /// Short lower-case name.
    pub name: &'static str,
    /// The name as people write it, for messages.
    pub label: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// Without the dot, lower case, preferred one first.
    pub extensions: &'static [&'static str],
    /// Whether its bytes are files that are known by their content or extension: image formats are, bare streams are not.
    pub is_file: bool,
    /// The cargo feature that compiles it in; empty when it always is.
    pub feature: &'static str,
    /// When pixels are lost.
    pub loss: Loss,
    /// The scales on which quality can be given, the usual one first; empty where nothing is ever lost.
    pub scales: &'static [Scale],
    /// Options beside the quality.
    pub options: &'static [Choice],
    /// Sample types that it takes.
    pub samples: &'static [SampleType],
    /// What channels it takes.
    pub colors: &'static [Color],
    /// Significant bits of a sample that it takes, first and last.
    pub bits: (u8, u8),
    /// Greatest width and height, pixels.
    pub max_side: u32,
    /// What of the encoded bytes is counted as payload, in words for people.
    pub payload: &'static str,
    /// Whether these first bytes (up to 4 KiB) are of this codec.
    pub(crate) detect: fn(&[u8]) -> bool,
    /// What to do with frames that it refuses although the fields above allow them, or where more can be said of the colour.
    pub(crate) refuse: fn(&FrameFormat) -> Option<&'static str>,
    /// `None` when nothing is ever lost of what is held, beside pixels.
    pub(crate) note: Option<NoteLoss>,
    /// Whether what it needs is on this machine; asked only when it is built.
    pub(crate) probe: fn() -> Result<(), Error>,
    /// `None` when all bytes are payload.
    pub(crate) payload_of: Option<fn(&[u8]) -> usize>,
    /// `None` if not built.
    pub(crate) read_format: Option<ReadFormat>,
    /// `None` if not built, or when the header says nothing else.
    pub(crate) read_metadata: Option<ReadMetadata>,
    /// `None` if not built or not supported.
    pub(crate) encoder: Option<EncodeFrame>,
    /// `None` if not built or not supported.
    pub(crate) decoder: Option<DecodeFrame>,
}

/// A frame that went through a codec.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Applied {
    /// All bytes.
    pub encoded: Vec<u8>,
    /// Bytes without what only packs them: see [`Codec::payload`].
    pub payload_bytes: usize,
    /// What came back, with the stamp of the frame that went in.
    pub frame: Frame,
}

impl Codec {
    /// The row of a lossless codec that is not compiled in, and of files that hold everything.
    pub(crate) const fn unbuilt(
        name: &'static str,
        label: &'static str,
        detect: fn(&[u8]) -> bool,
    ) -> Self {
        Self {
            name,
            label,
            title: "",
            extensions: &[],
            is_file: true,
            feature: name,
            loss: Loss::Never,
            scales: &[],
            options: &[],
            samples: &SampleType::ALL,
            colors: &Color::ALL,
            bits: (1, 64),
            max_side: u32::MAX,
            payload: "the whole file",
            detect,
            refuse: |_| None,
            note: None,
            probe: || Ok(()),
            payload_of: None,
            read_format: None,
            read_metadata: None,
            encoder: None,
            decoder: None,
        }
    }

    /// The extension that its files usually have, without the dot.
    #[must_use]
    pub fn extension(&self) -> &'static str {
        self.extensions.first().unwrap_or(&self.name)
    }

    /// Whether these first bytes (up to 4 KiB) are of this codec.
    #[must_use]
    pub fn detects(&self, head: &[u8]) -> bool {
        (self.detect)(head)
    }

    /// Whether it is compiled in and what it needs is on this machine.
    ///
    /// # Errors
    ///
    /// What is missing: [`Error::NotBuilt`], or the library or encoder that is not there.
    pub fn available(&self) -> Result<(), Error> {
        match self.decoder {
            Some(_) => (self.probe)(),
            None => Err(self.not_built()),
        }
    }

    /// Whether it encodes in this build; some only decode.
    #[must_use]
    pub const fn can_encode(&self) -> bool {
        self.encoder.is_some()
    }

    /// Numbers on its first scale that span what is used, from the smallest file to the best; none where nothing is ever lost.
    #[must_use]
    pub fn quality_steps(&self) -> &'static [f64] {
        self.scales.first().map_or(&[], |scale| scale.steps)
    }

    /// Whether every frame that is encoded so comes back as it was.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn is_lossless(&'static self, settings: &Settings) -> Result<bool, Error> {
        Asked::of(self, settings).map(|asked| asked.is_lossless())
    }

    /// Checks settings without a frame.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`], which lists what there is; [`Error::NotBuilt`].
    pub fn check(&'static self, settings: &Settings) -> Result<(), Error> {
        Asked::of(self, settings)?;
        self.encoder
            .map(|_known| ())
            .ok_or_else(|| self.not_built())
    }

    /// Checks that frames of this format can be encoded; their size and type, not their samples.
    ///
    /// # Errors
    ///
    /// [`Error::CannotHold`], which says what can be done instead.
    pub fn expect_held(&self, format: &FrameFormat) -> Result<(), Error> {
        match self.objection(format) {
            None => Ok(()),
            Some(hint) => Err(cannot_hold(self.label, format, hint)),
        }
    }

    fn objection(&self, format: &FrameFormat) -> Option<String> {
        let bits: RangeInclusive<u8> = self.bits.0..=self.bits.1;
        if !self.samples.contains(&format.sample) || !bits.contains(&format.bit_depth) {
            let way_out = if self.samples.contains(&SampleType::U8) && self.bits.1 >= 8 {
                "add `--range auto` (or MIN,MAX) to map them to 8 bits, or write `.tif` or `.npy`, which keep them as they are"
            } else {
                "`.tif` and `.npy` keep every type as it is"
            };
            return Some(format!("it stores {}; {way_out}", self.types()));
        }
        if let Some(hint) = (self.refuse)(format) {
            return Some(hint.to_owned());
        }
        if !self.colors.contains(&format.color) {
            let colors: Vec<_> = self.colors.iter().map(|color| color.name()).collect();
            let colors = colors.join(", ");
            return Some(if format.color.has_alpha() {
                format!("it stores {colors}; `.png` and `.tif` store every opacity")
            } else {
                format!("it stores {colors}; `.png` and `.tif` store the others")
            });
        }
        if format.width.max(format.height) > self.max_side {
            let most = self.max_side;
            return Some(format!(
                "it has at most {most} pixels a side; `.png` has no such bound"
            ));
        }
        None
    }

    /// The sample types that it takes, in words.
    fn types(&self) -> String {
        let names: Vec<_> = self.samples.iter().map(|sample| sample.name()).collect();
        let names = names.join(", ");
        let widest = self.samples.iter().map(|sample| sample.bits()).max();
        match self.bits {
            (low, high) if low == high => format!("{names} of {low} bit(s)"),
            (low, high) if low > 1 || widest.is_some_and(|widest| high < widest) => {
                format!("{names} of {low} to {high} bits")
            }
            _ => names,
        }
    }

    /// What is lost of frames of this format although they are held; `None` when nothing is.
    #[must_use]
    pub fn note(&self, format: &FrameFormat) -> Option<String> {
        self.note.and_then(|note| note(format))
    }

    /// Bytes without what only packs them, of what this codec encoded.
    #[must_use]
    pub fn payload_bytes(&self, encoded: &[u8]) -> usize {
        self.payload_of
            .map_or(encoded.len(), |payload_of| payload_of(encoded))
    }

    /// Appends the bytes of a frame to `out`.
    ///
    /// # Errors
    ///
    /// [`Error::CannotHold`] for a frame that it cannot store, [`Error::BadOption`], [`Error::NotBuilt`]; [`Error::Codec`] when its library fails.
    /// What was appended before an error is unspecified.
    pub fn encode_into(
        &'static self,
        frame: &Frame,
        settings: &Settings,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let asked = Asked::of(self, settings)?;
        let encode = self.encoder.ok_or_else(|| self.not_built())?;
        if settings.lossless && self.loss == Loss::Always {
            let target = format!("lossless {}", self.label);
            let hint = "`.png` and `.webp` are lossless";
            return Err(cannot_hold(&target, frame.format(), hint));
        }
        self.expect_held(frame.format())?;
        check_held(self.label, frame)?;
        encode(frame, &asked, out)
    }

    /// The bytes of a frame.
    ///
    /// # Errors
    ///
    /// As [`encode_into`](Self::encode_into).
    pub fn encode(&'static self, frame: &Frame, settings: &Settings) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.encode_into(frame, settings, &mut bytes)?;
        Ok(bytes)
    }

    /// Fills a frame, whose stamp stays as it is.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`], [`Error::Unsupported`] or [`Error::Codec`] with an empty path, which the caller fills in (see [`Error::at_path`]);
    /// [`Error::TooLarge`] before memory is asked for; [`Error::NotBuilt`].
    /// After an error the pixels are unspecified.
    pub fn decode_into(
        &self,
        bytes: &[u8],
        limits: &Limits,
        frame: &mut Frame,
    ) -> Result<(), Error> {
        let decode = self.decoder.ok_or_else(|| self.not_built())?;
        decode(bytes, limits, frame)
    }

    /// The frame in these bytes, within the usual limits.
    ///
    /// # Errors
    ///
    /// As [`decode_into`](Self::decode_into).
    pub fn decode(&self, bytes: &[u8]) -> Result<Frame, Error> {
        let mut frame = Frame::empty();
        self.decode_into(bytes, &Limits::default(), &mut frame)?;
        Ok(frame)
    }

    /// Encodes and decodes a frame.
    ///
    /// # Errors
    ///
    /// As [`encode_into`](Self::encode_into) and [`decode_into`](Self::decode_into).
    pub fn apply(&'static self, frame: &Frame, settings: &Settings) -> Result<Applied, Error> {
        let encoded = self.encode(frame, settings)?;
        let mut restored = self.decode(&encoded)?;
        restored.stamp = frame.stamp.clone();
        Ok(Applied {
            payload_bytes: self.payload_bytes(&encoded),
            encoded,
            frame: restored,
        })
    }

    /// The format of the frame in these bytes, of which only the header is looked at.
    ///
    /// # Errors
    ///
    /// As [`decode_into`](Self::decode_into).
    pub fn format(&self, bytes: &[u8], limits: &Limits) -> Result<FrameFormat, Error> {
        let read = self.read_format.ok_or_else(|| self.not_built())?;
        read(bytes, limits)
    }

    /// What else the header says: pixel size, orientation, gamma. None of it changes a pixel.
    ///
    /// # Errors
    ///
    /// As [`decode_into`](Self::decode_into).
    pub fn metadata(&self, bytes: &[u8], limits: &Limits) -> Result<Metadata, Error> {
        match self.read_metadata {
            Some(read) => read(bytes, limits),
            None => Ok(Metadata::new()),
        }
    }

    fn not_built(&self) -> Error {
        Error::NotBuilt {
            format: self.name.to_owned(),
            feature: self.feature,
        }
    }
}
