//! The sources of a mosaic: recordings, and layouts that have sources of their own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pimage_core::{Error, Frame, FrameReader, SeekFrames, StreamInfo};
use pimage_io::ReadOptions;
use pimage_mosaic::{Cell, LayoutCell, LayoutFile, Mosaic, MosaicOptions};

use super::mosaic_plots::{array, data, plot};
use crate::interrupt::Interrupt;
use crate::plot::Data;
use crate::streams;

/// Most sources of a mosaic and of all that are in it.
const MOST_SOURCES: usize = 10_000;
/// How deep layouts may lie in layouts.
const MOST_DEEP: usize = 16;

/// Opens the sources of one mosaic.
pub(crate) struct Opener<'a> {
    read: &'a ReadOptions,
    interrupt: &'a Interrupt,
    /// Files that are read, each once.
    files: BTreeSet<PathBuf>,
    /// The layouts that are being opened, from the outermost one.
    within: Vec<PathBuf>,
    count: usize,
}

/// What a source is.
enum Source {
    Frames(Box<dyn FrameReader>),
    Numbers(Data),
}

/// Cells with their frames.
pub(crate) struct Opened {
    pub(crate) cells: Vec<Cell>,
    /// How many different rates the sources have; those without one do not count.
    pub(crate) rates: usize,
}

impl<'a> Opener<'a> {
    pub(crate) const fn new(read: &'a ReadOptions, interrupt: &'a Interrupt) -> Self {
        Self {
            read,
            interrupt,
            files: BTreeSet::new(),
            within: Vec::new(),
            count: 0,
        }
    }

    /// The cells with the frames of `paths`, one for each.
    pub(crate) fn cells(
        &mut self,
        cells: &[LayoutCell],
        paths: &[PathBuf],
        options: &MosaicOptions,
    ) -> anyhow::Result<Opened> {
        self.count = self.count.saturating_add(paths.len());
        if self.count > MOST_SOURCES {
            let found = format!("{} or more", self.count);
            return Err(Error::bad_option(
                "the number of sources",
                found,
                format!("at most {MOST_SOURCES}, those of layouts in layouts included"),
            )
            .into());
        }
        if paths
            .iter()
            .filter(|path| streams::is_standard(path))
            .count()
            > 1
        {
            let expected = "one source at most, since it can be read only once";
            return Err(Error::bad_option("standard input", "several sources", expected).into());
        }
        // Decoders work side by side: each has its part of the threads.
        let read = ReadOptions {
            threads: Some((pimage_pool::threads(options.threads) / paths.len().max(1)).max(1)),
            ..self.read.clone()
        };
        let inner = MosaicOptions {
            threads: read.threads,
            memory_bytes: options.memory_bytes / 2 / paths.len().max(1) as u64,
            ..options.clone()
        };
        let readers = self.readers(paths, &read, &inner)?;
        let mut rates = BTreeSet::new();
        let mut opened = Vec::with_capacity(paths.len());
        for ((cell, path), reader) in cells.iter().zip(paths).zip(readers) {
            rates.extend(
                reader
                    .info()
                    .rate
                    .map(|rate| (rate.numerator(), rate.denominator())),
            );
            opened.push(cell.cell(reader, path.to_string_lossy())?);
        }
        Ok(Opened {
            cells: opened,
            rates: rates.len(),
        })
    }

    /// The frames of all sources; data files are plots beside the first recording.
    fn readers(
        &mut self,
        paths: &[PathBuf],
        read: &ReadOptions,
        options: &MosaicOptions,
    ) -> anyhow::Result<Vec<Box<dyn FrameReader>>> {
        let mut sources = Vec::with_capacity(paths.len());
        for path in paths {
            sources.push(self.source(path, read, options)?);
        }
        let recordings = || {
            let both = sources.iter().zip(paths);
            both.filter_map(|(source, path)| match source {
                Source::Frames(reader) => Some((reader, path)),
                Source::Numbers(_) => None,
            })
        };
        let sizes = recordings().map(|(reader, _)| reader.info().format);
        let size = sizes.fold(None, |largest: Option<(u32, u32)>, format| {
            let (width, height) = largest.unwrap_or_default();
            Some((width.max(format.width), height.max(format.height)))
        });
        let moving = recordings().find(|(reader, path)| {
            reader.info().frame_count.exact() != Some(1) && !streams::is_standard(path)
        });
        let moving = moving.map(|(_, path)| path.clone());
        let mut readers = Vec::with_capacity(paths.len());
        for source in sources {
            readers.push(match source {
                Source::Frames(reader) => reader,
                Source::Numbers(data) => {
                    // One of its own, since its times may have to be read.
                    let beside = moving.as_ref().map(|path| self.open(path, read, options));
                    plot(data, size, beside.transpose()?, &self.interrupt.cancel)?
                }
            });
        }
        Ok(readers)
    }

