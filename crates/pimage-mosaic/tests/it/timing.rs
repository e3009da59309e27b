//! Which frame of each source is shown when, against a model that holds everything in vectors.

use num_rational::Ratio;
use pimage_core::{
    Clock, Color, Error, Frame, FrameCount, FrameFormat, FrameRate, FrameReader, FrameReaderExt,
    SampleType, SeekFrames, StreamInfo, Timebase, Timestamp,
};
use pimage_mosaic::{
    Align, Arrangement, AtEnd, BufferMode, Cell, Grid, Layout, Mosaic, MosaicOptions, Offset,
    Speed, Timing,
};
use pimage_testkit::{SyntheticReader, assert_frames_eq, counter_frame, suite};
use proptest::prelude::*;

type Seconds = Ratio<i128>;

const SECONDS: Timebase = match Timebase::new(1, 1) {
    Some(base) => base,
    None => Timebase::MILLISECONDS,
};

const FORMAT: FrameFormat = FrameFormat::new(3, 2, Color::Gray, SampleType::U8);

/// How a source of a test is.
#[derive(Debug, Clone)]
struct Given {
    count: u64,
    rate: Option<FrameRate>,
    /// Times that follow no rate, microseconds.
    times: Option<Vec<i64>>,
    offset: i64,
    speed: (u32, u32),
    at_end: Option<AtEnd>,
}

impl Given {
    fn reader(&self) -> SyntheticReader {
        let reader = SyntheticReader::new(FORMAT, self.count).with_rate(self.rate);
        match &self.times {
            None => reader,
            Some(times) => {
                let base = Timebase::MICROSECONDS;
                let times = times.iter().map(|ticks| Timestamp::new(*ticks, base));
                reader.with_times(Clock::Start, times.collect())
            }
        }
    }

    fn timing(&self) -> Timing {
        Timing {
            offset: Offset::Frames(self.offset),
            speed: Speed::new(self.speed.0, self.speed.1).expect("is not zero"),
            at_end: self.at_end,
        }
    }

    fn is_still(&self) -> bool {
        self.count == 1 && self.at_end.is_none()
    }

    fn speed(&self) -> Seconds {
        Seconds::new(i128::from(self.speed.0), i128::from(self.speed.1))
    }

    /// The time of each frame.
    fn seconds(&self) -> Vec<Seconds> {
        match (&self.times, self.rate) {
            (Some(times), _) => times
                .iter()
                .map(|ticks| Seconds::new(i128::from(*ticks), 1_000_000))
                .collect(),
            (None, rate) => {
                let period = period(rate.expect("has a rate"));
                (0..self.count).map(|i| period * i128::from(i)).collect()
            }
        }
    }

    /// When it is over, in its own time.
    fn end(&self) -> Seconds {
        let times = self.seconds();
        let last = *times.last().expect("has frames");
        let interval = times
            .len()
            .checked_sub(2)
            .map(|before| last - times[before]);
        last + self.rate.map(period).or(interval).unwrap_or_default()
    }
}

fn period(rate: FrameRate) -> Seconds {
    Seconds::new(i128::from(rate.denominator()), i128::from(rate.numerator()))
}

fn stacked(shown: &[Option<u64>]) -> Frame {
    let height = FORMAT.height * shown.len() as u32;
    let mut all = Frame::zeroed(FrameFormat { height, ..FORMAT });
    let size = FORMAT.frame_bytes().expect("is small");
    for (shown, bytes) in shown.iter().zip(all.bytes_mut().chunks_exact_mut(size)) {
        if let Some(index) = shown {
            bytes.copy_from_slice(counter_frame(*index, FORMAT).bytes());
        }
    }
    all
}

fn mosaic<R: FrameReader + 'static>(
    given: &[Given],
    options: &MosaicOptions,
    reader: impl Fn(&Given) -> R,
) -> Mosaic {
    let layout = Layout {
        arrangement: Arrangement::Grid(Grid {
            columns: Some(1),
            ..Grid::default()
        }),
        ..Layout::default()
    };
    let cells = given
        .iter()
        .map(|given| Cell::new(reader(given)).timed(given.timing()));
    Mosaic::new(cells.collect(), &layout, options).expect("goes together")
}

