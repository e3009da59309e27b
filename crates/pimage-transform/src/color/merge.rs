//! Colour frames of several gray recordings.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_core::{
    Color, Damage, Error, Frame, FrameFormat, FrameReader, Limits, Sample, SeekFrames, StreamInfo,
    with_sample_type,
};

use super::Channel;
use super::together::{AtEnd, Combine, Together};
use crate::vector::vectorized;
use crate::{Adapt, Arguments, Operation, Operator, Parameter, Presence, Surroundings};

/// Two to four gray recordings as one in colour, exactly: each becomes red, green, blue or the opacity.
///
/// They are of the same size and type and have as many frames as each other; else it is an error. Colours that none of them is
/// are 0, and so is the opacity's absence: without a recording for it there is no such channel. Stamps and metadata are those of the first.
/// It seeks when all of them do. The others are read ahead, each on a thread of its own.
///
/// ```
/// use ndarray::array;
/// use pimage_core::{Color, Frame, FrameReader, MemoryReader};
/// use pimage_transform::{Channel, Merge, Surroundings};
///
/// let gray = |value: u8| MemoryReader::new(vec![Frame::from_array(array![[[value]]], Color::Gray)?]);
/// let blue: Box<dyn FrameReader> = Box::new(gray(7)?);
/// let mut merged = Merge::new(
///     (Channel::Red, Box::new(gray(3)?)),
///     vec![(Channel::Blue, blue)],
///     &Surroundings::default(),
/// )?;
/// let mut frame = Frame::empty();
/// assert!(merged.read_into(&mut frame)?);
/// assert_eq!(frame.samples::<u8>().expect("is u8"), [3, 0, 7]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
pub struct Merge<'a> {
    together: Together<'a>,
}

impl<'a> Merge<'a> {
    /// Reads `others` beside `first`; all stand at their first frame.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when a recording is not gray, of another format or length than the first, or two are the same channel;
    /// [`Error::Io`] when a thread cannot be started.
    pub fn new(
        first: (Channel, Box<dyn FrameReader + 'a>),
        others: Vec<(Channel, Box<dyn FrameReader>)>,
        surroundings: &Surroundings,
    ) -> Result<Self, Error> {
        Self::of_files(first, others, Vec::new(), surroundings)
    }

    fn of_files(
        (channel, first): (Channel, Box<dyn FrameReader + 'a>),
        others: Vec<(Channel, Box<dyn FrameReader>)>,
        paths: Vec<PathBuf>,
        surroundings: &Surroundings,
    ) -> Result<Self, Error> {
        let input = first.info().format;
        let mut places = [None; 4];
        let channels = [channel]
            .into_iter()
            .chain(others.iter().map(|(channel, _)| *channel));
        for (source, channel) in channels.enumerate() {
            let slot = place(channel).and_then(|place| places.get_mut(place));
            match slot {
                Some(slot @ None) => *slot = Some(source),
                _ => {
                    let found = format!("given `{channel}` twice, or a number");
                    return Err(Error::bad_option(
                        "merge",
                        found,
                        "red, green, blue and alpha, each once",
                    ));
                }
            }
        }
        for format in others
            .iter()
            .map(|(_, other)| other.info().format)
            .chain([input])
        {
            if format.color != Color::Gray || format != input {
                let expected = format!(
                    "gray, and all alike: the first is {input}; `gray`, `channel` and `resize` make them so"
                );
                return Err(Error::bad_option(
                    "merge",
                    format!("given {format} frames"),
                    expected,
                ));
            }
        }
        let [_, _, _, alpha] = places;
        let color = if alpha.is_some() {
            Color::Rgba
        } else {
            Color::Rgb
        };
        let output = FrameFormat { color, ..input };
        let info = first.info().reformatted(output);
        let others = others.into_iter().map(|(_, other)| other).collect();
        let combine = Arc::new(Channels { places, output });
        let together = Together::new(first, others, (info, AtEnd::Refuse), combine, surroundings)?;
        Ok(Self {
            together: together.with_paths(paths),
        })
    }
}

/// Where a channel stands in RGBA.
const fn place(channel: Channel) -> Option<usize> {
    match channel {
        Channel::Red => Some(0),
        Channel::Green => Some(1),
        Channel::Blue => Some(2),
        Channel::Alpha => Some(3),
        Channel::Number(_) => None,
    }
}

/// Which recording each channel comes from: 0 is the first, and others follow.
struct Channels {
    places: [Option<usize>; 4],
    output: FrameFormat,
}

impl Combine for Channels {
    fn combine(&self, frame: &mut Frame, others: &[Frame], spare: &mut Frame) -> Result<(), Error> {
        spare.reset(&self.output, &Limits::none())?;
        with_sample_type!(self.output.sample, T => {
            let planes = self.places.map(|source| match source {
                Some(0) => frame.samples::<T>(),
                Some(source) => others.get(source - 1).and_then(|other| other.samples::<T>()),
                None => None,
            });
            let target = spare.samples_mut::<T>().unwrap_or_default();
            match self.output.color {
                Color::Rgba => interleave::<T, 4>(planes, target),
                _ => interleave::<T, 3>(planes, target),
            }
        });
        std::mem::swap(frame, spare);
        Ok(())
    }
}

/// Puts planes together to pixels; a plane that is missing is 0.
fn interleave<T: Sample, const CHANNELS: usize>(planes: [Option<&[T]>; 4], target: &mut [T]) {
    let (pixels, _) = target.as_chunks_mut::<CHANNELS>();
    vectorized(
        #[inline(always)]
        || {
            if let ([Some(red), Some(green), Some(blue), None], 3) = (planes, CHANNELS) {
                for (pixel, ((red, green), blue)) in
                    pixels.iter_mut().zip(red.iter().zip(green).zip(blue))
                {
                    pixel[0] = *red;
                    pixel[1 % CHANNELS] = *green;
                    pixel[2 % CHANNELS] = *blue;
                }
                return;
            }
            for (place, plane) in (0..CHANNELS).zip(planes) {
                match plane {
                    Some(plane) => {
                        for (pixel, sample) in pixels.iter_mut().zip(plane) {
                            pixel[place % CHANNELS] = *sample;
                        }
                    }
                    None => pixels
                        .iter_mut()
                        .for_each(|pixel| pixel[place % CHANNELS] = T::zeroed()),
                }
            }
        },
    );
}

impl FrameReader for Merge<'_> {
    fn info(&self) -> &StreamInfo {
        self.together.info()
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        self.together.read_into(frame)
    }

    fn damage(&self) -> &[Damage] {
        self.together.damage()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.together.files()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        self.together.as_seek()
    }
}

impl fmt::Debug for Merge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Merge")
            .field("info", self.info())
            .finish_non_exhaustive()
    }
}

