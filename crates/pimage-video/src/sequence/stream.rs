//! What the frames of a sequence are, and how a codec stores them.

use pimage_core::Error;

use crate::ffi::{self, PixelFormat};

/// An encoder of FFmpeg's, and the decoder of what it makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// HEVC by x265: 8, 10 or 12 bits.
    X265,
    /// FFV1, version 3 with checksums: 8, 10, 12 or 16 bits, lossless.
    Ffv1,
    /// JPEG 2000 by `OpenJPEG`: 8, 10, 12, 14 or 16 bits, each frame on its own.
    OpenJpeg,
}

impl Codec {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::X265, Self::Ffv1, Self::OpenJpeg];

    /// Its name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::X265 => "x265",
            Self::Ffv1 => "FFV1",
            Self::OpenJpeg => "OpenJPEG",
        }
    }

    /// The bits of a sample that it stores.
    #[must_use]
    pub const fn depths(self) -> &'static [u8] {
        match self {
            Self::X265 => &[8, 10, 12],
            Self::Ffv1 => &[8, 10, 12, 16],
            Self::OpenJpeg => &[8, 10, 12, 14, 16],
        }
    }

    /// What Matroska calls it.
    #[must_use]
    pub const fn matroska_id(self) -> &'static str {
        match self {
            Self::X265 => "V_MPEGH/ISO/HEVC",
            Self::Ffv1 => "V_FFV1",
            Self::OpenJpeg => "V_MS/VFW/FOURCC",
        }
    }

    /// Why it cannot be used here; `Ok` when it can.
    ///
    /// # Errors
    ///
    /// [`Error::Codec`] when FFmpeg is not there, or has no such encoder.
    pub fn check(self) -> Result<(), Error> {
        ffi::load().map_err(|reason| self.failure(reason))?;
        let name = self.encoder();
        if ffi::encoder_exists(name) {
            Ok(())
        } else {
            Err(self.failure(format!("this FFmpeg has no encoder {name}")))
        }
    }

    pub(super) const fn encoder(self) -> &'static str {
        match self {
            Self::X265 => "libx265",
            Self::Ffv1 => "ffv1",
            Self::OpenJpeg => "libopenjpeg",
        }
    }

    pub(super) const fn decoder(self) -> &'static str {
        match self {
            Self::X265 => "hevc",
            Self::Ffv1 => "ffv1",
            // That of OpenJPEG garbles gray of 10 to 14 bits in FFmpeg 5.1.
            Self::OpenJpeg => "jpeg2000",
        }
    }

    pub(super) fn failure(self, reason: impl ToString) -> Error {
        Error::Codec {
            codec: self.name().to_owned(),
            path: "".into(),
            frame: None,
            reason: reason.to_string(),
        }
    }

    /// What is wrong with packets.
    pub(super) fn malformed(self, reason: impl ToString) -> Error {
        let format = match self {
            Self::X265 => "HEVC",
            Self::Ffv1 => "FFV1",
            Self::OpenJpeg => "JPEG 2000",
        };
        Error::malformed(format, "", reason.to_string())
    }
}

/// The frames of a sequence: size, depth, and the codec that stores them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stream {
    codec: Codec,
    width: u32,
    height: u32,
    bit_depth: u8,
}

impl Stream {
    /// Gray frames of 1 to 32,768 by as many pixels, and 1 to 16 significant bits (12 for x265).
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for a size or a depth that the codec does not store.
    pub fn new(codec: Codec, width: u32, height: u32, bit_depth: u8) -> Result<Self, Error> {
        const MOST: u32 = 32_768;
        for (name, size) in [("width", width), ("height", height)] {
            if size == 0 || size > MOST {
                let expected = format!("1 to {MOST} pixels");
                return Err(Error::bad_option(name, size.to_string(), expected));
            }
        }
        let most = codec.depths().last().copied().unwrap_or(8);
        if bit_depth == 0 || bit_depth > most {
            let expected = format!("1 to {most} with {}", codec.name());
            return Err(Error::bad_option("depth", bit_depth.to_string(), expected));
        }
        Ok(Self {
            codec,
            width,
            height,
            bit_depth,
        })
    }

    /// The codec.
    #[must_use]
    pub const fn codec(&self) -> Codec {
        self.codec
    }

    /// Width of a frame, pixels.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Height of a frame, pixels.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// Significant bits of a sample.
    #[must_use]
    pub const fn bit_depth(&self) -> u8 {
        self.bit_depth
    }

    /// Bits of a sample in the video: the next that the codec stores.
    #[must_use]
    pub fn stored_depth(&self) -> u8 {
        let depths = self.codec.depths().iter().copied();
        depths
            .into_iter()
            .find(|&depth| depth >= self.bit_depth)
            .unwrap_or(self.bit_depth)
    }

    /// Width and height of the pictures in the video: at least 17 by 16 for x265 and 2 by 2 for FFV1, the frame at the top left of it.
    /// Blocks that end beyond the picture are x265's own affair: its header says which part is shown.
    #[must_use]
    pub fn stored_size(&self) -> (u32, u32) {
        let (columns, rows) = match self.codec {
            Codec::X265 => (17, 16),
            Codec::Ffv1 => (2, 2),
            Codec::OpenJpeg => (1, 1),
        };
        (self.width.max(columns), self.height.max(rows))
    }

    /// Samples of one frame.
    #[must_use]
    pub const fn frame_samples(&self) -> usize {
        self.width as usize * self.height as usize
    }

    pub(super) fn pixel_format(&self) -> Option<PixelFormat> {
        PixelFormat::by_name(&match self.stored_depth() {
            8 => "gray".to_owned(),
            depth => format!("gray{depth}le"),
        })
    }
}
