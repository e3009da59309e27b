//! Saying what an output does not keep of its source, where its format has no place for it.

use pimage_core::{Axis, Error, Frame, FrameWriter, StreamInfo, Value, WriteSummary, keys};

use crate::{Format, WriteOptions};

/// Formats that keep the axes of a stack, or say themselves that they do not.
const WITH_AXES: &[&str] = &[
    "npy",
    "npz",
    "tiff",
    "zarr",
    "images",
    "compressed",
    "netcdf",
    "hdf5",
];
/// Formats without any time.
const WITHOUT_TIMES: &[&str] = &["npy", "raw"];

/// `writer`, whose summary also says what the format cannot hold of this source.
pub(crate) fn noted(
    writer: Box<dyn FrameWriter>,
    row: &Format,
    info: &StreamInfo,
    options: &WriteOptions,
) -> Box<dyn FrameWriter> {
    let mut notes = Vec::new();
    if info.axes.len() > 1 && !WITH_AXES.contains(&row.name) {
        let axes: Vec<_> = info.axes.iter().map(Axis::to_string).collect();
        notes.push(format!(
            "{} has no axes: {} become one sequence (`--select` takes a part)",
            row.name,
            axes.join(", ")
        ));
    }
    if WITHOUT_TIMES.contains(&row.name) {
        let varies = info.metadata.get(keys::VARIABLE_RATE) == Some(&Value::Bool(true));
        match options.rate.or(info.rate) {
            _ if varies => notes.push(format!("{} does not keep the frames' times", row.name)),
            Some(rate) => notes.push(format!(
                "{} does not keep the rate, {rate} frames/s",
                row.name
            )),
            None => {}
        }
    }
    if notes.is_empty() {
        return writer;
    }
    Box::new(Noted { writer, notes })
}

struct Noted {
    writer: Box<dyn FrameWriter>,
    notes: Vec<String>,
}

impl FrameWriter for Noted {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        self.writer.write(frame)
    }

    fn flush(&mut self) -> Result<u64, Error> {
        self.writer.flush()
    }

    fn finish(self: Box<Self>) -> Result<WriteSummary, Error> {
        let mut summary = self.writer.finish()?;
        if summary.frames > 0 {
            summary.notes.extend(self.notes);
        }
        Ok(summary)
    }
}
