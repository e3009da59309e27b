//! NorPix recordings, made here and real.

use std::fs;
use std::path::{Path, PathBuf};

use pimage_core::{
    Clock, Color, Error, Frame, FrameFormat, FrameRate, OnDamage, SampleType, Timebase, Timestamp,
    Value,
};
use pimage_io::ReadOptions;
use pimage_testkit::{
    assert_frames_close, behaviour_frame, counter_frames, suite, survive, test_data,
};

use crate::{gray8, gray16, open, read_all, skipping, try_reading};

/// First time of the recordings made here, whole seconds.
const START: u32 = 1_435_776_075;

/// A recording to be made.
struct Recording {
    version: i32,
    image_format: u32,
    bit_depth: u32,
    compression: u32,
    format: FrameFormat,
    /// `None` promises as many frames as there are.
    allocated: Option<u32>,
    oldest: u32,
    bayer_code: i32,
    time_offset_us: i32,
}

impl Recording {
    fn new(image_format: u32, bit_depth: u32, format: FrameFormat) -> Self {
        Self {
            version: 5,
            image_format,
            bit_depth,
            compression: 0,
            format,
            allocated: None,
            oldest: 0,
            bayer_code: 3,
            time_offset_us: 0,
        }
    }

    fn header(&self, frames: usize, image_bytes: u32, stride: u32) -> Vec<u8> {
        let start = if self.version >= 5 { 8192 } else { 1024 };
        let mut bytes = vec![0u8; start];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        put(0, &0xFEEDu32.to_le_bytes());
        for (place, unit) in "Norpix seq\n".encode_utf16().enumerate() {
            put(4 + place * 2, &unit.to_le_bytes());
        }
        for (place, unit) in "maze, mouse 7".encode_utf16().enumerate() {
            put(36 + place * 2, &unit.to_le_bytes());
        }
        put(28, &self.version.to_le_bytes());
        put(32, &1024u32.to_le_bytes());
        put(548, &self.format.width.to_le_bytes());
        put(552, &self.format.height.to_le_bytes());
        put(556, &self.bit_depth.to_le_bytes());
        put(560, &u32::from(self.format.bit_depth).to_le_bytes());
        put(564, &image_bytes.to_le_bytes());
        put(568, &self.image_format.to_le_bytes());
        let allocated = self.allocated.unwrap_or(frames as u32);
        put(572, &allocated.to_le_bytes());
        put(580, &stride.to_le_bytes());
        put(584, &100.0f64.to_le_bytes());
        put(608, &self.bayer_code.to_le_bytes());
        put(612, &self.time_offset_us.to_le_bytes());
        put(620, &self.compression.to_le_bytes());
        put(656, &self.oldest.to_le_bytes());
        bytes
    }

    /// The time that is written behind frame `index`: 10 ms and a bit apart.
    fn time(&self, index: u64) -> Timestamp {
        let micros = if self.version >= 5 {
            7 * index as i64
        } else {
            0
        };
        let ticks = i64::from(START) * 1_000_000 + index as i64 * 10_000 + micros;
        Timestamp::new(ticks, Timebase::MICROSECONDS)
    }

    fn time_bytes(&self, index: u64) -> Vec<u8> {
        let ticks = self.time(index).ticks;
        let mut bytes = ((ticks / 1_000_000) as u32).to_le_bytes().to_vec();
        bytes.extend(((ticks / 1000 % 1000) as u16).to_le_bytes());
        if self.version >= 5 {
            bytes.extend(((ticks % 1000) as u16).to_le_bytes());
        }
        bytes
    }

    /// Uncompressed images, each padded as the version does; in loop order when `oldest` is set.
    fn file(&self, images: &[Vec<u8>]) -> Vec<u8> {
        let image_bytes = images[0].len() as u32;
        let unit = if self.version >= 5 { 8192 } else { 512 };
        let stride = (image_bytes + 8).next_multiple_of(unit);
        let mut bytes = self.header(images.len(), image_bytes, stride);
        for place in 0..images.len() {
            let count = images.len();
            let index = (place + count - self.oldest as usize) % count;
            let start = bytes.len();
            bytes.extend(&images[index]);
            bytes.extend(self.time_bytes(index as u64));
            bytes.resize(start + stride as usize, 0);
        }
        bytes
    }

