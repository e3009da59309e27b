//! Encodes and decodes images with a codec at several qualities, in process, and prints as JSON what that took and gave.
//!
//! `cargo run --release --example apply_throughput -p pimage-codec --all-features -- CODEC Q,… [NAME=VALUE …] -- IMAGE…`

use std::error::Error;
use std::time::Instant;

use pimage_codec::{Settings, by_content, by_name};
use pimage_core::Frame;

/// Times that everything is done; the quickest counts.
const ROUNDS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let usage = "expected CODEC QUALITIES [NAME=VALUE …] -- IMAGE…";
    let split = words.iter().position(|word| word == "--").ok_or(usage)?;
    let (asked, images) = words.split_at(split);
    let [codec, qualities, options @ ..] = asked else {
        return Err(usage.into());
    };
    let codec = by_name(codec).ok_or("there is no such codec")?;
    codec.available()?;
    let mut frames = Vec::new();
    for image in images.iter().skip(1) {
        let bytes = std::fs::read(image)?;
        let file = by_content(&bytes).ok_or("no codec reads this image")?;
        frames.push((image, file.decode(&bytes)?));
    }
    let mut settings = Vec::new();
    for quality in qualities.split(',') {
        let mut asked = Settings::of_quality(quality);
        for option in options {
            let (name, value) = option.split_once('=').ok_or(usage)?;
            asked = asked.with(name, value);
        }
        codec.check(&asked)?;
        settings.push((quality, asked));
    }
    let mut best = f64::INFINITY;
    let mut trials = Vec::new();
    for _ in 0..ROUNDS {
        trials.clear();
        let mut secs = 0.0;
        for (quality, asked) in &settings {
            for (image, frame) in &frames {
                let begun = Instant::now();
                let applied = codec.apply(frame, asked)?;
                secs += begun.elapsed().as_secs_f64();
                let (bytes, psnr) = (applied.payload_bytes, psnr(frame, &applied.frame));
                let image = image.replace(['\\', '"'], "_");
                trials.push(format!("[\"{quality}\",\"{image}\",{bytes},{psnr:.4}]"));
            }
        }
        best = best.min(secs);
    }
    write(&format!(
        "{{\"secs\":{best},\"trials\":[{}]}}",
        trials.join(",")
    ))?;
    Ok(())
}

/// The peak signal-to-noise ratio of bytes, in decibels; 99 without loss.
fn psnr(frame: &Frame, restored: &Frame) -> f64 {
    let pairs = frame.bytes().iter().zip(restored.bytes());
    let squares: f64 = pairs.map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
    if squares > 0.0 {
        10.0 * (255.0 * 255.0 * frame.bytes().len() as f64 / squares).log10()
    } else {
        99.0
    }
}

fn write(text: &str) -> std::io::Result<()> {
    use std::io::Write as _;

    writeln!(std::io::stdout(), "{text}")
}
