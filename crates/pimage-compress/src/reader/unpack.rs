//! One group out of the file, on one of the threads.

use std::path::PathBuf;
use std::sync::Arc;

use ndarray::Array3;
use pimage_core::{
    Cancel, Color, Error, Frame, FrameFormat, Limits, Sample, Stamp, with_sample_type,
};
use pimage_fs::MappedFile;

use crate::file::index::Index;
use crate::file::section::{self, Video};
use crate::file::{data, pictures, stamps};
use crate::header::broken;
use crate::matroska::cluster;

/// A group that was unpacked.
#[derive(Debug)]
pub(crate) struct Unpacked {
    /// One for each channel: the frames one below another.
    channels: Vec<Frame>,
    stamps: Vec<Stamp>,
    format: FrameFormat,
}

impl Unpacked {
    /// Bytes of its values.
    pub(crate) fn bytes(&self) -> usize {
        self.channels
            .iter()
            .map(|channel| channel.bytes().len())
            .sum()
    }

    /// Fills `frame` with frame `at` of the group; `false` when it has none.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] when the format is over `limits`.
    pub(crate) fn fill(
        &self,
        at: usize,
        frame: &mut Frame,
        limits: &Limits,
    ) -> Result<bool, Error> {
        let Some(stamp) = self.stamps.get(at) else {
            return Ok(false);
        };
        frame.reset(&self.format, limits)?;
        frame.stamp = stamp.clone();
        with_sample_type!(self.format.sample, T => self.interleave::<T>(at, frame));
        Ok(true)
    }

    fn interleave<T: Sample>(&self, at: usize, frame: &mut Frame) {
        let plane = self.format.width as usize * self.format.height as usize;
        let Some(target) = frame.samples_mut::<T>() else {
            return;
        };
        let count = self.channels.len();
        for (channel, values) in self.channels.iter().enumerate() {
            let values = values.samples::<T>().unwrap_or_default();
            let values = values.get(at * plane..(at + 1) * plane).unwrap_or_default();
            if count == 1 && values.len() == target.len() {
                target.copy_from_slice(values);
                continue;
            }
            let targets = target.iter_mut().skip(channel).step_by(count);
            for (to, from) in targets.zip(values) {
                *to = *from;
            }
        }
    }
}

/// Unpacks groups of one file.
#[derive(Debug)]
pub(crate) struct Unpacker {
    pub(crate) path: PathBuf,
    pub(crate) format: FrameFormat,
    pub(crate) index: Arc<Index>,
    pub(crate) cancel: Cancel,
    /// What the decoder of the video needs before the first picture.
    pub(crate) private: Arc<[u8]>,
    pub(crate) file: Option<MappedFile>,
}

impl Unpacker {
    /// Unpacks the group at a place of the index.
    ///
    /// # Errors
    ///
    /// If the group is cut or changed, or not what the file holds; [`Error::Io`], [`Error::Stopped`].
    pub(crate) fn unpack(&mut self, place: usize) -> Result<Unpacked, Error> {
        let index = Arc::clone(&self.index);
        let Some(entry) = index.entries().get(place) else {
            return Err(broken(format!("number {place}"), "one of the file"));
        };
        let file = match self.file.take() {
            Some(file) => self.file.insert(file),
            None => self.file.insert(MappedFile::open(&self.path)?),
        };
        let pictures = match entry.header.pictures {
            None => Vec::new(),
            Some(expected) => {
                let size = usize::try_from(entry.place.size).unwrap_or(usize::MAX);
                let body = file.slice(entry.place.at, size)?;
                pictures::of_blocks(cluster::blocks(body), expected)?
            }
        };
        // The index holds only what is within the file.
        let bytes = file.slice(entry.data_at, entry.header.length as usize)?;
        let group = data::open(bytes)?;
        if group.header != entry.header {
            return Err(broken("another than when the file was opened", "the same"));
        }
        let format = &self.format;
        let frames = group.header.frames as usize;
        expect_fitting(format, &group)?;
        let stamps = stamps::decode(group.stamps, group.header.first, frames)?;
        let shape = [frames, format.height as usize, format.width as usize];
        let sections = group.sections.iter();
        let video = Video {
            private: &self.private,
            pictures: &pictures,
        };
        let channels = with_sample_type!(format.sample, T => sections
            .map(|bytes| channel::<T>(bytes, shape, video, &self.cancel))
            .collect::<Result<Vec<_>, _>>())?;
        Ok(Unpacked {
            channels,
            stamps,
            format: self.format,
        })
    }
}

/// An error unless the group has the file's channels and is not larger than groups are.
fn expect_fitting(format: &FrameFormat, group: &data::GroupData<'_>) -> Result<(), Error> {
    let (found, expected) = (group.sections.len(), format.color.channels());
    if found != expected {
        return Err(broken(
            format!("of {found} channels"),
            &expected.to_string(),
        ));
    }
    let frames = u64::from(group.header.frames);
    let most = data::most_frames(format);
    if frames > most {
        let expected = format!("at most {most} of {format}");
        return Err(broken(format!("of {frames} frames"), &expected));
    }
    Ok(())
}

fn channel<T>(
    bytes: &[u8],
    shape: [usize; 3],
    video: Video<'_>,
    cancel: &Cancel,
) -> Result<Frame, Error>
where
    T: Sample + crate::sample::Sample,
{
    let values: Vec<T> = section::decode(bytes, shape, video, cancel)?;
    let [frames, rows, columns] = shape;
    let array = Array3::from_shape_vec((frames * rows, columns, 1), values);
    let array = array.map_err(|error| broken(error.to_string(), "values of its shape"))?;
    Frame::from_array(array, Color::Gray)
}
