//! Sources that are brought together by their times.

use pimage_core::{Error, FrameCount, FrameRate, keys};

use super::build::{
    Source, at_end, counted_source, frame_bytes, index_schedule, is_still, positions, role,
};
use super::ends::{Ends, Role};
use super::{Beats, Span};
use crate::MosaicOptions;
use crate::buffer::BufferPool;
use crate::prepare::Prepared;
use crate::source::{By, Feed, Track};
use crate::timing::{AtEnd, IndexSchedule, Moment, Offset, Speed, TimeSchedule, moment_of};

/// A source, and when it is shown if it is no still image.
struct Timed {
    source: Source,
    schedule: Option<TimeSchedule>,
    /// When it is over, in the time of the mosaic, once that is known.
    over: Option<Moment>,
}

/// Frames by their times; cell `first` is no still image.
pub(super) fn timed(
    cells: Vec<Prepared>,
    first: usize,
    options: &MosaicOptions,
    pool: &BufferPool,
) -> Result<(Span, Vec<Source>), Error> {
    let Some(reference) = cells.get(first) else {
        return Err(Error::bad_option("the number of sources", "0", "1 or more"));
    };
    let info = reference.info.clone();
    let rate = options.rate.or(info.rate);
    same_clocks(&cells, reference)?;
    let roles: Vec<Role> = cells.iter().map(role).collect();
    let mut all = Vec::new();
    for (index, cell) in cells.into_iter().enumerate() {
        let is_followed = index == first && options.rate.is_none();
        let name = cell.name.clone();
        let one = one(cell, is_followed, rate, options, pool);
        all.push(one.map_err(|error| error.of_part(&name))?);
    }
    let (beats, ends, count) = match options.rate {
        Some(rate) => regular(&all, roles, rate),
        None => followed(&mut all, roles, first)?,
    };
    let span = Span {
        ends,
        beats,
        rate,
        clock: info.clock,
        is_variable: options.rate.is_none() && info.metadata.contains_key(keys::VARIABLE_RATE),
        count,
    };
    Ok((span, all.into_iter().map(|one| one.source).collect()))
}

/// An error unless the times of all count from the same zero.
fn same_clocks(cells: &[Prepared], reference: &Prepared) -> Result<(), Error> {
    let clock = reference.info.clock;
    let other = cells
        .iter()
        .find(|cell| !is_still(cell) && cell.info.clock != clock);
    let Some(other) = other else {
        return Ok(());
    };
    Err(Error::bad_option(
        "--align",
        format!(
            "by the times of {} which count from the {}",
            other.name,
            other.info.clock.name()
        ),
        format!(
            "times from the {}, as those of {} (`index` aligns without times)",
            clock.name(),
            reference.name
        ),
    ))
}

/// One source; that which is followed gives its frames one by one.
fn one(
    cell: Prepared,
    is_followed: bool,
    rate: Option<FrameRate>,
    options: &MosaicOptions,
    pool: &BufferPool,
) -> Result<Timed, Error> {
    if is_still(&cell) {
        let schedule = index_schedule(&cell, rate)?;
        return Ok(Timed {
            source: counted_source(cell, schedule, options, pool)?,
            schedule: None,
            over: None,
        });
    }
    let schedule = TimeSchedule {
        align: options.align,
        offset: duration(cell.timing.offset, rate)?,
        speed: cell.timing.speed,
        at_end: at_end(&cell),
        first: Moment::default(),
        rate: cell.info.rate,
    };
    let name = cell.name.clone();
    let frame_bytes = frame_bytes(&cell);
    let mut positions = positions(cell, options, pool)?;
    let track = Track::new(schedule, &mut positions, &mut Vec::new())?;
    let schedule = track.schedule().clone();
    let over = track.end().map(|end| schedule.mosaic_time(end));
    let by = match is_followed {
        true => By::Index(IndexSchedule {
            offset: 0,
            speed: Speed::default(),
            at_end: AtEnd::Background,
        }),
        false => {
            track.expect_order()?;
            By::Time(Box::new(track))
        }
    };
    Ok(Timed {
        source: Source {
            name,
            feed: Feed::new(positions, by),
            frame_bytes,
        },
        schedule: Some(schedule),
        over,
    })
}

