//! One mode: packed, unpacked, compared.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::Instant;

use pimage_compress::Layer;
use pimage_convert::{ArrayErrors, ArrayErrorsOptions, ByteCounts};
use pimage_core::{Error, Frame, FrameReader};

use super::Outcome;
use super::modes::{Mode, Way};
use super::source::Source;
use crate::cmd::compress::figures::Halves;

/// Bytes of a file that are counted at once.
const BLOCK: usize = 1 << 18;

/// Folders within folders that are looked into; chunks of an array are not as deep.
const DEEPEST: u32 = 16;

/// What came of a mode.
pub(super) struct Measured {
    pub(super) outcome: Outcome,
    pub(super) halves: Halves,
}

/// Packs `source` into `path` in this way and back.
pub(super) fn measure(mode: &Mode, source: &Source<'_>, path: &Path) -> anyhow::Result<Measured> {
    let begun = Instant::now();
    match &mode.way {
        Way::Promise(promise) => source.pack(&promise.goal(source.range), Layer::Auto, path)?,
        Way::Zfp(promise) => source.pack(&promise.goal(source.range), Layer::Zfp, path)?,
        Way::Baseline(baseline) => baseline.write(source, path)?,
    }
    let encode_secs = begun.elapsed().as_secs_f64();
    let mut bytes = ByteCounts::default();
    count(path, &mut bytes, DEEPEST)?;
    let decoded = || match &mode.way {
        Way::Promise(_) | Way::Zfp(_) => source.unpack(path),
        Way::Baseline(baseline) => baseline.read(source, path),
    };
    let begun = Instant::now();
    read_all(source, &mut *decoded()?)?;
    let decode_secs = begun.elapsed().as_secs_f64();
    let options = ArrayErrorsOptions {
        threads: source.threads,
        cancel: source.interrupt.cancel.clone(),
    };
    let errors = ArrayErrors::between(&mut *(source.open)()?, &mut *decoded()?, &options, &())?;
    let middle = errors.frames / 2;
    let halves = Halves::of(
        &source.frame((source.open)()?, middle)?,
        &source.frame(decoded()?, middle)?,
    )?;
    let frame_bytes = source.format.frame_bytes().unwrap_or(0) as u64;
    Ok(Measured {
        outcome: Outcome {
            name: mode.name.clone(),
            title: mode.title(),
            raw_bytes: errors.frames.saturating_mul(frame_bytes),
            sample_bytes: source.format.sample.bytes(),
            errors,
            bytes,
            encode_secs,
            decode_secs,
        },
        halves,
    })
}

fn read_all(source: &Source<'_>, reader: &mut dyn FrameReader) -> Result<(), Error> {
    let mut frame = Frame::empty();
    while reader.read_into(&mut frame)? {
        source.check()?;
    }
    Ok(())
}

/// Counts the bytes of a file, or of all files of a folder.
fn count(path: &Path, bytes: &mut ByteCounts, deepest: u32) -> Result<(), Error> {
    let failed = || Error::io("read", path);
    if path.is_dir() {
        let Some(deepest) = deepest.checked_sub(1) else {
            return Ok(());
        };
        for entry in path.read_dir().map_err(failed())? {
            count(&entry.map_err(failed())?.path(), bytes, deepest)?;
        }
        return Ok(());
    }
    let mut file = File::open(path).map_err(failed())?;
    let mut block = vec![0; BLOCK];
    loop {
        let length = file.read(&mut block).map_err(failed())?;
        if length == 0 {
            return Ok(());
        }
        bytes.add(block.get(..length).unwrap_or_default());
    }
}
