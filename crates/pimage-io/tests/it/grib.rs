//! GRIB2 fields. What ecCodes makes of them and makes itself is in `tests/interop/grib.py`.

use std::fs;
use std::path::Path;

use pimage_core::{
    Axis, Clock, Color, Error, Frame, FrameCount, FrameFormat, SampleType, StreamInfo, Timebase,
    Timestamp, Value,
};
use pimage_io::{ReadOptions, WriteOptions};
use pimage_testkit::suite::{self, WriterCase};
use pimage_testkit::{assert_frames_close, assert_frames_eq, counter_frames, survive};
use proptest::prelude::*;

use crate::{create, open, read_all, skipping, try_reading};

fn gray(width: u32, height: u32, sample: SampleType) -> FrameFormat {
    FrameFormat::new(width, height, Color::Gray, sample)
}

/// Frames an hour apart, of which each has another slope.
fn slopes(width: u32, height: u32, count: u64) -> Vec<Frame> {
    let mut frames = counter_frames(gray(width, height, SampleType::F32), count);
    for (frame, index) in frames.iter_mut().zip(0u16..) {
        let samples = frame.samples_mut::<f32>().expect("are floats");
        for (place, sample) in samples.iter_mut().enumerate() {
            *sample = 250.0 + place as f32 / 7.0 * f32::from(index + 1);
        }
        let hour = Timebase::new(3600, 1).expect("is not zero");
        frame.stamp.time = Some(Timestamp::new(400_000 + i64::from(index), hour));
    }
    frames
}

fn info_of(frame: &Frame, metadata: &[(&str, Value)]) -> StreamInfo {
    let mut info = StreamInfo::new("test", *frame.format(), FrameCount::Unknown);
    info.clock = Clock::Epoch;
    let pairs = metadata
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    info.metadata.extend(pairs);
    info
}

fn write(path: &Path, frames: &[Frame], options: &WriteOptions) -> Result<Vec<String>, Error> {
    write_as(path, &info_of(&frames[0], &[]), frames, options)
}

fn write_as(
    path: &Path,
    info: &StreamInfo,
    frames: &[Frame],
    options: &WriteOptions,
) -> Result<Vec<String>, Error> {
    let mut writer = pimage_io::create(path, info, options)?;
    for frame in frames {
        writer.write(frame)?;
    }
    Ok(writer.finish()?.notes)
}

fn with(compression: Option<&str>, quality: Option<&str>) -> WriteOptions {
    WriteOptions {
        compression: compression.map(str::to_owned),
        quality: quality.map(str::to_owned),
        overwrite: true,
        ..WriteOptions::default()
    }
}

/// The bytes of a file, its frames as they are read, and a folder for both.
fn sample(options: &WriteOptions) -> (tempfile::TempDir, std::path::PathBuf, Vec<Frame>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.grib2");
    write(&path, &slopes(11, 7, 5), options).expect("writes");
    let frames = read_all(&mut *open(&path).expect("opens")).expect("reads");
    (folder, path, frames)
}

#[test]
fn the_reader_conforms() {
    for compression in ["ccsds", "simple", "ieee"] {
        let (_folder, path, frames) = sample(&with(Some(compression), None));
        suite::reader(|| open(&path).expect("opens"), &frames);
    }
}

#[test]
fn the_writer_conforms() {
    for sample in [SampleType::F32, SampleType::F64] {
        let format = gray(9, 4, sample);
        let compressions: &[_] = match sample {
            SampleType::F32 => &["ccsds", "simple", "ieee"],
            // Packed values fit into single precision.
            _ => &["ieee"],
        };
        for compression in compressions {
            let options = with(Some(compression), None);
            suite::writer(&WriterCase {
                name: "a.grib2",
                format,
                tolerance: if *compression == "ieee" { 0.0 } else { 0.125 },
                create: &|path, info, storage, overwrite| {
                    let options = WriteOptions {
                        storage,
                        overwrite,
                        ..options.clone()
                    };
                    pimage_io::create(path, info, &options)
                },
                open: &open,
            });
        }
    }
}

#[test]
fn the_error_is_half_a_step_and_is_told() {
    let frames = slopes(40, 30, 3);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.grib2");
    for compression in ["ccsds", "simple"] {
        // Of a range of 3 * 1200 / 7, in the next power of two.
        for (quality, most) in [
            (None, 0.5 / 64.0),
            (Some("bits=20"), 0.5 / 1024.0 + 1e-4),
            (Some("decimals=1"), 0.051),
            (Some("decimals=-1"), 5.01),
        ] {
            let notes = write(&path, &frames, &with(Some(compression), quality)).expect("writes");
            let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
            assert_eq!(found.len(), frames.len());
            for (found, expected) in found.iter().zip(&frames) {
                assert_frames_close(found, expected, most);
                assert_eq!(found.stamp.secs(), expected.stamp.secs());
            }
            let note = notes.iter().find(|note| note.starts_with("GRIB packs"));
            let note = note.expect("the error is told");
            assert!(note.contains("they are off by"), "{note}");
        }
    }
}

