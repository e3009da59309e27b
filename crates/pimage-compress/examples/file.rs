//! Packs frames of a known sine field into a file: `cargo run --example file -- OUT.mkv FRAMES WIDTH HEIGHT BOUND THREADS`.

use pimage_compress::{CompressOptions, Goal, create};
use pimage_core::{
    Color, Frame, FrameCount, FrameFormat, FrameRate, FrameWriter, SampleType, StreamInfo,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| -> Result<u32, std::num::ParseIntError> {
        args.get(at).map_or("0", String::as_str).parse()
    };
    let format = FrameFormat::new(number(2)?, number(3)?, Color::Gray, SampleType::F32);
    let mut info = StreamInfo::new("example", format, FrameCount::Unknown);
    info.rate = FrameRate::new(25, 1);
    let options = CompressOptions {
        goal: Goal::MaxError(args.get(4).map_or("0.001", String::as_str).parse()?),
        threads: Some(number(5)? as usize),
        overwrite: true,
        ..CompressOptions::default()
    };
    let mut writer = Box::new(create(args.first().ok_or("a name")?, &info, options)?);
    let mut frame = Frame::zeroed(format);
    for t in 0..number(1)? {
        if let Some(samples) = frame.samples_mut::<f32>() {
            for (at, sample) in samples.iter_mut().enumerate() {
                let (y, x) = (at as u32 / format.width, at as u32 % format.width);
                *sample = (x as f32 * 0.07 + t as f32 * 0.1).sin()
                    + (y as f32 * 0.05 - t as f32 * 0.03).cos();
            }
        }
        writer.write(&frame)?;
    }
    let _ = writer.finish()?;
    Ok(())
}
