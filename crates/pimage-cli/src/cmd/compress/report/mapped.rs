//! A reader whose frames go through one transform.

use std::path::PathBuf;

use pimage_core::{Damage, Error, Frame, FrameReader, StreamInfo, Transform};

/// Frames of a reader after a transform, in order.
pub(super) struct Mapped<T> {
    reader: Box<dyn FrameReader>,
    info: StreamInfo,
    transform: T,
    spare: Frame,
}

impl<T: Transform> Mapped<T> {
    pub(super) fn new(reader: Box<dyn FrameReader>, transform: T) -> Result<Self, Error> {
        let info = transform.output_info(reader.info())?;
        Ok(Self {
            reader,
            info,
            transform,
            spare: Frame::empty(),
        })
    }
}

impl<T: Transform> FrameReader for Mapped<T> {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        if !self.reader.read_into(frame)? {
            return Ok(false);
        }
        self.transform.apply(frame, &mut self.spare)?;
        Ok(true)
    }

    fn damage(&self) -> &[Damage] {
        self.reader.damage()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.reader.files()
    }
}
