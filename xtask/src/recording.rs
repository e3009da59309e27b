//! A HIRIS camera recording, drawn here: moving shapes, sensor noise and a frame counter.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::digits::{DIGIT_HEIGHT, DIGIT_WIDTH, has_dot};

const WIDTH: usize = 640;
const HEIGHT: usize = 512;
const FRAMES_PER_SECOND: u32 = 30;
const BIN_COUNT: u32 = 2;
/// Standard deviation of the noise, in gray levels.
const NOISE: f32 = 2.0;
/// Screen pixels to a dot of the counter.
const DOT: usize = 5;

/// Writes a recording of `frame_count` frames into `folder` and returns its `.seq` file.
pub(crate) fn write(folder: &Path, frame_count: u32) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let frames_per_bin = frame_count.div_ceil(BIN_COUNT).max(1);
    let scene = Scene::new();
    let mut noise = Noise(0x9E37_79B9_7F4A_7C15);
    let mut frame = vec![0; WIDTH * HEIGHT];
    for bin in 0..BIN_COUNT {
        let path = folder.join(format!("demo_{bin:05}.bin"));
        let file =
            File::create(&path).with_context(|| format!("cannot write `{}`", path.display()))?;
        let mut file = BufWriter::new(file);
        let first = bin * frames_per_bin;
        for index in first..frame_count.min(first + frames_per_bin) {
            scene.draw(index, &mut noise, &mut frame);
            file.write_all(&frame)
                .with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        file.flush()
            .with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    let path = folder.join("demo.seq");
    fs::write(&path, description(frames_per_bin))
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    Ok(path)
}

/// The `.seq` file, with the keys of the recorder's own.
fn description(frames_per_bin: u32) -> String {
    let comment = "made by cargo xtask demo: shutter=4 ms";
    let comment_size = comment.len();
    let image_bytes = WIDTH * HEIGHT;
    format!(
        "[Sequence Settings]\r\n\
         Sequence name=demo\r\n\
         CommentSize={comment_size}\r\n\
         Comment={comment}\r\n\
         Number of files={BIN_COUNT}\r\n\
         Mode=0\r\n\
         Format=0\r\n\
         Agregat={frames_per_bin}\r\n\
         Width={WIDTH}\r\n\
         Height={HEIGHT}\r\n\
         BytesPerPixel=1\r\n\
         BitsPerPixel=8\r\n\
         Image dimension={image_bytes}\r\n\
         Bin directory=\r\n\
         Bin repertoire=\r\n\
         Bin File=demo_00000.bin\r\n\
         Start Time=2026-05-21T16.44.57\r\n\
         TrigType=0\r\n\
         TrigTime=0\r\n\
         TimeTrig=0\r\n\
         FramePerSecond={FRAMES_PER_SECOND}\r\n"
    )
}

/// What stands still: an arena with uneven light.
#[derive(Debug)]
struct Scene {
    background: Vec<f32>,
}

impl Scene {
    fn new() -> Self {
        let mut background = Vec::with_capacity(WIDTH * HEIGHT);
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                let (dx, dy) = (
                    x as f32 / WIDTH as f32 - 0.5,
                    y as f32 / HEIGHT as f32 - 0.5,
                );
                let light = 1.0 - 0.6 * (dx * dx + dy * dy);
                let texture = 12.0 * ((x as f32) / 47.0).sin() * ((y as f32) / 31.0).cos()
                    + 5.0 * ((x as f32 + 1.7 * y as f32) / 9.0).sin();
                background.push((150.0 + texture) * light);
            }
        }
        Self { background }
    }

    fn draw(&self, index: u32, noise: &mut Noise, frame: &mut [u8]) {
        let mut values = self.background.clone();
        let seconds = index as f32 / FRAMES_PER_SECOND as f32;
        for animal in 0..3 {
            draw_animal(animal as f32, seconds, &mut values);
        }
        noise.add(&mut values);
        for (sample, value) in frame.iter_mut().zip(&values) {
            *sample = (value + 0.5).clamp(0.0, 255.0) as u8;
        }
        draw_counter(index, frame);
    }
}

