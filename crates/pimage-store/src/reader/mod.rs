//! A store as a reader of frames.

mod describe;
mod follow;
mod frames;
mod images;
mod look_up;
mod plan;
#[cfg(feature = "ffmpeg")]
mod videos;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_core::{
    Cancel, Damage, Error, Frame, FrameReader, Limits, OnDamage, SeekFrames, Stamp, StreamInfo,
    Timestamp,
};

pub use self::follow::StoreFollower;
use self::frames::Frames;
pub use self::look_up::extract_only_frame;
use self::plan::Plan;
use crate::chunks::{self, ChunkFiles, Content};
use crate::folder::StoreFolder;
use crate::frame_index::{self, Built, Source};
use crate::{FrameIndex, METADATA_FILE, StoreMetadata};

/// How to read a store; the default decodes what is there and stops at damage.
#[derive(Debug, Clone, Default)]
pub struct StoreOptions {
    /// Bounds on what the files may claim.
    pub limits: Limits,
    /// What to do at a frame that is missing or damaged, and at a chunk that is missing.
    pub on_damage: OnDamage,
    /// Leave frames that the store says are coded (Bayer, YUV) as they are stored.
    pub raw: bool,
    /// Deliver one gray channel of colour video.
    pub gray: bool,
    /// Decoding threads; `None` is one for each core.
    pub threads: Option<usize>,
    /// Read the indexes of all chunks although a saved one is fresh.
    pub no_saved_index: bool,
    /// Stops opening.
    pub cancel: Cancel,
}

/// What is known of a store that was opened, for all threads.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) folder: Arc<StoreFolder>,
    pub(crate) metadata: Arc<StoreMetadata>,
    pub(crate) index: FrameIndex,
    /// The files of each chunk of the index.
    pub(crate) files: Vec<ChunkFiles>,
    pub(crate) limits: Limits,
}

/// A recording store.
///
/// Frame *i* is the *i*-th row of the indexes of all chunks, in the order of the chunks; its stamp has the recorder's number and the time.
/// What is odd about the store and stops nothing is in [`StoreReader::notes`].
///
/// ```no_run
/// use pimage_core::{Frame, FrameReader};
/// use pimage_store::{Find, StoreOptions, StoreReader};
///
/// let mut store = StoreReader::open("recording", &StoreOptions::default())?;
/// let mut frame = Frame::empty();
/// // The frame that the camera called 1000, or the next one after it.
/// if store.by_number(1000, Find::Next, &mut frame)? {
///     println!("{:?} at {:?} s", frame.stamp.number, frame.stamp.secs());
/// }
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug)]
pub struct StoreReader {
    pub(crate) opened: Arc<Opened>,
    info: StreamInfo,
    frames: Frames,
    notes: Vec<String>,
    /// Missing chunks, and whether each was told.
    gaps: Vec<(Damage, bool)>,
    on_damage: OnDamage,
    damage: Vec<Damage>,
    next: u64,
    /// Whether the last thing done was to read the frame before `next`.
    is_in_order: bool,
}

impl StoreReader {
    /// Opens the store in a folder, or that of a `metadata.yaml`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Error::Malformed`] when the metadata are not those of a store; [`Error::Unsupported`] for a store without frames;
    /// [`Error::NotBuilt`] when its chunks are videos and videos are not compiled in; whatever reading the first frame answers.
    pub fn open(path: impl AsRef<Path>, options: &StoreOptions) -> Result<Self, Error> {
        let folder_path = folder_of(path.as_ref());
        let metadata = StoreMetadata::read(&folder_path, &options.limits)?;
        let folder = Arc::new(StoreFolder::open(&folder_path)?);
        let metadata = Arc::new(metadata);
        let built = index_of(&folder, &metadata, options)?;
        if built.index.is_empty() {
            let reason = match built
                .notes
                .first()
                .or_else(|| built.gaps.first().map(|gap| &gap.reason))
            {
                Some(note) => format!("the store has no frames ({note})"),
                None => "the store has no frames".to_owned(),
            };
            return Err(Error::unsupported(&folder_path, reason));
        }
        let opened = Arc::new(Opened {
            folder,
            metadata,
            index: built.index,
            files: built.files,
            limits: options.limits,
        });
        let plan = Plan::of(&opened, options)?;
        let info = describe::info(&opened, &plan, &built.notes, &built.gaps);
        let frames = Frames::new(&opened, Arc::new(plan), options);
        Ok(Self {
            opened,
            info,
            frames,
            notes: built.notes,
            gaps: built.gaps.into_iter().map(|gap| (gap, false)).collect(),
            on_damage: options.on_damage,
            damage: Vec::new(),
            next: 0,
            is_in_order: true,
        })
    }

    /// What the store says of itself.
    #[must_use]
    pub fn metadata(&self) -> &StoreMetadata {
        &self.opened.metadata
    }

    /// Numbers and times of all frames, and the chunks.
    #[must_use]
    pub fn index(&self) -> &FrameIndex {
        &self.opened.index
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.opened.folder.path()
    }

    /// What is odd but stops nothing: files that do not belong there, indexes that had to be made up.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// An error, or an entry of the list, for a missing chunk in front of the next frame.
    fn cross_gaps(&mut self) -> Result<(), Error> {
        let next = self.next;
        let is_here = |gap: &&mut (Damage, bool)| gap.0.frames.start == next && !gap.1;
        for (gap, is_told) in self.gaps.iter_mut().filter(is_here) {
            *is_told = true;
            if self.on_damage == OnDamage::Fail {
                return Err(Error::Damaged {
                    path: self.opened.folder.path().to_path_buf(),
                    frame: next,
                    reason: format!("in front of it, {}", gap.reason),
                });
            }
            self.damage.push(gap.clone());
        }
        Ok(())
    }

