//! Frames chosen by their positions on named axes, lazily.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::{
    Axis, Damage, Error, Frame, FrameCount, FrameReader, Limits, SeekFrames, StreamInfo, frames_of,
};

/// Which positions of an axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Positions {
    /// One; the axis is gone afterwards.
    One(u64),
    /// From `start` to before `stop` (or the end), every `step`-th.
    Range {
        /// The first position.
        start: u64,
        /// The position before which to stop; `None` is the end.
        stop: Option<u64>,
        /// Distance between two positions; at least 1.
        step: u64,
    },
    /// These, in this order; a position may come again.
    List(Vec<u64>),
}

/// Positions of a named axis: `z=3`, `t=10..20`, `t=..:5`, `c=0,2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The axis.
    pub axis: String,
    /// Its positions.
    pub positions: Positions,
}

impl FromStr for Selection {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || {
            Error::bad_option(
                "--select",
                format!("`{text}`"),
                "AXIS=POSITION, AXIS=A..B, AXIS=A..B:STEP or AXIS=A,B,C, such as z=3 or t=0..100:5, counted from 0",
            )
        };
        let number = |text: &str| text.trim().parse::<u64>().ok().ok_or_else(refused);
        let optional = |text: &str| match text.trim() {
            "" => Ok(None),
            digits => number(digits).map(Some),
        };
        let (axis, positions) = text.split_once('=').ok_or_else(refused)?;
        let axis = axis.trim().to_lowercase();
        if axis.is_empty() {
            return Err(refused());
        }
        let positions = if let Some((start, rest)) = positions.split_once("..") {
            let (stop, step) = match rest.split_once(':') {
                Some((stop, step)) => (stop, number(step)?),
                None => (rest, 1),
            };
            let (start, stop) = (optional(start)?.unwrap_or(0), optional(stop)?);
            if step == 0 || stop.is_some_and(|stop| stop <= start) {
                return Err(refused());
            }
            Positions::Range { start, stop, step }
        } else if positions.contains(',') {
            let list: Result<Vec<_>, _> = positions.split(',').map(number).collect();
            Positions::List(list?)
        } else {
            Positions::One(number(positions)?)
        };
        Ok(Self { axis, positions })
    }
}

/// What to deliver of a stream with named axes.
///
/// By default everything, in the stream's own order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slicing {
    /// The positions wanted; an axis that is not named keeps all of them.
    pub select: Vec<Selection>,
    /// The axes to run through, slowest first; `None` keeps the stream's order.
    pub iterate: Option<Vec<String>>,
    /// The axes whose planes become one frame, one below another, the last axis fastest.
    pub bundle: Vec<String>,
    /// Bounds on the size of a bundled frame.
    pub limits: Limits,
}

/// The positions of an axis, checked against its length.
#[derive(Debug, Clone)]
enum Resolved {
    Steps { start: u64, step: u64, count: u64 },
    List(Vec<u64>),
}

impl Resolved {
    fn new(positions: Option<&Positions>, axis: &Axis) -> Result<Self, Error> {
        let inside = |position: u64| {
            if position < axis.length {
                return Ok(());
            }
            let expected = format!(
                "0 to {}, for axis {} has {} position(s)",
                axis.length.saturating_sub(1),
                axis.name,
                axis.length
            );
            Err(Error::bad_option(
                "--select",
                format!("{}={position}", axis.name),
                expected,
            ))
        };
        match positions {
            None => Ok(Self::Steps {
                start: 0,
                step: 1,
                count: axis.length,
            }),
            Some(Positions::One(at)) => {
                inside(*at)?;
                Ok(Self::Steps {
                    start: *at,
                    step: 1,
                    count: 1,
                })
            }
            Some(Positions::Range { start, stop, step }) => {
                inside(*start)?;
                if let Some(stop) = stop {
                    inside(stop.saturating_sub(1))?;
                }
                let stop = stop.unwrap_or(axis.length);
                let (start, step) = (*start, (*step).max(1));
                let count = stop.saturating_sub(start).div_ceil(step);
                Ok(Self::Steps { start, step, count })
            }
            Some(Positions::List(list)) => {
                list.iter().try_for_each(|position| inside(*position))?;
                Ok(Self::List(list.clone()))
            }
        }
    }