    /// Compressed images, `gap` bytes from the end of one to the next.
    fn coded_file(&self, images: &[Vec<u8>], gap: usize) -> Vec<u8> {
        let mut bytes = self.header(images.len(), 0, 0);
        for (index, image) in images.iter().enumerate() {
            bytes.extend((image.len() as u32 + 4).to_le_bytes());
            bytes.extend(image);
            let time = self.time_bytes(index as u64);
            bytes.extend(&time);
            bytes.extend(vec![0; gap - time.len()]);
        }
        bytes
    }

    /// The frames with the times that a reader has to deliver.
    fn expected(&self, mut frames: Vec<Frame>) -> Vec<Frame> {
        for frame in &mut frames {
            let mut time = self.time(frame.stamp.index);
            time.ticks += i64::from(self.time_offset_us);
            frame.stamp.time = Some(time);
        }
        frames
    }
}

fn images(frames: &[Frame], image: impl Fn(&Frame) -> Vec<u8>) -> Vec<Vec<u8>> {
    frames.iter().map(image).collect()
}

fn as_they_are(frame: &Frame) -> Vec<u8> {
    frame.bytes().to_vec()
}

fn words(frame: &Frame, bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    let samples = frame.samples::<u16>().expect("is u16");
    samples.iter().flat_map(|sample| bytes(*sample)).collect()
}

/// Samples as bits, lowest first.
fn stream(frame: &Frame) -> Vec<u8> {
    let bits = usize::from(frame.format().bit_depth);
    let samples = frame.samples::<u16>().expect("is u16");
    let mut bytes = vec![0u8; (samples.len() * bits).div_ceil(8)];
    for (place, sample) in samples.iter().enumerate() {
        for bit in 0..bits {
            let at = place * bits + bit;
            bytes[at / 8] |= u8::from(sample >> bit & 1 == 1) << (at % 8);
        }
    }
    bytes
}

/// Two samples in three bytes.
fn pairs(frame: &Frame) -> Vec<u8> {
    let low = frame.format().bit_depth - 8;
    let mask = (1u16 << low) - 1;
    let samples = frame.samples::<u16>().expect("is u16");
    let triple = |pair: &[u16]| {
        let second = pair.get(1).copied().unwrap_or(0);
        let lows = (pair[0] & mask) | (second & mask) << 4;
        [(pair[0] >> low) as u8, lows as u8, (second >> low) as u8]
    };
    samples.chunks(2).flat_map(triple).collect()
}

fn write(folder: &Path, bytes: &[u8]) -> PathBuf {
    let path = folder.join("rec.seq");
    fs::write(&path, bytes).expect("writes");
    path
}

