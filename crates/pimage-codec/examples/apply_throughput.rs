//! Encodes and decodes images with a codec at several qualities, in process, and prints as JSON what that took and gave.
//!
//! `cargo run --release --example apply_throughput -p pimage-codec --all-features -- CODEC Q,… [NAME=VALUE …] [cores=N] -- IMAGE…`
//!
//! With `cores=N`, as many images are coded at a time, and the seconds are those of the core that is busy longest.

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use pimage_codec::{Applied, Codec, Settings, by_content, by_name};
use pimage_core::Frame;

/// Times that everything is done; the quickest counts.
const ROUNDS: usize = 3;
/// A round that takes longer is the only one.
const LONG_SECS: f64 = 20.0;

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
    let mut cores = 1;
    for quality in qualities.split(',') {
        let mut asked = Settings::of_quality(quality);
        for option in options {
            let (name, value) = option.split_once('=').ok_or(usage)?;
            if name == "cores" {
                cores = value.parse()?;
            } else {
                asked = asked.with(name, value);
            }
        }
        codec.check(&asked)?;
        settings.push((quality, asked));
    }
    let jobs: Vec<Job<'_>> = settings
        .iter()
        .flat_map(|(quality, asked)| {
            frames.iter().map(move |(image, frame)| Job {
                quality,
                asked,
                image,
                frame,
            })
        })
        .collect();
    let mut best = f64::INFINITY;
    let mut trials = Vec::new();
    for _ in 0..ROUNDS {
        let (secs, done) = all(codec, &jobs, cores);
        best = best.min(secs);
        trials = done.into_iter().collect::<Result<Vec<_>, _>>()?;
        if secs > LONG_SECS {
            break;
        }
    }
    write(&format!(
        "{{\"secs\":{best},\"trials\":[{}]}}",
        trials.join(",")
    ))?;
    Ok(())
}

struct Job<'a> {
    quality: &'a str,
    asked: &'a Settings,
    image: &'a str,
    frame: &'a Frame,
}

impl Job<'_> {
    fn tell(&self, applied: &Applied) -> String {
        let (bytes, psnr) = (applied.payload_bytes, psnr(self.frame, &applied.frame));
        let (quality, image) = (self.quality, self.image.replace(['\\', '"'], "_"));
        format!("[\"{quality}\",\"{image}\",{bytes},{psnr:.4}]")
    }
}

/// Does all jobs, so many at a time: the seconds of the busiest core, without those of comparing, and what there is to tell.
fn all(
    codec: &'static Codec,
    jobs: &[Job<'_>],
    cores: usize,
) -> (f64, Vec<Result<String, pimage_core::Error>>) {
    let next = AtomicUsize::new(0);
    let done = Mutex::new((0.0_f64, Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..cores.max(1) {
            scope.spawn(|| {
                let mut secs = 0.0;
                let mut told = Vec::new();
                while let Some((index, job)) = take(&next, jobs) {
                    let begun = Instant::now();
                    let applied = codec.apply(job.frame, job.asked);
                    secs += begun.elapsed().as_secs_f64();
                    told.push((index, applied.map(|applied| job.tell(&applied))));
                }
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                done.0 = done.0.max(secs);
                done.1.extend(told);
            });
        }
    });
    let (secs, mut told) = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    told.sort_by_key(|(index, _)| *index);
    (secs, told.into_iter().map(|(_, told)| told).collect())
}

fn take<'a, 'b>(next: &AtomicUsize, jobs: &'a [Job<'b>]) -> Option<(usize, &'a Job<'b>)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    jobs.get(index).map(|job| (index, job))
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