    /// Opens one source, or reads it when it is a data file.
    fn source(
        &mut self,
        path: &Path,
        read: &ReadOptions,
        options: &MosaicOptions,
    ) -> anyhow::Result<Source> {
        let cancel = &self.interrupt.cancel;
        if let Some(data) = data(path, &options.limits, cancel)? {
            self.note(path);
            return Ok(Source::Numbers(data));
        }
        let opened = self.open(path, read, options);
        opened.map(Source::Frames).or_else(|error| {
            let numbers = array(path, &options.limits, &self.interrupt.cancel);
            numbers.map(Source::Numbers).ok_or(error)
        })
    }

    /// Opens one recording.
    fn open(
        &mut self,
        path: &Path,
        read: &ReadOptions,
        options: &MosaicOptions,
    ) -> anyhow::Result<Box<dyn FrameReader>> {
        if self.interrupt.cancel.is_cancelled() {
            return Err(Error::Stopped.into());
        }
        if is_layout(path) {
            return Ok(Box::new(self.nested(path, options)?));
        }
        self.note(path);
        streams::open(path, read, &self.interrupt.cancel)
    }

    /// Keeps in mind that a file is read.
    fn note(&mut self, path: &Path) {
        let split = pimage_io::split_variable(path);
        let file = split.map_or_else(|| path.to_path_buf(), |(file, _)| file);
        self.files.insert(file);
    }

    /// The mosaic of a layout that is a source of another one.
    fn nested(&mut self, path: &Path, options: &MosaicOptions) -> anyhow::Result<Mosaic> {
        let file = LayoutFile::read(path)?;
        let known = path.canonicalize().map_err(Error::io("open", path))?;
        if self.within.contains(&known) {
            return Err(Error::unsupported(path, "it is a source of itself").into());
        }
        if self.within.len() >= MOST_DEEP {
            let reason = format!("it lies in more than {MOST_DEEP} layouts");
            return Err(Error::unsupported(path, reason).into());
        }
        self.within.push(known);
        let mosaic = self.layout(path, &file, options);
        self.within.pop();
        Ok(mosaic?.0)
    }

    /// The mosaic that `file` says, which was read from `path`, and how many rates its sources have.
    pub(crate) fn layout(
        &mut self,
        path: &Path,
        file: &LayoutFile,
        options: &MosaicOptions,
    ) -> anyhow::Result<(Mosaic, usize)> {
        self.files.insert(path.to_path_buf());
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        let paths: Vec<PathBuf> = file.cells.iter().map(|cell| cell.path(folder)).collect();
        let options = MosaicOptions {
            align: file.align,
            rate: file.rate,
            ..options.clone()
        };
        let opened = self.cells(&file.cells, &paths, &options)?;
        let mosaic = Mosaic::new(opened.cells, &file.layout(), &options)
            .map_err(|error| error.of_part(format!("the layout `{}`", path.display())))?;
        Ok((mosaic, opened.rates))
    }

    /// The mosaic as a reader that tells all its files but the one by whose name it is called.
    pub(crate) fn finish(mut self, mosaic: Mosaic, name: &Path) -> Box<dyn FrameReader> {
        let mut info = mosaic.info().clone();
        // Its bytes are those of its sources' files.
        info.codec = Some(info.container.clone());
        self.files.remove(name);
        Box::new(Sources {
            mosaic,
            info,
            files: self.files.into_iter().collect(),
        })
    }
}

/// Whether a source is the layout of a mosaic.
fn is_layout(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

/// A mosaic that tells all files that are read.
struct Sources {
    mosaic: Mosaic,
    info: StreamInfo,
    files: Vec<PathBuf>,
}

impl FrameReader for Sources {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        self.mosaic.read_into(frame)
    }

    fn damage(&self) -> &[pimage_core::Damage] {
        self.mosaic.damage()
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files = self.files.clone();
        files.extend(self.mosaic.files());
        files
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        self.mosaic.as_seek()
    }
}
