//! Frames made ready for an encoder: levels of eight bits spread over more, edges repeated; and the way back.

use std::borrow::Cow;

use pimage_core::{Error, Frame, FrameFormat, Limits, Sample, SampleType};

/// The same frame with eight-bit levels spread over `depth` bits, rounded to the nearest: black stays black and white white.
pub(super) fn spread(frame: &Frame, depth: u8) -> Result<Frame, Error> {
    let format = FrameFormat {
        sample: SampleType::U16,
        bit_depth: depth,
        ..*frame.format()
    };
    let white = (1u32 << depth) - 1;
    let mut out = Frame::empty();
    out.reset(&format, &Limits::none())?;
    out.stamp = frame.stamp.clone();
    if let (Some(from), Some(to)) = (frame.samples::<u8>(), out.samples_mut::<u16>()) {
        for (to, &from) in to.iter_mut().zip(from) {
            *to = ((u32::from(from) * white * 2 + 255) / 510) as u16;
        }
    }
    Ok(out)
}

/// Levels of `depth` bits brought back to eight, rounded to the nearest.
pub(super) fn gather(frame: &Frame, depth: u8, out: &mut Frame) -> Result<(), Error> {
    let format = FrameFormat {
        sample: SampleType::U8,
        bit_depth: 8,
        ..*frame.format()
    };
    let white = (1u32 << depth.clamp(8, 16)) - 1;
    out.reset(&format, &Limits::none())?;
    if let (Some(from), Some(to)) = (frame.samples::<u16>(), out.samples_mut::<u8>()) {
        for (to, &from) in to.iter_mut().zip(from) {
            *to = ((u32::from(from).min(white) * 510 + white) / (2 * white)) as u8;
        }
    }
    Ok(())
}

/// The frame at a size at least its own: the last column and row repeat.
pub(super) fn padded<'a>(
    frame: Cow<'a, Frame>,
    (width, height): (u32, u32),
) -> Result<Cow<'a, Frame>, Error> {
    let old = *frame.format();
    if (old.width, old.height) == (width, height) {
        return Ok(frame);
    }
    let format = FrameFormat {
        width,
        height,
        ..old
    };
    let mut out = Frame::empty();
    out.reset(&format, &Limits::none())?;
    out.stamp = frame.stamp.clone();
    let _ = match format.sample {
        SampleType::U16 => repeat_edges::<u16>(&frame, &mut out),
        _ => repeat_edges::<u8>(&frame, &mut out),
    };
    Ok(Cow::Owned(out))
}

fn repeat_edges<T: Sample>(frame: &Frame, out: &mut Frame) -> Option<()> {
    let (old, new) = (*frame.format(), *out.format());
    let channels = old.color.channels();
    let (from, to) = (old.width as usize * channels, new.width as usize * channels);
    let samples = frame.samples::<T>()?;
    let last = (old.height as usize).checked_sub(1)?;
    for (y, row) in out.samples_mut::<T>()?.chunks_exact_mut(to).enumerate() {
        let start = y.min(last) * from;
        let line = samples.get(start..start + from)?;
        let (own, padding) = row.split_at_mut(from);
        own.copy_from_slice(line);
        let edge = line.get(from - channels..)?;
        for pixel in padding.chunks_exact_mut(channels) {
            pixel.copy_from_slice(edge);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pimage_core::Color;

    #[test]
    fn levels_come_back_from_every_depth() {
        let mut frame = Frame::zeroed(FrameFormat::new(256, 1, Color::Gray, SampleType::U8));
        for (level, byte) in frame.bytes_mut().iter_mut().enumerate() {
            *byte = level as u8;
        }
        for depth in [9, 10, 12, 16] {
            let spread = spread(&frame, depth).expect("has memory");
            let white = spread.samples::<u16>().and_then(|all| all.last().copied());
            assert_eq!(white.map(u32::from), Some((1 << depth) - 1));
            let mut back = Frame::empty();
            gather(&spread, depth, &mut back).expect("has memory");
            assert_eq!(back.bytes(), frame.bytes());
        }
    }

    #[test]
    fn edges_repeat_to_the_right_and_below() {
        let mut frame = Frame::zeroed(FrameFormat::new(2, 1, Color::Gray, SampleType::U8));
        frame.bytes_mut().copy_from_slice(&[1, 2]);
        let padded = padded(Cow::Owned(frame), (4, 2)).expect("has memory");
        assert_eq!(padded.bytes(), [1, 2, 2, 2, 1, 2, 2, 2]);
    }
}
