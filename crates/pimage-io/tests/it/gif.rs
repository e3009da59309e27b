//! Animated GIFs.

use std::fs;
use std::path::Path;

use pimage_core::{
    Color, Error, Frame, FrameCount, FrameFormat, FrameRate, FrameReader, OnDamage, SampleType,
    Stamp, StreamInfo, Timebase, Timestamp, keys,
};
use pimage_io::{Dither, GifOptions, ReadOptions, WriteOptions};
use pimage_testkit::suite::{self, WriterCase};
use pimage_testkit::{
    Pattern, SyntheticReader, assert_frames_eq, behaviour_frame, counter_frames, noise_frame,
    survive,
};

use crate::{create, gray8, gray16, open, read_all, try_reading, write};

fn rgb(width: u32, height: u32) -> FrameFormat {
    FrameFormat::new(width, height, Color::Rgb, SampleType::U8)
}

fn with(gif: GifOptions) -> WriteOptions {
    WriteOptions {
        gif,
        overwrite: true,
        ..WriteOptions::default()
    }
}

/// Writes frames of 25 a second; the notes.
fn write_with(path: &Path, frames: &[Frame], options: &WriteOptions) -> Result<Vec<String>, Error> {
    let mut info = StreamInfo::new("test", *frames[0].format(), FrameCount::Unknown);
    info.rate = FrameRate::new(25, 1);
    let mut writer = pimage_io::create(path, &info, options)?;
    for frame in frames {
        writer.write(frame)?;
    }
    Ok(writer.finish()?.notes)
}

/// The mean of the squares of the differences.
fn mean_error(found: &[Frame], wanted: &[Frame]) -> f64 {
    assert_eq!(found.len(), wanted.len());
    let (mut sum, mut count) = (0.0, 0.0);
    for (found, wanted) in found.iter().zip(wanted) {
        assert_eq!(found.format(), wanted.format());
        for (a, b) in found.bytes().iter().zip(wanted.bytes()) {
            sum += f64::from(a.abs_diff(*b)).powi(2);
            count += 1.0;
        }
    }
    sum / count
}

/// A disc that moves over a coloured ramp, noisy or not.
fn scene(count: u64, noise: u64) -> Vec<Frame> {
    (0..count)
        .map(|index| {
            let mut frame = noise_frame(7, index, rgb(64, 48));
            frame.stamp = Stamp::at(index);
            let (cx, cy) = (10 + 3 * index as i64, 24);
            for (place, pixel) in frame.bytes_mut().chunks_exact_mut(3).enumerate() {
                let (x, y) = ((place % 64) as i64, (place / 64) as i64);
                let ramp = [x * 3 + 20, y * 4 + 20, 200 - x - y];
                let is_inside = (x - cx).pow(2) + (y - cy).pow(2) < 80;
                for (value, ramp) in pixel.iter_mut().zip(ramp) {
                    let wanted = if is_inside { 255 - ramp } else { ramp };
                    *value = (wanted as u64 + u64::from(*value) % (noise + 1)).min(255) as u8;
                }
            }
            frame
        })
        .collect()
}

#[test]
fn gray_comes_back_exactly() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    for (format, count) in [
        (gray8(7, 5), 6),
        (gray8(1, 1), 3),
        (gray8(64, 64), 40),
        (gray8(300, 2), 1),
    ] {
        let mut frames = counter_frames(format, count);
        write_with(&path, &frames, &with(GifOptions::default())).expect("writes");
        for frame in &mut frames {
            let ticks = 4 * frame.stamp.index as i64;
            frame.stamp.time = Timebase::new(1, 100).map(|base| Timestamp::new(ticks, base));
        }
        suite::reader(|| open(&path).expect("opens"), &frames);
    }
    let frames: Vec<_> = (0..12)
        .map(|index| behaviour_frame(index, 160, 120))
        .collect();
    assert!(write(&path.with_extension("b.gif"), &frames).is_empty());
    suite::reader(
        || open(&path.with_extension("b.gif")).expect("opens"),
        &frames,
    );
    let frames: Vec<_> = (0..5)
        .map(|index| noise_frame(3, index, gray8(40, 30)))
        .collect();
    write_with(&path, &frames, &with(GifOptions::default())).expect("writes");
    suite::reader(|| open(&path).expect("opens"), &frames);
}

