//! Writes frames, each as a message of one field.

use std::path::Path;
use std::sync::Arc;

use pimage_core::{Color, Error, Frame, FrameWriter, StreamInfo, WriteSummary};
use pimage_pool::OrderedPool;

use super::header::{Header, Moment};
use super::scan::{END, MAGIC};
use super::values::{Packer, Wish, cannot_hold};
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
        wish: Wish::parse(options)?,
        threads: pimage_pool::threads(options.threads),
        pool: None,
        spare: Vec::new(),
        worst: 0.0,
        numbered: 0,
        has_failed: false,
    }))
}

/// A frame to pack, its index and its time, and memory for its message.
type Job = (Frame, u64, Moment, Vec<u8>);

/// A message, and how far its values are off.
type Packed = (Vec<u8>, f64);

/// Appends a message for each frame, which are packed on several threads.
struct GribWriter {
    output: Output,
    sequence: Sequence,
    info: StreamInfo,
    header: Option<Arc<Header>>,
    times: Times,
    wish: Wish,
    threads: usize,
    pool: Option<OrderedPool<Job, Packed>>,
    /// Memory of messages that are written.
    spare: Vec<Vec<u8>>,
    /// The largest error so far.
    worst: f64,
    /// Frames with a number that is not their index.
    numbered: u64,
    has_failed: bool,
}

impl GribWriter {
    /// Begins with the first frame.
    fn start(&mut self, frame: &Frame) -> Result<(), Error> {
        let format = frame.format();
        if format.color != Color::Gray {
            let hint = "a point has one value; `--channel N` takes one";
            return Err(cannot_hold(format, hint));
        }
        let header = Arc::new(Header::new(&self.info, (format.width, format.height)));
        let wish = self.wish;
        self.pool = Some(OrderedPool::start("the GRIB packer", self.threads, || {
            let header = Arc::clone(&header);
            let path = self.output.path().to_path_buf();
            let mut packer = Packer::new(wish);
            move |job: Job| build(&path, &header, &mut packer, job)
        })?);
        self.header = Some(header);
        Ok(())
    }

    fn try_write(&mut self, frame: &Frame) -> Result<(), Error> {
        if self.sequence.check(frame)? {
            self.start(frame)?;
        }
        let index = self.sequence.frames();
        let Some(moment) = self.times.moment(&frame.stamp, index) else {
            let secs = frame.stamp.secs().unwrap_or(0.0);
            let reason = format!("frame {index} is at {secs} s, which is no date of GRIB");
            return Err(Error::unsupported(self.output.path(), reason));
        };
        let memory = self.spare.pop().unwrap_or_default();
        if let Some(pool) = &mut self.pool {
            pool.submit((frame.clone(), index, moment, memory));
        }
        while let Some(packed) = self.pool.as_mut().and_then(OrderedPool::ready) {
            self.put(packed?)?;
        }
        let number = frame.stamp.number;
        let is_other = number.is_some_and(|number| u64::try_from(number) != Ok(frame.stamp.index));
        self.numbered += u64::from(is_other);
        self.sequence.count();
        Ok(())
    }

    /// Writes a message.
    fn put(&mut self, (message, worst): Packed) -> Result<(), Error> {
        self.worst = self.worst.max(worst);
        self.output.write_all(&message)?;
        if self.spare.len() <= self.threads {
            self.spare.push(message);
        }
        Ok(())
    }
}

/// The message of a frame.
fn build(
    path: &Path,
    header: &Header,
    packer: &mut Packer,
    (frame, index, moment, mut message): Job,
) -> Result<Packed, Error> {
    message.clear();
    message.extend(MAGIC);
    message.extend([0xFF, 0xFF, header.discipline, 2]);
    message.extend([0; 8]);
    header.append(&moment, index, &mut message);
    let worst = packer.append(path, &frame, index, &mut message)?;
    message.extend(END);
    let length = (message.len() as u64).to_be_bytes();
    if let Some(place) = message.get_mut(8..16) {
        place.copy_from_slice(&length);
    }
    Ok((message, worst))
}

impl FrameWriter for GribWriter {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        let result = self.try_write(frame);
        self.has_failed |= result.is_err();
        result
    }

    fn finish(mut self: Box<Self>) -> Result<WriteSummary, Error> {
        if self.has_failed {
            let source = std::io::Error::other("an earlier write failed");
            return Err(Error::io("finish", self.output.path())(source));
        }
        while let Some(packed) = self.pool.as_mut().and_then(Iterator::next) {
            self.put(packed?)?;
        }
        let frames = self.sequence.frames();
        let Some(header) = self.header.filter(|_| frames > 0) else {
            return Ok(summary::of_no_frames());
        };
        let bytes = self.output.commit()?;
        let mut notes = header.notes.clone();
        notes.extend(self.wish.note(self.worst));
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