#[test]
fn whole_numbers_and_lossless_floats_are_exact() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.grib2");
    let lossless = WriteOptions {
        lossless: true,
        ..with(None, None)
    };
    for sample in [
        SampleType::U8,
        SampleType::U16,
        SampleType::I16,
        SampleType::U32,
        SampleType::I32,
    ] {
        let frames = counter_frames(gray(13, 5, sample), 3);
        let notes = write(&path, &frames, &lossless).expect("writes");
        assert!(
            !notes.iter().any(|note| note.contains("off by")),
            "{notes:?}"
        );
        let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
        for (found, expected) in found.iter().zip(&frames) {
            let values = pimage_testkit::sample_values(found);
            assert_eq!(values, pimage_testkit::sample_values(expected), "{sample}");
        }
    }
    for sample in [SampleType::F32, SampleType::F64] {
        let frames = counter_frames(gray(13, 5, sample), 3);
        write(&path, &frames, &lossless).expect("writes");
        let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
        for (found, expected) in found.iter().zip(&frames) {
            assert_frames_eq(found, expected);
        }
    }
}

#[test]
fn what_is_no_number_is_left_out_and_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.grib2");
    let mut frames = slopes(5, 5, 3);
    for (place, sample) in frames[1]
        .samples_mut::<f32>()
        .expect("floats")
        .iter_mut()
        .enumerate()
    {
        if place % 3 == 0 {
            *sample = f32::NAN;
        }
    }
    frames[2]
        .samples_mut::<f32>()
        .expect("floats")
        .fill(f32::NAN);
    for compression in ["ccsds", "simple", "ieee"] {
        write(&path, &frames, &with(Some(compression), None)).expect("writes");
        let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
        for (found, expected) in found.iter().zip(&frames) {
            let found = found.samples::<f32>().expect("are floats");
            let expected = expected.samples::<f32>().expect("are floats");
            for (found, expected) in found.iter().zip(expected) {
                assert_eq!(found.is_nan(), expected.is_nan());
                assert!(expected.is_nan() || (found - expected).abs() < 1e-2);
            }
        }
    }
}

#[test]
fn frames_that_do_not_fit_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.grib2");
    let refused = |frames: &[Frame], options: &WriteOptions| {
        let error = write(&path, frames, options).expect_err("does not fit");
        assert!(!path.exists());
        error.to_string()
    };
    let color = counter_frames(FrameFormat::new(3, 3, Color::Rgb, SampleType::U8), 1);
    assert!(refused(&color, &with(None, None)).contains("a point has one value"));
    let mut infinite = slopes(3, 3, 1);
    infinite[0].samples_mut::<f32>().expect("floats")[4] = f32::INFINITY;
    let infinities = refused(&infinite, &with(None, None));
    assert!(
        infinities.contains("frame 0 has infinite values"),
        "{infinities}"
    );
    // It is not their size and type.
    assert!(!infinities.contains("float32 frames"), "{infinities}");
    write(&path, &infinite, &with(Some("ieee"), None)).expect("keeps them");
    fs::remove_file(&path).expect("removes");
    let many = refused(&slopes(9, 9, 1), &with(None, Some("decimals=20")));
    assert!(many.contains("expected fewer decimals"), "{many}");
    let bad = refused(&slopes(9, 9, 1), &with(Some("zstd"), None));
    assert!(
        bad.contains("expected `ccsds`, `simple` or `ieee`"),
        "{bad}"
    );
    let both = refused(&slopes(9, 9, 1), &with(Some("ieee"), Some("bits=8")));
    assert!(both.contains("every value is kept"), "{both}");
}