#[test]
fn few_colours_come_back_exactly() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let lossless = WriteOptions {
        lossless: true,
        ..with(GifOptions::default())
    };
    for colors in [2u64, 16, 255, 256] {
        for dither in [Dither::None, Dither::Ordered, Dither::Diffusion] {
            let mut frames: Vec<_> = (0..6)
                .map(|index| noise_frame(colors, index, rgb(31, 23)))
                .collect();
            for (index, frame) in frames.iter_mut().enumerate() {
                for (place, pixel) in frame.bytes_mut().chunks_exact_mut(3).enumerate() {
                    // Two thirds of the picture stand still, and each frame has colours of its own.
                    let own = if place % 3 == 0 { index as u64 } else { 0 };
                    let color = if place % 3 == 0 {
                        u64::from(pixel[0]) % colors
                    } else {
                        place as u64 % colors
                    };
                    pixel.copy_from_slice(&[color as u8, (color * 7 + own % 2) as u8, 200]);
                }
            }
            let mut options = lossless.clone();
            options.gif.dither = dither;
            let is_few = frames.iter().all(|frame| {
                let mut seen: Vec<_> = frame.bytes().chunks_exact(3).collect();
                seen.sort_unstable();
                seen.dedup();
                seen.len() <= 256
            });
            let written = write_with(&path, &frames, &options);
            assert!(written.is_ok() || !is_few, "{colors}: {written:?}");
            if written.is_ok() {
                suite::reader(|| open(&path).expect("opens"), &frames);
            }
        }
    }
}

#[test]
fn opacity_is_kept_where_it_is_all_or_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    for color in [Color::GrayAlpha, Color::Rgba] {
        let format = FrameFormat::new(20, 15, color, SampleType::U8);
        let channels = color.channels();
        let mut frames: Vec<_> = (0..9).map(|index| noise_frame(2, index, format)).collect();
        for (index, frame) in frames.iter_mut().enumerate() {
            for (place, pixel) in frame.bytes_mut().chunks_exact_mut(channels).enumerate() {
                // A hole that grows, then one that wanders, then none.
                let is_hole = match index {
                    0..3 => place < index * 30,
                    3..7 => (place + index * 17) % 40 < 20,
                    _ => false,
                };
                let value = (place * 3 + index / 2) as u8 % 100;
                pixel.fill(if is_hole { 0 } else { value });
                if color == Color::Rgba && !is_hole {
                    pixel[1] = 255 - value;
                }
                pixel[channels - 1] = if is_hole { 0 } else { 255 };
            }
        }
        let notes = write_with(&path, &frames, &with(GifOptions::default())).expect("writes");
        assert!(notes.is_empty(), "{notes:?}");
        suite::reader(|| open(&path).expect("opens"), &frames);
        frames[4].bytes_mut()[channels - 1] = 90;
        let notes = write_with(&path, &frames, &with(GifOptions::default())).expect("writes");
        assert_eq!(
            notes,
            [
                "GIF has no half transparent pixels: those of 1 frame(s) were made opaque or transparent"
            ]
        );
        let lossless = WriteOptions {
            lossless: true,
            ..with(GifOptions::default())
        };
        let error = write_with(&path, &frames, &lossless).expect_err("is half transparent");
        assert!(
            error
                .to_string()
                .contains("frame 4 has pixels that are half transparent"),
            "{error}"
        );
    }
}

#[test]
fn the_writer_conforms() {
    for (format, tolerance) in [
        (gray8(9, 4), 0.0),
        (rgb(9, 4), 0.0),
        (FrameFormat::new(6, 4, Color::Rgb, SampleType::U8), 0.0),
    ] {
        suite::writer(&WriterCase {
            name: "a.gif",
            format,
            tolerance,
            create: &create,
            open: &open,
        });
        // With frames in a temporary file beside the output.
        let gif = GifOptions {
            seamless: false,
            global_palette: true,
            max_bytes: Some(1 << 20),
            ..GifOptions::default()
        };
        suite::writer(&WriterCase {
            name: "a.gif",
            format,
            tolerance,
            create: &|path, info, storage, overwrite| {
                let gif = gif.clone();
                pimage_io::create(
                    path,
                    info,
                    &WriteOptions {
                        storage,
                        overwrite,
                        gif,
                        ..WriteOptions::default()
                    },
                )
            },
            open: &open,
        });
    }
}

