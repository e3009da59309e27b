//! Frames in two: what is seen, and how much of it.

use pimage_core::{Color, Error, Frame, FrameFormat, Limits, Sample, SampleType};

/// The colours and the opacity, as gray, of a frame that has both.
pub(crate) fn split(frame: &Frame) -> Result<(Frame, Frame), Error> {
    let format = frame.format();
    let kept = match format.color {
        Color::Rgba | Color::Rgb => Color::Rgb,
        Color::GrayAlpha | Color::Gray => Color::Gray,
    };
    let (mut colors, mut opacity) = (Frame::empty(), Frame::empty());
    let part = |color| FrameFormat { color, ..*format };
    colors.reset(&part(kept), &Limits::none())?;
    opacity.reset(&part(Color::Gray), &Limits::none())?;
    let _ = match format.sample {
        SampleType::U8 => distribute::<u8>(frame, &mut colors, &mut opacity),
        _ => distribute::<u16>(frame, &mut colors, &mut opacity),
    };
    Ok((colors, opacity))
}

fn distribute<T: Sample>(frame: &Frame, colors: &mut Frame, opacity: &mut Frame) -> Option<()> {
    let channels = frame.format().color.channels();
    let pixels = frame.samples::<T>()?.chunks_exact(channels);
    let kept = colors.format().color.channels();
    let colors = colors.samples_mut::<T>()?.chunks_exact_mut(kept);
    for ((pixel, color), opacity) in pixels.zip(colors).zip(opacity.samples_mut::<T>()?) {
        color.copy_from_slice(pixel.get(..kept)?);
        *opacity = *pixel.get(kept)?;
    }
    Some(())
}

/// Fills `frame` with colours and their opacity; `false` when the two are not of one size and type.
pub(crate) fn join(
    colors: &Frame,
    opacity: &Frame,
    limits: &Limits,
    frame: &mut Frame,
) -> Result<bool, Error> {
    let format = *colors.format();
    let gray = FrameFormat {
        color: Color::Gray,
        ..format
    };
    let color = match format.color {
        Color::Gray => Color::GrayAlpha,
        Color::Rgb => Color::Rgba,
        _ => return Ok(false),
    };
    if *opacity.format() != gray {
        return Ok(false);
    }
    frame.reset(&FrameFormat { color, ..format }, limits)?;
    let done = match format.sample {
        SampleType::U8 => interleave::<u8>(colors, opacity, frame),
        _ => interleave::<u16>(colors, opacity, frame),
    };
    Ok(done.is_some())
}

fn interleave<T: Sample>(colors: &Frame, opacity: &Frame, frame: &mut Frame) -> Option<()> {
    let kept = colors.format().color.channels();
    let colors = colors.samples::<T>()?.chunks_exact(kept);
    let pixels = frame.samples_mut::<T>()?.chunks_exact_mut(kept + 1);
    for ((pixel, color), &opacity) in pixels.zip(colors).zip(opacity.samples::<T>()?) {
        let (last, rest) = pixel.split_last_mut()?;
        rest.copy_from_slice(color);
        *last = opacity;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_the_whole_again() {
        for color in [Color::GrayAlpha, Color::Rgba] {
            let mut frame = Frame::zeroed(FrameFormat::new(3, 2, color, SampleType::U8));
            for (index, byte) in frame.bytes_mut().iter_mut().enumerate() {
                *byte = index as u8;
            }
            let (colors, opacity) = split(&frame).expect("has memory");
            let mut back = Frame::empty();
            assert!(join(&colors, &opacity, &Limits::default(), &mut back).expect("is small"));
            assert_eq!(back, frame);
            assert!(!join(&frame, &opacity, &Limits::default(), &mut back).expect("is small"));
        }
    }
}