#[test]
fn every_uncompressed_layout_and_version() {
    let folder = tempfile::tempdir().expect("a folder");
    let rgb = FrameFormat::new(7, 5, Color::Rgb, SampleType::U8);
    let bgr = |frame: &Frame| {
        frame
            .bytes()
            .chunks(3)
            .flat_map(|p| [p[2], p[1], p[0]])
            .collect()
    };
    let bgrx = |frame: &Frame| {
        frame
            .bytes()
            .chunks(3)
            .flat_map(|p| [p[2], p[1], p[0], 9])
            .collect()
    };
    type Image<'a> = &'a dyn Fn(&Frame) -> Vec<u8>;
    let upper = |bits: u8| move |frame: &Frame| words(frame, |s| (s << (16 - bits)).to_le_bytes());
    let swapped =
        |bits: u8| move |frame: &Frame| words(frame, |s| (s << (16 - bits)).to_be_bytes());
    let cases: [(u32, u32, FrameFormat, Image<'_>); 15] = [
        (100, 8, gray8(7, 5), &as_they_are),
        (101, 8, gray8(7, 5), &as_they_are),
        (100, 16, gray16(7, 5, 10), &as_they_are),
        (100, 16, gray16(7, 5, 12), &as_they_are),
        (100, 16, gray16(7, 5, 14), &as_they_are),
        (101, 16, gray16(7, 5, 16), &as_they_are),
        (112, 16, gray16(7, 5, 12), &upper(12)),
        (113, 16, gray16(7, 5, 10), &upper(10)),
        (114, 16, gray16(7, 5, 14), &swapped(14)),
        (115, 16, gray16(7, 5, 16), &swapped(16)),
        (131, 10, gray16(7, 5, 10), &stream),
        (132, 12, gray16(7, 5, 12), &stream),
        (133, 12, gray16(7, 5, 12), &pairs),
        (200, 24, rgb, &bgr),
        (500, 32, rgb, &bgrx),
    ];
    for (image_format, bit_depth, format, image) in cases {
        for version in 3..=5 {
            let mut recording = Recording::new(image_format, bit_depth, format);
            recording.version = version;
            let frames = counter_frames(format, 5);
            let path = write(folder.path(), &recording.file(&images(&frames, image)));
            let expected = recording.expected(frames);
            suite::reader(|| open(&path).expect("opens"), &expected);
        }
    }
}

#[test]
fn what_the_header_says_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut recording = Recording::new(101, 16, gray16(7, 5, 12));
    recording.time_offset_us = -1_500_000;
    recording.bayer_code = 1;
    let frames = counter_frames(recording.format, 4);
    let path = write(
        folder.path(),
        &recording.file(&images(&frames, as_they_are)),
    );
    suite::reader(|| open(&path).expect("opens"), &recording.expected(frames));
    let reader = open(&path).expect("opens");
    let info = reader.info();
    assert_eq!(
        (info.container.as_str(), info.clock),
        ("norpix", Clock::LocalEpoch)
    );
    // 100 is suggested, 99.93 measured.
    assert_eq!(info.rate, FrameRate::new(100, 1));
    for (key, value) in [
        ("bayer_pattern", Value::from("GRBG")),
        ("description", Value::from("maze, mouse 7")),
        ("norpix_version", Value::from(5i64)),
    ] {
        assert_eq!(info.metadata.get(key), Some(&value), "{key}");
    }
    assert!(!info.metadata.contains_key("norpix_frames_disagree"));
}

#[test]
fn a_wrong_suggested_rate_is_not_believed() {
    let folder = tempfile::tempdir().expect("a folder");
    let recording = Recording::new(100, 8, gray8(7, 5));
    let frames = counter_frames(recording.format, 4);
    let mut bytes = recording.file(&images(&frames, as_they_are));
    bytes[584..592].copy_from_slice(&30.0f64.to_le_bytes());
    let path = write(folder.path(), &bytes);
    let rate = open(&path)
        .expect("opens")
        .info()
        .rate
        .expect("is measured");
    assert!((rate.fps() - 1e6 / 10_007.0).abs() < 1e-3, "{rate}");
}

#[test]
fn a_loop_recording_begins_with_its_oldest_frame() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut recording = Recording::new(100, 8, gray8(7, 5));
    recording.oldest = 3;
    let frames = counter_frames(recording.format, 5);
    let path = write(
        folder.path(),
        &recording.file(&images(&frames, as_they_are)),
    );
    suite::reader(|| open(&path).expect("opens"), &recording.expected(frames));
}