#[test]
fn what_gif_cannot_hold_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    for format in [
        gray16(4, 4, 12),
        FrameFormat::new(4, 4, Color::Rgb, SampleType::F32),
    ] {
        let error = write_with(
            &path,
            &counter_frames(format, 1),
            &with(GifOptions::default()),
        );
        let text = error.expect_err("is too deep").to_string();
        assert!(text.starts_with("gif cannot hold 4x4"), "{text}");
        assert!(text.ends_with("add `--range auto`"), "{text}");
    }
    let lossless = WriteOptions {
        lossless: true,
        ..with(GifOptions::default())
    };
    let error = write_with(&path, &scene(3, 9), &lossless).expect_err("has many colours");
    assert!(
        error
            .to_string()
            .contains("more colours than the 256 of a palette"),
        "{error}"
    );
    for (change, text) in [
        (
            WriteOptions {
                codec: Some("h264".into()),
                ..with(GifOptions::default())
            },
            "--codec is `h264`",
        ),
        (
            WriteOptions {
                quality: Some("101".into()),
                ..with(GifOptions::default())
            },
            "--quality is `101`: expected 0 to 100",
        ),
        (
            WriteOptions {
                quality: Some("9".into()),
                ..lossless.clone()
            },
            "--quality is `9`",
        ),
        (
            with(GifOptions {
                max_colors: 1,
                ..GifOptions::default()
            }),
            "--max-colors is 1: expected 2 to 256",
        ),
    ] {
        let error = write_with(&path, &scene(1, 0), &change).expect_err(text);
        assert!(error.to_string().starts_with(text), "{error}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn many_colours_come_back_nearly() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let frames = scene(12, 12);
    let mut last = 0.0;
    // (colours, greatest mean square)
    for (colors, most) in [(256, 14.0), (64, 40.0), (16, 160.0), (2, 3500.0)] {
        for dither in [Dither::None, Dither::Ordered, Dither::Diffusion] {
            for global_palette in [false, true] {
                let gif = GifOptions {
                    max_colors: colors,
                    dither,
                    global_palette,
                    ..GifOptions::default()
                };
                let notes = write_with(&path, &frames, &with(gif)).expect("writes");
                assert_eq!(
                    notes,
                    [format!(
                        "the colours of 12 frame(s) were reduced to at most {colors} each"
                    )]
                );
                let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
                let error = mean_error(&found, &frames);
                let is_dithered = f64::from(u8::from(dither != Dither::None));
                let is_global = f64::from(u8::from(global_palette));
                let most = most * (1.0 + is_dithered + 0.5 * is_global);
                assert!(
                    error < most,
                    "{colors} colours, {dither:?}, {global_palette}: {error}"
                );
                if dither == Dither::None && !global_palette {
                    assert!(error > last, "{colors} colours are no worse than more");
                    last = error;
                }
            }
        }
    }
}

#[test]
fn a_palette_for_all_is_exact_only_where_it_has_the_colours() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let frames = counter_frames(gray8(20, 10), 5);
    for (max_colors, reduced) in [(256, 0), (20, 5)] {
        let gif = GifOptions {
            max_colors,
            global_palette: true,
            ..GifOptions::default()
        };
        let notes = write_with(&path, &frames, &with(gif)).expect("writes");
        assert_eq!(notes.len(), usize::from(reduced > 0), "{notes:?}");
        let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
        let error = mean_error(&found, &frames);
        assert!(
            if reduced == 0 {
                error < 1e-9
            } else {
                error > 1.0 && error < 40.0
            },
            "{error}"
        );
    }
}

#[test]
fn quality_trades_size_for_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let frames = scene(10, 20);
    let (mut size, mut error) = (u64::MAX, 0.0);
    for quality in ["100", "60", "20"] {
        let options = WriteOptions {
            quality: Some(quality.to_owned()),
            ..with(GifOptions::default())
        };
        write_with(&path, &frames, &options).expect("writes");
        let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
        let now = (
            fs::metadata(&path).expect("is there").len(),
            mean_error(&found, &frames),
        );
        assert!(
            now.0 < size && now.1 > error,
            "{quality}: {now:?} after {size} {error}"
        );
        (size, error) = now;
    }
}

#[test]
fn pixels_that_stand_still_stay_as_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let mut frames = scene(8, 15);
    let still = frames[0].clone();
    for frame in &mut frames {
        let rows = 64 * 3 * 30;
        let (to, from) = (frame.bytes_mut(), still.bytes());
        to[..rows].copy_from_slice(&from[..rows]);
    }
    for dither in [Dither::None, Dither::Ordered, Dither::Diffusion] {
        write_with(
            &path,
            &frames,
            &with(GifOptions {
                dither,
                ..GifOptions::default()
            }),
        )
        .expect("writes");
        let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
        for frame in &found {
            let rows = 64 * 3 * 30;
            assert!(
                frame.bytes()[..rows] == found[0].bytes()[..rows],
                "{dither:?}: still pixels crawl in frame {}",
                frame.stamp.index
            );
        }
    }
}

