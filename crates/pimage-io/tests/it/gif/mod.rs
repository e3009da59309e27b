//! Animated GIFs.

mod canvas;
mod damage;
mod exact;
mod palettes;
mod seeking;
mod writing;

use std::fs;
use std::path::Path;

use pimage_core::{
    Color, Error, Frame, FrameCount, FrameFormat, FrameRate, FrameReader, SampleType, Stamp,
    StreamInfo,
};
use pimage_io::{GifOptions, WriteOptions};
use pimage_testkit::noise_frame;

fn rgb(width: u32, height: u32) -> FrameFormat {
    FrameFormat::new(width, height, Color::Rgb, SampleType::U8)
}

fn with(gif: GifOptions) -> WriteOptions {
    WriteOptions {
        gif,
        overwrite: true,
        ..WriteOptions::default()
    }
}

/// Writes frames of 25 a second; the notes.
fn write_with(path: &Path, frames: &[Frame], options: &WriteOptions) -> Result<Vec<String>, Error> {
    let mut info = StreamInfo::new("test", *frames[0].format(), FrameCount::Unknown);
    info.rate = FrameRate::new(25, 1);
    let mut writer = pimage_io::create(path, &info, options)?;
    for frame in frames {
        writer.write(frame)?;
    }
    Ok(writer.finish()?.notes)
}

/// The mean of the squares of the differences.
fn mean_error(found: &[Frame], wanted: &[Frame]) -> f64 {
    assert_eq!(found.len(), wanted.len());
    let (mut sum, mut count) = (0.0, 0.0);
    for (found, wanted) in found.iter().zip(wanted) {
        assert_eq!(found.format(), wanted.format());
        for (a, b) in found.bytes().iter().zip(wanted.bytes()) {
            sum += f64::from(a.abs_diff(*b)).powi(2);
            count += 1.0;
        }
    }
    sum / count
}

/// A disc that moves over a coloured ramp, noisy or not.
fn scene(count: u64, noise: u64) -> Vec<Frame> {
    (0..count)
        .map(|index| {
            let mut frame = noise_frame(7, index, rgb(64, 48));
            frame.stamp = Stamp::at(index);
            let (cx, cy) = (10 + 3 * index as i64, 24);
            for (place, pixel) in frame.bytes_mut().chunks_exact_mut(3).enumerate() {
                let (x, y) = ((place % 64) as i64, (place / 64) as i64);
                let ramp = [x * 3 + 20, y * 4 + 20, 200 - x - y];
                let is_inside = (x - cx).pow(2) + (y - cy).pow(2) < 80;
                for (value, ramp) in pixel.iter_mut().zip(ramp) {
                    let wanted = if is_inside { 255 - ramp } else { ramp };
                    *value = (wanted as u64 + u64::from(*value) % (noise + 1)).min(255) as u8;
                }
            }
            frame
        })
        .collect()
}

fn copy(reader: &mut dyn FrameReader, path: &Path) {
    let mut writer =
        pimage_io::create(path, reader.info(), &WriteOptions::default()).expect("creates");
    let mut frame = Frame::empty();
    while reader.read_into(&mut frame).expect("reads") {
        writer.write(&frame).expect("writes");
    }
    writer.finish().expect("finishes");
}

/// A GIF made by hand: a screen of 4x2 with four colours, then these blocks.
fn by_hand(path: &Path, blocks: &[&[u8]]) {
    let mut bytes = b"GIF89a\x04\0\x02\0\x81\0\0".to_vec();
    bytes.extend([[10, 20, 30], [200, 0, 0], [0, 200, 0], [0, 0, 200]].concat());
    for block in blocks {
        bytes.extend(*block);
    }
    fs::write(path, bytes).expect("writes");
}

/// A picture at (left, top) of (width, height), with its disposal and indices, of which 3 is transparent.
fn picture(place: [u8; 4], disposal: u8, indices: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x21, 0xF9, 4, (disposal << 2) | 1, 5, 0, 3, 0, 0x2C];
    for value in place {
        bytes.extend([value, 0]);
    }
    bytes.extend([0, 2]);
    // A clear code before each index keeps all codes 3 bits long.
    let codes: Vec<u8> = indices
        .iter()
        .flat_map(|index| [4, *index])
        .chain([5])
        .collect();
    let mut data = vec![0u8; (codes.len() * 3).div_ceil(8)];
    for (place, code) in codes.iter().enumerate() {
        for bit in 0..3 {
            let at = place * 3 + bit;
            data[at / 8] |= ((code >> bit) & 1) << (at % 8);
        }
    }
    bytes.push(data.len() as u8);
    bytes.extend(data);
    bytes.push(0);
    bytes
}

/// A frame as RGBA.
fn as_rgba(frame: &Frame) -> Vec<[u8; 4]> {
    let pixels = frame.bytes().chunks(frame.format().color.channels());
    let rgba = pixels.map(|pixel| match *pixel {
        [gray] => [gray, gray, gray, 255],
        [gray, alpha] => [gray, gray, gray, alpha],
        [r, g, b] => [r, g, b, 255],
        [r, g, b, alpha] => [r, g, b, alpha],
        _ => [0; 4],
    });
    rgba.collect()
}

/// A box that moves over nothing.
fn box_over_nothing(color: impl Fn(usize) -> [u8; 3]) -> Vec<Frame> {
    let format = FrameFormat::new(40, 30, Color::Rgba, SampleType::U8);
    let draw = |index: u64| {
        let mut frame = Frame::zeroed(format);
        frame.stamp = Stamp::at(index);
        for (place, pixel) in frame.bytes_mut().chunks_exact_mut(4).enumerate() {
            let (x, y) = (place % 40, place / 40);
            let left = 3 * index as usize + 2;
            if (left..left + 16).contains(&x) && (5..21).contains(&y) {
                pixel[..3].copy_from_slice(&color((x - left) + (y - 5) * 16));
                pixel[3] = 255;
            }
        }
        frame
    };
    (0..6).map(draw).collect()
}
