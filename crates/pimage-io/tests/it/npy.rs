//! Arrays.

use std::fs;
use std::path::Path;

use pimage_core::{
    Axis, Color, Damage, Error, Frame, FrameCount, FrameFormat, SampleType, StreamInfo,
};
use pimage_io::{NpyWriter, ReadOptions, WriteOptions};
use pimage_testkit::suite::{self, WriterCase};
use pimage_testkit::{assert_frames_eq, counter_frame, counter_frames, every_format, survive};

use crate::{create, gray8, gray16, open, read_all, try_reading, write};

#[test]
fn every_format_comes_back_exactly() {
    let folder = tempfile::tempdir().expect("a folder");
    for (place, format) in every_format(7, 5).into_iter().enumerate() {
        let full = format.with_bit_depth(0);
        let path = folder.path().join(format!("{place}.npy"));
        let frames = counter_frames(full, 6);
        write(&path, &frames);
        suite::reader(|| open(&path).expect("opens"), &frames);
    }
}

#[test]
fn the_writer_conforms() {
    for format in [
        gray8(9, 4),
        FrameFormat::new(5, 3, Color::Rgb, SampleType::F32),
    ] {
        suite::writer(&WriterCase {
            name: "a.npy",
            format,
            tolerance: 0.0,
            create: &create,
            open: &open,
        });
    }
}

#[test]
fn a_lost_depth_is_noted() {
    let folder = tempfile::tempdir().expect("a folder");
    let notes = write(
        &folder.path().join("a.npy"),
        &counter_frames(gray16(4, 4, 12), 1),
    );
    assert_eq!(
        notes,
        [
            "npy does not say that 12 of 16 bits are used",
            "npy does not keep the rate, 25 frames/s"
        ]
    );
}

/// An array file made by hand.
fn array(path: &Path, descr: &str, fortran: bool, shape: &str, data: &[u8]) {
    let fortran = if fortran { "True" } else { "False" };
    let mut header =
        format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}");
    while (header.len() + 11) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).expect("is short").to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    fs::write(path, bytes).expect("writes");
}

#[test]
fn column_order_is_gathered() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npy");
    for color in [Color::Gray, Color::Rgb] {
        let format = FrameFormat::new(5, 3, color, SampleType::U16);
        let frames = counter_frames(format, 4);
        let mut data = Vec::new();
        for channel in 0..color.channels() {
            for x in 0..5 {
                for y in 0..3 {
                    for frame in &frames {
                        let view = frame.view::<u16>().expect("is u16");
                        data.extend(view[[y, x, channel]].to_le_bytes());
                    }
                }
            }
        }
        let shape = match color {
            Color::Gray => "(4, 3, 5)",
            _ => "(4, 3, 5, 3)",
        };
        array(&path, "<u2", true, shape, &data);
        suite::reader(|| open(&path).expect("opens"), &frames);
        // The last sample of the last frame is gone: the others are whole.
        array(&path, "<u2", true, shape, &data[..data.len() - 1]);
        let mut reader = pimage_io::open(&path, &crate::skipping()).expect("opens");
        assert_eq!(read_all(&mut *reader).expect("reads"), frames[..3]);
        let bytes = data.len();
        let reason = format!("the array ends after {} of {bytes} bytes", bytes - 1);
        assert_eq!(reader.damage(), [Damage::frame(3, &*reason)]);
        let error = read_all(&mut *open(&path).expect("opens")).expect_err("is cut");
        assert!(error.to_string().contains(&reason), "{error}");
    }
    let single = counter_frame(0, gray8(4, 2));
    let bytes = single.bytes();
    let columns: Vec<u8> = (0..4).flat_map(|x| [bytes[x], bytes[x + 4]]).collect();
    array(&path, "|u1", true, "(2, 4)", &columns);
    suite::reader(|| open(&path).expect("opens"), &[single]);
}

/// The letters and lengths of a four-dimensional colour recording.
const DIMS: [(char, usize); 5] = [('t', 3), ('z', 2), ('h', 4), ('w', 5), ('c', 3)];