/// A dark ellipse on a path of its own.
fn draw_animal(animal: f32, seconds: f32, values: &mut [f32]) {
    let (width, height) = (WIDTH as f32, HEIGHT as f32);
    let center_x = width * (0.5 + 0.36 * (0.6 * (animal + 1.0) * seconds + animal).sin());
    let center_y = height * (0.55 + 0.33 * (0.5 * (animal + 1.3) * seconds + 2.0 * animal).cos());
    let (sin, cos) = (0.8 * (animal + 1.0) * seconds).sin_cos();
    let (length, breadth) = (32.0 + 6.0 * animal, 14.0 + 3.0 * animal);
    let reach = length * 1.5;
    let rows = (center_y - reach).max(0.0) as usize..((center_y + reach) as usize).min(HEIGHT);
    for y in rows {
        let columns =
            (center_x - reach).max(0.0) as usize..((center_x + reach) as usize).min(WIDTH);
        for x in columns {
            let (dx, dy) = (x as f32 - center_x, y as f32 - center_y);
            let along = (dx * cos + dy * sin) / length;
            let across = (dy * cos - dx * sin) / breadth;
            let cover = (-(along * along + across * across).powi(2)).exp();
            if let Some(value) = values.get_mut(y * WIDTH + x) {
                *value += cover * (38.0 - *value) * 0.92;
            }
        }
    }
}

/// The frame index, four digits or more, white on black in the top left corner.
fn draw_counter(index: u32, frame: &mut [u8]) {
    let text = format!("{index:04}");
    let width = (text.len() * (DIGIT_WIDTH + 1) + 1) * DOT;
    let height = (DIGIT_HEIGHT + 2) * DOT;
    for y in 0..height {
        for x in 0..width.min(WIDTH) {
            let (column, row) = (x / DOT, y / DOT);
            let place = column.wrapping_sub(1) / (DIGIT_WIDTH + 1);
            let digit = text.as_bytes().get(place).map(|byte| byte - b'0');
            let is_lit = digit.is_some_and(|digit| {
                column > 0 && row > 0 && has_dot(digit, (column - 1) % (DIGIT_WIDTH + 1), row - 1)
            });
            if let Some(sample) = frame.get_mut(y * WIDTH + x) {
                *sample = if is_lit { 235 } else { 16 };
            }
        }
    }
}

/// Noise that is the same in every run: a xorshift generator.
#[derive(Debug)]
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Adds to each value the sum of four random bytes, centred and scaled: nearly a normal distribution.
    fn add(&mut self, values: &mut [f32]) {
        const MEAN: f32 = 4.0 * 127.5;
        const DEVIATION: f32 = 147.8;
        for pair in values.chunks_mut(2) {
            let bytes = self.next().to_le_bytes();
            for (value, bytes) in pair.iter_mut().zip(bytes.chunks(4)) {
                let sum: u32 = bytes.iter().map(|byte| u32::from(*byte)).sum();
                *value += (sum as f32 - MEAN) * (NOISE / DEVIATION);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    #[test]
    fn noise_has_its_mean_and_deviation() {
        let mut values = vec![0.0; 100_000];
        Noise(1).add(&mut values);
        let count = values.len() as f32;
        let mean = values.iter().sum::<f32>() / count;
        let deviation = (values.iter().map(|value| value * value).sum::<f32>() / count).sqrt();
        assert!(mean.abs() < 0.05, "mean {mean}");
        assert!((deviation - NOISE).abs() < 0.05, "deviation {deviation}");
    }

    #[test]
    fn frames_differ_in_their_counter() {
        let (mut first, mut second) = (vec![0; WIDTH * HEIGHT], vec![0; WIDTH * HEIGHT]);
        draw_counter(1234, &mut first);
        draw_counter(1235, &mut second);
        let differing: Vec<_> = (0..WIDTH * HEIGHT)
            .filter(|at| first[*at] != second[*at])
            .map(|at| at % WIDTH / DOT)
            .collect();
        assert!(!differing.is_empty(), "the counters look the same");
        let last_digit = 3 * (DIGIT_WIDTH + 1) + 1;
        assert!(differing.iter().all(|column| *column >= last_digit));
    }

    #[test]
    fn bins_hold_every_frame_once() {
        let folder = workspace::target_dir().join("xtask-recording");
        let recording = write(&folder, 5).expect("the recording can be written");
        assert_eq!(recording, folder.join("demo.seq"));
        let frames: Vec<_> = ["demo_00000.bin", "demo_00001.bin"]
            .iter()
            .map(|name| {
                let bytes = fs::metadata(folder.join(name)).expect(name).len();
                bytes as f64 / (WIDTH * HEIGHT) as f64
            })
            .collect();
        assert_eq!(frames, [3.0, 2.0]);
    }

    #[test]
    fn the_description_names_the_sizes() {
        let text = description(500);
        for line in [
            "Width=640",
            "Height=512",
            "Image dimension=327680",
            "Agregat=500",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
        let comment = "made by cargo xtask demo: shutter=4 ms";
        assert!(text.contains(&format!(
            "CommentSize={}\r\nComment={comment}\r\n",
            comment.len()
        )));
    }
}
