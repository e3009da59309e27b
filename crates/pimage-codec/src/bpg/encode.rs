//! From a frame to the bytes of a file.

use std::path::Path;

use pimage_core::{Color, Error, Frame, FrameFormat, SampleType};
use pimage_video::still::{Chroma as Sharing, Encoder, Encoding, encode as encode_stream};
use pimage_yuv::Matrix;

use super::header::{Alpha, Chroma, Header, Space};
use super::streams::data_of;
use super::{COLORS, DEPTH, PRESET, SUBSAMPLING, TUNE};
use crate::settings::Asked;

/// Whether x265 is on this machine.
pub(super) fn probe() -> Result<(), Error> {
    Encoder::X265.check().map_err(|reason| Error::Codec {
        codec: "bpg".to_owned(),
        path: Path::new("").to_path_buf(),
        frame: None,
        reason,
    })
}

/// Appends the image to `out`.
pub(super) fn encode(frame: &Frame, asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    let header = header_of(frame.format(), asked)?;
    let encoding = encoding(&header, asked);
    let mut color = Vec::new();
    let mut alpha = None;
    if header.alpha == Alpha::None {
        encode_stream(frame, &encoding, &mut color)?;
    } else {
        let (colors, opacity) = crate::opacity::split(frame)?;
        encode_stream(&colors, &encoding, &mut color)?;
        encode_stream(&opacity, &encoding, alpha.insert(Vec::new()))?;
    }
    let data = data_of(&header, &color, alpha.as_deref()).map_err(|error| Error::Codec {
        codec: "bpg".to_owned(),
        path: Path::new("").to_path_buf(),
        frame: None,
        reason: error.to_string(),
    })?;
    header.put(&data, out)
}

/// What the file will say of the picture.
fn header_of(format: &FrameFormat, asked: &Asked<'_>) -> Result<Header, Error> {
    let space = space_of(asked)?;
    let chroma = match format.color {
        Color::Gray | Color::GrayAlpha => Chroma::Gray,
        _ => chroma_of(space, asked)?,
    };
    let is_gray = chroma == Chroma::Gray;
    Ok(Header {
        chroma,
        is_chroma_left: false,
        space: if is_gray { Space::Bt601 } else { space },
        is_limited: false,
        alpha: if format.color.has_alpha() {
            Alpha::Straight
        } else {
            Alpha::None
        },
        depth: depth_of(format, asked)?,
        is_animated: false,
        width: format.width,
        height: format.height,
    })
}

fn space_of(asked: &Asked<'_>) -> Result<Space, Error> {
    let usual = if asked.is_lossless() {
        Space::Rgb
    } else {
        Space::Bt601
    };
    let Some(name) = asked.text(COLORS) else {
        return Ok(usual);
    };
    let space = Space::by_name(name).unwrap_or(usual);
    if asked.is_lossless() && space != Space::Rgb {
        return Err(refused(COLORS, name, "rgb where no pixel may be lost"));
    }
    Ok(space)
}

fn chroma_of(space: Space, asked: &Asked<'_>) -> Result<Chroma, Error> {
    let usual = if space == Space::Rgb {
        Chroma::Yuv444
    } else {
        Chroma::Yuv420
    };
    let Some(name) = asked.text(SUBSAMPLING) else {
        return Ok(usual);
    };
    let chroma = Chroma::by_name(name).unwrap_or(usual);
    if space == Space::Rgb && chroma != Chroma::Yuv444 {
        return Err(refused(SUBSAMPLING, name, "4:4:4, for RGB is not shared"));
    }
    Ok(chroma)
}

/// Bits of a stored sample: the frame's own, or more where its levels are spread.
fn depth_of(format: &FrameFormat, asked: &Asked<'_>) -> Result<u8, Error> {
    let own = format.bit_depth;
    let Some(name) = asked.text(DEPTH) else {
        return Ok(own);
    };
    let depth = name.parse().unwrap_or(own);
    let may_spread = format.sample == SampleType::U8 && !asked.is_lossless();
    if depth != own && !may_spread {
        let expected = format!("{own}, which is the frame's, for only lossy `uint8` is spread");
        return Err(refused(DEPTH, name, &expected));
    }
    Ok(depth)
}

fn refused(option: &str, found: &str, expected: &str) -> Error {
    Error::bad_option(format!("--option {option}"), format!("`{found}`"), expected)
}

/// How x265 codes a stream of such a picture.
fn encoding(header: &Header, asked: &Asked<'_>) -> Encoding {
    // Rows that can be coded side by side take more bytes; without them the number of threads changes nothing.
    // Profile and level are no part of a file, so that no level's bound on the size of blocks keeps long strips out.
    let mut parameters = vec!["wpp=0", "allow-non-conformance=1"];
    // A file has no place for a crop: its pictures are padded to the smallest blocks, and x265 takes none of less than 16 pixels.
    if header.width.min(header.height) <= 8 {
        parameters.push("min-cu-size=16");
    }
    if asked.is_lossless() {
        parameters.push("lossless=1");
    }
    let mut options = vec![("x265-params".to_owned(), parameters.join(":"))];
    if !asked.is_lossless() {
        options.push(("qp".to_owned(), asked.quality_or_usual().to_string()));
    }
    for name in [PRESET, TUNE] {
        if let Some(value) = asked.text(name) {
            options.push((name.to_owned(), value.to_owned()));
        }
    }
    Encoding {
        chroma: match (header.space, header.chroma) {
            (Space::Rgb, _) => Sharing::Rgb,
            (_, Chroma::Yuv422) => Sharing::Yuv422,
            (_, Chroma::Yuv444) => Sharing::Yuv444,
            (_, Chroma::Gray | Chroma::Yuv420) => Sharing::Yuv420,
        },
        depth: Some(header.depth),
        matrix: match header.space {
            Space::Bt709 => Matrix::Bt709,
            Space::Bt2020 => Matrix::Bt2020,
            Space::YCgCo => Matrix::YCgCo,
            Space::Bt601 | Space::Rgb => Matrix::Bt601,
        },
        options,
        threads: asked.threads(),
        note: false,
        ..Encoding::new(Encoder::X265)
    }
}
