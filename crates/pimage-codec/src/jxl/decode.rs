//! Files to frames.

use jxl_oxide::image::BitDepth;
use jxl_oxide::{AllocTracker, InitializeResult, JxlImage, JxlThreadPool, PixelFormat};
use pimage_core::{Color, Error, Frame, FrameFormat, Limits, SampleType};

/// How much more than the frame itself the decoder may need: planes of floats, and its own tables.
const WORKING_SPACE: usize = 64 << 20;

fn malformed(reason: impl ToString) -> Error {
    Error::malformed("", "JPEG XL", reason.to_string())
}

/// The format of the picture.
pub(super) fn format(bytes: &[u8], limits: &Limits) -> Result<FrameFormat, Error> {
    let mut waiting = JxlImage::builder()
        .pool(JxlThreadPool::none())
        .alloc_tracker(AllocTracker::with_limit(WORKING_SPACE))
        .build_uninit();
    // A few kilobytes hold the header unless a colour profile stands in it.
    for piece in bytes.chunks(1 << 12) {
        waiting.feed_bytes(piece).map_err(malformed)?;
        waiting = match waiting.try_init().map_err(malformed)? {
            InitializeResult::NeedMoreData(waiting) => waiting,
            InitializeResult::Initialized(image) => return format_of(&image, limits),
        };
    }
    Err(malformed("the header is cut short"))
}

fn format_of(image: &JxlImage, limits: &Limits) -> Result<FrameFormat, Error> {
    let color = match image.pixel_format() {
        PixelFormat::Gray => Color::Gray,
        PixelFormat::Graya => Color::GrayAlpha,
        PixelFormat::Rgb => Color::Rgb,
        PixelFormat::Rgba => Color::Rgba,
        _ => return Err(Error::unsupported("", "a picture in CMYK")),
    };
    let (sample, bits) = match image.image_header().metadata.bit_depth {
        BitDepth::IntegerSample { bits_per_sample } => match bits_per_sample {
            1..=8 => (SampleType::U8, bits_per_sample as u8),
            9..=16 => (SampleType::U16, bits_per_sample as u8),
            bits => return Err(Error::unsupported("", format!("integers of {bits} bits"))),
        },
        BitDepth::FloatSample { .. } => (SampleType::F32, 32),
    };
    let format =
        FrameFormat::new(image.width(), image.height(), color, sample).with_bit_depth(bits);
    limits.check_format(&format)?;
    Ok(format)
}

/// Fills `frame` with the picture.
pub(super) fn decode(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
    let format = format(bytes, limits)?;
    let samples = format.shape().iter().product::<usize>();
    // The decoder works on floats, of which it keeps a few sets.
    let room = samples
        .saturating_mul(size_of::<f32>() * 4)
        .min(usize::try_from(limits.max_frame_bytes).unwrap_or(usize::MAX))
        .saturating_add(WORKING_SPACE);
    let image = JxlImage::builder()
        .pool(JxlThreadPool::none())
        .alloc_tracker(AllocTracker::with_limit(room))
        .force_wide_buffers(true)
        .read(bytes)
        .map_err(malformed)?;
    if image.num_loaded_keyframes() == 0 {
        return Err(malformed("the picture is cut short"));
    }
    let render = image.render_frame(0).map_err(malformed)?;
    let mut stream = render.stream();
    let found = (stream.width(), stream.height(), stream.channels() as usize);
    if found != (format.width, format.height, format.color.channels()) {
        let reason = format!(
            "{}x{} of {} channels in a picture of {format}",
            found.0, found.1, found.2
        );
        return Err(malformed(reason));
    }
    frame.reset(&format, limits)?;
    if let Some(samples) = frame.samples_mut::<f32>() {
        stream.write_to_buffer(samples);
        return Ok(());
    }
    let mut levels = vec![0f32; samples];
    stream.write_to_buffer(&mut levels);
    let white = format.full_scale() as f32;
    let whole = |level: f32| (level * white).round().clamp(0.0, white);
    if let Some(samples) = frame.samples_mut::<u8>() {
        for (sample, &level) in samples.iter_mut().zip(&levels) {
            *sample = whole(level) as u8;
        }
    } else if let Some(samples) = frame.samples_mut::<u16>() {
        for (sample, &level) in samples.iter_mut().zip(&levels) {
            *sample = whole(level) as u16;
        }
    }
    Ok(())
}