#[test]
fn an_unfinished_or_wrong_frame_count_is_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    for (allocated, count, note) in [
        (0, 4, "the header was never finished, the file holds 4"),
        (9, 4, "the header promises 9, the file holds 4"),
        (3, 3, "the header promises 3, the file holds 4"),
    ] {
        let mut recording = Recording::new(100, 8, gray8(7, 5));
        recording.allocated = Some(allocated);
        let frames = counter_frames(recording.format, 4);
        let path = write(
            folder.path(),
            &recording.file(&images(&frames, as_they_are)),
        );
        let expected = recording.expected(frames[..count].to_vec());
        suite::reader(|| open(&path).expect("opens"), &expected);
        let reader = open(&path).expect("opens");
        assert_eq!(
            reader.info().metadata.get("norpix_frames_disagree"),
            Some(&Value::from(note))
        );
    }
}

#[test]
fn bayer_images_become_colour_on_request() {
    let folder = tempfile::tempdir().expect("a folder");
    let recording = Recording::new(101, 8, gray8(6, 4));
    // RGGB of one colour.
    let image: Vec<u8> = (0..24)
        .map(|i| [200, 100, 100, 50][i / 6 % 2 * 2 + i % 2])
        .collect();
    let path = write(folder.path(), &recording.file(&[image.clone(), image]));
    let options = ReadOptions {
        demosaic: true,
        ..ReadOptions::default()
    };
    let open = || pimage_io::open(&path, &options).expect("opens");
    suite::reader_of_count(open, 2);
    let mut reader = open();
    assert_eq!(
        reader.info().metadata.get("demosaiced_from"),
        Some(&Value::from("RGGB"))
    );
    let frames = read_all(&mut *reader).expect("reads");
    assert_eq!(frames[1].format().to_string(), "6x4 rgb uint8");
    assert!(
        frames[1]
            .bytes()
            .chunks(3)
            .all(|pixel| pixel == [200, 100, 50])
    );
}

fn jpeg(frame: &Frame) -> Vec<u8> {
    let mut bytes = Vec::new();
    let format = frame.format();
    let color = match format.color {
        Color::Gray => jpeg_encoder::ColorType::Luma,
        _ => jpeg_encoder::ColorType::Rgb,
    };
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 95);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_1_1);
    let (width, height) = (format.width as u16, format.height as u16);
    encoder
        .encode(frame.bytes(), width, height, color)
        .expect("encodes");
    bytes
}

fn png(frame: &Frame) -> Vec<u8> {
    let mut bytes = Vec::new();
    let format = frame.format();
    let mut encoder = png::Encoder::new(&mut bytes, format.width, format.height);
    encoder.set_color(match format.color {
        Color::Gray => png::ColorType::Grayscale,
        _ => png::ColorType::Rgb,
    });
    let mut data = frame.bytes().to_vec();
    if format.sample == SampleType::U16 {
        encoder.set_depth(png::BitDepth::Sixteen);
        data.chunks_mut(2).for_each(<[u8]>::reverse);
    }
    let mut writer = encoder.write_header().expect("encodes");
    writer.write_image_data(&data).expect("encodes");
    writer.finish().expect("encodes");
    bytes
}

/// Smooth frames, which JPEG keeps well.
fn smooth(color: Color, count: u64) -> Vec<Frame> {
    let make = |index: u64| {
        let array = ndarray::Array3::from_shape_fn((24, 32, color.channels()), |(y, x, c)| {
            (40 + 3 * x + 2 * y + 20 * c + 5 * index as usize) as u8
        });
        let mut frame = Frame::from_array(array, color).expect("has the channels");
        frame.stamp.index = index;
        frame
    };
    (0..count).map(make).collect()
}

