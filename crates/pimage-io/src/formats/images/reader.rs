//! Frames from files of one frame each, decoded ahead on all cores.

use std::path::PathBuf;
use std::sync::Arc;

use pimage_core::{
    Damage, Error, Frame, FrameCount, FrameFormat, FrameReader, Limits, Metadata, OnDamage,
    SeekFrames, Stamp, StreamInfo, keys,
};
use pimage_pool::{Ahead, threads};

use super::files::Files;
use super::grid::Grid;
use super::still;
use crate::ReadOptions;

/// Metadata name of what was left out of a folder.
pub(super) const IGNORED: &str = "ignored_files";

/// Files of one frame each.
pub(super) struct ImagesReader {
    info: StreamInfo,
    content: Arc<Content>,
    ahead: Ahead,
    on_damage: OnDamage,
    count: u64,
    next: u64,
    damage: Vec<Damage>,
}

/// What the threads need to know.
struct Content {
    files: Files,
    grid: Grid,
    format: FrameFormat,
    limits: Limits,
}

/// What the first file that can be read says.
struct First {
    codec: &'static str,
    format: FrameFormat,
    metadata: Metadata,
}

impl ImagesReader {
    /// Reads no more than the first file.
    pub(super) fn open(files: Files, options: &ReadOptions) -> Result<Self, Error> {
        let limits = options.limits;
        let grid = Grid::of(&files)?;
        let first = first(&files, options)?;
        let count = grid.len(&files);
        limits.check_frames(count)?;
        let mut info = StreamInfo::new("images", first.format, FrameCount::Exact(count));
        info.codec = Some(first.codec.to_owned());
        info.axes.clone_from(&grid.axes);
        if files.len() == 1 {
            info.metadata = first.metadata;
        }
        for (name, text) in [(keys::HOLES, &grid.holes), (IGNORED, &files.ignored)] {
            if !text.is_empty() {
                info.metadata.insert(name.to_owned(), text.clone().into());
            }
        }
        let content = Arc::new(Content {
            files,
            grid,
            format: first.format,
            limits,
        });
        let shared = Arc::clone(&content);
        let workers = threads(options.threads).min(usize::try_from(count).unwrap_or(usize::MAX));
        let frame_bytes = first.format.frame_bytes().unwrap_or(usize::MAX);
        let ahead = Ahead::new("the image decoder", workers, frame_bytes, move || {
            let content = Arc::clone(&shared);
            let mut bytes = Vec::new();
            move |index: u64, frame: &mut Frame| content.fill(index, &mut bytes, frame)
        });
        Ok(Self {
            info,
            content,
            ahead,
            on_damage: options.on_damage,
            count,
            next: 0,
            damage: Vec::new(),
        })
    }
}

/// The first file, or when damage is skipped, the first that can be read.
fn first(files: &Files, options: &ReadOptions) -> Result<First, Error> {
    let mut bytes = Vec::new();
    let mut read = |place: usize| -> Result<First, Error> {
        let path = files.path(place);
        still::read(&path, &options.limits, &mut bytes)?;
        let codec = still::codec_of(&path, &bytes)?;
        let (format, metadata) = still::describe(codec, &bytes, &options.limits)?;
        options.limits.check_format(&format)?;
        Ok(First {
            codec: codec.name,
            format,
            metadata,
        })
    };
    let mut stopped = None;
    for place in 0..files.len() {
        match read(place) {
            Ok(first) => return Ok(first),
            Err(error) => {
                let error = error.at_path(files.path(place), None);
                if options.on_damage == OnDamage::Fail || !is_damage(&error) {
                    return Err(error);
                }
                stopped.get_or_insert(error);
            }
        }
    }
    Err(stopped.unwrap_or_else(|| Error::Unrecognized {
        path: files.source.clone(),
        hint: "no file".to_owned(),
    }))
}

/// Whether an error is one of the file alone, so that others may still be read.
fn is_damage(error: &Error) -> bool {
    match error {
        Error::Io { source, .. } => source.kind() == std::io::ErrorKind::NotFound,
        Error::NotBuilt { .. } => false,
        _ => true,
    }
}

/// An error and its causes in one line.
pub(super) fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

impl Content {
    fn path(&self, index: u64) -> PathBuf {
        match self.grid.file(index) {
            Some(place) => self.files.path(place),
            None => self.files.source.clone(),
        }
    }

    /// Decodes frame `index`. Errors have an empty path.
    fn fill(&self, index: u64, bytes: &mut Vec<u8>, frame: &mut Frame) -> Result<(), Error> {
        let Some(place) = self.grid.file(index) else {
            return Err(Error::Damaged {
                path: "".into(),
                frame: index,
                reason: format!("there is no file for {}", self.grid.describe(index)),
            });
        };
        let path = self.files.path(place);
        still::read(&path, &self.limits, bytes)?;
        let codec = still::codec_of(&path, bytes)?;
        still::decode(codec, bytes, &self.format, &self.limits, frame)?;
        let name = self.files.name(place);
        frame.stamp = Stamp::at(index);
        frame.stamp.number = self.grid.number(&self.files, &name);
        frame.stamp.name = Some(name.into());
        Ok(())
    }
}

impl FrameReader for ImagesReader {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        while self.next < self.count {
            let index = self.next;
            let Err(error) = self.ahead.read(index, self.count, frame) else {
                self.next += 1;
                return Ok(true);
            };
            let path = self.content.path(index);
            if self.on_damage == OnDamage::Fail || !is_damage(&error) {
                return Err(match error {
                    Error::Damaged { reason, .. } => Error::Damaged {
                        path,
                        frame: index,
                        reason,
                    },
                    other => other.at_path(path, Some(index)),
                });
            }
            let reason = match error {
                Error::Damaged { reason, .. } if self.content.grid.file(index).is_none() => reason,
                Error::Damaged { reason, .. } => format!("`{}`: {reason}", path.display()),
                other => chain(&other.at_path(path, None)),
            };
            let damage = Damage::frame(index, reason);
            if !self.damage.contains(&damage) {
                damage.add_to(&mut self.damage);
            }
            self.next += 1;
        }
        Ok(false)
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }

    fn files(&self) -> Vec<PathBuf> {
        self.content.files.paths()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        Some(self)
    }
}

impl SeekFrames for ImagesReader {
    fn frame_count(&self) -> u64 {
        self.count
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        if index > self.count {
            return Err(Error::OutOfRange {
                path: self.content.files.source.clone(),
                frame: index,
                frame_count: self.count,
            });
        }
        self.next = index;
        Ok(())
    }
}