#[test]
fn there_and_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let frames = counter_frames(gray8(20, 10), 5);
    for (count, order) in [
        (5, vec![0, 1, 2, 3, 4, 3, 2, 1]),
        (2, vec![0, 1]),
        (1, vec![0]),
        (3, vec![0, 1, 2, 1]),
    ] {
        for global_palette in [false, true] {
            let gif = GifOptions {
                seamless: true,
                loops: 3,
                global_palette,
                ..GifOptions::default()
            };
            write_with(&path, &frames[..count], &with(gif)).expect("writes");
            let mut reader = open(&path).expect("opens");
            assert_eq!(reader.info().metadata["gif_loops"].to_string(), "3");
            let found = read_all(&mut *reader).expect("reads");
            assert_eq!(found.len(), order.len());
            for (frame, index) in found.iter().zip(&order) {
                let wanted: &Frame = &frames[*index];
                assert_eq!(frame.bytes(), wanted.bytes());
            }
        }
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[test]
fn a_size_is_kept_to_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let frames = scene(10, 20);
    let sized = |max_bytes| {
        with(GifOptions {
            max_bytes,
            ..GifOptions::default()
        })
    };
    write_with(&path, &frames, &sized(None)).expect("writes");
    let usual = fs::metadata(&path).expect("is there").len();
    for part in [100, 80, 50] {
        let most = usual * part / 100;
        write_with(&path, &frames, &sized(Some(most))).expect("fits");
        let size = fs::metadata(&path).expect("is there").len();
        assert!(size <= most && size > most / 2, "{size} of {most}");
        assert_eq!(
            read_all(&mut *open(&path).expect("opens"))
                .expect("reads")
                .len(),
            10
        );
    }
    let error = write_with(&path, &frames, &sized(Some(500))).expect_err("is too small");
    let text = error.to_string();
    assert!(
        text.starts_with("--max-bytes is 500: expected at least ")
            && text.contains("as small as this clip gets"),
        "{text}"
    );
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[test]
fn times_and_rates_survive() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (folder.path().join("a.gif"), folder.path().join("b.gif"));
    let base = Timebase::new(1, 100).expect("is not zero");
    let times: Vec<_> = [0, 7, 40, 41, 100]
        .map(|ticks| Timestamp::new(ticks, base))
        .to_vec();
    let mut source = SyntheticReader::new(gray8(8, 8), 5)
        .with_pattern(Pattern::Counter)
        .with_times(pimage_core::Clock::Start, times.clone());
    copy(&mut source, &first);
    let mut reader = open(&first).expect("opens");
    // The last frame lasts as long as one at the source's rate, 25 a second.
    assert_eq!(reader.info().duration_secs(), Some(1.04));
    assert_eq!(
        reader.info().metadata[keys::VARIABLE_RATE].to_string(),
        "true"
    );
    let note = reader.info().metadata["gif_short_delays"].to_string();
    assert!(
        note.starts_with("1 frame(s) have a delay of 0 or 1"),
        "{note}"
    );
    copy(&mut *reader, &second);
    assert_eq!(
        fs::read(&first).expect("reads"),
        fs::read(&second).expect("reads")
    );
    let found = read_all(&mut *open(&second).expect("opens")).expect("reads");
    let found: Vec<_> = found
        .iter()
        .map(|frame| frame.stamp.time.expect("has a time"))
        .collect();
    assert_eq!(found, times);
}

fn copy(reader: &mut dyn FrameReader, path: &Path) {
    let mut writer =
        pimage_io::create(path, reader.info(), &WriteOptions::default()).expect("creates");
    let mut frame = Frame::empty();
    while reader.read_into(&mut frame).expect("reads") {
        writer.write(&frame).expect("writes");
    }
    writer.finish().expect("finishes");
}

/// A GIF made by hand: a screen of 4x2 with four colours, then these blocks.
fn by_hand(path: &Path, blocks: &[&[u8]]) {
    let mut bytes = b"GIF89a\x04\0\x02\0\x81\0\0".to_vec();
    bytes.extend([[10, 20, 30], [200, 0, 0], [0, 200, 0], [0, 0, 200]].concat());
    for block in blocks {
        bytes.extend(*block);
    }
    fs::write(path, bytes).expect("writes");
}

/// A picture at (left, top) of (width, height), with its disposal and indices, of which 3 is transparent.
fn picture(place: [u8; 4], disposal: u8, indices: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x21, 0xF9, 4, (disposal << 2) | 1, 5, 0, 3, 0, 0x2C];
    for value in place {
        bytes.extend([value, 0]);
    }
    bytes.extend([0, 2]);
    // A clear code before each index keeps all codes 3 bits long.
    let codes: Vec<u8> = indices
        .iter()
        .flat_map(|index| [4, *index])
        .chain([5])
        .collect();
    let mut data = vec![0u8; (codes.len() * 3).div_ceil(8)];
    for (place, code) in codes.iter().enumerate() {
        for bit in 0..3 {
            let at = place * 3 + bit;
            data[at / 8] |= ((code >> bit) & 1) << (at % 8);
        }
    }
    bytes.push(data.len() as u8);
    bytes.extend(data);
    bytes.push(0);
    bytes
}

