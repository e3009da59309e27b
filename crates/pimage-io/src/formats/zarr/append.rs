//! The store to which frames are added.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

use pimage_core::{Error, Frame, FrameFormat, FrameReader, Limits, SeekFrames, Stamp, StreamInfo};

use super::columns::Columns;
use super::document::{Document, inside};
use super::find::find;
use super::open::open_array;
use super::plan::Plan;
use super::reader::ZarrReader;
use crate::{ReadOptions, WriteOptions};

/// A store that is there, and how to go on with it.
#[derive(Debug)]
pub(super) struct Resumed {
    /// The folder of each array in the store, and how it is cut; the finest resolution first.
    pub(super) plans: Vec<(String, Plan)>,
    pub(super) format: FrameFormat,
    pub(super) info: StreamInfo,
    /// Frames that are there.
    pub(super) count: u64,
    pub(super) has_times: bool,
    pub(super) has_numbers: bool,
    columns: Columns,
    lengths: Vec<u64>,
    reader: ZarrReader,
}

impl Resumed {
    /// Looks at the store at `path`.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when it is none that pimage writes; [`Error::BadOption`] for options that it has decided.
    pub(super) fn open(path: &Path, options: &WriteOptions) -> Result<Self, Error> {
        let zarr = &options.zarr;
        let given = [
            ("--compression", options.compression.is_some()),
            ("--chunk", zarr.chunk.is_some()),
            ("--shard", zarr.shard.is_some()),
            ("--levels", zarr.levels.is_some()),
        ];
        if let Some((option, _)) = given.into_iter().find(|(_, is_given)| *is_given) {
            let expected = "no value: frames are added as those before were written";
            return Err(Error::bad_option(option, "given with --append", expected));
        }
        let read = ReadOptions {
            limits: Limits::default(),
            ..ReadOptions::default()
        };
        let found = find(path, None, &read.limits)?;
        let Some((group, _)) = found.group.clone().filter(|(group, _)| group == path) else {
            let reason = "frames can only be added to a group such as pimage writes";
            return Err(Error::unsupported(path, reason));
        };
        let (reader, layout) = open_array(path, found, &read)?;
        let document = reader.document();
        let name_of = |document: &Document| {
            let name = document.path.strip_prefix(path).unwrap_or(&document.path);
            name.to_string_lossy().into_owned()
        };
        let info = reader.info().clone();
        let format = info.format;
        let mut plans = vec![(name_of(document), Plan::of(document, &layout, format)?)];
        let mut half = format;
        for level in reader.coarser() {
            half.width = half.width.div_ceil(2);
            half.height = half.height.div_ceil(2);
            let folder = inside(path, level)?;
            let coarser = Document::read(&folder, &read.limits)?;
            let coarser = coarser.ok_or_else(|| {
                Error::unsupported(path, format!("its level `{level}` is no array"))
            })?;
            let found = layout.format(&folder, &coarser.shape, format.sample)?;
            if (found.width, found.height) != (half.width, half.height) {
                let reason =
                    format!("its level `{level}` is not half of the one before, rounded up");
                return Err(Error::unsupported(path, reason));
            }
            plans.push((name_of(&coarser), Plan::of(&coarser, &layout, half)?));
        }
        let lengths: Vec<u64> = layout
            .outer
            .iter()
            .filter_map(|at| document.shape.get(*at).copied())
            .collect();
        let columns = Columns::open(&group, &lengths, &read.limits);
        Ok(Self {
            plans,
            format,
            info,
            count: reader.frame_count(),
            has_times: columns.has_times(),
            has_numbers: columns.has_numbers(),
            columns,
            lengths,
            reader,
        })
    }

    /// The stamp of a frame that is there.
    pub(super) fn stamp(&mut self, index: u64) -> Stamp {
        let mut rest = index;
        let mut positions = Vec::new();
        for length in self.lengths.iter().rev() {
            positions.push(rest % (*length).max(1));
            rest /= (*length).max(1);
        }
        positions.reverse();
        let mut stamp = Stamp::at(index);
        self.columns.stamp(&positions, None, &mut stamp);
        stamp
    }

    /// The pixels of a frame that is there.
    pub(super) fn read(&mut self, index: u64, frame: &mut Frame) -> Result<(), Error> {
        self.reader.seek(index)?;
        if self.reader.read_into(frame)? {
            return Ok(());
        }
        let (path, frame_count) = (self.info.container.clone().into(), self.count);
        Err(Error::OutOfRange {
            path,
            frame: index,
            frame_count,
        })
    }
}
