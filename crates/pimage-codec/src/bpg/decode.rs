//! From the bytes of a file to a frame.

use std::path::Path;

use pimage_core::{Color, Error, Frame, FrameFormat, Limits, Metadata, Sample, SampleType};
use pimage_video::still::{Kind, decode as decode_stream};
use pimage_yuv::{LumaTable, Range, YuvSample};

use super::bits::malformed;
use super::header::{Alpha, Chroma, File, Header, extension_tags};
use super::streams::Streams;

/// The format that decoding gives.
pub(super) fn format(bytes: &[u8], limits: &Limits) -> Result<FrameFormat, Error> {
    format_of(&File::parse(bytes)?.header, limits)
}

/// How the colours are stored, and which blocks beside the picture there are.
pub(super) fn metadata(bytes: &[u8], _limits: &Limits) -> Result<Metadata, Error> {
    let file = File::parse(bytes)?;
    let header = &file.header;
    let mut metadata = Metadata::new();
    metadata.insert("subsampling".to_owned(), header.chroma.name().into());
    if header.chroma != Chroma::Gray {
        metadata.insert("colors".to_owned(), header.space.name().into());
    }
    for (name, holds) in [
        ("limited_range", header.is_limited),
        ("premultiplied", header.alpha == Alpha::Premultiplied),
        ("animated", header.is_animated),
    ] {
        if holds {
            metadata.insert(name.to_owned(), true.into());
        }
    }
    for (tag, length) in extension_tags(file.extensions) {
        let name = match tag {
            1 => "exif_bytes",
            2 => "icc_bytes",
            3 => "xmp_bytes",
            4 => "thumbnail_bytes",
            _ => continue,
        };
        metadata.insert(name.to_owned(), length.into());
    }
    Ok(metadata)
}

/// Bytes without the file's header.
pub(super) fn payload(bytes: &[u8]) -> usize {
    File::parse(bytes).map_or(bytes.len(), |file| file.data.len())
}

/// Fills `frame`; its stamp stays.
pub(super) fn decode(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
    let file = File::parse(bytes)?;
    let header = &file.header;
    let format = format_of(header, limits)?;
    let streams = Streams::of(&file)?;
    if header.alpha == Alpha::None && !is_cropped(header) {
        picture(&streams.color, header, frame)?;
        expect(frame.format(), &format)?;
        return fill_range(frame, header);
    }
    let mut color = Frame::empty();
    picture(&streams.color, header, &mut color)?;
    fill_range(&mut color, header)?;
    let opacity = match &streams.alpha {
        None => None,
        Some(stream) => {
            let mut opacity = Frame::empty();
            picture(stream, header, &mut opacity)?;
            Some(opacity)
        }
    };
    frame.reset(&format, limits)?;
    let joined = match format.sample {
        SampleType::U8 => join::<u8>(&color, opacity.as_ref(), header, frame),
        _ => join::<u16>(&color, opacity.as_ref(), header, frame),
    };
    joined.ok_or_else(|| wrong(color.format(), &format))
}

fn format_of(header: &Header, limits: &Limits) -> Result<FrameFormat, Error> {
    let is_gray = header.chroma == Chroma::Gray;
    let has_opacity = matches!(header.alpha, Alpha::Straight | Alpha::Premultiplied);
    let color = match (is_gray, has_opacity) {
        (true, false) => Color::Gray,
        (true, true) => Color::GrayAlpha,
        (false, false) => Color::Rgb,
        (false, true) => Color::Rgba,
    };
    let sample = if header.depth == 8 {
        SampleType::U8
    } else {
        SampleType::U16
    };
    if !matches!(header.depth, 8 | 9 | 10 | 12) {
        let bits = header.depth;
        let reason =
            format!("its samples have {bits} bits, and FFmpeg decodes HEVC of 8, 9, 10 and 12");
        return Err(Error::unsupported("", reason));
    }
    let format =
        FrameFormat::new(header.width, header.height, color, sample).with_bit_depth(header.depth);
    limits.check_format(&format)?;
    Ok(format)
}

/// Whether a stream's picture has a column or row more, because two share chroma.
const fn is_cropped(header: &Header) -> bool {
    let is_wider = !header.width.is_multiple_of(2);
    let is_higher = !header.height.is_multiple_of(2);
    match header.chroma {
        Chroma::Yuv420 => is_wider || is_higher,
        Chroma::Yuv422 => is_wider,
        Chroma::Gray | Chroma::Yuv444 => false,
    }
}

/// Decodes a stream of one picture, which is as large as the header says or a column and a row larger.
fn picture(stream: &[u8], header: &Header, frame: &mut Frame) -> Result<(), Error> {
    // The header was held against the limits; the stream is padded to blocks of at most 64 pixels.
    let (width, height) = (
        header.width.saturating_add(64),
        header.height.saturating_add(64),
    );
    let pixels = u64::from(width) * u64::from(height);
    let limits = Limits {
        max_side: width.max(height),
        max_pixels: pixels,
        max_frame_bytes: pixels.saturating_mul(6),
        ..Limits::default()
    };
    decode_stream(stream, Kind::Hevc, 1, &limits, frame).map_err(|error| match error {
        Error::Malformed { reason, .. } => malformed(format!("its HEVC stream is not: {reason}")),
        other => other,
    })
}