/// The frames as one digit a pixel: the index of the colour, or 9 for a transparent one.
fn digits(path: &Path, options: &ReadOptions) -> Vec<String> {
    let mut reader = pimage_io::open(path, options).expect("opens");
    let frames = read_all(&mut *reader).expect("reads");
    let digit = |pixel: &[u8]| match pixel {
        [_, _, _, 0] => '9',
        [10, 20, 30, ..] => '0',
        [200, 0, 0, ..] => '1',
        [0, 200, 0, ..] => '2',
        [0, 0, 200, ..] => '3',
        // No colour of the palette.
        _ => '?',
    };
    let text = |frame: &Frame| {
        frame
            .bytes()
            .chunks_exact(frame.format().color.channels())
            .map(digit)
            .collect()
    };
    frames.iter().map(text).collect()
}

#[test]
fn disposals_are_those_of_browsers() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let full = picture([0, 0, 4, 2], 1, &[0; 8]);
    let one = |disposal| picture([1, 0, 2, 1], disposal, &[1, 1]);
    let last = picture([2, 1, 1, 1], 1, &[2]);
    for (blocks, wanted) in [
        // (kept, cleared, restored)
        (
            [&full, &one(1), &last],
            ["00000000", "01100000", "01100020"],
        ),
        (
            [&full, &one(2), &last],
            ["00000000", "01100000", "09900020"],
        ),
        (
            [&full, &one(3), &last],
            ["00000000", "01100000", "00000020"],
        ),
        // Transparent from the start, and beyond the edge.
        (
            [&one(2), &picture([3, 1, 2, 2], 0, &[2, 2, 2, 2]), &last],
            ["9119 9999", "99999992", "99999922"].map(|text| text),
        ),
        (
            [&picture([0, 0, 4, 2], 3, &[0; 8]), &one(0), &last],
            ["00000000", "91199999", "91199929"],
        ),
        (
            [
                &picture([0, 0, 4, 2], 0, &[0, 1, 2, 3, 3, 2, 1, 0]),
                &one(0),
                &last,
            ],
            ["01299210", "01199210", "01199220"],
        ),
    ] {
        by_hand(&path, &[blocks[0], blocks[1], blocks[2], b";"]);
        let found = digits(&path, &ReadOptions::default());
        let wanted: Vec<_> = wanted.iter().map(|text| text.replace(' ', "")).collect();
        assert_eq!(found, wanted);
        let frames = read_all(&mut *open(&path).expect("opens")).expect("reads");
        suite::reader(|| open(&path).expect("opens"), &frames);
        let has_holes = wanted.iter().any(|text| text.contains('9'));
        let color = open(&path).expect("opens").info().format.color;
        assert_eq!(color, if has_holes { Color::Rgba } else { Color::Rgb });
    }
}

#[test]
fn damage_is_told_and_spreads() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let full = picture([0, 0, 4, 2], 1, &[0; 8]);
    let part = picture([1, 0, 2, 1], 1, &[1, 1]);
    let mut bad = part.clone();
    let at = bad.len() - 3;
    // A code that is not in the table yet.
    bad[at..at + 2].fill(0xFF);
    let mut opaque = full.clone();
    opaque[3] = 0;
    by_hand(
        &path,
        &[&full, &part, &bad, &part, &opaque, &part, b";junk"],
    );
    let mut reader = open(&path).expect("opens");
    assert!(reader.info().metadata.contains_key("gif_trailing_bytes"));
    let error = read_all(&mut *reader).expect_err("is damaged").to_string();
    assert!(
        error.starts_with("frame 2 of `") && error.contains("pixels"),
        "{error}"
    );
    let read = |on_damage| {
        let options = ReadOptions {
            on_damage,
            ..ReadOptions::default()
        };
        let mut reader = pimage_io::open(&path, &options).expect("opens");
        let frames = read_all(&mut *reader).expect("reads");
        let damage: Vec<_> = reader.damage().iter().map(ToString::to_string).collect();
        let indices: Vec<_> = frames.iter().map(|frame| frame.stamp.index).collect();
        (indices, damage)
    };
    let (indices, damage) = read(OnDamage::Skip);
    assert_eq!(indices, [0, 1, 4, 5]);
    assert_eq!(damage.len(), 2);
    assert_eq!(damage[1], "frame 3: it builds on frame 2, which is damaged");
    assert_eq!(read(OnDamage::Keep), ((0..6).collect(), damage));
    by_hand(&path, &[&full, &part, b"\x99"]);
    let options = crate::skipping();
    let mut reader = pimage_io::open(&path, &options).expect("opens");
    assert_eq!(read_all(&mut *reader).expect("reads").len(), 2);
    assert_eq!(
        reader.damage()[0].reason,
        "no block begins with 0x99, at byte 76"
    );
}

