//! Writing a header and one bin.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_core::{
    Color, Error, Frame, FrameFormat, FrameRate, FrameWriter, SampleType, StreamInfo, WriteSummary,
};
use pimage_fs::Storage;

use super::bins;
use crate::create::refuse_codec_options;
use crate::samples::little_endian;
use crate::target::{Output, Sequence};
use crate::times::ConstantRate;
use crate::{WriteOptions, summary};

/// Prepares `NAME.seq` and `NAME.bin`.
pub(super) fn create(
    path: &Path,
    info: &StreamInfo,
    options: &WriteOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    refuse_codec_options("HIRIS", options)?;
    let bin = path.with_extension("bin");
    refuse_other_bins(path, &bin)?;
    if bin.symlink_metadata().is_ok() && !options.overwrite {
        return Err(Error::Exists { path: bin });
    }
    let rate = options.rate.or(info.rate);
    let comment = info
        .metadata
        .get("Comment")
        .and_then(|value| value.as_text())
        .unwrap_or_default();
    Ok(Box::new(HirisWriter {
        seq: Output::new(path, options),
        bin: Output::new(&bin, options),
        storage: Arc::clone(&options.storage),
        overwrite: options.overwrite,
        sequence: Sequence::default(),
        // With a rate of the caller's own, the source's times are not wanted.
        times: options.rate.is_none().then(|| ConstantRate::new(rate)),
        rate,
        comment: comment.to_owned(),
    }))
}

/// A bin that readers would take for a part of the new recording must not be there.
fn refuse_other_bins(seq: &Path, bin: &Path) -> Result<(), Error> {
    let stem = seq.file_stem().unwrap_or_default().to_string_lossy();
    let found = bins::bins_of(seq, bins::folder_of(seq), &stem);
    let other = found
        .iter()
        .find(|other| other.file_name() != bin.file_name());
    match other {
        None => Ok(()),
        Some(other) => {
            let name = other.file_name().unwrap_or_default().display();
            let reason = format!(
                "`{name}` beside it would be read as a part of this recording; remove it or choose another name"
            );
            Err(Error::unsupported(seq, reason))
        }
    }
}

struct HirisWriter {
    seq: Output,
    bin: Output,
    storage: Arc<dyn Storage>,
    overwrite: bool,
    sequence: Sequence,
    times: Option<ConstantRate>,
    rate: Option<FrameRate>,
    comment: String,
}

impl FrameWriter for HirisWriter {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        if self.sequence.check(frame)? {
            expect_storable(frame.format())?;
        }
        if let Some(times) = &mut self.times {
            times.add(&frame.stamp, self.sequence.frames());
        }
        self.bin.write_all(&little_endian(frame))?;
        self.sequence.count();
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<WriteSummary, Error> {
        let Some(format) = self.sequence.format().copied() else {
            return Ok(summary::of_no_frames());
        };
        let frames = self.sequence.frames();
        let text = header_text(&self, &format, frames);
        let notes = self
            .times
            .iter()
            .filter_map(|times| times.note("HIRIS"))
            .collect();
        let (seq_path, bin_path) = (self.seq.path().to_path_buf(), self.bin.path().to_path_buf());
        let (mut seq, bin, storage) = (self.seq, self.bin, self.storage);
        seq.write_all(text.as_bytes())?;
        if self.overwrite && seq_path.exists() {
            // Never an old header over new pixels.
            storage
                .remove(&seq_path)
                .map_err(Error::io("replace", &seq_path))?;
        }
        let committed = bin.commit().and_then(|bytes| Ok(bytes + seq.commit()?));
        match committed {
            Ok(bytes) => Ok(summary::noted(frames, bytes, notes)),
            Err(error) => {
                withdraw(&*storage, &seq_path, bin_path, &error);
                Err(error)
            }
        }
    }
}

/// Removes a bin that got its name before its header failed.
fn withdraw(storage: &dyn Storage, seq: &Path, bin: PathBuf, error: &Error) {
    let is_anothers = matches!(error, Error::Exists { path } if *path == bin);
    if !is_anothers && !seq.exists() && bin.exists() {
        // The error that led here is the one to report.
        let _ = storage.remove(&bin);
    }
}

fn expect_storable(format: &FrameFormat) -> Result<(), Error> {
    let is_storable =
        format.color == Color::Gray && matches!(format.sample, SampleType::U8 | SampleType::U16);
    if is_storable {
        return Ok(());
    }
    Err(Error::CannotHold {
        target: "HIRIS".to_owned(),
        format: *format,
        hint: "it stores gray uint8 and uint16 only".to_owned(),
    })
}

fn header_text(writer: &HirisWriter, format: &FrameFormat, frames: u64) -> String {
    let stem = |path: &Path| {
        path.file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let bytes = format.sample.bytes();
    let mut text = String::from("[Sequence Settings]\r\n");
    let mut line = |key: &str, value: &dyn std::fmt::Display| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{key}={value}\r\n");
    };
    let name = stem(writer.seq.path()).replace(['\r', '\n'], " ");
    line("Sequence name", &name);
    line("CommentSize", &writer.comment.chars().count());
    line("Comment", &writer.comment);
    line("Number of files", &frames);
    line("Width", &format.width);
    line("Height", &format.height);
    line("BytesPerPixel", &bytes);
    line("BitsPerPixel", &format.bit_depth);
    let image = u64::from(format.width) * u64::from(format.height) * bytes as u64;
    line("Image dimension", &image);
    line("Bin File", &format!("{name}.bin"));
    if let Some(rate) = writer.rate {
        line("FramePerSecond", &rate.fps());
    }
    text
}
