//! Puts a .npy of (t, y, x) float32 into x265's video: `video FILE FRAMES GROUP WHAT…`, where what is a bound (`1e-2`, of the range)
//! or a ratio of signal to noise (`60dB`).

#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::time::Instant;

use pimage_compress::video::{base_quality, decode, encode, psnr_of, reach_psnr};
use pimage_compress::{Quality, VideoSetting, encode_group};
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

struct Field {
    values: Vec<f32>,
    height: usize,
    width: usize,
    group: usize,
    low: f64,
    high: f64,
}

impl Field {
    fn groups(&self) -> impl Iterator<Item = (&[f32], [usize; 3])> {
        let area = self.height * self.width;
        let chunks = self.values.chunks(self.group * area);
        chunks.map(move |part| (part, [part.len() / area, self.height, self.width]))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, frames, group, goals @ ..] = arguments.as_slice() else {
        return Err("expected a .npy file, frames, frames of a group, and goals".into());
    };
    let (mut values, [all, height, width]) =
        load(path).ok_or("expected a .npy of float32 and three axes")?;
    values.truncate(frames.parse::<usize>()?.min(all) * height * width);
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let field = Field {
        low: f64::from(finite().fold(f32::MAX, f32::min)),
        high: f64::from(finite().fold(f32::MIN, f32::max)),
        group: group.parse()?,
        values,
        height,
        width,
    };
    for goal in goals {
        match goal.strip_suffix("dB") {
            Some(db) => at_ratio(&field, db.parse()?)?,
            None => at_bound(&field, goal.parse()?)?,
        }
    }
    Ok(())
}

fn at_bound(field: &Field, relative: f64) -> Result<(), Box<dyn std::error::Error>> {
    let cancel = Cancel::new();
    let bound = relative * (field.high - field.low);
    let base = VideoSetting::base(20.0).with_range(field.low, field.high);
    let (sample, shape) = field.groups().next().ok_or("there are no frames")?;
    let sample_frames = shape[0].min(48);
    let sample = sample
        .get(..sample_frames * shape[1] * shape[2])
        .unwrap_or(&[]);
    let start = Instant::now();
    let (setting, _) = base_quality(
        sample,
        [sample_frames, shape[1], shape[2]],
        &base,
        bound,
        1,
        &cancel,
    )?;
    let search = start.elapsed().as_secs_f64();
    let (mut bytes, mut video_bytes, mut predicted) = (0, 0, 0);
    let (mut encoding, mut plain, mut decoding, mut worst) = (0.0, 0.0, 0.0, 0.0_f64);
    for (values, shape) in field.groups() {
        let start = Instant::now();
        let video = encode(values, shape, &setting, Some(bound), &cancel)?;
        encoding += start.elapsed().as_secs_f64();
        let start = Instant::now();
        encode(values, shape, &setting, None, &cancel)?;
        plain += start.elapsed().as_secs_f64();
        let start = Instant::now();
        let found: Vec<f32> = decode(&video.private, &video.packets, &video.side, shape, &cancel)?;
        decoding += start.elapsed().as_secs_f64();
        for (value, found) in values.iter().zip(&found) {
            worst = worst.max((f64::from(*value) - f64::from(*found)).abs() / bound);
        }
        bytes += video.bytes();
        video_bytes += video.packet_bytes();
        predicted += encode_group(values, shape, bound, &cancel)?.len();
    }
    let raw = field.values.len() as f64 * 4.0;
    println!(
        "{relative:8.0e}: {:?}, ratio {:.2} (video alone {:.2}, predicted {:.2}), worst {worst:.4}; search {search:.1} s, encode {encoding:.1} s, x265 {plain:.1} s, decode {decoding:.2} s",
        setting.quality,
        raw / bytes as f64,
        raw / video_bytes as f64,
        raw / predicted as f64,
    );
    Ok(())
}

fn at_ratio(field: &Field, db: f64) -> Result<(), Box<dyn std::error::Error>> {
    let cancel = Cancel::new();
    let range = field.high - field.low;
    let mut setting = VideoSetting::base(20.0).with_range(field.low, field.high);
    let (mut bytes, mut least) = (0, f64::INFINITY);
    let mut factors = Vec::new();
    let start = Instant::now();
    for (values, shape) in field.groups() {
        let Some((video, found)) = reach_psnr(values, shape, &setting, (db, range), &cancel)?
        else {
            println!("{db} dB is not reached");
            return Ok(());
        };
        let back: Vec<f32> = decode(&video.private, &video.packets, &video.side, shape, &cancel)?;
        least = least.min(psnr_of(values, &back, range));
        bytes += video.bytes();
        if let Quality::Crf(factor) = found.quality {
            factors.push(factor);
        }
        setting = found;
    }
    println!(
        "{db} dB: ratio {:.2}, least {least:.2} dB, {factors:?}, {:.1} s",
        field.values.len() as f64 * 4.0 / bytes as f64,
        start.elapsed().as_secs_f64()
    );
    Ok(())
}