    /// Reads frame `index`, or notes that it is damaged: `false`.
    fn read_one(&mut self, index: u64, frame: &mut Frame) -> Result<bool, Error> {
        let Err(error) = self.frames.read(index, frame) else {
            frame.stamp = self.opened.stamp(index);
            return Ok(true);
        };
        let path = self.opened.path_of(index);
        let is_damage = match &error {
            Error::Io { source, .. } => source.kind() == std::io::ErrorKind::NotFound,
            Error::NotBuilt { .. } | Error::Stopped | Error::Internal { .. } => false,
            _ => true,
        };
        let number = self.opened.index.number(index);
        let called = number.map_or_else(String::new, |number| format!("number {number}, "));
        let reason = match &error {
            Error::Damaged { reason, .. } => reason.clone(),
            other => frame_index::chain(other),
        };
        if !is_damage {
            return Err(error.at_path(path, Some(index)));
        }
        if self.on_damage == OnDamage::Fail {
            let reason = format!("{called}{reason}");
            return Err(Error::Damaged {
                path,
                frame: index,
                reason,
            });
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let chunk = self
            .opened
            .place(index)
            .map_or(0, |(chunk, _)| chunk.number);
        let reason = format!("{called}chunk {}, `{name}`: {reason}", chunks::stem(chunk));
        let damage = Damage::frame(index, reason);
        if !self.damage.contains(&damage) {
            damage.add_to(&mut self.damage);
        }
        Ok(false)
    }
}

impl Opened {
    /// The chunk of a frame, and which frame of it that is.
    pub(crate) fn place(&self, index: u64) -> Option<(&ChunkFiles, u64)> {
        let (chunk, frame) = self.index.place(index)?;
        Some((self.files.get(chunk)?, frame))
    }

    /// The name of the image that is a frame, relative to the store.
    pub(crate) fn image_name(&self, index: u64) -> Option<String> {
        let (files, frame) = self.place(index)?;
        let extension = &self.metadata.format;
        Some(format!("{}/{frame:06}.{extension}", files.stem()))
    }

    /// The file that a frame is in.
    pub(crate) fn path_of(&self, index: u64) -> PathBuf {
        let folder = self.folder.path();
        match self.place(index) {
            Some((files, _)) if files.content != Content::Images => {
                folder.join(files.name(&self.metadata.extension))
            }
            _ => folder.join(self.image_name(index).unwrap_or_default()),
        }
    }

    fn stamp(&self, index: u64) -> Stamp {
        Stamp {
            index,
            number: self.index.number(index),
            time: self.index.time(index).and_then(Timestamp::from_secs),
            name: None,
        }
    }
}

/// The folder of a store, of which `metadata.yaml` may be named.
pub(crate) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if path.file_name().is_some_and(|name| name == METADATA_FILE) => {
            if parent.as_os_str().is_empty() {
                PathBuf::from(".")
            } else {
                parent.to_path_buf()
            }
        }
        _ => path.to_path_buf(),
    }
}

/// The index of a store: the saved one when that is fresh, else from the chunks.
fn index_of(
    folder: &Arc<StoreFolder>,
    metadata: &Arc<StoreMetadata>,
    options: &StoreOptions,
) -> Result<Built, Error> {
    let scan = chunks::scan(folder.path(), metadata)?;
    if !options.no_saved_index
        && let Some(index) = frame_index::load(folder, &scan.chunks, &options.limits)
        && let Some(built) = Built::from_saved(index, &scan)
    {
        return Ok(built);
    }
    let source = Source {
        folder: Arc::clone(folder),
        metadata: Arc::clone(metadata),
        limits: options.limits,
        threads: pimage_pool::threads(options.threads),
        cancel: options.cancel.clone(),
    };
    frame_index::build(&source, &scan)
}

impl FrameReader for StoreReader {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        loop {
            if self.is_in_order {
                self.cross_gaps()?;
            }
            let index = self.next;
            if index >= self.opened.index.len() {
                return Ok(false);
            }
            let result = self.read_one(index, frame);
            self.is_in_order = true;
            match result {
                Ok(is_there) => {
                    self.next += 1;
                    if is_there {
                        return Ok(true);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }

    fn files(&self) -> Vec<PathBuf> {
        let folder = self.opened.folder.path();
        let mut files = vec![folder.join(METADATA_FILE)];
        let extension = &self.opened.metadata.extension;
        for chunk in &self.opened.files {
            files.push(folder.join(chunk.name(extension)));
            files.extend(chunk.index_names().map(|name| folder.join(name)));
        }
        if !self.opened.metadata.class.is_video() {
            let images = (0..self.opened.index.len()).filter_map(|i| self.opened.image_name(i));
            files.extend(images.map(|name| folder.join(name)));
        }
        files
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        Some(self)
    }
}

impl SeekFrames for StoreReader {
    fn frame_count(&self) -> u64 {
        self.opened.index.len()
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        let frame_count = self.opened.index.len();
        if index > frame_count {
            return Err(Error::OutOfRange {
                path: self.opened.folder.path().to_path_buf(),
                frame: index,
                frame_count,
            });
        }
        self.is_in_order = index == 0 || (self.is_in_order && index == self.next);
        self.next = index;
        Ok(())
    }

    fn stamp_of(&mut self, index: u64) -> Result<Option<Stamp>, Error> {
        self.seek(index)?;
        let is_left_out = |index: u64| self.damage.iter().any(|run| run.frames.contains(&index));
        let mut frames = (index..self.opened.index.len()).filter(|index| !is_left_out(*index));
        Ok(frames.next().map(|index| self.opened.stamp(index)))
    }
}
