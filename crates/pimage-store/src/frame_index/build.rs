//! The index of a store from those of its chunks, read on all cores; what is missing is made up from what is there.

use std::sync::Arc;

use pimage_core::{Cancel, Damage, Error, Limits};
use pimage_pool::OrderedPool;

use super::{FrameIndex, UNKNOWN_NUMBER};
use crate::chunks::{ChunkFiles, Content, Scan, stem};
use crate::folder::StoreFolder;
use crate::journal::{Journal, journal_path};
use crate::{ChunkIndex, StoreMetadata, chunk_index};

/// The index of a store and what was odd about making it.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) index: FrameIndex,
    /// The files of the chunks that have frames, as in [`FrameIndex::chunks`].
    pub(crate) files: Vec<ChunkFiles>,
    pub(crate) notes: Vec<String>,
    /// Chunks that are missing, with the index of the first frame behind them.
    pub(crate) gaps: Vec<Damage>,
    /// Whether every chunk that is there has an index of its own that could be read.
    pub(crate) is_whole: bool,
}

/// What all threads need to know.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) folder: Arc<StoreFolder>,
    pub(crate) metadata: Arc<StoreMetadata>,
    pub(crate) limits: Limits,
    pub(crate) threads: usize,
    pub(crate) cancel: Cancel,
}

/// Images that may be missing in the folder of a chunk, and it is still believed.
const MOST_HOLES: u64 = 1000;

/// What was found out of a chunk.
struct Loaded {
    files: ChunkFiles,
    /// `None` when nothing of it can be read.
    index: Option<ChunkIndex>,
    /// What is wrong, when its index was not whole.
    note: Option<String>,
}

/// Reads the indexes of all chunks.
///
/// # Errors
///
/// [`Error::TooLarge`] for more frames than the limits allow; [`Error::Stopped`]; [`Error::NotBuilt`] when a chunk without an index
/// is a video and videos are not compiled in. Damage is no error here.
pub(crate) fn build(source: &Source, scan: &Scan) -> Result<Built, Error> {
    let most = source.threads.min(scan.chunks.len().max(1));
    let mut pool = OrderedPool::start("the reader of indexes", most, || {
        let source = source.clone();
        move |files: ChunkFiles| load(&source, files)
    })?;
    for chunk in &scan.chunks {
        pool.submit(chunk.clone());
    }
    let mut parts = Vec::new();
    let mut built = Built {
        index: FrameIndex::default(),
        files: Vec::new(),
        notes: scan.notes.clone(),
        gaps: Vec::new(),
        is_whole: true,
    };
    let mut lost = Vec::new();
    let mut saved: Option<Option<Elsewhere>> = None;
    let mut count = 0u64;
    for loaded in pool {
        if source.cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        let Loaded {
            files,
            mut index,
            mut note,
        } = loaded?;
        if note.is_some()
            && let Some(index) = index.as_mut().filter(|index| is_unknown(index))
        {
            let saved = saved.get_or_insert_with(|| elsewhere(source));
            if let Some((name, found)) = saved.as_ref().and_then(|saved| saved.of(files.number))
                && found.len() == index.len()
            {
                *index = found;
                let wrong = note.unwrap_or_default();
                let wrong = wrong.split(';').next().unwrap_or_default();
                note = Some(format!("{wrong}; numbers and times are those of `{name}`"));
            }
        }
        if let Some(note) = note {
            built.is_whole = false;
            let note = format!("chunk {}: {note}", files.stem());
            if index.is_none() {
                lost.push((files.number, note.clone()));
            }
            built.notes.push(note);
        }
        if let Some(index) = index.filter(|index| !index.is_empty()) {
            count += index.len() as u64;
            source.limits.check_frames(count)?;
            parts.push((files.number, index));
            built.files.push(files);
        }
    }
    built.index = FrameIndex::from_chunks(parts)?;
    lost.extend(missing_of(scan));
    built.gaps = gaps(&built.index, lost);
    Ok(built)
}

impl Built {
    /// What a saved index of these files says; `None` when it is not of them after all.
    pub(crate) fn from_saved(index: FrameIndex, scan: &Scan) -> Option<Self> {
        // A chunk that the index does not have is one that was not there.
        if index.chunks().len() != scan.chunks.len() {
            return None;
        }
        let mut chunks = scan.chunks.iter();
        let files: Option<Vec<_>> = index
            .chunks()
            .iter()
            .map(|entry| chunks.find(|files| files.number == entry.number).cloned())
            .collect();
        let gaps = gaps(&index, missing_of(scan).collect());
        Some(Self {
            files: files?,
            notes: scan.notes.clone(),
            gaps,
            index,
            is_whole: true,
        })
    }
}

/// Whether nobody knows numbers and times.
fn is_unknown(index: &ChunkIndex) -> bool {
    index.numbers.iter().all(|number| *number == UNKNOWN_NUMBER)
}

/// An index of the whole store that another program saved.
struct Elsewhere {
    name: &'static str,
    index: FrameIndex,
}

impl Elsewhere {
    /// What it says of a chunk.
    fn of(&self, number: u64) -> Option<(&'static str, ChunkIndex)> {
        let mut chunks = self.index.chunks().iter();
        let position = chunks.position(|chunk| chunk.number == number)?;
        Some((self.name, self.index.chunk(position)?))
    }
}

/// The first index of another program that can be read.
#[cfg(feature = "sqlite")]
fn elsewhere(source: &Source) -> Option<Elsewhere> {
    super::sqlite::SQLITE_NAMES.into_iter().find_map(|name| {
        source.folder.file(name).ok()?;
        let path = source.folder.path().join(name);
        let index = FrameIndex::read_sqlite(&path, &source.limits).ok()?;
        Some(Elsewhere { name, index })
    })
}