/// The end of the mosaic from those of its sources.
fn end<T: Ord + Copy>(given: &[Given], end: impl Fn(&Given) -> T) -> T {
    let of = |wanted: &[Option<AtEnd>], still: bool| -> Vec<T> {
        let all = given.iter();
        let all = all.filter(|given| given.is_still() == still && wanted.contains(&given.at_end));
        all.map(&end).collect()
    };
    let stops = of(&[Some(AtEnd::Stop)], false);
    let lasting = of(&[None, Some(AtEnd::Background), Some(AtEnd::Hold)], false);
    let loops = of(&[Some(AtEnd::Loop)], false);
    if let Some(end) = stops.into_iter().min() {
        return end;
    }
    let end = lasting
        .into_iter()
        .max()
        .or_else(|| loops.into_iter().max());
    end.or_else(|| of(&[None], true).into_iter().max())
        .expect("there is a source")
}

/// What each source shows in each frame of a mosaic that counts.
fn counted(given: &[Given]) -> Vec<Vec<Option<u64>>> {
    let shown = |given: &Given, output: u64| -> Option<u64> {
        let local = Seconds::from_integer(i128::from(output) - i128::from(given.offset));
        if local < Seconds::default() || given.count == 0 {
            return None;
        }
        let position = (local * given.speed()).floor().to_integer() as u64;
        if position < given.count {
            return Some(position);
        }
        match given.at_end {
            None if given.is_still() => Some(0),
            None | Some(AtEnd::Background | AtEnd::Stop) => None,
            Some(AtEnd::Hold) => Some(given.count - 1),
            Some(AtEnd::Loop) => Some(position % given.count),
        }
    };
    let end = end(given, |given| {
        (0u64..).find(|output| {
            let local = i128::from(*output) - i128::from(given.offset);
            local >= 0
                && Seconds::from_integer(local) * given.speed()
                    >= Seconds::from_integer(i128::from(given.count))
        })
    });
    let end = end.expect("all end");
    (0..end)
        .map(|output| given.iter().map(|given| shown(given, output)).collect())
        .collect()
}

/// The times of the frames of a mosaic that goes by time, and what each source shows.
fn timed(
    given: &[Given],
    align: Align,
    rate: Option<FrameRate>,
) -> Vec<(Seconds, Vec<Option<u64>>)> {
    let first = given
        .iter()
        .position(|given| !given.is_still())
        .expect("one moves");
    let unit = period(rate.or(given[first].rate).expect("has a rate"));
    let shown = |index: usize, place: usize, moment: Seconds| -> Option<u64> {
        let given = &given[place];
        if given.is_still() {
            return (index as i64 >= given.offset).then_some(0);
        }
        if rate.is_none() && place == first {
            return Some(index as u64);
        }
        given.shown_at(moment, unit, align)
    };
    let moments = match rate {
        Some(rate) => moments_at(given, rate),
        None => moments_of(given, first, unit),
    };
    let frames = moments.iter().enumerate();
    let frames = frames.map(|(index, moment)| {
        let shown = (0..given.len()).map(|place| shown(index, place, *moment));
        (*moment, shown.collect())
    });
    frames.collect()
}

/// The times of the frames of a mosaic of a rate of its own.
fn moments_at(given: &[Given], rate: FrameRate) -> Vec<Seconds> {
    let unit = period(rate);
    let moving = given.iter().filter(|given| !given.is_still());
    let starts = moving.map(|given| given.mosaic_time(given.seconds()[0], unit));
    let start = starts.min().expect("one moves");
    let end = end(given, |given| match given.is_still() {
        true => Seconds::default(),
        false => given.mosaic_time(given.end(), unit),
    });
    (0..)
        .map(|i| start + unit * i)
        .take_while(|time| *time < end)
        .collect()
}

/// The times of the frames of a mosaic that follows source `first`.
fn moments_of(given: &[Given], first: usize, unit: Seconds) -> Vec<Seconds> {
    let times = given[first].seconds();
    let times = times
        .iter()
        .map(|time| given[first].mosaic_time(*time, unit));
    let others = given
        .iter()
        .enumerate()
        .filter(|(index, _)| *index != first);
    let stops = others.filter(|(_, given)| given.at_end == Some(AtEnd::Stop));
    let stop = stops
        .map(|(_, given)| given.mosaic_time(given.end(), unit))
        .min();
    times
        .take_while(|time| stop.is_none_or(|stop| *time < stop))
        .collect()
}

impl Given {
    /// When the mosaic shows `time` of it; offsets count `unit`.
    fn mosaic_time(&self, time: Seconds, unit: Seconds) -> Seconds {
        let start = self.seconds()[0];
        start + (time - start) / self.speed() + unit * i128::from(self.offset)
    }

