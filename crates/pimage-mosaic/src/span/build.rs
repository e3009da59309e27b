//! Which source is shown when, and for how long.

use pimage_core::{Clock, Error, FrameCount, FrameRate, Timestamp, keys};

use super::ends::{Ends, Role};
use super::timed::timed;
use super::{Beats, Span};
use crate::MosaicOptions;
use crate::buffer::{BufferMode, BufferPool};
use crate::prepare::Prepared;
use crate::source::{By, Feed, Positions};
use crate::timing::{Align, AtEnd, IndexSchedule, Offset};

/// A source that is ready to be read.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) feed: Feed,
    pub(crate) frame_bytes: usize,
}

/// Brings cells together in time.
pub(crate) fn bring_together(
    cells: Vec<Prepared>,
    options: &MosaicOptions,
    pool: &BufferPool,
) -> Result<(Span, Vec<Source>), Error> {
    let moving = cells.iter().position(|cell| !is_still(cell));
    match (moving, options.align) {
        (None, _) | (_, Align::Index) => counted(cells, moving, options, pool),
        (Some(first), _) => timed(cells, first, options, pool),
    }
}

/// Whether a cell is a still image.
pub(super) fn is_still(cell: &Prepared) -> bool {
    cell.info.frame_count.exact() == Some(1) && cell.timing.at_end.is_none()
}

pub(super) fn role(cell: &Prepared) -> Role {
    match is_still(cell) {
        true => Role::Still,
        false => Role::of(cell.timing.at_end),
    }
}

pub(super) fn at_end(cell: &Prepared) -> AtEnd {
    let usual = match is_still(cell) {
        true => AtEnd::Hold,
        false => AtEnd::Background,
    };
    cell.timing.at_end.unwrap_or(usual)
}

pub(super) fn index_schedule(
    cell: &Prepared,
    rate: Option<FrameRate>,
) -> Result<IndexSchedule, Error> {
    Ok(IndexSchedule {
        offset: frames(cell.timing.offset, rate).map_err(|error| error.of_part(&cell.name))?,
        speed: cell.timing.speed,
        at_end: at_end(cell),
    })
}

/// An offset in frames of the mosaic, to the nearest.
fn frames(offset: Offset, rate: Option<FrameRate>) -> Result<i64, Error> {
    match (offset, rate) {
        (Offset::Frames(frames), _) => Ok(frames),
        (Offset::Time(time), Some(rate)) => Ok(time.ticks_in(rate.timebase())),
        (Offset::Time(_), None) => Err(Error::bad_option(
            "the offset",
            offset.to_string(),
            "a number of frames, for the mosaic has no rate (`--fps` gives it one)",
        )),
    }
}

/// The frames of a cell, kept where they are read more than once.
pub(super) fn positions(
    cell: Prepared,
    options: &MosaicOptions,
    pool: &BufferPool,
) -> Result<Positions, Error> {
    let mut positions = Positions::new(cell.reader);
    let is_wanted = match options.buffer {
        BufferMode::None => false,
        BufferMode::Auto => cell.timing.at_end == Some(AtEnd::Loop),
        BufferMode::Memory | BufferMode::Zarr => true,
    };
    if is_wanted && positions.count() != Some(1) {
        positions.buffer(pool)?;
    }
    Ok(positions)
}

/// A cell whose frames are counted.
pub(super) fn counted_source(
    cell: Prepared,
    schedule: IndexSchedule,
    options: &MosaicOptions,
    pool: &BufferPool,
) -> Result<Source, Error> {
    let name = cell.name.clone();
    let frame_bytes = frame_bytes(&cell);
    let positions = positions(cell, options, pool).map_err(|error| error.of_part(&name))?;
    Ok(Source {
        name,
        feed: Feed::new(positions, By::Index(schedule)),
        frame_bytes,
    })
}

/// The size of a frame as it is shown.
pub(super) fn frame_bytes(cell: &Prepared) -> usize {
    let format = &cell.reader.info().format;
    format.frame_bytes().unwrap_or(usize::MAX).max(1)
}

/// Frames by their indices.
fn counted(
    cells: Vec<Prepared>,
    moving: Option<usize>,
    options: &MosaicOptions,
    pool: &BufferPool,
) -> Result<(Span, Vec<Source>), Error> {
    let first = moving.and_then(|index| cells.get(index));
    let rate = options.rate.or_else(|| first?.info.rate);
    // Its frames are those of the mosaic one by one.
    let is_plain = |cell: &Prepared| cell.timing.offset.is_zero() && cell.timing.speed.is_one();
    let reference = moving.filter(|_| options.rate.is_none() && first.is_some_and(is_plain));
    let of_reference = first.filter(|_| reference.is_some()).map(|cell| &cell.info);
    let mut span = Span {
        ends: Ends::new(cells.iter().map(role).collect()),
        rate,
        clock: of_reference.map_or(Clock::Start, |info| info.clock),
        is_variable: of_reference
            .is_some_and(|info| info.metadata.contains_key(keys::VARIABLE_RATE)),
        count: FrameCount::Unknown,
        beats: Beats::Counted {
            reference,
            latest: None,
        },
    };
    let mut sources = Vec::new();
    let mut claimed = Vec::new();
    for cell in cells {
        let schedule = index_schedule(&cell, rate)?;
        let count = cell.info.frame_count.get();
        claimed.push(count.map(|count| schedule.end(count)));
        sources.push(counted_source(cell, schedule, options, pool)?);
    }
    let exact = span.ends.of(sources.iter().map(|source| source.feed.end()));
    span.count = match (exact, span.ends.of(claimed.into_iter())) {
        (Some(count), _) => FrameCount::Exact(count),
        (None, Some(count)) => FrameCount::Estimated(count),
        (None, None) => FrameCount::Unknown,
    };
    if let (Some(reference), Some(count)) = (reference, exact)
        && let Some(source) = sources.get_mut(reference)
    {
        span.beats = Beats::Counted {
            latest: last_time(&mut source.feed, count),
            reference: Some(reference),
        };
    }
    Ok((span, sources))
}

/// The last time of a reference, after which those of the mosaic go on, where it is shorter than the mosaic.
fn last_time(feed: &mut Feed, count: u64) -> Option<(u64, Timestamp)> {
    let last = feed.count().filter(|own| *own < count)?.checked_sub(1)?;
    // A source that fails here fails again where it is shown.
    let stamp = feed.positions().stamp_of(last).ok()??;
    Some((stamp.index, stamp.time?))
}
