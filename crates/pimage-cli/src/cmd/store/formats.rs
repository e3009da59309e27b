//! `pimage store formats`: every format of stores, shown working by a store that is written and read back.

use std::path::Path;
use std::process::ExitCode;

use pimage_core::{
    Color, Error, Frame, FrameCount, FrameFormat, FrameRate, FrameReader as _, FrameWriter as _,
    StreamInfo, Timestamp,
};
use pimage_metrics::Difference;
use pimage_store::{
    ChunkLimits, Durability, FORMATS, RecordOptions, StoreFormat, StoreOptions, StoreReader,
    StoreWriter,
};
use serde_json::json;

use crate::cmd::doctor::{EXACT, SAMPLE_FRAMES, Verdict, expect_going_on, judge, sample_frame};
use crate::interrupt::Interrupt;
use crate::report::{ANSWER_IS_NO, safe};
use crate::term::Term;

/// Show every format of stores at work: a short store is written and read back, with odd numbers and times.
///
/// Exit code 1 when one that is built into this program does not work here.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Runs the verb.
pub(super) fn run(_args: &Args, interrupt: &Interrupt, term: &Term) -> anyhow::Result<ExitCode> {
    let folder = tempfile::Builder::new()
        .prefix("pimage-formats-")
        .tempdir()
        .map_err(Error::io("create a folder in", std::env::temp_dir()))?;
    interrupt.clean_up();
    let mut values = Vec::new();
    let mut has_failed = false;
    for row in FORMATS {
        expect_going_on(interrupt)?;
        let verdict = match row.is_written {
            true => show(row, folder.path()),
            false => Verdict::NotTried("read only: a name that older stores have".to_owned()),
        };
        let (status, detail) = match &verdict {
            Verdict::Works(detail) => ("works", detail),
            Verdict::NotTried(detail) => ("not tried", detail),
            Verdict::Fails(detail) => ("FAILS", detail),
        };
        has_failed |= status == "FAILS";
        if term.json {
            values.push(json!({
                "name": row.name,
                "class": row.class.name(),
                "extension": row.extension,
                "lossless": row.is_lossless,
                "imgstore": row.is_standard,
                "written": row.is_written,
                "status": status.to_ascii_lowercase(),
                "detail": detail,
            }));
        } else {
            let kind = match (row.is_lossless, row.is_standard) {
                (true, true) => "lossless",
                (true, false) => "lossless, only pimage reads it",
                (false, true) => "lossy",
                (false, false) => "lossy, only pimage reads it",
            };
            term.line(&safe(&format!(
                "{:<10} {status:<9} {kind}: {detail}",
                row.name
            )))?;
        }
    }
    if term.json {
        term.json(&json!({"formats": values}))?;
    }
    Ok(match has_failed {
        true => ExitCode::from(ANSWER_IS_NO),
        false => ExitCode::SUCCESS,
    })
}

fn show(row: &StoreFormat, folder: &Path) -> Verdict {
    let path = folder.join(row.name.replace(['/', '+'], "-"));
    match round_trip(row, &path) {
        Err(error @ Error::NotBuilt { .. }) => Verdict::NotTried(error.to_string()),
        tried => match judge(tried) {
            Verdict::Works(detail) if row.is_lossless && detail != EXACT => {
                Verdict::Fails(format!("{detail}, and should have come back exactly"))
            }
            verdict => verdict,
        },
    }
}

/// The sample, in colour where the format has nothing else; with numbers that jump and times that are not even.
fn sample(row: &StoreFormat, index: u64) -> Result<Frame, Error> {
    let gray = sample_frame(index)?;
    let mut frame = match row.codec {
        "ppm" => {
            let size = gray.format();
            let format = FrameFormat::new(size.width, size.height, Color::Rgb, size.sample);
            let mut color = Frame::zeroed(format);
            let pixels = color.bytes_mut().chunks_exact_mut(3);
            for (pixel, level) in pixels.zip(gray.bytes()) {
                pixel.fill(*level);
            }
            color
        }
        _ => gray,
    };
    frame.stamp.index = index;
    frame.stamp.number = i64::try_from(index * index).ok().map(|number| number - 2);
    frame.stamp.time = Timestamp::from_secs(1.5e9 + index as f64 * 0.1 + (index % 2) as f64 * 0.01);
    Ok(frame)
}

fn round_trip(row: &StoreFormat, path: &Path) -> Result<Difference, Error> {
    let first = sample(row, 0)?;
    let mut info = StreamInfo::new("formats", *first.format(), FrameCount::Exact(SAMPLE_FRAMES));
    info.rate = FrameRate::new(10, 1);
    let options = RecordOptions {
        chunk: ChunkLimits {
            frames: Some(4),
            ..ChunkLimits::default()
        },
        durability: Durability::None,
        ..RecordOptions::new(row.name)
    };
    let mut writer = StoreWriter::new(path, &info, &options)?;
    for index in 0..SAMPLE_FRAMES {
        writer.write(&sample(row, index)?)?;
    }
    Box::new(writer).finish()?;
    let mut reader = StoreReader::open(path, &StoreOptions::default())?;
    let mut total = Difference::none();
    let mut frame = Frame::empty();
    for index in 0..SAMPLE_FRAMES {
        let expected = sample(row, index)?;
        let is_read = reader.read_into(&mut frame)?;
        let stamp = (frame.stamp.number, frame.stamp.time);
        if !is_read || stamp != (expected.stamp.number, expected.stamp.time) {
            let reason = format!("frame {index} did not come back with its number and time");
            return Err(Error::malformed("this store", path, reason));
        }
        expected.format().expect_same(frame.format(), index)?;
        total.add(&Difference::between(&expected, &frame)?);
    }
    Ok(total)
}
