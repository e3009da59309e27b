//! Which encoder, and how it is set.

use pimage_yuv::{Matrix, Range};

use crate::ffi;

/// What coded pictures are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// H.264 in an Annex B byte stream.
    H264,
    /// HEVC in an Annex B byte stream.
    Hevc,
    /// AV1's open bitstream units.
    Av1,
    /// A JPEG file.
    Jpeg,
    /// A JPEG 2000 file or codestream.
    Jpeg2000,
    /// A JPEG XL file or codestream.
    JpegXl,
}

impl Kind {
    /// FFmpeg's decoders for it, the preferred one first.
    pub(super) const fn decoders(self) -> &'static [&'static str] {
        match self {
            Self::H264 => &["h264"],
            Self::Hevc => &["hevc"],
            Self::Av1 => &["libdav1d", "libaom-av1"],
            Self::Jpeg => &["mjpeg"],
            // That of OpenJPEG garbles gray of 10 to 14 bits in FFmpeg 5.1.
            Self::Jpeg2000 => &["jpeg2000", "libopenjpeg"],
            // FFmpeg 5.1 waits for ever for the rest of one that is cut.
            Self::JpegXl => &[],
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::H264 => "H.264",
            Self::Hevc => "HEVC",
            Self::Av1 => "AV1",
            Self::Jpeg => "JPEG",
            Self::Jpeg2000 => "JPEG 2000",
            Self::JpegXl => "JPEG XL",
        }
    }
}

/// An encoder of FFmpeg's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoder {
    /// libx264.
    X264,
    /// libx265.
    X265,
    /// libaom.
    Aom,
    /// SVT-AV1: 8 and 10 bits, 4:2:0, from 64 pixels a side.
    Svt,
    /// FFmpeg's own JPEG encoder.
    Mjpeg,
    /// `OpenJPEG`.
    OpenJpeg,
    /// libjxl.
    Jxl,
}

impl Encoder {
    /// What it makes.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::X264 => Kind::H264,
            Self::X265 => Kind::Hevc,
            Self::Aom | Self::Svt => Kind::Av1,
            Self::Mjpeg => Kind::Jpeg,
            Self::OpenJpeg => Kind::Jpeg2000,
            Self::Jxl => Kind::JpegXl,
        }
    }

    /// Its name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::X264 => "x264",
            Self::X265 => "x265",
            Self::Aom => "libaom",
            Self::Svt => "SVT-AV1",
            Self::Mjpeg => "FFmpeg's MJPEG encoder",
            Self::OpenJpeg => "OpenJPEG",
            Self::Jxl => "libjxl",
        }
    }

    /// FFmpeg's name, which for x264 depends on whether it is given packed RGB.
    pub(super) const fn ffmpeg_name(self, is_packed_rgb: bool) -> &'static str {
        match self {
            Self::X264 if is_packed_rgb => "libx264rgb",
            Self::X264 => "libx264",
            Self::X265 => "libx265",
            Self::Aom => "libaom-av1",
            Self::Svt => "libsvtav1",
            Self::Mjpeg => "mjpeg",
            Self::OpenJpeg => "libopenjpeg",
            Self::Jxl => "libjxl",
        }
    }

    /// Why it cannot be used here; `Ok` when it can.
    ///
    /// # Errors
    ///
    /// What is missing, in words.
    pub fn check(self) -> Result<(), String> {
        ffi::load()?;
        let name = self.ffmpeg_name(false);
        if ffi::encoder_exists(name) {
            Ok(())
        } else {
            Err(format!("this FFmpeg has no encoder {name}"))
        }
    }
}

/// What the colours of an RGB frame are stored as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Chroma {
    /// Luma, and chroma at half the width and height.
    Yuv420,
    /// Luma, and chroma at half the width.
    Yuv422,
    /// Luma, and chroma at full size.
    Yuv444,
    /// Red, green and blue as they are.
    Rgb,
}

impl Chroma {
    /// Every one, by the name that people give it.
    pub const ALL: [(&'static str, Self); 4] = [
        ("4:2:0", Self::Yuv420),
        ("4:2:2", Self::Yuv422),
        ("4:4:4", Self::Yuv444),
        ("rgb", Self::Rgb),
    ];
}

/// How a frame is encoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoding {
    /// The encoder.
    pub encoder: Encoder,
    /// What the colours of an RGB frame are stored as; gray is stored as gray. Ignored by JPEG 2000 and JPEG XL, which take RGB.
    pub chroma: Chroma,
    /// Bits of a stored sample; `None` is the frame's own depth, or the next that the encoder has.
    pub depth: Option<u8>,
    /// How luma and chroma are made of RGB.
    pub matrix: Matrix,
    /// Which numbers are black and white in luma and chroma; gray levels and RGB are always stored as they are.
    pub range: Range,
    /// A fixed quantiser for [`Encoder::Mjpeg`], 1 to 31.
    pub quantiser: Option<f64>,
    /// FFmpeg's options of the encoder, by name.
    pub options: Vec<(String, String)>,
    /// Threads for this picture.
    pub threads: usize,
    /// Whether what the stream cannot say is noted in it: the true size, the true depth, that a picture stored in colour is gray.
    /// Without it the decoded frame is as large and as deep as what was stored.
    pub note: bool,
}

impl Encoding {
    /// The encoder at its own settings: 4:2:0 where it has chroma, BT.601 in the full range, one thread.
    #[must_use]
    pub const fn new(encoder: Encoder) -> Self {
        Self {
            encoder,
            chroma: Chroma::Yuv420,
            depth: None,
            matrix: Matrix::Bt601,
            range: Range::Full,
            quantiser: None,
            options: Vec::new(),
            threads: 1,
            note: true,
        }
    }

    /// With one more option of the encoder.
    #[must_use]
    pub fn with_option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.push((name.into(), value.into()));
        self
    }
}