/// An offset in time.
fn duration(offset: Offset, rate: Option<FrameRate>) -> Result<Moment, Error> {
    match (offset, rate) {
        (Offset::Time(time), _) => Ok(moment_of(time)),
        (Offset::Frames(0), _) => Ok(Moment::default()),
        (Offset::Frames(frames), Some(rate)) => {
            let up = i128::from(frames) * i128::from(rate.denominator());
            Ok(Moment::new(up, i128::from(rate.numerator())))
        }
        (Offset::Frames(_), None) => Err(Error::bad_option(
            "the offset",
            offset.to_string(),
            "a time such as 0.5s, for the mosaic has no rate (`--fps` gives it one)",
        )),
    }
}

/// By a clock that begins with the first of the sources.
fn regular(all: &[Timed], roles: Vec<Role>, rate: FrameRate) -> (Beats, Ends, FrameCount) {
    // A source without frames has no time of its own.
    let shown = all.iter().filter(|one| one.source.feed.count() != Some(0));
    let schedules = shown.filter_map(|one| one.schedule.as_ref());
    let starts = schedules.map(|schedule| schedule.mosaic_time(schedule.first));
    let start = starts.min().unwrap_or_default();
    let ends = Ends::new(roles);
    let frames = ends.of(all.iter().map(|one| one.over)).map(|end| {
        let up = Moment::new(i128::from(rate.numerator()), i128::from(rate.denominator()));
        let frames = ((end - start) * up).ceil().to_integer().max(0);
        u64::try_from(frames).unwrap_or(u64::MAX)
    });
    let count = frames.map_or(FrameCount::Unknown, FrameCount::Exact);
    (Beats::Regular { start, rate }, ends, count)
}

/// By the frames of one source.
fn followed(
    all: &mut [Timed],
    mut roles: Vec<Role>,
    first: usize,
) -> Result<(Beats, Ends, FrameCount), Error> {
    // Beside it, only what stops has a say.
    for (index, role) in roles.iter_mut().enumerate() {
        if index == first {
            *role = Role::Stop;
        } else if *role != Role::Stop {
            *role = Role::Loop;
        }
    }
    let others = all.iter().zip(&roles).enumerate();
    let stopping = others.filter(|(index, (_, role))| *index != first && **role == Role::Stop);
    let stops: Option<Vec<Moment>> = stopping.map(|(_, (one, _))| one.over).collect();
    let ends = Ends::new(roles);
    let reference = all
        .get_mut(first)
        .map(|one| (&mut one.source, one.schedule.clone()));
    let Some((source, Some(schedule))) = reference else {
        return Err(Error::bad_option("the number of sources", "0", "1 or more"));
    };
    let stop = stops.as_ref().map(|stops| stops.iter().min().copied());
    let count = match (source.feed.count(), stop) {
        (Some(count), Some(None)) => FrameCount::Exact(count),
        (Some(count), Some(Some(stop))) if source.feed.positions().is_seekable() => {
            FrameCount::Exact(first_at(stop, count, &schedule, source)?)
        }
        _ => FrameCount::Unknown,
    };
    let beats = Beats::Followed {
        reference: first,
        schedule: Box::new(schedule),
    };
    Ok((beats, ends, count))
}

/// The first frame of the reference at or after a time of the mosaic.
fn first_at(
    moment: Moment,
    count: u64,
    schedule: &TimeSchedule,
    reference: &mut Source,
) -> Result<u64, Error> {
    let (mut from, mut to) = (0, count);
    while from < to {
        let middle = from + (to - from) / 2;
        let stamp = reference.feed.positions().stamp_of(middle);
        let stamp = stamp.map_err(|error| error.of_part(&reference.name))?;
        let time = stamp.and_then(|stamp| schedule.stamp_time(&stamp));
        match time {
            Some(time) if schedule.mosaic_time(time) < moment => from = middle + 1,
            _ => to = middle,
        }
    }
    Ok(from)
}