/// Every order of the letters.
fn orders(letters: &[char]) -> Vec<Vec<char>> {
    match letters {
        [] => vec![Vec::new()],
        _ => letters
            .iter()
            .flat_map(|first| {
                let rest: Vec<_> = letters.iter().copied().filter(|l| l != first).collect();
                orders(&rest)
                    .into_iter()
                    .map(|rest| [vec![*first], rest].concat())
            })
            .collect(),
    }
}

#[test]
fn every_order_of_axes_is_gathered() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npy");
    let length_of = |letter: char| {
        let dim = DIMS.iter().find(|(name, _)| *name == letter);
        dim.expect("is a letter").1
    };
    let letters: Vec<char> = DIMS.iter().map(|(letter, _)| *letter).collect();
    for (place, order) in orders(&letters).iter().enumerate() {
        let is_fortran = place % 2 == 1;
        let lengths: Vec<_> = order.iter().map(|letter| length_of(*letter)).collect();
        // The value at a place is where it would be in the order t, z, h, w, c.
        let mut data = Vec::new();
        for at in 0..360usize {
            let mut rest = at;
            let mut positions = [0; 5];
            let mut dims: Vec<_> = order.iter().zip(&lengths).collect();
            if !is_fortran {
                dims.reverse();
            }
            for (letter, length) in dims {
                let dim = DIMS.iter().position(|(name, _)| name == letter);
                positions[dim.expect("is a letter")] = rest % length;
                rest /= length;
            }
            let dims = DIMS.iter().zip(positions);
            let value = dims.fold(0, |value, ((_, length), position)| {
                value * length + position
            });
            data.extend(u16::try_from(value).expect("is small").to_be_bytes());
        }
        let shape: Vec<_> = lengths.iter().map(ToString::to_string).collect();
        array(
            &path,
            ">u2",
            is_fortran,
            &format!("({})", shape.join(", ")),
            &data,
        );
        let axes: String = order.iter().collect::<String>().replace('c', "C");
        let options = ReadOptions {
            axes: Some(axes.clone()),
            ..ReadOptions::default()
        };
        let mut reader = pimage_io::open(&path, &options).expect(&axes);
        assert_eq!(reader.info().format.to_string(), "5x4 rgb uint16");
        let is_time_first = axes.find('t') < axes.find('z');
        let expected = if is_time_first {
            [Axis::new("t", 3), Axis::new("z", 2)]
        } else {
            [Axis::new("z", 2), Axis::new("t", 3)]
        };
        assert_eq!(reader.info().axes, expected);
        let frames = read_all(&mut *reader).expect(&axes);
        for (index, frame) in frames.iter().enumerate() {
            let (t, z) = if is_time_first {
                (index / 2, index % 2)
            } else {
                (index % 3, index / 3)
            };
            let first = u16::try_from((t * 2 + z) * 60).expect("is small");
            let expected: Vec<_> = (first..first + 60).collect();
            assert_eq!(frame.samples::<u16>(), Some(&*expected), "{axes} {index}");
        }
        assert_eq!(frames.len(), 6);
        suite::reader(|| pimage_io::open(&path, &options).expect("opens"), &frames);
    }
}

#[test]
fn interleaved_frames_are_gathered_in_blocks() {
    // More than a block of frames, and more than a slice of the file.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npy");
    let (height, width, count) = (300, 401, 700);
    let value = |y: usize, x: usize, t: usize| (y * 7 + x * 3 + t * 11 + y * x) as u8;
    let mut data = Vec::with_capacity(height * width * count);
    for y in 0..height {
        for x in 0..width {
            data.extend((0..count).map(|t| value(y, x, t)));
        }
    }
    array(&path, "|u1", false, "(300, 401, 700)", &data);
    let options = ReadOptions {
        axes: Some("hwt".to_owned()),
        ..ReadOptions::default()
    };
    let mut reader = pimage_io::open(&path, &options).expect("opens");
    let mut frame = Frame::empty();
    for t in 0..count {
        assert!(reader.read_into(&mut frame).expect("reads"));
        let view = frame.view::<u8>().expect("is U8");
        for ((y, x, _), found) in view.indexed_iter() {
            assert_eq!(*found, value(y, x, t), "frame {t} at {x}, {y}");
        }
    }
    assert!(!reader.read_into(&mut frame).expect("reads"));
}