    /// The frame of it that the mosaic shows at a moment, when it moves.
    fn shown_at(&self, moment: Seconds, unit: Seconds, align: Align) -> Option<u64> {
        let tolerance = Seconds::new(1, 2000);
        let times = self.seconds();
        let (start, end) = (times[0], self.end());
        let offset = unit * i128::from(self.offset);
        let mut time = start + (moment - offset - start) * self.speed();
        let early = match align {
            Align::Nearest => self.rate.map(period).unwrap_or_default() / 2,
            Align::Exact => tolerance,
            _ => Seconds::default(),
        };
        if time < start - early {
            return None;
        }
        if time >= end {
            match self.at_end {
                Some(AtEnd::Hold) => return Some(self.count - 1),
                Some(AtEnd::Loop) if end == start => return Some(self.count - 1),
                Some(AtEnd::Loop) => {
                    while time >= end {
                        time -= end - start;
                    }
                }
                _ => return None,
            }
        }
        let distance = |index: &usize| {
            let away = times[*index] - time;
            if away < Seconds::default() {
                -away
            } else {
                away
            }
        };
        let nearest = (0..times.len()).min_by_key(distance).expect("has frames");
        let chosen = match align {
            Align::Previous => times.iter().rposition(|at| *at <= time),
            Align::Exact => Some(nearest).filter(|index| distance(index) <= tolerance),
            _ => Some(nearest),
        };
        chosen.map(|index| index as u64)
    }
}

/// A reader that only goes forward, and may not know its length.
struct Forward {
    inner: SyntheticReader,
    info: StreamInfo,
}

impl Forward {
    fn new(inner: SyntheticReader, knows_length: bool) -> Self {
        let mut info = inner.info().clone();
        if !knows_length {
            info.frame_count = FrameCount::Unknown;
        }
        Self { inner, info }
    }
}

impl FrameReader for Forward {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        self.inner.read_into(frame)
    }
}

fn ends() -> impl Strategy<Value = Option<AtEnd>> {
    prop_oneof![
        2 => Just(None),
        1 => Just(Some(AtEnd::Background)),
        1 => Just(Some(AtEnd::Hold)),
        1 => Just(Some(AtEnd::Loop)),
        1 => Just(Some(AtEnd::Stop)),
    ]
}

fn speeds() -> impl Strategy<Value = (u32, u32)> {
    prop_oneof![3 => Just((1, 1)), 2 => (1u32..5, 1u32..5)]
}

fn counting() -> impl Strategy<Value = Given> {
    (0u64..12, -6i64..9, speeds(), ends()).prop_map(|(count, offset, speed, at_end)| Given {
        count,
        rate: FrameRate::new(25, 1),
        times: None,
        offset,
        speed,
        at_end,
    })
}

fn rates() -> impl Strategy<Value = FrameRate> {
    let rates = [(25, 1), (30_000, 1001), (10, 1), (7, 3), (50, 1), (100, 1)];
    prop::sample::select(rates.to_vec())
        .prop_map(|(up, down)| FrameRate::new(up, down).expect("is not zero"))
}

fn timing(has_rate: bool) -> impl Strategy<Value = Given> {
    let steps = prop::collection::vec(300i64..200_000, 1..14);
    let variable = (-300_000i64..300_000, steps).prop_map(|(start, steps)| {
        let times = steps.iter().scan(start, |at, step| {
            let now = *at;
            *at += step;
            Some(now)
        });
        times.collect::<Vec<_>>()
    });
    let offsets = prop_oneof![2 => Just(0i64), 1 => -4i64..5];
    let rates = match has_rate {
        true => rates().prop_map(Some).boxed(),
        false => prop::option::of(rates()).boxed(),
    };
    (
        1u64..14,
        rates,
        prop::option::of(variable),
        offsets,
        speeds(),
        ends(),
    )
        .prop_map(|(count, rate, times, offset, speed, at_end)| {
            let times = match rate {
                None => times.or_else(|| Some((0..count as i64).map(|i| i * 40_000).collect())),
                Some(_) => times,
            };
            Given {
                count: times.as_ref().map_or(count, |times| times.len() as u64),
                rate,
                times,
                offset,
                speed,
                at_end,
            }
        })
}

fn aligns() -> impl Strategy<Value = Align> {
    prop::sample::select(vec![Align::Nearest, Align::Previous, Align::Exact])
}

