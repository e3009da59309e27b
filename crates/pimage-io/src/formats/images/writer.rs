//! One file a frame, encoded on all cores.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_codec::{COMPRESSION, Codec, Settings};
use pimage_core::{Axis, Error, Frame, FrameWriter, StreamInfo, WriteSummary, frames_of};
use pimage_fs::StagedFolder;
use pimage_pool::{OrderedPool, threads};

use super::pattern::Pattern;
use super::place::{Place, count_beyond, expect_free, expect_numbered_images, is_empty_folder};
use crate::target::{Output, Sequence};
use crate::{WriteOptions, summary};

/// The option of codecs that `--preset` sets.
const PRESET: &str = "preset";

/// A file to write: its name in the folder, and the frame.
type Job = (String, Frame);

/// Images.
pub(super) struct ImagesWriter {
    /// Before the folder, which is gone when no thread writes any more.
    pool: Option<OrderedPool<Job, u64>>,
    folder: Option<Arc<StagedFolder>>,
    /// The only image.
    output: Option<Output>,
    path: PathBuf,
    place: Place,
    codec: &'static Codec,
    settings: Settings,
    options: WriteOptions,
    sequence: Sequence,
    axes: Vec<Axis>,
    has_rate: bool,
    times: u64,
    /// The number of the next name, at least.
    next: u64,
    bytes: u64,
    has_failed: bool,
}

impl ImagesWriter {
    /// Creates nothing yet.
    pub(super) fn new(
        path: &Path,
        place: Place,
        codec: &'static Codec,
        info: &StreamInfo,
        options: &WriteOptions,
    ) -> Result<Self, Error> {
        let settings = settings(codec, options)?;
        let axes = info.axes_or_time();
        if let Place::Folder(_, pattern) | Place::Files(_, pattern) = &place {
            check_axes(pattern, &axes)?;
        }
        if matches!(place, Place::One(_)) && info.frame_count.exact().is_some_and(|n| n > 1) {
            return Err(only_one(path));
        }
        Ok(Self {
            pool: None,
            folder: None,
            output: None,
            path: path.to_path_buf(),
            place,
            codec,
            settings,
            options: options.clone(),
            sequence: Sequence::default(),
            axes: if info.axes.is_empty() {
                Vec::new()
            } else {
                axes
            },
            has_rate: info.rate.is_some() || options.rate.is_some(),
            times: 0,
            next: 0,
            bytes: 0,
            has_failed: false,
        })
    }

    /// Encodes the first frame here, so that a codec that cannot hold it says so before anything is created.
    fn begin(&mut self, frame: &Frame) -> Result<(), Error> {
        let mut bytes = Vec::new();
        self.codec
            .encode_into(frame, &self.settings, &mut bytes)
            .map_err(|error| error.at_path(&self.path, Some(0)))?;
        let (storage, overwrite) = (&self.options.storage, self.options.overwrite);
        let mut folder = match &self.place {
            Place::One(path) => {
                let output = self.output.insert(Output::new(path, &self.options));
                self.bytes = bytes.len() as u64;
                return output.write_all(&bytes);
            }
            Place::Folder(folder, _) if !is_empty_folder(folder) => {
                StagedFolder::create(storage, folder, overwrite)
            }
            Place::Folder(folder, _) | Place::Files(folder, _) => {
                StagedFolder::create_in(storage, folder, overwrite)
            }
        }?;
        folder.set_sync(self.options.sync);
        let folder = Arc::new(folder);
        let name = self.name(frame)?;
        self.bytes = write(&folder, &name, &bytes)?;
        let (codec, settings) = (self.codec, self.settings.clone());
        let shared = Arc::clone(&folder);
        self.folder = Some(folder);
        let pool = OrderedPool::start("the image encoder", threads(self.options.threads), || {
            let (folder, settings) = (Arc::clone(&shared), settings.clone());
            let mut bytes = Vec::new();
            move |(name, frame): Job| {
                bytes.clear();
                codec
                    .encode_into(&frame, &settings, &mut bytes)
                    .map_err(|error| {
                        error.at_path(folder.target().join(&name), Some(frame.stamp.index))
                    })?;
                write(&folder, &name, &bytes)
            }
        })?;
        self.pool = Some(pool);
        Ok(())
    }

    /// The name of the file of a frame.
    fn name(&mut self, frame: &Frame) -> Result<String, Error> {
        let pattern = match &self.place {
            Place::Folder(_, pattern) | Place::Files(_, pattern) => pattern,
            Place::One(path) => return Ok(path.display().to_string()),
        };
        let index = frame.stamp.index;
        if pattern.is_plain() {
            // Frames that a damaged recording lacks leave a hole; frames that go back still get names of their own.
            let number = index.max(self.next);
            self.next = number + 1;
            return Ok(pattern.name(|_| number));
        }
        if frames_of(&self.axes_or_time()).is_none_or(|frames| index >= frames) {
            return Err(Error::OutOfRange {
                path: self.path.clone(),
                frame: index,
                frame_count: frames_of(&self.axes).unwrap_or(0),
            });
        }
        let axes = self.axes_or_time();
        Ok(pattern.name(|letter| position(&axes, letter, index)))
    }

    fn axes_or_time(&self) -> Vec<Axis> {
        if self.axes.is_empty() {
            // Without axes every frame is a time.
            vec![Axis::new(Axis::TIME, u64::MAX)]
        } else {
            self.axes.clone()
        }
    }