    fn count(&self) -> u64 {
        match self {
            Self::Steps { count, .. } => *count,
            Self::List(list) => list.len() as u64,
        }
    }

    fn get(&self, place: u64) -> u64 {
        match self {
            Self::Steps { start, step, .. } => start + place * step,
            Self::List(list) => usize::try_from(place)
                .ok()
                .and_then(|place| list.get(place).copied())
                .unwrap_or(0),
        }
    }

    /// The axis that is left.
    fn apply(&self, axis: &Axis) -> Axis {
        let mut left = axis.clone();
        left.length = self.count();
        if !left.labels.is_empty() {
            let label = |place| {
                let at = usize::try_from(self.get(place)).ok()?;
                axis.labels.get(at).cloned()
            };
            left.labels = (0..left.length).filter_map(label).collect();
        }
        left.spacing = match self {
            Self::Steps { step, .. } => axis.spacing.map(|spacing| spacing * *step as f64),
            Self::List(_) => None,
        };
        left
    }
}

/// One axis of the source, with what was chosen of it.
#[derive(Debug, Clone)]
struct Chosen {
    positions: Resolved,
    /// Source frames between two positions.
    stride: u64,
}

/// The source index that belongs to place `index` of `axes`, the last of which runs fastest.
fn source_of(axes: &[Chosen], mut index: u64) -> u64 {
    let mut source = 0u64;
    for axis in axes.iter().rev() {
        let count = axis.positions.count().max(1);
        source += axis.positions.get(index % count) * axis.stride;
        index /= count;
    }
    source
}

/// Some frames of a reader, by position on its axes; see [`FrameReaderExt::slice`](crate::FrameReaderExt::slice).
///
/// Nothing is read before it is asked for. Numbers, times and names are the source's (of the first plane when planes are bundled).
pub struct Select<R> {
    reader: R,
    info: StreamInfo,
    iterated: Vec<Chosen>,
    bundled: Vec<Chosen>,
    /// Index in the source of what is fixed.
    offset: u64,
    planes: u64,
    count: u64,
    next: u64,
    /// The frame that the source would deliver next.
    source_next: Option<u64>,
    plane: Frame,
    limits: Limits,
}