#[test]
fn parameter_level_grid_and_times_come_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.grib2");
    let frames = slopes(5, 3, 3);
    let given = [
        ("GRIB_discipline", Value::Int(0)),
        ("GRIB_parameterCategory", Value::Int(2)),
        ("GRIB_parameterNumber", Value::Int(2)),
        ("GRIB_centre", Value::Int(98)),
        ("GRIB_number", Value::Int(7)),
        ("GRIB_typeOfFirstFixedSurface", Value::Int(100)),
        ("GRIB_scaleFactorOfFirstFixedSurface", Value::Int(0)),
        ("GRIB_scaledValueOfFirstFixedSurface", Value::Int(85_000)),
        ("GRIB_gridType", "regular_ll".into()),
        ("GRIB_Ni", Value::Int(5)),
        ("GRIB_Nj", Value::Int(3)),
        (
            "GRIB_latitudeOfFirstGridPointInDegrees",
            Value::Float(-10.5),
        ),
        (
            "GRIB_longitudeOfFirstGridPointInDegrees",
            Value::Float(359.0),
        ),
        ("GRIB_latitudeOfLastGridPointInDegrees", Value::Float(-8.5)),
        ("GRIB_longitudeOfLastGridPointInDegrees", Value::Float(3.0)),
        ("GRIB_jScansPositively", Value::Bool(true)),
        ("GRIB_referenceTime", "2015-08-19T15:00:00Z".into()),
        ("GRIB_significanceOfReferenceTime", Value::Int(1)),
        ("GRIB_productionStatusOfProcessedData", Value::Int(2)),
        ("GRIB_typeOfProcessedData", Value::Int(4)),
        ("GRIB_typeOfGeneratingProcess", Value::Int(4)),
        ("GRIB_backgroundProcess", Value::Int(3)),
        ("GRIB_generatingProcessIdentifier", Value::Int(141)),
    ];
    let info = info_of(&frames[0], &given);
    let notes = write_as(&path, &info, &frames, &with(None, None)).expect("writes");
    assert!(
        notes.iter().all(|note| note.starts_with("GRIB packs")),
        "{notes:?}"
    );
    let reader = open(&path).expect("opens");
    let metadata = &reader.info().metadata;
    for (name, value) in &given {
        assert_eq!(metadata.get(*name), Some(value), "{name}");
    }
    assert_eq!(metadata.get("GRIB_shortName"), Some(&"u".into()));
    assert_eq!(
        metadata.get("GRIB_iDirectionIncrementInDegrees"),
        Some(&Value::Float(1.0))
    );
    assert_eq!(metadata.get("GRIB_level"), Some(&Value::Float(850.0)));
    assert_eq!(reader.info().clock, Clock::Epoch);
    assert_eq!(
        reader.info().rate.map(|rate| rate.to_string()).as_deref(),
        Some("1/3600")
    );
    // Frames of another size are elsewhere.
    let other = slopes(4, 3, 1);
    let info = info_of(&other[0], &given);
    let notes = write_as(&path, &info, &other, &with(None, None)).expect("writes");
    assert!(
        notes[0].starts_with("the frames are no longer on the grid"),
        "{notes:?}"
    );
}

/// Files of one variable each, one behind the other.
fn joined(folder: &Path, variables: &[(i64, i64, u64)]) -> std::path::PathBuf {
    let mut bytes = b"heading of a bulletin\r\r\n".to_vec();
    for (number, level, count) in variables {
        let path = folder.join("one.grib2");
        let frames = slopes(4, 3, *count);
        let metadata = [
            ("GRIB_discipline", Value::Int(0)),
            ("GRIB_parameterCategory", Value::Int(0)),
            ("GRIB_parameterNumber", Value::Int(*number)),
            ("GRIB_typeOfFirstFixedSurface", Value::Int(100)),
            ("GRIB_scaleFactorOfFirstFixedSurface", Value::Int(0)),
            (
                "GRIB_scaledValueOfFirstFixedSurface",
                Value::Int(*level * 100),
            ),
        ];
        let info = info_of(&frames[0], &metadata);
        write_as(&path, &info, &frames, &with(None, None)).expect("writes");
        bytes.extend(fs::read(&path).expect("reads"));
        bytes.extend([0; 5]);
    }
    let path = folder.join("all.grib2");
    fs::write(&path, bytes).expect("writes");
    path
}

