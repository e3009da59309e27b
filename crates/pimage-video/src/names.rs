//! FFmpeg's numbers for colours, by name and as formulas.

use ffmpeg_sys_the_third as sys;
use pimage_core::keys;
use pimage_yuv::{Matrix, Range};

use crate::ffi::Colors;

/// The matrix of a stream; the usual rule where it does not say.
pub(crate) fn matrix(space: sys::AVColorSpace, height: u32) -> Matrix {
    match space {
        sys::AVColorSpace::BT709 => Matrix::Bt709,
        sys::AVColorSpace::FCC => Matrix::Fcc,
        sys::AVColorSpace::BT470BG | sys::AVColorSpace::SMPTE170M => Matrix::Bt601,
        sys::AVColorSpace::SMPTE240M => Matrix::Smpte240,
        sys::AVColorSpace::BT2020_NCL | sys::AVColorSpace::BT2020_CL => Matrix::Bt2020,
        sys::AVColorSpace::YCGCO => Matrix::YCgCo,
        _ => Matrix::usual_for(height),
    }
}

/// Whether a stream says its matrix.
pub(crate) fn matrix_is_stated(space: sys::AVColorSpace) -> bool {
    !matches!(
        space,
        sys::AVColorSpace::UNSPECIFIED | sys::AVColorSpace::RGB
    )
}

/// The range of a stream of luma and chroma; limited where it does not say, except for the `yuvj` formats.
pub(crate) fn range(range: sys::AVColorRange, pixel_format: &str) -> Range {
    match range {
        sys::AVColorRange::JPEG => Range::Full,
        sys::AVColorRange::MPEG => Range::Limited,
        _ if pixel_format.starts_with("yuvj") => Range::Full,
        _ => Range::Limited,
    }
}

/// Whether a stream says its range.
pub(crate) fn range_is_stated(range: sys::AVColorRange, pixel_format: &str) -> bool {
    range != sys::AVColorRange::UNSPECIFIED || pixel_format.starts_with("yuvj")
}

/// Metadata of primaries and transfer function, where a stream says them.
pub(crate) fn primaries_and_transfer(colors: &Colors) -> Vec<(&'static str, &'static str)> {
    let primaries = match colors.primaries {
        sys::AVColorPrimaries::BT709 => Some("bt709"),
        sys::AVColorPrimaries::BT470M => Some("bt470m"),
        sys::AVColorPrimaries::BT470BG => Some("bt470bg"),
        sys::AVColorPrimaries::SMPTE170M => Some("smpte170m"),
        sys::AVColorPrimaries::SMPTE240M => Some("smpte240m"),
        sys::AVColorPrimaries::BT2020 => Some("bt2020"),
        _ => None,
    };
    let transfer = match colors.transfer {
        sys::AVColorTransferCharacteristic::BT709 => Some("bt709"),
        sys::AVColorTransferCharacteristic::GAMMA22 => Some("gamma22"),
        sys::AVColorTransferCharacteristic::GAMMA28 => Some("gamma28"),
        sys::AVColorTransferCharacteristic::SMPTE170M => Some("smpte170m"),
        sys::AVColorTransferCharacteristic::LINEAR => Some("linear"),
        sys::AVColorTransferCharacteristic::IEC61966_2_1 => Some("iec61966-2-1"),
        sys::AVColorTransferCharacteristic::SMPTE2084 => Some("smpte2084"),
        sys::AVColorTransferCharacteristic::ARIB_STD_B67 => Some("arib-std-b67"),
        _ => None,
    };
    let primaries = primaries.map(|name| (keys::COLOR_PRIMARIES, name));
    let transfer = transfer.map(|name| (keys::COLOR_TRANSFER, name));
    primaries.into_iter().chain(transfer).collect()
}

/// The number of a matrix, for a stream to be written.
pub(crate) const fn matrix_number(matrix: Matrix) -> sys::AVColorSpace {
    match matrix {
        Matrix::Bt709 => sys::AVColorSpace::BT709,
        Matrix::Bt2020 => sys::AVColorSpace::BT2020_NCL,
        Matrix::Fcc => sys::AVColorSpace::FCC,
        Matrix::Smpte240 => sys::AVColorSpace::SMPTE240M,
        Matrix::YCgCo => sys::AVColorSpace::YCGCO,
        _ => sys::AVColorSpace::SMPTE170M,
    }
}

/// The number of a range, for a stream to be written.
pub(crate) const fn range_number(range: Range) -> sys::AVColorRange {
    match range {
        Range::Full => sys::AVColorRange::JPEG,
        Range::Limited => sys::AVColorRange::MPEG,
    }
}

/// The number of what is no luma and chroma: RGB, or nothing.
pub(crate) const fn plain_matrix(is_rgb: bool) -> sys::AVColorSpace {
    if is_rgb {
        sys::AVColorSpace::RGB
    } else {
        sys::AVColorSpace::UNSPECIFIED
    }
}

/// The colours of a stream to be written.
pub(crate) fn colors_for(
    is_yuv: bool,
    is_rgb: bool,
    matrix: Matrix,
    range: Range,
    height: u32,
) -> Colors {
    let matrix = match (is_yuv, is_rgb) {
        (true, _) => matrix_number(matrix),
        (false, is_rgb) => plain_matrix(is_rgb),
    };
    let unknown = Colors {
        range: range_number(range),
        matrix,
        primaries: sys::AVColorPrimaries::UNSPECIFIED,
        transfer: sys::AVColorTransferCharacteristic::UNSPECIFIED,
    };
    if !is_yuv {
        return unknown;
    }
    // RGB of which nothing else is known is taken as the colours of the usual video of its size.
    let (primaries, transfer) = if height < 720 {
        (
            sys::AVColorPrimaries::SMPTE170M,
            sys::AVColorTransferCharacteristic::SMPTE170M,
        )
    } else {
        (
            sys::AVColorPrimaries::BT709,
            sys::AVColorTransferCharacteristic::BT709,
        )
    };
    Colors {
        primaries,
        transfer,
        ..unknown
    }
}
