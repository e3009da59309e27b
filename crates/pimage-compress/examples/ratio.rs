//! Packs a .npy of (t, y, x) float32 at bounds that are fractions of its range: `ratio FILE [FRAMES] [GROUP] [BOUND…]`.

#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::time::Instant;

use pimage_compress::{decode_group, encode_group};
use pimage_core::Cancel;

/// The values and the shape of a file of numpy's.
fn load(path: &str) -> Option<(Vec<f32>, [usize; 3])> {
    let bytes = std::fs::read(path).ok()?;
    let header_bytes = usize::from(u16::from_le_bytes(bytes.get(8..10)?.try_into().ok()?));
    let header = std::str::from_utf8(bytes.get(10..10 + header_bytes)?).ok()?;
    let shape = header.split('(').nth(1)?.split(')').next()?;
    let mut sizes = shape.split(',').filter_map(|size| size.trim().parse().ok());
    let shape = [sizes.next()?, sizes.next()?, sizes.next()?];
    let values = bytes.get(10 + header_bytes..)?.chunks_exact(4);
    let values = values.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap_or_default()));
    Some((values.collect(), shape))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| {
        arguments
            .get(at)
            .and_then(|number| number.parse::<usize>().ok())
    };
    let path = arguments.first().ok_or("expected a .npy file")?;
    let (values, [frames, height, width]) =
        load(path).ok_or("expected a .npy of float32 and three axes")?;
    let frames = number(1).unwrap_or(frames).min(frames);
    let group = number(2).unwrap_or(256);
    let bounds: Vec<f64> = arguments
        .iter()
        .skip(3)
        .filter_map(|bound| bound.parse().ok())
        .collect();
    let bounds = if bounds.is_empty() {
        vec![1e-1, 1e-2, 3e-3, 1e-3]
    } else {
        bounds
    };
    let values = values
        .get(..frames * height * width)
        .ok_or("the file is cut")?;
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let range =
        f64::from(finite().fold(f32::MIN, f32::max)) - f64::from(finite().fold(f32::MAX, f32::min));
    let cancel = Cancel::new();
    for relative in bounds {
        let bound = relative * if range > 0.0 { range } else { 1.0 };
        let (mut packed, mut encode, mut decode, mut worst) = (0, 0.0, 0.0, 0.0_f64);
        for part in values.chunks(group * height * width) {
            let shape = [part.len() / (height * width), height, width];
            let start = Instant::now();
            let bytes = encode_group(part, shape, bound, &cancel)?;
            encode += start.elapsed().as_secs_f64();
            packed += bytes.len();
            let start = Instant::now();
            let back: Vec<f32> = decode_group(&bytes, &cancel)?;
            decode += start.elapsed().as_secs_f64();
            for (&value, &back) in part.iter().zip(&back) {
                if value.is_finite() {
                    worst = worst.max((f64::from(value) - f64::from(back)).abs());
                } else if value.to_bits() != back.to_bits() {
                    return Err("a value that is no number came back as another".into());
                }
            }
        }
        let size = (values.len() * 4) as f64;
        println!(
            "{path} {relative:e}: ratio {:.2}, worst {:.4} of the bound, {:.1} and {:.1} MB/s",
            size / packed as f64,
            worst / bound,
            size / 1e6 / encode,
            size / 1e6 / decode,
        );
    }
    Ok(())
}