#[test]
fn one_of_several_variables_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = joined(
        folder.path(),
        &[(0, 850, 2), (0, 500, 1), (2, 850, 3), (0, 850, 1)],
    );
    let error = open(&path)
        .map(|_| ())
        .expect_err("are several")
        .to_string();
    for text in [
        "several variables",
        "`all.grib2:NAME`",
        "`t,850` Temperature at isobaricInhPa 850, 3 frame(s)",
        "`t,500` Temperature at isobaricInhPa 500, 1 frame(s)",
        "`pt` Potential temperature at isobaricInhPa 850, 3 frame(s)",
    ] {
        assert!(error.contains(text), "{text} is not in {error}");
    }
    let count = |name: &str| {
        let path = folder.path().join(format!("all.grib2:{name}"));
        let mut reader = pimage_io::open(path, &ReadOptions::default())?;
        Ok::<_, Error>(read_all(&mut *reader)?.len())
    };
    for (name, frames) in [
        ("pt", 3),
        ("POT", 3),
        ("0.0.2", 3),
        ("#3", 3),
        ("t,500", 1),
        ("TMP,850.0", 3),
    ] {
        assert_eq!(count(name).expect("reads"), frames, "{name}");
    }
    let several = count("t").expect_err("are two").to_string();
    assert!(several.contains("`t` is several variables"), "{several}");
    let none = count("u").expect_err("is none").to_string();
    assert!(
        none.contains("it has no variable `u`; there are `t,850`"),
        "{none}"
    );
    let bad = count("t,high").expect_err("is no level").to_string();
    assert!(bad.contains("expected NAME, NAME,LEVEL"), "{bad}");
}

#[test]
fn edition_1_and_other_grids_are_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.grib2");
    write(&path, &slopes(11, 7, 1), &with(None, None)).expect("writes");
    let bytes = fs::read(&path).expect("reads");
    let refused = |at: usize, value: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = value;
        let path = folder.path().join("b.grib2");
        fs::write(&path, bytes).expect("writes");
        open(&path).map(|_| ()).expect_err("is refused").to_string()
    };
    assert!(refused(7, 1).contains("GRIB edition 1; pimage reads edition 2"));
    // Section 3 begins at byte 37.
    assert!(refused(37 + 13, 50).contains("template 3.50"));
    let limited = ReadOptions {
        limits: pimage_core::Limits {
            max_pixels: 76,
            ..pimage_core::Limits::default()
        },
        ..ReadOptions::default()
    };
    let error = pimage_io::open(&path, &limited)
        .map(|_| ())
        .expect_err("is too large");
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
}

#[test]
fn cut_files_give_what_is_whole_and_say_so() {
    for compression in ["ccsds", "simple", "ieee"] {
        let (_folder, path, frames) = sample(&with(Some(compression), None));
        let message = fs::metadata(&path).expect("is there").len() / frames.len() as u64;
        for cut in suite::truncation(&path, || open(&path)) {
            let is_between = cut.length > 0 && compression != "ccsds" && cut.length % message == 0;
            assert!(
                !cut.is_silent() || is_between || compression == "ccsds",
                "{cut:?}"
            );
        }
        let whole = fs::read(&path).expect("reads");
        fs::write(&path, &whole[..whole.len() - 9]).expect("writes");
        let error = read_all(&mut *open(&path).expect("opens")).expect_err("is cut");
        assert!(error.to_string().contains("is cut"), "{error}");
        let mut reader = pimage_io::open(&path, &skipping()).expect("opens");
        assert_eq!(
            read_all(&mut *reader).expect("reads").len(),
            frames.len() - 1
        );
        assert_eq!(reader.damage().len(), 1, "{:?}", reader.damage());
    }
}

#[test]
fn a_message_that_is_destroyed_is_told_and_the_others_are_read() {
    let (_folder, path, frames) = sample(&with(Some("simple"), None));
    let mut bytes = fs::read(&path).expect("reads");
    let message = bytes.len() / frames.len();
    // The length of section 4 of the third message.
    bytes[2 * message + 37 + 72] = 0xFF;
    fs::write(&path, &bytes).expect("writes");
    let error = read_all(&mut *open(&path).expect("opens")).expect_err("is destroyed");
    assert!(error.to_string().contains("frame 2 of"), "{error}");
    let mut reader = pimage_io::open(&path, &skipping()).expect("opens");
    assert_eq!(
        read_all(&mut *reader).expect("reads").len(),
        frames.len() - 1
    );
    assert_eq!(reader.damage().len(), 1, "{:?}", reader.damage());
    // Data that do not decode keep their place.
    let mut bytes = fs::read(&path).expect("reads");
    bytes[2 * message + 37 + 72] = 0;
    bytes[2 * message + 37 + 72 + 34 + 19] = 77;
    fs::write(&path, &bytes).expect("writes");
    let mut reader = pimage_io::open(&path, &skipping()).expect("opens");
    let found = read_all(&mut *reader).expect("reads");
    let indices: Vec<_> = found.iter().map(|frame| frame.stamp.index).collect();
    assert_eq!(indices, [0, 1, 3, 4]);
}

#[test]
fn damaged_files_are_survived() {
    for compression in ["ccsds", "simple", "ieee"] {
        let (folder, path, _) = sample(&with(Some(compression), None));
        let original = fs::read(&path).expect("reads");
        survive(&original, 400, 17, move |bytes| {
            let _ = &folder;
            fs::write(&path, bytes).expect("writes");
            try_reading(&path);
        });
    }
}