impl<R> fmt::Debug for Select<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select")
            .field("axes", &self.info.axes)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl<R: FrameReader> Select<R> {
    pub(crate) fn new(mut reader: R, slicing: &Slicing) -> Result<Self, Error> {
        let mut info = reader.info().clone();
        if reader.as_seek().is_none() {
            let reason = "its frames come in order only, so that none can be selected by position";
            return Err(Error::unsupported(&info.container, reason));
        }
        let axes = info.axes_or_time();
        check_names(&axes, slicing)?;
        let selected = |name: &str| {
            let mut matching = slicing.select.iter().rev();
            matching
                .find(|selection| selection.axis == name)
                .map(|selection| &selection.positions)
        };
        let mut stride = 1u64;
        let mut chosen = Vec::new();
        for axis in axes.iter().rev() {
            let positions = Resolved::new(selected(&axis.name), axis)?;
            chosen.push((axis, Chosen { positions, stride }));
            stride = stride.saturating_mul(axis.length);
        }
        chosen.reverse();
        let find = |name: &String| chosen.iter().find(|(axis, _)| axis.name == *name);
        let is_dropped = |name: &str| matches!(selected(name), Some(Positions::One(_)));
        let iterate = slicing.iterate.clone().unwrap_or_else(|| {
            let names = axes.iter().map(|axis| &axis.name);
            names
                .filter(|name| !slicing.bundle.contains(name) && !is_dropped(name))
                .cloned()
                .collect()
        });
        let mut offset = 0;
        for (axis, left) in &chosen {
            if iterate.contains(&axis.name) || slicing.bundle.contains(&axis.name) {
                continue;
            }
            if left.positions.count() != 1 {
                let (name, length) = (&axis.name, left.positions.count());
                let expected = format!(
                    "axis {name} too, which has {length} positions: iterate or bundle it, or take one with `--select {name}=0`"
                );
                return Err(Error::bad_option(
                    "--iterate",
                    format!("`{}`", iterate.join(",")),
                    expected,
                ));
            }
            offset += left.positions.get(0) * left.stride;
        }
        let pick = |names: &[String]| -> (Vec<Axis>, Vec<Chosen>) {
            let found = names.iter().filter_map(find);
            found
                .map(|(axis, chosen)| (chosen.positions.apply(axis), chosen.clone()))
                .unzip()
        };
        let (axes_left, iterated) = pick(&iterate);
        let (bundle, bundled) = pick(&slicing.bundle);
        let count = frames_of(&axes_left).unwrap_or(u64::MAX);
        let planes = frames_of(&bundle).unwrap_or(u64::MAX);
        if planes > 1 || !bundle.is_empty() {
            let height = u64::from(info.format.height).saturating_mul(planes);
            info.format.height = u32::try_from(height).unwrap_or(u32::MAX);
            slicing.limits.check_format(&info.format)?;
        }
        info.rate = match chosen.iter().find(|(axis, _)| axis.name == Axis::TIME) {
            Some((
                _,
                Chosen {
                    positions: Resolved::Steps { step, .. },
                    ..
                },
            )) => info.rate.and_then(|rate| rate.slowed(*step)),
            Some(_) => None,
            None => info.rate,
        };
        info.frame_count = FrameCount::Exact(count);
        info.axes = axes_left;
        // What was a plane until now may be a stack of them, which stays together.
        info.bundle.splice(0..0, bundle);
        Ok(Self {
            reader,
            info,
            iterated,
            bundled,
            offset,
            planes,
            count,
            next: 0,
            source_next: None,
            plane: Frame::empty(),
            limits: slicing.limits,
        })
    }

    /// Reads source frame `wanted`; `false` when it is missing.
    fn read_source(&mut self, wanted: u64, frame: &mut Frame) -> Result<bool, Error> {
        if self.source_next != Some(wanted) {
            self.source_next = None;
            crate::adapt::seek_inner(&mut self.reader, wanted)?;
        }
        self.source_next = None;
        if !self.reader.read_into(frame)? {
            return Ok(false);
        }
        self.source_next = frame.stamp.index.checked_add(1);
        Ok(frame.stamp.index == wanted)
    }

    /// Reads the planes of one bundled frame; `false` when one is missing.
    fn read_bundle(&mut self, base: u64, frame: &mut Frame) -> Result<bool, Error> {
        frame.reset(&self.info.format, &self.limits)?;
        for place in 0..self.planes {
            let source = base + source_of(&self.bundled, place);
            let mut plane = std::mem::replace(&mut self.plane, Frame::empty());
            let read = self.read_source(source, &mut plane);
            self.plane = plane;
            if !read? {
                return Ok(false);
            }
            let bytes = self.plane.bytes();
            let target = usize::try_from(place).ok().and_then(|place| {
                let from = place.checked_mul(bytes.len())?;
                frame
                    .bytes_mut()
                    .get_mut(from..from.checked_add(bytes.len())?)
            });
            match target {
                Some(target) => target.copy_from_slice(bytes),
                None => {
                    return Err(Error::FormatMismatch {
                        frame: source,
                        expected: self.reader.info().format,
                        found: *self.plane.format(),
                    });
                }
            }
            if place == 0 {
                frame.stamp = self.plane.stamp.clone();
            }
        }
        Ok(true)
    }
}