#[test]
fn axes_are_written_as_dimensions() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npy");
    let format = gray16(4, 6, 16);
    let frames = counter_frames(format, 6);
    let mut info = StreamInfo::new("test", format, FrameCount::Exact(6));
    info.axes = vec![Axis::new("t", 3), Axis::new("c", 2)];
    info.bundle = vec![Axis::new("z", 2)];
    for (written, shape, notes) in [
        (
            6,
            "(3, 2, 2, 3, 4)",
            vec!["npy does not name its axes: `--axes tczyx` reads them back"],
        ),
        (
            5,
            "(5, 2, 3, 4)",
            vec!["5 frames do not fill the axes of 3 x 2: the array has one axis of frames"],
        ),
    ] {
        let options = WriteOptions {
            overwrite: true,
            ..WriteOptions::default()
        };
        let mut writer = pimage_io::create(&path, &info, &options).expect("creates");
        for frame in frames.iter().take(written) {
            writer.write(frame).expect("writes");
        }
        assert_eq!(writer.finish().expect("finishes").notes, notes);
        let bytes = fs::read(&path).expect("reads");
        let header = String::from_utf8_lossy(&bytes[..128]);
        assert!(header.contains(&format!("'shape': {shape}")), "{header}");
        let pixels: Vec<u8> = frames
            .iter()
            .take(written)
            .flat_map(|frame| frame.bytes().to_vec())
            .collect();
        assert!(bytes.ends_with(&pixels) && bytes.len() % 64 == pixels.len() % 64);
    }
}

#[test]
fn an_array_has_no_parts() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npy");
    write(&path, &counter_frames(gray8(4, 3), 1));
    let error = open(&folder.path().join("a.npy:x"))
        .err()
        .expect("has none");
    assert!(
        error.to_string().starts_with(
            "the name after `:` is `x` for npy: expected an input of netcdf, hdf5, npz"
        ),
        "{error}"
    );
}

#[test]
fn other_number_types_are_widened_exactly() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npy");
    let read = |descr: &str, data: &[u8]| -> Result<Vec<Frame>, Error> {
        array(&path, descr, false, "(1, 1, 2)", data);
        read_all(&mut *open(&path)?)
    };
    let frames = read("|b1", &[0, 1]).expect("is read");
    assert_eq!(frames[0].samples::<u8>(), Some(&[0, 1][..]));
    let frames = read("|i1", &[0x80, 5]).expect("is read");
    assert_eq!(frames[0].samples::<i16>(), Some(&[-128, 5][..]));
    let frames = read("<f2", &[0, 0x3C, 0, 0xC0]).expect("is read");
    assert_eq!(frames[0].samples::<f32>(), Some(&[1.0, -2.0][..]));
    let frames = read(">i4", &[0, 0, 1, 0, 0xFF, 0xFF, 0xFF, 0xFE]).expect("is read");
    assert_eq!(frames[0].samples::<i32>(), Some(&[256, -2][..]));
    let frames = read("<i8", &[[5, 0, 0, 0, 0, 0, 0, 0], [0xFF; 8]].concat()).expect("is read");
    assert_eq!(frames[0].samples::<f64>(), Some(&[5.0, -1.0][..]));
    let error = read("<u8", &[0xFF; 16]).expect_err("no float is this number");
    assert!(
        error
            .to_string()
            .contains("a.npy`: it holds the 64-bit integer 18446744073709551615"),
        "{error}"
    );
    let error = read("<c8", &[0; 16]).expect_err("no frame holds it");
    assert!(
        error.to_string().contains("`<c8`; pimage reads bool, int8"),
        "{error}"
    );
}