#[test]
fn the_writer_of_no_options_is_that_of_the_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.grb2");
    let frames = slopes(6, 4, 1);
    let storage = std::sync::Arc::new(pimage_fs::Disk);
    let mut writer = create(&path, &info_of(&frames[0], &[]), storage, false).expect("creates");
    writer.write(&frames[0]).expect("writes");
    let notes = writer.finish().expect("finishes").notes;
    assert_eq!(notes.len(), 3, "{notes:?}");
    let reader = open(&path).expect("opens");
    assert_eq!(reader.info().codec.as_deref(), Some("grid_ccsds"));
    assert_eq!(
        reader.info().metadata.get("GRIB_shortName"),
        Some(&"0.255.255".into())
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_values_come_back_within_half_a_step(
        values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO, 1..80),
        bits in 1u8..=32,
        is_simple in any::<bool>(),
    ) {
        // What single precision reaches.
        let values: Vec<f64> = values.iter().map(|value| value % 1e30).collect();
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.grib2");
        let array = ndarray::Array3::from_shape_vec((1, values.len(), 1), values.clone());
        let frame = Frame::from_array(array.expect("fits"), Color::Gray).expect("is gray");
        let compression = if is_simple { "simple" } else { "ccsds" };
        let quality = format!("bits={bits}");
        write(&path, &[frame], &with(Some(compression), Some(&quality))).expect("writes");
        let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
        let found = pimage_testkit::sample_values(&found[0]);
        let (min, max) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(*value), high.max(*value))
        });
        // The next power of two, and the rounding of the reference and of the result to single precision.
        let steps = 2f64.powi(i32::from(bits)) - 1.0;
        let most = (max - min) / steps * 1.01 + (min.abs() + max.abs()) * 1.3e-7 + 1e-44;
        for (found, value) in found.iter().zip(&values) {
            prop_assert!((found - value).abs() <= most, "{found} {value} {most}");
        }
    }
}

#[test]
fn coordinates_names_and_levels_of_other_formats_are_understood() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.grib2");
    let frames = slopes(8, 5, 4);
    let given = [
        ("variable", "ta".into()),
        ("standard_name", "air_temperature".into()),
        ("units", "K".into()),
        ("y_name", "lat".into()),
        ("lat.units", "degrees_north".into()),
        ("y_values", "20 to 60, 5 values".into()),
        ("x_name", "lon".into()),
        ("lon.units", "degrees_east".into()),
        ("x_values", "-10 to 25, 8 values".into()),
    ];
    let mut info = info_of(&frames[0], &given);
    let mut level = Axis::new("plev", 2);
    level.unit = Some("hPa".to_owned());
    level.labels = ["850", "500"].map(str::to_owned).to_vec();
    info.axes = vec![Axis::new(Axis::TIME, 2), level];
    info.frame_count = FrameCount::Exact(4);
    let notes = write_as(&path, &info, &frames, &with(None, None)).expect("writes");
    let is_expected =
        |note: &String| note.starts_with("GRIB packs") || note.contains("become one sequence");
    assert!(notes.iter().all(is_expected), "{notes:?}");
    for (name, level) in [("t,850", 850.0), ("t,500", 500.0)] {
        let options = ReadOptions {
            variable: Some(name.to_owned()),
            ..ReadOptions::default()
        };
        let reader = pimage_io::open(&path, &options).expect("opens");
        let metadata = &reader.info().metadata;
        assert_eq!(reader.info().frame_count, FrameCount::Exact(2));
        for (name, value) in [
            ("GRIB_level", Value::Float(level)),
            ("GRIB_typeOfLevel", "isobaricInhPa".into()),
            ("GRIB_jScansPositively", Value::Bool(true)),
            ("variable", "t".into()),
            ("y_values", "20 to 60, 5 values".into()),
            ("x_values", "-10 to 25, 8 values".into()),
            ("latitude.units", "degrees_north".into()),
        ] {
            assert_eq!(metadata.get(name), Some(&value), "{name}");
        }
    }
    // Celsius is not what GRIB has.
    info.metadata.insert("units".to_owned(), "degC".into());
    info.metadata
        .insert("x_values".to_owned(), "0, 1, 2, 3, 4, 5, 6, 9".into());
    let notes = write_as(&path, &info, &frames, &with(None, None)).expect("writes");
    assert!(notes[0].contains("are in `degC`"), "{notes:?}");
    assert!(notes[1].contains("even distances"), "{notes:?}");
}