    fn put(&mut self, frame: &Frame) -> Result<(), Error> {
        if self.sequence.check(frame)? {
            self.begin(frame)?;
        } else if matches!(self.place, Place::One(_)) {
            return Err(only_one(&self.path));
        } else {
            let name = self.name(frame)?;
            let (Some(pool), Some(folder)) = (&mut self.pool, &self.folder) else {
                return Ok(());
            };
            expect_free(&folder.target().join(&name), &self.options)?;
            pool.submit((name, frame.clone()));
            while let Some(written) = pool.ready() {
                self.bytes += written?;
            }
        }
        self.sequence.count();
        self.times += u64::from(frame.stamp.time.is_some());
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(format) = self.sequence.format() {
            notes.extend(self.codec.note(format));
        }
        let (Place::Folder(_, pattern) | Place::Files(_, pattern)) = &self.place else {
            return notes;
        };
        match (self.times, self.has_rate) {
            (0, false) => {}
            (0, true) => notes.push("images have no times: the rate is lost".to_owned()),
            (times, _) => {
                notes.push(format!(
                    "images have no times: those of {times} frame(s) are lost"
                ));
            }
        }
        if let Place::Files(folder, pattern) = &self.place
            && self.options.overwrite
            && let beyond @ 1.. = count_beyond(folder, pattern, self.next)
        {
            notes.push(format!(
                "{beyond} older file(s) of that name, of greater numbers, are still there"
            ));
        }
        if pattern.is_plain() && self.axes.len() > 1 {
            let axes: Vec<_> = self.axes.iter().map(ToString::to_string).collect();
            let letters: String = self
                .axes
                .iter()
                .filter(|axis| axis.name.len() == 1)
                .map(|axis| format!("_{0}%{0}", axis.name))
                .collect();
            notes.push(format!(
                "the axes {} are lost; a name such as `img{letters}.{}` keeps them",
                axes.join(", "),
                self.codec.extensions.first().unwrap_or(&"png")
            ));
        }
        notes
    }
}

/// Writes one file; its bytes.
fn write(folder: &StagedFolder, name: &str, bytes: &[u8]) -> Result<u64, Error> {
    let mut file = folder.create_file(Path::new(name))?;
    file.write_all(bytes)
        .map_err(Error::io("write", folder.target().join(name)))?;
    Ok(bytes.len() as u64)
}

fn only_one(path: &Path) -> Error {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    let reason = format!("it holds one frame; `{stem}_%05d.{extension}` makes one file of each");
    Error::unsupported(path, reason)
}

/// What the codec is asked for; an error for options that images do not have.
fn settings(codec: &'static Codec, options: &WriteOptions) -> Result<Settings, Error> {
    if let Some(value) = &options.codec {
        let expected = format!("no value, because {} images have one codec", codec.name);
        return Err(Error::bad_option("--codec", format!("`{value}`"), expected));
    }
    if let Some(value) = &options.preset
        && codec.options.iter().all(|choice| choice.name != PRESET)
    {
        let expected = format!("no value, because {} images have no presets", codec.name);
        return Err(Error::bad_option(
            "--preset",
            format!("`{value}`"),
            expected,
        ));
    }
    let given = [
        (COMPRESSION, &options.compression),
        (PRESET, &options.preset),
    ];
    let settings = Settings {
        quality: options.quality.clone(),
        lossless: options.lossless,
        options: given
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)))
            .collect(),
        ..Settings::default()
    };
    codec.check(&settings)?;
    Ok(settings)
}

/// An error unless the pattern has each axis of the source that has several positions, and no other.
fn check_axes(pattern: &Pattern, axes: &[Axis]) -> Result<(), Error> {
    let named = pattern.axes("the output")?;
    if pattern.is_plain() {
        return Ok(());
    }
    let known: Vec<_> = axes.iter().map(|axis| axis.name.as_str()).collect();
    let lacks = axes
        .iter()
        .any(|axis| axis.length > 1 && !named.contains(&axis.name));
    let has_other = named.iter().any(|name| !known.contains(&name.as_str()));
    if lacks || has_other {
        let expected = format!("those of the frames, {}", known.join(", "));
        return Err(Error::bad_option(
            "the output's name",
            format!("one with the axes {}", named.join(", ")),
            expected,
        ));
    }
    Ok(())
}

/// Where frame `index` is on the axis of this letter.
fn position(axes: &[Axis], letter: Option<char>, mut index: u64) -> u64 {
    let wanted = letter.map_or_else(|| Axis::TIME.to_owned(), String::from);
    for axis in axes.iter().rev() {
        let length = axis.length.max(1);
        if axis.name == wanted {
            return index % length;
        }
        index /= length;
    }
    0
}

impl FrameWriter for ImagesWriter {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        if self.has_failed {
            let source = std::io::Error::other("an earlier frame failed");
            return Err(Error::io("write", &self.path)(source));
        }
        let put = self.put(frame);
        self.has_failed = put.is_err();
        put
    }

    fn finish(mut self: Box<Self>) -> Result<WriteSummary, Error> {
        if self.has_failed {
            let source = std::io::Error::other("an earlier frame failed");
            return Err(Error::io("finish", &self.path)(source));
        }
        if self.sequence.frames() == 0 {
            return Ok(summary::of_no_frames());
        }
        let notes = self.notes();
        if let Some(output) = self.output.take() {
            output.commit()?;
        }
        if let Some(pool) = &mut self.pool {
            for written in pool {
                self.bytes += written?;
            }
        }
        // The threads have the folder until they end.
        self.pool = None;
        if let Some(folder) = self.folder.take() {
            let folder = Arc::into_inner(folder).ok_or_else(|| Error::Internal {
                part: "the image writer".to_owned(),
                reason: "a thread that ended still has the folder".to_owned(),
            })?;
            folder.commit_checked(expect_numbered_images)?;
        }
        Ok(summary::noted(self.sequence.frames(), self.bytes, notes))
    }
}
