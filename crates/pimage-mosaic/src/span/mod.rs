//! How long a mosaic is, and when its frames are shown.

mod build;
mod ends;
mod timed;

use pimage_core::{Clock, FrameCount, FrameFormat, FrameRate, StreamInfo, Timestamp, keys};

use self::ends::Ends;
use crate::lane::Lane;
use crate::source::Picture;
use crate::timing::{Moment, TimeSchedule, later, moment_of, timestamp_of};

pub(crate) use build::{Source, bring_together};

/// How long a mosaic is, and when its frames are shown.
pub(crate) struct Span {
    ends: Ends,
    beats: Beats,
    rate: Option<FrameRate>,
    clock: Clock,
    is_variable: bool,
    count: FrameCount,
}

/// What says when frames of the mosaic are shown.
enum Beats {
    /// Their index. The times are those of the reference as long as it lasts; those after it follow this one of its frames.
    Counted {
        reference: Option<usize>,
        latest: Option<(u64, Timestamp)>,
    },
    /// A clock that begins at this time.
    Regular { start: Moment, rate: FrameRate },
    /// The frames of the reference; times of the mosaic are its times by this schedule.
    Followed {
        reference: usize,
        schedule: Box<TimeSchedule>,
    },
}

impl Span {
    /// What the mosaic says of itself.
    pub(crate) fn info(&self, format: &FrameFormat) -> StreamInfo {
        let mut info = StreamInfo::new("mosaic", *format, self.count);
        info.rate = self.rate;
        info.clock = self.clock;
        if self.is_variable {
            info.metadata
                .insert(keys::VARIABLE_RATE.to_owned(), true.into());
        }
        info
    }

    /// Whether the mosaic has ended before frame `index`.
    pub(crate) fn is_over(&self, index: u64, lanes: &[Lane]) -> bool {
        let is_over = |lane: &Lane| lane.end.is_some_and(|end| index >= end);
        self.ends.are_met(lanes.iter().map(is_over))
    }

    /// The times of frames `from` on, at most `most` of them, as far as they are known by now.
    pub(crate) fn moments(
        &self,
        from: u64,
        most: usize,
        lanes: &[Lane],
        moments: &mut Vec<Option<Moment>>,
    ) {
        moments.clear();
        let known = (from..).map_while(|index| self.moment(index, lanes));
        moments.extend(known.take(most));
    }

    /// The time of a frame, as far as it is known by now; `Some(None)` when nobody will ever know.
    fn moment(&self, index: u64, lanes: &[Lane]) -> Option<Option<Moment>> {
        match &self.beats {
            Beats::Counted { .. } => Some(None),
            Beats::Regular { start, rate } => {
                let ticks = i128::from(index) * i128::from(rate.denominator());
                Some(Some(
                    start + Moment::new(ticks, i128::from(rate.numerator())),
                ))
            }
            Beats::Followed {
                reference,
                schedule,
            } => {
                let stamp = match lanes.get(*reference)?.picture_at(index)? {
                    Picture::Frame(frame, _) => Some(&frame.stamp),
                    Picture::Missing(_, next) => next.as_ref(),
                    _ => None,
                };
                let time = stamp.and_then(|stamp| schedule.stamp_time(stamp));
                Some(time.map(|time| schedule.mosaic_time(time)))
            }
        }
    }

    /// When frame `index` is shown; its pictures are the first in the lanes.
    pub(crate) fn time(&mut self, index: u64, lanes: &[Lane]) -> Option<Timestamp> {
        let constant = self.rate.map(|rate| rate.time_of(index));
        let since = |known: u64, time: Timestamp| {
            later(time, i128::from(index) - i128::from(known), self.rate?)
        };
        match &mut self.beats {
            Beats::Regular { start, .. } => timestamp_of(*start).and_then(|start| since(0, start)),
            Beats::Followed {
                reference,
                schedule,
            } => {
                let time = match lanes.get(*reference)?.picture() {
                    Picture::Frame(frame, _) => frame.stamp.time.or(constant),
                    Picture::Missing(_, Some(next)) => next
                        .time
                        .and_then(|time| since(next.index, time))
                        .or(constant),
                    _ => None,
                };
                match schedule.is_plain() {
                    true => time,
                    false => timestamp_of(schedule.mosaic_time(moment_of(time?))),
                }
            }
            Beats::Counted { reference, latest } => {
                let Some(lane) = reference.and_then(|reference| lanes.get(reference)) else {
                    return constant;
                };
                match lane.picture() {
                    Picture::Frame(frame, position) if *position == index => {
                        let time = frame.stamp.time;
                        if lane.count.is_none_or(|count| index + 1 >= count) {
                            *latest = time.map(|time| (index, time)).or(*latest);
                        }
                        time
                    }
                    // As much before the frame that follows as the rate says.
                    Picture::Missing(position, Some(next)) if *position == index => next
                        .time
                        .and_then(|time| since(next.index, time))
                        .or(constant),
                    _ => latest
                        .and_then(|(known, time)| since(known, time))
                        .or(constant),
                }
            }
        }
    }
}
