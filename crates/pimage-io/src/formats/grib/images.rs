//! Packed numbers that are stored as an image: templates 5.40 and 5.41.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::io::Cursor;

use pimage_codec::by_name;
use pimage_core::{Color, Error, Frame, Limits};

/// The numbers of a JPEG 2000 image, of which there must be `count`.
///
/// # Errors
///
/// [`Error::NotBuilt`]; whatever the codec answers.
pub(super) fn of_jpeg2000(
    data: &[u8],
    count: usize,
    limits: &Limits,
    numbers: &mut Vec<u32>,
) -> Result<(), Error> {
    let other = |reason: String| Error::malformed("JPEG 2000", "", reason);
    let codec = by_name("jp2").ok_or_else(|| other("there is no codec".to_owned()))?;
    let format = codec.format(data, limits)?;
    expect_count((format.width, format.height), count).map_err(other)?;
    if format.color != Color::Gray {
        return Err(other(format!("it is {format}: expected gray")));
    }
    let mut frame = Frame::empty();
    codec.decode_into(data, limits, &mut frame)?;
    numbers.clear();
    match frame.samples::<u8>() {
        Some(samples) => numbers.extend(samples.iter().map(|sample| u32::from(*sample))),
        None => {
            let samples = frame.samples::<u16>().unwrap_or_default();
            numbers.extend(samples.iter().map(|sample| u32::from(*sample)));
        }
    }
    match numbers.len() == count {
        true => Ok(()),
        false => Err(other(format!("it has {} of {count} values", numbers.len()))),
    }
}

/// The numbers of a PNG image, of which there must be `count`: the channels of a pixel, or of several bytes, are one number.
pub(super) fn of_png(
    data: &[u8],
    count: usize,
    bytes: &mut Vec<u8>,
    numbers: &mut Vec<u32>,
) -> Result<(), String> {
    let text = |error: png::DecodingError| format!("its PNG image: {error}");
    let mut decoder = png::Decoder::new(Cursor::new(data));
    decoder.set_transformations(png::Transformations::IDENTITY);
    let mut reader = decoder.read_info().map_err(text)?;
    let info = reader.info();
    let (width, height) = info.size();
    expect_count((width, height), count)?;
    let bits = info.color_type.samples() * info.bit_depth as usize;
    if bits > 32 {
        return Err(format!(
            "its PNG image has {bits} bits a pixel: expected 32 at most"
        ));
    }
    let size = reader.output_buffer_size().unwrap_or(usize::MAX);
    bytes.clear();
    if size > count.saturating_mul(4).saturating_add(height as usize)
        || bytes.try_reserve_exact(size).is_err()
    {
        return Err(format!("its PNG image has {size} bytes"));
    }
    bytes.resize(size, 0);
    let frame = reader.next_frame(bytes).map_err(text)?;
    numbers.clear();
    for row in bytes
        .chunks_exact(frame.line_size.max(1))
        .take(height as usize)
    {
        take_numbers(row, bits, width as usize, numbers);
    }
    Ok(())
}

/// Takes `width` numbers of `bits` bits each from the beginning of a row.
fn take_numbers(row: &[u8], bits: usize, width: usize, numbers: &mut Vec<u32>) {
    if bits < 8 {
        let mask = (1u32 << bits) - 1;
        let all = row.iter().flat_map(|byte| {
            (0..8 / bits).map(move |place| u32::from(*byte) >> (8 - bits * (place + 1)))
        });
        numbers.extend(all.take(width).map(|number| number & mask));
    } else {
        let pixels = row.chunks_exact(bits / 8).take(width);
        numbers.extend(pixels.map(|pixel| {
            let bytes = pixel.iter();
            bytes.fold(0u32, |number, byte| number << 8 | u32::from(*byte))
        }));
    }
}

fn expect_count((width, height): (u32, u32), count: usize) -> Result<(), String> {
    match u64::from(width) * u64::from(height) == count as u64 {
        true => Ok(()),
        false => Err(format!("its image is {width}x{height}, for {count} values")),
    }
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn pixels_of_every_width_are_numbers() {
        let taken = |row: &[u8], bits, width| {
            let mut numbers = Vec::new();
            take_numbers(row, bits, width, &mut numbers);
            numbers
        };
        assert_eq!(taken(&[0b1011_0000], 1, 4), [1, 0, 1, 1]);
        assert_eq!(taken(&[0x1F, 0xA0], 4, 3), [1, 15, 10]);
        assert_eq!(taken(&[1, 2, 3, 4, 5, 6], 24, 2), [0x01_02_03, 0x04_05_06]);
        assert_eq!(taken(&[255; 4], 32, 1), [u32::MAX]);
    }

    #[test]
    fn an_image_of_another_size_is_refused_before_it_is_decoded() {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, 3, 2);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Sixteen);
        let mut writer = encoder.write_header().expect("writes");
        writer
            .write_image_data(&[0, 1, 0, 2, 0, 3, 1, 0, 2, 0, 3, 0])
            .expect("writes");
        writer.finish().expect("writes");
        let (mut bytes, mut numbers) = (Vec::new(), Vec::new());
        of_png(&file, 6, &mut bytes, &mut numbers).expect("fits");
        assert_eq!(numbers, [1, 2, 3, 256, 512, 768]);
        let error = of_png(&file, 7, &mut bytes, &mut numbers).expect_err("is another");
        assert_eq!(error, "its image is 3x2, for 7 values");
        let cut = of_png(&file[..file.len() - 20], 6, &mut bytes, &mut numbers);
        assert!(cut.expect_err("is cut").starts_with("its PNG image"));
    }
}