/// An error unless every name is that of an axis, and none is both iterated and bundled or named twice.
fn check_names(axes: &[Axis], slicing: &Slicing) -> Result<(), Error> {
    let known = || {
        let names: Vec<_> = axes.iter().map(|axis| axis.name.as_str()).collect();
        format!("one of the axes {}", names.join(", "))
    };
    let exists = |name: &String| axes.iter().any(|axis| axis.name == *name);
    let iterate = slicing.iterate.as_deref().unwrap_or_default();
    let selected: Vec<_> = slicing
        .select
        .iter()
        .map(|selection| selection.axis.clone())
        .collect();
    for (option, names) in [
        ("--select", &selected[..]),
        ("--iterate", iterate),
        ("--bundle", &slicing.bundle),
    ] {
        for (place, name) in names.iter().enumerate() {
            if axes.is_empty() {
                return Err(Error::bad_option(
                    option,
                    format!("`{name}`"),
                    "frames that are counted",
                ));
            }
            if !exists(name) {
                return Err(Error::bad_option(option, format!("`{name}`"), known()));
            }
            if names.iter().take(place).any(|before| before == name) {
                return Err(Error::bad_option(
                    option,
                    format!("`{name}` twice"),
                    "each axis once",
                ));
            }
        }
    }
    match iterate.iter().find(|name| slicing.bundle.contains(name)) {
        Some(name) => Err(Error::bad_option(
            "--iterate",
            format!("`{name}`"),
            "an axis that is not bundled",
        )),
        None => Ok(()),
    }
}

impl<R: FrameReader> FrameReader for Select<R> {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        while self.next < self.count {
            let index = self.next;
            let base = self.offset + source_of(&self.iterated, index);
            let is_there = if self.bundled.is_empty() {
                self.read_source(base, frame)?
            } else {
                self.read_bundle(base, frame)?
            };
            self.next += 1;
            // A damaged frame that the source left out leaves its place empty.
            if is_there {
                frame.stamp.index = index;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn damage(&self) -> &[Damage] {
        self.reader.damage()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.reader.files()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        Some(self)
    }
}

impl<R: FrameReader> SeekFrames for Select<R> {
    fn frame_count(&self) -> u64 {
        self.count
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        if index > self.count {
            return Err(Error::OutOfRange {
                path: self.info.container.clone().into(),
                frame: index,
                frame_count: self.count,
            });
        }
        self.next = index;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Color, FrameFormat, FrameRate, FrameReaderExt, SampleType};

    /// Frames of one pixel that is their index.
    struct Counting {
        info: StreamInfo,
        next: u64,
    }

    impl FrameReader for Counting {
        fn info(&self) -> &StreamInfo {
            &self.info
        }

        fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
            if self.next >= self.frame_count() {
                return Ok(false);
            }
            frame.reset(&self.info.format, &Limits::none())?;
            frame
                .samples_mut::<u32>()
                .expect("is U32")
                .fill(self.next as u32);
            frame.stamp = crate::Stamp::at(self.next);
            self.next += 1;
            Ok(true)
        }

        fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
            Some(self)
        }
    }

    impl SeekFrames for Counting {
        fn frame_count(&self) -> u64 {
            self.info.frame_count.get().unwrap_or(0)
        }

        fn seek(&mut self, index: u64) -> Result<(), Error> {
            self.next = index;
            Ok(())
        }
    }

    fn stack(axes: &[(&str, u64)]) -> Counting {
        let format = FrameFormat::new(1, 1, Color::Gray, SampleType::U32);
        let axes: Vec<_> = axes
            .iter()
            .map(|(name, length)| Axis::new(*name, *length))
            .collect();
        let count = frames_of(&axes).expect("is small");
        let mut info = StreamInfo::new("test", format, FrameCount::Exact(count));
        info.rate = FrameRate::new(10, 1);
        info.axes = axes;
        Counting { info, next: 0 }
    }

    fn slicing(select: &[&str], iterate: Option<&str>, bundle: &str) -> Slicing {
        let letters = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        Slicing {
            select: select
                .iter()
                .map(|text| text.parse().expect(text))
                .collect(),
            iterate: iterate.map(letters),
            bundle: letters(bundle),
            limits: Limits::default(),
        }
    }