#[test]
fn jpeg_frames_of_every_kind_are_found_and_decoded() {
    let folder = tempfile::tempdir().expect("a folder");
    for (version, image_format, compression, color, gap) in [
        (3, 201, 0, Color::Rgb, 16),
        (3, 201, 0, Color::Rgb, 8),
        (3, 102, 0, Color::Gray, 8),
        (3, 103, 0, Color::Gray, 16),
        (5, 100, 1, Color::Gray, 8),
        (5, 200, 1, Color::Rgb, 16),
        (4, 101, 1, Color::Gray, 6),
    ] {
        let format = FrameFormat::new(32, 24, color, SampleType::U8);
        let mut recording = Recording::new(image_format, 8, format);
        recording.version = version;
        recording.compression = compression;
        let frames = smooth(color, 6);
        let path = write(
            folder.path(),
            &recording.coded_file(&images(&frames, jpeg), gap),
        );
        suite::reader_of_count(|| open(&path).expect("opens"), 6);
        let mut reader = open(&path).expect("opens");
        assert_eq!(reader.info().codec.as_deref(), Some("jpeg"));
        let found = read_all(&mut *reader).expect("reads");
        for (frame, expected) in found.iter().zip(recording.expected(frames)) {
            assert_frames_close(frame, &expected, 8.0);
            assert_eq!(frame.stamp.time, expected.stamp.time);
        }
    }
}

#[test]
fn png_frames_come_back_exactly() {
    let folder = tempfile::tempdir().expect("a folder");
    for (image_format, format) in [
        (1, gray8(9, 5)),
        (1, gray16(9, 5, 16)),
        (2, FrameFormat::new(9, 5, Color::Rgb, SampleType::U8)),
    ] {
        let recording = Recording::new(image_format, 8, format);
        let frames = counter_frames(format, 4);
        let path = write(
            folder.path(),
            &recording.coded_file(&images(&frames, png), 16),
        );
        suite::reader(|| open(&path).expect("opens"), &recording.expected(frames));
    }
}

#[test]
fn a_damaged_jpeg_is_named_or_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let recording = Recording::new(102, 8, gray8(32, 24));
    let mut coded = images(&smooth(Color::Gray, 5), jpeg);
    // Its quantisation tables are gone.
    for byte in &mut coded[2][4..60] {
        *byte = 0;
    }
    let path = write(folder.path(), &recording.coded_file(&coded, 8));
    let mut reader = open(&path).expect("opens");
    let error = read_all(&mut *reader).expect_err("is damaged");
    assert!(matches!(error, Error::Damaged { frame: 2, .. }), "{error}");
    let mut reader = pimage_io::open(&path, &skipping()).expect("opens");
    let frames = read_all(&mut *reader).expect("reads");
    let indices: Vec<_> = frames.iter().map(|frame| frame.stamp.index).collect();
    assert_eq!(indices, [0, 1, 3, 4]);
    assert_eq!(reader.damage()[0].frames, 2..3);
}

#[test]
fn cut_files_never_give_wrong_frames() {
    let folder = tempfile::tempdir().expect("a folder");
    let flat = Recording::new(100, 16, gray16(40, 30, 12));
    let flat_bytes = flat.file(&images(&counter_frames(flat.format, 5), as_they_are));
    let coded = Recording::new(102, 8, gray8(32, 24));
    let coded_bytes = coded.coded_file(&images(&smooth(Color::Gray, 5), jpeg), 8);
    for bytes in [flat_bytes, coded_bytes] {
        let path = write(folder.path(), &bytes);
        for on_damage in [OnDamage::Fail, OnDamage::Skip] {
            let options = ReadOptions {
                on_damage,
                ..ReadOptions::default()
            };
            let cuts = suite::truncation(&path, || pimage_io::open(&path, &options));
            for cut in &cuts {
                // Cut in the padding behind the last frame, or exactly between two frames.
                assert!(
                    !cut.is_silent() || cut.frames == 5 || cut.length % 8192 == 0,
                    "{cut:?}"
                );
            }
            let told = cuts.iter().filter(|cut| !cut.is_silent()).count();
            assert!(told * 2 > cuts.len(), "{told} of {}", cuts.len());
        }
    }
}

