//! Frames gathered into a group: the channels apart, the frames of each one behind another.

use pimage_core::{Color, Error, Frame, FrameFormat, Limits, Sample, Stamp, with_sample_type};

use crate::file::data::most_frames;
use crate::group::MOST_VALUES;

/// Values of a group unless more are asked for.
const USUAL_VALUES: u64 = 4 << 20;

/// Frames of a group unless more are asked for.
const USUAL_FRAMES: u64 = 256;

/// Frames of one group, as they are packed.
#[derive(Debug)]
pub(crate) struct Planes {
    /// The channels one below another, each of `capacity` frames.
    memory: Frame,
    format: FrameFormat,
    capacity: usize,
    /// One for each frame that is there.
    pub(crate) stamps: Vec<Stamp>,
}

/// Frames that are packed together: as many as asked for, else as many as have a usual number of values.
///
/// # Errors
///
/// [`Error::BadOption`] when that are none or too many; [`Error::CannotHold`] when a frame has too many values, or none.
pub(crate) fn capacity_of(format: &FrameFormat, asked: Option<u64>) -> Result<usize, Error> {
    let plane = u64::from(format.width) * u64::from(format.height);
    if plane == 0 || plane > MOST_VALUES as u64 {
        return Err(Error::CannotHold {
            target: "a compressed array".to_owned(),
            format: *format,
            hint: format!("it takes 1 to {MOST_VALUES} pixels a frame"),
        });
    }
    let most = most_frames(format);
    match asked {
        None => {
            let values = plane * format.color.channels() as u64;
            Ok((USUAL_VALUES / values).clamp(1, USUAL_FRAMES.min(most)) as usize)
        }
        Some(frames) if (1..=most).contains(&frames) => Ok(frames as usize),
        Some(frames) => {
            let expected = format!("1 to {most} frames of {format}");
            Err(Error::bad_option(
                "group_frames",
                frames.to_string(),
                expected,
            ))
        }
    }
}

impl Planes {
    /// Room for `capacity` frames, in the memory of another group where there is one.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] when no array is that large.
    pub(crate) fn new(
        format: FrameFormat,
        capacity: usize,
        memory: Option<Frame>,
    ) -> Result<Self, Error> {
        let mut memory = memory.unwrap_or_else(Frame::empty);
        let rows = u64::from(format.height) * (capacity * format.color.channels()) as u64;
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        let all = FrameFormat::new(format.width, rows, Color::Gray, format.sample);
        memory.reset(&all, &Limits::none())?;
        Ok(Self {
            memory,
            format,
            capacity,
            stamps: Vec::with_capacity(capacity),
        })
    }

    /// The memory, for another group.
    pub(crate) fn into_memory(self) -> Frame {
        self.memory
    }

    /// Format of the frames.
    pub(crate) const fn format(&self) -> &FrameFormat {
        &self.format
    }

    /// Frames that are there.
    pub(crate) const fn frames(&self) -> usize {
        self.stamps.len()
    }

    pub(crate) const fn is_full(&self) -> bool {
        self.stamps.len() == self.capacity
    }

    /// Values of a channel in a frame.
    pub(crate) const fn plane(&self) -> usize {
        self.format.width as usize * self.format.height as usize
    }

    /// Shape of a channel: frames, rows, columns.
    pub(crate) const fn shape(&self) -> [usize; 3] {
        [
            self.frames(),
            self.format.height as usize,
            self.format.width as usize,
        ]
    }

    /// Adds a frame of the same format, unless there is no more room.
    pub(crate) fn push(&mut self, frame: &Frame) {
        with_sample_type!(self.format.sample, T => self.push_samples::<T>(frame));
        self.stamps.push(frame.stamp.clone());
    }

    fn push_samples<T: Sample>(&mut self, frame: &Frame) {
        let (plane, channels) = (self.plane(), self.format.color.channels());
        let (capacity, at) = (self.capacity, self.frames());
        let source = frame.samples::<T>().unwrap_or_default();
        let Some(target) = self.memory.samples_mut::<T>() else {
            return;
        };
        for channel in 0..channels {
            let start = (channel * capacity + at) * plane;
            let Some(target) = target.get_mut(start..start + plane) else {
                return;
            };
            if channels == 1 {
                target.copy_from_slice(source);
                continue;
            }
            let values = source.iter().skip(channel).step_by(channels);
            for (to, from) in target.iter_mut().zip(values) {
                *to = *from;
            }
        }
    }

    /// The values of a channel: frames, rows, columns; of type `T`, which is that of the format.
    pub(crate) fn channel<T: Sample>(&self, channel: usize) -> &[T] {
        let start = channel * self.capacity * self.plane();
        let values = self.memory.samples::<T>().unwrap_or_default();
        values
            .get(start..start + self.frames() * self.plane())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::SampleType;

    use super::*;

    #[test]
    fn channels_come_apart() {
        let format = FrameFormat::new(2, 1, Color::Rgb, SampleType::U8);
        let mut planes = Planes::new(format, 3, None).expect("is small");
        let mut frame = Frame::zeroed(format);
        for start in [10, 20] {
            for (at, sample) in frame.bytes_mut().iter_mut().enumerate() {
                *sample = start + at as u8;
            }
            planes.push(&frame);
        }
        assert_eq!(planes.shape(), [2, 1, 2]);
        assert_eq!(planes.channel::<u8>(0), [10, 13, 20, 23]);
        assert_eq!(planes.channel::<u8>(2), [12, 15, 22, 25]);
        assert!(!planes.is_full());
    }

    #[test]
    fn groups_have_a_usual_number_of_values() {
        let gray = |width, height| FrameFormat::new(width, height, Color::Gray, SampleType::F32);
        let capacity = |format| capacity_of(&format, None).expect("is possible");
        assert_eq!(capacity(gray(64, 64)), 256);
        assert_eq!(capacity(gray(1024, 1024)), 4);
        assert_eq!(capacity(gray(8192, 8192)), 1);
        assert_eq!(
            capacity_of(&gray(64, 64), Some(1000)).expect("is possible"),
            1000
        );
        let error = capacity_of(&gray(8192, 8192), Some(3)).expect_err("is too much");
        assert_eq!(
            error.to_string(),
            "group_frames is 3: expected 1 to 1 frames of 8192x8192 gray float32"
        );
        assert!(capacity_of(&gray(0, 3), None).is_err());
        assert!(capacity_of(&gray(60_000, 60_000), None).is_err());
    }
}
