//! A reader with another description, or whose frames are each made of one of another reader.

use std::path::PathBuf;

use pimage_core::{
    Color, Damage, Error, Frame, FrameReader, Limits, Sample, SampleType, SeekFrames, Stamp,
    StreamInfo,
};

/// Fills a frame, which has its format already, from one of the reader inside.
type Change = Box<dyn Fn(&Frame, &mut Frame) + Send>;

/// A reader that says more of its stream than the one inside, or delivers its frames changed.
pub(crate) struct Wrapped {
    inner: Box<dyn FrameReader>,
    info: StreamInfo,
    /// What is done to the frames, and the one of the reader inside that it is done to.
    change: Option<(Change, Frame)>,
}

impl Wrapped {
    /// Adds a note to the metadata.
    pub(crate) fn noted(inner: Box<dyn FrameReader>, name: &str, note: String) -> Self {
        let mut info = inner.info().clone();
        info.metadata.insert(name.to_owned(), note.into());
        Self {
            inner,
            info,
            change: None,
        }
    }

    /// Delivers frames as `info` describes them, which is within the limits: each filled by `change` from the one of the same index.
    pub(crate) fn changed(
        inner: Box<dyn FrameReader>,
        info: StreamInfo,
        change: impl Fn(&Frame, &mut Frame) + Send + 'static,
    ) -> Self {
        Self {
            inner,
            info,
            change: Some((Box::new(change), Frame::empty())),
        }
    }

    /// Delivers one gray channel: 0.299 red, 0.587 green and 0.114 blue (BT.601), rounded to the nearest; opacity is left out.
    pub(crate) fn luma(inner: Box<dyn FrameReader>) -> Self {
        let mut info = inner.info().clone();
        info.format.color = Color::Gray;
        let note = "0.299 R + 0.587 G + 0.114 B";
        info.metadata.insert("gray_from".to_owned(), note.into());
        // The colour frame is within the limits and is larger.
        Self::changed(inner, info, weigh)
    }
}

/// Whether [`Wrapped::luma`] has something to do.
pub(crate) const fn has_color(color: Color) -> bool {
    matches!(color, Color::Rgb | Color::Rgba)
}

impl FrameReader for Wrapped {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let Some((change, source)) = &mut self.change else {
            return self.inner.read_into(frame);
        };
        if !self.inner.read_into(source)? {
            return Ok(false);
        }
        // The format was seen to be within the limits.
        frame.reset(&self.info.format, &Limits::none())?;
        frame.stamp = source.stamp.clone();
        change(source, frame);
        Ok(true)
    }

    fn damage(&self) -> &[Damage] {
        self.inner.damage()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.inner.files()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        if self.inner.as_seek().is_some() {
            Some(self)
        } else {
            None
        }
    }
}

impl SeekFrames for Wrapped {
    fn frame_count(&self) -> u64 {
        self.info.frame_count.get().unwrap_or(0)
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        match self.inner.as_seek() {
            Some(seek) => seek.seek(index),
            None => Err(Error::unsupported(
                &self.info.container,
                "frames come in order only",
            )),
        }
    }

    fn stamp_of(&mut self, index: u64) -> Result<Option<Stamp>, Error> {
        match self.inner.as_seek() {
            Some(seek) => seek.stamp_of(index),
            None => self.seek(index).map(|()| None),
        }
    }
}

fn weigh(color: &Frame, gray: &mut Frame) {
    /// Thousandths, so that equal parts give exactly themselves.
    fn whole<T: Sample + Into<i64> + TryFrom<i64>>([r, g, b]: [T; 3]) -> Option<T> {
        let sum = 299 * r.into() + 587 * g.into() + 114 * b.into();
        T::try_from((sum + 500).div_euclid(1000)).ok()
    }
    match color.format().sample {
        SampleType::U8 => each::<u8>(color, gray, whole),
        SampleType::U16 => each::<u16>(color, gray, whole),
        SampleType::U32 => each::<u32>(color, gray, whole),
        SampleType::I16 => each::<i16>(color, gray, whole),
        SampleType::I32 => each::<i32>(color, gray, whole),
        SampleType::F32 => each::<f32>(color, gray, |[r, g, b]| {
            Some(0.299 * r + 0.587 * g + 0.114 * b)
        }),
        _ => each::<f64>(color, gray, |[r, g, b]| {
            Some(0.299 * r + 0.587 * g + 0.114 * b)
        }),
    }
}

fn each<T: Sample>(color: &Frame, gray: &mut Frame, luma: impl Fn([T; 3]) -> Option<T>) {
    let channels = color.format().color.channels();
    let pixels = color.samples::<T>().unwrap_or_default();
    let targets = gray.samples_mut::<T>().unwrap_or_default();
    for (target, pixel) in targets.iter_mut().zip(pixels.chunks_exact(channels)) {
        if let Some(value) = pixel.first_chunk().and_then(|rgb| luma(*rgb)) {
            *target = value;
        }
    }
}