#[test]
fn shapes_with_and_without_channels() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npy");
    for (shape, expected) in [
        ("(3, 4)", "4x3 gray uint8, 1"),
        ("(2, 3, 2)", "2x3 gray uint8, 2"),
        ("(2, 3, 1, 2)", "1x3 gray+alpha uint8, 2"),
        ("(1, 1, 3, 4)", "3x1 rgba uint8, 1"),
        ("(0, 3, 4)", "4x3 gray uint8, 0"),
    ] {
        array(&path, "|u1", false, shape, &[7; 12]);
        let mut reader = open(&path).expect(shape);
        let format = reader.info().format;
        let count = read_all(&mut *reader).expect("reads").len();
        assert_eq!(format!("{format}, {count}"), expected);
    }
}

#[test]
fn missing_frames_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npy");
    array(&path, "|u1", false, "(5, 3, 4)", &[7; 30]);
    let mut reader = open(&path).expect("opens");
    let error = read_all(&mut *reader).expect_err("is cut");
    assert!(
        error
            .to_string()
            .ends_with("is cut short in frame 2: 6 of 12 bytes"),
        "{error}"
    );
    let mut reader = pimage_io::open(&path, &crate::skipping()).expect("opens");
    assert_eq!(read_all(&mut *reader).expect("reads").len(), 2);
    let damage: Vec<_> = reader.damage().iter().map(ToString::to_string).collect();
    assert_eq!(damage, ["frames 2 to 4: `a.npy` ends after 6 of 12 bytes"]);
}

#[test]
fn cut_files_never_give_wrong_frames() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npy");
    write(&path, &counter_frames(gray8(9, 7), 5));
    for options in [ReadOptions::default(), crate::skipping()] {
        for cut in suite::truncation(&path, || pimage_io::open(&path, &options)) {
            assert!(!cut.is_silent(), "{cut:?}");
        }
    }
}

#[test]
fn frames_can_be_written_in_any_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npy");
    let format = gray16(6, 5, 16);
    let mut writer =
        NpyWriter::create(&path, 4, format, &WriteOptions::default()).expect("creates");
    assert!(!path.exists());
    for position in [2, 0, 3, 2] {
        let frame = counter_frame(position, format);
        writer.write_at(position, &frame).expect("writes");
    }
    let beyond = writer.write_at(4, &counter_frame(4, format));
    assert!(matches!(
        beyond,
        Err(Error::OutOfRange {
            frame: 4,
            frame_count: 4,
            ..
        })
    ));
    let other = writer.write_at(1, &counter_frame(1, gray8(6, 5)));
    assert!(matches!(other, Err(Error::FormatMismatch { frame: 1, .. })));
    writer
        .write_at(1, &counter_frame(1, format))
        .expect("writes");
    let summary = writer.finish().expect("finishes");
    assert_eq!((summary.frames, summary.bytes), (4, 128 + 4 * 60));
    let frames = read_all(&mut *open(&path).expect("opens")).expect("reads");
    for (frame, expected) in frames.iter().zip(counter_frames(format, 4)) {
        assert_frames_eq(frame, &expected);
    }
    let again = NpyWriter::create(&path, 4, format, &WriteOptions::default());
    assert!(matches!(again, Err(Error::Exists { .. })));
}

#[test]
fn a_position_that_was_never_written_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npy");
    let format = gray8(6, 5);
    let mut writer =
        NpyWriter::create(&path, 3, format, &WriteOptions::default()).expect("creates");
    writer
        .write_at(2, &counter_frame(2, format))
        .expect("writes");
    writer
        .write_at(0, &counter_frame(0, format))
        .expect("writes");
    let error = writer.finish().expect_err("frame 1 is missing");
    assert!(
        error.to_string().contains("frame 1 of 3 was not written"),
        "{error}"
    );
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn mutated_files_are_survived() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npy");
    write(&path, &counter_frames(gray8(9, 7), 3));
    let original = fs::read(&path).expect("reads");
    survive(&original, 2000, 1, move |bytes| {
        fs::write(&path, bytes).expect("writes");
        try_reading(&path);
    });
    drop(folder);
}