fn expect(found: &FrameFormat, expected: &FrameFormat) -> Result<(), Error> {
    if found == expected {
        Ok(())
    } else {
        Err(wrong(found, expected))
    }
}

fn wrong(found: &FrameFormat, expected: &FrameFormat) -> Error {
    Error::Codec {
        codec: "bpg".to_owned(),
        path: Path::new("").to_path_buf(),
        frame: None,
        reason: format!("its HEVC stream is {found}, expected {expected}"),
    }
}

/// Spreads the limited range of gray, of RGB and of the RGB behind `YCgCo`; that of `YCbCr` is spread already.
fn fill_range(frame: &mut Frame, header: &Header) -> Result<(), Error> {
    let is_spread = header.chroma != Chroma::Gray && header.space.is_yuv();
    if !header.is_limited || is_spread {
        return Ok(());
    }
    let format = *frame.format();
    let filled = match format.sample {
        SampleType::U8 => fill::<u8>(frame, header.depth),
        _ => fill::<u16>(frame, header.depth),
    };
    filled.ok_or_else(|| wrong(&format, &format.with_bit_depth(header.depth)))
}

fn fill<T: Sample + YuvSample>(frame: &mut Frame, depth: u8) -> Option<()> {
    const AT_ONCE: usize = 4096;
    let table = LumaTable::<T>::new(u32::from(depth), Range::Limited);
    let mut stored = Vec::with_capacity(AT_ONCE);
    for samples in frame.samples_mut::<T>()?.chunks_mut(AT_ONCE) {
        stored.clear();
        stored.extend_from_slice(samples);
        table.apply(&stored, samples);
    }
    Some(())
}

/// Crops colour and puts it together with the other stream; `None` when the pictures are not what they should be.
fn join<T>(color: &Frame, opacity: Option<&Frame>, header: &Header, frame: &mut Frame) -> Option<()>
where
    T: Sample + Into<u32> + TryFrom<u32>,
{
    let width = header.width as usize;
    let channels = frame.format().color.channels();
    let color_channels = color.format().color.channels();
    let color_row = color.format().width as usize * color_channels;
    let opacity_row = opacity.map_or(0, |opacity| opacity.format().width as usize);
    let full = (1u32 << header.depth) - 1;
    let colors = color.samples::<T>()?;
    let opacities = match opacity {
        Some(opacity) => opacity.samples::<T>()?,
        None => &[],
    };
    let rows = frame.samples_mut::<T>()?.chunks_exact_mut(width * channels);
    for (y, row) in rows.enumerate() {
        let colors = colors.get(y * color_row..)?.get(..width * color_channels)?;
        let pixels = row
            .chunks_exact_mut(channels)
            .zip(colors.chunks_exact(color_channels));
        if opacity.is_none() {
            for (pixel, color) in pixels {
                pixel.copy_from_slice(color);
            }
            continue;
        }
        let opacities = opacities.get(y * opacity_row..)?.get(..width)?;
        for ((pixel, color), &opacity) in pixels.zip(opacities) {
            for (sample, &color) in pixel.iter_mut().zip(color) {
                *sample = apply(header.alpha, color, opacity, full);
            }
            if let Some(last) = pixel.get_mut(color_channels) {
                *last = opacity;
            }
        }
    }
    Some(())
}

/// A colour with what the other stream says, up to `full`.
fn apply<T: Copy + Into<u32> + TryFrom<u32>>(alpha: Alpha, color: T, other: T, full: u32) -> T {
    let (value, other) = (color.into(), other.into());
    let value = match alpha {
        Alpha::None | Alpha::Straight => value,
        Alpha::White => (value * other + full / 2) / full,
        // Behind no opacity is white.
        Alpha::Premultiplied if other == 0 => full,
        Alpha::Premultiplied => ((value * full + other / 2) / other).min(full),
    };
    T::try_from(value).unwrap_or(color)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_divided_by_opacity_and_multiplied_by_white() {
        let premultiplied = |color: u8, other: u8| apply(Alpha::Premultiplied, color, other, 255);
        assert_eq!(premultiplied(0, 0), 255);
        assert_eq!(premultiplied(64, 128), 128);
        assert_eq!(premultiplied(129, 128), 255);
        assert_eq!(premultiplied(200, 255), 200);
        assert_eq!(apply(Alpha::White, 200u8, 255, 255), 200);
        assert_eq!(apply(Alpha::White, 200u8, 128, 255), 100);
        assert_eq!(apply(Alpha::White, 16_383u16, 16_383, 16_383), 16_383);
        assert_eq!(apply(Alpha::Straight, 7u8, 0, 255), 7);
    }
}