fn check_in_order(mut mosaic: Mosaic, expected: &[Frame]) {
    let mut found = 0;
    for (frame, expected) in mosaic.frames().zip(expected) {
        assert_frames_eq(&frame.expect("is read"), expected);
        found += 1;
    }
    assert_eq!(found, expected.len());
    assert!(
        !mosaic
            .read_into(&mut Frame::empty())
            .expect("is at its end")
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn counted_frames_are_those_of_the_model(given in prop::collection::vec(counting(), 1..4)) {
        let expected: Vec<Frame> = counted(&given).iter().map(|shown| stacked(shown)).collect();
        let options = MosaicOptions::default();
        suite::reader(|| Box::new(mosaic(&given, &options, Given::reader)), &expected);
        for knows_length in [true, false] {
            let forward = |given: &Given| Forward::new(given.reader(), knows_length);
            // Nobody knows that a source of unknown length is a still image.
            if knows_length || !given.iter().any(Given::is_still) {
                check_in_order(mosaic(&given, &options, forward), &expected);
            }
        }
    }

    #[test]
    fn buffered_mosaics_are_the_same(given in prop::collection::vec(counting(), 1..4)) {
        let expected: Vec<Frame> = counted(&given).iter().map(|shown| stacked(shown)).collect();
        for buffer in [BufferMode::Memory, BufferMode::None] {
            let options = MosaicOptions { buffer, ..MosaicOptions::default() };
            suite::reader(|| Box::new(mosaic(&given, &options, Given::reader)), &expected);
        }
        let options = MosaicOptions { buffer: BufferMode::Memory, ..MosaicOptions::default() };
        let forward = |given: &Given| Forward::new(given.reader(), true);
        suite::reader(|| Box::new(mosaic(&given, &options, forward)), &expected);
    }

    #[test]
    fn frames_of_one_time_are_those_of_the_model(
        first in timing(true),
        others in prop::collection::vec(timing(false), 0..3),
        align in aligns(),
        rate in prop::option::of(rates()),
    ) {
        let given: Vec<Given> = std::iter::once(first).chain(others).collect();
        prop_assume!(!given[0].is_still());
        let model = timed(&given, align, rate);
        let nanoseconds = |time: Seconds| (time * 1_000_000_000).round().to_integer() as i64;
        let expected: Vec<Frame> = model
            .iter()
            .map(|(time, shown)| {
                let mut frame = stacked(shown);
                let ticks = nanoseconds(*time);
                frame.stamp.time = Some(Timestamp::new(ticks, Timebase::NANOSECONDS));
                frame
            })
            .collect();
        let options = MosaicOptions { align, rate, ..MosaicOptions::default() };
        suite::reader(|| Box::new(mosaic(&given, &options, Given::reader)), &expected);
        for knows_length in [true, false] {
            let forward = |given: &Given| Forward::new(given.reader(), knows_length);
            if knows_length || !given.iter().any(Given::is_still) {
                check_in_order(mosaic(&given, &options, forward), &expected);
            }
        }
    }
}

fn plain(count: u64, rate: Option<(u32, u32)>) -> Given {
    Given {
        count,
        rate: rate.and_then(|(up, down)| FrameRate::new(up, down)),
        times: None,
        offset: 0,
        speed: (1, 1),
        at_end: None,
    }
}

#[test]
fn times_are_those_of_the_first_as_long_as_it_lasts() {
    let mut first = plain(3, Some((10, 1)));
    first.times = Some(vec![500_000, 700_000, 710_000]);
    let given = [first, plain(5, Some((25, 1)))];
    let mut mosaic = mosaic(&given, &MosaicOptions::default(), Given::reader);
    let times: Vec<_> = mosaic
        .frames()
        .map(|frame| frame.expect("is read").stamp.time)
        .collect();
    let expected = [500_000, 700_000, 710_000, 810_000, 910_000];
    assert_eq!(
        times,
        expected.map(|ticks| Some(Timestamp::new(ticks, Timebase::MICROSECONDS)))
    );
    // The same where the end is reached at random.
    mosaic.seek(4).expect("is within");
    let last = mosaic.frames().next().expect("is there").expect("is read");
    assert_eq!(last.stamp.time, times[4]);
}

#[test]
fn a_rate_of_its_own_times_a_mosaic_anew() {
    let options = MosaicOptions {
        rate: FrameRate::new(50, 1),
        ..MosaicOptions::default()
    };
    let mut mosaic = mosaic(&[plain(3, Some((10, 1)))], &options, Given::reader);
    assert_eq!(mosaic.info().rate, options.rate);
    let secs: Vec<_> = mosaic
        .frames()
        .map(|frame| frame.expect("is read").stamp.secs())
        .collect();
    assert_eq!(secs, [Some(0.0), Some(0.02), Some(0.04)]);
}

#[test]
fn clocks_are_kept_and_must_agree() {
    let base = Timebase::MILLISECONDS;
    let at = |clock, start: i64| {
        let times = (0..3)
            .map(|i| Timestamp::new(start + i * 40, base))
            .collect();
        SyntheticReader::new(FORMAT, 3).with_times(clock, times)
    };
    let options = MosaicOptions {
        align: Align::Nearest,
        ..MosaicOptions::default()
    };
    let make = |second| {
        let cells = vec![
            Cell::new(at(Clock::Epoch, 1_700_000_000_000)).named("a"),
            Cell::new(at(second, 0)).named("b"),
        ];
        Mosaic::new(cells, &Layout::default(), &options)
    };
    let mosaic = make(Clock::Epoch).expect("goes together");
    assert_eq!(mosaic.info().clock, Clock::Epoch);
    let error = make(Clock::Start).expect_err("is refused").to_string();
    assert!(
        error.contains("cell 1, `b`, which count from the start"),
        "{error}"
    );
}

#[test]
fn frames_without_times_cannot_be_aligned_by_them() {
    let options = MosaicOptions {
        align: Align::Previous,
        ..MosaicOptions::default()
    };
    let cells = vec![
        Cell::new(SyntheticReader::new(FORMAT, 3)),
        Cell::new(SyntheticReader::new(FORMAT, 3).with_rate(None)).named("b.npy"),
    ];
    let error = Mosaic::new(cells, &Layout::default(), &options).expect_err("is refused");
    assert_eq!(error.to_string(), "cell 1, `b.npy`, failed");
    let cause = std::error::Error::source(&error)
        .expect("has a cause")
        .to_string();
    assert!(cause.contains("frame 0 has none"), "{cause}");
}

#[test]
fn times_that_go_back_are_told_instead_of_aligned_by() {
    let source = |secs: &[i64]| {
        let times = secs.iter().map(|secs| Timestamp::new(*secs, SECONDS));
        SyntheticReader::new(FORMAT, secs.len() as u64)
            .with_rate(None)
            .with_times(Clock::Start, times.collect())
    };
    let first: Vec<i64> = (0..20).collect();
    // A clock that was set back, one that begins anew, one that runs backwards.
    let mut again: Vec<i64> = (5..15).collect();
    again.extend(0..3);
    let anew: Vec<i64> = (0..10).chain(0..10).collect();
    let back: Vec<i64> = (0..20).rev().collect();
    for other in [again, anew, back] {
        let cells = vec![
            Cell::new(source(&first)).named("a"),
            Cell::new(source(&other)).named("b"),
        ];
        let options = MosaicOptions {
            align: Align::Nearest,
            ..MosaicOptions::default()
        };
        let read = Mosaic::new(cells, &Layout::default(), &options)
            .and_then(|mut mosaic| mosaic.frames().try_for_each(|frame| frame.map(|_| ())));
        let error = read.expect_err("is refused");
        let cause = std::error::Error::source(&error).expect("has a cause");
        assert!(cause.to_string().contains("do not go back"), "{cause}");
    }
}

#[test]
fn a_source_without_frames_does_not_say_when_a_mosaic_begins() {
    let times = (0..3).map(|i| Timestamp::new(100 + i, SECONDS)).collect();
    let cells = vec![
        Cell::new(SyntheticReader::new(FORMAT, 0)).named("empty"),
        Cell::new(SyntheticReader::new(FORMAT, 3).with_times(Clock::Start, times)),
    ];
    let options = MosaicOptions {
        align: Align::Nearest,
        rate: FrameRate::new(1, 1),
        ..MosaicOptions::default()
    };
    let mut mosaic = Mosaic::new(cells, &Layout::default(), &options).expect("goes together");
    let first = mosaic.frames().next().expect("is there").expect("is read");
    assert_eq!(first.stamp.secs(), Some(100.0));
}

#[test]
fn a_rewound_source_is_read_once_more_and_then_kept() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    let reads = Arc::new(AtomicU64::new(0));
    let info = StreamInfo::new("drawn", FORMAT, FrameCount::Exact(20));
    let counter = Arc::clone(&reads);
    let source = pimage_mosaic::FromFn::new(info, move |index, frame: &mut Frame| {
        counter.fetch_add(1, Ordering::SeqCst);
        frame
            .bytes_mut()
            .copy_from_slice(counter_frame(index, FORMAT).bytes());
        Ok(())
    });
    let mut mosaic = Mosaic::new(
        vec![Cell::new(source)],
        &Layout::default(),
        &MosaicOptions::default(),
    )
    .expect("goes together");
    let mut passes = |count: u64| {
        for _ in 0..count {
            mosaic.seek(0).expect("is within");
            for (frame, index) in mosaic.frames().zip(0..) {
                assert_frames_eq(&frame.expect("is read"), &counter_frame(index, FORMAT));
            }
        }
        reads.load(Ordering::SeqCst)
    };
    assert_eq!(passes(2), 40);
    assert_eq!(passes(5), 60);
}