    fn read(slicing: &Slicing) -> Result<Vec<Vec<u32>>, String> {
        let reader = stack(&[("t", 3), ("z", 2), ("c", 2)]);
        let mut sliced = reader.slice(slicing).map_err(|error| error.to_string())?;
        let frames: Result<Vec<_>, _> = sliced.frames().collect();
        let frames = frames.map_err(|error| error.to_string())?;
        assert_eq!(sliced.info().frame_count.exact(), Some(frames.len() as u64));
        assert!(
            frames
                .iter()
                .enumerate()
                .all(|(place, frame)| frame.stamp.index == place as u64)
        );
        Ok(frames
            .iter()
            .map(|frame| frame.samples::<u32>().expect("is U32").to_vec())
            .collect())
    }

    #[test]
    fn positions_orders_and_bundles() {
        let singles = |wanted: &[u32]| Ok(wanted.iter().map(|value| vec![*value]).collect());
        assert_eq!(
            read(&slicing(&["z=1", "c=0"], None, "")),
            singles(&[2, 6, 10])
        );
        assert_eq!(
            read(&slicing(&["t=..:2", "c=1"], None, "")),
            singles(&[1, 3, 9, 11])
        );
        assert_eq!(
            read(&slicing(&["t=2,0", "z=0"], Some("ct"), "")),
            singles(&[8, 0, 9, 1])
        );
        assert_eq!(
            read(&slicing(&["t=1.."], Some("t"), "cz")),
            Ok(vec![vec![4, 6, 5, 7], vec![8, 10, 9, 11]])
        );
    }

    #[test]
    fn what_cannot_be_selected_is_said() {
        for (slicing, expected) in [
            (slicing(&["x=1"], None, ""), "one of the axes t, z, c"),
            (
                slicing(&["t=3"], None, ""),
                "expected 0 to 2, for axis t has 3 position(s)",
            ),
            (
                slicing(&[], Some("t"), "z"),
                "axis c too, which has 2 positions",
            ),
            (
                slicing(&[], Some("tz"), "zc"),
                "an axis that is not bundled",
            ),
            (slicing(&[], Some("tt"), "zc"), "each axis once"),
        ] {
            let error = read(&slicing).expect_err(expected);
            assert!(error.contains(expected), "{error}");
        }
        for text in ["z", "z=", "=1", "z=a", "z=2..1", "z=1..5:0", "z=1,x"] {
            assert!(text.parse::<Selection>().is_err(), "{text}");
        }
    }

    #[test]
    fn rates_follow_the_time_axis() {
        let sliced = stack(&[("t", 8), ("z", 2)]).slice(&slicing(&["t=..:4", "z=0"], None, ""));
        let info = sliced.expect("slices").info().clone();
        assert_eq!(info.rate, FrameRate::new(5, 2));
        assert_eq!(info.duration_secs(), Some(0.8));
    }
    #[test]
    fn planes_bundled_later_are_outside() {
        let inner = stack(&[("t", 3), ("z", 2), ("c", 2)])
            .slice(&slicing(&[], None, "c"))
            .expect("bundles");
        let mut outer = inner.slice(&slicing(&[], None, "z")).expect("bundles");
        let names: Vec<_> = outer.info().bundle.iter().map(|axis| &axis.name).collect();
        assert_eq!(names, ["z", "c"]);
        let mut frame = Frame::empty();
        assert!(outer.read_into(&mut frame).expect("reads"));
        let samples = frame.samples::<u32>().expect("is U32");
        assert_eq!(samples, [0, 1, 2, 3]);
    }

    #[test]
    fn steps_lie_further_apart() {
        let mut reader = stack(&[("z", 7)]);
        reader.info.axes = vec![Axis::new("z", 7).with_spacing(0.5, "µm")];
        let info = reader.step_by(3).expect("steps").info().clone();
        assert_eq!(info.axes, [Axis::new("z", 3).with_spacing(1.5, "µm")]);
    }
}