#[test]
fn cut_files_never_give_wrong_frames() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    write(&path, &scene(6, 3));
    for on_damage in [OnDamage::Fail, OnDamage::Skip] {
        let options = ReadOptions {
            on_damage,
            ..ReadOptions::default()
        };
        for cut in suite::truncation(&path, || pimage_io::open(&path, &options)) {
            assert!(!cut.is_silent(), "{cut:?}");
        }
    }
}

#[test]
fn a_missing_trailer_costs_no_frame() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let (full, part) = (
        picture([0, 0, 4, 2], 1, &[0; 8]),
        picture([1, 0, 2, 1], 1, &[1, 1]),
    );
    by_hand(&path, &[&full, &part]);
    let read = |options: &ReadOptions| {
        let mut reader = pimage_io::open(&path, options).expect("opens");
        assert_eq!(reader.info().frame_count, FrameCount::Exact(2));
        let mut frame = Frame::empty();
        for index in 0..2 {
            assert!(reader.read_into(&mut frame).expect("is whole"));
            assert_eq!(frame.stamp.index, index);
        }
        let end = reader.read_into(&mut frame).map_err(|error| match error {
            Error::Damaged { frame, reason, .. } => (frame, reason),
            other => (0, other.to_string()),
        });
        (end, reader.damage().to_vec())
    };
    let reason = "the file ends before its trailer".to_owned();
    let (end, _) = read(&ReadOptions::default());
    assert_eq!(end, Err((2, reason.clone())));
    let (end, damage) = read(&crate::skipping());
    assert_eq!(end, Ok(false));
    // Nobody knows how many frames there were.
    assert_eq!(damage.len(), 1);
    assert_eq!((&damage[0].frames, &damage[0].reason), (&(2..2), &reason));
    by_hand(&path, &[&full, &part, b";"]);
    let frames = read_all(&mut *open(&path).expect("opens")).expect("is whole");
    assert_eq!(frames.len(), 2);
}

#[test]
fn the_crate_gif_sees_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let mut gray = counter_frames(gray8(30, 20), 7);
    gray.extend(counter_frames(gray8(30, 20), 2));
    let holes = [
        picture([1, 0, 2, 1], 2, &[1, 1]),
        picture([0, 0, 4, 2], 3, &[0, 1, 2, 3, 3, 2, 1, 0]),
        picture([3, 1, 1, 1], 0, &[2]),
    ];
    for case in 0..3 {
        match case {
            0 => drop(write_with(&path, &gray, &with(GifOptions::default()))),
            1 => drop(write_with(
                &path,
                &scene(6, 12),
                &with(GifOptions::default()),
            )),
            _ => by_hand(&path, &[&holes[0], &holes[1], &holes[2], b";"]),
        }
        let mut reader = open(&path).expect("opens");
        let found = read_all(&mut *reader).expect("reads");
        let wanted = shown_by_gif(&fs::read(&path).expect("reads"));
        assert_eq!(found.len(), wanted.len());
        let base = Timebase::new(1, 100).expect("is not zero");
        for (frame, (rgba, ticks)) in found.iter().zip(&wanted) {
            assert!(
                as_rgba(frame) == *rgba,
                "case {case}: frame {} differs",
                frame.stamp.index
            );
            assert_eq!(frame.stamp.time, Some(Timestamp::new(*ticks, base)));
        }
    }
}

/// The canvases and times of a file as the crate `gif` decodes it.
fn shown_by_gif(bytes: &[u8]) -> Vec<(Vec<[u8; 4]>, i64)> {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    options.check_frame_consistency(true);
    let mut decoder = options.read_info(bytes).expect("is a GIF");
    let width = usize::from(decoder.width());
    let mut canvas = vec![[0; 4]; width * usize::from(decoder.height())];
    let (mut shown, mut ticks) = (Vec::new(), 0);
    while let Some(frame) = decoder.read_next_frame().expect("is whole") {
        let before = canvas.clone();
        let pixels: Vec<[u8; 4]> = frame.buffer.as_chunks().0.to_vec();
        let places: Vec<usize> = (0..pixels.len())
            .map(|at| {
                let (x, y) = (at % usize::from(frame.width), at / usize::from(frame.width));
                (usize::from(frame.top) + y) * width + usize::from(frame.left) + x
            })
            .collect();
        for (place, pixel) in places.iter().zip(&pixels) {
            if pixel[3] > 0 {
                canvas[*place] = *pixel;
            }
        }
        shown.push((canvas.clone(), ticks));
        ticks += i64::from(frame.delay);
        match frame.dispose {
            gif::DisposalMethod::Background => {
                places.iter().for_each(|place| canvas[*place] = [0; 4]);
            }
            gif::DisposalMethod::Previous => canvas = before,
            _ => {}
        }
    }
    shown
}

