//! Paint over the pixels of RGB frames.

use pimage_core::{Frame, Paint};

use super::mask::{Area, Mask};

/// Samples in a pixel: frames of plots are 8-bit RGB.
const CHANNELS: usize = 3;

/// Pixels of a part of a row of a frame.
fn row_mut(frame: &mut Frame, y: usize, from: usize, to: usize) -> &mut [u8] {
    let width = frame.format().width as usize;
    let range = (y * width + from) * CHANNELS..(y * width + to) * CHANNELS;
    frame.bytes_mut().get_mut(range).unwrap_or_default()
}

/// All pixels of the frame.
pub(crate) fn whole(frame: &Frame) -> Area {
    let format = frame.format();
    Area::of_size(format.width as usize, format.height as usize)
}

/// Puts paint over what a mask covers of a part of the frame.
pub(crate) fn paint_mask(frame: &mut Frame, mask: &Mask, part: Area, paint: Paint) {
    let part = part.meet(&mask.area()).meet(&whole(frame));
    let color = [paint.red, paint.green, paint.blue];
    for y in part.top..part.bottom() {
        let coverage = mask.span(y, part.left, part.right());
        let row = row_mut(frame, y, part.left, part.right());
        for (covered, pixel) in coverage.iter().zip(row.as_chunks_mut::<CHANNELS>().0) {
            if *covered > 0 {
                mix(pixel, color, u32::from(*covered) * u32::from(paint.alpha));
            }
        }
    }
}

/// Puts paint over a part of the frame.
pub(crate) fn fill_area(frame: &mut Frame, part: Area, paint: Paint) {
    let part = part.meet(&whole(frame));
    let color = [paint.red, paint.green, paint.blue];
    for y in part.top..part.bottom() {
        let row = row_mut(frame, y, part.left, part.right());
        for pixel in row.as_chunks_mut::<CHANNELS>().0 {
            mix(pixel, color, 255 * u32::from(paint.alpha));
        }
    }
}

/// Moves a pixel towards a colour: by 65,025 parts of 65,025 it becomes that colour.
fn mix(pixel: &mut [u8; CHANNELS], color: [u8; CHANNELS], parts: u32) {
    const ALL: u32 = 255 * 255;
    if parts >= ALL {
        *pixel = color;
        return;
    }
    for (sample, value) in pixel.iter_mut().zip(color) {
        let sum = u32::from(*sample) * (ALL - parts) + u32::from(value) * parts;
        *sample = ((sum + ALL / 2) / ALL) as u8;
    }
}

/// Copies a part of one frame into another of the same size.
pub(crate) fn copy_area(from: &Frame, to: &mut Frame, part: Area) {
    let width = from.format().width as usize;
    let part = part.meet(&whole(from)).meet(&whole(to));
    for y in part.top..part.bottom() {
        let range = (y * width + part.left) * CHANNELS..(y * width + part.right()) * CHANNELS;
        let source = from.bytes().get(range).unwrap_or_default();
        let target = row_mut(to, y, part.left, part.right());
        if source.len() == target.len() {
            target.copy_from_slice(source);
        }
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::{Color, FrameFormat, SampleType};

    use super::*;

    #[test]
    fn paint_is_mixed_by_coverage_and_opacity() {
        let mut frame = Frame::zeroed(FrameFormat::new(3, 1, Color::Rgb, SampleType::U8));
        let mut mask = Mask::new(Area::of_size(3, 1));
        mask.rectangle((0.5, 0.0), (2.0, 1.0));
        paint_mask(&mut frame, &mask, mask.area(), Paint::rgb(200, 100, 255));
        assert_eq!(frame.bytes(), [100, 50, 128, 200, 100, 255, 0, 0, 0]);
        let half = Paint {
            alpha: 51,
            ..Paint::WHITE
        };
        fill_area(&mut frame, Area::of_size(9, 9), half);
        assert_eq!(frame.bytes()[6..], [51, 51, 51]);
    }
}