/// Merges a reader with recordings that are opened by name.
struct MergeFiles {
    first: Channel,
    others: Vec<(Channel, PathBuf)>,
}

impl Adapt for MergeFiles {
    fn adapt<'a>(
        &self,
        reader: Box<dyn FrameReader + 'a>,
        surroundings: &Surroundings,
    ) -> Result<Box<dyn FrameReader + 'a>, Error> {
        let open = |(channel, path): &(Channel, PathBuf)| Ok((*channel, surroundings.open(path)?));
        let others: Result<Vec<_>, Error> = self.others.iter().map(open).collect();
        let paths = self.others.iter().map(|(_, path)| path.clone()).collect();
        Ok(Box::new(Merge::of_files(
            (self.first, reader),
            others?,
            paths,
            surroundings,
        )?))
    }
}

/// `merge`.
pub(super) const OPERATOR: Operator = Operator {
    name: "merge",
    title: "make colour of gray recordings, one for each channel",
    parameters: &[
        Parameter::new(
            "red",
            "the recording that becomes red",
            "a path",
            Presence::Optional("this one"),
        ),
        Parameter::new(
            "green",
            "the recording that becomes green",
            "a path",
            Presence::Optional("this one, if red is given"),
        ),
        Parameter::new(
            "blue",
            "the recording that becomes blue",
            "a path",
            Presence::Optional("this one, if red and green are given"),
        ),
        Parameter::new(
            "alpha",
            "the recording that becomes the opacity",
            "a path",
            Presence::Optional("none"),
        ),
    ],
    examples: &[
        "merge=green:g.tif,blue:b.tif",
        "merge=red:r.tif",
        "merge=green:g.tif,blue:b.tif,alpha:a.tif",
    ],
    notes: "The recording itself is the first of red, green and blue that is not given; other colours that are not given are 0. \
            All must be gray, of one size and type, and of the same number of frames. Times and metadata are those of the recording itself. Frames are put together by index: --start and its like choose among those of the recording itself only.",
    build,
};

fn build(arguments: &Arguments<'_>) -> Result<Operation, Error> {
    let channels = [Channel::Red, Channel::Green, Channel::Blue, Channel::Alpha];
    let named = channels.map(|channel| (channel, arguments.text(&channel.to_string())));
    let own = named
        .iter()
        .find(|(channel, path)| path.is_none() && *channel != Channel::Alpha);
    let Some((first, _)) = own else {
        return Err(Error::bad_option(
            "merge",
            "given red, green and blue",
            "one of them to be the recording itself",
        ));
    };
    let others: Vec<_> = named
        .iter()
        .filter_map(|(channel, path)| Some((*channel, Path::new((*path)?).to_path_buf())))
        .collect();
    if others.is_empty() {
        return Err(Error::bad_option(
            "merge",
            "given no recording",
            "red, green, blue or alpha",
        ));
    }
    Ok(Operation::reader(MergeFiles {
        first: *first,
        others,
    }))
}