/// A frame as RGBA.
fn as_rgba(frame: &Frame) -> Vec<[u8; 4]> {
    let pixels = frame.bytes().chunks(frame.format().color.channels());
    let rgba = pixels.map(|pixel| match *pixel {
        [gray] => [gray, gray, gray, 255],
        [gray, alpha] => [gray, gray, gray, alpha],
        [r, g, b] => [r, g, b, 255],
        [r, g, b, alpha] => [r, g, b, alpha],
        _ => [0; 4],
    });
    rgba.collect()
}

#[test]
fn a_claim_is_no_reason_to_take_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let full = picture([0, 0, 4, 2], 1, &[0; 8]);
    let mut huge = full.clone();
    huge[13..17].copy_from_slice(&[0xFF; 4]);
    by_hand(&path, &[&full, &huge, b";"]);
    let mut reader = pimage_io::open(&path, &crate::skipping()).expect("opens");
    assert_eq!(read_all(&mut *reader).expect("reads").len(), 1);
    assert!(
        reader.damage()[0]
            .reason
            .contains("its data end after 8 of"),
        "{:?}",
        reader.damage()
    );
    by_hand(&path, &[&huge, b";"]);
    let error = open(&path).err().expect("is too large");
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
}

#[test]
fn frames_are_found_again_in_long_clips() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    // Larger than the canvases that are kept: 64 MiB hold 82 of them.
    let format = gray8(1000, 800);
    let frames: Vec<_> = (0..200u64)
        .map(|index| {
            let mut frame = Frame::zeroed(format);
            frame.stamp = Stamp::at(index);
            let at = index as usize * 3001;
            frame.bytes_mut()[at..at + 40].fill(index as u8 + 1);
            frame
        })
        .collect();
    write(&path, &frames);
    let mut reader = open(&path).expect("opens");
    let seek = reader.as_seek().expect("seeks");
    let mut frame = Frame::empty();
    for index in [199, 3, 150, 149, 0, 120, 77, 198] {
        seek.seek(index).expect("seeks");
        assert!(seek.read_into(&mut frame).expect("reads"));
        frame.stamp.time = None;
        assert_frames_eq(&frame, &frames[index as usize]);
    }
}

#[test]
fn frames_are_found_again_where_opening_looked_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    // Each one is taken away, and only its pixels tell that the next one covers it.
    let pictures: Vec<_> = (0..20)
        .map(|index| picture([0, 0, 4, 2], 2, &[index % 3; 8]))
        .collect();
    let blocks = pictures.iter().map(Vec::as_slice).chain([&b";"[..]]);
    by_hand(&path, &blocks.collect::<Vec<_>>());
    let mut reader = open(&path).expect("opens");
    assert_eq!(reader.info().format.color, Color::Rgb);
    let seek = reader.as_seek().expect("seeks");
    let mut frame = Frame::empty();
    for (index, color) in [(12, [10, 20, 30]), (19, [200, 0, 0]), (8, [0, 200, 0])] {
        seek.seek(index).expect("seeks");
        assert!(seek.read_into(&mut frame).expect("reads"));
        assert_eq!(frame.bytes(), color.repeat(8));
    }
}

#[test]
fn opening_looks_at_few_pictures() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    // Only the pixels tell that nothing is ever uncovered.
    for (count, color) in [(64, Color::Rgb), (65, Color::Rgba)] {
        let pictures: Vec<_> = (0..count)
            .map(|index| picture([0, 0, 4, 2], 2, &[index % 3; 8]))
            .collect();
        let blocks = pictures.iter().map(Vec::as_slice).chain([&b";"[..]]);
        by_hand(&path, &blocks.collect::<Vec<_>>());
        let mut reader = open(&path).expect("opens");
        assert_eq!(reader.info().format.color, color);
        let frames = read_all(&mut *reader).expect("reads");
        let is_opaque = |frame: &Frame| as_rgba(frame).iter().all(|pixel| pixel[3] == 255);
        assert!(frames.len() == usize::from(count) && frames.iter().all(is_opaque));
    }
    // Pictures of more pixels than are looked at, with data for a few of them.
    let full = picture([0, 0, 4, 2], 1, &[0; 8]);
    let mut huge = picture([0, 0, 4, 2], 2, &[0; 8]);
    huge[13..17].copy_from_slice(&[0, 64, 0, 64]);
    by_hand(&path, &[&full, &huge, &full, b";"]);
    assert_eq!(open(&path).expect("opens").info().format.color, Color::Rgba);
}

