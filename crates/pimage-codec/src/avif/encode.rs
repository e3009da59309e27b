//! From a frame to the bytes of a file.

use avif_serialize::Aviffy;
use avif_serialize::constants::MatrixCoefficients;
use pimage_core::{Color, Error, Frame};
use pimage_video::still::{Chroma, Encoding, encode as encode_picture, obus};
use pimage_yuv::Matrix;

use crate::opacity::split;
use crate::settings::Asked;
use crate::stream::aom_encoding;

/// The unit that begins a picture of a video, which a still one does without.
const TEMPORAL_DELIMITER: u8 = 2;

/// Appends the file to `out`.
pub(super) fn encode(frame: &Frame, asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    let format = frame.format();
    let mut encoding = aom_encoding(format, asked)?.with_option("still-picture", "1");
    encoding.note = false;
    let (color, alpha) = if format.color.has_alpha() {
        let (colors, opacity) = split(frame)?;
        let alpha = picture(&opacity, &encoding)?;
        (picture(&colors, &encoding)?, Some(alpha))
    } else {
        (picture(frame, &encoding)?, None)
    };
    let is_gray = matches!(format.color, Color::Gray | Color::GrayAlpha);
    let shared = match encoding.chroma {
        Chroma::Yuv420 => (true, true),
        Chroma::Yuv422 => (true, false),
        Chroma::Yuv444 | Chroma::Rgb => (false, false),
    };
    let profile = match (format.bit_depth, is_gray, encoding.chroma) {
        (12, ..) | (_, false, Chroma::Yuv422) => 2,
        (_, true, _) | (_, false, Chroma::Yuv420) => 0,
        _ => 1,
    };
    let mut file = Aviffy::new();
    file.set_seq_profile(profile)
        .set_bit_depth(format.bit_depth)
        .set_width(format.width)
        .set_height(format.height)
        .set_monochrome(is_gray)
        .set_chroma_subsampling(if is_gray { (true, true) } else { shared })
        .set_full_color_range(true)
        .set_matrix_coefficients(match encoding.chroma {
            Chroma::Rgb if !is_gray => MatrixCoefficients::Rgb,
            _ if encoding.matrix == Matrix::Bt709 => MatrixCoefficients::Bt709,
            _ if encoding.matrix == Matrix::Bt2020 => MatrixCoefficients::Bt2020Ncl,
            _ => MatrixCoefficients::Bt601,
        });
    file.write_slice(&mut *out, &color, alpha.as_deref())
        .map_err(|error| Error::malformed("", "AVIF", error.to_string()))
}

/// The open bitstream units of a picture.
fn picture(frame: &Frame, encoding: &Encoding) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    encode_picture(frame, encoding, &mut bytes)?;
    Ok(obus(&bytes)
        .filter(|obu| obu.kind != TEMPORAL_DELIMITER)
        .flat_map(|obu| obu.bytes)
        .copied()
        .collect())
}