#[test]
fn what_is_not_read_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let recording = Recording::new(100, 8, gray8(7, 5));
    let sound = recording.file(&images(&counter_frames(recording.format, 3), as_they_are));
    for (at, value, expected) in [
        (
            28,
            7,
            "a NorPix recording of version 7: pimage reads 3 to 5",
        ),
        (
            620,
            8,
            "of compression 8 (H.264); pimage reads JPEG and none",
        ),
        (620, 4, "of compression 4 (LZ)"),
        (
            568,
            600,
            "of image format 600 (YUV 4:2:2), which pimage does not read",
        ),
        (568, 123, "of image format 123 (BGR 10 bit packed)"),
        (
            568,
            200,
            "image format is 200 (BGR) with 8 bits a pixel, 8 of them real",
        ),
        (548, 0, "its frames are 0x5"),
        (548, 70_000, "width is 70000, the limit is 65535"),
        (548, 8, "its images have 35 bytes: 8x5 mono needs 40"),
        (580, 3, "its images of 35 bytes are 3 bytes apart"),
    ] {
        let mut bytes = sound.clone();
        bytes[at..at + 4].copy_from_slice(&u32::to_le_bytes(value));
        let path = write(folder.path(), &bytes);
        let error = open(&path).err().expect(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
    let path = write(folder.path(), &sound[..700]);
    let error = open(&path).err().expect("is cut").to_string();
    assert!(
        error.ends_with("is not valid NorPix: its header is 700 of 1024 bytes"),
        "{error}"
    );
}

#[test]
fn mutated_files_are_survived() {
    let flat = Recording::new(131, 10, gray16(9, 6, 10));
    let flat_bytes = flat.file(&images(&counter_frames(flat.format, 3), stream));
    let coded = Recording::new(
        201,
        24,
        FrameFormat::new(32, 24, Color::Rgb, SampleType::U8),
    );
    let mut coded_bytes = coded.coded_file(&images(&smooth(Color::Rgb, 3), jpeg), 8);
    // Mutations prefer the first 4 KiB: version 3 has its images there.
    let mut old = Recording::new(102, 8, gray8(32, 24));
    old.version = 3;
    let old_bytes = old.coded_file(&images(&smooth(Color::Gray, 3), jpeg), 8);
    coded_bytes.truncate(coded_bytes.len() - 3);
    for (seed, original) in [(4, flat_bytes), (5, coded_bytes), (6, old_bytes)] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rec.seq");
        survive(&original, 2000, seed, move |bytes| {
            fs::write(&path, bytes).expect("writes");
            try_reading(&path);
            let options = ReadOptions {
                on_damage: OnDamage::Keep,
                demosaic: true,
                ..ReadOptions::default()
            };
            if let Ok(mut reader) = pimage_io::open(&path, &options) {
                let _ = read_all(&mut *reader);
            }
        });
        drop(folder);
    }
}

#[test]
fn a_real_recording_of_streampix_6() {
    let Some(path) = test_data("sample_norpix6.seq") else {
        return;
    };
    suite::reader_of_count(|| open(&path).expect("opens"), 6);
    let mut reader = open(&path).expect("opens");
    assert_eq!(reader.info().format.to_string(), "36x32 gray uint8");
    let frames = read_all(&mut *reader).expect("reads");
    let first = frames[0].stamp.time.expect("has a time");
    assert_eq!(
        first,
        Timestamp::new(1_435_776_075_775_430, Timebase::MICROSECONDS)
    );
    let times: Vec<_> = frames.iter().filter_map(|frame| frame.stamp.time).collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    // The frames are of one scene, but not the same.
    assert!(
        frames
            .windows(2)
            .all(|pair| pair[0].bytes() != pair[1].bytes())
    );
}

#[test]
fn a_clip_of_a_real_size_keeps_its_frames() {
    let folder = tempfile::tempdir().expect("a folder");
    let recording = Recording::new(100, 8, gray8(160, 120));
    let frames: Vec<_> = (0..30)
        .map(|index| behaviour_frame(index, 160, 120))
        .collect();
    let path = write(
        folder.path(),
        &recording.file(&images(&frames, as_they_are)),
    );
    let mut reader = open(&path).expect("opens");
    for (index, frame) in read_all(&mut *reader).expect("reads").iter().enumerate() {
        assert_eq!(pimage_testkit::barcode_of(frame), Some(index as u64));
    }
}
