//! How long a mosaic is, and when its frames are shown.

use pimage_core::{Clock, Error, FrameCount, FrameFormat, FrameRate, StreamInfo, Timestamp, keys};

use crate::MosaicOptions;
use crate::lane::Lane;
use crate::prepare::Prepared;
use crate::source::Picture;
use crate::timing::{AtEnd, IndexSchedule, Offset, Schedule, later};

/// How long a mosaic is, and when its frames are shown.
pub(crate) struct Span {
    roles: Vec<Role>,
    schedules: Vec<Schedule>,
    /// The source whose times are those of the mosaic, as long as it lasts.
    reference: Option<usize>,
    rate: Option<FrameRate>,
    clock: Clock,
    is_variable: bool,
    /// The last time of the reference that was met, with its index.
    latest: Option<(u64, Timestamp)>,
}

/// What a source has to say of the end of the mosaic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The mosaic ends when it does.
    Stop,
    /// The mosaic does not end before it.
    Last,
    /// Nothing, unless there are only such.
    Loop,
    /// Nothing, unless there are only such.
    Still,
}

impl Span {
    pub(crate) fn new(cells: &[Prepared], options: &MosaicOptions) -> Result<Self, Error> {
        let is_still = |cell: &Prepared| {
            cell.info.frame_count.exact() == Some(1) && cell.timing.at_end.is_none()
        };
        let roles = cells.iter().map(|cell| match cell.timing.at_end {
            _ if is_still(cell) => Role::Still,
            None | Some(AtEnd::Background | AtEnd::Hold) => Role::Last,
            Some(AtEnd::Loop) => Role::Loop,
            Some(AtEnd::Stop) => Role::Stop,
        });
        let moving = cells.iter().position(|cell| !is_still(cell));
        let first = moving
            .and_then(|index| cells.get(index))
            .map(|cell| &cell.info);
        let rate = options.rate.or_else(|| first?.rate);
        // Its frames are those of the mosaic one by one.
        let is_plain = |cell: &Prepared| cell.timing.offset.is_zero() && cell.timing.speed.is_one();
        let reference = moving
            .filter(|index| options.rate.is_none() && cells.get(*index).is_some_and(is_plain));
        let schedules = cells.iter().map(|cell| {
            let usual = match is_still(cell) {
                true => AtEnd::Hold,
                false => AtEnd::Background,
            };
            Ok(Schedule::Index(IndexSchedule {
                offset: frames(cell.timing.offset, rate)
                    .map_err(|error| error.of_part(&cell.name))?,
                speed: cell.timing.speed,
                at_end: cell.timing.at_end.unwrap_or(usual),
            }))
        });
        let of_reference = first.filter(|_| reference.is_some());
        Ok(Self {
            roles: roles.collect(),
            schedules: schedules.collect::<Result<_, Error>>()?,
            reference,
            rate,
            clock: of_reference.map_or(Clock::Start, |info| info.clock),
            is_variable: of_reference
                .is_some_and(|info| info.metadata.contains_key(keys::VARIABLE_RATE)),
            latest: None,
        })
    }

    /// When the frames of the sources are due.
    pub(crate) fn schedules(&self) -> &[Schedule] {
        &self.schedules
    }

    /// What the mosaic says of itself, but for its length.
    pub(crate) fn info(&self, format: &FrameFormat) -> StreamInfo {
        let mut info = StreamInfo::new("mosaic", *format, FrameCount::Unknown);
        info.rate = self.rate;
        info.clock = self.clock;
        if self.is_variable {
            info.metadata
                .insert(keys::VARIABLE_RATE.to_owned(), true.into());
        }
        info
    }

    /// How many frames the mosaic has, as far as that is known before it is read.
    pub(crate) fn count(&self, lanes: &[Lane], claimed: &[FrameCount]) -> FrameCount {
        let exact = lanes.iter().map(|lane| lane.end);
        if let Some(count) = self.end(exact) {
            return FrameCount::Exact(count);
        }
        let ends = self.schedules.iter().zip(claimed);
        let ends = ends.map(|(schedule, count)| Some(schedule.end(count.get()?)));
        self.end(ends)
            .map_or(FrameCount::Unknown, FrameCount::Estimated)
    }

    /// Whether the mosaic has ended before frame `index`.
    pub(crate) fn is_over(&self, index: u64, lanes: &[Lane]) -> bool {
        let deciding = self.deciding();
        let mut ends = self
            .roles
            .iter()
            .zip(lanes)
            .filter(|(role, _)| Some(**role) == deciding);
        let is_over = |lane: &Lane| lane.end.is_some_and(|end| index >= end);
        match deciding {
            Some(Role::Stop) => ends.any(|(_, lane)| is_over(lane)),
            _ => ends.all(|(_, lane)| is_over(lane)),
        }
    }

    /// The end of the mosaic from those of its sources, when those that decide are known.
    fn end(&self, ends: impl Iterator<Item = Option<u64>>) -> Option<u64> {
        let deciding = self.deciding()?;
        let ends = self.roles.iter().zip(ends);
        let mut ends = ends
            .filter(|(role, _)| **role == deciding)
            .map(|(_, end)| end);
        let first = ends.next()??;
        ends.try_fold(first, |most, end| {
            end.map(|end| match deciding {
                Role::Stop => most.min(end),
                _ => most.max(end),
            })
        })
    }

    /// Which sources decide on the end.
    fn deciding(&self) -> Option<Role> {
        let all = [Role::Stop, Role::Last, Role::Loop, Role::Still];
        all.into_iter().find(|role| self.roles.contains(role))
    }

    /// Looks at the last frame of the reference, after whose time those of the mosaic go on, where it is shorter than the mosaic.
    pub(crate) fn look_for_last(&mut self, count: FrameCount, lanes: &mut [Lane]) {
        let reference = self
            .reference
            .and_then(|reference| lanes.get_mut(reference));
        let Some(lane) = reference.filter(|lane| lane.end < count.exact()) else {
            return;
        };
        let last = lane.count.and_then(|count| count.checked_sub(1));
        if let (Some(last), Some(feed)) = (last, lane.feed()) {
            // A source that fails here fails again where it is shown.
            let stamp = feed.positions().stamp_of(last).ok().flatten();
            self.latest = stamp.and_then(|stamp| Some((last, stamp.time?)));
        }
    }

    /// When frame `index` is shown; its pictures are the first in the lanes.
    pub(crate) fn time(&mut self, index: u64, lanes: &[Lane]) -> Option<Timestamp> {
        let constant = self.rate.map(|rate| rate.time_of(index));
        let Some(lane) = self.reference.and_then(|reference| lanes.get(reference)) else {
            return constant;
        };
        let since = |known: u64, time: Timestamp| {
            later(time, i128::from(index) - i128::from(known), self.rate?)
        };
        match lane.picture() {
            Picture::Frame(frame, position) if *position == index => {
                let time = frame.stamp.time;
                if lane.count.is_none_or(|count| index + 1 >= count) {
                    self.latest = time.map(|time| (index, time)).or(self.latest);
                }
                time
            }
            // As much before the frame that follows as the rate says.
            Picture::Missing(position, Some(next)) if *position == index => next
                .time
                .and_then(|time| since(next.index, time))
                .or(constant),
            _ => self
                .latest
                .and_then(|(known, time)| since(known, time))
                .or(constant),
        }
    }
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
