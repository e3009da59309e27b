//! One frame through one codec, measured.

use std::time::Instant;

use pimage_codec::{Codec, Settings};
use pimage_core::{Error, Frame, Limits};
use pimage_metrics::{ChannelErrors, Difference, ms_ssim, peak_of};

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Errors, PSNR and SSIM.
    Brief,
    /// Also PSNR of each channel and of luma and chroma, and MS-SSIM.
    Full,
}

/// What a frame cost in a codec, and what it lost.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Trial {
    /// Encoded bytes, without what only packs them.
    pub payload_bytes: u64,
    /// Pixels of the frame.
    pub pixels: u64,
    /// Seconds that encoding took, on the clock.
    pub encode_secs: f64,
    /// Seconds that decoding took, on the clock.
    pub decode_secs: f64,
    /// How near what came back is; `None` when it has another size, colour or type.
    pub fidelity: Option<Fidelity>,
}

/// How near a frame is to the one it was made from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Fidelity {
    /// The greatest absolute error.
    pub max_error: f64,
    /// The mean squared error.
    pub mean_square: f64,
    /// The peak signal-to-noise ratio over all channels in decibels; infinite when nothing was lost.
    pub psnr: f64,
    /// The structural similarity, as [`Difference::ssim`] has it.
    pub ssim: f64,
    /// PSNR of each channel; empty unless [`Detail::Full`].
    pub psnr_channels: Vec<f64>,
    /// PSNR of Y, Cb and Cr, or of Y alone for gray; empty unless [`Detail::Full`].
    pub psnr_ycbcr: Vec<f64>,
    /// See [`ms_ssim`]; `None` for a picture with a side below 11, and unless [`Detail::Full`].
    pub ms_ssim: Option<f64>,
}

/// A measured trial with its results.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Tried {
    /// What was measured.
    pub trial: Trial,
    /// All encoded bytes.
    pub encoded: Vec<u8>,
    /// What came back, with the stamp of the frame that went in.
    pub frame: Frame,
}

impl Trial {
    /// Bits of payload for each pixel.
    #[must_use]
    pub fn bits_per_pixel(&self) -> f64 {
        8.0 * self.payload_bytes as f64 / self.pixels.max(1) as f64
    }

    /// PSNR in decibels; not a number when what came back cannot be compared.
    #[must_use]
    pub fn psnr(&self) -> f64 {
        self.fidelity
            .as_ref()
            .map_or(f64::NAN, |fidelity| fidelity.psnr)
    }
}

/// Encodes and decodes a frame on the caller's thread, and measures both and what came back.
///
/// Clocks run on while other threads of this machine work: times of trials that run side by side are those of a busy machine.
///
/// ```
/// use pimage_codec::{Settings, by_name};
/// use pimage_convert::{Detail, try_codec};
/// use pimage_core::{Color, Frame, FrameFormat, Limits, SampleType};
///
/// let frame = Frame::zeroed(FrameFormat::new(32, 24, Color::Gray, SampleType::U8));
/// let codec = by_name("npy").ok_or("npy is always there")?;
/// let tried = try_codec(codec, &frame, &Settings::default(), Detail::Brief, &Limits::default())?;
/// assert!(tried.trial.bits_per_pixel() >= 8.0);
/// assert!(tried.trial.psnr().is_infinite());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// As [`Codec::encode`] and [`Codec::decode_into`].
pub fn try_codec(
    codec: &'static Codec,
    frame: &Frame,
    settings: &Settings,
    detail: Detail,
    limits: &Limits,
) -> Result<Tried, Error> {
    let begun = Instant::now();
    let encoded = codec.encode(frame, settings)?;
    let encode_secs = begun.elapsed().as_secs_f64();
    let mut restored = Frame::empty();
    let begun = Instant::now();
    codec.decode_into(&encoded, limits, &mut restored)?;
    let decode_secs = begun.elapsed().as_secs_f64();
    restored.stamp = frame.stamp.clone();
    let format = frame.format();
    let is_alike = format.with_bit_depth(0) == restored.format().with_bit_depth(0);
    let fidelity = is_alike.then(|| Fidelity::of(frame, &restored, detail));
    Ok(Tried {
        trial: Trial {
            payload_bytes: codec.payload_bytes(&encoded) as u64,
            pixels: u64::from(format.width) * u64::from(format.height),
            encode_secs,
            decode_secs,
            fidelity: fidelity.transpose()?,
        },
        encoded,
        frame: restored,
    })
}

impl Fidelity {
    /// Measures how near `restored` is to `original`, which has the same format.
    ///
    /// # Errors
    ///
    /// [`Error::FormatMismatch`].
    pub fn of(original: &Frame, restored: &Frame, detail: Detail) -> Result<Self, Error> {
        let difference = Difference::between(original, restored)?;
        let mut fidelity = Self {
            max_error: difference.max,
            mean_square: difference.mean_square(),
            psnr: difference.psnr(original.format()),
            ssim: difference.ssim,
            psnr_channels: Vec::new(),
            psnr_ycbcr: Vec::new(),
            ms_ssim: None,
        };
        if detail == Detail::Full {
            let peak = peak_of(original);
            let errors = ChannelErrors::between(original, restored)?;
            fidelity.psnr_channels = errors.psnr(peak);
            fidelity.psnr_ycbcr = errors.psnr_ycbcr(peak);
            fidelity.ms_ssim = ms_ssim(original, restored, peak)?;
        }
        Ok(fidelity)
    }
}

#[cfg(test)]
mod tests {
    use pimage_codec::by_name;
    use pimage_core::{Color, FrameFormat, SampleType};
    use pimage_testkit::noise_frame;

    use super::*;

    #[test]
    fn a_lossless_codec_loses_nothing() {
        let format = FrameFormat::new(40, 30, Color::Rgb, SampleType::U8);
        let frame = noise_frame(7, 0, format);
        let codec = by_name("npy").expect("is always there");
        let limits = Limits::default();
        let tried = try_codec(codec, &frame, &Settings::default(), Detail::Full, &limits);
        let tried = tried.expect("keeps everything");
        assert_eq!(tried.frame, frame);
        assert_eq!(tried.trial.payload_bytes, 3600, "the header does not count");
        let fidelity = tried.trial.fidelity.expect("can be compared");
        assert!(fidelity.max_error <= 0.0 && fidelity.psnr.is_infinite());
        assert_eq!(fidelity.ms_ssim, Some(1.0));
        assert_eq!(
            (fidelity.psnr_channels.len(), fidelity.psnr_ycbcr.len()),
            (3, 3)
        );
    }
}