#[cfg(not(feature = "sqlite"))]
const fn elsewhere(_source: &Source) -> Option<Elsewhere> {
    None
}

fn missing_of(scan: &Scan) -> impl Iterator<Item = (u64, String)> {
    let missing = scan.missing.iter();
    missing.map(|number| (*number, format!("chunk {} is missing", stem(*number))))
}

/// Chunks of which nothing can be read, each in front of the first frame behind it.
fn gaps(index: &FrameIndex, mut lost: Vec<(u64, String)>) -> Vec<Damage> {
    lost.sort();
    let place = |number: u64| {
        let chunks = index.chunks();
        let behind = chunks.partition_point(|chunk| chunk.number < number);
        let behind = chunks.get(behind);
        behind.map_or(index.len(), |chunk| chunk.frames.start)
    };
    lost.into_iter()
        .map(|(number, reason)| {
            let at = place(number);
            let frames = at..at;
            Damage { frames, reason }
        })
        .collect()
}

fn load(source: &Source, files: ChunkFiles) -> Result<Loaded, Error> {
    let wrong = match read_index(source, &files) {
        Ok(Some(index)) => {
            let note = index
                .is_empty()
                .then(|| "its index has no frames".to_owned());
            return Ok(Loaded {
                files,
                index: Some(index),
                note,
            });
        }
        Ok(None) => "its index is missing".to_owned(),
        Err(error) => format!("its index cannot be read ({})", chain(&error)),
    };
    let counted = match count_frames(source, &files) {
        Ok(counted) => counted,
        Err(error @ Error::NotBuilt { .. }) => return Err(error),
        Err(error) => {
            let note = format!("{wrong}, nor can its frames ({})", chain(&error));
            return Ok(Loaded {
                files,
                index: None,
                note: Some(note),
            });
        }
    };
    let (index, note) = match journal(source, &files) {
        Some(journal) => {
            let index = journal.first(counted);
            let frames = index.len();
            let note = format!(
                "{wrong}; numbers and times of its {frames} frames are those of its journal"
            );
            (index, note)
        }
        None => {
            let frames = usize::try_from(counted).unwrap_or(usize::MAX);
            source.limits.check_frames(counted)?;
            let index = ChunkIndex {
                numbers: vec![UNKNOWN_NUMBER; frames],
                times: vec![f64::NAN; frames],
                original_numbers: None,
            };
            let note =
                format!("{wrong}; {frames} frames were counted, their numbers and times are lost");
            (index, note)
        }
    };
    Ok(Loaded {
        files,
        index: Some(index),
        note: Some(note),
    })
}

/// The index as it was written; `None` when there is none.
fn read_index(source: &Source, files: &ChunkFiles) -> Result<Option<ChunkIndex>, Error> {
    let mut bytes = Vec::new();
    for name in files.index_names() {
        match source
            .folder
            .read(&name, chunk_index::MOST_BYTES, &mut bytes)
        {
            Ok(()) => {
                let path = source.folder.path().join(&name);
                return ChunkIndex::parse(&bytes, &path, &source.limits).map(Some);
            }
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

fn journal(source: &Source, files: &ChunkFiles) -> Option<Journal> {
    if !files.has_journal {
        return None;
    }
    let path = journal_path(source.folder.path(), files.number);
    let journal = Journal::read(&path, &source.limits).ok()?;
    (journal.header.chunk == files.number && !journal.index.is_empty()).then_some(journal)
}

/// Frames that a chunk has, by its files.
fn count_frames(source: &Source, files: &ChunkFiles) -> Result<u64, Error> {
    match files.content {
        Content::Images => count_images(source, files),
        Content::Video | Content::OpenVideo => count_in_video(source, files),
    }
}

/// One more than the greatest number among the names of images.
fn count_images(source: &Source, files: &ChunkFiles) -> Result<u64, Error> {
    let extension = &source.metadata.format;
    let folder = source.folder.path().join(files.stem());
    let (mut count, mut seen) = (0u64, 0u64);
    for entry in std::fs::read_dir(&folder).map_err(Error::io("list", &folder))? {
        let name = entry.map_err(Error::io("list", &folder))?.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.split_once('.'))
            .filter(|(_, kind)| kind == extension)
            .and_then(|(stem, _)| crate::chunks::number_of(stem));
        if let Some(number) = number {
            count = count.max(number.saturating_add(1));
            seen += 1;
        }
    }
    // A name alone is no reason for as many rows.
    if count > seen.saturating_mul(2).saturating_add(MOST_HOLES) {
        let last = count.saturating_sub(1);
        let reason = format!("an image has the number {last}, and there are only {seen} in all");
        return Err(Error::malformed("imgstore", &folder, reason));
    }
    let most = source.metadata.chunk_frames;
    Ok(count.min(most.max(1)))
}

#[cfg(feature = "ffmpeg")]
fn count_in_video(source: &Source, files: &ChunkFiles) -> Result<u64, Error> {
    use pimage_core::{OnDamage, SeekFrames as _};
    let path = source
        .folder
        .checked(&files.name(&source.metadata.extension))?;
    let options = pimage_video::VideoOptions {
        limits: source.limits,
        on_damage: OnDamage::Skip,
        threads: Some(1),
        ..pimage_video::VideoOptions::default()
    };
    Ok(pimage_video::open(path, &options)?.frame_count())
}

#[cfg(not(feature = "ffmpeg"))]
fn count_in_video(source: &Source, _files: &ChunkFiles) -> Result<u64, Error> {
    Err(crate::video_not_built(&source.metadata))
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
