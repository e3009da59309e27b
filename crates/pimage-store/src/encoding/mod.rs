//! How the pixels of a store are coded, by the names of OpenCV's conversions, and how they become what they look like.

mod bayer;
mod yuv;

use pimage_core::{Color, Error, Frame, FrameFormat, Limits, SampleType};

use self::bayer::Red;
use self::yuv::Layout;

/// A conversion by OpenCV's rules to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Raw frames of a colour camera.
    Bayer(Red),
    /// Brightness and colour differences, of several layouts.
    Yuv(Layout),
    /// The channels are red, green and blue, perhaps with opacity, where OpenCV has blue, green and red.
    Rgb,
    /// Blue, green, red and opacity, which is dropped.
    Bgra,
    /// Gray, to be shown as colour.
    Gray,
}

impl Encoding {
    /// The conversion of this name.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for names that pimage does not decode.
    pub(crate) fn of(name: &str) -> Result<Self, Error> {
        let lower = name.to_ascii_lowercase();
        let code = lower.strip_prefix("cv_").unwrap_or(&lower);
        let found = match code {
            "rgb" | "rgba" => Some(Self::Rgb),
            "bgra" => Some(Self::Bgra),
            "gray" => Some(Self::Gray),
            _ => code
                .strip_prefix("bayer")
                .and_then(Red::of)
                .map(Self::Bayer)
                .or_else(|| {
                    let layout = code.strip_prefix("yuv_").and_then(Layout::of);
                    layout.map(Self::Yuv)
                }),
        };
        found.ok_or_else(|| {
            Error::bad_option(
                "the encoding of the store",
                format!("`{}`", name.escape_debug()),
                "cv_bayerbg, gb, rg or gr, cv_rgb, cv_rgba, cv_bgra, cv_gray, cv_yuv_nv12, nv21, i420, yv12, uyvy, yuy2 or yvyu; others can be read raw",
            )
        })
    }

    /// Colours of the four pixels at the upper left, of raw frames.
    pub(crate) const fn bayer_pattern(self) -> Option<&'static str> {
        match self {
            Self::Bayer(red) => Some(red.pattern()),
            _ => None,
        }
    }

    /// What comes of frames of this format, which are as they are stored but red before blue.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for frames that cannot be of this encoding.
    pub(crate) fn output(self, stored: &FrameFormat) -> Result<FrameFormat, Error> {
        let fits = match self {
            Self::Bayer(_) => {
                stored.color == Color::Gray
                    && matches!(stored.sample, SampleType::U8 | SampleType::U16)
            }
            Self::Yuv(layout) => stored.sample == SampleType::U8 && layout.size(stored).is_some(),
            Self::Rgb => matches!(stored.color, Color::Rgb | Color::Rgba),
            Self::Bgra => stored.color == Color::Rgba,
            Self::Gray => stored.color == Color::Gray,
        };
        if !fits {
            return Err(Error::bad_option(
                "the encoding of the store",
                format!("{self:?} of {stored} frames"),
                "frames that may be coded so",
            ));
        }
        let (width, height) = match self {
            Self::Yuv(layout) => layout.size(stored).unwrap_or((stored.width, stored.height)),
            _ => (stored.width, stored.height),
        };
        Ok(FrameFormat {
            width,
            height,
            color: Color::Rgb,
            ..*stored
        })
    }

    /// Decodes a frame; `spare` lends memory and gets that of the frame.
    ///
    /// # Errors
    ///
    /// As [`Encoding::output`]; [`Error::TooLarge`].
    pub(crate) fn decode(
        self,
        frame: &mut Frame,
        spare: &mut Frame,
        limits: &Limits,
    ) -> Result<(), Error> {
        let stored = *frame.format();
        let output = self.output(&stored)?;
        spare.reset(&output, limits)?;
        match self {
            Self::Bayer(red) => {
                let width = stored.width as usize;
                if let (Some(raw), Some(target)) = (frame.samples(), spare.samples_mut()) {
                    bayer::demosaic::<u8>(raw, width, red, target);
                } else if let (Some(raw), Some(target)) = (frame.samples(), spare.samples_mut()) {
                    bayer::demosaic::<u16>(raw, width, red, target);
                }
            }
            Self::Yuv(layout) => {
                let raw = frame.bytes();
                yuv::decode(raw, layout, &output, spare.bytes_mut());
            }
            Self::Rgb => pick(frame, spare, [2, 1, 0]),
            Self::Bgra => pick(frame, spare, [0, 1, 2]),
            Self::Gray => pick(frame, spare, [0, 0, 0]),
        }
        spare.stamp = frame.stamp.clone();
        std::mem::swap(frame, spare);
        Ok(())
    }
}

/// Makes RGB of three of the channels.
pub(crate) fn pick(frame: &Frame, target: &mut Frame, channels: [usize; 3]) {
    let size = frame.format().sample.bytes();
    let pixel = size * frame.format().color.channels();
    let pixels = frame.bytes().chunks_exact(pixel.max(1));
    let targets = target.bytes_mut().chunks_exact_mut((size * 3).max(1));
    for (pixel, target) in pixels.zip(targets) {
        for (channel, target) in channels.into_iter().zip(target.chunks_exact_mut(size)) {
            let at = channel * size;
            if let Some(sample) = pixel.get(at..at + size) {
                target.copy_from_slice(sample);
            }
        }
    }
}

/// Exchanges first and third channel of colour frames.
pub(crate) fn swap_red_and_blue(frame: &mut Frame) {
    let size = frame.format().sample.bytes();
    let channels = frame.format().color.channels();
    if channels < 3 {
        return;
    }
    for pixel in frame.bytes_mut().chunks_exact_mut(size * channels) {
        let (first, rest) = pixel.split_at_mut(size);
        if let Some(third) = rest.get_mut(size..size * 2) {
            first.swap_with_slice(third);
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;

    #[test]
    fn names_are_those_of_opencv() {
        for (name, pattern) in [
            ("cv_bayerbg", "RGGB"),
            ("cv_bayergb", "GRBG"),
            ("cv_bayerrg", "BGGR"),
            ("cv_bayergr", "GBRG"),
            ("cv_bayerrggb", "RGGB"),
        ] {
            let encoding = Encoding::of(name).expect(name);
            assert_eq!(encoding.bayer_pattern(), Some(pattern), "{name}");
        }
        assert!(Encoding::of("cv_yuv_nv12").is_ok());
        let error = Encoding::of("cv_lab").expect_err("is not decoded");
        assert!(error.to_string().contains("`cv_lab`"), "{error}");
    }

    #[test]
    fn channels_are_exchanged() {
        let array = Array3::from_shape_vec((1, 2, 3), vec![1u16, 2, 3, 4, 5, 6]).expect("fits");
        let mut frame = Frame::from_array(array, Color::Rgb).expect("is colour");
        swap_red_and_blue(&mut frame);
        assert_eq!(frame.samples::<u16>(), Some(&[3, 2, 1, 6, 5, 4][..]));
        Encoding::Rgb
            .decode(&mut frame, &mut Frame::empty(), &Limits::default())
            .expect("is colour");
        assert_eq!(frame.samples::<u16>(), Some(&[1, 2, 3, 4, 5, 6][..]));
    }
}
