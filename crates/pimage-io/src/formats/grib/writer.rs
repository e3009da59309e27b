//! Writes frames, each as a message of one field.

use std::path::Path;

use pimage_core::{Color, Error, Frame, FrameWriter, StreamInfo, WriteSummary};

use super::header::Header;
use super::scan::{END, MAGIC};
use super::values::{Packer, cannot_hold};
use super::when::Times;
use crate::target::{Output, Sequence};
use crate::{WriteOptions, summary};

/// Prepares a file.
pub(super) fn create(
    path: &Path,
    info: &StreamInfo,
    options: &WriteOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    for (option, value) in [("--codec", &options.codec), ("--preset", &options.preset)] {
        if let Some(value) = value {
            let expected = "no value for GRIB, which has `--compression` and `--quality`";
            return Err(Error::bad_option(option, format!("`{value}`"), expected));
        }
    }
    Ok(Box::new(GribWriter {
        output: Output::new(path, options),
        sequence: Sequence::default(),
        info: info.clone(),
        header: None,
        times: Times::new(info, options.rate),
        packer: Packer::new(options)?,
        numbered: 0,
        message: Vec::new(),
    }))
}

/// Appends a message for each frame.
struct GribWriter {
    output: Output,
    sequence: Sequence,
    info: StreamInfo,
    header: Option<Header>,
    times: Times,
    packer: Packer,
    /// Frames with a number that is not their index.
    numbered: u64,
    message: Vec<u8>,
}

impl GribWriter {
    /// The message of a frame.
    fn build(&mut self, frame: &Frame) -> Result<(), Error> {
        let (format, index) = (frame.format(), self.sequence.frames());
        let header = match &mut self.header {
            Some(header) => header,
            empty => {
                if format.color != Color::Gray {
                    let hint = "a point has one value; `--channel N` takes one";
                    return Err(cannot_hold(format, hint));
                }
                empty.insert(Header::new(&self.info, (format.width, format.height)))
            }
        };
        let Some(moment) = self.times.moment(&frame.stamp, index) else {
            let secs = frame.stamp.secs().unwrap_or(0.0);
            let reason = format!("frame {index} is at {secs} s, which is no date of GRIB");
            return Err(Error::unsupported(self.output.path(), reason));
        };
        let message = &mut self.message;
        message.clear();
        message.extend(MAGIC);
        message.extend([0xFF, 0xFF, header.discipline, 2]);
        message.extend([0; 8]);
        header.append(&moment, message);
        self.packer
            .append(self.output.path(), frame, index, message)?;
        message.extend(END);
        let length = (message.len() as u64).to_be_bytes();
        if let Some(place) = message.get_mut(8..16) {
            place.copy_from_slice(&length);
        }
        Ok(())
    }
}

impl FrameWriter for GribWriter {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        self.sequence.check(frame)?;
        self.build(frame)?;
        self.output.write_all(&self.message)?;
        let number = frame.stamp.number;
        let is_other = number.is_some_and(|number| u64::try_from(number) != Ok(frame.stamp.index));
        self.numbered += u64::from(is_other);
        self.sequence.count();
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<WriteSummary, Error> {
        let frames = self.sequence.frames();
        let Some(header) = self.header.filter(|_| frames > 0) else {
            return Ok(summary::of_no_frames());
        };
        let bytes = self.output.commit()?;
        let mut notes = header.notes;
        notes.extend(self.packer.note());
        notes.extend(self.times.notes(frames));
        if self.numbered > 0 {
            let numbered = self.numbered;
            notes.push(format!(
                "GRIB has no frame numbers: those of {numbered} frame(s) are lost"
            ));
        }
        Ok(summary::noted(frames, bytes, notes))
    }
}
