//! How fast is a chain of transforms on this machine?
//!
//! ```text
//! cargo run --release -p pimage-transform --example throughput -- CHAIN [KEY:VALUE]...
//!
//!   size:640x512   width and height, pixels
//!   color:gray     gray, gray+alpha, rgb or rgba
//!   type:uint8     uint8, uint16, uint32, int16, int32, float32 or float64
//!   threads:all    how many threads transform, or all
//!   seconds:1      how long a run should take; there are three after a short one
//!
//! cargo run --release -p pimage-transform --example throughput -- "clahe | gaussian=2" size:1920x1080 color:rgb
//! ```
//!
//! The frames are in memory, 16 different ones over and over: what is measured is the transforming alone.
//! An empty chain, `""`, only hands frames on; `flip=vertical` costs about a copy.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

use std::error::Error;
use std::time::Instant;

use pimage_core::{
    Color, Frame, FrameFormat, FrameReader, MemoryReader, Sample, SampleType, with_sample_type,
};
use pimage_transform::{Chain, Surroundings, TransformingReader};

/// Different frames; enough that they do not all stay in the fastest cache.
const DIFFERENT: usize = 16;
/// Runs whose median is told.
const RUNS: usize = 3;
/// Frames in a run at most.
const MOST: usize = 20_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let chain: Chain = arguments.next().ok_or("no chain is given")?.parse()?;
    let mut asked = Asked::default();
    for argument in arguments {
        asked.take(&argument)?;
    }
    let format = FrameFormat::new(asked.width, asked.height, asked.color, asked.sample);
    let different: Vec<Frame> = (0..DIFFERENT).map(|place| frame(format, place)).collect();
    let first = frames_per_second(&chain, &different, DIFFERENT, asked.threads)?;
    let count = ((first * asked.seconds) as usize).clamp(DIFFERENT, MOST);
    let mut measured = Vec::new();
    for _ in 0..RUNS {
        measured.push(frames_per_second(&chain, &different, count, asked.threads)?);
    }
    measured.sort_by(f64::total_cmp);
    let rate = measured.get(RUNS / 2).copied().unwrap_or(0.0);
    let bytes = format.frame_bytes().unwrap_or(0) as f64;
    println!(
        "{rate:9.1} frames/s {:8.1} MB/s in  {format}  {chain}",
        rate * bytes / 1e6
    );
    Ok(())
}

/// What is to be measured.
struct Asked {
    width: u32,
    height: u32,
    color: Color,
    sample: SampleType,
    threads: Option<usize>,
    seconds: f64,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            width: 640,
            height: 512,
            color: Color::Gray,
            sample: SampleType::U8,
            threads: None,
            seconds: 1.0,
        }
    }
}

impl Asked {
    /// Takes one `KEY:VALUE`.
    fn take(&mut self, argument: &str) -> Result<(), Box<dyn Error>> {
        let (key, value) = argument.split_once(':').ok_or("expected KEY:VALUE")?;
        match key {
            "size" => {
                let (width, height) = value.split_once('x').ok_or("expected size:WxH")?;
                (self.width, self.height) = (width.parse()?, height.parse()?);
            }
            "color" => {
                let found = Color::ALL.into_iter().find(|color| color.name() == value);
                self.color = found.ok_or("no such colour")?;
            }
            "type" => {
                let mut types = SampleType::ALL.into_iter();
                let found = types.find(|sample| sample.name() == value);
                self.sample = found.ok_or("no such type")?;
            }
            "threads" if value == "all" => self.threads = None,
            "threads" => self.threads = Some(value.parse()?),
            "seconds" => self.seconds = value.parse()?,
            _ => return Err(format!("there is no `{key}`").into()),
        }
        Ok(())
    }
}

/// Reads that many frames through the chain.
fn frames_per_second(
    chain: &Chain,
    different: &[Frame],
    count: usize,
    threads: Option<usize>,
) -> Result<f64, pimage_core::Error> {
    // Clones share their pixels.
    let frames = different.iter().cycle().take(count).cloned().collect();
    let surroundings = Surroundings {
        threads,
        ..Surroundings::default()
    };
    let mut reader = TransformingReader::new(MemoryReader::new(frames)?, chain, &surroundings)?;
    let start = Instant::now();
    let mut frame = Frame::empty();
    let mut read = 0u32;
    while reader.read_into(&mut frame)? {
        read += 1;
    }
    Ok(f64::from(read) / start.elapsed().as_secs_f64())
}

/// Waves with noise, so that neither filters nor histograms have it easy; a quarter to three quarters of the full scale.
fn frame(format: FrameFormat, place: usize) -> Frame {
    let mut frame = Frame::zeroed(format);
    let row_len = format.width as usize * format.color.channels();
    let scale = format.full_scale();
    let mut state = place as u64 + 1;
    with_sample_type!(format.sample, T => {
        let samples = frame.samples_mut::<T>().unwrap_or_default();
        for (y, row) in samples.chunks_exact_mut(row_len.max(1)).enumerate() {
            for (x, sample) in row.iter_mut().enumerate() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let noise = (state >> 40) as f64 / f64::from(1 << 24);
                let wave = ((x + 9 * place) as f64 / 31.0).sin() * (y as f64 / 23.0).cos();
                *sample = T::from_f64(scale * (0.5 + 0.2 * wave + 0.1 * (noise - 0.5)));
            }
        }
    });
    frame
}