#[test]
fn what_a_picture_hid_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    // Three rows, interlaced, over the lower edge and the right one; the hole below it counts again.
    let full = picture([0, 0, 4, 2], 1, &[0, 0, 0, 0, 0, 0, 3, 0]);
    let mut over = picture([2, 0, 3, 3], 3, &[1, 1, 1, 2, 2, 2, 1, 1, 1]);
    over[17] |= 0x40;
    let one = picture([0, 1, 1, 1], 1, &[2]);
    by_hand(&path, &[&full, &over, &over, &one, b";"]);
    assert_eq!(
        digits(&path, &ReadOptions::default()),
        ["00000090", "00110011", "00110011", "00002090"]
    );
}

/// A box that moves over nothing.
fn box_over_nothing(color: impl Fn(usize) -> [u8; 3]) -> Vec<Frame> {
    let format = FrameFormat::new(40, 30, Color::Rgba, SampleType::U8);
    let draw = |index: u64| {
        let mut frame = Frame::zeroed(format);
        frame.stamp = Stamp::at(index);
        for (place, pixel) in frame.bytes_mut().chunks_exact_mut(4).enumerate() {
            let (x, y) = (place % 40, place / 40);
            let left = 3 * index as usize + 2;
            if (left..left + 16).contains(&x) && (5..21).contains(&y) {
                pixel[..3].copy_from_slice(&color((x - left) + (y - 5) * 16));
                pixel[3] = 255;
            }
        }
        frame
    };
    (0..6).map(draw).collect()
}

#[test]
fn the_first_picture_says_where_nothing_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let frames = box_over_nothing(|_| [200, 30, 90]);
    write_with(&path, &frames, &with(GifOptions::default())).expect("writes");
    suite::reader(|| open(&path).expect("opens"), &frames);
    let bytes = fs::read(&path).expect("reads");
    let mut decoder = gif::DecodeOptions::new()
        .read_info(bytes.as_slice())
        .expect("is a GIF");
    let mut sizes = Vec::new();
    while let Some(picture) = decoder.read_next_frame().expect("is whole") {
        assert!(picture.transparent.is_some());
        sizes.push((picture.left, picture.top, picture.width, picture.height));
    }
    assert_eq!(sizes[..2], [(0, 0, 40, 30), (5, 5, 16, 16)]);
}

#[test]
fn a_palette_for_all_has_an_index_for_holes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    // As many colours in each frame as a palette has.
    let frames = box_over_nothing(|place| [place as u8, 255 - place as u8, 7]);
    let gif = GifOptions {
        global_palette: true,
        ..GifOptions::default()
    };
    write_with(&path, &frames, &with(gif)).expect("writes");
    let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
    for (found, wanted) in found.iter().zip(&frames) {
        let holes =
            |frame: &Frame| -> Vec<u8> { as_rgba(frame).iter().map(|pixel| pixel[3]).collect() };
        assert!(holes(found) == holes(wanted), "{}", wanted.stamp.index);
    }
}

#[test]
fn a_last_delay_of_nothing_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (folder.path().join("a.gif"), folder.path().join("b.gif"));
    for delays in [[5, 5, 0], [9, 0, 0], [0, 0, 0], [0, 0, 7]] {
        let pictures = delays.map(|delay| {
            let mut bytes = picture([0, 0, 4, 2], 1, &[delay % 3; 8]);
            bytes[4] = delay;
            bytes
        });
        by_hand(&first, &[&pictures[0], &pictures[1], &pictures[2], b";"]);
        copy(&mut *open(&first).expect("opens"), &second);
        let total = |path| open(path).expect("opens").info().duration_secs();
        assert_eq!(total(&first), total(&second), "{delays:?}");
        fs::remove_file(&second).expect("is there");
    }
}

#[test]
fn mutated_files_are_survived() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    write(&path, &scene(3, 3));
    let mut originals = vec![fs::read(&path).expect("reads")];
    let parts = [
        picture([0, 0, 4, 2], 2, &[0; 8]),
        picture([1, 0, 2, 1], 3, &[1, 3]),
    ];
    by_hand(&path, &[&parts[0], &parts[1], &parts[0], b";"]);
    originals.push(fs::read(&path).expect("reads"));
    for (seed, original) in originals.iter().enumerate() {
        let path = path.clone();
        survive(original, 1000, seed as u64, move |bytes| {
            fs::write(&path, bytes).expect("writes");
            try_reading(&path);
        });
    }
    drop(folder);
}
