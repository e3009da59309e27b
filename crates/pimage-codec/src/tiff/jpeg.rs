//! JPEG streams in strips and tiles, whose tables may be in the page's tags.

use std::io::Cursor;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::page::Page;
use super::tags::photometric;

/// The first and last marker of a stream.
const START: &[u8] = &[0xFF, 0xD8];
const END: &[u8] = &[0xFF, 0xD9];

/// Samples of a strip or tile, rows without padding.
pub(crate) struct Picture {
    pub(crate) samples: Vec<u8>,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// The stream with its tables in front.
fn joined(tables: &[u8], packed: &[u8], stream: &mut Vec<u8>) {
    stream.clear();
    let tables = tables.strip_prefix(START).unwrap_or(tables);
    let tables = tables.strip_suffix(END).unwrap_or(tables);
    stream.extend_from_slice(START);
    stream.extend_from_slice(tables);
    stream.extend_from_slice(packed.strip_prefix(START).unwrap_or(packed));
}

/// Unpacks a stream of `samples` samples a pixel; an error is a sentence. `stream` is memory that is kept.
pub(crate) fn decode(
    page: &Page,
    samples: usize,
    packed: &[u8],
    stream: &mut Vec<u8>,
) -> Result<Picture, String> {
    joined(&page.jpeg_tables, packed, stream);
    let (most_width, most_height) = page.chunk;
    // A strip may be padded to whole blocks.
    let options = DecoderOptions::default()
        .set_max_width(most_width as usize + 64)
        .set_max_height(most_height as usize + 64)
        .set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(&*stream), options);
    decoder
        .decode_headers()
        .map_err(|error| error.to_string())?;
    let stored = decoder.input_colorspace();
    let color = match (samples, stored) {
        (1, _) => ColorSpace::Luma,
        (3, Some(ColorSpace::RGB)) => ColorSpace::RGB,
        // What the tags call colours is stored as it is, though streams of three components usually are luma and chroma.
        (3, _) if page.photometric == photometric::RGB => ColorSpace::YCbCr,
        (3, _) => ColorSpace::RGB,
        _ => return Err(format!("it is a JPEG stream of {samples} samples")),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(color));
    let pixels = decoder.decode().map_err(|error| error.to_string())?;
    let (width, height) = decoder.info().map_or((0, 0), |info| {
        (usize::from(info.width), usize::from(info.height))
    });
    if width * height * samples != pixels.len() {
        return Err(format!(
            "its JPEG stream has {} bytes for {width}x{height} pixels of {samples} samples",
            pixels.len()
        ));
    }
    Ok(Picture {
        samples: pixels,
        width,
        height,
    })
}
